//! Unique and exclusion constraints, foreign keys and triggers of a table.

use std::rc::Rc;

use super::fault::Ledger;
use super::fields::{self, Fields, Sql};
use super::node::{Node, Value};
use super::table::Reading;
use crate::model::{
    Action, Deferrable, Enabled, Event, Exclusion, ForeignKey, Kind, Match, Name, Object, Timing,
    Trigger, Unique,
};

/// Reads when a constraint is checked.
pub(super) fn deferrable(fields: &mut Fields, ledger: &mut Ledger) -> Deferrable {
    let Some(node) = fields.get("deferrable") else {
        return Deferrable::No;
    };
    match fields::text(&node, "deferrable", ledger).as_deref() {
        Some("initially_immediate") => Deferrable::Immediate,
        Some("initially_deferred") => Deferrable::Deferred,
        _ => {
            ledger.fault(
                &node,
                "deferrable is neither initially_immediate nor initially_deferred",
                None,
            );
            Deferrable::No
        }
    }
}

/// Reads whether a key is temporal.
pub(super) fn without_overlaps(fields: &mut Fields, ledger: &mut Ledger) -> bool {
    flag(fields, "without_overlaps", ledger)
}

fn flag(fields: &mut Fields, key: &'static str, ledger: &mut Ledger) -> bool {
    let node = fields.get(key);
    node.and_then(|node| fields::boolean(&node, key, ledger)) == Some(true)
}

fn names(fields: &mut Fields, key: &'static str, ledger: &mut Ledger) -> Vec<Name> {
    fields
        .get(key)
        .and_then(|node| fields::names(&node, key, ledger))
        .unwrap_or_default()
}

