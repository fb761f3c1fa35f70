//! OWNER TO, GRANT and REVOKE.

use crate::model::{APPLIER, Address, Defined, EVERYBODY, Grant, Kind, Name};
use crate::sql::Sql;

use super::statement::{Form, LockMode, Part, Privilege, Statement};

/// The word of the command reference for a kind that has an owner or privileges.
pub(super) fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Schema => "SCHEMA",
        Kind::Collation => "COLLATION",
        Kind::Enum | Kind::Composite | Kind::Range => "TYPE",
        Kind::Domain => "DOMAIN",
        Kind::Sequence => "SEQUENCE",
        Kind::Function => "FUNCTION",
        Kind::Procedure => "PROCEDURE",
        Kind::Aggregate => "AGGREGATE",
        Kind::Defined(own) => own.command(),
        Kind::Table | Kind::Column => "TABLE",
        Kind::View => "VIEW",
        Kind::MaterializedView => "MATERIALIZED VIEW",
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
        | Kind::RowSecurity
        | Kind::Policy
        | Kind::Trigger
        | Kind::Rule
        | Kind::PublishedTable
        | Kind::PublishedSchema
        | Kind::Owner
        | Kind::Grant
        | Kind::Comment
        | Kind::DefaultPrivilege => {
            unreachable!("a {} has neither owner nor privileges", kind.keyword())
        }
    }
}

fn named(sql: Sql, target: &Address) -> Sql {
    if matches!(target.kind(), Kind::Defined(_)) {
        super::definition::named(sql, target)
    } else if target.kind().is_routine() {
        sql.routine(target)
    } else {
        sql.path(target)
    }
}

/// <https://www.postgresql.org/docs/current/sql-altertable.html> (OWNER TO)
pub(crate) fn set_owner(target: &Address, role: &Name) -> Statement {
    owner_to(target, |sql| sql.push("OWNER TO").name(role)).naming([role].into_iter())
}

