//! Where a database stands.

use std::collections::BTreeMap;

use super::plan::in_scope;
use super::{Live, PipelineError, Project, live};
use crate::history::{self, Revision};
use crate::model::{Retired, ServerVersion, Size, Unmodelled};

/// A retired thing.
#[derive(Clone, Debug)]
pub struct Held {
    /// Where it was and where it is.
    pub row: Retired,
    /// Its age in seconds.
    pub age: f64,
    /// Its size, where it is a table.
    pub size: Option<Size>,
    /// Whether it is kept in step with the one that took its name.
    pub in_step: bool,
}

/// Where a database stands.
#[derive(Clone, Debug)]
pub struct Status {
    /// Its name.
    pub database: String,
    /// The server's version.
    pub version: ServerVersion,
    /// The project.
    pub project: String,
    /// Whether its journal was made in another database.
    pub copied_journal: bool,
    /// The revision in force.
    pub in_force: Option<Revision>,
    /// The revision that stopped part-way.
    pub stopped: Option<Revision>,
    /// What is held in the attic.
    pub held: Vec<Held>,
    /// What was found and is not modelled.
    pub unmodelled: Vec<Unmodelled>,
}

/// Reads where a database stands.
///
/// # Errors
/// Fails when the server or its journal cannot be read.
pub async fn status(project: &Project) -> Result<Status, PipelineError> {
    let Live {
        mut connection,
        read,
        history,
    } = live(project).await?;
    let settings = &project.settings;
    let mut ages: BTreeMap<String, f64> = BTreeMap::new();
    if history.installed {
        ages.extend(history::places(&mut connection, &settings.journal).await?);
    }
    let held = history
        .ledger
        .iter()
        .map(|row| Held {
            row: row.clone(),
            age: ages.get(&row.place.to_string()).copied().unwrap_or(0.0),
            size: read.server.sizes.get(&row.place).copied(),
            in_step: read.in_step.get(&row.place).is_some_and(|own| own.is_on),
        })
        .collect();
    Ok(Status {
        database: read.server.database.clone(),
        version: read.server.version,
        project: settings.project.clone(),
        copied_journal: history.copied,
        in_force: history.in_force().cloned(),
        stopped: history.stopped().cloned(),
        held,
        unmodelled: in_scope(&read, settings),
    })
}
