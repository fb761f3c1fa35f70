//! History and status.

use comfy_table::{ContentArrangement, Table, presets};
use serde::Serialize;

use super::{Ink, age, bytes, many};

/// A revision as people and programs see it.
#[derive(Clone, Debug, Serialize)]
pub struct RevisionView {
    /// Its number.
    pub id: i64,
    /// What it did, in words.
    pub what: String,
    /// `done`, `running`, `stopped` or `paused`.
    pub outcome: String,
    /// The revision that undid it.
    pub undone_by: Option<i64>,
    /// When it began, in UTC.
    pub started: String,
    /// When it ended, in UTC.
    pub finished: Option<String>,
    /// Who applied it.
    pub who: String,
    /// From where.
    pub host: String,
    /// The git commit of the files.
    pub git_commit: Option<String>,
    /// The plan's id.
    pub plan: String,
    /// How many steps it has.
    pub steps: usize,
    /// How many stages it has.
    pub stages: usize,
    /// How many of them are done.
    pub stages_done: usize,
}

/// Where a database stands, as people and programs see it.
#[derive(Clone, Debug, Serialize)]
pub struct StatusView {
    /// The database.
    pub database: String,
    /// The server's version.
    pub server: String,
    /// The project.
    pub project: String,
    /// Whether its journal was made in another database.
    pub copied_journal: bool,
    /// The revision in force.
    pub in_force: Option<RevisionView>,
    /// The revision that stopped part-way.
    pub stopped: Option<RevisionView>,
    /// What is set aside.
    pub retired: Vec<HeldView>,
    /// What was found and is not modelled.
    pub unmodelled: Vec<String>,
}

/// A retired thing, as people and programs see it.
#[derive(Clone, Debug, Serialize)]
pub struct HeldView {
    /// What it was.
    pub was: String,
    /// Where it is held.
    pub place: String,
    /// The revision that retired it.
    pub revision: Option<i64>,
    /// Since when, in seconds.
    pub age: f64,
    /// Its size in bytes, where it is a table.
    pub bytes: Option<i64>,
    /// Whether it is kept in step with the column that took its name.
    pub in_step: bool,
}

fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(header.iter().copied());
    table
}

/// Shows the history, newest first.
pub fn history_text(revisions: &[RevisionView], ink: Ink) -> String {
    if revisions.is_empty() {
        return "No revision was applied yet.\n".to_owned();
    }
    let mut own = table(&[
        "revision",
        "started (UTC)",
        "outcome",
        "what",
        "who",
        "commit",
        "plan",
    ]);
    for revision in revisions.iter().rev() {
        let outcome = match revision.undone_by {
            Some(by) => format!("undone by {by}"),
            None => revision.outcome.clone(),
        };
        let commit = revision
            .git_commit
            .as_deref()
            .map_or("", |commit| &commit[..commit.len().min(10)]);
        own.add_row([
            &revision.id.to_string(),
            &revision.started,
            &outcome,
            &revision.what,
            &revision.who,
            commit,
            &revision.plan[..revision.plan.len().min(12)],
        ]);
    }
    trimmed(&own.to_string(), ink)
}

/// Takes the blanks off the ends of a table's lines, and sets its head off.
fn trimmed(text: &str, ink: Ink) -> String {
    let mut lines = text
        .lines()
        .map(|line| line.trim_end().strip_prefix(' ').unwrap_or(line).to_owned());
    let head = lines
        .next()
        .map(|head| ink.strong(head.trim_end()))
        .unwrap_or_default();
    let mut text = [head]
        .into_iter()
        .chain(lines.map(|line| line.trim_end().to_owned()))
        .collect::<Vec<_>>()
        .join("\n");
    text.push('\n');
    text
}

/// Shows the history as JSON.
pub fn history_json(revisions: &[RevisionView]) -> String {
    json(&revisions)
}

/// Shows the status.
pub fn status_text(status: &StatusView, ink: Ink) -> String {
    let mut text = format!(
        "{} on PostgreSQL {}, project {}\n",
        ink.strong(&format!("Database {}", status.database)),
        status.server,
        status.project
    );
    if status.copied_journal {
        text.push_str(&ink.bad(
            "The journal came here with a copy of another database: it is only read, until `apply --adopt-journal`.\n",
        ));
    }
    match &status.in_force {
        Some(revision) => text.push_str(&format!(
            "Revision {} is in force: {}, {} UTC by {}\n",
            revision.id, revision.what, revision.started, revision.who
        )),
        None => text.push_str("No revision is in force.\n"),
    }
    if let Some(stopped) = &status.stopped {
        let line = format!(
            "Revision {} {}, after {} of {}: `apply` finishes it, `rollback` returns.\n",
            stopped.id,
            if stopped.outcome == "paused" {
                "pauses"
            } else {
                "stopped part-way"
            },
            stopped.stages_done,
            many(stopped.stages, "stage"),
        );
        text.push_str(&if stopped.outcome == "paused" {
            ink.careful(&line)
        } else {
            ink.bad(&line)
        });
    }
    if status.retired.is_empty() {
        text.push_str("Nothing is set aside.\n");
    } else {
        text.push_str(&format!(
            "\n{} set aside, until `purge`:\n",
            many(status.retired.len(), "thing")
        ));
        let mut own = table(&["what", "since", "revision", "size", "held as"]);
        for held in &status.retired {
            own.add_row([
                &held.was,
                &age(held.age),
                &held.revision.map(|own| own.to_string()).unwrap_or_default(),
                &held.bytes.map(bytes).unwrap_or_default(),
                &held.place,
            ]);
        }
        text.push_str(&trimmed(&own.to_string(), ink));
        let kept = status.retired.iter().filter(|own| own.in_step);
        let kept: Vec<String> = kept.map(|own| own.was.clone()).collect();
        if !kept.is_empty() {
            text.push_str(&format!("\n{}\n", super::outline::in_step(&kept)));
        }
    }
    if !status.unmodelled.is_empty() {
        text.push_str(&format!(
            "\nFound and not modelled: {}.\n",
            super::outline::some(&status.unmodelled)
        ));
    }
    text
}

/// Shows the status as JSON.
pub fn status_json(status: &StatusView) -> String {
    json(status)
}

pub(super) fn json<V: Serialize>(value: &V) -> String {
    let mut text =
        serde_json::to_string_pretty(value).expect("views are strings, numbers and lists");
    text.push('\n');
    text
}
