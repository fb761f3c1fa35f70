//! A random state of a database. Things have numbers; their names are looked up, so that a thing keeps its number when it
//! is renamed.

use std::collections::BTreeMap;

use fastrand::Rng;

use super::attributes::{Sort, Thing, name};
use super::small::SmallSpec;
use super::spread::Spread;
use super::table::table_has_ranges;
use super::types::{CompositeSpec, RangeSpec};

/// Things made by a change have numbers from here on: their tables are empty, their columns all of one value.
pub(super) const NEW: u32 = 20;
/// The column of numbers that every table has.
pub(super) const ID: u32 = 1;
/// No fewer than there are keys of attributes.
const KEYS: u32 = 130;
/// The columns of a table whose keys hold for a time.
pub(super) const RANGES: [u32; 2] = [15, 16];

#[derive(Clone, Debug, Default)]
pub(super) struct State {
    pub(super) schemas: BTreeMap<u32, Thing>,
    pub(super) enums: BTreeMap<u32, EnumSpec>,
    pub(super) domains: BTreeMap<u32, DomainSpec>,
    pub(super) ranges: BTreeMap<u32, RangeSpec>,
    pub(super) composites: BTreeMap<u32, CompositeSpec>,
    pub(super) collations: BTreeMap<u32, Thing>,
    pub(super) sequences: BTreeMap<u32, Thing>,
    pub(super) functions: BTreeMap<u32, FunctionSpec>,
    pub(super) tables: BTreeMap<u32, TableSpec>,
    pub(super) views: BTreeMap<u32, ViewSpec>,
    pub(super) small: BTreeMap<u32, SmallSpec>,
}

#[derive(Clone, Debug)]
pub(super) struct EnumSpec {
    pub(super) own: Thing,
    /// Number → label; the order is that of `order`.
    pub(super) labels: BTreeMap<u32, String>,
    pub(super) order: Vec<u32>,
}

#[derive(Clone, Debug)]
pub(super) struct DomainSpec {
    pub(super) own: Thing,
    /// Whether it is made of `bigint`, or else of `integer`.
    pub(super) wide: bool,
}

#[derive(Clone, Debug)]
pub(super) struct FunctionSpec {
    pub(super) own: Thing,
    pub(super) adds: u32,
}

#[derive(Clone, Debug)]
pub(super) struct TableSpec {
    pub(super) own: Thing,
    pub(super) schema: u32,
    pub(super) columns: BTreeMap<u32, ColumnSpec>,
    pub(super) key: Option<Thing>,
    pub(super) parts: BTreeMap<u32, Part>,
    /// The table that it has columns from beside its own, `id` among them.
    pub(super) inherits: Option<u32>,
    /// How it is partitioned.
    pub(super) spread: Option<Spread>,
}

#[derive(Clone, Debug)]
pub(super) struct Part {
    pub(super) own: Thing,
    pub(super) what: What,
}

/// What a part of a table is, with the column or table that it is about.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum What {
    Unique(u32),
    Index(u32),
    Check(u32),
    Foreign(u32),
    Trigger,
}

#[derive(Clone, Debug)]
pub(super) struct ColumnSpec {
    pub(super) own: Thing,
    pub(super) kind: Type,
    pub(super) default: bool,
    pub(super) sequence: Option<u32>,
    pub(super) not_null: bool,
    /// The collation of ours that it is ordered by.
    pub(super) collated: Option<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Type {
    Integer,
    Bigint,
    Text,
    Varchar,
    Date,
    Enum(u32),
    Domain(u32),
    Range(u32),
    Composite(u32),
    NumberRange,
    DateRange,
}

#[derive(Clone, Debug)]
pub(super) struct ViewSpec {
    pub(super) own: Thing,
    pub(super) table: u32,
    pub(super) columns: Vec<u32>,
    pub(super) function: Option<u32>,
}

impl What {
    pub(super) fn sort(self) -> Sort {
        match self {
            Self::Unique(_) => Sort::Unique,
            Self::Index(_) => Sort::Index,
            Self::Check(_) => Sort::Check,
            Self::Foreign(_) => Sort::Foreign,
            Self::Trigger => Sort::Trigger,
        }
    }

