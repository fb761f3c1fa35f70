//! `status`: where the database stands.

use super::args::{Common, Output, StateFormat};
use super::history::revision_view;
use super::outlet::{self, Outlet};
use super::project::{plain, project};
use super::report::Failure;
use super::{Exit, plan};
use crate::pipeline;
use crate::render::{self, HeldView, StatusView};

pub(super) async fn run(
    common: &Common,
    outlet: &Outlet,
    output: &Output<StateFormat>,
) -> Result<Exit, Failure> {
    let project = project(common, outlet)?;
    let status = pipeline::status(&project).await.map_err(plain)?;
    let view = StatusView {
        database: status.database.clone(),
        server: status.version.to_string(),
        project: status.project.clone(),
        copied_journal: status.copied_journal,
        in_force: status.in_force.as_ref().map(|own| revision_view(own, None)),
        stopped: status.stopped.as_ref().map(|own| revision_view(own, None)),
        retired: status
            .held
            .iter()
            .map(|held| HeldView {
                was: held.row.was.to_string(),
                place: held.row.place.to_string(),
                revision: held.row.revision,
                age: held.age,
                bytes: held.size.map(|size| size.bytes),
                in_step: held.in_step,
            })
            .collect(),
        unmodelled: status
            .unmodelled
            .iter()
            .map(|own| format!("{} {}", own.kind, own.name))
            .collect(),
    };
    outlet::write(
        outlet,
        output,
        StateFormat::Text,
        |format, ink| match format {
            StateFormat::Text => render::status_text(&view, ink),
            StateFormat::Json => render::status_json(&view),
        },
    )?;
    plan::unmodelled(common, outlet, &status.unmodelled)
}
