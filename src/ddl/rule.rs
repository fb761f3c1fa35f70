//! CREATE RULE and its changes.

use crate::model::{Address, Enabled, Event, Name, Rule, Text};
use crate::sql::Sql;

use super::statement::{LockMode, Statement};

/// <https://www.postgresql.org/docs/current/sql-createrule.html>
pub(crate) fn create<T: Text>(address: &Address, own: &Rule<T>) -> Statement {
    made("CREATE RULE", address, own)
}

/// Puts another rule in the place of one. <https://www.postgresql.org/docs/current/sql-createrule.html>
pub(crate) fn replace<T: Text>(address: &Address, own: &Rule<T>) -> Statement {
    made("CREATE OR REPLACE RULE", address, own)
}

fn made<T: Text>(words: &'static str, address: &Address, own: &Rule<T>) -> Statement {
    let relation = own.relation(address);
    let sql = Sql::new(words)
        .name(address.name())
        .push(match own.event {
            Event::Insert => "AS ON INSERT TO",
            Event::Update => "AS ON UPDATE TO",
            Event::Delete => "AS ON DELETE TO",
            Event::Truncate => unreachable!("no rule is for TRUNCATE"),
        })
        .path(&relation);
    let sql = match &own.condition {
        Some(condition) => sql.push("WHERE").expression(condition),
        None => sql,
    };
    let sql = sql.push(if own.instead { "DO INSTEAD" } else { "DO ALSO" });
    let statement = Statement::catalog(sql.verbatim(&own.action))
        .locking(&relation, LockMode::AccessExclusive)
        .under(&own.action);
    match &own.condition {
        Some(condition) => statement.under(condition),
        None => statement,
    }
}

/// <https://www.postgresql.org/docs/current/sql-droprule.html>
pub(crate) fn drop<T>(address: &Address, own: &Rule<T>) -> Statement {
    let relation = own.relation(address);
    let sql = Sql::new("DROP RULE").name(address.name()).push("ON");
    Statement::catalog(sql.path(&relation)).locking(&relation, LockMode::AccessExclusive)
}

/// <https://www.postgresql.org/docs/current/sql-altertable.html> (ENABLE RULE)
pub(crate) fn set_enabled<T>(address: &Address, own: &Rule<T>, enabled: Enabled) -> Statement {
    let relation = own.relation(address);
    let words = match enabled {
        Enabled::Origin => "ENABLE RULE",
        Enabled::Always => "ENABLE ALWAYS RULE",
        Enabled::Replica => "ENABLE REPLICA RULE",
        Enabled::Disabled => "DISABLE RULE",
    };
    let sql = Sql::new("ALTER TABLE").path(&relation);
    let sql = sql.push(words).name(address.name());
    Statement::catalog(sql).locking(&relation, LockMode::AccessExclusive)
}

/// <https://www.postgresql.org/docs/current/sql-alterrule.html>
pub(crate) fn rename(address: &Address, to: &Name) -> Statement {
    let table = address.table();
    let sql = Sql::new("ALTER RULE").name(address.name()).push("ON");
    let sql = sql.path(&table).push("RENAME TO").name(to);
    Statement::catalog(sql).locking(&table, LockMode::AccessExclusive)
}
