//! What a plan means for subscribers, and for whoever writes to what becomes published.
//! <https://www.postgresql.org/docs/current/logical-replication-publication.html>

use std::collections::BTreeSet;

use super::rewrite::Context;
use super::step::Effect;
use crate::model::{
    Address, Clause, Defined, Expression, Kind, Model, Name, Object, ReplicaIdentity, Said, Why,
};

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

/// Returns the publications that tell of a table, each with the columns where it names some.
fn told_of(table: &Address, model: &Model<Expression>) -> Vec<(Name, Vec<Name>)> {
    let mut found = Vec::new();
    for (address, object) in &model.objects {
        if let Object::PublishedTable(own) = object
            && address.table() == *table
        {
            found.push((address.name().clone(), own.columns.clone()));
        } else if let Object::PublishedSchema(_) = object
            && address.schema_name() == table.schema_name()
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
        found.retain(|(own, _)| own == table);
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
    let tells = |word: &str| match definition.says(Clause::Publish) {
        Some(Said::Texts(texts)) => texts.iter().any(|own| own == word),
        _ => true,
    };
    let told: Vec<&str> = ["update", "delete"]
        .into_iter()
        .filter(|own| tells(own))
        .collect();
    if told.is_empty() {
        return Vec::new();
    }
    let tables: BTreeSet<Address> = if own.kind() == Kind::PublishedTable {
        BTreeSet::from([own.table()])
    } else if own.kind() == Kind::PublishedSchema {
        let all = after
            .objects
            .keys()
            .filter(|table| table.kind() == Kind::Table);
        all.filter(|table| table.is_in_schema(own.schema_name()))
            .cloned()
            .collect()
    } else if definition.says(Clause::AllTables).is_some() {
        let all = after
            .objects
            .keys()
            .filter(|table| table.kind() == Kind::Table);
        all.cloned().collect()
    } else {
        BTreeSet::new()
    };
    let fail = match told.as_slice() {
        [one] => [&one.to_uppercase(), " fails"].concat(),
        _ => "UPDATE and DELETE fail".to_owned(),
    };
    tables
        .into_iter()
        .filter(|table| !is_identified(table, after))
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
    let has_key = after
        .objects
        .contains_key(&table.with_kind(Kind::PrimaryKey));
    own.partition_by.is_some()
        || own.foreign.is_some()
        || own.partition_of.is_some()
        || match after.objects.get(&table.with_kind(Kind::ReplicaIdentity)) {
            Some(Object::ReplicaIdentity(ReplicaIdentity::Nothing)) => false,
            Some(_) => true,
            None => has_key,
        }
}
