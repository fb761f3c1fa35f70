//! A whole database, or the part of one that matters.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Address, Bound, Hash, Inherited, Kind, Name, Object, Text};

/// A state of a database: objects, and what needs what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound(serialize = "T: Serialize", deserialize = "T: Deserialize<'de>"))]
pub struct Model<T> {
    /// Every object by its address.
    pub objects: BTreeMap<Address, Object<T>>,
    /// Where columns stand in their table: breaks ties for new objects, never compared for existing ones.
    pub position: BTreeMap<Address, u16>,
    /// What each object needs beyond its parent (from `pg_depend`).
    pub needs: BTreeMap<Address, BTreeSet<Address>>,
    /// Partition, or table that inherits → what it has from its parents.
    #[serde(skip, default = "BTreeMap::new")]
    pub inherited: BTreeMap<Address, Inherited<T>>,
}

/// A name space entry that two objects cannot hold at the same time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Slot {
    /// Tables, indexes, sequences and views of a schema share one name space.
    Relation(Name, Name),
    /// Types of a schema; every relation has a row type.
    Type(Name, Name),
    /// The constraints of a table.
    Constraint(Address, Name),
    /// Functions of one name: a call may mean any of them while both stand.
    Function(Name, Name),
    /// A table has one primary key.
    PrimaryKey(Address),
    /// What a column gets by itself: a default or an identity.
    Given(Address),
    /// The default of its kind: for two encodings in a schema, for a type and an access method.
    Default(Vec<String>),
}

/// A retired thing: where it was, and where its contents are now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retired {
    /// The address it had, spelled with the name its parent has now.
    pub was: Address,
    /// The address it has.
    pub place: Address,
    /// The revision that retired it; absent inside a plan.
    pub revision: Option<i64>,
}

/// An object or attribute that was found and is not modelled.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Unmodelled {
    /// The manual's word for what it is: `trigger`, `foreign key`, `identity column`.
    pub kind: String,
    /// Its name, as a person would write it.
    pub name: String,
    /// The table or view it sits on, where it does.
    pub on: Option<Address>,
}

impl<T> Default for Model<T> {
    fn default() -> Self {
        Self {
            objects: BTreeMap::new(),
            position: BTreeMap::new(),
            needs: BTreeMap::new(),
            inherited: BTreeMap::new(),
        }
    }
}

impl<T: Text + Ord + Serialize> Model<T> {
    /// Returns the address of an object's parent, where the object is there and has one.
    pub fn parent(&self, address: &Address) -> Option<Address> {
        self.objects.get(address)?.parent(address)
    }

    /// Returns everything an object needs to stand: its parent and what it leans on.
    pub fn needs_of(&self, address: &Address) -> BTreeSet<Address> {
        let mut needs = self.needs.get(address).cloned().unwrap_or_default();
        needs.extend(self.parent(address));
        needs
    }

    /// Returns, for every object, the objects that need it (parts included).
    pub fn needed_by(&self) -> BTreeMap<Address, BTreeSet<Address>> {
        let mut needed: BTreeMap<Address, BTreeSet<Address>> = BTreeMap::new();
        for address in self.objects.keys() {
            for need in self.needs_of(address) {
                needed.entry(need).or_default().insert(address.clone());
            }
        }
        needed
    }

    /// Returns the top-level object (or schema) that an object is part of: itself, its table, its view.
    pub fn unit_of(&self, address: &Address) -> Address {
        let mut unit = address.clone();
        while !unit.kind().is_top_level() {
            match self.parent(&unit) {
                Some(parent) => unit = parent,
                None => break,
            }
        }
        unit
    }

    /// Returns the objects grouped by the unit they are part of.
    pub fn units(&self) -> BTreeMap<Address, BTreeSet<Address>> {
        let mut units: BTreeMap<Address, BTreeSet<Address>> = BTreeMap::new();
        for address in self.objects.keys() {
            units
                .entry(self.unit_of(address))
                .or_default()
                .insert(address.clone());
        }
        units
    }

