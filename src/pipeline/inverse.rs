//! The way back, planned where the way there landed.

use std::collections::{BTreeMap, BTreeSet};

use super::plan::Wish;
use super::{PipelineError, Project};
use crate::diff::diff;
use crate::model::{
    Address, Declared, Expression, Grants, Intent, Model, Moves, Read, Server, Settings,
};
use crate::plan::give_way::{give_way, let_go};
use crate::plan::{self, Context, Finding, Stage, attic, facts};
use crate::scratch::{Levelled, Rehearsal, Wanted, Workshop, level};

/// Plans the way back, from where the rehearsal landed to the state before; its identity is the forward moves turned,
/// and what forward made is retired.
pub(super) async fn inverse(
    project: &Project,
    wish: &Wish<'_>,
    forward: &Levelled,
    rehearsal: &Rehearsal,
    settings: &Settings,
    workshop: &mut Workshop,
) -> Result<(Vec<Stage>, Vec<Finding>), PipelineError> {
    let settings = &way_back_settings(settings);
    let moves = &forward.level.moves;
    let mut after = forward.level.desired.clone();
    after.overlay(&forward.bench.scope, &rehearsal.landed);
    let handed_down = forward.level.desired.handed_down();
    after.retain(|address| {
        rehearsal.landed.objects.contains_key(address) || !handed_down.contains(address)
    });
    let server = Server {
        sizes: wish
            .read
            .server
            .sizes
            .iter()
            .map(|(table, size)| (moves.carry(table), *size))
            .collect(),
        ..wish.read.server.clone()
    };
    let read = Read {
        model: after.clone(),
        unmodelled: wish.read.unmodelled.clone(),
        in_step: BTreeMap::new(),
        blockers: wish
            .read
            .blockers
            .iter()
            .map(|(address, who)| (moves.carry(address), who.clone()))
            .collect(),
        server,
    };
    let before = &forward.level.before;
    let mut declared = Declared::from(before);
    declared.intent = way_back_intent(wish.in_force, &wish.declared.intent, moves, before);
    let ledger = moves.ledger(wish.ledger);
    let given = way_back_moves(&forward.level.current, &after, moves, settings);
    let given = give_way(given, &after, &declared.written);
    let given = let_go(given, &after, |sequence| {
        declared.written.objects.contains_key(sequence)
    });
    let owned = BTreeSet::new();
    let shadows = forward.level.shadows.iter();
    let shadows = shadows
        // Nothing else of their tables moves.
        .map(|(column, own)| (column.clone(), own.turned()))
        .collect();
    let back = level(
        &Wanted {
            read: &read,
            declared: &declared,
            ledger: &ledger,
            owned: &owned,
            in_force: &Intent::default(),
            settings,
            given: Some(given),
            follows: &BTreeSet::new(),
            shadows: &shadows,
        },
        workshop,
    )
    .await?;
    let cx = Context {
        level: &back.level,
        raw: &after,
        server: &read.server,
        blockers: &read.blockers,
        outside: BTreeMap::new(),
        settings,
        rewrites: &project.rewrites,
    };
    let stages = plan::stages(diff(&back.level), &cx)?;
    let findings = facts::findings(&stages, &cx, &[], &BTreeSet::new());
    Ok((stages, findings))
}

/// What comes back has the owner that it had, whether owners are compared or not.
pub(super) fn way_back_settings(settings: &Settings) -> Settings {
    let mut own = settings.clone();
    own.manage.owners = true;
    own.manage.grants = Grants::Listed;
    own
}

/// Conversions come from this plan's `using_back`, backfills from the intent in force before it.
fn way_back_intent(
    in_force: &Intent,
    own: &Intent,
    moves: &Moves,
    before: &Model<Expression>,
) -> Intent {
    Intent {
        renamed_from: BTreeMap::new(),
        backfill: in_force.backfill.clone(),
        using: own
            .using_back
            .iter()
            .map(|(column, text)| (moves.carry_back(column), text.clone()))
            .collect(),
        using_back: BTreeMap::new(),
        remap: BTreeMap::new(),
        protect: BTreeSet::new(),
        unmanaged_partitions: BTreeSet::new(),
        own_not_null_names: BTreeSet::new(),
        not_null_names: BTreeMap::new(),
        own_not_nulls: before.own_not_nulls(),
    }
}

/// What forward made is retired first, which frees its names; then the forward moves go in reverse order, each turned.
fn way_back_moves(
    carried: &Model<Expression>,
    after: &Model<Expression>,
    moves: &Moves,
    settings: &Settings,
) -> Moves {
    let made = |address: &Address| {
        !carried.objects.contains_key(address) && after.objects.contains_key(address)
    };
    let mut back = attic::set_made_aside(after, made, settings);
    back.extend(moves.turned().0);
    Moves(back)
}
