//! Aggregates as YAML.

use serde_yaml::{Mapping, Value};

use super::aggregate::{MODIFY, MOVING, PLAIN, Words};
use super::write::{Page, attached, text};
use super::write_routine::{arguments, parallel};
use crate::model::{Address, Aggregate, Expression, Gather, Name, Text as _};

pub(super) fn aggregate(page: &Page<'_>, address: &Address, own: &Aggregate<Expression>) -> Value {
    let mut map = Mapping::new();
    attached(page, address, &mut map);
    arguments(address, &own.arguments, &mut map);
    if own.hypothetical {
        map.insert(text("hypothetical"), Value::Bool(true));
    }
    gather(&own.gather, &PLAIN, &mut map);
    let part = |word: &str, function: &Option<Vec<Name>>, map: &mut Mapping| {
        if let Some(function) = function {
            map.insert(text(word), called(function));
        }
    };
    part("combinefunc", &own.combinefunc, &mut map);
    part("serialfunc", &own.serialfunc, &mut map);
    part("deserialfunc", &own.deserialfunc, &mut map);
    if let Some(moving) = &own.moving {
        gather(&moving.gather, &MOVING, &mut map);
        part("minvfunc", &Some(moving.minvfunc.clone()), &mut map);
    }
    if let Some(operator) = &own.sortop {
        map.insert(text("sortop"), text(operator.sql()));
    }
    parallel(own.parallel, &mut map);
    Value::Mapping(map)
}

/// Writes the schema and name of a function: unlike a table's, the bare name would be looked for in pg_catalog first.
pub(super) fn called(own: &[Name]) -> Value {
    let parts: Vec<String> = own.iter().map(ToString::to_string).collect();
    text(&parts.join("."))
}

fn gather(own: &Gather<Expression>, words: &Words, into: &mut Mapping) {
    let [sfunc, stype, sspace, finalfunc, extra, modify, initcond] = *words;
    into.insert(text(sfunc), called(&own.sfunc));
    into.insert(text(stype), text(own.stype.sql()));
    if own.sspace != 0 {
        into.insert(text(sspace), Value::Number(own.sspace.into()));
    }
    if let Some(function) = &own.finalfunc {
        into.insert(text(finalfunc), called(function));
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
