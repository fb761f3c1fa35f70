//! `drift`: what changed outside.

use super::Exit;
use super::args::{Common, Output, StateFormat};
use super::outlet::{self, Outlet};
use super::project::{failure, plain, project};
use super::report::Failure;
use crate::pipeline::{self, Drift, Reference};
use crate::render::{self, DriftView};

pub(super) async fn run(
    common: &Common,
    outlet: &Outlet,
    output: &Output<StateFormat>,
) -> Result<Exit, Failure> {
    let project = project(common, outlet)?;
    let since = pipeline::drift(&project).await.map_err(plain)?;
    let mut views: Vec<DriftView> = since.iter().map(view).collect();
    if since.is_none() {
        outlet.say("No revision was applied to this database: it is compared with the files.");
    }
    if since.is_none() || !common.desired.is_empty() {
        let loaded = pipeline::load(&project)?;
        outlet.warnings(&loaded.warnings, &loaded.sources);
        let drift = pipeline::drift_from_files(&project, &loaded)
            .await
            .map_err(failure(&loaded.declared.origins))?;
        views.push(view(&drift));
    }
    outlet::write(
        outlet,
        output,
        StateFormat::Text,
        |format, ink| match format {
            StateFormat::Text => {
                let texts: Vec<String> = views
                    .iter()
                    .map(|view| render::drift_text(view, ink))
                    .collect();
                texts.join("\n")
            }
            StateFormat::Json => render::drift_json(&views),
        },
    )?;
    let differs = views.iter().any(|view| !view.differences.is_empty());
    Ok(if differs { Exit::Differs } else { Exit::Done })
}

/// Puts a drift into words.
pub(super) fn view(drift: &Drift) -> DriftView {
    let revision = match drift.reference {
        Reference::Revision(revision) => Some(revision),
        Reference::Files => None,
    };
    DriftView::new(
        &drift.database,
        revision,
        &drift.changes,
        &drift.then,
        &drift.now,
        drift.unmanaged.len(),
    )
}
