//! The files alone, then what compiles on a scratch server.

use super::{PipelineError, Project};
use crate::desired::Loaded;
use crate::model::ServerVersion;
use crate::scratch::{Unbuilt, Workshop, compile};

/// Builds what the files declare on a scratch server of the given major (the newest found, where none is given), and
/// returns what does not compile, with the server's version.
///
/// # Errors
/// Fails when no server can be had.
pub async fn validate(
    project: &Project,
    loaded: &Loaded,
    major: Option<u16>,
) -> Result<(Vec<Unbuilt>, ServerVersion), PipelineError> {
    let mut workshop = Workshop::any(project.scratch.clone(), major);
    let outcome = compile(&mut workshop, &loaded.declared).await;
    workshop.close().await;
    Ok(outcome?)
}
