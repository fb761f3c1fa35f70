//! `purge`: deletes for good what was set aside.

use std::time::Duration;

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
    all: bool,
    older_than: Option<Duration>,
    patterns: &[Pattern],
) -> Result<Exit, Failure> {
    if !all && older_than.is_none() && patterns.is_empty() {
        return Err(Failure::new("nothing says what is to be deleted").mend(
            "give `--all`, `--older-than 7d`, or addresses; `status` lists what is set aside",
        ));
    }
    let project = project(common, outlet)?;
    let stop = stop_on_signal();
    let older_than = older_than.map(|time| time.as_secs_f64());
    let purge = pipeline::plan_purge(&project, patterns, older_than)
        .await
        .map_err(plain)?;
    if purge.plan.decision.is_empty() {
        outlet.result("Nothing to do: nothing that is set aside matches.\n")?;
        return Ok(Exit::Done);
    }
    outlet.result(&plan::shown(&purge.plan, PlanFormat::Text, outlet.ink()))?;
    if let Some(revision) = purge.reaches_back_to {
        outlet.result(&format!(
            "\nAfterwards one can go back to revision {revision} with all rows, not further.\n"
        ))?;
    }
    if !apply::agreed(common, outlet, &purge.plan, Until::End)? {
        return Ok(Exit::Refused);
    }
    let origins = Origins::default();
    apply::carry_out(&project, outlet, &purge.plan, Until::End, &stop, &origins).await
}
