//! Filling rows in batches, each its own short transaction, steered to a target time.
//!
//! Ranges of the primary key: no row is missed however rows move meanwhile. Without a key, ranges of pages: a row that
//! an UPDATE moves behind the walk stays NULL, and the passes that follow find it.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use sqlx::{AssertSqlSafe, PgConnection, Row};

use super::hold::Hold;
use super::{ApplyError, Progress, Run, note_started, send};
use crate::catalog::{describe, sqlstate};
use crate::history;
use crate::model::{Address, Expression, Name};
use crate::plan::{Backfill, Step};
use crate::sql::Sql;

/// Rows of the first batch; facts: a few thousand rows take a few tens of milliseconds.
const FIRST_BATCH: i64 = 2_000;
const SMALLEST_BATCH: i64 = 100;
const LARGEST_BATCH: i64 = 50_000;
/// How often rows that stayed NULL are looked for again.
const PASSES: usize = 3;

/// How far a backfill has come, as the journal keeps it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Position {
    /// The last key that was done, each part as text; empty: none yet.
    key: Vec<String>,
    /// The next page, where there is no key.
    page: i64,
    /// The highest key, or the number of pages, seen at the beginning.
    end: Option<Vec<String>>,
    /// The types of the key's columns: a row of texts is of no type that is made of others.
    #[serde(skip)]
    types: Vec<Expression>,
}

pub(super) async fn run(
    connection: &mut PgConnection,
    number: usize,
    step: &Step,
    own: &Backfill,
    run: &Run<'_>,
    progress: &mut dyn Progress,
) -> Result<(), ApplyError> {
    // Keys of a type from elsewhere are compared by its own operators, which lie where it does: without them, those of
    // text would be taken for citext.
    let schemas = key_schemas(connection, own).await?;
    // Spelled with their schemas, as long as no path is set: the one of the fill may hold others of the same names.
    let types = key_types(connection, own).await?;
    let path = Sql::new("SET search_path =").name_sequence(&schemas);
    send(connection, &path).await?;
    let mut own = own.clone();
    own.lookup.extend(schemas);
    let outcome = fill(connection, number, step, &own, types, run, progress).await;
    let back = send(connection, &Sql::new("SET search_path = ''")).await;
    outcome?;
    back?;
    Ok(())
}

/// Returns the schemas of the types of the key's columns, the system's own apart.
async fn key_schemas(
    connection: &mut PgConnection,
    own: &Backfill,
) -> Result<Vec<Name>, ApplyError> {
    let sql = "SELECT DISTINCT tn.nspname::text FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid \
               JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_type t ON t.oid = a.atttypid \
               JOIN pg_namespace tn ON tn.oid = t.typnamespace \
               WHERE n.nspname = $1 AND c.relname = $2 AND a.attname = ANY ($3) AND tn.nspname <> 'pg_catalog' \
               ORDER BY 1";
    let key: Vec<&str> = own.key.iter().map(Name::as_str).collect();
    let rows = sqlx::query(sql)
        .bind(own.table.schema_name().as_str())
        .bind(own.table.name().as_str())
        .bind(key)
        .fetch_all(connection)
        .await?;
    let names = rows
        .iter()
        .map(|row| row.try_get::<&str, _>(0).map(Name::new));
    Ok(names.collect::<Result<_, _>>()?)
}

/// Returns the types of the key's columns, in the order of the key: of a domain the type that it is made of, as values that it would not
/// take any more are keys all the same.
async fn key_types(
    connection: &mut PgConnection,
    own: &Backfill,
) -> Result<Vec<Expression>, ApplyError> {
    let sql = "SELECT format_type((WITH RECURSIVE made_of AS (SELECT a.atttypid AS oid \
                                     UNION ALL SELECT t.typbasetype FROM made_of m JOIN pg_type t ON t.oid = m.oid WHERE t.typtype = 'd') \
                                    SELECT m.oid FROM made_of m JOIN pg_type t ON t.oid = m.oid WHERE t.typtype <> 'd'), -1) \
               FROM unnest($3::text[]) WITH ORDINALITY AS k (name, at) \
               JOIN pg_namespace n ON n.nspname = $1 JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = $2 \
               JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = k.name ORDER BY k.at";
    let key: Vec<&str> = own.key.iter().map(Name::as_str).collect();
    let rows = sqlx::query(sql)
        .bind(own.table.schema_name().as_str())
        .bind(own.table.name().as_str())
        .bind(key)
        .fetch_all(connection)
        .await?;
    let types = rows
        .iter()
        .map(|row| row.try_get::<&str, _>(0).map(Expression::new));
    Ok(types.collect::<Result<_, _>>()?)
}

