//! The section `sequences`, and the identity of a column.

use std::rc::Rc;

use super::document::{Gathering, Head};
use super::fault::Ledger;
use super::fields::{self, Fields};
use super::node::{Node, Value};
use crate::model::{
    Address, Counting, Generated, Identity, Kind, Name, Object, OwnedBy, Persistence, Sequence,
    SequenceType,
};

pub(super) fn read(
    head: &Head,
    name: &Name,
    key: &Rc<Node>,
    value: &Rc<Node>,
    gathering: &mut Gathering,
) {
    let usual = |data_type| Sequence {
        data_type,
        counting: Counting::usual(data_type, 1),
        persistence: Persistence::Permanent,
    };
    if value.is_null() {
        let address = Address::new(Kind::Sequence, [head.schema.clone(), name.clone()]);
        gathering.declare_unit(&address, key, false);
        gathering.put(&address, key, Object::Sequence(usual(SequenceType::Bigint)));
        return;
    }
    let Some(mut fields) = Fields::open(value, format!("sequence {name}"), &mut gathering.ledger)
    else {
        return;
    };
    let address = gathering.unit(head, Kind::Sequence, name, key, &mut fields);
    let ledger = &mut gathering.ledger;
    let data_type = match fields.get("type") {
        None => SequenceType::Bigint,
        Some(node) => match fields::text(&node, "type", ledger).as_deref() {
            Some("smallint" | "int2") => SequenceType::Smallint,
            Some("integer" | "int" | "int4") => SequenceType::Integer,
            Some("bigint" | "int8") => SequenceType::Bigint,
            _ => {
                ledger.fault(
                    &node,
                    "a sequence is of type smallint, integer or bigint",
                    None,
                );
                SequenceType::Bigint
            }
        },
    };
    let counting = counting(&mut fields, data_type, ledger);
    let unlogged = fields
        .get("unlogged")
        .and_then(|node| fields::boolean(&node, "unlogged", ledger));
    let persistence = if unlogged == Some(true) {
        Persistence::Unlogged
    } else {
        Persistence::Permanent
    };
    gathering.put(
        &address,
        key,
        Object::Sequence(Sequence {
            data_type,
            counting,
            persistence,
        }),
    );
    if let Some(node) = fields.get("owned_by")
        && let Some(names) = fields::reference(&node, "owned_by", &mut gathering.ledger)
    {
        let column = match names.as_slice() {
            [table, column] => Some(vec![
                address.schema_name().clone(),
                table.clone(),
                column.clone(),
            ]),
            [_, _, _] => Some(names),
            _ => None,
        };
        match column {
            Some(column) => {
                let own = address.with_kind(Kind::OwnedBy);
                let need = Address::new(Kind::Column, column.iter().cloned());
                gathering
                    .declared
                    .written
                    .needs
                    .entry(own.clone())
                    .or_default()
                    .insert(need);
                gathering.put(&own, &node, Object::OwnedBy(OwnedBy { column }));
            }
            None => gathering
                .ledger
                .fault(&node, "owned_by names a column: `table.column`", None),
        }
    }
    gathering.common(&address, &mut fields);
    gathering.renamed(&address, &mut fields);
    fields.close(&mut gathering.ledger);
}

/// Reads what a sequence counts; what is not said is as PostgreSQL has it.
fn counting(fields: &mut Fields, data_type: SequenceType, ledger: &mut Ledger) -> Counting {
    let mut number = |key: &'static str| {
        let node = fields.get(key)?;
        let text = fields::text(&node, key, ledger)?;
        let number = text.parse::<i64>().ok();
        if number.is_none() {
            ledger.fault(&node, format!("`{text}` is no number"), None);
        }
        number
    };
    let increment = number("increment").unwrap_or(1);
    let usual = Counting::usual(data_type, increment);
    let min_value = number("min_value").unwrap_or(usual.min_value);
    let max_value = number("max_value").unwrap_or(usual.max_value);
    let first = if increment < 0 { max_value } else { min_value };
    let start = number("start").unwrap_or(first);
    let cache = number("cache").unwrap_or(1);
    let cycle = fields
        .get("cycle")
        .and_then(|node| fields::boolean(&node, "cycle", ledger))
        == Some(true);
    Counting {
        start,
        increment,
        min_value,
        max_value,
        cache,
        cycle,
    }
}

/// Reads a column's `identity`: a word, or a map with options.
pub(super) fn identity(
    column: &Address,
    type_name: &str,
    node: &Rc<Node>,
    gathering: &mut Gathering,
) {
    // An identity column is of an integer type; which one decides how far it counts. The server has the last word.
    let data_type = match type_name.to_lowercase().as_str() {
        "smallint" | "int2" => SequenceType::Smallint,
        "integer" | "int" | "int4" => SequenceType::Integer,
        _ => SequenceType::Bigint,
    };
    let mut own = Identity {
        generated: Generated::Always,
        counting: Counting::usual(data_type, 1),
        sequence: None,
    };
    if matches!(node.value, Value::Map(_)) {
        let Some(mut fields) =
            Fields::open(node, format!("identity of {column}"), &mut gathering.ledger)
        else {
            return;
        };
        let ledger = &mut gathering.ledger;
        match fields.get("generated") {
            Some(node) => own.generated = generated(&node, ledger).unwrap_or(own.generated),
            None => ledger.fault(
                node,
                "an identity says `generated: always` or `by_default`",
                None,
            ),
        }
        own.counting = counting(&mut fields, data_type, ledger);
        own.sequence = fields
            .get("sequence")
            .and_then(|node| fields::name(&node, ledger));
        fields.close(ledger);
    } else if let Some(word) = generated(node, &mut gathering.ledger) {
        own.generated = word;
    }
    gathering.put(
        &column.with_kind(Kind::Identity),
        node,
        Object::Identity(own),
    );
}

fn generated(node: &Node, ledger: &mut Ledger) -> Option<Generated> {
    match fields::text(node, "identity", ledger)?.as_ref() {
        "always" => Some(Generated::Always),
        "by_default" => Some(Generated::ByDefault),
        other => {
            ledger.fault(
                node,
                format!("identity is neither always nor by_default, but `{other}`"),
                None,
            );
            None
        }
    }
}
