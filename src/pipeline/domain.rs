//! What is asked of live rows before a domain asks more of its values, or a column gets a domain for a type.

use super::conversion::{self, Whose};
use super::preflight::Question;
use super::rows_to_be::rows_to_be;
use crate::diff::Change;
use crate::model::{
    Address, Alteration, Column, ColumnAlteration, Conversion, Domain, DomainAlteration,
    DomainCheck, Expression, Kind, Name, Object, Text as _, Validity, Written,
};
use crate::plan::{Context, Hazard};
use crate::sql::Sql;

/// Returns the type that values of a domain are of, where the type is one of the desired side's; else the type itself.
pub(super) fn base_of(type_name: &Expression, cx: &Context<'_>) -> Expression {
    let spelled = type_name.sql();
    let (element, array) = match spelled.strip_suffix("[]") {
        Some(element) => (element, "[]"),
        None => (spelled, ""),
    };
    match of_type(element, cx) {
        Some((_, own)) => {
            let base = base_of(&own.type_name, cx);
            Expression::new([base.sql(), array].concat())
        }
        None => type_name.clone(),
    }
}

/// Returns what the domain of a column gives to rows for which nothing else says a value.
pub(super) fn default_of(column: &Column<Expression>, cx: &Context<'_>) -> Option<Written> {
    let (_, own) = of_type(column.type_name.sql(), cx)?;
    own.default.as_ref().map(Written::from)
}

/// Finds the domain of the desired side that a type is.
fn of_type<'a>(spelled: &str, cx: &'a Context<'_>) -> Option<(Address, &'a Domain<Expression>)> {
    let path = Name::split_reference(spelled).filter(|own| own.len() == 2)?;
    let address = Address::new(Kind::Domain, path);
    let Object::Domain(own) = cx.level.desired.objects.get(&address)? else {
        return None;
    };
    Some((address, own))
}

/// Makes the questions about one change, each to be asked where the one before found nothing.
pub(super) fn questions(address: &Address, change: &Change, cx: &Context<'_>) -> Vec<Question> {
    let level = cx.level;
    match (change, level.desired.objects.get(address)) {
        (
            Change::Create | Change::Alter(Alteration::DomainCheck(_)),
            Some(Object::DomainCheck(own)),
        ) if own.validity == Validity::Valid => {
            let columns = columns_of(&address.domain(), cx);
            let own = columns
                .iter()
                .filter_map(|column| asked_of(column, address, own, cx));
            own.collect()
        }
        (
            Change::Alter(Alteration::Domain(DomainAlteration::NotNull(true))),
            Some(Object::Domain(_)),
        ) => {
            let columns = columns_of(address, cx);
            let own = columns.iter().filter_map(|column| null_in(column, cx));
            own.collect()
        }
        (Change::Alter(Alteration::Domain(DomainAlteration::Type)), Some(Object::Domain(own))) => {
            let columns = columns_of(address, cx);
            let own = columns.iter().flat_map(|column| {
                let fits = fits(column, address, &own.type_name, cx);
                fits.into_iter().chain(every_check(column, cx))
            });
            own.collect()
        }
        (
            Change::Create | Change::Alter(Alteration::Column(ColumnAlteration::Type { .. })),
            Some(Object::Column(_)),
        ) => every_check(address, cx),
        _ => Vec::new(),
    }
}

/// Asks whether another base type takes every value, and which ones it has no room for or makes others of.
fn fits(column: &Address, domain: &Address, to: &Expression, cx: &Context<'_>) -> Vec<Question> {
    let Some(tried) = cx.level.tried.get(domain) else {
        return Vec::new();
    };
    let value = Sql::empty().name(column.name());
    let through = match tried.conversion {
        Conversion::ThroughText => "::text::",
        Conversion::Assignment | Conversion::Cast => "::",
        Conversion::None => return Vec::new(),
    };
    let converted = value.clone().glue(through).glued_text(&base_of(to, cx));
    let taken = ask(column, cx, |rows| {
        let sql = Sql::new("SELECT 0 * count(").glue("").join(&converted);
        sql.glue(") FROM").join(rows)
    });
    let kept = ask(column, cx, |rows| {
        Sql::new("SELECT count(*) FROM")
            .join(rows)
            .push("WHERE (")
            .glue("")
            .join(&converted)
            .glue(")::text IS DISTINCT FROM")
            .join(&value)
            .glue("::text")
    });
    let refuses = tried.conversion == Conversion::Assignment && conversion::is_limited(to);
    let (hazard, what) = if refuses {
        let what = ["value does not fit", "values do not fit"];
        (Hazard::FailsOnRows, what)
    } else {
        let what = [
            "value changes with the type of its domain",
            "values change with the type of their domain",
        ];
        (Hazard::LosesData, what)
    };
    let taken = taken.map(|question| Question {
        refused: "a value is none of the domain's other type",
        ..question
    });
    let kept = kept.map(|question| Question {
        hazard,
        what,
        ..question
    });
    taken.into_iter().chain(kept).collect()
}

