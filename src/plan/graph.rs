//! The one order of creates, alters, drops and moves.
//!
//! Steps are related by what their effects mean for each other; blocks inherit the relations of their steps. Blocks
//! that wait for each other become one: that is how a rebuilt dependent joins what disturbs it. A loop that a block
//! with transactions of its own is part of is a fault of the planner, and the error prints it.

use std::collections::{BTreeMap, BTreeSet};

use petgraph::graph::{DiGraph, NodeIndex};

use super::step::{Block, Effect, Phase, Step};
use crate::model::{
    ADDED_VALUES, Address, Expression, Kind, Level, Move, Object, Persistence, Slot, Why,
};

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
    join_replaced(&steps, level, &mut edges);

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
    let joined: Vec<Placed> = groups
        .iter()
        .map(|members| join(members, &blocks, &steps, &relations, level))
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

/// What is dropped and made again commits as one with whatever lies between: an edge back closes the loop. What went
/// along (privileges, comments, a view's triggers) comes back in the same transaction; so does what gives a column its
/// values where a default becomes an identity or the other way round: an INSERT in between would have none. A column that is
/// set aside loses its NOT NULL with its name.
fn join_replaced(steps: &[(usize, &Step)], level: &Level, edges: &mut BTreeSet<(usize, usize)>) {
    let mut dropped: BTreeMap<&Address, usize> = BTreeMap::new();
    for (block, step) in steps {
        for effect in &step.effects {
            if let Effect::Drops(address) = effect {
                dropped.insert(address, *block);
            }
        }
    }
    for (block, step) in steps {
        for effect in &step.effects {
            // What no client can name any more must not be wanted from it either.
            if let Effect::Moves(step) = effect
                && step.why == Why::Retired
                && let Some(&drop) = dropped.get(&step.to.with_kind(Kind::NotNull))
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
                former.push(address.with_kind(Kind::Default));
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

/// Makes one block of blocks that wait for each other.
fn join(
    members: &[usize],
    blocks: &[Placed],
    steps: &[(usize, &Step)],
    relations: &BTreeSet<(usize, usize)>,
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
    let own: Vec<usize> = (0..steps.len())
        .filter(|&at| members.contains(&steps[at].0))
        .collect();
    // A claim of several blocks cannot be joined with another one: their sequences would mix. Blocks that disturb the
    // same dependent become one.
    let several = |claim: &usize| {
        blocks
            .iter()
            .filter(|(_, own)| own.as_ref() == Some(claim))
            .count()
            > 1
    };
    if alone || claims.len() > 1 && claims.iter().any(several) {
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
    Ok((Block::Together(sorted), claims.first().copied()))
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

/// Which step comes before which.
struct Relations {
    edges: BTreeSet<(usize, usize)>,
}

/// The steps by what they do to an address.
#[derive(Default)]
struct ByEffect<'a> {
    creates: BTreeMap<&'a Address, Vec<usize>>,
    drops: BTreeMap<&'a Address, Vec<usize>>,
    alters: BTreeMap<&'a Address, Vec<usize>>,
    /// Those of the alterations that are refused, or mean something else, while dependents stand.
    disturbs: BTreeMap<&'a Address, Vec<usize>>,
    uses: BTreeMap<&'a Address, Vec<usize>>,
    moves: Vec<(usize, &'a Move)>,
}

impl<'a> ByEffect<'a> {
    fn of(steps: &[(usize, &'a Step)]) -> Self {
        let mut by = Self::default();
        for (at, (_, step)) in steps.iter().enumerate() {
            for effect in &step.effects {
                match effect {
                    Effect::Creates(address) => by.creates.entry(address).or_default().push(at),
                    Effect::Drops(address) => by.drops.entry(address).or_default().push(at),
                    Effect::Alters(address, attribute) => {
                        by.alters.entry(address).or_default().push(at);
                        if attribute != ADDED_VALUES {
                            by.disturbs.entry(address).or_default().push(at);
                        }
                    }
                    Effect::Uses(address) => by.uses.entry(address).or_default().push(at),
                    Effect::Moves(step) => by.moves.push((at, step)),
                }
            }
        }
        by
    }
}

impl Relations {
    fn of(steps: &[(usize, &Step)], level: &Level) -> Self {
        let by = ByEffect::of(steps);
        let mut relations = Self {
            edges: BTreeSet::new(),
        };
        relations.coming(&by, level);
        relations.going(&by, level);
        relations.persistence(&by, level);
        relations.slots(&by, level);
        relations.moves(&by, level);
        relations
    }

    fn before(&mut self, firsts: &[usize], seconds: &[usize]) {
        for &first in firsts {
            for &second in seconds {
                if first != second {
                    self.edges.insert((first, second));
                }
            }
        }
    }

    /// For x needing y: create y and alter y before create x and alter x.
    fn coming(&mut self, by: &ByEffect<'_>, level: &Level) {
        let none = Vec::new();
        for (x, arrivals) in by.creates.iter().chain(&by.alters) {
            for y in needs_to_come(level, x) {
                self.before(by.creates.get(&y).unwrap_or(&none), arrivals);
                self.before(by.alters.get(&y).unwrap_or(&none), arrivals);
            }
        }
        for (x, alterations) in &by.alters {
            self.before(by.creates.get(x).unwrap_or(&none), alterations);
        }
        for (x, users) in &by.uses {
            self.before(by.creates.get(x).unwrap_or(&none), users);
            self.before(users, by.drops.get(x).unwrap_or(&none));
        }
        for (x, departures) in &by.drops {
            self.before(departures, by.creates.get(x).unwrap_or(&none));
        }
    }

    /// For x needing y: drop x, and alter x where it lets go, before drop y; drop x before alter y.
    fn going(&mut self, by: &ByEffect<'_>, level: &Level) {
        let none = Vec::new();
        for (x, departures) in &by.drops {
            // A column of a primary key stays NOT NULL as long as the key stands.
            if let Some(Object::PrimaryKey(key)) = level.current.objects.get(*x) {
                for column in &key.columns {
                    let not_null = x.part(Kind::NotNull, column);
                    self.before(departures, by.drops.get(&not_null).unwrap_or(&none));
                }
            }
            for y in level.current.needs_of(x) {
                self.before(departures, by.drops.get(&y).unwrap_or(&none));
                self.before(departures, by.disturbs.get(&y).unwrap_or(&none));
                // Where two keys fit, the server takes the older one: a foreign key comes back when that is gone.
                if x.kind() == Kind::ForeignKey && matches!(y.kind(), Kind::Unique | Kind::Index) {
                    let leaves = by.drops.get(&y).unwrap_or(&none);
                    self.before(leaves, by.creates.get(x).unwrap_or(&none));
                }
            }
        }
        for (x, alterations) in &by.alters {
            for y in level.current.needs_of(x) {
                self.before(alterations, by.drops.get(&y).unwrap_or(&none));
            }
        }
        // What goes along with the drop of its parent lets go of what it needed there.
        for part in level.current.objects.keys() {
            let parent = level.current.parent(part);
            let Some(departures) = parent.as_ref().and_then(|own| by.drops.get(own)) else {
                continue;
            };
            if by.drops.contains_key(part) {
                continue;
            }
            for y in level.current.needs_of(part) {
                self.before(departures, by.drops.get(&y).unwrap_or(&none));
            }
        }
    }

    /// No permanent table may refer to an unlogged one, at no moment between.
    fn persistence(&mut self, by: &ByEffect<'_>, level: &Level) {
        let none = Vec::new();
        let sides = [&level.current.objects, &level.desired.objects];
        for (x, object) in sides.into_iter().flatten() {
            let Object::ForeignKey(key) = object else {
                continue;
            };
            let (own, other) = (x.table(), key.referenced_table());
            let alters = |table| by.alters.get(table).unwrap_or(&none);
            for table in [&own, &other] {
                self.before(by.drops.get(x).unwrap_or(&none), alters(table));
                self.before(alters(table), by.creates.get(x).unwrap_or(&none));
            }
            if by.drops.contains_key(x) || own == other {
                continue;
            }
            match level.desired.objects.get(&own) {
                Some(Object::Table(table)) if table.persistence == Persistence::Permanent => {
                    self.before(alters(&other), alters(&own));
                }
                _ => self.before(alters(&own), alters(&other)),
            }
        }
    }

    /// What leaves a name before what enters it.
    fn slots(&mut self, by: &ByEffect<'_>, level: &Level) {
        // Slot → the steps that free it, each with what it drops.
        let mut leaving: BTreeMap<Slot, Vec<(usize, Option<&Address>)>> = BTreeMap::new();
        for (x, departures) in &by.drops {
            // The drop of a table frees the names of its indexes and keys too.
            let parts = level.current.objects.iter().filter(|(address, _)| {
                *address == *x || level.current.parent(address).as_ref() == Some(x)
            });
            for (address, object) in parts {
                for slot in object.slots(address) {
                    let entry = leaving.entry(slot).or_default();
                    entry.extend(departures.iter().map(|at| (*at, Some(address))));
                }
            }
        }
        // A column that moves keeps the names of its constraints: only what changes hands counts.
        let held = |step: &Move| {
            let left = slots_below(&level.before, &step.from);
            let entered = slots_below(&level.current, &step.to);
            (&left - &entered, &entered - &left)
        };
        for (at, step) in &by.moves {
            for slot in held(step).0 {
                leaving.entry(slot).or_default().push((*at, None));
            }
        }
        let slots_of = |objects: &BTreeMap<Address, _>, x: &Address| -> BTreeSet<Slot> {
            let own: Option<&Object<Expression>> = objects.get(x);
            own.map(|own| own.slots(x).into_iter().collect())
                .unwrap_or_default()
        };
        for (x, alterations) in &by.alters {
            let freed = &slots_of(&level.current.objects, x) - &slots_of(&level.desired.objects, x);
            for slot in freed {
                let entry = leaving.entry(slot).or_default();
                entry.extend(alterations.iter().map(|at| (*at, None)));
            }
        }
        for (z, arrivals) in by.creates.iter().chain(&by.alters) {
            let stood = if by.creates.contains_key(*z) {
                BTreeSet::new()
            } else {
                slots_of(&level.current.objects, z)
            };
            for slot in &slots_of(&level.desired.objects, z) - &stood {
                for (departure, _) in leaving.get(&slot).into_iter().flatten() {
                    self.before(&[*departure], arrivals);
                }
            }
        }
        for (at, step) in &by.moves {
            // What is dropped after it has moved along has freed nothing before.
            let comes_along = |x: &Address| {
                lineage(level, x)
                    .iter()
                    .any(|own| own.is_at_or_below(&step.to))
            };
            for slot in held(step).1 {
                for (departure, x) in leaving.get(&slot).into_iter().flatten() {
                    if x.is_some_and(|x| !comes_along(x)) {
                        self.before(&[*departure], &[*at]);
                    }
                }
            }
        }
    }

    /// A move comes before whatever speaks its new name, after what frees that name, and, where it retires, after the
    /// dependents of what goes.
    fn moves(&mut self, by: &ByEffect<'_>, level: &Level) {
        // A column moves before and after what it is part of, and what has its name before or after; all else in whichever
        // order others need.
        type Moving<'a> = Vec<&'a (usize, &'a Move)>;
        let (columns, others): (Moving<'_>, Moving<'_>) = by
            .moves
            .iter()
            .partition(|(_, step)| step.to.kind() == Kind::Column);
        for pair in others.windows(2) {
            self.before(&[pair[0].0], &[pair[1].0]);
        }
        let names = |step: &Move| [step.from.name().clone(), step.to.name().clone()];
        for (at, (first, own)) in columns.iter().enumerate() {
            for (next, step) in &columns[at + 1..] {
                if names(own).iter().any(|name| names(step).contains(name)) {
                    self.before(&[*first], &[*next]);
                }
            }
        }
        for (column, own) in &columns {
            let tables = [own.from.table(), own.to.table()];
            for (other, step) in &others {
                let parents = [step.from.whole(), step.to.whole()];
                if tables
                    .iter()
                    .any(|table| parents.iter().any(|own| table.is_at_or_below(own)))
                {
                    self.before(&[*column.min(other)], &[*column.max(other)]);
                }
            }
        }
        for (at, step) in &by.moves {
            let place = step.to.whole();
            let speaks = |address: &Address| {
                lineage(level, address)
                    .iter()
                    .any(|ancestor| ancestor.is_at_or_below(&place))
            };
            for (x, departures) in &by.drops {
                let leans = step.why == Why::Retired && needs_thing_at(level, x, &step.to);
                // What moves itself is spoken of, and locked with what it leans on, under the names after all moves; the
                // columns of another table are not spoken of.
                let elsewhere = step.to.kind() == Kind::Column && x.table() != step.to.table();
                let moves_itself = leans
                    && !elsewhere
                    && by.moves.iter().any(|(_, own)| {
                        lineage(level, x)
                            .iter()
                            .any(|part| part.is_at_or_below(&own.to))
                    });
                // A schema goes after what moves out of it.
                let left = step.from != **x && step.from.is_at_or_below(x);
                // A function over the row type goes under its new name: a default of the table may call it, and goes
                // with the table's own parts.
                // A foreign key beside a column goes first: the key it leans on may have to go before the column does.
                let is_key = x.kind() == Kind::ForeignKey && step.to.kind() != Kind::Column;
                let follows = is_key || x.kind() == Kind::Function;
                if leans && !moves_itself && !follows {
                    self.before(departures, &[*at]);
                } else if speaks(x) || left || leans {
                    self.before(&[*at], departures);
                }
            }
            for (x, arrivals) in &by.creates {
                // What comes back into a schema comes after it; what is made again stood before.
                let is_new = !by.drops.contains_key(*x);
                if is_new && step.to != **x && step.to.is_at_or_below(x) {
                    self.before(arrivals, &[*at]);
                }
            }
            for (x, arrivals) in by.creates.iter().chain(&by.alters).chain(&by.uses) {
                if speaks(x) || x.is_at_or_below(&step.from) {
                    self.before(&[*at], arrivals);
                }
                if needs_to_come(level, x).iter().any(speaks) {
                    self.before(&[*at], arrivals);
                }
            }
        }
    }
}

/// Returns what has to be there before an object can be: its parent, what it leans on, and for a primary key the NOT
/// NULL of its columns, which it would otherwise set itself with a scan; an identity is refused without.
fn needs_to_come(level: &Level, address: &Address) -> BTreeSet<Address> {
    let mut needs = level.desired.needs_of(address);
    if let Some(crate::model::Object::Extension(own)) = level.desired.objects.get(address) {
        needs.extend(
            own.schema
                .iter()
                .map(|schema| Address::new(Kind::Schema, [schema.clone()])),
        );
    }
    if address.kind() == Kind::Identity {
        needs.insert(address.with_kind(Kind::NotNull));
    }
    if let Some(crate::model::Object::PrimaryKey(key)) = level.desired.objects.get(address) {
        needs.extend(
            key.columns
                .iter()
                .map(|column| address.part(Kind::NotNull, column)),
        );
    }
    needs
}

/// Returns an address and everything it is a part of.
fn lineage(level: &Level, address: &Address) -> Vec<Address> {
    let mut chain = vec![address.clone()];
    while let Some(parent) = chain.last().and_then(|last| {
        level
            .current
            .parent(last)
            .or_else(|| level.desired.parent(last))
    }) {
        chain.push(parent);
    }
    chain
}

/// Says whether an object of the current side leans on what now stands at or below `place`, without being part of it.
fn needs_thing_at(level: &Level, address: &Address, place: &Address) -> bool {
    level
        .current
        .needs_of(address)
        .iter()
        .any(|need| need.is_at_or_below(place))
        && !address.is_at_or_below(place)
}

/// Returns the name space entries held by what moves when the thing at `root` does.
fn slots_below(
    model: &crate::model::Model<crate::model::Expression>,
    root: &Address,
) -> BTreeSet<Slot> {
    model
        .objects
        .iter()
        .filter(|(address, object)| {
            address.is_at_or_below(root)
                || object.parent(address).is_some_and(|parent| parent == *root)
        })
        .flat_map(|(address, object)| object.slots(address))
        .collect()
}
