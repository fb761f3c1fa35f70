//! CREATE VIEW, CREATE MATERIALIZED VIEW and their changes.

use std::collections::BTreeMap;

use crate::model::{Address, Expression, Kind, MaterializedView, Name, Options, Text, View};
use crate::sql::Sql;

use super::statement::{LockMode, Statement, Work};

/// <https://www.postgresql.org/docs/current/sql-createview.html>
pub(crate) fn create<T: Text>(address: &Address, own: &View<T>) -> Statement {
    written("CREATE VIEW", address, own)
}

/// Takes queries whose columns begin with the former ones; owner, privileges and dependents stay.
/// <https://www.postgresql.org/docs/current/sql-createview.html> (OR REPLACE)
pub(crate) fn replace<T: Text>(address: &Address, own: &View<T>) -> Statement {
    written("CREATE OR REPLACE VIEW", address, own).locking(address, LockMode::AccessExclusive)
}

/// Holds nothing yet: its query is not run.
/// <https://www.postgresql.org/docs/current/sql-creatematerializedview.html> (WITH NO DATA)
pub(crate) fn declare<T: Text>(address: &Address, own: &MaterializedView<T>) -> Statement {
    Statement::catalog(materialized(address, own).push("WITH NO DATA")).under(&own.query)
}

/// Holds the rows of its query from the start.
/// <https://www.postgresql.org/docs/current/sql-creatematerializedview.html> (WITH DATA)
pub(crate) fn materialize<T: Text>(address: &Address, own: &MaterializedView<T>) -> Statement {
    let statement = Statement::catalog(materialized(address, own).push("WITH DATA"));
    let unfilled = Some(declare(address, own).sql);
    Statement {
        unfilled,
        ..statement
    }
    .under(&own.query)
    .locking(address, LockMode::AccessExclusive)
    .working(Work::TableRewrite)
}

/// Fills it anew. <https://www.postgresql.org/docs/current/sql-refreshmaterializedview.html>
pub(crate) fn refresh(address: &Address) -> Sql {
    Sql::new("REFRESH MATERIALIZED VIEW").path(address)
}

fn materialized<T: Text>(address: &Address, own: &MaterializedView<T>) -> Sql {
    let mut sql = Sql::new("CREATE MATERIALIZED VIEW").path(address);
    if !own.parameters.is_empty() {
        sql = sql.join(&super::index::parameters(&own.parameters));
    }
    sql.push("AS").verbatim(&own.query)
}

/// Readers go on. <https://www.postgresql.org/docs/current/sql-altermaterializedview.html> (SET, RESET)
pub(crate) fn parameters(address: &Address, set: &Options, reset: &[Name]) -> Statement {
    let subcommands = super::physical::options(set, reset);
    let sql = about("ALTER", address).separated(&subcommands, ", ");
    Statement::catalog(sql).locking(address, LockMode::ShareUpdateExclusive)
}

/// <https://www.postgresql.org/docs/current/sql-alterview.html> (SET, RESET)
pub(crate) fn options(address: &Address, set: &Options, reset: &[Name]) -> Statement {
    let subcommands = super::physical::options(set, reset);
    let sql = about("ALTER", address).separated(&subcommands, ", ");
    Statement::catalog(sql).locking(address, LockMode::AccessExclusive)
}

/// <https://www.postgresql.org/docs/current/sql-alterview.html> (SET DEFAULT, DROP DEFAULT)
pub(crate) fn defaults(
    address: &Address,
    set: &BTreeMap<Name, Expression>,
    reset: &[Name],
) -> Statement {
    let of = |column: &Name| Sql::new("ALTER COLUMN").name(column);
    let gone = reset.iter().map(|column| of(column).push("DROP DEFAULT"));
    let new = set
        .iter()
        .map(|(column, own)| of(column).push("SET DEFAULT").expression(own));
    let subcommands: Vec<Sql> = gone.chain(new).collect();
    let sql = about("ALTER", address).separated(&subcommands, ", ");
    Statement::catalog(sql).locking(address, LockMode::AccessExclusive)
}

/// The words of a command about a view.
fn about(command: &'static str, address: &Address) -> Sql {
    let words = if address.kind() == Kind::MaterializedView {
        "MATERIALIZED VIEW"
    } else {
        "VIEW"
    };
    Sql::new(command).push(words).path(address)
}

/// <https://www.postgresql.org/docs/current/sql-alterview.html> (RENAME TO),
/// <https://www.postgresql.org/docs/current/sql-altermaterializedview.html>
pub(crate) fn rename(address: &Address, to: &Name) -> Statement {
    Statement::catalog(about("ALTER", address).push("RENAME TO").name(to))
        .locking(address, LockMode::AccessExclusive)
}

/// <https://www.postgresql.org/docs/current/sql-alterview.html> (SET SCHEMA),
/// <https://www.postgresql.org/docs/current/sql-altermaterializedview.html>
pub(crate) fn set_schema(address: &Address, to: &Name) -> Statement {
    Statement::catalog(about("ALTER", address).push("SET SCHEMA").name(to))
        .locking(address, LockMode::AccessExclusive)
}

fn written<T: Text>(words: &'static str, address: &Address, own: &View<T>) -> Statement {
    let mut sql = Sql::new(words).path(address);
    if !own.options.is_empty() {
        let options: Vec<Sql> = own
            .options
            .0
            .iter()
            .map(|(name, value)| Sql::empty().name(name).push("=").literal(value))
            .collect();
        sql = sql.push("WITH (").separated(&options, ", ").glue(")");
    }
    Statement::catalog(sql.push("AS").verbatim(&own.query)).under(&own.query)
}

/// <https://www.postgresql.org/docs/current/sql-dropview.html>,
/// <https://www.postgresql.org/docs/current/sql-dropmaterializedview.html>
pub(crate) fn drop(address: &Address) -> Statement {
    Statement::catalog(about("DROP", address)).locking(address, LockMode::AccessExclusive)
}
