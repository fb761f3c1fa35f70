//! The one order of creates, alters, drops and moves.
//!
//! Steps are related by what their effects mean for each other; blocks inherit the relations of their steps. Blocks
//! that wait for each other become one: that is how a rebuilt dependent joins what disturbs it. A loop that a block
//! with transactions of its own is part of is a fault of the planner, and the error prints it.

use std::collections::{BTreeMap, BTreeSet};

use petgraph::graph::{DiGraph, NodeIndex};

use super::relations::{Relations, lineage, stays_through_type};
use super::step::{Act, Block, Effect, IN_STEP, Phase, Step};
use super::taken_back::is_computed;
use crate::model::{Address, DISINHERITS, Kind, Level, Move, PARTITION_OF, Why};

/// A block with the claim it comes from; blocks of one claim keep their sequence.
pub(crate) type Placed = (Block, Option<usize>);

/// Blocks wait for each other and one of them cannot be joined with others.
#[derive(Debug, thiserror::Error)]
#[error("the steps of this plan wait for each other: {}", .0.join(" → "))]
pub struct Cycle(pub Vec<String>);

/// Puts blocks in order.
pub(crate) fn order(blocks: Vec<Placed>, level: &Level) -> Result<Vec<Placed>, Cycle> {
    let steps: Vec<(usize, &Step)> = blocks
        .iter()
        .enumerate()
        .flat_map(|(at, (block, _))| block.steps().iter().map(move |step| (at, step)))
        .collect();
    let relations = Relations::of(&steps, level).edges;
    let mut edges: BTreeSet<(usize, usize)> = BTreeSet::new();
    for &(first, second) in &relations {
        let (a, b) = (steps[first].0, steps[second].0);
        let one_claim = blocks[a].1.is_some() && blocks[a].1 == blocks[b].1;
        if a != b && !one_claim {
            edges.insert((a, b));
        }
    }
    let mut last_of_claim: BTreeMap<usize, usize> = BTreeMap::new();
    for (at, (_, claim)) in blocks.iter().enumerate() {
        if let Some(claim) = claim
            && let Some(previous) = last_of_claim.insert(*claim, at)
        {
            edges.insert((previous, at));
        }
    }
    let claims: Vec<Option<usize>> = blocks.iter().map(|(_, claim)| *claim).collect();
    join_replaced(&steps, &claims, level, &mut edges);
    join_access(&steps, &mut edges);

    let mut graph: DiGraph<usize, ()> = DiGraph::new();
    let nodes: Vec<NodeIndex> = (0..blocks.len()).map(|at| graph.add_node(at)).collect();
    for &(a, b) in &edges {
        graph.add_edge(nodes[a], nodes[b], ());
    }
    let mut group_of = vec![0; blocks.len()];
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for component in petgraph::algo::tarjan_scc(&graph) {
        let mut members: Vec<usize> = component.into_iter().map(|node| graph[node]).collect();
        members.sort_unstable();
        for &member in &members {
            group_of[member] = groups.len();
        }
        groups.push(members);
    }
    let mut own: Vec<Vec<usize>> = vec![Vec::new(); groups.len()];
    for (at, (block, _)) in steps.iter().enumerate() {
        own[group_of[*block]].push(at);
    }
    let mut within: Vec<Vec<(usize, usize)>> = vec![Vec::new(); groups.len()];
    for &(a, b) in &relations {
        let group = group_of[steps[a].0];
        if group == group_of[steps[b].0] {
            within[group].push((a, b));
        }
    }
    let joined: Vec<Placed> = groups
        .iter()
        .zip(own.iter().zip(&within))
        .map(|(members, (own, within))| join(members, &blocks, &steps, own, within, level))
        .collect::<Result<_, _>>()?;
    let between: BTreeSet<(usize, usize)> = edges
        .iter()
        .map(|&(a, b)| (group_of[a], group_of[b]))
        .filter(|(a, b)| a != b)
        .collect();
    let keys: Vec<Key> = joined
        .iter()
        .map(|(block, _)| Key::of_block(block, level))
        .collect();
    let order = ready_first(joined.len(), &between, &keys);
    let mut joined: Vec<Option<Placed>> = joined.into_iter().map(Some).collect();
    Ok(order
        .into_iter()
        .filter_map(|at| joined[at].take())
        .collect())
}

