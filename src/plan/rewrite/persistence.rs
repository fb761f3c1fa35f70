//! A table takes the sequences of its columns along where it becomes unlogged or permanent; one that is to stay as it is
//! is put back in the same transaction.
//! <https://www.postgresql.org/docs/current/sql-altertable.html> (SET LOGGED), from PostgreSQL 15 on

use std::collections::BTreeMap;

use petgraph::algo::has_path_connecting;
use petgraph::graph::{DiGraph, NodeIndex};

use super::{Claim, Context};
use crate::ddl;
use crate::diff::{Change, ChangeId, Changes};
use crate::model::{
    Address, Alteration, Kind, Level, Object, Persistence, SequenceAlteration, TableAlteration,
};
use crate::plan::refusal::PlanError;
use crate::plan::step::{Phase, Step};

pub(super) fn rewrite(changes: &Changes, cx: &Context<'_>) -> Result<Vec<Claim>, PlanError> {
    if cx.server.version.major() < 15 {
        return Ok(Vec::new());
    }
    let altered = changes.0.iter().filter_map(|(id, change)| {
        let Change::Alter(Alteration::Table(TableAlteration::Persistence(to))) = change else {
            return None;
        };
        Some((id, *to))
    });
    let claims = altered.filter_map(|(id, to)| claim(changes, cx, id, to));
    Ok(claims.collect())
}

/// Claims the table with what it takes along; a table without such sequences goes the plain way.
fn claim(changes: &Changes, cx: &Context<'_>, id: &ChangeId, to: Persistence) -> Option<Claim> {
    let table = &id.0;
    let persistence_of = |sequence: &Address| match cx.level.desired.objects.get(sequence) {
        Some(Object::Sequence(own)) => Some(own.persistence),
        _ => None,
    };
    let stays_owned = |address: &Address| {
        [&cx.level.current, &cx.level.desired]
            .into_iter()
            .all(|side| {
                matches!(side.objects.get(address), Some(Object::OwnedBy(own))
                if own.column.iter().take(2).eq(table.path().iter()))
            })
    };
    let owned: Vec<(Address, Persistence)> = cx
        .level
        .current
        .objects
        .keys()
        .filter(|address| address.kind() == Kind::OwnedBy && stays_owned(address))
        .map(|address| address.with_kind(Kind::Sequence))
        .filter_map(|sequence| Some((sequence.clone(), persistence_of(&sequence)?)))
        .collect();
    if owned.is_empty() {
        return None;
    }
    let alteration = Alteration::Table(TableAlteration::Persistence(to));
    let mut takes = vec![id.clone()];
    for (sequence, _) in &owned {
        let own = changes.at(sequence).filter(|(_, change)| {
            matches!(
                change,
                Change::Alter(Alteration::Sequence(SequenceAlteration::Persistence(_)))
            )
        });
        takes.extend(own.map(|(own, _)| own.clone()));
    }
    let first = Step::run(
        table,
        ddl::table::set_persistence(table, to),
        format!("{} of {table} changes", alteration.attribute()),
    )
    .altering(table, alteration.attribute())
    .phase(Phase::Contract);
    let others = owned.iter().map(|(sequence, own)| {
        if *own == to {
            return None;
        }
        let why = format!("{table} took it along; {sequence} stays as it is declared");
        let statement = ddl::sequence::set_persistence(sequence, *own);
        let step = Step::run(sequence, statement, why)
            .altering(sequence, alteration.attribute())
            .phase(Phase::Contract);
        Some(step)
    });
    let steps: Vec<Step> = std::iter::once(Some(first))
        .chain(others)
        .flatten()
        .collect();
    Some(Claim::of(takes).together(steps))
}

/// Returns foreign keys that are made again where tables refer to each other in a circle, and all become unlogged or permanent: the
/// server lets no permanent table refer to an unlogged one, so none of them could be the first.
pub(in crate::plan) fn keys_in_a_circle(changes: &Changes, level: &Level) -> Vec<Address> {
    let turns = |table: &Address| {
        changes.at(table).any(|(_, change)| {
            matches!(
                change,
                Change::Alter(Alteration::Table(TableAlteration::Persistence(_)))
            )
        })
    };
    let mut refers: DiGraph<(), ()> = DiGraph::new();
    let mut nodes: BTreeMap<&Address, NodeIndex> = BTreeMap::new();
    let tables: Vec<(Address, Address, &Address)> = level
        .current
        .objects
        .iter()
        .filter_map(|(address, object)| {
            let Object::ForeignKey(key) = object else {
                return None;
            };
            Some((address.table(), key.referenced_table(), address))
        })
        .filter(|(own, other, _)| own != other && turns(own) && turns(other))
        .collect();
    let mut again = Vec::new();
    for (own, other, key) in &tables {
        let [own, other] =
            [own, other].map(|table| *nodes.entry(table).or_insert_with(|| refers.add_node(())));
        if has_path_connecting(&refers, other, own, None) {
            again.push((*key).clone());
        } else {
            refers.add_edge(own, other, ());
        }
    }
    again
}
