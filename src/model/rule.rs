//! Rules on tables and views (manual chapter 39).

use serde::{Deserialize, Serialize};

use super::{Address, Enabled, Event, Kind, Text};

/// A rule (manual: CREATE RULE). What makes a view a view is none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule<T> {
    /// Whether it sits on a view.
    pub on_view: bool,
    /// Which statements it is for: INSERT, UPDATE or DELETE.
    pub event: Event,
    /// For which rows.
    pub condition: Option<T>,
    /// Whether the commands are carried out instead of the statement, or else besides.
    pub instead: bool,
    /// NOTHING, one command, or several in parentheses.
    pub action: T,
    /// In which session roles it acts.
    pub enabled: Enabled,
}

/// How rules differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RuleAlteration {
    /// Another rule takes its place: CREATE OR REPLACE RULE.
    Definition,
    /// In which session roles it acts.
    Enabled(Enabled),
}

impl RuleAlteration {
    pub(super) fn attribute(&self) -> &'static str {
        match self {
            Self::Definition => "definition",
            Self::Enabled(_) => "enabled",
        }
    }
}

impl<T: Text + Ord> Rule<T> {
    pub(super) fn alterations(&self, to: &Self) -> Vec<RuleAlteration> {
        let Self {
            on_view,
            event,
            condition,
            instead,
            action,
            enabled,
        } = self;
        let same = *on_view == to.on_view
            && *event == to.event
            && *condition == to.condition
            && *instead == to.instead
            && *action == to.action;
        let mut alterations = Vec::new();
        if !same {
            alterations.push(RuleAlteration::Definition);
        }
        if *enabled != to.enabled {
            alterations.push(RuleAlteration::Enabled(to.enabled));
        }
        alterations
    }
}

impl<T> Rule<T> {
    /// Returns the relation that the rule at `own` sits on.
    pub fn relation(&self, own: &Address) -> Address {
        let kind = if self.on_view {
            Kind::View
        } else {
            Kind::Table
        };
        own.table().with_kind(kind)
    }

    pub(super) fn map<U>(&self, turn: &mut impl FnMut(&T) -> U) -> Rule<U> {
        Rule {
            on_view: self.on_view,
            event: self.event,
            condition: self.condition.as_ref().map(&mut *turn),
            instead: self.instead,
            action: turn(&self.action),
            enabled: self.enabled,
        }
    }
}
