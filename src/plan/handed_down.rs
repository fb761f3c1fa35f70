//! What tables have from others, where identity is decided: columns that come and go with those above.

use super::identity::{Identity, IdentityError, Known};
use crate::model::{Address, Kind};

/// Says whether a column that stands is one that the tables above hand down, under its name or the one that it gets there.
pub(super) fn comes_from_above(known: &Known<'_>, identity: &Identity, now: &Address) -> bool {
    let objects = &known.declared.written.objects;
    let above = known.declared.written.above(&now.table());
    above.iter().any(|whole| {
        let follows = || {
            identity.moves.0.iter().any(|step| {
                let end = identity.moves.end_of(step);
                end.table() == *whole
                    && step.from.kind() == Kind::Column
                    && step.from.name() == now.name()
                    && objects.contains_key(&end)
            })
        };
        objects.contains_key(&whole.part(Kind::Column, now.name())) || follows()
    })
}

/// Refuses a column or check that would be handed down from now on, or no longer, while its table goes on inheriting: on the way back
/// nobody could tell the values apart.
pub(super) fn changes_hands(known: &Known<'_>, identity: &Identity) -> Result<(), IdentityError> {
    let written = &known.declared.written;
    let found = |column: Address, table: &Address| {
        Err(IdentityError::ChangesHands {
            column,
            table: table.clone(),
        })
    };
    for now in written.objects.keys() {
        if now.kind() != Kind::Table || written.partitioned(now).is_some() {
            continue;
        }
        let above = written.above(now);
        let before = identity.moves.carry_back(now);
        let above: Vec<Address> = above
            .into_iter()
            .filter(|own| {
                let there = identity.moves.carry_back(own);
                known.current.above(&before).contains(&there)
            })
            .collect();
        if above.is_empty() {
            continue;
        }
        let handed_down = |own: &&Address| matches!(own.kind(), Kind::Column | Kind::Check);
        let held = known.current.below(&before).map(|(own, _)| own);
        for part in held.filter(handed_down) {
            let part = identity.moves.carry(part);
            for whole in &above {
                let there = whole.part(part.kind(), part.name());
                if part.table() == *now && written.objects.contains_key(&there) {
                    return found(there, now);
                }
            }
        }
        let wanted = written.below(now).map(|(own, _)| own);
        for part in wanted.filter(handed_down).filter(|own| own.table() == *now) {
            let there = identity.moves.carry_back(part);
            for whole in &above {
                let whole = identity.moves.carry_back(whole);
                let origin = whole.part(part.kind(), there.name());
                let goes = !written.objects.contains_key(&identity.moves.carry(&origin));
                if goes && known.current.objects.contains_key(&origin) {
                    return found(origin, now);
                }
            }
        }
    }
    Ok(())
}

/// Refuses another name, that of a retired column too, for a column which a table has from two others: the server has no statement
/// for it.
pub(super) fn of_several(known: &Known<'_>, identity: &Identity) -> Result<(), IdentityError> {
    let columns = identity.moves.0.iter();
    for step in columns.filter(|own| own.from.kind() == Kind::Column) {
        let before = identity.moves.carry_back(&identity.moves.end_of(step));
        let table = before.table();
        let below = known.current.children_of(&table);
        for child in &below {
            let parents = known.current.parents(child).into_iter();
            let mut others = parents.filter(|own| *own != table && !below.contains(own));
            let has_it = |own: &Address| {
                let all = known.current.all_columns_of(own);
                all.iter().any(|column| column.name() == before.name())
            };
            if let Some(other) = others.find(has_it) {
                return Err(IdentityError::OfSeveral {
                    column: before,
                    child: child.clone(),
                    other,
                });
            }
        }
    }
    Ok(())
}
