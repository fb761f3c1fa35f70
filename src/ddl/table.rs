//! CREATE, ALTER and DROP of schemas, tables and columns.

use std::collections::BTreeSet;

use crate::model::{
    Address, Column, MAX_NAME_BYTES, Name, NotNull, Options, Persistence, Table, Text, Validity,
};
use crate::sql::Sql;

use super::constraint;
use super::partition;
use super::statement::{Form, LockMode, Statement, Work};

/// <https://www.postgresql.org/docs/current/sql-createschema.html>
pub(crate) fn create_schema(schema: &Address) -> Statement {
    Statement::catalog(Sql::new("CREATE SCHEMA").path(schema))
}

/// <https://www.postgresql.org/docs/current/sql-dropschema.html>
pub(crate) fn drop_schema(schema: &Address) -> Statement {
    Statement::catalog(Sql::new("DROP SCHEMA").path(schema))
}

/// Takes no lock on any table. <https://www.postgresql.org/docs/current/sql-alterschema.html>
pub(crate) fn rename_schema(schema: &Address, to: &Name) -> Statement {
    Statement::catalog(
        Sql::new("ALTER SCHEMA")
            .path(schema)
            .push("RENAME TO")
            .name(to),
    )
}

/// Takes every privilege on a schema from everybody: PUBLIC by name, and those whom default privileges let into new ones; the owner
/// keeps ownership. <https://www.postgresql.org/docs/current/sql-revoke.html>
pub(crate) fn close_schema(schema: &Address, let_in: &BTreeSet<Name>) -> Statement {
    let named = let_in.iter().map(|own| Sql::empty().name(own));
    let all: Vec<Sql> = [Sql::new("PUBLIC")].into_iter().chain(named).collect();
    let sql = Sql::new("REVOKE ALL ON SCHEMA").path(schema).push("FROM");
    Statement::catalog(sql.separated(&all, ", ")).naming(let_in.iter())
}

/// <https://www.postgresql.org/docs/current/sql-createtable.html>
pub(crate) fn create<T: Text>(table: &Address, own: &Table<T>) -> Statement {
    let words = match own.foreign {
        Some(_) => "CREATE FOREIGN TABLE",
        None => words(own.persistence),
    };
    if let Some(of) = &own.partition_of {
        return partition::create(table, own, of, words);
    }
    let sql = partition::with_strategy(Sql::new(words).path(table).push("()"), own);
    let part = super::statement::Part {
        table: table.clone(),
        form: Form::CreateTable(words, partition::with_strategy(Sql::empty(), own)),
        subcommand: Sql::empty(),
    };
    let statement = Statement {
        part: Some(part),
        ..Statement::catalog(sql)
    };
    let statement = own.inherits_from().fold(statement, |statement, parent| {
        statement.locking(&parent, LockMode::ShareUpdateExclusive)
    });
    partition::under_its_texts(statement, own)
}

/// Returns the words that a table is made with.
pub(super) fn words(persistence: Persistence) -> &'static str {
    match persistence {
        Persistence::Permanent => "CREATE TABLE",
        Persistence::Unlogged => "CREATE UNLOGGED TABLE",
    }
}

/// <https://www.postgresql.org/docs/current/sql-droptable.html>
pub(crate) fn drop(table: &Address, is_foreign: bool) -> Statement {
    let words = if is_foreign {
        "DROP FOREIGN TABLE"
    } else {
        "DROP TABLE"
    };
    Statement::catalog(Sql::new(words).path(table)).locking(table, LockMode::AccessExclusive)
}

/// Tells the wrapper of a foreign table's server something else.
/// <https://www.postgresql.org/docs/current/sql-alterforeigntable.html> (OPTIONS)
pub(crate) fn set_options(table: &Address, from: &Options, to: &Options) -> Statement {
    let subcommand = super::definition::options(Sql::empty(), Some(from), Some(to));
    Statement::alter_table(table, Form::Subcommand, subcommand)
}

/// <https://www.postgresql.org/docs/current/sql-altertable.html> (RENAME)
pub(crate) fn rename(table: &Address, to: &Name) -> Statement {
    Statement::catalog(
        Sql::new("ALTER TABLE")
            .path(table)
            .push("RENAME TO")
            .name(to),
    )
    .locking(table, LockMode::AccessExclusive)
}

