//! A statement and what the manual says of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::{APPLIER, Address, EVERYBODY, Name, Text};
use crate::sql::Sql;

/// The table-level lock modes, weakest first (manual section 13.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LockMode {
    /// Taken by SELECT.
    AccessShare,
    /// Taken by SELECT FOR UPDATE.
    RowShare,
    /// Taken by INSERT, UPDATE, DELETE.
    RowExclusive,
    /// Taken by VACUUM, VALIDATE CONSTRAINT and CREATE INDEX CONCURRENTLY.
    ShareUpdateExclusive,
    /// Taken by CREATE INDEX: writers wait.
    Share,
    /// Taken by CREATE TRIGGER and ADD FOREIGN KEY: writers wait.
    ShareRowExclusive,
    /// Blocks all but plain reads.
    Exclusive,
    /// Blocks everybody.
    AccessExclusive,
}

impl LockMode {
    /// Returns the words of `LOCK TABLE … IN … MODE`.
    pub fn keyword(self) -> &'static str {
        match self {
            Self::AccessShare => "ACCESS SHARE",
            Self::RowShare => "ROW SHARE",
            Self::RowExclusive => "ROW EXCLUSIVE",
            Self::ShareUpdateExclusive => "SHARE UPDATE EXCLUSIVE",
            Self::Share => "SHARE",
            Self::ShareRowExclusive => "SHARE ROW EXCLUSIVE",
            Self::Exclusive => "EXCLUSIVE",
            Self::AccessExclusive => "ACCESS EXCLUSIVE",
        }
    }

    /// Returns the mode that `pg_locks.mode` names.
    pub fn from_catalog(mode: &str) -> Option<Self> {
        Some(match mode {
            "AccessShareLock" => Self::AccessShare,
            "RowShareLock" => Self::RowShare,
            "RowExclusiveLock" => Self::RowExclusive,
            "ShareUpdateExclusiveLock" => Self::ShareUpdateExclusive,
            "ShareLock" => Self::Share,
            "ShareRowExclusiveLock" => Self::ShareRowExclusive,
            "ExclusiveLock" => Self::Exclusive,
            "AccessExclusiveLock" => Self::AccessExclusive,
            _ => return None,
        })
    }

    /// Says whether writers wait for it.
    pub fn blocks_writes(self) -> bool {
        self >= Self::Share
    }

    /// Says whether readers wait for it.
    pub fn blocks_reads(self) -> bool {
        self == Self::AccessExclusive
    }
}

/// What a statement does beyond catalog rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Work {
    /// Catalog rows only.
    Catalog,
    /// Reads every row.
    Scan,
    /// Reads every row and builds an index.
    IndexBuild,
    /// Writes every row anew.
    TableRewrite,
}

/// Whether a statement may run in a transaction block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Transaction {
    /// It may.
    Allowed,
    /// It may not (25001), and is sent alone.
    Forbidden,
    /// It may, and what it makes can be used once it has committed.
    CommitBeforeUse,
}

/// How a statement can be merged with its neighbours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Form {
    /// It cannot.
    Plain,
    /// CREATE TABLE without columns; holds the words in front of the name, and what follows the elements.
    CreateTable(&'static str, Sql),
    /// ADD COLUMN; holds the column's definition.
    AddColumn(Sql),
    /// What follows a column's definition in CREATE TABLE, with the column's name.
    ColumnPart(Name, Sql),
    /// ADD of a table constraint; holds the constraint's definition.
    AddConstraint(Sql),
    /// ADD of a primary key or unique constraint; holds its definition and its columns. In one statement PostgreSQL takes
    /// two keys over the same columns for one, and makes one constraint of them without a word.
    AddKey(Sql, Vec<Name>),
    /// Any other subcommand of ALTER TABLE.
    Subcommand,
    /// GRANT or REVOKE of one privilege.
    Privilege(Privilege),
}

/// GRANT or REVOKE in pieces: of one role on one object, several privileges are one statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Privilege {
    /// What stands in front of the privileges.
    pub(crate) head: Sql,
    /// The privilege.
    pub(crate) word: Name,
    /// The column that it is on.
    pub(crate) column: Option<Name>,
    /// The object, the role, and what follows.
    pub(crate) tail: Sql,
}

