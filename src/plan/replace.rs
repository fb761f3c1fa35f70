//! What cannot be altered in place is dropped and made again, and so is everything that stands on it.

use std::collections::{BTreeMap, BTreeSet};

use super::rewrite::persistence;
use crate::ddl;
use crate::diff::{Change, Changes};
use crate::model::{
    Address, Alteration, Body, ColumnAlteration, ColumnSettingsAlteration, CompositeAlteration,
    DomainAlteration, EnumAlteration, Expression, Grant, Kind, Level, Name, Object,
    TableAlteration, Text as _,
};

/// Turns alterations that no statement makes in place into a drop and a create, and adds the dependents that have to
/// follow, to the fixed point.
pub(crate) fn replace(mut changes: Changes, level: &Level) -> Changes {
    let needed_by_current = level.current.needed_by();
    let needed_by_desired = level.desired.needed_by();
    whole_types(&mut changes, &needed_by_current, level);
    let mut again: BTreeSet<Address> = BTreeSet::new();
    let mut forced: BTreeSet<Address> = BTreeSet::new();
    let mut queue: Vec<Address> = Vec::new();
    let mut retyped: Vec<Address> = Vec::new();
    for ((address, _), change) in &changes.0 {
        let Change::Alter(alteration) = change else {
            continue;
        };
        let Some(to) = level.desired.objects.get(address) else {
            continue;
        };
        // Its indexes are renamed, by names that are no matter of the table's own.
        if matches!(
            alteration,
            Alteration::Table(TableAlteration::IndexNames | TableAlteration::NotNullNames)
        ) {
            continue;
        }
        if takes_another_type(alteration) {
            // Its columns are converted; what mentions it or them is made again around that.
            let mut around = vec![address];
            let mut at = 0;
            while at < around.len() {
                let of_type = around[at].kind() != Kind::Column;
                let made_of_it = |own: &&Address| {
                    own.kind() == Kind::Domain || own.kind() == Kind::Column && of_type
                };
                let more = dependents(&needed_by_current, around[at]).filter(made_of_it);
                around.extend(more.collect::<Vec<_>>());
                at += 1;
            }
            // What is computed is not converted: it is made again.
            let (computed, around): (Vec<&Address>, Vec<&Address>) =
                around.into_iter().partition(|own| is_computed(own, level));
            queue.extend(computed.into_iter().cloned());
            retyped.extend(around.iter().map(|own| (*own).clone()));
            for thing in around {
                let all = dependents(&needed_by_current, thing)
                    .chain(dependents(&needed_by_desired, thing));
                let disturbed = |own: &&Address| {
                    // Between the one conversion and the other, two types of that name would be compared.
                    own.kind() == Kind::ForeignKey
                        || is_computed(own, level)
                        || ddl::is_disturbed_by_type_change(own.kind())
                };
                queue.extend(all.filter(disturbed).cloned());
            }
        } else if ddl::alter(address, alteration, to).is_none() {
            // Nothing else is left, whatever it holds: the plan says what is lost.
            forced.insert(address.clone());
            queue.push(address.clone());
        } else if let Alteration::Column(
            ColumnAlteration::Type { .. } | ColumnAlteration::Collation,
        ) = alteration
        {
            retyped.push(address.clone());
            let dependents = dependents(&needed_by_current, address)
                .chain(dependents(&needed_by_desired, address));
            queue.extend(
                dependents
                    .filter(|dependent| !is_left_alone(dependent, address, level))
                    .filter(|dependent| {
                        ddl::is_disturbed_by_type_change(dependent.kind())
                            || is_computed(dependent, level)
                            || refers_beside(dependent, address, level)
                            || is_retyped_at_both_ends(dependent, &changes, level)
                    })
                    .cloned(),
            );
        }
    }
    queue.extend(persistence::keys_in_a_circle(&changes, level));
    queue.extend(grants_that_follow(&changes, level));
    queue.extend(grants_on_columns(&changes, level));
    // A thing that goes takes nothing along that stays: what stands on it is made again without it.
    for ((address, _), change) in &changes.0 {
        if *change == Change::Drop {
            let all = dependents(&needed_by_current, address);
            queue.extend(all.filter(|own| !lets_go(own, address, level)).cloned());
        }
    }
    while let Some(address) = queue.pop() {
        // A column of a foreign table is altered too, as its place among the others may count, and goes along with the table.
        let table = address.table();
        let goes_along = again.contains(&table) && level.current.is_foreign(&table);
        let stays = holds_data(&address, level) && !forced.contains(&address) && !goes_along;
        if stays || !again.insert(address.clone()) {
            continue;
        }
        queue.extend(dependents(&needed_by_current, &address).cloned());
        queue.extend(dependents(&needed_by_desired, &address).cloned());
    }
    for address in again {
        let stood = level.current.objects.contains_key(&address);
        let stands = level.desired.objects.contains_key(&address);
        if stood && stands {
            changes.remove(&address);
            changes.add(&address, Change::Drop);
            changes.add(&address, Change::Create);
        }
    }
    finished(&mut changes, level);
    for column in &retyped {
        said_again(&mut changes, column, level);
    }
    without_what_goes_along(changes, level)
}