/// Moves the table's indexes, constraints and owned sequences along.
/// <https://www.postgresql.org/docs/current/sql-altertable.html> (SET SCHEMA)
pub(crate) fn set_schema(table: &Address, to: &Name) -> Statement {
    Statement::catalog(
        Sql::new("ALTER TABLE")
            .path(table)
            .push("SET SCHEMA")
            .name(to),
    )
    .locking(table, LockMode::AccessExclusive)
}

/// Copies the table under its lock. <https://www.postgresql.org/docs/current/sql-altertable.html> (SET LOGGED)
pub(crate) fn set_persistence(table: &Address, persistence: Persistence) -> Statement {
    let words = match persistence {
        Persistence::Permanent => "SET LOGGED",
        Persistence::Unlogged => "SET UNLOGGED",
    };
    Statement::alter_table(table, Form::Subcommand, Sql::new(words)).working(Work::TableRewrite)
}

/// Copies the table, not its indexes, under its lock; of a partitioned one it says where new partitions are.
/// <https://www.postgresql.org/docs/current/sql-altertable.html> (SET TABLESPACE)
pub(crate) fn set_tablespace(table: &Address, to: Option<&Name>, holds_rows: bool) -> Statement {
    let sql = Sql::new("SET TABLESPACE");
    let sql = match to {
        Some(name) => sql.name(name),
        None => sql.push("pg_default"),
    };
    copied(table, sql, holds_rows).placed(to)
}

/// Copies the table under its lock (PostgreSQL 15 and later); of a partitioned one it says how new partitions are kept (17 and later).
/// <https://www.postgresql.org/docs/current/sql-altertable.html> (SET ACCESS METHOD)
pub(crate) fn set_access_method(table: &Address, to: Option<&Name>, holds_rows: bool) -> Statement {
    let sql = Sql::new("SET ACCESS METHOD");
    let sql = match to {
        Some(name) => sql.name(name),
        None => sql.push("heap"),
    };
    copied(table, sql, holds_rows)
}

fn copied(table: &Address, subcommand: Sql, holds_rows: bool) -> Statement {
    let work = if holds_rows {
        Work::TableRewrite
    } else {
        Work::Catalog
    };
    let statement = Statement::alter_table(table, Form::Subcommand, subcommand).working(work);
    Statement {
        part: None,
        ..statement
    }
}

/// Returns the column's name, type, collation and generation expression.
pub(super) fn definition<T: Text>(column: &Address, own: &Column<T>) -> Sql {
    let mut sql = Sql::empty().name(column.name()).verbatim(&own.type_name);
    if let Some(collation) = &own.collation {
        sql = sql.push("COLLATE").names_dotted(collation);
    }
    if let Some(generated) = &own.generated {
        sql = sql
            .push("GENERATED ALWAYS AS")
            .expression(generated)
            .push(if own.is_virtual { "VIRTUAL" } else { "STORED" });
    }
    sql
}

/// Instant, unless the values of a stored generated column are written into every row.
/// <https://www.postgresql.org/docs/current/sql-altertable.html> (ADD COLUMN)
pub(crate) fn add_column<T: Text>(column: &Address, own: &Column<T>) -> Statement {
    let definition = definition(column, own);
    let subcommand = Sql::new("ADD COLUMN").join(&definition);
    let work = if own.generated.is_some() && !own.is_virtual {
        Work::TableRewrite
    } else {
        Work::Catalog
    };
    let statement =
        Statement::alter_table(&column.table(), Form::AddColumn(definition), subcommand)
            .working(work);
    let statement = statement.under(&own.type_name);
    match &own.generated {
        Some(generated) => statement.under(generated),
        None => statement,
    }
}

