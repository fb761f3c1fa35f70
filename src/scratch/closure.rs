//! What has to be built: what changes or moves, all that needs it, and what that leans on, at the finest grain.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Address, Body, Defined, Intent, Kind, Model, Moves, Object, Text, Written};

/// Both sides under the names after the moves, with what is asked of them again and again.
pub(super) struct Ground<'a> {
    both: &'a Model<Written>,
    /// Column → the texts that fill or convert it, there and back.
    fills: BTreeMap<Address, Vec<Written>>,
    /// Unit → its parts.
    pub(super) units: BTreeMap<Address, BTreeSet<Address>>,
    needed_by: BTreeMap<Address, BTreeSet<Address>>,
    /// Name in lower case → the units of that name.
    words: BTreeMap<String, Vec<Address>>,
    /// Units whose names are no words: they are looked for as they stand.
    odd: Vec<Address>,
}

/// What is built on scratch.
#[derive(Clone, Debug, Default)]
pub(super) struct Closure {
    /// Units whose settled prints replace what was read.
    pub(super) full: BTreeSet<Address>,
    /// Objects that only have to be there: columns and keys of tables that others lean on.
    pub(super) stubs: BTreeSet<Address>,
}

impl<'a> Ground<'a> {
    pub(super) fn of(both: &'a Model<Written>, intents: [&Intent; 2], moves: &Moves) -> Self {
        let mut fills: BTreeMap<Address, Vec<Written>> = BTreeMap::new();
        for intent in intents {
            let texts = [&intent.backfill, &intent.using, &intent.using_back];
            for (column, text) in texts.into_iter().flatten() {
                for name in [column.clone(), moves.carry(column)] {
                    fills.entry(name).or_default().push(text.clone());
                }
            }
        }
        let units = both.units();
        let mut words: BTreeMap<String, Vec<Address>> = BTreeMap::new();
        let mut odd = Vec::new();
        for unit in units.keys().filter(|unit| unit.kind() != Kind::Schema) {
            let name = unit.name().as_str();
            if name.chars().all(is_word) {
                words
                    .entry(name.to_lowercase())
                    .or_default()
                    .push(unit.clone());
            } else {
                odd.push(unit.clone());
            }
        }
        Self {
            both,
            fills,
            needed_by: both.needed_by(),
            units,
            words,
            odd,
        }
    }

    /// Returns the units whose names occur in a text, folded too: more than enough, never too little.
    fn mentioned(&self, text: &str) -> Vec<Address> {
        let lower = text.to_lowercase();
        let mut found: Vec<Address> = lower
            .split(|c| !is_word(c))
            .filter_map(|word| self.words.get(word))
            .flatten()
            .cloned()
            .collect();
        let undoubled = lower.replace("\"\"", "\"");
        found.extend(
            self.odd
                .iter()
                .filter(|unit| undoubled.contains(&unit.name().as_str().to_lowercase()))
                .cloned(),
        );
        found
    }

    /// Returns what a unit's parts lean on: known dependencies, and whatever their texts mention, those that fill or
    /// convert columns among them.
    fn leaned_on(&self, unit: &Address) -> Vec<Address> {
        let members = self.units.get(unit).into_iter().flatten();
        let mut needs = Vec::new();
        for member in members {
            let own = self.both.needs_of(member);
            needs.extend(own.iter().map(|need| self.both.unit_of(need)));
            // What a publication names is known by the name alone.
            if member.kind() == Kind::PublishedTable {
                needs.push(member.table());
            } else if member.kind() == Kind::PublishedSchema {
                needs.push(member.schema());
            }
            let texts = self.both.objects.get(member).map(Object::texts);
            let fills = self.fills.get(member).into_iter().flatten().cloned();
            for text in texts.into_iter().flatten().chain(fills) {
                needs.extend(self.mentioned(text.sql()));
            }
            // Rehearsal may call it.
            for body in bodies(self.both.objects.get(member)) {
                needs.extend(self.mentioned(body));
            }
            if let Some(Object::Defined(own)) = self.both.objects.get(member) {
                for name in own.paths().filter_map(|own| own.last()) {
                    needs.extend(self.mentioned(name.as_str()));
                }
                for text in own.texts() {
                    needs.extend(self.mentioned(text));
                }
            }
            if let Some(Object::Aggregate(own)) = self.both.objects.get(member) {
                for name in own.functions().filter_map(|own| own.last()) {
                    needs.extend(self.mentioned(name.as_str()));
                }
            }
        }
        needs
    }
}

