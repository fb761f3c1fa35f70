//! What partitions call the NOT NULLs that they have from the tables above them (18 and later): no statement renames one, so that it is
//! settled as the partition is made or attached, or as the one above is made.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{
    Address, Declared, Expression, Kind, Model, Name, NotNull, Object, Table, Written,
};

/// What a server before 18 does not know.
pub(super) fn without(declared: &mut Declared) {
    declared.intent.own_not_null_names.clear();
    declared.intent.not_null_names.clear();
    for object in declared.written.objects.values_mut() {
        if let Object::Table(own) = object {
            own.not_null_names.clear();
        }
    }
}

/// Gives partitions the names that they have, where files ask for no other ones, and those that come the names they are to get.
pub(super) fn keep(
    standing: &Model<Expression>,
    desired: &mut Model<Written>,
    declared: &Declared,
) {
    let mut all: Vec<(Address, BTreeMap<Name, Name>)> = Vec::new();
    for (address, object) in &desired.objects {
        if !matches!(object, Object::Table(own) if own.partition_of.is_some()) {
            continue;
        }
        let columns = not_nulls_above(desired, address);
        let mut names = match standing.objects.get(address) {
            Some(Object::Table(there)) => kept(standing, address, there, desired),
            _ => BTreeMap::new(),
        };
        if declared.intent.own_not_null_names.contains(address) {
            let is_there = |column: &Name| {
                let own = address.part(Kind::NotNull, column);
                let inherited = standing.inherited.get(address);
                inherited.is_some_and(|all| all.objects.contains_key(&own))
                    || standing.objects.contains_key(&own)
            };
            let comes =
                |column: &Name| !is_there(column) && !numbered(standing, desired, address, column);
            let new: BTreeSet<Name> = columns.iter().filter(|own| comes(own)).cloned().collect();
            names.extend(own_names(address, &new));
        }
        names.retain(|column, _| columns.contains(column));
        if let Some(Object::Table(said)) = declared.written.objects.get(address) {
            names.extend(said.not_null_names.clone());
        }
        all.push((address.clone(), names));
    }
    for (address, names) in all {
        if let Some(Object::Table(own)) = desired.objects.get_mut(&address) {
            own.not_null_names = names;
        }
    }
}

/// Returns the columns that a partition has NOT NULLs of from the tables above it.
fn not_nulls_above(model: &Model<Written>, partition: &Address) -> BTreeSet<Name> {
    let above = model.above(partition).into_iter();
    let all = above.flat_map(|table| {
        let columns = model.below(&table).map(|(address, _)| address);
        let columns = columns.filter(|own| own.kind() == Kind::NotNull);
        columns.map(|own| own.name().clone()).collect::<Vec<_>>()
    });
    all.collect()
}

/// Says whether a column comes to a partition that stands as an identity: it has its NOT NULL at once.
fn numbered(
    standing: &Model<Expression>,
    desired: &Model<Written>,
    partition: &Address,
    column: &Name,
) -> bool {
    let above = desired.above(partition);
    let mut all = above.iter().map(|own| own.part(Kind::Identity, column));
    let is_new = |own: &Address| {
        desired.objects.contains_key(own) && !standing.objects.contains_key(&own.column())
    };
    standing.objects.contains_key(partition) && all.any(|own| is_new(&own))
}

/// Returns the names that a server gives to a table by itself.
fn own_names(table: &Address, columns: &BTreeSet<Name>) -> BTreeMap<Name, Name> {
    let name =
        |column: &Name| Name::chosen(table.name().as_str(), Some(column.as_str()), "not_null");
    let all = columns.iter();
    all.map(|column| (column.clone(), name(column))).collect()
}

/// Returns the names that a table has which those above it have not: one that is to be attached keeps its own.
fn kept(
    standing: &Model<Expression>,
    table: &Address,
    there: &Table<Expression>,
    desired: &Model<Written>,
) -> BTreeMap<Name, Name> {
    if there.partition_of.is_some() {
        return there.not_null_names.clone();
    }
    let above = desired.above(table);
    let name_above = |column: &Name| {
        let mut all = above.iter().map(|own| own.part(Kind::NotNull, column));
        all.find_map(|own| {
            let Some(Object::NotNull(NotNull { name, .. })) = standing.objects.get(&own) else {
                return None;
            };
            name.clone()
        })
    };
    let own = standing.below(table).filter_map(|(address, object)| {
        let Object::NotNull(NotNull { name, .. }) = object else {
            return None;
        };
        let (column, name) = (address.name().clone(), name.clone()?);
        (name_above(&column) != Some(name.clone())).then_some((column, name))
    });
    own.collect()
}
