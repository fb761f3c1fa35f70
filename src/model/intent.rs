//! What a person asks for that SQL has no word for.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Address, Name, Written};

/// Intent: used while planning, never compared, kept with every revision.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    /// New address → the address it had, spelled in the tables and schemas as declared.
    pub renamed_from: BTreeMap<Address, Address>,
    /// Column → the expression that fills existing rows before NOT NULL is enforced.
    pub backfill: BTreeMap<Address, Written>,
    /// Column → the conversion of a type change (`using`).
    pub using: BTreeMap<Address, Written>,
    /// Column → the conversion back (`using_back`).
    pub using_back: BTreeMap<Address, Written>,
    /// Enumerated type → the label that rows with a label that goes get, by that.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub remap: BTreeMap<Address, BTreeMap<String, String>>,
    /// Objects that nothing may retire, drop or rewrite, whatever is allowed.
    pub protect: BTreeSet<Address>,
    /// Partitioned tables whose partitions others make.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub unmanaged_partitions: BTreeSet<Address>,
    /// Partitions whose NOT NULLs get the names of a table by itself, where they are made.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub own_not_null_names: BTreeSet<Address>,
    /// NOT NULL that a partition has from its table → the name that files give it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub not_null_names: BTreeMap<Address, Name>,
    /// NOT NULLs that partitions have for themselves, and keep when those of their tables go: on the way back.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub own_not_nulls: BTreeSet<Address>,
}