/// Returns the body of a routine that its language reads when it is called: nobody else says what that speaks of. What a
/// trigger calls is left out: it would do to the seeds of other tables what it does to rows.
fn bodies<T: Text>(object: Option<&Object<T>>) -> impl Iterator<Item = &str> {
    let body = match object {
        Some(Object::Function(own)) => {
            let returns = own.returns.as_ref().map(Text::sql);
            (returns != Some("trigger")).then_some(&own.body)
        }
        Some(Object::Procedure(own)) => Some(&own.body),
        _ => None,
    };
    body.into_iter().filter_map(|body| match body {
        Body::String(text) => Some(text.as_str()),
        Body::Sql(_) | Body::Object(..) => None,
    })
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_' || character == '$'
}

impl Closure {
    /// Finds what has to be built around the seeds.
    pub(super) fn around(seeds: BTreeSet<Address>, ground: &Ground<'_>) -> Self {
        let members = |unit: &Address| ground.units.get(unit).into_iter().flatten().cloned();
        let mut queue: Vec<Address> = seeds.iter().flat_map(members).collect();
        let mut full = seeds;
        let mut seen: BTreeSet<Address> = BTreeSet::new();
        while let Some(object) = queue.pop() {
            // What a schema holds is no dependent that has to be printed again.
            if object.kind() == Kind::Schema || !seen.insert(object.clone()) {
                continue;
            }
            for dependent in ground.needed_by.get(&object).into_iter().flatten() {
                let unit = ground.both.unit_of(dependent);
                // From here on only what needs the dependent itself: foreign keys chain the tables of a whole schema.
                if unit == *dependent {
                    queue.extend(members(&unit));
                }
                queue.push(dependent.clone());
                full.insert(unit);
            }
        }
        Self::leaning(full, ground)
    }

    /// Finds what is built when one unit is printed by itself.
    pub(super) fn below(unit: &Address, ground: &Ground<'_>) -> Self {
        Self::leaning(BTreeSet::from([unit.clone()]), ground)
    }

    fn leaning(mut full: BTreeSet<Address>, ground: &Ground<'_>) -> Self {
        // What a partition has from its table is told from what it has of its own by that.
        let mut queue: Vec<Address> = full.iter().cloned().collect();
        while let Some(unit) = queue.pop() {
            let needs = ground.both.needs.get(&unit).into_iter().flatten();
            let tables =
                needs.filter(|own| own.kind() == Kind::Table && unit.kind() == Kind::Table);
            let new: Vec<Address> = tables.filter(|own| !full.contains(*own)).cloned().collect();
            full.extend(new.clone());
            queue.extend(new);
        }
        let mut closure = Self {
            full,
            stubs: BTreeSet::new(),
        };
        // Whether a bound is free is a matter of the partitions beside it.
        let beside: Vec<Address> = ground
            .both
            .objects
            .keys()
            .filter(|own| own.kind() == Kind::Table)
            .filter(|own| {
                let of = ground.both.partitioned(own);
                of.is_some_and(|of| closure.full.contains(&of) && !closure.full.contains(*own))
            })
            .cloned()
            .collect();
        closure.stubs.extend(beside);
        let needs = closure
            .full
            .iter()
            .flat_map(|unit| ground.leaned_on(unit))
            .collect();
        closure.lean_on(needs, ground);
        // No text names a cast, and what speaks by one has no dependency on it.
        loop {
            let casts = closure.casts(ground);
            if casts.is_empty() {
                break;
            }
            closure.lean_on(casts, ground);
        }
        let schemas: BTreeSet<Address> = closure
            .full
            .iter()
            .chain(&closure.stubs)
            .filter(|address| !address.kind().is_global())
            .map(Address::schema)
            .collect();
        closure.stubs.extend(schemas);
        closure
    }

