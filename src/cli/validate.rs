//! `validate`: the files alone, then what compiles.

use super::args::Common;
use super::outlet::Outlet;
use super::project::{failure, without_database};
use super::report::{Failure, of_unbuilt};
use super::{Exit, report};
use crate::model::ScratchSource;
use crate::pipeline;

pub(super) async fn run(
    common: &Common,
    outlet: &Outlet,
    major: Option<u16>,
) -> Result<Exit, Failure> {
    let (mut project, _) = without_database(common, outlet)?;
    if project.scratch == ScratchSource::SameServer {
        // There is no live server here: what is declared is built wherever it can be.
        project.scratch = ScratchSource::Auto;
    }
    let loaded = pipeline::load(&project)?;
    outlet.warnings(&loaded.warnings, &loaded.sources);
    let origins = &loaded.declared.origins;
    let (unbuilt, version) = pipeline::validate(&project, &loaded, major)
        .await
        .map_err(failure(origins))?;
    if !unbuilt.is_empty() {
        let what = format!(
            "{} not compile on PostgreSQL {version}",
            report::do_or_does(unbuilt.len(), "object")
        );
        return Err(of_unbuilt(Failure::new(what), &unbuilt, origins));
    }
    let what = crate::render::many(loaded.declared.written.objects.len(), "object");
    outlet.result(&format!(
        "{what} in {}, all of which PostgreSQL {version} takes\n",
        crate::render::many(loaded.sources.len(), "file")
    ))?;
    Ok(Exit::Done)
}
