//! The ledger of retired things.

use sqlx::{AssertSqlSafe, PgConnection, Row};

use super::{HistoryError, table};
use crate::model::{Address, Name, Retired};
use crate::plan::LedgerChange;
use crate::sql::Sql;

/// Reads the ledger, oldest first.
pub(super) async fn load(
    connection: &mut PgConnection,
    schema: &Name,
) -> Result<Vec<Retired>, HistoryError> {
    let sql = Sql::new("SELECT place, was, revision FROM")
        .join(&table(schema, "retired"))
        .push("ORDER BY revision, place");
    let rows = sqlx::query(AssertSqlSafe(sql.executable()))
        .fetch_all(connection)
        .await?;
    rows.iter()
        .map(|row| {
            let revision: i64 = row.try_get("revision")?;
            Ok(Retired {
                was: address(row.try_get("was")?, revision)?,
                place: address(row.try_get("place")?, revision)?,
                revision: Some(revision),
            })
        })
        .collect()
}

/// When each retired thing was retired, in days before now, with its place.
pub(crate) async fn places(
    connection: &mut PgConnection,
    schema: &Name,
) -> Result<Vec<(String, f64)>, HistoryError> {
    let sql = Sql::new("SELECT place, extract(epoch FROM now() - since)::float8 AS age FROM")
        .join(&table(schema, "retired"))
        .push("ORDER BY revision, place");
    let rows = sqlx::query(AssertSqlSafe(sql.executable()))
        .fetch_all(connection)
        .await?;
    rows.iter()
        .map(|row| Ok((row.try_get("place")?, row.try_get("age")?)))
        .collect()
}

fn address(text: &str, revision: i64) -> Result<Address, HistoryError> {
    text.parse()
        .map_err(|error: crate::model::AddressError| HistoryError::Damaged {
            what: "ledger row",
            revision,
            reason: error.to_string(),
        })
}

/// Makes the statement that changes the ledger, to be sent with the move it is about.
pub(crate) fn change(schema: &Name, revision: i64, change: &LedgerChange) -> Sql {
    let retired = table(schema, "retired");
    match change {
        LedgerChange::Retire(row) => Sql::new("INSERT INTO")
            .join(&retired)
            .push("(place, was, revision) VALUES (")
            .literal(&row.place.to_string())
            .glue(",")
            .literal(&row.was.to_string())
            .glue(",")
            .number(revision)
            .glue(")"),
        LedgerChange::Release(place) => Sql::new("DELETE FROM")
            .join(&retired)
            .push("WHERE place =")
            .literal(&place.to_string()),
        LedgerChange::Rewrite { place, now } => Sql::new("UPDATE")
            .join(&retired)
            .push("SET place =")
            .literal(&now.place.to_string())
            .glue(", was =")
            .literal(&now.was.to_string())
            .push("WHERE place =")
            .literal(&place.to_string()),
    }
}
