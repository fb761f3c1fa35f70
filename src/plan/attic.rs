//! What goes out of use: where it is set aside, and what is set aside with it.

use std::collections::BTreeSet;

use crate::model::{
    Address, Expression, Hash, Kind, Model, Move, Name, Object, RETIRED_PREFIX, Settings, Why,
};

/// Returns the move that sets a thing aside with its contents: a table, a sequence, a column that is not computed. `state`
/// is the fingerprint of the state it leaves, so that equal plans have equal bytes.
pub(crate) fn to_attic(
    state: &Hash,
    address: &Address,
    object: &Object<Expression>,
) -> Option<Move> {
    let to = if let Object::Column(column) = object {
        if column.generated.is_some() {
            return None;
        }
        return Some(column_aside(state, address));
    } else if matches!(object, Object::Table(own) if own.foreign.is_some()) {
        // Its rows are elsewhere: nothing of them goes.
        return None;
    } else if matches!(
        object,
        Object::Table(_)
            | Object::Sequence(_)
            | Object::Enum(_)
            | Object::Domain(_)
            | Object::Composite(_)
            | Object::Range(_)
            | Object::Collation(_)
            | Object::Function(_)
    ) {
        let hash = Hash::of(&(state, address.schema_name()));
        let attic = Name::new([RETIRED_PREFIX, hash.short(12)].concat());
        let to = Address::new(address.kind(), [attic, address.name().clone()]);
        address.rebased(address, &to)
    } else {
        return None;
    };
    Some(Move {
        from: address.clone(),
        to,
        why: Why::Retired,
    })
}

/// Returns the move that gives a column a reserved name.
pub(crate) fn column_aside(state: &Hash, address: &Address) -> Move {
    let hash = Hash::of(&(state, address));
    let prefix = [RETIRED_PREFIX, hash.short(8), "_"].concat();
    Move {
        from: address.clone(),
        to: address.renamed(Name::fitted(&prefix, address.name().as_str())),
        why: Why::Retired,
    }
}

/// Returns the moves that set aside what a plan has made, on the way back: what `made` says yes to.
pub(crate) fn set_made_aside(
    model: &Model<Expression>,
    made: impl Fn(&Address) -> bool,
    settings: &Settings,
) -> Vec<Move> {
    let state = model.fingerprint_of_all();
    let of_made_table =
        |sequence: &Address| match model.objects.get(&sequence.with_kind(Kind::OwnedBy)) {
            Some(Object::OwnedBy(own)) => {
                let table = Address::new(Kind::Table, own.column.iter().take(2).cloned());
                made(&table) && !model.is_foreign(&table)
            }
            _ => false,
        };
    let mut moves: Vec<Move> = model
        .objects
        .iter()
        .filter(|(address, _)| made(address))
        .filter(|(address, _)| {
            let kind = address.kind();
            kind == Kind::Table && settings.retire.tables
                || kind == Kind::Sequence && settings.retire.tables && !of_made_table(address)
                || kind == Kind::Column
                    && settings.retire.columns
                    && !made(&address.table())
                    && !model.is_foreign(&address.table())
        })
        .filter_map(|(address, object)| to_attic(&state, address, object))
        .collect();
    let held = held_types(model, |column| {
        moves.iter().any(|step| column.is_at_or_below(&step.from))
    });
    moves.extend(
        held.iter()
            .filter(|address| made(address))
            .filter_map(|address| to_attic(&state, address, &model.objects[address])),
    );
    moves
}

/// Returns the types that columns in the attic need: those are held with them.
pub(super) fn held_types(
    model: &Model<Expression>,
    in_attic: impl Fn(&Address) -> bool,
) -> BTreeSet<Address> {
    let is_type = |need: &&Address| {
        (need.kind().is_held_with_columns() || need.kind() == Kind::Extension)
            && model.objects.contains_key(*need)
    };
    // A table leans on what its partition key says besides its columns.
    let holds = |own: &Address| matches!(own.kind(), Kind::Column | Kind::Table) && in_attic(own);
    // What it has from a table above is its own once it is let go of.
    let inherited = model.inherited.values().flat_map(|own| &own.needs);
    let mut queue: Vec<&Address> = model
        .needs
        .iter()
        .chain(inherited)
        .filter(|(own, _)| holds(own))
        .flat_map(|(_, needs)| needs)
        .filter(is_type)
        .collect();
    let mut held = BTreeSet::new();
    while let Some(own) = queue.pop() {
        if held.insert(own.clone()) {
            // A range type leans on the function that says how far bounds are apart.
            let is_held = |need: &&Address| {
                is_type(need)
                    || own.kind() == Kind::Range
                        && need.kind() == Kind::Function
                        && model.objects.contains_key(*need)
            };
            queue.extend(model.needs.get(own).into_iter().flatten().filter(is_held));
        }
    }
    held
}

/// Says whether a thing that stands in the live database bears a mark of ours.
pub(super) fn is_marked(address: &Address) -> bool {
    address
        .path()
        .iter()
        .any(|name| name.as_str().starts_with(RETIRED_PREFIX))
}