async fn fill(
    connection: &mut PgConnection,
    number: usize,
    step: &Step,
    own: &Backfill,
    types: Vec<Expression>,
    run: &Run<'_>,
    progress: &mut dyn Progress,
) -> Result<(), ApplyError> {
    let rows = history::stage_rows(connection, run.journal(), run.revision).await?;
    let stored = rows
        .into_iter()
        .find(|row| row.stage == number)
        .and_then(|row| row.position);
    let mut position: Position = stored
        .and_then(|text| serde_json::from_str(&text).ok())
        .unwrap_or_default();
    position.types = types;
    note_started(connection, run, number, None).await?;
    let about = estimated_rows(connection, &own.table).await?;
    let mut done = 0;
    for _ in 0..PASSES {
        done += walk(
            connection,
            number,
            step,
            own,
            run,
            progress,
            &mut position,
            (done, about),
        )
        .await?;
        if !own.must_fill || !any_null(connection, own).await? {
            let mut last = history::done(run.journal(), run.revision, number);
            last = Sql::new("BEGIN;").join(&last).glue("; COMMIT");
            send(connection, &last).await?;
            return Ok(());
        }
        position = Position {
            types: position.types,
            ..Position::default()
        };
    }
    let sql = Sql::new("SELECT count(*) FROM ONLY")
        .path(&own.table)
        .push("WHERE")
        .join(&to_fill(own));
    let rows: i64 = sqlx::query(AssertSqlSafe(sql.executable()))
        .persistent(false)
        .fetch_one(connection)
        .await?
        .try_get(0)?;
    Err(ApplyError::StillNull {
        column: own.column.clone(),
        rows,
    })
}

/// Walks the table once from the position on, and returns how many rows were filled.
#[expect(
    clippy::too_many_arguments,
    reason = "one walk is one function; its arguments belong to four different owners"
)]
async fn walk(
    connection: &mut PgConnection,
    number: usize,
    step: &Step,
    own: &Backfill,
    run: &Run<'_>,
    progress: &mut dyn Progress,
    position: &mut Position,
    (before, about): (u64, i64),
) -> Result<u64, ApplyError> {
    if position.end.is_none() {
        position.end = Some(end(connection, own).await?);
    }
    let mut hold = Hold::default();
    let mut size = FIRST_BATCH;
    let mut filled = 0;
    let mut shown = Instant::now();
    loop {
        if run.stop.is_requested() {
            return Err(ApplyError::Interrupted);
        }
        hold.back(step, run, progress).await?;
        let Some((range, next)) = next_range(connection, own, position, size).await? else {
            return Ok(filled);
        };
        let set = Sql::new("UPDATE ONLY")
            .path(&own.table)
            .push("SET")
            .name(own.column.name())
            .push("=")
            .join(&own.value)
            .push("WHERE")
            .join(&range)
            .push("AND")
            .join(&to_fill(own));
        let text = serde_json::to_string(&next).expect("a position is strings and numbers");
        let note = history::started(run.journal(), run.revision, number, Some(&text));
        let begun = Instant::now();
        filled += batch(connection, step, own, &set, &note, run).await?;
        *position = next;
        size = steer(size, begun.elapsed(), run.settings.backfill.batch_time);
        if shown.elapsed() > Duration::from_millis(200) {
            progress.rows(&own.table, before + filled, about);
            shown = Instant::now();
        }
    }
}

