//! A state as YAML, and the rows of its tables as SQL.

use serde_yaml::{Mapping, Value};

use super::attributes::{Thing, quoted};
use super::state::{
    ColumnSpec, FunctionSpec, ID, NEW, Part, RANGES, State, TableSpec, Type, ViewSpec, What,
};

pub(super) fn text(own: &str) -> Value {
    Value::from(own.to_owned())
}

pub(super) fn list<const N: usize>(own: [&str; N]) -> Value {
    Value::Sequence(own.into_iter().map(text).collect())
}

/// Writes what the format knows by the same key.
pub(super) fn plain(own: &Thing, keys: &[&str]) -> Mapping {
    keys.iter()
        .filter_map(|key| Some((text(key), own.attributes.get(key)?.clone())))
        .collect()
}

/// Says what a thing was called.
pub(super) fn renamed(map: &mut Mapping, own: &Thing, was: Option<&Thing>) {
    if let Some(was) = was.filter(|was| was.name != own.name) {
        map.insert(text("renamed_from"), text(&quoted(&was.name)));
    }
}

impl State {
    /// Writes the state as YAML; what has another name than before says so.
    pub(super) fn yaml(&self, before: Option<&Self>) -> String {
        let home = &self.schemas[&1].name;
        let mut document = Mapping::new();
        document.insert(text("schema"), text(home));
        let mut schemas = Mapping::new();
        for (at, own) in &self.schemas {
            let mut map = plain(own, &["comment"]);
            renamed(
                &mut map,
                own,
                before.and_then(|state| state.schemas.get(at)),
            );
            schemas.insert(text(&own.name), Value::Mapping(map));
        }
        document.insert(text("schemas"), Value::Mapping(schemas));
        let mut enums = Mapping::new();
        for (at, own) in &self.enums {
            let was = before.and_then(|state| state.enums.get(at));
            let mut map = plain(&own.own, &["comment", "owner"]);
            renamed(&mut map, &own.own, was.map(|own| &own.own));
            let labels = own.order.iter().map(|at| {
                let label = &own.labels[at];
                match was
                    .and_then(|own| own.labels.get(at))
                    .filter(|own| *own != label)
                {
                    Some(former) => Value::Mapping(Mapping::from_iter([
                        (text("value"), text(label)),
                        (text("renamed_from"), text(former)),
                    ])),
                    None => text(label),
                }
            });
            map.insert(text("values"), Value::Sequence(labels.collect()));
            enums.insert(text(&own.own.name), Value::Mapping(map));
        }
        document.insert(text("enums"), Value::Mapping(enums));
        let mut domains = Mapping::new();
        for (at, own) in &self.domains {
            let was = before.and_then(|state| state.domains.get(at));
            let mut map = plain(&own.own, &["comment", "owner", "default", "checks"]);
            renamed(&mut map, &own.own, was.map(|own| &own.own));
            let base = if own.wide { "bigint" } else { "integer" };
            map.insert(text("type"), text(base));
            domains.insert(text(&own.own.name), Value::Mapping(map));
        }
        document.insert(text("domains"), Value::Mapping(domains));
        let mut ranges = Mapping::new();
        for (at, own) in &self.ranges {
            let was = before.and_then(|state| state.ranges.get(at));
            ranges.insert(text(&own.own.name), own.yaml(was));
        }
        document.insert(text("ranges"), Value::Mapping(ranges));
        let mut composites = Mapping::new();
        for (at, own) in &self.composites {
            let was = before.and_then(|state| state.composites.get(at));
            composites.insert(text(&own.own.name), own.yaml(was));
        }
        document.insert(text("composites"), Value::Mapping(composites));
        let mut collations = Mapping::new();
        for (at, own) in &self.collations {
            let was = before.and_then(|state| state.collations.get(at));
            collations.insert(text(&own.name), super::types::collation(own, was));
        }
        document.insert(text("collations"), Value::Mapping(collations));
        let mut sequences = Mapping::new();
        for (at, own) in &self.sequences {
            let known = [
                "comment",
                "type",
                "start",
                "increment",
                "min_value",
                "max_value",
                "cache",
                "cycle",
                "unlogged",
            ];
            let mut map = plain(own, &known);
            renamed(
                &mut map,
                own,
                before.and_then(|state| state.sequences.get(at)),
            );
            if own.has("owned_by") {
                let owner = list([home, &self.tables[at].own.name, "id"]);
                map.insert(text("owned_by"), owner);
            }
            sequences.insert(text(&own.name), Value::Mapping(map));
        }
        document.insert(text("sequences"), Value::Mapping(sequences));
        let mut functions = Mapping::new();
        for (at, own) in &self.functions {
            let was = before.and_then(|state| state.functions.get(at));
            let key = format!("{}(integer)", quoted(&own.own.name));
            functions.insert(text(&key), Value::Mapping(own.yaml(was)));
        }
        functions.insert(text("\"the trigger\"()"), touch());
        functions.insert(text("\"the event trigger\"()"), at_event());
        document.insert(text("functions"), Value::Mapping(functions));
        let mut tables = Mapping::new();
        for (at, own) in &self.tables {
            tables.insert(text(&own.own.name), own.yaml(*at, self, before));
        }
        document.insert(text("tables"), Value::Mapping(tables));
        let mut views = Mapping::new();
        for (at, own) in &self.views {
            let was = before.and_then(|state| state.views.get(at));
            views.insert(text(&own.own.name), own.yaml(self, was));
        }
        document.insert(text("views"), Value::Mapping(views));
        self.write_small(before, &mut document);
        serde_yaml::to_string(&document).unwrap_or_default()
    }

