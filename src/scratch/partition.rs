//! Tables that become partitions or inherit, and those that no longer do: what they have from the tables above comes along.

use std::collections::{BTreeMap, BTreeSet};

use super::ScratchError;
use crate::model::{
    Address, Expression, Inherited, Intent, Kind, Level, Model, Move, Moves, Object,
    RETIRED_PREFIX, Text as _, Why, Written,
};
use crate::plan::IdentityError;

/// Gives what a partition has from its table the addresses that it has after the moves.
pub(super) fn carried(
    before: &Model<Expression>,
    moves: &Moves,
    table: &Address,
    own: &Inherited<Expression>,
) -> Inherited<Expression> {
    let now = moves.carry(table);
    let above = before.partitioned(table).map(|own| moves.carry(&own));
    let wholes = before.above(table);
    // An index lies beside its table, whatever that is called; columns and checks are called as where they come from.
    let place = |address: &Address, of: &Address| {
        let part = address.target().unwrap_or_else(|| address.clone());
        let moved = moves.carry(&part);
        let of_column = [
            Kind::Column,
            Kind::Default,
            Kind::NotNull,
            Kind::ColumnSettings,
        ];
        let as_above = |kind: Kind| {
            let mut there = wholes.iter().map(|own| own.part(kind, part.name()));
            let origin = there.find(|own| before.objects.contains_key(own));
            let above = moves.carry(&origin.unwrap_or_else(|| part.clone()));
            moved.renamed(above.name().clone())
        };
        let now = if part.kind() == Kind::Index {
            let path = [of.schema_name(), moved.name()].map(Clone::clone);
            Address::new(Kind::Index, path)
        } else if of_column.contains(&part.kind()) {
            as_above(Kind::Column)
        } else if part.kind() == Kind::Check {
            as_above(Kind::Check)
        } else {
            moved
        };
        match (address.kind(), address.path()) {
            (Kind::Comment, _) => Address::comment_on(&now),
            (Kind::Grant, [.., role, privilege]) => Address::privilege_on(&now, role, privilege),
            _ => now,
        }
    };
    let turned = |object: &Object<Expression>| {
        let mut object = object.clone();
        if let Object::Index(index) = &mut object {
            index.table = now.name().clone();
        }
        object
    };
    let objects = own.objects.iter();
    let position = own.position.iter();
    let needs = own.needs.iter();
    let from = own.from.iter();
    Inherited {
        objects: objects
            .map(|(address, object)| (place(address, &now), turned(object)))
            .collect(),
        position: position
            .map(|(address, at)| (place(address, &now), *at))
            .collect(),
        needs: needs
            .map(|(address, needs)| {
                let needs = needs.iter().map(|need| {
                    if need.is_at_or_below(table) {
                        place(need, &now)
                    } else {
                        moves.carry(need)
                    }
                });
                (place(address, &now), needs.collect())
            })
            .collect(),
        from: from
            .map(|(address, from)| {
                let of = above.as_ref().unwrap_or(&now);
                (place(address, &now), place(from, of))
            })
            .collect(),
        own: own.own.iter().map(|own| place(own, &now)).collect(),
        condition: own.condition.clone(),
    }
}

/// A column that gets another name in a table gets it in its partitions and in what inherits from it, in one statement: they have no
/// move of their own. A table that becomes a partition, or comes to inherit, and has the column under its former name, gets the new
/// one first.
pub(super) fn columns_follow(
    before: &Model<Expression>,
    declared: &Model<Written>,
    moves: Moves,
) -> Moves {
    let table_of = |step: &Move| moves.carry_back(&moves.end_of(step).table());
    let names = |step: &Move| [step.from.name(), step.to.name()].map(Clone::clone);
    let columns = || {
        let steps = moves.0.iter();
        steps.filter(|own| own.from.kind() == Kind::Column)
    };
    let follows = |step: &Move| {
        let table = table_of(step);
        let above = before.above(&table);
        let mut wholes = columns().filter(|own| above.contains(&table_of(own)));
        before.partitioned(&table).is_some() || wholes.any(|own| names(own) == names(step))
    };
    let kept = moves
        .0
        .iter()
        .filter(|step| step.from.kind() != Kind::Column || !follows(step));
    let mut steps: Vec<Move> = kept.cloned().collect();
    let mut more = Vec::new();
    for table in declared.objects.keys() {
        let there = moves.carry_back(table);
        let joins = !declared.parents(table).is_empty()
            && before.objects.contains_key(&there)
            && before.partitioned(&there).is_none();
        if !joins {
            continue;
        }
        let wholes = declared.above(table);
        for step in &steps {
            let end = moves.end_of(step);
            let of_whole = step.from.kind() == Kind::Column && wholes.contains(&end.table());
            let former = there.part(Kind::Column, step.from.name());
            if of_whole && before.objects.contains_key(&former) {
                more.push(Move {
                    from: table.part(Kind::Column, step.from.name()),
                    to: table.part(Kind::Column, end.name()),
                    why: Why::Renamed,
                });
            }
        }
    }
    // Made by the plan that is taken back, it would go aside by itself.
    steps.retain(|own| more.iter().all(|joins: &Move| joins.from != own.from));
    steps.extend(more);
    Moves(steps)
}

