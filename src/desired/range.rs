//! The section `ranges`.

use std::rc::Rc;

use super::document::{Gathering, Head};
use super::fields::{self, Fields, Sql};
use super::node::{Node, Value};
use crate::model::{Address, Kind, Name, Object, Range, Written};

pub(super) fn read(
    head: &Head,
    name: &Name,
    key: &Rc<Node>,
    value: &Rc<Node>,
    gathering: &mut Gathering,
) {
    if matches!(value.value, Value::Scalar { .. }) {
        let address = Address::new(Kind::Range, [head.schema.clone(), name.clone()]);
        gathering.declare_unit(&address, key, false);
        if let Some(subtype) = subtype(head, value, gathering) {
            gathering.put(&address, key, Object::Range(plain(subtype)));
        }
        return;
    }
    let what = format!("range type {name}");
    let Some(mut fields) = Fields::open(value, what, &mut gathering.ledger) else {
        return;
    };
    let address = gathering.unit(head, Kind::Range, name, key, &mut fields);
    let subtype = match fields.get("subtype") {
        Some(node) => subtype(head, &node, gathering),
        None => {
            let what = format!("{address} has no `subtype`");
            gathering.ledger.fault(key, what, None);
            None
        }
    };
    let ledger = &mut gathering.ledger;
    let mut path = |word: &'static str| {
        let node = fields.get(word)?;
        fields::reference(&node, word, ledger)
    };
    let subtype_opclass = path("subtype_opclass");
    let subtype_diff = path("subtype_diff");
    // A bare name is one in the type's own schema.
    let multirange = path("multirange_type_name").map(|own| match own.as_slice() {
        [bare] => vec![address.schema_name().clone(), bare.clone()],
        _ => own,
    });
    let collation = fields
        .get("collation")
        .and_then(|node| fields::collation(&node, ledger));
    let named = fields.get("multirange_type_name");
    let elsewhere = multirange
        .as_ref()
        .is_some_and(|own| own.first() != Some(address.schema_name()));
    if let Some(node) = named.filter(|_| elsewhere) {
        let what = "a multirange type lies in the schema of its range type";
        ledger.fault(&node, what, "write its name alone".to_owned());
    }
    if let Some(subtype) = subtype {
        let own = Range {
            subtype_opclass,
            collation,
            subtype_diff,
            multirange,
            ..plain(subtype)
        };
        gathering.put(&address, key, Object::Range(own));
    }
    gathering.common(&address, &mut fields);
    gathering.renamed(&address, &mut fields);
    fields.close(&mut gathering.ledger);
}

fn plain(subtype: Written) -> Range<Written> {
    Range {
        subtype,
        subtype_opclass: None,
        collation: None,
        subtype_diff: None,
        multirange: None,
    }
}

fn subtype(head: &Head, node: &Node, gathering: &mut Gathering) -> Option<Written> {
    let ledger = &mut gathering.ledger;
    fields::sql(node, "the subtype", Sql::Text, &head.search_path, ledger)
}
