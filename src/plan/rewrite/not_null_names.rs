//! What partitions call the NOT NULLs that they have from their table (18 and later). No statement renames one that comes from above, so
//! that its name is settled before the partition is attached, or before that of the table is made.
//! <https://www.postgresql.org/docs/18/sql-altertable.html> (RENAME CONSTRAINT)

use std::collections::BTreeMap;

use super::{Claim, Context};
use crate::ddl::{self, Work};
use crate::diff::{Change, Changes};
use crate::model::{
    Address, Alteration, ColumnAlteration, Expression, Kind, Level, Model, Name, NotNull, Object,
    TableAlteration, Validity,
};
use crate::plan::refusal::PlanError;
use crate::plan::step::Step;

pub(super) fn rewrite(changes: &Changes, cx: &Context<'_>) -> Result<Vec<Claim>, PlanError> {
    let mut claims = Vec::new();
    for (id, change) in &changes.0 {
        match change {
            Change::Alter(Alteration::Table(TableAlteration::NotNullNames)) => {
                settled(&id.0, changes, cx.level)?;
                claims.push(Claim::of(vec![id.clone()]));
            }
            Change::Alter(Alteration::NotNull(own)) if own.is_name() => {
                called_alike(&id.0, changes, cx.level)?;
            }
            Change::Alter(Alteration::Column(ColumnAlteration::Type { .. })) => {
                retyped(&id.0, cx.level)?;
            }
            Change::Alter(_) | Change::Create | Change::Drop => {}
        }
    }
    Ok(claims)
}

/// Refuses another name for one that stands. A table that is attached has its own renamed before, and what comes is made under its name.
fn settled(partition: &Address, changes: &Changes, level: &Level) -> Result<(), PlanError> {
    if level.current.partitioned(partition).is_none() {
        return Ok(());
    }
    for (address, name) in said_of(partition, level) {
        let is_called = name_of(&level.current, address);
        if is_called != Some(name) && !comes(partition, address.name(), changes, level) {
            return Err(refused(partition, address));
        }
    }
    Ok(())
}

/// Refuses another type where files give names: the server makes the NOT NULL of the column again, in all partitions under one name.
fn retyped(column: &Address, level: &Level) -> Result<(), PlanError> {
    for partition in level.current.partitions_of(&column.table()) {
        let whole = name_of(&level.desired, &column.with_kind(Kind::NotNull));
        let mut said = said_of(&partition, level);
        if let Some((address, _)) =
            said.find(|(own, name)| own.name() == column.name() && Some(*name) != whole)
        {
            return Err(refused(&partition, address));
        }
    }
    Ok(())
}

/// Returns the names that files give to NOT NULLs of a partition.
fn said_of<'a>(
    partition: &'a Address,
    level: &'a Level,
) -> impl Iterator<Item = (&'a Address, &'a Name)> {
    let all = level.intent.not_null_names.iter();
    all.filter(|(own, _)| own.table() == *partition)
}

fn refused(partition: &Address, not_null: &Address) -> PlanError {
    PlanError::NotNullName {
        partition: partition.clone(),
        column: not_null.name().clone(),
    }
}

/// Says whether a NOT NULL comes by itself, so that the one of a partition can be made first: what is an identity as it is made has one at once.
fn comes(partition: &Address, column: &Name, changes: &Changes, level: &Level) -> bool {
    let above = level.desired.above(partition);
    let mut all = above.iter().map(|table| table.part(Kind::NotNull, column));
    all.any(|own| {
        let is_numbered = level
            .desired
            .objects
            .contains_key(&own.with_kind(Kind::Identity));
        changes.creates(&own) && !(is_numbered && changes.creates(&own.column()))
    })
}

/// Says whether a partition that stands asks for a name for the NOT NULL of a column.
pub(super) fn are_asked(column: &Address, level: &Level) -> bool {
    let below = level.desired.partitions_of(&column.table());
    let mut standing = below
        .iter()
        .filter(|own| level.current.partitioned(own).is_some());
    standing.any(|own| asked(&level.desired, own).contains_key(column.name()))
}

/// Refuses another name for a NOT NULL that partitions call otherwise: the server looks for it there under the same name.
fn called_alike(whole: &Address, changes: &Changes, level: &Level) -> Result<(), PlanError> {
    if changes.drops(whole) {
        return Ok(());
    }
    let name = name_of(&level.current, whole);
    let becomes = name_of(&level.desired, whole);
    for partition in level.current.partitions_of(&whole.table()) {
        let own = name_of(&level.current, &partition.part(Kind::NotNull, whole.name()));
        // What is detached has it by itself.
        let leaves = !level.desired.above(&partition).contains(&whole.table());
        let mut said = said_of(&partition, level);
        let said = said.find(|(own, name)| own.name() == whole.name() && Some(*name) != becomes);
        if let Some((address, _)) = said.filter(|_| !leaves) {
            return Err(refused(&partition, address));
        }
        if own.is_some() && own != name && !leaves {
            return Err(PlanError::NotNullRenamed {
                whole: whole.clone(),
                partition: partition.clone(),
            });
        }
    }
    Ok(())
}

fn asked<'a>(model: &'a Model<Expression>, partition: &Address) -> &'a BTreeMap<Name, Name> {
    const NONE: &BTreeMap<Name, Name> = &BTreeMap::new();
    match model.objects.get(partition) {
        Some(Object::Table(own)) => &own.not_null_names,
        _ => NONE,
    }
}

fn name_of<'a>(model: &'a Model<Expression>, address: &Address) -> Option<&'a Name> {
    let handed_down = || model.inherited.get(&address.table())?.objects.get(address);
    match model.objects.get(address).or_else(handed_down) {
        Some(Object::NotNull(own)) => own.name.as_ref(),
        _ => None,
    }
}

/// Gives a new partition its names, before it has keys and is attached.
pub(super) fn of_new(partition: &Address, level: &Level) -> Option<Step> {
    let names = level.desired.not_nulls_of_partition(partition);
    let statement = ddl::partition::call_not_nulls(partition, &names)?;
    let why = format!("what {} calls its NOT NULLs", partition.dotted());
    Some(Step::run(partition, statement, why).using(partition))
}

/// Makes what partitions that stand call by names of theirs of a NOT NULL, the lowest ones first: as it is made in the step.
pub(super) fn parts_of(whole: &Address, step: &Step, level: &Level) -> Vec<Step> {
    let mut below = level.desired.partitions_of(&whole.table());
    below.retain(|own| level.current.partitioned(own).is_some());
    below.reverse();
    // A proof is taken from the whole.
    let is_read = step
        .statement()
        .is_some_and(|own| own.work != Work::Catalog);
    let made = below.iter().filter_map(|partition| {
        let name = asked(&level.desired, partition).get(whole.name())?;
        let own = NotNull {
            name: Some(name.clone()),
            validity: if is_read {
                Validity::Valid
            } else {
                Validity::NotValid
            },
            no_inherit: false,
        };
        let column = partition.part(Kind::Column, whole.name());
        let why = format!("what {} calls its part of {whole}", partition.dotted());
        let statement = if is_read {
            ddl::table::set_named_not_null(&column, &own)
        } else {
            ddl::table::set_not_null(&column, &own)
        };
        Some(Step::run(whole, statement, why).using(partition))
    });
    made.collect()
}
