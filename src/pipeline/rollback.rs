//! The way back: the stored inverse where its objects are as the revision left them, a plan made anew otherwise.

use std::collections::{BTreeMap, BTreeSet};

use super::former_state::{standing_only, state_to_reach, way_back};
use super::plan::{Wish, make};
use super::shadow::is_trusted;
use super::since::conflicts;
use super::{Live, PipelineError, Project, apply, half_detached, live, shadow};
use crate::apply::Silent;
use crate::history::{History, Outcome, Revision};
use crate::model::{
    Address, Expression, Hash, Intent, Kind, Model, Move, Moves, Name, Object, Settings, Shadow,
    TEMPORARY_PREFIX, Why,
};
use crate::plan::give_way::{give_way, let_go};
use crate::plan::{
    self, Decision, Effect, Finding, Hazard, Observation, PLAN_FORMAT, Plan, Position, Purpose,
    Stage, position,
};
use crate::scratch::without_journal;

/// How far to go back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Undo the newest revision that is not undone yet.
    Newest,
    /// Reach the state after this revision; 0: before the first.
    After(i64),
}

/// Plans the way back.
///
/// # Errors
/// Fails when there is nothing to undo, and like planning forward.
pub async fn plan_rollback(project: &Project, target: Target) -> Result<Plan, PipelineError> {
    let mut live = live(project).await?;
    let revisions = to_undo(&live.history, target)?;
    let settings = &project.settings;
    for own in &revisions {
        super::apply::made_by_this_role(&own.plan.decision, &live.read)?;
    }
    shadow::one_at_a_time(&revisions)?;
    let half_detached = half_detached::attached_again(&revisions[0], &mut live);
    let now = without_journal(&live.read.model, &settings.journal);
    if let [only] = revisions.as_slice()
        && only.outcome == Outcome::Done
        && let Some(after) = &only.model_after
        && is_as_left(only, after, &now, &live, settings)
    {
        let mut plan = stored(project, only, after, &live);
        let asked = conflicts(project, only, &now, &live).await?;
        plan.decision.findings.extend(asked);
        return Ok(plan);
    }
    let mut plan = anew(project, &revisions, &now, &mut live).await?;
    if let Some(stage) = half_detached {
        plan.decision.stages.insert(0, stage);
    }
    Ok(plan)
}

/// Returns the revisions to undo, newest first.
fn to_undo(history: &History, target: Target) -> Result<Vec<Revision>, PipelineError> {
    if let Target::After(revision) = target {
        let newest = history.revisions.last().map_or(0, |own| own.id);
        if revision < 0 || revision > newest {
            return Err(PipelineError::NoRevision { revision, newest });
        }
    }
    let undone = history.undone();
    let newest_first =
        history.revisions.iter().rev().filter(|own| {
            own.plan.decision.purpose == Purpose::Declare && !undone.contains(&own.id)
        });
    let chosen: Vec<Revision> = match target {
        Target::Newest => newest_first.take(1).cloned().collect(),
        Target::After(revision) => newest_first
            .take_while(|own| own.id > revision)
            .cloned()
            .collect(),
    };
    if chosen.is_empty() {
        let text = match target {
            Target::Newest => "there is no revision to undo".to_owned(),
            Target::After(revision) => format!("there is no revision after {revision} to undo"),
        };
        return Err(PipelineError::Nothing(text));
    }
    Ok(chosen)
}

/// Returns every address that the stages speak of or were seen to change.
pub(super) fn spoken_of(stages: &[Stage]) -> BTreeSet<Address> {
    let mut spoken: BTreeSet<Address> = stages
        .iter()
        .flat_map(|stage| stage.after.keys().cloned())
        .collect();
    for effect in stages
        .iter()
        .flat_map(|stage| &stage.steps)
        .flat_map(|step| &step.effects)
    {
        match effect {
            Effect::Creates(address)
            | Effect::Drops(address)
            | Effect::Alters(address, _)
            | Effect::Uses(address)
            | Effect::Reads(address) => {
                spoken.insert(address.clone());
            }
            Effect::Moves(step) => {
                spoken.insert(step.from.whole());
                spoken.insert(step.to.whole());
            }
        }
    }
    spoken
}

