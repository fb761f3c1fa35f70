//! The loop as a library: one async function per command. Owns no rule, prints nothing.

mod apply;
mod composite;
mod conversion;
mod counting;
mod domain;
mod drift;
mod finish;
mod former_state;
mod half_detached;
mod inverse;
mod partition;
mod plan;
mod preflight;
mod privileges;
mod pull;
mod purge;
mod range;
mod role;
mod rollback;
mod rows_to_be;
mod shadow;
mod since;
mod status;
mod validate;

use std::path::PathBuf;
use std::time::Duration;

use crate::apply::ApplyError;
use crate::catalog::{self, CatalogError, Connection};
use crate::desired::{self, DesiredError, Loaded};
use crate::history::{self, History, HistoryError};
use crate::model::{Address, Expression, Grants, Kind, Model, Read, ScratchSource, Settings};
use crate::plan::{Allowance, ArtifactError, Finding, Plan, PlanError};
use crate::scratch::ScratchError;

pub use crate::apply::{Progress, Silent, Stop};
pub use apply::{Applied, Caller, apply, finish_if_same, resume, stopped};
pub use drift::{Drift, Reference, drift, drift_from_files};
pub use finish::plan_finish;
pub use plan::{is_planned_from, plan};
pub use privileges::{Lacking, may_apply};
pub use pull::{Pulled, pull};
pub use purge::{Purge, plan_purge};
pub use rollback::{Target, plan_rollback};
pub use status::{Held, Status, status};
pub use validate::validate;

/// What every command rests on.
#[derive(Clone, Debug)]
pub struct Project {
    /// The settings.
    pub settings: Settings,
    /// The folders of the desired state.
    pub desired: Vec<PathBuf>,
    /// The live database.
    pub url: String,
    /// How long a connection may take to come about.
    pub connect_timeout: Duration,
    /// Where scratch servers come from.
    pub scratch: ScratchSource,
    /// What a person allowed.
    pub allowed: Vec<Allowance>,
    /// Whether a journal that came with a copy of its database is taken over.
    pub adopt_journal: bool,
    /// Rewrites beside the tool's own, asked first.
    pub rewrites: Vec<crate::plan::Rewrite>,
}

