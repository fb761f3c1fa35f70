//! Indexes on tables with rows: built and dropped CONCURRENTLY.
//! <https://www.postgresql.org/docs/current/sql-createindex.html> (Building Indexes Concurrently)

use super::{Claim, Context, partitioned_index};
use crate::ddl::{self, index::Way};
use crate::diff::{Change, ChangeId, Changes};
use crate::model::{
    Address, Alteration, Expression, Hash, Index, Kind, MaterializedViewAlteration, Name, Object,
    SizeClass, TEMPORARY_PREFIX,
};
use crate::plan::refusal::PlanError;
use crate::plan::step::{Phase, Step};

/// Stands for what an index holds: the attribute that changes where it is built again as it is.
pub(crate) const ENTRIES: &str = "entries";

/// Builds the new one beside, lets the two change their names, and drops the former one: at no moment there is none. What
/// the table says of it turns to the new one with the names. `None` where other things stand on it, or change with it.
fn replaced(changes: &Changes, cx: &Context<'_>, address: &Address) -> Option<Claim> {
    let objects = [&cx.level.current.objects, &cx.level.desired.objects];
    let [Some(Object::Index(held)), Some(Object::Index(wanted))] =
        objects.map(|own| own.get(address))
    else {
        return None;
    };
    let table = wanted.table_address(address);
    if held.alterations(wanted).is_empty()
        || held.table != wanted.table
        || cx.is_partitioned(&table)
        || cx.class(&table) == SizeClass::Empty
    {
        return None;
    }
    let columns = |own: &Address| own.kind() == Kind::Column;
    let before = cx.level.current.needs_of(address);
    let after = cx.level.desired.needs_of(address);
    // What another rewrite has claimed is no change any more.
    let stays = |need: &&Address| stays(changes, cx, need);
    let is_still = before.iter().all(|need| stays(&need))
        && before
            .iter()
            .chain(&after)
            .filter(|own| columns(own))
            .all(|own| types_stay(changes, cx, own))
        && after.iter().all(|need| stays(&need) || columns(need))
        && !before
            .iter()
            .chain(&after)
            .any(|need| columns(need) && super::constraint::is_in_flux(changes, cx, need));
    let speaks = |own: &Address| matches!(own.kind(), Kind::ReplicaIdentity | Kind::ClusteredOn);
    let mut spoken: Vec<Address> = Vec::new();
    for side in [&cx.level.current, &cx.level.desired] {
        for other in side.needed_by().get(address).into_iter().flatten() {
            if other.kind() != Kind::Comment && !speaks(other) {
                return None;
            }
            if speaks(other) && changes.drops(other) && changes.creates(other) {
                spoken.push(other.clone());
            }
        }
    }
    if !is_still {
        return None;
    }
    spoken.sort();
    spoken.dedup();
    let mut takes: Vec<ChangeId> = changes.at(address).map(|(id, _)| id.clone()).collect();
    for own in &spoken {
        takes.extend(changes.at(own).map(|(id, _)| id.clone()));
    }
    let why = format!(
        "{address} gets another definition; the new one is built beside, while clients go on"
    );
    // The columns of a materialized view are no objects.
    let uses = after.iter().filter(|own| columns(own) || **own == table);
    Some(beside(cx, address, wanted, takes, &spoken, why, uses))
}

/// Builds an index beside the one that stands, lets the two change their names, and drops the former one. `spoken` says again what is
/// said of it; the new one is built after what it `uses` has changed.
pub(super) fn beside<'a>(
    cx: &Context<'_>,
    address: &Address,
    wanted: &Index<Expression>,
    takes: Vec<ChangeId>,
    spoken: &[Address],
    why: String,
    uses: impl IntoIterator<Item = &'a Address>,
) -> Claim {
    let table = wanted.table_address(address);
    let (new, former) = (beside_name(address, "_"), beside_name(address, "_was_"));
    let mut build = Step::run(
        &new,
        ddl::index::create(&new, wanted, Way::Concurrently),
        why,
    )
    .creating(&new)
    .phase(Phase::of_build(wanted));
    for own in uses {
        build = build.using(own);
    }
    let leave = Step::run(
        address,
        ddl::index::rename(address, former.name()),
        "makes room for the new one",
    )
    .creating(&former)
    .phase(Phase::Contract);
    let enter = Step::run(
        address,
        ddl::index::rename(&new, address.name()),
        "the new one takes its place",
    )
    .using(&new)
    .phase(Phase::Contract);
    // One that stays what it is comes after what it is made with has changed; another one goes before that.
    let is_same = takes.is_empty();
    let mut swap = if is_same {
        vec![
            leave.altering(address, "name"),
            enter.altering(address, ENTRIES),
        ]
    } else {
        vec![leave.dropping(address), enter.creating(address)]
    };
    for own in spoken {
        let statement = ddl::create(own, &cx.level.desired.objects[own]);
        let step = Step::run(own, statement, format!("{own} turns to the new one"));
        swap.push(step.altering(own, "index").phase(Phase::Contract));
    }
    let drop = Step::run(
        &former,
        ddl::index::drop(&former, &table, Way::Concurrently),
        "the former one goes; readers and writers go on meanwhile",
    )
    .dropping(&former)
    .phase(Phase::Contract);
    Claim::of(takes).alone(build).together(swap).alone(drop)
}

