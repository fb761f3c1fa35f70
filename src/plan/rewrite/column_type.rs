//! A change of type, by the conversion that scratch saw work. Its default is made again around it, in one statement
//! after the other: a default that cannot be cast would refuse the change.
//! <https://www.postgresql.org/docs/current/sql-altertable.html> (SET DATA TYPE)

use super::{Claim, Context};
use crate::ddl::{self, Work};
use crate::diff::{Change, Changes};
use crate::model::{Alteration, ColumnAlteration, Conversion, Object};
use crate::plan::refusal::PlanError;
use crate::plan::step::{Phase, Reversal, Step};
use crate::sql::Sql;

pub(super) fn rewrite(changes: &Changes, cx: &Context<'_>) -> Result<Vec<Claim>, PlanError> {
    let mut claims = Vec::new();
    for (id, change) in &changes.0 {
        let address = &id.0;
        let Change::Alter(Alteration::Column(ColumnAlteration::Type { from, to })) = change else {
            continue;
        };
        let Some(Object::Column(column)) = cx.level.desired.objects.get(address) else {
            continue;
        };
        let tried = cx.level.tried.get(address).copied();
        let value = || Sql::empty().name(address.name());
        let said = cx.level.intent.using.get(address);
        let using = match (said, tried.map(|tried| tried.conversion)) {
            (Some(said), _) => Some(Sql::empty().expression(said)),
            (None, Some(Conversion::Cast)) => Some(value().glue("::").glued_text(to)),
            (None, Some(Conversion::ThroughText)) => Some(value().glue("::text::").glued_text(to)),
            (None, Some(Conversion::Assignment | Conversion::None) | None) => None,
        };
        let using = using.and_then(|own| cx.of_values(address, own));
        let mut statement = ddl::table::alter_type(address, column, using);
        if let Some(said) = said {
            statement = statement.under(said);
        }
        // An expression of a person's own is computed for every row.
        let is_foreign = cx.level.current.is_foreign(&address.table());
        let in_place = is_foreign || said.is_none() && tried.is_some_and(|tried| !tried.rewrites);
        if in_place {
            statement = statement.working(Work::Catalog);
        }
        let reversal = if in_place {
            Reversal::Full
        } else {
            Reversal::Shape
        };
        let step = Step::run(
            address,
            statement,
            format!("the type of {address} changes from {from} to {to}"),
        )
        .altering(address, "type")
        .phase(Phase::Contract)
        .reversal(reversal);
        claims.push(Claim::of(vec![id.clone()]).together([step]));
    }
    Ok(claims)
}
