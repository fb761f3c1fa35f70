//! The sections of the small kinds.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::document::{Gathering, Head};
use super::fault::Ledger;
use super::fields::{self, Fields};
use super::node::{Node, Value};
use super::privilege::is_everybody;
use crate::model::{
    Address, Clause, Defined, Definition, EVERYBODY, Kind, NO_OPERAND, Name, Object, Options,
    PLAIN_OPTIONS, Said, Shape,
};

/// What a key says of an object: its name, and the types that its address bears.
struct Key {
    name: Name,
    types: Vec<Name>,
}

pub(super) fn read(
    head: &Head,
    small: Defined,
    key: &Rc<Node>,
    value: &Rc<Node>,
    gathering: &mut Gathering,
) {
    let kind = Kind::Defined(small);
    let Some(called) = key_of(small, key, &mut gathering.ledger) else {
        return;
    };
    let mut own = Definition {
        kind: small,
        clauses: BTreeMap::new(),
        lookup: head.search_path.to_vec(),
    };
    let place = |schema: Name| {
        let schema = Some(schema).filter(|_| !small.is_global());
        let path = schema.into_iter().chain([called.name.clone()]);
        Address::new(kind, path).with_arguments(called.types.iter().cloned())
    };
    let needs_nothing = small.clauses().iter().all(|has| !has.is_needed);
    if value.is_null() && needs_nothing {
        let address = place(head.schema.clone());
        gathering.declare_unit(&address, key, false);
        gathering.put(&address, key, Object::Defined(own));
        return;
    }
    let what = format!("{} {}", kind.keyword(), called.name);
    let Some(mut fields) = Fields::open(value, what, &mut gathering.ledger) else {
        return;
    };
    let schema = (!small.is_global()).then(|| fields.get("schema")).flatten();
    let schema = schema.and_then(|node| fields::name(&node, &mut gathering.ledger));
    let address = place(schema.unwrap_or_else(|| head.schema.clone()));
    let replaces = gathering.replaces(&mut fields);
    gathering.declare_unit(&address, key, replaces);
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
        if small == Defined::UserMapping
            && let (Some(node), Some(Said::Options(pairs))) = (&node, &said)
        {
            no_secrets(&address, pairs, node, &mut gathering.ledger);
        }
        let said = match said {
            Some(Said::Options(pairs)) if small == Defined::Role => node.as_ref().map(|node| {
                let all = super::role::entries(has.clause, &pairs, node, &mut gathering.ledger);
                Said::Options(all)
            }),
            said => said,
        };
        is_whole &= said.is_some() || !has.is_needed;
        own.clauses.extend(said.map(|said| (has.clause, said)));
    }
    if own.says(Clause::Function).is_some() && own.says(Clause::Inout).is_some() {
        let what = format!("{address} goes by a function and by text");
        let ledger = &mut gathering.ledger;
        ledger.fault(key, what, "write `function` or `inout`".to_owned());
    }
    if small == Defined::Publication {
        let every = own.says(Clause::AllTables).is_some();
        gathering.published(head, &address, every, &mut fields);
        // All four are what is published where nothing is said.
        if let Some(Said::Texts(texts)) = own.clauses.get_mut(&Clause::Publish) {
            *texts = texts.iter().map(|own| own.to_lowercase()).collect();
            texts.sort();
            texts.dedup();
            if texts.len() == 4 {
                own.clauses.remove(&Clause::Publish);
            }
        }
    }
    if is_whole {
        gathering.put(&address, key, Object::Defined(own));
    }
    if small.has_comment() {
        gathering.comment(&address, &mut fields);
    }
    gathering.protect(&address, &mut fields);
    if !small.privileges().is_empty() {
        gathering.grants(&address, &mut fields);
    }
    if small.has_owner() {
        gathering.owner(&address, &mut fields);
    }
    if small.can_be_renamed() {
        gathering.renamed(&address, &mut fields);
    }
    fields.close(&mut gathering.ledger);
}

/// Refuses what may be a secret: files, plans and the journal hold none.
fn no_secrets(address: &Address, options: &Options, node: &Rc<Node>, ledger: &mut Ledger) {
    for name in options.keys() {
        if !PLAIN_OPTIONS.contains(&name.as_str()) {
            let what = format!("option {name} of {address} may be a secret, and files hold none");
            let mend =
                "leave it out, and give it on the server: ALTER USER MAPPING … OPTIONS (ADD …)";
            ledger.secret(node, what, mend.to_owned());
        }
    }
}

