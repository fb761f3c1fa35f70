//! One applier per database, and who is in the way of a lock.

use std::collections::BTreeSet;
use std::fmt;

use sqlx::{PgConnection, Row};

use super::ApplyError;
use crate::model::{Address, Kind, Name};

/// The advisory lock's key: the letters of the tool's name.
const KEY: i64 = 0x7265_636f_6e63_696c;

/// A session that is in the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Its backend's process.
    pub pid: i32,
    /// Its role.
    pub user: String,
    /// What it calls itself.
    pub application: String,
    /// What kind of process it is, in the server's words.
    pub backend: String,
    /// The beginning of its newest statement.
    pub query: String,
    /// Since when, in seconds.
    pub seconds: i64,
}

impl Holder {
    /// Says whether it is an autovacuum worker, which yields to a waiter whose deadlock check fires.
    pub(super) fn is_autovacuum(&self) -> bool {
        self.backend == "autovacuum worker"
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            pid,
            user,
            application,
            backend,
            query,
            seconds,
        } = self;
        if self.is_autovacuum() || user.is_empty() {
            write!(f, "process {pid} ({backend}), for {seconds} s")?;
        } else {
            let called = if application.is_empty() {
                "without a name"
            } else {
                application
            };
            write!(
                f,
                "process {pid} of role {user} ({called}), for {seconds} s"
            )?;
        }
        let query: Vec<&str> = query.split_whitespace().collect();
        if query.is_empty() {
            Ok(())
        } else {
            write!(f, ": {}", query.join(" "))
        }
    }
}

/// Takes the applier's lock, or says who has it.
pub(crate) async fn take(connection: &mut PgConnection) -> Result<Option<Holder>, ApplyError> {
    let row = sqlx::query("SELECT pg_try_advisory_lock($1)")
        .bind(KEY)
        .fetch_one(&mut *connection)
        .await?;
    if row.try_get(0)? {
        return Ok(None);
    }
    let sql = "SELECT a.pid, coalesce(a.usename, '')::text AS who, a.backend_type, \
               coalesce(a.application_name, '') AS application, '' AS query, \
               extract(epoch FROM now() - a.backend_start)::int8 AS seconds \
               FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid \
               WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 \
                 AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) \
                 AND l.classid::int8 = $1 AND l.objid::int8 = $2";
    let row = sqlx::query(sql)
        .bind(KEY >> 32)
        .bind(KEY & 0xffff_ffff)
        .fetch_optional(connection)
        .await?;
    match row {
        Some(row) => Ok(Some(holder(&row)?)),
        // It went away in between.
        None => Ok(Some(Holder {
            pid: 0,
            user: String::new(),
            application: String::new(),
            backend: String::new(),
            query: String::new(),
            seconds: 0,
        })),
    }
}

/// Gives the applier's lock back.
pub(crate) async fn release(connection: &mut PgConnection) -> Result<(), ApplyError> {
    sqlx::query("SELECT pg_advisory_unlock($1)")
        .bind(KEY)
        .fetch_one(connection)
        .await?;
    Ok(())
}

fn holder(row: &sqlx::postgres::PgRow) -> Result<Holder, ApplyError> {
    Ok(Holder {
        pid: row.try_get("pid")?,
        user: row.try_get("who")?,
        application: row.try_get("application")?,
        backend: row
            .try_get::<Option<String>, _>("backend_type")?
            .unwrap_or_default(),
        query: row.try_get("query")?,
        seconds: row.try_get("seconds")?,
    })
}

/// Finds the tables that LOCK TABLE is refused for: a foreign key may refer to what the role may not write, and there is none of a
/// foreign table. Their locks come with the statement that takes them. <https://www.postgresql.org/docs/current/sql-lock.html>
pub(super) async fn not_lockable(
    connection: &mut PgConnection,
    tables: &[Address],
) -> Result<BTreeSet<Address>, ApplyError> {
    let schemas: Vec<&str> = tables
        .iter()
        .map(|table| table.schema_name().as_str())
        .collect();
    let names: Vec<&str> = tables.iter().map(|table| table.name().as_str()).collect();
    let sql = "SELECT t.schema, t.name FROM unnest($1::text[], $2::text[]) AS t (schema, name) \
               JOIN pg_namespace n ON n.nspname = t.schema \
               JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = t.name \
               WHERE c.relkind = 'f' OR NOT has_table_privilege(c.oid, 'UPDATE, DELETE, TRUNCATE')";
    let rows = sqlx::query(sql)
        .bind(schemas)
        .bind(names)
        .fetch_all(connection)
        .await?;
    rows.iter()
        .map(|row| {
            let path: [String; 2] = [row.try_get("schema")?, row.try_get("name")?];
            Ok(Address::new(Kind::Table, path.iter().map(Name::new)))
        })
        .collect()
}

/// Finds the sessions that hold locks on these tables, longest first.
pub(super) async fn holders(
    connection: &mut PgConnection,
    tables: &[Address],
) -> Result<Vec<Holder>, ApplyError> {
    let schemas: Vec<&str> = tables
        .iter()
        .map(|table| table.schema_name().as_str())
        .collect();
    let names: Vec<&str> = tables.iter().map(|table| table.name().as_str()).collect();
    let sql = "SELECT DISTINCT a.pid, coalesce(a.usename, '')::text AS who, a.backend_type, \
               coalesce(a.application_name, '') AS application, left(coalesce(a.query, ''), 80) AS query, \
               extract(epoch FROM now() - coalesce(a.xact_start, a.backend_start))::int8 AS seconds \
               FROM unnest($1::text[], $2::text[]) AS t (schema, name) \
               JOIN pg_namespace n ON n.nspname = t.schema \
               JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = t.name \
               JOIN pg_locks l ON l.relation = c.oid AND l.granted AND l.pid <> pg_backend_pid() \
               JOIN pg_stat_activity a ON a.pid = l.pid ORDER BY seconds DESC, pid LIMIT 5";
    let rows = sqlx::query(sql)
        .bind(schemas)
        .bind(names)
        .fetch_all(connection)
        .await?;
    rows.iter().map(holder).collect()
}

/// Finds the sessions that one backend waits for.
pub(super) async fn blockers(
    connection: &mut PgConnection,
    waiting: i32,
) -> Result<Vec<Holder>, ApplyError> {
    let sql = "SELECT a.pid, coalesce(a.usename, '')::text AS who, a.backend_type, \
               coalesce(a.application_name, '') AS application, left(coalesce(a.query, ''), 80) AS query, \
               extract(epoch FROM now() - coalesce(a.xact_start, a.backend_start))::int8 AS seconds \
               FROM unnest(pg_blocking_pids($1)) AS b (pid) JOIN pg_stat_activity a ON a.pid = b.pid \
               ORDER BY seconds DESC, a.pid LIMIT 5";
    let rows = sqlx::query(sql).bind(waiting).fetch_all(connection).await?;
    rows.iter().map(holder).collect()
}

/// Puts sessions into words.
pub(super) fn listed(holders: &[Holder]) -> String {
    if holders.is_empty() {
        return "nobody is in the way any more".to_owned();
    }
    let named: Vec<String> = holders.iter().map(ToString::to_string).collect();
    named.join("; ")
}
