//! Triggers on tables and views.

use serde::{Deserialize, Serialize};

use super::{Address, Deferrable, Kind, Name, Text};

/// When a trigger fires.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Timing {
    /// Before the row or statement is carried out.
    Before,
    /// Afterwards.
    After,
    /// Instead of it (views).
    InsteadOf,
}

/// What fires a trigger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// INSERT.
    Insert,
    /// DELETE.
    Delete,
    /// UPDATE.
    Update,
    /// TRUNCATE.
    Truncate,
}

/// In which session roles a trigger fires (manual: ALTER TABLE … ENABLE TRIGGER).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Enabled {
    /// In `origin` and `local`.
    Origin,
    /// Always.
    Always,
    /// In `replica`.
    Replica,
    /// Never.
    Disabled,
}

/// A trigger (manual: CREATE TRIGGER).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trigger<T> {
    /// Whether it sits on a view.
    pub on_view: bool,
    /// When it fires.
    pub timing: Timing,
    /// What fires it, in the order of [`Event`].
    pub events: Vec<Event>,
    /// The columns of UPDATE OF.
    pub update_of: Vec<Name>,
    /// Whether it fires for each row, or else for each statement.
    pub for_each_row: bool,
    /// The condition.
    pub when: Option<T>,
    /// The call: function and arguments.
    pub execute: T,
    /// Whether it is a constraint trigger, and when that fires.
    pub constraint: Option<Deferrable>,
    /// The table a constraint trigger refers to, schema and name (FROM).
    pub from: Option<Vec<Name>>,
    /// The transition table of former rows.
    pub old_table: Option<Name>,
    /// The transition table of new rows.
    pub new_table: Option<Name>,
    /// In which session roles it fires.
    pub enabled: Enabled,
}

/// How triggers differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TriggerAlteration {
    /// Anything that takes another trigger.
    Definition,
    /// In which session roles it fires.
    Enabled(Enabled),
}

impl TriggerAlteration {
    pub(super) fn attribute(&self) -> &'static str {
        match self {
            Self::Definition => "definition",
            Self::Enabled(_) => "enabled",
        }
    }
}

impl<T: Text + Ord> Trigger<T> {
    pub(super) fn alterations(&self, to: &Self) -> Vec<TriggerAlteration> {
        let Self {
            on_view,
            timing,
            events,
            update_of,
            for_each_row,
            when,
            execute,
            constraint,
            from,
            old_table,
            new_table,
            enabled,
        } = self;
        let same = *on_view == to.on_view
            && *timing == to.timing
            && *events == to.events
            && *update_of == to.update_of
            && *for_each_row == to.for_each_row
            && *when == to.when
            && *execute == to.execute
            && *constraint == to.constraint
            && *from == to.from
            && *old_table == to.old_table
            && *new_table == to.new_table;
        if !same {
            vec![TriggerAlteration::Definition]
        } else if *enabled != to.enabled {
            vec![TriggerAlteration::Enabled(to.enabled)]
        } else {
            Vec::new()
        }
    }
}

impl<T> Trigger<T> {
    /// Returns the relation that the trigger at `own` sits on.
    pub fn relation(&self, own: &Address) -> Address {
        let kind = if self.on_view {
            Kind::View
        } else {
            Kind::Table
        };
        own.table().with_kind(kind)
    }

    pub(super) fn map<U>(&self, turn: &mut impl FnMut(&T) -> U) -> Trigger<U> {
        Trigger {
            on_view: self.on_view,
            timing: self.timing,
            events: self.events.clone(),
            update_of: self.update_of.clone(),
            for_each_row: self.for_each_row,
            when: self.when.as_ref().map(&mut *turn),
            execute: turn(&self.execute),
            constraint: self.constraint,
            from: self.from.clone(),
            old_table: self.old_table.clone(),
            new_table: self.new_table.clone(),
            enabled: self.enabled,
        }
    }
}
