//! A materialized view with another query: the new one is filled and indexed beside, then takes the name. What it holds
//! is what its query says, so the former one is dropped.
//! <https://www.postgresql.org/docs/current/sql-creatematerializedview.html>

use std::collections::BTreeSet;

use super::{Claim, Context};
use crate::ddl::{self, LockMode, Statement, Work, index::Way};
use crate::diff::{Change, ChangeId, Changes};
use crate::model::{
    Address, Expression, Hash, Index, Kind, MaterializedView, Name, Object, SizeClass,
    TEMPORARY_PREFIX,
};
use crate::plan::refusal::PlanError;
use crate::plan::relations;
use crate::plan::step::{Phase, Step};

pub(super) fn rewrite(changes: &Changes, cx: &Context<'_>) -> Result<Vec<Claim>, PlanError> {
    let again = changes.0.iter().filter(|((address, _), change)| {
        **change == Change::Create
            && address.kind() == Kind::MaterializedView
            && changes.drops(address)
    });
    Ok(again
        .filter_map(|((address, _), _)| replaced(changes, cx, address))
        .collect())
}

/// Makes the statement that fills one; it reads, and is not to be run under the locks of others.
pub(crate) fn filled(
    new: &Address,
    address: &Address,
    own: &MaterializedView<Expression>,
    cx: &Context<'_>,
) -> Statement {
    let mut statement = ddl::view::materialize(new, own);
    if cx.is_new(new) {
        statement.locks.clear();
    }
    let reads = relations::reads(cx.level, address);
    let units: BTreeSet<Address> = reads
        .iter()
        .map(|need| cx.level.desired.unit_of(need))
        .collect();
    let is_read = |own: &&Address| {
        matches!(own.kind(), Kind::Table | Kind::MaterializedView) && *own != address
    };
    for unit in units.iter().filter(is_read) {
        if cx.class(unit) != SizeClass::Empty {
            statement = statement.locking(unit, LockMode::AccessShare);
        }
    }
    // What a function reads is not known, nor how long it takes.
    let calls = units.iter().any(|own| own.kind().is_routine());
    let mut tables = units.iter().filter(is_read).peekable();
    let is_quick = tables.peek().is_some() && tables.all(|own| cx.class(own) == SizeClass::Empty);
    if is_quick && !calls {
        statement = statement.working(Work::Catalog);
    }
    statement
}

/// `None` where it is made again because of what it reads: there is no moment at which both could stand.
fn replaced(changes: &Changes, cx: &Context<'_>, address: &Address) -> Option<Claim> {
    let objects = [&cx.level.current.objects, &cx.level.desired.objects];
    let [
        Some(Object::MaterializedView(held)),
        Some(Object::MaterializedView(wanted)),
    ] = objects.map(|own| own.get(address))
    else {
        return None;
    };
    let is_another = held.query != wanted.query;
    let needs = [&cx.level.current, &cx.level.desired].map(|side| side.needs_of(address));
    let columns = || {
        let sides = needs.iter().flatten();
        sides.filter(|own| own.kind() == Kind::Column)
    };
    let stays = |need: &Address| {
        let is_new = !objects[0].contains_key(need);
        let is_same =
            changes.at(need).next().is_none() && objects[0].get(need) == objects[1].get(need);
        (is_new || is_same) && !need.name().is_reserved()
    };
    if !is_another
        || !needs.iter().flatten().all(stays)
        || columns().any(|own| super::constraint::is_in_flux(changes, cx, own))
        || !columns().all(|own| super::index::types_stay(changes, cx, own))
    {
        return None;
    }
    let beside = |own: &Address| {
        let prefix = [TEMPORARY_PREFIX, Hash::of(own).short(8), "_"].concat();
        own.renamed(Name::fitted(&prefix, own.name().as_str()))
    };
    let new = beside(address);
    let mut build = Step::run(
        &new,
        filled(&new, address, wanted, cx),
        format!("{address} gets another query; the new one is filled beside, while clients go on"),
    )
    .creating(&new)
    .phase(Phase::Migrate);
    for need in &relations::reads(cx.level, address) {
        build = build.using(need);
    }
    let leave = Step::run(
        address,
        ddl::view::drop(address),
        "the former one goes; its rows were those of its query",
    )
    .dropping(address)
    .phase(Phase::Contract);
    let enter = Step::run(
        address,
        ddl::view::rename(&new, address.name()),
        "the new one takes its place",
    )
    .using(&new)
    .creating(address)
    .phase(Phase::Contract);
    let (mut first, mut swap) = (vec![build], vec![leave, enter]);
    let mut takes: Vec<ChangeId> = changes.at(address).map(|(id, _)| id.clone()).collect();
    let created = changes
        .0
        .iter()
        .filter(|(_, change)| **change == Change::Create);
    for (id, _) in created {
        let Some(Object::Index(index)) = objects[1].get(&id.0) else {
            continue;
        };
        if index.table_address(&id.0) != *address {
            continue;
        }
        let own = beside(&id.0);
        let on_new = Index {
            table: new.name().clone(),
            ..index.clone()
        };
        first.push(
            Step::run(
                &own,
                ddl::index::create(&own, &on_new, Way::Direct),
                format!("{} is built before anybody reads it", id.0),
            )
            .creating(&own)
            .using(&new)
            .phase(Phase::Migrate),
        );
        swap.push(
            Step::run(
                &id.0,
                ddl::index::rename(&own, id.0.name()),
                format!("{} is there again", id.0),
            )
            .using(&own)
            .creating(&id.0)
            .phase(Phase::Contract),
        );
        takes.push(id.clone());
    }
    Some(Claim::of(takes).together(first).together(swap))
}
