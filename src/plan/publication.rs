//! What a plan means for subscribers, and for whoever writes to what becomes published.
//! <https://www.postgresql.org/docs/current/logical-replication-publication.html>

use std::collections::BTreeSet;

use super::graph::Placed;
use super::refusal::PlanError;
use super::relations::{ByEffect, Relations};
use super::rewrite::Context;
use super::step::{Act, Backfill, Effect, Step};
use crate::model::{
    Address, Clause, Defined, Definition, Expression, Kind, Level, Model, Name, Object,
    Persistence, ReplicaIdentity, Said, Why,
};

impl Relations {
    /// A publication has no schemas beside a table of which it names columns: what it lets go of goes first.
    pub(super) fn publications(&mut self, by: &ByEffect<'_>, level: &Level) {
        let names_columns = |side: &Model<Expression>, own: &Address| matches!(side.objects.get(own), Some(Object::PublishedTable(own)) if !own.columns.is_empty());
        let is_schema = |own: &Address| own.kind() == Kind::PublishedSchema;
        for (x, departures) in &by.drops {
            for (y, arrivals) in by.creates.iter().filter(|(y, _)| y.name() == x.name()) {
                let is_at_odds = names_columns(&level.current, x) && is_schema(y)
                    || is_schema(x) && names_columns(&level.desired, y);
                if is_at_odds {
                    self.before(departures, arrivals);
                }
            }
        }
    }

    /// The server refuses to update a table that a publication tells of and whose rows nothing identifies: it is filled before it
    /// is published, or after it no longer is, and while it has its replica identity.
    pub(super) fn published_when_filled(
        &mut self,
        steps: &[(usize, &Step)],
        by: &ByEffect<'_>,
        level: &Level,
    ) {
        let none = Vec::new();
        for (at, fill) in fills(steps.iter().map(|(_, step)| *step)) {
            let tells = |side: &Model<Expression>, own: &Address| {
                publishes(own, side).contains(&fill.table)
            };
            for (x, arrivals) in &by.creates {
                if !by.drops.contains_key(x) && tells(&level.desired, x) {
                    self.before(&[at], arrivals);
                }
            }
            for (x, departures) in &by.drops {
                // What it names goes along with a publication.
                let told = told_of(&fill.table, &level.current);
                let is_whole = x.kind() == Kind::Defined(Defined::Publication);
                let with_it = is_whole && told.iter().any(|(name, _)| name == x.name());
                if !by.creates.contains_key(x) && (with_it || tells(&level.current, x)) {
                    self.before(departures, &[at]);
                }
            }
            let publication = Kind::Defined(Defined::Publication);
            for (x, alterations) in by.alters.iter().filter(|(x, _)| x.kind() == publication) {
                let updates = |side: &Model<Expression>| {
                    let all = told_of(&fill.table, side);
                    all.iter().any(|(name, _)| name == x.name())
                        && definition(x, side).is_some_and(|own| tells_of(own, "update"))
                };
                match (updates(&level.current), updates(&level.desired)) {
                    (false, true) => self.before(&[at], alterations),
                    (true, false) => self.before(alterations, &[at]),
                    (true, true) | (false, false) => {}
                }
            }
            let identity = [Kind::PrimaryKey, Kind::ReplicaIdentity];
            for own in identity.map(|kind| fill.table.with_kind(kind)) {
                let is_there =
                    [&level.current, &level.desired].map(|side| is_identified(&fill.table, side));
                let [creates, alters, drops] = [&by.creates, &by.alters, &by.drops]
                    .map(|steps| steps.get(&own).unwrap_or(&none));
                match is_there {
                    [true, false] => {
                        self.before(&[at], alters);
                        self.before(&[at], drops);
                        self.before(&[at], creates);
                    }
                    [false, true] if !identifies(fill, &level.desired) => {
                        self.before(alters, &[at]);
                        self.before(drops, &[at]);
                        self.before(creates, &[at]);
                    }
                    [true, true] | [false, _] => {}
                }
            }
        }
    }
}