/// Adds a column whose existing rows get a constant: catalog rows only, whatever the table's size.
/// <https://www.postgresql.org/docs/current/sql-altertable.html> (Notes: a non-volatile default)
pub(crate) fn add_column_with_default<T: Text>(
    column: &Address,
    own: &Column<T>,
    default: &T,
    not_null: Option<&NotNull>,
) -> Statement {
    let mut definition = definition(column, own).push("DEFAULT").expression(default);
    if let Some(not_null) = not_null {
        definition = definition.join(&not_null_part(column, not_null));
    }
    let subcommand = Sql::new("ADD COLUMN").join(&definition);
    Statement::alter_table(&column.table(), Form::AddColumn(definition), subcommand)
        .under(&own.type_name)
        .under(default)
}

/// <https://www.postgresql.org/docs/current/sql-altertable.html> (DROP COLUMN)
pub(crate) fn drop_column(column: &Address) -> Statement {
    let subcommand = Sql::new("DROP COLUMN").name(column.name());
    Statement::alter_table(&column.table(), Form::Subcommand, subcommand)
}

/// Keeps the values. <https://www.postgresql.org/docs/current/sql-altertable.html> (DROP EXPRESSION)
pub(crate) fn drop_expression(column: &Address) -> Statement {
    let subcommand = Sql::new("ALTER COLUMN")
        .name(column.name())
        .push("DROP EXPRESSION");
    Statement::alter_table(&column.table(), Form::Subcommand, subcommand)
}

/// <https://www.postgresql.org/docs/current/sql-altertable.html> (RENAME COLUMN)
pub(crate) fn rename_column(column: &Address, to: &Name) -> Statement {
    let table = column.table();
    let sql = Sql::new("ALTER TABLE")
        .path(&table)
        .push("RENAME COLUMN")
        .name(column.name())
        .push("TO")
        .name(to);
    Statement::catalog(sql).locking(&table, LockMode::AccessExclusive)
}

/// Declared as a table rewrite: whether this one is, scratch has tried.
/// <https://www.postgresql.org/docs/current/sql-altertable.html> (SET DATA TYPE)
pub(crate) fn alter_type<T: Text>(
    column: &Address,
    own: &Column<T>,
    using: Option<Sql>,
) -> Statement {
    let mut subcommand = Sql::new("ALTER COLUMN")
        .name(column.name())
        .push("TYPE")
        .verbatim(&own.type_name);
    if let Some(collation) = &own.collation {
        subcommand = subcommand.push("COLLATE").names_dotted(collation);
    }
    if let Some(using) = using {
        subcommand = subcommand.push("USING").join(&using);
    }
    Statement::alter_table(&column.table(), Form::Subcommand, subcommand)
        .working(Work::TableRewrite)
        .under(&own.type_name)
}

/// <https://www.postgresql.org/docs/current/sql-altertable.html> (SET DEFAULT)
pub(crate) fn set_default<T: Text>(column: &Address, value: &T) -> Statement {
    let part = Sql::new("DEFAULT").expression(value);
    let subcommand = Sql::new("ALTER COLUMN")
        .name(column.name())
        .push("SET")
        .join(&part);
    let form = Form::ColumnPart(column.name().clone(), part);
    Statement::alter_table(&column.table(), form, subcommand).under(value)
}

/// <https://www.postgresql.org/docs/current/sql-altertable.html> (DROP DEFAULT)
pub(crate) fn drop_default(column: &Address) -> Statement {
    let subcommand = Sql::new("ALTER COLUMN")
        .name(column.name())
        .push("DROP DEFAULT");
    Statement::alter_table(&column.table(), Form::Subcommand, subcommand)
}

/// Returns the name PostgreSQL 18 gives a NOT NULL by itself, where it needs no shortening.
fn default_not_null_name(column: &Address) -> Option<Name> {
    let name = [
        column.table().name().as_str(),
        column.name().as_str(),
        "not_null",
    ]
    .join("_");
    (name.len() <= MAX_NAME_BYTES).then(|| Name::new(name))
}

/// Returns the name where it has to be said: it is known and not the one the server would choose.
fn spoken_name<'a>(column: &Address, own: &'a NotNull) -> Option<&'a Name> {
    own.name
        .as_ref()
        .filter(|name| Some(*name) != default_not_null_name(column).as_ref())
}

/// Returns the part where it says more than NOT NULL.
pub(super) fn named_not_null_part(column: &Address, own: &NotNull) -> Option<Sql> {
    spoken_name(column, own).map(|_| not_null_part(column, own))
}