impl Reading<'_> {
    pub(super) fn unique(&mut self, name: &Name, key: &Rc<Node>, value: &Rc<Node>) {
        let address = self.table.part(Kind::Unique, name);
        let mut own = Unique {
            columns: Vec::new(),
            include: Vec::new(),
            nulls_not_distinct: false,
            without_overlaps: false,
            deferrable: Deferrable::No,
        };
        if matches!(value.value, Value::List(_)) {
            own.columns =
                fields::names(value, "unique", &mut self.gathering.ledger).unwrap_or_default();
        } else {
            let Some(mut fields) =
                Fields::open(value, format!("unique {name}"), &mut self.gathering.ledger)
            else {
                return;
            };
            let ledger = &mut self.gathering.ledger;
            own.columns = names(&mut fields, "columns", ledger);
            own.include = names(&mut fields, "include", ledger);
            own.nulls_not_distinct = flag(&mut fields, "nulls_not_distinct", ledger);
            own.without_overlaps = without_overlaps(&mut fields, ledger);
            own.deferrable = deferrable(&mut fields, ledger);
            self.gathering.comment(&address, &mut fields);
            self.gathering.renamed(&address, &mut fields);
            fields.close(&mut self.gathering.ledger);
        }
        if own.columns.is_empty() {
            self.gathering
                .ledger
                .fault(value, "a unique constraint has at least one column", None);
            return;
        }
        self.known_columns(value, own.columns.iter().chain(&own.include));
        self.gathering.put(&address, key, Object::Unique(own));
    }

    pub(super) fn exclusion(&mut self, name: &Name, key: &Rc<Node>, value: &Rc<Node>) {
        let address = self.table.part(Kind::Exclusion, name);
        let what = format!("exclusion {name}");
        let Some(mut fields) = Fields::open(value, what, &mut self.gathering.ledger) else {
            return;
        };
        let method = fields.get("method");
        let (mut elements, mut operators) = (Vec::new(), Vec::new());
        let list = fields.get("elements");
        for item in list.as_deref().map(Self::items).unwrap_or_default() {
            let pairs = fields::raw_entries(&item, "an element", &mut self.gathering.ledger);
            if pairs.len() != 1 && matches!(item.value, Value::Map(_)) {
                let what = "an element is one column or expression with its operator";
                let mend = "write each in an item of its own: `- during: \"&&\"`".to_owned();
                self.gathering.ledger.fault(&item, what, mend);
            }
            for (element, operator) in pairs {
                elements.extend(self.sql(&element, "an element"));
                operators.extend(self.sql(&operator, "an operator"));
            }
        }
        if elements.is_empty() {
            let at = list.as_deref().unwrap_or(key);
            let what = format!("{address} has no `elements`");
            let mend =
                "list them with their operators: `elements: [{ room: \"=\" }, { during: \"&&\" }]`";
            self.gathering.ledger.fault(at, what, mend.to_owned());
        }
        let predicate = fields.get("where");
        let predicate = predicate.and_then(|node| self.sql(&node, "the predicate"));
        let ledger = &mut self.gathering.ledger;
        let method = method.and_then(|node| fields::name(&node, ledger));
        let own = Exclusion {
            method: method.unwrap_or_else(|| Name::new("gist")),
            elements,
            operators,
            include: names(&mut fields, "include", ledger),
            predicate,
            deferrable: deferrable(&mut fields, ledger),
            parameters: super::physical::options(&mut fields, "with", ledger),
            tablespace: fields
                .get("tablespace")
                .and_then(|node| fields::name(&node, ledger)),
        };
        self.known_columns(value, own.include.iter());
        if !own.elements.is_empty() {
            self.gathering.put(&address, key, Object::Exclusion(own));
        }
        self.gathering.comment(&address, &mut fields);
        self.gathering.renamed(&address, &mut fields);
        fields.close(&mut self.gathering.ledger);
    }

    /// Returns the items of a list; what is no list is its own only item, for the reader of items to refuse.
    fn items(node: &Node) -> Vec<Rc<Node>> {
        match &node.value {
            Value::List(items) => items.clone(),
            Value::Scalar { .. } | Value::Map(_) => Vec::new(),
        }
    }

    pub(super) fn foreign_key(&mut self, name: &Name, key: &Rc<Node>, value: &Rc<Node>) {
        let address = self.table.part(Kind::ForeignKey, name);
        let Some(mut fields) = Fields::open(
            value,
            format!("foreign key {name}"),
            &mut self.gathering.ledger,
        ) else {
            return;
        };
        let schema = self.table.schema_name().clone();
        let ledger = &mut self.gathering.ledger;
        let columns = names(&mut fields, "columns", ledger);
        let references = fields.get("references").and_then(|node| {
            let names = fields::reference(&node, "references", ledger)?;
            match names.as_slice() {
                [table] => Some(vec![schema, table.clone()]),
                [_, _] => Some(names),
                _ => {
                    ledger.fault(
                        &node,
                        "references names a table: `name` or `schema.name`",
                        None,
                    );
                    None
                }
            }
        });
        let referenced_columns = names(&mut fields, "referenced_columns", ledger);
        let period = flag(&mut fields, "period", ledger);
        let set_columns = names(&mut fields, "set_columns", ledger);
        let matching = match fields
            .get("match")
            .and_then(|node| Some((fields::text(&node, "match", ledger)?, node)))
        {
            Some((word, _)) if &*word == "full" => Match::Full,
            Some((word, _)) if &*word == "simple" => Match::Simple,
            Some((_, node)) => {
                ledger.fault(&node, "match is neither simple nor full", None);
                Match::Simple
            }
            None => Match::Simple,
        };
        let (on_update, on_delete) = (
            action(&mut fields, "on_update", ledger),
            action(&mut fields, "on_delete", ledger),
        );
        let deferrable = deferrable(&mut fields, ledger);
        let validity = self.enforced(&mut fields);
        self.gathering.comment(&address, &mut fields);
        self.gathering.renamed(&address, &mut fields);
        if columns.is_empty() {
            self.gathering
                .ledger
                .fault(value, "a foreign key has at least one column", None);
        }
        self.known_columns(value, columns.iter().chain(&set_columns));
        match references {
            Some(references) => {
                let foreign = ForeignKey {
                    columns,
                    references,
                    referenced_columns,
                    period,
                    matching,
                    on_update,
                    on_delete,
                    set_columns,
                    deferrable,
                    validity,
                };
                self.gathering.references.push((
                    address.clone(),
                    foreign.referenced_table(),
                    value.clone(),
                ));
                self.gathering
                    .put(&address, key, Object::ForeignKey(foreign));
            }
            None if fields.key("references").is_none() => {
                self.gathering
                    .ledger
                    .fault(key, format!("{address} has no `references`"), None);
            }
            None => {}
        }
        fields.close(&mut self.gathering.ledger);
    }

    pub(super) fn trigger(&mut self, name: &Name, key: &Rc<Node>, value: &Rc<Node>) {
        let address = self.table.part(Kind::Trigger, name);
        let Some(mut fields) =
            Fields::open(value, format!("trigger {name}"), &mut self.gathering.ledger)
        else {
            return;
        };
        let mut fired: Option<(Timing, Vec<Event>)> = None;
        for (word, timing) in [
            ("before", Timing::Before),
            ("after", Timing::After),
            ("instead_of", Timing::InsteadOf),
        ] {
            if let Some(node) = fields.get(word) {
                if fired.is_some() {
                    self.gathering.ledger.fault(
                        &node,
                        "a trigger fires before, after or instead_of: one of them",
                        None,
                    );
                }
                fired = Some((timing, events(&node, &mut self.gathering.ledger)));
            }
        }
        let ledger = &mut self.gathering.ledger;
        let update_of = names(&mut fields, "update_of", ledger);
        let for_each_row = match fields
            .get("for_each")
            .map(|node| (fields::text(&node, "for_each", ledger), node))
        {
            Some((Some(word), _)) if &*word == "row" => true,
            Some((Some(word), _)) if &*word == "statement" => false,
            Some((_, node)) => {
                ledger.fault(&node, "for_each is neither row nor statement", None);
                false
            }
            None => false,
        };
        let is_constraint = fields
            .get("constraint")
            .and_then(|node| fields::boolean(&node, "constraint", ledger))
            == Some(true);
        let deferrable = deferrable(&mut fields, ledger);
        let schema = self.table.schema_name().clone();
        let from = fields
            .get("references")
            .and_then(|node| fields::reference(&node, "references", ledger));
        let from = from.map(|names| {
            if let [table] = names.as_slice() {
                vec![schema, table.clone()]
            } else {
                names
            }
        });
        let old_table = fields
            .get("old_table")
            .and_then(|node| fields::name(&node, ledger));
        let new_table = fields
            .get("new_table")
            .and_then(|node| fields::name(&node, ledger));
        let enabled = enabled(&mut fields, ledger);
        let when = fields
            .get("when")
            .and_then(|node| self.sql(&node, "the condition"));
        let execute = fields.get("execute").and_then(|node| {
            fields::sql(
                &node,
                "the call",
                Sql::Text,
                self.path,
                &mut self.gathering.ledger,
            )
        });
        self.gathering.comment(&address, &mut fields);
        self.gathering.renamed(&address, &mut fields);
        let on_view = self.table.kind() == Kind::View;
        if !on_view {
            self.known_columns(value, update_of.iter());
        }
        match (fired, execute) {
            (Some((timing, events)), Some(execute)) => {
                let trigger = Trigger {
                    on_view,
                    timing,
                    events,
                    update_of,
                    for_each_row,
                    when,
                    execute,
                    constraint: is_constraint.then_some(deferrable),
                    from,
                    old_table,
                    new_table,
                    enabled,
                };
                self.gathering.put(&address, key, Object::Trigger(trigger));
            }
            (None, _) => {
                self.gathering.ledger.fault(
                    key,
                    format!("{address} has none of `before`, `after`, `instead_of`"),
                    None,
                );
            }
            (Some(_), None) => {
                self.gathering
                    .ledger
                    .fault(key, format!("{address} has no `execute`"), None)
            }
        }
        fields.close(&mut self.gathering.ledger);
    }
}