    /// A table's name in SQL.
    pub(super) fn sql(&self, table: &TableSpec) -> String {
        format!(
            "{}.{}",
            quoted(&self.schemas[&table.schema].name),
            quoted(&table.own.name)
        )
    }

    fn call(&self, function: u32, argument: &str) -> String {
        let home = quoted(&self.schemas[&1].name);
        format!(
            "{home}.{}({argument})",
            quoted(&self.functions[&function].own.name)
        )
    }

    /// Returns what fills every table, and gives roles something that no list speaks of. No file can say who may use a view or function that
    /// was gone meanwhile.
    pub(super) fn rows(&self, desired: &Self) -> String {
        let mut sql = String::from("SET session_replication_role = replica;\n");
        for (number, own) in &self.tables {
            let filled = || {
                let above = self.above(*number).into_iter();
                let above = above.flat_map(|own| own.columns.iter().filter(|(at, _)| **at != ID));
                let all = own.columns.iter().chain(above);
                all.filter(|(_, column)| !column.own.has("generated"))
            };
            let columns: Vec<String> = filled().map(|(_, own)| quoted(&own.own.name)).collect();
            let values: Vec<String> = filled().map(|(at, own)| own.value(*at, self)).collect();
            let table = self.sql(own);
            sql.push_str(&format!(
                "INSERT INTO {table} ({}) OVERRIDING SYSTEM VALUE SELECT {} FROM generate_series(1, 5) g;\n",
                columns.join(", "),
                values.join(", ")
            ));
        }
        let stays = |at: &&u32| desired.views.contains_key(at);
        for own in self.views.keys().filter(stays).map(|at| &self.views[at]) {
            let view = format!(
                "{}.{}",
                quoted(&self.schemas[&1].name),
                quoted(&own.own.name)
            );
            sql.push_str(&format!("GRANT SELECT ON {view} TO \"reconcile two\";\n"));
        }
        let stays = |at: &&u32| desired.functions.contains_key(at);
        for at in self.functions.keys().filter(stays) {
            let function = self.call(*at, "integer");
            sql.push_str(&format!(
                "REVOKE EXECUTE ON FUNCTION {function} FROM PUBLIC;\n"
            ));
        }
        sql
    }
}

