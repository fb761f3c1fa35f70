//! What tables have from others as YAML: partitions below the table whose rows they hold, parents by name.

use serde_yaml::{Mapping, Value};

use super::write::{self, Page, text};
use crate::model::{
    Address, Expression, INDEX_NAMES, Kind, Model, NOT_NULL_NAMES, Name, Object, Table,
};

/// Writes which tables a table inherits from.
pub(super) fn inherits(address: &Address, table: &Table<Expression>, into: &mut Mapping) {
    let all = table.inherits.iter();
    let all: Vec<Value> = all.map(|own| write::reference(address, own)).collect();
    if !all.is_empty() {
        into.insert(text("inherits"), Value::Sequence(all));
    }
}

/// Writes how the rows of a table are spread, and its partitions.
pub(super) fn partitions(
    page: &Page<'_>,
    address: &Address,
    table: &Table<Expression>,
    into: &mut Mapping,
) {
    let Some(key) = &table.partition_by else {
        return;
    };
    into.insert(text("partition_by"), text(crate::model::Text::sql(key)));
    let mut all = Mapping::new();
    for (own, object) in &page.model.objects {
        let Object::Table(partition) = object else {
            continue;
        };
        let Some(of) = partition
            .partition_of
            .as_ref()
            .filter(|of| of.parent_address() == *address)
        else {
            continue;
        };
        let mut map = Mapping::new();
        map.insert(text("bound"), text(of.bound.spelled()));
        if own.schema_name() != address.schema_name() {
            map.insert(text("schema"), text(own.schema_name().as_str()));
        }
        if let Value::Mapping(rest) = super::write_table::table(page, own, partition) {
            map.extend(rest);
        }
        let mut names = Mapping::new();
        for (whole, name) in &partition.index_names {
            let index = page
                .model
                .objects
                .get(whole)
                .and_then(|own| own.index(whole));
            if let Some(index) = index {
                names.insert(text(index.name().as_str()), text(name.as_str()));
            }
        }
        if !names.is_empty() {
            map.insert(text(INDEX_NAMES), Value::Mapping(names));
        }
        if !partition.not_null_names.is_empty() {
            let names = not_null_names(page.model, own, partition);
            map.insert(text(NOT_NULL_NAMES), names);
        }
        if let Some(list) = page.privileges.of_object(own) {
            map.insert(text("grants"), list);
        }
        let value = if map.len() == 1 {
            text(of.bound.spelled())
        } else {
            Value::Mapping(map)
        };
        all.insert(text(own.name().as_str()), value);
    }
    if !all.is_empty() {
        into.insert(text("partitions"), Value::Mapping(all));
    }
}

/// Writes what a partition calls its NOT NULLs: a word where all have the names of a table by itself.
fn not_null_names(
    model: &Model<Expression>,
    own: &Address,
    partition: &Table<Expression>,
) -> Value {
    let inherited = model.inherited.get(own).into_iter();
    let mut parts = inherited.flat_map(|all| all.from.keys());
    let table = own.name().as_str();
    let is_own = |column: &Name| {
        let chosen = Name::chosen(table, Some(column.as_str()), "not_null");
        partition.not_null_names.get(column) == Some(&chosen)
    };
    if parts.all(|part| part.kind() != Kind::NotNull || is_own(part.name())) {
        return text(super::partition::OWN);
    }
    let names = partition.not_null_names.iter();
    let names = names.map(|(column, name)| (text(column.as_str()), text(name.as_str())));
    Value::Mapping(names.collect())
}
