//! From changes to ordered stages.

use std::collections::{BTreeMap, BTreeSet};

use super::graph::{Placed, order};
use super::refusal::PlanError;
use super::rewrite::{self, Context};
use super::sentence::{altered, created, dropped};
use super::stage::{self, Stage};
use super::step::{Act, Block, Effect, Phase, Reversal, Step};
use super::{default_privileges, fold, moves, partition, publication, put_back, replace};
use crate::ddl::{self, LockMode};
use crate::diff::{Change, ChangeId, Changes};
use crate::model::{
    Address, Alteration, DefaultPrivileges, Enabled, Event, Expression, Grant, GrantAlteration,
    Kind, Level, NotNull, Object,
};

/// Plans the way from the current to the desired side of a level pair.
///
/// # Errors
/// Fails when no safe way exists, or when the steps wait for each other.
pub fn stages(changes: Changes, cx: &Context<'_>) -> Result<Vec<Stage>, PlanError> {
    if changes.0.is_empty() && cx.level.moves.0.is_empty() {
        return Ok(Vec::new());
    }
    partition::partitioning(&changes, cx.level)?;
    let changes = replace::replace(changes, cx.level);
    blocked(&changes, cx)?;
    let mut blocks: Vec<Placed> = Vec::new();
    let let_in = [&cx.level.before, &cx.level.desired].map(DefaultPrivileges::let_into_schemas);
    let let_in = &let_in[0] | &let_in[1];
    for steps in moves::steps(&cx.level.moves, &cx.level.before, &cx.level.ledger, &let_in) {
        blocks.push((Block::Together(steps), None));
    }
    let mut pool = changes;
    for (number, claim) in rewrite::claims(&mut pool, cx)?.into_iter().enumerate() {
        blocks.extend(claim.into_iter().map(|block| (block, Some(number))));
    }
    for (id, change) in &pool.0 {
        blocks.push((Block::Together(vec![plain(id, change, cx)]), None));
    }
    diverted(&blocks, cx)?;
    publication::filled_without_identity(&blocks, cx)?;
    let mut ordered = order(blocks, cx.level)?;
    keys_made_again(&mut ordered, cx.level);
    rewrite::index_names::made_first(&mut ordered, cx.level);
    put_back::defaults_put_back(&mut ordered, cx.level);
    put_back::settings_put_back(&mut ordered, cx.level);
    partition::own_ones_go_too(&mut ordered, cx.level);
    partition::with_partitions(&mut ordered, cx.level);
    locked_as_named_then(&mut ordered, cx.level);
    // Steps of a claim are never merged with their neighbours.
    let claimed: BTreeSet<String> = ordered
        .iter()
        .filter(|(_, claim)| claim.is_some())
        .flat_map(|(block, _)| block.steps())
        .map(identity_of)
        .collect();
    let ordered = ordered
        .into_iter()
        .map(|(block, claim)| (on_views(block, cx), claim))
        .collect();
    let mut stages = stage::stages(ordered);
    for stage in &mut stages {
        let steps = std::mem::take(&mut stage.steps);
        let steps = partition::columns_first(steps, &claimed);
        stage.steps = fold::fold(steps, |step| !claimed.contains(&identity_of(step)));
    }
    default_privileges::taken_again(&mut stages, cx);
    Ok(stages)
}

/// Refuses to fill what no UPDATE reaches, as a rule does something else instead.
fn diverted(blocks: &[Placed], cx: &Context<'_>) -> Result<(), PlanError> {
    for step in blocks.iter().flat_map(|(block, _)| block.steps()) {
        let Act::Backfill(fill) = &step.does else {
            continue;
        };
        for (address, object) in cx.level.current.below(&fill.table) {
            if let Object::Rule(rule) = object
                && rule.instead
                && rule.event == Event::Update
                && matches!(rule.enabled, Enabled::Origin | Enabled::Always)
                && rule.relation(address) == fill.table
            {
                return Err(PlanError::Diverted {
                    column: fill.column.clone(),
                    rule: address.clone(),
                });
            }
        }
    }
    Ok(())
}