fn touch() -> Value {
    let body = "BEGIN\n  IF TG_LEVEL = 'ROW' THEN\n    RETURN COALESCE(new, old);\n  END IF;\n  RETURN NULL;\nEND\n";
    Value::Mapping(Mapping::from_iter([
        (text("returns"), text("trigger")),
        (text("language"), text("plpgsql")),
        (text("body"), text(body)),
    ]))
}

fn at_event() -> Value {
    Value::Mapping(Mapping::from_iter([
        (text("returns"), text("event_trigger")),
        (text("language"), text("plpgsql")),
        (text("body"), text("BEGIN\nEND\n")),
    ]))
}

impl FunctionSpec {
    fn yaml(&self, was: Option<&Self>) -> Mapping {
        let known = [
            "comment",
            "owner",
            "volatility",
            "parallel",
            "strict",
            "security_definer",
            "leakproof",
            "cost",
            "rows",
            "set",
            "support",
        ];
        let mut map = plain(&self.own, &known);
        renamed(&mut map, &self.own, was.map(|own| &own.own));
        let argument = quoted(self.own.text("argument").unwrap_or("a"));
        let default = match self.own.attributes.get("argument default") {
            Some(Value::String(own)) => format!(" DEFAULT {own}"),
            Some(_) => " DEFAULT 3".to_owned(),
            None => String::new(),
        };
        map.insert(
            text("arguments"),
            text(&format!("{argument} integer{default}")),
        );
        map.insert(text("returns"), text(&self.returns()));
        let result = format!("{argument} + {}", self.adds);
        match self.own.text("written") {
            Some("return") if !self.returns().starts_with("SETOF") => {
                map.insert(text("sql_body"), text(&format!("RETURN {result}")));
            }
            Some("plpgsql") => {
                let gives = if self.returns().starts_with("SETOF") {
                    format!("RETURN NEXT {result}")
                } else {
                    format!("RETURN {result}")
                };
                map.insert(text("language"), text("plpgsql"));
                map.insert(text("body"), text(&format!("BEGIN\n  {gives};\nEND\n")));
            }
            _ => {
                map.insert(text("language"), text("sql"));
                map.insert(text("body"), text(&format!("SELECT {result}")));
            }
        }
        map
    }
}

impl ViewSpec {
    fn yaml(&self, state: &State, was: Option<&Self>) -> Value {
        let known = [
            "comment",
            "owner",
            "security_barrier",
            "security_invoker",
            "check_option",
        ];
        let mut map = plain(&self.own, &known);
        renamed(&mut map, &self.own, was.map(|own| &own.own));
        let table = &state.tables[&self.table];
        let mut columns: Vec<String> = self
            .columns
            .iter()
            .map(|column| quoted(&table.columns[column].own.name))
            .collect();
        if let Some(function) = self.function {
            let call = state.call(function, "1");
            columns.push(format!("{call} AS \"the call\""));
        }
        let filter = match self.own.text("where") {
            Some(own) => format!(" WHERE {own}"),
            None => String::new(),
        };
        let query = format!(
            "SELECT {} FROM {}{filter}",
            columns.join(", "),
            state.sql(table)
        );
        map.insert(text("query"), text(&query));
        if let Some(comment) = self.own.attributes.get("column comment") {
            let first = &table.columns[&self.columns[0]].own.name;
            let own = Mapping::from_iter([(text("comment"), comment.clone())]);
            let columns = Mapping::from_iter([(text(first), Value::Mapping(own))]);
            map.insert(text("columns"), Value::Mapping(columns));
        }
        if let Some(events) = self.own.attributes.get("instead") {
            let own = Mapping::from_iter([
                (text("instead_of"), events.clone()),
                (text("for_each"), text("row")),
                (text("execute"), text("\"the trigger\"()")),
            ]);
            let triggers = Mapping::from_iter([(text("instead"), Value::Mapping(own))]);
            map.insert(text("triggers"), Value::Mapping(triggers));
        }
        Value::Mapping(map)
    }
}

