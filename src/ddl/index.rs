//! CREATE INDEX and DROP INDEX.

use crate::model::{Address, Index, Options, Text};
use crate::sql::Sql;

use super::statement::{LockMode, Statement, Work};

/// Whether others go on meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// In a transaction, writers wait.
    Direct,
    /// CONCURRENTLY: alone, nobody waits for it, it waits for others.
    Concurrently,
    /// For a partitioned table alone: nothing is built, and it is not valid before its partitions have theirs.
    Only,
}

/// <https://www.postgresql.org/docs/current/sql-createindex.html>
pub(crate) fn create<T: Text>(address: &Address, own: &Index<T>, way: Way) -> Statement {
    let mut sql = Sql::new(if own.unique {
        "CREATE UNIQUE INDEX"
    } else {
        "CREATE INDEX"
    });
    if way == Way::Concurrently {
        sql = sql.push("CONCURRENTLY");
    }
    let table = own.table_address(address);
    sql = sql
        .name(address.name())
        .push(if way == Way::Only { "ON ONLY" } else { "ON" })
        .path(&table)
        .push("USING")
        .name(&own.method);
    let elements: Vec<Sql> = own
        .elements
        .iter()
        .map(|element| Sql::empty().verbatim(element))
        .collect();
    sql = sql.push("(").glue("").separated(&elements, ", ").glue(")");
    if !own.include.is_empty() {
        sql = sql.push("INCLUDE").name_list(&own.include);
    }
    if own.nulls_not_distinct {
        sql = sql.push("NULLS NOT DISTINCT");
    }
    if !own.parameters.is_empty() {
        sql = sql.join(&parameters(&own.parameters));
    }
    if let Some(tablespace) = &own.tablespace {
        sql = sql.push("TABLESPACE").name(tablespace);
    }
    if let Some(predicate) = &own.predicate {
        sql = sql.push("WHERE").expression(predicate);
    }
    let mut statement = match way {
        Way::Direct => Statement::catalog(sql).locking(&table, LockMode::Share),
        Way::Concurrently => Statement::catalog(sql)
            .locking(&table, LockMode::ShareUpdateExclusive)
            .alone(),
        Way::Only => Statement::catalog(sql)
            .locking(&table, LockMode::Share)
            .sparing_partitions(),
    };
    if way != Way::Only {
        statement = statement.working(Work::IndexBuild);
    }
    for text in own.elements.iter().chain(&own.predicate) {
        statement = statement.under(text);
    }
    statement.placed(own.tablespace.as_ref())
}

/// The storage parameters of an index.
pub(super) fn parameters(own: &Options) -> Sql {
    let all = own.0.iter();
    let all: Vec<Sql> = all
        .map(|(name, value)| Sql::empty().parameter(name).push("=").literal(value))
        .collect();
    Sql::new("WITH (").separated(&all, ", ").glue(")")
}

/// <https://www.postgresql.org/docs/current/sql-dropindex.html>
pub(crate) fn drop(address: &Address, table: &Address, way: Way) -> Statement {
    match way {
        Way::Direct | Way::Only => {
            let sql = Sql::new("DROP INDEX").path(address);
            Statement::catalog(sql).locking(table, LockMode::AccessExclusive)
        }
        Way::Concurrently => {
            let sql = Sql::new("DROP INDEX CONCURRENTLY").path(address);
            Statement::catalog(sql)
                .locking(table, LockMode::ShareUpdateExclusive)
                .alone()
        }
    }
}

/// Makes the index of a partition a part of that of its table. Queries that are planned meanwhile wait for a moment.
/// <https://www.postgresql.org/docs/current/sql-alterindex.html> (ATTACH PARTITION)
pub(crate) fn attach(over: &Address, index: &Address, partition: &Address) -> Statement {
    let sql = Sql::new("ALTER INDEX")
        .path(over)
        .push("ATTACH PARTITION")
        .path(index);
    Statement::catalog(sql)
        .locking(partition, LockMode::AccessExclusive)
        .sparing_partitions()
}

/// Readers and writers go on. <https://www.postgresql.org/docs/current/sql-alterindex.html> (RENAME TO)
pub(crate) fn rename(address: &Address, to: &crate::model::Name) -> Statement {
    Statement::catalog(
        Sql::new("ALTER INDEX")
            .path(address)
            .push("RENAME TO")
            .name(to),
    )
    .locking(address, LockMode::ShareUpdateExclusive)
}
