//! The order that follows from what a thing is, whatever leans on what.

use std::collections::BTreeSet;

use super::relations::{ByEffect, Relations};
use super::step::{Effect, Phase, Step};
use crate::model::{Address, DEFAULTS, Defined, Kind, Level, QUERY};

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
        let others = others.difference(&about).copied();
        let own = |at: &usize| !steps[*at].1.address.is_of_server();
        let others: Vec<usize> = others.filter(own).collect();
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

    /// Roles are there before whatever may speak of them, and go after it. Nothing fires at what is done about them.
    pub(super) fn roles(&mut self, steps: &[(usize, &Step)]) {
        let all = steps.iter().enumerate();
        let (own, others): (Vec<_>, Vec<_>) =
            all.partition(|(_, (_, step))| step.address.is_of_server());
        let others: Vec<usize> = others.into_iter().map(|(at, _)| at).collect();
        let (goes, comes): (Vec<_>, Vec<_>) = own
            .into_iter()
            .partition(|(_, (_, step))| step.phase == Phase::Contract);
        let at = |all: Vec<(usize, &(usize, &Step))>| all.into_iter().map(|(at, _)| at).collect();
        let (goes, comes): (Vec<usize>, Vec<usize>) = (at(goes), at(comes));
        self.before(&comes, &others);
        self.before(&others, &goes);
    }

    /// A cast is there before what may speak by it.
    pub(super) fn casts(&mut self, by: &ByEffect<'_>, level: &Level) {
        let made = by.creates.iter();
        let made = made.filter(|(own, _)| own.kind() == Kind::Defined(Defined::Cast));
        let casts: Vec<&Address> = made.map(|(own, _)| *own).collect();
        for (cast, spoken) in level.desired.may_speak_by(&casts) {
            for own in spoken {
                for steps in [&by.creates, &by.alters] {
                    let later = steps.get(&own).map_or(&[][..], Vec::as_slice);
                    self.before(&by.creates[cast], later);
                }
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
