//! The order that follows from what a thing is, whatever leans on what.

use std::collections::BTreeSet;

use super::relations::{ByEffect, Relations};
use super::step::{Effect, Step};
use crate::model::{Address, DEFAULTS, Defined, Kind, QUERY};

impl Relations {
    /// What runs at DDL commands comes after those of the plan and goes before them: nothing says what it speaks of. One that is
    /// made again commits as one with what lies between, so it stands where it stood.
    pub(super) fn event_triggers(&mut self, steps: &[(usize, &Step)], by: &ByEffect<'_>) {
        let event_trigger = Kind::Defined(Defined::EventTrigger);
        let own = |step: &Step| {
            let about = step.address.target();
            about.as_ref().unwrap_or(&step.address).kind() == event_trigger
        };
        let (about, others): (Vec<_>, Vec<_>) =
            steps.iter().copied().partition(|(_, step)| own(step));
        let about: BTreeSet<usize> = about.into_iter().map(|(at, _)| at).collect();
        let others: BTreeSet<usize> = others.into_iter().map(|(at, _)| at).collect();
        let others: Vec<usize> = others.difference(&about).copied().collect();
        for (x, arrivals) in &by.creates {
            if x.kind() == event_trigger && !by.drops.contains_key(x) {
                self.before(&others, arrivals);
            }
        }
        for (x, departures) in &by.drops {
            if x.kind() == event_trigger && !by.creates.contains_key(x) {
                self.before(departures, &others);
            }
        }
    }

    /// A column that CREATE OR REPLACE adds to a view is there before its default.
    pub(super) fn defaults_of_views(&mut self, steps: &[(usize, &Step)]) {
        let all = steps.iter().enumerate();
        let with = |attribute: &str| -> Vec<(usize, &Address)> {
            let found = all.clone().flat_map(|(at, (_, step))| {
                let effects = step.effects.iter();
                effects.filter_map(move |effect| {
                    let Effect::Alters(view, own) = effect else {
                        return None;
                    };
                    (view.kind() == Kind::View && own == attribute).then_some((at, view))
                })
            });
            found.collect()
        };
        for (query, view) in with(QUERY) {
            for (defaults, _) in with(DEFAULTS).iter().filter(|(_, own)| *own == view) {
                self.before(&[query], &[*defaults]);
            }
        }
    }
}