/// Joins what says who may do what. What is made comes with its owner and the privileges on it: in between, everybody could
/// call a function, and it would run with the rights of whoever applies.
fn join_access(steps: &[(usize, &Step)], edges: &mut BTreeSet<(usize, usize)>) {
    let made = || {
        steps.iter().flat_map(|(block, step)| {
            let effects = step.effects.iter();
            effects.filter_map(move |own| match own {
                Effect::Creates(address) => Some((*block, address)),
                Effect::Alters(..)
                | Effect::Drops(_)
                | Effect::Uses(_)
                | Effect::Reads(_)
                | Effect::Moves(_) => None,
            })
        })
    };
    let units: BTreeMap<&Address, usize> = made()
        // A new table is nobody's but its owner's until somebody is granted something.
        .filter(|(_, own)| own.kind().is_top_level() && own.kind() != Kind::Table)
        .map(|(block, own)| (own, block))
        .collect();
    // Whose rows are whose is said at once: policies, whether they count, and who may touch the table at all.
    let touched = || {
        steps.iter().flat_map(|(block, step)| {
            let effects = step.effects.iter();
            let effects = effects.filter(|own| own.moved().is_none());
            effects
                .filter_map(Effect::touched)
                .map(move |own| (*block, own))
        })
    };
    let mut secured: BTreeMap<Address, usize> = BTreeMap::new();
    let join = |one: usize, other: usize, edges: &mut BTreeSet<(usize, usize)>| {
        if one != other {
            edges.insert((one, other));
            edges.insert((other, one));
        }
    };
    for (block, own) in touched() {
        if matches!(own.kind(), Kind::RowSecurity | Kind::Policy) {
            let first = *secured.entry(own.table()).or_insert(block);
            join(first, block, edges);
        }
    }
    // A trigger or rule that is made is in force at once: one that shall be switched off never is on.
    let mut acting: BTreeMap<&Address, usize> = BTreeMap::new();
    for (block, own) in touched() {
        if matches!(own.kind(), Kind::Trigger | Kind::Rule) {
            let first = *acting.entry(own).or_insert(block);
            join(first, block, edges);
        }
    }
    // Who may call a routine, and what it does.
    for (block, own) in touched().filter(|(_, own)| own.kind().is_routine()) {
        let first = *secured.entry(own.clone()).or_insert(block);
        join(first, block, edges);
    }
    // A former owner is granted what it keeps at once.
    for (block, own) in touched().filter(|(_, own)| own.kind() == Kind::Owner) {
        if let Some(unit) = own.target() {
            let first = *secured.entry(unit).or_insert(block);
            join(first, block, edges);
        }
    }
    for (block, own) in touched().filter(|(_, own)| own.kind() == Kind::Grant) {
        let unit = own.target().map(|own| own.lists_privileges());
        if let Some(first) = unit.and_then(|own| secured.get(&own)) {
            join(*first, block, edges);
        }
    }
    for (block, own) in made().filter(|(_, own)| matches!(own.kind(), Kind::Owner | Kind::Grant)) {
        let unit = own.target().map(|own| own.lists_privileges());
        if let Some(other) = unit.and_then(|own| units.get(&own)) {
            join(*other, block, edges);
        }
    }
}

