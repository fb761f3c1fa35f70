//! What publications publish.

use crate::model::{Address, PublishedTable, Text};
use crate::sql::Sql;

use super::statement::{LockMode, Statement};

fn head(address: &Address) -> Sql {
    Sql::new("ALTER PUBLICATION").name(address.name())
}

/// Publishes a table alone: what inherits from it is told one by one.
/// <https://www.postgresql.org/docs/current/sql-alterpublication.html>
pub(crate) fn add_table<T: Text>(address: &Address, own: &PublishedTable<T>) -> Statement {
    let table = address.table();
    let mut sql = head(address).push("ADD TABLE ONLY").path(&table);
    if !own.columns.is_empty() {
        sql = sql.name_list(&own.columns);
    }
    if let Some(filter) = &own.filter {
        sql = sql.push("WHERE").expression(filter);
    }
    let statement = Statement::catalog(sql).locking(&table, LockMode::ShareUpdateExclusive);
    match &own.filter {
        Some(filter) => statement.under(filter),
        None => statement,
    }
}

/// <https://www.postgresql.org/docs/current/sql-alterpublication.html>
pub(crate) fn drop_table(address: &Address) -> Statement {
    let table = address.table();
    let sql = head(address).push("DROP TABLE ONLY").path(&table);
    Statement::catalog(sql).locking(&table, LockMode::ShareUpdateExclusive)
}

/// <https://www.postgresql.org/docs/current/sql-alterpublication.html>
pub(crate) fn add_schema(address: &Address) -> Statement {
    let sql = head(address).push("ADD TABLES IN SCHEMA");
    Statement::catalog(sql.name(address.schema_name()))
}

/// <https://www.postgresql.org/docs/current/sql-alterpublication.html>
pub(crate) fn drop_schema(address: &Address) -> Statement {
    let sql = head(address).push("DROP TABLES IN SCHEMA");
    Statement::catalog(sql.name(address.schema_name()))
}
