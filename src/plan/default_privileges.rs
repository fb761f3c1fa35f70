//! What is made has what default privileges give: where its privileges are said, the rest is taken again, and what they hold back
//! is given, in the same transaction. <https://www.postgresql.org/docs/current/sql-alterdefaultprivileges.html>

use super::rewrite::Context;
use super::stage::Stage;
use super::step::{Effect, Step};
use crate::ddl;
use crate::model::{APPLIER, Address, DefaultPrivileges, Given, Grant, Object};

pub(super) fn taken_again(stages: &mut [Stage], cx: &Context<'_>) {
    // The plan may change them before or after it makes something.
    let [before, after] = [&cx.level.current, &cx.level.desired].map(DefaultPrivileges::of_applier);
    for stage in stages {
        let all = std::mem::take(&mut stage.steps);
        for step in all {
            let made = step.effects.iter().filter_map(Effect::created);
            let is_again = step.statement().is_some_and(|own| own.makes_again);
            let made = made.chain(is_again.then_some(&step.address));
            // Who may do what is known of each: a file lists it, it is made again as it was, or it has what the plan leaves by default.
            let objects = &cx.level.desired.objects;
            // An attic is nobody's: what default privileges give there opens nothing.
            let made = made.filter(|own| {
                own.kind().is_top_level() && objects.contains_key(*own) && !own.name().is_reserved()
            });
            let more: Vec<Step> = made
                .flat_map(|own| {
                    let mut all: Vec<Given> = before.of(own).collect();
                    let more = after.of(own).filter(|given| !all.contains(given));
                    let more: Vec<Given> = more.collect();
                    all.extend(more);
                    let steps = all.iter().filter_map(|given| evened(own, given, cx));
                    steps.collect::<Vec<Step>>()
                })
                .map(|own| own.phase(step.phase))
                .collect();
            stage.steps.push(step);
            stage.steps.extend(more);
        }
    }
}

fn evened(own: &Address, given: &Given, cx: &Context<'_>) -> Option<Step> {
    let owner = match cx.level.desired.objects.get(&Address::owner_of(own)) {
        Some(Object::Owner(owner)) => Some(&owner.role),
        _ => None,
    };
    if owner == Some(&given.role) {
        return None;
    }
    let address = Address::privilege_on(own, &given.role, &given.privilege);
    // What the maker has becomes its owner's with it.
    let whose = if given.role.as_str() == APPLIER {
        owner.unwrap_or(&given.role)
    } else {
        &given.role
    };
    let said = Address::privilege_on(own, whose, &given.privilege);
    let wanted = match cx.level.desired.objects.get(&said) {
        Some(Object::Grant(wanted)) => Some(*wanted),
        _ => None,
    };
    let statement = match (given.how, wanted) {
        // What is said of it is carried out after it is made.
        (Grant::Held, Some(_))
        | (Grant::Taken, Some(_))
        | (Grant::Grantable, Some(Grant::Grantable | Grant::Taken)) => {
            return None;
        }
        (Grant::Grantable, Some(Grant::Held)) => ddl::privilege::take_option(&address),
        (how, None) => ddl::privilege::reset(&address, how),
    };
    let why = match given.how {
        Grant::Held | Grant::Grantable => "default privileges give it, and nobody says it",
        Grant::Taken => "default privileges hold it back, and it is said",
    };
    Some(Step::run(&address, statement, why).using(own))
}