impl TableSpec {
    fn yaml(&self, number: u32, state: &State, before: Option<&State>) -> Value {
        let was = before.and_then(|state| state.tables.get(&number));
        let home = &state.schemas[&self.schema].name;
        let known = [
            "comment",
            "unlogged",
            "with",
            "grants",
            "row_level_security",
            "force_row_level_security",
            "policies",
            "rules",
        ];
        let mut map = plain(&self.own, &known);
        match (self.own.text("replica_identity"), self.index(true)) {
            (Some("an index"), Some(index)) => {
                let own = Mapping::from_iter([(text("index"), text(&index))]);
                map.insert(text("replica_identity"), Value::Mapping(own));
            }
            (Some(word @ ("full" | "nothing")), _) => {
                map.insert(text("replica_identity"), text(word));
            }
            _ => {}
        }
        let key = self.key.as_ref().and_then(|own| own.text("name"));
        let on = match self.own.text("clustered_on") {
            Some("a key") => key.map(|name| format!("{name} {number}")),
            Some(_) => self.index(false),
            None => None,
        };
        if let Some(name) = on {
            map.insert(text("clustered_on"), text(&name));
        }
        if self.schema != 1 {
            map.insert(text("schema"), text(home));
        }
        if let Some((was, former)) = was.zip(before) {
            if was.schema != self.schema {
                let schema = &former.schemas[&was.schema].name;
                map.insert(text("renamed_from"), list([schema, &was.own.name]));
            } else {
                renamed(&mut map, &self.own, Some(&was.own));
            }
        }
        let parent = self.inherits.and_then(|at| state.tables.get(&at));
        if let Some(parent) = parent {
            let schema = &state.schemas[&parent.schema].name;
            let one = list([schema, &parent.own.name]);
            map.insert(text("inherits"), Value::Sequence(vec![one]));
        }
        if let Some(spread) = &self.spread {
            spread.write(was.and_then(|was| was.spread.as_ref()), &mut map);
        }
        let mut columns = Mapping::new();
        let own_columns = self.columns.iter();
        for (at, own) in own_columns.filter(|(at, _)| parent.is_none() || **at != ID) {
            let before = was.and_then(|was| was.columns.get(at));
            let is_key = *at == ID && self.key.is_some();
            let column = own.yaml(*at, number, state, before, is_key);
            columns.insert(text(&own.own.name), Value::Mapping(column));
        }
        map.insert(text("columns"), Value::Mapping(columns));
        if let Some(own) = &self.key {
            map.insert(text("primary_key"), self.key(own, number));
        }
        for (section, of) in [
            ("unique", What::Unique(0)),
            ("indexes", What::Index(0)),
            ("checks", What::Check(0)),
            ("foreign_keys", What::Foreign(0)),
            ("triggers", What::Trigger),
        ] {
            let mut parts = Mapping::new();
            for (at, part) in &self.parts {
                if part.what.sort() != of.sort() {
                    continue;
                }
                let mut own = part.yaml(self, state);
                let former = was.and_then(|was| was.parts.get(at));
                renamed(&mut own, &part.own, former.map(|own| &own.own));
                parts.insert(text(&part.own.name), Value::Mapping(own));
            }
            map.insert(text(section), Value::Mapping(parts));
        }
        Value::Mapping(map)
    }

    /// The first index that CLUSTER may go by, or one that can be a replica identity.
    fn index(&self, identifies: bool) -> Option<String> {
        let mut parts = self.parts.values().filter(|part| {
            let can = match part.what {
                What::Unique(ID) => !part.own.has("temporal"),
                What::Index(ID) => {
                    !["method", "where", "element"]
                        .iter()
                        .any(|key| part.own.has(key))
                        && (!identifies || part.own.has("unique"))
                }
                What::Unique(_)
                | What::Index(_)
                | What::Check(_)
                | What::Foreign(_)
                | What::Trigger => false,
            };
            can && !(identifies && part.own.has("deferrable"))
        });
        parts.next().map(|part| part.own.name.clone())
    }

