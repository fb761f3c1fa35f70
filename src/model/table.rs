//! Schemas, tables and what columns are made of.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Address, Expression, Foreign, Kind, Name, Options, Partition, Text, Validity};

/// A schema (manual section 5.10).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schema {}

/// How schemas differ: not at all, as long as owners are not compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SchemaAlteration {}

impl SchemaAlteration {
    pub(super) fn attribute(&self) -> &'static str {
        match *self {}
    }
}

impl Schema {
    pub(super) fn alterations(&self, to: &Self) -> Vec<SchemaAlteration> {
        let (Self {}, Self {}) = (self, to);
        Vec::new()
    }
}

/// Whether changes of a table survive a crash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Persistence {
    /// Changes are written to the write-ahead log.
    Permanent,
    /// The table is emptied after a crash (`CREATE UNLOGGED TABLE`).
    Unlogged,
}

/// A table without its parts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table<T> {
    /// Whether the table survives a crash.
    pub persistence: Persistence,
    /// The strategy and the key of a partitioned table, as `pg_get_partkeydef` prints them.
    #[serde(default = "none", skip_serializing_if = "Option::is_none")]
    pub partition_by: Option<T>,
    /// The table that it is a partition of, and which rows it holds.
    #[serde(default = "none", skip_serializing_if = "Option::is_none")]
    pub partition_of: Option<Partition<T>>,
    /// The names of the indexes, those of keys among them, that it has from the tables above it: by what they come from there. As it is
    /// read, those alone that the server would not have chosen.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub index_names: BTreeMap<Address, Name>,
    /// The names of the NOT NULLs that it has from the table above it, by column (18 and later). As it is read, those alone that have
    /// another name there.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub not_null_names: BTreeMap<Name, Name>,
    /// The tables that it has columns and checks from (INHERITS), schema and name: in the order in which it is made with them, which
    /// is not compared.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inherits: Vec<Vec<Name>>,
    /// The tablespace, where it is not the database's own: that of new partitions, where the table has some.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tablespace: Option<Name>,
    /// The table access method, where it is not `heap`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_method: Option<Name>,
    /// Where its rows are, where they are elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub foreign: Option<Foreign>,
}

/// What an absent key stands for, whatever the type.
fn none<T>() -> Option<T> {
    None
}

/// How tables differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TableAlteration {
    /// SET LOGGED or SET UNLOGGED.
    Persistence(Persistence),
    /// How its rows are spread over partitions: there is no statement for it.
    PartitionBy,
    /// It becomes a partition.
    Attached,
    /// It becomes a table by itself; the table that it was a partition of.
    Detached(Address),
    /// It is a partition of another table, or holds other rows.
    Rebound,
    /// What it has from the tables above it is called otherwise.
    IndexNames,
    /// The NOT NULLs that it has from the table above it are called otherwise.
    NotNullNames,
    /// Its rows are read with those of one more table.
    Inherits(Address),
    /// Its rows are no longer read with those of a table.
    Disinherits(Address),
    /// SET TABLESPACE: none is the database's own.
    Tablespace(Option<Name>),
    /// SET ACCESS METHOD: none is `heap`.
    AccessMethod(Option<Name>),
    /// What the wrapper of its server is told: before and after.
    Options(Options, Options),
    /// The server that its rows are on, or whether they are elsewhere at all: there is no statement for it.
    Foreign,
}

impl TableAlteration {
    pub(super) fn attribute(&self) -> &'static str {
        match self {
            Self::Persistence(_) => "persistence",
            Self::PartitionBy => "partition_by",
            Self::Attached | Self::Detached(_) | Self::Rebound => PARTITION_OF,
            Self::IndexNames => INDEX_NAMES,
            Self::NotNullNames => NOT_NULL_NAMES,
            Self::Inherits(_) => INHERITS,
            Self::Disinherits(_) => DISINHERITS,
            Self::Tablespace(_) => "tablespace",
            Self::AccessMethod(_) => "access_method",
            Self::Options(..) => "options",
            Self::Foreign => "foreign",
        }
    }
}

/// The attribute that says whether a table is a partition.
pub const PARTITION_OF: &str = "partition_of";

/// The attribute that says what a partition calls the indexes that it has from the tables above it.
pub const INDEX_NAMES: &str = "index_names";

