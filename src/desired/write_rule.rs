//! Rules as YAML.

use serde_yaml::{Mapping, Value};

use super::write::{comment, text};
use super::write_constraint::enabled;
use crate::model::{Address, Event, Expression, Model, Object, Rule, Text as _};

/// Writes the rules of a table or view.
pub(super) fn rules(model: &Model<Expression>, relation: &Address, into: &mut Mapping) {
    let rules = model.below(relation).filter_map(|(own, object)| {
        let Object::Rule(rule) = object else {
            return None;
        };
        let is_on_it = rule.relation(own) == *relation;
        is_on_it.then(|| (text(own.name().as_str()), rule_of(model, own, rule)))
    });
    let rules: Mapping = rules.collect();
    if !rules.is_empty() {
        into.insert(text("rules"), Value::Mapping(rules));
    }
}

fn rule_of(model: &Model<Expression>, address: &Address, own: &Rule<Expression>) -> Value {
    let mut map = Mapping::new();
    comment(model, address, &mut map);
    let event = match own.event {
        Event::Insert => "insert",
        Event::Update => "update",
        Event::Delete => "delete",
        Event::Truncate => unreachable!("no rule is for TRUNCATE"),
    };
    map.insert(text("event"), text(event));
    if let Some(condition) = &own.condition {
        map.insert(text("where"), text(condition.sql()));
    }
    if own.instead {
        map.insert(text("instead"), Value::Bool(true));
    }
    map.insert(text("do"), text(own.action.sql()));
    enabled(own.enabled, &mut map);
    Value::Mapping(map)
}
