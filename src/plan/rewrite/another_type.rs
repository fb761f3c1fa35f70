//! What cannot become another one in place while columns are made of it: another one takes its name, the columns are converted,
//! the former one goes.

use super::{Claim, Context};
use crate::ddl::{self, Statement};
use crate::diff::{Change, ChangeId, Changes};
use crate::model::{
    Address, Alteration, Column, ColumnAlteration, Expression, Hash, Kind, Name, Object,
    TEMPORARY_PREFIX, Text as _,
};
use crate::plan::refusal::PlanError;
use crate::plan::step::{Phase, Reversal, Step};
use crate::sql::Sql;

/// What takes a name, and what it takes it from.
pub(super) struct Another {
    /// The statements that give the former one another name.
    pub(super) room: Vec<Statement>,
    /// The statement that makes the other one.
    pub(super) create: Statement,
    /// What is different about it.
    pub(super) attribute: &'static str,
    /// What is different about it, as a sentence.
    pub(super) why: String,
    /// The statement that drops the former one under its other name.
    pub(super) drop: Statement,
}

/// How a column is converted.
pub(super) struct Conversion {
    /// The expression; none where the values stay.
    pub(super) using: Option<Sql>,
    pub(super) why: String,
    pub(super) reversal: Reversal,
}

/// Returns the name that the former one has for the moment.
pub(super) fn aside(address: &Address) -> Name {
    let hash = Hash::of(address);
    let prefix = [TEMPORARY_PREFIX, hash.short(8), "_"].concat();
    Name::fitted(&prefix, address.name().as_str())
}

/// Makes the one claim of all of it.
pub(super) fn another(
    changes: &Changes,
    cx: &Context<'_>,
    address: &Address,
    own: Another,
    convert: impl Fn(&Address, &Column<Expression>) -> Conversion,
) -> Claim {
    let mut steps: Vec<Step> = own
        .room
        .into_iter()
        .map(|statement| {
            Step::run(address, statement, "makes room for what takes the name")
                .altering(address, "name")
        })
        .collect();
    let create = own.create.making_again();
    steps.push(Step::run(address, create, own.why).altering(address, own.attribute));
    let mut takes: Vec<ChangeId> = changes.at(address).map(|(id, _)| id.clone()).collect();
    for column in columns(cx, address) {
        let Some(Object::Column(of)) = cx.level.desired.objects.get(&column) else {
            continue;
        };
        if changes.drops(&column) {
            continue;
        }
        let Conversion {
            using,
            why,
            reversal,
        } = convert(&column, of);
        let using = using.and_then(|own| cx.of_values(&column, own));
        let statement = ddl::table::alter_type(&column, of, using);
        let step = Step::run(&column, statement, why).altering(&column, "type");
        steps.push(step.reversal(reversal));
        // Its type may have another name by that.
        let named = changes.at(&column).filter(|(_, change)| {
            matches!(
                change,
                Change::Alter(Alteration::Column(ColumnAlteration::Type { .. }))
            )
        });
        takes.extend(named.map(|(id, _)| id.clone()));
    }
    let (said, again) = said_again(changes, cx, address);
    takes.extend(said);
    steps.extend(again);
    let why = "nothing uses the former one any more";
    steps.push(Step::run(address, own.drop, why));
    let steps = steps.into_iter().map(|step| step.phase(Phase::Contract));
    Claim::of(takes).together(steps)
}

/// Returns the columns that are made of it before and after.
pub(super) fn columns(cx: &Context<'_>, address: &Address) -> Vec<Address> {
    let needed_by = cx.level.current.needed_by();
    let all = needed_by.get(address).into_iter().flatten();
    let stays =
        all.filter(|own| own.kind() == Kind::Column && cx.level.desired.objects.contains_key(*own));
    stays.cloned().collect()
}

/// Makes the steps that say again what is said of it, and who may do what with it: it was said of the former one.
pub(super) fn said_again(
    changes: &Changes,
    cx: &Context<'_>,
    address: &Address,
) -> (Vec<ChangeId>, Vec<Step>) {
    let attached = cx.level.desired.objects.iter().filter(|(own, _)| {
        let drops = changes.at(own).any(|(_, change)| *change == Change::Drop);
        own.attached_to().as_ref() == Some(address)
            && cx.level.current.objects.contains_key(*own)
            && !drops
    });
    let (mut takes, mut steps) = (Vec::new(), Vec::new());
    for (own, object) in attached {
        takes.extend(changes.at(own).map(|(id, _)| id.clone()));
        let why = format!("{own} is kept");
        steps.push(Step::run(own, ddl::create(own, object), why).phase(Phase::Contract));
    }
    (takes, steps)
}

/// Refuses where something else is made of it that would have to become another one as well.
pub(super) fn nothing_is_made_of(cx: &Context<'_>, address: &Address) -> Result<(), PlanError> {
    let needed_by = cx.level.current.needed_by();
    let dependents = needed_by.get(address).into_iter().flatten();
    let mut nested = dependents.filter(|own| own.kind().is_data_type());
    match nested.find(|own| cx.level.desired.objects.contains_key(*own)) {
        Some(user) => Err(PlanError::Nested {
            own: address.clone(),
            user: user.clone(),
        }),
        None => Ok(()),
    }
}

/// Converts what a column holds by what it is written like.
pub(super) fn through_text(column: &Address, of: &Column<Expression>) -> Sql {
    let through = if of.type_name.sql().ends_with("[]") {
        "::text[]::"
    } else {
        "::text::"
    };
    let value = Sql::empty().name(column.name());
    value.glue(through).glued_text(&of.type_name)
}
