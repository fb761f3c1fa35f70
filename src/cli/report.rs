//! Errors as people read them: what, where, why, how to mend.

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use super::Exit;
use crate::apply::ApplyError;
use crate::desired::{DesiredError, Fault, Faults, Sources};
use crate::history::HistoryError;
use crate::model::{Address, Origins};
use crate::pipeline::PipelineError;
use crate::plan::{ArtifactError, IdentityError, PlanError};
use crate::render::Ink;
use crate::scratch::{ScratchError, Unbuilt};

/// An error of a command.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) exit: Exit,
    what: String,
    places: Vec<String>,
    why: Vec<String>,
    mend: Option<String>,
    /// Faults with their code frames, shown instead of everything else.
    faults: Option<Faults>,
}

impl Failure {
    pub(super) fn new(what: impl Into<String>) -> Self {
        Self {
            exit: Exit::Error,
            what: what.into(),
            places: Vec::new(),
            why: Vec::new(),
            mend: None,
            faults: None,
        }
    }

    pub(super) fn of_faults(faults: Faults) -> Self {
        let what = faults.to_string();
        Self {
            faults: Some(faults),
            ..Self::new(what)
        }
    }

    pub(super) fn exit(self, exit: Exit) -> Self {
        Self { exit, ..self }
    }

    pub(super) fn why(mut self, why: impl Into<String>) -> Self {
        self.why.push(why.into());
        self
    }

    pub(super) fn mend(self, mend: impl Into<String>) -> Self {
        Self {
            mend: Some(mend.into()),
            ..self
        }
    }

    fn at(mut self, address: &Address, origins: &Origins) -> Self {
        self.places
            .extend(origins.of(address).map(ToString::to_string));
        self
    }

    /// Makes a failure of what the pipeline says; `origins` says where objects were written.
    pub(super) fn of(error: &PipelineError, origins: &Origins) -> Self {
        let plain = || Self::new(error.to_string());
        match error {
            PipelineError::Desired(error) => of_desired(error),
            PipelineError::Catalog(_) | PipelineError::Nothing(_) => plain(),
            PipelineError::NotSwapped { .. } => plain().exit(Exit::Refused).mend(
                "`rollback` undoes one revision at a time; what stands in the way goes first",
            ),
            PipelineError::NoRevision { .. } => plain().mend("`reconcile history` lists them"),
            PipelineError::History(error) => of_history(error),
            PipelineError::Scratch(error) => of_scratch(error, origins),
            PipelineError::Plan(error) => of_plan(error, origins),
            PipelineError::Artifact(error) => match error {
                ArtifactError::Newer { .. } => plain().mend("use a newer reconcile"),
                ArtifactError::Edited { .. } => plain().mend(
                    "make it anew: `plan -o json=FILE`; the id is the hash of what was decided",
                ),
                ArtifactError::NotAPlan(_) => plain().mend("`plan -o json=FILE` writes one"),
            },
            PipelineError::NotAllowed(findings) => {
                let mut failure = plain().exit(Exit::Refused);
                for finding in findings {
                    failure = failure.why(format!("{}: {}", finding.hazard, finding.because));
                }
                let flags: Result<Vec<String>, _> =
                    findings.iter().map(crate::render::flag).collect();
                match flags {
                    Ok(mut flags) => {
                        // One flag allows a hazard of one object, however much it is about.
                        flags.dedup();
                        let flags = flags.join(" ");
                        failure.mend(format!("allow each with {flags}, or `--allow all`"))
                    }
                    Err(instead) => failure.mend(instead),
                }
            }
            PipelineError::Lacking { lacking, .. } => {
                let failure = lacking
                    .iter()
                    .fold(plain().exit(Exit::Refused), |failure, own| {
                        failure.why(own.why.clone())
                    });
                let grants: Vec<String> = lacking
                    .iter()
                    .map(|own| format!("{};", own.grant))
                    .collect();
                failure.mend(format!("run as a role that may:\n{}", grants.join("\n")))
            }
            PipelineError::Stale { moved } => {
                let failure = plain().exit(Exit::Stale);
                moved
                    .iter()
                    .fold(failure, |failure, moved| failure.why(moved.clone()))
                    .mend("plan again, and review what is different")
            }
            PipelineError::AnotherRole { made_by, role } => plain()
                .exit(Exit::Stale)
                .why(format!(
                    "owners and privileges that the plan does not name are those of {made_by}"
                ))
                .mend(format!(
                    "connect as {made_by}; a plan that nobody began can be made again as {role}"
                )),
            PipelineError::Unfinished { .. } => plain()
                .exit(Exit::Refused)
                .mend("`apply` finishes it, `rollback` returns to the state before it"),
            PipelineError::Unchanged(source) => of_apply(source, plain()),
            PipelineError::Stopped { source, .. } => of_apply(source, plain().exit(Exit::Stopped))
                .mend("`apply` continues, `rollback` returns to the state before"),
            PipelineError::Write { .. } => plain(),
        }
    }

