//! CREATE AGGREGATE and its changes.

use crate::model::{Address, Aggregate, FinalModify, Gather, Parallel, Text};
use crate::sql::Sql;

use super::statement::Statement;

/// <https://www.postgresql.org/docs/current/sql-createaggregate.html>
pub(crate) fn create<T: Text>(address: &Address, own: &Aggregate<T>) -> Statement {
    written("CREATE AGGREGATE", address, own)
}

/// Takes the place of an aggregate with the same arguments and result.
/// <https://www.postgresql.org/docs/current/sql-createaggregate.html> (OR REPLACE)
pub(crate) fn replace<T: Text>(address: &Address, own: &Aggregate<T>) -> Statement {
    written("CREATE OR REPLACE AGGREGATE", address, own)
}

/// The words of CREATE AGGREGATE that say how values are gathered.
type Words = [&'static str; 7];

const PLAIN: Words = [
    "SFUNC =",
    "STYPE =",
    "SSPACE =",
    "FINALFUNC =",
    "FINALFUNC_EXTRA",
    "FINALFUNC_MODIFY =",
    "INITCOND =",
];
const MOVING: Words = [
    "MSFUNC =",
    "MSTYPE =",
    "MSSPACE =",
    "MFINALFUNC =",
    "MFINALFUNC_EXTRA",
    "MFINALFUNC_MODIFY =",
    "MINITCOND =",
];

fn gather<T: Text>(own: &Gather<T>, words: &Words, into: &mut Vec<Sql>) {
    let [sfunc, stype, sspace, finalfunc, extra, modify, initcond] = *words;
    into.push(Sql::new(sfunc).names_dotted(&own.sfunc));
    into.push(Sql::new(stype).verbatim(&own.stype));
    if own.sspace != 0 {
        into.push(Sql::new(sspace).number(own.sspace.into()));
    }
    if let Some(function) = &own.finalfunc {
        into.push(Sql::new(finalfunc).names_dotted(function));
    }
    if own.finalfunc_extra {
        into.push(Sql::new(extra));
    }
    if let Some(how) = own.finalfunc_modify {
        into.push(Sql::new(modify).push(match how {
            FinalModify::ReadOnly => "READ_ONLY",
            FinalModify::Shareable => "SHAREABLE",
            FinalModify::ReadWrite => "READ_WRITE",
        }));
    }
    if let Some(first) = &own.initcond {
        into.push(Sql::new(initcond).literal(first));
    }
}

fn written<T: Text>(words: &'static str, address: &Address, own: &Aggregate<T>) -> Statement {
    let mut all = Vec::new();
    gather(&own.gather, &PLAIN, &mut all);
    for (word, function) in [
        ("COMBINEFUNC =", &own.combinefunc),
        ("SERIALFUNC =", &own.serialfunc),
        ("DESERIALFUNC =", &own.deserialfunc),
    ] {
        if let Some(function) = function {
            all.push(Sql::new(word).names_dotted(function));
        }
    }
    if let Some(moving) = &own.moving {
        gather(&moving.gather, &MOVING, &mut all);
        all.push(Sql::new("MINVFUNC =").names_dotted(&moving.minvfunc));
    }
    if let Some(operator) = &own.sortop {
        all.push(Sql::new("SORTOP =").verbatim(operator));
    }
    match own.parallel {
        Parallel::Safe => all.push(Sql::new("PARALLEL = SAFE")),
        Parallel::Restricted => all.push(Sql::new("PARALLEL = RESTRICTED")),
        Parallel::Unsafe => {}
    }
    if own.hypothetical {
        all.push(Sql::new("HYPOTHETICAL"));
    }
    let sql = Sql::new(words).path(address).glue("(");
    let sql = if own.arguments.sql().is_empty() {
        sql.glue("*")
    } else {
        sql.glued_text(&own.arguments)
    };
    let sql = sql.glue(") (").separated(&all, ", ").glue(")");
    let texts = [Some(&own.arguments), Some(&own.gather.stype)];
    let moving = own.moving.as_ref().map(|own| &own.gather.stype);
    let texts = texts.into_iter().chain([moving, own.sortop.as_ref()]);
    texts
        .flatten()
        .fold(Statement::catalog(sql), Statement::under)
}