/// Returns what fills columns, each with the place of its step.
fn fills<'a>(steps: impl Iterator<Item = &'a Step>) -> impl Iterator<Item = (usize, &'a Backfill)> {
    steps.enumerate().filter_map(|(at, step)| match &step.does {
        Act::Backfill(fill) => Some((at, fill)),
        Act::Statement(_) | Act::Complete(_) | Act::Ledger(_) => None,
    })
}

/// Says whether a column is a part of what will tell the rows of its table apart.
fn identifies(fill: &Backfill, side: &Model<Expression>) -> bool {
    let identity = fill.table.with_kind(Kind::ReplicaIdentity);
    let key = fill.table.with_kind(Kind::PrimaryKey);
    let indexes = side.needs_of(&identity).into_iter().chain([key]);
    indexes
        .flat_map(|own| side.needs_of(&own))
        .any(|own| own == fill.column)
}

/// Says whether rows of a table may be updated: those who subscribe to that have something to know them by.
pub(super) fn may_update(table: &Address, cx: &Context<'_>) -> bool {
    let sides = [&cx.level.current, &cx.level.desired];
    sides.into_iter().all(|side| {
        let is_told = |(name, _): &(Name, _)| {
            let own = Address::new(Kind::Defined(Defined::Publication), [name.clone()]);
            definition(&own, side).is_some_and(|own| tells_of(own, "update"))
        };
        is_identified(table, side) || !told_of(table, side).iter().any(is_told)
    })
}

/// Refuses to fill a table that nothing lets us update, before as after.
pub(super) fn filled_without_identity(
    blocks: &[Placed],
    cx: &Context<'_>,
) -> Result<(), PlanError> {
    let (before, after) = (&cx.level.current, &cx.level.desired);
    let steps = blocks.iter().flat_map(|(block, _)| block.steps());
    for (_, fill) in fills(steps) {
        let is_later = is_identified(&fill.table, after) && !identifies(fill, after);
        if is_later || is_identified(&fill.table, before) {
            continue;
        }
        let stays = told_of(&fill.table, after);
        for (name, _) in told_of(&fill.table, before) {
            let publication = Address::new(Kind::Defined(Defined::Publication), [name.clone()]);
            let updates =
                |side| definition(&publication, side).is_some_and(|own| tells_of(own, "update"));
            let is_told = stays.iter().any(|(own, _)| *own == name);
            if is_told && updates(before) && updates(after) {
                return Err(PlanError::Unidentified {
                    column: fill.column.clone(),
                    table: fill.table.clone(),
                    publication,
                });
            }
        }
    }
    Ok(())
}

fn definition<'a>(publication: &Address, side: &'a Model<Expression>) -> Option<&'a Definition> {
    match side.objects.get(publication) {
        Some(Object::Defined(own)) => Some(own),
        _ => None,
    }
}

/// Says whether a publication tells of an operation: of all, where it names none.
fn tells_of(publication: &Definition, word: &str) -> bool {
    match publication.says(Clause::Publish) {
        Some(Said::Texts(texts)) => texts.iter().any(|own| own == word),
        _ => true,
    }
}

