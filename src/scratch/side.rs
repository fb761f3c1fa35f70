//! The desired side of a level pair, from what is declared, what stands and what is held in the attic.

use std::collections::{BTreeMap, BTreeSet};

use super::access::{every_privilege, owners, privileges};
use super::aside::{self, Aside};
use super::{index_names, not_null_names, partition};
use crate::model::{
    Address, Attribute, Column, Composite, Declared, Domain, Enum, Expression, Index, Kind, Model,
    Move, Moves, Name, NotNull, Object, Partition, Retired, Server, Settings, Table, Validity, Why,
    Written,
};

/// Adds what a declaration implies: the columns of a primary key and identity columns are NOT NULL, a foreign key
/// without referenced columns means the primary key, `all` every privilege of this version.
pub(super) fn elaborated(declared: &Declared, major: u16) -> Declared {
    let mut declared = declared.clone();
    declared.written = super::of_server::without(&declared.written);
    every_privilege(&mut declared.written, major);
    if major < 18 {
        super::not_null_names::without(&mut declared);
    }
    let mut implied: Vec<Address> = Vec::new();
    let mut keys: BTreeMap<Address, Vec<Name>> = BTreeMap::new();
    for (address, object) in &declared.written.objects {
        if let Object::PrimaryKey(key) = object {
            let columns = key.columns.iter();
            implied.extend(columns.map(|column| address.part(Kind::NotNull, column)));
            keys.insert(address.table(), key.columns.clone());
        } else if let Object::Identity(_) = object {
            implied.push(address.with_kind(Kind::NotNull));
        }
    }
    for object in declared.written.objects.values_mut() {
        if let Object::ForeignKey(own) = object
            && own.referenced_columns.is_empty()
            && let Some(columns) = keys.get(&own.referenced_table())
        {
            own.referenced_columns.clone_from(columns);
        }
    }
    for address in implied {
        let column_is_there = declared.written.objects.contains_key(&address.column());
        if column_is_there {
            let not_null = NotNull {
                name: None,
                validity: Validity::Valid,
                no_inherit: false,
            };
            let objects = &mut declared.written.objects;
            objects.entry(address).or_insert(Object::NotNull(not_null));
        }
    }
    declared
}