/// Returns the columns whose type is the domain itself.
fn columns_of(domain: &Address, cx: &Context<'_>) -> Vec<Address> {
    let needed_by = cx.level.desired.needed_by();
    let dependents = needed_by.get(domain).into_iter().flatten();
    dependents
        .filter(|own| !cx.level.desired.is_foreign(&own.table()))
        .filter(|own| match cx.level.desired.objects.get(*own) {
            Some(Object::Column(column)) => {
                of_type(column.type_name.sql(), cx).is_some_and(|(of, _)| of == *domain)
            }
            _ => false,
        })
        .cloned()
        .collect()
}

/// Asks about everything that the domain of a column asks of its values, and the domains that it is made of.
fn every_check(column: &Address, cx: &Context<'_>) -> Vec<Question> {
    let mut questions = Vec::new();
    let Some(Object::Column(own)) = cx.level.desired.objects.get(column) else {
        return questions;
    };
    let mut spelled = own.type_name.sql();
    while let Some((domain, own)) = of_type(spelled, cx) {
        if own.not_null {
            questions.extend(null_in(column, cx));
        }
        for (address, object) in cx.level.desired.below(&domain) {
            if let Object::DomainCheck(check) = object {
                questions.extend(asked_of(column, address, check, cx));
            }
        }
        spelled = own.type_name.sql();
    }
    questions
}

/// Asks which rows hold a value that a check refuses. A column called `value` is what its text speaks of.
fn asked_of(
    column: &Address,
    address: &Address,
    check: &DomainCheck<Expression>,
    cx: &Context<'_>,
) -> Option<Question> {
    let level = cx.level;
    let changes = |own: &&Address| {
        let sides = [&level.current, &level.desired].map(|side| side.objects.get(*own));
        own.kind() == Kind::Function && sides[0] != sides[1]
    };
    if level
        .desired
        .needs_of(address)
        .iter()
        .any(|own| changes(&own))
    {
        return None;
    }
    let Some(Object::Column(own)) = level.desired.objects.get(column) else {
        return None;
    };
    let value = Sql::empty().name(column.name()).glue("::");
    let value = value.glued_text(&base_of(&own.type_name, cx));
    ask(column, cx, |rows| {
        Sql::new("SELECT count(*) FROM (SELECT")
            .join(&value)
            .push("AS value FROM")
            .join(rows)
            .glue(") AS v WHERE NOT")
            .expression(&check.expression)
    })
}

fn null_in(column: &Address, cx: &Context<'_>) -> Option<Question> {
    let question = ask(column, cx, |rows| {
        let sql = Sql::new("SELECT count(*) FROM").join(rows);
        sql.push("WHERE").name(column.name()).is_null(true)
    })?;
    let what = [
        "row holds NULL there, which its domain refuses",
        "rows hold NULL there, which their domain refuses",
    ];
    Some(Question { what, ..question })
}

fn ask(column: &Address, cx: &Context<'_>, sql: impl Fn(&Sql) -> Sql) -> Option<Question> {
    let table = column.table();
    let before = cx.level.moves.carry_back(&table);
    if cx.is_new(&table) || !cx.level.before.objects.contains_key(&before) {
        return None;
    }
    let (rows, lookup) = rows_to_be(&before, &table, Whose::All, cx);
    let what = [
        "row holds a value that its domain refuses",
        "rows hold values that their domain refuses",
    ];
    Some(Question {
        lookup,
        ..Question::new(column, sql(&rows), what)
    })
}
