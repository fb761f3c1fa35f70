//! How a table is kept and copied: storage parameters, what is said of a column's storage, replica identity, and the
//! index that CLUSTER goes by. Each is an object of its own, absent where everything is as the server has it by itself.

use serde::{Deserialize, Serialize};

use super::{Name, Options};

/// The storage parameters of a table, those of its TOAST table with the prefix `toast.` (manual: CREATE TABLE, Storage
/// Parameters).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parameters {
    /// Values by name; never empty.
    pub values: Options,
}

/// How storage parameters differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParametersAlteration {
    /// Some are set, some go back to what the server has by itself.
    Values {
        /// Those that are set.
        set: Options,
        /// Those that are no longer said.
        reset: Vec<Name>,
    },
}

impl ParametersAlteration {
    pub(super) fn attribute(&self) -> &'static str {
        match self {
            Self::Values { .. } => "with",
        }
    }
}

impl Parameters {
    pub(super) fn alterations(&self, to: &Self) -> Vec<ParametersAlteration> {
        let Self { values } = self;
        if *values == to.values {
            return Vec::new();
        }
        let (set, reset) = differing(values, &to.values);
        vec![ParametersAlteration::Values { set, reset }]
    }
}

/// Returns the options to be set, and the names of those to be reset.
pub(super) fn differing(from: &Options, to: &Options) -> (Options, Vec<Name>) {
    let is_set = |own: &&(Name, String)| !from.0.contains(*own);
    let set: Vec<(Name, String)> = to.0.iter().filter(is_set).cloned().collect();
    let reset = from.keys().filter(|name| to.get(name).is_none());
    let reset: Vec<Name> = reset.cloned().collect();
    // The server keeps what stays where it is, and puts what is set behind it.
    let stays = |own: &&(Name, String)| to.0.contains(*own);
    let after: Vec<&(Name, String)> = from.0.iter().filter(stays).chain(&set).collect();
    // Those of the TOAST table are in a list of their own.
    let in_order = [true, false].into_iter().all(|of_toast| {
        let own = |pair: &&(Name, String)| pair.0.as_str().starts_with("toast.") == of_toast;
        let after = after.iter().copied().filter(own);
        after.eq(to.0.iter().filter(own))
    });
    if in_order {
        (Options(set), reset)
    } else {
        (to.clone(), reset)
    }
}

/// How values too long for a page are stored (manual section 66.2, TOAST).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Storage {
    /// In the row, as they are.
    Plain,
    /// Out of line, never compressed.
    External,
    /// Compressed, and out of line where that is not enough.
    Extended,
    /// Compressed, out of line only as a last resort.
    Main,
}

/// How values are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Compression {
    /// PostgreSQL's own method.
    Pglz,
    /// LZ4, where the server is built with it.
    Lz4,
}

/// What is said of a column beyond what it holds (manual: ALTER TABLE, SET STORAGE and the following).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnSettings {
    /// The storage, where it is not the type's own.
    pub storage: Option<Storage>,
    /// The storage of the column's type, which a server knows: how `storage` is taken back before PostgreSQL 16.
    pub usual_storage: Option<Storage>,
    /// The compression method, where it is not `default_toast_compression`.
    pub compression: Option<Compression>,
    /// The statistics target, where it is not `default_statistics_target`.
    pub statistics: Option<i32>,
    /// Options such as `n_distinct`, by name.
    pub options: Options,
    /// What the wrapper of a foreign table's server is told of it.
    #[serde(default, skip_serializing_if = "Options::is_empty")]
    pub foreign: Options,
}

/// How settings of a column differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ColumnSettingsAlteration {
    /// The storage; `None` is the type's own.
    Storage(Option<Storage>),
    /// The compression method; `None` is the server's choice.
    Compression(Option<Compression>),
    /// The statistics target; `None` is the server's choice.
    Statistics(Option<i32>),
    /// Options that are set, and those that are no longer said.
    Options {
        /// Those that are set.
        set: Options,
        /// Those that go back to what the server has by itself.
        reset: Vec<Name>,
    },
    /// What the wrapper of a foreign table's server is told: before and after.
    Foreign(Options, Options),
}

impl ColumnSettingsAlteration {
    pub(super) fn attribute(&self) -> &'static str {
        match self {
            Self::Storage(_) => "storage",
            Self::Compression(_) => "compression",
            Self::Statistics(_) => "statistics",
            Self::Options { .. } => "options",
            Self::Foreign(..) => "foreign_options",
        }
    }
}

