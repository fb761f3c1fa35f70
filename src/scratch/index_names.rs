//! What partitions call the indexes that they have from the tables above them: names that files ask for, and those that stand.

use std::collections::{BTreeMap, BTreeSet};

use super::ScratchError;
use crate::model::{Address, Declared, Expression, Kind, Level, Model, Name, Object, Written};
use crate::plan::{IdentityError, partition::is_same};

/// Takes what a partition has of its own for what it is to have from its table, where files call that by the name of this and both are the
/// same: the server does so as the one of the table is made.
pub(super) fn taken_over(level: &mut Level) {
    let mut all: BTreeSet<Address> = BTreeSet::new();
    for (partition, object) in &level.desired.objects {
        let Object::Table(own) = object else {
            continue;
        };
        // A table that is attached is asked about its indexes as it stands alone.
        if level.current.partitioned(partition).is_none() {
            continue;
        }
        for (whole, name) in &own.index_names {
            let part = level.desired.as_of_partition(whole, partition, name);
            let Some((address, wanted)) = part else {
                continue;
            };
            let held = level.current.objects.get(&address);
            let is_same = held.is_some_and(|own| is_same(own, &wanted));
            let comes = !level.current.objects.contains_key(whole);
            if comes && is_same && !level.desired.objects.contains_key(&address) {
                all.insert(address);
            }
        }
    }
    if !all.is_empty() {
        let gone = |own: &Address| all.contains(&own.target().unwrap_or_else(|| own.clone()));
        level.current.retain(|own| !gone(own));
    }
}

/// Gives partitions the names of indexes that they have, where files ask for no other ones.
pub(super) fn keep(
    standing: &Model<Expression>,
    desired: &mut Model<Written>,
    declared: &Declared,
) {
    let is_there: BTreeSet<Address> = desired.objects.keys().cloned().collect();
    for (address, object) in &mut desired.objects {
        let (Object::Table(own), Some(Object::Table(there))) =
            (object, standing.objects.get(address))
        else {
            continue;
        };
        if own.partition_of.is_none() {
            continue;
        }
        let asked = match declared.written.objects.get(address) {
            Some(Object::Table(said)) => said.index_names.clone(),
            _ => BTreeMap::new(),
        };
        // One that something else is to have is given up.
        let is_free = |name: &Name| {
            let path = [address.schema_name(), name].map(Clone::clone);
            !is_there.contains(&Address::new(Kind::Index, path))
        };
        let kept = there.index_names.iter();
        let kept = kept.filter(|(whole, name)| is_there.contains(*whole) && is_free(name));
        own.index_names = kept
            .map(|(whole, name)| (whole.clone(), name.clone()))
            .collect();
        own.index_names.extend(asked);
    }
}

/// Refuses names that leave open which of equal indexes of a table they are for: the server would take the one for the other.
pub(super) fn of_equals(
    declared: &Declared,
    settled: &Model<Expression>,
) -> Result<(), ScratchError> {
    for (partition, object) in &declared.written.objects {
        let Object::Table(own) = object else {
            continue;
        };
        for whole in own.index_names.keys() {
            let Some(named) = settled.objects.get(whole) else {
                continue;
            };
            let mut others = settled.objects.iter().filter(|(address, _)| {
                *address != whole
                    && address.kind() == whole.kind()
                    && !own.index_names.contains_key(*address)
            });
            let table = named.table(whole);
            let equal = others.find(|(address, other)| {
                other.table(address) == table && other.alterations(named).is_empty()
            });
            if let Some((other, _)) = equal {
                return Err(ScratchError::Identity(IdentityError::EqualUnnamed {
                    partition: partition.clone(),
                    whole: whole.clone(),
                    other: other.clone(),
                }));
            }
        }
    }
    Ok(())
}