/// One batch, one message, one transaction; tried again when it met a lock of a client, until patience is over.
async fn batch(
    connection: &mut PgConnection,
    step: &Step,
    own: &Backfill,
    set: &Sql,
    note: &Sql,
    run: &Run<'_>,
) -> Result<u64, ApplyError> {
    let path = Sql::new("SET LOCAL search_path =").name_sequence(&own.lookup);
    let back = Sql::new("SET LOCAL search_path = ''");
    let begin = if run.rests_triggers || own.skips_triggers {
        "BEGIN; SET LOCAL lock_timeout = 500; SET LOCAL session_replication_role = replica"
    } else {
        "BEGIN; SET LOCAL lock_timeout = 500"
    };
    let parts = [
        &Sql::new(begin),
        &path,
        set,
        &back,
        note,
        &Sql::new("COMMIT"),
    ];
    let message = Sql::empty().separated(parts, ";\n");
    let begun = Instant::now();
    loop {
        match send(connection, &message).await {
            // The journal's row is counted too.
            Ok(rows) => return Ok(rows.saturating_sub(1)),
            Err(error) => {
                let Some(code) = sqlstate(&error) else {
                    return Err(error.into());
                };
                send(connection, &Sql::new("ROLLBACK")).await?;
                let passing = ["55P03", "40P01", "40001"].contains(&code.as_str());
                if !passing || begun.elapsed() >= run.settings.lock_patience {
                    return Err(ApplyError::Refused {
                        address: step.address.clone(),
                        reason: describe(&error),
                        code: sqlstate(&error),
                        sql: Some(set.to_string()),
                    });
                }
                tokio::time::sleep(Duration::from_millis(100 + fastrand::u64(0..400))).await;
            }
        }
    }
}

/// Steers the batch size to the target time, at most twofold at once.
fn steer(size: i64, took: Duration, target: Duration) -> i64 {
    let ratio = (target.as_secs_f64() / took.as_secs_f64().max(0.000_1)).clamp(0.5, 2.0);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "a batch is far below 2^52 rows"
    )]
    let next = (size as f64 * ratio) as i64;
    next.clamp(SMALLEST_BATCH, LARGEST_BATCH)
}

/// Returns the highest key, or the number of pages, so that the walk does not chase the table's tail.
async fn end(connection: &mut PgConnection, own: &Backfill) -> Result<Vec<String>, ApplyError> {
    if own.key.is_empty() {
        let pages = "SELECT (pg_relation_size(c.oid) / current_setting('block_size')::int8)::text FROM pg_class c \
                     JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = $2";
        let row = sqlx::query(pages)
            .bind(own.table.schema_name().as_str())
            .bind(own.table.name().as_str())
            .fetch_one(connection)
            .await?;
        return Ok(vec![row.try_get(0)?]);
    }
    let sql = last_key(own, &Sql::new("FROM ONLY").path(&own.table));
    let row = sqlx::query(AssertSqlSafe(sql.executable()))
        .persistent(false)
        .fetch_optional(connection)
        .await?;
    row.map(|row| texts(&row, own.key.len()))
        .unwrap_or(Ok(Vec::new()))
}

