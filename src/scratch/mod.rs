//! The throw-away server: where it comes from, building states there, levelling, rehearsing.

mod access;
mod aside;
mod build;
mod builder;
mod closure;
mod current;
mod default_privilege;
mod index_names;
mod level;
mod not_null_names;
mod of_server;
mod partition;
mod prints;
pub mod provider;
mod rehearse;
mod seed;
mod settings;
mod side;
mod tried;
mod workshop;

pub use build::Unbuilt;
pub(crate) use level::{Levelled, Wanted, compile, level, without_journal};
pub(crate) use rehearse::Rehearsal;
pub(crate) use side::carried;
pub use workshop::Workshop;

use crate::apply::ApplyError;
use crate::catalog::CatalogError;
use crate::model::{Address, ServerVersion};

/// Why scratch could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum ScratchError {
    /// No server could be had.
    #[error(transparent)]
    Provider(#[from] provider::ProviderError),
    /// The given server is of another major than the live one: it prints differently.
    #[error(
        "the scratch server is PostgreSQL {version}, the live one is {wanted}: they print differently"
    )]
    OtherMajor {
        /// The live server's major.
        wanted: u16,
        /// The scratch server's version.
        version: ServerVersion,
    },
    /// The server refused a query.
    #[error(transparent)]
    Server(#[from] CatalogError),
    /// Objects could not be built; every one that is left is named.
    #[error("{} of the {side} state cannot be built", count(.unbuilt.len()))]
    Unbuilt {
        /// `current` or `desired`.
        side: &'static str,
        /// What could not be built, and why.
        unbuilt: Vec<Unbuilt>,
    },
    /// Identity cannot be decided.
    #[error(transparent)]
    Identity(#[from] crate::plan::IdentityError),
    /// The rehearsed plan failed.
    #[error("the {direction} plan failed in rehearsal")]
    Failed {
        /// `forward` or `inverse`.
        direction: &'static str,
        /// What happened.
        #[source]
        source: Box<ApplyError>,
    },
    /// The rehearsed plan landed beside the state it was meant for.
    #[error("the {direction} plan was rehearsed and lands elsewhere: {}", .differences.join(", "))]
    LandsElsewhere {
        /// `forward` or `inverse`.
        direction: &'static str,
        /// The objects that differ.
        differences: Vec<String>,
    },
    /// The rehearsed inverse does not bring every seeded value back.
    #[error("the inverse was rehearsed and does not bring back the values of {}", .columns.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))]
    LosesValues {
        /// The columns.
        columns: Vec<Address>,
    },
}

impl From<sqlx::Error> for ScratchError {
    fn from(error: sqlx::Error) -> Self {
        Self::Server(error.into())
    }
}

fn count(number: usize) -> String {
    if number == 1 {
        "1 object".to_owned()
    } else {
        format!("{number} objects")
    }
}
