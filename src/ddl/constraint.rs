//! Constraints of ALTER TABLE.

use crate::model::{
    Action, Address, Check, Deferrable, Exclusion, ForeignKey, Hash, Match, Name, PrimaryKey,
    TEMPORARY_PREFIX, Text, Unique, Validity,
};
use crate::sql::Sql;

use super::index;
use super::statement::{Form, LockMode, Statement, Work};

/// Builds its index under the lock. <https://www.postgresql.org/docs/current/sql-altertable.html> (ADD PRIMARY KEY)
pub(crate) fn add_primary_key(address: &Address, own: &PrimaryKey) -> Statement {
    let definition = primary_key(own);
    let subcommand = Sql::new("ADD").join(&definition);
    Statement::alter_table(
        &address.table(),
        Form::AddKey(definition, own.columns.clone()),
        subcommand,
    )
    .working(Work::IndexBuild)
}

fn primary_key(own: &PrimaryKey) -> Sql {
    let mut definition = named(own.name.as_ref())
        .push("PRIMARY KEY")
        .join(&key_list(&own.columns, own.without_overlaps));
    if !own.include.is_empty() {
        definition = definition.push("INCLUDE").name_list(&own.include);
    }
    deferrable(definition, own.deferrable)
}

/// Declares it for a partitioned table alone: it holds in none of the partitions yet.
/// <https://www.postgresql.org/docs/current/ddl-partitioning.html> (section 5.12.2.2)
pub(crate) fn declare_primary_key(address: &Address, own: &PrimaryKey) -> Statement {
    declare(address, primary_key(own))
}

/// Declares it for a partitioned table alone: it holds in none of the partitions yet.
/// <https://www.postgresql.org/docs/current/ddl-partitioning.html> (section 5.12.2.2)
pub(crate) fn declare_unique(address: &Address, own: &Unique) -> Statement {
    declare(address, unique(address, own))
}

fn declare(address: &Address, definition: Sql) -> Statement {
    let table = address.table();
    let sql = Sql::new("ALTER TABLE ONLY").path(&table).push("ADD");
    Statement::catalog(sql.join(&definition))
        .locking(&table, LockMode::AccessExclusive)
        .sparing_partitions()
}

/// Takes over a unique index, which is renamed to the constraint; no scan where the columns are NOT NULL.
/// <https://www.postgresql.org/docs/current/sql-altertable.html> (ADD table_constraint_using_index)
pub(crate) fn add_primary_key_using(
    address: &Address,
    own: &PrimaryKey,
    index: &Name,
) -> Statement {
    let subcommand = Sql::new("ADD")
        .join(&named(own.name.as_ref()))
        .push("PRIMARY KEY USING INDEX")
        .name(index);
    let subcommand = deferrable(subcommand, own.deferrable);
    Statement::alter_table(&address.table(), Form::Subcommand, subcommand)
}

/// Lists the columns of a key, the last one as a range where the key is temporal.
fn key_list(columns: &[Name], without_overlaps: bool) -> Sql {
    match columns.split_last() {
        Some((range, rest)) if without_overlaps => {
            let last = Sql::empty().name(range).push("WITHOUT OVERLAPS");
            marked(rest, last)
        }
        _ => Sql::empty().name_list(columns),
    }
}

/// Lists the columns of a foreign key, the last one as a range where the key is temporal.
fn period_list(columns: &[Name], period: bool) -> Sql {
    match columns.split_last() {
        Some((range, rest)) if period => marked(rest, Sql::new("PERIOD").name(range)),
        _ => Sql::empty().name_list(columns),
    }
}

fn marked(rest: &[Name], last: Sql) -> Sql {
    let mut parts: Vec<Sql> = rest.iter().map(|own| Sql::empty().name(own)).collect();
    parts.push(last);
    Sql::new("(").separated(&parts, ", ").glue(")")
}

fn named(name: Option<&Name>) -> Sql {
    match name {
        Some(name) => Sql::new("CONSTRAINT").name(name),
        None => Sql::empty(),
    }
}

