//! Labels that go or change their order: a new type takes the name, the columns are converted through text, the former
//! type goes. <https://www.postgresql.org/docs/current/datatype-enum.html> (Implementation Details)

use std::collections::BTreeMap;

use super::another_type::{Another, Conversion, another, aside, nothing_is_made_of, through_text};
use super::{Claim, Context};
use crate::ddl;
use crate::diff::{Change, Changes};
use crate::model::{Address, Alteration, Column, EnumAlteration, Expression, Object, Text as _};
use crate::plan::refusal::PlanError;
use crate::plan::step::Reversal;
use crate::sql::Sql;

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
        let remap = cx.level.remap(address);
        let convert = |column: &_, of: &_| match remap.is_empty() {
            false => Conversion {
                using: Some(remapped(column, of, &remap)),
                why: format!("the values of {column} are converted by their labels, with `remap`"),
                reversal: Reversal::Shape,
            },
            true => Conversion {
                using: Some(through_text(column, of)),
                why: format!("the values of {column} are converted by their labels"),
                reversal: Reversal::Full,
            },
        };
        claims.push(another(changes, cx, address, own, convert));
    }
    Ok(claims)
}

/// Converts what a column holds by its labels, with others in place of those that go.
fn remapped(column: &Address, of: &Column<Expression>, remap: &BTreeMap<&str, &str>) -> Sql {
    let value = || Sql::empty().name(column.name());
    let type_name = &of.type_name;
    if type_name.sql().ends_with("[]") {
        let all = value().glue("::text[]");
        let all = remap.iter().fold(all, |all, (gone, kept)| {
            let sql = Sql::new("array_replace(").glue("").join(&all).glue(",");
            sql.literal(gone).glue(",").literal(kept).glue(")")
        });
        return all.glue("::").glued_text(type_name);
    }
    let sql = Sql::new("(CASE").join(&value().glue("::text"));
    let sql = remap.iter().fold(sql, |sql, (gone, kept)| {
        sql.push("WHEN").literal(gone).push("THEN").literal(kept)
    });
    let sql = sql.push("ELSE").join(&value().glue("::text"));
    sql.push("END)::").glue("").glued_text(type_name)
}
