//! Range types that change: another type takes the name, the columns are converted through text.
//! <https://www.postgresql.org/docs/current/rangetypes.html>

use super::another_type::{Another, Conversion, another, aside, nothing_is_made_of, through_text};
use super::{Claim, Context};
use crate::ddl;
use crate::diff::{Change, Changes};
use crate::model::{Address, Alteration, Object};
use crate::plan::refusal::PlanError;
use crate::plan::step::Reversal;

pub(super) fn rewrite(changes: &Changes, cx: &Context<'_>) -> Result<Vec<Claim>, PlanError> {
    let mut claims = Vec::new();
    for ((address, _), change) in &changes.0 {
        let (
            Change::Alter(Alteration::Range(_)),
            Some(Object::Range(own)),
            Some(Object::Range(former)),
        ) = (
            change,
            cx.level.desired.objects.get(address),
            cx.level.current.objects.get(address),
        )
        else {
            continue;
        };
        nothing_is_made_of(cx, address)?;
        let free = aside(address);
        let mut room = ddl::range::rename(address, former, &free);
        let there = address.renamed(free.clone());
        let after = former.multirange_after(address, &there);
        if let Some(path) = after.filter(|own| Some(own) == former.multirange.as_ref()) {
            let path = &path;
            let multirange = Address::new(address.kind(), path.iter().cloned());
            let free = aside(&multirange);
            room.extend(ddl::range::rename_multirange(&there, path, &free));
        }
        let plan = Another {
            room,
            create: ddl::range::create(address, own),
            attribute: "subtype",
            why: format!("{address} is another type from now on"),
            drop: ddl::types::drop(&there),
        };
        let reversal = if former.has_the_same_bounds(own) {
            Reversal::Full
        } else {
            Reversal::Shape
        };
        let convert = |column: &Address, of: &_| Conversion {
            using: Some(through_text(column, of)),
            why: format!("the values of {column} are converted by what they are written like"),
            reversal,
        };
        claims.push(another(changes, cx, address, plan, convert));
    }
    Ok(claims)
}
