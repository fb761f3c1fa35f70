//! What is made has what default privileges give: where its privileges are said, the rest is taken again, and what they hold back
//! is given, in the same transaction. <https://www.postgresql.org/docs/current/sql-alterdefaultprivileges.html>

use super::rewrite::Context;
use super::stage::Stage;
use super::step::{Effect, Step};
use crate::ddl;
use crate::model::{Address, DefaultPrivilege, Grant, Object};

pub(super) fn taken_again(stages: &mut [Stage], cx: &Context<'_>) {
    for stage in stages {
        let all = std::mem::take(&mut stage.steps);
        for step in all {
            let made = step.effects.iter().filter_map(Effect::created);
            let made = made.filter(|own| own.kind().is_top_level() && is_said(own, cx));
            let more: Vec<Step> = made
                .flat_map(|own| {
                    let given = cx.server.default_privileges.of(own).iter();
                    given.filter_map(|given| evened(own, given, cx))
                })
                .map(|own| own.phase(step.phase))
                .collect();
            stage.steps.push(step);
            stage.steps.extend(more);
        }
    }
}

/// Says whether it is known who may do what: a file lists it, or it is made again as it was.
fn is_said(own: &Address, cx: &Context<'_>) -> bool {
    cx.level.desired.objects.contains_key(own)
        && (cx.listed.contains(own) || cx.level.current.objects.contains_key(own))
}

fn evened(own: &Address, given: &DefaultPrivilege, cx: &Context<'_>) -> Option<Step> {
    let address = Address::privilege_on(own, &given.role, &given.privilege);
    let wanted = match cx.level.desired.objects.get(&address) {
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
