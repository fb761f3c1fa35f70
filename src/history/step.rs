//! How far a revision has come, one row per stage: what commits together is recorded together.

use sqlx::{AssertSqlSafe, PgConnection, Row};

use super::{HistoryError, table};
use crate::model::Name;
use crate::sql::Sql;

/// One stage's row.
#[derive(Clone, Debug)]
pub(crate) struct StageRow {
    /// The stage's number, from 0.
    pub(crate) stage: usize,
    /// Whether it is done; else it was started.
    pub(crate) done: bool,
    /// The backend that ran it, where it is still there.
    pub(crate) running_pid: Option<i32>,
    /// How far a backfill has come.
    pub(crate) position: Option<String>,
}

/// Makes the statement that records a stage as done, to be sent with the stage.
pub(crate) fn done(schema: &Name, revision: i64, stage: usize) -> Sql {
    row(schema, revision, stage, "'done'", None)
        .push("ON CONFLICT (revision, stage) DO UPDATE SET state = 'done', finished = now()")
}

/// Makes the statement that records a stage as started, or how far its backfill has come.
pub(crate) fn started(schema: &Name, revision: i64, stage: usize, position: Option<&str>) -> Sql {
    row(schema, revision, stage, "'started'", position).push(
        "ON CONFLICT (revision, stage) DO UPDATE SET attempts = step.attempts + 1, \
         backend_pid = excluded.backend_pid, backend_start = excluded.backend_start, \
         position = coalesce(excluded.position, step.position)",
    )
}

fn row(
    schema: &Name,
    revision: i64,
    stage: usize,
    state: &'static str,
    position: Option<&str>,
) -> Sql {
    Sql::new("INSERT INTO")
        .join(&table(schema, "step"))
        .push("AS step (revision, stage, state, attempts, started, finished, backend_pid, backend_start, position) SELECT")
        .number(revision)
        .glue(",")
        .number(i64::try_from(stage).unwrap_or(i64::MAX))
        .glue(",")
        .push(state)
        .glue(", 1, now(), CASE")
        .push(state)
        .push("WHEN 'done' THEN now() END, a.pid, a.backend_start,")
        .literal_or_null(position)
        .push("FROM (SELECT pg_backend_pid() AS pid, (SELECT backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()) AS backend_start) AS a")
        .push("WHERE true")
}

/// Reads the rows of one revision's stages.
pub(crate) async fn stage_rows(
    connection: &mut PgConnection,
    schema: &Name,
    revision: i64,
) -> Result<Vec<StageRow>, HistoryError> {
    let sql = Sql::new("SELECT s.stage, s.state, a.pid AS running_pid, s.position FROM")
        .join(&table(schema, "step"))
        .push(
            "s LEFT JOIN pg_stat_activity a ON a.pid = s.backend_pid AND a.backend_start = s.backend_start \
             AND a.pid <> pg_backend_pid() WHERE s.revision = $1 ORDER BY s.stage",
        );
    let rows = sqlx::query(AssertSqlSafe(sql.executable()))
        .bind(revision)
        .fetch_all(connection)
        .await?;
    rows.iter()
        .map(|row| {
            Ok(StageRow {
                stage: usize::try_from(row.try_get::<i32, _>("stage")?).unwrap_or(0),
                done: row.try_get::<&str, _>("state")? == "done",
                running_pid: row.try_get("running_pid")?,
                position: row.try_get("position")?,
            })
        })
        .collect()
}

/// Records a stage as done whose commit was seen in the catalog only.
pub(crate) async fn mark_done(
    connection: &mut PgConnection,
    schema: &Name,
    revision: i64,
    stage: usize,
) -> Result<(), HistoryError> {
    sqlx::raw_sql(AssertSqlSafe(done(schema, revision, stage).executable()))
        .execute(connection)
        .await?;
    Ok(())
}