    /// Spells the failure.
    pub(super) fn text(&self, ink: Ink) -> String {
        if let Some(faults) = &self.faults {
            let frames: Vec<String> = faults
                .faults
                .iter()
                .map(|fault| frame(fault, &faults.sources, "error", ink))
                .collect();
            return format!(
                "{}\n\n{}: {}\n",
                frames.join("\n\n"),
                ink.error("error"),
                self.what
            );
        }
        let mut text = format!("{}: {}\n", ink.error("error"), self.what);
        for place in &self.places {
            text.push_str(&format!("  --> {place}\n"));
        }
        for why in &self.why {
            text.push_str(&format!(
                "  why: {}\n",
                why.trim_end().replace('\n', "\n       ")
            ));
        }
        if let Some(mend) = &self.mend {
            let mend = mend.replace('\n', "\n       ");
            text.push_str(&format!(" mend: {mend}\n"));
        }
        text
    }
}

impl From<DesiredError> for Failure {
    fn from(error: DesiredError) -> Self {
        of_desired(&error)
    }
}

fn of_desired(error: &DesiredError) -> Failure {
    let plain = Failure::new(error.to_string());
    match error {
        DesiredError::Faults(faults) => Failure::of_faults(faults.clone()),
        DesiredError::NoFolder(_) | DesiredError::NoFiles(_) => {
            plain.mend("name the folder with `--desired`, or write one with `pull --out DIR`")
        }
        DesiredError::Unreadable { .. } => plain,
    }
}

fn of_history(error: &HistoryError) -> Failure {
    let plain = Failure::new(error.to_string());
    match error {
        HistoryError::Newer { .. } => plain.mend("use a newer reconcile"),
        HistoryError::Copied { .. } => plain.exit(Exit::Refused).mend(
            "give `--adopt-journal` where this copy lives on by itself; what is set aside in it is set aside here too",
        ),
        HistoryError::Unreadable { schema, role } => {
            let grant = crate::sql::Sql::new("GRANT USAGE ON SCHEMA")
                .name(schema)
                .push("TO")
                .name(&crate::model::Name::new(role))
                .glue("; GRANT SELECT ON ALL TABLES IN SCHEMA")
                .name(schema)
                .push("TO")
                .name(&crate::model::Name::new(role))
                .glue(";");
            plain.mend(format!("run as its owner: {grant}"))
        }
        HistoryError::Server(_) | HistoryError::Damaged { .. } => plain,
    }
}

fn of_plan(error: &PlanError, origins: &Origins) -> Failure {
    let plain = Failure::new(error.to_string()).mend(error.mend());
    match error {
        PlanError::Cycle(_) => plain,
        PlanError::NothingToFill { column, .. } => plain.exit(Exit::Refused).at(column, origins),
        PlanError::Blocked { address, .. }
        | PlanError::Outside { address, .. }
        | PlanError::Protected { address, .. }
        | PlanError::HandedDown { own: address, .. }
        | PlanError::Nested { own: address, .. }
        | PlanError::Diverted {
            column: address, ..
        }
        | PlanError::Unidentified {
            column: address, ..
        }
        | PlanError::PartitionBy { table: address }
        | PlanError::KeyColumn {
            column: address, ..
        }
        | PlanError::LeavesColumn { column: address }
        | PlanError::NotNullName {
            partition: address, ..
        }
        | PlanError::NotNullRenamed { whole: address, .. }
        | PlanError::TriggerStays {
            partition: address, ..
        }
        | PlanError::Rebound { partition: address } => {
            plain.exit(Exit::Refused).at(address, origins)
        }
    }
}

