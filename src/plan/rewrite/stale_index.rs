//! An index over what a function, or text search, makes of a row keeps the entries that the former one made: it is built again beside
//! itself. REINDEX CONCURRENTLY would do as much in one statement; when it is interrupted, what it leaves has a name that nobody has given
//! and no step has recorded. <https://www.postgresql.org/docs/current/sql-reindex.html>

use std::collections::{BTreeMap, BTreeSet};

use super::index::beside;
use super::{Claim, Context};
use crate::diff::{Change, Changes};
use crate::model::{
    Address, Alteration, Clause, Defined, DefinitionAlteration, FunctionAlteration, Kind, Object,
    SizeClass,
};
use crate::plan::refusal::PlanError;

pub(super) fn rewrite(changes: &Changes, cx: &Context<'_>) -> Result<Vec<Claim>, PlanError> {
    let needed_by = cx.level.desired.needed_by();
    let mut stale: BTreeMap<Address, BTreeSet<Address>> = BTreeMap::new();
    for ((address, _), change) in &changes.0 {
        if answers_otherwise(address, change, cx) {
            for index in made_with(address, &needed_by) {
                stale.entry(index).or_default().insert(address.clone());
            }
        }
    }
    let claims = stale
        .into_iter()
        .filter_map(|(index, by)| built_again(changes, cx, &index, &by));
    Ok(claims.collect())
}

/// Says whether something may make of a value what it did not make of it before.
fn answers_otherwise(address: &Address, change: &Change, cx: &Context<'_>) -> bool {
    let Change::Alter(alteration) = change else {
        return false;
    };
    if let Alteration::Function(FunctionAlteration::Definition) = alteration {
        let sides = [&cx.level.current, &cx.level.desired].map(|own| own.objects.get(address));
        let [Some(Object::Function(from)), Some(Object::Function(to))] = sides else {
            return false;
        };
        return from.body != to.body
            || from.language != to.language
            || from.strict != to.strict
            || from.set != to.set;
    }
    matches!(
        alteration,
        Alteration::Defined(
            DefinitionAlteration::Mapping { .. }
                | DefinitionAlteration::Clause {
                    clause: Clause::Options,
                    ..
                }
        )
    ) && is_search(address)
}

/// Says whether it is of text search: what it makes of a text may be kept in an index.
pub(crate) fn is_search(own: &Address) -> bool {
    let search = [
        Defined::TextSearchDictionary,
        Defined::TextSearchConfiguration,
    ];
    search.iter().any(|kind| own.kind() == Kind::Defined(*kind))
}

/// Finds the indexes that are made with something; what a configuration makes of a text is what its dictionaries make of it.
fn made_with(own: &Address, needed_by: &BTreeMap<Address, BTreeSet<Address>>) -> BTreeSet<Address> {
    let mut found = BTreeSet::new();
    for dependent in needed_by.get(own).into_iter().flatten() {
        if dependent.kind() == Kind::Index {
            found.insert(dependent.clone());
        } else if is_search(dependent) {
            found.extend(made_with(dependent, needed_by));
        }
    }
    found
}

/// Returns what is said of an index that is built again, if nothing else stands on it, and nothing of that changes.
pub(super) fn spoken_of(
    changes: &Changes,
    cx: &Context<'_>,
    index: &Address,
) -> Option<Vec<Address>> {
    let mut spoken = Vec::new();
    let needed_by = cx.level.desired.needed_by();
    for other in needed_by.get(index).into_iter().flatten() {
        let says = matches!(
            other.kind(),
            Kind::Comment | Kind::ReplicaIdentity | Kind::ClusteredOn
        );
        if !says || changes.at(other).next().is_some() {
            return None;
        }
        spoken.push(other.clone());
    }
    Some(spoken)
}

/// Builds an index again, where it stays as it is and nothing else stands on it: what stands on it is told to be stale.
fn built_again(
    changes: &Changes,
    cx: &Context<'_>,
    address: &Address,
    by: &BTreeSet<Address>,
) -> Option<Claim> {
    let objects = [&cx.level.current.objects, &cx.level.desired.objects];
    let [Some(Object::Index(held)), Some(Object::Index(wanted))] =
        objects.map(|own| own.get(address))
    else {
        return None;
    };
    let table = wanted.table_address(address);
    let needs = cx.level.current.needs_of(address);
    let was_made_with = by.iter().any(|own| needs.contains(own));
    let is_still = held.alterations(wanted).is_empty()
        && changes.at(address).next().is_none()
        && !cx
            .blockers
            .contains_key(&cx.level.moves.carry_back(address));
    let through_search = by.iter().any(is_search);
    if !is_still
        || !was_made_with && !through_search
        || cx.is_partitioned(&table)
        || cx.level.desired.partitioned(&table).is_some()
        || cx.class(&table) == SizeClass::Empty
    {
        return None;
    }
    let spoken = spoken_of(changes, cx, address)?;
    let names: Vec<String> = by.iter().map(ToString::to_string).collect();
    let why = format!(
        "{address} holds what {} made before; the new one is built beside, while clients go on",
        names.join(" and ")
    );
    Some(beside(cx, address, wanted, Vec::new(), &spoken, why, by))
}
