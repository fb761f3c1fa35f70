//! CREATE EXTENSION and its changes.

use crate::model::{Address, Extension, Name};
use crate::sql::Sql;

use super::statement::Statement;

/// <https://www.postgresql.org/docs/current/sql-createextension.html>
pub(crate) fn create(address: &Address, own: &Extension) -> Statement {
    let mut sql = Sql::new("CREATE EXTENSION").name(address.name());
    if let Some(schema) = &own.schema {
        sql = sql.push("SCHEMA").name(schema);
    }
    if let Some(version) = &own.version {
        sql = sql.push("VERSION").literal(version);
    }
    Statement::catalog(sql)
}

/// Refused while anything uses what it holds. <https://www.postgresql.org/docs/current/sql-dropextension.html>
pub(crate) fn drop(address: &Address) -> Statement {
    Statement::catalog(Sql::new("DROP EXTENSION").name(address.name()))
}

/// <https://www.postgresql.org/docs/current/sql-alterextension.html> (SET SCHEMA)
pub(crate) fn set_schema(address: &Address, schema: &Name) -> Statement {
    let sql = Sql::new("ALTER EXTENSION")
        .name(address.name())
        .push("SET SCHEMA");
    Statement::catalog(sql.name(schema))
}

/// <https://www.postgresql.org/docs/current/sql-alterextension.html> (UPDATE)
pub(crate) fn update(address: &Address, version: &str) -> Statement {
    let sql = Sql::new("ALTER EXTENSION")
        .name(address.name())
        .push("UPDATE TO");
    Statement::catalog(sql.literal(version))
}
