//! The journal's tables.

use sqlx::{AssertSqlSafe, PgConnection, Row};

use super::{HistoryError, table};
use crate::model::Name;
use crate::sql::Sql;

/// The version of the journal's format.
pub const JOURNAL_FORMAT: i32 = 1;

/// What stands where the journal belongs.
pub(crate) enum State {
    /// Nothing.
    Absent,
    /// A journal this role may not read.
    Unreadable { role: String },
    /// A journal.
    Present { format: i32, identity: String },
}

/// Looks what stands where the journal belongs.
pub(crate) async fn state(
    connection: &mut PgConnection,
    schema: &Name,
) -> Result<State, HistoryError> {
    let row = sqlx::query(
        "SELECT to_regclass(format('%I.format', $1)) IS NOT NULL AS present, current_user::text AS role, \
         has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT') AS readable \
         FROM pg_namespace n JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = 'format' \
         WHERE n.nspname = $1",
    )
    .bind(schema.as_str())
    .fetch_optional(&mut *connection)
    .await?;
    let Some(row) = row else {
        return Ok(State::Absent);
    };
    if !row.try_get::<bool, _>("readable")? {
        return Ok(State::Unreadable {
            role: row.try_get("role")?,
        });
    }
    let sql = Sql::new("SELECT version, identity FROM").join(&table(schema, "format"));
    let row = sqlx::query(AssertSqlSafe(sql.executable()))
        .fetch_one(connection)
        .await?;
    Ok(State::Present {
        format: row.try_get("version")?,
        identity: row.try_get("identity")?,
    })
}

/// Makes the journal.
pub(crate) async fn install(
    connection: &mut PgConnection,
    schema: &Name,
    identity: &str,
) -> Result<(), HistoryError> {
    let statements = [
        Sql::new("CREATE SCHEMA").name(schema),
        Sql::new("CREATE TABLE").join(&table(schema, "format")).push("(version int4 NOT NULL, identity text NOT NULL)"),
        Sql::new("CREATE TABLE").join(&table(schema, "revision")).push(
            "(id int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY, project text NOT NULL, plan_id text NOT NULL, \
             undoes int8[] NOT NULL, plan text NOT NULL, model_before text NOT NULL, model_after text, \
             git_commit text, who text NOT NULL, host text NOT NULL, tool text NOT NULL, \
             started timestamptz NOT NULL DEFAULT now(), finished timestamptz, outcome text NOT NULL)",
        ),
        Sql::new("CREATE TABLE").join(&table(schema, "step")).push(
            "(revision int8 NOT NULL, stage int4 NOT NULL, state text NOT NULL, attempts int4 NOT NULL, \
             backend_pid int4, backend_start timestamptz, started timestamptz, finished timestamptz, \
             position text, PRIMARY KEY (revision, stage))",
        ),
        Sql::new("CREATE TABLE").join(&table(schema, "retired")).push(
            "(place text PRIMARY KEY, was text NOT NULL, revision int8 NOT NULL, \
             since timestamptz NOT NULL DEFAULT now())",
        ),
        Sql::new("INSERT INTO")
            .join(&table(schema, "format"))
            .push("VALUES (")
            .number(i64::from(JOURNAL_FORMAT))
            .glue(",")
            .literal(identity)
            .glue(")"),
    ];
    let message = Sql::new("BEGIN;")
        .separated(&statements, "; ")
        .glue("; COMMIT");
    sqlx::raw_sql(AssertSqlSafe(message.executable()))
        .execute(connection)
        .await?;
    Ok(())
}

/// Takes over a journal that came with a copy of its database.
pub(crate) async fn adopt(
    connection: &mut PgConnection,
    schema: &Name,
    identity: &str,
) -> Result<(), HistoryError> {
    if let State::Present {
        format,
        identity: own,
    } = state(connection, schema).await?
        && format <= JOURNAL_FORMAT
        && own != identity
    {
        let sql = Sql::new("UPDATE")
            .join(&table(schema, "format"))
            .push("SET identity = $1");
        sqlx::query(AssertSqlSafe(sql.executable()))
            .bind(identity)
            .execute(connection)
            .await?;
    }
    Ok(())
}
