//! Sequences that stay where they are while the table whose column owns them moves: the server would take them along.
//! <https://www.postgresql.org/docs/current/sql-altertable.html> (SET SCHEMA)

use crate::model::{Address, Expression, Kind, Model, Move, Moves, Object, Why};

/// Lets go of every sequence that `wanted` still has where it is, before the table of its owner leaves the schema.
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
