//! What stands beside tables, types and views in a random state: publications, statistics, text search, foreign data and
//! the like. Each leans on one thing at most, and on one column of it.

use fastrand::Rng;
use serde_yaml::{Mapping, Value};

use super::attributes::{Choices, Sort, Thing, name, quoted};
use super::state::{ID, NEW, State, any};
use super::write::{list, plain, renamed, text};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Small {
    Publication,
    Statistics,
    Materialized,
    Aggregate,
    Procedure,
    Operator,
    Cast,
    Family,
    Class,
    Conversion,
    Dictionary,
    Configuration,
    Event,
    Access,
    Wrapper,
    Server,
    Mapping,
    Foreign,
}

#[derive(Clone, Debug)]
pub(super) struct SmallSpec {
    pub(super) own: Thing,
    pub(super) what: Small,
    /// The number of what it leans on.
    pub(super) on: u32,
    /// A column of that, where that is a table.
    pub(super) at: u32,
}

const ROLES: (&str, &[&str]) = ("owner", super::attributes::ROLES);
const COMMENT: (&str, &[&str]) = super::attributes::COMMENT;

impl Small {
    pub(super) const ALL: [Self; 18] = [
        Self::Publication,
        Self::Statistics,
        Self::Materialized,
        Self::Aggregate,
        Self::Procedure,
        Self::Operator,
        Self::Cast,
        Self::Family,
        Self::Class,
        Self::Conversion,
        Self::Dictionary,
        Self::Configuration,
        Self::Event,
        Self::Access,
        Self::Wrapper,
        Self::Server,
        Self::Mapping,
        Self::Foreign,
    ];

    pub(super) fn choices(self) -> Choices {
        match self {
            Self::Publication => &[
                ROLES,
                COMMENT,
                ("publish", &["[insert]", "[insert, update, delete]"]),
                ("via_root", &["true"]),
                ("generated", &["stored"]),
                (
                    "told",
                    &[
                        "{}",
                        "{ columns: [id] }",
                        "{ where: id > 0 }",
                        "{ where: id < 1000000, columns: [id] }",
                    ],
                ),
                ("schemas", &["one"]),
            ],
            Self::Statistics => &[
                ROLES,
                COMMENT,
                ("kinds", &["[ndistinct]", "[dependencies, mcv]"]),
                ("target", &["0", "500"]),
                ("more", &["id + 1", "id % 7"]),
            ],
            Self::Materialized => &[
                ROLES,
                COMMENT,
                ("with", &["{ fillfactor: 70 }", "{ parallel_workers: 3 }"]),
                ("column", &["true"]),
                ("where", &["id > 2", "id IN (1, 2)"]),
                ("column comment", &["It's a column"]),
                ("unique", &["true"]),
                (
                    "index",
                    &["{ columns: [id DESC] }", "{ columns: [id], comment: it's }"],
                ),
            ],
            Self::Aggregate => &[
                ROLES,
                COMMENT,
                ("initcond", &["0", "7"]),
                ("sspace", &["100"]),
                ("combinefunc", &["pg_catalog.int4pl"]),
                ("parallel", &["safe", "restricted"]),
                ("finalfunc", &["pg_catalog.int4abs"]),
            ],
            Self::Procedure => &[
                ROLES,
                COMMENT,
                ("security_definer", &["true"]),
                ("set", &["{ work_mem: 8MB }"]),
                ("says", &["SELECT 2", "SELECT 3"]),
            ],
            Self::Operator => &[ROLES, COMMENT],
            Self::Cast => &[COMMENT, ("context", &["assignment"])],
            Self::Family => &[ROLES, COMMENT],
            Self::Class => &[
                ROLES,
                COMMENT,
                (
                    "as",
                    &[
                        "[OPERATOR 1 <, OPERATOR 3 =, \"FUNCTION 1 pg_catalog.btint4cmp(integer, integer)\"]",
                        "[OPERATOR 3 =, \"FUNCTION 1 pg_catalog.btint4cmp(integer, integer)\"]",
                    ],
                ),
            ],
            Self::Conversion => &[ROLES, COMMENT, ("default", &["true"])],
            Self::Dictionary => &[
                ROLES,
                COMMENT,
                (
                    "options",
                    &["{ stopwords: english }", "{ accept: 'false' }"],
                ),
            ],
            Self::Configuration => &[
                ROLES,
                COMMENT,
                ("word", &["pg_catalog.simple", "pg_catalog.english_stem"]),
                ("email", &["pg_catalog.simple"]),
                ("both", &["true"]),
            ],
            Self::Event => &[
                COMMENT,
                ("tags", &["[CREATE SEQUENCE]", "[CREATE TYPE, DROP TYPE]"]),
                ("enabled", &["disabled", "always"]),
                ("on", &["ddl_command_start"]),
            ],
            Self::Access => &[COMMENT],
            Self::Wrapper => &[
                COMMENT,
                ("options", &["{ a: b, \"the c\": it's }", "{ d: x }"]),
            ],
            Self::Server => &[
                ROLES,
                COMMENT,
                ("type", &["some"]),
                ("version", &["'7.1'", "it's"]),
                ("options", &["{ a: b, \"the c\": it's }", "{ d: x }"]),
            ],
            Self::Mapping => &[("options", &["{ user: it's }", "{ user: b, username: c }"])],
            Self::Foreign => &[
                COMMENT,
                ("options", &["{ a: b, \"the c\": it's }", "{ d: x }"]),
                ("grants", &["{ reconcile one: [select] }", "{}"]),
                ("n", &["integer", "bigint"]),
                ("not_null", &["true"]),
            ],
        }
    }

