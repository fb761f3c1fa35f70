//! The journal: revisions, steps, the ledger of retired things.
//!
//! It lives in a schema of its own in the database it is about. Rows that have to commit with a step are made here as
//! [`Sql`] and sent by the applier inside the stage's message.

mod install;
mod ledger;
mod revision;
mod step;

use sqlx::PgConnection;

use crate::catalog::CatalogError;
use crate::model::{Name, Retired};
use crate::plan::Purpose;
use crate::sql::Sql;

pub use install::JOURNAL_FORMAT;
pub(crate) use install::{adopt, install, state};
pub(crate) use ledger::{change, places};
pub(crate) use revision::{NewRevision, begin, finish, forget, goes_on, load};
pub use revision::{Outcome, Revision};
pub(crate) use step::{StageRow, done, mark_done, stage_rows, started};

/// What a database's journal says.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// Whether there is a journal at all.
    pub installed: bool,
    /// Whether it was made in another database and came here with a copy: it is read, and nothing is applied.
    pub copied: bool,
    /// The revisions of this project, oldest first.
    pub revisions: Vec<Revision>,
    /// The ledger of retired things.
    pub ledger: Vec<Retired>,
}

/// Why the journal cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// The server refused a query.
    #[error(transparent)]
    Server(#[from] CatalogError),
    /// A newer tool wrote it.
    #[error(
        "the journal in schema {schema} has format {found}, newer than {JOURNAL_FORMAT}, the newest this version reads"
    )]
    Newer {
        /// The journal's schema.
        schema: Name,
        /// Its format.
        found: i32,
    },
    /// It belongs to another database: this one is a copy.
    #[error("the journal in schema {schema} belongs to another database: this one is a copy of it")]
    Copied {
        /// The journal's schema.
        schema: Name,
    },
    /// It is there, and this role may not read it.
    #[error("the journal in schema {schema} cannot be read by role {role}")]
    Unreadable {
        /// The journal's schema.
        schema: Name,
        /// The role.
        role: String,
    },
    /// A stored text does not read back.
    #[error("the journal holds a damaged {what} in revision {revision}: {reason}")]
    Damaged {
        /// Which part.
        what: &'static str,
        /// The revision.
        revision: i64,
        /// Why.
        reason: String,
    },
}

impl From<sqlx::Error> for HistoryError {
    fn from(error: sqlx::Error) -> Self {
        Self::Server(error.into())
    }
}

impl History {
    /// Returns the newest revision that was applied and not undone: the one in force.
    pub fn in_force(&self) -> Option<&Revision> {
        let undone = self.undone();
        self.revisions.iter().rev().find(|own| {
            own.outcome == Outcome::Done
                && own.plan.decision.purpose == Purpose::Declare
                && !undone.contains(&own.id)
        })
    }

    /// Returns the ids of revisions that a later one undid.
    pub fn undone(&self) -> Vec<i64> {
        self.revisions
            .iter()
            .filter(|own| own.outcome == Outcome::Done)
            .flat_map(|own| own.undoes.iter().copied())
            .collect()
    }

    /// Returns the revision that stopped part-way, by itself or on request, where there is one: always the newest.
    pub fn stopped(&self) -> Option<&Revision> {
        self.revisions
            .last()
            .filter(|own| own.outcome != Outcome::Done)
    }

    /// Returns the top-level objects that revisions declared, in the names they have now.
    pub fn owned(&self) -> std::collections::BTreeSet<crate::model::Address> {
        let mut owned = std::collections::BTreeSet::new();
        for revision in self
            .revisions
            .iter()
            .filter(|own| own.outcome == Outcome::Done)
        {
            if revision.plan.decision.purpose == Purpose::Purge {
                continue;
            }
            let moves = &revision.plan.decision.moves;
            owned = owned.iter().map(|address| moves.carry(address)).collect();
            owned.extend(revision.plan.decision.declares.iter().cloned());
        }
        owned
    }
}

/// Reads the whole journal of a project.
///
/// # Errors
/// Fails when it is newer than this tool, or cannot be read.
pub async fn read(
    connection: &mut PgConnection,
    schema: &Name,
    project: &str,
    identity: &str,
) -> Result<History, HistoryError> {
    match state(connection, schema).await? {
        install::State::Absent => Ok(History::default()),
        install::State::Unreadable { role } => Err(HistoryError::Unreadable {
            schema: schema.clone(),
            role,
        }),
        install::State::Present { format, .. } if format > JOURNAL_FORMAT => {
            Err(HistoryError::Newer {
                schema: schema.clone(),
                found: format,
            })
        }
        install::State::Present { identity: own, .. } => Ok(History {
            installed: true,
            copied: own != identity,
            revisions: load(connection, schema, project).await?,
            ledger: ledger::load(connection, schema).await?,
        }),
    }
}

/// Makes the journal's schema-qualified name of one of its tables.
fn table(schema: &Name, name: &'static str) -> Sql {
    Sql::empty().names_dotted(&[schema.clone(), Name::new(name)])
}