    fn column(self) -> Option<u32> {
        match self {
            Self::Unique(column) | Self::Index(column) | Self::Check(column) => Some(column),
            Self::Foreign(_) | Self::Trigger => None,
        }
    }
}

/// Draws one of a map's numbers.
pub(super) fn any<T>(rng: &mut Rng, of: &BTreeMap<u32, T>) -> Option<u32> {
    let keys: Vec<u32> = of.keys().copied().collect();
    (!keys.is_empty()).then(|| keys[rng.usize(..keys.len())])
}

impl State {
    pub(super) fn random(rng: &mut Rng) -> Self {
        let mut state = Self::default();
        let app = Thing::random(rng, Sort::Schema, "app".to_owned());
        state.schemas.insert(1, app);
        if rng.bool() {
            let own = name(rng, 2);
            state
                .schemas
                .insert(2, Thing::random(rng, Sort::Schema, own));
        }
        for number in 1..=rng.u32(0..3) {
            let own = EnumSpec::random(rng, number);
            state.enums.insert(number, own);
        }
        for number in 1..=rng.u32(0..3) {
            let own = DomainSpec::random(rng, number);
            state.domains.insert(number, own);
        }
        for number in 1..=rng.u32(0..3) {
            let own = RangeSpec::random(rng, number);
            state.ranges.insert(number, own);
        }
        for number in 1..=rng.u32(0..3) {
            let own = CompositeSpec::random(rng, number);
            state.composites.insert(number, own);
        }
        for number in 1..=rng.u32(0..3) {
            let own = format!("l_{}", name(rng, number));
            let own = Thing::random(rng, Sort::Collation, own);
            state.collations.insert(number, own);
        }
        for number in 1..=rng.u32(0..3) {
            let own = format!("s_{}", name(rng, number));
            state
                .sequences
                .insert(number, Thing::random(rng, Sort::Sequence, own));
        }
        for number in 1..=rng.u32(0..3) {
            let own = FunctionSpec::random(rng, number);
            state.functions.insert(number, own);
        }
        for number in 1..=rng.u32(1..5) {
            let own = TableSpec::random(rng, number, &state);
            state.tables.insert(number, own);
        }
        for number in 1..=rng.u32(0..3) {
            if let Some(own) = ViewSpec::random(rng, number, &state) {
                state.views.insert(number, own);
            }
        }
        for number in 1..=rng.u32(0..5) {
            if let Some(own) = SmallSpec::random(rng, number, &state) {
                state.small.insert(number, own);
            }
        }
        state.consistent()
    }

    /// Takes away what leans on something that is gone, and what does not go together.
    pub(super) fn consistent(mut self) -> Self {
        let schemas: Vec<u32> = self.schemas.keys().copied().collect();
        self.tables.retain(|_, own| schemas.contains(&own.schema));
        self.settle_inheritance();
        for own in self.functions.values_mut() {
            own.settle();
        }
        for table in self.tables.values_mut() {
            table.columns.retain(|_, own| match own.kind {
                Type::Enum(at) => self.enums.contains_key(&at),
                Type::Domain(at) => self.domains.contains_key(&at),
                Type::Range(at) => self.ranges.contains_key(&at),
                Type::Composite(at) => self.composites.contains_key(&at),
                Type::Integer
                | Type::Bigint
                | Type::Text
                | Type::Varchar
                | Type::Date
                | Type::NumberRange
                | Type::DateRange => true,
            });
            let identity = table
                .columns
                .iter()
                .filter(|(_, own)| own.own.has("identity"))
                .map(|(at, _)| *at)
                .next();
            for (at, column) in &mut table.columns {
                column.sequence = column
                    .sequence
                    .filter(|own| self.sequences.contains_key(own));
                column.collated = column
                    .collated
                    .filter(|own| self.collations.contains_key(own));
                if identity != Some(*at) {
                    column.own.drop_all(&["identity"]);
                }
                column.settle(*at);
            }
            table.settle_spread();
        }
        let owned: Vec<(u32, bool)> = self
            .tables
            .iter()
            .map(|(at, own)| (*at, own.schema == 1))
            .collect();
        for (at, own) in &mut self.sequences {
            let goes = owned.iter().any(|(table, at_home)| table == at && *at_home);
            if !goes {
                own.drop_all(&["owned_by"]);
            }
        }
        self.settle_keys();
        let functions: Vec<u32> = self.functions.keys().copied().collect();
        let sets: Vec<u32> = self
            .functions
            .iter()
            .filter(|(_, own)| own.returns().starts_with("SETOF"))
            .map(|(at, _)| *at)
            .collect();
        let tables = self.tables.clone();
        self.views.retain(|_, own| tables.contains_key(&own.table));
        for own in self.views.values_mut() {
            own.columns
                .retain(|column| tables[&own.table].columns.contains_key(column));
            own.function = own.function.filter(|at| functions.contains(at));
            if own.function.is_some_and(|at| sets.contains(&at)) || own.own.has("instead") {
                own.own.drop_all(&["check_option"]);
            }
        }
        self.views.retain(|_, own| !own.columns.is_empty());
        self.settle_small();
        self
    }

