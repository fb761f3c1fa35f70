//! Partitions that others have made while an index or a key of their table was built: they get it too.

use std::collections::BTreeSet;

use sqlx::{PgConnection, Row};

use super::{ApplyError, Progress, Run, alone, note_started, send, stage};
use crate::history;
use crate::model::{Address, Kind, Name};
use crate::plan::{Act, Completion, Step, missed};

/// The first partition without its share, those above first, with the index of the table that it is a partition of. What holds rows
/// elsewhere has no indexes.
const MISSED: &str = "\
    WITH own AS (SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = $2), \
    whole AS (SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $3 AND c.relname = $4), \
    has AS (SELECT i.indrelid, i.indexrelid FROM whole CROSS JOIN pg_partition_tree(whole.oid) t JOIN pg_index i ON i.indexrelid = t.relid) \
    SELECT n.nspname AS schema, c.relname AS name, NOT t.isleaf AS partitioned, xn.nspname AS over_schema, x.relname AS over_name \
    FROM own CROSS JOIN pg_partition_tree(own.oid) t \
    JOIN pg_class c ON c.oid = t.relid JOIN pg_namespace n ON n.oid = c.relnamespace \
    JOIN has above ON above.indrelid = t.parentrelid \
    JOIN pg_class x ON x.oid = above.indexrelid JOIN pg_namespace xn ON xn.oid = x.relnamespace \
    WHERE c.relkind IN ('r', 'p') AND NOT EXISTS (SELECT FROM has WHERE has.indrelid = t.relid) \
    ORDER BY t.level, 1, 2 LIMIT 1";

/// Goes on until there is no such partition. What was done before a crash is seen in the catalog: nothing of it is journaled by itself.
pub(super) async fn run(
    connection: &mut PgConnection,
    number: usize,
    step: &Step,
    own: &Completion,
    run: &Run<'_>,
    progress: &mut dyn Progress,
) -> Result<(), ApplyError> {
    note_started(connection, run, number, None).await?;
    let mut seen: BTreeSet<Address> = BTreeSet::new();
    while let Some((partition, over, is_partitioned)) = next(connection, own).await? {
        if run.stop.is_requested() {
            return Err(ApplyError::Interrupted);
        }
        if !seen.insert(partition.clone()) {
            return Err(ApplyError::Refused {
                address: step.address.clone(),
                reason: format!("{partition} has no index that becomes a part of {over}"),
                code: None,
                sql: None,
            });
        }
        progress.note(&format!(
            "{} came meanwhile, and gets it too",
            partition.dotted()
        ));
        for part in missed(&step.address, own, &partition, &over, is_partitioned) {
            match part.steps.as_slice() {
                [
                    Step {
                        does: Act::Statement(statement),
                        ..
                    },
                ] if part.alone => {
                    alone::carry_out(connection, &part.steps[0], statement, run, progress).await?;
                }
                _ => stage::run(connection, None, &part, run, progress).await?,
            }
        }
    }
    if alone::standing(connection, &own.whole).await? != Some(true) {
        return Err(ApplyError::Refused {
            address: step.address.clone(),
            reason: format!(
                "{} is not valid: a partition has no part of it that could be one with it",
                own.whole
            ),
            code: None,
            sql: None,
        });
    }
    let done = history::done(run.journal(), run.revision, number);
    send(connection, &done).await?;
    Ok(())
}

async fn next(
    connection: &mut PgConnection,
    own: &Completion,
) -> Result<Option<(Address, Address, bool)>, ApplyError> {
    let whole = alone::standing(connection, &own.whole).await?;
    if whole.is_none() {
        return Err(ApplyError::Moved(vec![own.whole.clone()]));
    }
    let row = sqlx::query(MISSED)
        .bind(own.table.schema_name().as_str())
        .bind(own.table.name().as_str())
        .bind(own.whole.schema_name().as_str())
        .bind(own.whole.name().as_str())
        .fetch_optional(connection)
        .await?;
    let Some(row) = row else {
        return Ok(None);
    };
    let address = |kind: Kind, schema: &str, name: &str| -> Result<Address, ApplyError> {
        let path: [&str; 2] = [row.try_get(schema)?, row.try_get(name)?];
        Ok(Address::new(kind, path.map(Name::from)))
    };
    let partition = address(Kind::Table, "schema", "name")?;
    let over = address(Kind::Index, "over_schema", "over_name")?;
    Ok(Some((partition, over, row.try_get("partitioned")?)))
}
