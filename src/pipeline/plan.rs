//! Read, declare, level, diff, plan, rehearse forward, plan the inverse, rehearse it.

use std::collections::{BTreeMap, BTreeSet};

use super::inverse::{inverse, way_back_settings};
use super::{Live, PipelineError, Project, live, preflight, shadow};
use crate::catalog::{self, Connection};
use crate::desired::Loaded;
use crate::diff::{ChangeId, diff};
use crate::history::{History, Outcome};
use crate::model::{
    Address, Declared, Hash, Intent, Level, Moves, Name, Read, Retired, Settings, Shadow, SizeClass,
};
use crate::plan::{
    self, Context, Decision, Finding, Hazard, Observation, PLAN_FORMAT, Plan, PlanError, Purpose,
    Stage, build, facts,
};
use crate::scratch::{Rehearsal, Wanted, Workshop, level, without_journal};

/// Plans the way from the live database to the state that the files declare.
///
/// # Errors
/// Fails when a side cannot be read or built, when no safe way exists, and when the plan or its inverse was rehearsed
/// and landed elsewhere.
pub async fn plan(project: &Project, loaded: &Loaded) -> Result<Plan, PipelineError> {
    let Live {
        mut connection,
        read,
        history,
    } = live(project).await?;
    let declared = respelled(&mut connection, loaded).await?;
    if let Some(stopped) = history.stopped() {
        return Err(PipelineError::Unfinished {
            revision: stopped.id,
        });
    }
    let nothing = Intent::default();
    let in_force = history
        .in_force()
        .map_or(&nothing, |own| &own.plan.decision.intent);
    let wish = Wish {
        read: &read,
        declared: &declared,
        ledger: &history.ledger,
        owned: &history.owned(),
        in_force,
        given: None,
        follows: &BTreeSet::new(),
        strangers: &BTreeSet::new(),
        purpose: Purpose::Declare,
        shadows: BTreeMap::new(),
    };
    let mut made = make(project, &wish).await?;
    let declares = declared.units();
    let ours = history.owned();
    made.observation.not_yet_ours = declares
        .iter()
        .filter(|address| !ours.contains(*address))
        .count();
    made.observation.guards_differ = history.in_force().is_some()
        && (in_force.protect != declared.intent.protect
            || in_force.unmanaged_partitions != declared.intent.unmanaged_partitions);
    made.observation.records = made.observation.not_yet_ours > 0
        || made.observation.guards_differ
        || history.in_force().is_none();
    made.observation.copied_journal = history.copied;
    made.decision.declares = declares;
    if !made.decision.is_empty() {
        made.decision
            .findings
            .extend(rolled_back(&history, &made.decision));
    }
    Ok(made)
}

/// Says whether a plan was made from what these files declare.
///
/// # Errors
/// Fails when the server cannot be asked how it spells types.
pub async fn is_planned_from(
    project: &Project,
    plan: &Plan,
    loaded: &Loaded,
) -> Result<bool, PipelineError> {
    let declared = respelled(&mut project.connect().await?, loaded).await?;
    let is_declared = plan.decision.purpose == Purpose::Declare;
    Ok(is_declared && plan.decision.desired == state_of(&declared))
}

/// The state that files declare, in short.
fn state_of(declared: &Declared) -> Hash {
    Hash::of(&(&declared.written.objects, &declared.listed))
}

/// Returns what is declared, with functions under the addresses that the live server would give them.
pub(super) async fn respelled(
    connection: &mut Connection,
    loaded: &Loaded,
) -> Result<Declared, PipelineError> {
    let types = loaded.declared.argument_types();
    let spelled = catalog::spelled_types(connection, &types).await?;
    Ok(loaded.declared.respelled(&spelled))
}

/// What a plan is made from.
pub(super) struct Wish<'a> {
    pub(super) read: &'a Read,
    pub(super) declared: &'a Declared,
    pub(super) ledger: &'a [Retired],
    pub(super) owned: &'a BTreeSet<Address>,
    pub(super) in_force: &'a Intent,
    pub(super) given: Option<Moves>,
    pub(super) follows: &'a BTreeSet<Address>,
    /// On a way back: what is not ours, under the names from before.
    pub(super) strangers: &'a BTreeSet<Address>,
    pub(super) purpose: Purpose,
    /// On a way back: the columns that are swapped with one that was kept in step.
    pub(super) shadows: BTreeMap<Address, Shadow>,
}

/// Makes a plan with its inverse, both rehearsed.
pub(super) async fn make(project: &Project, wish: &Wish<'_>) -> Result<Plan, PipelineError> {
    let settings = &match wish.purpose {
        Purpose::Undo(_) => way_back_settings(&project.settings),
        Purpose::Declare | Purpose::Purge | Purpose::Finish => project.settings.clone(),
    };
    let mut workshop = Workshop::new(project.scratch.clone(), wish.read.server.version);
    let outcome = make_with(project, wish, settings, &mut workshop).await;
    let used_scratch = workshop.was_needed();
    workshop.close().await;
    let mut plan = outcome?;
    plan.observation.used_scratch = used_scratch;
    Ok(plan)
}

