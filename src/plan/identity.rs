//! Identity, decided before the diff: what is renamed, what comes back from the attic, what goes there.

use std::cell::LazyCell;
use std::collections::{BTreeMap, BTreeSet};

use super::attic::{held_types, is_marked, to_attic};
use super::give_way::let_go;
use super::handed_down;
use super::taken_back::take_back;
use crate::model::{
    Address, Declared, Defined, Expression, Hash, Intent, Kind, Model, Move, Moves, Name, Object,
    Retired, Settings, Shadow, TEMPORARY_PREFIX, Undeclared, Why,
};

/// What identity rests on.
pub(crate) struct Known<'a> {
    /// The live side, what is retired included.
    pub(crate) current: &'a Model<Expression>,
    /// The ledger of retired things.
    pub(crate) ledger: &'a [Retired],
    /// The files.
    pub(crate) declared: &'a Declared,
    /// Column types of the files as a server prints them, where it was asked.
    pub(crate) types: &'a BTreeMap<Address, Expression>,
    /// The top-level objects that revisions of this project declared, in the names they have now.
    pub(crate) owned: &'a BTreeSet<Address>,
    /// The intent of the revision in force: its `renamed_from` lines have acted.
    pub(crate) in_force: &'a Intent,
    /// The settings.
    pub(crate) settings: &'a Settings,
    /// Columns that become ones of another type by a column beside them.
    pub(crate) shadows: &'a BTreeMap<Address, Shadow>,
}

/// A place where only a person knows what is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The object it is about.
    pub address: Address,
    /// What is unclear.
    pub because: String,
}

/// Why identity cannot be decided.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// A table that shall be a partition has a column that the whole table has not.
    #[error("{column} keeps its table from becoming a partition: {table} has no such column")]
    Surplus {
        /// The column.
        column: Address,
        /// The partitioned table.
        table: Address,
    },
    /// A table that holds rows would have them elsewhere, or the other way round.
    #[error("{table} {}", if *is_foreign { "is a foreign table, and would hold its rows itself" } else { "holds its rows itself, and would be a foreign table" })]
    Elsewhere {
        /// The table.
        table: Address,
        /// Whether it is a foreign table now.
        is_foreign: bool,
    },
    /// A column would be handed down from now on, or no longer.
    #[error(
        "{column} would change hands: {table} goes on inheriting, and has that column of its own before or after"
    )]
    ChangesHands {
        /// The column of the table that others inherit from.
        column: Address,
        /// The table that inherits.
        table: Address,
    },
    /// A column would get another name that a table has from two others.
    #[error("{column} cannot get another name: {child} has it from {other} as well")]
    OfSeveral {
        /// The column.
        column: Address,
        /// The table that inherits it.
        child: Address,
        /// The other table that it inherits it from.
        other: Address,
    },
    /// A partition, or a table that inherits, declares what it has from the table above it.
    #[error("{own} is what it has from the table above it")]
    HandedDown {
        /// What the partition declares.
        own: Address,
    },
    /// A partition says what it calls one of equal indexes of its table, and not the others.
    #[error(
        "{partition} says what it calls {whole}, and not what it calls {other}, which is the same"
    )]
    EqualUnnamed {
        /// The partition.
        partition: Address,
        /// The index that it has a name for.
        whole: Address,
        /// The equal one.
        other: Address,
    },
    /// A protected thing would go.
    #[error("{address} is protected (`protect: true`) and would be retired")]
    Protected {
        /// The thing.
        address: Address,
    },
    /// Something would go that others use.
    #[error("{address} cannot go: {others} depends on it, which no revision declared")]
    Used {
        /// What would go.
        address: Address,
        /// What uses it.
        others: Address,
    },
    /// A role would go that something names.
    #[error("{role} is no longer declared and cannot go: it is named for {others}")]
    Named {
        /// The role.
        role: Address,
        /// What names it.
        others: Address,
    },
    /// A schema would go and holds what is not ours.
    #[error(
        "{schema} is no longer declared and cannot go: it holds {others}, which no revision declared"
    )]
    Occupied {
        /// The schema.
        schema: Address,
        /// What it holds.
        others: String,
    },
}