/// A change of type makes the foreign keys of its column again, and locks the tables at their other ends: from the first
/// statement on, or the second lock would be waited for under the first.
fn keys_made_again(ordered: &mut [Placed], level: &Level) {
    let mut dropped: BTreeSet<Address> = BTreeSet::new();
    for (block, _) in ordered {
        for step in block.steps_mut() {
            for effect in &step.effects {
                if let Effect::Drops(address) = effect {
                    dropped.insert(address.clone());
                }
            }
            let retyped = step.effects.iter().find_map(|effect| match effect {
                Effect::Alters(own, attribute) if attribute == "type" => Some(own.clone()),
                Effect::Alters(..)
                | Effect::Creates(_)
                | Effect::Drops(_)
                | Effect::Uses(_)
                | Effect::Reads(_)
                | Effect::Moves(_) => None,
            });
            let (Some(column), Act::Statement(statement)) = (retyped, &mut step.does) else {
                continue;
            };
            let keys = level.current.objects.iter().filter_map(|(own, object)| {
                let Object::ForeignKey(key) = object else {
                    return None;
                };
                let needs = level.current.needs.get(own);
                let is_of = needs.is_some_and(|needs| needs.contains(&column));
                (is_of && !dropped.contains(own)).then(|| [own.table(), key.referenced_table()])
            });
            for table in keys.flatten() {
                statement.locks.insert(table, LockMode::AccessExclusive);
            }
        }
    }
}

/// Gives the locks of every step the names that the relations have by then: a step speaks of them as they are in the end,
/// and may come before a move that changes their names.
fn locked_as_named_then(ordered: &mut [Placed], level: &Level) {
    let mut pending = level.moves.clone();
    let before = level.before.objects.keys();
    let is_relation = |own: &&Address| {
        matches!(
            own.kind(),
            Kind::Table | Kind::View | Kind::MaterializedView
        )
    };
    let mut present: BTreeSet<Address> = before.filter(is_relation).cloned().collect();
    for (block, _) in ordered {
        for step in block.steps_mut() {
            if let Act::Statement(statement) = &mut step.does {
                let locks = std::mem::take(&mut statement.locks).into_iter();
                let named = |relation: Address| {
                    let then = pending.carry_back(&relation);
                    if !present.contains(&relation) && present.contains(&then) {
                        then
                    } else {
                        relation
                    }
                };
                statement.locks = locks.map(|(own, mode)| (named(own), mode)).collect();
            }
            for effect in &step.effects {
                match effect {
                    Effect::Creates(address) => {
                        present.insert(address.clone());
                    }
                    Effect::Drops(address) => {
                        present.remove(address);
                    }
                    Effect::Moves(own) => {
                        present = present.iter().map(|known| own.carry(known)).collect();
                        let at = pending.0.iter().position(|other| other == own);
                        at.map(|at| pending.0.remove(at));
                    }
                    Effect::Alters(..) | Effect::Uses(_) | Effect::Reads(_) => {}
                }
            }
        }
    }
}

/// The address of a trigger or rule does not say whether it sits on a table or a view; the locks of its statements do.
fn on_views(block: Block, cx: &Context<'_>) -> Block {
    let stands = |address: &Address| {
        let objects = [&cx.level.current.objects, &cx.level.desired.objects];
        objects.iter().any(|own| own.contains_key(address))
    };
    let own = |mut step: Step| {
        let part = step.address.target();
        let kind = part.as_ref().unwrap_or(&step.address).kind();
        if matches!(kind, Kind::Trigger | Kind::Rule)
            && let Act::Statement(statement) = &mut step.does
        {
            let locks = std::mem::take(&mut statement.locks).into_iter();
            statement.locks = locks
                .map(|(relation, mode)| {
                    let view = relation.with_kind(Kind::View);
                    let is_view = !stands(&relation) && stands(&view);
                    (if is_view { view } else { relation }, mode)
                })
                .collect();
        }
        step
    };
    match block {
        Block::Together(steps) => Block::Together(steps.into_iter().map(own).collect()),
        Block::Alone(step) => Block::Alone(own(step)),
    }
}