fn owner_to(target: &Address, whose: impl Fn(Sql) -> Sql) -> Statement {
    let sql = named(Sql::new("ALTER").push(word(target.kind())), target);
    let statement = Statement::catalog(whose(sql));
    if matches!(
        target.kind(),
        Kind::Table | Kind::View | Kind::MaterializedView | Kind::Sequence
    ) {
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
    match how {
        Grant::Held => privilege("GRANT", address, "TO", ""),
        Grant::Grantable => privilege("GRANT", address, "TO", "WITH GRANT OPTION"),
        Grant::Taken => privilege("REVOKE", address, "FROM", ""),
    }
}

/// Takes the right to pass a privilege on. <https://www.postgresql.org/docs/current/sql-revoke.html>
pub(crate) fn take_option(address: &Address) -> Statement {
    privilege("REVOKE GRANT OPTION FOR", address, "FROM", "")
}

/// Returns a privilege to what PostgreSQL gives by itself.
pub(crate) fn reset(address: &Address, how: Grant) -> Statement {
    // Whoever makes something has everything on it by itself.
    let is_makers =
        address.default_schema().is_none() && address.default_role() == Some(granted_role(address));
    match how {
        Grant::Grantable if is_makers => take_option(address),
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

/// Lets a role read a table or a view. <https://www.postgresql.org/docs/current/sql-grant.html>
pub(crate) fn grant_select(relation: &Address, to: &Name) -> Sql {
    let sql = Sql::new("GRANT SELECT ON TABLE").path(relation);
    sql.push("TO").name(to)
}

/// Lets a role call a function. <https://www.postgresql.org/docs/current/sql-grant.html>
pub(crate) fn grant_execute(function: &Address, to: &Name) -> Sql {
    let sql = Sql::new("GRANT EXECUTE ON FUNCTION").called(function);
    sql.push("TO").name(to)
}

/// Lets a role put things into a tablespace. <https://www.postgresql.org/docs/current/sql-grant.html>
pub(crate) fn grant_tablespace(tablespace: &Name, to: &Name) -> Sql {
    let sql = Sql::new("GRANT CREATE ON TABLESPACE").name(tablespace);
    sql.push("TO").name(to)
}

/// Lets a role make foreign tables of a server. <https://www.postgresql.org/docs/current/sql-grant.html>
pub(crate) fn grant_server(server: &Address, to: &Name) -> Sql {
    let sql = Sql::new("GRANT USAGE ON FOREIGN SERVER").path(server);
    sql.push("TO").name(to)
}

/// Makes the statement about one privilege of one role.
fn privilege(
    head: &'static str,
    address: &Address,
    preposition: &'static str,
    option: &'static str,
) -> Statement {
    if let Some(list) = address.default_list() {
        return by_default(head, address, &list, [preposition, option]);
    }
    let target = address.target().expect("a privilege is on something");
    let is_column = target.kind() == Kind::Column || target.is_view_column();
    // GRANT knows no views and no aggregates: they are tables and functions there.
    let words = if matches!(target.kind(), Kind::View | Kind::MaterializedView) {
        "TABLE"
    } else if target.kind() == Kind::Aggregate {
        "FUNCTION"
    } else if target.kind() == Kind::Defined(Defined::Server) {
        "FOREIGN SERVER"
    } else {
        word(target.kind())
    };
    let tail = Sql::new("ON").push(words);
    let tail = if target.kind().is_routine() {
        tail.called(&target)
    } else {
        tail.path(&target)
    };
    let tail = tail.push(preposition);
    let tail = grantee(tail, address);
    let own = Privilege {
        head: Sql::new(head),
        word: address.name().clone(),
        column: is_column.then(|| target.name().clone()),
        tail: if option.is_empty() {
            tail
        } else {
            tail.push(option)
        },
    };
    let unit = if is_column { target.whole() } else { target };
    about(unit, own).naming([granted_role(address)].into_iter())
}

fn about(unit: Address, own: Privilege) -> Statement {
    let sql = several(&[&own]);
    let part = Part {
        table: unit,
        subcommand: Sql::empty(),
        form: Form::Privilege(own),
    };
    Statement {
        part: Some(part),
        ..Statement::catalog(sql)
    }
}

/// Makes the statement about what a role may do with what another one makes from now on.
/// <https://www.postgresql.org/docs/current/sql-alterdefaultprivileges.html>
fn by_default(
    head: &'static str,
    address: &Address,
    list: &Address,
    [preposition, option]: [&'static str; 2],
) -> Statement {
    let maker = list.default_role().expect("a list is a role's");
    let mut begin = Sql::new("ALTER DEFAULT PRIVILEGES");
    if maker.as_str() != APPLIER {
        begin = begin.push("FOR ROLE").name(maker);
    }
    if let Some(schema) = list.default_schema() {
        begin = begin.push("IN SCHEMA").name(schema);
    }
    let words = match list.on() {
        Some(Kind::Sequence) => "ON SEQUENCES",
        Some(Kind::Function) => "ON FUNCTIONS",
        Some(Kind::Enum) => "ON TYPES",
        Some(Kind::Schema) => "ON SCHEMAS",
        _ => "ON TABLES",
    };
    let tail = grantee(Sql::new(words).push(preposition), address);
    let own = Privilege {
        head: begin.push(head),
        word: address.name().clone(),
        column: None,
        tail: if option.is_empty() {
            tail
        } else {
            tail.push(option)
        },
    };
    about(list.clone(), own).naming([maker, granted_role(address)].into_iter())
}

/// Returns the role that a privilege is given to.
fn granted_role(address: &Address) -> &Name {
    &address.path()[address.path().len() - 2]
}

/// Makes one statement about several privileges of one role on one object.
pub(crate) fn several(all: &[&Privilege]) -> Sql {
    let Some(first) = all.first() else {
        return Sql::empty();
    };
    let mut words: Vec<(&Name, Vec<Name>)> = Vec::new();
    for own in all {
        let column = own.column.iter().cloned();
        match words.iter_mut().find(|(word, columns)| {
            *word == &own.word && columns.is_empty() == own.column.is_none()
        }) {
            Some((_, columns)) => columns.extend(column),
            None => words.push((&own.word, column.collect())),
        }
    }
    let words: Vec<Sql> = words
        .into_iter()
        .map(|(word, columns)| {
            let word = Sql::empty().keyword(word);
            if columns.is_empty() {
                word
            } else {
                word.name_list(&columns)
            }
        })
        .collect();
    first.head.clone().separated(&words, ", ").join(&first.tail)
}

fn grantee(sql: Sql, address: &Address) -> Sql {
    let role = granted_role(address);
    if role.as_str() == EVERYBODY {
        sql.push("PUBLIC")
    } else if role.as_str() == APPLIER {
        sql.push("CURRENT_USER")
    } else {
        sql.name(role)
    }
}
