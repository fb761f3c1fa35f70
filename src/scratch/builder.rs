//! Building a state and reading what the server makes of it, never twice the same one in a plan.

use std::collections::BTreeMap;

use sqlx::PgConnection;

use super::ScratchError;
use super::build::{begin, build_all, rollback};
use crate::catalog;
use crate::model::{Address, Expression, Hash, Kind, Model, Name, Text};

/// What a server was seen to print of a state that speaks in prints.
#[derive(Default)]
pub(super) struct Seen(BTreeMap<Hash, Model<Expression>>);

impl Seen {
    /// States are the same where their objects are, their columns stand in the same order, and equal indexes were made in the same order.
    fn key(model: &Model<Expression>) -> Hash {
        let mut columns: Vec<(Address, u16, &Name)> = model
            .position
            .iter()
            .map(|(column, position)| (column.table(), *position, column.name()))
            .collect();
        columns.sort();
        let order: Vec<&Name> = columns.iter().map(|(_, _, name)| *name).collect();
        let equals = model.position.iter();
        let equals = equals.filter(|(own, _)| own.kind() == Kind::Index);
        let equals: Vec<_> = equals.collect();
        // What partitions have from their tables is built under its own names, and with all that they have otherwise.
        let parts = model.inherited.values();
        let parts: Vec<_> = parts.map(|own| (&own.objects, &own.own)).collect();
        Hash::of(&(&model.objects, order, equals, parts))
    }
}

/// The bench of a workshop: a connection that holds nothing, and what was built there before.
pub(super) struct Builder<'a> {
    pub(super) connection: &'a mut PgConnection,
    pub(super) seen: &'a mut Seen,
}

impl Builder<'_> {
    /// Builds a state once and reads what the server makes of it.
    pub(super) async fn print<T: Text + Ord + serde::Serialize>(
        &mut self,
        model: &Model<T>,
        side: &'static str,
    ) -> Result<Model<Expression>, ScratchError> {
        begin(self.connection).await?;
        let outcome = match build_all(self.connection, model, side).await {
            Ok(()) => catalog::model(self.connection)
                .await
                .map_err(ScratchError::from),
            Err(error) => Err(error),
        };
        rollback(self.connection).await?;
        let read = outcome?;
        if is_print_of(&read, model) {
            self.seen.0.insert(Seen::key(&read), read.clone());
        }
        Ok(read)
    }

    /// Prints a state that speaks in prints, from memory where it was built before.
    pub(super) async fn reprint(
        &mut self,
        model: &Model<Expression>,
        side: &'static str,
    ) -> Result<Model<Expression>, ScratchError> {
        let key = Seen::key(model);
        if let Some(read) = self.seen.0.get(&key) {
            return Ok(read.clone());
        }
        let read = self.print(model, side).await?;
        self.seen.0.insert(key, read.clone());
        Ok(read)
    }

    /// Builds and reads until the print stands still: print, print of the print, proof.
    pub(super) async fn settle(
        &mut self,
        first: Model<Expression>,
        side: &'static str,
    ) -> Result<Model<Expression>, ScratchError> {
        let mut known = first;
        for _ in 0..2 {
            let read = self.reprint(&known, side).await?;
            let stands_still = read.objects == known.objects;
            known = read;
            if stands_still {
                break;
            }
        }
        Ok(known)
    }
}

/// Says whether a server printed every text as it was given: printed again it would say the same. The schema public is
/// there by itself.
fn is_print_of<T: Text>(read: &Model<Expression>, given: &Model<T>) -> bool {
    let public = Address::new(Kind::Schema, ["public"]);
    let mut found = 0;
    let same = read.objects.iter().all(|(address, object)| {
        let Some(own) = given.objects.get(address) else {
            let whole = address.target().unwrap_or_else(|| address.clone());
            return whole == public;
        };
        found += 1;
        own.map(&mut |text| Expression::new(text.sql())) == *object
    });
    same && found == given.objects.len()
}