/// Returns the condition of the next range and the position after it; `None` at the end.
async fn next_range(
    connection: &mut PgConnection,
    own: &Backfill,
    position: &Position,
    size: i64,
) -> Result<Option<(Sql, Position)>, ApplyError> {
    let Some(end) = position.end.as_ref().filter(|end| !end.is_empty()) else {
        return Ok(None);
    };
    if own.key.is_empty() {
        let pages: i64 = end[0].parse().unwrap_or(0);
        if position.page >= pages {
            return Ok(None);
        }
        // About a hundred rows to a page of 8 KiB.
        let to = (position.page + (size / 100).max(1)).min(pages);
        let tid = |page: i64| format!("({page},0)");
        let range = Sql::new("ctid >=")
            .literal(&tid(position.page))
            .push("AND ctid <")
            .literal(&tid(to));
        return Ok(Some((
            range,
            Position {
                page: to,
                ..position.clone()
            },
        )));
    }
    let names = Sql::empty().name_list(&own.key);
    let row_of = |values: &[String]| {
        let typed = values.iter().zip(&position.types);
        let literals: Vec<Sql> = typed
            .map(|(value, own)| {
                let value = Sql::new("CAST(").literal(value);
                value.push("AS").verbatim(own).glue(")")
            })
            .collect();
        Sql::new("(").separated(&literals, ", ").glue(")")
    };
    let within = |sql: Sql| {
        let sql = sql.join(&names).push("<=").join(&row_of(end));
        if position.key.is_empty() {
            sql
        } else {
            sql.push("AND")
                .join(&names)
                .push(">")
                .join(&row_of(&position.key))
        }
    };
    let plain: Vec<Sql> = own.key.iter().map(|name| Sql::empty().name(name)).collect();
    let inner = within(
        Sql::new("SELECT")
            .separated(&plain, ", ")
            .push("FROM ONLY")
            .path(&own.table)
            .push("WHERE"),
    )
    .push("ORDER BY")
    .separated(&plain, ", ")
    .push("LIMIT")
    .number(size);
    let sql = last_key(own, &Sql::new("FROM (").join(&inner).glue(") AS batch"));
    let Some(row) = sqlx::query(AssertSqlSafe(sql.executable()))
        .persistent(false)
        .fetch_optional(connection)
        .await?
    else {
        return Ok(None);
    };
    let upper = texts(&row, own.key.len())?;
    let mut range = names.clone().push("<=").join(&row_of(&upper));
    if !position.key.is_empty() {
        range = range
            .push("AND")
            .join(&names)
            .push(">")
            .join(&row_of(&position.key));
    }
    Ok(Some((
        range,
        Position {
            key: upper,
            ..position.clone()
        },
    )))
}

/// Selects the highest key of a source as texts. It is ordered inside: outside, `ORDER BY id` would mean the text.
fn last_key(own: &Backfill, source: &Sql) -> Sql {
    let plain: Vec<Sql> = own.key.iter().map(|name| Sql::empty().name(name)).collect();
    let descending: Vec<Sql> = plain.iter().map(|name| name.clone().push("DESC")).collect();
    let texts: Vec<Sql> = plain
        .iter()
        .map(|name| name.clone().glue("::text"))
        .collect();
    Sql::new("SELECT")
        .separated(&texts, ", ")
        .push("FROM (SELECT")
        .separated(&plain, ", ")
        .join(source)
        .push("ORDER BY")
        .separated(&descending, ", ")
        .push("LIMIT 1) AS last")
}

fn texts(row: &sqlx::postgres::PgRow, count: usize) -> Result<Vec<String>, ApplyError> {
    (0..count)
        .map(|at| Ok(row.try_get::<String, _>(at)?))
        .collect()
}

/// Makes the condition for rows that are to be filled.
fn to_fill(own: &Backfill) -> Sql {
    let sql = Sql::empty().name(own.column.name()).is_null(own.of_rows);
    match &own.of_what_has {
        Some(from) => sql.push("AND").name(from).is_not_null(own.of_rows),
        None => sql,
    }
}

async fn any_null(connection: &mut PgConnection, own: &Backfill) -> Result<bool, ApplyError> {
    let sql = Sql::new("SELECT EXISTS (SELECT FROM ONLY")
        .path(&own.table)
        .push("WHERE")
        .join(&to_fill(own))
        .glue(")");
    Ok(sqlx::query(AssertSqlSafe(sql.executable()))
        .persistent(false)
        .fetch_one(connection)
        .await?
        .try_get(0)?)
}

async fn estimated_rows(connection: &mut PgConnection, table: &Address) -> Result<i64, ApplyError> {
    let sql = "SELECT c.reltuples::int8 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
               WHERE n.nspname = $1 AND c.relname = $2";
    let row = sqlx::query(sql)
        .bind(table.schema_name().as_str())
        .bind(table.name().as_str())
        .fetch_one(connection)
        .await?;
    Ok(row.try_get(0)?)
}
