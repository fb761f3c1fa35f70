//! What is asked of live rows before attributes of a composite type go, or become of another type.

use super::preflight::Question;
use crate::diff::Change;
use crate::model::{
    Address, Alteration, CompositeAlteration, Expression, Kind, Name, Object, Text as _,
};
use crate::plan::{Context, Hazard};
use crate::sql::Sql;

/// Makes the questions about one change.
pub(super) fn questions(address: &Address, change: &Change, cx: &Context<'_>) -> Vec<Question> {
    let Change::Alter(Alteration::Composite(alteration)) = change else {
        return Vec::new();
    };
    let sides = [&cx.level.current, &cx.level.desired].map(|side| side.objects.get(address));
    let [Some(Object::Composite(from)), Some(Object::Composite(to))] = sides else {
        return Vec::new();
    };
    let goes = |name: &Name| to.attribute(name).is_none();
    let mut questions = Vec::new();
    for column in columns(address, cx) {
        let anew = matches!(
            alteration,
            CompositeAlteration::Attributes | CompositeAlteration::Retype(_)
        );
        if anew {
            questions.extend(flattened(&column, cx));
        }
        for held in &from.attributes {
            let asked = match alteration {
                CompositeAlteration::Drop(name) | CompositeAlteration::Retype(name) => {
                    *name == held.name
                }
                CompositeAlteration::Attributes => true,
                CompositeAlteration::Add(_) => false,
            };
            let wanted = to.attribute(&held.name).map(|own| &own.type_name);
            if asked && goes(&held.name) {
                questions.extend(held_values(address, &column, &held.name, cx));
            } else if let Some(wanted) = wanted.filter(|own| asked && **own != held.type_name) {
                questions.extend(fits(address, &column, &held.name, wanted, cx));
            }
        }
    }
    questions
}

/// Returns the columns that are made of a type before and after.
pub(super) fn columns(address: &Address, cx: &Context<'_>) -> Vec<Address> {
    let needed_by = cx.level.current.needed_by();
    let all = needed_by.get(address).into_iter().flatten();
    let before = &cx.level.before.objects;
    let stays = all.filter(|own| {
        own.kind() == Kind::Column
            && !cx.level.current.is_foreign(&own.table())
            && before.contains_key(&cx.level.moves.carry_back(own))
    });
    stays.cloned().collect()
}

/// The live values of a column attribute by attribute, those of an array one by one, as `value`.
fn values(address: &Address, column: &Address, name: &Name, cx: &Context<'_>) -> Option<[Sql; 2]> {
    let moves = &cx.level.moves;
    let there = moves.carry_back(column);
    let Some(Object::Column(own)) = cx.level.before.objects.get(&there) else {
        return None;
    };
    let former = moves.carry_back(&address.attribute(name));
    let from = Sql::empty().path(&there.table());
    let from = if own.type_name.sql().ends_with("[]") {
        from.push("CROSS JOIN LATERAL unnest(")
            .glue("")
            .name(there.name())
            .glue(") AS value")
    } else {
        from.push("CROSS JOIN LATERAL (SELECT (")
            .glue("")
            .name(there.name())
            .glue(").*) AS value")
    };
    let value = Sql::new("value.").glued_name(former.name());
    Some([from, value])
}

/// Says whether the live server knows a type: one of the system's, or one that stands there already.
fn is_known(to: &Expression, cx: &Context<'_>) -> bool {
    let element = to.sql().strip_suffix("[]").unwrap_or(to.sql());
    let path = Name::split_reference(element).filter(|own| own.len() == 2);
    path.is_none_or(|path| {
        let kinds = [
            Kind::Enum,
            Kind::Domain,
            Kind::Composite,
            Kind::Range,
            Kind::Table,
        ];
        let mut all = kinds
            .map(|kind| Address::new(kind, path.clone()))
            .into_iter();
        all.any(|own| cx.level.before.objects.contains_key(&own))
    })
}

/// Asks which rows hold something in an attribute that goes.
fn held_values(
    address: &Address,
    column: &Address,
    name: &Name,
    cx: &Context<'_>,
) -> Option<Question> {
    let [from, value] = values(address, column, name, cx)?;
    let sql = Sql::new("SELECT count(*) FROM").join(&from).push("WHERE");
    let sql = sql.join(&value).is_not_null(true);
    let what = [
        "value of an attribute that goes is lost",
        "values of an attribute that goes are lost",
    ];
    Some(Question {
        hazard: Hazard::LosesData,
        ..Question::new(column, sql, what)
    })
}

/// Asks which rows hold an array of several dimensions: its values are converted one by one, as those of one with one.
fn flattened(column: &Address, cx: &Context<'_>) -> Option<Question> {
    let there = cx.level.moves.carry_back(column);
    let Some(Object::Column(own)) = cx.level.before.objects.get(&there) else {
        return None;
    };
    if !own.type_name.sql().ends_with("[]") {
        return None;
    }
    let sql = Sql::new("SELECT count(*) FROM").path(&there.table());
    let sql = sql.push("WHERE array_ndims(").glue("").name(there.name());
    let what = [
        "array of several dimensions loses its values",
        "arrays of several dimensions lose their values",
    ];
    Some(Question {
        hazard: Hazard::LosesData,
        ..Question::new(column, sql.glue(") > 1"), what)
    })
}

/// Asks whether another type takes every value, and which ones it makes others of.
fn fits(
    address: &Address,
    column: &Address,
    name: &Name,
    to: &Expression,
    cx: &Context<'_>,
) -> Vec<Question> {
    let Some([from, value]) = values(address, column, name, cx).filter(|_| is_known(to, cx)) else {
        return Vec::new();
    };
    let converted = value.clone().glue("::").glued_text(to);
    let taken = Sql::new("SELECT 0 * count(").glue("").join(&converted);
    let taken = taken.glue(") FROM").join(&from);
    let kept = Sql::new("SELECT count(*) FROM").join(&from);
    let kept = kept.push("WHERE (").glue("").join(&converted);
    let kept = kept
        .glue(")::text IS DISTINCT FROM")
        .join(&value)
        .glue("::text");
    let what = [
        "value changes with the type of its attribute",
        "values change with the type of their attribute",
    ];
    vec![
        Question {
            refused: "a value is none of the attribute's other type",
            ..Question::new(column, taken, what)
        },
        Question {
            hazard: Hazard::LosesData,
            ..Question::new(column, kept, what)
        },
    ]
}
