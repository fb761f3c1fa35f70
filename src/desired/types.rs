//! The sections `enums` and `extensions`.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::document::{Gathering, Head};
use super::fields::{self, Fields};
use super::node::{Node, Value};
use crate::model::{Address, Enum, Extension, Kind, Name, Object};

/// The longest label of an enumerated type, in bytes (`NAMEDATALEN - 1`).
const MAX_LABEL: usize = 63;

pub(super) fn read_enum(
    head: &Head,
    name: &Name,
    key: &Rc<Node>,
    value: &Rc<Node>,
    gathering: &mut Gathering,
) {
    if let Value::List(items) = &value.value {
        let address = Address::new(Kind::Enum, [head.schema.clone(), name.clone()]);
        gathering.declare_unit(&address, key, false);
        let values = labels(&address, items, gathering);
        gathering.put(&address, key, Object::Enum(Enum { values }));
        return;
    }
    let Some(mut fields) = Fields::open(value, format!("enum {name}"), &mut gathering.ledger)
    else {
        return;
    };
    let address = gathering.unit(head, Kind::Enum, name, key, &mut fields);
    let turned = fields.get("remap");
    match fields
        .get("values")
        .map(|node| (node.clone(), matches!(node.value, Value::List(_))))
    {
        Some((node, true)) => {
            let Value::List(items) = &node.value else {
                return;
            };
            let values = labels(&address, items, gathering);
            if let Some(node) = turned {
                remap(&address, &node, &values, gathering);
            }
            gathering.put(&address, key, Object::Enum(Enum { values }));
        }
        Some((node, false)) => {
            let what = format!("values is {}, not a list of labels", node.describe());
            gathering.ledger.fault(&node, what, None);
        }
        None => gathering
            .ledger
            .fault(key, format!("{address} has no `values`"), None),
    }
    gathering.common(&address, &mut fields);
    gathering.renamed(&address, &mut fields);
    fields.close(&mut gathering.ledger);
}

fn labels(own: &Address, items: &[Rc<Node>], gathering: &mut Gathering) -> Vec<String> {
    let mut labels: Vec<String> = Vec::new();
    for item in items {
        let (node, former) = if let Value::Map(_) = &item.value {
            let Some(mut fields) = Fields::open(item, "an enum value", &mut gathering.ledger)
            else {
                continue;
            };
            let (value, former) = (fields.get("value"), fields.get("renamed_from"));
            fields.close(&mut gathering.ledger);
            let Some(value) = value else {
                gathering
                    .ledger
                    .fault(item, "the enum value has no `value`", None);
                continue;
            };
            (value, former)
        } else {
            (item.clone(), None)
        };
        let Some(label) = label(&node, gathering) else {
            continue;
        };
        if labels.contains(&label) {
            gathering
                .ledger
                .fault(&node, format!("label `{label}` stands twice"), None);
            continue;
        }
        if let Some(former) = former.and_then(|node| self::label(&node, gathering)) {
            gathering
                .declared
                .intent
                .renamed_from
                .insert(own.value(&label), own.value(&former));
        }
        labels.push(label);
    }
    labels
}

/// Reads what rows with a label that goes get.
fn remap(own: &Address, node: &Rc<Node>, values: &[String], gathering: &mut Gathering) {
    let Value::Map(pairs) = &node.value else {
        let what = format!("remap is {}, not a map of labels", node.describe());
        gathering.ledger.fault(node, what, None);
        return;
    };
    let mut all = BTreeMap::new();
    for (key, value) in pairs {
        let (Some(gone), Some(kept)) = (label(key, gathering), label(value, gathering)) else {
            continue;
        };
        if values.contains(&gone) {
            let what = format!("label `{gone}` is one of the values: nothing takes its place");
            let mend = "leave it out of `values`, where it goes, or out of `remap`, where it stays";
            gathering.ledger.fault(key, what, Some(mend.to_owned()));
        } else if values.contains(&kept) {
            all.insert(gone, kept);
        } else {
            let what = format!("label `{kept}` is none of the values");
            let mend = "name a label that stays";
            gathering.ledger.fault(value, what, Some(mend.to_owned()));
        }
    }
    gathering.declared.intent.remap.insert(own.clone(), all);
}

fn label(node: &Rc<Node>, gathering: &mut Gathering) -> Option<String> {
    let label = fields::text(node, "a label", &mut gathering.ledger)?;
    if label.len() > MAX_LABEL {
        let what = format!(
            "the label is {} bytes long, and PostgreSQL takes {MAX_LABEL}",
            label.len()
        );
        gathering.ledger.fault(node, what, None);
        return None;
    }
    Some(label.to_string())
}

pub(super) fn read_extension(
    name: &Name,
    key: &Rc<Node>,
    value: &Rc<Node>,
    gathering: &mut Gathering,
) {
    let address = Address::new(Kind::Extension, [name.clone()]);
    if value.is_null() {
        gathering.declare_unit(&address, key, false);
        gathering.put(
            &address,
            key,
            Object::Extension(Extension {
                schema: None,
                version: None,
            }),
        );
        return;
    }
    let Some(mut fields) = Fields::open(value, format!("extension {name}"), &mut gathering.ledger)
    else {
        return;
    };
    let replaces = gathering.replaces(&mut fields);
    gathering.declare_unit(&address, key, replaces);
    let ledger = &mut gathering.ledger;
    let schema = fields
        .get("schema")
        .and_then(|node| fields::name(&node, ledger));
    let version = fields
        .get("version")
        .and_then(|node| fields::text(&node, "version", ledger))
        .map(|own| own.to_string());
    gathering.put(
        &address,
        key,
        Object::Extension(Extension { schema, version }),
    );
    gathering.comment(&address, &mut fields);
    fields.close(&mut gathering.ledger);
}
