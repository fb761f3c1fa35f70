//! Partitioned tables and their partitions (manual section 5.12); what tables have from others (5.11 as well).

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Address, Kind, Name, Object, Text};

/// What makes a table a partition of another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Partition<T> {
    /// Schema and name of the partitioned table.
    pub parent: Vec<Name>,
    /// Which rows it holds.
    pub bound: Bound<T>,
}

/// Which rows a partition holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound<T> {
    /// Those that no other partition holds.
    Default,
    /// What follows FOR VALUES: `FROM (…) TO (…)`, `IN (…)`, `WITH (…)`.
    Values(T),
}

impl<T> Partition<T> {
    /// Returns the address of the partitioned table.
    pub fn parent_address(&self) -> Address {
        Address::new(Kind::Table, self.parent.iter().cloned())
    }

    pub(super) fn map<U>(&self, turn: &mut impl FnMut(&T) -> U) -> Partition<U> {
        Partition {
            parent: self.parent.clone(),
            bound: match &self.bound {
                Bound::Default => Bound::Default,
                Bound::Values(text) => Bound::Values(turn(text)),
            },
        }
    }
}

impl<T: Text> Bound<T> {
    /// Returns the bound as a person writes it.
    pub fn spelled(&self) -> &str {
        match self {
            Self::Default => "DEFAULT",
            Self::Values(text) => text.sql(),
        }
    }
}

/// What a partition, or a table that inherits, has from its parents: no objects of its own, as they come and go with those of
/// the parents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inherited<T> {
    /// The parts, under the addresses that they have once the partition is a table by itself.
    pub objects: BTreeMap<Address, Object<T>>,
    /// Where the columns stand.
    pub position: BTreeMap<Address, u16>,
    /// What each part needs beyond the table.
    pub needs: BTreeMap<Address, BTreeSet<Address>>,
    /// Part → the part of the partitioned table that it comes from.
    pub from: BTreeMap<Address, Address>,
    /// Columns and checks that the table has of its own as well: they stay when those above go.
    pub own: BTreeSet<Address>,
    /// The condition that the bound comes to, where it says the same on every server.
    pub condition: Option<T>,
}

impl<T> Default for Inherited<T> {
    fn default() -> Self {
        Self {
            objects: BTreeMap::new(),
            position: BTreeMap::new(),
            needs: BTreeMap::new(),
            from: BTreeMap::new(),
            own: BTreeSet::new(),
            condition: None,
        }
    }
}