    /// Keys that are referred to are plain ones, and what refers to them is of the same permanence.
    fn settle_keys(&mut self) {
        for table in self.tables.values_mut() {
            let columns = &table.columns;
            table.parts.retain(|_, part| {
                let column = part.what.column();
                column.is_none_or(|column| columns.contains_key(&column))
                    && part.is_possible_key(columns)
            });
        }
        let whole = self.clone();
        let tables = self.tables.clone();
        let callable: Vec<u32> = self
            .functions
            .iter()
            .filter(|(_, own)| !own.returns().starts_with("SETOF"))
            .map(|(at, _)| *at)
            .collect();
        for (number, table) in &mut self.tables {
            let columns = table.columns.clone();
            let is_unlogged = table.own.has("unlogged");
            table.parts.retain(|_, part| match part.what {
                What::Foreign(to) => tables.get(&to).is_some_and(|target| {
                    let is_filled = to < NEW || *number >= NEW;
                    let has_key = match part.own.has("period") {
                        true => target.covers() && table_has_ranges(&columns),
                        false => target.key.is_some(),
                    };
                    is_filled
                        && has_key
                        && whole.has_every_row(to)
                        && (is_unlogged || !target.own.has("unlogged"))
                }),
                What::Unique(_) | What::Index(_) | What::Check(_) | What::Trigger => true,
            });
            for part in table.parts.values_mut() {
                part.settle(&columns, &callable);
            }
            let other = columns
                .iter()
                .find(|(at, own)| **at != ID && **at < NEW && own.not_null && own.is_plain());
            if let Some(key) = &mut table.key {
                if other.is_none() {
                    key.drop_all(&["two", "include"]);
                }
                if key.has("two") {
                    key.drop_all(&["include"]);
                }
            }
        }
        let referred: Vec<u32> = self
            .tables
            .values()
            .flat_map(|own| own.parts.values())
            .filter_map(|part| match part.what {
                What::Foreign(to) => Some(to),
                What::Unique(_) | What::Index(_) | What::Check(_) | What::Trigger => None,
            })
            .collect();
        for (at, table) in &mut self.tables {
            if referred.contains(at) {
                if let Some(key) = &mut table.key {
                    key.drop_all(&["deferrable", "two"]);
                }
                for part in table.parts.values_mut() {
                    if part.own.text("temporal").is_some() || part.own.has("temporal") {
                        part.own.drop_all(&["deferrable"]);
                    }
                }
            }
        }
    }

