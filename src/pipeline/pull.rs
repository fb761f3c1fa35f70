//! A live database as YAML.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::drift::sides;
use super::plan::in_scope;
use super::{Live, PipelineError, Project, live, visible};
use crate::catalog;
use crate::desired::{self, Access, DesiredError, Loaded};
use crate::model::{APPLIER, Expression, Kind, Model, Name, Place, Settings, Unmodelled};

/// What pulling came to.
#[derive(Clone, Debug)]
pub struct Pulled {
    /// The files written.
    pub files: Vec<PathBuf>,
    /// Whether there were files before.
    pub merged: bool,
    /// How many objects the database holds.
    pub objects: usize,
    /// What differs and stands behind an alias: a person has to change it.
    pub by_hand: Vec<Place>,
    /// What was found and is not modelled.
    pub unmodelled: Vec<Unmodelled>,
}

/// Writes a live database into a folder. Where it holds YAML, only what is not level with the database is changed.
///
/// # Errors
/// Fails when the server cannot be read, when the folder's files have faults, and when a file cannot be written.
pub async fn pull(project: &Project, out: &Path) -> Result<Pulled, PipelineError> {
    let Live {
        mut connection,
        read,
        history,
    } = live(project).await?;
    let settings = &project.settings;
    let mut model = visible(&read.model, settings);
    // What an extension says of itself, nobody has said here.
    let own = catalog::commented_by_themselves(&mut connection).await?;
    model.retain(|address| {
        let about = address.target().filter(|_| address.kind() == Kind::Comment);
        !about.is_some_and(|about| about.kind() == Kind::Extension && own.contains(about.name()))
    });
    let roles = turned(&settings.roles, &read.server.role);
    let as_in_files = |model: &Model<Expression>| model.with_roles(&roles);
    let access = Access {
        major: read.server.version.major(),
        role: roles
            .get(&Name::new(APPLIER))
            .cloned()
            .unwrap_or_else(|| Name::new(&read.server.role)),
        owners: settings.manage.owners,
        grants: settings.manage.grants,
    };
    let loaded = match desired::read(&[out.to_owned()]) {
        Ok(loaded) => Some(named_here(loaded, settings)),
        Err(DesiredError::NoFolder(_) | DesiredError::NoFiles(_)) => None,
        Err(error) => return Err(error.into()),
    };
    let (written, by_hand) = match &loaded {
        None => {
            let mut files = desired::write(&as_in_files(&model), BTreeSet::new(), access);
            if files.is_empty() {
                files.push(desired::nothing());
            }
            let written = files
                .into_iter()
                .map(|file| (out.join(&file.name), file.text));
            (written.collect(), Vec::new())
        }
        Some(loaded) => {
            let live = Live {
                connection,
                read: read.clone(),
                history,
            };
            merged(project, live, loaded, out, access).await?
        }
    };
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |error: std::io::Error| PipelineError::Write {
            path,
            reason: error.to_string(),
        }
    };
    std::fs::create_dir_all(out).map_err(failed(out))?;
    let mut files = Vec::new();
    for (path, text) in written {
        desired::put(&path, &text).map_err(failed(&path))?;
        files.push(path);
    }
    Ok(Pulled {
        files,
        merged: loaded.is_some(),
        objects: model.objects.len(),
        by_hand,
        unmodelled: in_scope(&read, settings),
    })
}

/// Returns the names that roles have in files by those that they have here; the reading role is read without its name.
fn turned(roles: &BTreeMap<Name, Name>, role: &str) -> BTreeMap<Name, Name> {
    let turned = roles.iter().map(|(own, here)| (here.clone(), own.clone()));
    let mut turned: BTreeMap<Name, Name> = turned.collect();
    let role = Name::new(role);
    let own = turned.get(&role).cloned().unwrap_or(role);
    turned.insert(Name::new(APPLIER), own);
    turned
}

/// Gives the roles of files the names that they have here.
fn named_here(loaded: Loaded, settings: &Settings) -> Loaded {
    Loaded {
        declared: loaded.declared.with_roles(&settings.roles),
        ..loaded
    }
}

/// How often what was written is looked at again: a type that changes can give what stands beside it another meaning.
const ROUNDS: usize = 3;

/// Files with their new texts, and what a person has to change.
type Written = (BTreeMap<PathBuf, String>, Vec<Place>);

/// Makes the files of a folder level with the live side.
async fn merged(
    project: &Project,
    mut live: Live,
    loaded: &Loaded,
    out: &Path,
    access: Access,
) -> Result<Written, PipelineError> {
    let settings = &project.settings;
    let roles = turned(&settings.roles, &live.read.server.role);
    let as_in_files = |model: &Model<Expression>| model.with_roles(&roles);
    let mut files: Vec<(String, String)> = loaded
        .sources
        .iter()
        .map(|(name, text)| (name.to_string(), text.to_string()))
        .collect();
    let mut written = BTreeMap::new();
    let mut taken = names_below(out);
    let mut loaded = loaded.clone();
    let mut by_hand = Vec::new();
    for _ in 0..ROUNDS {
        let sides = sides(
            project,
            &mut live.connection,
            &live.read,
            &live.history,
            &loaded,
        )
        .await?;
        let merged = desired::merge(
            &files,
            &sides.declared.clone().with_roles(&roles),
            &as_in_files(&visible(&sides.files, settings)),
            &as_in_files(&visible(&sides.live, settings)),
            taken.clone(),
            access.clone(),
        );
        by_hand = merged.by_hand;
        if merged.changed.is_empty() && merged.created.is_empty() {
            break;
        }
        for (name, text) in merged.changed {
            written.insert(PathBuf::from(&name), text.clone());
            files.retain(|(own, _)| *own != name);
            files.push((name, text));
        }
        for file in merged.created {
            taken.insert(file.name.to_lowercase());
            let path = out.join(&file.name);
            written.insert(path.clone(), file.text.clone());
            files.push((path.display().to_string(), file.text));
        }
        let read = desired::declare(&[files.clone()]).map_err(DesiredError::Faults)?;
        loaded = named_here(read, settings);
    }
    Ok((written, by_hand))
}

/// Returns the names of the files of a folder, without regard to case.
fn names_below(folder: &Path) -> BTreeSet<String> {
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    files
        .map(|own| own.file_name().to_string_lossy().to_lowercase())
        .collect()
}
