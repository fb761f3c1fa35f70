//! The sections `functions` and `procedures`; what they share with `aggregates`.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::aggregate::aggregate;
use super::document::{Gathering, Head};
use super::fault::Ledger;
use super::fields::{self, Fields, Sql};
use super::node::Node;
use crate::model::{
    Address, Body, Function, Kind, Name, Object, Parallel, Procedure, Volatility, Written,
};

/// Reads one entry of the section that holds routines of this kind.
pub(super) fn read(
    head: &Head,
    kind: Kind,
    key: &Rc<Node>,
    value: &Rc<Node>,
    gathering: &mut Gathering,
) {
    let word = kind.keyword();
    let Some(text) = fields::text(key, "a routine's key", &mut gathering.ledger) else {
        return;
    };
    let Some((name, types)) = Name::split_routine(&text) else {
        gathering.ledger.fault(
            key,
            format!("`{text}` is no {word}"),
            "write the name with its argument types, for example `touch()` or `add(integer, text)`"
                .to_owned(),
        );
        return;
    };
    let Some(mut fields) = Fields::open(value, format!("{word} {text}"), &mut gathering.ledger)
    else {
        return;
    };
    let schema = fields
        .get("schema")
        .and_then(|node| fields::name(&node, &mut gathering.ledger));
    let schema = schema.unwrap_or_else(|| head.schema.clone());
    let address = Address::routine(kind, schema, name, types.iter().cloned());
    let replaces = gathering.replaces(&mut fields);
    gathering.declare_unit(&address, key, replaces);
    let ledger = &mut gathering.ledger;
    let object = if kind == Kind::Procedure {
        procedure(head, key, &types, &mut fields, ledger).map(Object::Procedure)
    } else if kind == Kind::Aggregate {
        aggregate(head, key, &types, &mut fields, ledger).map(Object::Aggregate)
    } else {
        function(head, key, &types, &mut fields, ledger).map(Object::Function)
    };
    if let Some(object) = object {
        gathering.put(&address, key, object);
    }
    gathering.common(&address, &mut fields);
    gathering.renamed(&address, &mut fields);
    fields.close(&mut gathering.ledger);
}

fn procedure(
    head: &Head,
    key: &Rc<Node>,
    types: &[Name],
    fields: &mut Fields,
    ledger: &mut Ledger,
) -> Option<Procedure<Written>> {
    let arguments = arguments(head, types, fields, ledger);
    let (language, body) = written(head, key, "a procedure", fields, ledger);
    let security_definer = flag(fields, "security_definer", ledger);
    Some(Procedure {
        security_definer,
        set: settings(fields, ledger),
        arguments: arguments?,
        language: language?,
        body: body?,
    })
}

/// Reads the argument list; the types in the key say it where it is left out.
pub(super) fn arguments(
    head: &Head,
    types: &[Name],
    fields: &mut Fields,
    ledger: &mut Ledger,
) -> Option<Written> {
    let path = &head.search_path;
    let listed: Vec<&str> = types.iter().map(Name::as_str).collect();
    match fields.get("arguments") {
        Some(node) => fields::sql(&node, "the argument list", Sql::Text, path, ledger),
        None => Some(Written::new(listed.join(", "), path.clone())),
    }
}

/// Reads a body and its language.
fn written(
    head: &Head,
    key: &Rc<Node>,
    what: &str,
    fields: &mut Fields,
    ledger: &mut Ledger,
) -> (Option<Name>, Option<Body<Written>>) {
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
            let path = &head.search_path;
            fields::sql(&node, "the body", Sql::Body, path, ledger).map(Body::Sql)
        }
        (None, None, Some(node)) => fields::text(&node, "object_file", ledger).map(|file| {
            Body::Object(
                file.to_string(),
                symbol.as_deref().unwrap_or_default().to_owned(),
            )
        }),
        _ => {
            let what = format!("{what} has one of `body`, `sql_body` and `object_file`");
            ledger.fault(key, what, None);
            None
        }
    };
    let language = match (fields.get("language"), &body) {
        (Some(node), _) => fields::name(&node, ledger),
        (None, Some(Body::Sql(_))) => Some(Name::new("sql")),
        (None, Some(Body::Object(..))) => Some(Name::new("c")),
        (None, Some(Body::String(_))) => {
            ledger.fault(
                key,
                format!("{what} has a `language`: it is left out"),
                None,
            );
            None
        }
        (None, None) => None,
    };
    (language, body)
}

fn settings(fields: &mut Fields, ledger: &mut Ledger) -> BTreeMap<Name, String> {
    let mut set = BTreeMap::new();
    if let Some(node) = fields.get("set") {
        for (name, _, value) in fields::entries(&node, "set", ledger) {
            if let Some(text) = fields::text(&value, "a setting", ledger) {
                set.insert(name, text.to_string());
            }
        }
    }
    set
}

pub(super) fn flag(fields: &mut Fields, word: &'static str, ledger: &mut Ledger) -> bool {
    let node = fields.get(word);
    node.and_then(|node| fields::boolean(&node, word, ledger)) == Some(true)
}

/// Reads whether parallel workers may run it.
pub(super) fn parallel(key: &Rc<Node>, fields: &mut Fields, ledger: &mut Ledger) -> Parallel {
    match word(fields, "parallel", ledger).as_deref() {
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
    }
}

fn function(
    head: &Head,
    key: &Rc<Node>,
    types: &[Name],
    fields: &mut Fields,
    ledger: &mut Ledger,
) -> Option<Function<Written>> {
    let path = &head.search_path;
    let arguments = arguments(head, types, fields, ledger);
    let returns = fields
        .get("returns")
        .and_then(|node| fields::sql(&node, "the result", Sql::Text, path, ledger));
    let (language, body) = written(head, key, "a function", fields, ledger);
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
    let parallel = parallel(key, fields, ledger);
    let (window, strict) = (
        flag(fields, "window", ledger),
        flag(fields, "strict", ledger),
    );
    let security_definer = flag(fields, "security_definer", ledger);
    let leakproof = flag(fields, "leakproof", ledger);
    let (cost, rows) = (
        number(fields, "cost", ledger),
        number(fields, "rows", ledger),
    );
    let set = settings(fields, ledger);
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

pub(super) fn word(
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