    /// Returns the columns that change their values on the way to another state and do not get them back, and those
    /// that only change them.
    pub(super) fn values_changed_by(&self, desired: &Self) -> (Vec<Vec<String>>, Vec<Vec<String>>) {
        let (mut lost, mut converted) = (Vec::new(), Vec::new());
        for (number, table) in &self.tables {
            for (at, column) in &table.columns {
                let then = desired.tables.get(number);
                let then = then.and_then(|table| table.columns.get(at));
                let path = || {
                    vec![
                        self.schemas[&table.schema].name.clone(),
                        table.own.name.clone(),
                        column.own.name.clone(),
                    ]
                };
                let labels = |state: &Self| match column.kind {
                    Type::Enum(own) => state.enums.get(&own).map(|own| own.labels.clone()),
                    Type::Integer
                    | Type::Bigint
                    | Type::Text
                    | Type::Varchar
                    | Type::Date
                    | Type::Domain(_)
                    | Type::Range(_)
                    | Type::Composite(_)
                    | Type::NumberRange
                    | Type::DateRange => None,
                };
                let attributes = |state: &Self| match column.kind {
                    Type::Composite(own) => {
                        state.composites.get(&own).map(|own| (own.wide, own.third))
                    }
                    Type::Integer
                    | Type::Bigint
                    | Type::Text
                    | Type::Varchar
                    | Type::Date
                    | Type::Enum(_)
                    | Type::Domain(_)
                    | Type::Range(_)
                    | Type::NumberRange
                    | Type::DateRange => None,
                };
                let generated = |own: &ColumnSpec| own.own.text("generated").map(str::to_owned);
                let Some(then) = then else {
                    // A computed one is dropped; a label is renamed in what is set aside too.
                    let altered = attributes(self) != attributes(desired);
                    if generated(column).is_some() || labels(self) != labels(desired) || altered {
                        converted.push(path());
                    }
                    continue;
                };
                if then.not_null && !column.not_null && !then.own.has("not_null not_valid") {
                    lost.push(path());
                }
                let same =
                    labels(self) == labels(desired) && attributes(self) == attributes(desired);
                if !same || generated(column) != generated(then) {
                    converted.push(path());
                }
            }
        }
        (lost, converted)
    }

    /// Leaves the `at`-th part out; `None` where there is none. Both states of a pair have the same parts first.
    pub(super) fn without(&self, at: usize) -> Option<Self> {
        let mut state = self.clone();
        let mut parts: Vec<(u8, u32, u32)> = Vec::new();
        for number in 1..40 {
            parts.extend([13, 0, 1, 2, 3, 4, 5, 9, 10, 11, 12].map(|kind| (kind, number, 0)));
        }
        for table in 1..40 {
            parts.extend((2..40).map(|column| (6, table, column)));
            parts.extend((1..40).map(|part| (7, table, part)));
            parts.push((14, table, 0));
            parts.extend((3..40).map(|part| (15, table, part)));
        }
        parts.extend((0..KEYS).map(|key| (8, key, 0)));
        let (kind, number, part) = *parts.get(at)?;
        match kind {
            0 => drop(state.views.remove(&number)),
            1 => drop(state.tables.remove(&number)),
            2 => drop(state.functions.remove(&number)),
            3 => drop(state.sequences.remove(&number)),
            4 => drop(state.enums.remove(&number)),
            9 => drop(state.domains.remove(&number)),
            10 => drop(state.ranges.remove(&number)),
            11 => drop(state.composites.remove(&number)),
            12 => drop(state.collations.remove(&number)),
            13 => drop(state.small.remove(&number)),
            14 => {
                if let Some(own) = state.tables.get_mut(&number) {
                    (own.spread, own.inherits) = (None, None);
                }
            }
            15 => {
                let own = state.tables.get_mut(&number);
                if let Some(own) = own.and_then(|own| own.spread.as_mut()) {
                    own.parts.remove(&part);
                }
            }
            5 if number > 1 => drop(state.schemas.remove(&number)),
            6 => {
                if let Some(own) = state.tables.get_mut(&number) {
                    own.columns.remove(&part);
                }
            }
            7 => {
                if let Some(own) = state.tables.get_mut(&number) {
                    own.parts.remove(&part);
                }
            }
            _ => state.say_less(number as usize),
        }
        Some(state.consistent())
    }

