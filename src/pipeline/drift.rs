//! What changed outside: the live schema compared with the last applied revision, or with the files.

use std::collections::{BTreeMap, BTreeSet};

use super::plan::respelled;
use super::{Live, PipelineError, Project, live, visible};
use crate::catalog::Connection;
use crate::desired::Loaded;
use crate::diff::{Change, Changes, diff};
use crate::history::History;
use crate::model::{
    APPLIER, Address, Declared, Expression, Intent, Kind, Level, Model, Moves, Name, Object, Owner,
    Read, granted_to,
};
use crate::scratch::{self, Wanted, Workshop};

/// What the live side is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reference {
    /// The state that a revision left.
    Revision(i64),
    /// What the files declare.
    Files,
}

/// What changed outside.
#[derive(Clone, Debug)]
pub struct Drift {
    /// The database.
    pub database: String,
    /// What it is compared with.
    pub reference: Reference,
    /// What differs: created, dropped or altered since then.
    pub changes: Changes,
    /// Top-level objects that no revision declared.
    pub unmanaged: Vec<Address>,
    /// The live side, for showing what is there.
    pub now: Model<Expression>,
    /// The side that it is compared with.
    pub then: Model<Expression>,
}

/// Compares the live schema with the last applied revision; `None` where there is none.
///
/// # Errors
/// Fails when the server or its journal cannot be read.
pub async fn drift(project: &Project) -> Result<Option<Drift>, PipelineError> {
    let Live { read, history, .. } = live(project).await?;
    let database = read.server.database.clone();
    let now = visible(&read.model, &project.settings);
    let last = history
        .revisions
        .iter()
        .rev()
        .find_map(|own| Some((own, own.model_after.as_ref()?)));
    let Some((last, then)) = last else {
        return Ok(None);
    };
    let (revision, then) = (last.id, visible(then, &project.settings));
    // Owners are read relative to whoever reads: the revision by the role that applied it, this by another one, maybe.
    let applier = last
        .who
        .rsplit_once(" (")
        .map_or(&*last.who, |(role, _)| role);
    let now = as_read_by(&Name::new(applier), now, &Name::new(&read.server.role));
    let left = in_force(&history).unmanaged_partitions;
    let owned = history.owned();
    // A schema of ours covers what stands in it only where that was declared too.
    let ours = |model: &Model<Expression>| {
        let mut part = model.clone();
        part.retain(|address| {
            let unit = declared_with(model, address, applier);
            owned.contains(&unit) && !model.is_left_to_others(&unit, &left)
        });
        part
    };
    let (ours_then, ours_now) = (ours(&then), ours(&now));
    let unmanaged: BTreeSet<Address> = now
        .objects
        .keys()
        .map(|address| declared_with(&now, address, applier))
        .filter(|unit| !owned.contains(unit) && !is_everybodys(unit))
        .filter(|unit| !now.is_left_to_others(unit, &left))
        .collect();
    Ok(Some(Drift {
        database,
        reference: Reference::Revision(revision),
        changes: differences(&ours_then, &ours_now),
        unmanaged: unmanaged.into_iter().collect(),
        now: ours_now,
        then: ours_then,
    }))
}

/// Turns a model that `reader` has read into what `applier` would have read: each leaves out whose own objects are.
fn as_read_by(applier: &Name, mut model: Model<Expression>, reader: &Name) -> Model<Expression> {
    if applier == reader {
        return model;
    }
    let owners: BTreeMap<Address, Name> = model
        .objects
        .iter()
        .filter_map(|(address, object)| {
            let Object::Owner(own) = object else {
                return None;
            };
            Some((address.target()?, own.role.clone()))
        })
        .collect();
    let has_owner = |own: &&Address| own.kind().has_owner() && !own.is_value();
    model.objects = std::mem::take(&mut model.objects)
        .into_iter()
        .map(|(address, object)| (own_privilege(applier, reader, &address, &owners), object))
        .collect();
    let unsaid = model
        .objects
        .keys()
        .filter(has_owner)
        .map(Address::owner_of);
    let unsaid: Vec<Address> = unsaid
        .filter(|own| !model.objects.contains_key(own))
        .collect();
    model
        .objects
        .retain(|_, object| !matches!(object, Object::Owner(own) if own.role == *applier));
    let own = Object::Owner(Owner {
        role: reader.clone(),
    });
    let unsaid = unsaid.into_iter().map(|address| (address, own.clone()));
    model.objects.extend(unsaid);
    model
}

/// Returns what an object is declared with: its unit, or the list that a default privilege stands in, by the role's name.
fn declared_with(model: &Model<Expression>, address: &Address, applier: &str) -> Address {
    let names = BTreeMap::from([(Name::new(APPLIER), Name::new(applier))]);
    let list = address.default_list();
    list.map_or_else(|| model.unit_of(address), |own| granted_to(&own, &names))
}

/// Turns the address of a privilege: what a role may do with its own things, and with what it makes, is read without its name by
/// that role, and with it by others.
fn own_privilege(
    applier: &Name,
    reader: &Name,
    address: &Address,
    owners: &BTreeMap<Address, Name>,
) -> Address {
    let own = Name::new(APPLIER);
    let of_unit = || {
        let unit = address.target()?.lists_privileges();
        Some(owners.get(&unit).cloned().unwrap_or_else(|| own.clone()))
    };
    let whose = if address.kind() == Kind::Grant {
        of_unit()
    } else {
        address.default_role().cloned()
    };
    let names = match whose {
        Some(role) if role == *applier => BTreeMap::from([(applier.clone(), own)]),
        Some(role) if role == own => BTreeMap::from([(own, reader.clone())]),
        _ => return address.clone(),
    };
    granted_to(address, &names)
}