    /// The first column beside `id` that a key may hold.
    fn second(&self) -> Option<&ColumnSpec> {
        self.columns
            .iter()
            .find(|(at, own)| {
                let own_kind =
                    !matches!(own.kind, Type::Enum(_) | Type::Domain(_) | Type::DateRange)
                        && !own.own.has("generated");
                **at != ID
                    && **at < NEW
                    && own.not_null
                    && own_kind
                    && !own.own.has("not_null not_valid")
            })
            .map(|(_, own)| own)
    }

    fn key(&self, own: &Thing, number: u32) -> Value {
        let second = self.second().map(|own| own.own.name.as_str());
        let mut map = plain(own, &["deferrable"]);
        if let Some(name) = own.text("name") {
            map.insert(text("name"), text(&format!("{name} {number}")));
        }
        let columns = match second.filter(|_| own.has("two")) {
            Some(second) => list(["id", second]),
            None => list(["id"]),
        };
        if let Some(second) = second.filter(|_| own.has("include")) {
            map.insert(text("include"), list([second]));
        }
        if map.is_empty() {
            return columns;
        }
        map.insert(text("columns"), columns);
        Value::Mapping(map)
    }
}

impl Part {
    fn yaml(&self, table: &TableSpec, state: &State) -> Mapping {
        let own = &self.own;
        match self.what {
            What::Unique(column) => {
                let mut map = plain(
                    own,
                    &["comment", "deferrable", "include", "nulls_not_distinct"],
                );
                let name = |at: u32| table.columns[&at].own.name.as_str();
                let temporal = own.attributes.get("temporal");
                let columns = if temporal.is_some() {
                    list(RANGES.map(name))
                } else if own.has("two") {
                    list([name(column), "id"])
                } else {
                    list([name(column)])
                };
                map.insert(text("columns"), columns);
                if temporal == Some(&Value::Bool(true)) {
                    map.insert(text("without_overlaps"), Value::Bool(true));
                }
                map
            }
            What::Index(column) => {
                let known = [
                    "comment",
                    "method",
                    "unique",
                    "nulls_not_distinct",
                    "include",
                    "where",
                    "with",
                ];
                let mut map = plain(own, &known);
                let column = quoted(&table.columns[&column].own.name);
                let element = match own.text("element") {
                    Some("lower") => format!("lower({column})"),
                    Some(order) => format!("{column} {order}"),
                    None => column,
                };
                map.insert(text("columns"), list([&element]));
                map
            }
            What::Check(column) => {
                let mut map = plain(own, &["comment", "not_valid", "no_inherit"]);
                let column = quoted(&table.columns[&column].own.name);
                let callable = state
                    .functions
                    .iter()
                    .find(|(_, own)| !own.returns().starts_with("SETOF"));
                let check = match (own.text("says"), callable) {
                    (Some("call"), Some((at, _))) => {
                        format!("{} IS NOT NULL", state.call(*at, "id::integer"))
                    }
                    (Some(own), _) if own != "call" => own.to_owned(),
                    // Of a composite value with a NULL inside neither `IS NULL` nor `IS NOT NULL` is true.
                    _ => format!(
                        "{column} IS DISTINCT FROM NULL OR {column} IS NOT DISTINCT FROM NULL"
                    ),
                };
                map.insert(text("check"), text(&check));
                map
            }
            What::Foreign(to) => {
                let known = [
                    "comment",
                    "deferrable",
                    "match",
                    "on_update",
                    "on_delete",
                    "set_columns",
                    "referenced_columns",
                    "not_valid",
                    "period",
                ];
                let mut map = plain(own, &known);
                let target = &state.tables[&to];
                let columns =
                    |of: &TableSpec| list(RANGES.map(|at| of.columns[&at].own.name.as_str()));
                if own.has("period") {
                    map.insert(text("columns"), columns(table));
                    map.insert(text("referenced_columns"), columns(target));
                } else {
                    map.insert(text("columns"), list(["id"]));
                }
                let schema = &state.schemas[&target.schema].name;
                map.insert(text("references"), list([schema, &target.own.name]));
                map
            }
            What::Trigger => self.trigger(state, table),
        }
    }

