//! What case files expect: the plan as a reviewer would jot it down, compared, and written into the file where that is wanted.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use libtest_mimic::Failed;
use reconcile::plan::{Act, Plan};

use super::{Case, Direction, MADE_UP, is_updating, read};
use crate::support::same;

type Made = BTreeMap<(PathBuf, Direction), BTreeMap<u16, String>>;
static MADE: Mutex<Made> = Mutex::new(BTreeMap::new());

/// The stages of a plan as a reviewer would jot them down: phase and statements.
pub(super) fn brief(plan: &Plan) -> String {
    let mut text = String::new();
    for stage in &plan.decision.stages {
        text.push_str(&format!(
            "-- {}{}\n",
            stage.phase().word(),
            if stage.alone { ", alone" } else { "" }
        ));
        for step in &stage.steps {
            match &step.does {
                Act::Statement(own) => text.push_str(&format!("{};\n", own.sql)),
                Act::Backfill(own) => {
                    text.push_str(&format!("backfill {} with {};\n", own.column, own.value))
                }
                Act::Complete(own) => {
                    text.push_str(&format!("{} in partitions made meanwhile;\n", own.whole))
                }
                Act::Ledger(_) => {}
            }
        }
    }
    // A view's lines end where its words do.
    let trimmed: Vec<&str> = text.lines().map(str::trim_end).collect();
    let mut text = masked(&trimmed.join("\n"));
    text.push('\n');
    text
}

/// Leaves out the hashes in the names of places that hold what is retired.
fn masked(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("_reconcile_retired_") {
        out.push_str(before);
        out.push_str("_reconcile_retired_#");
        rest = after.trim_start_matches(|c: char| c.is_ascii_hexdigit());
    }
    out.push_str(rest);
    out
}

pub(super) fn compare(
    path: &Path,
    case: &Case,
    direction: Direction,
    major: u16,
    plan: &Plan,
) -> Result<(), Failed> {
    if path.as_os_str() == MADE_UP {
        return Ok(());
    }
    let found = brief(plan);
    if is_updating() {
        let mut made = MADE.lock().unwrap();
        made.entry((path.to_owned(), direction))
            .or_default()
            .insert(major, found);
        return Ok(());
    }
    let wanted = match direction {
        Direction::Forward => &case.expect.forward,
        Direction::Back => &case.expect.back,
    };
    let Some((_, wanted)) = wanted.range(..=major).next_back() else {
        return Err(Failed::from(format!(
            "no plan is expected; RECONCILE_UPDATE_CASES=1 writes this one:\n{found}"
        )));
    };
    same("the plan", &found, wanted)
}

/// Writes the plans that were made into the case files.
pub(crate) fn write_updates() {
    let made = std::mem::take(&mut *MADE.lock().unwrap());
    let mut by_file: BTreeMap<PathBuf, BTreeMap<Direction, BTreeMap<u16, String>>> =
        BTreeMap::new();
    for ((path, direction), plans) in made {
        by_file.entry(path).or_default().insert(direction, plans);
    }
    for (path, directions) in by_file {
        let text = std::fs::read_to_string(&path).unwrap();
        let case = read(&path).unwrap();
        let head = text
            .split("\nexpect:")
            .next()
            .unwrap_or("")
            .trim_end()
            .to_owned();
        let mut out = format!("{head}\nexpect:\n");
        for (word, list) in [
            ("converts", &case.expect.converts),
            ("loses", &case.expect.loses),
        ] {
            if !list.is_empty() {
                out.push_str(&format!(
                    "  {word}: {}\n",
                    serde_json::to_string(list).unwrap()
                ));
            }
        }
        for (word, list) in [
            ("stops", &case.expect.stops),
            ("stops_back", &case.expect.stops_back),
        ] {
            if let Some(list) = list {
                let list = serde_json::to_string(list).unwrap();
                out.push_str(&format!("  {word}: {list}\n"));
            }
        }
        if !case.expect.tidy.is_empty() {
            let tidy = serde_json::to_string(&case.expect.tidy).unwrap();
            out.push_str(&format!("  tidy: {tidy}\n"));
        }
        for (word, part) in [
            ("refuses", &case.expect.refuses),
            ("refuses_back", &case.expect.refuses_back),
        ] {
            if let Some(part) = part {
                out.push_str(&format!(
                    "  {word}: {}\n",
                    serde_json::to_string(part).unwrap()
                ));
            }
        }
        for direction in [Direction::Forward, Direction::Back] {
            let kept = match direction {
                Direction::Forward => &case.expect.forward,
                Direction::Back => &case.expect.back,
            };
            let plans = directions.get(&direction).cloned().unwrap_or_default();
            let plans = merged(kept, plans, case.since.unwrap_or(14));
            if plans.is_empty() {
                continue;
            }
            out.push_str(&format!("  {}:\n", direction.word()));
            let mut last: Option<&String> = None;
            for (major, plan) in &plans {
                if last == Some(plan) {
                    continue;
                }
                last = Some(plan);
                let major = if plans.first_key_value().map(|(first, _)| first) == Some(major) {
                    case.since.unwrap_or(14)
                } else {
                    *major
                };
                out.push_str(&format!("    {major}: |\n"));
                for line in plan.lines() {
                    out.push_str(if line.is_empty() { "" } else { "      " });
                    out.push_str(line);
                    out.push('\n');
                }
            }
        }
        std::fs::write(&path, out).unwrap();
    }
}

/// Puts the plans that were made beside those that majors which were not run expect.
fn merged(
    kept: &BTreeMap<u16, String>,
    made: BTreeMap<u16, String>,
    since: u16,
) -> BTreeMap<u16, String> {
    let mut plans: BTreeMap<u16, String> = (since..=18)
        .filter_map(|major| {
            let (_, plan) = kept.range(..=major).next_back()?;
            Some((major, plan.clone()))
        })
        .collect();
    plans.extend(made);
    plans
}
