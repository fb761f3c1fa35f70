//! Partitioned tables and their partitions; tables that inherit from others.

use std::collections::BTreeMap;

use crate::model::{Address, Bound, Check, Kind, Name, NotNull, Partition, Table, Text, Validity};
use crate::sql::Sql;

use super::constraint;
use super::statement::{Form, LockMode, Statement, Work};

/// Appends which rows a partition holds.
fn bound<T: Text>(sql: Sql, own: &Bound<T>) -> Sql {
    match own {
        Bound::Default => sql.push("DEFAULT"),
        Bound::Values(values) => sql.push("FOR VALUES").verbatim(values),
    }
}

/// Appends which tables a table inherits from, how the rows of a partitioned one are spread, how and where they are kept, and where
/// those of a foreign one are.
pub(super) fn with_strategy<T: Text>(sql: Sql, own: &Table<T>) -> Sql {
    let parents: Vec<Sql> = own
        .inherits_from()
        .map(|own| Sql::empty().path(&own))
        .collect();
    let sql = if parents.is_empty() {
        sql
    } else {
        let sql = sql.push("INHERITS (").glue("");
        sql.separated(&parents, ", ").glue(")")
    };
    let sql = match &own.partition_by {
        Some(key) => sql.push("PARTITION BY").verbatim(key),
        None => sql,
    };
    let sql = match &own.access_method {
        Some(method) => sql.push("USING").name(method),
        None => sql,
    };
    let sql = match &own.tablespace {
        Some(tablespace) => sql.push("TABLESPACE").name(tablespace),
        None => sql,
    };
    match &own.foreign {
        Some(foreign) => {
            let sql = sql.push("SERVER").name(&foreign.server);
            super::definition::options(sql, None, Some(&foreign.options))
        }
        None => sql,
    }
}

pub(super) fn under_its_texts<T: Text>(statement: Statement, own: &Table<T>) -> Statement {
    let statement = statement.placed(own.tablespace.as_ref());
    let texts = own.partition_by.iter();
    let of = own.partition_of.as_ref().map(|own| &own.bound);
    let values = of.and_then(|own| match own {
        Bound::Default => None,
        Bound::Values(values) => Some(values),
    });
    texts
        .chain(values)
        .fold(statement, |statement, text| statement.under(text))
}

/// Makes a partition with all that its table hands down. Readers and writers of the whole table wait, and the rows that no
/// other partition holds are read.
/// <https://www.postgresql.org/docs/current/sql-createtable.html> (PARTITION OF)
pub(super) fn create<T: Text>(
    table: &Address,
    own: &Table<T>,
    of: &Partition<T>,
    words: &'static str,
) -> Statement {
    let parent = of.parent_address();
    let sql = Sql::new(words)
        .path(table)
        .push("PARTITION OF")
        .path(&parent);
    let sql = with_strategy(bound(sql, &of.bound), own);
    let statement = Statement::catalog(sql).locking(&parent, LockMode::AccessExclusive);
    under_its_texts(statement, own)
}

/// Makes a table with the columns, defaults and checks of the partitioned one, to be attached to it: nobody waits for that.
/// What else is handed down comes when it is attached.
/// <https://www.postgresql.org/docs/current/sql-createtable.html> (LIKE)
pub(crate) fn create_like<T: Text>(
    table: &Address,
    own: &Table<T>,
    of: &Partition<T>,
) -> Statement {
    let parent = of.parent_address();
    let sql = Sql::new(super::table::words(own.persistence))
        .path(table)
        .push("(LIKE")
        .path(&parent)
        .push("INCLUDING ALL EXCLUDING INDEXES EXCLUDING IDENTITY EXCLUDING STATISTICS EXCLUDING COMMENTS)");
    under_its_texts(Statement::catalog(with_strategy(sql, own)), own)
}

/// Gives the NOT NULLs of a table without rows their names, whatever they are called before; none where there are no names.
/// <https://www.postgresql.org/docs/18/sql-altertable.html> (ADD table_constraint)
pub(crate) fn call_not_nulls(table: &Address, all: &BTreeMap<Name, NotNull>) -> Option<Statement> {
    let named = all
        .iter()
        .filter_map(|(column, own)| Some((column, own, own.name.as_ref()?)));
    let parts = named.flat_map(|(column, own, name)| {
        let column = table.part(Kind::Column, column);
        let add = super::table::add_named(&column, name, false);
        let add = match own.validity {
            Validity::Valid => add,
            Validity::NotValid | Validity::NotEnforced => add.push("NOT VALID"),
        };
        [super::table::drop_not_null_part(&column), add]
    });
    let parts: Vec<Sql> = parts.collect();
    let sql = Sql::new("ALTER TABLE").path(table);
    let statement = Statement::catalog(sql.separated(&parts, ", "));
    (!parts.is_empty()).then(|| statement.locking(table, LockMode::AccessExclusive))
}

