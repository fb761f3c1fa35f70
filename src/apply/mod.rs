//! Runs a plan: one session, stages, budget and retries, backfill, the journal.

mod alone;
mod backfill;
mod lock;
mod stage;

use std::time::Duration;

use sqlx::{AssertSqlSafe, PgConnection};

use crate::catalog::{CatalogError, Connection};
use crate::history::{self, HistoryError};
use crate::model::{Address, Name, Settings, SizeClass};
use crate::plan::{Act, Stage};
use crate::sql::Sql;

pub use lock::Holder;
pub(crate) use lock::{release, take};

/// What is told while a plan runs.
pub trait Progress {
    /// A stage begins; `number` counts from 0.
    fn stage(&mut self, number: usize, stage: &Stage);
    /// A stage waits and is tried again.
    fn waiting(&mut self, reason: &str);
    /// A backfill has come this far.
    fn rows(&mut self, table: &Address, done: u64, of_about: i64);
}

/// Tells nobody.
pub struct Silent;

impl Progress for Silent {
    fn stage(&mut self, _: usize, _: &Stage) {}
    fn waiting(&mut self, _: &str) {}
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

/// Runs the stages that are not done yet, in order. `done` says which stages the journal has as done.
pub(crate) async fn run(
    connection: &mut Connection,
    stages: &[Stage],
    run: &Run<'_>,
    done: &std::collections::BTreeSet<usize>,
    progress: &mut dyn Progress,
) -> Result<(), ApplyError> {
    for (number, stage) in stages
        .iter()
        .enumerate()
        .filter(|(number, _)| !done.contains(number))
    {
        if run.stop.is_requested() {
            return Err(ApplyError::Interrupted);
        }
        progress.stage(number, stage);
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
            Act::Statement(statement) => alone::run(connection, number, step, statement, run).await,
            Act::Ledger(_) => unreachable!("a ledger row commits with what it is about"),
        },
        _ => stage::run(connection, number, stage, run, progress).await,
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
    /// Counts this point, and ends the process here when the count is the one that `RECONCILE_FAULT` names
    /// (`kill:N`).
    #[cfg(feature = "fault")]
    pub(crate) fn point() {
        use std::sync::atomic::{AtomicU64, Ordering};
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let count = COUNT.fetch_add(1, Ordering::SeqCst) + 1;
        let wish = std::env::var("RECONCILE_FAULT").ok();
        if wish
            .as_deref()
            .and_then(|wish| wish.strip_prefix("kill:"))
            .and_then(|at| at.parse().ok())
            == Some(count)
        {
            let own = rustix::process::getpid();
            let _ = rustix::process::kill_process(own, rustix::process::Signal::KILL);
        }
    }

    /// Does nothing.
    #[cfg(not(feature = "fault"))]
    pub(crate) fn point() {}
}
