//! Which step comes before which: what their effects on addresses mean for each other.

use std::collections::{BTreeMap, BTreeSet};

use super::step::{Act, Effect, IN_STEP, Phase, Step};
use super::{new_table, partition};
use crate::ddl::Work;
use crate::model::{
    ADDED_VALUES, Address, Conversion, DISINHERITS, Expression, INHERITS, Kind, Level, Model, Move,
    Name, Object, PARTITION_OF, Persistence, SequenceType, Slot, Text, Why,
};

/// Which step comes before which.
pub(super) struct Relations {
    /// Pairs of steps: the first comes before the second.
    pub(super) edges: BTreeSet<(usize, usize)>,
}

/// The steps by what they do to an address.
#[derive(Default)]
pub(super) struct ByEffect<'a> {
    pub(super) creates: BTreeMap<&'a Address, Vec<usize>>,
    pub(super) drops: BTreeMap<&'a Address, Vec<usize>>,
    pub(super) alters: BTreeMap<&'a Address, Vec<usize>>,
    /// Those of the alterations that are refused, or mean something else, while dependents stand.
    pub(super) disturbs: BTreeMap<&'a Address, Vec<usize>>,
    pub(super) uses: BTreeMap<&'a Address, Vec<usize>>,
    /// What makes a table a partition, and what ends that.
    pub(super) attaches: BTreeMap<&'a Address, Vec<usize>>,
    pub(super) detaches: BTreeMap<&'a Address, Vec<usize>>,
    /// What reads a column before it goes.
    pub(super) reads: BTreeMap<&'a Address, Vec<usize>>,
    /// The first filling of a column, while applications go on as before.
    pub(super) fills: BTreeMap<&'a Address, Vec<usize>>,
    /// What fills columns, at any time.
    pub(super) fillers: BTreeSet<usize>,
    /// What builds an index.
    pub(super) builds: BTreeSet<usize>,
    pub(super) moves: Vec<(usize, &'a Move)>,
}

