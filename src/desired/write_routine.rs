//! Functions as YAML.

use serde_yaml::{Mapping, Value};

use super::write::{Page, attached, names, text};
use crate::model::{Address, Body, Expression, Function, Name, Parallel, Text as _, Volatility};

/// Spells a function's key: its name with the types of its arguments.
pub(super) fn key(address: &Address) -> String {
    let name = address.name().as_str();
    let name = if name.contains(['(', ')', '[', ']', '"', ',']) || name.trim() != name {
        format!("\"{}\"", name.replace('"', "\"\""))
    } else {
        name.to_owned()
    };
    let types: Vec<&str> = address.arguments().iter().map(Name::as_str).collect();
    format!("{name}({})", types.join(", "))
}

pub(super) fn function(page: &Page<'_>, address: &Address, own: &Function<Expression>) -> Value {
    let mut map = Mapping::new();
    attached(page, address, &mut map);
    let types: Vec<&str> = address.arguments().iter().map(Name::as_str).collect();
    if own.arguments.sql() != types.join(", ") {
        map.insert(text("arguments"), text(own.arguments.sql()));
    }
    if let Some(returns) = &own.returns {
        map.insert(text("returns"), text(returns.sql()));
    }
    map.insert(text("language"), text(own.language.as_str()));
    match own.volatility {
        Volatility::Immutable => drop(map.insert(text("volatility"), text("immutable"))),
        Volatility::Stable => drop(map.insert(text("volatility"), text("stable"))),
        Volatility::Volatile => {}
    }
    match own.parallel {
        Parallel::Safe => drop(map.insert(text("parallel"), text("safe"))),
        Parallel::Restricted => drop(map.insert(text("parallel"), text("restricted"))),
        Parallel::Unsafe => {}
    }
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
    if !own.set.is_empty() {
        let set = own
            .set
            .iter()
            .map(|(name, value)| (text(name.as_str()), text(value)));
        map.insert(text("set"), Value::Mapping(set.collect()));
    }
    match &own.body {
        Body::String(body) => drop(map.insert(text("body"), text(body))),
        Body::Sql(body) => drop(map.insert(text("sql_body"), text(body.sql()))),
        Body::Object(file, symbol) => {
            map.insert(text("object_file"), text(file));
            map.insert(text("link_symbol"), text(symbol));
        }
    }
    Value::Mapping(map)
}
