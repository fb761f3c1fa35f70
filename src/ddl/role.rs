//! The commands of roles: what they may do, what their sessions begin with, and what they are members of.

use super::definition::head;
use super::statement::Statement;
use crate::model::{Address, Clause, Membership, Name, Said};
use crate::sql::Sql;

/// Appends what CREATE ROLE and ALTER ROLE say of an attribute. What has commands of its own says nothing here.
/// <https://www.postgresql.org/docs/current/sql-alterrole.html>
pub(super) fn attribute(sql: Sql, clause: Clause, said: Option<&Said>) -> Sql {
    let flag = FLAGS.iter().find(|own| own.0 == clause);
    if let Some((_, set, unset)) = flag {
        sql.push(if said.is_some() { set } else { unset })
    } else if clause == Clause::ConnectionLimit {
        let sql = sql.push("CONNECTION LIMIT");
        match text(said) {
            Some(limit) => sql.literal_number(limit),
            None => sql.push("-1"),
        }
    } else if clause == Clause::ValidUntil {
        let until = text(said).unwrap_or("infinity");
        sql.push("VALID UNTIL").literal(until)
    } else {
        sql
    }
}

/// What is there or not, with the words for either.
const FLAGS: [(Clause, &str, &str); 7] = [
    (Clause::Superuser, "SUPERUSER", "NOSUPERUSER"),
    (Clause::Createdb, "CREATEDB", "NOCREATEDB"),
    (Clause::Createrole, "CREATEROLE", "NOCREATEROLE"),
    (Clause::Login, "LOGIN", "NOLOGIN"),
    (Clause::NoInherit, "NOINHERIT", "INHERIT"),
    (Clause::Replication, "REPLICATION", "NOREPLICATION"),
    (Clause::BypassRls, "BYPASSRLS", "NOBYPASSRLS"),
];

fn text(said: Option<&Said>) -> Option<&str> {
    match said {
        Some(Said::Text(text)) => Some(text),
        _ => None,
    }
}

/// Makes the statement that changes a setting, or a membership.
/// <https://www.postgresql.org/docs/current/sql-alterrole.html>, <https://www.postgresql.org/docs/current/sql-grant.html>
pub(super) fn entry(
    address: &Address,
    clause: Clause,
    name: &Name,
    [from, to]: [Option<&str>; 2],
) -> Statement {
    if clause == Clause::Settings {
        let sql = head("ALTER", address);
        return Statement::catalog(match to {
            Some(value) => sql.push("SET").setting(name, value),
            None => sql.push("RESET").parameter(name),
        });
    }
    let member = address.name();
    let sql = match (from.map(Membership::of), to.map(Membership::of)) {
        (_, None) => Sql::new("REVOKE").name(name).push("FROM").name(member),
        (Some(from), Some(to)) if from.admin && !to.admin && to.inherit.is_none() => {
            let sql = Sql::new("REVOKE ADMIN OPTION FOR").name(name);
            sql.push("FROM").name(member)
        }
        (from, Some(to)) => {
            let sql = Sql::new("GRANT").name(name).push("TO").name(member);
            match to.inherit {
                None if to.admin => sql.push("WITH ADMIN OPTION"),
                None => sql,
                Some(inherit) => {
                    let word = |name: &'static str, value: bool| {
                        Sql::new(name).push(if value { "TRUE" } else { "FALSE" })
                    };
                    let from = from.unwrap_or_default();
                    let mut all = Vec::new();
                    if to.admin || from.admin {
                        all.push(word("ADMIN", to.admin));
                    }
                    all.push(word("INHERIT", inherit));
                    if to.no_set || from.no_set {
                        all.push(word("SET", !to.no_set));
                    }
                    sql.push("WITH").separated(&all, ", ")
                }
            }
        }
    };
    Statement::catalog(sql).naming([name, member].into_iter())
}
