//! CREATE VIEW and DROP VIEW.

use crate::model::{Address, Name, Text, View};
use crate::sql::Sql;

use super::statement::{LockMode, Statement};

/// <https://www.postgresql.org/docs/current/sql-createview.html>
pub(crate) fn create<T: Text>(address: &Address, own: &View<T>) -> Statement {
    written("CREATE VIEW", address, own)
}

/// Takes queries whose columns begin with the former ones; owner, privileges and dependents stay.
/// <https://www.postgresql.org/docs/current/sql-createview.html> (OR REPLACE)
pub(crate) fn replace<T: Text>(address: &Address, own: &View<T>) -> Statement {
    written("CREATE OR REPLACE VIEW", address, own).locking(address, LockMode::AccessExclusive)
}

/// <https://www.postgresql.org/docs/current/sql-alterview.html> (RENAME TO)
pub(crate) fn rename(address: &Address, to: &Name) -> Statement {
    Statement::catalog(
        Sql::new("ALTER VIEW")
            .path(address)
            .push("RENAME TO")
            .name(to),
    )
    .locking(address, LockMode::AccessExclusive)
}

/// <https://www.postgresql.org/docs/current/sql-alterview.html> (SET SCHEMA)
pub(crate) fn set_schema(address: &Address, to: &Name) -> Statement {
    Statement::catalog(
        Sql::new("ALTER VIEW")
            .path(address)
            .push("SET SCHEMA")
            .name(to),
    )
    .locking(address, LockMode::AccessExclusive)
}

fn written<T: Text>(words: &'static str, address: &Address, own: &View<T>) -> Statement {
    let mut sql = Sql::new(words).path(address);
    if !own.options.is_empty() {
        let options: Vec<Sql> = own
            .options
            .iter()
            .map(|(name, value)| Sql::empty().name(name).push("=").literal(value))
            .collect();
        sql = sql.push("WITH (").separated(&options, ", ").glue(")");
    }
    Statement::catalog(sql.push("AS").verbatim(&own.query)).under(&own.query)
}

/// <https://www.postgresql.org/docs/current/sql-dropview.html>
pub(crate) fn drop(address: &Address) -> Statement {
    Statement::catalog(Sql::new("DROP VIEW").path(address))
        .locking(address, LockMode::AccessExclusive)
}