    /// Takes the `at`-th of all keys off everything.
    fn say_less(&mut self, at: usize) {
        let keys = Sort::keys();
        let Some(key) = keys.get(at) else {
            return;
        };
        for (sort, own) in self.things_mut() {
            if sort.always() != Some(*key) {
                own.drop_all(&[key]);
            }
        }
    }

    /// Returns everything that attributes can be said of.
    pub(super) fn things_mut(&mut self) -> Vec<(Sort, &mut Thing)> {
        let mut things: Vec<(Sort, &mut Thing)> = Vec::new();
        things.extend(self.schemas.values_mut().map(|own| (Sort::Schema, own)));
        things.extend(
            self.enums
                .values_mut()
                .map(|own| (Sort::Enum, &mut own.own)),
        );
        things.extend(
            self.domains
                .values_mut()
                .map(|own| (Sort::Domain, &mut own.own)),
        );
        let ranges = self.ranges.values_mut();
        things.extend(ranges.map(|own| (Sort::Range, &mut own.own)));
        let composites = self.composites.values_mut();
        things.extend(composites.map(|own| (Sort::Composite, &mut own.own)));
        let collations = self.collations.values_mut();
        things.extend(collations.map(|own| (Sort::Collation, own)));
        things.extend(self.sequences.values_mut().map(|own| (Sort::Sequence, own)));
        things.extend(
            self.functions
                .values_mut()
                .map(|own| (Sort::Function, &mut own.own)),
        );
        things.extend(
            self.views
                .values_mut()
                .map(|own| (Sort::View, &mut own.own)),
        );
        let small = self.small.values_mut();
        things.extend(small.map(|own| (Sort::Small(own.what), &mut own.own)));
        for table in self.tables.values_mut() {
            things.push((Sort::Table, &mut table.own));
            let columns = table.columns.values_mut();
            things.extend(columns.map(|own| (Sort::Column, &mut own.own)));
            things.extend(table.key.iter_mut().map(|own| (Sort::Key, own)));
            let spread = table.spread.iter_mut();
            let partitions = spread.flat_map(|own| own.parts.values_mut());
            things.extend(partitions.map(|own| (Sort::Partition, own)));
            for part in table.parts.values_mut() {
                things.push((part.what.sort(), &mut part.own));
            }
        }
        things
    }
}

impl EnumSpec {
    pub(super) fn random(rng: &mut Rng, number: u32) -> Self {
        let own = format!("e_{}", name(rng, number));
        let labels: BTreeMap<u32, String> = (1..=rng.u32(1..4))
            .map(|own| (own, format!("l'{own}")))
            .collect();
        Self {
            own: Thing::random(rng, Sort::Enum, own),
            order: labels.keys().copied().collect(),
            labels,
        }
    }
}

impl DomainSpec {
    pub(super) fn random(rng: &mut Rng, number: u32) -> Self {
        let own = format!("d_{}", name(rng, number));
        Self {
            own: Thing::random(rng, Sort::Domain, own),
            wide: rng.bool(),
        }
    }
}

impl FunctionSpec {
    pub(super) fn random(rng: &mut Rng, number: u32) -> Self {
        let own = name(rng, number);
        Self {
            own: Thing::random(rng, Sort::Function, own),
            adds: rng.u32(..9),
        }
    }

    /// What it returns.
    pub(super) fn returns(&self) -> String {
        self.own.text("gives").unwrap_or("integer").to_owned()
    }

    fn settle(&mut self) {
        if !self.returns().starts_with("SETOF") {
            self.own.drop_all(&["rows"]);
        }
    }
}

impl ViewSpec {
    pub(super) fn random(rng: &mut Rng, number: u32, state: &State) -> Option<Self> {
        let table = any(rng, &state.tables)?;
        let columns: Vec<u32> = state.tables[&table].columns.keys().copied().collect();
        let own = format!("v_{}", name(rng, number));
        Some(Self {
            own: Thing::random(rng, Sort::View, own),
            table,
            columns: columns.into_iter().take(rng.usize(1..4)).collect(),
            function: any(rng, &state.functions).filter(|_| rng.bool()),
        })
    }
}
