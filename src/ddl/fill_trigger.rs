//! The trigger of ours that fills a column of rows which clients write while existing ones are backfilled.
//! <https://www.postgresql.org/docs/current/sql-createtrigger.html>

use crate::model::{Address, Hash, Name, TEMPORARY_PREFIX, Written};
use crate::sql::Sql;

use super::statement::{LockMode, Statement};

fn name(column: &Address) -> Name {
    let hash = Hash::of(column);
    Name::fitted(
        &[TEMPORARY_PREFIX, hash.short(8), "_fill_"].concat(),
        column.name().as_str(),
    )
}

/// Returns the function's path: it lives beside the table, whose writers need no privilege on it.
fn function(column: &Address) -> [Name; 2] {
    [column.schema_name().clone(), name(column)]
}

/// Makes the function, and the trigger on the table and on others that inherit from it: those have no triggers of it. The
/// expression sees the new row under the table's own name.
pub(crate) fn create(
    column: &Address,
    fill: &Written,
    others: &[Address],
    of_rows: bool,
) -> Vec<Statement> {
    let table = column.table();
    // A column may be named as one of the variables that every trigger function has.
    let body = Sql::new("#variable_conflict use_column\nBEGIN IF NEW.")
        .glue("")
        .glued_name(column.name())
        .is_null(of_rows)
        .push("THEN SELECT")
        .expression(fill)
        .push("INTO NEW.")
        .glued_name(column.name())
        .push("FROM (SELECT NEW.*) AS")
        .name(table.name())
        .push("; END IF; RETURN NEW; END");
    let create = Sql::new("CREATE FUNCTION")
        .names_dotted(&function(column))
        .push("() RETURNS trigger LANGUAGE plpgsql SET search_path =")
        .name_sequence(fill.search_path())
        .push("AS")
        .literal(body.as_str());
    let trigger = |table: &Address| {
        let trigger = Sql::new("CREATE TRIGGER")
            .name(&name(column))
            .push("BEFORE INSERT OR UPDATE ON")
            .path(table)
            .push("FOR EACH ROW EXECUTE FUNCTION")
            .names_dotted(&function(column))
            .push("()");
        Statement::catalog(trigger).locking(table, LockMode::ShareRowExclusive)
    };
    let triggers = [&table].into_iter().chain(others).map(trigger);
    let function = Statement::catalog(create);
    [function].into_iter().chain(triggers).collect()
}

/// Drops the triggers and their function.
pub(crate) fn drop(column: &Address, others: &[Address]) -> Vec<Statement> {
    drop_named(&column.table(), others, &name(column))
}

/// Drops triggers of ours by the name they share with their function, which lies beside the first table.
pub(crate) fn drop_named(table: &Address, others: &[Address], name: &Name) -> Vec<Statement> {
    let trigger = |table: &Address| {
        let trigger = Sql::new("DROP TRIGGER").name(name).push("ON").path(table);
        Statement::catalog(trigger).locking(table, LockMode::AccessExclusive)
    };
    let function = [table.schema_name().clone(), name.clone()];
    let function = Sql::new("DROP FUNCTION").names_dotted(&function).push("()");
    let triggers = [table].into_iter().chain(others).map(trigger);
    triggers.chain([Statement::catalog(function)]).collect()
}
