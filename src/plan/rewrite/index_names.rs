//! What partitions call the indexes that they have from their table: made under that name before that of the table, which takes them for
//! its parts, or renamed.
//! <https://www.postgresql.org/docs/current/ddl-partitioning.html> (section 5.12.2.2)

use std::collections::BTreeSet;

use super::{Claim, Context};
use crate::ddl::{self, index::Way};
use crate::diff::{Change, Changes};
use crate::model::{
    Address, Alteration, Expression, INDEX_NAMES, Kind, Level, Name, Object, Table, TableAlteration,
};
use crate::plan::graph::Placed;
use crate::plan::partition::is_same;
use crate::plan::refusal::PlanError;
use crate::plan::step::{Block, Effect, Step};

pub(in crate::plan) fn rewrite(
    changes: &Changes,
    cx: &Context<'_>,
) -> Result<Vec<Claim>, PlanError> {
    let mut claims = Vec::new();
    for (id, change) in &changes.0 {
        let Change::Alter(Alteration::Table(TableAlteration::IndexNames)) = change else {
            continue;
        };
        let partition = &id.0;
        let steps = renames(partition, changes, cx);
        let claim = Claim::of(vec![id.clone()]);
        claims.push(if steps.is_empty() {
            claim
        } else {
            claim.together(steps)
        });
    }
    Ok(claims)
}

/// Renames what stays and is to be called otherwise. Where one is to have the name of another, that one makes room first.
fn renames(partition: &Address, changes: &Changes, cx: &Context<'_>) -> Vec<Step> {
    let level = cx.level;
    // A table that is attached has its indexes already; the desired side knows them by the names that they have.
    let is_attached = level.current.partitioned(partition).is_none();
    let side = if is_attached {
        &level.desired
    } else {
        &level.current
    };
    let wanted = wanted(partition, level);
    let mut all: Vec<(Address, Address, Name)> = Vec::new();
    for (whole, index) in side.indexes_from_above(partition) {
        // What goes with the one above has gone by then.
        let stays = !changes.drops(&whole);
        let name = wanted.iter().find(|(own, _)| *own == whole);
        if let Some((_, name)) = name.filter(|(_, name)| stays && name != index.name()) {
            all.push((whole, index, name.clone()));
        }
    }
    let step = |index: &Address, name: &Name, why: String| {
        Step::run(partition, ddl::index::rename(index, name), why)
            .using(partition)
            .altering(partition, INDEX_NAMES)
    };
    let mut steps = Vec::new();
    let taken: BTreeSet<Name> = all.iter().map(|(_, _, name)| name.clone()).collect();
    let in_the_way = |own: &&mut (Address, Address, Name)| taken.contains(own.1.name());
    for (_, index, _) in all.iter_mut().filter(in_the_way) {
        let aside = super::index::beside_name(index, "_was_");
        steps.push(step(
            index,
            aside.name(),
            "makes room for another one".to_owned(),
        ));
        *index = aside;
    }
    let why = |whole: &Address| format!("what {} calls its part of {whole}", partition.dotted());
    steps.extend(
        all.iter()
            .map(|(whole, index, name)| step(index, name, why(whole))),
    );
    steps
}

/// Builds an index again that a table keeps for itself while an equal one becomes a part, where the table is attached: the server takes
/// the one that was made first, and which one that was on a live server no scratch server knows.
pub(super) fn made_after(changes: &Changes, table: &Address, cx: &Context<'_>) -> Vec<Claim> {
    let (current, desired) = (&cx.level.current, &cx.level.desired);
    let Some(inherited) = desired.inherited.get(table) else {
        return Vec::new();
    };
    let parts = desired.indexes_from_above(table).into_values();
    let parts: Vec<Address> = parts.collect();
    let mut columns = current.columns_of(table).into_iter();
    let Some(column) = columns.next() else {
        return Vec::new();
    };
    let mut claims = Vec::new();
    for (address, object) in &desired.objects {
        let Object::Index(own) = object else {
            continue;
        };
        let stays = current.objects.contains_key(address) && changes.at(address).next().is_none();
        let is_part = parts.contains(address);
        if own.table_address(address) != *table || is_part || !stays {
            continue;
        }
        let equal = |part: &&Address| {
            let part = inherited.objects.get(*part);
            part.is_some_and(|part| is_same(object, part))
        };
        let equal: Vec<&Address> = parts.iter().filter(equal).collect();
        if equal.is_empty() {
            continue;
        }
        let Some(spoken) = super::stale_index::spoken_of(changes, cx, address) else {
            continue;
        };
        let why = format!(
            "{address} stays the table's own: an equal one that was made before it becomes a part"
        );
        let uses = [table].into_iter().chain(equal);
        let claim = super::index::beside(cx, address, own, Vec::new(), &spoken, why, uses);
        claims.push(claim.last_using(&column));
    }
    claims
}

