//! What comes back out of the attic where identity is decided.

use super::attic::{column_aside, to_attic};
use super::identity::{Identity, Known, holds, replaced};
use crate::model::{Address, Kind, Move, Name, Object, Retired, Why};

/// Whenever a plan would create what a retired thing still holds, it takes that back instead.
pub(super) fn take_back(known: &Known<'_>, identity: &mut Identity) {
    for kind in [
        Kind::Collation,
        Kind::Function,
        Kind::Enum,
        Kind::Domain,
        Kind::Composite,
        Kind::Range,
        Kind::Sequence,
        Kind::Table,
        Kind::Column,
    ] {
        let declared = known
            .declared
            .written
            .objects
            .iter()
            .filter(|(address, _)| address.kind() == kind);
        // A partition comes back with its table, after it.
        let written = &known.declared.written;
        let mut declared: Vec<_> = declared.collect();
        declared.sort_by_key(|(own, _)| written.above(own).len());
        for (address, object) in declared {
            let standing = identity.moves.carry_back(address);
            let stands = known.current.objects.get(&standing);
            let gives_way = stands.is_some_and(|own| is_computed(own) && !is_computed(object))
                || replaced(known, &standing, address);
            if stands.is_some() && !gives_way {
                continue;
            }
            let ledger = identity.moves.ledger(known.ledger);
            let newest = ledger
                .iter()
                .filter(|row| row.was == *address)
                .filter(|row| holds_same_type(known, identity, address, object, row))
                .max_by_key(|row| row.revision);
            if let Some(row) = newest {
                if gives_way {
                    let state = known.current.fingerprint_of_all();
                    let aside = stands.and_then(|own| to_attic(&state, address, own));
                    let aside = aside.unwrap_or_else(|| column_aside(&state, address));
                    identity.moves.0.push(aside);
                }
                let place = row.place.clone();
                identity.moves.0.push(Move {
                    from: place.clone(),
                    to: address.clone(),
                    why: Why::TakenBack,
                });
                if known.declared.intent.unmanaged_partitions.contains(address) {
                    with_partitions(known, identity, &place);
                }
            }
        }
    }
}

/// Takes back the partitions that are held with a table, where others look after them.
fn with_partitions(known: &Known<'_>, identity: &mut Identity, place: &Address) {
    for row in known.ledger {
        let is_free = !holds(&known.current.objects, &row.was)
            && !holds(&known.declared.written.objects, &row.was);
        if known.current.above(&row.place).contains(place) && is_free {
            identity.moves.0.push(Move {
                from: row.place.clone(),
                to: row.was.clone(),
                why: Why::TakenBack,
            });
        }
    }
}

/// Says whether an object is a column that is computed.
pub(crate) fn is_computed<T>(object: &Object<T>) -> bool {
    matches!(object, Object::Column(own) if own.generated.is_some())
}

/// A table that has partitions as the declared one has, or has none, fits: its columns are compared one by one. A column fits where a server spells both types alike.
fn holds_same_type(
    known: &Known<'_>,
    identity: &Identity,
    address: &Address,
    declared: &Object<crate::model::Written>,
    row: &Retired,
) -> bool {
    use crate::model::Text;
    let held = known
        .current
        .objects
        .get(&identity.moves.carry_back(&row.place));
    match (held, declared) {
        // One that is held as a partition stays one of the same table.
        (Some(Object::Table(held)), Object::Table(wanted)) => {
            let now = held.partition_of.as_ref().map(|of| {
                let now = identity.moves.carry(&of.parent_address());
                wanted.partition_of.as_ref().map(|of| of.parent_address()) == Some(now)
            });
            let is_like = held.partition_by.is_some() == wanted.partition_by.is_some()
                && held.foreign.is_some() == wanted.foreign.is_some();
            is_like && now != Some(false)
        }
        (Some(Object::Sequence(_)), Object::Sequence(_))
        | (Some(Object::Enum(_)), Object::Enum(_))
        | (Some(Object::Domain(_)), Object::Domain(_))
        | (Some(Object::Composite(_)), Object::Composite(_))
        | (Some(Object::Range(_)), Object::Range(_))
        | (Some(Object::Function(_)), Object::Function(_))
        | (Some(Object::Collation(_)), Object::Collation(_)) => true,
        (Some(Object::Column(held)), Object::Column(wanted)) => {
            // Its type may come back with it: enums are asked first.
            let held_type = multirange_after(known, identity, held.type_name.sql())
                .unwrap_or_else(|| identity.moves.carry_type(held.type_name.sql()));
            let same = match known.types.get(address) {
                Some(spelled) => held_type == spelled.sql(),
                // A server that holds nothing of ours does not know a type of ours, or of an extension.
                None => known.declared.may_be(&wanted.type_name, &held_type),
            };
            // One of a domain may have been set aside with the type that this is made of.
            let base = known.declared.base_of_domain(&wanted.type_name);
            let same = same || base.is_some_and(|base| base == held_type);
            same && held.generated.is_none() && wanted.generated.is_none()
        }
        _ => false,
    }
}

/// Says how a multirange type, or an array of one, is spelled after the moves: it goes with its range type.
fn multirange_after(known: &Known<'_>, identity: &Identity, spelled: &str) -> Option<String> {
    let (name, array) = match spelled.strip_suffix("[]") {
        Some(element) => (element, "[]"),
        None => (spelled, ""),
    };
    let path = Name::split_reference(name)?;
    known.current.objects.iter().find_map(|(address, object)| {
        let Object::Range(own) = object else {
            return None;
        };
        let is_it = own.multirange.as_ref() == Some(&path);
        let after = is_it.then(|| identity.moves.carry_range(address, own))?;
        let parts: Vec<String> = after.multirange?.iter().map(Name::spelled).collect();
        Some([&parts.join("."), array].concat())
    })
}
