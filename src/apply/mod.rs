//! Runs a plan: one session, stages, budget and retries, backfill, the journal.

mod alone;
mod backfill;
mod completion;
mod guard;
mod hold;
mod lock;
mod stage;
mod watch;

use std::time::Duration;

use sqlx::{AssertSqlSafe, PgConnection};

use crate::catalog::{CatalogError, Connection};
use crate::history::{self, HistoryError};
use crate::model::{Address, Expression, Model, Name, Settings, SizeClass};
use crate::plan::{Act, Stage};
use crate::sql::Sql;

pub use lock::Holder;
pub(crate) use lock::{release, take};
pub(crate) use watch::Watcher;

/// What is told while a plan runs.
pub trait Progress {
    /// A stage begins; `number` counts from 0.
    fn stage(&mut self, number: usize, stage: &Stage);
    /// A stage waits and is tried again.
    fn waiting(&mut self, reason: &str);
    /// Something is told that happens once.
    fn note(&mut self, what: &str);
    /// A long statement has come this far.
    fn busy(&mut self, how_far: &str);
    /// A backfill has come this far.
    fn rows(&mut self, table: &Address, done: u64, of_about: i64);
}

/// Tells nobody.
pub struct Silent;

impl Progress for Silent {
    fn stage(&mut self, _: usize, _: &Stage) {}
    fn waiting(&mut self, _: &str) {}
    fn note(&mut self, _: &str) {}
    fn busy(&mut self, _: &str) {}
    fn rows(&mut self, _: &Address, _: u64, _: i64) {}
}

/// A person's wish to stop, shared with whoever listens for signals.
#[derive(Debug, Default)]
pub struct Stop(std::sync::atomic::AtomicU8);

impl Stop {
    /// Asks once more: the first time to stop after the current statement or batch, the second time to cancel that.
    pub fn request(&self) {
        use std::sync::atomic::Ordering::Relaxed;
        let asked = self.0.load(Relaxed);
        self.0.store(asked.saturating_add(1), Relaxed);
    }

    /// Says whether anybody asked to stop.
    pub fn is_requested(&self) -> bool {
        self.0.load(std::sync::atomic::Ordering::Relaxed) > 0
    }

    /// Says whether somebody asked twice.
    pub(crate) fn is_urgent(&self) -> bool {
        self.0.load(std::sync::atomic::Ordering::Relaxed) > 1
    }
}

/// Why a plan stopped.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// The server refused a statement.
    #[error("{address}: {reason}")]
    Refused {
        /// What the step was about.
        address: Address,
        /// What the server said.
        reason: String,
        /// The SQLSTATE, where the server gave one.
        code: Option<String>,
        /// The statement, where there was one.
        sql: Option<String>,
    },
    /// The lock could not be had in time.
    #[error("{address} could not be locked within {} s of trying: {holders}", .patience.as_secs())]
    Patience {
        /// What the step was about.
        address: Address,
        /// Who is in the way.
        holders: String,
        /// How long it was tried.
        patience: Duration,
    },
    /// Another applier is at work.
    #[error("another apply is at work in this database: {0}")]
    Busy(Holder),
    /// Rows stay NULL after the backfill.
    #[error(
        "{rows} rows of {column} are still NULL after the backfill: its expression gives NULL for them"
    )]
    StillNull {
        /// The column.
        column: Address,
        /// How many rows.
        rows: i64,
    },
    /// Others changed what the plan rests on.
    #[error("others have changed what the plan is about: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))]
    Moved(Vec<Address>),
    /// A person asked to stop.
    #[error("stopped on request")]
    Interrupted,
    /// The journal could not be written.
    #[error(transparent)]
    Journal(#[from] HistoryError),
    /// The server went away or refused a query of ours.
    #[error(transparent)]
    Server(#[from] CatalogError),
}

impl From<sqlx::Error> for ApplyError {
    fn from(error: sqlx::Error) -> Self {
        Self::Server(error.into())
    }
}

/// What running a plan rests on.
pub(crate) struct Run<'a> {
    pub(crate) settings: &'a Settings,
    /// The revision that is recorded.
    pub(crate) revision: i64,
    /// The size classes that the plan rests on: a large table's allowed rewrite has no limit.
    pub(crate) sizes: &'a std::collections::BTreeMap<Address, SizeClass>,
    /// Says that a person asked to stop.
    pub(crate) stop: &'a Stop,
    /// The watching session; absent in rehearsal, where nobody else is.
    pub(crate) watcher: Option<&'a tokio::sync::Mutex<Watcher>>,
    /// The stages of the plan and the state before the first: what others change meanwhile stops the plan. Absent in
    /// rehearsal.
    pub(crate) watched: Option<(&'a [Stage], &'a Model<Expression>)>,
    /// Whether no stage was run yet: only then may there be what an earlier try has left.
    pub(crate) is_first: bool,
    /// Whether the role may lower `deadlock_timeout`.
    pub(crate) may_hurry: bool,
    /// Whether triggers rest while rows are filled: in rehearsal, where the rows are made up and what a trigger of the
    /// user's does to them proves nothing.
    pub(crate) rests_triggers: bool,
}

impl Run<'_> {
    fn journal(&self) -> &Name {
        &self.settings.journal
    }
}

