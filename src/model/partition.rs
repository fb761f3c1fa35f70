//! Partitioned tables and their partitions (manual section 5.12); what tables have from others (5.11 as well).

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Address, Kind, Model, Name, NotNull, Object, Text, Validity};

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

impl<T> Object<T> {
    /// Returns the table that a part of one is on: an index has its name beside it.
    pub fn table(&self, address: &Address) -> Address {
        if let Self::Index(own) = self {
            own.table_address(address)
        } else {
            address.table()
        }
    }

    /// Returns the index that this is, or that a key has.
    pub fn index(&self, address: &Address) -> Option<Address> {
        let name = if let Self::Index(_) | Self::Unique(_) | Self::Exclusion(_) = self {
            address.name()
        } else if let Self::PrimaryKey(own) = self {
            own.name.as_ref()?
        } else {
            return None;
        };
        let path = [address.schema_name(), name].map(Clone::clone);
        Some(Address::new(Kind::Index, path))
    }

    /// Returns what a partition has of this index or key of its table, under the name that it has for it.
    pub fn of_partition(&self, whole: &Address, partition: &Address, name: &Name) -> (Address, Self)
    where
        T: Clone,
    {
        let mut object = self.clone();
        let address = if let Self::Index(own) = &mut object {
            own.table = partition.name().clone();
            let path = [partition.schema_name(), name].map(Clone::clone);
            Address::new(Kind::Index, path)
        } else if let Self::PrimaryKey(own) = &mut object {
            own.name = Some(name.clone());
            partition.with_kind(Kind::PrimaryKey)
        } else {
            partition.part(whole.kind(), name)
        };
        (address, object)
    }
}

impl<T: Text + Ord + Serialize> Model<T> {
    /// Returns the indexes that a partition has from the tables above it, those of keys among them: by what each comes from.
    pub fn indexes_from_above(&self, partition: &Address) -> BTreeMap<Address, Address> {
        let Some(own) = self.inherited.get(partition) else {
            return BTreeMap::new();
        };
        let parts = own.objects.iter();
        let indexes = parts.filter_map(|(address, object)| Some((address, object.index(address)?)));
        let from = indexes.filter_map(|(part, index)| Some((self.origin(partition, part)?, index)));
        from.collect()
    }

    /// Follows a part of a partition up to the object that it comes from.
    pub fn origin(&self, partition: &Address, part: &Address) -> Option<Address> {
        let mut table = partition.clone();
        let mut part = part.clone();
        loop {
            part = self.inherited.get(&table)?.from.get(&part)?.clone();
            if self.objects.contains_key(&part) {
                return Some(part);
            }
            table = self.partitioned(&table)?;
        }
    }

    /// Returns the names that a partition asks for, in the order in which the indexes of its table are made: of equal ones, the first one
    /// becomes a part of the first one above.
    pub fn index_names_of(&self, partition: &Address) -> Vec<(&Address, &Name)> {
        let Some(Object::Table(own)) = self.objects.get(partition) else {
            return Vec::new();
        };
        let mut all: Vec<(&Address, &Name)> = own.index_names.iter().collect();
        all.sort_by_key(|(whole, _)| (self.position.get(*whole), *whole));
        all
    }

    /// Returns what a table hands down that has an index, under the name that a partition has for it: an index or key on the partition.
    pub fn as_of_partition(
        &self,
        whole: &Address,
        partition: &Address,
        name: &Name,
    ) -> Option<(Address, Object<T>)>
    where
        T: Clone,
    {
        let object = self.objects.get(whole)?;
        Some(object.of_partition(whole, partition, name))
    }

    /// Returns the NOT NULLs that partitions have for themselves, and not from their tables.
    pub fn own_not_nulls(&self) -> BTreeSet<Address> {
        let parts = self.inherited.iter().flat_map(|(table, own)| {
            let is_partition = self.partitioned(table).is_some();
            let parts = own.objects.keys().filter(move |_| is_partition);
            parts.filter(|part| part.kind() == Kind::NotNull && !own.from.contains_key(*part))
        });
        parts.cloned().collect()
    }

    /// Returns the NOT NULLs that a partition is made with, by column: those that it calls by names of its own, and those above that existing
    /// rows need not meet.
    pub fn not_nulls_of_partition(&self, partition: &Address) -> BTreeMap<Name, NotNull> {
        let mut all: BTreeMap<Name, NotNull> = BTreeMap::new();
        for table in self.above(partition).iter().rev() {
            for (address, object) in self.below(table) {
                if let Object::NotNull(own) = object {
                    all.insert(address.name().clone(), own.clone());
                }
            }
        }
        let asked = match self.objects.get(partition) {
            Some(Object::Table(own)) => own.not_null_names.clone(),
            _ => BTreeMap::new(),
        };
        all.retain(|column, own| asked.contains_key(column) || own.validity == Validity::NotValid);
        for (column, name) in asked {
            let own = all.entry(column).or_insert(NotNull {
                name: None,
                validity: Validity::Valid,
                no_inherit: false,
            });
            own.name = Some(name);
        }
        all
    }
}
