//! The binary, run as a person would run it: in a folder of its own, with files and a database.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use libtest_mimic::Failed;
use tempfile::TempDir;

use super::database::Database;
use super::servers;

/// A working folder with the desired state below `schema`.
pub(crate) struct Tool {
    folder: TempDir,
    url: Option<String>,
    scratch: Option<String>,
}

/// What a run came to.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Tool {
    /// Makes a folder for work on a database; scratch databases are made on the same server.
    pub(crate) fn over(database: &Database) -> Self {
        Self {
            folder: tempfile::tempdir().expect("a folder can be made"),
            url: Some(database.url.clone()),
            scratch: Some(servers::url(database.major, "postgres")),
        }
    }

    /// Makes a folder without a database.
    pub(crate) fn alone() -> Self {
        Self {
            folder: tempfile::tempdir().expect("a folder can be made"),
            url: None,
            scratch: None,
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file, by default the desired state's only one.
    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("it lies in the folder"))
            .expect("folders can be made");
        std::fs::write(path, text).expect("it can be written");
    }

    pub(crate) fn declare(&self, text: &str) {
        self.write("schema/all.yaml", text);
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_reconcile"));
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .env("NO_COLOR", "1")
            .env("USER", "ana");
        for name in [
            "DATABASE_URL",
            "RECONCILE_CONFIG",
            "PGHOST",
            "PGDATABASE",
            "PGUSER",
            "PGPORT",
        ] {
            command.env_remove(name);
        }
        if let Some(url) = &self.url {
            command.env("DATABASE_URL", url);
        }
        if let Some(scratch) = &self.scratch {
            command.env("RECONCILE_SCRATCH", scratch);
        }
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Outcome {
        outcome(self.command(arguments))
    }

    /// Runs and wants this exit code.
    pub(crate) fn wants(&self, code: i32, arguments: &[&str]) -> Result<Outcome, Failed> {
        let outcome = self.run(arguments);
        outcome.wants(code, arguments)?;
        Ok(outcome)
    }
}

pub(crate) fn outcome(mut command: Command) -> Outcome {
    let output = command.output().expect("the binary runs");
    Outcome {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

impl Outcome {
    pub(crate) fn wants(&self, code: i32, arguments: &[&str]) -> Result<(), Failed> {
        if self.code == code {
            return Ok(());
        }
        let Self {
            code: found,
            stdout,
            stderr,
        } = self;
        Err(Failed::from(format!(
            "{arguments:?} exits {found}, not {code}\n{stdout}\n{stderr}"
        )))
    }

    /// Wants a text somewhere in what was said.
    pub(crate) fn says(&self, part: &str) -> Result<&Self, Failed> {
        if self.stdout.contains(part) || self.stderr.contains(part) {
            return Ok(self);
        }
        Err(Failed::from(format!(
            "nobody says `{part}`:\n{}\n{}",
            self.stdout, self.stderr
        )))
    }

    pub(crate) fn lacks(&self, part: &str) -> Result<&Self, Failed> {
        if !self.stdout.contains(part) && !self.stderr.contains(part) {
            return Ok(self);
        }
        Err(Failed::from(format!(
            "somebody says `{part}`:\n{}\n{}",
            self.stdout, self.stderr
        )))
    }
}

/// Lists the files of a folder of this repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