    /// What is always said of it.
    pub(super) fn always(self) -> Option<&'static str> {
        match self {
            Self::Publication
            | Self::Statistics
            | Self::Materialized
            | Self::Aggregate
            | Self::Procedure
            | Self::Operator
            | Self::Family
            | Self::Conversion
            | Self::Dictionary
            | Self::Configuration
            | Self::Server => Some("owner"),
            Self::Class => Some("as"),
            Self::Foreign => Some("grants"),
            Self::Cast | Self::Event | Self::Access | Self::Wrapper | Self::Mapping => None,
        }
    }

    fn section(self) -> &'static str {
        match self {
            Self::Publication => "publications",
            Self::Statistics => "statistics",
            Self::Materialized => "materialized_views",
            Self::Aggregate => "aggregates",
            Self::Procedure => "procedures",
            Self::Operator => "operators",
            Self::Cast => "casts",
            Self::Family => "operator_families",
            Self::Class => "operator_classes",
            Self::Conversion => "conversions",
            Self::Dictionary => "text_search_dictionaries",
            Self::Configuration => "text_search_configurations",
            Self::Event => "event_triggers",
            Self::Access => "access_methods",
            Self::Wrapper => "foreign_data_wrappers",
            Self::Server => "servers",
            Self::Mapping => "user_mappings",
            Self::Foreign => "tables",
        }
    }

    /// Says whether it has a name of its own that may change.
    fn is_renamed(self) -> bool {
        match self {
            Self::Publication | Self::Operator | Self::Cast | Self::Access | Self::Mapping => false,
            Self::Statistics
            | Self::Materialized
            | Self::Aggregate
            | Self::Procedure
            | Self::Family
            | Self::Class
            | Self::Conversion
            | Self::Dictionary
            | Self::Configuration
            | Self::Event
            | Self::Wrapper
            | Self::Server
            | Self::Foreign => true,
        }
    }
}

