//! The section `domains`.

use std::rc::Rc;

use super::document::{Gathering, Head};
use super::fields::{self, Fields, Sql};
use super::node::{Node, Value};
use crate::model::{Address, Domain, DomainCheck, Kind, Name, Object, Validity, Written};

pub(super) fn read(
    head: &Head,
    name: &Name,
    key: &Rc<Node>,
    value: &Rc<Node>,
    gathering: &mut Gathering,
) {
    if matches!(value.value, Value::Scalar { .. }) {
        let here = Address::new(Kind::Domain, [head.schema.clone(), name.clone()]);
        gathering.declare_unit(&here, key, false);
        if let Some(type_name) = sql(head, value, "the type", gathering) {
            let own = Domain {
                type_name,
                collation: None,
                default: None,
                not_null: false,
            };
            gathering.put(&here, key, Object::Domain(own));
        }
        return;
    }
    let Some(mut fields) = Fields::open(value, format!("domain {name}"), &mut gathering.ledger)
    else {
        return;
    };
    let address = gathering.unit(head, Kind::Domain, name, key, &mut fields);
    let type_name = match fields.get("type") {
        Some(node) => sql(head, &node, "the type", gathering),
        None => {
            let what = format!("{address} has no `type`");
            gathering.ledger.fault(key, what, None);
            None
        }
    };
    let collation = fields
        .get("collation")
        .and_then(|node| fields::collation(&node, &mut gathering.ledger));
    let default = fields
        .get("default")
        .and_then(|node| sql(head, &node, "the default", gathering));
    let not_null = fields
        .get("not_null")
        .and_then(|node| fields::boolean(&node, "not_null", &mut gathering.ledger));
    if let Some(type_name) = type_name {
        let own = Domain {
            type_name,
            collation,
            default,
            not_null: not_null == Some(true),
        };
        gathering.put(&address, key, Object::Domain(own));
    }
    if let Some(node) = fields.get("checks") {
        for (name, key, value) in fields::entries(&node, "checks", &mut gathering.ledger) {
            check(
                head,
                &address.part(Kind::DomainCheck, &name),
                &key,
                &value,
                gathering,
            );
        }
    }
    gathering.common(&address, &mut fields);
    gathering.renamed(&address, &mut fields);
    fields.close(&mut gathering.ledger);
}

fn check(
    head: &Head,
    address: &Address,
    key: &Rc<Node>,
    value: &Rc<Node>,
    gathering: &mut Gathering,
) {
    let mut validity = Validity::Valid;
    let expression = if matches!(value.value, Value::Scalar { .. }) {
        sql(head, value, "the check", gathering)
    } else {
        let what = format!("check {}", address.name());
        let Some(mut fields) = Fields::open(value, what, &mut gathering.ledger) else {
            return;
        };
        let not_valid = fields
            .get("not_valid")
            .and_then(|node| fields::boolean(&node, "not_valid", &mut gathering.ledger));
        validity = Validity::from_flag(not_valid != Some(true));
        let expression = fields.get("check");
        if expression.is_none() {
            let what = format!("{address} has no `check`");
            gathering.ledger.fault(key, what, None);
        }
        let expression = expression.and_then(|node| sql(head, &node, "the check", gathering));
        gathering.comment(address, &mut fields);
        gathering.renamed(address, &mut fields);
        fields.close(&mut gathering.ledger);
        expression
    };
    if let Some(expression) = expression {
        let own = DomainCheck {
            expression,
            validity,
        };
        gathering.put(address, key, Object::DomainCheck(own));
    }
}

fn sql(head: &Head, node: &Node, what: &str, gathering: &mut Gathering) -> Option<Written> {
    fields::sql(
        node,
        what,
        Sql::Text,
        &head.search_path,
        &mut gathering.ledger,
    )
}
