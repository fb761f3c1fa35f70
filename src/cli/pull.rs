//! `pull`: a live database as YAML.

use std::path::Path;

use super::args::Common;
use super::outlet::Outlet;
use super::project::{failure, project};
use super::report::Failure;
use super::{Exit, plan};
use crate::model::Origins;
use crate::pipeline;

pub(super) async fn run(common: &Common, outlet: &Outlet, out: &Path) -> Result<Exit, Failure> {
    let project = project(common, outlet)?;
    let pulled = pipeline::pull(&project, out)
        .await
        .map_err(failure(&Origins::default()))?;
    let what = crate::render::many(pulled.objects, "object");
    let files = crate::render::many(pulled.files.len(), "file");
    let below = out.display();
    let said = match (pulled.merged, pulled.files.is_empty()) {
        (false, _) => format!("{what} in {files} below {below}\n"),
        (true, true) => format!("The files below {below} are level with the database.\n"),
        (true, false) => {
            let names: Vec<String> = pulled
                .files
                .iter()
                .map(|path| format!("  {}\n", path.display()))
                .collect();
            format!("{files} written below {below}:\n{}", names.concat())
        }
    };
    outlet.result(&said)?;
    for place in &pulled.by_hand {
        outlet.say(&format!(
            "warning: {place} differs from the database and stands behind an alias: change it by hand"
        ));
    }
    plan::unmodelled(common, outlet, &pulled.unmodelled)
}
