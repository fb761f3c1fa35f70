//! A key of a large partitioned table: its index is built CONCURRENTLY in every partition; then it is declared for the table alone, each
//! partition's key takes its index over, and it is valid once the last of those is attached.
//! <https://www.postgresql.org/docs/current/ddl-partitioning.html> (section 5.12.2.2)

use std::collections::BTreeMap;

use super::constraint::taken_over;
use super::{Claim, Context, completion, creates_at, index_names, partitioned_index};
use crate::ddl;
use crate::diff::Changes;
use crate::model::{Address, Expression, Name, Object, SizeClass};
use crate::plan::step::{Phase, Step};

/// Returns the way where there is one: no partition has a key of its own there that would become a part of this one.
pub(super) fn claim(changes: &Changes, address: &Address, cx: &Context<'_>) -> Option<Claim> {
    let table = address.table();
    let (current, desired) = (&cx.level.current, &cx.level.desired);
    let has_others = cx.blockers.contains_key(&cx.level.moves.carry_back(&table));
    if cx.class(&table) != SizeClass::Large || has_others {
        return None;
    }
    let key = desired.objects.get(address)?;
    // From 18 on, a partition whose key takes an index over has its NOT NULLs for itself, for good: no statement gives them back to
    // the table.
    if matches!(key, Object::PrimaryKey(_)) && cx.server.version.major() >= 18 {
        return None;
    }
    let stays = desired.partitions_of(&table);
    let mut below = current.partitions_of(&table);
    below.retain(|own| stays.contains(own));
    let is_taken = below.iter().any(|partition| {
        let mut parts = current.below(partition);
        parts.any(|(_, own)| columns(own).is_some() && columns(own) == columns(key))
    });
    if is_taken {
        return None;
    }
    let why = format!(
        "{address} is declared for the whole table, and holds once it does in every partition"
    );
    let first = Step::run(address, declare(address, key)?, why)
        .creating(address)
        .phase(Phase::Contract);
    // Table → the index of its key.
    let whole = key.index(address)?;
    let mut above: BTreeMap<Address, Address> = BTreeMap::from([(table.clone(), whole.clone())]);
    let mut builds = Vec::new();
    let mut shares = Vec::new();
    for partition in below {
        let over = above.get(&current.partitioned(&partition)?)?.clone();
        let called = index_names::called(&partition, address, cx.level);
        let called = called.unwrap_or_else(|| partitioned_index::beside(&partition, address));
        let (part, object) = desired.as_of_partition(address, &partition, called.name())?;
        let own = object.index(&part)?;
        let (build, add) = share(address, &part, &object, cx.is_partitioned(&partition))?;
        // On the way to a state in the middle of these steps it is there to stay.
        if build
            .as_ref()
            .is_some_and(|own| desired.objects.contains_key(&own.address))
        {
            return None;
        }
        builds.extend(build);
        let attach = partitioned_index::attach(address, &over, &own, &partition);
        shares.push([add.creating(&own), attach].map(|step| step.phase(Phase::Contract)));
        above.insert(partition, own);
    }
    let claim = Claim::of(creates_at(changes, [address])).each(builds);
    let claim = claim.together([first]);
    let last = completion::step(address, &whole, &table, key.clone()).phase(Phase::Contract);
    Some(shares.into_iter().fold(claim, Claim::together).alone(last))
}

/// Makes the steps by which a partition gets its share: what is built for it before, and what declares it.
pub(super) fn share(
    address: &Address,
    part: &Address,
    object: &Object<Expression>,
    is_partitioned: bool,
) -> Option<(Option<Step>, Step)> {
    if is_partitioned {
        let why = format!("{} gets its share of it", part.table().dotted());
        return Some((None, Step::run(address, declare(part, object)?, why)));
    }
    let (build, statement) = taken_over(part, object)?;
    let why = format!("{} takes the index over", part.dotted());
    let add = Step::run(address, statement, why).using(&build.address);
    Some((Some(build), add))
}

/// Returns the columns of a key.
fn columns(object: &Object<Expression>) -> Option<&[Name]> {
    if let Object::PrimaryKey(own) = object {
        Some(&own.columns)
    } else if let Object::Unique(own) = object {
        Some(&own.columns)
    } else {
        None
    }
}

/// Declares a key for a partitioned table alone.
fn declare(address: &Address, key: &Object<Expression>) -> Option<ddl::Statement> {
    if let Object::PrimaryKey(own) = key {
        Some(ddl::constraint::declare_primary_key(address, own))
    } else if let Object::Unique(own) = key {
        Some(ddl::constraint::declare_unique(address, own))
    } else {
        None
    }
}
