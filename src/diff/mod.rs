//! A level pair in, changes out. Names no kind of object: identity was decided before, and how two objects of a kind
//! differ is theirs to say.

use std::collections::BTreeMap;

use crate::model::{Address, Alteration, Level};

/// One difference between current and desired, at an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// The desired side has it, the current one does not.
    Create,
    /// The current side has it, the desired one does not.
    Drop,
    /// Both have it, with another value of one attribute.
    Alter(Alteration),
}

/// Identifies a change: its address and its number there.
pub type ChangeId = (Address, usize);

/// Every difference, by address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes(pub BTreeMap<ChangeId, Change>);

impl Changes {
    /// Adds a change at an address.
    pub fn add(&mut self, address: &Address, change: Change) {
        let number = self.at(address).count();
        self.0.insert((address.clone(), number), change);
    }

    /// Returns the changes at an address.
    pub fn at<'a>(
        &'a self,
        address: &'a Address,
    ) -> impl Iterator<Item = (&'a ChangeId, &'a Change)> {
        self.0
            .range((address.clone(), 0)..=(address.clone(), usize::MAX))
    }

    /// Says whether the object at the address is created.
    pub fn creates(&self, address: &Address) -> bool {
        self.at(address)
            .any(|(_, change)| *change == Change::Create)
    }

    /// Says whether the object at the address is dropped.
    pub fn drops(&self, address: &Address) -> bool {
        self.at(address).any(|(_, change)| *change == Change::Drop)
    }

    /// Takes away every change at an address.
    pub fn remove(&mut self, address: &Address) {
        self.0.retain(|(own, _), _| own != address);
    }

    /// Says whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Compares the two sides of a level pair.
pub fn diff(level: &Level) -> Changes {
    let mut changes = Changes::default();
    for (address, object) in &level.current.objects {
        match level.desired.objects.get(address) {
            None => changes.add(address, Change::Drop),
            Some(desired) => {
                for alteration in object.alterations(desired) {
                    changes.add(address, Change::Alter(alteration));
                }
            }
        }
    }
    for address in level.desired.objects.keys() {
        if !level.current.objects.contains_key(address) {
            changes.add(address, Change::Create);
        }
    }
    changes
}
