//! What has to be built: what changes or moves, all that needs it, and what that leans on, at the finest grain.

use std::collections::BTreeSet;

use crate::model::{Address, Kind, Model, Text, Written};

/// What is built on scratch.
#[derive(Clone, Debug, Default)]
pub(super) struct Closure {
    /// Units whose settled prints replace what was read.
    pub(super) full: BTreeSet<Address>,
    /// Objects that only have to be there: columns and keys of tables that others lean on.
    pub(super) stubs: BTreeSet<Address>,
}

impl Closure {
    /// Finds what has to be built around the seeds, in a model that holds both sides under the names after the moves.
    pub(super) fn around(
        seeds: BTreeSet<Address>,
        both: &Model<Written>,
        texts: &[Written],
    ) -> Self {
        let needed_by = both.needed_by();
        let units = both.units();
        let mut full: BTreeSet<Address> = BTreeSet::new();
        let mut queue: Vec<Address> = seeds.into_iter().collect();
        while let Some(unit) = queue.pop() {
            if !full.insert(unit.clone()) {
                continue;
            }
            for member in units.get(&unit).into_iter().flatten() {
                // What a schema holds is no dependent that has to be printed again.
                if member.kind() == Kind::Schema {
                    continue;
                }
                for dependent in needed_by.get(member).into_iter().flatten() {
                    queue.push(both.unit_of(dependent));
                }
            }
        }
        let mut closure = Self {
            full,
            stubs: BTreeSet::new(),
        };
        let mentioned: Vec<Address> = units
            .keys()
            .filter(|unit| unit.kind() != Kind::Schema && !closure.full.contains(*unit))
            .filter(|unit| {
                texts
                    .iter()
                    .any(|text| mentions(text.sql(), unit.name().as_str()))
            })
            .cloned()
            .collect();
        let needs: Vec<Address> = closure
            .full
            .iter()
            .flat_map(|unit| units.get(unit).into_iter().flatten())
            .flat_map(|member| both.needs_of(member))
            .map(|need| both.unit_of(&need))
            .chain(mentioned)
            .collect();
        closure.lean_on(needs, both);
        let schemas: BTreeSet<Address> = closure
            .full
            .iter()
            .chain(&closure.stubs)
            .filter(|address| address.kind() != Kind::Schema)
            .map(Address::schema)
            .collect();
        closure.stubs.extend(schemas);
        closure
    }

    /// Adds what is only leaned on: tables with types and keys, views whole, and what those lean on in turn.
    fn lean_on(&mut self, mut queue: Vec<Address>, both: &Model<Written>) {
        let units = both.units();
        let mut seen: BTreeSet<Address> = BTreeSet::new();
        while let Some(unit) = queue.pop() {
            if self.full.contains(&unit) || !seen.insert(unit.clone()) {
                continue;
            }
            for member in units.get(&unit).into_iter().flatten() {
                let needed = match member.kind() {
                    Kind::Schema
                    | Kind::Table
                    | Kind::Column
                    | Kind::NotNull
                    | Kind::PrimaryKey
                    | Kind::View => true,
                    Kind::Default | Kind::Check | Kind::Index | Kind::Comment => false,
                };
                if needed {
                    self.stubs.insert(member.clone());
                    queue.extend(both.needs_of(member).iter().map(|need| both.unit_of(need)));
                }
            }
        }
    }

    /// Takes everything.
    pub(super) fn everything(both: &Model<Written>) -> Self {
        Self {
            full: both.units().into_keys().collect(),
            stubs: BTreeSet::new(),
        }
    }

    /// Says whether the object is built.
    pub(super) fn builds<T: Text + Ord + serde::Serialize>(
        &self,
        model: &Model<T>,
        address: &Address,
    ) -> bool {
        self.stubs.contains(address) || self.full.contains(&model.unit_of(address))
    }

    /// Returns the part of a model that is built.
    pub(super) fn part_of<T: Text + Ord + serde::Serialize>(&self, model: &Model<T>) -> Model<T> {
        let mut part = model.clone();
        part.retain(|address| self.builds(model, address));
        part
    }

    /// Returns the addresses of a model whose settled prints count.
    pub(super) fn scope_of<T: Text + Ord + serde::Serialize>(
        &self,
        model: &Model<T>,
    ) -> BTreeSet<Address> {
        model
            .objects
            .keys()
            .filter(|address| self.full.contains(&model.unit_of(address)))
            .cloned()
            .collect()
    }
}

/// Says whether a name occurs in a text, folded too: more than enough, never too little.
fn mentions(text: &str, name: &str) -> bool {
    text.contains(name) || text.to_lowercase().contains(&name.to_lowercase())
}