/// One statement with its facts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// The statement without a semicolon.
    pub sql: Sql,
    /// The strongest lock it takes on each relation.
    pub locks: BTreeMap<Address, LockMode>,
    /// What it does beyond catalog rows.
    pub work: Work,
    /// Whether it may run in a transaction block.
    pub transaction: Transaction,
    /// The table it belongs to and the subcommand, for merging neighbours; not part of a plan.
    #[serde(skip)]
    pub(crate) part: Option<Part>,
    /// Roles that it names, which have to be there: throw-away servers have stand-ins.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) roles: Vec<Name>,
    /// Tablespaces that it names, which have to be there: throw-away servers have stand-ins.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) tablespaces: Vec<Name>,
    /// The schemas that unqualified names in it are looked up in; empty for what speaks in prints.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) lookup: Vec<Name>,
    /// Whether it leaves the partitions of what it locks alone; not part of a plan.
    #[serde(skip)]
    pub(crate) spares_partitions: bool,
    /// The same without running a query that may read from another server; not part of a plan.
    #[serde(skip)]
    pub(crate) unfilled: Option<Sql>,
    /// Whether it makes again what stands, with the privileges of something new; not part of a plan.
    #[serde(skip)]
    pub(crate) makes_again: bool,
}

/// The part of a statement on one table that can be merged with others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) table: Address,
    pub(crate) form: Form,
    pub(crate) subcommand: Sql,
}

impl Statement {
    /// Makes a statement that only touches catalog rows and takes no lock on a relation that existed.
    pub(crate) fn catalog(sql: Sql) -> Self {
        Self {
            sql,
            locks: BTreeMap::new(),
            work: Work::Catalog,
            transaction: Transaction::Allowed,
            part: None,
            roles: Vec::new(),
            tablespaces: Vec::new(),
            lookup: Vec::new(),
            spares_partitions: false,
            unfilled: None,
            makes_again: false,
        }
    }

    /// Notes that it makes again what stands.
    pub(crate) fn making_again(self) -> Self {
        Self {
            makes_again: true,
            ..self
        }
    }

    /// Notes that the partitions of what it locks are left alone.
    pub(crate) fn sparing_partitions(self) -> Self {
        Self {
            spares_partitions: true,
            ..self
        }
    }

    /// Makes `ALTER TABLE table subcommand` under ACCESS EXCLUSIVE.
    pub(crate) fn alter_table(table: &Address, form: Form, subcommand: Sql) -> Self {
        let sql = Sql::new("ALTER TABLE").path(table).join(&subcommand);
        let part = Some(Part {
            table: table.clone(),
            form,
            subcommand,
        });
        Self {
            part,
            ..Self::catalog(sql)
        }
        .locking(table, LockMode::AccessExclusive)
    }

    /// Notes a lock.
    pub(crate) fn locking(mut self, relation: &Address, mode: LockMode) -> Self {
        self.locks.insert(relation.clone(), mode);
        self
    }

    /// Notes roles that it names.
    pub(crate) fn naming<'a>(mut self, roles: impl Iterator<Item = &'a Name>) -> Self {
        let named = roles.filter(|own| !matches!(own.as_str(), EVERYBODY | APPLIER));
        self.roles.extend(named.cloned());
        self
    }

    /// Notes a tablespace that it names.
    pub(crate) fn placed(mut self, tablespace: Option<&Name>) -> Self {
        self.tablespaces.extend(tablespace.cloned());
        self
    }

    /// Notes work beyond catalog rows.
    pub(crate) fn working(self, work: Work) -> Self {
        Self { work, ..self }
    }

    /// Notes that it is sent alone.
    pub(crate) fn alone(self) -> Self {
        Self {
            transaction: Transaction::Forbidden,
            part: None,
            ..self
        }
    }

    /// Notes where the unqualified names of a text are looked up.
    pub(crate) fn under<T: Text>(mut self, text: &T) -> Self {
        if self.lookup.is_empty() {
            self.lookup = text.lookup().to_vec();
        }
        self
    }
}
