//! What is generated from the types: JSON Schema and completions.

use clap::CommandFactory as _;

use super::Exit;
use super::args::Cli;
use super::outlet::Outlet;
use super::report::Failure;

pub(super) fn json_schema(outlet: &Outlet) -> Result<Exit, Failure> {
    outlet.result(&crate::desired::json_schema())?;
    Ok(Exit::Done)
}

pub(super) fn completions(outlet: &Outlet, shell: clap_complete::Shell) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "reconcile", &mut script);
    outlet.result(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Done)
}
