//! CREATE VIEW and DROP VIEW.

use crate::model::{Address, Text, View};
use crate::sql::Sql;

use super::statement::{LockMode, Statement};

/// <https://www.postgresql.org/docs/current/sql-createview.html>
pub(crate) fn create<T: Text>(address: &Address, own: &View<T>) -> Statement {
    let mut sql = Sql::new("CREATE VIEW").path(address);
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
