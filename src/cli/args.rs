//! What can be said on the command line. Help text is part of the product: sentences a person can act on.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::model::Pattern;
use crate::plan::Allowance;

/// Keeps PostgreSQL databases in the state that YAML files declare.
#[derive(Debug, Parser)]
#[command(
    name = "reconcile",
    version,
    long_version = concat!(
        env!("CARGO_PKG_VERSION"), "\nplan format 1, journal format 1"
    ),
    max_term_width = 100,
    arg_required_else_help = true,
    disable_help_subcommand = true
)]
pub(super) struct Cli {
    #[command(flatten)]
    pub(super) common: Common,
    #[command(subcommand)]
    pub(super) command: Command,
}

/// Flags that every command takes.
#[derive(Args, Clone, Debug)]
pub(super) struct Common {
    /// The database: postgres://user@host:port/name, or with host=/socket/folder as a parameter
    #[arg(long, global = true, value_name = "URL")]
    pub(super) url: Option<String>,
    /// A database of the settings file, by its name there
    #[arg(long, global = true, value_name = "NAME")]
    pub(super) database: Option<String>,
    /// The settings file; `reconcile.yaml` in the working directory where it exists
    #[arg(long, global = true, value_name = "FILE", env = "RECONCILE_CONFIG")]
    pub(super) config: Option<PathBuf>,
    /// A folder of the desired state; may repeat, later ones add to earlier ones [default: schema]
    #[arg(long, global = true, value_name = "DIR")]
    pub(super) desired: Vec<PathBuf>,
    /// Where the throw-away server comes from: auto, download, or the URL of a server
    #[arg(long, global = true, value_name = "SOURCE", env = "RECONCILE_SCRATCH")]
    pub(super) scratch: Option<String>,
    /// Allows a hazard: CODE, CODE:address pattern, or all; may repeat
    #[arg(long, global = true, value_name = "HAZARD", value_parser = Allowance::from_str)]
    pub(super) allow: Vec<Allowance>,
    /// Does not ask
    #[arg(long, global = true, visible_alias = "auto-approve")]
    pub(super) yes: bool,
    /// Refuses (3) what is not modelled and keys that have no effect
    #[arg(long, global = true)]
    pub(super) strict: bool,
    /// Tells more on stderr
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(super) verbose: u8,
    /// Tells nothing on stderr but errors
    #[arg(short, long, global = true)]
    pub(super) quiet: bool,
    /// Whether colour is used
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(super) color: Colour,
    /// How long a connection may take to come about
    #[arg(long, global = true, value_name = "TIME", default_value = "10s", value_parser = duration)]
    pub(super) connect_timeout: std::time::Duration,
    /// Takes over a journal that came with a copy of its database
    #[arg(long, global = true)]
    pub(super) adopt_journal: bool,
}

/// Whether colour is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Colour {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The phases that a plan may stop after.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum UpTo {
    /// Everything before the first contract step.
    Expand,
}

