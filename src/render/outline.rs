//! What every form of a plan says alike: headline, stages, steps, hazards.

use std::collections::BTreeSet;

use super::{bytes, grouped, many};
use crate::model::{Address, Kind, TEMPORARY_PREFIX, Why};
use crate::plan::{
    Act, After, Effect, Finding, Hazard, LedgerChange, Plan, Purpose, Reversal, Stage, Step,
};
use crate::sql::Sql;

/// One sentence about the whole plan.
pub(super) fn headline(plan: &Plan) -> String {
    let decision = &plan.decision;
    if decision.is_empty() {
        return "Nothing to do: the database is what the files declare.".to_owned();
    }
    let stages = many(decision.stages.len(), "stage");
    let what = format!("{} in {stages}", many(decision.step_count(), "step"));
    match &decision.purpose {
        Purpose::Declare => format!("{what}; {}", summary(plan)),
        Purpose::Undo(revisions) => {
            let numbers: Vec<String> = revisions.iter().map(i64::to_string).collect();
            let word = if numbers.len() == 1 {
                "revision"
            } else {
                "revisions"
            };
            format!(
                "{what} undo {word} {}; {}",
                numbers.join(", "),
                summary(plan)
            )
        }
        Purpose::Purge => format!("{what} delete for good what was set aside"),
        Purpose::Finish => format!("{what} end the keeping of former columns"),
    }
}

/// Counts what is created, changed, renamed, set aside.
fn summary(plan: &Plan) -> String {
    let decision = &plan.decision;
    let (mut created, mut dropped, mut altered) = (0, 0, 0);
    let mut replaced: Vec<&Address> = Vec::new();
    let effects = || {
        decision
            .stages
            .iter()
            .flat_map(|stage| &stage.steps)
            .flat_map(|step| &step.effects)
    };
    let made: BTreeSet<&Address> = effects()
        .filter_map(|effect| match effect {
            Effect::Creates(address) => Some(address),
            Effect::Drops(_)
            | Effect::Alters(..)
            | Effect::Uses(_)
            | Effect::Reads(_)
            | Effect::Moves(_) => None,
        })
        .collect();
    for effect in effects() {
        match effect {
            Effect::Drops(address) if made.contains(address) => replaced.push(address),
            Effect::Drops(_) => dropped += 1,
            // What is finished after it was made is one thing created.
            Effect::Alters(address, _) if !made.contains(address) => altered += 1,
            Effect::Alters(..)
            | Effect::Creates(_)
            | Effect::Uses(_)
            | Effect::Reads(_)
            | Effect::Moves(_) => {}
        }
    }
    for effect in effects() {
        if let Effect::Creates(address) = effect
            && !replaced.contains(&address)
        {
            created += 1;
        }
    }
    let moved = |why: Why| {
        decision
            .moves
            .0
            .iter()
            .filter(|step| step.why == why)
            .count()
    };
    let parts = [
        (created, "created"),
        (altered + replaced.len(), "changed"),
        (moved(Why::Renamed), "renamed"),
        (moved(Why::Retired), "set aside"),
        (moved(Why::TakenBack), "taken back"),
        (dropped, "dropped"),
    ];
    let parts: Vec<String> = parts
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, word)| format!("{number} {word}"))
        .collect();
    if parts.is_empty() {
        "nothing changes its shape".to_owned()
    } else {
        parts.join(", ")
    }
}

