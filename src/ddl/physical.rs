//! Storage parameters, column settings, replica identity and CLUSTER ON: catalog rows, whatever the table's size.

use crate::model::{
    Address, ClusteredOn, ColumnSettings, ColumnSettingsAlteration, Compression, Name, Options,
    ReplicaIdentity, Storage,
};
use crate::sql::Sql;

use super::statement::{Form, LockMode, Statement};

/// The one storage parameter of a table that changes what concurrent sessions may do.
const STRICT: &str = "user_catalog_table";

/// Sets and resets storage parameters. Readers and writers go on.
/// <https://www.postgresql.org/docs/current/sql-altertable.html> (SET ( storage_parameter ))
pub(crate) fn parameters(table: &Address, set: &Options, reset: &[Name]) -> Statement {
    let subcommands = options(set, reset);
    let is_strict = set
        .keys()
        .chain(reset)
        .any(|name| name.as_str().eq_ignore_ascii_case(STRICT));
    let mode = if is_strict {
        LockMode::AccessExclusive
    } else {
        LockMode::ShareUpdateExclusive
    };
    let statement = altered(table, &subcommands, mode);
    let mut names = set.keys().chain(reset);
    if names.any(|name| name.as_str().starts_with("toast.")) {
        // A column of the same ALTER TABLE gets its TOAST table after it, and they would be ignored without a word.
        return Statement {
            part: None,
            ..statement
        };
    }
    statement
}

/// SET and RESET of options, as many subcommands as it takes.
pub(super) fn options(set: &Options, reset: &[Name]) -> Vec<Sql> {
    let mut subcommands = Vec::new();
    if !reset.is_empty() {
        let names: Vec<Sql> = reset
            .iter()
            .map(|name| Sql::empty().parameter(name))
            .collect();
        subcommands.push(
            Sql::new("RESET (")
                .glue("")
                .separated(&names, ", ")
                .glue(")"),
        );
    }
    if !set.is_empty() {
        let values: Vec<Sql> = set
            .0
            .iter()
            .map(|(name, value)| Sql::empty().parameter(name).push("=").literal(value))
            .collect();
        subcommands.push(
            Sql::new("SET (")
                .glue("")
                .separated(&values, ", ")
                .glue(")"),
        );
    }
    subcommands
}

fn altered(table: &Address, subcommands: &[Sql], mode: LockMode) -> Statement {
    let all = Sql::empty().separated(subcommands, ", ");
    Statement::alter_table(table, Form::Subcommand, all).locking(table, mode)
}

/// Makes settings of a column other ones.
/// <https://www.postgresql.org/docs/current/sql-altertable.html> (SET STORAGE and the following)
pub(crate) fn column_settings(
    column: &Address,
    alterations: &[ColumnSettingsAlteration],
    usual_storage: Option<Storage>,
) -> Statement {
    let mut subcommands = Vec::new();
    let mut mode = LockMode::ShareUpdateExclusive;
    let head = || Sql::new("ALTER COLUMN").name(column.name());
    for alteration in alterations {
        match alteration {
            ColumnSettingsAlteration::Storage(storage) => {
                mode = LockMode::AccessExclusive;
                let word = match storage.or(usual_storage) {
                    Some(Storage::Plain) => "SET STORAGE PLAIN",
                    Some(Storage::External) => "SET STORAGE EXTERNAL",
                    Some(Storage::Extended) => "SET STORAGE EXTENDED",
                    Some(Storage::Main) => "SET STORAGE MAIN",
                    // From PostgreSQL 16 on; a column that a server printed knows its type's storage.
                    None => "SET STORAGE DEFAULT",
                };
                subcommands.push(head().push(word));
            }
            ColumnSettingsAlteration::Compression(compression) => {
                mode = LockMode::AccessExclusive;
                let word = match compression {
                    Some(Compression::Pglz) => "SET COMPRESSION pglz",
                    Some(Compression::Lz4) => "SET COMPRESSION lz4",
                    None => "SET COMPRESSION default",
                };
                subcommands.push(head().push(word));
            }
            ColumnSettingsAlteration::Statistics(target) => {
                let target = i64::from(target.unwrap_or(-1));
                subcommands.push(head().push("SET STATISTICS").number(target));
            }
            ColumnSettingsAlteration::Options { set, reset } => {
                let all = options(set, reset);
                subcommands.extend(all.iter().map(|own| head().join(own)));
            }
            ColumnSettingsAlteration::Foreign(from, to) => {
                mode = LockMode::AccessExclusive;
                subcommands.push(super::definition::options(head(), Some(from), Some(to)));
            }
        }
    }
    altered(&column.table(), &subcommands, mode)
}

/// Makes settings of a column those that are said, or takes them all back.
pub(crate) fn all_column_settings(column: &Address, own: &ColumnSettings, back: bool) -> Statement {
    let unsaid = own.unsaid();
    let alterations = if back {
        own.alterations(&unsaid)
    } else {
        unsaid.alterations(own)
    };
    column_settings(column, &alterations, own.usual_storage)
}

/// <https://www.postgresql.org/docs/current/sql-altertable.html> (REPLICA IDENTITY)
pub(crate) fn set_replica_identity(table: &Address, own: Option<&ReplicaIdentity>) -> Statement {
    let sql = Sql::new("REPLICA IDENTITY");
    let sql = match own {
        None => sql.push("DEFAULT"),
        Some(ReplicaIdentity::Full) => sql.push("FULL"),
        Some(ReplicaIdentity::Nothing) => sql.push("NOTHING"),
        Some(ReplicaIdentity::Index(index)) => sql.push("USING INDEX").name(index.name()),
    };
    // In one ALTER TABLE with it, a NOT NULL of its columns would go first and be refused.
    Statement {
        part: None,
        ..Statement::alter_table(table, Form::Subcommand, sql)
    }
}

/// Says by which index CLUSTER goes; moves no row.
/// <https://www.postgresql.org/docs/current/sql-altertable.html> (CLUSTER ON)
pub(crate) fn set_clustered_on(table: &Address, own: Option<&ClusteredOn>) -> Statement {
    let sql = match own {
        Some(own) => Sql::new("CLUSTER ON").name(own.index.name()),
        None => Sql::new("SET WITHOUT CLUSTER"),
    };
    Statement::alter_table(table, Form::Subcommand, sql)
        .locking(table, LockMode::ShareUpdateExclusive)
}
