//! Labels that go or change their order: a new type takes the name, the columns are converted through text, the former
//! type goes. <https://www.postgresql.org/docs/current/datatype-enum.html> (Implementation Details)

use super::another_type::{Another, Conversion, another, aside, nothing_is_made_of};
use super::{Claim, Context};
use crate::ddl;
use crate::diff::{Change, Changes};
use crate::model::{Alteration, EnumAlteration, Object};
use crate::plan::refusal::PlanError;
use crate::plan::step::Reversal;

pub(super) fn rewrite(changes: &Changes, cx: &Context<'_>) -> Result<Vec<Claim>, PlanError> {
    let mut claims = Vec::new();
    for ((address, _), change) in &changes.0 {
        let (Change::Alter(Alteration::Enum(EnumAlteration::Values)), Some(Object::Enum(own))) =
            (change, cx.level.desired.objects.get(address))
        else {
            continue;
        };
        nothing_is_made_of(cx, address)?;
        let aside = aside(address);
        let own = Another {
            room: vec![ddl::types::rename(address, &aside)],
            create: ddl::types::create_enum(address, own),
            attribute: "values",
            why: format!("the labels of {address} change"),
            drop: ddl::types::drop(&address.renamed(aside)),
        };
        let convert = |column: &_, of: &_| Conversion {
            using: Some(super::another_type::through_text(column, of)),
            why: format!("the values of {column} are converted by their labels"),
            reversal: Reversal::Full,
        };
        claims.push(another(changes, cx, address, own, convert));
    }
    Ok(claims)
}
