//! COMMENT ON.

use crate::model::{Address, Comment, Kind};
use crate::sql::Sql;

use super::statement::{LockMode, Statement};

/// Sets a comment, or takes it away. <https://www.postgresql.org/docs/current/sql-comment.html>
pub(crate) fn set(address: &Address, own: &Comment, text: Option<&str>) -> Statement {
    let target = address
        .target()
        .expect("a comment's address names its target");
    let head = Sql::new("COMMENT ON");
    let table = target.table();
    let (sql, relation) = match target.kind() {
        Kind::Schema => (head.push("SCHEMA").path(&target), None),
        Kind::Extension => (head.push("EXTENSION").path(&target), None),
        Kind::Composite if target.is_value() => (head.push("COLUMN").whole_path(&target), None),
        Kind::Collation => (head.push("COLLATION").path(&target), None),
        Kind::Enum | Kind::Composite | Kind::Range => (head.push("TYPE").path(&target), None),
        Kind::Domain => (head.push("DOMAIN").path(&target), None),
        Kind::DomainCheck => (
            head.push("CONSTRAINT")
                .name(target.name())
                .push("ON DOMAIN")
                .path(&target.domain()),
            None,
        ),
        Kind::Defined(own) => (
            super::definition::named(head.push(own.command()), &target),
            None,
        ),
        Kind::Sequence => (head.push("SEQUENCE").path(&target), None),
        Kind::Function => (head.push("FUNCTION").routine(&target), None),
        Kind::Procedure => (head.push("PROCEDURE").routine(&target), None),
        Kind::Aggregate => (head.push("AGGREGATE").routine(&target), None),
        Kind::Trigger => (
            head.push("TRIGGER")
                .name(target.name())
                .push("ON")
                .path(&table),
            Some(table),
        ),
        Kind::Rule => (
            head.push("RULE")
                .name(target.name())
                .push("ON")
                .path(&table),
            Some(table),
        ),
        Kind::Policy => (
            head.push("POLICY")
                .name(target.name())
                .push("ON")
                .path(&table),
            Some(table),
        ),
        Kind::Table if own.on_foreign => (head.push("FOREIGN TABLE").path(&target), Some(table)),
        Kind::Table => (head.push("TABLE").path(&target), Some(table)),
        Kind::View | Kind::MaterializedView if target.is_view_column() => (
            head.push("COLUMN").whole_path(&target),
            Some(target.whole()),
        ),
        Kind::View => (head.push("VIEW").path(&target), Some(target.clone())),
        Kind::MaterializedView => (
            head.push("MATERIALIZED VIEW").path(&target),
            Some(target.clone()),
        ),
        Kind::Index => (head.push("INDEX").path(&target), None),
        Kind::Column => (head.push("COLUMN").whole_path(&target), Some(table)),
        Kind::Check | Kind::Unique | Kind::Exclusion | Kind::ForeignKey => (
            head.push("CONSTRAINT")
                .name(target.name())
                .push("ON")
                .path(&table),
            Some(table),
        ),
        Kind::PrimaryKey => (
            head.push("CONSTRAINT")
                .name(
                    own.key
                        .as_ref()
                        .expect("a comment on a primary key knows its name"),
                )
                .push("ON")
                .path(&table),
            Some(table),
        ),
        Kind::Default
        | Kind::Parameters
        | Kind::ColumnSettings
        | Kind::ReplicaIdentity
        | Kind::ClusteredOn
        | Kind::RowSecurity
        | Kind::NotNull
        | Kind::Identity
        | Kind::OwnedBy
        | Kind::PublishedTable
        | Kind::PublishedSchema
        | Kind::Owner
        | Kind::Grant
        | Kind::DefaultPrivilege
        | Kind::Comment => {
            unreachable!(
                "the reader makes no comment on a {}",
                target.kind().keyword()
            )
        }
    };
    let statement = Statement::catalog(sql.push("IS").literal_or_null(text));
    match relation {
        Some(relation) => statement.locking(&relation, LockMode::ShareUpdateExclusive),
        None => statement,
    }
}

/// Returns the comment that a thing has where nobody says one: initdb gives one to the schema public.
pub(super) fn given(address: &Address) -> Option<&'static str> {
    let target = address.target()?;
    let is_public = target.kind() == Kind::Schema && target.name().as_str() == "public";
    is_public.then_some("standard public schema")
}
