//! OWNER TO, GRANT and REVOKE.

use crate::model::{Address, Grant, Kind, Name};
use crate::sql::Sql;

use super::statement::{LockMode, Statement};

/// The word of the command reference for a kind that has an owner or privileges.
fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Schema => "SCHEMA",
        Kind::Enum => "TYPE",
        Kind::Domain => "DOMAIN",
        Kind::Sequence => "SEQUENCE",
        Kind::Function => "FUNCTION",
        Kind::Table | Kind::Column => "TABLE",
        Kind::View => "VIEW",
        Kind::Extension
        | Kind::DomainCheck
        | Kind::OwnedBy
        | Kind::Default
        | Kind::NotNull
        | Kind::Identity
        | Kind::PrimaryKey
        | Kind::Unique
        | Kind::Exclusion
        | Kind::Check
        | Kind::Index
        | Kind::ForeignKey
        | Kind::Parameters
        | Kind::ColumnSettings
        | Kind::ReplicaIdentity
        | Kind::ClusteredOn
        | Kind::Trigger
        | Kind::Owner
        | Kind::Grant
        | Kind::Comment => {
            unreachable!("a {} has neither owner nor privileges", kind.keyword())
        }
    }
}

fn named(sql: Sql, target: &Address) -> Sql {
    if target.kind() == Kind::Function {
        sql.routine(target)
    } else {
        sql.path(target)
    }
}

/// <https://www.postgresql.org/docs/current/sql-altertable.html> (OWNER TO)
pub(crate) fn set_owner(target: &Address, role: &Name) -> Statement {
    owner_to(target, |sql| sql.push("OWNER TO").name(role))
}

fn owner_to(target: &Address, whose: impl Fn(Sql) -> Sql) -> Statement {
    let sql = named(Sql::new("ALTER").push(word(target.kind())), target);
    let statement = Statement::catalog(whose(sql));
    if matches!(target.kind(), Kind::Table | Kind::View | Kind::Sequence) {
        statement.locking(target, LockMode::AccessExclusive)
    } else {
        statement
    }
}

/// Makes the applier the owner. <https://www.postgresql.org/docs/current/sql-altertable.html> (OWNER TO)
pub(crate) fn set_own(target: &Address) -> Statement {
    owner_to(target, |sql| sql.push("OWNER TO CURRENT_USER"))
}

/// Makes a privilege be held as `how` says, from what PostgreSQL gives by itself or from how it is held now.
/// <https://www.postgresql.org/docs/current/sql-grant.html>,
/// <https://www.postgresql.org/docs/current/sql-revoke.html>
pub(crate) fn set(address: &Address, how: Grant) -> Statement {
    let (sql, role) = match how {
        Grant::Held | Grant::Grantable => (privilege(Sql::new("GRANT"), address), "TO"),
        Grant::Taken => (privilege(Sql::new("REVOKE"), address), "FROM"),
    };
    let sql = grantee(sql.push(role), address);
    Statement::catalog(match how {
        Grant::Grantable => sql.push("WITH GRANT OPTION"),
        Grant::Held | Grant::Taken => sql,
    })
}

/// Takes the right to pass a privilege on. <https://www.postgresql.org/docs/current/sql-revoke.html>
pub(crate) fn take_option(address: &Address) -> Statement {
    let sql = privilege(Sql::new("REVOKE GRANT OPTION FOR"), address);
    Statement::catalog(grantee(sql.push("FROM"), address))
}

/// Returns a privilege to what PostgreSQL gives by itself.
pub(crate) fn reset(address: &Address, how: Grant) -> Statement {
    match how {
        Grant::Held | Grant::Grantable => set(address, Grant::Taken),
        Grant::Taken => set(address, Grant::Held),
    }
}

/// Makes a role a member of another one. <https://www.postgresql.org/docs/current/sql-grant.html>
pub(crate) fn grant_role(role: &Name, to: &Name) -> Sql {
    Sql::new("GRANT").name(role).push("TO").name(to)
}

/// Lets a role speak of what lies in a schema. <https://www.postgresql.org/docs/current/sql-grant.html>
pub(crate) fn grant_usage(schema: &Address, to: &Name) -> Sql {
    let sql = Sql::new("GRANT USAGE ON SCHEMA").path(schema);
    sql.push("TO").name(to)
}

/// Lets a role make things in a schema. <https://www.postgresql.org/docs/current/sql-grant.html>
pub(crate) fn grant_create_in(schema: &Address, to: &Name) -> Sql {
    let sql = Sql::new("GRANT CREATE ON SCHEMA").path(schema);
    sql.push("TO").name(to)
}

/// Lets a role make schemas. <https://www.postgresql.org/docs/current/sql-grant.html>
pub(crate) fn grant_create_in_database(database: &Name, to: &Name) -> Sql {
    let sql = Sql::new("GRANT CREATE ON DATABASE").name(database);
    sql.push("TO").name(to)
}

/// Lets a role refer to a table. <https://www.postgresql.org/docs/current/sql-grant.html>
pub(crate) fn grant_references(table: &Address, to: &Name) -> Sql {
    let sql = Sql::new("GRANT REFERENCES ON TABLE").path(table);
    sql.push("TO").name(to)
}

/// Lets a role call a function. <https://www.postgresql.org/docs/current/sql-grant.html>
pub(crate) fn grant_execute(function: &Address, to: &Name) -> Sql {
    let sql = Sql::new("GRANT EXECUTE ON FUNCTION").routine(function);
    sql.push("TO").name(to)
}

/// Appends the privilege and what it is on: `SELECT ("email") ON TABLE t`.
fn privilege(sql: Sql, address: &Address) -> Sql {
    let target = address.target().expect("a privilege is on something");
    let sql = sql.keyword(address.name());
    let sql = if target.kind() == Kind::Column || target.is_view_column() {
        sql.name_list(std::slice::from_ref(target.name()))
    } else {
        sql
    };
    // GRANT knows no views: they are tables there.
    let words = if target.kind() == Kind::View {
        "TABLE"
    } else {
        word(target.kind())
    };
    named(sql.push("ON").push(words), &target)
}

fn grantee(sql: Sql, address: &Address) -> Sql {
    let role = &address.path()[address.path().len() - 2];
    if role.as_str() == "PUBLIC" {
        sql.push("PUBLIC")
    } else {
        sql.name(role)
    }
}
