//! What is particular about partitioned tables in a plan: what is refused, and what a statement on the whole does to its
//! partitions.

use std::collections::{BTreeMap, BTreeSet};

use super::build::identity_of;
use super::fold;
use super::graph::Placed;
use super::refusal::PlanError;
use super::step::{Act, Block, Effect, Step};
use crate::ddl::{self, LockMode};
use crate::diff::{Change, Changes};
use crate::model::{
    Address, Alteration, DISINHERITS, Expression, Kind, Level, Model, Object, PARTITION_OF,
    TableAlteration,
};

/// A table that has partitions is made with the columns of its key: they follow at once, whatever else came between.
pub(super) fn columns_first(steps: Vec<Step>, claimed: &BTreeSet<String>) -> Vec<Step> {
    let part = |step: &Step| Some(step.statement()?.part.as_ref()?.clone());
    let mut steps = steps;
    let mut at = 0;
    while at < steps.len() {
        if let Some(own) = part(&steps[at])
            && matches!(&own.form, ddl::Form::CreateTable(_, tail) if !tail.as_str().is_empty())
        {
            let is_column = |step: &Step| {
                part(step).is_some_and(|other| {
                    other.table == own.table && matches!(other.form, ddl::Form::AddColumn(_))
                })
            };
            let rest = steps.split_off(at + 1);
            let (columns, others): (Vec<Step>, Vec<Step>) = rest.into_iter().partition(is_column);
            if claimed.contains(&identity_of(&steps[at])) {
                let whole = steps.pop().into_iter().chain(columns).collect();
                for mut own in fold::fold(whole, |_| true) {
                    if let Act::Statement(statement) = &mut own.does {
                        statement.part = None;
                    }
                    steps.push(own);
                }
            } else {
                steps.extend(columns);
            }
            steps.extend(others);
        }
        at += 1;
    }
    steps
}

/// What becomes of a thing that a table hands down.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Goes {
    /// It goes from the table.
    Away,
    /// The table keeps it for itself.
    FromBelow,
}

/// Makes the steps that drop what a table would keep when the column, check or NOT NULL above it goes, or is for the table above
/// alone from now on. `keeps` says which tables are to keep it.
pub(crate) fn goes_as_well(
    own: &Address,
    present: &Model<Expression>,
    goes: Goes,
    keeps: impl Fn(&Address) -> bool,
) -> Vec<Step> {
    let table = own.table();
    // What goes from one goes from those below it.
    let mut below: Vec<Address> = present.children_of(&table).into_iter().collect();
    below.sort_by_key(|child| present.above(child).len());
    let has = |whole: &Address| {
        let there = whole.part(own.kind(), own.name());
        let inherited = present.inherited.get(whole);
        let inherited = inherited.is_some_and(|own| own.objects.contains_key(&there));
        inherited || present.objects.contains_key(&there)
    };
    // One that another table hands down as well stays.
    let from_others = |child: &Address| {
        let parents = present.parents(child).into_iter();
        let mut others = parents.filter(|parent| *parent != table && !below.contains(parent));
        others.any(|parent| has(&parent))
    };
    let in_key = |child: &Address| {
        let key = present.objects.get(&child.with_kind(Kind::PrimaryKey));
        let of_key =
            matches!(key, Some(Object::PrimaryKey(key)) if key.columns.contains(own.name()));
        own.kind() == Kind::NotNull && of_key
    };
    // What the table above lets go of with NO INHERIT, all below it have of their own from then on.
    let has_own = |child: &Address| {
        let there = child.part(own.kind(), own.name());
        let inherited = present.inherited.get(child);
        // One under a name of the partition's was made there, or attached: either may be.
        let is_named = matches!(present.objects.get(child), Some(Object::Table(table)) if table.not_null_names.contains_key(own.name()));
        let is_named = is_named && own.kind() == Kind::NotNull && goes == Goes::Away;
        is_named
            || inherited.is_some_and(|inherited| match goes {
                Goes::Away => inherited.own.contains(&there),
                Goes::FromBelow => inherited.objects.contains_key(&there),
            })
    };
    let ends = below
        .iter()
        .filter(|child| has_own(child) && !from_others(child) && !in_key(child) && !keeps(child));
    let step = |child: &Address| {
        let there = child.part(own.kind(), own.name());
        let statement = if own.kind() == Kind::Column {
            ddl::table::drop_column(&there)
        } else if own.kind() == Kind::NotNull {
            ddl::table::drop_not_null(&there.column())
        } else {
            ddl::constraint::drop(child, own.name())
        };
        let why = match goes {
            Goes::Away => format!("{} has it of its own as well", child.dotted()),
            Goes::FromBelow => format!("{} would go on having it", child.dotted()),
        };
        Step::run(own, statement, why).using(child)
    };
    ends.map(step).collect()
}