/// Why a command did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum PipelineError {
    /// The files.
    #[error(transparent)]
    Desired(#[from] DesiredError),
    /// The live server.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// The journal.
    #[error(transparent)]
    History(#[from] HistoryError),
    /// The scratch server, levelling and rehearsal.
    #[error(transparent)]
    Scratch(#[from] ScratchError),
    /// No plan can be made.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The plan file.
    #[error(transparent)]
    Artifact(#[from] ArtifactError),
    /// The plan has hazards that nobody allowed.
    #[error("the plan has {} that nobody allowed", many(.0.len(), "hazard"))]
    NotAllowed(Vec<Finding>),
    /// The role may not do what the plan does.
    #[error("role {role} lacks {} that this plan needs", many(.lacking.len(), "privilege"))]
    Lacking {
        /// The role.
        role: String,
        /// What it lacks.
        lacking: Vec<Lacking>,
    },
    /// What the plan rests on moved.
    #[error("the database is not what the plan was made for")]
    Stale {
        /// What moved.
        moved: Vec<String>,
    },
    /// The plan speaks of what the role that made it owns, and another role is to carry it out.
    #[error("role {role} cannot carry out what role {made_by} planned")]
    AnotherRole {
        /// The role that made it.
        made_by: String,
        /// The role that is connected.
        role: String,
    },
    /// A revision stopped part-way and stands in the way.
    #[error("revision {revision} is not carried out to its end and stands in the way")]
    Unfinished {
        /// The revision.
        revision: i64,
    },
    /// There is nothing to undo, to show, to purge.
    #[error("{0}")]
    Nothing(String),
    /// A column whose type changed by a column beside it cannot be swapped back.
    #[error("{column} cannot be swapped back with its former self: {why}")]
    NotSwapped {
        /// The column.
        column: Address,
        /// Why not.
        why: String,
    },
    /// There is no such revision.
    #[error("there is no revision {revision}: the newest is {newest}")]
    NoRevision {
        /// The one that was asked for.
        revision: i64,
        /// The newest there is.
        newest: i64,
    },
    /// Applying failed before anything was changed.
    #[error("nothing was changed")]
    Unchanged(#[source] ApplyError),
    /// Applying stopped part-way: what is done is recorded.
    #[error("revision {revision} stopped after {} of {stages}", many(*.done, "stage"))]
    Stopped {
        /// The revision.
        revision: i64,
        /// How many stages are done.
        done: usize,
        /// How many there are.
        stages: usize,
        /// What stopped it.
        #[source]
        source: ApplyError,
    },
    /// A file or folder could not be written.
    #[error("{} cannot be written: {reason}", .path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}

/// Counts things in words.
fn many(number: usize, word: &str) -> String {
    if number == 1 {
        format!("1 {word}")
    } else {
        format!("{number} {word}s")
    }
}

impl Project {
    async fn connect(&self) -> Result<Connection, CatalogError> {
        catalog::connect(&self.url, self.connect_timeout).await
    }
}

/// The live side and its journal.
struct Live {
    connection: Connection,
    read: Read,
    history: History,
}

async fn live(project: &Project) -> Result<Live, PipelineError> {
    let mut connection = project.connect().await?;
    let (read, history) = read(project, &mut connection).await?;
    Ok(Live {
        connection,
        read,
        history,
    })
}

/// Reads the database and its journal.
async fn read(
    project: &Project,
    connection: &mut Connection,
) -> Result<(Read, History), PipelineError> {
    let mut read = catalog::read_live(connection).await?;
    let history = journal(project, connection, &read).await?;
    let manages =
        project.settings.manage.roles || history.owned().iter().any(Address::is_of_server);
    if !manages {
        read.model.retain(|address| !address.is_of_server());
    }
    Ok((read, history))
}

async fn journal(
    project: &Project,
    connection: &mut Connection,
    read: &Read,
) -> Result<History, PipelineError> {
    let settings = &project.settings;
    let identity = &read.server.identity;
    if project.adopt_journal {
        history::adopt(connection, &settings.journal, identity).await?;
    }
    Ok(history::read(connection, &settings.journal, &settings.project, identity).await?)
}

/// Reads the files; roles get the names that they have here.
///
/// # Errors
/// Fails with every fault of every file.
pub fn load(project: &Project) -> Result<Loaded, DesiredError> {
    let mut loaded = desired::read(&project.desired)?;
    let roles = role::said_twice(&loaded, &project.settings.roles);
    if !roles.faults.is_empty() {
        return Err(DesiredError::Faults(roles));
    }
    loaded.declared = loaded.declared.with_roles(&project.settings.roles);
    if !project.settings.manage.roles {
        loaded
            .declared
            .written
            .retain(|address| !address.is_of_server());
    }
    Ok(loaded)
}

/// Reads the journal alone.
///
/// # Errors
/// Fails when the server or its journal cannot be read.
pub async fn history(project: &Project) -> Result<History, PipelineError> {
    let mut connection = project.connect().await?;
    let server = catalog::server(&mut connection).await?;
    let settings = &project.settings;
    if project.adopt_journal {
        history::adopt(&mut connection, &settings.journal, &server.identity).await?;
    }
    Ok(history::read(
        &mut connection,
        &settings.journal,
        &settings.project,
        &server.identity,
    )
    .await?)
}

/// Says whether a thing is held in the attic or bears a mark of the tool.
fn is_marked(address: &Address) -> bool {
    address.path().iter().any(crate::model::Name::is_reserved)
}

/// Returns the part of a live model that commands talk about: without the journal and without what bears our mark.
fn visible(model: &Model<Expression>, settings: &Settings) -> Model<Expression> {
    let mut model = model.clone();
    let ignores_grants = settings.manage.grants == Grants::Ignored;
    model.retain(|address| {
        !address.is_in_schema(&settings.journal)
            && (!matches!(address.kind(), Kind::Grant | Kind::DefaultPrivilege) || !ignores_grants)
            && !is_marked(address)
            && !settings.manage.excludes(address)
            && (settings.manage.roles || !address.is_of_server())
            && settings.manage.covers(address)
    });
    model
}

/// Reads a plan file.
///
/// # Errors
/// Fails when it cannot be read, is no plan, is of a newer format or was edited.
pub fn read_plan(path: &std::path::Path) -> Result<Plan, PipelineError> {
    let text = std::fs::read_to_string(path).map_err(|error| DesiredError::Unreadable {
        path: path.to_owned(),
        reason: error.to_string(),
    })?;
    Ok(Plan::from_json(&text)?)
}
