//! What tests share: servers, databases, rows, dumps.

pub(crate) mod database;
pub(crate) mod dump;
pub(crate) mod pulled;
pub(crate) mod servers;
pub(crate) mod tool;

use libtest_mimic::{Failed, Trial};

/// Makes a test of a future, run on a runtime of its own.
pub(crate) fn trial<F, R>(name: impl Into<String>, test: F) -> Trial
where
    F: FnOnce() -> R + Send + 'static,
    R: Future<Output = Result<(), Failed>>,
{
    Trial::test(name, move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Failed::from(error.to_string()))?;
        runtime.block_on(test())
    })
}

/// Fails with an error and everything it stems from.
pub(crate) fn failed(error: impl std::error::Error) -> Failed {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        let own = inner.to_string();
        if !text.contains(&own) {
            text.push_str("\n  caused by: ");
            text.push_str(&own);
        }
        source = inner.source();
    }
    Failed::from(format!("{text}\n{error:?}"))
}

/// Fails unless both are equal, and shows how they differ.
pub(crate) fn same(what: &str, found: &str, wanted: &str) -> Result<(), Failed> {
    if found == wanted {
        return Ok(());
    }
    let diff = similar::TextDiff::from_lines(wanted, found);
    Err(Failed::from(format!(
        "{what}:\n{}",
        diff.unified_diff().header("wanted", "found")
    )))
}