/// What identity decided.
#[derive(Debug, Default)]
pub(crate) struct Identity {
    /// The moves, in order.
    pub(crate) moves: Moves,
    /// What only a person knows.
    pub(crate) questions: Vec<Question>,
    /// Top-level objects that are neither declared nor ours, in the names they have now: left alone.
    pub(crate) unmanaged: BTreeSet<Address>,
    /// Top-level objects that are retired or dropped although no revision declared them.
    pub(crate) taken_in: BTreeSet<Address>,
}

/// Decides identity.
pub(crate) fn decide(known: &Known<'_>) -> Result<Identity, IdentityError> {
    let mut identity = Identity::default();
    renames(known, &mut identity);
    rows_elsewhere(known, &identity)?;
    handed_down::changes_hands(known, &identity)?;
    take_back(known, &mut identity);
    retire(known, &mut identity)?;
    handed_down::of_several(known, &identity)?;
    let moves = std::mem::take(&mut identity.moves);
    identity.moves = let_go(moves, known.current, |sequence| {
        known.declared.written.objects.contains_key(sequence)
    });
    Ok(identity)
}

/// Refuses to make a foreign table of one that holds rows, or the other way round: nothing moves the rows.
fn rows_elsewhere(known: &Known<'_>, identity: &Identity) -> Result<(), IdentityError> {
    let declared = &known.declared.written;
    let tables = known.current.objects.keys();
    for table in tables.filter(|own| own.kind() == Kind::Table) {
        let now = identity.moves.carry(table);
        let is_foreign = known.current.is_foreign(table);
        if declared.objects.contains_key(&now) && declared.is_foreign(&now) != is_foreign {
            let table = table.clone();
            return Err(IdentityError::Elsewhere { table, is_foreign });
        }
    }
    Ok(())
}

/// The order of renames: each is spoken in the parents as declared.
const RENAMED: [Kind; 34] = [
    Kind::Schema,
    Kind::Collation,
    Kind::Enum,
    Kind::Domain,
    Kind::Composite,
    Kind::Range,
    Kind::DomainCheck,
    Kind::Sequence,
    Kind::Function,
    Kind::Procedure,
    Kind::Aggregate,
    Kind::Defined(Defined::Conversion),
    Kind::Defined(Defined::TextSearchParser),
    Kind::Defined(Defined::TextSearchTemplate),
    Kind::Defined(Defined::TextSearchDictionary),
    Kind::Defined(Defined::TextSearchConfiguration),
    Kind::Defined(Defined::ForeignDataWrapper),
    Kind::Defined(Defined::Server),
    Kind::Defined(Defined::EventTrigger),
    Kind::Defined(Defined::OperatorFamily),
    Kind::Defined(Defined::OperatorClass),
    Kind::Defined(Defined::Statistics),
    Kind::Table,
    Kind::Column,
    Kind::Unique,
    Kind::Exclusion,
    Kind::Check,
    Kind::ForeignKey,
    Kind::Index,
    Kind::Trigger,
    Kind::Rule,
    Kind::Policy,
    Kind::View,
    Kind::MaterializedView,
];

fn renames(known: &Known<'_>, identity: &mut Identity) {
    // Values after their types: each is spoken in its type as declared.
    let passes = RENAMED.iter().flat_map(|&kind| {
        let values = matches!(kind, Kind::Enum | Kind::Composite).then_some((kind, true));
        [(kind, false)].into_iter().chain(values)
    });
    for (kind, values) in passes {
        let mut pairs: Vec<(Address, Address)> = Vec::new();
        let wishes = known
            .declared
            .intent
            .renamed_from
            .iter()
            .filter(|(new, _)| new.kind() == kind && new.is_value() == values);
        for (new, old) in wishes {
            if known.in_force.renamed_from.get(new) == Some(old) {
                continue;
            }
            let stands = |address: &Address| {
                holds(&known.current.objects, &identity.moves.carry_back(address))
            };
            let moves_itself = |address: &Address| {
                known
                    .declared
                    .intent
                    .renamed_from
                    .values()
                    .any(|source| source == address)
            };
            let old = &spoken_after(&identity.moves, old);
            let old_is_free = !holds(&known.declared.written.objects, old)
                || known.declared.intent.renamed_from.contains_key(old);
            if !stands(old) {
                continue;
            }
            if !old_is_free {
                if !stands(new) {
                    identity.questions.push(Question {
                        address: new.clone(),
                        because: format!(
                            "`renamed_from` names {old}, which is declared as well: it stays what it is, and {new} is made anew"
                        ),
                    });
                }
                continue;
            }
            if stands(new) && !moves_itself(new) {
                identity.questions.push(Question {
                    address: new.clone(),
                    because: format!(
                        "`renamed_from` names {old}, but {new} exists as well: it is kept as it is, and {old} is treated as undeclared"
                    ),
                });
                continue;
            }
            pairs.push((old.clone(), new.clone()));
        }
        identity.moves.0.extend(free_names_first(pairs));
    }
}