fn action(fields: &mut Fields, key: &'static str, ledger: &mut Ledger) -> Action {
    let Some(node) = fields.get(key) else {
        return Action::NoAction;
    };
    match fields::text(&node, key, ledger).as_deref() {
        Some("no_action") | None => Action::NoAction,
        Some("restrict") => Action::Restrict,
        Some("cascade") => Action::Cascade,
        Some("set_null") => Action::SetNull,
        Some("set_default") => Action::SetDefault,
        Some(other) => {
            let mend = fields::nearest(
                other,
                [
                    "no_action",
                    "restrict",
                    "cascade",
                    "set_null",
                    "set_default",
                ]
                .into_iter(),
            );
            let mend = mend.map(|near| format!("did you mean `{near}`?"));
            ledger.fault(
                &node,
                format!("`{other}` is no action of a foreign key"),
                mend,
            );
            Action::NoAction
        }
    }
}

/// Reads the events of a trigger, in the order in which the catalog has them.
fn events(node: &Node, ledger: &mut Ledger) -> Vec<Event> {
    let Value::List(items) = &node.value else {
        ledger.fault(
            node,
            format!("events are {}, not a list", node.describe()),
            None,
        );
        return Vec::new();
    };
    let mut events: Vec<Event> = Vec::new();
    for item in items {
        let event = match fields::text(item, "an event", ledger).as_deref() {
            Some("insert") => Event::Insert,
            Some("update") => Event::Update,
            Some("delete") => Event::Delete,
            Some("truncate") => Event::Truncate,
            Some(other) => {
                let mend = fields::nearest(
                    other,
                    ["insert", "update", "delete", "truncate"].into_iter(),
                );
                ledger.fault(
                    item,
                    format!("`{other}` is no event"),
                    mend.map(|near| format!("did you mean `{near}`?")),
                );
                continue;
            }
            None => continue,
        };
        events.push(event);
    }
    events.sort_unstable();
    events.dedup();
    events
}

/// Reads in which session roles a trigger or rule counts.
pub(super) fn enabled(fields: &mut Fields, ledger: &mut Ledger) -> Enabled {
    let Some(node) = fields.get("enabled") else {
        return Enabled::Origin;
    };
    let word = fields::text(&node, "enabled", ledger);
    match word.as_deref() {
        Some("true" | "origin") | None => Enabled::Origin,
        Some("always") => Enabled::Always,
        Some("replica") => Enabled::Replica,
        Some("false") => Enabled::Disabled,
        Some(_) => {
            ledger.fault(&node, "enabled is true, always, replica or false", None);
            Enabled::Origin
        }
    }
}
