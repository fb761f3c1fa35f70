//! Identity: which thing of the one state is which thing of the other.

use serde::{Deserialize, Serialize};

use super::spelling::type_after_move;
use super::{Address, Expression, Kind, Model, Name, Object, Range, Retired, Text as _};

/// Why a thing changes its address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// A person said so (`renamed_from`), or the way back does.
    Renamed,
    /// It goes out of use and keeps its contents.
    Retired,
    /// It comes back from the attic with its contents.
    TakenBack,
    /// A sequence stays where it is, owned by no column any more: the table of its owner leaves the schema.
    LetGo,
}

/// A thing changes its address and keeps its contents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Move {
    /// Where it is when its turn comes.
    pub from: Address,
    /// Where it goes.
    pub to: Address,
    /// Why it moves.
    pub why: Why,
}

/// Moves in the order in which they are executed, on scratch and live alike.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Moves(pub Vec<Move>);

impl Move {
    /// Says where `address` is after this move.
    pub fn carry(&self, address: &Address) -> Address {
        after(address, &self.from, &self.to).unwrap_or_else(|| address.clone())
    }

    fn back(&self) -> Self {
        let why = match self.why {
            Why::Renamed => Why::Renamed,
            Why::Retired => Why::TakenBack,
            Why::TakenBack => Why::Retired,
            Why::LetGo => Why::LetGo,
        };
        Self {
            from: self.to.clone(),
            to: self.from.clone(),
            why,
        }
    }
}

impl Moves {
    /// Says how a server spells a type once everything has moved.
    pub(crate) fn carry_type(&self, spelled: &str) -> String {
        let own = Name::new(spelled);
        let after = self
            .0
            .iter()
            .fold(own, |own, step| type_after_move(&own, &step.from, &step.to));
        after.as_str().to_owned()
    }

    /// Returns a range type of the state before as it is in the state after: its multirange type goes into another schema with it.
    pub(crate) fn carry_range(
        &self,
        own: &Address,
        range: &Range<Expression>,
    ) -> Range<Expression> {
        let mut after = range.clone();
        after.subtype = Expression::new(self.carry_type(range.subtype.sql()));
        after.collation = range
            .collation
            .as_ref()
            .map(|own| self.carry_collation(own));
        after.multirange = range.multirange_after(own, &self.carry(own));
        after
    }

    /// Adds the moves of multirange types: they are no objects of their own, and go with their range types. Texts speak of them.
    pub(crate) fn with_multiranges(&self, before: &Model<Expression>) -> Self {
        let mut all = Vec::new();
        for (at, step) in self.0.iter().enumerate() {
            all.push(step.clone());
            let so_far = Self(self.0[..at].to_vec());
            let Some(Object::Range(own)) = before.objects.get(&so_far.carry_back(&step.from))
            else {
                continue;
            };
            let own = so_far.carry_range(&so_far.carry_back(&step.from), own);
            let after = own.multirange_after(&step.from, &step.to);
            if let (Some(held), Some(after)) = (own.multirange, after)
                && held != after
            {
                let companion = Move {
                    from: Address::new(Kind::Range, held),
                    to: Address::new(Kind::Range, after),
                    why: Why::Renamed,
                };
                if self.0.get(at + 1) != Some(&companion) {
                    all.push(companion);
                }
            }
        }
        Self(all)
    }

    /// Says what a collation of the state before is called in the state after.
    pub(crate) fn carry_collation(&self, own: &[Name]) -> Vec<Name> {
        let before = Address::new(Kind::Collation, own.iter().cloned());
        self.carry(&before).path().to_vec()
    }

    /// Says where an address of the state before is in the state after.
    pub fn carry(&self, address: &Address) -> Address {
        let steps = self.0.iter().map(|step| (&step.from, &step.to));
        after_all(address, steps)
    }

    /// Says where what one of these moves is in the end: others may move it on.
    pub fn end_of(&self, own: &Move) -> Address {
        let others = self.0.iter().skip_while(|step| *step != own).skip(1);
        others.fold(own.to.clone(), |address, step| step.carry(&address))
    }

