//! `apply`: carries out the plan of the files, or a plan that was reviewed; goes on where an earlier one stopped.

use std::path::Path;

use super::args::{Common, PlanFormat};
use super::outlet::{Outlet, confirmed};
use super::progress::{Told, stop_on_signal};
use super::project::{caller, failure, plain, project};
use super::report::Failure;
use super::{Exit, plan};
use crate::model::Origins;
use crate::pipeline::{self, Project, Stop};
use crate::plan::Plan;

pub(super) async fn run(
    common: &Common,
    outlet: &Outlet,
    file: Option<&Path>,
) -> Result<Exit, Failure> {
    let project = project(common, outlet)?;
    let stop = stop_on_signal();
    if let Some(file) = file {
        if !common.allow.is_empty() {
            return Err(Failure::new(
                "a plan file holds its allowances; `--allow` adds none to it",
            )
            .mend("plan again with `plan --allow … -o json=FILE`, and review that"));
        }
        let reviewed = pipeline::read_plan(file).map_err(plain)?;
        return match pipeline::finish_if_same(
            &project,
            &reviewed,
            &stop,
            &mut told(outlet, &reviewed),
        )
        .await
        {
            Ok(Some(applied)) => done(outlet, applied.revision, applied.stages),
            Ok(None) => carry_out(&project, outlet, &reviewed, &stop, &Origins::default()).await,
            Err(error) => Err(plain(error)),
        };
    }
    if let Some(stopped) = pipeline::stopped(&project).await.map_err(plain)? {
        outlet.say(&format!(
            "Revision {} stopped part-way; it is finished first.",
            stopped.id
        ));
        let mut progress = told(outlet, &stopped.plan);
        if let Some(applied) = pipeline::resume(&project, &stop, &mut progress)
            .await
            .map_err(plain)?
        {
            drop(progress);
            done(outlet, applied.revision, applied.stages)?;
        }
    }
    let loaded = pipeline::load(&project)?;
    outlet.warnings(&loaded.warnings, &loaded.sources);
    let origins = &loaded.declared.origins;
    let made = pipeline::plan(&project, &loaded)
        .await
        .map_err(failure(origins))?;
    plan::told(outlet, &made);
    outlet.result(&plan::shown(&made, PlanFormat::Text, outlet.ink()))?;
    if plan::unmodelled(common, outlet, &made.observation.unmodelled)? == Exit::Refused {
        return Ok(Exit::Refused);
    }
    if made.decision.is_empty() && !made.observation.records {
        return Ok(Exit::Done);
    }
    if !made.decision.is_empty() && !agreed(common, outlet, &made)? {
        return Ok(Exit::Refused);
    }
    carry_out(&project, outlet, &made, &stop, origins).await
}

/// Asks once the plan is one that could be applied at all.
pub(super) fn agreed(common: &Common, outlet: &Outlet, plan: &Plan) -> Result<bool, Failure> {
    let refused = plan.decision.refused();
    if !refused.is_empty() {
        let findings = refused.into_iter().cloned().collect();
        return Err(plain(pipeline::PipelineError::NotAllowed(findings)));
    }
    let question = format!(
        "Apply plan {} to database {}?",
        plan.decision.id().short(12),
        plan.observation.database
    );
    let yes = confirmed(common, &question)?;
    if !yes {
        outlet.say("Nothing was changed.");
    }
    Ok(yes)
}

pub(super) fn told<'a>(outlet: &'a Outlet, plan: &Plan) -> Told<'a> {
    Told::new(outlet, plan.decision.stages.len())
}

pub(super) async fn carry_out(
    project: &Project,
    outlet: &Outlet,
    plan: &Plan,
    stop: &Stop,
    origins: &Origins,
) -> Result<Exit, Failure> {
    let mut progress = told(outlet, plan);
    let applied = pipeline::apply(project, plan, &caller(project), stop, &mut progress)
        .await
        .map_err(failure(origins))?;
    drop(progress);
    done(outlet, applied.revision, applied.stages)
}

fn done(outlet: &Outlet, revision: i64, stages: usize) -> Result<Exit, Failure> {
    let stages = crate::render::many(stages, "stage");
    outlet.result(&format!("Revision {revision} is applied: {stages}.\n"))?;
    Ok(Exit::Done)
}
