//! A live database as YAML.

use std::path::{Path, PathBuf};

use super::plan::in_scope;
use super::{Live, PipelineError, Project, live, visible};
use crate::desired::{self, DesiredError};
use crate::model::Unmodelled;

/// What pulling came to.
#[derive(Clone, Debug)]
pub struct Pulled {
    /// The files written.
    pub files: Vec<PathBuf>,
    /// How many objects they declare.
    pub objects: usize,
    /// What was found and is not modelled.
    pub unmodelled: Vec<Unmodelled>,
}

/// Writes a live database into a folder that holds no YAML yet.
///
/// # Errors
/// Fails when the server cannot be read, when the folder holds YAML, and when a file cannot be written.
pub async fn pull(project: &Project, out: &Path) -> Result<Pulled, PipelineError> {
    let Live { read, .. } = live(project).await?;
    let settings = &project.settings;
    let model = visible(&read.model, settings);
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |error: std::io::Error| PipelineError::Write {
            path,
            reason: error.to_string(),
        }
    };
    match desired::read(&[out.to_owned()]) {
        Err(DesiredError::NoFolder(_) | DesiredError::NoFiles(_)) => {}
        Ok(_) | Err(DesiredError::Faults(_) | DesiredError::Unreadable { .. }) => {
            return Err(PipelineError::Write {
                path: out.to_owned(),
                reason: "it already holds YAML files, which would be mixed with the new ones"
                    .to_owned(),
            });
        }
    }
    std::fs::create_dir_all(out).map_err(failed(out))?;
    let mut files = Vec::new();
    for file in desired::write(&model) {
        let path = out.join(&file.name);
        std::fs::write(&path, file.text).map_err(failed(&path))?;
        files.push(path);
    }
    Ok(Pulled {
        files,
        objects: model.objects.len(),
        unmodelled: in_scope(&read, settings),
    })
}
