//! What a reviewer must see, and what a person allowed.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::model::{Address, Pattern};

/// Makes the codes of hazards from one list.
macro_rules! hazards {
    ($($(#[$doc:meta])* $hazard:ident = $code:literal;)*) => {
        /// A hazard; its code is stable.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Hazard { $($(#[$doc])* $hazard,)* }

        impl Hazard {
            /// Every hazard.
            pub const ALL: &'static [Hazard] = &[$(Hazard::$hazard,)*];

            /// Returns the stable code.
            pub fn code(self) -> &'static str {
                match self { $(Hazard::$hazard => $code,)* }
            }
        }
    };
}

hazards! {
    /// A thing goes out of use and is kept until `purge`.
    RetiresData = "retires_data";
    /// A thing that no revision declared is retired.
    RetiresUnmanaged = "retires_unmanaged";
    /// Data is destroyed or changed for good.
    LosesData = "loses_data";
    /// A retired thing comes back with rows older than the last revision.
    RevivesRows = "revives_rows";
    /// A running client's statements can fail.
    BreaksClients = "breaks_clients";
    /// Somebody may do more or less than before.
    PrivilegeChange = "privilege_change";
    /// Readers wait while a table is scanned or rewritten.
    BlocksReads = "blocks_reads";
    /// Writers wait while a table is scanned or rewritten.
    BlocksWrites = "blocks_writes";
    /// Every row is written anew.
    TableRewrite = "table_rewrite";
    /// Every row is read.
    LongScan = "long_scan";
    /// An index is built on rows.
    IndexBuild = "index_build";
    /// An index goes.
    IndexDropped = "index_dropped";
    /// A function changes what indexes, checks or stored columns were made with.
    StaleIndex = "stale_index";
    /// Filling rows fires triggers of the user's.
    FiresTriggers = "fires_triggers";
    /// Times get a time zone, or lose it, and nobody said which.
    GuessesTimeZone = "guesses_time_zone";
    /// A drop and a create of like shape: perhaps a rename.
    PossibleRename = "possible_rename";
    /// The way back does not restore everything.
    Irreversible = "irreversible";
    /// A step could not be rehearsed.
    Unrehearsed = "unrehearsed";
    /// Rows that are there violate what is to come: no allowance helps.
    FailsOnRows = "fails_on_rows";
    /// These files were rolled back and have not changed since.
    RolledBack = "rolled_back";
}

impl Hazard {
    /// Says whether the hazard only has to be told; `within_small_table` is said of the table it is about.
    pub fn is_only_told(self, within_small_table: bool) -> bool {
        match self {
            Self::IndexBuild
            | Self::LongScan
            | Self::IndexDropped
            | Self::StaleIndex
            | Self::FiresTriggers
            | Self::RevivesRows => true,
            Self::TableRewrite | Self::BlocksReads | Self::BlocksWrites => within_small_table,
            Self::RetiresData
            | Self::RetiresUnmanaged
            | Self::LosesData
            | Self::BreaksClients
            | Self::PrivilegeChange
            | Self::GuessesTimeZone
            | Self::PossibleRename
            | Self::Irreversible
            | Self::Unrehearsed
            | Self::FailsOnRows
            | Self::RolledBack => false,
        }
    }
}

impl Hazard {
    /// Says whether a person may allow it: rows that would fail stay a refusal.
    pub fn may_be_allowed(self) -> bool {
        self != Self::FailsOnRows
    }
}

impl fmt::Display for Hazard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// A hazard of this plan.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Finding {
    /// What it is.
    pub hazard: Hazard,
    /// The object it is about.
    pub address: Address,
    /// A sentence about this very case.
    pub because: String,
    /// Whether it stops `apply` until allowed.
    pub stops: bool,
}

/// What a person allowed: one hazard, or all, everywhere or for a pattern of addresses.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Allowance {
    /// The hazard; absent: all.
    pub hazard: Option<Hazard>,
    /// The addresses; absent: all.
    pub pattern: Option<Pattern>,
}

impl Allowance {
    /// Says whether this allowance covers the finding.
    pub fn covers(&self, finding: &Finding) -> bool {
        finding.hazard.may_be_allowed()
            && self.hazard.is_none_or(|hazard| hazard == finding.hazard)
            && self
                .pattern
                .as_ref()
                .is_none_or(|pattern| pattern.matches(&finding.address))
    }
}

/// Says why a text is no allowance.
#[derive(Debug, thiserror::Error)]
#[error(
    "`{0}` is no hazard code; write `CODE`, `CODE:address pattern` or `all`, for example `retires_data:table app.*`"
)]
pub struct AllowanceError(String);

impl FromStr for Allowance {
    type Err = AllowanceError;

    fn from_str(text: &str) -> Result<Self, AllowanceError> {
        let (code, pattern) = match text.split_once(':') {
            Some((code, pattern)) => (code, Some(Pattern::new(pattern))),
            None => (text, None),
        };
        if code == "all" {
            return Ok(Self {
                hazard: None,
                pattern,
            });
        }
        let hazard = Hazard::ALL.iter().find(|hazard| hazard.code() == code);
        let hazard = hazard.ok_or_else(|| AllowanceError(code.to_owned()))?;
        Ok(Self {
            hazard: Some(*hazard),
            pattern,
        })
    }
}

impl fmt::Display for Allowance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.hazard.map_or("all", Hazard::code))?;
        match &self.pattern {
            Some(pattern) => write!(f, ":{pattern}"),
            None => Ok(()),
        }
    }
}
