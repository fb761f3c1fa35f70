//! Files made level with a database: only what differs is written, comments and layout stay.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_yaml::{Mapping, Value};

use super::edit::{Edits, Pair, entries};
use super::fault::Ledger;
use super::node;
use super::write::{self, Page, entry, long, text};
use super::write_default_privilege;
use super::write_privilege::Access;
use crate::model::{Address, Declared, EVERYBODY, Expression, Grants, Model, Name, Place};

/// What has to be written.
#[derive(Clone, Debug, Default)]
pub struct Merged {
    /// Files that are there, each with its new text.
    pub changed: Vec<(String, String)>,
    /// What the files did not have.
    pub created: Vec<write::File>,
    /// What differs and stands behind an alias, which stands for more than one thing: a person has to change it.
    pub by_hand: Vec<Place>,
}

/// Where a top-level object stands in a file.
struct Found {
    file: usize,
    /// The section with its entries.
    section: Pair,
    /// Which of the entries it is.
    at: usize,
    /// The schema that unqualified names belong to there.
    schema: Name,
}

/// Makes files level. `then` is what they declare and `now` what the database holds, both as one server prints them.
pub fn merge(
    files: &[(String, String)],
    declared: &Declared,
    then: &Model<Expression>,
    now: &Model<Expression>,
    taken: BTreeSet<String>,
    access: Access,
) -> Merged {
    let found = found(files);
    let listed: BTreeSet<Address> = declared.listed.keys().cloned().collect();
    // What the files list is compared; the rest is left alone, whoever was granted what.
    let unlisted = Access {
        grants: Grants::Ignored,
        ..access.clone()
    };
    let page_then = Page::of(then, unlisted.clone(), listed.clone());
    let page_now = match access.grants {
        Grants::Every => Page::of(now, access.clone(), listed),
        Grants::Listed | Grants::Ignored => Page::of(now, unlisted, listed),
    };
    let characters: Vec<Vec<char>> = files
        .iter()
        .map(|(_, text)| text.chars().collect())
        .collect();
    let mut edits: Vec<Edits<'_>> = characters.iter().map(|own| Edits::of(own)).collect();
    let mut merged = Merged::default();
    let mut goes: BTreeMap<(usize, Place), (Pair, BTreeSet<usize>)> = BTreeMap::new();
    let units = |model: &Model<Expression>| -> BTreeSet<Address> {
        let all = model.objects.keys();
        all.filter(|own| own.kind().is_top_level())
            .cloned()
            .collect()
    };
    let mut all = units(then);
    all.extend(write_default_privilege::entries(&page_then));
    for unit in all {
        let Some(place) = declared.origins.0.get(&unit) else {
            continue;
        };
        let Some(own) = found.get(place) else {
            continue;
        };
        let Some(all) = entries(&own.section.1) else {
            continue;
        };
        let Some((section, _, was)) = entry(&page_then, &unit) else {
            continue;
        };
        match entry(&page_now, &unit) {
            Some((_, _, is)) => {
                let mut merging = Merging {
                    edits: &mut edits[own.file],
                    by_hand: &mut merged.by_hand,
                    schema: (section == "publications").then_some(&own.schema),
                };
                merging.value(&all[own.at], section, false, &was, &is);
            }
            None => {
                let key = (own.file, own.section.0.place.clone());
                let group = goes.entry(key);
                let group = group.or_insert_with(|| (own.section.clone(), BTreeSet::new()));
                group.1.insert(own.at);
            }
        }
    }
    for ((file, _), (section, gone)) in goes {
        let Some(all) = entries(&section.1) else {
            continue;
        };
        if gone.len() == all.len() {
            edits[file].replace(&section, &Value::Mapping(Mapping::new()));
        } else {
            for at in gone {
                edits[file].remove(all, at);
            }
        }
    }
    for ((name, before), own) in files.iter().zip(edits) {
        let after = own.apply();
        if after != *before {
            merged.changed.push((name.clone(), after));
        }
    }
    let stood = units(then);
    let mut new = now.clone();
    let by_default = write_default_privilege::entries(&page_then);
    new.retain(|address| {
        let wherever = address.default_schema().is_none();
        let maker = address
            .default_role()
            .filter(|_| wherever)
            .map(write_default_privilege::entry_of);
        !stood.contains(&now.unit_of(address))
            && !maker.is_some_and(|own| by_default.contains(&own))
    });
    merged.created = write::write(&new, taken, access);
    merged
}

