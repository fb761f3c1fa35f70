//! `show`: a plan file, or a revision of the journal.

use std::path::Path;

use super::args::{Common, Output, PlanFormat};
use super::outlet::{self, Outlet};
use super::project::{plain, project};
use super::report::Failure;
use super::{Exit, plan};
use crate::pipeline;

pub(super) async fn run(
    common: &Common,
    outlet: &Outlet,
    what: &str,
    output: &Output<PlanFormat>,
) -> Result<Exit, Failure> {
    let number: Option<i64> = what.parse().ok();
    let shown = match number.filter(|_| !Path::new(what).exists()) {
        None => pipeline::read_plan(Path::new(what)).map_err(plain)?,
        Some(id) => {
            let project = project(common, outlet)?;
            let history = pipeline::history(&project).await.map_err(plain)?;
            let revision = history.revisions.into_iter().find(|own| own.id == id);
            let revision = revision.ok_or_else(|| {
                Failure::new(format!("the journal has no revision {id}"))
                    .mend("`history` lists them")
            })?;
            revision.plan
        }
    };
    outlet::write(outlet, output, PlanFormat::Text, |format, ink| {
        plan::shown(&shown, format, ink)
    })?;
    Ok(Exit::Done)
}