/// The attribute that says what a partition calls the NOT NULLs that it has from the table above it.
pub const NOT_NULL_NAMES: &str = "not_null_names";

/// The attribute that says which tables a table inherits from, where one comes.
pub const INHERITS: &str = "inherits";

/// The same, where one goes.
pub const DISINHERITS: &str = "inherits no more";

impl<T: Text + Ord> Table<T> {
    pub(super) fn alterations(&self, to: &Self) -> Vec<TableAlteration> {
        let Self {
            persistence,
            partition_by,
            partition_of,
            index_names,
            not_null_names,
            inherits,
            tablespace,
            access_method,
            foreign,
        } = self;
        let mut alterations = Vec::new();
        if *persistence != to.persistence {
            alterations.push(TableAlteration::Persistence(to.persistence));
        }
        if *tablespace != to.tablespace {
            alterations.push(TableAlteration::Tablespace(to.tablespace.clone()));
        }
        if *access_method != to.access_method {
            alterations.push(TableAlteration::AccessMethod(to.access_method.clone()));
        }
        if *partition_by != to.partition_by {
            alterations.push(TableAlteration::PartitionBy);
        }
        match (partition_of, &to.partition_of) {
            (None, None) => {}
            (None, Some(_)) => alterations.push(TableAlteration::Attached),
            (Some(from), None) => {
                alterations.push(TableAlteration::Detached(from.parent_address()));
            }
            (Some(from), Some(to)) if from == to => {}
            (Some(_), Some(_)) => alterations.push(TableAlteration::Rebound),
        }
        // What stands alone has its indexes as objects.
        if to.partition_of.is_some() && *index_names != to.index_names {
            alterations.push(TableAlteration::IndexNames);
        }
        if to.partition_of.is_some() && *not_null_names != to.not_null_names {
            alterations.push(TableAlteration::NotNullNames);
        }
        let place = |own: &Vec<Name>| Address::new(Kind::Table, own.iter().cloned());
        let goes = inherits.iter().filter(|own| !to.inherits.contains(own));
        let comes = to.inherits.iter().filter(|own| !inherits.contains(own));
        alterations.extend(goes.map(|own| TableAlteration::Disinherits(place(own))));
        alterations.extend(comes.map(|own| TableAlteration::Inherits(place(own))));
        match (foreign, &to.foreign) {
            (None, None) => {}
            (Some(from), Some(to)) if from.server == to.server => {
                if from.options != to.options {
                    let [from, to] = [from, to].map(|own| own.options.clone());
                    alterations.push(TableAlteration::Options(from, to));
                }
            }
            (Some(_) | None, _) => alterations.push(TableAlteration::Foreign),
        }
        alterations
    }
}

impl<T> Table<T> {
    /// Makes a table that neither has partitions nor is one.
    pub fn plain(persistence: Persistence) -> Self {
        Self {
            persistence,
            partition_by: None,
            partition_of: None,
            index_names: BTreeMap::new(),
            not_null_names: BTreeMap::new(),
            inherits: Vec::new(),
            tablespace: None,
            access_method: None,
            foreign: None,
        }
    }

    /// Lets go of the tables that it has parts from.
    pub fn stands_alone(&mut self) {
        self.partition_of = None;
        self.index_names.clear();
        self.not_null_names.clear();
        self.inherits.clear();
    }

    /// Returns the tables that it inherits from.
    pub fn inherits_from(&self) -> impl Iterator<Item = Address> {
        let all = self.inherits.iter();
        all.map(|own| Address::new(Kind::Table, own.iter().cloned()))
    }

    pub(super) fn map<U>(&self, turn: &mut impl FnMut(&T) -> U) -> Table<U> {
        Table {
            persistence: self.persistence,
            partition_by: self.partition_by.as_ref().map(&mut *turn),
            partition_of: self.partition_of.as_ref().map(|own| own.map(turn)),
            index_names: self.index_names.clone(),
            not_null_names: self.not_null_names.clone(),
            inherits: self.inherits.clone(),
            tablespace: self.tablespace.clone(),
            access_method: self.access_method.clone(),
            foreign: self.foreign.clone(),
        }
    }
}

/// A column: its type and what belongs to the type. Default and NOT NULL are objects of their own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column<T> {
    /// The data type with its modifiers, as `format_type` prints it.
    pub type_name: T,
    /// The collation, schema and name, where it is not the type's own.
    pub collation: Option<Vec<Name>>,
    /// The expression of a generated column.
    pub generated: Option<T>,
    /// Whether it is computed when it is read, and takes no room (PostgreSQL 18 and later).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_virtual: bool,
}

