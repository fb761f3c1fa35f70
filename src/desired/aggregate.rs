//! The section `aggregates`.

use std::rc::Rc;

use super::document::Head;
use super::fault::Ledger;
use super::fields::{self, Fields, Sql};
use super::node::Node;
use super::routine::{arguments, flag, parallel, word};
use crate::model::{Aggregate, FinalModify, Gather, Moving, Name, Written};

/// The keys that say how values are gathered: function, type, space, final function, extra, modify, first state.
pub(super) type Words = [&'static str; 7];

pub(super) const PLAIN: Words = [
    "sfunc",
    "stype",
    "sspace",
    "finalfunc",
    "finalfunc_extra",
    "finalfunc_modify",
    "initcond",
];
pub(super) const MOVING: Words = [
    "msfunc",
    "mstype",
    "msspace",
    "mfinalfunc",
    "mfinalfunc_extra",
    "mfinalfunc_modify",
    "minitcond",
];

/// What `finalfunc_modify` may say.
pub(super) const MODIFY: [(&str, FinalModify); 3] = [
    ("read_only", FinalModify::ReadOnly),
    ("shareable", FinalModify::Shareable),
    ("read_write", FinalModify::ReadWrite),
];

pub(super) fn aggregate(
    head: &Head,
    key: &Rc<Node>,
    types: &[Name],
    fields: &mut Fields,
    ledger: &mut Ledger,
) -> Option<Aggregate<Written>> {
    let path = &head.search_path;
    let arguments = arguments(head, types, fields, ledger);
    let plain = gather(head, key, &PLAIN, fields, ledger);
    let minvfunc = reference(fields, "minvfunc", ledger);
    let says_moving = MOVING.iter().any(|word| fields.get(word).is_some());
    let moving = if says_moving || minvfunc.is_some() {
        let gather = gather(head, key, &MOVING, fields, ledger);
        if minvfunc.is_none() {
            let what = "a moving aggregate has a `minvfunc`, which takes a value off again";
            ledger.fault(key, what, None);
        }
        gather
            .zip(minvfunc)
            .map(|(gather, minvfunc)| Moving { gather, minvfunc })
    } else {
        None
    };
    let sortop = fields
        .get("sortop")
        .and_then(|node| fields::sql(&node, "the operator", Sql::Text, path, ledger));
    Some(Aggregate {
        hypothetical: flag(fields, "hypothetical", ledger),
        combinefunc: reference(fields, "combinefunc", ledger),
        serialfunc: reference(fields, "serialfunc", ledger),
        deserialfunc: reference(fields, "deserialfunc", ledger),
        parallel: parallel(key, fields, ledger),
        arguments: arguments?,
        gather: plain?,
        moving,
        sortop,
    })
}

fn gather(
    head: &Head,
    key: &Rc<Node>,
    words: &Words,
    fields: &mut Fields,
    ledger: &mut Ledger,
) -> Option<Gather<Written>> {
    let [sfunc, stype, sspace, finalfunc, extra, modify, initcond] = *words;
    let function = reference(fields, sfunc, ledger);
    let path = &head.search_path;
    let type_name = fields
        .get(stype)
        .and_then(|node| fields::sql(&node, "the type of the state", Sql::Text, path, ledger));
    for (word, is_there) in [(sfunc, function.is_some()), (stype, type_name.is_some())] {
        if !is_there && fields.key(word).is_none() {
            let what = format!("an aggregate has a `{word}`: it is left out");
            ledger.fault(key, what, None);
        }
    }
    let space = fields.get(sspace).and_then(|node| {
        let text = fields::text(&node, sspace, ledger)?;
        let bytes = text.parse::<i32>().ok().filter(|bytes| *bytes >= 0);
        if bytes.is_none() {
            let what = format!("{sspace} is a number of bytes, not `{text}`");
            ledger.fault(&node, what, None);
        }
        bytes
    });
    let finalfunc_modify = word(fields, modify, ledger).and_then(|said| {
        let how = MODIFY.iter().find(|(word, _)| *word == &*said);
        if how.is_none() {
            let what = format!("{modify} is read_only, shareable or read_write, not `{said}`");
            ledger.fault(key, what, None);
        }
        how.map(|(_, how)| *how)
    });
    Some(Gather {
        sspace: space.unwrap_or_default(),
        finalfunc: reference(fields, finalfunc, ledger),
        finalfunc_extra: flag(fields, extra, ledger),
        finalfunc_modify,
        initcond: word(fields, initcond, ledger).map(|text| text.to_string()),
        sfunc: function?,
        stype: type_name?,
    })
}

fn reference(fields: &mut Fields, word: &'static str, ledger: &mut Ledger) -> Option<Vec<Name>> {
    let node = fields.get(word)?;
    fields::reference(&node, word, ledger)
}
