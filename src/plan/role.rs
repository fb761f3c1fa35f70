//! What a reviewer has to see of roles, and how their steps say what they change.

use std::collections::BTreeSet;

use super::hazard::Hazard;
use super::rewrite::Context;
use super::step::Effect;
use crate::model::{Address, Clause, Model, Name, Object};

/// Says as an attribute that one entry of a clause is changed.
pub(crate) fn entry(clause: Clause, name: &Name) -> String {
    [clause.word(), "/", name.as_str()].concat()
}

/// Reads what [`entry`] says.
pub(crate) fn entry_of(attribute: &str) -> Option<(&str, Name)> {
    let (clause, name) = attribute.split_once('/')?;
    Some((clause, Name::new(name)))
}

/// Says whether a role is a member of another one, by others too.
pub(crate) fn is_below<T>(role: &Name, above: &Name, side: &Model<T>) -> bool {
    let mut seen = BTreeSet::new();
    let mut queue = vec![role.clone()];
    while let Some(own) = queue.pop() {
        if own == *above {
            return true;
        }
        if seen.insert(own.clone()) {
            let address = Address::role(&own);
            let object = side.objects.get(&address);
            queue.extend(object.into_iter().flat_map(Object::member_of).cloned());
        }
    }
    false
}

/// Says what an effect on a role means for others.
pub(super) fn told(effect: &Effect, cx: &Context<'_>) -> Option<(Hazard, Address, String)> {
    match effect {
        Effect::Drops(own) if own.is_of_server() && own.target().is_none() => {
            let because = format!(
                "{own} has a password, maybe, and what other databases know of it: it comes back without"
            );
            Some((Hazard::LosesData, own.clone(), because))
        }
        Effect::Creates(own) if own.is_of_server() && own.target().is_none() => {
            let because = format!("{own} is new, and {}", gets(own, cx)?);
            Some((Hazard::PrivilegeChange, own.clone(), because))
        }
        Effect::Alters(own, attribute) if own.is_of_server() && own.target().is_none() => {
            let is_new = !cx.level.current.objects.contains_key(own);
            let what = may_otherwise(attribute).filter(|_| !is_new)?;
            let because = format!("{own} {what}");
            Some((Hazard::PrivilegeChange, own.clone(), because))
        }
        Effect::Creates(_)
        | Effect::Drops(_)
        | Effect::Alters(..)
        | Effect::Uses(_)
        | Effect::Reads(_)
        | Effect::Moves(_) => None,
    }
}

/// Says what a new role may from the beginning that others gave or that is the server's.
fn gets(role: &Address, cx: &Context<'_>) -> Option<String> {
    let object = cx.level.desired.objects.get(role)?;
    let Object::Defined(own) = object else {
        return None;
    };
    let is_new = |own: &&Name| {
        let address = Address::role(own);
        let desired = cx.level.desired.objects.contains_key(&address);
        desired && !cx.level.current.objects.contains_key(&address)
    };
    if own.says(Clause::Superuser).is_some() {
        return Some("a superuser from the beginning".to_owned());
    }
    if own.says(Clause::BypassRls).is_some() {
        return Some("sees rows whatever policies say".to_owned());
    }
    let other = object.member_of().find(|own| !is_new(own))?;
    Some(format!("a member of {other} from the beginning"))
}

/// Says what a role does otherwise from now on; nothing where that keeps nobody from anything.
fn may_otherwise(attribute: &str) -> Option<&'static str> {
    let words = [
        (
            Clause::Superuser,
            "becomes a superuser, or is one no longer",
        ),
        (Clause::Createdb, "may make databases, or no longer may"),
        (Clause::Createrole, "may make roles, or no longer may"),
        (Clause::Login, "may log in, or no longer may"),
        (
            Clause::NoInherit,
            "has what the roles have that it is a member of, or no longer has",
        ),
        (
            Clause::Replication,
            "may receive the write-ahead log, or no longer may",
        ),
        (
            Clause::BypassRls,
            "sees rows whatever policies say, or no longer does",
        ),
        (
            Clause::ConnectionLimit,
            "may have another number of sessions",
        ),
        (
            Clause::ValidUntil,
            "may log in with its password until another time",
        ),
        (Clause::MemberOf, "is a member of other roles than before"),
        (Clause::Settings, "begins its sessions with other settings"),
    ];
    let mut words = words.into_iter();
    words.find_map(|(clause, what)| (clause.word() == attribute).then_some(what))
}