/// How columns differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ColumnAlteration {
    /// The data type.
    Type {
        /// The type the column has.
        from: Expression,
        /// The type the column shall have.
        to: Expression,
    },
    /// The collation.
    Collation,
    /// The generation expression of a stored column goes; its values stay.
    Kept,
    /// The generation expression, or whether it is stored: takes another column.
    Generated,
}

impl ColumnAlteration {
    pub(super) fn attribute(&self) -> &'static str {
        match self {
            Self::Type { .. } => "type",
            Self::Collation => "collation",
            Self::Kept | Self::Generated => "generated",
        }
    }
}

impl<T: Text + Ord> Column<T> {
    pub(super) fn alterations(&self, to: &Self) -> Vec<ColumnAlteration> {
        let Self {
            type_name,
            collation,
            generated,
            is_virtual,
        } = self;
        let mut alterations = Vec::new();
        if *type_name != to.type_name {
            alterations.push(ColumnAlteration::Type {
                from: Expression::new(type_name.sql()),
                to: Expression::new(to.type_name.sql()),
            });
        }
        if *collation != to.collation {
            alterations.push(ColumnAlteration::Collation);
        }
        if *generated != to.generated || *is_virtual != to.is_virtual {
            alterations.push(if to.generated.is_none() && !is_virtual {
                ColumnAlteration::Kept
            } else {
                ColumnAlteration::Generated
            });
        }
        alterations
    }
}

impl<T> Column<T> {
    pub(super) fn map<U>(&self, turn: &mut impl FnMut(&T) -> U) -> Column<U> {
        let Self {
            type_name,
            collation,
            generated,
            is_virtual,
        } = self;
        Column {
            type_name: turn(type_name),
            collation: collation.clone(),
            generated: generated.as_ref().map(turn),
            is_virtual: *is_virtual,
        }
    }
}

/// A column's default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Default<T> {
    /// The expression new rows get.
    pub value: T,
}

/// How defaults differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DefaultAlteration {
    /// The expression.
    Value(Expression),
}

impl DefaultAlteration {
    pub(super) fn attribute(&self) -> &'static str {
        match self {
            Self::Value(_) => "default",
        }
    }
}

impl<T: Text + Ord> Default<T> {
    pub(super) fn alterations(&self, to: &Self) -> Vec<DefaultAlteration> {
        let Self { value } = self;
        if *value == to.value {
            Vec::new()
        } else {
            vec![DefaultAlteration::Value(Expression::new(to.value.sql()))]
        }
    }
}

/// A column's NOT NULL, a named constraint from PostgreSQL 18 on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotNull {
    /// The constraint's name where the server has one; absent in a declaration: whatever it is.
    pub name: Option<Name>,
    /// Whether existing rows are known to comply.
    pub validity: Validity,
    /// Whether children of the table are left out (NO INHERIT, 18+).
    pub no_inherit: bool,
}

/// How NOT NULLs differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotNullAlteration {
    /// The constraint's name.
    Name {
        /// The one it has.
        from: Option<Name>,
        /// The one it gets.
        to: Option<Name>,
    },
    /// Whether existing rows are known to comply.
    Validity(Validity),
    /// Whether children have it as well.
    Inherit,
}

impl NotNullAlteration {
    /// Says whether it is the name alone.
    pub fn is_name(&self) -> bool {
        matches!(self, Self::Name { .. })
    }

    pub(super) fn attribute(&self) -> &'static str {
        match self {
            Self::Name { .. } => "name",
            Self::Validity(_) => "validity",
            Self::Inherit => "inherit",
        }
    }
}

impl NotNull {
    pub(super) fn alterations(&self, to: &Self) -> Vec<NotNullAlteration> {
        let Self {
            name,
            validity,
            no_inherit,
        } = self;
        let mut alterations = Vec::new();
        if *name != to.name {
            alterations.push(NotNullAlteration::Name {
                from: name.clone(),
                to: to.name.clone(),
            });
        }
        if *validity != to.validity {
            alterations.push(NotNullAlteration::Validity(to.validity));
        }
        if *no_inherit != to.no_inherit {
            alterations.push(NotNullAlteration::Inherit);
        }
        alterations
    }
}