/// The server changes the type of an attribute where nothing but routines has the whole type for an argument or result; else
/// another type takes the name.
fn whole_types(
    changes: &mut Changes,
    needed_by: &BTreeMap<Address, BTreeSet<Address>>,
    level: &Level,
) {
    let in_place = |own: &Address| {
        let mut all = dependents(needed_by, own);
        all.all(|own| {
            let is_sql = |own: &Address| match level.current.objects.get(own) {
                Some(Object::Function(own)) => matches!(own.body, Body::Sql(_)),
                Some(Object::Procedure(own)) => matches!(own.body, Body::Sql(_)),
                _ => false,
            };
            own.kind().is_attached() || own.kind().is_routine() && !is_sql(own)
        })
    };
    let retyped = changes.0.iter().filter(|(_, change)| {
        matches!(
            change,
            Change::Alter(Alteration::Composite(CompositeAlteration::Retype(_)))
        )
    });
    let retyped: BTreeSet<Address> = retyped.map(|((own, _), _)| own.clone()).collect();
    for own in retyped.iter().filter(|own| !in_place(own)) {
        changes.remove(own);
        let whole = Alteration::Composite(CompositeAlteration::Attributes);
        changes.add(own, Change::Alter(whole));
    }
}

/// Says whether a type gives way to another one of its name, and its columns are converted.
pub(crate) fn takes_another_type(alteration: &Alteration) -> bool {
    matches!(
        alteration,
        Alteration::Enum(EnumAlteration::Values)
            | Alteration::Domain(DomainAlteration::Type)
            | Alteration::Composite(CompositeAlteration::Attributes)
            | Alteration::Range(_)
            | Alteration::Collation(_)
    )
}

/// Returns what former owners were granted on columns: the server would give it to the new owner instead.
fn grants_that_follow(changes: &Changes, level: &Level) -> Vec<Address> {
    let owners = changes.0.keys().filter_map(|(address, _)| {
        let Some(Object::Owner(former)) = level.current.objects.get(address) else {
            return None;
        };
        Some((address.target()?, &former.role))
    });
    let mut found = Vec::new();
    for (target, role) in owners {
        let grants = level.current.objects.keys().filter(|own| {
            let on_column = own.kind() == Kind::Grant
                && own.target().is_some_and(|own| own.kind() == Kind::Column);
            on_column && own.is_at_or_below(&target) && own.path().iter().rev().nth(1) == Some(role)
        });
        found.extend(grants.cloned());
    }
    found
}

/// Returns the privileges on columns that go with one that is taken from the whole table: those that stay are given again.
fn grants_on_columns(changes: &Changes, level: &Level) -> Vec<Address> {
    let is_taken = |own: &Address| {
        changes.at(own).any(|(_, change)| match change {
            Change::Drop => true,
            Change::Create => {
                matches!(
                    level.desired.objects.get(own),
                    Some(Object::Grant(Grant::Taken))
                )
            }
            Change::Alter(_) => {
                matches!(
                    level.desired.objects.get(own),
                    Some(Object::Grant(Grant::Held))
                )
            }
        })
    };
    let grants = level.current.objects.keys().filter(|own| {
        let target = own.target().filter(|_| own.kind() == Kind::Grant);
        let on_column = target.filter(|own| *own != own.lists_privileges());
        let (Some(column), [.., role, privilege]) = (on_column, own.path()) else {
            return false;
        };
        let whole = Address::privilege_on(&column.lists_privileges(), role, privilege);
        level.desired.objects.contains_key(*own) && is_taken(&whole)
    });
    grants.cloned().collect()
}

/// Adds what the creating statements leave to be altered.
fn finished(changes: &mut Changes, level: &Level) {
    let left: Vec<(Address, Alteration)> = changes
        .0
        .iter()
        .filter(|(_, change)| **change == Change::Create)
        .flat_map(|((address, _), _)| {
            let left = ddl::left_by_create(&level.desired.objects[address]).into_iter();
            left.map(|alteration| (address.clone(), alteration))
        })
        .collect();
    for (address, alteration) in left {
        changes.add(&address, Change::Alter(alteration));
    }
}

/// The server gives a column that changes its type the storage of the new one: what is said of it is said again.
fn said_again(changes: &mut Changes, column: &Address, level: &Level) {
    let own = column.with_kind(Kind::ColumnSettings);
    let (Some(Object::ColumnSettings(_)), Some(Object::ColumnSettings(to))) = (
        level.current.objects.get(&own),
        level.desired.objects.get(&own),
    ) else {
        return;
    };
    let storage = to.storage.is_some();
    let storage = storage.then_some(ColumnSettingsAlteration::Storage(to.storage));
    let compression = to.compression.is_some();
    let compression = compression.then_some(ColumnSettingsAlteration::Compression(to.compression));
    for alteration in [storage, compression].into_iter().flatten() {
        let change = Change::Alter(Alteration::ColumnSettings(alteration));
        if !changes.at(&own).any(|(_, known)| *known == change) {
            changes.add(&own, change);
        }
    }
}

