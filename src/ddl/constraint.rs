//! Constraints of ALTER TABLE.

use crate::model::{
    Address, Check, Deferrable, Hash, Name, PrimaryKey, TEMPORARY_PREFIX, Text, Validity,
};
use crate::sql::Sql;

use super::statement::{Form, LockMode, Statement, Work};

/// Builds its index under the lock. <https://www.postgresql.org/docs/current/sql-altertable.html> (ADD PRIMARY KEY)
pub(crate) fn add_primary_key(address: &Address, own: &PrimaryKey) -> Statement {
    let mut definition = named(own.name.as_ref())
        .push("PRIMARY KEY")
        .name_list(&own.columns);
    if !own.include.is_empty() {
        definition = definition.push("INCLUDE").name_list(&own.include);
    }
    let definition = deferrable(definition, own.deferrable);
    let subcommand = Sql::new("ADD").join(&definition);
    Statement::alter_table(
        &address.table(),
        Form::AddConstraint(definition),
        subcommand,
    )
    .working(Work::IndexBuild)
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

/// `CHECK (column IS NOT NULL) NOT VALID`: accepted as proof by SET NOT NULL once validated.
/// <https://www.postgresql.org/docs/current/sql-altertable.html> (SET NOT NULL)
pub(crate) fn add_proof_not_valid(column: &Address) -> Statement {
    let subcommand = Sql::new("ADD CONSTRAINT")
        .name(&proof_name(column))
        .push("CHECK (")
        .name(column.name())
        .push("IS NOT NULL) NOT VALID");
    Statement::alter_table(&column.table(), Form::Subcommand, subcommand)
}
