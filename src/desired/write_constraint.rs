//! Unique and exclusion constraints, foreign keys and triggers as YAML.

use serde_yaml::{Mapping, Value};

use super::write::{comment, names, reference, text, validity};
use crate::model::{
    Action, Address, Deferrable, Enabled, Event, Exclusion, Expression, ForeignKey, Kind, Match,
    Model, PrimaryKey, Text as _, Timing, Trigger, Unique,
};

pub(super) fn deferrable(own: Deferrable, into: &mut Mapping) {
    match own {
        Deferrable::No => {}
        Deferrable::Immediate => drop(into.insert(text("deferrable"), text("initially_immediate"))),
        Deferrable::Deferred => drop(into.insert(text("deferrable"), text("initially_deferred"))),
    }
}

pub(super) fn primary_key(model: &Model<Expression>, table: &Address, key: &PrimaryKey) -> Value {
    let usual = [table.name().as_str(), "_pkey"].concat();
    let mut map = Mapping::new();
    comment(model, &table.with_kind(Kind::PrimaryKey), &mut map);
    let is_said = !map.is_empty();
    let name = key.name.as_ref();
    if let Some(name) = name.filter(|name| is_said || name.as_str() != usual) {
        map.insert(text("name"), text(name.as_str()));
    }
    map.insert(text("columns"), names(&key.columns));
    if !key.include.is_empty() {
        map.insert(text("include"), names(&key.include));
    }
    if key.without_overlaps {
        map.insert(text("without_overlaps"), Value::Bool(true));
    }
    deferrable(key.deferrable, &mut map);
    if map.len() == 1 {
        names(&key.columns)
    } else {
        Value::Mapping(map)
    }
}

pub(super) fn unique(model: &Model<Expression>, address: &Address, own: &Unique) -> Value {
    let mut map = Mapping::new();
    map.insert(text("columns"), names(&own.columns));
    if !own.include.is_empty() {
        map.insert(text("include"), names(&own.include));
    }
    if own.nulls_not_distinct {
        map.insert(text("nulls_not_distinct"), Value::Bool(true));
    }
    if own.without_overlaps {
        map.insert(text("without_overlaps"), Value::Bool(true));
    }
    deferrable(own.deferrable, &mut map);
    comment(model, address, &mut map);
    if map.len() == 1 {
        names(&own.columns)
    } else {
        Value::Mapping(map)
    }
}

pub(super) fn exclusion(
    model: &Model<Expression>,
    address: &Address,
    own: &Exclusion<Expression>,
) -> Value {
    let elements = own.elements.iter().zip(&own.operators);
    let elements = elements.map(|(element, operator)| {
        let pair = (text(element.sql()), text(operator.sql()));
        Value::Mapping(Mapping::from_iter([pair]))
    });
    let mut map = Mapping::new();
    if own.method.as_str() != "gist" {
        map.insert(text("method"), text(own.method.as_str()));
    }
    map.insert(text("elements"), Value::Sequence(elements.collect()));
    if !own.include.is_empty() {
        map.insert(text("include"), names(&own.include));
    }
    if let Some(predicate) = &own.predicate {
        map.insert(text("where"), text(predicate.sql()));
    }
    deferrable(own.deferrable, &mut map);
    if !own.parameters.is_empty() {
        map.insert(
            text("with"),
            super::write_physical::options(&own.parameters),
        );
    }
    if let Some(tablespace) = &own.tablespace {
        map.insert(text("tablespace"), text(tablespace.as_str()));
    }
    comment(model, address, &mut map);
    Value::Mapping(map)
}

pub(super) fn foreign_key(model: &Model<Expression>, address: &Address, own: &ForeignKey) -> Value {
    let mut map = Mapping::new();
    map.insert(text("columns"), names(&own.columns));
    map.insert(text("references"), reference(address, &own.references));
    map.insert(text("referenced_columns"), names(&own.referenced_columns));
    if own.period {
        map.insert(text("period"), Value::Bool(true));
    }
    if own.matching == Match::Full {
        map.insert(text("match"), text("full"));
    }
    for (word, action) in [("on_update", own.on_update), ("on_delete", own.on_delete)] {
        let value = match action {
            Action::NoAction => continue,
            Action::Restrict => "restrict",
            Action::Cascade => "cascade",
            Action::SetNull => "set_null",
            Action::SetDefault => "set_default",
        };
        map.insert(text(word), text(value));
    }
    if !own.set_columns.is_empty() {
        map.insert(text("set_columns"), names(&own.set_columns));
    }
    deferrable(own.deferrable, &mut map);
    validity(own.validity, &mut map);
    comment(model, address, &mut map);
    Value::Mapping(map)
}

pub(super) fn trigger(
    model: &Model<Expression>,
    address: &Address,
    own: &Trigger<Expression>,
) -> Value {
    let mut map = Mapping::new();
    let events = own.events.iter().map(|event| {
        text(match event {
            Event::Insert => "insert",
            Event::Delete => "delete",
            Event::Update => "update",
            Event::Truncate => "truncate",
        })
    });
    let timing = match own.timing {
        Timing::Before => "before",
        Timing::After => "after",
        Timing::InsteadOf => "instead_of",
    };
    map.insert(text(timing), Value::Sequence(events.collect()));
    if !own.update_of.is_empty() {
        map.insert(text("update_of"), names(&own.update_of));
    }
    map.insert(
        text("for_each"),
        text(if own.for_each_row { "row" } else { "statement" }),
    );
    if let Some(kind) = own.constraint {
        map.insert(text("constraint"), Value::Bool(true));
        deferrable(kind, &mut map);
    }
    if let Some(from) = &own.from {
        map.insert(text("references"), names(from));
    }
    for (word, name) in [("old_table", &own.old_table), ("new_table", &own.new_table)] {
        if let Some(name) = name {
            map.insert(text(word), text(name.as_str()));
        }
    }
    if let Some(when) = &own.when {
        map.insert(text("when"), text(when.sql()));
    }
    map.insert(text("execute"), text(own.execute.sql()));
    enabled(own.enabled, &mut map);
    comment(model, address, &mut map);
    Value::Mapping(map)
}

/// Writes in which session roles a trigger or rule counts, where that is not the usual.
pub(super) fn enabled(own: Enabled, into: &mut Mapping) {
    let said = match own {
        Enabled::Origin => return,
        Enabled::Always => text("always"),
        Enabled::Replica => text("replica"),
        Enabled::Disabled => Value::Bool(false),
    };
    into.insert(text("enabled"), said);
}
