//! CREATE TRIGGER and its changes.

use crate::model::{Address, Deferrable, Enabled, Event, Name, Text, Timing, Trigger};
use crate::sql::Sql;

use super::statement::{LockMode, Statement};

/// <https://www.postgresql.org/docs/current/sql-createtrigger.html>
pub(crate) fn create<T: Text>(address: &Address, own: &Trigger<T>) -> Statement {
    let table = address.table();
    let words = if own.constraint.is_some() {
        "CREATE CONSTRAINT TRIGGER"
    } else {
        "CREATE TRIGGER"
    };
    let mut sql = Sql::new(words).name(address.name()).push(match own.timing {
        Timing::Before => "BEFORE",
        Timing::After => "AFTER",
        Timing::InsteadOf => "INSTEAD OF",
    });
    for (at, event) in own.events.iter().enumerate() {
        if at > 0 {
            sql = sql.push("OR");
        }
        sql = sql.push(match event {
            Event::Insert => "INSERT",
            Event::Delete => "DELETE",
            Event::Update => "UPDATE",
            Event::Truncate => "TRUNCATE",
        });
        if *event == Event::Update && !own.update_of.is_empty() {
            let columns: Vec<Sql> = own
                .update_of
                .iter()
                .map(|column| Sql::empty().name(column))
                .collect();
            sql = sql.push("OF").separated(&columns, ", ");
        }
    }
    sql = sql.push("ON").path(&table);
    if let Some(from) = &own.from {
        sql = sql.push("FROM").names_dotted(from);
    }
    match own.constraint {
        Some(Deferrable::Immediate) => sql = sql.push("DEFERRABLE"),
        Some(Deferrable::Deferred) => sql = sql.push("DEFERRABLE INITIALLY DEFERRED"),
        Some(Deferrable::No) | None => {}
    }
    if own.old_table.is_some() || own.new_table.is_some() {
        sql = sql.push("REFERENCING");
    }
    for (words, name) in [
        ("OLD TABLE AS", &own.old_table),
        ("NEW TABLE AS", &own.new_table),
    ] {
        if let Some(name) = name {
            sql = sql.push(words).name(name);
        }
    }
    sql = sql.push(if own.for_each_row {
        "FOR EACH ROW"
    } else {
        "FOR EACH STATEMENT"
    });
    if let Some(when) = &own.when {
        sql = sql.push("WHEN").expression(when);
    }
    let sql = sql.push("EXECUTE FUNCTION").verbatim(&own.execute);
    let statement = Statement::catalog(sql)
        .locking(&table, LockMode::ShareRowExclusive)
        .under(&own.execute);
    match &own.from {
        Some(from) => {
            let from = Address::new(crate::model::Kind::Table, from.iter().cloned());
            statement.locking(&from, LockMode::ShareRowExclusive)
        }
        None => statement,
    }
}

/// <https://www.postgresql.org/docs/current/sql-droptrigger.html>
pub(crate) fn drop(address: &Address) -> Statement {
    let table = address.table();
    Statement::catalog(
        Sql::new("DROP TRIGGER")
            .name(address.name())
            .push("ON")
            .path(&table),
    )
    .locking(&table, LockMode::AccessExclusive)
}

/// <https://www.postgresql.org/docs/current/sql-altertable.html> (ENABLE TRIGGER)
pub(crate) fn set_enabled(address: &Address, enabled: Enabled) -> Statement {
    let table = address.table();
    let words = match enabled {
        Enabled::Origin => "ENABLE TRIGGER",
        Enabled::Always => "ENABLE ALWAYS TRIGGER",
        Enabled::Replica => "ENABLE REPLICA TRIGGER",
        Enabled::Disabled => "DISABLE TRIGGER",
    };
    let sql = Sql::new("ALTER TABLE")
        .path(&table)
        .push(words)
        .name(address.name());
    Statement::catalog(sql).locking(&table, LockMode::ShareRowExclusive)
}

/// <https://www.postgresql.org/docs/current/sql-altertrigger.html>
pub(crate) fn rename(address: &Address, to: &Name) -> Statement {
    let table = address.table();
    let sql = Sql::new("ALTER TRIGGER")
        .name(address.name())
        .push("ON")
        .path(&table);
    Statement::catalog(sql.push("RENAME TO").name(to)).locking(&table, LockMode::AccessExclusive)
}
