//! Roles: they are the whole server's, so no scratch database has its own. Nothing of them is text that only a server understands: they
//! are compared as they are said, and stand-ins take their places where rehearsal speaks of them.

use super::ScratchError;
use super::build::Unbuilt;
use super::level::{Wanted, roles_of};
use super::rehearse::Bench;
use crate::model::{
    Address, Clause, Defined, Definition, Expression, Kind, Level, Membership, Model, Name, Object,
    Options, Said, Shape, Text, Written,
};
use crate::plan::role::{entry_of, is_below};
use crate::plan::{Effect, IdentityError, Stage, Step};

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
    let unbuilt = wrong(&wanted.declared.written, major);
    if !unbuilt.is_empty() {
        let side = "desired";
        return Err(ScratchError::Unbuilt { side, unbuilt });
    }
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

/// Finds roles that no server of this major would make: nobody builds them to see.
pub(super) fn wrong(declared: &Model<Written>, major: u16) -> Vec<Unbuilt> {
    let mut all = Vec::new();
    for (address, object) in &declared.objects {
        if !address.is_of_server() || address.target().is_some() {
            continue;
        }
        let name = address.name();
        let new = object.needs_major().filter(|own| own.0 > major);
        let reason = if let Some((since, what)) = new {
            format!("{what} needs PostgreSQL {since}, and the server is {major}")
        } else if name.as_str().starts_with("pg_") || ["public", "none"].contains(&name.as_str()) {
            "the name is reserved for the server's own".to_owned()
        } else if object.member_of().any(|own| own.as_str() == "public") {
            "everybody is no role that one could be a member of".to_owned()
        } else if let Some(own) = object.member_of().find(|own| is_below(own, name, declared)) {
            format!("it would be a member of itself, as one of {own}")
        } else {
            continue;
        };
        all.push(Unbuilt {
            address: address.clone(),
            reason,
        });
    }
    all
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

/// Returns the stage without what it does to what is the server's, or to what was set aside before and is not built, where it does
/// anything else.
pub(super) fn left_out(stage: &Stage, there: &Model<Expression>) -> Option<Stage> {
    let is_elsewhere = |step: &Step| {
        let target = step.address.target();
        is_owner_aside(&step.address) && target.is_some_and(|own| !there.objects.contains_key(&own))
    };
    let mut own = stage.clone();
    own.steps
        .retain(|step| !step.address.is_of_server() && !is_elsewhere(step));
    (!own.steps.is_empty()).then_some(own)
}

/// Says whether it says whose something is that is set aside.
fn is_owner_aside(address: &Address) -> bool {
    address.kind() == Kind::Owner && address.path().iter().any(Name::is_reserved)
}

/// Lets a stage have done what it does to what is the server's.
pub(super) fn done(stage: &Stage, of_server: &mut Model<Expression>, target: &Model<Expression>) {
    let effects = stage.steps.iter().flat_map(|step| &step.effects);
    for effect in effects {
        let counts = |own: &&Address| own.is_of_server() || is_owner_aside(own);
        let Some(address) = effect.touched().filter(counts) else {
            continue;
        };
        let objects = &mut of_server.objects;
        match (effect, target.objects.get(address)) {
            (Effect::Drops(_), _) => {
                // What is said of one goes with it.
                objects.retain(|own, _| own != address && own.target().as_ref() != Some(address));
            }
            (Effect::Alters(_, attribute), Some(Object::Defined(to))) => {
                if let Some(Object::Defined(own)) = objects.get_mut(address) {
                    take(own, to, attribute);
                }
            }
            (_, Some(object)) => {
                let mut object = object.clone();
                if let Object::Defined(own) = &mut object {
                    let entries = Defined::Role.clauses().iter();
                    let entries = entries.filter(|has| has.shape == Shape::Entries);
                    for has in entries {
                        own.clauses.remove(&has.clause);
                    }
                }
                objects.insert(address.clone(), object);
            }
            (_, None) => {}
        }
    }
}

/// Lets a role say of an attribute what another one says.
fn take(own: &mut Definition, to: &Definition, attribute: &str) {
    let (word, name) = match entry_of(attribute) {
        Some((word, name)) => (word, Some(name)),
        None => (attribute, None),
    };
    let mut all = own.kind.clauses().iter();
    let Some(has) = all.find(|has| has.clause.word() == word) else {
        return;
    };
    let said = to.says(has.clause);
    let Some(name) = name else {
        // Its entries are told one by one.
        if has.shape != Shape::Entries {
            own.clauses.remove(&has.clause);
            own.clauses
                .extend(said.map(|said| (has.clause, said.clone())));
        }
        return;
    };
    let pairs = |said: Option<&Said>| match said {
        Some(Said::Options(Options(pairs))) => pairs.clone(),
        _ => Vec::new(),
    };
    let mut all = pairs(own.says(has.clause));
    all.retain(|(own, _)| *own != name);
    all.extend(pairs(said).into_iter().filter(|(own, _)| *own == name));
    all.sort();
    own.clauses.remove(&has.clause);
    if !all.is_empty() {
        own.clauses.insert(has.clause, Said::Options(Options(all)));
    }
}

/// Returns the part of a model that is the server's, with whose it is what is set aside.
pub(super) fn part(model: &Model<Expression>) -> Model<Expression> {
    let counts = |own: &Address| own.is_of_server() || is_owner_aside(own);
    let objects = model.objects.iter().filter(|(own, _)| counts(own));
    Model {
        objects: objects
            .map(|(own, object)| (own.clone(), object.clone()))
            .collect(),
        ..Model::default()
    }
}