/// What goes from a table goes from those that inherit from it, from those too that have it of their own.
pub(super) fn own_ones_go_too(ordered: &mut [Placed], level: &Level) {
    for (block, _) in ordered {
        let Block::Together(steps) = block else {
            continue;
        };
        let all = std::mem::take(steps);
        for step in all {
            let ends = step.effects.iter().filter_map(|effect| match effect {
                Effect::Drops(own)
                    if matches!(own.kind(), Kind::Column | Kind::Check | Kind::NotNull)
                        && !level.desired.objects.contains_key(own) =>
                {
                    Some((own, Goes::Away))
                }
                Effect::Alters(own, attribute) if attribute == "inherit" => {
                    let desired = level.desired.objects.get(own);
                    let is_kept = matches!(desired, Some(Object::NotNull(own)) if own.no_inherit);
                    is_kept.then_some((own, Goes::FromBelow))
                }
                Effect::Creates(_)
                | Effect::Drops(_)
                | Effect::Alters(..)
                | Effect::Uses(_)
                | Effect::Reads(_)
                | Effect::Moves(_) => None,
            });
            let more: Vec<Step> = ends
                .flat_map(|(own, goes)| {
                    // One that is let go keeps what it has.
                    let keeps = |child: &Address| {
                        let there = child.part(own.kind(), own.name());
                        level.desired.objects.contains_key(&there)
                            || level.intent.own_not_nulls.contains(&there)
                            || !level.desired.above(child).contains(&own.table())
                    };
                    goes_as_well(own, &level.current, goes, keeps)
                })
                .map(|own| own.phase(step.phase))
                .collect();
            steps.push(step);
            steps.extend(more);
        }
    }
}

/// Says whether what is done to such a part of a table is done to those of its partitions, or of what inherits from it.
fn recurses(kind: Kind, is_partitioned: bool) -> bool {
    let always = matches!(
        kind,
        Kind::Column | Kind::Default | Kind::NotNull | Kind::Check | Kind::ColumnSettings
    );
    let to_partitions = matches!(
        kind,
        Kind::Identity
            | Kind::PrimaryKey
            | Kind::Unique
            | Kind::Exclusion
            | Kind::ForeignKey
            | Kind::Index
            | Kind::Trigger
    );
    always || is_partitioned && to_partitions
}

/// Returns the tables below another one, but for what has been let go by then.
fn still_below(
    table: &Address,
    handing_down: &BTreeMap<Address, Vec<Address>>,
    detached: &BTreeSet<Address>,
    level: &Level,
) -> BTreeSet<Address> {
    let mut found: BTreeSet<Address> = BTreeSet::new();
    let mut waiting = vec![table.clone()];
    while let Some(parent) = waiting.pop() {
        for child in handing_down.get(&parent).into_iter().flatten() {
            let is_let_go =
                || detached.contains(child) && !level.desired.parents(child).contains(&parent);
            if !found.contains(child) && !is_let_go() {
                found.insert(child.clone());
                waiting.push(child.clone());
            }
        }
    }
    found
}

/// What is done to a table is done to its partitions, and to what inherits from it, under the same lock.
pub(super) fn with_partitions(ordered: &mut [Placed], level: &Level) {
    let handing_down = level.current.handing_down();
    if handing_down.is_empty() {
        return;
    }
    let mut detached: BTreeSet<Address> = BTreeSet::new();
    for step in ordered.iter_mut().flat_map(|(block, _)| block.steps_mut()) {
        let lets_go = |effect: &&Effect| {
            let Effect::Alters(own, attribute) = effect else {
                return false;
            };
            attribute == DISINHERITS
                || attribute == PARTITION_OF && level.desired.partitioned(own).is_none()
        };
        let let_go = step.effects.iter().filter(lets_go);
        detached.extend(let_go.filter_map(Effect::touched).cloned());
        let Act::Statement(statement) = &mut step.does else {
            continue;
        };
        if statement.spares_partitions {
            continue;
        }
        let mut below: Vec<(Address, LockMode)> = Vec::new();
        for (table, mode) in &statement.locks {
            if !recurses(step.address.kind(), level.current.is_partitioned(table)) {
                continue;
            }
            let all = still_below(table, &handing_down, &detached, level).into_iter();
            below.extend(all.map(|own| (own, *mode)));
        }
        for (partition, mode) in below {
            let own = statement.locks.entry(partition).or_insert(mode);
            *own = (*own).max(mode);
        }
    }
}

/// Returns a constraint trigger of a partitioned table, or of one above, that speaks of another table: DETACH PARTITION takes it for a part
/// of a foreign key, and leaves what the partition has of it.
fn trigger_that_stays(parent: &Address, level: &Level) -> Option<Address> {
    let mut tables = level.current.above(parent);
    tables.push(parent.clone());
    let mut triggers = tables.iter().flat_map(|table| level.current.below(table));
    let found =
        triggers.find(|(_, object)| matches!(object, Object::Trigger(own) if own.from.is_some()));
    found.map(|(address, _)| address.clone())
}

