//! Attributes that change their order, or their types while columns are made of them: another type takes the name, the columns
//! are converted attribute by attribute, the former type goes.
//! <https://www.postgresql.org/docs/current/sql-altertype.html>

use super::another_type::{aside, columns, nothing_is_made_of, said_again};
use super::{Claim, Context};
use crate::ddl;
use crate::diff::{Change, Changes};
use crate::model::{
    Address, Alteration, Attribute, Composite, CompositeAlteration, Expression, Kind, Object,
    Text as _,
};
use crate::plan::refusal::PlanError;
use crate::plan::step::{Phase, Reversal, Step};
use crate::sql::Sql;

pub(super) fn rewrite(changes: &Changes, cx: &Context<'_>) -> Result<Vec<Claim>, PlanError> {
    let mut claims = Vec::new();
    for (id, change) in &changes.0 {
        let address = &id.0;
        let (
            Change::Alter(Alteration::Composite(alteration)),
            Some(Object::Composite(own)),
            Some(Object::Composite(former)),
        ) = (
            change,
            cx.level.desired.objects.get(address),
            cx.level.current.objects.get(address),
        )
        else {
            continue;
        };
        match alteration {
            CompositeAlteration::Attributes => {
                claims.push(another(changes, cx, address, former, own)?);
            }
            // What columns hold of it is given up, and no way back brings it again.
            CompositeAlteration::Drop(name) => {
                let statement = ddl::composite::drop_attribute(address, name);
                let why = format!("attribute {name} of {address} is no longer declared");
                let step = Step::run(address, statement, why)
                    .altering(address, "attributes")
                    .phase(Phase::Contract)
                    .reversal(Reversal::Shape);
                let columns = columns(cx, address);
                let step = columns
                    .iter()
                    .fold(step, |step, column| step.altering(column, "attributes"));
                claims.push(Claim::of(vec![id.clone()]).together([step]));
            }
            CompositeAlteration::Add(_) | CompositeAlteration::Retype(_) => {}
        }
    }
    Ok(claims)
}

/// Makes another type of the same name, converts the columns to it, and drops the former one.
fn another(
    changes: &Changes,
    cx: &Context<'_>,
    address: &Address,
    former: &Composite<Expression>,
    own: &Composite<Expression>,
) -> Result<Claim, PlanError> {
    let level = cx.level;
    nothing_is_made_of(cx, address)?;
    let aside = aside(address);
    let contract = |step: Step| step.phase(Phase::Contract);
    let mut steps = vec![
        contract(
            Step::run(
                address,
                ddl::types::rename(address, &aside),
                "makes room for the type with other attributes",
            )
            .altering(address, "name"),
        ),
        contract(
            Step::run(
                address,
                ddl::composite::create(address, own).making_again(),
                format!("the attributes of {address} change"),
            )
            .altering(address, "attributes"),
        ),
    ];
    let held = address.renamed(aside.clone());
    let function = [address.schema_name().clone(), aside];
    let mut has_function = false;
    for column in columns(cx, address) {
        let Some(Object::Column(of)) = level.desired.objects.get(&column) else {
            continue;
        };
        if changes.drops(&column) {
            continue;
        }
        let is_array = of.type_name.sql().ends_with("[]");
        let value = Sql::empty().name(column.name());
        let using = if is_array {
            Sql::empty()
                .names_dotted(&function)
                .glue("(")
                .glue("")
                .join(&value)
                .glue(")")
        } else {
            converted(&value, &of.type_name, former, own)
        };
        if is_array && !has_function {
            has_function = true;
            let to = Expression::new(of.type_name.sql().trim_end_matches("[]"));
            let element = Sql::new("$1[n]");
            let body = converted(&element, &to, former, own);
            let statement = ddl::composite::create_conversion(&function, &held, address, &body);
            let why = "converts the values of an array one by one";
            steps.push(contract(Step::run(address, statement, why)));
        }
        let statement = ddl::table::alter_type(&column, of, cx.of_values(&column, using));
        let why = format!("the values of {column} are converted attribute by attribute");
        let step = Step::run(&column, statement, why);
        let step = step.altering(&column, "type").reversal(Reversal::Shape);
        steps.push(contract(step));
    }
    let mut takes: Vec<_> = changes.at(address).map(|(id, _)| id.clone()).collect();
    let (said, again) = said_again(changes, cx, address);
    takes.extend(said);
    steps.extend(again);
    // A comment on an attribute that goes went with the former type.
    let gone = level.current.objects.keys().filter(|own| {
        own.kind() == Kind::Comment
            && own.attached_to().as_ref() == Some(address)
            && !level.desired.objects.contains_key(*own)
    });
    for own in gone {
        takes.extend(changes.at(own).map(|(id, _)| id.clone()));
    }
    if has_function {
        let statement = ddl::composite::drop_conversion(&function, &held);
        let why = "the function has done its work";
        steps.push(contract(Step::run(address, statement, why)));
    }
    let former = held;
    steps.push(contract(Step::run(
        address,
        ddl::types::drop(&former),
        "nothing uses the former type any more",
    )));
    Ok(Claim::of(takes).together(steps))
}

/// Says how a value becomes one of the other type, attribute by attribute.
fn converted(
    value: &Sql,
    to: &Expression,
    former: &Composite<Expression>,
    own: &Composite<Expression>,
) -> Sql {
    let attribute = |wanted: &Attribute<Expression>| match former.attribute(&wanted.name) {
        Some(held) => {
            let there = Sql::new("(").glue("").join(value).glue(").");
            let there = there.glued_name(&wanted.name);
            if held.type_name == wanted.type_name {
                there
            } else {
                there.glue("::").glued_text(&wanted.type_name)
            }
        }
        None => Sql::new("NULL"),
    };
    let all: Vec<Sql> = own.attributes.iter().map(attribute).collect();
    // A value whose attributes are all NULL is another one than NULL.
    let row = Sql::new("CASE WHEN num_nulls(")
        .glue("")
        .join(value)
        .glue(") = 0 THEN ROW(")
        .glue("")
        .separated(&all, ", ")
        .glue(")::")
        .glued_text(to);
    row.push("END")
}
