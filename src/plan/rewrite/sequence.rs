//! Bounds that leave out where a sequence starts: one that was never used stands there, and is put to its new start while
//! the bounds are wide enough for both. <https://www.postgresql.org/docs/current/sql-altersequence.html>

use super::{Claim, Context};
use crate::ddl;
use crate::diff::{Change, Changes};
use crate::model::{
    Address, Alteration, Counting, IdentityAlteration, Kind, Object, Sequence, SequenceAlteration,
};
use crate::plan::refusal::PlanError;
use crate::plan::step::{Phase, Step};

pub(super) fn rewrite(changes: &Changes, cx: &Context<'_>) -> Result<Vec<Claim>, PlanError> {
    let mut claims = Vec::new();
    for (id, change) in &changes.0 {
        let address = &id.0;
        let Change::Alter(
            Alteration::Sequence(SequenceAlteration::Options)
            | Alteration::Identity(IdentityAlteration::Options),
        ) = change
        else {
            continue;
        };
        let objects = [&cx.level.current.objects, &cx.level.desired.objects];
        let [Some(from), Some(to)] = objects.map(|own| own.get(address)) else {
            continue;
        };
        let (statements, sequence, start) = match (from, to) {
            (Object::Sequence(from), Object::Sequence(to))
                if !to.counting.holds(from.counting.start) =>
            {
                let between = Sequence {
                    data_type: from.data_type.max(to.data_type),
                    counting: both(&from.counting, &to.counting),
                    ..to.clone()
                };
                let statements = [&between, to].map(|own| ddl::sequence::alter(address, own));
                (statements, address.clone(), to.counting.start)
            }
            (Object::Identity(from), Object::Identity(to))
                if !to.counting.holds(from.counting.start) =>
            {
                let Some(name) = &from.sequence else { continue };
                let column = address.column();
                let between = both(&from.counting, &to.counting);
                let statements =
                    [&between, &to.counting].map(|own| ddl::sequence::set_counting(&column, own));
                let path = [address.schema_name().clone(), name.clone()];
                let sequence = Address::new(Kind::Sequence, path);
                (statements, sequence, to.counting.start)
            }
            _ => continue,
        };
        let [widen, narrow] = statements;
        let step = |statement, why: &str| {
            Step::run(address, statement, why)
                .using(&address.whole())
                .phase(Phase::Contract)
        };
        claims.push(Claim::of(vec![id.clone()]).together([
            step(widen, "makes room for both starts"),
            step(
                ddl::sequence::start_unused(&sequence, start),
                "where it was never used it stands at its start, which the new bounds leave out",
            ),
            step(narrow, "options change").altering(address, "options"),
        ]));
    }
    Ok(claims)
}

/// The new counting within bounds that hold the former start too.
fn both(from: &Counting, to: &Counting) -> Counting {
    Counting {
        start: from.start,
        min_value: from.min_value.min(to.min_value),
        max_value: from.max_value.max(to.max_value),
        ..to.clone()
    }
}
