//! Flags, environment and settings file put together: flag before environment before file before default.

use std::path::{Path, PathBuf};

use super::Exit;
use super::args::Common;
use super::outlet::Outlet;
use super::report::Failure;
use crate::desired::{self, SettingsFile};
use crate::model::{Origins, ScratchSource};
use crate::pipeline::{Caller, PipelineError, Project};

/// The settings file that is read where none is named.
const DEFAULT_FILE: &str = "reconcile.yaml";

/// What a command rests on: the settings, and where the database is.
pub(super) fn project(common: &Common, outlet: &Outlet) -> Result<Project, Failure> {
    let mut project = without_database(common, outlet)?;
    project.0.url = url(common, &project.1)?;
    if project.0.scratch == ScratchSource::SameServer {
        project.0.scratch = ScratchSource::Server(project.0.url.clone());
    }
    Ok(project.0)
}

/// The same for commands that need no live database.
pub(super) fn without_database(
    common: &Common,
    outlet: &Outlet,
) -> Result<(Project, SettingsFile), Failure> {
    let file = settings_file(common)?;
    outlet.warnings(&file.warnings, &file.sources);
    if common.strict && !file.warnings.is_empty() {
        return Err(
            Failure::new("the settings hold keys without effect, and `--strict` is given")
                .exit(Exit::Refused),
        );
    }
    let desired = match (common.desired.is_empty(), &file.desired) {
        (false, _) => common.desired.clone(),
        (true, Some(folders)) => folders.clone(),
        (true, None) => vec![folder_of(common).join("schema")],
    };
    let scratch = match common.scratch.as_deref() {
        Some("auto") => ScratchSource::Auto,
        Some("download") => ScratchSource::Download,
        Some("docker") => ScratchSource::Docker,
        Some("same_server") => ScratchSource::SameServer,
        Some(url) if url.contains("://") => ScratchSource::Server(url.to_owned()),
        Some(other) => {
            return Err(Failure::new(format!(
                "`--scratch {other}` names no source of throw-away servers"
            ))
            .mend("write auto, download, docker, same_server, or the URL of a server"));
        }
        None => file.scratch.clone(),
    };
    let project = Project {
        settings: file.settings.clone(),
        desired,
        url: String::new(),
        connect_timeout: common.connect_timeout,
        scratch,
        allowed: common.allow.clone(),
        adopt_journal: common.adopt_journal,
        rewrites: Vec::new(),
    };
    Ok((project, file))
}

fn settings_file(common: &Common) -> Result<SettingsFile, Failure> {
    let path = common
        .config
        .clone()
        .unwrap_or_else(|| PathBuf::from(DEFAULT_FILE));
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if common.config.is_none() && error.kind() == std::io::ErrorKind::NotFound => {
            return Ok(SettingsFile::default());
        }
        Err(error) => {
            return Err(Failure::new(format!(
                "the settings file {} cannot be read: {error}",
                path.display()
            )));
        }
    };
    let environment = |name: &str| std::env::var(name).ok();
    desired::read_settings(&path.display().to_string(), &text, &environment)
        .map_err(Failure::of_faults)
}

/// The settings file's folder, which its paths and defaults are relative to.
fn folder_of(common: &Common) -> PathBuf {
    common
        .config
        .as_deref()
        .and_then(Path::parent)
        .map(Path::to_owned)
        .unwrap_or_default()
}

/// Finds the database: `--url`, `--database`, `DATABASE_URL`, the file's only one, the libpq variables.
fn url(common: &Common, file: &SettingsFile) -> Result<String, Failure> {
    if let Some(url) = &common.url {
        return Ok(url.clone());
    }
    if let Some(name) = &common.database {
        return file.databases.get(name).cloned().ok_or_else(|| {
            let known: Vec<&str> = file.databases.keys().map(String::as_str).collect();
            let known = if known.is_empty() {
                "none".to_owned()
            } else {
                known.join(", ")
            };
            Failure::new(format!("the settings name no database `{name}`"))
                .why(format!("they name {known}"))
        });
    }
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    if let Some(url) = variable("DATABASE_URL") {
        return Ok(url);
    }
    let mut databases = file.databases.values();
    if let (Some(only), None) = (databases.next(), databases.next()) {
        return Ok(only.clone());
    }
    if ["PGHOST", "PGDATABASE", "PGUSER", "PGPORT"]
        .into_iter()
        .any(|name| variable(name).is_some())
    {
        // The driver takes what the URL leaves out from the libpq variables.
        return Ok("postgres://".to_owned());
    }
    Err(Failure::new("no database is named")
        .mend("give `--url postgres://…`, set DATABASE_URL, or name one under `databases` in reconcile.yaml"))
}

/// Turns a pipeline error into a failure, with the places of a desired state.
pub(super) fn failure(origins: &Origins) -> impl Fn(PipelineError) -> Failure + '_ {
    move |error| Failure::of(&error, origins)
}

/// The same where no files are in play.
pub(super) fn plain(error: PipelineError) -> Failure {
    Failure::of(&error, &Origins::default())
}

/// Who applies, from where, from which commit.
pub(super) fn caller(project: &Project) -> Caller {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let who = variable("USER")
        .or_else(|| variable("LOGNAME"))
        .unwrap_or_else(|| "unknown".to_owned());
    let host = rustix::system::uname()
        .nodename()
        .to_string_lossy()
        .into_owned();
    let folder = project.desired.first().cloned().unwrap_or_default();
    let git = std::process::Command::new("git")
        .arg("-C")
        .arg(&folder)
        .args(["rev-parse", "--verify", "--quiet", "HEAD"])
        .stderr(std::process::Stdio::null())
        .output();
    let git_commit = git
        .ok()
        .filter(|output| output.status.success())
        .map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
        .filter(|commit| !commit.is_empty());
    Caller {
        who,
        host,
        git_commit,
    }
}