/// What is dropped and made again commits as one with whatever lies between: an edge back closes the loop. What went
/// along (privileges, comments, a view's triggers) comes back in the same transaction; so does what gives a column its
/// values where a default becomes an identity or the other way round: an INSERT in between would have none. A column that is
/// set aside loses its NOT NULL with its name.
fn join_replaced(
    steps: &[(usize, &Step)],
    claims: &[Option<usize>],
    level: &Level,
    edges: &mut BTreeSet<(usize, usize)>,
) {
    let mut dropped: BTreeMap<&Address, usize> = BTreeMap::new();
    for (block, step) in steps {
        for effect in &step.effects {
            if let Effect::Drops(address) = effect {
                dropped.insert(address, *block);
            }
        }
    }
    // A column that gets another name with another type, or gives its name to a computed one: in between, the name would
    // stand for something else, or for nothing. One that is set aside lets go of its domain at once: that may refuse NULL.
    let moves = || {
        steps.iter().flat_map(|(block, step)| {
            let moves = step.effects.iter().filter_map(Effect::moved);
            let of_columns = moves.filter(|own| own.to.kind() == Kind::Column);
            of_columns.map(|own| (*block, own))
        })
    };
    for (block, step) in steps {
        for effect in &step.effects {
            let is_joined = |(_, own): &(usize, &Move)| match effect {
                // One that is filled beside takes the name of the former one in one transaction.
                Effect::Alters(column, attribute) if attribute == IN_STEP => {
                    own.from == *column || own.to == *column
                }
                Effect::Alters(column, attribute) => {
                    let stays = matches!(own.why, Why::Renamed | Why::Retired);
                    attribute == "type" && stays && level.moves.end_of(own) == *column
                }
                Effect::Creates(column) => {
                    let computed = level.desired.objects.get(column).is_some_and(is_computed);
                    computed && own.why == Why::Retired && own.from == *column
                }
                Effect::Drops(_) | Effect::Uses(_) | Effect::Reads(_) | Effect::Moves(_) => false,
            };
            for (other, _) in moves()
                .filter(is_joined)
                .filter(|(other, _)| other != block)
            {
                edges.insert((other, *block));
                edges.insert((*block, other));
            }
        }
    }
    // A column that gets a domain for its type may refuse NULL from then on, and one that loses it until then: its default
    // comes or goes with that.
    // A default that a filling waits for stays where that wants it.
    let is_of_several = |block: usize| {
        let own = claims[block];
        own.is_some() && claims.iter().filter(|other| **other == own).count() > 1
    };
    let is_domain = |own: &Address| own.kind() == Kind::Domain;
    let retyped: Vec<(usize, &Address)> = steps
        .iter()
        .flat_map(|(block, step)| step.effects.iter().map(move |own| (*block, own)))
        .filter_map(|(block, own)| match own {
            Effect::Alters(column, attribute) if attribute == "type" => Some((block, column)),
            Effect::Alters(..)
            | Effect::Creates(_)
            | Effect::Drops(_)
            | Effect::Uses(_)
            | Effect::Reads(_)
            | Effect::Moves(_) => None,
        })
        .collect();
    let is_retyped = |column: &Address| retyped.iter().any(|(_, own)| *own == column);
    let of_domains: Vec<&(usize, &Address)> = retyped
        .iter()
        .filter(|(_, column)| {
            let sides = [&level.current, &level.desired].map(|side| side.needs_of(column));
            sides.iter().flatten().any(is_domain)
        })
        .collect();
    for (block, step) in steps {
        let touched = step.effects.iter().filter_map(Effect::touched);
        for own in touched.filter(|own| own.kind() == Kind::Default) {
            let column = own.column();
            let mut with = of_domains.iter().filter(|(_, other)| **other == column);
            if let Some((other, _)) = with.find(|(other, _)| other != block)
                && !is_of_several(*block)
            {
                edges.insert((*other, *block));
                edges.insert((*block, *other));
            }
        }
    }
    for (block, step) in steps {
        for effect in &step.effects {
            // Another table takes the name of one that is set aside, with its columns and partitions: at no moment there is none.
            if let Effect::Moves(own) = effect
                && own.why == Why::Retired
                && own.from.kind() == Kind::Table
            {
                let name = level.moves.end_of(own);
                let was = level.moves.carry_back(&name);
                for (other, step) in steps.iter().filter(|(other, _)| other != block) {
                    let takes_it = step.effects.iter().filter_map(Effect::created).any(|made| {
                        let is_element = made.kind().is_table_element() && made.table() == was;
                        is_element || level.desired.root_of(made) == was
                    });
                    if takes_it && level.desired.objects.contains_key(&was) {
                        edges.insert((*other, *block));
                        edges.insert((*block, *other));
                    }
                }
            }
            // A partition that is set aside is no partition any more.
            if let Effect::Moves(own) = effect
                && own.why == Why::Retired
            {
                let place = level.moves.end_of(own);
                for (other, step) in steps {
                    let detaches = step.effects.iter().any(|effect| {
                        matches!(effect, Effect::Alters(table, attribute) if *table == place && (attribute == PARTITION_OF || attribute == DISINHERITS))
                    });
                    if detaches && other != block {
                        edges.insert((*other, *block));
                        edges.insert((*block, *other));
                    }
                }
            }
            // What no client can name any more must not be wanted from it either.
            if let Effect::Moves(step) = effect
                && step.why == Why::Retired
                && let Some(&drop) = dropped.get(&level.moves.end_of(step).with_kind(Kind::NotNull))
            {
                edges.insert((drop, *block));
                edges.insert((*block, drop));
            }
            let Effect::Creates(address) = effect else {
                continue;
            };
            let mut former: Vec<Address> = lineage(level, address)
                .into_iter()
                .filter(|whole| level.desired.objects.contains_key(whole))
                .collect();
            if address.kind() == Kind::Identity {
                // A default that the new type refuses goes before that: until then there is none.
                let default = address.with_kind(Kind::Default);
                if !is_retyped(&address.column()) || stays_through_type(level, &default) {
                    former.push(default);
                }
            } else if address.kind() == Kind::Default {
                former.push(address.with_kind(Kind::Identity));
            }
            for own in former {
                if let Some(&drop) = dropped.get(&own)
                    && drop != *block
                {
                    edges.insert((drop, *block));
                    edges.insert((*block, drop));
                }
            }
        }
    }
}

