//! The second session: looks at what the first one runs, names who is in its way, and cancels.

use std::time::{Duration, Instant};

use sqlx::{PgConnection, Row};

use super::lock::{self, Holder};
use super::{ApplyError, Progress, Run, send};
use crate::catalog::Connection;
use crate::sql::Sql;

/// How often the applying session is looked at.
const TICK: Duration = Duration::from_millis(20);
/// After how long somebody in the way is named.
const PATIENT: Duration = Duration::from_secs(2);
/// How often progress is asked for.
const EVERY: Duration = Duration::from_secs(1);

/// How far those who follow the server are behind.
#[derive(Clone, Copy, Debug)]
pub(super) struct Followed {
    /// Where the server writes, in bytes.
    pub(super) written: i64,
    /// What the last of those who follow has replayed.
    pub(super) replayed: i64,
    /// How late it says that it is, in seconds.
    pub(super) late: f64,
}

/// The watching session. It runs in autocommit and keeps no snapshot.
pub(crate) struct Watcher {
    connection: Connection,
    watched: i32,
}

impl Watcher {
    /// Watches the backend of another connection.
    pub(crate) async fn over(
        mut connection: Connection,
        applier: &mut Connection,
    ) -> Result<Self, ApplyError> {
        sqlx::raw_sql("SET statement_timeout = '5s'; SET idle_session_timeout = 0")
            .execute(&mut connection)
            .await?;
        let row = sqlx::query("SELECT pg_backend_pid()")
            .fetch_one(applier)
            .await?;
        Ok(Self {
            connection,
            watched: row.try_get(0)?,
        })
    }

    /// Cancels what the applying session runs.
    async fn cancel(&mut self) {
        // Where the watcher is cut off, the statement's own limits still hold.
        let _ = sqlx::query("SELECT pg_cancel_backend($1)")
            .bind(self.watched)
            .execute(&mut self.connection)
            .await;
    }

    /// Names the sessions that the applying one waits for.
    async fn in_the_way(&mut self) -> Vec<Holder> {
        lock::blockers(&mut self.connection, self.watched)
            .await
            .unwrap_or_default()
    }

    /// Says where the server writes, how far the furthest standby or subscriber that follows has come, and how late it says it is.
    /// What a role may not see is no answer.
    pub(super) async fn followed(&mut self) -> Option<Followed> {
        let sql = "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::int8 AS written, \
                   min(pg_wal_lsn_diff(replay_lsn, '0/0'))::int8 AS replayed, \
                   max(extract(epoch FROM replay_lag))::float8 AS late FROM pg_stat_replication \
                   WHERE state IN ('streaming', 'catchup')";
        let row = sqlx::query(sql)
            .fetch_one(&mut self.connection)
            .await
            .ok()?;
        Some(Followed {
            written: row.try_get("written").ok()?,
            replayed: row.try_get::<Option<i64>, _>("replayed").ok()??,
            late: row.try_get::<Option<f64>, _>("late").ok()?.unwrap_or(0.0),
        })
    }

    /// Asks a query of a person's for its one answer; NULL, and no row, is no.
    pub(super) async fn answers_yes(&mut self, sql: &str) -> Result<bool, sqlx::Error> {
        let row = sqlx::query(sqlx::AssertSqlSafe(sql))
            .persistent(false)
            .fetch_optional(&mut self.connection)
            .await?;
        let answer = row
            .map(|row| row.try_get::<Option<bool>, _>(0))
            .transpose()?;
        Ok(answer.flatten().unwrap_or(false))
    }

    /// Says how far the build of an index has come.
    async fn index_build(&mut self) -> Option<String> {
        let sql = "SELECT phase, blocks_done::int8 AS done, blocks_total::int8 AS total \
                   FROM pg_stat_progress_create_index WHERE pid = $1";
        let row = sqlx::query(sql)
            .bind(self.watched)
            .fetch_optional(&mut self.connection)
            .await
            .ok()??;
        let phase: String = row.try_get("phase").ok()?;
        let (done, total): (i64, i64) = (row.try_get("done").ok()?, row.try_get("total").ok()?);
        Some(match total {
            0 => phase,
            total => format!("{phase}, {} %", done.saturating_mul(100) / total),
        })
    }
}

/// Sends a message while the watcher looks on: it is cancelled when `limit` has passed, or when a person asked twice to
/// stop.
pub(super) async fn watched(
    connection: &mut PgConnection,
    sql: &Sql,
    run: &Run<'_>,
    limit: Option<Duration>,
    progress: &mut dyn Progress,
) -> Result<u64, sqlx::Error> {
    let Some(watcher) = run.watcher else {
        return send(connection, sql).await;
    };
    let mut watcher = watcher.lock().await;
    let begun = Instant::now();
    let mut looked = Instant::now();
    let mut cancelled: Option<Instant> = None;
    let sending = send(connection, sql);
    tokio::pin!(sending);
    loop {
        // The sending future is never dropped while it runs: what is cancelled is cancelled on the server.
        tokio::select! {
            biased;
            outcome = &mut sending => return outcome,
            () = tokio::time::sleep(TICK) => {}
        }
        let late = limit.is_some_and(|limit| begun.elapsed() >= limit);
        let again = cancelled.is_none_or(|at| at.elapsed() >= EVERY);
        if (late || run.stop.is_urgent()) && again {
            watcher.cancel().await;
            cancelled = Some(Instant::now());
        } else if limit.is_none() && begun.elapsed() >= PATIENT && looked.elapsed() >= EVERY {
            looked = Instant::now();
            let holders = watcher.in_the_way().await;
            if !holders.is_empty() {
                progress.waiting(&lock::listed(&holders));
            } else if let Some(text) = watcher.index_build().await {
                progress.busy(&text);
            }
        }
    }
}
