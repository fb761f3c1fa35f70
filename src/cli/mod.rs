//! The command line: one file per command, arguments, reports for people, exit codes.

mod apply;
mod args;
mod demo;
mod drift;
mod finish;
mod generate;
mod history;
mod outlet;
mod plan;
mod progress;
mod project;
mod pull;
mod purge;
mod report;
mod rollback;
mod show;
mod status;
mod validate;

use std::process::ExitCode;

use clap::Parser as _;

use args::{Cli, Command, UpTo};
use outlet::Outlet;
use report::Failure;

use crate::plan::Until;

/// How a command ended, as design §7 numbers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done, or nothing to do.
    Done,
    /// An error before the first change.
    Error,
    /// Differences found.
    Differs,
    /// Refused: a decision is needed.
    Refused,
    /// What the plan rests on moved.
    Stale,
    /// Stopped part-way.
    Stopped,
}

impl Exit {
    fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Error => 1,
            Self::Differs => 2,
            Self::Refused => 3,
            Self::Stale => 4,
            Self::Stopped => 5,
        }
    }
}

/// Runs the tool on the process's own arguments.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are results; everything else is a usage error, which is 1 here.
            let code = u8::from(error.use_stderr());
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    let outlet = Outlet::new(&cli.common);
    let runtime = match tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            outlet.failure(&Failure::new(format!(
                "the runtime cannot be started: {error}"
            )));
            return ExitCode::from(Exit::Error.code());
        }
    };
    let exit = match runtime.block_on(run_or_stop(&cli, &outlet)) {
        Ok(exit) => exit,
        Err(failure) => {
            outlet.failure(&failure);
            failure.exit
        }
    };
    ExitCode::from(exit.code())
}

/// Runs a command. One that only looks ends at once when it is told to, and what it made on scratch servers goes; those
/// that change something listen themselves.
async fn run_or_stop(cli: &Cli, outlet: &Outlet) -> Result<Exit, Failure> {
    use tokio::signal::unix::{SignalKind, signal};
    let listens = matches!(
        cli.command,
        Command::Apply { .. }
            | Command::Rollback { .. }
            | Command::Finish { .. }
            | Command::Purge { .. }
            | Command::Demo
    );
    let (Ok(mut interrupt), Ok(mut terminate)) = (
        signal(SignalKind::interrupt()),
        signal(SignalKind::terminate()),
    ) else {
        return run(cli, outlet).await;
    };
    if listens {
        return run(cli, outlet).await;
    }
    tokio::select! {
        exit = run(cli, outlet) => exit,
        _ = interrupt.recv() => Err(Failure::new("interrupted; nothing was changed")),
        _ = terminate.recv() => Err(Failure::new("ended by a signal; nothing was changed")),
    }
}

async fn run(cli: &Cli, outlet: &Outlet) -> Result<Exit, Failure> {
    let common = &cli.common;
    match &cli.command {
        Command::Pull { out } => pull::run(common, outlet, out).await,
        Command::Validate { major } => validate::run(common, outlet, *major).await,
        Command::Plan {
            output,
            detailed_exitcode,
            check,
        } => plan::run(common, outlet, output, *detailed_exitcode, *check).await,
        Command::Show { what, output } => show::run(common, outlet, what, output).await,
        Command::Apply { plan, phase, steps } => {
            let until = match (phase, steps) {
                (Some(UpTo::Expand), _) => Until::Contract,
                (None, Some(steps)) => Until::Step(usize::try_from(*steps).unwrap_or(usize::MAX)),
                (None, None) => Until::End,
            };
            apply::run(common, outlet, plan.as_deref(), until).await
        }
        Command::Rollback { to } => rollback::run(common, outlet, *to).await,
        Command::Status { output } => status::run(common, outlet, output).await,
        Command::History { output } => history::run(common, outlet, output).await,
        Command::Drift { output } => drift::run(common, outlet, output).await,
        Command::Finish { patterns } => finish::run(common, outlet, patterns).await,
        Command::Purge {
            all,
            older_than,
            patterns,
        } => purge::run(common, outlet, *all, *older_than, patterns).await,
        Command::JsonSchema => generate::json_schema(outlet),
        Command::Completions { shell } => generate::completions(outlet, *shell),
        Command::Demo => demo::run(outlet).await,
    }
}
