//! Views and materialized views as YAML.

use std::collections::BTreeMap;

use serde_yaml::{Mapping, Value};

use super::write::{Page, attached, comment, index, text};
use super::{write_constraint, write_physical, write_rule};
use crate::model::{Address, Expression, MaterializedView, Name, Object, Text as _, View};

pub(super) fn view(page: &Page<'_>, address: &Address, view: &View<Expression>) -> Value {
    let model = page.model;
    let mut own = Mapping::new();
    attached(page, address, &mut own);
    for (name, value) in &view.options.0 {
        let value = match value.as_str() {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            other => text(other),
        };
        own.insert(text(name.as_str()), value);
    }
    own.insert(text("query"), text(view.query.sql()));
    columns(page, address, &view.columns, &view.defaults, &mut own);
    let mut triggers = Mapping::new();
    for (part, object) in model.below(address) {
        if let Object::Trigger(one) = object
            && one.relation(part) == *address
        {
            let name = text(part.name().as_str());
            triggers.insert(name, write_constraint::trigger(model, part, one));
        }
    }
    if !triggers.is_empty() {
        own.insert(text("triggers"), Value::Mapping(triggers));
    }
    write_rule::rules(model, address, &mut own);
    Value::Mapping(own)
}

pub(super) fn materialized(
    page: &Page<'_>,
    address: &Address,
    view: &MaterializedView<Expression>,
) -> Value {
    let mut own = Mapping::new();
    attached(page, address, &mut own);
    if !view.parameters.is_empty() {
        own.insert(text("with"), write_physical::options(&view.parameters));
    }
    own.insert(text("query"), text(view.query.sql()));
    columns(page, address, &view.columns, &BTreeMap::new(), &mut own);
    let mut indexes = Mapping::new();
    for (part, one) in page.indexes.get(address).into_iter().flatten() {
        indexes.insert(text(part.name().as_str()), index(page.model, part, one));
    }
    if !indexes.is_empty() {
        own.insert(text("indexes"), Value::Mapping(indexes));
    }
    Value::Mapping(own)
}

/// Writes what is said of the columns of a view.
fn columns(
    page: &Page<'_>,
    address: &Address,
    all: &[(Name, String)],
    defaults: &BTreeMap<Name, Expression>,
    into: &mut Mapping,
) {
    let mut columns = Mapping::new();
    for (column, _) in all {
        let mut map = Mapping::new();
        if let Some(own) = defaults.get(column) {
            map.insert(text("default"), text(own.sql()));
        }
        comment(page.model, &address.view_column(column), &mut map);
        if !map.is_empty() {
            columns.insert(text(column.as_str()), Value::Mapping(map));
        }
    }
    if !columns.is_empty() {
        into.insert(text("columns"), Value::Mapping(columns));
    }
}