fn of_scratch(error: &ScratchError, origins: &Origins) -> Failure {
    let plain = Failure::new(error.to_string());
    match error {
        ScratchError::Provider(own) => match own.mend() {
            Some(mend) => plain.mend(mend),
            None => plain,
        },
        ScratchError::Unbuilt { unbuilt, .. } => of_unbuilt(plain, unbuilt, origins),
        ScratchError::Identity(own) => match own {
            IdentityError::Protected { address } => plain
                .exit(Exit::Refused)
                .at(address, origins)
                .mend("declare it again, or take `protect` out in a revision of its own first"),
            IdentityError::Used { address, .. } => plain
                .exit(Exit::Refused)
                .at(address, origins)
                .mend("declare the dependent without it, or drop it by hand first; or leave the object as it is"),
            IdentityError::Named { role, others } => plain
                .exit(Exit::Refused)
                .at(others, origins)
                .mend(format!("declare {role} again, or let another role take its place there first")),
            IdentityError::HandedDown { own } => plain
                .at(own, origins)
                .mend("leave it out here: the server makes one of the two"),
            IdentityError::EqualUnnamed { partition, .. } => plain
                .at(partition, origins)
                .mend("name both, or neither, in its `index_names`"),
            IdentityError::Elsewhere { table, .. } => plain
                .exit(Exit::Refused)
                .at(table, origins)
                .mend("declare the other one under another name, and take this one out when its rows have been moved"),
            IdentityError::ChangesHands { table, .. } => plain
                .exit(Exit::Refused)
                .at(table, origins)
                .mend("take the table out of `inherits` in a revision of its own before, and put it back in one after"),
            IdentityError::OfSeveral { column, .. } => plain
                .exit(Exit::Refused)
                .at(column, origins)
                .mend("take one of the two tables out of `inherits` in a revision of its own before; a column that goes is set aside under another name"),
            IdentityError::Surplus { column, .. } => plain
                .exit(Exit::Refused)
                .at(column, origins)
                .mend("set the column aside, and purge it, while the table is still one by itself"),
            IdentityError::Occupied { .. } => plain
                .exit(Exit::Refused)
                .mend("declare the schema, or move what it holds elsewhere"),
        },
        ScratchError::Failed { source, .. } => of_apply(source, plain),
        ScratchError::LandsElsewhere { .. } | ScratchError::LosesValues { .. } => {
            plain.mend("please report this: a plan that does not land is a fault of the tool")
        }
        ScratchError::OtherMajor { wanted, .. } => plain.mend(format!(
            "name a server of major {wanted}, or leave `--scratch` out"
        )),
        ScratchError::Server(_) => plain,
    }
}

/// Lists what a server refused to build, each with its place.
pub(super) fn of_unbuilt(failure: Failure, unbuilt: &[Unbuilt], origins: &Origins) -> Failure {
    unbuilt.iter().fold(failure, |failure, own| {
        let place = origins
            .of(&own.address)
            .map(|place| format!("{place}: "))
            .unwrap_or_default();
        failure.why(format!("{place}{}: {}", own.address, own.reason))
    })
}

fn of_apply(error: &ApplyError, failure: Failure) -> Failure {
    let failure = failure.why(error.to_string());
    match error {
        ApplyError::Refused { sql: Some(sql), .. } => failure.why(format!("while it ran\n{sql}")),
        ApplyError::Refused { .. }
        | ApplyError::Patience { .. }
        | ApplyError::Busy(_)
        | ApplyError::StillNull { .. }
        | ApplyError::Interrupted
        | ApplyError::Moved(_)
        | ApplyError::Journal(_)
        | ApplyError::Server(_) => failure,
    }
}

/// Counts things that do something: `1 object does`, `2 objects do`.
pub(super) fn do_or_does(number: usize, word: &str) -> String {
    let verb = if number == 1 { "does" } else { "do" };
    format!("{} {verb}", crate::render::many(number, word))
}

/// Counts things that are something: `1 object is`, `2 objects are`.
pub(super) fn is_or_are(number: usize, word: &str) -> String {
    let verb = if number == 1 { "is" } else { "are" };
    format!("{} {verb}", crate::render::many(number, word))
}

/// Draws a fault into the line it is about.
pub(super) fn frame(fault: &Fault, sources: &Sources, level: &'static str, ink: Ink) -> String {
    let Fault {
        place,
        length,
        what,
        mend,
        is_shown,
    } = fault;
    let Some(source) = sources.get(&place.file).filter(|_| *is_shown) else {
        let mend = mend
            .as_deref()
            .map(|mend| format!("\n mend: {mend}"))
            .unwrap_or_default();
        return format!("{level}: {what}\n  --> {place}{mend}");
    };
    let span = span(source, place.line, place.column, *length);
    let title = match level {
        "warning" => Level::WARNING,
        _ => Level::ERROR,
    };
    let snippet = Snippet::source(&**source)
        .path(&*place.file)
        .annotation(AnnotationKind::Primary.span(span));
    let mut group = title.primary_title(what.as_str()).element(snippet);
    if let Some(mend) = mend {
        group = group.element(Level::HELP.with_name("mend").message(mend.as_str()));
    }
    let renderer = if ink.on {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    renderer.render(&[group])
}

/// Turns line and column, counted in characters from 1, into a range of bytes.
fn span(source: &str, line: usize, column: usize, length: usize) -> std::ops::Range<usize> {
    let start: usize = source
        .split_inclusive('\n')
        .take(line.saturating_sub(1))
        .map(str::len)
        .sum();
    let rest = &source[start.min(source.len())..];
    let row = rest
        .split_inclusive('\n')
        .next()
        .unwrap_or("")
        .trim_end_matches('\n');
    let at = |characters: usize| {
        row.char_indices()
            .nth(characters)
            .map_or(row.len(), |(at, _)| at)
    };
    let from = column.saturating_sub(1);
    start + at(from)..start + at(from + length).max(at(from))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_counts_characters_and_stays_in_its_line() {
        assert_eq!(span("ä: b\nü: cd\n", 2, 4, 2), 10..12);
        assert_eq!(span("a\nb\n", 2, 5, 9), 3..3);
        assert_eq!(span("", 1, 1, 1), 0..0);
    }
}
