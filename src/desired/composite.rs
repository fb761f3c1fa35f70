//! The section `composites`.

use std::rc::Rc;

use super::document::{Gathering, Head};
use super::fields::{self, Fields, Sql};
use super::node::{Node, Value};
use crate::model::{Address, Attribute, Composite, Kind, Name, Object, Written};

pub(super) fn read(
    head: &Head,
    name: &Name,
    key: &Rc<Node>,
    value: &Rc<Node>,
    gathering: &mut Gathering,
) {
    let what = format!("composite type {name}");
    let Some(mut fields) = Fields::open(value, what, &mut gathering.ledger) else {
        return;
    };
    let address = gathering.unit(head, Kind::Composite, name, key, &mut fields);
    let mut attributes = Vec::new();
    if let Some(node) = fields.get("attributes") {
        for (name, key, value) in entries(&node, gathering) {
            let known = |own: &Attribute<Written>| own.name == name;
            if attributes.iter().any(known) {
                let what = format!("attribute {name} stands twice");
                gathering.ledger.fault(&key, what, None);
                continue;
            }
            attributes.extend(attribute(head, &address, name, &key, &value, gathering));
        }
    }
    gathering.put(&address, key, Object::Composite(Composite { attributes }));
    gathering.common(&address, &mut fields);
    gathering.renamed(&address, &mut fields);
    fields.close(&mut gathering.ledger);
}

/// Reads a list of attributes, each a map of its name alone: their order counts, and that of a map's keys never does.
fn entries(node: &Node, gathering: &mut Gathering) -> Vec<(Name, Rc<Node>, Rc<Node>)> {
    let ledger = &mut gathering.ledger;
    let mend = "write a list, as their order counts: `- name: type`";
    let Value::List(items) = &node.value else {
        let what = format!("attributes is {}, not a list", node.describe());
        ledger.fault(node, what, mend.to_owned());
        return Vec::new();
    };
    let mut all = Vec::new();
    for item in items {
        if !matches!(&item.value, Value::Map(pairs) if pairs.len() == 1) {
            ledger.fault(item, "an attribute is a name with a type", mend.to_owned());
            continue;
        }
        all.extend(fields::entries(item, "an attribute", ledger));
    }
    all
}

fn attribute(
    head: &Head,
    own: &Address,
    name: Name,
    key: &Rc<Node>,
    value: &Rc<Node>,
    gathering: &mut Gathering,
) -> Option<Attribute<Written>> {
    if matches!(value.value, Value::Scalar { .. }) {
        let type_name = type_of(head, value, gathering)?;
        return Some(Attribute {
            name,
            type_name,
            collation: None,
        });
    }
    let what = format!("attribute {name}");
    let mut fields = Fields::open(value, what, &mut gathering.ledger)?;
    let here = own.attribute(&name);
    let type_name = match fields.get("type") {
        Some(node) => type_of(head, &node, gathering),
        None => {
            let what = format!("attribute {} has no `type`", here.dotted());
            gathering.ledger.fault(key, what, None);
            None
        }
    };
    let collation = fields
        .get("collation")
        .and_then(|node| fields::collation(&node, &mut gathering.ledger));
    gathering.comment(&here, &mut fields);
    gathering.renamed(&here, &mut fields);
    fields.close(&mut gathering.ledger);
    Some(Attribute {
        name,
        type_name: type_name?,
        collation,
    })
}

fn type_of(head: &Head, node: &Node, gathering: &mut Gathering) -> Option<Written> {
    let ledger = &mut gathering.ledger;
    fields::sql(node, "the type", Sql::Text, &head.search_path, ledger)
}
