//! PostgreSQL binaries on this machine.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{cache, version_of};
use crate::model::ServerVersion;

/// A folder with `initdb` and `postgres`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binaries {
    /// The folder.
    pub folder: PathBuf,
    /// What `postgres --version` says.
    pub version: ServerVersion,
}

impl Binaries {
    /// Looks whether a folder holds a server.
    pub(super) fn in_folder(folder: &Path) -> Option<Self> {
        if !folder.join("initdb").exists() {
            return None;
        }
        let output = Command::new(folder.join("postgres"))
            .arg("--version")
            .output()
            .ok()?;
        let version = version_of(&String::from_utf8_lossy(&output.stdout))?;
        Some(Self {
            folder: folder.to_owned(),
            version,
        })
    }
}

/// Returns every server on this machine, and where was looked.
pub fn found() -> (Vec<Binaries>, Vec<String>) {
    let mut looked = Vec::new();
    let mut folders: Vec<PathBuf> = Vec::new();
    for variable in ["RECONCILE_POSTGRES", "RECONCILE_TEST_POSTGRES", "PATH"] {
        if let Some(value) = std::env::var_os(variable) {
            looked.push(variable.to_owned());
            folders.extend(std::env::split_paths(&value).filter(|path| path.is_absolute()));
        }
    }
    let patterns = [
        ("/usr/lib/postgresql", "", "bin"),
        ("/usr", "pgsql-", "bin"),
        ("/opt/homebrew/opt", "postgresql@", "bin"),
        ("/Library/PostgreSQL", "", "bin"),
        ("/Applications/Postgres.app/Contents/Versions", "", "bin"),
    ];
    for (base, prefix, below) in patterns {
        looked.push(format!("{base}/{prefix}*/{below}"));
        folders.extend(
            children(Path::new(base), prefix)
                .into_iter()
                .map(|child| child.join(below)),
        );
    }
    let own = cache().join("postgresql");
    looked.push(own.display().to_string());
    folders.extend(
        children(&own, "")
            .into_iter()
            .map(|child| child.join("bin")),
    );
    let mut seen = BTreeSet::new();
    let found = folders
        .into_iter()
        .filter(|folder| folder.join("initdb").exists())
        .map(|folder| real_home(&folder))
        .filter(|folder| seen.insert(folder.clone()))
        .filter_map(|folder| Binaries::in_folder(&folder))
        .collect();
    (found, looked)
}

/// Follows the link that `initdb` may be: the server looks for its files beside the real one.
fn real_home(folder: &Path) -> PathBuf {
    let real = folder.join("initdb").canonicalize().ok();
    real.and_then(|real| real.parent().map(Path::to_owned))
        .unwrap_or_else(|| folder.to_owned())
}

/// Returns the folders below `base` whose names begin with `prefix` and contain a digit, sorted.
fn children(base: &Path, prefix: &str) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(base) else {
        return Vec::new();
    };
    let mut children: Vec<PathBuf> = entries
        .flatten()
        .filter(|entry| {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            name.starts_with(prefix)
                && name.contains(|c: char| c.is_ascii_digit())
                && !name.contains(".tmp.")
        })
        .map(|entry| entry.path())
        .collect();
    children.sort();
    children
}