pub(super) fn identity_of(step: &Step) -> String {
    match &step.does {
        Act::Statement(statement) => statement.sql.to_string(),
        Act::Backfill(_) | Act::Complete(_) | Act::Ledger(_) => format!("{}", step.address),
    }
}

/// Refuses to touch what something depends on that is not modelled: nobody could make it again.
fn blocked(changes: &Changes, cx: &Context<'_>) -> Result<(), PlanError> {
    let (mut goes, mut retires) = (BTreeSet::new(), BTreeSet::new());
    for ((address, _), change) in &changes.0 {
        let disturbs = match change {
            Change::Drop => true,
            Change::Alter(Alteration::Column(_)) => true,
            Change::Alter(alteration) => replace::takes_another_type(alteration),
            Change::Create => false,
        };
        if disturbs {
            goes.insert(cx.level.moves.carry_back(address));
        }
    }
    for step in cx
        .level
        .moves
        .0
        .iter()
        .filter(|step| step.why == crate::model::Why::Retired)
    {
        retires.insert(cx.level.moves.carry_back(&step.to));
    }
    let made_again = |own: &Address| cx.level.desired.objects.contains_key(own);
    let dropped = changes
        .0
        .iter()
        .filter(|((own, _), change)| **change == Change::Drop && !made_again(own));
    let dropped = dropped.map(|((own, _), _)| cx.level.moves.carry_back(own));
    let leaving: BTreeSet<Address> = dropped.chain(retires.iter().cloned()).collect();
    for (thing, outside) in &cx.outside {
        if let Some(address) = leaving.iter().find(|own| thing.is_at_or_below(own)) {
            let others: Vec<String> = outside.iter().map(ToString::to_string).collect();
            return Err(PlanError::Outside {
                address: address.clone(),
                others: others.join(", "),
            });
        }
    }
    for (thing, blockers) in cx.blockers {
        // What is set aside keeps its constraints and indexes with all that is said of them.
        let kept = thing.kind() == Kind::Index
            || thing.kind().is_part_of_table() && thing.kind() != Kind::Column;
        let leaves = retires.iter().filter(|_| !kept);
        let mut all = goes.iter().chain(leaves);
        if let Some(address) = all.find(|address| thing.is_at_or_below(address)) {
            let blockers: Vec<&str> = blockers.iter().map(String::as_str).collect();
            return Err(PlanError::Blocked {
                address: address.clone(),
                blockers: blockers.join(", "),
            });
        }
    }
    Ok(())
}

/// Returns a NOT NULL with the name that the server would give it by itself, where tables below the one of its table's name hold that
/// still: it would choose another one. Before 18 they have no names.
fn named_anew(address: &Address, object: &Object<Expression>, cx: &Context<'_>) -> Option<NotNull> {
    let Object::NotNull(own) = object else {
        return None;
    };
    let stays = |own: &Address| cx.level.moves.carry(own).schema() == address.schema();
    let is_held = || {
        let below = cx.level.before.children_of(&address.table());
        below.iter().any(stays)
    };
    let may_be = cx.server.version.major() >= 18 && cx.is_new(&address.table());
    (may_be && is_held()).then(|| NotNull {
        name: Some(ddl::table::not_null_name(&address.column(), own)),
        ..own.clone()
    })
}

