//! A column that becomes an identity column: its sequence goes on behind the highest value there is.
//! <https://www.postgresql.org/docs/current/sql-altertable.html> (ADD GENERATED)

use super::{Claim, Context};
use crate::ddl;
use crate::diff::{Change, Changes};
use crate::model::{Object, SizeClass};
use crate::plan::build::PlanError;
use crate::plan::step::{Phase, Step};

pub(super) fn rewrite(changes: &Changes, cx: &Context<'_>) -> Result<Vec<Claim>, PlanError> {
    let mut claims = Vec::new();
    for (id, change) in &changes.0 {
        let address = &id.0;
        let (Change::Create, Some(Object::Identity(own))) =
            (change, cx.level.desired.objects.get(address))
        else {
            continue;
        };
        let (column, table) = (address.column(), address.table());
        if cx.is_new(&table) || cx.class(&table) == SizeClass::Empty {
            continue;
        }
        let add = Step::run(
            address,
            ddl::sequence::add_identity(&column, own),
            format!("{address} is declared and not there yet"),
        )
        .creating(address)
        .phase(Phase::Contract);
        let catch_up = Step::run(
            address,
            ddl::sequence::catch_up(&column),
            "its sequence goes on behind the highest value there is",
        )
        .using(&column)
        .phase(Phase::Contract);
        claims.push(Claim::of(vec![id.clone()]).together([add, catch_up]));
    }
    Ok(claims)
}