    /// Returns the casts that are not built yet, from or to something that is.
    fn casts(&self, ground: &Ground<'_>) -> Vec<Address> {
        let is_built = |own: &Address| self.full.contains(own) || self.stubs.contains(own);
        let units = ground.units.keys();
        let casts = units.filter(|own| own.kind() == Kind::Defined(Defined::Cast));
        let casts = casts.filter(|own| !is_built(own));
        let around = casts.filter(|own| {
            let needs = ground.both.needs_of(own);
            let types = needs.iter().filter(|own| own.kind() != Kind::Function);
            types.clone().count() == 0
                || types
                    .map(|own| ground.both.unit_of(own))
                    .any(|own| is_built(&own))
        });
        around.cloned().collect()
    }

    /// Adds what is only leaned on: tables with types and keys, views whole, and what those lean on in turn.
    fn lean_on(&mut self, mut queue: Vec<Address>, ground: &Ground<'_>) {
        let mut seen: BTreeSet<Address> = BTreeSet::new();
        while let Some(unit) = queue.pop() {
            if self.full.contains(&unit) || !seen.insert(unit.clone()) {
                continue;
            }
            for member in ground.units.get(&unit).into_iter().flatten() {
                let object = ground.both.objects.get(member);
                let needed = match member.kind() {
                    Kind::Schema
                    | Kind::Extension
                    | Kind::Enum
                    | Kind::Domain
                    | Kind::Composite
                    | Kind::Range
                    | Kind::Collation
                    | Kind::DomainCheck
                    | Kind::Sequence
                    | Kind::Function
                    | Kind::Procedure
                    | Kind::Aggregate
                    | Kind::Defined(_)
                    | Kind::Table
                    | Kind::Column
                    | Kind::NotNull
                    | Kind::PrimaryKey
                    | Kind::Unique
                    | Kind::View
                    | Kind::MaterializedView => true,
                    Kind::OwnedBy
                    | Kind::Exclusion
                    | Kind::Default
                    | Kind::Identity
                    | Kind::Check
                    | Kind::ForeignKey
                    | Kind::Parameters
                    | Kind::ColumnSettings
                    | Kind::ReplicaIdentity
                    | Kind::ClusteredOn
                    | Kind::RowSecurity
                    | Kind::Policy
                    | Kind::Trigger
                    | Kind::Rule
                    | Kind::PublishedTable
                    | Kind::PublishedSchema
                    | Kind::Owner
                    | Kind::Grant
                    | Kind::Comment
                    | Kind::DefaultPrivilege => false,
                    // A foreign key may refer to the columns of one.
                    Kind::Index => matches!(
                        object,
                        Some(Object::Index(own)) if own.unique && own.predicate.is_none()
                    ),
                };
                if !needed {
                    continue;
                }
                self.stubs.insert(member.clone());
                let own = ground.both.needs_of(member);
                queue.extend(own.iter().map(|need| ground.both.unit_of(need)));
                for text in object.map(Object::texts).into_iter().flatten() {
                    queue.extend(ground.mentioned(text.sql()));
                }
                for body in bodies(object) {
                    queue.extend(ground.mentioned(body));
                }
            }
        }
    }

    /// Takes everything.
    pub(super) fn everything(ground: &Ground<'_>) -> Self {
        Self {
            full: ground.units.keys().cloned().collect(),
            stubs: BTreeSet::new(),
        }
    }

    /// Says whether the object is built.
    pub(super) fn builds<T: Text + Ord + serde::Serialize>(
        &self,
        model: &Model<T>,
        address: &Address,
    ) -> bool {
        self.stubs.contains(address) || self.full.contains(&model.unit_of(address))
    }

    /// Returns the part of a model that is built.
    pub(super) fn part_of<T: Text + Ord + serde::Serialize>(&self, model: &Model<T>) -> Model<T> {
        let mut part = model.clone();
        part.retain(|address| self.builds(model, address));
        part.inherited.retain(|table, _| self.full.contains(table));
        part
    }

    /// Returns the addresses of a model whose settled prints count.
    pub(super) fn scope_of<T: Text + Ord + serde::Serialize>(
        &self,
        model: &Model<T>,
    ) -> BTreeSet<Address> {
        model
            .objects
            .keys()
            .filter(|address| self.full.contains(&model.unit_of(address)))
            .cloned()
            .collect()
    }

    /// Returns how many tables are built, stubs included.
    pub(super) fn tables(&self) -> usize {
        let built = self.full.iter().chain(&self.stubs);
        built.filter(|unit| unit.kind() == Kind::Table).count()
    }
}