/// Reads the rows of the table that becomes a partition, unless a valid check proves that they fit.
/// <https://www.postgresql.org/docs/current/sql-altertable.html> (ATTACH PARTITION)
pub(crate) fn attach<T: Text>(table: &Address, of: &Partition<T>) -> Statement {
    let parent = of.parent_address();
    let sql = Sql::new("ALTER TABLE")
        .path(&parent)
        .push("ATTACH PARTITION")
        .path(table);
    let statement = Statement::catalog(bound(sql, &of.bound))
        .locking(&parent, LockMode::ShareUpdateExclusive)
        .locking(table, LockMode::AccessExclusive)
        .sparing_partitions();
    match &of.bound {
        Bound::Default => statement,
        Bound::Values(values) => statement.under(values),
    }
    .working(Work::Scan)
}

/// Catalog rows only, while readers and writers of the whole table wait for a moment.
/// <https://www.postgresql.org/docs/current/sql-altertable.html> (DETACH PARTITION)
pub(crate) fn detach(table: &Address, parent: &Address) -> Statement {
    let sql = Sql::new("ALTER TABLE")
        .path(parent)
        .push("DETACH PARTITION")
        .path(table);
    Statement::catalog(sql)
        .locking(parent, LockMode::AccessExclusive)
        .locking(table, LockMode::AccessExclusive)
        .sparing_partitions()
}

/// Lets go of it while readers and writers of the whole table go on: it waits for those who have read the table, and holds
/// nothing meanwhile. Not beside a default partition.
/// <https://www.postgresql.org/docs/current/sql-altertable.html> (DETACH PARTITION)
pub(crate) fn detach_concurrently(table: &Address, parent: &Address) -> Statement {
    let plain = detach(table, parent);
    Statement {
        sql: plain.sql.clone().push("CONCURRENTLY"),
        ..plain
    }
    .locking(parent, LockMode::ShareUpdateExclusive)
    .alone()
}

/// Goes on with what [`detach_concurrently`] began, in a transaction with what follows.
/// <https://www.postgresql.org/docs/current/sql-altertable.html> (DETACH PARTITION)
pub(crate) fn finalize_detach(table: &Address, parent: &Address) -> Statement {
    let plain = detach(table, parent);
    Statement {
        sql: plain.sql.clone().push("FINALIZE"),
        ..plain
    }
    .locking(parent, LockMode::ShareUpdateExclusive)
}

/// Drops the check by which the server remembers the former bound of a partition, under a name that it chooses: the one that
/// nobody has declared.
pub(crate) fn drop_former_bound<'a>(
    table: &Address,
    declared: impl IntoIterator<Item = &'a Name>,
) -> Statement {
    let declared: Vec<Sql> = declared
        .into_iter()
        .map(|own| Sql::empty().literal(own.as_str()))
        .collect();
    let drop = Sql::new("ALTER TABLE")
        .path(table)
        .push("DROP CONSTRAINT %I");
    let others =
        Sql::new("SELECT conname FROM pg_catalog.pg_constraint WHERE contype = 'c' AND conrelid =")
            .literal(Sql::empty().path(table).as_str())
            .glue("::pg_catalog.regclass");
    let others = if declared.is_empty() {
        others
    } else {
        let own = others.push("AND conname NOT IN (");
        own.separated(&declared, ", ").glue(")")
    };
    let body = Sql::new("DECLARE own name;\nBEGIN\n  FOR own IN")
        .join(&others)
        .push("LOOP\n    EXECUTE pg_catalog.format(")
        .literal(drop.as_str())
        .glue(", own);\n  END LOOP;\nEND");
    let sql = Sql::new("DO").dollar_quoted(body.as_str());
    Statement::catalog(sql).locking(table, LockMode::AccessExclusive)
}

/// Compares what both have, in the catalogs alone.
/// <https://www.postgresql.org/docs/current/sql-altertable.html> (INHERIT)
pub(crate) fn inherit(table: &Address, parent: &Address) -> Statement {
    let words = Sql::new("INHERIT").path(parent);
    Statement::alter_table(table, Form::Plain, words)
        .locking(parent, LockMode::ShareUpdateExclusive)
        .sparing_partitions()
}

/// The columns and checks stay, and are the table's own.
/// <https://www.postgresql.org/docs/current/sql-altertable.html> (NO INHERIT)
pub(crate) fn disinherit(table: &Address, parent: &Address) -> Statement {
    let words = Sql::new("NO INHERIT").path(parent);
    Statement::alter_table(table, Form::Plain, words)
        .locking(parent, LockMode::AccessShare)
        .sparing_partitions()
}

/// Returns the statement that adds a check, not valid yet.
pub(crate) fn add_condition<T: Text>(check: &Address, condition: &T) -> Statement {
    let own = Check {
        expression: condition.clone(),
        validity: Validity::NotValid,
        no_inherit: false,
    };
    constraint::add_check(check, &own)
}