impl ColumnSettings {
    /// Says whether nothing is said: then the object is absent.
    pub fn is_empty(&self) -> bool {
        let Self {
            storage,
            usual_storage: _,
            compression,
            statistics,
            options,
            foreign,
        } = self;
        let is_unsaid = options.is_empty() && foreign.is_empty();
        storage.is_none() && compression.is_none() && statistics.is_none() && is_unsaid
    }

    /// Returns what has to change for these settings to become others.
    pub fn alterations(&self, to: &Self) -> Vec<ColumnSettingsAlteration> {
        let Self {
            storage,
            // It is the type's: the column's type differs where this does.
            usual_storage: _,
            compression,
            statistics,
            options,
            foreign,
        } = self;
        let mut alterations = Vec::new();
        if *storage != to.storage {
            alterations.push(ColumnSettingsAlteration::Storage(to.storage));
        }
        if *compression != to.compression {
            alterations.push(ColumnSettingsAlteration::Compression(to.compression));
        }
        if *statistics != to.statistics {
            alterations.push(ColumnSettingsAlteration::Statistics(to.statistics));
        }
        if *options != to.options {
            let (set, reset) = differing(options, &to.options);
            alterations.push(ColumnSettingsAlteration::Options { set, reset });
        }
        if *foreign != to.foreign {
            let [from, to] = [foreign, &to.foreign].map(Options::clone);
            alterations.push(ColumnSettingsAlteration::Foreign(from, to));
        }
        alterations
    }

    /// Returns the settings of a column of which nothing is said.
    pub fn unsaid(&self) -> Self {
        Self {
            usual_storage: self.usual_storage,
            ..Self::default()
        }
    }
}

/// An index of a table as the table speaks of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OwnIndex {
    /// That of the primary key, which a server has found out; with the name it has.
    PrimaryKey(Name),
    /// Any other, or one that a person speaks of.
    Named(Name),
}

impl OwnIndex {
    /// Returns its name.
    pub fn name(&self) -> &Name {
        match self {
            Self::PrimaryKey(name) | Self::Named(name) => name,
        }
    }

    /// Says whether two are the same one: that of the primary key is, whatever its name.
    fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::PrimaryKey(_), Self::PrimaryKey(_)) => true,
            (Self::Named(own), Self::Named(other)) => own == other,
            (Self::PrimaryKey(_), Self::Named(_)) | (Self::Named(_), Self::PrimaryKey(_)) => false,
        }
    }
}

/// What the write-ahead log says of a row that changes or goes, for logical decoding (manual: ALTER TABLE, REPLICA
/// IDENTITY); absent for the server's own choice, the primary key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplicaIdentity {
    /// The whole row.
    Full,
    /// Nothing: updates and deletes cannot be replicated.
    Nothing,
    /// The columns of an index.
    Index(OwnIndex),
}

/// How replica identities differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReplicaIdentityAlteration {
    /// It is another one.
    Identity,
}

impl ReplicaIdentityAlteration {
    pub(super) fn attribute(&self) -> &'static str {
        match self {
            Self::Identity => "replica_identity",
        }
    }
}

impl ReplicaIdentity {
    pub(super) fn alterations(&self, to: &Self) -> Vec<ReplicaIdentityAlteration> {
        let same = match (self, to) {
            (Self::Full, Self::Full) | (Self::Nothing, Self::Nothing) => true,
            (Self::Index(own), Self::Index(other)) => own.is(other),
            (Self::Full | Self::Nothing | Self::Index(_), _) => false,
        };
        if same {
            Vec::new()
        } else {
            vec![ReplicaIdentityAlteration::Identity]
        }
    }
}

/// The index that CLUSTER goes by (manual: CLUSTER); absent where there is none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClusteredOn {
    /// The index.
    pub index: OwnIndex,
}

/// How the index that CLUSTER goes by differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClusteredOnAlteration {
    /// It is another one.
    Index,
}

impl ClusteredOnAlteration {
    pub(super) fn attribute(&self) -> &'static str {
        match self {
            Self::Index => "clustered_on",
        }
    }
}

impl ClusteredOn {
    pub(super) fn alterations(&self, to: &Self) -> Vec<ClusteredOnAlteration> {
        let Self { index } = self;
        if index.is(&to.index) {
            Vec::new()
        } else {
            vec![ClusteredOnAlteration::Index]
        }
    }
}
