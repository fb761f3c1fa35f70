//! Levelling: both sides built on one server from their texts, printed, and built again until the print stands still.
//! Only what differs, and what needs something that differs, is built.

use std::collections::{BTreeMap, BTreeSet};

use super::aside::lift_domains;
use super::build::{self, Unbuilt, begin, rollback};
use super::closure::{Closure, Ground};
use super::current::{Side, Sides, follow};
use super::of_server;
use super::partition;
use super::prints::{self, Prints};
use super::rehearse::Bench;
use super::side::{carried, desired_side, elaborated, union, union_of};
use super::{ScratchError, Workshop, tried};
use super::{index_names, not_null_names};
use crate::catalog;
use crate::model::{
    APPLIER, Address, Declared, Defined, EVERYBODY, Expression, Intent, Kind, Level, Model, Moves,
    Name, Object, Read, Retired, ServerVersion, Settings, Shadow, Text as _, Written,
};
use crate::plan::identity::{self, Known};
use crate::plan::{Question, likeness};

/// What levelling rests on.
pub(crate) struct Wanted<'a> {
    /// The live side.
    pub(crate) read: &'a Read,
    /// The files, or the state to go back to.
    pub(crate) declared: &'a Declared,
    /// The ledger of retired things.
    pub(crate) ledger: &'a [Retired],
    /// The top-level objects that revisions of this project declared.
    pub(crate) owned: &'a BTreeSet<Address>,
    /// The intent of the revision in force.
    pub(crate) in_force: &'a Intent,
    /// The settings.
    pub(crate) settings: &'a Settings,
    /// Identity, where it is given: on the way back. It then decides for everything, unmanaged things too.
    pub(crate) given: Option<Moves>,
    /// What the declared state holds as it stands: it speaks the names after the moves, whatever its text says.
    pub(crate) follows: &'a BTreeSet<Address>,
    /// Columns that become ones of another type by a column beside them.
    pub(crate) shadows: &'a BTreeMap<Address, Shadow>,
}

/// A level pair, and what deciding it brought to light.
pub(crate) struct Levelled {
    pub(crate) level: Level,
    pub(crate) questions: Vec<Question>,
    pub(crate) unmanaged: BTreeSet<Address>,
    pub(crate) taken_in: BTreeSet<Address>,
    /// How many tables scratch has built for it.
    pub(crate) built: usize,
    /// What rehearsal starts from and has to land on.
    pub(crate) bench: Bench,
}