/// Returns a name that an index has only for a time.
pub(super) fn beside_name(address: &Address, word: &str) -> Address {
    let prefix = [TEMPORARY_PREFIX, Hash::of(address).short(8), word].concat();
    address.renamed(Name::fitted(&prefix, address.name().as_str()))
}

/// Says whether nothing changes about what an index or a view needs. What another rewrite has claimed is no change any
/// more.
fn stays(changes: &Changes, cx: &Context<'_>, need: &Address) -> bool {
    let objects = [&cx.level.current.objects, &cx.level.desired.objects];
    let [held, wanted] = objects.map(|own| own.get(need));
    let is_type = need.kind().is_data_type();
    let mut own = changes.at(need);
    // The storage parameters of a materialized view are no matter of what stands on it.
    let is_still = own.all(|(_, change)| {
        matches!(
            change,
            Change::Alter(Alteration::MaterializedView(
                MaterializedViewAlteration::Parameters { .. }
            ))
        )
    });
    is_still && (!is_type || held == wanted)
}

/// Says whether the types of a column stay: one may change with nothing said of the column, and a domain with one that it is
/// made of.
pub(super) fn types_stay(changes: &Changes, cx: &Context<'_>, column: &Address) -> bool {
    let mut queue = vec![column.clone()];
    while let Some(own) = queue.pop() {
        let types = [&cx.level.current, &cx.level.desired].map(|side| side.needs_of(&own));
        let is_type = |own: &&Address| own.kind().is_data_type();
        let types: Vec<Address> = types.iter().flatten().filter(is_type).cloned().collect();
        if !types.iter().all(|own| stays(changes, cx, own)) {
            return false;
        }
        queue.extend(types);
    }
    true
}

pub(super) fn rewrite(changes: &Changes, cx: &Context<'_>) -> Result<Vec<Claim>, PlanError> {
    let mut claims = Vec::new();
    for (id, change) in &changes.0 {
        let address = &id.0;
        // What is dropped and made again around a change of its column stays in that change's block.
        if changes.drops(address) && changes.creates(address) {
            if *change == Change::Create {
                claims.extend(replaced(changes, cx, address));
            }
            continue;
        }
        let claim = match change {
            Change::Create => {
                let Some(Object::Index(index)) = cx.level.desired.objects.get(address) else {
                    continue;
                };
                let table = index.table_address(address);
                // One on a materialized view that is made again is built before anybody reads that.
                if cx.is_new(&table)
                    || changes.drops(&table)
                    || cx.class(&table) == SizeClass::Empty
                {
                    continue;
                }
                if cx.is_partitioned(&table) {
                    // One of another kind has to get its index from the server, if it can have one.
                    let before = cx.level.moves.carry_back(&table);
                    let has_others = cx.blockers.contains_key(&before);
                    if cx.class(&table) == SizeClass::Large && !has_others {
                        claims.push(partitioned_index::claim(id, index, cx));
                    }
                    continue;
                }
                let statement = ddl::index::create(address, index, Way::Concurrently);
                let why = format!("{address} is declared; it is built while clients go on");
                Step::run(address, statement, why)
                    .creating(address)
                    .phase(Phase::of_build(index))
            }
            Change::Drop => {
                let Some(Object::Index(index)) = cx.level.current.objects.get(address) else {
                    continue;
                };
                let table = index.table_address(address);
                // One of a partitioned table goes at once, with those of its partitions.
                if cx.class(&table) == SizeClass::Empty || cx.is_partitioned(&table) {
                    continue;
                }
                let statement = ddl::index::drop(address, &table, Way::Concurrently);
                let why =
                    format!("{address} is no longer declared; readers and writers go on meanwhile");
                Step::run(address, statement, why)
                    .dropping(address)
                    .phase(Phase::Contract)
            }
            Change::Alter(_) => continue,
        };
        claims.push(Claim::of(vec![id.clone()]).alone(claim));
    }
    Ok(claims)
}
