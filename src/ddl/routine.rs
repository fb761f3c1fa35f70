//! CREATE FUNCTION and DROP FUNCTION.

use crate::model::{Address, Body, Function, Name, Parallel, Text, Volatility};
use crate::sql::Sql;

use super::statement::Statement;

/// <https://www.postgresql.org/docs/current/sql-createfunction.html>
pub(crate) fn create<T: Text>(address: &Address, own: &Function<T>) -> Statement {
    written("CREATE FUNCTION", address, own)
}

/// Takes the place of a function with the same argument names and result.
/// <https://www.postgresql.org/docs/current/sql-createfunction.html> (OR REPLACE)
pub(crate) fn replace<T: Text>(address: &Address, own: &Function<T>) -> Statement {
    written("CREATE OR REPLACE FUNCTION", address, own)
}

fn written<T: Text>(words: &'static str, address: &Address, own: &Function<T>) -> Statement {
    let mut sql = Sql::new(words)
        .path(address)
        .glue("(")
        .glued_text(&own.arguments)
        .glue(")");
    if let Some(returns) = &own.returns {
        sql = sql.push("RETURNS").verbatim(returns);
    }
    sql = sql.push("LANGUAGE").name(&own.language);
    if own.window {
        sql = sql.push("WINDOW");
    }
    match own.volatility {
        Volatility::Immutable => sql = sql.push("IMMUTABLE"),
        Volatility::Stable => sql = sql.push("STABLE"),
        Volatility::Volatile => {}
    }
    match own.parallel {
        Parallel::Safe => sql = sql.push("PARALLEL SAFE"),
        Parallel::Restricted => sql = sql.push("PARALLEL RESTRICTED"),
        Parallel::Unsafe => {}
    }
    for (said, words) in [
        (own.strict, "STRICT"),
        (own.security_definer, "SECURITY DEFINER"),
        (own.leakproof, "LEAKPROOF"),
    ] {
        if said {
            sql = sql.push(words);
        }
    }
    for (said, words) in [(&own.cost, "COST"), (&own.rows, "ROWS")] {
        if let Some(number) = said {
            sql = sql.push(words).literal_number(number);
        }
    }
    if let Some(support) = &own.support {
        sql = sql.push("SUPPORT").names_dotted(support);
    }
    for (name, value) in &own.set {
        sql = sql.push("SET").setting(name, value);
    }
    sql = match &own.body {
        Body::String(body) => sql.push("AS").dollar_quoted(body),
        Body::Sql(body) => sql.push("").glued_text(body),
        Body::Object(file, symbol) => sql.push("AS").literal(file).glue(",").literal(symbol),
    };
    let mut statement = Statement::catalog(sql).under(&own.arguments);
    if let Some(returns) = &own.returns {
        statement = statement.under(returns);
    }
    statement
}

/// <https://www.postgresql.org/docs/current/sql-dropfunction.html>
pub(crate) fn drop(address: &Address) -> Statement {
    Statement::catalog(Sql::new("DROP FUNCTION").routine(address))
}

/// <https://www.postgresql.org/docs/current/sql-alterfunction.html> (RENAME TO)
pub(crate) fn rename(address: &Address, to: &Name) -> Statement {
    Statement::catalog(
        Sql::new("ALTER FUNCTION")
            .routine(address)
            .push("RENAME TO")
            .name(to),
    )
}

/// <https://www.postgresql.org/docs/current/sql-alterfunction.html> (SET SCHEMA)
pub(crate) fn set_schema(address: &Address, to: &Name) -> Statement {
    Statement::catalog(
        Sql::new("ALTER FUNCTION")
            .routine(address)
            .push("SET SCHEMA")
            .name(to),
    )
}
