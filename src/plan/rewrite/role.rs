//! Roles: all that comes or changes is there before whatever may speak of it, and what goes, goes when nothing does any more.
//! <https://www.postgresql.org/docs/current/user-manag.html>

use super::{Claim, Context};
use crate::ddl;
use crate::diff::{Change, ChangeId, Changes};
use crate::model::{Address, Alteration, Clause, DefinitionAlteration, Kind, Name, Object};
use crate::plan::build::plain;
use crate::plan::refusal::PlanError;
use crate::plan::step::{Phase, Step};

pub(super) fn rewrite(changes: &Changes, cx: &Context<'_>) -> Result<Vec<Claim>, PlanError> {
    let own = changes.0.iter().filter(|(id, _)| id.0.is_of_server());
    let (goes, comes): (Vec<_>, Vec<_>) = own.partition(|(id, change)| {
        let role = id.0.target().unwrap_or_else(|| id.0.clone());
        **change == Change::Drop && !cx.level.desired.objects.contains_key(&role)
    });
    let mut claims = Vec::new();
    if !comes.is_empty() {
        let mut comes = comes;
        // Whoever is a member of what comes, is so when all have come.
        comes.sort_by_key(|(id, change)| {
            let is_comment = id.0.kind() == Kind::Comment;
            (is_comment, **change != Change::Create, *id)
        });
        let steps = comes.iter().map(|(id, change)| step(id, change, cx));
        let takes = comes.iter().map(|(id, _)| (*id).clone()).collect();
        claims.push(Claim::of(takes).together(steps));
    }
    if !goes.is_empty() {
        let whole = goes.iter().filter(|(id, _)| id.0.kind() != Kind::Comment);
        let steps = whole.flat_map(|(id, change)| {
            let own = plain(id, change, cx).phase(Phase::Contract);
            left_behind(id.0.name(), cx).into_iter().chain([own])
        });
        let takes = goes.iter().map(|(id, _)| (*id).clone()).collect();
        claims.push(Claim::of(takes).together(steps));
    }
    Ok(claims)
}

fn step(id: &ChangeId, change: &Change, cx: &Context<'_>) -> Step {
    let mut step = plain(id, change, cx).phase(Phase::Expand);
    if let Change::Alter(Alteration::Defined(DefinitionAlteration::Entry {
        clause,
        name,
        from,
        to,
    })) = change
    {
        let role = id.0.name();
        step.why = match (clause == &Clause::MemberOf, from, to) {
            (true, None, _) => format!("role {role} is a member of {name} from now on"),
            (true, _, None) => format!("role {role} is a member of {name} no longer"),
            (true, ..) => format!("role {role} is a member of {name} in another way"),
            (false, _, Some(_)) => format!("sessions of role {role} begin with {name}"),
            (false, _, None) => format!("sessions of role {role} begin without {name}"),
        };
    }
    if *change == Change::Create && logs_in(&id.0, cx) {
        step.why
            .push_str("; it has a password when somebody gives it one");
    }
    step
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
        let is_known = cx
            .level
            .current
            .objects
            .contains_key(&Address::owner_of(&target));
        if is_known || !target.path().iter().any(Name::is_reserved) {
            continue;
        }
        let why = format!("{target} is kept by whoever applies this, as {role} goes");
        let owner = Address::owner_of(&target);
        let step = Step::run(&owner, ddl::privilege::set_own(&target), why);
        steps.push(step.using(&target).phase(Phase::Contract));
    }
    steps
}

fn logs_in(address: &Address, cx: &Context<'_>) -> bool {
    match cx.level.desired.objects.get(address) {
        Some(Object::Defined(own)) => own.says(Clause::Login).is_some(),
        _ => false,
    }
}