/// Compares the live schema with what the files declare.
///
/// # Errors
/// Fails when the server or its journal cannot be read, and when the files do not compile.
pub async fn drift_from_files(project: &Project, loaded: &Loaded) -> Result<Drift, PipelineError> {
    let Live {
        mut connection,
        read,
        history,
    } = live(project).await?;
    let sides = sides(project, &mut connection, &read, &history, loaded).await?;
    let Sides {
        declared,
        files,
        live: found,
    } = sides;
    let owned = history.owned();
    let role = read.server.role.as_str();
    let objects = declared.written.objects.keys();
    let mut declares: BTreeSet<Address> = objects
        .map(|address| declared.written.unit_of(address))
        .collect();
    declares.extend(declared.units());
    let ours = |model: &Model<Expression>| {
        let mut part = visible(model, &project.settings);
        part.retain(|address| {
            let unit = declared_with(model, address, role);
            declares.contains(&unit) || owned.contains(&unit)
        });
        part
    };
    let (mut then, mut now) = (ours(&files), ours(&found));
    for side in [&mut then, &mut now] {
        only_names_that_are_asked(side, &declared);
    }
    let unmanaged: BTreeSet<Address> = visible(&found, &project.settings)
        .objects
        .keys()
        .map(|address| declared_with(&found, address, role))
        .filter(|unit| !declares.contains(unit) && !owned.contains(unit) && !is_everybodys(unit))
        .collect();
    Ok(Drift {
        database: read.server.database.clone(),
        reference: Reference::Files,
        changes: differences(&then, &now),
        unmanaged: unmanaged.into_iter().collect(),
        now,
        then,
    })
}

/// The files and the live side as one server prints them, names as they stand.
pub(super) struct Sides {
    pub(super) declared: Declared,
    pub(super) files: Model<Expression>,
    pub(super) live: Model<Expression>,
}

/// Levels the files with the live side, without a rename and without setting anything aside.
pub(super) async fn sides(
    project: &Project,
    connection: &mut Connection,
    read: &Read,
    history: &History,
    loaded: &Loaded,
) -> Result<Sides, PipelineError> {
    let declared = respelled(connection, loaded).await?;
    let owned = history.owned();
    let mut workshop = Workshop::new(project.scratch.clone(), read.server.version);
    let wanted = Wanted {
        read,
        declared: &declared,
        ledger: &history.ledger,
        owned: &owned,
        in_force: &in_force(history),
        settings: &project.settings,
        given: Some(Moves::default()),
        follows: &BTreeSet::new(),
        shadows: &BTreeMap::new(),
    };
    let outcome = scratch::level(&wanted, &mut workshop).await;
    workshop.close().await;
    let mut level = outcome?.level;
    // What others make is neither compared nor written.
    let left = &declared.intent.unmanaged_partitions;
    let whole = level.current.clone();
    let is_left = |own: &Address| whole.is_left_to_others(&whole.unit_of(own), left);
    level.current.retain(|own| !is_left(own));
    level.desired.retain(|own| !is_left(own));
    Ok(Sides {
        declared,
        files: level.desired,
        live: level.current,
    })
}

/// Leaves out what partitions call their parts where the files do not say it: any name will do.
fn only_names_that_are_asked(side: &mut Model<Expression>, declared: &Declared) {
    for (address, object) in &mut side.objects {
        let Object::Table(own) = object else {
            continue;
        };
        let is_said = |whole: &Address| {
            let table = declared.written.objects.get(address);
            matches!(table, Some(Object::Table(said)) if said.index_names.contains_key(whole))
        };
        own.index_names.retain(|whole, _| is_said(whole));
        let said = &declared.intent.not_null_names;
        own.not_null_names
            .retain(|column, _| said.contains_key(&address.part(Kind::NotNull, column)));
    }
}

fn in_force(history: &History) -> Intent {
    history
        .in_force()
        .map(|own| own.plan.decision.intent.clone())
        .unwrap_or_default()
}

/// Returns what differs, whole things as one.
fn differences(then: &Model<Expression>, now: &Model<Expression>) -> Changes {
    let level = Level {
        current: then.clone(),
        desired: now.clone(),
        before: then.clone(),
        moves: Moves::default(),
        ledger: Vec::new(),
        intent: Intent::default(),
        tried: BTreeMap::new(),
        shadows: BTreeMap::new(),
        in_step: BTreeMap::new(),
    };
    without_parts(diff(&level), then, now)
}

/// The schema public is there in every database.
fn is_everybodys(unit: &Address) -> bool {
    unit.is_of_server() || unit.kind() == Kind::Schema && unit.name().as_str() == "public"
}

/// A whole thing that came or went is one difference, not one per part.
fn without_parts(
    mut changes: Changes,
    then: &Model<Expression>,
    now: &Model<Expression>,
) -> Changes {
    let whole = changes.clone();
    changes.0.retain(|(address, _), change| match change {
        Change::Create => now
            .parent(address)
            .is_none_or(|parent| !whole.creates(&parent)),
        Change::Drop => then
            .parent(address)
            .is_none_or(|parent| !whole.drops(&parent)),
        Change::Alter(_) => true,
    });
    changes
}