/// Sets what protects others from a session that hangs (manual section 20.11).
pub(crate) async fn prepare(connection: &mut Connection) -> Result<(), ApplyError> {
    sqlx::raw_sql(
        "SET client_connection_check_interval = '1s'; SET idle_in_transaction_session_timeout = '5s'; \
         SET idle_session_timeout = 0; SET statement_timeout = 0; SET lock_timeout = 0",
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Says whether the role may lower `deadlock_timeout`: past an autovacuum worker one gets only by a deadlock check.
pub(crate) async fn is_superuser(connection: &mut Connection) -> Result<bool, ApplyError> {
    let sql = "SELECT rolsuper FROM pg_roles WHERE rolname = current_user";
    let row = sqlx::query(sql).fetch_one(connection).await?;
    Ok(sqlx::Row::try_get(&row, 0)?)
}

/// Runs the stages that are not done yet, in order. `done` says which stages the journal has as done.
pub(crate) async fn run(
    connection: &mut Connection,
    stages: &[Stage],
    run: &Run<'_>,
    done: &std::collections::BTreeSet<usize>,
    progress: &mut dyn Progress,
) -> Result<(), ApplyError> {
    let mut is_first = true;
    for (number, stage) in stages
        .iter()
        .enumerate()
        .filter(|(number, _)| !done.contains(number))
    {
        if run.stop.is_requested() {
            return Err(ApplyError::Interrupted);
        }
        progress.stage(number, stage);
        if stage.alone {
            guard::still_there(connection, number, is_first, run).await?;
        }
        let run = &Run { is_first, ..*run };
        is_first = false;
        one(connection, number, stage, run, progress).await?;
    }
    Ok(())
}

/// Runs one stage and records it.
pub(crate) async fn one(
    connection: &mut Connection,
    number: usize,
    stage: &Stage,
    run: &Run<'_>,
    progress: &mut dyn Progress,
) -> Result<(), ApplyError> {
    match stage.steps.as_slice() {
        [step] if stage.alone => match &step.does {
            Act::Backfill(own) => backfill::run(connection, number, step, own, run, progress).await,
            Act::Statement(statement) => {
                alone::run(connection, number, step, statement, run, progress).await
            }
            Act::Complete(own) => {
                completion::run(connection, number, step, own, run, progress).await
            }
            Act::Ledger(_) => unreachable!("a ledger row commits with what it is about"),
        },
        _ => stage::run(connection, Some(number), stage, run, progress).await,
    }
}

/// Sends a message of one or more statements.
async fn send(connection: &mut PgConnection, sql: &Sql) -> Result<u64, sqlx::Error> {
    fault::point();
    let outcome = sqlx::raw_sql(AssertSqlSafe(sql.executable()))
        .execute(&mut *connection)
        .await;
    fault::point();
    outcome.map(|done| done.rows_affected())
}

/// `SET LOCAL search_path` around a text from a person; a server's print needs none.
fn under_search_path(lookup: &[Name], statement: &Sql) -> Sql {
    if lookup.is_empty() {
        return statement.clone();
    }
    Sql::new("SET LOCAL search_path =")
        .name_sequence(lookup)
        .glue(";")
        .join(statement)
        .glue("; SET LOCAL search_path = ''")
}

/// Records in a message of its own that a stage is started.
async fn note_started(
    connection: &mut PgConnection,
    run: &Run<'_>,
    number: usize,
    position: Option<&str>,
) -> Result<(), ApplyError> {
    send(
        connection,
        &history::started(run.journal(), run.revision, number, position),
    )
    .await?;
    Ok(())
}

/// Places where tests stop the program; nothing in a build without the feature `fault`.
pub(crate) mod fault {
    #[cfg(feature = "fault")]
    mod points {
        use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
        static ARMED: AtomicBool = AtomicBool::new(false);
        static COUNT: AtomicU64 = AtomicU64::new(0);

        pub(crate) fn arm() {
            ARMED.store(true, Ordering::SeqCst);
        }

        pub(crate) fn point() {
            if !ARMED.load(Ordering::SeqCst) {
                return;
            }
            let count = COUNT.fetch_add(1, Ordering::SeqCst) + 1;
            let wish = std::env::var("RECONCILE_FAULT").ok();
            let at = wish
                .as_deref()
                .and_then(|wish| wish.strip_prefix("kill:"))
                .and_then(|at| at.parse().ok());
            if at == Some(count) {
                let own = rustix::process::getpid();
                let _ = rustix::process::kill_process(own, rustix::process::Signal::KILL);
            }
        }
    }

    /// Stops while a scratch server is up, where `RECONCILE_FAULT` says `scratch:panic` or `scratch:wait`.
    #[cfg(feature = "fault")]
    pub(crate) async fn on_scratch() {
        match std::env::var("RECONCILE_FAULT").as_deref() {
            Ok("scratch:panic") => panic!("a test asked for this"),
            Ok("scratch:wait") => tokio::time::sleep(std::time::Duration::from_secs(60)).await,
            _ => {}
        }
    }

    #[cfg(not(feature = "fault"))]
    pub(crate) async fn on_scratch() {}

    #[cfg(not(feature = "fault"))]
    mod points {
        pub(crate) fn arm() {}

        pub(crate) fn point() {}
    }

    /// Begins to count: what goes before is rehearsal.
    pub(crate) fn arm() {
        points::arm();
    }

    /// Counts this point, and ends the process here when the count is the one that `RECONCILE_FAULT` names
    /// (`kill:N`).
    pub(crate) fn point() {
        points::point();
    }
}