/// Levels the live side with the desired one.
pub(crate) async fn level(
    wanted: &Wanted<'_>,
    workshop: &mut Workshop,
) -> Result<Levelled, ScratchError> {
    let before = without_journal(&wanted.read.model, &wanted.settings.journal);
    let before = of_server::without(&before);
    let declared = elaborated(wanted.declared, wanted.read.server.version.major());
    let identity = match &wanted.given {
        Some(moves) => identity::Identity {
            moves: moves.clone(),
            ..Default::default()
        },
        None => {
            let types = spelled_types(wanted, &before, &declared, workshop).await?;
            identity::decide(&Known {
                current: &before,
                ledger: wanted.ledger,
                declared: &declared,
                types: &types,
                owned: wanted.owned,
                in_force: wanted.in_force,
                settings: wanted.settings,
                shadows: wanted.shadows,
            })?
        }
    };
    let moves = partition::columns_follow(&before, &declared.written, identity.moves);
    let moves = moves.with_multiranges(&before);
    let ledger_after = moves.ledger(wanted.ledger);
    let carried = carried(&before, &moves);
    let mut desired = desired_side(
        &carried,
        &declared,
        &moves,
        &ledger_after,
        (
            &identity.unmanaged,
            wanted.given.is_none().then_some(wanted.owned),
        ),
        wanted.settings,
        &wanted.read.server,
    );
    used_by_others(&carried, &desired, &identity.unmanaged, wanted.follows)?;
    let role = wanted.read.server.role.as_str();
    let both = union(&carried, &desired);
    let ground = Ground::of(&both, [&wanted.declared.intent, wanted.in_force], &moves);
    let prints = Prints::of(wanted.read.server.version);
    let stood = prints::as_written(&carried);
    let mut seeds = seeds(&carried, &desired, &moves, &both);
    let moved_units = moving(&moves, &both);
    let by_text: BTreeSet<Address> = seeds.difference(&moved_units).cloned().collect();
    for unit in prints::known_equal(&prints, &by_text, &stood, &desired, &ground) {
        seeds.remove(&unit);
    }
    let mut level = Level {
        current: carried.clone(),
        desired: carried.clone(),
        before: before.clone(),
        moves: moves.clone(),
        ledger: wanted.ledger.to_vec(),
        intent: wanted.declared.intent.clone(),
        tried: BTreeMap::new(),
        shadows: wanted.shadows.clone(),
        in_step: wanted.read.in_step.clone(),
    };
    let mut bench = Bench::default();
    let mut built = 0;
    if !seeds.is_empty() || !moves.0.is_empty() {
        let mut closure = Closure::around(seeds, &ground);
        let named = &roles(&desired) | &roles(&before);
        if !named.is_empty() {
            workshop.roles(&named).await?;
        }
        let places = &tablespaces(&desired) | &tablespaces(&before);
        workshop.tablespaces(&places).await?;
        let mut builder = workshop.builder().await?;
        let side = Side {
            before: &before,
            moves: &moves,
            both: &both,
            ledger: wanted.ledger,
        };
        // A way back says itself what they are called.
        let keep_names = |desired: &mut Model<Written>, moved: &Model<Expression>| {
            if wanted.given.is_none() {
                index_names::keep(moved, desired, &declared);
                not_null_names::keep(moved, desired, &declared);
            }
        };
        let mut sides = side.current(&mut builder, &closure).await?;
        follow(&mut desired, &declared, wanted.follows, &sides.moved, role);
        lift_domains(&mut desired, &sides.moved, &moves);
        keep_names(&mut desired, &sides.moved);
        let wished = match builder.print(&closure.part_of(&desired), "desired").await {
            // A text may lean on what its words do not show: then everything is there.
            Err(ScratchError::Unbuilt { unbuilt, .. }) => {
                // A privilege goes with its column of a view.
                for lost in unbuilt.iter().map(|own| &own.address) {
                    let on_column = lost.target().is_some_and(|own| own.is_view_column());
                    if on_column && !declared.written.objects.contains_key(lost) {
                        desired.objects.remove(lost);
                    }
                }
                closure = Closure::everything(&ground);
                sides = side.current(&mut builder, &closure).await?;
                follow(&mut desired, &declared, wanted.follows, &sides.moved, role);
                lift_domains(&mut desired, &sides.moved, &moves);
                keep_names(&mut desired, &sides.moved);
                builder.print(&closure.part_of(&desired), "desired").await?
            }
            other => other?,
        };
        let settled = builder.settle(wished, "desired").await?;
        partition::not_said_twice(&desired, &settled)?;
        index_names::of_equals(&declared, &settled)?;
        called_otherwise(&closure.part_of(&desired), &settled)?;
        let Sides {
            start,
            moved,
            dropped,
        } = sides;
        overlay(&mut level.current, &closure, &both, &moved);
        overlay(&mut level.desired, &closure, &both, &settled);
        for address in dropped {
            // It stands until the plan drops it.
            if let Some(own) = carried.objects.get(&address) {
                level.current.objects.insert(address.clone(), own.clone());
            }
            if let Some(needs) = carried.needs.get(&address) {
                level.current.needs.insert(address, needs.clone());
            }
        }
        level.tried = tried::changes(builder.connection, &level).await?;
        for unit in closure
            .full
            .iter()
            .filter(|unit| unit.kind() != Kind::Schema)
        {
            // What had to make room for a move is printed by nobody.
            let is_print = |of: &Model<Written>, print: &Model<Expression>| {
                of.objects.contains_key(unit) == print.objects.contains_key(unit)
            };
            if is_print(&desired, &settled) {
                prints.keep(&prints.key(&desired, &ground, unit), unit, &settled);
            }
            if !moved_units.contains(unit) && is_print(&stood, &moved) {
                prints.keep(&prints.key(&stood, &ground, unit), unit, &moved);
            }
        }
        prints.tidy();
        built = closure.tables();
        bench = Bench {
            before: start,
            expected: settled.clone(),
            scope: closure.scope_of(&union_of(&moved, &settled)),
        };
    }
    level.before = before;
    of_server::put(&mut level, &mut bench, wanted)?;
    index_names::taken_over(&mut level);
    for own in partition::stand_alone(&mut level) {
        let object = level.desired.objects[&own].clone();
        bench.expected.objects.insert(own, object);
    }
    let mut questions = identity.questions;
    if wanted.given.is_none() {
        questions.extend(likeness::questions(&level));
    }
    Ok(Levelled {
        level,
        questions,
        unmanaged: identity.unmanaged,
        taken_in: identity.taken_in,
        built,
        bench,
    })
}