fn not_null_part(column: &Address, own: &NotNull) -> Sql {
    match spoken_name(column, own) {
        Some(name) => with_no_inherit(Sql::new("CONSTRAINT").name(name).push("NOT NULL"), own),
        None => with_no_inherit(Sql::new("NOT NULL"), own),
    }
}

fn with_no_inherit(sql: Sql, own: &NotNull) -> Sql {
    if own.no_inherit {
        sql.push("NO INHERIT")
    } else {
        sql
    }
}

/// Reads every row unless a valid check proves that none is NULL.
/// <https://www.postgresql.org/docs/current/sql-altertable.html> (SET NOT NULL)
pub(crate) fn set_not_null(column: &Address, own: &NotNull) -> Statement {
    let table = column.table();
    let part = not_null_part(column, own);
    match own.validity {
        Validity::NotValid | Validity::NotEnforced => {
            add_not_null_not_valid(column, &not_null_name(column, own), own.no_inherit)
        }
        Validity::Valid => {
            let subcommand = match spoken_name(column, own) {
                Some(name) => add_named(column, name, own.no_inherit),
                None if own.no_inherit => add_named(column, &not_null_name(column, own), true),
                None => Sql::new("ALTER COLUMN")
                    .name(column.name())
                    .push("SET NOT NULL"),
            };
            Statement::alter_table(
                &table,
                Form::ColumnPart(column.name().clone(), part),
                subcommand,
            )
            .working(Work::Scan)
        }
    }
}

/// Names it, whatever the server would call it by itself: another table may have that name by then.
pub(crate) fn set_named_not_null(column: &Address, own: &NotNull) -> Statement {
    let (Some(name), Validity::Valid) = (&own.name, own.validity) else {
        return set_not_null(column, own);
    };
    let part = with_no_inherit(Sql::new("CONSTRAINT").name(name).push("NOT NULL"), own);
    let subcommand = add_named(column, name, own.no_inherit);
    let form = Form::ColumnPart(column.name().clone(), part);
    Statement::alter_table(&column.table(), form, subcommand).working(Work::Scan)
}

pub(super) fn add_named(column: &Address, name: &Name, no_inherit: bool) -> Sql {
    let sql = Sql::new("ADD CONSTRAINT")
        .name(name)
        .push("NOT NULL")
        .name(column.name());
    if no_inherit {
        sql.push("NO INHERIT")
    } else {
        sql
    }
}

/// Names the NOT NULL of a column that a new table inherits, within its CREATE TABLE (18 and later).
/// <https://www.postgresql.org/docs/18/sql-createtable.html> (NOT NULL column_name)
pub(crate) fn not_null_of_inherited(column: &Address, name: &Name) -> Statement {
    let definition = Sql::new("CONSTRAINT")
        .name(name)
        .push("NOT NULL")
        .name(column.name());
    let subcommand = add_named(column, name, false);
    Statement::alter_table(&column.table(), Form::AddConstraint(definition), subcommand)
}

/// PostgreSQL 18 and later. <https://www.postgresql.org/docs/18/sql-altertable.html> (ADD table_constraint)
pub(crate) fn add_not_null_not_valid(column: &Address, name: &Name, no_inherit: bool) -> Statement {
    let subcommand = add_named(column, name, no_inherit).push("NOT VALID");
    Statement::alter_table(&column.table(), Form::Subcommand, subcommand)
}

/// Returns the name under which a NOT NULL is added in two moves on 18: its own, or the server's choice.
pub(crate) fn not_null_name(column: &Address, own: &NotNull) -> Name {
    own.name
        .clone()
        .or_else(|| default_not_null_name(column))
        .unwrap_or_else(|| constraint::proof_name(column))
}

/// <https://www.postgresql.org/docs/current/sql-altertable.html> (DROP NOT NULL)
pub(crate) fn drop_not_null(column: &Address) -> Statement {
    let subcommand = drop_not_null_part(column);
    Statement::alter_table(&column.table(), Form::Subcommand, subcommand)
}

pub(super) fn drop_not_null_part(column: &Address) -> Sql {
    Sql::new("ALTER COLUMN")
        .name(column.name())
        .push("DROP NOT NULL")
}
