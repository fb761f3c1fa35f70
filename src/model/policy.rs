//! Row-level security of tables: whether it is on, and its policies.

use serde::{Deserialize, Serialize};

use super::{Name, Text};

/// Whether a table's policies count; an object of its own, absent where they do not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowSecurity {
    /// Whether policies count for others than the owner (manual: ENABLE ROW LEVEL SECURITY).
    pub enabled: bool,
    /// Whether they count for the owner too (manual: FORCE ROW LEVEL SECURITY).
    pub forced: bool,
}

/// How row-level security differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowSecurityAlteration {
    /// For others than the owner.
    Enabled(bool),
    /// For the owner.
    Forced(bool),
}

impl RowSecurityAlteration {
    pub(super) fn attribute(&self) -> &'static str {
        match self {
            Self::Enabled(_) => "row_level_security",
            Self::Forced(_) => "force_row_level_security",
        }
    }
}

impl RowSecurity {
    pub(super) fn alterations(&self, to: &Self) -> Vec<RowSecurityAlteration> {
        let Self { enabled, forced } = self;
        let mut found = Vec::new();
        if *enabled != to.enabled {
            found.push(RowSecurityAlteration::Enabled(to.enabled));
        }
        if *forced != to.forced {
            found.push(RowSecurityAlteration::Forced(to.forced));
        }
        found
    }
}

/// The statements that a policy is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PolicyCommand {
    /// All of them.
    All,
    /// SELECT.
    Select,
    /// INSERT.
    Insert,
    /// UPDATE.
    Update,
    /// DELETE.
    Delete,
}

/// A policy (manual: CREATE POLICY).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy<T> {
    /// Whether it lets rows in beside others, or else keeps them out whatever others say.
    pub permissive: bool,
    /// What it is for.
    pub command: PolicyCommand,
    /// The roles it is for, in the order of their names; none: everybody.
    pub roles: Vec<Name>,
    /// Which rows are seen.
    pub using: Option<T>,
    /// Which rows may be written.
    pub with_check: Option<T>,
}

/// How policies differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyAlteration {
    /// What takes another policy.
    Definition,
    /// Roles and conditions: ALTER POLICY.
    Terms,
}

impl PolicyAlteration {
    pub(super) fn attribute(&self) -> &'static str {
        match self {
            Self::Definition => "definition",
            Self::Terms => "terms",
        }
    }
}

impl<T: Text + Ord> Policy<T> {
    pub(super) fn alterations(&self, to: &Self) -> Vec<PolicyAlteration> {
        let Self {
            permissive,
            command,
            roles,
            using,
            with_check,
        } = self;
        // A condition that is there can become another one, and cannot go.
        let goes = |from: &Option<T>, to: &Option<T>| from.is_some() && to.is_none();
        if *permissive != to.permissive
            || *command != to.command
            || goes(using, &to.using)
            || goes(with_check, &to.with_check)
        {
            vec![PolicyAlteration::Definition]
        } else if *roles != to.roles || *using != to.using || *with_check != to.with_check {
            vec![PolicyAlteration::Terms]
        } else {
            Vec::new()
        }
    }
}

impl<T> Policy<T> {
    pub(super) fn map<U>(&self, turn: &mut impl FnMut(&T) -> U) -> Policy<U> {
        Policy {
            permissive: self.permissive,
            command: self.command,
            roles: self.roles.clone(),
            using: self.using.as_ref().map(&mut *turn),
            with_check: self.with_check.as_ref().map(&mut *turn),
        }
    }
}