/// What is to be done.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Writes a live database as YAML
    Pull {
        /// The folder that is written; it is made where it is missing
        #[arg(long, value_name = "DIR", default_value = "schema")]
        out: PathBuf,
    },
    /// Checks the files, and builds what they declare on a throw-away server
    Validate {
        /// The major version to build on [default: the newest found]
        #[arg(long, value_name = "N")]
        major: Option<u16>,
    },
    /// Shows how the database becomes what the files declare
    Plan {
        #[command(flatten)]
        output: Output<PlanFormat>,
        /// Exits 2 where there are differences
        #[arg(long)]
        detailed_exitcode: bool,
        /// Exits 3 where apply would refuse
        #[arg(long)]
        check: bool,
    },
    /// Shows a plan file, or a revision of the journal
    Show {
        /// A plan file, or a revision's number
        #[arg(value_name = "PLAN|REVISION")]
        what: String,
        #[command(flatten)]
        output: Output<PlanFormat>,
    },
    /// Carries out a plan: that of the files, or a reviewed plan file
    Apply {
        /// A plan file that `plan -o json=FILE` wrote
        #[arg(value_name = "PLAN")]
        plan: Option<PathBuf>,
        /// Stops before the first step that a running application can notice; a later apply finishes the plan
        #[arg(long, value_name = "PHASE", conflicts_with = "steps")]
        phase: Option<UpTo>,
        /// Stops after the transaction that step N lies in, counted as the plan shows them; a later apply finishes the plan
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
        steps: Option<u32>,
    },
    /// Undoes the newest revision that is not undone yet, rows included
    Rollback {
        /// Leaves the state after this revision; 0: before the first
        #[arg(long, value_name = "REVISION")]
        to: Option<i64>,
    },
    /// Shows where the database stands and what is set aside
    Status {
        #[command(flatten)]
        output: Output<StateFormat>,
    },
    /// Lists the revisions
    History {
        #[command(flatten)]
        output: Output<StateFormat>,
    },
    /// Shows what was changed outside since the last revision; exits 2 where something was
    Drift {
        #[command(flatten)]
        output: Output<StateFormat>,
    },
    /// Ends the keeping of former columns, whose type changed by a column beside them
    Finish {
        /// Which ones, by the address they had; `*` stands for any part; all, where none is given
        #[arg(value_name = "ADDRESS", value_parser = pattern)]
        patterns: Vec<Pattern>,
    },
    /// Deletes for good what was set aside
    Purge {
        /// Everything that is set aside
        #[arg(long, conflicts_with = "patterns")]
        all: bool,
        /// Only what was set aside at least this long ago, for example 7d
        #[arg(long, value_name = "TIME", value_parser = duration)]
        older_than: Option<std::time::Duration>,
        /// What to delete, by the address it had; `*` stands for any part
        #[arg(value_name = "ADDRESS", value_parser = pattern)]
        patterns: Vec<Pattern>,
    },
    /// Prints the JSON Schema of the YAML format
    JsonSchema,
    /// Prints a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Runs the whole loop on a throw-away server, and leaves nothing behind
    Demo,
}

/// In which forms the result is written, and where to.
#[derive(Args, Clone, Debug)]
pub(super) struct Output<F: ValueEnum + Clone + Send + Sync + 'static> {
    /// FORMAT, or FORMAT=FILE; may repeat
    #[arg(short, long = "output", value_name = "FORMAT[=FILE]", value_parser = form::<F>)]
    pub(super) output: Vec<Form<F>>,
}

/// One form.
#[derive(Clone, Debug)]
pub(super) struct Form<F> {
    pub(super) format: F,
    pub(super) file: Option<PathBuf>,
}

/// The forms of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum PlanFormat {
    /// For a terminal.
    Text,
    /// The plan file.
    Json,
    /// The statements.
    Sql,
    /// For a pull request.
    Markdown,
}

/// The forms of everything else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum StateFormat {
    /// For a terminal.
    Text,
    /// For programs.
    Json,
}

fn form<F: ValueEnum>(text: &str) -> Result<Form<F>, String> {
    let (format, file) = match text.split_once('=') {
        Some((format, file)) => (format, Some(PathBuf::from(file))),
        None => (text, None),
    };
    let known = || {
        let names: Vec<String> = F::value_variants()
            .iter()
            .filter_map(|own| Some(own.to_possible_value()?.get_name().to_owned()))
            .collect();
        format!("`{format}` is no format; there are {}", names.join(", "))
    };
    let format = F::from_str(format, false).map_err(|_| known())?;
    Ok(Form { format, file })
}

fn pattern(text: &str) -> Result<Pattern, std::convert::Infallible> {
    Ok(Pattern::new(text))
}

fn duration(text: &str) -> Result<std::time::Duration, String> {
    crate::desired::seconds(text)
        .and_then(|seconds| std::time::Duration::try_from_secs_f64(seconds).ok())
        .ok_or_else(|| {
            format!("`{text}` is no length of time; write a number and ms, s, min, h or d")
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn forms_name_a_file_or_none() {
        let form = form::<PlanFormat>("json=a=b.json").expect("it is a form");
        assert_eq!(form.file, Some(PathBuf::from("a=b.json")));
        assert!(super::form::<PlanFormat>("yaml").is_err());
    }
}
