//! Carries a plan out, records it, and goes on where an earlier run stopped.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use super::role;
use super::{Live, PipelineError, Project, live, privileges};
use crate::apply::{self, ApplyError, Progress, Run, Stop, Watcher};
use crate::catalog::{self, Connection};
use crate::history::{self, History, HistoryError, NewRevision, Outcome, Revision};
use crate::model::{Address, Expression, Kind, Model, Moves, Read, SizeClass};
use crate::plan::{Decision, Plan, Position, Purpose, Until, position};
use crate::scratch::without_journal;

/// How often a waiting applier looks whether it is its turn.
const POLL: Duration = Duration::from_millis(250);

/// Who applies, from where.
#[derive(Clone, Debug, Default)]
pub struct Caller {
    /// The person, as the system names them.
    pub who: String,
    /// The machine.
    pub host: String,
    /// The git commit of the files.
    pub git_commit: Option<String>,
}

/// What applying came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Applied {
    /// The revision; none where nothing was to be done so far.
    pub revision: Option<i64>,
    /// How many stages are done, by earlier runs too.
    pub done: usize,
    /// How many stages the plan has.
    pub stages: usize,
}

impl Applied {
    /// Says whether the plan is carried out to its end.
    pub fn is_whole(&self) -> bool {
        self.done == self.stages
    }
}

/// What is to be carried out.
struct Work<'a> {
    plan: &'a Plan,
    revision: i64,
    /// The state before the first stage.
    before: &'a Model<Expression>,
    /// The stages that are done already.
    done: BTreeSet<usize>,
    /// How many of the stages are to be done.
    until: usize,
}

/// Carries out a plan that a person has seen.
///
/// # Errors
/// Fails before the first change when a hazard is not allowed, when what the plan rests on moved, or when the first
/// stage is refused; after it, when a stage fails: what is done is recorded then.
pub async fn apply(
    project: &Project,
    plan: &Plan,
    caller: &Caller,
    until: Until,
    stop: &Stop,
    progress: &mut dyn Progress,
) -> Result<Applied, PipelineError> {
    let decision = &plan.decision;
    let refused = decision.refused();
    if !refused.is_empty() {
        return Err(PipelineError::NotAllowed(
            refused.into_iter().cloned().collect(),
        ));
    }
    let mut live = locked(project, stop, progress).await?;
    if let Some(stopped) = live.history.stopped()
        && !returns_from(&decision.purpose, stopped)
    {
        return Err(PipelineError::Unfinished {
            revision: stopped.id,
        });
    }
    made_by_this_role(decision, &live.read)?;
    let moved = moved(project, plan, &live);
    if !moved.is_empty() {
        return Err(PipelineError::Stale { moved });
    }
    let until = until.stages(&decision.stages);
    if until == 0 && !decision.is_empty() {
        return Ok(Applied {
            revision: None,
            done: 0,
            stages: decision.stages.len(),
        });
    }
    let settings = &project.settings;
    let Live {
        connection,
        read,
        history,
    } = &mut live;
    privileges::check(
        connection,
        plan,
        &read.model,
        &read.server,
        history.installed,
    )
    .await?;
    apply::fault::arm();
    if !live.history.installed {
        history::install(
            &mut live.connection,
            &settings.journal,
            &live.read.server.identity,
        )
        .await?;
    }
    let mut before = without_journal(&live.read.model, &settings.journal);
    role::spoken_of(&mut before, &live.history.owned(), decision);
    let undoes: &[i64] = match &decision.purpose {
        Purpose::Undo(revisions) => revisions,
        Purpose::Declare | Purpose::Purge | Purpose::Finish => &[],
    };
    let new = NewRevision {
        project: &settings.project,
        plan,
        undoes,
        before: &before,
        git_commit: caller.git_commit.as_deref(),
        who: &[live.read.server.role.as_str(), " (", &caller.who, ")"].concat(),
        host: &caller.host,
    };
    let revision = history::begin(&mut live.connection, &settings.journal, &new).await?;
    apply::fault::point();
    let work = Work {
        plan,
        revision,
        before: &before,
        done: BTreeSet::new(),
        until,
    };
    carry_out(project, &mut live.connection, work, stop, progress).await
}

