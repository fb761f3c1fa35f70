//! CREATE TYPE … AS ENUM and its changes.

use crate::model::{Address, Enum, Name};
use crate::sql::Sql;

use super::statement::{Statement, Transaction};

/// <https://www.postgresql.org/docs/current/sql-createtype.html>
pub(crate) fn create_enum(address: &Address, own: &Enum) -> Statement {
    let values: Vec<Sql> = own
        .values
        .iter()
        .map(|value| Sql::empty().literal(value))
        .collect();
    let sql = Sql::new("CREATE TYPE").path(address).push("AS ENUM (");
    Statement::catalog(sql.separated(&values, ", ").glue(")"))
}

/// <https://www.postgresql.org/docs/current/sql-droptype.html>
pub(crate) fn drop(address: &Address) -> Statement {
    Statement::catalog(Sql::new("DROP TYPE").path(address))
}

/// The label can be used once the transaction has committed (55P04 before).
/// <https://www.postgresql.org/docs/current/sql-altertype.html> (ADD VALUE)
pub(crate) fn add_value(address: &Address, value: &str, before: Option<&str>) -> Statement {
    let mut sql = Sql::new("ALTER TYPE")
        .path(address)
        .push("ADD VALUE")
        .literal(value);
    if let Some(before) = before {
        sql = sql.push("BEFORE").literal(before);
    }
    Statement {
        transaction: Transaction::CommitBeforeUse,
        ..Statement::catalog(sql)
    }
}

/// <https://www.postgresql.org/docs/current/sql-altertype.html> (RENAME VALUE)
pub(crate) fn rename_value(address: &Address, from: &Name, to: &Name) -> Statement {
    Statement::catalog(
        Sql::new("ALTER TYPE")
            .path(address)
            .push("RENAME VALUE")
            .literal(from.as_str())
            .push("TO")
            .literal(to.as_str()),
    )
}

/// Takes no lock on the tables that use it. <https://www.postgresql.org/docs/current/sql-altertype.html> (RENAME TO)
pub(crate) fn rename(address: &Address, to: &Name) -> Statement {
    Statement::catalog(
        Sql::new("ALTER TYPE")
            .path(address)
            .push("RENAME TO")
            .name(to),
    )
}

/// <https://www.postgresql.org/docs/current/sql-altertype.html> (SET SCHEMA)
pub(crate) fn set_schema(address: &Address, to: &Name) -> Statement {
    Statement::catalog(
        Sql::new("ALTER TYPE")
            .path(address)
            .push("SET SCHEMA")
            .name(to),
    )
}
