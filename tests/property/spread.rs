//! Partitioned tables of a random state, and those that inherit. Their rows go by `id`, and rows have 1 to 5 in it.

use std::collections::{BTreeMap, BTreeSet};

use fastrand::Rng;
use serde_yaml::{Mapping, Value};

use super::attributes::{Sort, Thing, name};
use super::state::{ColumnSpec, ID, NEW, State, TableSpec, What};
use super::write::{plain, renamed, text};

#[derive(Clone, Debug)]
pub(super) struct Spread {
    by: By,
    /// The first two hold every row that there is.
    pub(super) parts: BTreeMap<u32, Thing>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum By {
    Range,
    List,
    Hash,
}

impl Spread {
    pub(super) fn random(rng: &mut Rng, table: u32) -> Self {
        let by = match rng.u8(..3) {
            0 => By::Hash,
            1 => By::List,
            _ => By::Range,
        };
        let mut parts = BTreeMap::new();
        let count = if by == By::Hash { 2 } else { rng.u32(2..4) };
        for number in 1..=count {
            parts.insert(number, partition(rng, number, table));
        }
        Self { by, parts }
    }

    /// Makes a partition, or takes one away.
    pub(super) fn change(&mut self, rng: &mut Rng, new: u32, table: u32) {
        if self.by == By::Hash {
            return;
        }
        if rng.bool() {
            self.parts.insert(new, partition(rng, new, table));
        } else {
            let at: Vec<u32> = self.parts.keys().copied().collect();
            self.parts.remove(&at[rng.usize(..at.len())]);
        }
        if self.parts.is_empty() {
            self.parts.insert(new, partition(rng, new, table));
        }
    }

    /// Whether every row of before is still there.
    pub(super) fn is_whole(&self) -> bool {
        [1, 2].iter().all(|at| self.parts.contains_key(at))
    }

    fn bound(&self, at: u32) -> String {
        let own = u64::from(at) * 1000;
        match (self.by, at) {
            (By::Hash, _) => format!("WITH (MODULUS 2, REMAINDER {})", at - 1),
            (By::Range, 1) => "FROM (MINVALUE) TO (3)".to_owned(),
            (By::Range, 2) => "FROM (3) TO (1000)".to_owned(),
            (By::List, 1) => "IN (1, 2)".to_owned(),
            (By::List, 2) => "IN (3, 4, 5)".to_owned(),
            (_, 3) => "DEFAULT".to_owned(),
            (By::Range, _) => format!("FROM ({own}) TO ({})", own + 1000),
            (By::List, _) => format!("IN ({own})"),
        }
    }

    /// Writes how rows are spread into a table.
    pub(super) fn write(&self, was: Option<&Self>, map: &mut Mapping) {
        let by = match self.by {
            By::Range => "RANGE (id)",
            By::List => "LIST (id)",
            By::Hash => "HASH (id)",
        };
        map.insert(text("partition_by"), text(by));
        let mut parts = Mapping::new();
        for (at, own) in &self.parts {
            let mut part = plain(own, &["comment", "with"]);
            renamed(&mut part, own, was.and_then(|was| was.parts.get(at)));
            part.insert(text("bound"), text(&self.bound(*at)));
            parts.insert(text(&own.name), Value::Mapping(part));
        }
        map.insert(text("partitions"), Value::Mapping(parts));
    }
}

fn partition(rng: &mut Rng, number: u32, table: u32) -> Thing {
    let own = format!("y{table} {}", name(rng, number));
    Thing::random(rng, Sort::Partition, own)
}

impl TableSpec {
    /// Takes off what a partitioned table cannot have.
    pub(super) fn settle_spread(&mut self) {
        if self.spread.is_none() {
            return;
        }
        self.own.drop_all(&["unlogged", "with", "clustered_on"]);
        for column in self.columns.values_mut() {
            column.own.drop_all(&["not_null not_valid"]);
        }
        self.parts
            .retain(|_, part| part.what != What::Unique(ID) || !part.own.has("temporal"));
        let has_second = self.columns.iter().any(second);
        self.parts.retain(|_, part| match part.what {
            What::Unique(column) => column == ID || has_second,
            What::Index(_) | What::Check(_) | What::Foreign(_) | What::Trigger => true,
        });
        for part in self.parts.values_mut() {
            match part.what {
                What::Unique(column) => {
                    part.own.drop_all(&["temporal"]);
                    if column != ID {
                        part.own.attributes.insert("two", Value::Bool(true));
                        part.own.drop_all(&["include"]);
                    }
                }
                // Made again with a type, a check that is not valid is valid no longer below its table: the server's way.
                What::Check(_) => part.own.drop_all(&["no_inherit", "not_valid"]),
                What::Foreign(_) => part.own.drop_all(&["period"]),
                What::Index(_) | What::Trigger => {}
            }
        }
    }
}

fn second((at, own): (&u32, &ColumnSpec)) -> bool {
    *at != ID && *at < NEW && own.not_null
}

impl State {
    /// Tables inherit from those that stand, and have no column of their own by the name of one that they inherit.
    pub(super) fn settle_inheritance(&mut self) {
        let numbers: Vec<u32> = self.tables.keys().copied().collect();
        for number in numbers {
            let parent = self.tables[&number].inherits;
            let stands = parent.is_some_and(|at| {
                let parent = self.tables.get(&at);
                parent.is_some_and(|own| own.spread.is_none())
            });
            let taken: BTreeSet<String> = self
                .above(number)
                .into_iter()
                .flat_map(|own| own.columns.values())
                .map(|own| own.own.name.clone())
                .collect();
            let Some(table) = self.tables.get_mut(&number) else {
                continue;
            };
            if !stands {
                table.inherits = None;
                continue;
            }
            table.spread = None;
            // Privileges on what comes from another table are not modelled.
            table
                .own
                .attributes
                .insert("grants", Value::Mapping(Mapping::new()));
            for (_, own) in table.columns.iter_mut().filter(|(at, _)| **at != ID) {
                while taken.contains(&own.own.name) {
                    own.own.name.push('+');
                }
            }
        }
        // A change of the type makes a NOT NULL that is not valid again, and with it those below, which were: the server's way.
        let parents: BTreeSet<u32> = self
            .tables
            .values()
            .filter_map(|own| own.inherits)
            .collect();
        for parent in parents {
            let Some(table) = self.tables.get_mut(&parent) else {
                continue;
            };
            for own in table.columns.values_mut() {
                own.own.drop_all(&["not_null not_valid"]);
            }
            for part in table.parts.values_mut() {
                if matches!(part.what, What::Check(_)) {
                    part.own.drop_all(&["not_valid"]);
                }
            }
        }
    }

    /// Returns the tables that one inherits from, the nearest first.
    pub(super) fn above(&self, table: u32) -> Vec<&TableSpec> {
        let mut found = Vec::new();
        let mut at = self.tables.get(&table).and_then(|own| own.inherits);
        while let Some(own) = at.and_then(|at| self.tables.get(&at)) {
            found.push(own);
            at = own.inherits;
        }
        found
    }

    /// Whether a table still has every row, as far as partitions go.
    pub(super) fn has_every_row(&self, table: u32) -> bool {
        let spread = self.tables.get(&table).and_then(|own| own.spread.as_ref());
        spread.is_none_or(Spread::is_whole)
    }
}