fn deferrable(sql: Sql, deferrable: Deferrable) -> Sql {
    match deferrable {
        Deferrable::No => sql,
        Deferrable::Immediate => sql.push("DEFERRABLE"),
        Deferrable::Deferred => sql.push("DEFERRABLE INITIALLY DEFERRED"),
    }
}

/// Builds its index under the lock. <https://www.postgresql.org/docs/current/sql-altertable.html> (ADD UNIQUE)
pub(crate) fn add_unique(address: &Address, own: &Unique) -> Statement {
    let definition = unique(address, own);
    let subcommand = Sql::new("ADD").join(&definition);
    Statement::alter_table(
        &address.table(),
        Form::AddKey(definition, own.columns.clone()),
        subcommand,
    )
    .working(Work::IndexBuild)
}

fn unique(address: &Address, own: &Unique) -> Sql {
    let mut definition = named(Some(address.name())).push("UNIQUE");
    if own.nulls_not_distinct {
        definition = definition.push("NULLS NOT DISTINCT");
    }
    definition = definition.join(&key_list(&own.columns, own.without_overlaps));
    if !own.include.is_empty() {
        definition = definition.push("INCLUDE").name_list(&own.include);
    }
    deferrable(definition, own.deferrable)
}

/// Takes over a unique index. <https://www.postgresql.org/docs/current/sql-altertable.html>
/// (ADD table_constraint_using_index)
pub(crate) fn add_unique_using(address: &Address, own: &Unique, index: &Name) -> Statement {
    let subcommand = Sql::new("ADD")
        .join(&named(Some(address.name())))
        .push("UNIQUE USING INDEX")
        .name(index);
    let subcommand = deferrable(subcommand, own.deferrable);
    Statement::alter_table(&address.table(), Form::Subcommand, subcommand)
}

/// Builds its index under the lock; there is no other way. <https://www.postgresql.org/docs/current/sql-createtable.html>
/// (EXCLUDE)
pub(crate) fn add_exclusion<T: Text>(address: &Address, own: &Exclusion<T>) -> Statement {
    let elements = own.elements.iter().zip(&own.operators);
    let elements: Vec<Sql> = elements
        .map(|(element, operator)| {
            let element = Sql::empty().verbatim(element);
            element.push("WITH").verbatim(operator)
        })
        .collect();
    let mut definition = named(Some(address.name()))
        .push("EXCLUDE USING")
        .name(&own.method)
        .push("(")
        .glue("")
        .separated(&elements, ", ")
        .glue(")");
    if !own.include.is_empty() {
        definition = definition.push("INCLUDE").name_list(&own.include);
    }
    if !own.parameters.is_empty() {
        definition = definition.join(&index::parameters(&own.parameters));
    }
    if let Some(tablespace) = &own.tablespace {
        definition = definition.push("USING INDEX TABLESPACE").name(tablespace);
    }
    if let Some(predicate) = &own.predicate {
        definition = definition
            .push("WHERE (")
            .glue("")
            .verbatim(predicate)
            .glue(")");
    }
    let definition = deferrable(definition, own.deferrable);
    let subcommand = Sql::new("ADD").join(&definition);
    let table = address.table();
    let mut statement = Statement::alter_table(&table, Form::AddConstraint(definition), subcommand)
        .working(Work::IndexBuild)
        .placed(own.tablespace.as_ref());
    for text in own
        .elements
        .iter()
        .chain(&own.operators)
        .chain(&own.predicate)
    {
        statement = statement.under(text);
    }
    statement
}