/// Refuses what there is no statement for: how the rows of a table are spread, and which of them a partition holds.
pub(super) fn partitioning(changes: &Changes, level: &Level) -> Result<(), PlanError> {
    for ((address, _), change) in &changes.0 {
        if *change == Change::Create
            && let Some(own) = same_in_a_partition(address, level)
        {
            return Err(PlanError::HandedDown {
                own,
                whole: address.clone(),
            });
        }
        let Change::Alter(Alteration::Table(own)) = change else {
            continue;
        };
        match own {
            TableAlteration::PartitionBy => {
                return Err(PlanError::PartitionBy {
                    table: address.clone(),
                });
            }
            TableAlteration::Rebound => {
                let root = level.current.root_of(address);
                let retyped = changes.0.iter().find(|((own, _), change)| {
                    let is_type = matches!(change, Change::Alter(Alteration::Column(_)));
                    is_type && own.table() == root
                });
                if let Some(((column, _), _)) = retyped {
                    return Err(PlanError::KeyColumn {
                        column: column.clone(),
                        partition: address.clone(),
                    });
                }
                return Err(PlanError::Rebound {
                    partition: address.clone(),
                });
            }
            TableAlteration::Detached(parent) => {
                if let Some(trigger) = trigger_that_stays(parent, level) {
                    return Err(PlanError::TriggerStays {
                        partition: level.moves.carry_back(address),
                        trigger,
                    });
                }
            }
            TableAlteration::Persistence(_)
            | TableAlteration::Tablespace(_)
            | TableAlteration::AccessMethod(_)
            | TableAlteration::Options(..)
            | TableAlteration::Foreign
            | TableAlteration::IndexNames
            | TableAlteration::NotNullNames
            | TableAlteration::Attached
            | TableAlteration::Inherits(_)
            | TableAlteration::Disinherits(_) => {}
        }
    }
    Ok(())
}

/// Refuses files by which a partition becomes a table without some of its columns: nobody would set those aside. A way back drops
/// what the way forward has made, and says so.
pub(crate) fn keeps_columns(changes: &Changes, level: &Level) -> Result<(), PlanError> {
    for ((table, _), change) in &changes.0 {
        let Change::Alter(Alteration::Table(
            TableAlteration::Detached(_) | TableAlteration::Disinherits(_),
        )) = change
        else {
            continue;
        };
        let mut all = changes.0.iter();
        let lost = all.find(|((own, _), change)| {
            let inherited = level.current.inherited.get(table);
            let inherited = inherited.is_some_and(|all| all.objects.contains_key(own));
            own.kind() == Kind::Column && inherited && **change == Change::Drop
        });
        if let Some(((column, _), _)) = lost {
            return Err(PlanError::LeavesColumn {
                column: column.clone(),
            });
        }
    }
    Ok(())
}

/// Says whether two indexes or constraints are alike but for the table that they are on, which an index says.
pub(crate) fn is_same(held: &Object<Expression>, wanted: &Object<Expression>) -> bool {
    let mut held = held.clone();
    if let (Object::Index(held), Object::Index(wanted)) = (&mut held, wanted) {
        held.table.clone_from(&wanted.table);
    }
    held.alterations(wanted).is_empty()
}

/// Returns those of some indexes of partitions that are equal to indexes of the tables above, with these: made before them, each would
/// become a part of theirs.
pub(super) fn same_above<'a>(
    indexes: impl Iterator<Item = &'a Address>,
    side: &Model<Expression>,
) -> BTreeMap<Address, Vec<Address>> {
    let mut of_wholes: BTreeMap<Address, Vec<&Address>> = BTreeMap::new();
    let mut found = BTreeMap::new();
    let indexes: Vec<&Address> = indexes.collect();
    if indexes.is_empty() {
        return found;
    }
    for (address, object) in &side.objects {
        if let Object::Index(own) = object {
            let table = own.table_address(address);
            if side.is_partitioned(&table) {
                of_wholes.entry(table).or_default().push(address);
            }
        }
    }
    for index in indexes {
        let Some(object @ Object::Index(own)) = side.objects.get(index) else {
            continue;
        };
        let above = side.above(&own.table_address(index)).into_iter();
        let all = above.filter_map(|table| of_wholes.get(&table)).flatten();
        let same: Vec<Address> = all
            .filter(|own| is_same(&side.objects[**own], object))
            .map(|own| (*own).clone())
            .collect();
        if !same.is_empty() {
            found.insert(index.clone(), same);
        }
    }
    found
}

/// Finds what stays in a partition and is equal to what comes for the whole table.
fn same_in_a_partition(whole: &Address, level: &Level) -> Option<Address> {
    if !matches!(
        whole.kind(),
        Kind::Index | Kind::Unique | Kind::Exclusion | Kind::ForeignKey
    ) {
        return None;
    }
    let wanted = level.desired.objects.get(whole)?;
    let table = wanted.table(whole);
    let mut partitions = level.current.partitions_of(&table);
    // One that leaves, leaves first.
    partitions.retain(|own| level.desired.above(own).contains(&table));
    if partitions.is_empty() {
        return None;
    }
    let mut all = level.current.objects.iter();
    let found = all.find(|(address, held)| {
        address.kind() == whole.kind()
            && level.desired.objects.contains_key(*address)
            && partitions.contains(&held.table(address))
            && is_same(held, wanted)
    });
    found.map(|(address, _)| address.clone())
}
