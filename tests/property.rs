//! Random pairs of states: plan, apply, plan again, roll back, revert, purge, with rows in every table. A pair that fails
//! is made smaller as long as it fails, and printed as a case file.
//!
//! `RECONCILE_PAIRS=300` runs so many, `RECONCILE_SEED` begins elsewhere, `RECONCILE_SHRINKS=0` leaves a failing pair as it is.

use std::collections::BTreeMap;

use fastrand::Rng;
use libtest_mimic::{Failed, Trial};
use reconcile::model::{Address, Kind};
use serde_yaml::{Mapping, Value};

use crate::cases;
use crate::support::{servers, trial};

/// How many pairs run where nobody says.
const PAIRS: u64 = 30;
/// The seed of the first pair; the others follow.
const SEED: u64 = 20_261_125;
/// How often a failing pair is tried with a part less.
const SHRINKS: u64 = 40;

pub(crate) fn trials() -> Vec<Trial> {
    let pairs = number("RECONCILE_PAIRS").unwrap_or(PAIRS);
    let first = number("RECONCILE_SEED").unwrap_or(SEED);
    let Some(major) = servers::newest().filter(|_| pairs > 0) else {
        return Vec::new();
    };
    (first..first + pairs)
        .map(|seed| trial(format!("property::pair_{seed}"), move || pair(seed, major)))
        .collect()
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

async fn pair(seed: u64, major: u16) -> Result<(), Failed> {
    let mut rng = Rng::with_seed(seed);
    let current = State::random(&mut rng);
    let desired = current.changed(&mut rng);
    let Err(mut failure) = run(&current, &desired, major).await else {
        return Ok(());
    };
    let mut smallest = (current, desired);
    let mut tries = 0;
    for at in 0.. {
        let Some(smaller) = smallest.0.without(at).zip(smallest.1.without(at)) else {
            break;
        };
        // A part that neither state has would only cost a run.
        let text = |own: &(State, State)| case_text(&own.0, &own.1);
        if text(&smaller) == text(&smallest) {
            continue;
        }
        if tries == number("RECONCILE_SHRINKS").unwrap_or(SHRINKS) {
            break;
        }
        tries += 1;
        if let Err(own) = run(&smaller.0, &smaller.1, major).await {
            (failure, smallest) = (own, smaller);
        }
    }
    Err(Failed::from(format!(
        "seed {seed}: {}\n{}",
        failure.message().unwrap_or_default(),
        case_text(&smallest.0, &smallest.1)
    )))
}

async fn run(current: &State, desired: &State, major: u16) -> Result<(), Failed> {
    let text = case_text(current, desired);
    cases::run_pair(&text, major).await
}

fn case_text(current: &State, desired: &State) -> String {
    let mut map = Mapping::new();
    let mut put = |key: &str, value: String| {
        map.insert(Value::from(key), Value::from(value));
    };
    put("about", "A random pair of states that failed.".to_owned());
    put("current", current.yaml(None));
    put("desired", desired.yaml(Some(current)));
    put("seed", current.rows());
    let mut expect = Mapping::new();
    let filled = current.filled_by(desired).into_iter().map(Value::from);
    expect.insert(Value::from("loses"), Value::Sequence(filled.collect()));
    map.insert(Value::from("expect"), Value::Mapping(expect));
    serde_yaml::to_string(&map).unwrap_or_default()
}

/// Things have numbers; their names are looked up, so that a thing keeps its number when it is renamed.
#[derive(Clone, Debug, Default)]
struct State {
    tables: BTreeMap<u32, TableSpec>,
    /// Enum → labels, by number.
    enums: BTreeMap<u32, (String, Vec<String>)>,
    views: BTreeMap<u32, ViewSpec>,
    functions: BTreeMap<u32, (String, u32)>,
}

#[derive(Clone, Debug)]
struct TableSpec {
    name: String,
    comment: Option<u32>,
    columns: BTreeMap<u32, ColumnSpec>,
    key: bool,
    /// Number → column.
    unique: BTreeMap<u32, u32>,
    indexes: BTreeMap<u32, (u32, bool)>,
    checks: BTreeMap<u32, (u32, u32)>,
    /// Number → the table that is referred to, by its key.
    references: BTreeMap<u32, u32>,
}

#[derive(Clone, Debug, PartialEq)]
struct ColumnSpec {
    name: String,
    kind: Type,
    default: bool,
    not_null: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Type {
    Integer,
    Bigint,
    Text,
    Varchar,
    Date,
    Enum(u32),
}

#[derive(Clone, Debug)]
struct ViewSpec {
    name: String,
    table: u32,
    columns: Vec<u32>,
    function: Option<u32>,
}

/// Names that nobody would choose. The number makes each the only one of its kind.
fn name(rng: &mut Rng, number: u32) -> String {
    const ODD: [&str; 12] = [
        "plain",
        "Upper",
        "with space",
        "quote\"s",
        "it's",
        "select",
        "ünïcödé",
        "漢字",
        "a.b",
        "$1",
        "a,b(c)",
        "- x: #",
    ];
    let mut own = format!("{}_{number}", ODD[rng.usize(..ODD.len())]);
    if rng.u8(..10) == 0 {
        own.push_str(&"x".repeat(40));
    }
    own
}

/// Quotes a name for SQL.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

impl State {
    fn random(rng: &mut Rng) -> Self {
        let mut state = Self::default();
        for number in 1..=rng.u32(0..3) {
            let labels = (1..=rng.u32(1..4)).map(|own| format!("l'{own}")).collect();
            state.enums.insert(number, (name(rng, number), labels));
        }
        for number in 1..=rng.u32(1..5) {
            let own = TableSpec::random(rng, number, &state);
            state.tables.insert(number, own);
        }
        for number in 1..=rng.u32(0..3) {
            state
                .functions
                .insert(number, (name(rng, number), rng.u32(..9)));
        }
        for number in 1..=rng.u32(0..3) {
            if let Some(own) = state.view(rng, number) {
                state.views.insert(number, own);
            }
        }
        state
    }

    fn view(&self, rng: &mut Rng, number: u32) -> Option<ViewSpec> {
        let tables: Vec<&u32> = self.tables.keys().collect();
        let table = **tables.get(rng.usize(..tables.len().max(1)))?;
        let columns: Vec<u32> = self.tables[&table].columns.keys().copied().collect();
        let functions: Vec<&u32> = self.functions.keys().collect();
        let function = functions.get(rng.usize(..4)).map(|own| **own);
        Some(ViewSpec {
            name: name(rng, number),
            table,
            columns: columns.into_iter().take(rng.usize(1..4)).collect(),
            function,
        })
    }

    /// Makes a few changes.
    fn changed(&self, rng: &mut Rng) -> Self {
        let mut state = self.clone();
        for number in 0..rng.u32(1..6) {
            state.change(rng, 20 + number);
        }
        state.consistent()
    }

    fn change(&mut self, rng: &mut Rng, new: u32) {
        let tables: Vec<u32> = self.tables.keys().copied().collect();
        let table = (!tables.is_empty()).then(|| tables[rng.usize(..tables.len())]);
        let what = rng.u8(..20);
        if what == 0 {
            let own = TableSpec::random(rng, new, self);
            self.tables.insert(new, own);
        } else if what == 1 {
            self.enums
                .insert(new, (name(rng, new), vec!["new".to_owned()]));
        } else if what == 2 {
            let labels = self.enums.values_mut().next();
            if let Some((_, labels)) = labels {
                let at = rng.usize(..=labels.len());
                labels.insert(at, format!("added {new}"));
            }
        } else if what == 3 {
            self.functions.insert(new, (name(rng, new), 7));
        } else if what == 4 {
            if let Some((_, own)) = self.functions.values_mut().next() {
                *own += 1;
            }
        } else if what == 5 {
            if let Some(own) = self.view(rng, new) {
                self.views.insert(new, own);
            }
        } else if what == 6 {
            self.views.pop_first();
        } else if what == 7 {
            self.functions.pop_first();
        } else if let Some(table) = table {
            if what == 8 && self.tables.len() > 1 {
                self.tables.remove(&table);
                return;
            }
            let has_key: Vec<u32> = self
                .tables
                .iter()
                .filter(|(_, own)| own.key)
                .map(|(at, _)| *at)
                .collect();
            let enums: Vec<u32> = self.enums.keys().copied().collect();
            let Some(own) = self.tables.get_mut(&table) else {
                return;
            };
            let columns: Vec<u32> = own.columns.keys().copied().filter(|at| *at != 1).collect();
            let column = (!columns.is_empty()).then(|| columns[rng.usize(..columns.len())]);
            match (what, column) {
                (9, _) => own.name = name(rng, new),
                (10, _) => drop(
                    own.columns
                        .insert(new, ColumnSpec::random(rng, new, &enums)),
                ),
                (11, Some(column)) => drop(own.columns.remove(&column)),
                (12, Some(column)) => {
                    if let Some(spec) = own.columns.get_mut(&column) {
                        spec.name = name(rng, new);
                    }
                }
                (13, Some(column)) => {
                    if let Some(spec) = own.columns.get_mut(&column) {
                        spec.kind = match spec.kind {
                            Type::Integer => Type::Bigint,
                            Type::Varchar => Type::Text,
                            Type::Bigint | Type::Text | Type::Date | Type::Enum(_) => spec.kind,
                        };
                    }
                }
                (14, Some(column)) => {
                    if let Some(spec) = own.columns.get_mut(&column) {
                        spec.not_null = !spec.not_null;
                    }
                }
                (15, Some(column)) => {
                    if let Some(spec) = own.columns.get_mut(&column) {
                        spec.default = !spec.default;
                    }
                }
                (16, Some(column)) => drop(own.indexes.insert(new, (column, rng.bool()))),
                (17, Some(column)) => drop(own.checks.insert(new, (column, 1))),
                (18, _) if !has_key.is_empty() => {
                    let to = has_key[rng.usize(..has_key.len())];
                    own.references.insert(new, to);
                }
                (19, _) => own.key = !own.key,
                _ => own.comment = Some(new),
            }
        }
    }

    /// Takes away what leans on something that is gone.
    fn consistent(mut self) -> Self {
        let keyed: Vec<u32> = self
            .tables
            .iter()
            .filter(|(_, own)| own.key)
            .map(|(at, _)| *at)
            .collect();
        let enums: Vec<u32> = self.enums.keys().copied().collect();
        for own in self.tables.values_mut() {
            own.columns
                .retain(|_, spec| !matches!(spec.kind, Type::Enum(at) if !enums.contains(&at)));
            let columns = own.columns.clone();
            own.unique.retain(|_, column| columns.contains_key(column));
            own.indexes
                .retain(|_, (column, _)| columns.contains_key(column));
            own.checks
                .retain(|_, (column, _)| columns.contains_key(column));
            own.references.retain(|_, to| keyed.contains(to));
        }
        let functions: Vec<u32> = self.functions.keys().copied().collect();
        let tables = self.tables.clone();
        self.views.retain(|_, own| tables.contains_key(&own.table));
        for own in self.views.values_mut() {
            own.columns
                .retain(|column| tables[&own.table].columns.contains_key(column));
            own.function = own.function.filter(|at| functions.contains(at));
        }
        self.views.retain(|_, own| !own.columns.is_empty());
        self
    }

    /// Returns the columns whose NULLs are filled on the way to another state, which no rollback makes NULL again.
    fn filled_by(&self, desired: &Self) -> Vec<String> {
        let mut filled = Vec::new();
        for (number, table) in &self.tables {
            for (at, column) in &table.columns {
                let then = desired.tables.get(number);
                let then = then.and_then(|table| table.columns.get(at));
                if then.is_some_and(|then| then.not_null) && !column.not_null {
                    let path = ["app", &table.name, &column.name];
                    filled.push(Address::new(Kind::Column, path).to_string());
                }
            }
        }
        filled
    }

    /// Leaves the `at`-th part out; `None` where there is none. Both states of a pair have the same parts first.
    fn without(&self, at: usize) -> Option<Self> {
        let mut state = self.clone();
        let mut parts: Vec<(u8, u32, u32)> = Vec::new();
        for number in 1..30 {
            parts.push((0, number, 0));
            parts.push((1, number, 0));
            parts.push((2, number, 0));
        }
        for table in 1..30 {
            parts.extend((2..30).map(|column| (3, table, column)));
            parts.extend((1..30).map(|part| (4, table, part)));
        }
        let (kind, number, part) = *parts.get(at)?;
        match kind {
            0 => drop(state.views.remove(&number)),
            1 => drop(state.functions.remove(&number)),
            2 => drop(state.tables.remove(&number)),
            3 => drop(
                state
                    .tables
                    .get_mut(&number)
                    .map(|own| own.columns.remove(&part)),
            ),
            _ => drop(state.tables.get_mut(&number).map(|own| {
                own.indexes.remove(&part);
                own.checks.remove(&part);
                own.unique.remove(&part);
                own.references.remove(&part);
            })),
        }
        Some(state.consistent())
    }

    /// Writes the state as YAML; what has another name than before says so.
    fn yaml(&self, before: Option<&Self>) -> String {
        let text = |own: &str| Value::from(own.to_owned());
        let mut document = Mapping::new();
        document.insert(text("schema"), text("app"));
        let mut schemas = Mapping::new();
        schemas.insert(text("app"), Value::Mapping(Mapping::new()));
        document.insert(text("schemas"), Value::Mapping(schemas));
        let mut enums = Mapping::new();
        for (own, labels) in self.enums.values() {
            let labels = labels.iter().map(|own| text(own)).collect();
            enums.insert(text(own), Value::Sequence(labels));
        }
        document.insert(text("enums"), Value::Mapping(enums));
        let mut functions = Mapping::new();
        for (own, adds) in self.functions.values() {
            let mut map = Mapping::new();
            map.insert(text("arguments"), text("a integer"));
            map.insert(text("returns"), text("integer"));
            map.insert(text("language"), text("sql"));
            map.insert(text("volatility"), text("immutable"));
            map.insert(text("body"), text(&format!("SELECT a + {adds}")));
            functions.insert(
                text(&format!("{}(integer)", quoted(own))),
                Value::Mapping(map),
            );
        }
        document.insert(text("functions"), Value::Mapping(functions));
        let mut tables = Mapping::new();
        for (at, own) in &self.tables {
            let was = before.and_then(|before| before.tables.get(at));
            tables.insert(text(&own.name), own.yaml(*at, self, was));
        }
        document.insert(text("tables"), Value::Mapping(tables));
        let mut views = Mapping::new();
        for own in self.views.values() {
            let table = &self.tables[&own.table];
            let columns: Vec<String> = own
                .columns
                .iter()
                .map(|column| quoted(&table.columns[column].name))
                .collect();
            let call = own.function.map_or(String::new(), |function| {
                format!(
                    ", app.{}(1) AS \"the call\"",
                    quoted(&self.functions[&function].0)
                )
            });
            let query = format!(
                "SELECT {}{call} FROM app.{}",
                columns.join(", "),
                quoted(&table.name)
            );
            views.insert(text(&format!("v_{}", own.name)), text(&query));
        }
        document.insert(text("views"), Value::Mapping(views));
        serde_yaml::to_string(&document).unwrap_or_default()
    }

    /// Returns what fills every table.
    fn rows(&self) -> String {
        let mut sql = String::new();
        // Referred tables hold what refers to them in any order: keys are numbers from 1 on, references are NULL.
        for own in self.tables.values() {
            let columns: Vec<String> = own
                .columns
                .values()
                .map(|spec| quoted(&spec.name))
                .collect();
            let values: Vec<String> = own
                .columns
                .iter()
                .map(|(at, spec)| spec.value(*at == 1, &self.enums))
                .collect();
            sql.push_str(&format!(
                "INSERT INTO app.{} ({}) SELECT {} FROM generate_series(1, 5) g;\n",
                quoted(&own.name),
                columns.join(", "),
                values.join(", ")
            ));
        }
        sql
    }
}

impl TableSpec {
    fn random(rng: &mut Rng, number: u32, state: &State) -> Self {
        let enums: Vec<u32> = state.enums.keys().copied().collect();
        let mut columns = BTreeMap::new();
        let id = ColumnSpec {
            name: "id".to_owned(),
            kind: Type::Bigint,
            default: false,
            not_null: true,
        };
        columns.insert(1, id);
        for column in 2..=rng.u32(2..6) {
            columns.insert(column, ColumnSpec::random(rng, column, &enums));
        }
        let keyed: Vec<u32> = state
            .tables
            .iter()
            .filter(|(_, own)| own.key)
            .map(|(at, _)| *at)
            .collect();
        let mut own = Self {
            name: format!("t_{}", name(rng, number)),
            comment: rng.bool().then_some(number),
            columns,
            key: rng.u8(..4) > 0,
            unique: BTreeMap::new(),
            indexes: BTreeMap::new(),
            checks: BTreeMap::new(),
            references: BTreeMap::new(),
        };
        if rng.bool() {
            own.indexes.insert(1, (2, rng.bool()));
        }
        if rng.bool() {
            own.checks.insert(2, (2, 0));
        }
        if rng.u8(..4) == 0 {
            own.unique.insert(3, 1);
        }
        if let (true, Some(to)) = (rng.bool(), keyed.first()) {
            own.references.insert(4, *to);
        }
        own.indexes
            .retain(|_, (column, _)| own.columns.contains_key(column));
        own.checks
            .retain(|_, (column, _)| own.columns.contains_key(column));
        own
    }

    fn yaml(&self, number: u32, state: &State, was: Option<&Self>) -> Value {
        let text = |own: &str| Value::from(own.to_owned());
        let list = |own: &str| Value::Sequence(vec![text(own)]);
        let mut map = Mapping::new();
        if let Some(was) = was.filter(|was| was.name != self.name) {
            map.insert(text("renamed_from"), list_of_two("app", &was.name));
        }
        if let Some(own) = self.comment {
            map.insert(text("comment"), text(&format!("It's #{own}: \"new\"")));
        }
        let mut columns = Mapping::new();
        for (at, own) in &self.columns {
            let mut column = Mapping::new();
            column.insert(text("type"), text(&own.kind.sql(state)));
            if own.not_null && *at != 1 {
                column.insert(text("not_null"), Value::Bool(true));
                if !own.default {
                    column.insert(text("backfill"), text(&own.kind.constant(state)));
                }
            }
            if *at == 1 && !self.key {
                column.insert(text("not_null"), Value::Bool(true));
            }
            if own.default {
                column.insert(text("default"), text(&own.kind.constant(state)));
            }
            let before = was.and_then(|was| was.columns.get(at));
            if let Some(before) = before.filter(|before| before.name != own.name) {
                column.insert(text("renamed_from"), text(&quoted(&before.name)));
            }
            columns.insert(text(&own.name), Value::Mapping(column));
        }
        map.insert(text("columns"), Value::Mapping(columns));
        if self.key {
            map.insert(text("primary_key"), list("id"));
        }
        let column = |at: &u32| self.columns[at].name.clone();
        let mut unique = Mapping::new();
        for (at, own) in &self.unique {
            unique.insert(text(&format!("u{at} of {number}")), list(&column(own)));
        }
        map.insert(text("unique"), Value::Mapping(unique));
        let (mut indexes, mut checks, mut foreign) =
            (Mapping::new(), Mapping::new(), Mapping::new());
        for (at, (own, unusual)) in &self.indexes {
            let mut index = Mapping::new();
            index.insert(text("columns"), list(&quoted(&column(own))));
            if *unusual {
                let filter = format!("{} IS NOT NULL", quoted(&column(own)));
                index.insert(text("where"), text(&filter));
            }
            indexes.insert(text(&format!("i{at} of {number}")), Value::Mapping(index));
        }
        for (at, (own, _)) in &self.checks {
            let own = quoted(&column(own));
            checks.insert(
                text(&format!("c{at}")),
                text(&format!("{own} IS NOT NULL OR {own} IS NULL")),
            );
        }
        for (at, to) in &self.references {
            let mut key = Mapping::new();
            key.insert(text("columns"), list("id"));
            key.insert(
                text("references"),
                list_of_two("app", &state.tables[to].name),
            );
            foreign.insert(text(&format!("f{at}")), Value::Mapping(key));
        }
        map.insert(text("indexes"), Value::Mapping(indexes));
        map.insert(text("checks"), Value::Mapping(checks));
        map.insert(text("foreign_keys"), Value::Mapping(foreign));
        Value::Mapping(map)
    }
}

fn list_of_two(a: &str, b: &str) -> Value {
    Value::Sequence(vec![Value::from(a), Value::from(b)])
}

impl ColumnSpec {
    fn random(rng: &mut Rng, number: u32, enums: &[u32]) -> Self {
        let kind = match rng.u8(..6) {
            0 => Type::Integer,
            1 => Type::Bigint,
            2 => Type::Varchar,
            3 => Type::Date,
            4 if !enums.is_empty() => Type::Enum(enums[rng.usize(..enums.len())]),
            _ => Type::Text,
        };
        Self {
            name: name(rng, number),
            kind,
            default: rng.bool(),
            not_null: rng.u8(..3) == 0,
        }
    }

    fn value(&self, is_key: bool, enums: &BTreeMap<u32, (String, Vec<String>)>) -> String {
        let own = match self.kind {
            _ if is_key => return "g".to_owned(),
            Type::Integer | Type::Bigint => "g * 7".to_owned(),
            Type::Text | Type::Varchar => "'v''' || g".to_owned(),
            Type::Date => "date '2020-02-29' + g".to_owned(),
            Type::Enum(at) => {
                let (name, labels) = &enums[&at];
                format!("'{}'::app.{}", labels[0].replace('\'', "''"), quoted(name))
            }
        };
        if self.not_null {
            own
        } else {
            format!("CASE WHEN g % 3 > 0 THEN {own} END")
        }
    }
}

impl Type {
    fn sql(self, state: &State) -> String {
        match self {
            Self::Integer => "integer".to_owned(),
            Self::Bigint => "bigint".to_owned(),
            Self::Text => "text".to_owned(),
            Self::Varchar => "varchar(40)".to_owned(),
            Self::Date => "date".to_owned(),
            Self::Enum(at) => quoted(&state.enums[&at].0),
        }
    }

    fn constant(self, state: &State) -> String {
        match self {
            Self::Integer | Self::Bigint => "42".to_owned(),
            Self::Text | Self::Varchar => "'it''s'".to_owned(),
            Self::Date => "'2021-01-01'".to_owned(),
            Self::Enum(at) => format!("'{}'", state.enums[&at].1[0].replace('\'', "''")),
        }
    }
}