/// The plain way: one statement per change.
pub(super) fn plain((address, _): &ChangeId, change: &Change, cx: &Context<'_>) -> Step {
    let level = cx.level;
    match change {
        Change::Create => {
            let object = &level.desired.objects[address];
            let why = created(address, cx);
            let statement = if let Object::MaterializedView(own) = object {
                rewrite::materialized_view::filled(address, address, own, cx)
            } else if let Some(own) = named_anew(address, object, cx) {
                ddl::table::set_named_not_null(&address.column(), &own)
            } else {
                ddl::create(address, &level.desired.said_when_made(object))
            };
            let step = Step::run(address, statement, why).creating(address);
            let fills = step.fills_view();
            let step = if fills {
                step.phase(Phase::Migrate)
            } else {
                step
            };
            let refuses = matches!(
                address.kind(),
                Kind::NotNull
                    | Kind::Identity
                    | Kind::PrimaryKey
                    | Kind::Unique
                    | Kind::Exclusion
                    | Kind::ForeignKey
                    | Kind::Check
                    | Kind::DomainCheck
            );
            let target = address.target().map(|own| own.lists_privileges());
            let is_new = target.is_some_and(|own| cx.is_new(&own));
            // What keeps rows or statements from somebody who is there; whoever comes to a new table meets it from the start.
            let is_new_table = || cx.is_new(&address.table());
            let keeps_out = if let Object::Grant(how) = object {
                *how == Grant::Taken && !is_new
            } else if let Object::Policy(own) = object {
                !own.permissive && !is_new_table()
            } else if let Object::Index(own) = object {
                own.unique && !cx.is_new(&own.table_address(address))
            } else {
                matches!(object, Object::RowSecurity(_)) && !is_new_table()
            };
            if refuses && !cx.is_new(&address.table()) || follows_type(address, level) || keeps_out
            {
                step.phase(Phase::Contract)
            } else {
                step
            }
        }
        Change::Drop => {
            let object = &level.current.objects[address];
            let holds_rows = match object {
                // What an identity has counted is here.
                Object::Table(own) => {
                    let mut parts = level.current.below(address);
                    own.foreign.is_none() || parts.any(|(own, _)| own.kind() == Kind::Identity)
                }
                Object::Sequence(_) => true,
                Object::Column(_) if level.current.is_foreign(&address.table()) => false,
                Object::Column(column) => {
                    // A computed one that gives way to a plain one takes along what clients read there.
                    let to = level.desired.objects.get(address);
                    let is_plain =
                        matches!(to, Some(Object::Column(own)) if own.generated.is_none());
                    column.generated.is_none() || is_plain
                }
                Object::Schema(_)
                | Object::Extension(_)
                | Object::Enum(_)
                | Object::Domain(_)
                | Object::Composite(_)
                | Object::Range(_)
                | Object::Collation(_)
                | Object::DomainCheck(_)
                | Object::OwnedBy(_)
                | Object::Function(_)
                | Object::Procedure(_)
                | Object::Aggregate(_)
                | Object::Defined(_)
                | Object::Default(_)
                | Object::NotNull(_)
                | Object::Identity(_)
                | Object::PrimaryKey(_)
                | Object::Unique(_)
                | Object::Exclusion(_)
                | Object::ForeignKey(_)
                | Object::Check(_)
                | Object::Index(_)
                | Object::Parameters(_)
                | Object::ColumnSettings(_)
                | Object::ReplicaIdentity(_)
                | Object::ClusteredOn(_)
                | Object::RowSecurity(_)
                | Object::Policy(_)
                | Object::View(_)
                | Object::MaterializedView(_)
                | Object::Trigger(_)
                | Object::Rule(_)
                | Object::PublishedTable(_)
                | Object::PublishedSchema(_)
                | Object::Owner(_)
                | Object::Grant(_)
                | Object::Comment(_)
                | Object::DefaultPrivilege(_) => false,
            };
            let reversal = if holds_rows {
                Reversal::Shape
            } else {
                Reversal::Full
            };
            // A constraint that goes refuses less: nobody notices.
            let unnoticed = matches!(
                address.kind(),
                Kind::Check
                    | Kind::DomainCheck
                    | Kind::NotNull
                    | Kind::Comment
                    | Kind::Parameters
                    | Kind::ColumnSettings
                    | Kind::ClusteredOn
                    | Kind::DefaultPrivilege
            ) || matches!(object, Object::Grant(Grant::Taken));
            let phase = if unnoticed {
                Phase::Expand
            } else {
                Phase::Contract
            };
            let mut statement = ddl::drop(address, object);
            if let Some(parent) = level.current.partitioned(address) {
                statement = statement.locking(&parent, LockMode::AccessExclusive);
            }
            if matches!(object, Object::Table(_)) {
                // Its foreign keys go with it, and lock what they refer to.
                for (_, own) in level.current.below(address) {
                    if let Object::ForeignKey(key) = own {
                        let mode = LockMode::AccessExclusive;
                        statement = statement.locking(&key.referenced_table(), mode);
                    }
                }
            }
            Step::run(address, statement, dropped(address, cx))
                .dropping(address)
                .phase(phase)
                .reversal(reversal)
        }
        Change::Alter(alteration) => {
            let object = &level.desired.objects[address];
            let statement = ddl::alter(address, alteration, object)
                .expect("what no statement alters was replaced");
            let unnoticed = matches!(
                alteration,
                Alteration::Comment(_)
                    | Alteration::Default(_)
                    | Alteration::Enum(_)
                    | Alteration::Parameters(_)
                    | Alteration::ColumnSettings(_)
                    | Alteration::ClusteredOn(_)
                    | Alteration::Grant(GrantAlteration::How(Grant::Grantable))
                    | Alteration::DefaultPrivilege(_)
            );
            // What is made is switched off in the transaction that makes it.
            let is_made = matches!(alteration, Alteration::Trigger(_) | Alteration::Rule(_))
                && !level.current.objects.contains_key(address);
            let phase = if is_made || unnoticed && !follows_type(address, level) {
                Phase::Expand
            } else {
                Phase::Contract
            };
            Step::run(address, statement, altered(address, alteration))
                .altering(address, alteration.attribute())
                .phase(phase)
        }
    }
}