async fn make_with(
    project: &Project,
    wish: &Wish<'_>,
    settings: &Settings,
    workshop: &mut Workshop,
) -> Result<Plan, PipelineError> {
    let Wish {
        read,
        declared,
        ledger,
        owned,
        in_force,
        given,
        follows,
        strangers,
        purpose,
        shadows,
    } = wish;
    let mut wanted = Wanted {
        read,
        declared,
        ledger,
        owned,
        in_force,
        settings,
        given: given.clone(),
        follows,
        shadows,
    };
    let mut forward = level(&wanted, workshop).await?;
    let raw = without_journal(&read.model, &settings.journal);
    // What is beside a column has its place in the state as well: both sides are made level once more, with it.
    let mut told = Vec::new();
    let mut changes = diff(&forward.level);
    let chosen = match given {
        Some(_) => BTreeMap::new(),
        None => {
            let cx = Context {
                level: &forward.level,
                raw: &raw,
                server: &read.server,
                blockers: &read.blockers,
                outside: BTreeMap::new(),
                settings,
                rewrites: &project.rewrites,
            };
            let mut chosen = plan::shadow::shadows(&changes, &cx, in_force);
            shadow::kept(&mut chosen, ledger, &forward.level, read);
            if !chosen.is_empty() {
                let is_chosen = |own: &ChangeId| chosen.contains_key(&own.0);
                let mut types = changes.clone();
                types.0.retain(|own, _| is_chosen(own));
                told.extend(facts::of_types(&types, &cx));
                told.extend(preflight::findings(project, &types, &cx).await?);
            }
            chosen
        }
    };
    if !chosen.is_empty() {
        wanted.shadows = &chosen;
        forward = level(&wanted, workshop).await?;
        changes = diff(&forward.level);
    }
    let mut decision = Decision {
        format: PLAN_FORMAT,
        project: settings.project.clone(),
        major: read.server.version.major(),
        role: None,
        purpose: purpose.clone(),
        desired: state_of(declared),
        declares: BTreeSet::new(),
        leans_on: BTreeMap::new(),
        sizes: BTreeMap::new(),
        moves: forward.level.moves.clone(),
        ledger: ledger.to_vec(),
        findings: Vec::new(),
        allowed: project.allowed.clone(),
        stages: Vec::new(),
        inverse: Vec::new(),
        inverse_findings: Vec::new(),
        intent: declared.intent.clone(),
        shadows: forward.level.shadows.clone(),
    };
    let mut observation = Observation {
        database: read.server.database.clone(),
        unmanaged: forward
            .unmanaged
            .iter()
            .filter(|own| {
                let left = &declared.intent.unmanaged_partitions;
                !forward.level.current.is_left_to_others(own, left)
            })
            .cloned()
            .collect(),
        unmodelled: in_scope(read, settings),
        in_step: ledger
            .iter()
            .filter(|row| read.in_step.get(&row.place).is_some_and(|own| own.is_on))
            .map(|row| row.was.clone())
            .collect(),
        built_tables: forward.built,
        ..Observation::default()
    };
    let cx = Context {
        level: &forward.level,
        raw: &raw,
        server: &read.server,
        blockers: &read.blockers,
        outside: outside(&forward.level, &forward.unmanaged, strangers),
        settings,
        rewrites: &project.rewrites,
    };
    if *purpose == Purpose::Declare {
        plan::partition::keeps_columns(&changes, &forward.level)?;
    }
    let mut stages = plan::stages(changes.clone(), &cx)?;
    if stages.is_empty() {
        return Ok(Plan {
            decision,
            observation,
        });
    }
    if *purpose == Purpose::Declare {
        let protected = &declared.intent.protect | &in_force.protect;
        plan::protect::guard(&stages, &protected, &cx)?;
    }
    decision.leans_on = build::leans_on(&stages, &cx);
    decision.findings = facts::findings(&stages, &cx, &forward.questions, &forward.taken_in);
    decision
        .findings
        .extend(preflight::findings(project, &changes, &cx).await?);
    decision.findings.extend(told);
    decision.sizes = sizes(&stages, &cx);
    for table in decision.sizes.keys() {
        if let Some(size) = read.server.sizes.get(table) {
            observation.sizes.insert(table.clone(), *size);
        }
    }
    let mut rehearsal = Rehearsal::forward(
        workshop,
        &forward.level,
        &forward.bench,
        &mut stages,
        settings,
    )
    .await?;
    let gives_up = facts::gives_up(&stages, &forward.level.moves);
    let given_up = |column: &Address| gives_up.iter().any(|own| column.is_at_or_below(own));
    match inverse(project, wish, &forward, &rehearsal, settings, workshop).await {
        Ok((stages, findings)) => {
            decision.inverse = stages;
            decision.inverse_findings = findings;
            // Whether what is converted comes back was asked of the live rows.
            rehearsal.back(&mut decision.inverse, given_up).await?;
        }
        // What held the values is gone by then: nothing can fill what has to be filled.
        Err(PipelineError::Plan(PlanError::NothingToFill { column, .. }))
            if !gives_up.is_empty() =>
        {
            decision.findings.push(facts::irreversible(&column));
        }
        // A label that comes to an enumerated type goes only with the type.
        Err(PipelineError::Plan(PlanError::Nested { own, user })) => {
            decision.findings.push(facts::no_way_back(&own, &user));
        }
        // A partition that comes cannot leave again.
        Err(PipelineError::Plan(PlanError::TriggerStays { partition, trigger })) => {
            let finding = facts::stays(&partition, &trigger);
            decision.findings.push(finding);
        }
        Err(error) => return Err(error),
    }
    // More is built where prints are not cached yet; what the steps do not touch proves nothing.
    let touched = decision.leans_on.keys().map(Address::table);
    let touched: BTreeSet<Address> = touched
        .flat_map(|own| {
            // Partitions are built with their table; what inherits is not always.
            let below = cx.level.before.children_of(&own).into_iter();
            let below = below.filter(|child| cx.level.before.partitioned(child).is_some());
            below.chain([own]).collect::<Vec<_>>()
        })
        .collect();
    observation.seeded = rehearsal.seeded.clone();
    observation
        .seeded
        .retain(|table, _| touched.contains(table));
    // A table without rows has none to lose; that it is empty is part of what the plan rests on.
    let holds_rows = |table: &Address| cx.class(table) != SizeClass::Empty;
    observation.not_seeded = rehearsal.not_seeded.clone();
    observation
        .not_seeded
        .retain(|table, _| touched.contains(table) && holds_rows(table));
    decision.stages = stages;
    let all = decision.stages.iter().chain(&decision.inverse);
    if all.flat_map(|own| &own.steps).any(facts::means_applier) {
        decision.role = Some(Name::new(&read.server.role));
    }
    Ok(Plan {
        decision,
        observation,
    })
}

