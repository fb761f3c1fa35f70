//! Collations that become others: another one takes the name, and the columns get that one; what is sorted by them is built again.
//! <https://www.postgresql.org/docs/current/sql-altercollation.html>

use super::another_type::{Another, Conversion, another, aside, nothing_is_made_of};
use super::{Claim, Context};
use crate::ddl;
use crate::diff::{Change, Changes};
use crate::model::{Address, Alteration, Object};
use crate::plan::refusal::PlanError;
use crate::plan::step::Reversal;

pub(super) fn rewrite(changes: &Changes, cx: &Context<'_>) -> Result<Vec<Claim>, PlanError> {
    let mut claims = Vec::new();
    for ((address, _), change) in &changes.0 {
        let (Change::Alter(Alteration::Collation(_)), Some(Object::Collation(own))) =
            (change, cx.level.desired.objects.get(address))
        else {
            continue;
        };
        nothing_is_made_of(cx, address)?;
        let aside = aside(address);
        let own = Another {
            room: vec![ddl::collation::rename(address, &aside)],
            create: ddl::collation::create(address, own),
            attribute: "locale",
            why: format!("{address} is another one from now on"),
            drop: ddl::collation::drop(&address.renamed(aside)),
        };
        let convert = |column: &Address, _: &_| Conversion {
            using: None,
            why: format!("{column} is ordered by the other collation"),
            reversal: Reversal::Full,
        };
        claims.push(another(changes, cx, address, own, convert));
    }
    Ok(claims)
}