/// Gives every object the address it has after the moves. Texts are left as they are: what moves is built on scratch
/// anyway, and a server says what its texts become.
pub(crate) fn carried(before: &Model<Expression>, moves: &Moves) -> Model<Expression> {
    if moves.0.is_empty() {
        return before.clone();
    }
    let place = |address: &Address| place_after(before, moves, address);
    let mut carried = Model::default();
    let let_go: BTreeSet<&Address> = moves
        .0
        .iter()
        .filter(|step| step.why == Why::LetGo)
        .map(|step| &step.to)
        .collect();
    // An index that comes along with its table may meet another one of its name, which goes: it comes last.
    let (stay, come): (Vec<_>, Vec<_>) = before
        .objects
        .iter()
        .partition(|(address, _)| place(address) == **address);
    for (address, object) in stay.into_iter().chain(come) {
        if address.kind() == Kind::OwnedBy
            && let_go.contains(&moves.carry(&address.with_kind(Kind::Sequence)))
        {
            continue;
        }
        let object = if let Object::Table(own) = object {
            let partition_of = own.partition_of.as_ref().map(|of| Partition {
                parent: moves.carry(&of.parent_address()).path().to_vec(),
                ..of.clone()
            });
            let index_names = own.index_names.iter();
            let index_names = index_names.map(|(whole, name)| (place(whole), name.clone()));
            let column = |own: &Name| {
                let all = before.above(address).into_iter();
                let mut all = all.map(|whole| whole.part(Kind::Column, own));
                let whole = all.find(|column| before.objects.contains_key(column));
                whole.map_or_else(|| own.clone(), |column| moves.carry(&column).name().clone())
            };
            let not_null_names = own.not_null_names.iter();
            let not_null_names = not_null_names.map(|(own, name)| (column(own), name.clone()));
            let inherits = own.inherits_from().map(|own| moves.carry(&own));
            let inherits = inherits.map(|own| own.path().to_vec()).collect();
            Object::Table(Table {
                partition_of,
                index_names: index_names.collect(),
                not_null_names: not_null_names.collect(),
                inherits,
                ..own.clone()
            })
        } else if let Object::Index(index) = object {
            Object::Index(Index {
                table: moves.carry(&index.table_address(address)).name().clone(),
                ..index.clone()
            })
        } else if let Object::Composite(own) = object {
            let attributes = own.attributes.iter().map(|own| Attribute {
                name: moves.carry(&address.attribute(&own.name)).name().clone(),
                collation: own.collation.as_ref().map(|own| moves.carry_collation(own)),
                ..own.clone()
            });
            Object::Composite(Composite {
                attributes: attributes.collect(),
            })
        } else if let Object::Range(own) = object {
            Object::Range(moves.carry_range(address, own))
        } else if let Object::Column(own) = object {
            let collation = own.collation.as_ref();
            Object::Column(Column {
                collation: collation.map(|own| moves.carry_collation(own)),
                ..own.clone()
            })
        } else if let Object::Domain(own) = object {
            let collation = own.collation.as_ref();
            Object::Domain(Domain {
                collation: collation.map(|own| moves.carry_collation(own)),
                ..own.clone()
            })
        } else if let Object::Enum(own) = object {
            let labels = own.values.iter();
            let renamed = labels.map(|label| moves.carry(&address.value(label)));
            Object::Enum(Enum {
                values: renamed.map(|own| own.name().as_str().to_owned()).collect(),
            })
        } else {
            object.clone()
        };
        let to = place(address);
        if let Some(position) = before.position.get(address) {
            carried.position.insert(to.clone(), *position);
        }
        carried.objects.insert(to, object);
    }
    let (stay, come): (Vec<_>, Vec<_>) = before
        .needs
        .iter()
        .partition(|(address, _)| place(address) == **address);
    for (address, needs) in stay.into_iter().chain(come) {
        carried
            .needs
            .insert(place(address), needs.iter().map(place).collect());
    }
    for (table, own) in &before.inherited {
        let own = partition::carried(before, moves, table, own);
        carried.inherited.insert(moves.carry(table), own);
    }
    carried
}

/// Says where an object is after the moves. An index follows its table into another schema, and its comment follows it.
pub(super) fn place_after(before: &Model<Expression>, moves: &Moves, address: &Address) -> Address {
    let own = address.target().unwrap_or_else(|| address.clone());
    let object = before.objects.get(&own);
    let moved = if let Some(Object::Index(index)) = object {
        let table = index.table_address(&own);
        let carried = moves.carry(&own);
        let path = [moves.carry(&table).schema_name(), carried.name()].map(Name::clone);
        carried.rebased(&carried, &Address::new(Kind::Index, path))
    } else if let Some(Object::Sequence(_) | Object::OwnedBy(_)) = object {
        let sequence = own.with_kind(Kind::Sequence);
        let carried = moves.carry(&sequence);
        // It goes where its table goes, unless it moves by itself or was let go.
        let stays = |step: &Move| step.why == Why::LetGo && moves.carry(&step.to) == carried;
        if let Some(Object::OwnedBy(owner)) = before.objects.get(&own.with_kind(Kind::OwnedBy))
            && carried == sequence
            && !moves.0.iter().any(stays)
        {
            let table = Address::new(Kind::Table, owner.column.iter().take(2).cloned());
            let schema = moves.carry(&table).schema_name().clone();
            Address::new(own.kind(), [schema, own.name().clone()])
        } else {
            carried.with_kind(own.kind())
        }
    } else {
        return moves.carry(address);
    };
    if address.kind() == Kind::Comment {
        Address::comment_on(&moved)
    } else if address.kind() == Kind::Owner {
        Address::owner_of(&moved)
    } else if address.kind() == Kind::Grant {
        let path = address.path();
        Address::privilege_on(&moved, &path[path.len() - 2], &path[path.len() - 1])
    } else {
        moved
    }
}

