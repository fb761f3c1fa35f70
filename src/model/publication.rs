//! What publications publish. The publications themselves are a small kind.

use serde::{Deserialize, Serialize};

use super::{Name, Text};

/// A table that a publication publishes; its address is the table's with the publication's name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishedTable<T> {
    /// The columns that are published, in the order of their names; all where there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<Name>,
    /// Which rows are published; all where it is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<T>,
}

/// How published tables differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PublishedTableAlteration {
    /// Other columns.
    Columns,
    /// Other rows.
    Filter,
}

impl PublishedTableAlteration {
    pub(super) fn attribute(&self) -> &'static str {
        match self {
            Self::Columns => "columns",
            Self::Filter => "where",
        }
    }
}

impl<T: Text + Ord> PublishedTable<T> {
    pub(super) fn alterations(&self, to: &Self) -> Vec<PublishedTableAlteration> {
        let Self { columns, filter } = self;
        let mut found = Vec::new();
        if *columns != to.columns {
            found.push(PublishedTableAlteration::Columns);
        }
        if *filter != to.filter {
            found.push(PublishedTableAlteration::Filter);
        }
        found
    }
}

impl<T> PublishedTable<T> {
    pub(super) fn map<U>(&self, turn: &mut impl FnMut(&T) -> U) -> PublishedTable<U> {
        PublishedTable {
            columns: self.columns.clone(),
            filter: self.filter.as_ref().map(turn),
        }
    }
}

/// A schema whose tables a publication publishes, those to come as well; its address is the schema's with the publication's name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishedSchema {}

/// Nothing about a published schema can differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PublishedSchemaAlteration {}

impl PublishedSchemaAlteration {
    pub(super) fn attribute(&self) -> &'static str {
        match *self {}
    }
}

impl PublishedSchema {
    pub(super) fn alterations(&self, to: &Self) -> Vec<PublishedSchemaAlteration> {
        let (Self {}, Self {}) = (self, to);
        Vec::new()
    }
}