/// Refuses what the server made and calls by other types than its key says: it would count as not there.
fn called_otherwise(
    desired: &Model<Written>,
    settled: &Model<Expression>,
) -> Result<(), ScratchError> {
    let lost = desired.objects.keys().filter(|own| {
        own.kind().is_top_level()
            && own.kind().has_arguments()
            && !settled.objects.contains_key(*own)
    });
    let unbuilt: Vec<Unbuilt> = lost
        .map(|own| {
            let mut others = settled.objects.keys();
            let other = others.find(|other| {
                let is_alike = other.kind() == own.kind() && other.path() == own.path();
                is_alike && !desired.objects.contains_key(*other)
            });
            let called = other.map_or_else(|| "otherwise".to_owned(), ToString::to_string);
            Unbuilt {
                address: own.clone(),
                reason: format!("PostgreSQL calls it {called}: its key takes types alone"),
            }
        })
        .collect();
    // A condition may not close its bracket and go on.
    let published = settled.objects.keys().filter(|own| {
        let is_part = matches!(own.kind(), Kind::PublishedTable | Kind::PublishedSchema);
        is_part && !desired.objects.contains_key(*own)
    });
    let more = published.map(|own| Unbuilt {
        address: own.clone(),
        reason: "the condition of another table publishes it".to_owned(),
    });
    let unbuilt: Vec<Unbuilt> = unbuilt.into_iter().chain(more).collect();
    if unbuilt.is_empty() {
        return Ok(());
    }
    Err(ScratchError::Unbuilt {
        side: "desired",
        unbuilt,
    })
}

/// Builds what the files declare on an empty server, and returns what does not compile.
pub(crate) async fn compile(
    workshop: &mut Workshop,
    declared: &Declared,
) -> Result<(Vec<Unbuilt>, ServerVersion), ScratchError> {
    let version = catalog::server(workshop.bench().await?).await?.version;
    let wrong = of_server::wrong(&declared.written, version.major());
    if !wrong.is_empty() {
        return Ok((wrong, version));
    }
    let declared = elaborated(declared, version.major());
    let named = roles(&declared.written);
    if !named.is_empty() {
        workshop.roles(&named).await?;
    }
    workshop
        .tablespaces(&tablespaces(&declared.written))
        .await?;
    let connection = workshop.bench().await?;
    begin(connection).await?;
    let outcome = match build::build(connection, &declared.written).await {
        Ok(unbuilt) if unbuilt.is_empty() => build::bodies(connection, &declared.written).await,
        other => other,
    };
    rollback(connection).await?;
    Ok((outcome?, version))
}

/// Leaves the journal's schema out: it is never part of a state.
pub(crate) fn without_journal(model: &Model<Expression>, journal: &Name) -> Model<Expression> {
    let mut model = model.clone();
    model.retain(|address| !address.is_in_schema(journal));
    model
}

/// Returns every tablespace that a model names.
fn tablespaces<T>(model: &Model<T>) -> BTreeSet<Name> {
    let named = model.objects.values().filter_map(|object| {
        if let Object::Table(own) = object {
            own.tablespace.as_ref()
        } else if let Object::Index(own) = object {
            own.tablespace.as_ref()
        } else if let Object::Exclusion(own) = object {
            own.tablespace.as_ref()
        } else {
            None
        }
    });
    named.cloned().collect()
}

/// Returns every role that a model names.
fn roles<T>(model: &Model<T>) -> BTreeSet<Name> {
    let all = model.objects.iter();
    all.flat_map(|(address, object)| roles_of(address, object))
        .collect()
}