impl<'a> ByEffect<'a> {
    fn of(steps: &[(usize, &'a Step)], level: &Level) -> Self {
        let mut by = Self::default();
        for (at, (_, step)) in steps.iter().enumerate() {
            if let Act::Backfill(fill) = &step.does {
                by.fillers.insert(at);
                if step.phase == Phase::Migrate {
                    by.fills.entry(&fill.column).or_default().push(at);
                }
            }
            if step.fills_view()
                || step
                    .statement()
                    .is_some_and(|own| own.work == Work::IndexBuild)
            {
                by.builds.insert(at);
            }
            for effect in &step.effects {
                match effect {
                    Effect::Creates(address) => by.creates.entry(address).or_default().push(at),
                    Effect::Drops(address) => by.drops.entry(address).or_default().push(at),
                    Effect::Alters(address, attribute) if attribute == PARTITION_OF => {
                        let all = if level.desired.partitioned(address).is_some() {
                            &mut by.attaches
                        } else {
                            &mut by.detaches
                        };
                        all.entry(address).or_default().push(at);
                    }
                    Effect::Alters(address, attribute) if attribute == INHERITS => {
                        by.attaches.entry(address).or_default().push(at);
                    }
                    Effect::Alters(address, attribute) if attribute == DISINHERITS => {
                        by.detaches.entry(address).or_default().push(at);
                    }
                    // Nothing of the column changes by that.
                    Effect::Alters(_, attribute) if attribute == IN_STEP => {}
                    Effect::Alters(address, attribute) => {
                        by.alters.entry(address).or_default().push(at);
                        if attribute != ADDED_VALUES {
                            by.disturbs.entry(address).or_default().push(at);
                        }
                    }
                    Effect::Uses(address) => by.uses.entry(address).or_default().push(at),
                    Effect::Reads(address) => by.reads.entry(address).or_default().push(at),
                    Effect::Moves(step) => by.moves.push((at, step)),
                }
            }
        }
        by
    }
}

/// Moves, each with its step.
type Moving<'a> = Vec<&'a (usize, &'a Move)>;

impl Relations {
    /// Relates steps, each given with its block.
    pub(super) fn of(steps: &[(usize, &Step)], level: &Level) -> Self {
        let by = ByEffect::of(steps, level);
        let mut relations = Self {
            edges: BTreeSet::new(),
        };
        relations.coming(&by, level);
        relations.going(&by, level);
        relations.persistence(&by, level);
        relations.owners(&by);
        relations.slots(&by, level);
        relations.moves(&by, level);
        let new = by.creates.keys().copied();
        let handed_down = level.desired.handed_down();
        let new = new.filter(|own| own.kind() == Kind::Index && !by.drops.contains_key(own));
        let new = new.filter(|own| !handed_down.contains(own));
        let late = partition::same_above(new, &level.desired);
        relations.partitions(&by, level, &late);
        relations.new_partitions(&by, level, &late);
        relations.named_in_partitions(&by, level);
        relations.event_triggers(steps, &by);
        relations.casts(&by, level);
        relations.roles(steps);
        relations.publications(&by, level);
        relations.published_when_filled(steps, &by, level);
        relations.defaults_of_views(steps);
        relations
    }

    pub(super) fn before(&mut self, firsts: &[usize], seconds: &[usize]) {
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
        // Roles have an order of their own.
        let come = by.creates.iter().chain(&by.alters);
        for (x, arrivals) in come.filter(|(x, _)| !x.is_of_server()) {
            for y in needs_to_come(level, x) {
                self.before(by.creates.get(&y).unwrap_or(&none), arrivals);
                self.before(by.alters.get(&y).unwrap_or(&none), arrivals);
            }
        }
        let is_new = |x: &Address| by.creates.contains_key(x) && !by.drops.contains_key(x);
        let tables = by.creates.keys().copied();
        let tables = tables.filter(|x| x.kind() == Kind::Table && is_new(x));
        for (table, others) in new_table::needed_first(is_new, tables, level) {
            for other in others {
                self.before(by.creates.get(&other).unwrap_or(&none), &by.creates[table]);
            }
        }
        // An index is built, and a materialized view filled, of what is filled: row by row it would cost more, and refuse rows in the middle of it. One that
        // is made again commits with what disturbs it.
        for (column, fills) in &by.fills {
            let of_uses = by.uses.get(column).into_iter().flatten();
            let indexes = by.creates.iter().filter(|(x, _)| {
                let is_index = x.kind() == Kind::Index
                    && !by.drops.contains_key(*x)
                    && needs_to_come(level, x).contains(*column);
                is_index || x.kind() == Kind::MaterializedView && reads(level, x).contains(*column)
            });
            let users = of_uses.chain(indexes.flat_map(|(_, arrivals)| arrivals));
            let builds: Vec<usize> = users.filter(|at| by.builds.contains(at)).copied().collect();
            self.before(fills, &builds);
        }
        for (x, alterations) in &by.alters {
            self.before(by.creates.get(x).unwrap_or(&none), alterations);
        }
        for (x, users) in &by.uses {
            self.before(by.creates.get(x).unwrap_or(&none), users);
            // What fills a column speaks in its new type.
            let fills: Vec<usize> = users
                .iter()
                .filter(|at| by.fillers.contains(at))
                .copied()
                .collect();
            self.before(by.disturbs.get(x).unwrap_or(&none), &fills);
            // What is built of what a function makes of rows, is built of what the new one makes of them.
            if x.kind() == Kind::Function || matches!(x.kind(), Kind::Defined(_)) {
                let builds: Vec<usize> = users
                    .iter()
                    .filter(|at| by.builds.contains(at))
                    .copied()
                    .collect();
                self.before(by.alters.get(x).unwrap_or(&none), &builds);
            }
            // Of what is made again the new one is meant.
            if !by.creates.contains_key(x) {
                self.before(users, by.drops.get(x).unwrap_or(&none));
            }
        }
        for (x, departures) in &by.drops {
            self.before(departures, by.creates.get(x).unwrap_or(&none));
        }
        for (x, readers) in &by.reads {
            self.before(readers, by.drops.get(x).unwrap_or(&none));
            let leaves = |step: &Move| step.why == Why::Retired && step.to == **x;
            for (at, _) in by.moves.iter().filter(|(_, step)| leaves(step)) {
                self.before(readers, &[*at]);
            }
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
                // What goes along with its parent goes when that does.
                let whole = level.current.parent(&y).and_then(|own| by.drops.get(&own));
                self.before(departures, whole.unwrap_or(&none));
                if !stays_through_type(level, x) {
                    self.before(departures, by.disturbs.get(&y).unwrap_or(&none));
                }
                // Where two keys fit, the server takes the older one: a foreign key comes back when that is gone.
                if x.kind() == Kind::ForeignKey
                    && matches!(y.kind(), Kind::PrimaryKey | Kind::Unique | Kind::Index)
                {
                    let leaves = by.drops.get(&y).unwrap_or(&none);
                    self.before(leaves, by.creates.get(x).unwrap_or(&none));
                }
            }
        }
        // What is made again has let go when it was dropped; what is altered then is the new one.
        let stays = by.alters.iter().filter(|(x, _)| !by.drops.contains_key(*x));
        for (x, alterations) in stays {
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
                if !stays_through_type(level, part) {
                    self.before(departures, by.disturbs.get(&y).unwrap_or(&none));
                }
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

    /// Who becomes the owner keeps no grant of its own beside: what it was granted is taken while another one owns the
    /// thing, or it would be taken from the owner; what the former owner is granted comes when it no longer owns it.
    fn owners(&mut self, by: &ByEffect<'_>) {
        let owner = |grant: &Address| {
            let target = grant.target()?;
            // A column has its table's owner.
            let owned = if target.kind() == Kind::Column {
                target.table()
            } else {
                target
            };
            Some(Address::owner_of(&owned))
        };
        let changes = |grant: &Address| {
            let owner = owner(grant).filter(|_| grant.kind() == Kind::Grant)?;
            let all = [&by.creates, &by.alters, &by.drops].into_iter();
            let steps = all.filter_map(|steps| steps.get(&owner)).flatten().copied();
            Some(steps.collect::<Vec<usize>>())
        };
        for (grant, departures) in &by.drops {
            self.before(departures, &changes(grant).unwrap_or_default());
        }
        // Taken from a whole table, a privilege is taken from its columns as well.
        for (grant, arrivals) in &by.creates {
            let target = grant.target().filter(|_| grant.kind() == Kind::Grant);
            let on_column = target.filter(|own| *own != own.lists_privileges());
            let (Some(column), [.., role, privilege]) = (on_column, grant.path()) else {
                continue;
            };
            let whole = Address::privilege_on(&column.lists_privileges(), role, privilege);
            for steps in [&by.drops, &by.alters, &by.creates] {
                self.before(steps.get(&whole).map_or(&[], Vec::as_slice), arrivals);
            }
        }
        for (grant, arrivals) in &by.creates {
            self.before(&changes(grant).unwrap_or_default(), arrivals);
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
        // A column moves before or after what it is part of, and what has its name before or after; all else in whichever
        // order others need.
        let (columns, others): (Moving<'_>, Moving<'_>) = by
            .moves
            .iter()
            .partition(|(_, step)| step.to.kind() == Kind::Column);
        for pair in others.windows(2) {
            self.before(&[pair[0].0], &[pair[1].0]);
        }
        let mut of_name: BTreeMap<&Name, Vec<usize>> = BTreeMap::new();
        for (at, step) in &columns {
            for name in BTreeSet::from([step.from.name(), step.to.name()]) {
                of_name.entry(name).or_default().push(*at);
            }
        }
        for pair in of_name.values().flat_map(|own| own.windows(2)) {
            self.before(&[pair[0]], &[pair[1]]);
        }
        let mut of_parent: BTreeMap<Address, Vec<usize>> = BTreeMap::new();
        for (at, step) in &others {
            for parent in BTreeSet::from([step.from.whole(), step.to.whole()]) {
                of_parent.entry(parent).or_default().push(*at);
            }
        }
        for (at, step) in &columns {
            let parents = [&step.from, &step.to].map(|own| [own.table(), own.schema()]);
            for other in parents
                .iter()
                .flatten()
                .filter_map(|own| of_parent.get(own))
                .flatten()
            {
                self.before(&[*at.min(other)], &[*at.max(other)]);
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
                // What leaves with the partition that leaves is dropped after it, whatever its column is called by then.
                let of_whole = x.kind() != Kind::Column
                    && step.to.kind() == Kind::Column
                    && whole_loses_one(by, level, &step.to.table())
                    && lineage(level, x).contains(&step.to.table());
                let leans =
                    step.why == Why::Retired && needs_thing_at(level, x, &step.to) && !of_whole;
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
                // What types tell apart goes under their new names. A default of the table may call a function over its row
                // type, and goes with the table's own parts.
                // A foreign key of a table that stays goes first: its own rows are written meanwhile, and nobody may look into
                // the attic.
                let is_key = x.kind() == Kind::ForeignKey && x.is_at_or_below(&step.to);
                let follows = is_key || x.kind().has_arguments();
                // What a table has of one above it is its own once it has left that.
                let leaves = level.current.above(&x.table()).contains(&step.to);
                if leans && !moves_itself && !follows && !leaves {
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
            let attached = by.attaches.iter().chain(&by.detaches);
            let changed = by.creates.iter().chain(&by.alters).chain(&by.uses);
            for (x, arrivals) in changed.chain(attached) {
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
    if let Some(Object::Extension(own)) = level.desired.objects.get(address) {
        needs.extend(
            own.schema
                .iter()
                .map(|schema| Address::new(Kind::Schema, [schema.clone()])),
        );
    }
    // What is said of something that types tell apart names them.
    if let Some(target) = address.target().filter(|own| own.kind().has_arguments()) {
        needs.extend(level.desired.needs_of(&target));
    }
    if address.kind() == Kind::Identity {
        needs.insert(address.with_kind(Kind::NotNull));
    }
    if let Some(Object::PrimaryKey(key)) = level.desired.objects.get(address) {
        needs.extend(
            key.columns
                .iter()
                .map(|column| address.part(Kind::NotNull, column)),
        );
    }
    needs
}

/// Says whether a default that an identity replaces stands until that comes: the server casts it when the type of its
/// column changes, and an INSERT has a value all the while.
pub(super) fn stays_through_type(level: &Level, default: &Address) -> bool {
    let column = default.column();
    let replaced = default.kind() == Kind::Default
        && (level.desired.objects).contains_key(&default.with_kind(Kind::Identity));
    let is_integer = |side: &Model<Expression>| match side.objects.get(&column) {
        Some(Object::Column(own)) => SequenceType::from_name(own.type_name.sql()).is_some(),
        _ => false,
    };
    let tried = level.tried.get(&column).map(|tried| tried.conversion);
    let sides = [&level.current, &level.desired].map(|side| side.needs_of(&column));
    let of_domain = sides.iter().flatten().any(|own| own.kind() == Kind::Domain);
    replaced
        && !of_domain
        && (matches!(tried, Some(Conversion::Assignment | Conversion::None))
            || is_integer(&level.current) && is_integer(&level.desired))
}

/// Returns what a view reads, by itself or through other views.
pub(crate) fn reads(level: &Level, view: &Address) -> BTreeSet<Address> {
    let mut found: BTreeSet<Address> = BTreeSet::new();
    let mut waiting = vec![view.clone()];
    while let Some(own) = waiting.pop() {
        for need in level.desired.needs_of(&own) {
            if found.insert(need.clone()) && need.kind() == Kind::View {
                waiting.push(need);
            }
        }
    }
    found
}

/// Returns an address and everything it is a part of.
pub(super) fn lineage(level: &Level, address: &Address) -> Vec<Address> {
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

/// Says whether a partition of a table is detached.
fn whole_loses_one(by: &ByEffect<'_>, level: &Level, table: &Address) -> bool {
    by.detaches
        .keys()
        .any(|own| level.current.above(own).contains(table))
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
fn slots_below(model: &Model<Expression>, root: &Address) -> BTreeSet<Slot> {
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
