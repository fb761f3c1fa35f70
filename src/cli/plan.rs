//! `plan`: how the database becomes what the files declare.

use super::Exit;
use super::args::{Common, Output, PlanFormat};
use super::outlet::{self, Outlet};
use super::project::{failure, project};
use super::report::Failure;
use crate::model::Unmodelled;
use crate::pipeline;
use crate::plan::Plan;
use crate::render::{self, Ink};

pub(super) async fn run(
    common: &Common,
    outlet: &Outlet,
    output: &Output<PlanFormat>,
    detailed_exitcode: bool,
    check: bool,
) -> Result<Exit, Failure> {
    let project = project(common, outlet)?;
    let loaded = pipeline::load(&project)?;
    outlet.warnings(&loaded.warnings, &loaded.sources);
    let plan = pipeline::plan(&project, &loaded)
        .await
        .map_err(failure(&loaded.declared.origins))?;
    told(outlet, &plan);
    outlet::write(outlet, output, PlanFormat::Text, |format, ink| {
        shown(&plan, format, ink)
    })?;
    if unmodelled(common, outlet, &plan.observation.unmodelled)? == Exit::Refused {
        return Ok(Exit::Refused);
    }
    if check {
        if !plan.decision.refused().is_empty() {
            return Ok(Exit::Refused);
        }
        pipeline::may_apply(&project, &plan)
            .await
            .map_err(failure(&loaded.declared.origins))?;
    }
    if detailed_exitcode && !plan.decision.is_empty() {
        return Ok(Exit::Differs);
    }
    Ok(Exit::Done)
}

/// Shows a plan in one form.
pub(super) fn shown(plan: &Plan, format: PlanFormat, ink: Ink) -> String {
    match format {
        PlanFormat::Text => render::text(plan, ink),
        PlanFormat::Json => plan.to_json(),
        PlanFormat::Sql => render::script(plan),
        PlanFormat::Markdown => render::markdown(plan),
    }
}

/// Says how the plan came about, where `-v` asks.
pub(super) fn told(outlet: &Outlet, plan: &Plan) {
    if plan.observation.used_scratch {
        let tables = render::many(plan.observation.built_tables, "table");
        outlet.detail(&format!(
            "a scratch server was started; {tables} built there"
        ));
    } else {
        outlet.detail("no scratch server was started");
    }
}

/// With `--strict`, what is not modelled is a refusal.
pub(super) fn unmodelled(
    common: &Common,
    outlet: &Outlet,
    found: &[Unmodelled],
) -> Result<Exit, Failure> {
    if found.is_empty() {
        return Ok(Exit::Done);
    }
    if !common.strict {
        return Ok(Exit::Done);
    }
    outlet.say(&format!(
        "{} not modelled, and `--strict` is given:",
        super::report::is_or_are(found.len(), "object")
    ));
    for own in found {
        outlet.say(&format!("  {} {}", own.kind, own.name));
    }
    Ok(Exit::Refused)
}
