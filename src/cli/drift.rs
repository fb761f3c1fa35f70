//! `drift`: what changed outside.

use super::Exit;
use super::args::{Common, Output, StateFormat};
use super::outlet::{self, Outlet};
use super::project::{plain, project};
use super::report::Failure;
use crate::pipeline;
use crate::render::{self, DriftView};

pub(super) async fn run(
    common: &Common,
    outlet: &Outlet,
    output: &Output<StateFormat>,
) -> Result<Exit, Failure> {
    let project = project(common, outlet)?;
    let drift = pipeline::drift(&project).await.map_err(plain)?;
    let Some(revision) = drift.revision else {
        return Err(Failure::new(
            "no revision was applied to this database, so nothing can have drifted from one",
        )
        .mend("`plan` compares it with the files"));
    };
    let view = DriftView::new(
        &drift.database,
        revision,
        &drift.changes,
        &drift.then,
        &drift.now,
        drift.unmanaged.len(),
    );
    outlet::write(
        outlet,
        output,
        StateFormat::Text,
        |format, ink| match format {
            StateFormat::Text => render::drift_text(&view, ink),
            StateFormat::Json => render::drift_json(&view),
        },
    )?;
    Ok(if view.differences.is_empty() {
        Exit::Done
    } else {
        Exit::Differs
    })
}
