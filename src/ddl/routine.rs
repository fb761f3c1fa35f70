//! CREATE FUNCTION, CREATE PROCEDURE and their changes.

use crate::model::{Address, Body, Function, Name, Parallel, Procedure, Text, Volatility};
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
    let mut statement = Statement::catalog(with_body(sql, &own.body)).under(&own.arguments);
    if let Some(returns) = &own.returns {
        statement = statement.under(returns);
    }
    statement
}

fn with_body<T: Text>(sql: Sql, body: &Body<T>) -> Sql {
    match body {
        Body::String(body) => sql.push("AS").dollar_quoted(body),
        Body::Sql(body) => sql.push("").glued_text(body),
        Body::Object(file, symbol) => sql.push("AS").literal(file).glue(",").literal(symbol),
    }
}

/// <https://www.postgresql.org/docs/current/sql-createprocedure.html>
pub(crate) fn create_procedure<T: Text>(address: &Address, own: &Procedure<T>) -> Statement {
    procedure("CREATE PROCEDURE", address, own)
}

/// Takes the place of a procedure with the same arguments.
/// <https://www.postgresql.org/docs/current/sql-createprocedure.html> (OR REPLACE)
pub(crate) fn replace_procedure<T: Text>(address: &Address, own: &Procedure<T>) -> Statement {
    procedure("CREATE OR REPLACE PROCEDURE", address, own)
}

fn procedure<T: Text>(words: &'static str, address: &Address, own: &Procedure<T>) -> Statement {
    let mut sql = Sql::new(words)
        .path(address)
        .glue("(")
        .glued_text(&own.arguments)
        .glue(")")
        .push("LANGUAGE")
        .name(&own.language);
    if own.security_definer {
        sql = sql.push("SECURITY DEFINER");
    }
    for (name, value) in &own.set {
        sql = sql.push("SET").setting(name, value);
    }
    Statement::catalog(with_body(sql, &own.body)).under(&own.arguments)
}

/// The words of a command about a routine.
fn about(command: &'static str, address: &Address) -> Sql {
    Sql::new(command)
        .push(super::privilege::word(address.kind()))
        .routine(address)
}

/// <https://www.postgresql.org/docs/current/sql-dropfunction.html>,
/// <https://www.postgresql.org/docs/current/sql-dropprocedure.html>,
/// <https://www.postgresql.org/docs/current/sql-dropaggregate.html>
pub(crate) fn drop(address: &Address) -> Statement {
    Statement::catalog(about("DROP", address))
}

/// <https://www.postgresql.org/docs/current/sql-alterfunction.html> (RENAME TO)
pub(crate) fn rename(address: &Address, to: &Name) -> Statement {
    Statement::catalog(about("ALTER", address).push("RENAME TO").name(to))
}

/// <https://www.postgresql.org/docs/current/sql-alterfunction.html> (SET SCHEMA)
pub(crate) fn set_schema(address: &Address, to: &Name) -> Statement {
    Statement::catalog(about("ALTER", address).push("SET SCHEMA").name(to))
}
