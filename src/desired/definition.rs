//! The sections of the small kinds.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use super::document::{Gathering, Head};
use super::fault::Ledger;
use super::fields::{self, Fields};
use super::node::{Node, Value};
use crate::model::{
    Address, Clause, Defined, Definition, Kind, Model, Name, Object, Said, Shape, Written,
};

pub(super) fn read(
    head: &Head,
    small: Defined,
    name: &Name,
    key: &Rc<Node>,
    value: &Rc<Node>,
    gathering: &mut Gathering,
) {
    let kind = Kind::Defined(small);
    let mut own = Definition {
        kind: small,
        clauses: Default::default(),
    };
    let needs_nothing = small.clauses().iter().all(|has| !has.is_needed);
    if value.is_null() && needs_nothing && small.is_global() {
        let address = Address::new(kind, [name.clone()]);
        gathering.declare_unit(&address, key, false);
        gathering.put(&address, key, Object::Defined(own));
        return;
    }
    let what = format!("{} {name}", kind.keyword());
    let Some(mut fields) = Fields::open(value, what, &mut gathering.ledger) else {
        return;
    };
    let address = if small.is_global() {
        let address = Address::new(kind, [name.clone()]);
        let replaces = gathering.replaces(&mut fields);
        gathering.declare_unit(&address, key, replaces);
        address
    } else {
        gathering.unit(head, kind, name, key, &mut fields)
    };
    let lookup = head.search_path.clone();
    gathering.lookups.insert(address.clone(), lookup);
    let mut is_whole = true;
    for has in small.clauses() {
        let word = has.clause.word();
        let node = fields.get(word);
        let said = node
            .as_ref()
            .and_then(|node| said(has.shape, node, word, &mut gathering.ledger));
        if node.is_none() && has.is_needed {
            let what = format!("{address} has no `{word}`, and there is none without it");
            let mend = format!("write `{word}`");
            gathering.ledger.fault(key, what, mend);
        }
        is_whole &= said.is_some() || !has.is_needed;
        own.clauses.extend(said.map(|said| (has.clause, said)));
    }
    if is_whole {
        gathering.put(&address, key, Object::Defined(own));
    }
    gathering.comment(&address, &mut fields);
    gathering.protect(&address, &mut fields);
    if !small.privileges().is_empty() {
        gathering.grants(&address, &mut fields);
    }
    if small.has_owner() {
        gathering.owner(&address, &mut fields);
    }
    gathering.renamed(&address, &mut fields);
    fields.close(&mut gathering.ledger);
}

/// Gives every path that is said without a schema the one that it is in, where what it names is declared; what is not is looked for
/// by the server, in its own schema first.
pub(super) fn found(model: &mut Model<Written>, lookups: &BTreeMap<Address, Arc<[Name]>>) {
    let declared: BTreeSet<Address> = model.objects.keys().cloned().collect();
    let kinds = [
        (Clause::Template, Defined::TextSearchTemplate),
        (Clause::Parser, Defined::TextSearchParser),
        (Clause::Mappings, Defined::TextSearchDictionary),
    ];
    let is_there = |clause: Clause, path: &[Name]| {
        let own = kinds.iter().find(|(own, _)| *own == clause);
        let Some((_, kind)) = own else {
            let mut routines = declared.iter().filter(|own| own.kind().is_routine());
            return routines.any(|own| own.path() == path);
        };
        declared.contains(&Address::new(Kind::Defined(*kind), path.iter().cloned()))
    };
    for (address, lookup) in lookups {
        let Some(Object::Defined(own)) = model.objects.get_mut(address) else {
            continue;
        };
        for (clause, path) in own
            .paths_mut()
            .filter(|(clause, _)| *clause != Clause::Wrapper)
        {
            let [name] = path.as_slice() else {
                continue;
            };
            let mut places = lookup
                .iter()
                .map(|schema| vec![schema.clone(), name.clone()]);
            if let Some(place) = places.find(|place| is_there(clause, place)) {
                *path = place;
            }
        }
    }
}

/// Reads what a clause says; what says nothing is none.
fn said(shape: Shape, node: &Rc<Node>, word: &'static str, ledger: &mut Ledger) -> Option<Said> {
    match shape {
        Shape::Flag => (fields::boolean(node, word, ledger)?).then_some(Said::Flag),
        Shape::Text => Some(Said::Text(fields::text(node, word, ledger)?.to_string())),
        Shape::Path => Some(Said::Path(fields::reference(node, word, ledger)?)),
        Shape::Options => {
            let all = fields::entries(node, word, ledger).into_iter();
            let pairs: Vec<(Name, String)> = all
                .filter_map(|(name, _, value)| {
                    let value = fields::text(&value, name.as_str(), ledger)?;
                    Some((name, value.to_string()))
                })
                .collect();
            (!pairs.is_empty()).then_some(Said::Options(pairs))
        }
        Shape::Mappings => {
            let mut all = BTreeMap::new();
            for (name, _, value) in fields::entries(node, word, ledger) {
                let nodes = match &value.value {
                    Value::List(nodes) => nodes.clone(),
                    Value::Scalar { .. } | Value::Map(_) => vec![value.clone()],
                };
                let paths = nodes
                    .iter()
                    .filter_map(|own| fields::reference(own, word, ledger));
                all.insert(name, paths.collect());
            }
            (!all.is_empty()).then_some(Said::Mappings(all))
        }
    }
}
