//! The order that follows from what a thing is, whatever leans on what.

use std::collections::BTreeSet;

use super::relations::{ByEffect, Relations};
use super::step::{Effect, Phase, Step};
use crate::model::{
    Address, Body, DEFAULTS, Defined, Expression, Kind, Level, Object, QUERY, Text as _,
};

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

    /// A cast is there before what may speak by it: no text names one, and the server keeps no dependency on it. That is every
    /// expression and query that leans on what the cast leans on, but for those that some cast needs itself.
    pub(super) fn casts(&mut self, by: &ByEffect<'_>, level: &Level) {
        let is_cast = |own: &Address| own.kind() == Kind::Defined(Defined::Cast);
        let made = by.creates.iter().filter(|(own, _)| is_cast(own));
        let made: Vec<(&Address, &Vec<usize>)> =
            made.map(|(own, arrivals)| (*own, arrivals)).collect();
        if made.is_empty() {
            return;
        }
        let below = reach(made.iter().map(|(own, _)| (*own).clone()), |own| {
            level.desired.needs_of(own)
        });
        let needed_by = level.desired.needed_by();
        let none = BTreeSet::new();
        for (cast, arrivals) in made {
            let anchors = level.desired.needs_of(cast).into_iter();
            let anchors = anchors.filter(|own| own.kind() != Kind::Schema);
            let mut above = reach(anchors, |own| needed_by.get(own).unwrap_or(&none).clone());
            if above.is_empty() {
                // Between types of the system, by text or as they are: anything may speak by it.
                above.extend(level.desired.objects.keys().cloned());
            }
            let above = above.difference(&below);
            for own in above.filter(|own| level.desired.objects.get(*own).is_some_and(speaks)) {
                for steps in [&by.creates, &by.alters] {
                    self.before(arrivals, steps.get(own).map_or(&[], Vec::as_slice));
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

/// Returns where one gets to from these, themselves among it.
fn reach(
    from: impl Iterator<Item = Address>,
    next: impl Fn(&Address) -> BTreeSet<Address>,
) -> BTreeSet<Address> {
    let mut found = BTreeSet::new();
    let mut queue: Vec<Address> = from.collect();
    while let Some(own) = queue.pop() {
        if found.insert(own.clone()) {
            queue.extend(next(&own));
        }
    }
    found
}

/// Says whether a routine has a body that is kept as it was understood, or an argument with a default: one too many only comes later.
fn calls(body: &Body<Expression>, arguments: &Expression) -> bool {
    matches!(body, Body::Sql(_)) || arguments.sql().contains("DEFAULT")
}

/// Says whether it has an expression or a query that the server keeps as it understood it.
fn speaks(object: &Object<Expression>) -> bool {
    match object {
        Object::Column(own) => own.generated.is_some(),
        Object::Domain(own) => own.default.is_some(),
        Object::Function(own) => calls(&own.body, &own.arguments),
        Object::Procedure(own) => calls(&own.body, &own.arguments),
        Object::Default(_)
        | Object::Check(_)
        | Object::DomainCheck(_)
        | Object::Index(_)
        | Object::Exclusion(_)
        | Object::View(_)
        | Object::MaterializedView(_)
        | Object::Policy(_)
        | Object::Rule(_)
        | Object::Trigger(_)
        | Object::PublishedTable(_) => true,
        Object::Defined(own) => own.kind == Defined::Statistics,
        Object::Schema(_)
        | Object::Extension(_)
        | Object::Collation(_)
        | Object::Enum(_)
        | Object::Composite(_)
        | Object::Range(_)
        | Object::Sequence(_)
        | Object::Aggregate(_)
        | Object::Table(_)
        | Object::OwnedBy(_)
        | Object::NotNull(_)
        | Object::Identity(_)
        | Object::PrimaryKey(_)
        | Object::Unique(_)
        | Object::ForeignKey(_)
        | Object::Parameters(_)
        | Object::ColumnSettings(_)
        | Object::ReplicaIdentity(_)
        | Object::ClusteredOn(_)
        | Object::RowSecurity(_)
        | Object::PublishedSchema(_)
        | Object::Owner(_)
        | Object::Grant(_)
        | Object::DefaultPrivilege(_)
        | Object::Comment(_) => false,
    }
}