/// Says whether settings of a column come with its new type: the server gives it the storage of that.
fn follows_type(address: &Address, level: &Level) -> bool {
    let column = address.column();
    let sides = [&level.current, &level.desired].map(|side| side.objects.get(&column));
    address.kind() == Kind::ColumnSettings
        && matches!(sides, [Some(from), Some(to)] if !from.alterations(to).is_empty())
}

/// Returns the fingerprints of what the steps create, change, drop or lean on, as they are before.
pub(crate) fn leans_on(
    stages: &[Stage],
    cx: &Context<'_>,
) -> BTreeMap<Address, crate::model::Hash> {
    let mut touched: BTreeSet<Address> = BTreeSet::new();
    for effect in stages
        .iter()
        .flat_map(|stage| &stage.steps)
        .flat_map(|step| &step.effects)
    {
        match effect {
            Effect::Creates(address)
            | Effect::Drops(address)
            | Effect::Alters(address, _)
            | Effect::Uses(address)
            | Effect::Reads(address) => {
                let before = cx.level.moves.carry_back(address);
                touched.extend(cx.level.before.needs_of(&before));
                touched.insert(before);
                if matches!(effect, Effect::Creates(own) if own.kind().is_top_level()) {
                    touched.extend(DefaultPrivileges::lists(address));
                }
                let needs = cx.level.desired.needs_of(address);
                touched.extend(needs.iter().map(|need| cx.level.moves.carry_back(need)));
            }
            Effect::Moves(step) => {
                let before = cx.level.moves.carry_back(&step.to).whole();
                touched.extend(
                    cx.level
                        .before
                        .objects
                        .keys()
                        .filter(|address| address.is_at_or_below(&before))
                        .cloned(),
                );
                touched.insert(before);
            }
        }
    }
    touched
        .into_iter()
        .map(|address| (address.clone(), cx.raw.fingerprint(&address)))
        .collect()
}