impl SmallSpec {
    pub(super) fn random(rng: &mut Rng, number: u32, state: &State) -> Option<Self> {
        let what = Small::ALL[rng.usize(..Small::ALL.len())];
        let own = match what {
            Small::Operator => format!("#{}", "<".repeat(number as usize)),
            Small::Publication
            | Small::Statistics
            | Small::Materialized
            | Small::Aggregate
            | Small::Procedure
            | Small::Cast
            | Small::Family
            | Small::Class
            | Small::Conversion
            | Small::Dictionary
            | Small::Configuration
            | Small::Event
            | Small::Access
            | Small::Wrapper
            | Small::Server
            | Small::Mapping
            | Small::Foreign => format!("m_{}", name(rng, number)),
        };
        let mut small = Self {
            own: Thing::random(rng, Sort::Small(what), own),
            what,
            on: 0,
            at: 0,
        };
        let of = |what: Small| {
            let mut all = state.small.iter().filter(|(_, own)| own.what == what);
            all.next().map(|(at, _)| *at)
        };
        small.on = match what {
            Small::Publication | Small::Statistics | Small::Materialized => {
                let table = any(rng, &state.tables)?;
                let columns = &state.tables[&table].columns;
                let mut others = columns.keys().filter(|at| **at != ID);
                small.at = *others.next()?;
                table
            }
            Small::Operator => any(rng, &state.functions)?,
            Small::Cast => any(rng, &state.enums)?,
            Small::Class => of(Small::Family)?,
            Small::Configuration => of(Small::Dictionary)?,
            Small::Server => of(Small::Wrapper)?,
            Small::Mapping | Small::Foreign => of(Small::Server)?,
            Small::Aggregate
            | Small::Procedure
            | Small::Family
            | Small::Conversion
            | Small::Dictionary
            | Small::Event
            | Small::Access
            | Small::Wrapper => 0,
        };
        // There is one at most of its key. Classes of one family are all of one type here, and the indexes of materialized views are
        // called by the column.
        let is_keyed = matches!(
            what,
            Small::Cast | Small::Mapping | Small::Class | Small::Materialized
        );
        let mut others = state.small.values();
        let is_there = others.any(|own| {
            let of_column = what != Small::Materialized || own.at == small.at;
            own.what == what && own.on == small.on && of_column
        });
        (!is_keyed || !is_there).then_some(small)
    }

    pub(super) fn rename(&mut self, own: &str) {
        if self.what.is_renamed() {
            self.own.name = format!("m_{own}");
        }
    }

    /// Whether what it leans on is there.
    pub(super) fn stands(&self, state: &State) -> bool {
        let has = |what: Small| {
            state
                .small
                .get(&self.on)
                .is_some_and(|own| own.what == what)
        };
        match self.what {
            Small::Publication | Small::Statistics | Small::Materialized => {
                let table = state.tables.get(&self.on);
                let column = table.and_then(|table| table.columns.get(&self.at));
                let is_told = self.what != Small::Publication
                    || table.is_some_and(|table| !table.own.has("unlogged"));
                is_told && column.is_some_and(|own| !own.own.has("generated"))
            }
            Small::Operator => {
                let function = state.functions.get(&self.on);
                function.is_some_and(|own| !own.returns().starts_with("SETOF"))
            }
            Small::Cast => state.enums.contains_key(&self.on),
            Small::Class => has(Small::Family),
            Small::Configuration => has(Small::Dictionary),
            Small::Server => has(Small::Wrapper),
            Small::Mapping | Small::Foreign => has(Small::Server),
            Small::Aggregate
            | Small::Procedure
            | Small::Family
            | Small::Conversion
            | Small::Dictionary
            | Small::Event
            | Small::Access
            | Small::Wrapper => true,
        }
    }

    /// Takes off what does not go together.
    pub(super) fn settle(&mut self, state: &State) {
        let own = &mut self.own;
        match self.what {
            Small::Publication => {
                let told = own.attributes.get("told").and_then(Value::as_mapping);
                if told.is_some_and(|told| told.contains_key("columns")) {
                    own.drop_all(&["schemas", "generated"]);
                }
                let table = state.tables.get(&self.on);
                if table.is_some_and(|table| table.spread.is_some()) {
                    own.attributes.insert("via_root", Value::Bool(true));
                }
            }
            Small::Materialized if !own.has("column") => own.drop_all(&["column comment"]),
            Small::Aggregate if !own.has("initcond") => {
                own.attributes.insert("initcond", Value::from(0));
            }
            Small::Materialized
            | Small::Aggregate
            | Small::Statistics
            | Small::Procedure
            | Small::Operator
            | Small::Cast
            | Small::Family
            | Small::Class
            | Small::Conversion
            | Small::Dictionary
            | Small::Configuration
            | Small::Event
            | Small::Access
            | Small::Wrapper
            | Small::Server
            | Small::Mapping
            | Small::Foreign => {}
        }
    }

