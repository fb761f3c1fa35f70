//! The sections `views` and `materialized_views`.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use super::document::{Gathering, Head};
use super::fields::{self, Fields, Sql};
use super::node::{Node, Value};
use super::table::Reading;
use crate::model::{Address, Kind, MaterializedView, Name, Object, Options, View, Written};

pub(super) fn read(
    head: &Head,
    name: &Name,
    key: &Rc<Node>,
    value: &Rc<Node>,
    gathering: &mut Gathering,
) {
    if matches!(value.value, Value::Scalar { .. }) {
        let address = Address::new(Kind::View, [head.schema.clone(), name.clone()]);
        gathering.declare_unit(&address, key, false);
        if let Some(query) = fields::sql(
            value,
            "the query",
            Sql::Body,
            &head.search_path,
            &mut gathering.ledger,
        ) {
            gathering.put(
                &address,
                key,
                Object::View(View {
                    query,
                    options: Options::default(),
                    columns: Vec::new(),
                    defaults: BTreeMap::new(),
                }),
            );
        }
        return;
    }
    let what = format!("view {name}");
    let Some(mut fields) = Fields::open(value, what, &mut gathering.ledger) else {
        return;
    };
    let address = gathering.unit(head, Kind::View, name, key, &mut fields);
    let mut options = Options::default();
    for option in ["security_barrier", "security_invoker", "check_option"] {
        // The server keeps the word as it was written: `true`, `on` and `1` are different texts there.
        if let Some(node) = fields.get(option)
            && let Some(value) = fields::text(&node, option, &mut gathering.ledger)
        {
            options.0.push((Name::new(option), value.to_string()));
        }
    }
    let defaults = columns(&address, &mut fields, &head.search_path, gathering);
    match fields.get("query") {
        Some(node) => {
            let query = fields::sql(
                &node,
                "the query",
                Sql::Body,
                &head.search_path,
                &mut gathering.ledger,
            );
            if let Some(query) = query {
                gathering.put(
                    &address,
                    key,
                    Object::View(View {
                        query,
                        options,
                        columns: Vec::new(),
                        defaults,
                    }),
                );
            }
        }
        None => gathering
            .ledger
            .fault(key, format!("{address} has no `query`"), None),
    }
    let mut reading = Reading {
        table: address.clone(),
        path: &head.search_path,
        gathering: &mut *gathering,
    };
    reading.rules(&mut fields);
    if let Some(node) = fields.get("triggers") {
        for (name, key, value) in fields::entries(&node, "triggers", &mut reading.gathering.ledger)
        {
            reading.trigger(&name, &key, &value);
        }
    }
    gathering.common(&address, &mut fields);
    gathering.renamed(&address, &mut fields);
    fields.close(&mut gathering.ledger);
}

/// Reads one entry of `materialized_views`.
pub(super) fn read_materialized(
    head: &Head,
    name: &Name,
    key: &Rc<Node>,
    value: &Rc<Node>,
    gathering: &mut Gathering,
) {
    let kind = Kind::MaterializedView;
    let path = &head.search_path;
    if matches!(value.value, Value::Scalar { .. }) {
        let address = Address::new(kind, [head.schema.clone(), name.clone()]);
        gathering.declare_unit(&address, key, false);
        let ledger = &mut gathering.ledger;
        if let Some(query) = fields::sql(value, "the query", Sql::Body, path, ledger) {
            let own = MaterializedView {
                query,
                parameters: Options::default(),
                columns: Vec::new(),
            };
            gathering.put(&address, key, Object::MaterializedView(own));
        }
        return;
    }
    let what = format!("materialized view {name}");
    let Some(mut fields) = Fields::open(value, what, &mut gathering.ledger) else {
        return;
    };
    let address = gathering.unit(head, kind, name, key, &mut fields);
    let ledger = &mut gathering.ledger;
    let parameters = super::physical::options(&mut fields, "with", ledger);
    match fields.get("query") {
        Some(node) => {
            if let Some(query) = fields::sql(&node, "the query", Sql::Body, path, ledger) {
                let own = MaterializedView {
                    query,
                    parameters,
                    columns: Vec::new(),
                };
                gathering.put(&address, key, Object::MaterializedView(own));
            }
        }
        None => ledger.fault(key, format!("{address} has no `query`"), None),
    }
    columns(&address, &mut fields, path, gathering);
    if let Some(node) = fields.get("indexes") {
        let mut reading = Reading {
            table: address.clone(),
            path,
            gathering: &mut *gathering,
        };
        for (name, key, value) in fields::entries(&node, "indexes", &mut reading.gathering.ledger) {
            reading.index(&name, &key, &value);
        }
    }
    gathering.common(&address, &mut fields);
    gathering.renamed(&address, &mut fields);
    fields.close(&mut gathering.ledger);
}

/// Reads what is said of the columns of a view.
/// Reads what is said of columns, and returns their defaults.
fn columns(
    address: &Address,
    fields: &mut Fields,
    path: &Arc<[Name]>,
    gathering: &mut Gathering,
) -> BTreeMap<Name, Written> {
    let mut defaults = BTreeMap::new();
    if let Some(node) = fields.get("columns") {
        for (name, _, value) in fields::entries(&node, "columns", &mut gathering.ledger) {
            let what = format!("column {name} of the view");
            if let Some(mut own) = Fields::open(&value, what, &mut gathering.ledger) {
                // Only rows of a view come from an INSERT into it.
                if address.kind() == Kind::View
                    && let Some(node) = own.get("default")
                {
                    let ledger = &mut gathering.ledger;
                    let text = fields::sql(&node, "the default", Sql::Text, path, ledger);
                    defaults.extend(text.map(|text| (name.clone(), text)));
                }
                gathering.comment(&address.view_column(&name), &mut own);
                own.close(&mut gathering.ledger);
            }
        }
    }
    defaults
}
