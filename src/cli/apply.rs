//! `apply`: carries out the plan of the files, or a plan that was reviewed; goes on where an earlier one stopped.

use std::path::Path;

use super::args::{Common, PlanFormat};
use super::outlet::{Outlet, confirmed};
use super::progress::{Told, stop_on_signal};
use super::project::{caller, failure, plain, project};
use super::report::Failure;
use super::{Exit, plan};
use crate::history::{Outcome, Revision};
use crate::model::Origins;
use crate::pipeline::{self, Applied, Project, Stop};
use crate::plan::{Plan, Until};
use crate::render;

pub(super) async fn run(
    common: &Common,
    outlet: &Outlet,
    file: Option<&Path>,
    until: Until,
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
            until,
            &stop,
            &mut told(outlet, &reviewed),
        )
        .await
        {
            Ok(Some(applied)) => done(outlet, &applied, until),
            Ok(None) => {
                let origins = Origins::default();
                carry_out(&project, outlet, &reviewed, until, &stop, &origins).await
            }
            Err(error) => Err(plain(error)),
        };
    }
    if let Some(stopped) = pipeline::stopped(&project).await.map_err(plain)? {
        if until != Until::End {
            of_these_files(&project, &stopped).await?;
        }
        let how = match stopped.outcome {
            Outcome::Paused => "goes on",
            Outcome::Running | Outcome::Stopped | Outcome::Done => {
                "stopped part-way; it is finished first"
            }
        };
        outlet.say(&format!("Revision {} {how}.", stopped.id));
        let mut progress = told(outlet, &stopped.plan);
        if let Some(applied) = pipeline::resume(&project, until, &stop, &mut progress)
            .await
            .map_err(plain)?
        {
            drop(progress);
            // An earlier run may have come further.
            let reached = until.stages(&stopped.plan.decision.stages) == applied.done;
            done(outlet, &applied, if reached { until } else { Until::End })?;
            if !applied.is_whole() {
                return Ok(Exit::Done);
            }
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
    let stages = &made.decision.stages;
    let begins = stages.is_empty() || until.stages(stages) > 0;
    if begins && !made.decision.is_empty() && !agreed(common, outlet, &made, until)? {
        return Ok(Exit::Refused);
    }
    carry_out(&project, outlet, &made, until, &stop, origins).await
}

/// Refuses to take a part of an unfinished revision for a part of what other files declare.
async fn of_these_files(project: &Project, stopped: &Revision) -> Result<(), Failure> {
    let loaded = pipeline::load(project)?;
    let same = pipeline::is_planned_from(project, &stopped.plan, &loaded);
    if same.await.map_err(plain)? {
        return Ok(());
    }
    let what = format!(
        "revision {} is not carried out to its end, and these files declare something else than it",
        stopped.id
    );
    Err(Failure::new(what).exit(Exit::Refused).mend(
        "`apply` without `--phase` and `--steps` finishes it, and goes on with these files; `rollback` returns to the state before it",
    ))
}

/// Asks once the plan is one that could be applied at all.
pub(super) fn agreed(
    common: &Common,
    outlet: &Outlet,
    plan: &Plan,
    until: Until,
) -> Result<bool, Failure> {
    let refused = plan.decision.refused();
    if !refused.is_empty() {
        let findings = refused.into_iter().cloned().collect();
        return Err(plain(pipeline::PipelineError::NotAllowed(findings)));
    }
    let stages = &plan.decision.stages;
    let part = match until.stages(stages) {
        all if all == stages.len() => String::new(),
        some => format!("{some} of {} of ", render::many(stages.len(), "stage")),
    };
    let question = format!(
        "Apply {part}plan {} to database {}?",
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
    until: Until,
    stop: &Stop,
    origins: &Origins,
) -> Result<Exit, Failure> {
    let mut progress = told(outlet, plan);
    let applied = pipeline::apply(project, plan, &caller(project), until, stop, &mut progress)
        .await
        .map_err(failure(origins))?;
    drop(progress);
    done(outlet, &applied, until)
}

fn done(outlet: &Outlet, applied: &Applied, until: Until) -> Result<Exit, Failure> {
    outlet.result(&told_of(applied, until))?;
    Ok(Exit::Done)
}

/// Says what applying came to.
pub(super) fn told_of(applied: &Applied, until: Until) -> String {
    let stages = render::many(applied.stages, "stage");
    let Some(revision) = applied.revision else {
        return "Nothing was changed: the plan begins with a contract step.\n".to_owned();
    };
    if applied.is_whole() {
        return format!("Revision {revision} is applied: {stages}.\n");
    }
    let place = match until {
        Until::Contract => " stands before its first contract step",
        Until::Step(_) | Until::End => " came as far as it was to",
    };
    format!(
        "Revision {revision}{place}: {} of {stages} {} done. `apply` goes on, `rollback` returns.\n",
        applied.done,
        if applied.done == 1 { "is" } else { "are" },
    )
}
