//! A column that is going to be set aside takes NULL first: applications that do not know it any more write rows while others still read
//! it. <https://www.postgresql.org/docs/current/sql-altertable.html> (DROP NOT NULL)

use super::{Claim, Context};
use crate::ddl;
use crate::diff::{Change, Changes};
use crate::model::{Address, Expression, Kind, Model, Object, ReplicaIdentity, Why};
use crate::plan::partition::{self, Goes};
use crate::plan::refusal::PlanError;
use crate::plan::step::Step;

pub(super) fn rewrite(changes: &Changes, cx: &Context<'_>) -> Result<Vec<Claim>, PlanError> {
    let level = cx.level;
    let mut claims = Vec::new();
    for (id, change) in &changes.0 {
        let address = &id.0;
        if *change != Change::Drop || address.kind() != Kind::NotNull {
            continue;
        }
        let column = address.column();
        let mut moves = level.moves.0.iter();
        let Some(leaves) = moves.find(|own| own.why == Why::Retired && own.to == column) else {
            continue;
        };
        let table = column.table();
        // Under another name of the table, or beside a column that takes the place at once, nobody goes on as before.
        let stays = level.moves.carry_back(&table) == table && leaves.from.table() == table;
        let is_replaced = level.desired.objects.contains_key(&leaves.from);
        let own_below =
            || !partition::goes_as_well(address, &level.current, Goes::Away, |_| false).is_empty();
        if !stays
            || is_replaced
            || level.shadows.contains_key(&leaves.from)
            || level.current.is_foreign(&table)
            || level.current.inherited.contains_key(&table)
            || has_value(&level.current, &column)
            || has_to_hold(&level.current, &column)
            || of_domain(&level.current, &column)
            || own_below()
        {
            continue;
        }
        let why = format!(
            "{} takes NULL before it is set aside, from who does not know it any more",
            leaves.from
        );
        let step = Step::run(
            &leaves.from.with_kind(Kind::NotNull),
            ddl::table::drop_not_null(&leaves.from),
            why,
        );
        claims.push(Claim::of(vec![id.clone()]).together([step.reading(&column)]));
    }
    Ok(claims)
}

/// Says whether rows that do not name the column have a value there.
fn has_value(model: &Model<Expression>, column: &Address) -> bool {
    let kinds = [Kind::Default, Kind::Identity];
    kinds
        .iter()
        .any(|kind| model.objects.contains_key(&column.with_kind(*kind)))
}

/// Says whether its domain may refuse NULL, whatever is said of the column.
fn of_domain(model: &Model<Expression>, column: &Address) -> bool {
    let needs = model.needs_of(column);
    needs.iter().any(|own| own.kind() == Kind::Domain)
}

/// Says whether a primary key, or an index that rows are known by, wants the NOT NULL, in the table or in one below.
fn has_to_hold(model: &Model<Expression>, column: &Address) -> bool {
    let table = column.table();
    let mut all = model.children_of(&table).into_iter().chain([table]);
    all.any(|own| {
        model.below(&own).any(|(_, object)| {
            matches!(object, Object::PrimaryKey(key) if key.columns.contains(column.name()))
                || matches!(object, Object::ReplicaIdentity(ReplicaIdentity::Index(_)))
        })
    })
}
