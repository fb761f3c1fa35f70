//! A partition that a stopped revision was letting go: PostgreSQL knows no way back from the middle of DETACH CONCURRENTLY, so it
//! is let go and attached again at once. <https://www.postgresql.org/docs/current/sql-altertable.html> (DETACH PARTITION)

use std::collections::BTreeMap;

use super::Live;
use crate::history::{Outcome, Revision};
use crate::model::{Address, Kind, Object};
use crate::plan::{self, Stage};

/// What the reader calls it.
const PENDING: &str = "partition that is being detached";

/// Takes such partitions out of what was read, with the check that the server has left there, and returns the stage that attaches
/// them again; none where there are none of this revision.
pub(super) fn attached_again(revision: &Revision, live: &mut Live) -> Option<Stage> {
    if revision.outcome == Outcome::Done {
        return None;
    }
    let before = &revision.model_before;
    let stages = revision.plan.decision.stages.iter();
    let lets_go: Vec<&Address> = stages
        .filter(|stage| stage.alone)
        .flat_map(|stage| &stage.steps)
        .map(|step| &step.address)
        .filter(|own| own.kind() == Kind::Table)
        .collect();
    let pending = live.read.unmodelled.iter();
    let pending = pending.filter(|own| own.kind == PENDING);
    let tables: Vec<Address> = pending
        .filter_map(|own| own.on.clone())
        .filter(|own| lets_go.contains(&own))
        .collect();
    let mut steps = Vec::new();
    for table in &tables {
        let Some(Object::Table(own)) = before.objects.get(table) else {
            continue;
        };
        let Some(of) = &own.partition_of else {
            continue;
        };
        let above = before.above(table);
        let checks = before.objects.keys();
        let checks = checks.filter(|own| own.kind() == Kind::Check);
        let declared = checks.filter(|own| own.table() == *table || above.contains(&own.table()));
        steps.extend(plan::attach_again(table, of, declared.map(Address::name)));
        live.read.model.objects.retain(|own, _| {
            let is_left = own.kind() == Kind::Check && own.table() == *table;
            !is_left || before.objects.contains_key(own)
        });
        live.read
            .unmodelled
            .retain(|own| own.kind != PENDING || own.on.as_ref() != Some(table));
        for who in live.read.blockers.values_mut() {
            who.retain(|own| !own.starts_with(PENDING));
        }
    }
    live.read.blockers.retain(|_, who| !who.is_empty());
    (!steps.is_empty()).then(|| Stage {
        alone: false,
        steps,
        after: BTreeMap::new(),
    })
}
