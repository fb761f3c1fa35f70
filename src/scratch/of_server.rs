//! Roles: they are the whole server's, so no scratch database has its own. Nothing of them is text that only a server understands: they
//! are compared as they are said, and stand-ins take their places where rehearsal speaks of them.

use std::collections::BTreeSet;

use super::ScratchError;
use super::build::Unbuilt;
use super::level::{Wanted, roles_of};
use super::rehearse::Bench;
use crate::model::{
    Address, Clause, Expression, Level, Membership, Model, Name, Object, Options, Said, Text,
};
use crate::plan::{Effect, IdentityError, Stage};

/// Returns a model without what is the server's.
pub(super) fn without<T: Text + Ord + serde::Serialize>(model: &Model<T>) -> Model<T> {
    let mut own = model.clone();
    own.retain(|address| !address.is_of_server());
    own
}

/// Puts what is the server's into a level: of what nobody has declared here, nothing is said. Other databases may have their own.
pub(super) fn put(
    level: &mut Level,
    bench: &mut Bench,
    wanted: &Wanted<'_>,
) -> Result<(), ScratchError> {
    let is_way_back = wanted.given.is_some();
    if !is_way_back && !wanted.settings.manage.roles {
        return Ok(());
    }
    let major = wanted.read.server.version.major();
    let declared = &wanted.declared.written.objects;
    let role = |own: &Address| own.target().unwrap_or_else(|| own.clone());
    let is_ours = |own: &Address| {
        is_way_back || declared.contains_key(&role(own)) || wanted.owned.contains(&role(own))
    };
    for (address, object) in &wanted.read.model.objects {
        if address.is_of_server() && is_ours(address) {
            let sides = [&mut level.before, &mut level.current];
            for side in sides {
                side.objects.insert(address.clone(), object.clone());
            }
        }
    }
    for (address, object) in declared.iter().filter(|(own, _)| own.is_of_server()) {
        let mut object = object.map(&mut |text| Expression::new(text.sql()));
        if let Some((since, what)) = object.needs_major().filter(|own| own.0 > major) {
            let reason = format!("{what} needs PostgreSQL {since}, and the server is {major}");
            return Err(ScratchError::Unbuilt {
                side: "desired",
                unbuilt: vec![Unbuilt {
                    address: address.clone(),
                    reason,
                }],
            });
        }
        said_here(&mut object, major);
        level.desired.objects.insert(address.clone(), object);
    }
    let goes = level.current.objects.keys();
    let goes = goes.filter(|own| own.is_of_server() && own.target().is_none());
    let goes = goes.filter(|own| !level.desired.objects.contains_key(*own));
    for role in goes.cloned().collect::<Vec<_>>() {
        // What is set aside is the applier's from then on.
        let is_aside = |own: &Address| own.path().iter().any(Name::is_reserved);
        let mine = |address: &Address, object: &Object<Expression>| {
            let owner = matches!(object, Object::Owner(own) if own.role == *role.name());
            owner && is_aside(address)
        };
        let sides = [&mut level.desired, &mut bench.expected];
        for side in sides {
            side.objects
                .retain(|address, object| !mine(address, object));
        }
        let mut others = level.desired.objects.iter();
        let named = others.find(|(own, object)| roles_of(own, object).contains(role.name()));
        match named.map(|(own, _)| own.clone()) {
            None => {}
            // It stays as long as what is set aside needs it.
            Some(_) if is_way_back => {
                let kept = level.current.objects.iter();
                let kept =
                    kept.filter(|(own, _)| **own == role || own.target().as_ref() == Some(&role));
                let kept: Vec<_> = kept
                    .map(|(own, object)| (own.clone(), object.clone()))
                    .collect();
                level.desired.objects.extend(kept);
            }
            Some(others) => {
                return Err(ScratchError::Identity(IdentityError::Named {
                    role,
                    others,
                }));
            }
        }
    }
    Ok(())
}

/// Says a role's memberships as a server of this major says them.
fn said_here(object: &mut Object<Expression>, major: u16) {
    if let Object::Defined(own) = object {
        own.lookup.clear();
        if let Some(Said::Options(Options(pairs))) = own.clauses.get_mut(&Clause::MemberOf) {
            for (_, words) in pairs {
                *words = Membership::of(words).on(major).spelled();
            }
        }
    }
}

/// Returns the stage without what it does to what is the server's, where it does anything else.
pub(super) fn left_out(stage: &Stage) -> Option<Stage> {
    let mut own = stage.clone();
    own.steps.retain(|step| !step.address.is_of_server());
    (!own.steps.is_empty()).then_some(own)
}

/// Lets a stage have done what it does to what is the server's: every role changes in one stage.
pub(super) fn done(stage: &Stage, of_server: &mut Model<Expression>, target: &Model<Expression>) {
    let effects = stage.steps.iter().flat_map(|step| &step.effects);
    let touched = effects.filter_map(Effect::touched);
    let touched: BTreeSet<&Address> = touched.filter(|own| own.is_of_server()).collect();
    for address in touched {
        // What is said of one goes with it.
        of_server
            .objects
            .retain(|own, _| own != address && own.target().as_ref() != Some(address));
        let of = target.objects.iter();
        let of = of.filter(|(own, _)| *own == address || own.target().as_ref() == Some(address));
        let of: Vec<_> = of
            .map(|(own, object)| (own.clone(), object.clone()))
            .collect();
        of_server.objects.extend(of);
    }
}

/// Returns the part of a model that is the server's.
pub(super) fn part(model: &Model<Expression>) -> Model<Expression> {
    let objects = model.objects.iter().filter(|(own, _)| own.is_of_server());
    Model {
        objects: objects
            .map(|(own, object)| (own.clone(), object.clone()))
            .collect(),
        ..Model::default()
    }
}