/// Says how a stage runs and what it locks.
pub(super) fn stage_line(stage: &Stage) -> String {
    if stage.alone {
        return match stage.steps.first().map(|step| &step.does) {
            Some(Act::Backfill(_)) => {
                "batches, each a short transaction; nobody waits longer than for a row".to_owned()
            }
            _ => "by itself; readers and writers go on".to_owned(),
        };
    }
    let made: Vec<&Address> = stage
        .after
        .iter()
        .filter(|(address, after)| {
            matches!(after, After::Exactly(_))
                && matches!(address.kind(), Kind::Table | Kind::MaterializedView)
        })
        .map(|(address, _)| address)
        .collect();
    let effects = || stage.steps.iter().flat_map(|step| &step.effects);
    let created = |address: &Address| {
        effects().any(|effect| matches!(effect, Effect::Creates(own) if own == address))
            && !effects().any(|effect| matches!(effect, Effect::Drops(own) if own == address))
            && made.contains(&address)
    };
    // What leaves a name is locked under that, whatever takes it then.
    let leaves = |address: &Address| {
        effects()
            .filter_map(Effect::moved)
            .any(|own| own.from == *address)
    };
    let enters = |address: &Address| {
        effects()
            .filter_map(Effect::moved)
            .any(|own| own.to == *address)
    };
    let locks: Vec<String> = stage
        .locks()
        .into_iter()
        // Nobody knows a name of ours.
        .filter(|(relation, _)| {
            let is_hidden = (created(relation) || enters(relation)) && !leaves(relation);
            !is_hidden && !relation.name().as_str().starts_with(TEMPORARY_PREFIX)
        })
        .map(|(relation, mode)| format!("{} ({})", relation.dotted(), mode.keyword()))
        .collect();
    if locks.is_empty() {
        "one transaction".to_owned()
    } else {
        format!("one transaction, locks {}", locks.join(", "))
    }
}

/// Returns a step's SQL, or what it does in words.
pub(super) fn act(step: &Step) -> String {
    match &step.does {
        Act::Statement(statement) => format!("{};", statement.sql),
        Act::Backfill(backfill) => format!(
            "-- in batches, by {}:\nUPDATE {} SET {} = {} WHERE {} {}{};",
            if backfill.key.is_empty() {
                "ranges of ctid".to_owned()
            } else {
                backfill
                    .key
                    .iter()
                    .map(ToString::to_string)
                    .collect::<Vec<_>>()
                    .join(", ")
            },
            backfill.table.dotted(),
            backfill.column.name(),
            backfill.value,
            backfill.column.name(),
            Sql::empty().is_null(backfill.of_rows),
            match &backfill.of_what_has {
                Some(from) => format!(" AND {from} {}", Sql::empty().is_not_null(backfill.of_rows)),
                None => String::new(),
            },
        ),
        Act::Complete(own) => format!(
            "-- for every partition of {} without {}, where there is one: built concurrently, attached",
            own.table.dotted(),
            own.whole.name(),
        ),
        Act::Ledger(change) => match change {
            LedgerChange::Retire(row) => {
                format!("-- ledger: {} is held as {}", row.was, row.place.dotted())
            }
            LedgerChange::Release(place) => format!("-- ledger: {} is released", place.dotted()),
            LedgerChange::Rewrite { now, .. } => format!(
                "-- ledger: {} is held as {} now",
                now.was,
                now.place.dotted()
            ),
        },
    }
}

pub(super) fn reversal(step: &Step) -> &'static str {
    match step.reversal {
        Reversal::Full => "in full",
        Reversal::Shape => "of shape only",
        Reversal::Impossible => "impossible",
    }
}

/// Returns the flag that would allow a finding, or what there is to do where none does.
pub(crate) fn flag(finding: &Finding) -> Result<String, &'static str> {
    if !finding.hazard.may_be_allowed() {
        return Err("no flag allows it: mend these rows first, or change what is declared");
    }
    let text = format!("{}:{}", finding.hazard, finding.address);
    Ok(if text.contains('\'') {
        format!(
            "--allow \"{}\"",
            text.replace('\\', "\\\\")
                .replace('"', "\\\"")
                .replace('$', "\\$")
                .replace('`', "\\`")
        )
    } else {
        format!("--allow '{text}'")
    })
}

/// Says what the rehearsal did.
pub(super) fn rehearsal(plan: &Plan) -> Option<String> {
    let decision = &plan.decision;
    if decision.is_empty() || matches!(decision.purpose, Purpose::Purge | Purpose::Finish) {
        return None;
    }
    let seeded = plan.observation.seeded.len();
    let irreversible = |own: &Finding| own.hazard == Hazard::Irreversible;
    let has_no_way_back = decision.inverse.is_empty() && decision.findings.iter().any(irreversible);
    let mut text = if has_no_way_back {
        "Rehearsed forward on a scratch server; there is no way back".to_owned()
    } else {
        "Rehearsed forward and back on a scratch server".to_owned()
    };
    if seeded > 0 && !has_no_way_back {
        text.push_str(&format!(
            "; every value seeded in {} came back",
            many(seeded, "table")
        ));
    }
    text.push('.');
    let mut steps = decision.stages.iter().flat_map(|own| &own.steps);
    if steps.any(|own| own.address.is_of_server()) {
        text.push_str(" What is done about roles was not: they are the server's own.");
    }
    for (table, why) in &plan.observation.not_seeded {
        text.push_str(&format!("\n{table} could not be seeded: {why}"));
    }
    Some(text)
}