/// Makes one block of blocks that wait for each other; `own` are their steps, `relations` those between them.
fn join(
    members: &[usize],
    blocks: &[Placed],
    steps: &[(usize, &Step)],
    own: &[usize],
    relations: &[(usize, usize)],
    level: &Level,
) -> Result<Placed, Cycle> {
    if let [only] = members {
        return Ok(blocks[*only].clone());
    }
    let alone = members
        .iter()
        .any(|&member| matches!(blocks[member].0, Block::Alone(_)));
    let claims: BTreeSet<usize> = members
        .iter()
        .filter_map(|&member| blocks[member].1)
        .collect();
    // Two claims of several blocks cannot be joined: their sequences would mix. Blocks that disturb the same dependent
    // become one.
    let several = |claim: &usize| {
        blocks
            .iter()
            .filter(|(_, own)| own.as_ref() == Some(claim))
            .count()
            > 1
    };
    let whole = claims.iter().find(|own| several(own)).copied();
    if alone || claims.iter().filter(|own| several(own)).count() > 1 {
        return Err(Cycle(
            own.iter()
                .map(|&at| steps[at].1.address.to_string())
                .collect(),
        ));
    }
    let place: BTreeMap<usize, usize> = own
        .iter()
        .enumerate()
        .map(|(at, &step)| (step, at))
        .collect();
    let mut within: BTreeSet<(usize, usize)> = relations
        .iter()
        .filter_map(|(a, b)| Some((*place.get(a)?, *place.get(b)?)))
        .collect();
    for pair in own.windows(2) {
        if steps[pair[0]].0 == steps[pair[1]].0 {
            within.insert((place[&pair[0]], place[&pair[1]]));
        }
    }
    // A row of the ledger is rewritten once it is there: what is written to it keeps the order of the moves.
    let is_ledger = |at: &&usize| matches!(steps[**at].1.does, Act::Ledger(_));
    let ledger: Vec<usize> = own.iter().filter(is_ledger).copied().collect();
    for pair in ledger.windows(2) {
        within.insert((place[&pair[0]], place[&pair[1]]));
    }
    let keys: Vec<Key> = own
        .iter()
        .map(|&at| Key::of_step(steps[at].1, level))
        .collect();
    let order = ready_first(own.len(), &within, &keys);
    if order.len() < own.len() {
        return Err(Cycle(
            own.iter()
                .map(|&at| steps[at].1.address.to_string())
                .collect(),
        ));
    }
    let sorted = order
        .into_iter()
        .map(|at| steps[own[at]].1.clone())
        .collect();
    let claim = whole.or_else(|| claims.first().copied());
    Ok((Block::Together(sorted), claim))
}

/// Kahn's algorithm with an ordered ready queue, so that equal inputs give equal orders.
fn ready_first(count: usize, edges: &BTreeSet<(usize, usize)>, keys: &[Key]) -> Vec<usize> {
    let mut waiting = vec![0usize; count];
    let mut followers: Vec<Vec<usize>> = vec![Vec::new(); count];
    for &(a, b) in edges {
        waiting[b] += 1;
        followers[a].push(b);
    }
    let mut ready: BTreeSet<(&Key, usize)> = (0..count)
        .filter(|&at| waiting[at] == 0)
        .map(|at| (&keys[at], at))
        .collect();
    let mut order = Vec::with_capacity(count);
    while let Some((_, at)) = ready.pop_first() {
        order.push(at);
        for &next in &followers[at] {
            waiting[next] -= 1;
            if waiting[next] == 0 {
                ready.insert((&keys[next], next));
            }
        }
    }
    order
}

/// Breaks ties: phase, then the same table, then kind, then declared position, then address.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    phase: Phase,
    unit: Address,
    kind: Kind,
    position: u16,
    address: Address,
}

impl Key {
    fn of_step(step: &Step, level: &Level) -> Self {
        let address = &step.address;
        let known = if level.desired.objects.contains_key(address) {
            &level.desired
        } else {
            &level.current
        };
        Self {
            phase: step.phase,
            unit: known.unit_of(address),
            kind: address.kind(),
            position: known
                .position
                .get(&address.column())
                .copied()
                .unwrap_or(u16::MAX),
            address: address.clone(),
        }
    }

    fn of_block(block: &Block, level: &Level) -> Self {
        let phase = block
            .steps()
            .iter()
            .map(|step| step.phase)
            .max()
            .unwrap_or(Phase::Expand);
        let first = block.steps().first().expect("a block has a step");
        Self {
            phase,
            ..Self::of_step(first, level)
        }
    }
}
