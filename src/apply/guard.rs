//! DDL of others between two stages stops the plan: it is not run over.

use sqlx::{AssertSqlSafe, PgConnection, Row};

use super::{ApplyError, Run};
use crate::catalog;
use crate::model::{Address, Kind};
use crate::plan::{Position, position};
use crate::sql::Sql;

/// Sums up the catalog rows of relations, whose oids are a literal in front of it: differs once somebody's DDL on them
/// has committed.
const LOOK: &str = "(SELECT (SELECT count(*) + coalesce(sum(xmin::text::int8), 0) FROM pg_class WHERE oid = ANY (g.oids)) \
    + (SELECT count(*) + coalesce(sum(xmin::text::int8), 0) FROM pg_attribute WHERE attrelid = ANY (g.oids)) \
    + (SELECT count(*) + coalesce(sum(xmin::text::int8), 0) FROM pg_attrdef WHERE adrelid = ANY (g.oids)) \
    + (SELECT count(*) + coalesce(sum(xmin::text::int8), 0) FROM pg_constraint WHERE conrelid = ANY (g.oids)) \
    + (SELECT count(*) + coalesce(sum(xmin::text::int8), 0) FROM pg_index WHERE indrelid = ANY (g.oids)) \
    + (SELECT count(*) + coalesce(sum(xmin::text::int8), 0) FROM pg_rewrite WHERE ev_class = ANY (g.oids)) \
    + (SELECT count(*) + coalesce(sum(xmin::text::int8), 0) FROM pg_inherits WHERE inhrelid = ANY (g.oids)) \
    + (SELECT count(*) + coalesce(sum(xmin::text::int8), 0) FROM pg_policy WHERE polrelid = ANY (g.oids)) \
    + (SELECT count(*) + coalesce(sum(xmin::text::int8), 0) FROM pg_trigger WHERE tgrelid = ANY (g.oids)))::text";

/// The SQLSTATE with which a guard fails: a division by zero is the only error that an expression can raise by itself.
pub(super) const MOVED: &str = "22012";

/// Reads the database and compares it with the state that the stages done so far have left. Only the first stage of a
/// run may find what an earlier try has left of it.
pub(super) async fn still_there(
    connection: &mut PgConnection,
    done: usize,
    is_first: bool,
    run: &Run<'_>,
) -> Result<(), ApplyError> {
    let Some((stages, before)) = run.watched else {
        return Ok(());
    };
    let mut live = catalog::live_model(connection).await?;
    live.retain(|address| !address.is_in_schema(run.journal()));
    match position(stages, before, done, &live) {
        Position::At => Ok(()),
        Position::Within(_) | Position::Next(_) if is_first => Ok(()),
        Position::Within(moved) | Position::Next(moved) | Position::Moved(moved) => {
            Err(ApplyError::Moved(moved))
        }
    }
}

/// Makes the statement that fails where the tables' catalog rows are not what they are now. A stage runs it once it has
/// its locks.
pub(super) async fn guard(
    connection: &mut PgConnection,
    tables: &[Address],
) -> Result<Option<Sql>, ApplyError> {
    let tables: Vec<&Address> = tables
        .iter()
        .filter(|table| table.kind() == Kind::Table)
        .collect();
    if tables.is_empty() {
        return Ok(None);
    }
    let schemas: Vec<&str> = tables
        .iter()
        .map(|own| own.schema_name().as_str())
        .collect();
    let names: Vec<&str> = tables.iter().map(|own| own.name().as_str()).collect();
    let sql = Sql::new("SELECT g.oids::text AS oids,").push(LOOK).push(
        "AS look FROM (SELECT coalesce(array_agg(c.oid ORDER BY c.oid), '{}') AS oids \
         FROM unnest($1::text[], $2::text[]) AS t (schema, name) \
         JOIN pg_namespace n ON n.nspname = t.schema \
         JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = t.name) AS g",
    );
    let row = sqlx::query(AssertSqlSafe(sql.executable()))
        .bind(schemas)
        .bind(names)
        .fetch_one(connection)
        .await?;
    let (oids, look): (String, String) = (row.try_get("oids")?, row.try_get("look")?);
    Ok(Some(
        Sql::new("SELECT 1 / (CASE WHEN")
            .push(LOOK)
            .push("=")
            .literal(&look)
            .push("THEN 1 ELSE 0 END) FROM (SELECT")
            .literal(&oids)
            .glue("::oid[] AS oids) AS g"),
    ))
}
