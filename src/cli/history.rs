//! `history`: the revisions.

use super::Exit;
use super::args::{Common, Output, StateFormat};
use super::outlet::{self, Outlet};
use super::project::{plain, project};
use super::report::Failure;
use crate::history::Revision;
use crate::pipeline;
use crate::render::{self, RevisionView};

pub(super) async fn run(
    common: &Common,
    outlet: &Outlet,
    output: &Output<StateFormat>,
) -> Result<Exit, Failure> {
    let project = project(common, outlet)?;
    let history = pipeline::history(&project).await.map_err(plain)?;
    let views: Vec<RevisionView> = history
        .revisions
        .iter()
        .map(|own| {
            let undone_by = history.revisions.iter().find(|other| {
                other.outcome == crate::history::Outcome::Done && other.undoes.contains(&own.id)
            });
            revision_view(own, undone_by.map(|other| other.id))
        })
        .collect();
    outlet::write(
        outlet,
        output,
        StateFormat::Text,
        |format, ink| match format {
            StateFormat::Text => render::history_text(&views, ink),
            StateFormat::Json => render::history_json(&views),
        },
    )?;
    Ok(Exit::Done)
}

/// Puts a revision into words.
pub(super) fn revision_view(own: &Revision, undone_by: Option<i64>) -> RevisionView {
    RevisionView {
        id: own.id,
        what: render::purpose(&own.plan),
        outcome: own.outcome.word().to_owned(),
        undone_by,
        started: own.started.clone(),
        finished: own.finished.clone(),
        who: own.who.clone(),
        host: own.host.clone(),
        git_commit: own.git_commit.clone(),
        plan: own.plan.decision.id().to_string(),
        steps: own.plan.decision.step_count(),
        stages: own.plan.decision.stages.len(),
        stages_done: own.stages_done,
    }
}
