//! The trigger of ours that keeps one column in step with another of the same row, of another type: while a column becomes one of
//! another type, and afterwards for the way back.
//! <https://www.postgresql.org/docs/current/plpgsql-trigger.html>

use crate::model::{Address, Conversion, Name, Text, Turned, Written};
use crate::sql::Sql;

use super::statement::{LockMode, Statement};

/// Returns the expression for a value that is turned; `said` makes one of what a person said.
pub(crate) fn turned(
    own: &Turned,
    value: Sql,
    type_name: &impl Text,
    said: impl FnOnce(&Written) -> Sql,
) -> Sql {
    match (&own.said, own.conversion) {
        (Some(own), _) => said(own),
        (None, Conversion::Cast) => value.glue("::").glued_text(type_name),
        (None, Conversion::ThroughText) => value.glue("::text::").glued_text(type_name),
        // What is assigned is converted as an UPDATE converts it.
        (None, Conversion::Assignment | Conversion::None) => value,
    }
}

/// Makes function and trigger, both of this name; `again` says that they may be there already. Whatever the conversion says of a
/// value, the statement of a client goes on: what does not fit is NULL. What has not changed is not converted again: the way back
/// finds the value that was there before. `is_enum` says that the type is an enumerated one. Each statement comes with what it is for.
pub(crate) fn create<T: Text>(
    from: &Address,
    to: &Address,
    type_name: &T,
    is_enum: bool,
    turned: &Turned,
    name: &Name,
    again: bool,
) -> Vec<(Statement, &'static str)> {
    let table = from.table();
    let value = Sql::new("NEW.").glued_name(from.name());
    let value = if is_enum && turned.said.is_none() {
        // A text that is assigned becomes a label, whatever schema the type has moved to since.
        value.glue("::text")
    } else {
        self::turned(turned, value, type_name, |said| {
            Sql::new("(SELECT")
                .expression(said)
                .push("FROM (SELECT NEW.*) AS")
                .name(table.name())
                .glue(")")
        })
    };
    let column = |row: &'static str, column: &Address| Sql::new(row).glued_name(column.name());
    let unchanged = Sql::empty()
        .join(&column("NEW.", from))
        .glue("::text IS NOT DISTINCT FROM")
        .join(&column("OLD.", from))
        .glue("::text AND")
        .join(&column("NEW.", to))
        .push("IS NOT NULL");
    let body = Sql::new(
        "#variable_conflict use_column\nBEGIN\n  BEGIN\n    IF TG_OP = 'UPDATE' THEN\n      IF",
    )
    .join(&unchanged)
    .push("THEN\n        RETURN NEW;\n      END IF;\n    END IF;\n   ")
    .join(&column("NEW.", to))
    .push(":=")
    .join(&value)
    .glue(";\n  EXCEPTION WHEN OTHERS THEN\n   ")
    .join(&column("NEW.", to))
    .push(":= NULL;\n  END;\n  RETURN NEW;\nEND");
    let function = [table.schema_name().clone(), name.clone()];
    let path = turned.said.as_ref().map_or(&[][..], Text::lookup);
    let make = Sql::new(if again {
        "CREATE OR REPLACE FUNCTION"
    } else {
        "CREATE FUNCTION"
    });
    let make = make
        .names_dotted(&function)
        // Who writes may lack what the conversion needs: a value would be NULL for that.
        .push("() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path =")
        .name_sequence(path)
        // Whoever writes, a value is turned as it is turned here.
        .push("SET TimeZone = 'UTC' SET DateStyle = 'ISO, MDY' SET IntervalStyle = 'postgres' SET extra_float_digits = 1 SET lc_monetary = 'C' AS")
        .dollar_quoted(body.as_str());
    let close = Sql::new("REVOKE ALL ON FUNCTION")
        .names_dotted(&function)
        .push("() FROM PUBLIC");
    let give_way = Sql::new("DROP TRIGGER IF EXISTS")
        .name(name)
        .push("ON")
        .path(&table);
    let trigger = Sql::new("CREATE TRIGGER")
        .name(name)
        .push("BEFORE INSERT OR UPDATE ON")
        .path(&table)
        .push("FOR EACH ROW EXECUTE FUNCTION")
        .names_dotted(&function)
        .push("()");
    // What a subscription writes is kept in step as well.
    let always = Sql::new("ENABLE ALWAYS TRIGGER").name(name);
    let always = Sql::new("ALTER TABLE").path(&table).join(&always);
    let on_table = |sql: Sql, mode| Statement::catalog(sql).locking(&table, mode);
    let make = (
        Statement::catalog(make),
        "converts a value; one that does not fit is NULL, and no error for who writes it",
    );
    let give_way = again.then(|| {
        let own = on_table(give_way, LockMode::AccessExclusive);
        (own, "makes room for one that is sure to do that")
    });
    let trigger = (
        on_table(trigger, LockMode::ShareRowExclusive),
        "keeps the two in step, whoever writes",
    );
    let always = (
        on_table(always, LockMode::ShareRowExclusive),
        "subscriptions too",
    );
    let close = (Statement::catalog(close), "for this trigger alone");
    let all = [make, close].into_iter().chain(give_way);
    all.chain([trigger, always]).collect()
}

/// Drops trigger and function, where they are there; the function lies where the table was when it was made.
pub(crate) fn drop(table: &Address, name: &Name, schema: &Name) -> Vec<Statement> {
    let trigger = Sql::new("DROP TRIGGER IF EXISTS")
        .name(name)
        .push("ON")
        .path(table);
    let function = [schema.clone(), name.clone()];
    let function = Sql::new("DROP FUNCTION IF EXISTS")
        .names_dotted(&function)
        .push("()");
    vec![
        Statement::catalog(trigger).locking(table, LockMode::AccessExclusive),
        Statement::catalog(function),
    ]
}
