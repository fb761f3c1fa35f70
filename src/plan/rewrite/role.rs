//! Roles: what comes, or gets more, is there before whatever may speak of it, or need it; what goes, or gets less, does when nothing needs it
//! any more. <https://www.postgresql.org/docs/current/user-manag.html>

use super::{Claim, Context};
use crate::ddl;
use crate::diff::{Change, ChangeId, Changes};
use crate::model::{
    Address, Alteration, Clause, DefinitionAlteration, Expression, Kind, Membership, Model, Name,
    Object,
};
use crate::plan::build::plain;
use crate::plan::refusal::PlanError;
use crate::plan::role::{entry, is_below};
use crate::plan::step::{Phase, Step};

/// When what is done about a role is done.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Turn {
    /// It is made.
    Made,
    /// It leaves a role that is to become a member of it: no two are members of each other.
    Freed,
    /// It gets something.
    Given,
    /// Something is said of it.
    Told,
    /// It gets less.
    Taken,
    /// It goes.
    Gone,
}

pub(super) fn rewrite(changes: &Changes, cx: &Context<'_>) -> Result<Vec<Claim>, PlanError> {
    let own = changes.0.iter().filter(|(id, _)| id.0.is_of_server());
    let mut all: Vec<(Turn, &ChangeId, &Change)> = own
        .map(|(id, change)| (turn(id, change, &cx.level.desired), id, change))
        .collect();
    all.sort_by_key(|(turn, id, _)| (*turn, *id));
    let late = all.partition_point(|own| own.0 < Turn::Taken);
    let (comes, goes) = all.split_at(late);
    let mut claims = Vec::new();
    for (own, phase) in [(comes, Phase::Expand), (goes, Phase::Contract)] {
        if own.is_empty() {
            continue;
        }
        // What is said of a role that goes, goes with it.
        let said = |own: &&(Turn, &ChangeId, &Change)| {
            own.0 != Turn::Gone || own.1.0.kind() != Kind::Comment
        };
        let steps = own.iter().filter(said).flat_map(|(turn, id, change)| {
            let before = match turn {
                Turn::Gone => left_behind(id.0.name(), cx),
                Turn::Made | Turn::Freed | Turn::Given | Turn::Told | Turn::Taken => Vec::new(),
            };
            let own = step(id, change, cx).phase(phase);
            before.into_iter().chain([own]).collect::<Vec<_>>()
        });
        let takes = own.iter().map(|(_, id, _)| (*id).clone()).collect();
        claims.push(Claim::of(takes).together(steps));
    }
    Ok(claims)
}

fn turn(id: &ChangeId, change: &Change, desired: &Model<Expression>) -> Turn {
    let role = id.0.target().unwrap_or_else(|| id.0.clone());
    let is_comment = id.0.kind() == Kind::Comment;
    match change {
        Change::Drop if !desired.objects.contains_key(&role) => Turn::Gone,
        Change::Create | Change::Drop | Change::Alter(_) if is_comment => Turn::Told,
        Change::Create => Turn::Made,
        Change::Drop => Turn::Gone,
        Change::Alter(Alteration::Defined(own)) => match own {
            DefinitionAlteration::Clause { clause, to, .. } => {
                let is_number = [Clause::ConnectionLimit, Clause::ValidUntil].contains(clause);
                let gives = is_number || to.is_some() != (*clause == Clause::NoInherit);
                if gives { Turn::Given } else { Turn::Taken }
            }
            DefinitionAlteration::Entry {
                clause: Clause::MemberOf,
                name,
                from,
                to,
            } => match (from, to) {
                (_, None) if is_below(name, id.0.name(), desired) => Turn::Freed,
                (_, None) => Turn::Taken,
                (Some(from), Some(to)) => {
                    let less = Membership::of(from).loses(Membership::of(to));
                    if less { Turn::Taken } else { Turn::Given }
                }
                (None, Some(_)) => Turn::Given,
            },
            DefinitionAlteration::Entry { .. }
            | DefinitionAlteration::Mapping { .. }
            | DefinitionAlteration::Another(_) => Turn::Given,
        },
        Change::Alter(_) => Turn::Told,
    }
}

fn step(id: &ChangeId, change: &Change, cx: &Context<'_>) -> Step {
    let mut step = plain(id, change, cx);
    if *change == Change::Create && logs_in(&id.0, cx) {
        step.why
            .push_str("; it has a password when somebody gives it one");
    }
    let Change::Alter(Alteration::Defined(DefinitionAlteration::Entry {
        clause,
        name,
        from,
        to,
    })) = change
    else {
        return step;
    };
    let role = id.0.name();
    step.why = match (clause == &Clause::MemberOf, from, to) {
        (true, None, _) => format!("role {role} is a member of {name} from now on"),
        (true, _, None) => format!("role {role} is a member of {name} no longer"),
        (true, ..) => format!("role {role} is a member of {name} in another way"),
        (false, _, Some(_)) => format!("sessions of role {role} begin with {name}"),
        (false, _, None) => format!("sessions of role {role} begin without {name}"),
    };
    step.altering(&id.0, &entry(*clause, name))
}

/// Gives to the applier what was set aside before and belongs to a role that goes.
fn left_behind(role: &Name, cx: &Context<'_>) -> Vec<Step> {
    let mut steps = Vec::new();
    for (address, object) in &cx.level.before.objects {
        let is_its = matches!(object, Object::Owner(own) if own.role == *role);
        let Some(target) = address.target().filter(|_| is_its) else {
            continue;
        };
        let target = cx.level.moves.carry(&target);
        // What this plan sets aside has its owner changed as anything has.
        let owner = Address::owner_of(&target);
        let is_known = cx.level.current.objects.contains_key(&owner);
        if is_known || !target.path().iter().any(Name::is_reserved) {
            continue;
        }
        let why = format!("{target} is kept by whoever applies this, as {role} goes");
        let step = Step::run(&owner, ddl::privilege::set_own(&target), why);
        steps.push(step.dropping(&owner));
    }
    steps
}

fn logs_in(address: &Address, cx: &Context<'_>) -> bool {
    match cx.level.desired.objects.get(address) {
        Some(Object::Defined(own)) => own.says(Clause::Login).is_some(),
        _ => false,
    }
}
