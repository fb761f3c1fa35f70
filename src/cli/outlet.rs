//! Where words go: results to stdout, talk to stderr.

use std::io::{IsTerminal as _, Write as _};
use std::path::Path;

use super::args::{Colour, Common, Form};
use super::report::Failure;
use super::{Exit, args};
use crate::desired::{Fault, Sources};
use crate::render::Ink;

/// The two streams, and how much is said on them.
pub(super) struct Outlet {
    quiet: bool,
    verbose: u8,
    results: Ink,
    talk: Ink,
}

impl Outlet {
    pub(super) fn new(common: &Common) -> Self {
        let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let ink = |terminal: bool| Ink {
            on: match common.color {
                Colour::Always => true,
                Colour::Never => false,
                Colour::Auto => terminal && !plain,
            },
        };
        Self {
            quiet: common.quiet,
            verbose: common.verbose,
            results: ink(std::io::stdout().is_terminal()),
            talk: ink(std::io::stderr().is_terminal()),
        }
    }

    /// Returns the colours of results on stdout.
    pub(super) fn ink(&self) -> Ink {
        self.results
    }

    /// Says whether progress is shown as it comes.
    pub(super) fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Writes a result; a pipe that was closed ends quietly.
    pub(super) fn result(&self, text: &str) -> Result<(), Failure> {
        let mut stdout = std::io::stdout().lock();
        let written = stdout
            .write_all(text.as_bytes())
            .and_then(|()| stdout.flush());
        match written {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => {
                std::process::exit(i32::from(Exit::Done.code()))
            }
            Err(error) => Err(Failure::new(format!("stdout cannot be written: {error}"))),
        }
    }

    /// Says something on stderr.
    pub(super) fn say(&self, text: &str) {
        if !self.quiet {
            self.stderr(text);
        }
    }

    /// Says something on stderr that only `-v` asks for.
    pub(super) fn detail(&self, text: &str) {
        if self.verbose > 0 && !self.quiet {
            self.stderr(text);
        }
    }

    /// Shows what went wrong.
    pub(super) fn failure(&self, failure: &Failure) {
        self.stderr(&failure.text(self.talk));
    }

    /// Shows what is not wrong, but looks it.
    pub(super) fn warnings(&self, warnings: &[Fault], sources: &Sources) {
        for warning in warnings {
            self.say(&super::report::frame(
                warning, sources, "warning", self.talk,
            ));
        }
    }

    fn stderr(&self, text: &str) {
        let mut stderr = std::io::stderr().lock();
        // Where stderr is closed there is nobody to tell.
        let _ = writeln!(stderr, "{}", text.trim_end_matches('\n'));
    }
}

/// Writes each form asked for; text to stdout where none is.
pub(super) fn write<F: Copy + clap::ValueEnum + Send + Sync + 'static>(
    outlet: &Outlet,
    output: &args::Output<F>,
    default: F,
    render: impl Fn(F, Ink) -> String,
) -> Result<(), Failure> {
    let only = [Form {
        format: default,
        file: None,
    }];
    let forms = if output.output.is_empty() {
        &only[..]
    } else {
        &output.output
    };
    for form in forms {
        match &form.file {
            None => outlet.result(&render(form.format, outlet.ink()))?,
            Some(file) => write_file(file, &render(form.format, Ink::default()))?,
        }
    }
    Ok(())
}

/// Writes a file whole or not at all.
fn write_file(path: &Path, text: &str) -> Result<(), Failure> {
    let failed = |error: std::io::Error| {
        Failure::new(format!("{} cannot be written", path.display())).why(error.to_string())
    };
    let is_special = path.metadata().is_ok_and(|meta| !meta.is_file());
    if is_special {
        return std::fs::write(path, text).map_err(failed);
    }
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    std::fs::create_dir_all(folder).map_err(failed)?;
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)?;
    let readable = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    file.as_file().set_permissions(readable).map_err(failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}

/// Asks; only `yes` is a yes. Without a terminal nobody can answer.
pub(super) fn confirmed(common: &Common, question: &str) -> Result<bool, Failure> {
    if common.yes {
        return Ok(true);
    }
    if !std::io::stdin().is_terminal() {
        return Err(Failure::new("nobody can be asked: there is no terminal")
            .exit(Exit::Refused)
            .mend("read the plan, then give `--yes`, or apply a reviewed plan file"));
    }
    let mut stderr = std::io::stderr().lock();
    let _ = write!(stderr, "{question} Only `yes` goes on: ");
    let _ = stderr.flush();
    let mut answer = String::new();
    let read = std::io::stdin().read_line(&mut answer);
    Ok(read.is_ok() && answer.trim() == "yes")
}
