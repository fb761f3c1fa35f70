//! Connections, and the settings under which every server prints alike.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgDatabaseError};
use sqlx::{ConnectOptions, Connection as _, PgConnection};

use super::rows::get;
use super::version;
use crate::model::{Name, Server, Text as _, Written};
use crate::sql::Sql;

/// A connection to one server.
pub type Connection = PgConnection;

/// What the printing functions depend on (facts of `pg_get_expr`), and what keeps a check of bodies or a parallel
/// worker out of the way. `SET`, never the startup packet's `options`: a pooler loses those silently.
const PINNED: &str = "SET search_path = ''; SET TimeZone = 'UTC'; SET DateStyle = 'ISO, MDY'; \
    SET IntervalStyle = 'postgres'; SET extra_float_digits = 1; SET bytea_output = 'hex'; \
    SET quote_all_identifiers = off; SET standard_conforming_strings = on; SET row_security = off; \
    SET check_function_bodies = off; SET default_tablespace = ''; SET default_table_access_method = 'heap'; \
    SET lc_monetary = 'C'; SET client_min_messages = warning";

/// Why a server could not be read.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// The URL is not one.
    #[error("the connection URL is not well formed")]
    Url(#[source] sqlx::Error),
    /// No connection came about.
    #[error("cannot connect to {place}: {reason}")]
    Connect {
        /// Host and database, without credentials.
        place: String,
        /// What the driver or the server said.
        reason: String,
    },
    /// The connection did not come about in time.
    #[error("cannot connect to {place}: no answer within {seconds} s")]
    Timeout {
        /// Host and database, without credentials.
        place: String,
        /// The limit.
        seconds: u64,
    },
    /// The server refused a query, or went away.
    #[error("{}", describe(.0))]
    Query(#[source] sqlx::Error),
    /// A catalog column holds a code that this version does not know.
    #[error("the server says `{code}` for {column}, which this version of reconcile does not know")]
    UnknownCode {
        /// The column of the query.
        column: &'static str,
        /// What it holds.
        code: String,
    },
    /// DDL of others got in between every time.
    #[error("the catalog changed during each of {tries} reads: DDL of others is running")]
    KeepsChanging {
        /// How often it was read.
        tries: usize,
    },
}

impl CatalogError {
    /// Says whether the error is what concurrent DDL looks like to a reader: a cache lookup that fails, a relation
    /// that is gone.
    pub(super) fn is_concurrent_change(&self) -> bool {
        match self {
            Self::Query(error) => matches!(
                sqlstate(error).as_deref(),
                Some("XX000" | "42P01" | "42704")
            ),
            Self::Url(_)
            | Self::Connect { .. }
            | Self::Timeout { .. }
            | Self::UnknownCode { .. }
            | Self::KeepsChanging { .. } => false,
        }
    }
}

impl From<sqlx::Error> for CatalogError {
    fn from(error: sqlx::Error) -> Self {
        Self::Query(error)
    }
}

/// Returns the SQLSTATE of an error that the server reported.
pub(crate) fn sqlstate(error: &sqlx::Error) -> Option<String> {
    error
        .as_database_error()
        .and_then(|error| error.code())
        .map(|code| code.into_owned())
}

/// Spells a driver's error with what the server said: SQLSTATE, detail and hint. The driver's own text would name a
/// line of the server's C source.
pub(crate) fn describe(error: &sqlx::Error) -> String {
    match error
        .as_database_error()
        .and_then(|error| error.try_downcast_ref::<PgDatabaseError>())
    {
        Some(server) => {
            let mut text = format!("{} ({})", server.message(), server.code());
            for (word, part) in [("detail", server.detail()), ("hint", server.hint())] {
                if let Some(part) = part {
                    text.push_str(&format!("; {word}: {part}"));
                }
            }
            text
        }
        None => error.to_string(),
    }
}

/// Opens a connection and pins its settings.
///
/// `url` is what libpq takes: `postgresql://user@/db?host=/folder&port=5432` is repaired into the driver's form.
///
/// # Errors
/// Fails when the URL is not one, when nothing answers within `timeout`, or when the server refuses.
pub async fn connect(url: &str, timeout: Duration) -> Result<Connection, CatalogError> {
    open(options(url)?, timeout).await
}

/// Opens a connection to another database of the same server.
pub(crate) async fn connect_to(
    url: &str,
    database: &Name,
    timeout: Duration,
) -> Result<Connection, CatalogError> {
    open(options(url)?.database(database.as_str()), timeout).await
}

async fn open(options: PgConnectOptions, timeout: Duration) -> Result<Connection, CatalogError> {
    let place = format!(
        "{}:{}/{}",
        options.get_socket().map_or_else(
            || options.get_host().to_owned(),
            |path| path.display().to_string()
        ),
        options.get_port(),
        options.get_database().unwrap_or_default()
    );
    let connecting = PgConnection::connect_with(&options);
    let mut connection = match tokio::time::timeout(timeout, connecting).await {
        Ok(Ok(connection)) => connection,
        Ok(Err(error)) => {
            return Err(CatalogError::Connect {
                place,
                reason: describe(&error),
            });
        }
        Err(_) => {
            return Err(CatalogError::Timeout {
                place,
                seconds: timeout.as_secs(),
            });
        }
    };
    pin(&mut connection).await?;
    Ok(connection)
}

/// Turns what libpq takes into the driver's options.
fn options(url: &str) -> Result<PgConnectOptions, CatalogError> {
    // libpq takes an empty host when `host=` follows; the driver wants one, and lets the parameter win.
    let repaired = match url.split_once("://") {
        Some((scheme, rest)) => {
            let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
            if authority.is_empty() || authority.ends_with('@') {
                [scheme, "://", authority, "localhost", path].concat()
            } else {
                url.to_owned()
            }
        }
        None => url.to_owned(),
    };
    let options = PgConnectOptions::from_str(&repaired).map_err(CatalogError::Url)?;
    let mut options = options
        .application_name("reconcile")
        .statement_cache_capacity(64)
        .disable_statement_logging();
    if options.get_socket().is_some() || options.get_host().starts_with('/') {
        // libpq ignores sslmode on a Unix socket; the driver would refuse.
        options = options.ssl_mode(sqlx::postgres::PgSslMode::Disable);
    }
    Ok(options)
}

/// Pins the settings under which every server prints alike.
///
/// # Errors
/// Fails when the server refuses one.
pub async fn pin(connection: &mut Connection) -> Result<(), CatalogError> {
    sqlx::raw_sql(PINNED).execute(connection).await?;
    Ok(())
}

/// Runs statements of the tool's own.
pub(crate) async fn run(
    connection: &mut Connection,
    sql: &'static str,
) -> Result<(), CatalogError> {
    sqlx::raw_sql(sql).execute(connection).await?;
    Ok(())
}

/// What a bounded question to the server came to.
pub(crate) enum Counted {
    /// So many rows.
    Rows(i64),
    /// A row made the server refuse: what it said.
    Refused(String),
    /// It took too long, or speaks of what is not there.
    Unanswered,
}

/// Counts rows with a query of one number, whose unqualified names are looked up in these schemas.
pub(crate) async fn count(
    connection: &mut Connection,
    sql: &Sql,
    lookup: &[Name],
) -> Result<Counted, CatalogError> {
    let path = match lookup {
        [] => Sql::new("SET search_path = ''"),
        schemas => Sql::new("SET search_path =").name_sequence(schemas),
    };
    sqlx::raw_sql(sqlx::AssertSqlSafe(path.executable()))
        .execute(&mut *connection)
        .await?;
    let row = sqlx::query(sqlx::AssertSqlSafe(sql.executable()))
        .persistent(false)
        .fetch_one(connection)
        .await;
    match row {
        Ok(row) => Ok(Counted::Rows(sqlx::Row::try_get(&row, 0)?)),
        Err(error) if error.as_database_error().is_none() => Err(error.into()),
        // A data exception: a value that does not fit.
        Err(error) if sqlstate(&error).is_some_and(|code| code.starts_with("22")) => {
            Ok(Counted::Refused(describe(&error)))
        }
        Err(_) => Ok(Counted::Unanswered),
    }
}

/// A privilege that is asked about: what it is, the schema, and what it is on.
pub(crate) type Asked = (&'static str, String, String);

/// Asks which of these privileges the role holds.
pub(crate) async fn held(
    connection: &mut Connection,
    asked: &[Asked],
) -> Result<Vec<bool>, CatalogError> {
    let kinds: Vec<&str> = asked.iter().map(|own| own.0).collect();
    let schemas: Vec<&str> = asked.iter().map(|own| own.1.as_str()).collect();
    let names: Vec<&str> = asked.iter().map(|own| own.2.as_str()).collect();
    let rows = sqlx::query(include_str!("held.sql"))
        .bind(kinds)
        .bind(schemas)
        .bind(names)
        .fetch_all(connection)
        .await?;
    rows.iter().map(|row| get(row, "held")).collect()
}

/// Returns the extensions whose comment is the one that they come with.
pub(crate) async fn commented_by_themselves(
    connection: &mut Connection,
) -> Result<BTreeSet<Name>, CatalogError> {
    let rows = sqlx::query(include_str!("extension_comment.sql"))
        .fetch_all(connection)
        .await?;
    let name = |row| Ok(Name::new(get::<String>(row, "name")?));
    rows.iter().map(name).collect()
}

/// Returns the only value of a query of the tool's own, as text.
pub(crate) async fn value(
    connection: &mut Connection,
    sql: &'static str,
) -> Result<String, CatalogError> {
    let row = sqlx::query(sql).fetch_one(connection).await?;
    Ok(sqlx::Row::try_get(&row, 0)?)
}

pub(super) async fn server(connection: &mut Connection) -> Result<Server, CatalogError> {
    let row = sqlx::query(include_str!("server.sql"))
        .fetch_one(connection)
        .await?;
    Ok(Server {
        version: version(get(&row, "version")?),
        database: get(&row, "database")?,
        identity: get(&row, "identity")?,
        role: get(&row, "role")?,
        sizes: Default::default(),
    })
}

/// Asks how the server spells types; those it does not know are left out.
pub(crate) async fn spelled_types(
    connection: &mut Connection,
    types: &BTreeSet<Written>,
) -> Result<BTreeMap<Written, String>, CatalogError> {
    let mut spelled = BTreeMap::new();
    for own in types {
        let path = Sql::new("SET search_path =").name_sequence(own.search_path());
        sqlx::raw_sql(sqlx::AssertSqlSafe(path.executable()))
            .execute(&mut *connection)
            .await?;
        let row = sqlx::query("SELECT to_regtype($1)::oid::int8 AS known")
            .bind(own.sql())
            .fetch_one(&mut *connection)
            .await;
        let known = match row {
            Ok(row) => get::<Option<i64>>(&row, "known")?,
            // What is no type at all is reported when it is built.
            Err(error) if error.as_database_error().is_some() => None,
            Err(error) => return Err(error.into()),
        };
        sqlx::raw_sql("SET search_path = ''")
            .execute(&mut *connection)
            .await?;
        if let Some(oid) = known {
            let row = sqlx::query("SELECT format_type($1::int8::oid, NULL) AS spelled")
                .bind(oid)
                .fetch_one(&mut *connection)
                .await?;
            spelled.insert(own.clone(), get(&row, "spelled")?);
        }
    }
    if !types.is_empty() {
        sqlx::raw_sql("SET search_path = ''")
            .execute(&mut *connection)
            .await?;
    }
    Ok(spelled)
}

/// Takes the look whose answer changes when DDL of others commits.
pub(super) async fn look(connection: &mut Connection) -> Result<String, CatalogError> {
    let row = sqlx::query(include_str!("look.sql"))
        .fetch_one(connection)
        .await?;
    get(&row, "seen")
}

pub(super) async fn begin_read(connection: &mut Connection) -> Result<(), CatalogError> {
    sqlx::raw_sql("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        .execute(connection)
        .await?;
    Ok(())
}

pub(super) async fn end_read(connection: &mut Connection) -> Result<(), CatalogError> {
    sqlx::raw_sql("ROLLBACK").execute(connection).await?;
    Ok(())
}

/// Says whether the role may let triggers rest in its session.
/// <https://www.postgresql.org/docs/current/runtime-config-client.html> (session_replication_role)
///
/// # Errors
/// Fails when the server cannot be asked.
pub(crate) async fn may_rest_triggers(connection: &mut PgConnection) -> Result<bool, CatalogError> {
    const DENIED: &str = "42501";
    let sql = "BEGIN; SET LOCAL session_replication_role = replica; ROLLBACK";
    match sqlx::raw_sql(sql).execute(&mut *connection).await {
        Ok(_) => Ok(true),
        Err(error) => {
            let denied = sqlstate(&error).as_deref() == Some(DENIED);
            sqlx::raw_sql("ROLLBACK").execute(connection).await?;
            if denied { Ok(false) } else { Err(error.into()) }
        }
    }
}
