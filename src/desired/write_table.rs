//! Tables and their columns as YAML.

use serde_yaml::{Mapping, Value};

use super::write::{Page, attached, comment, counting, index, names, text, validity};
use super::{write_constraint, write_partition, write_physical, write_policy, write_rule};
use crate::model::{
    Address, Check, Column, Counting, Expression, Generated, Identity, Kind, MAX_NAME_BYTES, Model,
    NotNull, Object, Persistence, SequenceType, Table, Text as _, Validity,
};

fn identity(column: &Address, type_name: &str, own: &Identity) -> Value {
    let word = match own.generated {
        Generated::Always => "always",
        Generated::ByDefault => "by_default",
    };
    let data_type = SequenceType::from_name(type_name).unwrap_or(SequenceType::Bigint);
    let mut map = Mapping::new();
    counting(
        &own.counting,
        &Counting::usual(data_type, own.counting.increment),
        &mut map,
    );
    let usual = [
        column.table().name().as_str(),
        "_",
        column.name().as_str(),
        "_seq",
    ]
    .concat();
    if let Some(name) = own.sequence.as_ref().filter(|name| name.as_str() != usual) {
        map.insert(text("sequence"), text(name.as_str()));
    }
    if map.is_empty() {
        return text(word);
    }
    let mut whole = Mapping::new();
    whole.insert(text("generated"), text(word));
    whole.extend(map);
    Value::Mapping(whole)
}

pub(super) fn table(page: &Page<'_>, address: &Address, table: &Table<Expression>) -> Value {
    let model = page.model;
    let mut own = Mapping::new();
    attached(page, address, &mut own);
    if let Some(foreign) = &table.foreign {
        let mut map = Mapping::new();
        map.insert(text("server"), text(foreign.server.as_str()));
        if !foreign.options.is_empty() {
            map.insert(text("options"), write_physical::options(&foreign.options));
        }
        own.insert(text("foreign"), Value::Mapping(map));
    }
    if table.persistence == Persistence::Unlogged {
        own.insert(text("unlogged"), Value::Bool(true));
    }
    let above = model.partitioned(address);
    let above = above.and_then(|own| match model.objects.get(&own) {
        Some(Object::Table(own)) => Some(own),
        _ => None,
    });
    write_physical::place(table, above, &mut own);
    write_physical::table(model, address, &mut own);
    let key = match model.objects.get(&address.with_kind(Kind::PrimaryKey)) {
        Some(Object::PrimaryKey(key)) => Some(key),
        _ => None,
    };
    write_partition::inherits(address, table, &mut own);
    let columns: Mapping = model
        .columns_of(address)
        .into_iter()
        .filter_map(|address| match model.objects.get(&address) {
            Some(Object::Column(own)) => {
                let in_key = key.is_some_and(|key| key.columns.contains(address.name()));
                Some((
                    text(address.name().as_str()),
                    column(model, &address, own, in_key),
                ))
            }
            _ => None,
        })
        .collect();
    if !columns.is_empty() {
        own.insert(text("columns"), Value::Mapping(columns));
    }
    write_partition::partitions(page, address, table, &mut own);
    if let Some(key) = key {
        own.insert(
            text("primary_key"),
            write_constraint::primary_key(model, address, key),
        );
    }
    let mut unique = Mapping::new();
    let mut exclusions = Mapping::new();
    let mut foreign_keys = Mapping::new();
    let mut triggers = Mapping::new();
    let mut checks = Mapping::new();
    let mut indexes = Mapping::new();
    for (part, object) in model.below(address) {
        let name = || text(part.name().as_str());
        if part.kind().is_part_of_table() && part.table() == *address {
            if let Object::Unique(one) = object {
                unique.insert(name(), write_constraint::unique(model, part, one));
            }
            if let Object::Exclusion(one) = object {
                exclusions.insert(name(), write_constraint::exclusion(model, part, one));
            }
            if let Object::ForeignKey(one) = object {
                foreign_keys.insert(name(), write_constraint::foreign_key(model, part, one));
            }
            if let Object::Trigger(one) = object {
                triggers.insert(name(), write_constraint::trigger(model, part, one));
            }
            if let Object::Check(one) = object {
                checks.insert(name(), check(model, part, one));
            }
        }
    }
    for (part, one) in page.indexes.get(address).into_iter().flatten() {
        indexes.insert(text(part.name().as_str()), index(model, part, one));
    }
    for (word, section) in [
        ("unique", unique),
        ("exclusions", exclusions),
        ("checks", checks),
        ("foreign_keys", foreign_keys),
        ("indexes", indexes),
        ("triggers", triggers),
    ] {
        if !section.is_empty() {
            own.insert(text(word), Value::Mapping(section));
        }
    }
    write_policy::row_security(model, address, &mut own);
    write_rule::rules(model, address, &mut own);
    Value::Mapping(own)
}

fn column(
    model: &Model<Expression>,
    address: &Address,
    column: &Column<Expression>,
    in_key: bool,
) -> Value {
    let mut own = Mapping::new();
    own.insert(text("type"), text(column.type_name.sql()));
    if let Some(collation) = &column.collation {
        own.insert(text("collation"), names(collation));
    }
    if let Some(generated) = &column.generated {
        own.insert(text("generated"), text(generated.sql()));
        if column.is_virtual {
            own.insert(text("virtual"), Value::Bool(true));
        }
    }
    if let Some(Object::Identity(one)) = model.objects.get(&address.with_kind(Kind::Identity)) {
        own.insert(
            text("identity"),
            identity(address, column.type_name.sql(), one),
        );
    }
    let in_key = in_key
        || model
            .objects
            .contains_key(&address.with_kind(Kind::Identity));
    if let Some(Object::NotNull(not_null)) = model.objects.get(&address.with_kind(Kind::NotNull)) {
        let value = not_null_of(address, not_null);
        // A primary key says NOT NULL for its columns.
        if !(in_key && value == Value::Bool(true)) {
            own.insert(text("not_null"), value);
        }
    }
    if let Some(Object::Default(default)) = model.objects.get(&address.with_kind(Kind::Default)) {
        own.insert(text("default"), text(default.value.sql()));
    }
    write_physical::column(model, address, &mut own);
    comment(model, address, &mut own);
    if own.len() == 1 {
        return text(column.type_name.sql());
    }
    Value::Mapping(own)
}

fn not_null_of(column: &Address, own: &NotNull) -> Value {
    let usual = [
        column.table().name().as_str(),
        "_",
        column.name().as_str(),
        "_not_null",
    ]
    .concat();
    let unusual = own
        .name
        .as_ref()
        .filter(|name| name.as_str() != usual || usual.len() > MAX_NAME_BYTES);
    if unusual.is_none() && own.validity == Validity::Valid && !own.no_inherit {
        return Value::Bool(true);
    }
    let mut map = Mapping::new();
    if let Some(name) = unusual {
        map.insert(text("name"), text(name.as_str()));
    }
    validity(own.validity, &mut map);
    if own.no_inherit {
        map.insert(text("no_inherit"), Value::Bool(true));
    }
    Value::Mapping(map)
}

fn check(model: &Model<Expression>, address: &Address, check: &Check<Expression>) -> Value {
    let mut own = Mapping::new();
    own.insert(text("check"), text(check.expression.sql()));
    validity(check.validity, &mut own);
    if check.no_inherit {
        own.insert(text("no_inherit"), Value::Bool(true));
    }
    comment(model, address, &mut own);
    if own.len() == 1 {
        text(check.expression.sql())
    } else {
        Value::Mapping(own)
    }
}