/// Keeps what publications name outside of what is managed: files say nothing of that.
fn published_elsewhere(
    carried: &Model<Expression>,
    desired: &mut Model<Written>,
    settings: &Settings,
) {
    for (address, object) in &carried.objects {
        let lies_in = if address.kind() == Kind::PublishedTable {
            address.table()
        } else if address.kind() == Kind::PublishedSchema {
            address.schema()
        } else {
            continue;
        };
        let is_elsewhere = settings.manage.excludes(&lies_in) || !settings.manage.covers(&lies_in);
        let stays = carried.parent(address);
        let stays = stays.is_some_and(|own| desired.objects.contains_key(&own));
        if is_elsewhere && stays && desired.objects.contains_key(&lies_in) {
            let kept = object.map(&mut |text| Written::from(text));
            desired.objects.entry(address.clone()).or_insert(kept);
        }
    }
}

/// Puts the desired side together: what is declared, what is left alone, and what is held in the attic.
pub(super) fn desired_side(
    carried: &Model<Expression>,
    declared: &Declared,
    moves: &Moves,
    ledger_after: &[Retired],
    (unmanaged, owned): (&BTreeSet<Address>, Option<&BTreeSet<Address>>),
    settings: &Settings,
    server: &Server,
) -> Model<Written> {
    let mut desired = declared.written.clone();
    let newly = set_aside(moves);
    let attics: BTreeSet<Address> = ledger_after
        .iter()
        .filter(|row| row.place.kind() != Kind::Column)
        .map(|row| row.place.schema())
        .collect();
    let aside = Aside::new(carried, declared, &newly, ledger_after);
    for (address, object) in &carried.objects {
        let unit = carried.unit_of(address);
        let held = ledger_after
            .iter()
            .any(|row| address.is_at_or_below(&row.place) || unit == row.place);
        let marked = address
            .path()
            .iter()
            .any(|name| name.as_str().starts_with(crate::model::RETIRED_PREFIX));
        let is_attic = address.kind() == Kind::Schema && marked;
        let bare = aside.comes_off(address, &unit);
        // A way back says itself what a table in the attic holds; columns that are set aside there stay all the same.
        let is_aside = || {
            let mut places = ledger_after.iter().map(|row| &row.place);
            places.any(|place| place.kind() == Kind::Column && address.is_at_or_below(place))
        };
        let is_said = unit.path().iter().any(Name::is_reserved)
            && declared.written.objects.contains_key(&unit)
            && !is_aside();
        let kept = if is_attic {
            attics.contains(address)
        } else {
            !bare && !is_said && (held || marked || unmanaged.contains(&unit))
        };
        if kept && !desired.objects.contains_key(address) {
            desired
                .objects
                .insert(address.clone(), object.map(&mut |text| Written::from(text)));
            if let Some(needs) = carried.needs.get(address) {
                desired.needs.insert(address.clone(), needs.clone());
            }
        }
    }
    for schema in attics {
        desired
            .objects
            .entry(schema)
            .or_insert(Object::Schema(crate::model::Schema {}));
    }
    let held: BTreeSet<Address> = ledger_after.iter().map(|row| row.place.clone()).collect();
    partition::set_aside(carried, &mut desired, &held);
    partition::set_aside_above(&mut desired);
    aside::without_their_index(&mut desired);
    aside::held_extensions(carried, &mut desired);
    positions(carried, &mut desired);
    published_elsewhere(carried, &mut desired, settings);
    names(carried, &mut desired);
    if owned.is_some() {
        index_names::keep(carried, &mut desired, declared);
        not_null_names::keep(carried, &mut desired, declared);
    }
    owners(carried, &mut desired, declared, settings, &server.role);
    let taken_back = ends_of(moves, Why::TakenBack);
    privileges(
        carried,
        &mut desired,
        [&newly, &taken_back],
        (declared, owned, moves),
        settings,
        server,
    );
    desired
}