/// Finds every entry of every section of every document, by the place of its key.
fn found(files: &[(String, String)]) -> BTreeMap<Place, Found> {
    let mut found = BTreeMap::new();
    for (file, (name, text)) in files.iter().enumerate() {
        let mut ledger = Ledger::default();
        for root in node::documents(&Arc::from(name.as_str()), text, &mut ledger) {
            let head = entries(&root)
                .into_iter()
                .flatten()
                .find_map(|(key, value)| {
                    let is_schema = key.scalar().is_some_and(|(text, _)| &**text == "schema");
                    value.scalar().filter(|_| is_schema)
                });
            let schema = head.map_or_else(|| Name::new("public"), |(text, _)| Name::new(&**text));
            for section in entries(&root).into_iter().flatten() {
                for (at, (key, _)) in entries(&section.1).into_iter().flatten().enumerate() {
                    let place = key.place.clone();
                    let section = section.clone();
                    let schema = schema.clone();
                    let own = Found {
                        file,
                        section,
                        at,
                        schema,
                    };
                    found.insert(place, own);
                }
            }
        }
    }
    found
}

struct Merging<'e, 'c> {
    edits: &'e mut Edits<'c>,
    by_hand: &'e mut Vec<Place>,
    /// Where keys are references to tables: the schema of those without one.
    schema: Option<&'e Name>,
}

impl Merging<'_, '_> {
    /// Makes the value of a key level. `context` is the section that holds the entry, or the key itself; `names` says
    /// that the keys below name objects.
    fn value(&mut self, pair: &Pair, context: &str, names: bool, was: &Value, is: &Value) {
        if was == is {
            return;
        }
        let (key, node) = pair;
        // What an alias stands for is written elsewhere.
        if node.range.start < key.range.start || node.place.file != key.place.file {
            self.by_hand.push(key.place.clone());
            return;
        }
        let Some(all) = entries(node) else {
            self.edits.replace(pair, is);
            return;
        };
        match (long(context, was), long(context, is)) {
            (Value::Mapping(was), Value::Mapping(is)) => {
                self.map(pair, all, (context, names), &was, &is);
            }
            _ => self.edits.replace(pair, is),
        }
    }

    fn map(
        &mut self,
        pair: &Pair,
        all: &[Pair],
        (context, names): (&str, bool),
        was: &Mapping,
        is: &Mapping,
    ) {
        let references = self.schema.filter(|_| context == "tables");
        let place = |word: &str| {
            all.iter().position(|(key, _)| {
                let everybody =
                    |text: &str| context == "grants" && word == "public" && text == EVERYBODY;
                let refers =
                    |text: &str| references.is_some_and(|own| refers_alike(own, text, word));
                key.scalar()
                    .is_some_and(|(text, _)| &**text == word || everybody(text) || refers(text))
            })
        };
        let is_relation = matches!(context, "tables" | "views" | "materialized_views") && !names;
        let mut gone: BTreeSet<usize> = BTreeSet::new();
        let mut new: Vec<(&str, &Value)> = Vec::new();
        // What is not found was said in a way of its own: `primary_key` says NOT NULL, for one.
        let leaves = was.keys().filter(|key| !is.contains_key(*key));
        gone.extend(leaves.filter_map(|key| place(key.as_str()?)));
        for (key, value) in is {
            let Value::String(word) = key else { continue };
            if was.get(key) == Some(value) {
                continue;
            }
            match place(word) {
                Some(at) => {
                    let former = was.get(key).cloned().unwrap_or(Value::Null);
                    // The entries of a section are told by the section, other keys by themselves.
                    let inner = if names { context } else { word.as_str() };
                    let names = is_relation && is_section(word);
                    self.value(&all[at], inner, names, &former, value);
                }
                None => new.push((word, value)),
            }
        }
        if gone.len() == all.len() {
            let rest = new
                .iter()
                .map(|(word, value)| (text(word), (*value).clone()));
            self.edits.replace(pair, &Value::Mapping(rest.collect()));
            return;
        }
        if all.is_empty() {
            let rest = new
                .iter()
                .map(|(word, value)| (text(word), (*value).clone()));
            if !new.is_empty() {
                self.edits.replace(pair, &Value::Mapping(rest.collect()));
            }
            return;
        }
        for at in gone {
            self.edits.remove(all, at);
        }
        for (word, value) in new {
            self.edits.insert(&pair.1, all, word, value);
        }
    }
}

/// Says whether two references name the same table where names without a schema belong to this one.
fn refers_alike(schema: &Name, one: &str, other: &str) -> bool {
    let whole = |text: &str| {
        let path = Name::split_reference(text)?;
        Some(match path.as_slice() {
            [name] => vec![schema.clone(), name.clone()],
            _ => path,
        })
    };
    let (one, other) = (whole(one), whole(other));
    one.is_some() && one == other
}

/// Says whether the keys of this map name objects.
fn is_section(word: &str) -> bool {
    matches!(
        word,
        "columns" | "partitions" | "unique" | "checks" | "foreign_keys" | "indexes" | "triggers"
    )
}
