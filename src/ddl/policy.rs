//! Row-level security and CREATE POLICY.

use crate::model::{Address, EVERYBODY, Name, Policy, PolicyCommand, RowSecurity, Text};
use crate::sql::Sql;

use super::statement::{Form, LockMode, Statement};

/// Turns it on from where it is off. <https://www.postgresql.org/docs/current/sql-altertable.html> (ROW LEVEL SECURITY)
pub(crate) fn secure(table: &Address, own: &RowSecurity) -> Statement {
    said(table, own, ["ENABLE", "FORCE"])
}

/// Turns off what is on. <https://www.postgresql.org/docs/current/sql-altertable.html> (ROW LEVEL SECURITY)
pub(crate) fn open(table: &Address, own: &RowSecurity) -> Statement {
    said(table, own, ["DISABLE", "NO FORCE"])
}

fn said(table: &Address, own: &RowSecurity, words: [&'static str; 2]) -> Statement {
    let said = [own.enabled, own.forced].into_iter().zip(words);
    let words = said.filter(|(is_said, _)| *is_said).map(|(_, word)| word);
    let all: Vec<Sql> = words
        .map(|word| Sql::new(word).push("ROW LEVEL SECURITY"))
        .collect();
    Statement::alter_table(table, Form::Subcommand, Sql::empty().separated(&all, ", "))
}

/// <https://www.postgresql.org/docs/current/sql-altertable.html> (ROW LEVEL SECURITY)
pub(crate) fn set_enabled(table: &Address, enabled: bool) -> Statement {
    let word = if enabled { "ENABLE" } else { "DISABLE" };
    let sql = Sql::new(word).push("ROW LEVEL SECURITY");
    Statement::alter_table(table, Form::Subcommand, sql)
}

/// <https://www.postgresql.org/docs/current/sql-altertable.html> (ROW LEVEL SECURITY)
pub(crate) fn set_forced(table: &Address, forced: bool) -> Statement {
    let word = if forced { "FORCE" } else { "NO FORCE" };
    let sql = Sql::new(word).push("ROW LEVEL SECURITY");
    Statement::alter_table(table, Form::Subcommand, sql)
}

/// <https://www.postgresql.org/docs/current/sql-createpolicy.html>
pub(crate) fn create<T: Text>(address: &Address, own: &Policy<T>) -> Statement {
    let mut sql = named("CREATE POLICY", address);
    if !own.permissive {
        sql = sql.push("AS RESTRICTIVE");
    }
    sql = match own.command {
        PolicyCommand::All => sql,
        PolicyCommand::Select => sql.push("FOR SELECT"),
        PolicyCommand::Insert => sql.push("FOR INSERT"),
        PolicyCommand::Update => sql.push("FOR UPDATE"),
        PolicyCommand::Delete => sql.push("FOR DELETE"),
    };
    if !own.roles.is_empty() {
        sql = to_roles(sql, &own.roles);
    }
    with_terms(sql, address, own)
}

/// Gives a policy other roles and conditions. <https://www.postgresql.org/docs/current/sql-alterpolicy.html>
pub(crate) fn alter<T: Text>(address: &Address, own: &Policy<T>) -> Statement {
    let sql = to_roles(named("ALTER POLICY", address), &own.roles);
    with_terms(sql, address, own)
}

/// <https://www.postgresql.org/docs/current/sql-droppolicy.html>
pub(crate) fn drop(address: &Address) -> Statement {
    locking(named("DROP POLICY", address), address)
}

/// <https://www.postgresql.org/docs/current/sql-alterpolicy.html> (RENAME TO)
pub(crate) fn rename(address: &Address, to: &Name) -> Statement {
    let sql = named("ALTER POLICY", address).push("RENAME TO").name(to);
    locking(sql, address)
}

fn named(words: &'static str, address: &Address) -> Sql {
    let sql = Sql::new(words).name(address.name());
    sql.push("ON").path(&address.table())
}

fn to_roles(sql: Sql, roles: &[Name]) -> Sql {
    let roles: Vec<Sql> = if roles.is_empty() {
        vec![Sql::new(EVERYBODY)]
    } else {
        roles.iter().map(|own| Sql::empty().name(own)).collect()
    };
    sql.push("TO").separated(&roles, ", ")
}

fn with_terms<T: Text>(sql: Sql, address: &Address, own: &Policy<T>) -> Statement {
    let mut sql = sql;
    for (words, text) in [("USING", &own.using), ("WITH CHECK", &own.with_check)] {
        if let Some(text) = text {
            sql = sql.push(words).expression(text);
        }
    }
    let mut statement = locking(sql, address).naming(own.roles.iter());
    for text in [&own.using, &own.with_check].into_iter().flatten() {
        statement = statement.under(text);
    }
    statement
}

fn locking(sql: Sql, address: &Address) -> Statement {
    Statement::catalog(sql).locking(&address.table(), LockMode::AccessExclusive)
}