/// Finds where what is set aside is in the end: its table or schema may move on.
pub(super) fn set_aside(moves: &Moves) -> BTreeSet<Address> {
    ends_of(moves, Why::Retired)
}

fn ends_of(moves: &Moves, why: Why) -> BTreeSet<Address> {
    let steps = moves.0.iter();
    steps
        .filter(|step| step.why == why)
        .map(|step| moves.end_of(step))
        .collect()
}

/// A table that exists is built in its live column order, new columns after.
fn positions(carried: &Model<Expression>, desired: &mut Model<Written>) {
    let mut last: BTreeMap<Address, u16> = BTreeMap::new();
    for (column, position) in &carried.position {
        let own = last.entry(column.table()).or_default();
        *own = (*own).max(*position);
    }
    let columns: Vec<Address> = desired
        .objects
        .keys()
        .filter(|address| address.kind() == Kind::Column)
        .cloned()
        .collect();
    for column in columns {
        let position = match carried.position.get(&column) {
            Some(position) => *position,
            None => {
                let declared = desired
                    .position
                    .get(&column)
                    .copied()
                    .unwrap_or(u16::MAX / 2);
                last.get(&column.table())
                    .copied()
                    .unwrap_or(0)
                    .saturating_add(declared)
            }
        };
        desired.position.insert(column, position);
    }
}

/// A key or NOT NULL declared without a name keeps the name it has.
fn names(carried: &Model<Expression>, desired: &mut Model<Written>) {
    // A partition that becomes a table by itself has them from its table.
    let standing = |address: &Address| {
        let own = carried.objects.get(address);
        own.or_else(|| {
            carried
                .inherited
                .get(&address.table())?
                .objects
                .get(address)
        })
    };
    for (address, object) in &mut desired.objects {
        match (object, standing(address)) {
            (Object::PrimaryKey(own), Some(Object::PrimaryKey(there))) if own.name.is_none() => {
                own.name.clone_from(&there.name);
            }
            (Object::Identity(own), Some(Object::Identity(there))) if own.sequence.is_none() => {
                own.sequence.clone_from(&there.sequence);
            }
            (Object::Range(own), Some(Object::Range(there))) if own.multirange.is_none() => {
                own.multirange.clone_from(&there.multirange);
            }
            (Object::Extension(own), Some(Object::Extension(there))) => {
                if own.schema.is_none() {
                    own.schema.clone_from(&there.schema);
                }
                if own.version.is_none() {
                    own.version.clone_from(&there.version);
                }
            }
            (Object::Extension(own), None) if own.schema.is_none() => {
                own.schema = Some(Name::new("public"));
            }
            (Object::NotNull(own), Some(Object::NotNull(there))) if own.name.is_none() => {
                own.name.clone_from(&there.name);
            }
            _ => {}
        }
    }
}

/// Holds what either side has, with the needs that are known.
pub(super) fn union(carried: &Model<Expression>, desired: &Model<Written>) -> Model<Written> {
    let mut both = desired.clone();
    for (address, object) in &carried.objects {
        both.objects
            .entry(address.clone())
            .or_insert_with(|| object.map(&mut |text| Written::from(text)));
    }
    for (address, needs) in &carried.needs {
        both.needs
            .entry(address.clone())
            .or_default()
            .extend(needs.iter().cloned());
    }
    both
}

pub(super) fn union_of(a: &Model<Expression>, b: &Model<Expression>) -> Model<Expression> {
    let mut both = a.clone();
    for (address, object) in &b.objects {
        both.objects
            .entry(address.clone())
            .or_insert_with(|| object.clone());
    }
    both
}
