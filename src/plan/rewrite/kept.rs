//! Former columns that are kept in step with one that changes itself: what keeps them speaks of it as it was, so it ends, and the former
//! column is not trusted any more.
//! <https://www.postgresql.org/docs/current/sql-droptrigger.html>

use super::{Claim, Context};
use crate::ddl;
use crate::diff::{Change, Changes};
use crate::model::{Address, Alteration, ColumnAlteration, Kind, Name, Why};
use crate::plan::refusal::PlanError;
use crate::plan::step::Step;

pub(super) fn rewrite(changes: &Changes, cx: &Context<'_>) -> Result<Vec<Claim>, PlanError> {
    let level = cx.level;
    let mut claims = Vec::new();
    for (place, keeper) in &level.in_step {
        let function = &keeper.function;
        let Some(row) = level.ledger.iter().find(|row| row.place == *place) else {
            continue;
        };
        if is_swapped_back(place, cx) || !changes_itself(&row.was, function, changes, cx) {
            continue;
        }
        let why = format!(
            "the former {} is kept in step no longer, as the one that took its name changes",
            row.was
        );
        let (table, schema) = (place.table(), function.schema_name());
        let drop = ddl::sync_trigger::drop(&table, place.name(), schema).into_iter();
        let steps = drop.map(|own| Step::run(place, own, why.clone()));
        claims.push(Claim::of(Vec::new()).together(steps));
    }
    Ok(claims)
}

/// Says whether it takes its name back: that plan ends the keeping itself.
fn is_swapped_back(place: &Address, cx: &Context<'_>) -> bool {
    let mut moves = cx.level.moves.0.iter();
    moves.any(|own| {
        own.why == Why::TakenBack && own.from == *place && cx.level.shadows.contains_key(&own.to)
    })
}

/// Says whether a column gets another name or type, or goes, or the schema goes that holds what speaks of it.
fn changes_itself(
    column: &Address,
    function: &Address,
    changes: &Changes,
    cx: &Context<'_>,
) -> bool {
    let mut moves = cx.level.moves.0.iter();
    let now = cx.level.moves.carry(column);
    let mut own = changes.at(&now);
    let schema: Vec<Name> = vec![function.schema_name().clone()];
    moves.any(|own| own.from == *column)
        || changes.drops(&now)
        || changes.drops(&Address::new(Kind::Schema, schema))
        || own.any(|(_, change)| {
            matches!(
                change,
                Change::Alter(Alteration::Column(ColumnAlteration::Type { .. }))
            )
        })
}
