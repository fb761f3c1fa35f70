//! Statements that own their transactions: CREATE INDEX CONCURRENTLY, DROP INDEX CONCURRENTLY, DETACH PARTITION CONCURRENTLY.

use sqlx::{AssertSqlSafe, PgConnection, Row};

use super::watch::watched;
use super::{ApplyError, Progress, Run, note_started, send};
use crate::catalog::{describe, sqlstate};
use crate::ddl::{self, Statement, index::Way};
use crate::history;
use crate::model::{Address, Kind, Name};
use crate::plan::Step;
use crate::sql::Sql;

/// Journaled as started before and as done after, since it cannot commit with its row. What an earlier try left is
/// mended first: an invalid index is dropped, a finished one is not built again.
pub(super) async fn run(
    connection: &mut PgConnection,
    number: usize,
    step: &Step,
    statement: &Statement,
    run: &Run<'_>,
    progress: &mut dyn Progress,
) -> Result<(), ApplyError> {
    note_started(connection, run, number, None).await?;
    carry_out(connection, step, statement, run, progress).await?;
    send(
        connection,
        &history::done(run.journal(), run.revision, number),
    )
    .await?;
    Ok(())
}

/// Mends what an earlier try left, and does what is still to be done.
pub(super) async fn carry_out(
    connection: &mut PgConnection,
    step: &Step,
    statement: &Statement,
    run: &Run<'_>,
    progress: &mut dyn Progress,
) -> Result<(), ApplyError> {
    let drops = step
        .effects
        .iter()
        .any(|effect| matches!(effect, crate::plan::Effect::Drops(_)));
    let needed = match (step.address.kind() == Kind::Index, drops) {
        (true, false) => match standing(connection, &step.address).await? {
            Some(true) => false,
            Some(false) => {
                let leftover = ddl::index::drop(&step.address, &step.address, Way::Concurrently);
                send_alone(connection, step, &leftover.sql, run, progress).await?;
                true
            }
            None => true,
        },
        (true, true) => standing(connection, &step.address).await?.is_some(),
        (false, _) if step.address.kind() == Kind::Table => {
            match partition_of(connection, &step.address).await? {
                Some((_, false)) => true,
                Some((parent, true)) => {
                    let rest = ddl::partition::finalize_detach(&step.address, &parent);
                    send_alone(connection, step, &rest.sql, run, progress).await?;
                    false
                }
                None => false,
            }
        }
        (false, _) => true,
    };
    if needed {
        send_alone(connection, step, &statement.sql, run, progress).await?;
    }
    Ok(())
}

async fn send_alone(
    connection: &mut PgConnection,
    step: &Step,
    sql: &Sql,
    run: &Run<'_>,
    progress: &mut dyn Progress,
) -> Result<(), ApplyError> {
    match watched(connection, sql, run, None, progress).await {
        Ok(_) => Ok(()),
        Err(error) if error.as_database_error().is_none() => Err(error.into()),
        Err(_) if run.stop.is_urgent() => Err(ApplyError::Interrupted),
        Err(error) => Err(ApplyError::Refused {
            address: step.address.clone(),
            reason: describe(&error),
            code: sqlstate(&error),
            sql: Some(sql.to_string()),
        }),
    }
}

/// Returns the table that one is a partition of, and whether it is being detached.
async fn partition_of(
    connection: &mut PgConnection,
    table: &Address,
) -> Result<Option<(Address, bool)>, ApplyError> {
    let sql = "SELECT pn.nspname AS schema, p.relname AS name, i.inhdetachpending AS pending FROM pg_inherits i \
               JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_namespace n ON n.oid = c.relnamespace \
               JOIN pg_class p ON p.oid = i.inhparent JOIN pg_namespace pn ON pn.oid = p.relnamespace \
               WHERE n.nspname = $1 AND c.relname = $2";
    let row = sqlx::query(sql)
        .bind(table.schema_name().as_str())
        .bind(table.name().as_str())
        .fetch_optional(connection)
        .await?;
    let Some(row) = row else {
        return Ok(None);
    };
    let path: [&str; 2] = [row.try_get("schema")?, row.try_get("name")?];
    let parent = Address::new(Kind::Table, path.map(Name::from));
    Ok(Some((parent, row.try_get("pending")?)))
}

/// Says whether an index of this name stands, and whether it is valid.
pub(super) async fn standing(
    connection: &mut PgConnection,
    index: &Address,
) -> Result<Option<bool>, ApplyError> {
    let sql = "SELECT i.indisvalid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid \
               JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = $2";
    let row = sqlx::query(AssertSqlSafe(sql))
        .bind(index.schema_name().as_str())
        .bind(index.name().as_str())
        .fetch_optional(connection)
        .await?;
    Ok(row.map(|row| row.try_get("indisvalid")).transpose()?)
}