/// Says what fails, or is missed, after a step: the object, and why.
pub(super) fn told(effect: &Effect, cx: &Context<'_>) -> Vec<(Address, String)> {
    let publication = Kind::Defined(Defined::Publication);
    let (before, after) = (&cx.level.current, &cx.level.desired);
    match effect {
        Effect::Creates(own) | Effect::Drops(own) | Effect::Alters(own, _)
            if matches!(own.kind(), Kind::PrimaryKey | Kind::ReplicaIdentity) =>
        {
            loses_identity(&own.table(), before, after)
        }
        Effect::Drops(own) if after.objects.contains_key(own) => Vec::new(),
        Effect::Drops(own) if own.kind() == publication => {
            let because = format!("subscriptions to {} fail", own.name());
            vec![(own.clone(), because)]
        }
        // What goes with its publication, or because its table does, is told of those.
        Effect::Drops(own) => {
            let stays = after.objects.contains_key(&publication_of(own));
            let because = |what: String| {
                let because = format!(
                    "subscriptions to {} hear nothing of {what} any more",
                    own.name()
                );
                vec![(own.clone(), because)]
            };
            if own.kind() == Kind::PublishedTable && stays {
                because(own.table().to_string())
            } else if own.kind() == Kind::PublishedSchema && stays {
                because(format!("what lies in {}", own.schema()))
            } else {
                Vec::new()
            }
        }
        Effect::Creates(own) if before.objects.contains_key(own) => Vec::new(),
        // Subscribers find tables and columns by their names.
        Effect::Creates(own) if own.kind() == Kind::Column => {
            let told = told_of(&own.table(), before);
            let because = |publication: &Name| {
                format!("subscriptions to {publication} fail until their table has {own}")
            };
            let found = told.iter().filter(|(_, columns)| columns.is_empty());
            found
                .map(|(name, _)| (own.clone(), because(name)))
                .collect()
        }
        Effect::Creates(own) if is_part(own) || own.kind() == publication => {
            unidentified(own, after)
        }
        Effect::Creates(_) => Vec::new(),
        Effect::Alters(own, attribute) if attribute == Clause::Publish.word() => {
            let named = after
                .objects
                .keys()
                .filter(|part| is_part(part) && publication_of(part) == *own);
            let all = named.chain([own]);
            all.flat_map(|own| unidentified(own, after)).collect()
        }
        Effect::Moves(step) if matches!(step.why, Why::Renamed | Why::Retired) => {
            let own = &step.from;
            let is_column = own.kind() == Kind::Column;
            let is_renamed = own.kind() == Kind::Table && step.why == Why::Renamed;
            // What a plan moves it finds under the name that it has by then.
            let table = cx.level.moves.carry_back(&own.table());
            let name = cx.level.moves.carry_back(own);
            let told = told_of(&table, &cx.level.before)
                .into_iter()
                .filter(|(_, columns)| {
                    is_renamed || is_column && (columns.is_empty() || columns.contains(name.name()))
                });
            let because = |publication: &Name| {
                format!("subscriptions to {publication} fail: they know {name} by this name alone")
            };
            told.map(|(publication, _)| (name.clone(), because(&publication)))
                .collect()
        }
        Effect::Moves(_) | Effect::Alters(..) | Effect::Uses(_) | Effect::Reads(_) => Vec::new(),
    }
}

/// Returns a table and those that it is a partition of.
fn wholes(table: &Address, model: &Model<Expression>) -> Vec<Address> {
    let above = model.partitioned(table).map(|_| model.above(table));
    let above = above.into_iter().flatten();
    [table.clone()].into_iter().chain(above).collect()
}

/// Returns the publications that tell of a table, each with the columns where it names some.
fn told_of(table: &Address, model: &Model<Expression>) -> Vec<(Name, Vec<Name>)> {
    let mut found = Vec::new();
    // What is told of a partitioned table is told of its partitions.
    let all = wholes(table, model);
    for (address, object) in &model.objects {
        if let Object::PublishedTable(own) = object
            && all.contains(&address.table())
        {
            found.push((address.name().clone(), own.columns.clone()));
        } else if let Object::PublishedSchema(_) = object
            && all
                .iter()
                .any(|own| own.is_in_schema(address.schema_name()))
        {
            found.push((address.name().clone(), Vec::new()));
        } else if let Object::Defined(own) = object
            && own.says(Clause::AllTables).is_some()
        {
            found.push((address.name().clone(), Vec::new()));
        }
    }
    if !model.objects.contains_key(table) {
        found.clear();
    }
    found
}