    fn yaml(&self, state: &State, was: Option<&Self>) -> (String, Mapping) {
        let home = state.schemas[&1].name.as_str();
        let name = self.own.name.as_str();
        let mut key = name.to_owned();
        let mut map;
        let own = |keys: &[&str]| plain(&self.own, keys);
        let table = || &state.tables[&self.on];
        let other = || quoted(&state.small[&self.on].own.name);
        match self.what {
            Small::Publication => {
                map = own(&["owner", "comment", "publish", "via_root", "generated"]);
                if let Some(told) = self.own.attributes.get("told") {
                    let table = state.sql(table());
                    let tables = Mapping::from_iter([(text(&table), told.clone())]);
                    map.insert(text("tables"), Value::Mapping(tables));
                }
                if self.own.has("schemas") {
                    map.insert(text("schemas"), list([home]));
                }
            }
            Small::Statistics => {
                map = own(&["owner", "comment", "kinds", "target"]);
                let schema = &state.schemas[&table().schema].name;
                map.insert(text("table"), list([schema, &table().own.name]));
                let column = quoted(&table().columns[&self.at].own.name);
                let columns = match self.own.text("more") {
                    Some(more) => list(["id", &column, more]),
                    None => list(["id", &column]),
                };
                map.insert(text("columns"), columns);
            }
            Small::Materialized => {
                map = own(&["owner", "comment", "with"]);
                let column = &table().columns[&self.at].own.name;
                let second = match self.own.has("column") {
                    true => format!(", {}", quoted(column)),
                    false => String::new(),
                };
                let filter = match self.own.text("where") {
                    Some(own) => format!(" WHERE {own}"),
                    None => String::new(),
                };
                let from = state.sql(table());
                let query = format!("SELECT id{second} FROM {from}{filter}");
                map.insert(text("query"), text(&query));
                if let Some(comment) = self.own.attributes.get("column comment") {
                    let said = Mapping::from_iter([(text("comment"), comment.clone())]);
                    let columns = Mapping::from_iter([(text(column), Value::Mapping(said))]);
                    map.insert(text("columns"), Value::Mapping(columns));
                }
                let mut indexes = Mapping::new();
                if self.own.has("unique") {
                    let key = Mapping::from_iter([
                        (text("columns"), list(["id"])),
                        (text("unique"), Value::Bool(true)),
                    ]);
                    // The number is the view's, so that a new name of it leaves its indexes as they are.
                    indexes.insert(
                        text(&format!("u{} of {}", self.at, self.on)),
                        Value::Mapping(key),
                    );
                }
                if let Some(index) = self.own.attributes.get("index") {
                    indexes.insert(text(&format!("i{} of {}", self.at, self.on)), index.clone());
                }
                map.insert(text("indexes"), Value::Mapping(indexes));
            }
            Small::Aggregate => {
                let known = [
                    "owner",
                    "comment",
                    "initcond",
                    "sspace",
                    "combinefunc",
                    "parallel",
                    "finalfunc",
                ];
                map = own(&known);
                map.insert(text("sfunc"), text("pg_catalog.int4pl"));
                map.insert(text("stype"), text("integer"));
                key = format!("{}(integer)", quoted(name));
            }
            Small::Procedure => {
                map = own(&["owner", "comment", "security_definer", "set"]);
                map.insert(text("language"), text("sql"));
                let body = self.own.text("says").unwrap_or("SELECT 1");
                map.insert(text("body"), text(body));
                key = format!("{}()", quoted(name));
            }
            Small::Operator => {
                map = own(&["owner", "comment"]);
                let function = &state.functions[&self.on].own.name;
                map.insert(text("function"), list([home, function]));
                key = format!("{name} (NONE, integer)");
            }
            Small::Cast => {
                map = own(&["comment", "context"]);
                map.insert(text("inout"), Value::Bool(true));
                let from = quoted(&state.enums[&self.on].own.name);
                key = format!("{}.{from} AS bigint", quoted(home));
            }
            Small::Family => {
                map = own(&["owner", "comment"]);
                key = format!("{} (btree)", quoted(name));
            }
            Small::Class => {
                map = own(&["owner", "comment", "as"]);
                map.insert(text("type"), text("integer"));
                let family = &state.small[&self.on].own.name;
                map.insert(text("family"), list([home, family]));
                key = format!("{} (btree)", quoted(name));
            }
            Small::Conversion => {
                map = own(&["owner", "comment", "default"]);
                map.insert(text("from"), text("LATIN1"));
                map.insert(text("to"), text("UTF8"));
                let function = "pg_catalog.iso8859_1_to_utf8";
                map.insert(text("function"), text(function));
            }
            Small::Dictionary => {
                map = own(&["owner", "comment", "options"]);
                map.insert(text("template"), text("pg_catalog.simple"));
            }
            Small::Configuration => {
                map = own(&["owner", "comment"]);
                map.insert(text("parser"), text("pg_catalog.default"));
                let dictionary = &state.small[&self.on].own.name;
                let mut mappings = plain(&self.own, &["word", "email"]);
                let ours = list([home, dictionary]);
                let all = match self.own.has("both") {
                    true => Value::Sequence(vec![ours, text("pg_catalog.simple")]),
                    false => Value::Sequence(vec![ours]),
                };
                mappings.insert(text("asciiword"), all);
                map.insert(text("mappings"), Value::Mapping(mappings));
            }
            Small::Event => {
                map = own(&["comment", "tags", "enabled"]);
                let on = self.own.text("on").unwrap_or("ddl_command_end");
                map.insert(text("on"), text(on));
                map.insert(text("function"), list([home, "the event trigger"]));
            }
            Small::Access => {
                map = own(&["comment"]);
                map.insert(text("type"), text("table"));
                let handler = "pg_catalog.heap_tableam_handler";
                map.insert(text("handler"), text(handler));
            }
            Small::Wrapper => map = own(&["comment", "options"]),
            Small::Server => {
                map = own(&["owner", "comment", "type", "version", "options"]);
                map.insert(text("wrapper"), text(&other()));
            }
            Small::Mapping => {
                map = own(&["options"]);
                key = format!("{} (\"reconcile one\")", other());
            }
            Small::Foreign => {
                map = own(&["comment", "grants"]);
                let mut foreign = plain(&self.own, &["options"]);
                let server = &state.small[&self.on].own.name;
                foreign.insert(text("server"), text(server));
                map.insert(text("foreign"), Value::Mapping(foreign));
                let kind = self.own.text("n").unwrap_or("integer");
                let mut column = Mapping::from_iter([(text("type"), text(kind))]);
                if self.own.has("not_null") {
                    column.insert(text("not_null"), Value::Bool(true));
                }
                let columns = Mapping::from_iter([
                    (text("n"), Value::Mapping(column)),
                    (text("it's"), text("text")),
                ]);
                map.insert(text("columns"), Value::Mapping(columns));
            }
        }
        renamed(&mut map, &self.own, was.map(|own| &own.own));
        (key, map)
    }
}

