//! The steps that end what was set aside, and the leftovers of a plan that stopped.

use std::collections::{BTreeMap, BTreeSet};

use super::partition::{Goes, goes_as_well};
use super::stage::{After, Stage};
use super::step::{Act, LedgerChange, Phase, Reversal, Step};
use crate::ddl::{self, LockMode};
use crate::model::{
    Address, Expression, Keeper, Kind, Model, Name, Object, RETIRED_PREFIX, Retired,
};

/// Drops what one row of the ledger holds, with the rows of what lies in it, and its schema when nothing else is held
/// there.
pub(crate) fn purge_stage(
    row: &Retired,
    ledger: &mut Vec<Retired>,
    present: &mut Model<Expression>,
    in_step: &BTreeMap<Address, Keeper>,
) -> Stage {
    let place = &row.place;
    let kind = place.kind();
    let statement = if kind == Kind::Column {
        ddl::table::drop_column(place)
    } else if kind == Kind::Sequence {
        ddl::sequence::drop(place)
    } else if matches!(kind, Kind::Enum | Kind::Composite | Kind::Range) {
        ddl::types::drop(place)
    } else if kind == Kind::Domain {
        ddl::domain::drop(place)
    } else if kind == Kind::Function {
        ddl::routine::drop(place)
    } else if kind == Kind::Collation {
        ddl::collation::drop(place)
    } else {
        ddl::table::drop(place, false)
    };
    // What goes from a table goes from its partitions, and from what inherits from it.
    let partitions = present.children_of(&place.table());
    let statement = partitions.iter().fold(statement, |statement, own| {
        statement.locking(own, LockMode::AccessExclusive)
    });
    let mut steps = Vec::new();
    let run = |address: &Address, statement, why: String| {
        Step::run(address, statement, why)
            .phase(Phase::Contract)
            .reversal(Reversal::Impossible)
    };
    // What inherits from it, and is not purged, keeps the columns as its own.
    let mut let_go: Vec<Address> = Vec::new();
    if kind == Kind::Table {
        for child in present.children_of(place) {
            if present.partitioned(&child).is_none() && present.parents(&child).contains(place) {
                let why = format!("{} stays, with the columns as its own", child.dotted());
                steps.push(run(&child, ddl::partition::disinherit(&child, place), why));
                let_go.push(child);
            }
        }
    }
    let keepers = in_step.iter();
    for (column, own) in keepers.filter(|(column, _)| column.is_at_or_below(place)) {
        let schema = own.function.schema_name();
        let all = ddl::sync_trigger::drop(&column.table(), column.name(), schema).into_iter();
        steps
            .extend(all.map(|own| run(place, own, "nothing keeps it in step any more".to_owned())));
    }
    if present.objects.contains_key(place) {
        steps.push(
            run(place, statement, format!("{} is deleted for good", row.was)).dropping(place),
        );
        if kind == Kind::Column {
            let more = goes_as_well(place, present, Goes::Away, |_| false).into_iter();
            steps.extend(more.map(|own| own.phase(Phase::Contract).reversal(Reversal::Impossible)));
        }
    }
    // A table that was let go meanwhile has kept the column, under the same name, which is like no other.
    let kept: Vec<Address> = present
        .objects
        .keys()
        .filter(|own| own.kind() == Kind::Column && kind == Kind::Column)
        .filter(|own| own.name() == place.name() && *own != place)
        .filter(|own| !ledger.iter().any(|row| own.is_at_or_below(&row.place)))
        .cloned()
        .collect();
    for own in &kept {
        let why = format!("{} was let go with it", own.table().dotted());
        steps.push(run(own, ddl::table::drop_column(own), why).dropping(own));
    }
    // The sequences that its columns own go with a table.
    let owned: BTreeSet<Address> = present
        .objects
        .iter()
        .filter_map(|(address, object)| {
            let Object::OwnedBy(own) = object else {
                return None;
            };
            let column = Address::new(Kind::Column, own.column.iter().cloned());
            (column.table() == *place).then(|| address.with_kind(Kind::Sequence))
        })
        .collect();
    let goes: BTreeSet<Address> = present
        .objects
        .keys()
        .filter(|address| {
            let unit = present.unit_of(address);
            // What leans on a column of its table goes with that.
            let leans_on = |own: &Address| {
                let needs = present.needs.get(*address);
                needs.is_some_and(|needs| needs.contains(own)) && unit == own.table()
            };
            let with_kept = || {
                let mut kept = kept.iter();
                kept.any(|own| address.is_at_or_below(own) || leans_on(own))
            };
            address.is_at_or_below(place) || unit == *place || owned.contains(&unit) || with_kept()
        })
        .cloned()
        .collect();
    present.retain(|address| !goes.contains(address));
    for child in &let_go {
        if let Some(Object::Table(own)) = present.objects.get_mut(child) {
            own.inherits.retain(|own| own[..] != *place.path());
        }
    }
    let kept = let_go.iter().map(|child| {
        let now = After::Exactly(present.fingerprint(child));
        (child.clone(), now)
    });
    let kept: Vec<(Address, After)> = kept.collect();
    let mut after: BTreeMap<Address, After> = goes
        .into_iter()
        .map(|address| (address, After::Gone))
        .chain(kept)
        .collect();
    let schema = place.schema();
    let in_attic = schema.name().as_str().starts_with(RETIRED_PREFIX);
    let empty = !present
        .objects
        .keys()
        .any(|address| *address != schema && address.is_at_or_below(&schema));
    if in_attic && empty && present.objects.remove(&schema).is_some() {
        let why = "nothing is held there any more".to_owned();
        after.insert(schema.clone(), After::Gone);
        steps.push(run(&schema, ddl::table::drop_schema(&schema), why).dropping(&schema));
    }
    let gone: Vec<Address> = ledger
        .iter()
        .map(|own| own.place.clone())
        .filter(|own| own.is_at_or_below(place))
        .collect();
    ledger.retain(|own| !gone.contains(&own.place));
    steps.extend(gone.into_iter().map(|place| Step {
        address: place.clone(),
        does: Act::Ledger(LedgerChange::Release(place)),
        effects: Vec::new(),
        why: "keeps the ledger of retired things true".to_owned(),
        phase: Phase::Contract,
        reversal: Reversal::Impossible,
    }));
    Stage {
        alone: false,
        steps,
        after,
    }
}

