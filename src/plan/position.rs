//! Where a half-applied plan stands.

use std::collections::{BTreeMap, BTreeSet};

use super::stage::{After, Stage, hash_without_texts};
use super::step::{Act, Effect};
use crate::model::{Address, Expression, Kind, Model, Object, Validity};

/// Where the live database stands, compared with the stages that the journal has as done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Position {
    /// After the last stage done.
    At,
    /// After the next one: it committed, and its row was not written. These objects say so.
    Next(Vec<Address>),
    /// Only what the next stage touches differs: mend, repeat.
    Within(Vec<Address>),
    /// Neither: these objects are something else.
    Moved(Vec<Address>),
}

/// Compares the live model with the state before plus what the stages done have changed.
pub(crate) fn position(
    stages: &[Stage],
    before: &Model<Expression>,
    done: usize,
    live: &Model<Expression>,
) -> Position {
    let units: BTreeSet<Address> = stages
        .iter()
        .flat_map(|stage| &stage.steps)
        .flat_map(|step| {
            let locked = step
                .statement()
                .into_iter()
                .flat_map(|own| own.locks.keys());
            locked
                .cloned()
                .chain([step.address.table()])
                .collect::<Vec<_>>()
        })
        .collect();
    // What the stages change, and whatever else belongs to the tables they touch.
    let of_units = |model: &Model<Expression>| -> Vec<Address> {
        let own = |address: &&Address| units.contains(&model.unit_of(address));
        model.objects.keys().filter(own).cloned().collect()
    };
    let watched: BTreeSet<Address> = stages
        .iter()
        .flat_map(|stage| stage.after.keys().cloned())
        .chain(of_units(before))
        .chain(of_units(live))
        .collect();
    // What default privileges give to what the plan makes, scratch knows nothing of.
    let made = |own: &Address| {
        let all = stages.iter().flat_map(|stage| &stage.after);
        !before.objects.contains_key(own) && all.clone().any(|(made, _)| made == own)
    };
    let is_given = |own: &Address| {
        let known = stages.iter().any(|stage| stage.after.contains_key(own));
        let target = own.attached_to();
        own.kind() == Kind::Grant && !known && target.is_some_and(|target| made(&target))
    };
    // What a table has otherwise than those above it, and is not modelled, becomes its own once it is let go.
    let is_left = |own: &Address| {
        own.schema_name().is_reserved()
            && matches!(
                own.kind(),
                Kind::NotNull | Kind::ColumnSettings | Kind::Default | Kind::Comment
            )
    };
    // As others have made partitions meanwhile it may not be whole before the step that looks for those.
    let rest = stages.get(done..).unwrap_or_default();
    let rest = rest.iter().flat_map(|stage| &stage.steps);
    let completed: BTreeSet<&Address> = rest
        .filter(|step| matches!(step.does, Act::Complete(_)))
        .map(|step| &step.address)
        .collect();
    let is_awaited = |own: &Address| {
        let target = own.attached_to();
        let awaited = completed.contains(own) || target.is_some_and(|own| completed.contains(&own));
        let is_whole = match live.objects.get(own) {
            Some(Object::Index(own)) => own.validity == Validity::Valid,
            other => other.is_some(),
        };
        awaited && !is_whole
    };
    let watched: BTreeSet<Address> = watched
        .into_iter()
        .filter(|own| !is_given(own) && !is_left(own) && !is_awaited(own))
        .collect();
    let expected = |count: usize| {
        let mut after: BTreeMap<&Address, &After> = BTreeMap::new();
        for stage in &stages[..count.min(stages.len())] {
            after.extend(stage.after.iter());
        }
        after
    };
    let differing = |count: usize| -> Vec<Address> {
        let after = expected(count);
        watched
            .iter()
            .filter(|address| !stands(address, after.get(address).copied(), before, live))
            .cloned()
            .collect()
    };
    let here = differing(done);
    if here.is_empty() {
        return Position::At;
    }
    let Some(next) = stages.get(done) else {
        return Position::Moved(here);
    };
    if differing(done + 1).is_empty() {
        return Position::Next(here);
    }
    let touched = |address: &Address| {
        next.after.contains_key(address)
            || next.steps.iter().any(|step| {
                step.address == *address
                    || step
                        .effects
                        .iter()
                        .filter_map(Effect::touched)
                        .any(|own| address.is_at_or_below(own))
            })
    };
    if here.iter().all(touched) {
        Position::Within(here)
    } else {
        Position::Moved(here)
    }
}

fn stands(
    address: &Address,
    after: Option<&After>,
    before: &Model<Expression>,
    live: &Model<Expression>,
) -> bool {
    match after {
        Some(After::Gone) => !live.objects.contains_key(address),
        Some(After::Exactly(hash)) => {
            live.objects.contains_key(address) && live.fingerprint(address) == *hash
        }
        Some(After::Following(hash)) => {
            live.objects.contains_key(address) && hash_without_texts(live, address) == *hash
        }
        None => live.objects.get(address) == before.objects.get(address),
    }
}