/// Says whether a table that speaks of an index turns to another one, in place, before that one goes.
fn lets_go(dependent: &Address, index: &Address, level: &Level) -> bool {
    matches!(dependent.kind(), Kind::ReplicaIdentity | Kind::ClusteredOn)
        && !level.desired.needs_of(dependent).contains(index)
}

/// Says whether the server leaves an index over a column as it is when that changes its type: nothing else is spoken of
/// there.
fn is_left_alone(dependent: &Address, column: &Address, level: &Level) -> bool {
    let keeps = level.tried.get(column).is_some_and(|own| own.keeps_indexes);
    let sides = [&level.current.objects, &level.desired.objects].map(|own| own.get(dependent));
    let [Some(Object::Index(from)), Some(Object::Index(to))] = sides else {
        return false;
    };
    let is_plain = |own: &Expression| {
        let columns = level.current.columns_of(&column.table());
        columns
            .iter()
            .any(|known| known.name().to_string() == own.sql())
    };
    keeps
        && from == to
        && from.method.as_str() == "btree"
        && from.predicate.is_none()
        && from.elements.iter().all(is_plain)
}

/// Says whether a column is computed from others, before or after.
fn is_computed(address: &Address, level: &Level) -> bool {
    let sides = [&level.current.objects, &level.desired.objects];
    let mut sides = sides.into_iter().filter_map(|own| own.get(address));
    sides.any(|own| matches!(own, Object::Column(own) if own.generated.is_some()))
}

/// Says whether a foreign key refers to a key that only includes the column: the server makes that key again without
/// looking for what refers to it, and refuses.
fn refers_beside(address: &Address, column: &Address, level: &Level) -> bool {
    match level.current.objects.get(address) {
        Some(Object::ForeignKey(own)) => {
            let of = |table: Address, columns: &[Name]| {
                table == column.table() && columns.contains(column.name())
            };
            !of(address.table(), &own.columns)
                && !of(own.referenced_table(), &own.referenced_columns)
        }
        _ => false,
    }
}

/// Says whether a foreign key loses a column of its own and one that it refers to to another type: between the one change
/// and the other, nothing may compare them.
fn is_retyped_at_both_ends(address: &Address, changes: &Changes, level: &Level) -> bool {
    let Some(Object::ForeignKey(own)) = level.current.objects.get(address) else {
        return false;
    };
    let changes_type = |column: Address| {
        changes.at(&column).any(|(_, change)| {
            matches!(
                change,
                Change::Alter(Alteration::Column(ColumnAlteration::Type { .. }))
            )
        })
    };
    let any = |table: &Address, columns: &[Name]| {
        let mut columns = columns.iter().map(|own| table.part(Kind::Column, own));
        columns.any(changes_type)
    };
    any(&address.table(), &own.columns) && any(&own.referenced_table(), &own.referenced_columns)
}

/// What holds rows or is leaned on by rows is altered, never made again because of something else.
fn holds_data(address: &Address, level: &Level) -> bool {
    match level.current.objects.get(address) {
        Some(Object::Column(column)) => column.generated.is_none(),
        // The rows of a foreign one are elsewhere.
        Some(Object::Table(own)) => own.foreign.is_none(),
        Some(
            Object::Sequence(_)
            | Object::Schema(_)
            | Object::Extension(_)
            | Object::Enum(_)
            | Object::Domain(_)
            | Object::Range(_)
            | Object::Collation(_),
        ) => true,
        _ => false,
    }
}

fn dependents<'a>(
    needed_by: &'a BTreeMap<Address, BTreeSet<Address>>,
    address: &Address,
) -> impl Iterator<Item = &'a Address> {
    needed_by.get(address).into_iter().flatten()
}

/// The drop of a parent takes the drops of its parts.
fn without_what_goes_along(mut changes: Changes, level: &Level) -> Changes {
    let goes_along: Vec<Address> = changes
        .0
        .iter()
        .filter(|(_, change)| **change == Change::Drop)
        .filter(|((address, _), _)| {
            let parent = level.current.parent(address);
            // A schema takes nothing along: what it holds goes by itself.
            parent.is_some_and(|parent| {
                (parent.kind() != Kind::Schema || address.kind().is_attached())
                    && changes.drops(&parent)
            })
        })
        .map(|((address, _), _)| address.clone())
        .collect();
    changes
        .0
        .retain(|(address, _), change| *change != Change::Drop || !goes_along.contains(address));
    changes
}