/// Gives a former name its parents' new ones, where it speaks of a parent that has left its name.
fn spoken_after(moves: &Moves, old: &Address) -> Address {
    let parent = match old.path().len() {
        2 => old.schema(),
        _ if old.kind() == Kind::DomainCheck => old.domain(),
        _ if old.is_value() => old.whole(),
        _ => old.table(),
    };
    let is_left = moves.carry(&moves.carry_back(&parent)) != parent;
    if old.path().len() > 1 && is_left {
        moves.carry(old)
    } else {
        old.clone()
    }
}

/// Says whether an object, the value of an enum, or an attribute is there.
pub(super) fn holds<T>(objects: &BTreeMap<Address, Object<T>>, address: &Address) -> bool {
    match objects.get(&address.whole()) {
        Some(Object::Enum(own)) if address.is_value() => own
            .values
            .iter()
            .any(|label| label == address.name().as_str()),
        Some(Object::Composite(own)) if address.is_value() => {
            own.attribute(address.name()).is_some()
        }
        Some(_) => !address.is_value(),
        None => false,
    }
}

/// Orders renames so that each finds its new name free; a ring takes one of its members through a temporary name.
fn free_names_first(mut pairs: Vec<(Address, Address)>) -> Vec<Move> {
    let mut moves = Vec::new();
    while !pairs.is_empty() {
        let free = pairs
            .iter()
            .position(|(_, to)| !pairs.iter().any(|(from, _)| from == to));
        let at = match free {
            Some(at) => at,
            None => {
                let (from, _) = &pairs[0];
                let hash = Hash::of(from);
                let aside = from.renamed(Name::fitted(
                    &[TEMPORARY_PREFIX, hash.short(8), "_"].concat(),
                    from.name().as_str(),
                ));
                moves.push(Move {
                    from: from.clone(),
                    to: aside.clone(),
                    why: Why::Renamed,
                });
                pairs[0].0 = aside;
                continue;
            }
        };
        let (from, to) = pairs.remove(at);
        moves.push(Move {
            from,
            to,
            why: Why::Renamed,
        });
    }
    moves
}

