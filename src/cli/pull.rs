//! `pull`: a live database as YAML.

use std::path::Path;

use super::args::Common;
use super::outlet::Outlet;
use super::project::{plain, project};
use super::report::Failure;
use super::{Exit, plan};
use crate::pipeline;

pub(super) async fn run(common: &Common, outlet: &Outlet, out: &Path) -> Result<Exit, Failure> {
    let project = project(common, outlet)?;
    let pulled = pipeline::pull(&project, out).await.map_err(plain)?;
    let what = crate::render::many(pulled.objects, "object");
    let files = crate::render::many(pulled.files.len(), "file");
    outlet.result(&format!("{what} in {files} below {}\n", out.display()))?;
    plan::unmodelled(common, outlet, &pulled.unmodelled)
}