    /// Returns what has the path of an object, or one that begins with it: the object itself and its parts among them.
    pub fn below<'a>(
        &'a self,
        whole: &'a Address,
    ) -> impl Iterator<Item = (&'a Address, &'a Object<T>)> {
        let first = Address::new(Kind::Schema, whole.path().iter().cloned());
        let all = self.objects.range(first..);
        all.take_while(|(address, _)| address.path().starts_with(whole.path()))
    }

    /// Returns the columns of a table in their order.
    pub fn columns_of(&self, table: &Address) -> Vec<Address> {
        let mut columns: Vec<Address> = self
            .below(table)
            .filter(|(address, _)| address.kind() == Kind::Column)
            .map(|(address, _)| address.clone())
            .collect();
        columns.sort_by_key(|column| {
            (
                self.position.get(column).copied().unwrap_or(u16::MAX),
                column.clone(),
            )
        });
        columns
    }

    /// Returns the fingerprint of one object; of what is absent as well.
    pub fn fingerprint(&self, address: &Address) -> Hash {
        if address.default_list().as_ref() == Some(address) {
            let all = self.objects.iter();
            let all = all.filter(|(own, _)| own.default_list().as_ref() == Some(address));
            return Hash::of(&all.collect::<Vec<_>>());
        }
        Hash::of(&self.objects.get(address))
    }

    /// Returns the fingerprint of all objects. Column positions do not count: they are not compared.
    pub fn fingerprint_of_all(&self) -> Hash {
        Hash::of(&self.objects)
    }

    /// Keeps the objects that `keep` says yes to, and their positions and needs.
    pub fn retain(&mut self, mut keep: impl FnMut(&Address) -> bool) {
        self.objects.retain(|address, _| keep(address));
        let objects = &self.objects;
        self.position
            .retain(|address, _| objects.contains_key(address));
        self.needs
            .retain(|address, _| objects.contains_key(address));
        self.inherited
            .retain(|address, _| objects.contains_key(address));
    }

    /// Returns the partitioned table that a table is a partition of.
    pub fn partitioned(&self, table: &Address) -> Option<Address> {
        let Object::Table(own) = self.objects.get(table)? else {
            return None;
        };
        Some(own.partition_of.as_ref()?.parent_address())
    }

    /// Returns the tables that a table has columns from: the one that it is a partition of, or those that it inherits from.
    pub fn parents(&self, table: &Address) -> Vec<Address> {
        let Some(Object::Table(own)) = self.objects.get(table) else {
            return Vec::new();
        };
        let of = own
            .partition_of
            .iter()
            .map(super::Partition::parent_address);
        of.chain(own.inherits_from()).collect()
    }

    /// Returns the tables that a table has columns from, by others as well, each once, the nearest first. It has more of them than
    /// any of them has.
    pub fn above(&self, table: &Address) -> Vec<Address> {
        let mut above: Vec<Address> = Vec::new();
        let mut seen: BTreeSet<Address> = BTreeSet::new();
        let mut near = self.parents(table);
        while !near.is_empty() {
            near.retain(|own| seen.insert(own.clone()));
            let next = near.iter().flat_map(|own| self.parents(own)).collect();
            above.append(&mut near);
            near = next;
        }
        above
    }

    /// Returns the partitioned table at the top, for a partition; the table itself otherwise.
    pub fn root_of(&self, table: &Address) -> Address {
        let above = std::iter::successors(self.partitioned(table), |own| self.partitioned(own));
        let root = above.take(self.objects.len()).last();
        root.unwrap_or_else(|| table.clone())
    }

    /// Returns the columns of a table in their order, those that it has from other tables first, under the addresses that
    /// they have there.
    pub fn all_columns_of(&self, table: &Address) -> Vec<Address> {
        let mut all: Vec<Address> = Vec::new();
        let mut wholes = self.above(table);
        wholes.reverse();
        for whole in wholes.iter().chain([table]) {
            for column in self.columns_of(whole) {
                if !all.iter().any(|own| own.name() == column.name()) {
                    all.push(column);
                }
            }
        }
        all
    }

    /// Returns, for every table that hands columns down, those that have them from it at once.
    pub fn handing_down(&self) -> BTreeMap<Address, Vec<Address>> {
        let mut all: BTreeMap<Address, Vec<Address>> = BTreeMap::new();
        for own in self.objects.keys().filter(|own| own.kind() == Kind::Table) {
            for parent in self.parents(own) {
                all.entry(parent).or_default().push(own.clone());
            }
        }
        all
    }

    /// Returns the tables that have columns from a table, its partitions or those that inherit from it, by others as well,
    /// each once: those above before those below.
    pub fn children_of(&self, table: &Address) -> Vec<Address> {
        let handing_down = self.handing_down();
        let mut seen: BTreeSet<&Address> = BTreeSet::new();
        let mut waiting: Vec<&Address> = vec![table];
        while let Some(own) = waiting.pop() {
            let near = handing_down.get(own).into_iter().flatten();
            waiting.extend(near.filter(|child| seen.insert(child)));
        }
        let mut all: Vec<Address> = seen.into_iter().cloned().collect();
        if all.len() > 1 {
            all.sort_by_cached_key(|own| self.above(own).len());
        }
        all
    }

    /// Says whether a table is a partition that others make: of one of these, or of a partition of one.
    pub fn is_left_to_others(&self, table: &Address, left: &BTreeSet<Address>) -> bool {
        !left.is_empty() && self.above(table).iter().any(|own| left.contains(own))
    }

    /// Returns a table with what has to be said when it is made: a partition gets the tablespace and the access method of its table
    /// where nothing is said.
    pub fn said_when_made(&self, object: &Object<T>) -> Object<T>
    where
        T: Clone,
    {
        let mut object = object.clone();
        if let Object::Table(own) = &mut object
            && let Some(of) = &own.partition_of
            && let Some(Object::Table(above)) = self.objects.get(&of.parent_address())
        {
            if above.tablespace.is_some() {
                let plain = || Name::new("pg_default");
                own.tablespace.get_or_insert_with(plain);
            }
            if above.access_method.is_some() {
                own.access_method.get_or_insert_with(|| Name::new("heap"));
            }
        }
        object
    }

    /// Says whether the rows of a table are elsewhere.
    pub fn is_foreign(&self, table: &Address) -> bool {
        matches!(self.objects.get(table), Some(Object::Table(own)) if own.foreign.is_some())
    }

    /// Says whether a table has partitions.
    pub fn is_partitioned(&self, table: &Address) -> bool {
        matches!(self.objects.get(table), Some(Object::Table(own)) if own.partition_by.is_some())
    }

    /// Returns what partitions have from their tables: no objects of their own, but for comparing them with tables.
    pub fn handed_down(&self) -> BTreeSet<&Address> {
        let partitions = self.inherited.iter();
        let partitions = partitions.filter(|(table, _)| !self.parents(table).is_empty());
        partitions.flat_map(|(_, own)| own.objects.keys()).collect()
    }

    /// Returns the partitions of a table, those below them after each.
    pub fn partitions_of(&self, table: &Address) -> Vec<Address> {
        if !self.is_partitioned(table) {
            return Vec::new();
        }
        let own = self.objects.keys().filter(|own| {
            own.kind() == Kind::Table && self.partitioned(own).as_ref() == Some(table)
        });
        let mut all = Vec::new();
        for partition in own {
            all.push(partition.clone());
            all.extend(self.partitions_of(partition));
        }
        all
    }

    /// Returns the partition that takes the rows no other one takes.
    pub fn default_partition(&self, table: &Address) -> Option<Address> {
        let mut all = self.objects.iter();
        let found = all.find(|(_, object)| {
            let Object::Table(own) = object else {
                return false;
            };
            let own = own.partition_of.as_ref();
            own.is_some_and(|own| {
                matches!(own.bound, Bound::Default) && own.parent_address() == *table
            })
        });
        found.map(|(address, _)| address.clone())
    }

    /// Replaces what `scope` covers by what `patch` holds of it: what scratch read is a patch on the whole model.
    pub fn overlay(&mut self, scope: &BTreeSet<Address>, patch: &Self) {
        self.retain(|address| !scope.contains(address));
        for address in patch
            .objects
            .keys()
            .filter(|address| scope.contains(address))
        {
            self.objects
                .insert(address.clone(), patch.objects[address].clone());
            if let Some(position) = patch.position.get(address) {
                self.position.insert(address.clone(), *position);
            }
            if let Some(needs) = patch.needs.get(address) {
                self.needs.insert(address.clone(), needs.clone());
            }
            if let Some(own) = patch.inherited.get(address) {
                self.inherited.insert(address.clone(), own.clone());
            }
        }
    }
}