/// Finds what tells of updates to a table whose rows are told apart before and not after.
fn loses_identity(
    table: &Address,
    before: &Model<Expression>,
    after: &Model<Expression>,
) -> Vec<(Address, String)> {
    if !before.objects.contains_key(table) || !is_identified(table, before) {
        return Vec::new();
    }
    let told = told_of(table, after).into_iter();
    told.flat_map(|(publication, _)| {
        let kind = Kind::Defined(Defined::Publication);
        let mut found = unidentified(&Address::new(kind, [publication.clone()]), after);
        let part = table.part(Kind::PublishedTable, &publication);
        found.extend(unidentified(&part, after));
        found.retain(|(own, _)| wholes(own, after).contains(table));
        found
    })
    .collect()
}

fn is_part(own: &Address) -> bool {
    matches!(own.kind(), Kind::PublishedTable | Kind::PublishedSchema)
}

fn publication_of(part: &Address) -> Address {
    Address::new(Kind::Defined(Defined::Publication), [part.name().clone()])
}

/// Finds the tables that become published and whose rows nothing identifies: the server refuses to update and to delete those.
fn unidentified(own: &Address, after: &Model<Expression>) -> Vec<(Address, String)> {
    let is_publication = own.kind() == Kind::Defined(Defined::Publication);
    let publication = if is_publication {
        own.clone()
    } else {
        publication_of(own)
    };
    let Some(Object::Defined(definition)) = after.objects.get(&publication) else {
        return Vec::new();
    };
    let told: Vec<&str> = ["update", "delete"]
        .into_iter()
        .filter(|own| tells_of(definition, own))
        .collect();
    if told.is_empty() {
        return Vec::new();
    }
    let fail = match told.as_slice() {
        [one] => [&one.to_uppercase(), " fails"].concat(),
        _ => "UPDATE and DELETE fail".to_owned(),
    };
    publishes(own, after)
        .into_iter()
        .filter(|table| !after.is_partitioned(table) && !is_identified(table, after))
        .map(|table| {
            let because =
                format!("{fail}: {table} has no replica identity, and {publication} tells of that");
            (table, because)
        })
        .collect()
}

/// Says whether something tells the rows of a table apart.
fn is_identified(table: &Address, after: &Model<Expression>) -> bool {
    let Some(Object::Table(own)) = after.objects.get(table) else {
        return true;
    };
    // The rows of a partitioned table are those of its partitions, which have its key and not its replica identity.
    if own.partition_by.is_some() {
        let below = after.partitions_of(table);
        return below.iter().all(|own| is_identified(own, after));
    }
    let above = own.partition_of.iter().flat_map(|_| after.above(table));
    let mut keyed = [table.clone()].into_iter().chain(above);
    let has_key = keyed.any(|own| {
        let key = own.with_kind(Kind::PrimaryKey);
        after.objects.contains_key(&key)
    });
    // What is unlogged is not replicated.
    own.persistence == Persistence::Unlogged
        || own.foreign.is_some()
        || match after.objects.get(&table.with_kind(Kind::ReplicaIdentity)) {
            Some(Object::ReplicaIdentity(ReplicaIdentity::Nothing)) => false,
            Some(_) => true,
            None => has_key,
        }
}

/// Returns the tables that a publication, or a part of one, tells of by itself.
fn publishes(own: &Address, side: &Model<Expression>) -> BTreeSet<Address> {
    let with_partitions = |tables: BTreeSet<Address>| {
        let below = tables.iter().flat_map(|own| side.partitions_of(own));
        let below: Vec<Address> = below.collect();
        tables.into_iter().chain(below).collect()
    };
    if own.kind() == Kind::PublishedTable {
        with_partitions(BTreeSet::from([own.table()]))
    } else if own.kind() == Kind::PublishedSchema {
        let all = side
            .objects
            .keys()
            .filter(|table| table.kind() == Kind::Table);
        let all = all.filter(|table| table.is_in_schema(own.schema_name()));
        with_partitions(all.cloned().collect())
    } else if definition(own, side).is_some_and(|own| own.says(Clause::AllTables).is_some()) {
        let all = side
            .objects
            .keys()
            .filter(|table| table.kind() == Kind::Table);
        all.cloned().collect()
    } else {
        BTreeSet::new()
    }
}