/// Ends the keeping of a former column: its values stay as they are.
pub(crate) fn finish_stage(row: &Retired, function: &Address) -> Stage {
    let column = &row.place;
    let schema = function.schema_name();
    let all = ddl::sync_trigger::drop(&column.table(), column.name(), schema).into_iter();
    let why = format!("the former {} is kept in step no longer", row.was);
    let steps = all.map(|own| {
        Step::run(column, own, why.clone())
            .phase(Phase::Contract)
            .reversal(Reversal::Shape)
    });
    Stage {
        alone: false,
        steps: steps.collect(),
        after: BTreeMap::new(),
    }
}

/// Drops what could not be set aside, and stayed for the sake of what was.
pub(crate) fn let_go_stage(own: &Address, present: &mut Model<Expression>) -> Option<Stage> {
    let object = present.objects.get(own)?;
    let why = format!("{own} stayed for what was set aside alone");
    let step = Step::run(own, ddl::drop(own, object), why)
        .phase(Phase::Contract)
        .reversal(Reversal::Impossible)
        .dropping(own);
    let goes: Vec<Address> = present
        .objects
        .keys()
        .filter(|address| address.is_at_or_below(own))
        .cloned()
        .collect();
    present.retain(|address| !goes.contains(address));
    Some(Stage {
        alone: false,
        steps: vec![step],
        after: goes
            .into_iter()
            .map(|address| (address, After::Gone))
            .collect(),
    })
}

/// Drops a fill trigger, with its function, that a stopped plan left on a table and on what inherits from it.
pub(crate) fn drop_leftover_trigger(table: &Address, others: &[Address], name: &Name) -> Vec<Step> {
    let why = "a plan that stopped has left it";
    let statements = ddl::fill_trigger::drop_named(table, others, name).into_iter();
    statements
        .map(|statement| Step::run(table, statement, why))
        .collect()
}
