//! `rollback`: the way back, shown and asked like any plan.

use super::args::{Common, PlanFormat};
use super::outlet::Outlet;
use super::progress::stop_on_signal;
use super::project::{plain, project};
use super::report::Failure;
use super::{Exit, apply, plan};
use crate::model::Origins;
use crate::pipeline::{self, PipelineError, Target};
use crate::plan::Until;

pub(super) async fn run(
    common: &Common,
    outlet: &Outlet,
    to: Option<i64>,
) -> Result<Exit, Failure> {
    let project = project(common, outlet)?;
    let target = to.map_or(Target::Newest, Target::After);
    let stop = stop_on_signal();
    let made = match pipeline::plan_rollback(&project, target).await {
        Ok(made) => made,
        Err(PipelineError::Nothing(why)) => {
            outlet.result(&format!("Nothing to do: {why}.\n"))?;
            return Ok(Exit::Done);
        }
        Err(error) => return Err(plain(error)),
    };
    outlet.result(&plan::shown(&made, PlanFormat::Text, outlet.ink()))?;
    if !apply::agreed(common, outlet, &made, Until::End)? {
        return Ok(Exit::Refused);
    }
    let origins = Origins::default();
    apply::carry_out(&project, outlet, &made, Until::End, &stop, &origins).await
}
