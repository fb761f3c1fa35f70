//! Random pairs of states: plan, apply, plan again, roll back, revert, purge, with rows in every table. A pair that fails
//! is made smaller as long as it fails, and printed as a case file.
//!
//! `RECONCILE_PAIRS=300` runs so many, `RECONCILE_SEED` begins elsewhere, `RECONCILE_SHRINKS=0` leaves a failing pair as it is, and with
//! `RECONCILE_ONLINE=1` every table with a row counts as a large one.

mod attributes;
mod change;
mod small;
mod spread;
mod state;
mod table;
mod types;
mod values;
mod write;

use fastrand::Rng;
use libtest_mimic::{Failed, Trial};
use reconcile::model::{Address, Kind};
use serde_yaml::{Mapping, Value};

use self::state::State;
use crate::cases;
use crate::support::{servers, trial};

/// How many pairs run where nobody says.
const PAIRS: u64 = 300;
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
    let mut put = |key: &str, value: Value| {
        map.insert(Value::from(key), value);
    };
    put("about", "A random pair of states that failed.".into());
    // Every table with a row is a large one: the online ways are tried.
    let online = std::env::var_os("RECONCILE_ONLINE").map_or("", |_| "small_table: { rows: 0 }\n");
    put(
        "settings",
        ["manage: { owners: true }\n", online].concat().into(),
    );
    put("setup", attributes::roles().into());
    put("current", current.yaml(None).into());
    put("desired", desired.yaml(Some(current)).into());
    put("seed", current.rows(desired).into());
    let (lost, converted) = current.values_changed_by(desired);
    let mut expect = Mapping::new();
    for (key, columns) in [("loses", lost), ("converts", converted)] {
        let named = columns.into_iter().map(|path| {
            Value::from(Address::new(Kind::Column, path.iter().map(String::as_str)).to_string())
        });
        expect.insert(Value::from(key), Value::Sequence(named.collect()));
    }
    put("expect", Value::Mapping(expect));
    serde_yaml::to_string(&map).unwrap_or_default()
}