/// A partition, or a table that inherits, that is held without its tables stands alone in the attic: with its columns, and with what it had from the table
/// but for what would hold other things. `held` are the places of the ledger.
pub(super) fn set_aside(
    carried: &Model<Expression>,
    desired: &mut Model<Written>,
    held: &BTreeSet<Address>,
) {
    for place in held {
        let parents = carried.parents(place);
        if parents.iter().all(|own| held.contains(own)) {
            continue;
        }
        if let Some(Object::Table(own)) = desired.objects.get_mut(place) {
            own.stands_alone();
        }
        if let Some(needs) = desired.needs.get_mut(place) {
            needs.retain(|own| !parents.contains(own));
        }
        let Some(own) = carried.inherited.get(place) else {
            continue;
        };
        for (address, object) in &own.objects {
            let leans_outside = own.needs.get(address).is_some_and(|needs| {
                let mut needs = needs.iter();
                needs.any(|need| {
                    matches!(
                        need.kind(),
                        Kind::Function | Kind::Sequence | Kind::Defined(_)
                    )
                })
            });
            if address.kind() == Kind::ForeignKey || leans_outside {
                continue;
            }
            // A state that is gone back to says itself what is held.
            if desired.objects.contains_key(address) {
                continue;
            }
            let object = object.map(&mut |text| Written::from(text));
            desired.objects.insert(address.clone(), object);
            if let Some(needs) = own.needs.get(address) {
                desired.needs.insert(address.clone(), needs.clone());
            }
        }
        desired.position.extend(own.position.clone());
    }
}

/// Where a table is a partition on one side only, that side speaks of what it has as if it stood alone: what the other side
/// is compared with. Equal indexes and keys are one, whatever they are called. Returns what is kept of columns that are set aside.
pub(super) fn stand_alone(level: &mut Level) -> BTreeSet<Address> {
    let mut kept = BTreeSet::new();
    let tables: Vec<Address> = level
        .desired
        .objects
        .keys()
        .filter(|own| own.kind() == Kind::Table && level.current.objects.contains_key(*own))
        .cloned()
        .collect();
    for table in tables {
        let [before, after] = [&level.current, &level.desired].map(|side| side.parents(&table));
        let comes = after.iter().any(|own| !before.contains(own));
        let lost = promoted(&level.current, &level.desired, &table);
        promote(&mut level.current, &table, &lost);
        if comes {
            let moves = level.moves.0.iter();
            let comes_back = moves
                .filter(|own| own.why == Why::TakenBack)
                .any(|own| level.moves.end_of(own) == table);
            align(
                &level.current,
                (&mut level.desired, &level.intent),
                &table,
                comes_back,
            );
        }
        // What stays under a parent that stays comes and goes with that; but what is the table's own on the other side.
        let gained = promoted(&level.desired, &level.current, &table);
        // What is set aside in a parent stays in a table that is let go: nobody asked for its end.
        for own in lost.iter().filter(|own| is_set_aside(own)) {
            let (current, desired) = (&level.current, &mut level.desired);
            if let Some(object) = current.objects.get(own) {
                desired.objects.insert(own.clone(), object.clone());
            }
            if let Some(position) = current.position.get(own) {
                desired.position.insert(own.clone(), *position);
            }
            kept.insert(own.clone());
        }
        promote(&mut level.desired, &table, &gained);
        filled_as_above(level, &gained);
    }
    kept
}

/// Says whether this is a column that is set aside.
fn is_set_aside(own: &Address) -> bool {
    own.kind() == Kind::Column && own.name().as_str().starts_with(RETIRED_PREFIX)
}

/// Leaves out columns that are set aside in a table which has them from others: they are those of the others.
pub(super) fn set_aside_above(desired: &mut Model<Written>) {
    let columns = desired.objects.keys().filter(|own| is_set_aside(own));
    let of_others = columns.filter(|own| {
        let mut above = desired.above(&own.table()).into_iter();
        above.any(|whole| {
            let there = whole.part(Kind::Column, own.name());
            desired.objects.contains_key(&there)
        })
    });
    let of_others: BTreeSet<Address> = of_others.cloned().collect();
    if !of_others.is_empty() {
        desired.retain(|own| {
            let part = own.target().unwrap_or_else(|| own.clone());
            !of_others.contains(&part.column())
        });
    }
}