    fn trigger(&self, state: &State, table: &TableSpec) -> Mapping {
        let mut map = plain(&self.own, &["comment", "enabled"]);
        let mut put = |key: &str, value: Value| map.insert(text(key), value);
        match self.own.text("fires") {
            Some("row") => {
                put("after", list(["insert", "delete"]));
                put("for_each", text("row"));
            }
            Some("when") => {
                put("before", list(["insert", "update"]));
                put("for_each", text("row"));
                put("when", text("new.id > 0"));
            }
            Some("of") => {
                put("before", list(["update"]));
                put("update_of", list(["id"]));
                put("for_each", text("row"));
            }
            Some("new") => {
                put("after", list(["insert"]));
                put("new_table", text("new rows"));
            }
            Some("old") => {
                put("after", list(["delete"]));
                put("old_table", text("old rows"));
            }
            // A partition cannot leave a table with a constraint trigger that speaks of another one.
            Some("from") if table.spread.is_some() => {
                put("before", list(["insert"]));
                put("for_each", text("row"));
            }
            Some("deferred") => {
                put("after", list(["insert"]));
                put("for_each", text("row"));
                put("constraint", Value::Bool(true));
                put("deferrable", text("initially_deferred"));
            }
            Some("from") => {
                put("after", list(["insert"]));
                put("for_each", text("row"));
                put("constraint", Value::Bool(true));
                let schema = &state.schemas[&table.schema].name;
                put("references", list([schema, &table.own.name]));
            }
            Some("truncate") => {
                put("before", list(["truncate"]));
            }
            _ => {
                put("before", list(["insert"]));
                put("for_each", text("row"));
            }
        }
        let home = quoted(&state.schemas[&1].name);
        let argument = match self.own.text("argument") {
            Some(own) => format!("'{}'", own.replace('\'', "''")),
            None => String::new(),
        };
        put(
            "execute",
            text(&format!("{home}.\"the trigger\"({argument})")),
        );
        map
    }
}

impl ColumnSpec {
    fn yaml(
        &self,
        at: u32,
        table: u32,
        state: &State,
        was: Option<&Self>,
        is_key: bool,
    ) -> Mapping {
        let mut map = plain(
            &self.own,
            &[
                "comment",
                "collation",
                "generated",
                "identity",
                "storage",
                "compression",
                "statistics",
                "options",
            ],
        );
        renamed(&mut map, &self.own, was.map(|own| &own.own));
        if let Some(own) = self.collated {
            let home = &state.schemas[&1].name;
            let name = list([home, &state.collations[&own].name]);
            map.insert(text("collation"), name);
        }
        map.insert(text("type"), text(&self.kind.sql(state)));
        if let Some(Value::Mapping(identity)) = map.get_mut("identity")
            && let Some(Value::String(own)) = identity.get_mut("sequence")
        {
            own.push_str(&format!(" {table} {at}"));
        }
        if self.not_null && !is_key {
            let mut how = Mapping::new();
            if let Some(own) = self.own.text("not_null name") {
                how.insert(text("name"), text(&format!("{own} {at}")));
            }
            let is_checked = !self.own.has("not_null not_valid");
            if !is_checked {
                how.insert(text("not_valid"), Value::Bool(true));
            }
            let how = if how.is_empty() {
                Value::Bool(true)
            } else {
                Value::Mapping(how)
            };
            map.insert(text("not_null"), how);
            let is_filled = self.default || self.own.has("identity") && was.is_none();
            if !is_filled && at != ID && is_checked {
                map.insert(text("backfill"), text(&self.kind.constant(state)));
            }
        }
        if self.default {
            let value = match self.sequence {
                Some(own) => {
                    let home = quoted(&state.schemas[&1].name);
                    let name = format!("{home}.{}", quoted(&state.sequences[&own].name));
                    format!("nextval('{}')", name.replace('\'', "''"))
                }
                None => self.kind.constant(state),
            };
            map.insert(text("default"), text(&value));
        }
        map
    }
}
