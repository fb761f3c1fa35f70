//! Functions and procedures as YAML.

use std::collections::BTreeMap;

use serde_yaml::{Mapping, Value};

use super::write::{Page, attached, names, text};
use crate::model::{
    Address, Body, Expression, Function, Name, Parallel, Procedure, Text as _, Volatility,
};

/// Spells a routine's key: its name with the types of its arguments.
pub(super) fn key(address: &Address) -> String {
    let types: Vec<&str> = address.arguments().iter().map(Name::as_str).collect();
    format!("{}({})", keyed(address.name()), types.join(", "))
}

/// Spells a name that parentheses follow.
pub(super) fn keyed(name: &Name) -> String {
    let name = name.as_str();
    if name.contains(['(', ')', '[', ']', '"', ',']) || name.trim() != name {
        format!("\"{}\"", name.replace('"', "\"\""))
    } else {
        name.to_owned()
    }
}

pub(super) fn function(page: &Page<'_>, address: &Address, own: &Function<Expression>) -> Value {
    let mut map = Mapping::new();
    attached(page, address, &mut map);
    arguments(address, &own.arguments, &mut map);
    if let Some(returns) = &own.returns {
        map.insert(text("returns"), text(returns.sql()));
    }
    map.insert(text("language"), text(own.language.as_str()));
    match own.volatility {
        Volatility::Immutable => drop(map.insert(text("volatility"), text("immutable"))),
        Volatility::Stable => drop(map.insert(text("volatility"), text("stable"))),
        Volatility::Volatile => {}
    }
    parallel(own.parallel, &mut map);
    for (word, said) in [
        ("window", own.window),
        ("strict", own.strict),
        ("security_definer", own.security_definer),
        ("leakproof", own.leakproof),
    ] {
        if said {
            map.insert(text(word), Value::Bool(true));
        }
    }
    for (word, number) in [("cost", &own.cost), ("rows", &own.rows)] {
        if let Some(number) = number {
            map.insert(text(word), text(number));
        }
    }
    if let Some(support) = &own.support {
        map.insert(text("support"), names(support));
    }
    set_and_body(&own.set, &own.body, &mut map);
    Value::Mapping(map)
}

pub(super) fn procedure(page: &Page<'_>, address: &Address, own: &Procedure<Expression>) -> Value {
    let mut map = Mapping::new();
    attached(page, address, &mut map);
    arguments(address, &own.arguments, &mut map);
    map.insert(text("language"), text(own.language.as_str()));
    if own.security_definer {
        map.insert(text("security_definer"), Value::Bool(true));
    }
    set_and_body(&own.set, &own.body, &mut map);
    Value::Mapping(map)
}

/// Writes whether parallel workers may run it, where that is not the usual.
pub(super) fn parallel(own: Parallel, into: &mut Mapping) {
    match own {
        Parallel::Safe => drop(into.insert(text("parallel"), text("safe"))),
        Parallel::Restricted => drop(into.insert(text("parallel"), text("restricted"))),
        Parallel::Unsafe => {}
    }
}

/// Writes the argument list, where the types in the key do not say it all.
pub(super) fn arguments(address: &Address, own: &Expression, into: &mut Mapping) {
    let types: Vec<&str> = address.arguments().iter().map(Name::as_str).collect();
    if own.sql() != types.join(", ") {
        into.insert(text("arguments"), text(own.sql()));
    }
}

fn set_and_body(set: &BTreeMap<Name, String>, body: &Body<Expression>, into: &mut Mapping) {
    if !set.is_empty() {
        let set = set
            .iter()
            .map(|(name, value)| (text(name.as_str()), text(value)));
        into.insert(text("set"), Value::Mapping(set.collect()));
    }
    match body {
        Body::String(body) => drop(into.insert(text("body"), text(body))),
        Body::Sql(body) => drop(into.insert(text("sql_body"), text(body.sql()))),
        Body::Object(file, symbol) => {
            into.insert(text("object_file"), text(file));
            into.insert(text("link_symbol"), text(symbol));
        }
    }
}