/// Reads every row of the referencing table unless NOT VALID; writers of both tables wait.
/// <https://www.postgresql.org/docs/current/sql-altertable.html> (ADD FOREIGN KEY)
pub(crate) fn add_foreign_key(address: &Address, own: &ForeignKey) -> Statement {
    let mut sql = Sql::new("ADD")
        .join(&named(Some(address.name())))
        .push("FOREIGN KEY")
        .join(&period_list(&own.columns, own.period))
        .push("REFERENCES")
        .names_dotted(&own.references);
    if !own.referenced_columns.is_empty() {
        sql = sql.join(&period_list(&own.referenced_columns, own.period));
    }
    if own.matching == Match::Full {
        sql = sql.push("MATCH FULL");
    }
    sql = action(sql, "ON UPDATE", own.on_update);
    sql = action(sql, "ON DELETE", own.on_delete);
    if !own.set_columns.is_empty() {
        sql = sql.name_list(&own.set_columns);
    }
    sql = deferrable(sql, own.deferrable);
    sql = match own.validity {
        Validity::Valid => sql,
        Validity::NotValid => sql.push("NOT VALID"),
        Validity::NotEnforced => sql.push("NOT ENFORCED"),
    };
    let table = address.table();
    let work = match own.validity {
        Validity::Valid => Work::Scan,
        Validity::NotValid | Validity::NotEnforced => Work::Catalog,
    };
    let sql = Sql::new("ALTER TABLE").path(&table).join(&sql);
    Statement::catalog(sql)
        .locking(&table, LockMode::ShareRowExclusive)
        .locking(&own.referenced_table(), LockMode::ShareRowExclusive)
        .working(work)
}

fn action(sql: Sql, words: &'static str, action: Action) -> Sql {
    match action {
        Action::NoAction => sql,
        Action::Restrict => sql.push(words).push("RESTRICT"),
        Action::Cascade => sql.push(words).push("CASCADE"),
        Action::SetNull => sql.push(words).push("SET NULL"),
        Action::SetDefault => sql.push(words).push("SET DEFAULT"),
    }
}

/// Blocks readers of both tables for a moment. <https://www.postgresql.org/docs/current/sql-altertable.html>
/// (DROP CONSTRAINT)
pub(crate) fn drop_foreign_key(address: &Address, own: &ForeignKey) -> Statement {
    drop(&address.table(), address.name())
        .locking(&own.referenced_table(), LockMode::AccessExclusive)
}

/// Reads every row of the referencing table beside readers and writers.
/// <https://www.postgresql.org/docs/current/sql-altertable.html> (VALIDATE CONSTRAINT)
pub(crate) fn validate_foreign_key(address: &Address, own: &ForeignKey) -> Statement {
    validate(&address.table(), address.name()).locking(&own.referenced_table(), LockMode::RowShare)
}

/// <https://www.postgresql.org/docs/current/sql-altertable.html> (ALTER CONSTRAINT)
pub(crate) fn set_deferrable(address: &Address, own: &ForeignKey) -> Statement {
    let sql = Sql::new("ALTER TABLE")
        .path(&address.table())
        .push("ALTER CONSTRAINT")
        .name(address.name())
        .push(match own.deferrable {
            Deferrable::No => "NOT DEFERRABLE",
            Deferrable::Immediate => "DEFERRABLE INITIALLY IMMEDIATE",
            Deferrable::Deferred => "DEFERRABLE INITIALLY DEFERRED",
        });
    blocking_both(sql, address, own)
}

/// PostgreSQL 18 and later. <https://www.postgresql.org/docs/18/sql-altertable.html> (ALTER CONSTRAINT)
pub(crate) fn set_not_enforced(address: &Address, own: &ForeignKey) -> Statement {
    let sql = Sql::new("ALTER TABLE")
        .path(&address.table())
        .push("ALTER CONSTRAINT")
        .name(address.name())
        .push("NOT ENFORCED");
    blocking_both(sql, address, own)
}

fn blocking_both(sql: Sql, address: &Address, own: &ForeignKey) -> Statement {
    Statement::catalog(sql)
        .locking(&address.table(), LockMode::AccessExclusive)
        .locking(&own.referenced_table(), LockMode::AccessExclusive)
}

/// What children do not have yet, they are read for. PostgreSQL 18 and later.
/// <https://www.postgresql.org/docs/18/sql-altertable.html> (ALTER CONSTRAINT)
pub(crate) fn set_inherit(table: &Address, name: &Name, no_inherit: bool) -> Statement {
    let subcommand = Sql::new("ALTER CONSTRAINT").name(name);
    let subcommand = if no_inherit {
        subcommand.push("NO INHERIT")
    } else {
        subcommand.push("INHERIT")
    };
    let statement = Statement::alter_table(table, Form::Subcommand, subcommand);
    if no_inherit {
        statement
    } else {
        statement.working(Work::Scan)
    }
}