/// Finishes the revision that stopped part-way, where there is one.
///
/// # Errors
/// Fails when the live database is neither where the revision stopped nor where its next stage leads.
pub async fn resume(
    project: &Project,
    until: Until,
    stop: &Stop,
    progress: &mut dyn Progress,
) -> Result<Option<Applied>, PipelineError> {
    let mut live = locked(project, stop, progress).await?;
    let Some(stopped) = live.history.stopped().cloned() else {
        return Ok(None);
    };
    made_by_this_role(&stopped.plan.decision, &live.read)?;
    let settings = &project.settings;
    let rows = settled_rows(project, &mut live.connection, stopped.id, progress).await?;
    let done: BTreeSet<usize> = rows
        .iter()
        .filter(|row| row.done)
        .map(|row| row.stage)
        .collect();
    let now = catalog::live_model(&mut live.connection).await?;
    let now = without_journal(&now, &settings.journal);
    let done = match position(
        &stopped.plan.decision.stages,
        &stopped.model_before,
        done.len(),
        &now,
    ) {
        Position::At | Position::Within(_) => done,
        Position::Next(_) => {
            let next = done.len();
            history::mark_done(&mut live.connection, &settings.journal, stopped.id, next).await?;
            (0..=next).collect()
        }
        Position::Moved(moved) => {
            let moved = moved.iter().map(|address| {
                format!(
                    "{address} was changed since revision {} stopped",
                    stopped.id
                )
            });
            return Err(PipelineError::Stale {
                moved: moved.collect(),
            });
        }
    };
    let stages = &stopped.plan.decision.stages;
    let until = until.stages(stages).max(done.len());
    if until < stages.len() && until == done.len() {
        return Ok(Some(Applied {
            revision: Some(stopped.id),
            done: until,
            stages: stages.len(),
        }));
    }
    history::goes_on(&mut live.connection, &settings.journal, stopped.id).await?;
    let work = Work {
        plan: &stopped.plan,
        revision: stopped.id,
        before: &stopped.model_before,
        done,
        until,
    };
    let applied = carry_out(project, &mut live.connection, work, stop, progress).await?;
    Ok(Some(applied))
}

/// Says whether a plan is the way back from a revision that stopped part-way: only that may come before it is finished.
fn returns_from(purpose: &Purpose, stopped: &Revision) -> bool {
    match (purpose, &stopped.plan.decision.purpose) {
        (Purpose::Undo(revisions), Purpose::Undo(of_stopped)) => revisions == of_stopped,
        (Purpose::Undo(revisions), Purpose::Declare | Purpose::Purge | Purpose::Finish) => {
            revisions.contains(&stopped.id)
        }
        (Purpose::Declare | Purpose::Purge | Purpose::Finish, _) => false,
    }
}

/// Returns the revision that stopped part-way, where there is one.
///
/// # Errors
/// Fails when the server or its journal cannot be read.
pub async fn stopped(project: &Project) -> Result<Option<Revision>, PipelineError> {
    Ok(super::history(project).await?.stopped().cloned())
}

/// Finishes the revision that stopped part-way where it carried out this very plan.
///
/// # Errors
/// Fails when another one stopped, and like [`resume`].
pub async fn finish_if_same(
    project: &Project,
    plan: &Plan,
    until: Until,
    stop: &Stop,
    progress: &mut dyn Progress,
) -> Result<Option<Applied>, PipelineError> {
    match stopped(project).await? {
        None => Ok(None),
        Some(stopped) if stopped.plan.decision.id() == plan.decision.id() => {
            resume(project, until, stop, progress).await
        }
        Some(stopped) => Err(PipelineError::Unfinished {
            revision: stopped.id,
        }),
    }
}

/// Takes the applier's lock, waiting for another applier, and reads.
async fn locked(
    project: &Project,
    stop: &Stop,
    progress: &mut dyn Progress,
) -> Result<Live, PipelineError> {
    let mut live = live(project).await?;
    if live.history.copied {
        let schema = project.settings.journal.clone();
        return Err(HistoryError::Copied { schema }.into());
    }
    let begun = Instant::now();
    let mut told = false;
    apply::prepare(&mut live.connection)
        .await
        .map_err(PipelineError::Unchanged)?;
    while let Some(holder) = apply::take(&mut live.connection)
        .await
        .map_err(PipelineError::Unchanged)?
    {
        if begun.elapsed() > project.settings.lock_patience {
            return Err(PipelineError::Unchanged(ApplyError::Busy(holder)));
        }
        if stop.is_requested() {
            return Err(PipelineError::Unchanged(ApplyError::Interrupted));
        }
        if !told {
            progress.waiting(&format!("another apply is at work: {holder}"));
            told = true;
        }
        tokio::time::sleep(POLL).await;
    }
    // Another one may have come and gone since the first look.
    let newest = |own: &History| own.revisions.last().map(|own| (own.id, own.outcome));
    let history = super::journal(project, &mut live.connection, &live.read).await?;
    if told || newest(&history) != newest(&live.history) {
        // What the other one did is part of the state now.
        (live.read, live.history) = super::read(project, &mut live.connection).await?;
    }
    Ok(live)
}

