//! Indexes that no constraint owns.

use serde::{Deserialize, Serialize};

use super::{Address, Kind, Name, Options, Text, Validity};

/// An index (manual chapter 11). Its address is schema and name; the table is part of what it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Index<T> {
    /// The table's name, in the index's own schema.
    pub table: Name,
    /// Whether that is a materialized view.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub on_view: bool,
    /// The access method.
    pub method: Name,
    /// Whether no two rows may hold equal keys.
    pub unique: bool,
    /// Whether NULLs count as equal (NULLS NOT DISTINCT, 15+).
    pub nulls_not_distinct: bool,
    /// The key elements as SQL: column or expression, collation, operator class, order.
    pub elements: Vec<T>,
    /// Columns carried along (INCLUDE).
    pub include: Vec<Name>,
    /// The predicate of a partial index.
    pub predicate: Option<T>,
    /// Storage parameters, by name.
    pub parameters: Options,
    /// The tablespace, where it is not the database's own.
    pub tablespace: Option<Name>,
    /// Whether queries may use the index.
    pub validity: Validity,
}

/// How indexes differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IndexAlteration {
    /// Anything that takes another index.
    Definition,
}

impl IndexAlteration {
    pub(super) fn attribute(&self) -> &'static str {
        match self {
            Self::Definition => "columns",
        }
    }
}

impl<T> Index<T> {
    /// Returns the address of the table or materialized view that the index at `own` belongs to.
    pub fn table_address(&self, own: &Address) -> Address {
        let kind = if self.on_view {
            Kind::MaterializedView
        } else {
            Kind::Table
        };
        Address::new(kind, [own.schema_name().clone(), self.table.clone()])
    }

    pub(super) fn map<U>(&self, turn: &mut impl FnMut(&T) -> U) -> Index<U> {
        let Self {
            table,
            on_view,
            method,
            unique,
            nulls_not_distinct,
            elements,
            include,
            predicate,
            parameters,
            tablespace,
            validity,
        } = self;
        Index {
            table: table.clone(),
            on_view: *on_view,
            method: method.clone(),
            unique: *unique,
            nulls_not_distinct: *nulls_not_distinct,
            elements: elements.iter().map(&mut *turn).collect(),
            include: include.clone(),
            predicate: predicate.as_ref().map(turn),
            parameters: parameters.clone(),
            tablespace: tablespace.clone(),
            validity: *validity,
        }
    }
}

impl<T: Text + Ord> Index<T> {
    /// Returns how the indexes differ.
    pub fn alterations(&self, to: &Self) -> Vec<IndexAlteration> {
        let Self {
            table,
            on_view,
            method,
            unique,
            nulls_not_distinct,
            elements,
            include,
            predicate,
            parameters,
            tablespace,
            validity,
        } = self;
        let same = *table == to.table
            && *on_view == to.on_view
            && *method == to.method
            && *unique == to.unique
            && *nulls_not_distinct == to.nulls_not_distinct
            && *elements == to.elements
            && *include == to.include
            && *predicate == to.predicate
            && *parameters == to.parameters
            && *tablespace == to.tablespace
            && *validity == to.validity;
        if same {
            Vec::new()
        } else {
            vec![IndexAlteration::Definition]
        }
    }
}