/// Says whether what the stored inverse touches is as the revision left it, and as large as it was.
fn is_as_left(
    revision: &Revision,
    after: &Model<Expression>,
    now: &Model<Expression>,
    live: &Live,
    settings: &Settings,
) -> bool {
    let decision = &revision.plan.decision;
    let is_stored = |own: &Finding| own.hazard != Hazard::Irreversible;
    if !decision.findings.iter().all(is_stored) {
        return false;
    }
    let same_objects = spoken_of(&decision.inverse)
        .iter()
        .chain(&spoken_of(&decision.stages))
        .all(|address| after.fingerprint(address) == now.fingerprint(address));
    let same_sizes = decision.sizes.iter().all(|(table, class)| {
        let table = decision.moves.carry(table);
        live.read
            .server
            .sizes
            .get(&table)
            .copied()
            .unwrap_or_default()
            .class(settings.small_table)
            == *class
    });
    let ledger: Vec<Address> = live
        .history
        .ledger
        .iter()
        .map(|row| row.place.clone())
        .collect();
    let held = decision.moves.ledger(&decision.ledger);
    // Something that came since may stand on what it touches.
    let spoken = &spoken_of(&decision.inverse) | &spoken_of(&decision.stages);
    let came = now
        .needs
        .iter()
        .filter(|(own, _)| now.objects.contains_key(*own) && !after.objects.contains_key(*own));
    let mut needs = came.flat_map(|(_, needs)| needs);
    if needs.any(|need| spoken.contains(need) || spoken.contains(&now.unit_of(need))) {
        return false;
    }
    // Or sit where it moves something.
    let is_at = !matches!(
        position(&decision.inverse, after, 0, now),
        Position::Moved(_)
    );
    let in_step = shadow::all_kept(decision, &live.read);
    same_objects
        && in_step
        && is_at
        && same_sizes
        && held.iter().all(|row| ledger.contains(&row.place))
}

/// Makes a plan of the inverse that was stored and reviewed with its revision.
fn stored(project: &Project, revision: &Revision, after: &Model<Expression>, live: &Live) -> Plan {
    let own = &revision.plan.decision;
    let leans_on = spoken_of(&own.inverse)
        .into_iter()
        .map(|address| {
            let hash = after.fingerprint(&address);
            (address, hash)
        })
        .collect();
    let decision = Decision {
        format: PLAN_FORMAT,
        project: own.project.clone(),
        major: own.major,
        role: revision.plan.decision.role.clone(),
        purpose: Purpose::Undo(vec![revision.id]),
        shadows: BTreeMap::new(),
        desired: Hash::of(&revision.model_before.objects),
        declares: BTreeSet::new(),
        leans_on,
        sizes: own
            .sizes
            .iter()
            .map(|(table, class)| (own.moves.carry(table), *class))
            .collect(),
        moves: own.moves.turned(),
        ledger: live.history.ledger.clone(),
        findings: own.inverse_findings.clone(),
        allowed: project.allowed.clone(),
        stages: own.inverse.clone(),
        inverse: Vec::new(),
        inverse_findings: Vec::new(),
        intent: Intent::default(),
    };
    let observation = Observation {
        database: live.read.server.database.clone(),
        ..revision.plan.observation.clone()
    };
    Plan {
        decision,
        observation: Observation {
            unmanaged: Vec::new(),
            not_yet_ours: 0,
            guards_differ: false,
            ..observation
        },
    }
}

/// Plans the way back from what is there now, for just the objects that these revisions touched.
async fn anew(
    project: &Project,
    revisions: &[Revision],
    now: &Model<Expression>,
    live: &mut Live,
) -> Result<Plan, PipelineError> {
    let settings = &project.settings;
    let mut moves = Vec::new();
    let mut stages = Vec::new();
    for revision in revisions.iter().rev() {
        let done = done_stages(project, revision, now, live).await?;
        for stage in &revision.plan.decision.stages[..done] {
            let own = stage
                .steps
                .iter()
                .flat_map(|step| &step.effects)
                .filter_map(|effect| match effect {
                    Effect::Moves(step) => Some(step.clone()),
                    Effect::Creates(_)
                    | Effect::Drops(_)
                    | Effect::Alters(..)
                    | Effect::Uses(_)
                    | Effect::Reads(_) => None,
                });
            moves.extend(own);
        }
        // A stage that was interrupted may have left a part of its work.
        let touched = (done + 1).min(revision.plan.decision.stages.len());
        stages.extend_from_slice(&revision.plan.decision.stages[..touched]);
    }
    let moves = Moves(moves);
    let oldest = revisions.last().expect("there is a revision to undo");
    let before = &oldest.model_before;
    let (declared, follows) = state_to_reach(before, now, &stages, &moves, revisions, live);
    let given = standing_only(way_back(before, now, &stages, &moves, settings), now);
    let given = give_way(given, now, &declared.written);
    let given = let_go(given, now, |sequence| {
        declared.written.objects.contains_key(sequence)
    });
    let (given, shadows) = swapped_back(revisions, given, live);
    shadow::may_be_swapped(revisions, &given, &shadows, now)?;
    let leftovers = leftovers(live);
    live.read
        .blockers
        .values_mut()
        .for_each(|who| who.retain(|name| !name.contains(TEMPORARY_PREFIX)));
    live.read.blockers.retain(|_, who| !who.is_empty());
    let ids: Vec<i64> = revisions.iter().map(|own| own.id).collect();
    let wish = Wish {
        read: &live.read,
        declared: &declared,
        ledger: &live.history.ledger,
        owned: &BTreeSet::new(),
        in_force: &Intent::default(),
        given: Some(given),
        follows: &follows,
        strangers: &strangers(&stages, now, live),
        purpose: Purpose::Undo(ids),
        shadows,
    };
    let mut plan = make(project, &wish).await?;
    let empty = come_back_empty(&plan.decision.stages, before);
    plan.decision.findings.extend(empty);
    if !leftovers.steps.is_empty() {
        plan.decision.stages.insert(0, leftovers);
    }
    Ok(plan)
}