/// Returns what the indexes of a partition are to be called, by those of the tables above that they come from.
fn wanted(partition: &Address, level: &Level) -> Vec<(Address, Name)> {
    let asked = asked(partition, level);
    let all = level.desired.indexes_from_above(partition).into_iter();
    let named = all.map(|(whole, index)| {
        let asked = asked.and_then(|own| own.index_names.get(&whole));
        let name = asked.unwrap_or_else(|| index.name()).clone();
        (whole, name)
    });
    named.collect()
}

/// Returns the index that a partition has, or is to have, for one of the tables above it.
pub(super) fn called(partition: &Address, whole: &Address, level: &Level) -> Option<Address> {
    let found = wanted(partition, level).into_iter();
    let mut found = found.filter(|(own, _)| own == whole);
    let path = |name: Name| [partition.schema_name().clone(), name];
    found
        .next()
        .map(|(_, name)| Address::new(Kind::Index, path(name)))
}

fn asked<'a>(partition: &Address, level: &'a Level) -> Option<&'a Table<Expression>> {
    match level.desired.objects.get(partition) {
        Some(Object::Table(own)) => Some(own),
        _ => None,
    }
}

/// Makes the indexes and keys that a new partition calls by names of its own, before it is attached: those above are there by then.
pub(super) fn of_new(partition: &Address, cx: &Context<'_>) -> Vec<Step> {
    let names = cx.level.desired.index_names_of(partition).into_iter();
    let made = names.filter_map(|(whole, name)| made(partition, whole, name, cx.level));
    made.collect()
}

/// Makes one, as the one above it is made.
fn made(partition: &Address, whole: &Address, name: &Name, level: &Level) -> Option<Step> {
    let (address, object) = level.desired.as_of_partition(whole, partition, name)?;
    let index = object.index(&address)?;
    if taken_over(&address, level) {
        return None;
    }
    let why = format!("what {} calls its part of {whole}", partition.dotted());
    let statement = if let Object::Index(own) = &object {
        ddl::index::create(&index, own, Way::Direct)
    } else {
        ddl::create(&address, &object)
    };
    Some(Step::run(whole, statement, why).using(partition))
}

/// Says whether an index or key of a partition's own, that stands, becomes a part of that of its table.
pub(super) fn taken_over(own: &Address, level: &Level) -> bool {
    let before = level.moves.carry_back(own);
    let sides = [&level.current, &level.desired];
    level.before.objects.contains_key(&before)
        && !sides.iter().any(|side| side.objects.contains_key(own))
}

/// Makes those of partitions that stand first, where an index, a key or a NOT NULL of their table is made at once.
pub(in crate::plan) fn made_first(ordered: &mut [Placed], level: &Level) {
    for (block, _) in ordered {
        let Block::Together(steps) = block else {
            continue;
        };
        for step in std::mem::take(steps) {
            let is_for_all = step.statement().is_some_and(|own| !own.spares_partitions);
            let wholes = step.effects.iter().filter_map(|effect| match effect {
                Effect::Creates(own) if is_for_all => Some(own),
                Effect::Creates(_)
                | Effect::Alters(..)
                | Effect::Drops(_)
                | Effect::Uses(_)
                | Effect::Reads(_)
                | Effect::Moves(_) => None,
            });
            let first: Vec<Step> = wholes
                .flat_map(|own| {
                    if own.kind() == Kind::NotNull {
                        super::not_null_names::parts_of(own, &step, level)
                    } else {
                        parts_of(own, level)
                    }
                })
                .collect();
            steps.extend(first.into_iter().map(|own| own.phase(step.phase)));
            steps.push(step);
        }
    }
}

/// Makes what partitions that stand call by names of theirs of an index or key, the lowest ones first.
fn parts_of(whole: &Address, level: &Level) -> Vec<Step> {
    let Some(object) = level.desired.objects.get(whole) else {
        return Vec::new();
    };
    let table = object.table(whole);
    if object.index(whole).is_none() || !level.desired.is_partitioned(&table) {
        return Vec::new();
    }
    let mut below = level.desired.partitions_of(&table);
    below.retain(|own| level.current.partitioned(own).is_some());
    below.reverse();
    let named = below.iter().filter_map(|partition| {
        let name = asked(partition, level)?.index_names.get(whole)?;
        made(partition, whole, name, level)
    });
    named.collect()
}
