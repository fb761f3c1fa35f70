//! One applier per database, and who is in the way of a lock.

use std::fmt;

use sqlx::{PgConnection, Row};

use super::ApplyError;
use crate::model::Address;

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
    /// Since when, in seconds.
    pub seconds: i64,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            pid,
            user,
            application,
            seconds,
        } = self;
        let called = if application.is_empty() {
            "without a name"
        } else {
            application
        };
        write!(
            f,
            "process {pid} of role {user} ({called}), for {seconds} s"
        )
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
    let sql = "SELECT a.pid, coalesce(a.usename, '')::text AS who, coalesce(a.application_name, '') AS application, \
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
        seconds: row.try_get("seconds")?,
    })
}

/// Names the sessions that hold or await locks on these tables.
pub(super) async fn holders(
    connection: &mut PgConnection,
    tables: &[Address],
) -> Result<String, ApplyError> {
    let schemas: Vec<&str> = tables
        .iter()
        .map(|table| table.schema_name().as_str())
        .collect();
    let names: Vec<&str> = tables.iter().map(|table| table.name().as_str()).collect();
    let sql = "SELECT DISTINCT a.pid, coalesce(a.usename, a.backend_type)::text AS who, \
               coalesce(a.application_name, '') AS application, \
               extract(epoch FROM now() - coalesce(a.xact_start, a.backend_start))::int8 AS seconds \
               FROM unnest($1::text[], $2::text[]) AS t (schema, name) \
               JOIN pg_namespace n ON n.nspname = t.schema \
               JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = t.name \
               JOIN pg_locks l ON l.relation = c.oid AND l.granted AND l.pid <> pg_backend_pid() \
               JOIN pg_stat_activity a ON a.pid = l.pid ORDER BY 4 DESC, 1 LIMIT 5";
    let rows = sqlx::query(sql)
        .bind(schemas)
        .bind(names)
        .fetch_all(connection)
        .await?;
    let named: Vec<String> = rows
        .iter()
        .map(|row| holder(row).map(|own| own.to_string()))
        .collect::<Result<_, _>>()?;
    Ok(if named.is_empty() {
        "nobody is in the way any more".to_owned()
    } else {
        named.join("; ")
    })
}
