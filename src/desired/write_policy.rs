//! Row-level security as YAML.

use serde_yaml::{Mapping, Value};

use super::write::{comment, text};
use crate::model::{Address, Expression, Kind, Model, Object, Policy, PolicyCommand, Text as _};

/// Writes whether policies count, and the policies.
pub(super) fn row_security(model: &Model<Expression>, table: &Address, into: &mut Mapping) {
    if let Some(Object::RowSecurity(own)) = model.objects.get(&table.with_kind(Kind::RowSecurity)) {
        for (word, said) in [
            ("row_level_security", own.enabled),
            ("force_row_level_security", own.forced),
        ] {
            if said {
                into.insert(text(word), Value::Bool(true));
            }
        }
    }
    let policies: Mapping = model
        .below(table)
        .filter_map(|(own, object)| {
            let Object::Policy(policy) = object else {
                return None;
            };
            Some((text(own.name().as_str()), policy_of(model, own, policy)))
        })
        .collect();
    if !policies.is_empty() {
        into.insert(text("policies"), Value::Mapping(policies));
    }
}

fn policy_of(model: &Model<Expression>, address: &Address, own: &Policy<Expression>) -> Value {
    let mut map = Mapping::new();
    comment(model, address, &mut map);
    if !own.permissive {
        map.insert(text("as"), text("restrictive"));
    }
    let command = match own.command {
        PolicyCommand::All => None,
        PolicyCommand::Select => Some("select"),
        PolicyCommand::Insert => Some("insert"),
        PolicyCommand::Update => Some("update"),
        PolicyCommand::Delete => Some("delete"),
    };
    if let Some(command) = command {
        map.insert(text("for"), text(command));
    }
    if !own.roles.is_empty() {
        let roles = own.roles.iter().map(|role| text(role.as_str()));
        map.insert(text("to"), Value::Sequence(roles.collect()));
    }
    for (word, own) in [("using", &own.using), ("with_check", &own.with_check)] {
        if let Some(own) = own {
            map.insert(text(word), text(own.sql()));
        }
    }
    Value::Mapping(map)
}
