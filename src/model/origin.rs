//! Where an object was written.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::Address;

/// A place in a file; line and column count from 1, columns in characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The file as the person named it.
    pub file: Arc<str>,
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// Where each declared object stands in the files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origins(pub BTreeMap<Address, Place>);

impl Origins {
    /// Returns the place of an object, or of the nearest thing it is part of.
    pub fn of(&self, address: &Address) -> Option<&Place> {
        let candidates = [
            Some(address.clone()),
            address.target(),
            address.attached_to(),
            Some(address.column()),
            Some(address.table()),
        ];
        candidates
            .into_iter()
            .flatten()
            .find_map(|candidate| self.0.get(&candidate))
    }
}
