//! Why no plan can be made, and how to mend that.

use super::graph::Cycle;
use crate::model::{Address, Name};

/// Why no plan can be made.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// The order has a loop: a fault of the planner.
    #[error(transparent)]
    Cycle(#[from] Cycle),
    /// A NOT NULL has nothing to fill existing rows with.
    #[error("{column} cannot become NOT NULL: {table} holds rows, and nothing says what they get")]
    NothingToFill {
        /// The column.
        column: Address,
        /// Its table.
        table: Address,
    },
    /// Something that is not modelled stands on what would go or change.
    #[error("{address} cannot be changed: {blockers} depends on it, which is not modelled")]
    Blocked {
        /// What would change.
        address: Address,
        /// What stands on it, in the server's words.
        blockers: String,
    },
    /// A protected thing would go or be written anew.
    #[error("{address} is protected (`protect: true`) and would be {what}")]
    Protected {
        /// The thing.
        address: Address,
        /// What would become of it.
        what: &'static str,
    },
    /// How a table's rows are spread over partitions changes.
    #[error("{table} cannot be partitioned otherwise: PostgreSQL has no statement for it")]
    PartitionBy {
        /// The table.
        table: Address,
    },
    /// A column of a partition key would get another type.
    #[error(
        "{column} cannot change its type: the bounds of {partition} are values of it, and PostgreSQL has no statement for that"
    )]
    KeyColumn {
        /// The column.
        column: Address,
        /// The partition.
        partition: Address,
    },
    /// What a partition has for itself is the same as what comes for the whole.
    #[error("{own} would be taken for a part of {whole}, which is the same for the whole table")]
    HandedDown {
        /// What the partition has.
        own: Address,
        /// What comes for the whole table.
        whole: Address,
    },
    /// A partition that becomes a table would lose a column.
    #[error(
        "{column} is a column of the whole table, and its partition becomes a table without it"
    )]
    LeavesColumn {
        /// The column, in the partition.
        column: Address,
    },
    /// A partition gets other bounds, or another table.
    #[error(
        "{partition} cannot hold other rows while it is a partition: PostgreSQL has no statement for it"
    )]
    Rebound {
        /// The partition.
        partition: Address,
    },
    /// A partition calls a NOT NULL by a name that it cannot get any more.
    #[error(
        "{partition} cannot call its NOT NULL of {column} otherwise: PostgreSQL renames none that comes from another table"
    )]
    NotNullName {
        /// The partition.
        partition: Address,
        /// The column.
        column: Name,
    },
    /// A NOT NULL gets another name, and partitions do not call it as the whole does.
    #[error(
        "{whole} cannot get another name: {partition} calls it otherwise, and PostgreSQL renames both or none"
    )]
    NotNullRenamed {
        /// The NOT NULL of the whole table.
        whole: Address,
        /// The partition.
        partition: Address,
    },
    /// A partition leaves a table with a constraint trigger that the server leaves there.
    #[error(
        "{partition} cannot leave while its table has {trigger}: the server leaves a copy of such a trigger (`references`) there, which nothing drops and which keeps it from coming back"
    )]
    TriggerStays {
        /// The partition.
        partition: Address,
        /// The trigger.
        trigger: Address,
    },
    /// A type or collation would give way to another one, and is a part of a further type.
    #[error("{own} would become another one, and {user} is made of it")]
    Nested {
        /// The type.
        own: Address,
        /// What is made of it.
        user: Address,
    },
    /// A rule carries out something else instead of the UPDATE that fills a column.
    #[error("{column} cannot be filled: {rule} acts instead of UPDATE")]
    Diverted {
        /// The column.
        column: Address,
        /// The rule.
        rule: Address,
    },
    /// A publication tells of updates to a table whose rows nothing tells apart: the server refuses those.
    #[error(
        "{column} cannot be filled: {publication} tells of updates, and {table} has no replica identity"
    )]
    Unidentified {
        /// The column.
        column: Address,
        /// Its table.
        table: Address,
        /// The publication.
        publication: Address,
    },
    /// Something that no revision declared stands on what would go.
    #[error("{address} cannot go: {others} depends on it, which no revision declared")]
    Outside {
        /// What would go.
        address: Address,
        /// What stands on it.
        others: String,
    },
}

impl PlanError {
    /// Says how to mend it.
    pub fn mend(&self) -> &'static str {
        match self {
            Self::Cycle(_) => {
                "please report this plan: the order of its steps is a fault of the tool"
            }
            Self::NothingToFill { .. } => {
                "give the column a `default`, or a `backfill` expression for the rows that exist"
            }
            Self::Protected { .. } => {
                "leave it as it is, or take `protect` out in a revision of its own first"
            }
            Self::HandedDown { .. } => {
                "leave it out of the partition: it goes, and the whole table gets one"
            }
            Self::KeyColumn { .. } | Self::PartitionBy { .. } => {
                "declare a new table beside it, move the rows, and take this one out in a later revision"
            }
            Self::LeavesColumn { .. } => {
                "declare the table with all columns first, which detaches it, and without the column in a revision after that"
            }
            Self::Rebound { .. } => {
                "declare it among `tables` first, which detaches it, and as a partition with the new bound in a revision after that"
            }
            Self::NotNullName { .. } => {
                "leave the line out of its `not_null_names`; or declare the table by itself first, which detaches it, and as a partition in a revision after that"
            }
            Self::NotNullRenamed { .. } => {
                "leave the name of the NOT NULL as it is, or take it out in a revision of its own before"
            }
            Self::TriggerStays { .. } => {
                "take the trigger out in a revision before, and declare it again in one after"
            }
            Self::Diverted { .. } => {
                "switch the rule off (`enabled: false`) in a revision before, and on again in one after"
            }
            Self::Unidentified { .. } => {
                "give the table a primary key, or `replica_identity: full`; or leave `update` out of what is published until it is filled"
            }
            Self::Nested { .. } => {
                "declare another one beside it and use that; of a composite type, attributes can be added and dropped, which leaves it the one it is"
            }
            Self::Outside { .. } => {
                "declare the dependent without it, or drop it by hand first; or leave the object as it is"
            }
            Self::Blocked { .. } => {
                "drop the dependent by hand first, or leave the object as it is"
            }
        }
    }
}
