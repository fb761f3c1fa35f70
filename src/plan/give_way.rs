//! What stays where it is while other things move, and what makes room for them.

use super::attic::column_aside;
use super::taken_back::is_computed;
use crate::model::{Address, Expression, Kind, Model, Move, Moves, Object, Why, Written};

/// Lets go of every sequence that `wanted` still has where it is, before the table of its owner leaves the schema: the
/// server would take it along. <https://www.postgresql.org/docs/current/sql-altertable.html> (SET SCHEMA)
pub(crate) fn let_go(
    moves: Moves,
    before: &Model<Expression>,
    wanted: impl Fn(&Address) -> bool,
) -> Moves {
    let mut owned: Vec<(Address, Address)> = before
        .objects
        .iter()
        .filter_map(|(address, object)| {
            let Object::OwnedBy(own) = object else {
                return None;
            };
            let table = Address::new(Kind::Table, own.column.iter().take(2).cloned());
            Some((address.with_kind(Kind::Sequence), table))
        })
        .collect();
    let mut all = Vec::new();
    for (at, step) in moves.0.iter().enumerate() {
        let rest = Moves(moves.0[at..].to_vec());
        let leaves =
            step.from.kind() == Kind::Table && step.from.schema_name() != step.to.schema_name();
        for (sequence, table) in &owned {
            let stays = leaves && *table == step.from && wanted(&rest.carry(sequence));
            if stays && rest.carry(sequence) == *sequence {
                all.push(Move {
                    from: sequence.clone(),
                    to: sequence.clone(),
                    why: Why::LetGo,
                });
            }
        }
        all.push(step.clone());
        for (sequence, table) in &mut owned {
            *sequence = step.carry(sequence);
            *table = step.carry(table);
        }
    }
    Moves(all)
}

/// Sets columns aside on a way back where a plain column and a computed one of the same name give way to each other: the
/// server turns a computed one into a plain one, but neither back nor with the values that it had before.
pub(crate) fn give_way(moves: Moves, now: &Model<Expression>, wanted: &Model<Written>) -> Moves {
    let state = now.fingerprint_of_all();
    let gives_way = |address: &Address, object: &Object<Expression>| {
        let after = moves.carry(address);
        let Some(other) = wanted.objects.get(&after) else {
            return false;
        };
        // What comes back may move on with its table or schema.
        let comes_back = |(at, step): (usize, &Move)| {
            let rest = Moves(moves.0[at + 1..].to_vec());
            let is_here = rest.carry(&step.to) == after && step.from != *address;
            step.why == Why::TakenBack && is_here
        };
        match (is_computed(object), is_computed(other)) {
            (false, true) => true,
            (true, false) => moves.0.iter().enumerate().any(comes_back),
            (false, false) | (true, true) => false,
        }
    };
    let columns = now.objects.iter();
    let aside = columns
        .filter(|(address, object)| address.kind() == Kind::Column && gives_way(address, object))
        .map(|(address, _)| column_aside(&state, address));
    Moves(aside.chain(moves.0.iter().cloned()).collect())
}