/// Returns the stage rows once no former backend of this revision runs any more.
pub(super) async fn settled_rows(
    project: &Project,
    connection: &mut Connection,
    revision: i64,
    progress: &mut dyn Progress,
) -> Result<Vec<history::StageRow>, PipelineError> {
    let mut told = false;
    loop {
        let rows = history::stage_rows(connection, &project.settings.journal, revision).await?;
        let Some(pid) = rows
            .iter()
            .filter(|row| !row.done)
            .find_map(|row| row.running_pid)
        else {
            return Ok(rows);
        };
        if !told {
            progress.waiting(&format!(
                "the former applier's backend, process {pid}, still runs its statement"
            ));
            told = true;
        }
        tokio::time::sleep(POLL).await;
    }
}

async fn carry_out(
    project: &Project,
    connection: &mut Connection,
    work: Work<'_>,
    stop: &Stop,
    progress: &mut dyn Progress,
) -> Result<Applied, PipelineError> {
    let settings = &project.settings;
    let Work {
        plan,
        revision,
        before,
        done,
        until,
    } = work;
    let stages = &plan.decision.stages;
    let outcome = async {
        let watching = project.connect().await?;
        let watcher = tokio::sync::Mutex::new(Watcher::over(watching, connection).await?);
        let sizes = under_every_name(&plan.decision);
        let run = Run {
            settings,
            revision,
            sizes: &sizes,
            stop,
            watcher: Some(&watcher),
            watched: Some((stages, before)),
            is_first: true,
            may_hurry: apply::is_superuser(connection).await?,
            rests_triggers: false,
        };
        apply::run(connection, &stages[..until], &run, &done, progress).await
    };
    if let Err(error) = outcome.await {
        return Err(note_stop(project, connection, revision, stages.len(), error).await);
    }
    apply::fault::point();
    let ended = async {
        if until < stages.len() {
            let outcome = Outcome::Paused;
            history::finish(connection, &settings.journal, revision, outcome, None).await?;
            return apply::release(connection).await;
        }
        let after = catalog::live_model(connection).await?;
        let mut after = without_journal(&after, &settings.journal);
        let known = before.objects.keys().cloned().collect();
        role::spoken_of(&mut after, &known, &plan.decision);
        history::finish(
            connection,
            &settings.journal,
            revision,
            Outcome::Done,
            Some(&after),
        )
        .await?;
        apply::fault::point();
        apply::release(connection).await
    };
    match ended.await {
        Ok(()) => Ok(Applied {
            revision: Some(revision),
            done: until,
            stages: stages.len(),
        }),
        Err(source) => Err(PipelineError::Stopped {
            revision,
            done: until,
            stages: stages.len(),
            source,
        }),
    }
}

/// Records that a revision stopped; one that has not begun anything is taken out of the journal again.
async fn note_stop(
    project: &Project,
    connection: &mut Connection,
    revision: i64,
    stages: usize,
    source: ApplyError,
) -> PipelineError {
    let journal = &project.settings.journal;
    let rows = match history::stage_rows(connection, journal, revision).await {
        Ok(rows) => rows,
        // The server is gone: what it holds says how far it came.
        Err(_) => match project.connect().await {
            Ok(mut again) => match history::stage_rows(&mut again, journal, revision).await {
                Ok(rows) => {
                    return record_stop(&mut again, journal, revision, stages, rows, source).await;
                }
                Err(_) => {
                    return PipelineError::Stopped {
                        revision,
                        done: 0,
                        stages,
                        source,
                    };
                }
            },
            Err(_) => {
                return PipelineError::Stopped {
                    revision,
                    done: 0,
                    stages,
                    source,
                };
            }
        },
    };
    record_stop(connection, journal, revision, stages, rows, source).await
}

