//! YAML in, declared model, intent and origins out; JSON Schema; the settings file; and the way back, a model as YAML.
//!
//! Pure but for reading and writing files. Every fault of every file is reported at once.

mod aggregate;
mod collation;
mod composite;
mod constraint;
mod definition;
mod document;
mod domain;
mod edit;
mod fault;
mod fields;
mod foreign;
pub mod format;
mod merge;
mod node;
mod partition;
mod physical;
mod policy;
mod privilege;
mod publication;
mod range;
mod role;
mod routine;
mod rule;
mod sequence;
mod settings;
mod table;
mod types;
mod view;
mod write;
mod write_aggregate;
mod write_constraint;
mod write_default_privilege;
mod write_definition;
mod write_partition;
mod write_physical;
mod write_policy;
mod write_privilege;
mod write_routine;
mod write_rule;
mod write_table;
mod write_types;
mod write_view;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::model::Declared;

pub use fault::{Fault, Faults, Sources};
pub use format::json_schema;
pub use merge::{Merged, merge};
pub(crate) use settings::seconds;
pub use settings::{SettingsFile, read_settings};
pub use write::{File, nothing, write};
pub use write_privilege::Access;

/// What the files declare, and what is to be told about them.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    /// The desired state.
    pub declared: Declared,
    /// What is not wrong, but looks it.
    pub warnings: Vec<Fault>,
    /// The files' texts.
    pub sources: Sources,
}

/// Why no desired state could be read.
#[derive(Debug, thiserror::Error)]
pub enum DesiredError {
    /// The files have faults.
    #[error("{0}")]
    Faults(Faults),
    /// A folder is not there.
    #[error("the folder {} of the desired state is not there", .0.display())]
    NoFolder(PathBuf),
    /// A folder holds no YAML.
    #[error("the folder {} holds no YAML file: an empty desired state would retire everything", .0.display())]
    NoFiles(PathBuf),
    /// A file cannot be read.
    #[error("{} cannot be read: {reason}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}

/// Reads the desired state from folders; later ones add to earlier ones.
///
/// # Errors
/// Fails when a folder is missing or empty, when a file cannot be read, and with every fault of every file.
pub fn read(folders: &[PathBuf]) -> Result<Loaded, DesiredError> {
    let mut layers = Vec::new();
    for folder in folders {
        layers.push(files(folder)?);
    }
    declare(&layers).map_err(DesiredError::Faults)
}

/// Reads the desired state from texts: layers of files, each with the name that messages use.
///
/// # Errors
/// Fails with every fault of every file.
pub fn declare(layers: &[Vec<(String, String)>]) -> Result<Loaded, Faults> {
    document::declare(layers)
}

/// Returns the YAML files below a folder, sorted by name, with their texts.
fn files(folder: &Path) -> Result<Vec<(String, String)>, DesiredError> {
    if !folder.is_dir() {
        return Err(DesiredError::NoFolder(folder.to_owned()));
    }
    let mut paths = Vec::new();
    collect(folder, &mut paths)?;
    if paths.is_empty() {
        return Err(DesiredError::NoFiles(folder.to_owned()));
    }
    paths.sort();
    paths
        .into_iter()
        .map(|path| {
            let text =
                std::fs::read_to_string(&path).map_err(|error| DesiredError::Unreadable {
                    path: path.clone(),
                    reason: error.to_string(),
                })?;
            Ok((path.display().to_string(), text))
        })
        .collect()
}

/// Writes a file whole or not at all.
///
/// # Errors
/// Fails when the folder or the file cannot be written.
pub fn put(path: &Path, text: &str) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut temporary = tempfile::NamedTempFile::new_in(folder)?;
    std::io::Write::write_all(&mut temporary, text.as_bytes())?;
    if let Ok(there) = std::fs::metadata(path) {
        temporary.as_file().set_permissions(there.permissions())?;
    } else {
        use std::os::unix::fs::PermissionsExt as _;
        let usual = std::fs::Permissions::from_mode(0o644);
        temporary.as_file().set_permissions(usual)?;
    }
    temporary.persist(path)?;
    Ok(())
}

fn collect(folder: &Path, into: &mut Vec<PathBuf>) -> Result<(), DesiredError> {
    let unreadable = |error: std::io::Error| DesiredError::Unreadable {
        path: folder.to_owned(),
        reason: error.to_string(),
    };
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let hidden = path
            .file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if hidden {
            continue;
        }
        if path.is_dir() {
            collect(&path, into)?;
        } else if path
            .extension()
            .is_some_and(|extension| extension == "yaml" || extension == "yml")
        {
            into.push(path);
        }
    }
    Ok(())
}

/// The texts' search path when a file says nothing else: its schema, then `public`.
fn default_path(schema: &crate::model::Name) -> Arc<[crate::model::Name]> {
    let public = crate::model::Name::new("public");
    if *schema == public {
        Arc::from([public])
    } else {
        Arc::from([schema.clone(), public])
    }
}
