//! What commands promise: exit codes, streams, files. The binary is run as a person would run it.

use libtest_mimic::Trial;

pub(crate) fn trials() -> Vec<Trial> {
    Vec::new()
}