/// A column that a table lacks, and needs to be attached, is filled as that of the table above it is.
fn filled_as_above(level: &mut Level, gained: &BTreeSet<Address>) {
    let new = gained
        .iter()
        .filter(|own| own.kind() == Kind::Column && !level.current.objects.contains_key(*own));
    for column in new {
        let above = level.desired.above(&column.table()).into_iter();
        let mut above = above.map(|own| own.part(Kind::Column, column.name()));
        let fill = above.find_map(|own| level.intent.backfill.get(&own).cloned());
        if let Some(fill) = fill {
            let fills = &mut level.intent.backfill;
            fills.entry(column.clone()).or_insert(fill);
        }
    }
}

/// Returns what a table has from others on one side, and does not have from the same ones on the other: what has no parent
/// there any more, and what is its own there.
fn promoted(
    side: &Model<Expression>,
    other: &Model<Expression>,
    table: &Address,
) -> BTreeSet<Address> {
    let Some(own) = side.inherited.get(table) else {
        return BTreeSet::new();
    };
    let stays: BTreeSet<Address> = other.parents(table).into_iter().collect();
    let common: Vec<Address> = side
        .parents(table)
        .into_iter()
        .filter(|own| stays.contains(own))
        .collect();
    let lost: Vec<Address> = side
        .parents(table)
        .into_iter()
        .filter(|own| !stays.contains(own))
        .collect();
    let handed_by = |parents: &[Address], part: &Address| {
        parents.iter().any(|parent| {
            let wholes = side.above(parent);
            let mut wholes = wholes.iter().chain([parent]);
            wholes.any(|whole| {
                let there = whole.part(part.kind(), part.name());
                side.objects.contains_key(&there)
            })
        })
    };
    let leading = |address: &Address| {
        let part = address.target().unwrap_or_else(|| address.clone());
        let of_column = [Kind::Default, Kind::NotNull, Kind::ColumnSettings];
        if of_column.contains(&part.kind()) {
            part.column()
        } else {
            part
        }
    };
    let all = own.objects.keys();
    all.filter(|address| {
        let lead = leading(address);
        // A partition has all from one table, under names of its own.
        if side.partitioned(table).is_some() {
            common.is_empty()
        } else {
            // A column that stays may have its default or NOT NULL from the parent that does not.
            let only_lost = || handed_by(&lost, address) && !handed_by(&common, address);
            !handed_by(&common, &lead) || other.objects.contains_key(&lead) || only_lost()
        }
    })
    .cloned()
    .collect()
}

/// Makes objects of what a table has from others.
fn promote(side: &mut Model<Expression>, table: &Address, parts: &BTreeSet<Address>) {
    let Some(own) = side.inherited.get(table).cloned() else {
        return;
    };
    let is_part = |address: &Address| parts.contains(address);
    let objects = own.objects.into_iter();
    side.objects
        .extend(objects.filter(|(address, _)| is_part(address)));
    let position = own.position.into_iter();
    side.position
        .extend(position.filter(|(address, _)| is_part(address)));
    for (address, needs) in own.needs {
        if is_part(&address) {
            side.needs.entry(address).or_default().extend(needs);
        }
    }
}

