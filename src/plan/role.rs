//! What a reviewer has to see of roles.

use super::hazard::Hazard;
use super::rewrite::Context;
use super::step::Effect;
use crate::model::{Address, Clause};

/// Says what an effect on a role means for others.
pub(super) fn told(effect: &Effect, cx: &Context<'_>) -> Option<(Hazard, Address, String)> {
    match effect {
        Effect::Drops(own) if own.is_of_server() && own.target().is_none() => {
            let because =
                format!("{own} has a password, maybe, and members: it comes back without either");
            Some((Hazard::LosesData, own.clone(), because))
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
    ];
    let mut words = words.into_iter();
    words.find_map(|(clause, what)| (clause.word() == attribute).then_some(what))
}