/// What the files no longer have is retired, where it is ours; the rest is left alone.
fn retire(known: &Known<'_>, identity: &mut Identity) -> Result<(), IdentityError> {
    let settings = known.settings;
    let state = LazyCell::new(|| known.current.fingerprint_of_all());
    let ledger = identity.moves.ledger(known.ledger);
    let in_attic = |address: &Address| ledger.iter().any(|row| address.is_at_or_below(&row.place));
    let mut retired = Vec::new();
    let mut standing: BTreeMap<Address, &Address> = BTreeMap::new();
    for address in known.current.objects.keys() {
        standing.insert(identity.moves.carry(address), address);
    }
    let objects = &known.declared.written.objects;
    for (now, before) in &standing {
        let joins = || {
            now.kind() == Kind::Column && known.declared.written.partitioned(&now.table()).is_some()
        };
        let is_replaced = replaced(known, before, now);
        if in_attic(now) && !joins() || objects.contains_key(now) && !is_replaced {
            continue;
        }
        match now.kind() {
            Kind::Table
            | Kind::View
            | Kind::MaterializedView
            | Kind::Schema
            | Kind::Extension
            | Kind::Enum
            | Kind::Domain
            | Kind::Composite
            | Kind::Range
            | Kind::Collation
            | Kind::Sequence
            | Kind::Function
            | Kind::Procedure
            | Kind::Aggregate
            | Kind::Defined(_) => {
                let ours = known.owned.contains(*before);
                // What is the whole database's is ours alone where only some schemas are managed.
                let is_whole = matches!(now.kind(), Kind::Defined(own) if own.is_global());
                let schema_is_covered = settings.manage.covers(now) || is_whole && ours;
                let excluded =
                    settings.manage.excludes(now) || !schema_is_covered || is_marked(now);
                // The schema public is everybody's: nobody declares it away by not naming it.
                let everybodys = now.kind() == Kind::Schema && now.name().as_str() == "public";
                let left_to_others = || {
                    let parents = known.current.above(before);
                    let left = &known.declared.intent.unmanaged_partitions;
                    parents
                        .into_iter()
                        .any(|own| left.contains(&identity.moves.carry(&own)))
                };
                let take_in = settings.manage.undeclared == Undeclared::Retire;
                if excluded || everybodys || !(ours || take_in) || left_to_others() {
                    if !is_replaced {
                        identity.unmanaged.insert(now.clone());
                    }
                    continue;
                }
                if !ours {
                    identity.taken_in.insert(now.clone());
                }
                // A sequence that goes with a table's column moves with the table.
                let goes_with = match known.current.objects.get(&before.with_kind(Kind::OwnedBy)) {
                    Some(Object::OwnedBy(own)) if now.kind() == Kind::Sequence => {
                        let column = Address::new(Kind::Column, own.column.iter().cloned());
                        let table = identity.moves.carry(&column).table();
                        // A foreign table does not move.
                        !objects.contains_key(&table)
                            && !settings.manage.excludes(&table)
                            && !known.current.is_foreign(&column.table())
                    }
                    _ => false,
                };
                let holds = matches!(now.kind(), Kind::Table | Kind::Sequence);
                if holds && settings.retire.tables && !goes_with {
                    retired.extend(to_attic(&state, now, &known.current.objects[*before]));
                }
            }
            Kind::Column => {
                let table = now.table();
                // A table that becomes a partition, or inherits, has the columns of the whole, those that are set aside there among them.
                let is_aside_above = || {
                    let mut above = known.declared.written.above(&now.table()).into_iter();
                    above.any(|whole| {
                        let before = standing.get(&whole.part(Kind::Column, now.name()));
                        let held = before.and_then(|own| known.current.objects.get(*own));
                        matches!(held, Some(Object::Column(own)) if own.generated.is_none())
                    })
                };
                if handed_down::comes_from_above(known, identity, now)
                    || settings.retire.columns && is_aside_above()
                {
                    continue;
                }
                if known.declared.written.partitioned(&table).is_some() {
                    return Err(IdentityError::Surplus {
                        column: (*before).clone(),
                        table: known.declared.written.root_of(&table),
                    });
                }
                let there = before.table();
                let table_stays = objects.contains_key(&table) && !replaced(known, &there, &table);
                let holds = !known.current.is_foreign(&there);
                if table_stays && holds && settings.retire.columns && !is_marked(now) {
                    retired.extend(to_attic(&state, now, &known.current.objects[*before]));
                }
            }
            Kind::OwnedBy
            | Kind::DomainCheck
            | Kind::Default
            | Kind::NotNull
            | Kind::Identity
            | Kind::PrimaryKey
            | Kind::Unique
            | Kind::Exclusion
            | Kind::ForeignKey
            | Kind::Check
            | Kind::Index
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
            | Kind::DefaultPrivilege => {}
        }
    }
    // A plain column that shall be computed keeps its values aside: the server has no way to turn one into the other.
    for (now, before) in &standing {
        let (Some(Object::Column(held)), Some(Object::Column(wanted))) =
            (known.current.objects.get(*before), objects.get(now))
        else {
            continue;
        };
        let holds = held.generated.is_none() && !known.current.is_foreign(&before.table());
        if holds && wanted.generated.is_some() && settings.retire.columns {
            retired.extend(to_attic(&state, now, &known.current.objects[*before]));
        }
    }
    // One of another type is filled beside it.
    for now in known.shadows.keys() {
        if let Some(before) = standing.get(now) {
            retired.extend(to_attic(&state, now, &known.current.objects[*before]));
        }
    }
    // Types that retired columns have are held with them; an extension cannot move, and stays.
    let goes = |before: &Address| {
        let now = identity.moves.carry(before);
        in_attic(&now) || retired.iter().any(|step| now.is_at_or_below(&step.from))
    };
    let held = held_types(known.current, goes);
    let mut of_types = Vec::new();
    for before in held {
        let now = identity.moves.carry(&before);
        if objects.contains_key(&now) || in_attic(&now) || is_marked(&now) {
            continue;
        }
        if now.kind() == Kind::Extension {
            identity.unmanaged.insert(now);
        } else if !identity.unmanaged.contains(&now) {
            of_types.extend(to_attic(&state, &now, &known.current.objects[&before]));
        }
    }
    retired.extend(of_types);
    let all = identity.moves.0.iter().chain(&retired);
    for step in all.filter(|own| own.why == Why::Retired) {
        let protected = known.declared.intent.protect.iter();
        let mut protected = protected.chain(&known.in_force.protect);
        if let Some(own) = protected.find(|own| own.is_at_or_below(&step.from)) {
            return Err(IdentityError::Protected {
                address: own.clone(),
            });
        }
    }
    // Columns before tables: a column's ledger row then follows its table.
    retired.sort_by_key(|step| (std::cmp::Reverse(step.from.kind()), step.from.clone()));
    // A function of others is called after a type that is set aside.
    let aside = Moves(retired);
    let unmanaged = std::mem::take(&mut identity.unmanaged).into_iter();
    identity.unmanaged = unmanaged.map(|own| aside.carry(&own)).collect();
    let retired = aside.0;
    identity.moves.0.extend(retired);
    let kept = known.shadows.iter();
    let kept = kept.filter_map(|(column, own)| Some((column, own.kept.as_ref()?)));
    identity.moves.0.extend(kept.map(|(column, place)| Move {
        from: place.clone(),
        to: column.clone(),
        why: Why::TakenBack,
    }));
    occupied_schemas(known, identity)
}

