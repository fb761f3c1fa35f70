//! What `protect: true` guards: it is neither dropped, for good or to be made again, nor written anew.

use std::collections::BTreeSet;

use super::refusal::PlanError;
use super::rewrite::Context;
use super::stage::Stage;
use super::step::{Effect, Step};
use crate::ddl::Work;
use crate::model::{Address, Kind};

/// Refuses stages that would drop or rewrite something protected, whatever is allowed. What is retired was refused before.
///
/// # Errors
/// Fails with the first thing that would go or be written anew.
pub(crate) fn guard(
    stages: &[Stage],
    protected: &BTreeSet<Address>,
    cx: &Context<'_>,
) -> Result<(), PlanError> {
    if protected.is_empty() {
        return Ok(());
    }
    let names = |own: &Address| [own.clone(), cx.level.moves.carry_back(own)];
    let found = |own: &Address| names(own).into_iter().find(|own| protected.contains(own));
    for step in stages.iter().flat_map(|stage| &stage.steps) {
        for effect in &step.effects {
            if let Effect::Drops(own) = effect
                && let Some(address) = found(own)
            {
                let again = cx.level.desired.objects.contains_key(own);
                let what = if again {
                    "dropped and made again"
                } else {
                    "dropped"
                };
                return Err(PlanError::Protected { address, what });
            }
        }
        if let Some(address) = rewritten(step, cx).iter().find_map(found) {
            let what = "written anew, every row of it";
            return Err(PlanError::Protected { address, what });
        }
    }
    Ok(())
}

/// Returns the tables that a step writes anew, and the columns that it does that for.
fn rewritten(step: &Step, cx: &Context<'_>) -> Vec<Address> {
    let rewrites = step
        .statement()
        .is_some_and(|own| own.work == Work::TableRewrite);
    if !rewrites || step.fills_view() {
        return Vec::new();
    }
    let tables = step.works_on().into_iter();
    let tables: Vec<Address> = tables
        .flat_map(|own| {
            let partitions = cx.level.current.children_of(own);
            partitions.into_iter().chain([own.clone()])
        })
        .collect();
    let columns = step.effects.iter().filter_map(Effect::touched);
    let columns = columns.filter(|own| own.kind() == Kind::Column);
    tables
        .into_iter()
        .chain(columns.cloned())
        .filter(|own| !cx.is_new(&own.table()))
        .collect()
}