/// Returns the roles that an object names.
pub(super) fn roles_of<T>(address: &Address, object: &Object<T>) -> BTreeSet<Name> {
    let mut roles = BTreeSet::new();
    {
        if let Object::Owner(own) = object {
            roles.insert(own.role.clone());
        } else if let Object::Policy(own) = object {
            roles.extend(own.roles.iter().cloned());
        } else if address.is_of_server() {
            roles.extend(object.member_of().cloned());
        } else if address.kind() == Kind::Defined(Defined::UserMapping) {
            roles.extend(address.mapped_users());
        } else if let Object::Grant(_) | Object::DefaultPrivilege(_) = object {
            let path = address.path();
            let named = path.get(path.len() - 2).into_iter();
            let named = named.chain(address.default_role());
            roles.extend(
                named
                    .filter(|role| !matches!(role.as_str(), EVERYBODY | APPLIER))
                    .cloned(),
            );
        }
    }
    roles
}

/// Asks how a server spells the types of columns that a retired one could come back for.
async fn spelled_types(
    wanted: &Wanted<'_>,
    before: &Model<Expression>,
    declared: &Declared,
    workshop: &mut Workshop,
) -> Result<BTreeMap<Address, Expression>, ScratchError> {
    let mut types = BTreeMap::new();
    for (address, object) in &declared.written.objects {
        let Object::Column(column) = object else {
            continue;
        };
        // Renames are not decided yet, so the name alone decides who is asked about: a question too many is cheap.
        let candidate = wanted
            .ledger
            .iter()
            .any(|row| row.was.name() == address.name() && row.was.kind() == Kind::Column);
        if candidate && !before.objects.contains_key(address) {
            let connection = workshop.bench().await?;
            if let Some(spelled) = tried::spelled(connection, &column.type_name).await? {
                types.insert(address.clone(), spelled);
            }
        }
    }
    Ok(types)
}

/// Refuses to let go of what others use: they could not be built without it.
fn used_by_others(
    carried: &Model<Expression>,
    desired: &Model<Written>,
    unmanaged: &BTreeSet<Address>,
    follows: &BTreeSet<Address>,
) -> Result<(), ScratchError> {
    for (address, needs) in &carried.needs {
        if !unmanaged.contains(&carried.unit_of(address)) && !follows.contains(address) {
            continue;
        }
        let gone = needs.iter().find(|need| {
            need.kind().is_top_level()
                && carried.objects.contains_key(*need)
                && !desired.objects.contains_key(*need)
        });
        if let Some(gone) = gone {
            return Err(ScratchError::Identity(identity::IdentityError::Used {
                address: gone.clone(),
                others: address.clone(),
            }));
        }
    }
    Ok(())
}

/// Finds the units that differ in their texts, or move.
fn seeds(
    carried: &Model<Expression>,
    desired: &Model<Written>,
    moves: &Moves,
    both: &Model<Written>,
) -> BTreeSet<Address> {
    let mut seeds = moving(moves, both);
    for (address, wanted) in &desired.objects {
        let same = carried.objects.get(address).is_some_and(|there| {
            there.kind() == wanted.kind()
                && there
                    .alterations(&wanted.map(&mut |text| Expression::new(text.sql())))
                    .is_empty()
        });
        if !same {
            seeds.insert(both.unit_of(address));
        }
    }
    let gone = carried.objects.keys();
    for address in gone.filter(|address| !desired.objects.contains_key(*address)) {
        seeds.insert(both.unit_of(address));
    }
    seeds.retain(|unit| both.objects.contains_key(unit));
    seeds
}

/// Finds the units that move, or hold something that does.
fn moving(moves: &Moves, both: &Model<Written>) -> BTreeSet<Address> {
    let mut units = BTreeSet::new();
    for step in &moves.0 {
        let below = both.objects.keys().filter(|address| {
            address.is_at_or_below(&step.to) || both.parent(address).as_ref() == Some(&step.to)
        });
        units.extend(below.map(|address| both.unit_of(address)));
        units.insert(both.unit_of(&step.to.whole()));
    }
    units
}

/// Puts what scratch printed in the place of what was read, for everything that was built in full.
fn overlay(
    whole: &mut Model<Expression>,
    closure: &Closure,
    both: &Model<Written>,
    patch: &Model<Expression>,
) {
    let mut scope: BTreeSet<Address> = whole
        .objects
        .keys()
        .filter(|address| closure.full.contains(&both.unit_of(address)))
        .cloned()
        .collect();
    scope.extend(closure.scope_of(patch));
    // Schemas are the same everywhere; one that scratch was not asked about is not gone.
    scope.retain(|address| address.kind() != Kind::Schema || closure.full.contains(address));
    whole.overlay(&scope, patch);
}
