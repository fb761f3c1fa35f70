//! One test binary: every case in both directions on every major that is found, and what commands promise.
//!
//! `RECONCILE_UPDATE_CASES=1 cargo test cases` writes the plans that were made into the case files.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stderr,
    reason = "a test that fails says where"
)]

mod apply;
mod architecture;
mod backfill;
mod cases;
mod changed;
mod commands;
mod coverage;
mod default_privileges;
mod desired;
mod documents;
mod domains;
mod foreign;
mod hazards;
mod inheritance;
mod levelling;
mod not_null_names;
mod outside;
mod partition_rows;
mod partitions;
mod partitions_detached;
mod partitions_meanwhile;
mod phases;
mod property;
mod providers;
mod publications;
mod ranges;
mod refusals;
mod roles;
mod rollbacks;
mod rows;
mod shadows;
mod statistics;
mod support;
mod views;
mod whole;

use libtest_mimic::{Arguments, Trial};

fn main() {
    let arguments = Arguments::from_args();
    let mut trials: Vec<Trial> = Vec::new();
    trials.extend(architecture::trials());
    trials.extend(apply::trials());
    trials.extend(cases::trials());
    trials.extend(changed::trials());
    trials.extend(levelling::trials());
    trials.extend(not_null_names::trials());
    trials.extend(hazards::trials());
    trials.extend(foreign::trials());
    trials.extend(inheritance::trials());
    trials.extend(commands::trials());
    trials.extend(coverage::trials());
    trials.extend(default_privileges::trials());
    trials.extend(desired::trials());
    trials.extend(documents::trials());
    trials.extend(domains::trials());
    trials.extend(ranges::trials());
    trials.extend(outside::trials());
    trials.extend(partition_rows::trials());
    trials.extend(partitions::trials());
    trials.extend(partitions_detached::trials());
    trials.extend(partitions_meanwhile::trials());
    trials.extend(phases::trials());
    trials.extend(providers::trials());
    trials.extend(publications::trials());
    trials.extend(refusals::trials());
    trials.extend(rows::trials());
    trials.extend(roles::trials());
    trials.extend(rollbacks::trials());
    trials.extend(backfill::trials());
    trials.extend(shadows::trials());
    trials.extend(statistics::trials());
    trials.extend(views::trials());
    trials.extend(whole::trials());
    trials.extend(property::trials());
    let conclusion = libtest_mimic::run(&arguments, trials);
    cases::write_updates();
    changed::write_updates();
    support::servers::stop_all();
    conclusion.exit();
}