impl State {
    /// Writes what stands beside tables, types and views into a document.
    pub(super) fn write_small(&self, before: Option<&Self>, document: &mut Mapping) {
        for (at, small) in &self.small {
            let was = before.and_then(|state| state.small.get(at));
            let (key, map) = small.yaml(self, was);
            let section = text(small.what.section());
            let section = document
                .entry(section)
                .or_insert_with(|| Value::Mapping(Mapping::new()));
            if let Value::Mapping(section) = section {
                section.insert(text(&key), Value::Mapping(map));
            }
        }
    }

    /// Takes away what leans on something that is gone.
    pub(super) fn settle_small(&mut self) {
        // A configuration on a dictionary, a foreign table on a server on a wrapper: the longest of it is three long.
        for _ in 0..3 {
            let state = self.clone();
            self.small.retain(|_, own| own.stands(&state));
        }
        let state = self.clone();
        for own in self.small.values_mut() {
            own.settle(&state);
        }
        // One is the default between two encodings.
        let mut defaults = 0;
        for own in self.small.values_mut() {
            if own.what == Small::Conversion && own.own.has("default") {
                defaults += 1;
                if defaults > 1 {
                    own.own.drop_all(&["default"]);
                }
            }
        }
        debug_assert!(self.small.keys().all(|at| *at < 2 * NEW));
    }
}