/// Returns the size class of every table that the steps touch and that exists: what the choice of way rests on.
fn sizes(stages: &[Stage], cx: &Context<'_>) -> BTreeMap<Address, SizeClass> {
    let mut sizes = BTreeMap::new();
    for step in stages.iter().flat_map(|stage| &stage.steps) {
        let locked = step
            .statement()
            .into_iter()
            .flat_map(|own| own.locks.keys());
        for table in locked.cloned().chain([step.address.table()]) {
            let before = cx.level.moves.carry_back(&table);
            if let Some(size) = cx.server.sizes.get(&before) {
                sizes.insert(before, size.class(cx.settings.small_table));
            }
        }
    }
    sizes
}

/// Finds what depends on what is ours and is not ours itself, as everything is called before the moves.
fn outside(
    level: &Level,
    unmanaged: &BTreeSet<Address>,
    strangers: &BTreeSet<Address>,
) -> BTreeMap<Address, BTreeSet<Address>> {
    let is_outside = |own: &Address| {
        // What is set aside is ours, whoever declared it.
        if own.path().iter().any(Name::is_reserved) {
            return false;
        }
        let unit = level.before.unit_of(own);
        unmanaged.contains(&level.moves.carry(&unit)) || strangers.contains(&unit)
    };
    let mut found: BTreeMap<Address, BTreeSet<Address>> = BTreeMap::new();
    if unmanaged.is_empty() && strangers.is_empty() {
        return found;
    }
    for (address, needs) in &level.before.needs {
        if !is_outside(address) {
            continue;
        }
        for need in needs.iter().filter(|need| !is_outside(need)) {
            found
                .entry(need.clone())
                .or_default()
                .insert(address.clone());
        }
    }
    found
}

/// Returns what was found and is not modelled, within the scope.
pub(super) fn in_scope(read: &Read, settings: &Settings) -> Vec<crate::model::Unmodelled> {
    read.unmodelled
        .iter()
        .filter(|own| {
            let schema = own.on.as_ref().map(Address::schema_name);
            let by_name = own.name.split('.').next().map(Name::new);
            let schema = schema.or(by_name.as_ref());
            schema.is_none_or(|schema| {
                *schema != settings.journal
                    && !schema.is_reserved()
                    && (own.on.is_none() || settings.manage.covers_schema(schema))
            }) && own
                .on
                .as_ref()
                .is_none_or(|on| !settings.manage.excludes(on))
        })
        .cloned()
        .collect()
}

/// These very files were applied and rolled back, and no files were applied since.
fn rolled_back(history: &History, decision: &Decision) -> Option<Finding> {
    let done = history.revisions.iter().rev();
    let since = done
        .filter(|own| own.outcome == Outcome::Done)
        .take_while(|own| own.plan.decision.purpose != Purpose::Declare);
    let (last, undone) = since
        .flat_map(|own| own.undoes.iter().map(move |id| (own, id)))
        .find_map(|(last, id)| {
            let undone = history.revisions.iter().find(|own| own.id == *id)?;
            (undone.plan.decision.desired == decision.desired).then_some((last, undone))
        })?;
    let about = decision
        .stages
        .iter()
        .flat_map(|stage| &stage.steps)
        .next()?;
    Some(Finding {
        hazard: Hazard::RolledBack,
        address: about.address.clone(),
        because: format!(
            "these files were applied as revision {} and rolled back by revision {}",
            undone.id, last.id
        ),
        stops: true,
    })
}