/// <https://www.postgresql.org/docs/current/sql-altertable.html> (RENAME CONSTRAINT)
pub(crate) fn rename(table: &Address, from: &Name, to: &Name) -> Statement {
    let sql = Sql::new("ALTER TABLE")
        .path(table)
        .push("RENAME CONSTRAINT")
        .name(from);
    Statement::catalog(sql.push("TO").name(to)).locking(table, LockMode::AccessExclusive)
}

/// Reads every row unless NOT VALID. <https://www.postgresql.org/docs/current/sql-altertable.html> (ADD table_constraint)
pub(crate) fn add_check<T: Text>(address: &Address, own: &Check<T>) -> Statement {
    let definition = Sql::new("CONSTRAINT")
        .name(address.name())
        .push("CHECK")
        .expression(&own.expression);
    let definition = if own.no_inherit {
        definition.push("NO INHERIT")
    } else {
        definition
    };
    let table = address.table();
    let statement = match own.validity {
        Validity::Valid => {
            let subcommand = Sql::new("ADD").join(&definition);
            Statement::alter_table(&table, Form::AddConstraint(definition), subcommand)
                .working(Work::Scan)
        }
        Validity::NotEnforced => {
            let definition = definition.push("NOT ENFORCED");
            let subcommand = Sql::new("ADD").join(&definition);
            Statement::alter_table(&table, Form::AddConstraint(definition), subcommand)
        }
        // CREATE TABLE would drop the words NOT VALID: what is new has no rows to check.
        Validity::NotValid => {
            let subcommand = Sql::new("ADD").join(&definition).push("NOT VALID");
            Statement::alter_table(&table, Form::Subcommand, subcommand)
        }
    };
    statement.under(&own.expression)
}

/// Reads every row beside readers and writers.
/// <https://www.postgresql.org/docs/current/sql-altertable.html> (VALIDATE CONSTRAINT)
pub(crate) fn validate(table: &Address, name: &Name) -> Statement {
    let subcommand = Sql::new("VALIDATE CONSTRAINT").name(name);
    let sql = Sql::new("ALTER TABLE").path(table).join(&subcommand);
    Statement::catalog(sql)
        .locking(table, LockMode::ShareUpdateExclusive)
        .working(Work::Scan)
}

/// <https://www.postgresql.org/docs/current/sql-altertable.html> (DROP CONSTRAINT)
pub(crate) fn drop(table: &Address, name: &Name) -> Statement {
    let subcommand = Sql::new("DROP CONSTRAINT").name(name);
    Statement::alter_table(table, Form::Subcommand, subcommand)
}

/// The name of the check that proves a column free of NULLs for the moment.
pub(crate) fn proof_name(column: &Address) -> Name {
    let hash = Hash::of(column);
    Name::fitted(
        &[TEMPORARY_PREFIX, hash.short(8), "_"].concat(),
        column.name().as_str(),
    )
}

/// `CHECK (column IS NOT NULL OR from IS NULL) NOT VALID`: what one column holds was taken over by another one.
/// <https://www.postgresql.org/docs/current/sql-altertable.html> (ADD table_constraint)
pub(crate) fn add_same_not_valid(column: &Address, from: &Name, of_rows: bool) -> Statement {
    let subcommand = Sql::new("ADD CONSTRAINT")
        .name(&proof_name(column))
        .push("CHECK (")
        .name(column.name())
        .is_not_null(of_rows)
        .push("OR")
        .name(from)
        .is_null(of_rows)
        .glue(") NOT VALID");
    Statement::alter_table(&column.table(), Form::Subcommand, subcommand)
}

/// `CHECK (column IS NOT NULL) NOT VALID`: accepted as proof by SET NOT NULL once validated. Of a column of rows, what
/// is said is [`Sql::is_not_null`].
/// <https://www.postgresql.org/docs/current/sql-altertable.html> (SET NOT NULL)
pub(crate) fn add_proof_not_valid(column: &Address, of_rows: bool) -> Statement {
    let subcommand = Sql::new("ADD CONSTRAINT")
        .name(&proof_name(column))
        .push("CHECK (")
        .name(column.name())
        .is_not_null(of_rows)
        .glue(") NOT VALID");
    Statement::alter_table(&column.table(), Form::Subcommand, subcommand)
}
