//! `finish`: ends the keeping of former columns.

use super::args::{Common, PlanFormat};
use super::outlet::Outlet;
use super::progress::stop_on_signal;
use super::project::{plain, project};
use super::report::Failure;
use super::{Exit, apply, plan};
use crate::model::{Origins, Pattern};
use crate::pipeline;
use crate::plan::Until;

pub(super) async fn run(
    common: &Common,
    outlet: &Outlet,
    patterns: &[Pattern],
) -> Result<Exit, Failure> {
    let project = project(common, outlet)?;
    let stop = stop_on_signal();
    let own = pipeline::plan_finish(&project, patterns)
        .await
        .map_err(plain)?;
    if own.decision.is_empty() {
        let text = if patterns.is_empty() {
            "Nothing to do: no former column is kept in step.\n"
        } else {
            "Nothing to do: no former column that is kept in step matches.\n"
        };
        outlet.result(text)?;
        return Ok(Exit::Done);
    }
    outlet.result(&plan::shown(&own, PlanFormat::Text, outlet.ink()))?;
    outlet.result(
        "\nAfterwards a rollback converts all values back; what the former type cannot hold, or turns into something else, is lost to it.\n",
    )?;
    if !apply::agreed(common, outlet, &own, Until::End)? {
        return Ok(Exit::Refused);
    }
    let origins = Origins::default();
    apply::carry_out(&project, outlet, &own, Until::End, &stop, &origins).await
}
