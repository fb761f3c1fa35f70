//! Aggregates as YAML.

use serde_yaml::{Mapping, Value};

use super::aggregate::{MODIFY, MOVING, PLAIN, Words};
use super::write::{Page, attached, reference, text};
use super::write_routine::{arguments, parallel};
use crate::model::{Address, Aggregate, Expression, Gather, Name, Text as _};

pub(super) fn aggregate(page: &Page<'_>, address: &Address, own: &Aggregate<Expression>) -> Value {
    let mut map = Mapping::new();
    attached(page, address, &mut map);
    arguments(address, &own.arguments, &mut map);
    if own.hypothetical {
        map.insert(text("hypothetical"), Value::Bool(true));
    }
    gather(address, &own.gather, &PLAIN, &mut map);
    let part = |word: &str, function: &Option<Vec<Name>>, map: &mut Mapping| {
        if let Some(function) = function {
            map.insert(text(word), reference(address, function));
        }
    };
    part("combinefunc", &own.combinefunc, &mut map);
    part("serialfunc", &own.serialfunc, &mut map);
    part("deserialfunc", &own.deserialfunc, &mut map);
    if let Some(moving) = &own.moving {
        gather(address, &moving.gather, &MOVING, &mut map);
        part("minvfunc", &Some(moving.minvfunc.clone()), &mut map);
    }
    if let Some(operator) = &own.sortop {
        map.insert(text("sortop"), text(operator.sql()));
    }
    parallel(own.parallel, &mut map);
    Value::Mapping(map)
}

fn gather(address: &Address, own: &Gather<Expression>, words: &Words, into: &mut Mapping) {
    let [sfunc, stype, sspace, finalfunc, extra, modify, initcond] = *words;
    into.insert(text(sfunc), reference(address, &own.sfunc));
    into.insert(text(stype), text(own.stype.sql()));
    if own.sspace != 0 {
        into.insert(text(sspace), Value::Number(own.sspace.into()));
    }
    if let Some(function) = &own.finalfunc {
        into.insert(text(finalfunc), reference(address, function));
    }
    if own.finalfunc_extra {
        into.insert(text(extra), Value::Bool(true));
    }
    if let Some((word, _)) = (MODIFY.iter()).find(|(_, how)| Some(*how) == own.finalfunc_modify) {
        into.insert(text(modify), text(word));
    }
    if let Some(first) = &own.initcond {
        into.insert(text(initcond), text(first));
    }
}
