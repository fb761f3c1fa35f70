//! The section `functions`.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::document::{Gathering, Head};
use super::fault::Ledger;
use super::fields::{self, Fields, Sql};
use super::node::Node;
use crate::model::{Address, Body, Function, Name, Object, Parallel, Volatility, Written};

pub(super) fn read(head: &Head, key: &Rc<Node>, value: &Rc<Node>, gathering: &mut Gathering) {
    let Some(text) = fields::text(key, "a function's key", &mut gathering.ledger) else {
        return;
    };
    let Some((name, types)) = Name::split_routine(&text) else {
        gathering.ledger.fault(
            key,
            format!("`{text}` is no function"),
            "write the name with its argument types as in DROP FUNCTION, for example `touch()` or `add(integer, text)`".to_owned(),
        );
        return;
    };
    let Some(mut fields) = Fields::open(value, format!("function {text}"), &mut gathering.ledger)
    else {
        return;
    };
    let schema = fields
        .get("schema")
        .and_then(|node| fields::name(&node, &mut gathering.ledger));
    let schema = schema.unwrap_or_else(|| head.schema.clone());
    let address = Address::function(schema, name, types.iter().cloned());
    let replaces = gathering.replaces(&mut fields);
    gathering.declare_unit(&address, key, replaces);
    if let Some(function) = function(head, key, &types, &mut fields, &mut gathering.ledger) {
        gathering.put(&address, key, Object::Function(function));
    }
    gathering.common(&address, &mut fields);
    gathering.renamed(&address, &mut fields);
    fields.close(&mut gathering.ledger);
}

fn function(
    head: &Head,
    key: &Rc<Node>,
    types: &[Name],
    fields: &mut Fields,
    ledger: &mut Ledger,
) -> Option<Function<Written>> {
    let path = &head.search_path;
    let listed: Vec<&str> = types.iter().map(Name::as_str).collect();
    let arguments = match fields.get("arguments") {
        Some(node) => fields::sql(&node, "the argument list", Sql::Text, path, ledger),
        None => Some(Written::new(listed.join(", "), path.clone())),
    };
    let returns = fields
        .get("returns")
        .and_then(|node| fields::sql(&node, "the result", Sql::Text, path, ledger));
    let bodies = (
        fields.get("body"),
        fields.get("sql_body"),
        fields.get("object_file"),
    );
    let symbol = fields
        .get("link_symbol")
        .and_then(|node| fields::text(&node, "link_symbol", ledger));
    let body = match bodies {
        (Some(node), None, None) => fields::body(&node, "the body", ledger).map(Body::String),
        (None, Some(node), None) => {
            fields::sql(&node, "the body", Sql::Body, path, ledger).map(Body::Sql)
        }
        (None, None, Some(node)) => fields::text(&node, "object_file", ledger).map(|file| {
            Body::Object(
                file.to_string(),
                symbol.as_deref().unwrap_or_default().to_owned(),
            )
        }),
        _ => {
            ledger.fault(
                key,
                "a function has one of `body`, `sql_body` and `object_file`",
                None,
            );
            None
        }
    };
    let language = match (fields.get("language"), &body) {
        (Some(node), _) => fields::name(&node, ledger),
        (None, Some(Body::Sql(_))) => Some(Name::new("sql")),
        (None, Some(Body::Object(..))) => Some(Name::new("c")),
        (None, Some(Body::String(_))) => {
            ledger.fault(key, "the function has no `language`", None);
            None
        }
        (None, None) => None,
    };
    let volatility = match word(fields, "volatility", ledger).as_deref() {
        Some("immutable") => Volatility::Immutable,
        Some("stable") => Volatility::Stable,
        Some("volatile") | None => Volatility::Volatile,
        Some(other) => {
            ledger.fault(
                key,
                format!("volatility is immutable, stable or volatile, not `{other}`"),
                None,
            );
            Volatility::Volatile
        }
    };
    let parallel = match word(fields, "parallel", ledger).as_deref() {
        Some("safe") => Parallel::Safe,
        Some("restricted") => Parallel::Restricted,
        Some("unsafe") | None => Parallel::Unsafe,
        Some(other) => {
            ledger.fault(
                key,
                format!("parallel is safe, restricted or unsafe, not `{other}`"),
                None,
            );
            Parallel::Unsafe
        }
    };
    let mut flag = |word: &'static str, ledger: &mut Ledger| {
        fields
            .get(word)
            .and_then(|node| fields::boolean(&node, word, ledger))
            == Some(true)
    };
    let (window, strict) = (flag("window", ledger), flag("strict", ledger));
    let (security_definer, leakproof) =
        (flag("security_definer", ledger), flag("leakproof", ledger));
    let (cost, rows) = (
        number(fields, "cost", ledger),
        number(fields, "rows", ledger),
    );
    let mut set = BTreeMap::new();
    if let Some(node) = fields.get("set") {
        for (name, _, value) in fields::entries(&node, "set", ledger) {
            if let Some(text) = fields::text(&value, "a setting", ledger) {
                set.insert(name, text.to_string());
            }
        }
    }
    let support = fields
        .get("support")
        .and_then(|node| fields::reference(&node, "support", ledger));
    Some(Function {
        arguments: arguments?,
        returns,
        language: language?,
        body: body?,
        window,
        volatility,
        parallel,
        strict,
        security_definer,
        leakproof,
        cost,
        rows,
        set,
        support,
    })
}

fn word(
    fields: &mut Fields,
    key: &'static str,
    ledger: &mut Ledger,
) -> Option<std::sync::Arc<str>> {
    fields
        .get(key)
        .and_then(|node| fields::text(&node, key, ledger))
}

/// Reads a number as the server prints it: without a sign, zeros or a point that say nothing.
fn number(fields: &mut Fields, key: &'static str, ledger: &mut Ledger) -> Option<String> {
    let node = fields.get(key)?;
    let text = fields::text(&node, key, ledger)?;
    match text.parse::<f32>() {
        Ok(number) if number > 0.0 => Some(number.to_string()),
        _ => {
            ledger.fault(
                &node,
                format!("{key} is a number above 0, not `{text}`"),
                None,
            );
            None
        }
    }
}