/// Says whether a table gives way to another one of its name: nothing makes one that holds its rows itself out of one whose
/// partitions do, or the other way round.
pub(super) fn replaced(known: &Known<'_>, before: &Address, now: &Address) -> bool {
    let (Some(Object::Table(held)), Some(Object::Table(wanted))) = (
        known.current.objects.get(before),
        known.declared.written.objects.get(now),
    ) else {
        return false;
    };
    held.partition_by.is_some() != wanted.partition_by.is_some()
}

/// A schema that goes must not hold what is not ours.
fn occupied_schemas(known: &Known<'_>, identity: &Identity) -> Result<(), IdentityError> {
    for address in known
        .current
        .objects
        .keys()
        .filter(|address| address.kind() == Kind::Schema)
    {
        let now = identity.moves.carry(address);
        let goes = !known.declared.written.objects.contains_key(&now)
            && !identity.unmanaged.contains(&now)
            && !is_marked(&now);
        if !goes {
            continue;
        }
        let others: Vec<String> = identity
            .unmanaged
            .iter()
            .filter(|other| other.is_at_or_below(&now))
            .map(ToString::to_string)
            .collect();
        if !others.is_empty() {
            return Err(IdentityError::Occupied {
                schema: now,
                others: others.join(", "),
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str) -> Address {
        Address::new(Kind::Column, ["app", "t", name])
    }

    #[test]
    fn a_chain_frees_names_first() {
        let moves = free_names_first(vec![(column("a"), column("b")), (column("b"), column("c"))]);
        let order: Vec<String> = moves
            .iter()
            .map(|step| step.to.name().to_string())
            .collect();
        assert_eq!(order, ["c", "b"]);
    }

    #[test]
    fn a_ring_takes_one_through_a_temporary_name() {
        let moves = free_names_first(vec![(column("a"), column("b")), (column("b"), column("a"))]);
        assert_eq!(moves.len(), 3);
        assert!(moves[0].to.name().as_str().starts_with(TEMPORARY_PREFIX));
        let all = Moves(moves);
        assert_eq!(all.carry(&column("a")), column("b"));
        assert_eq!(all.carry(&column("b")), column("a"));
    }
}