/// Reads the key of an object: a name; of an operator its name and operands, `=== (integer, text)`; of a cast its types,
/// `integer AS text`.
fn key_of(small: Defined, key: &Rc<Node>, ledger: &mut Ledger) -> Option<Key> {
    if !small.has_arguments() {
        let types = Vec::new();
        return fields::name(key, ledger).map(|name| Key { name, types });
    }
    let text = fields::text(key, "a key", ledger)?;
    let (own, mend) = if small == Defined::Cast {
        let types = Name::split_cast(&text);
        let own = types.map(|types| (Name::new("cast"), types.to_vec()));
        (own, "write the two types, `source AS target`")
    } else if small == Defined::UserMapping {
        let own = Name::split_routine(&text).and_then(|(server, users)| {
            let [user] = users.as_slice() else {
                return None;
            };
            if is_everybody(user) {
                return Some((server, vec![Name::new(EVERYBODY)]));
            }
            let user = Name::split_reference(user.as_str())?;
            let [user] = user.as_slice() else {
                return None;
            };
            Some((server, vec![Name::new(user.spelled())]))
        });
        let mend =
            "write the server with the role, `files (app)`, or `files (public)` for everybody";
        (own, mend)
    } else if !small.bears_types() {
        let own = Name::split_routine(&text).filter(|(_, method)| method.len() == 1);
        (own, "write the name with its index method, `name (btree)`")
    } else {
        let own = Name::split_routine(&text).map(|(name, types)| {
            let plain = |own: Name| {
                if own.as_str().eq_ignore_ascii_case(NO_OPERAND) {
                    Name::new(NO_OPERAND)
                } else {
                    own
                }
            };
            (name, types.into_iter().map(plain).collect::<Vec<_>>())
        });
        let own = own.filter(|(name, types)| name.is_operator() && types.len() == 2);
        (
            own,
            "write the operator with its operands, `=== (integer, text)`; that of a prefix operator is `!! (NONE, text)`",
        )
    };
    if own.is_none() {
        let what = format!("`{text}` is no {}", small.keyword());
        ledger.fault(key, what, mend.to_owned());
    }
    own.map(|(name, types)| Key { name, types })
}

/// Reads what a clause says; what says nothing is none.
fn said(shape: Shape, node: &Rc<Node>, word: &'static str, ledger: &mut Ledger) -> Option<Said> {
    match shape {
        Shape::Flag => (fields::boolean(node, word, ledger)?).then_some(Said::Flag),
        Shape::Text => Some(Said::Text(fields::text(node, word, ledger)?.to_string())),
        Shape::Word(words) => {
            let text = fields::text(node, word, ledger)?;
            if !words.contains(&&*text) {
                let what = format!("{word} is one of {}, not `{text}`", words.join(", "));
                ledger.fault(node, what, None);
                return None;
            }
            Some(Said::Text(text.to_string()))
        }
        Shape::Texts => {
            let Value::List(nodes) = &node.value else {
                let what = format!("{word} is {}, not a list", node.describe());
                ledger.fault(node, what, None);
                return None;
            };
            let texts = nodes
                .iter()
                .filter_map(|own| fields::text(own, word, ledger));
            let mut texts: Vec<String> = texts.map(|own| own.to_string()).collect();
            texts.sort();
            if nodes.is_empty() && word == Clause::Columns.word() {
                ledger.fault(node, format!("{word} is empty"), None);
                return None;
            }
            Some(Said::Texts(texts))
        }
        Shape::Routine => {
            let text = fields::text(node, word, ledger)?;
            let split = Name::split_call(&text);
            if split.is_none() {
                let what = format!("`{text}` is no function with the types of its arguments");
                ledger.fault(node, what, "write `app.convert(integer)`".to_owned());
            }
            split.map(|(path, types)| Said::Routine(path, types))
        }
        Shape::Target => {
            let number = super::physical::target(node, word, ledger)?;
            Some(Said::Text(number.to_string()))
        }
        Shape::Sessions => {
            let text = fields::text(node, word, ledger)?;
            let number = text.parse::<i32>().ok().filter(|own| *own >= 0);
            if number.is_none() {
                let what = format!("{word} is a whole number of sessions, not `{text}`");
                ledger.fault(node, what, "leave the key out for no limit".to_owned());
            }
            number.map(|own| Said::Text(own.to_string()))
        }
        Shape::Moment => super::role::moment(node, word, ledger).map(Said::Text),
        Shape::Path => Some(Said::Path(fields::reference(node, word, ledger)?)),
        Shape::Options | Shape::Entries => {
            let pairs = super::physical::entries(node, word, ledger);
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
                let paths: Vec<Vec<Name>> = paths.collect();
                if paths.is_empty() {
                    let what = format!("{name} has no dictionary");
                    ledger.fault(&value, what, "leave it out".to_owned());
                    continue;
                }
                all.insert(name, paths);
            }
            (!all.is_empty()).then_some(Said::Mappings(all))
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn mistakes_in_small_kinds_are_told() {
        let text = "\
statistics: { s: { table: t, columns: [] } }
publications: { p: { tables: { a.b.c: , t: { columns: [] } } }, q: { all_tables: true, schemas: [s] } }
default_privileges: { public: {}, r: { tables: , columns: {}, functions: { x: [select] } } }
";
        let files = vec![("f.yaml".to_owned(), text.to_owned())];
        let faults = super::super::declare(&[files]).expect_err("it has faults");
        let what: Vec<String> = faults.faults.iter().map(|own| own.what.clone()).collect();
        assert_eq!(
            what,
            [
                "columns is empty",
                "it is no table's name",
                "it names no columns",
                "publication q publishes all tables",
                "public is no role that makes things",
                "tables has no value",
                "unknown key `columns` in default privileges of r",
                "there is no privilege `select` on what is made here",
            ]
        );
    }
}