async fn record_stop(
    connection: &mut Connection,
    journal: &crate::model::Name,
    revision: i64,
    stages: usize,
    rows: Vec<history::StageRow>,
    source: ApplyError,
) -> PipelineError {
    if rows.is_empty() {
        let moved = if let ApplyError::Moved(moved) = &source {
            moved.clone()
        } else {
            Vec::new()
        };
        // Whether the row could be removed shows at the next run, which then finds a revision without a stage.
        let _ = history::forget(connection, journal, revision).await;
        if !moved.is_empty() {
            let moved = moved
                .iter()
                .map(|own| format!("{own} was changed meanwhile"));
            return PipelineError::Stale {
                moved: moved.collect(),
            };
        }
        return PipelineError::Unchanged(source);
    }
    let _ = history::finish(connection, journal, revision, Outcome::Stopped, None).await;
    PipelineError::Stopped {
        revision,
        done: rows.iter().filter(|row| row.done).count(),
        stages,
        source,
    }
}

/// Refuses a plan that speaks of the role that made it, where this is another.
pub(super) fn made_by_this_role(decision: &Decision, read: &Read) -> Result<(), PipelineError> {
    match &decision.role {
        Some(made_by) if made_by.as_str() != read.server.role => Err(PipelineError::AnotherRole {
            made_by: made_by.as_str().to_owned(),
            role: read.server.role.clone(),
        }),
        _ => Ok(()),
    }
}

/// Names what moved of what the plan rests on.
fn moved(project: &Project, plan: &Plan, live: &Live) -> Vec<String> {
    let decision = &plan.decision;
    let Live { read, history, .. } = live;
    let model: Model<Expression> = without_journal(&read.model, &project.settings.journal);
    let mut moved = Vec::new();
    if read.server.version.major() != decision.major {
        moved.push(format!(
            "the server is PostgreSQL {}, the plan is for {}",
            read.server.version, decision.major
        ));
    }
    if project.settings.project != decision.project {
        moved.push(format!(
            "the plan is for project {}, this is {}",
            decision.project, project.settings.project
        ));
    }
    for (address, hash) in &decision.leans_on {
        if model.fingerprint(address) != *hash {
            let is_list = address.default_list().is_some();
            moved.push(match is_list || model.objects.contains_key(address) {
                true => format!("{address} is not what it was"),
                false => format!("{address} is gone"),
            });
        }
    }
    // What hangs on a thing that moves moves along: it must be what was rehearsed.
    for step in decision
        .moves
        .0
        .iter()
        .filter(|step| step.from.kind() != Kind::Schema)
    {
        let before = decision.moves.carry_back(&step.to);
        let new = model.objects.keys().filter(|address| {
            address.is_at_or_below(&before) && !decision.leans_on.contains_key(*address)
        });
        moved.extend(new.map(|address| format!("{address} is new")));
    }
    for (table, class) in &decision.sizes {
        let now = size_class(read, project, table);
        if now != *class {
            moved.push(format!("{table} was {} and is {}", word(*class), word(now)));
        }
    }
    let ledger = |rows: &[crate::model::Retired]| -> Vec<(Address, Address)> {
        rows.iter()
            .map(|row| (row.place.clone(), row.was.clone()))
            .collect()
    };
    if ledger(&decision.ledger) != ledger(&history.ledger) {
        moved.push("what is set aside is not what it was".to_owned());
    }
    moved
}

fn size_class(read: &Read, project: &Project, table: &Address) -> crate::model::SizeClass {
    read.server
        .sizes
        .get(table)
        .copied()
        .unwrap_or_default()
        .class(project.settings.small_table)
}

fn word(class: crate::model::SizeClass) -> &'static str {
    match class {
        crate::model::SizeClass::Empty => "empty",
        crate::model::SizeClass::Small => "small",
        crate::model::SizeClass::Large => "large",
    }
}

/// The size classes of tables under the names they have before and after each move: stages speak of either.
fn under_every_name(decision: &Decision) -> BTreeMap<Address, SizeClass> {
    let mut sizes = decision.sizes.clone();
    for at in 1..=decision.moves.0.len() {
        let so_far = Moves(decision.moves.0[..at].to_vec());
        for (table, class) in &decision.sizes {
            let own = sizes.entry(so_far.carry(table)).or_insert(*class);
            *own = (*own).max(*class);
        }
    }
    sizes
}