/// Gives what a table will have as a partition the names of what it has already. One that comes back gets the defaults that it
/// lost when it was set aside.
fn align(
    current: &Model<Expression>,
    (desired, intent): (&mut Model<Expression>, &Intent),
    table: &Address,
    comes_back: bool,
) {
    let is_partition = desired.partitioned(table).is_some();
    let not_null_names = match desired.objects.get(table) {
        Some(Object::Table(own)) => own.not_null_names.clone(),
        _ => BTreeMap::new(),
    };
    // What is to be the table's own, and stands, is another one than the equal one that becomes a part.
    let is_own = |own: &Address| desired.objects.contains_key(own);
    let own_ones: BTreeSet<Address> = current
        .objects
        .keys()
        .filter(|own| is_own(own))
        .cloned()
        .collect();
    let Some(own) = desired.inherited.get_mut(table) else {
        return;
    };
    let mut standing: Vec<(Address, Object<Expression>)> = current
        .objects
        .iter()
        .filter(|(address, _)| {
            current.parent(address).as_ref() == Some(table) && !own.objects.contains_key(*address)
        })
        .map(|(address, object)| (address.clone(), object.clone()))
        .collect();
    standing.retain(|(there, _)| !own_ones.contains(there));
    standing.sort_by_key(|(there, _)| current.position.get(there));
    for (there, object) in standing {
        let same = own.objects.iter().find(|(address, wanted)| {
            address.kind() == there.kind()
                && matches!(
                    address.kind(),
                    Kind::Index | Kind::Unique | Kind::Exclusion | Kind::ForeignKey
                )
                && !current.objects.contains_key(*address)
                && object.alterations(wanted).is_empty()
        });
        let Some(address) = same.map(|(address, _)| address.clone()) else {
            continue;
        };
        if let Some(object) = own.objects.remove(&address) {
            own.objects.insert(there.clone(), object);
        }
        if let Some(needs) = own.needs.remove(&address) {
            own.needs.insert(there.clone(), needs);
        }
        if let Some(from) = own.from.remove(&address) {
            own.from.insert(there, from);
        }
    }
    // What is no matter of the table's is left as it is: ATTACH does not ask. What inherits gets the defaults of its parents.
    let is_left = |address: &Address| {
        let on = address.target().map(|own| own.kind());
        (address.kind() == Kind::Default && (is_partition || comes_back))
            || address.kind() == Kind::ColumnSettings
            || matches!(address.kind(), Kind::Comment | Kind::Grant) && on != Some(Kind::Table)
    };
    let columns: Vec<Address> = own.objects.keys().cloned().collect();
    let is_missed = |address: &Address| {
        comes_back && address.kind() == Kind::Default && !current.objects.contains_key(address)
    };
    own.objects
        .retain(|address, _| !is_left(address) || is_missed(address));
    for (address, object) in &current.objects {
        let part = address.target().unwrap_or_else(|| address.clone());
        let of_table = part.table() == *table && part.kind().is_part_of_table()
            || current.parent(&part).as_ref() == Some(table);
        let said_of_part = part == *address || columns.contains(&part);
        let is_extra = address.kind() == Kind::NotNull && !columns.contains(address);
        if of_table && said_of_part && (is_left(address) || is_extra) {
            own.objects.insert(address.clone(), object.clone());
        }
    }
    // A key or NOT NULL keeps the name it has, unless it is to have another one.
    for (address, object) in &mut own.objects {
        match (object, current.objects.get(address)) {
            (Object::PrimaryKey(own), Some(Object::PrimaryKey(there))) => {
                own.name.clone_from(&there.name);
            }
            (Object::NotNull(own), Some(Object::NotNull(there))) => {
                let said = intent.not_null_names.get(address);
                let asked = said.or_else(|| not_null_names.get(address.name()));
                own.name = asked.or(there.name.as_ref()).cloned();
            }
            _ => {}
        }
    }
}

/// Refuses what a partition declares for itself and has from its table: the server takes the one for the other.
pub(super) fn not_said_twice(
    desired: &Model<Written>,
    settled: &Model<Expression>,
) -> Result<(), ScratchError> {
    let handed_down = settled.handed_down();
    let twice = handed_down.into_iter().find(|own| {
        let is_said = desired.objects.contains_key(*own) && own.target().is_none();
        is_said && !settled.objects.contains_key(*own)
    });
    match twice {
        Some(own) => Err(ScratchError::Identity(IdentityError::HandedDown {
            own: own.clone(),
        })),
        None => Ok(()),
    }
}

/// Returns the words of a bound: what rows that fit might hold.
pub(super) fn words(model: &Model<Expression>, table: &Address) -> Vec<String> {
    let mut words = Vec::new();
    let mut at = Some(table.clone());
    while let Some(own) = at {
        if let Some(Object::Table(table)) = model.objects.get(&own)
            && let Some(of) = &table.partition_of
        {
            words.extend(quoted_and_bare(of.bound.spelled()));
        }
        at = model.partitioned(&own);
    }
    let fits = model.inherited.get(table);
    let condition = fits.and_then(|own| own.condition.as_ref());
    words.extend(
        condition
            .map(|own| quoted_and_bare(own.sql()))
            .unwrap_or_default(),
    );
    words
}

/// Splits a text into what stands in single quotes and the words outside. They are tried as values: the server says which
/// of them are.
fn quoted_and_bare(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (at, part) in text.split('\'').enumerate() {
        if at % 2 == 1 {
            words.push(part.to_owned());
        } else {
            let bare = part.split(|c: char| !(c.is_alphanumeric() || c == '.' || c == '-'));
            words.extend(bare.filter(|own| !own.is_empty()).map(str::to_owned));
        }
    }
    words
}