/// Returns the columns that were swapped with one of another type: they are swapped back. Where that is not kept in step any more, it
/// does not know what clients have written since: yet another one is filled then, and takes the name.
fn swapped_back(
    revisions: &[Revision],
    mut given: Moves,
    live: &Live,
) -> (Moves, BTreeMap<Address, Shadow>) {
    let all = revisions.iter().flat_map(|own| {
        let decision = &own.plan.decision;
        let shadows = decision.shadows.iter();
        shadows.map(|(column, own)| (column.clone(), own.turned()))
    });
    let swaps = |column: &Address| {
        let any = |why: Why, at: fn(&Move) -> &Address| {
            let mut moves = given.0.iter();
            moves.any(|own| own.why == why && at(own) == column)
        };
        any(Why::Retired, |own| &own.from) && any(Why::TakenBack, |own| &own.to)
    };
    let shadows: BTreeMap<Address, Shadow> = all.filter(|(column, _)| swaps(column)).collect();
    given.0.retain(|own| {
        let is_swapped = own.why == Why::TakenBack && shadows.contains_key(&own.to);
        !is_swapped || is_trusted(&own.from, &live.read)
    });
    (given, shadows)
}

/// Finds what no revision declared and these have not touched: what stands on something that goes is not theirs to take.
fn strangers(stages: &[Stage], now: &Model<Expression>, live: &Live) -> BTreeSet<Address> {
    let owned = live.history.owned();
    let touched: BTreeSet<Address> = spoken_of(stages)
        .iter()
        .map(|own| now.unit_of(own))
        .collect();
    let units = now.units().into_keys();
    units
        .filter(|own| own.kind().is_top_level() && own.kind() != Kind::Schema)
        .filter(|own| !owned.contains(own) && !touched.contains(own))
        .collect()
}

/// Names what held something before these revisions and is made anew: what it held was purged, or dropped for good.
fn come_back_empty(stages: &[Stage], before: &Model<Expression>) -> Vec<Finding> {
    let steps = stages.iter().flat_map(|stage| &stage.steps);
    let created = steps
        .flat_map(|step| &step.effects)
        .filter_map(Effect::created);
    let held = created.filter(|own| match before.objects.get(*own) {
        Some(Object::Column(column)) => {
            let table_is_there = before.objects.contains_key(&own.table());
            let is_foreign = before.is_foreign(&own.table());
            column.generated.is_none() && table_is_there && !is_foreign
        }
        Some(Object::Table(own)) => own.foreign.is_none(),
        _ => false,
    });
    let found = held.map(|address| Finding {
        hazard: Hazard::Irreversible,
        address: address.clone(),
        because: format!("{address} comes back empty: what it held is deleted"),
        stops: true,
    });
    found.collect()
}

/// Returns how many stages of a revision have committed, whatever its rows say.
async fn done_stages(
    project: &Project,
    revision: &Revision,
    now: &Model<Expression>,
    live: &mut Live,
) -> Result<usize, PipelineError> {
    let stages = &revision.plan.decision.stages;
    if revision.outcome == Outcome::Done {
        return Ok(stages.len());
    }
    let rows = apply::settled_rows(project, &mut live.connection, revision.id, &mut Silent).await?;
    let done = rows.iter().filter(|row| row.done).count();
    Ok(match position(stages, &revision.model_before, done, now) {
        Position::Next(_) => done + 1,
        Position::At | Position::Within(_) | Position::Moved(_) => done,
    })
}

/// Drops the triggers that a stopped backfill left.
fn leftovers(live: &Live) -> Stage {
    let mut triggers: BTreeMap<Name, Vec<Address>> = BTreeMap::new();
    for found in &live.read.unmodelled {
        let (Some(table), Some(path)) = (&found.on, Name::split_reference(&found.name)) else {
            continue;
        };
        if let Some(name) = path
            .last()
            .filter(|name| found.kind == "trigger" && name.as_str().starts_with(TEMPORARY_PREFIX))
        {
            let tables = triggers.entry(name.clone()).or_default();
            tables.push(table.clone());
        }
    }
    let mut steps = Vec::new();
    for (name, mut tables) in triggers {
        // One function serves a table and those that inherit from it: it lies beside the first.
        tables.sort_by_key(|own| live.read.model.above(own).len());
        if let [table, others @ ..] = tables.as_slice() {
            steps.extend(plan::drop_leftover_trigger(table, others, &name));
        }
    }
    Stage {
        alone: false,
        steps,
        after: BTreeMap::new(),
    }
}