/// Says how large the touched tables are.
pub(super) fn sizes(plan: &Plan) -> Vec<String> {
    plan.observation
        .sizes
        .iter()
        .filter(|(_, size)| size.bytes > 0)
        .map(|(table, size)| {
            let rows = match usize::try_from(size.rows) {
                Ok(rows) => format!("has about {} rows", grouped(rows)),
                Err(_) => "was never analyzed".to_owned(),
            };
            format!("{} {rows}, {}", table.dotted(), bytes(size.bytes))
        })
        .collect()
}

/// Says what the tool found and leaves alone.
pub(super) fn notes(plan: &Plan) -> Vec<String> {
    let observation = &plan.observation;
    let mut notes = Vec::new();
    if observation.copied_journal {
        notes.push(
            "The journal came here with a copy of another database: it is only read, until `apply --adopt-journal`."
                .to_owned(),
        );
    }
    if !observation.in_step.is_empty() {
        let columns = observation.in_step.iter().map(ToString::to_string);
        notes.push(in_step(&columns.collect::<Vec<_>>()));
    }
    if observation.not_yet_ours > 0 {
        let what = many(observation.not_yet_ours, "declared object");
        notes.push(format!(
            "{what} no revision has recorded yet; the first apply does, even where nothing differs."
        ));
    }
    if observation.guards_differ && plan.decision.is_empty() {
        notes.push(
            "What is protected, or left to others, is not what the last revision says; the next apply records it."
                .to_owned(),
        );
    }
    let unmanaged: Vec<&Address> = observation
        .unmanaged
        .iter()
        .filter(|address| {
            !(address.kind() == crate::model::Kind::Schema && address.name().as_str() == "public")
        })
        .filter(|address| !address.path().iter().any(crate::model::Name::is_reserved))
        .collect();
    if !unmanaged.is_empty() {
        notes.push(format!(
            "Not declared and left alone: {}.",
            some(&unmanaged)
        ));
    }
    if !observation.unmodelled.is_empty() {
        let all: Vec<String> = observation
            .unmodelled
            .iter()
            .map(|own| format!("{} {}", own.kind, own.name))
            .collect();
        notes.push(format!(
            "Found and not modelled, never touched: {}.",
            some(&all)
        ));
    }
    notes
}

/// Reminds of former columns that are kept in step: every write of a client pays for that.
pub(super) fn in_step(columns: &[String]) -> String {
    format!(
        "Kept in step for the way back, at every write of a client: the former {}; `finish` ends that.",
        some(columns)
    )
}

/// Lists the first few of many.
pub(super) fn some<T: std::fmt::Display>(all: &[T]) -> String {
    const SHOWN: usize = 8;
    let mut text: Vec<String> = all.iter().take(SHOWN).map(ToString::to_string).collect();
    if all.len() > SHOWN {
        text.push(format!("and {} more", all.len() - SHOWN));
    }
    text.join(", ")
}

/// Says what a revision did, in a few words.
pub(crate) fn purpose(plan: &Plan) -> String {
    match &plan.decision.purpose {
        Purpose::Declare if plan.decision.is_empty() => "records what is declared".to_owned(),
        Purpose::Declare => summary(plan),
        Purpose::Undo(revisions) => {
            let numbers: Vec<String> = revisions.iter().map(i64::to_string).collect();
            format!("undoes {}", numbers.join(", "))
        }
        Purpose::Purge => format!("purges {}", many(plan.decision.stages.len(), "thing")),
        Purpose::Finish => format!(
            "keeps {} in step no longer",
            many(plan.decision.stages.len(), "former column")
        ),
    }
}