    /// Says where an address of the state after was in the state before.
    pub fn carry_back(&self, address: &Address) -> Address {
        let moved = self.0.iter().rev().filter(|step| step.why != Why::LetGo);
        after_all(address, moved.map(|step| (&step.to, &step.from)))
    }

    /// Returns the way back: the moves in reverse order, each turned. What was let go has not moved.
    pub fn turned(&self) -> Self {
        let moved = self.0.iter().rev().filter(|step| step.why != Why::LetGo);
        Self(moved.map(Move::back).collect())
    }

    /// Returns the ledger of retired things as it is after these moves.
    pub fn ledger(&self, before: &[Retired]) -> Vec<Retired> {
        let mut ledger = before.to_vec();
        for step in &self.0 {
            match step.why {
                Why::Retired => {
                    carry_ledger(&mut ledger, step);
                    ledger.push(Retired {
                        was: step.from.clone(),
                        place: step.to.clone(),
                        revision: None,
                    });
                }
                Why::TakenBack => {
                    ledger.retain(|row| row.place != step.from);
                    carry_ledger(&mut ledger, step);
                }
                Why::Renamed => carry_ledger(&mut ledger, step),
                Why::LetGo => {}
            }
        }
        ledger
    }
}

/// Says where `address` is once `from` is `to`; nothing where it stays. Most stay under most moves, and every object is asked
/// under every move.
fn after(address: &Address, from: &Address, to: &Address) -> Option<Address> {
    let retyped = address.retyped(from, to);
    let own = retyped.as_ref().unwrap_or(address);
    let rebased = own.is_at_or_below(from).then(|| own.rebased(from, to));
    rebased.or(retyped)
}

fn after_all<'a>(
    address: &Address,
    steps: impl Iterator<Item = (&'a Address, &'a Address)>,
) -> Address {
    let end = steps.fold(None, |own: Option<Address>, (from, to)| {
        after(own.as_ref().unwrap_or(address), from, to).or(own)
    });
    end.unwrap_or_else(|| address.clone())
}

/// Every move rewrites the ledger rows that lie below what moves, their former parent's address included.
fn carry_ledger(ledger: &mut [Retired], step: &Move) {
    for row in ledger {
        if row.was != step.from {
            row.was = step.carry(&row.was);
        }
        if row.place != step.from {
            row.place = step.carry(&row.place);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Kind;

    #[test]
    fn the_way_back_of_a_column_renamed_in_a_renamed_table() {
        let moves = Moves(vec![
            Move {
                from: Address::new(Kind::Table, ["app", "a"]),
                to: Address::new(Kind::Table, ["app", "b"]),
                why: Why::Renamed,
            },
            Move {
                from: Address::new(Kind::Column, ["app", "b", "x"]),
                to: Address::new(Kind::Column, ["app", "b", "y"]),
                why: Why::Renamed,
            },
        ]);
        let default = Address::new(Kind::Default, ["app", "a", "x"]);
        let after = moves.carry(&default);
        assert_eq!(after.to_string(), "default app.b.y");
        assert_eq!(moves.carry_back(&after), default);
    }

    #[test]
    fn a_retired_column_follows_its_table_in_the_ledger() {
        let ledger = [Retired {
            was: Address::new(Kind::Column, ["app", "a", "x"]),
            place: Address::new(Kind::Column, ["app", "a", "_reconcile_retired_1_x"]),
            revision: Some(1),
        }];
        let moves = Moves(vec![Move {
            from: Address::new(Kind::Table, ["app", "a"]),
            to: Address::new(Kind::Table, ["app", "b"]),
            why: Why::Renamed,
        }]);
        let after = moves.ledger(&ledger);
        assert_eq!(after[0].was.to_string(), "column app.b.x");
        assert_eq!(
            after[0].place.to_string(),
            "column app.b._reconcile_retired_1_x"
        );
    }
}
