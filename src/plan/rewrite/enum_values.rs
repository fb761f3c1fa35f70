//! Labels that go or change their order: a new type takes the name, the columns are converted through text, the former
//! type goes. <https://www.postgresql.org/docs/current/datatype-enum.html> (Implementation Details)

use super::{Claim, Context};
use crate::ddl;
use crate::diff::{Change, Changes};
use crate::model::{
    Alteration, EnumAlteration, Hash, Kind, Name, Object, TEMPORARY_PREFIX, Text as _,
};
use crate::plan::refusal::PlanError;
use crate::plan::step::{Phase, Reversal, Step};
use crate::sql::Sql;

pub(super) fn rewrite(changes: &Changes, cx: &Context<'_>) -> Result<Vec<Claim>, PlanError> {
    let mut claims = Vec::new();
    for (id, change) in &changes.0 {
        let address = &id.0;
        let (Change::Alter(Alteration::Enum(EnumAlteration::Values)), Some(Object::Enum(own))) =
            (change, cx.level.desired.objects.get(address))
        else {
            continue;
        };
        let hash = Hash::of(address);
        let prefix = [TEMPORARY_PREFIX, hash.short(8), "_"].concat();
        let aside = Name::fitted(&prefix, address.name().as_str());
        let contract = |step: Step| step.phase(Phase::Contract);
        let mut steps = vec![
            contract(
                Step::run(
                    address,
                    ddl::types::rename(address, &aside),
                    "makes room for the type with the new labels",
                )
                .altering(address, "name"),
            ),
            contract(
                Step::run(
                    address,
                    ddl::types::create_enum(address, own),
                    format!("the labels of {address} change"),
                )
                .altering(address, "values"),
            ),
        ];
        let needed_by = cx.level.current.needed_by();
        let columns = needed_by
            .get(address)
            .into_iter()
            .flatten()
            .filter(|own| own.kind() == Kind::Column);
        for column in columns {
            let Some(Object::Column(own)) = cx.level.desired.objects.get(column) else {
                continue;
            };
            if changes.drops(column) {
                continue;
            }
            let through = if own.type_name.sql().ends_with("[]") {
                "::text[]::"
            } else {
                "::text::"
            };
            let using = Sql::empty()
                .name(column.name())
                .glue(through)
                .glued_text(&own.type_name);
            let statement = ddl::table::alter_type(column, own, Some(using));
            steps.push(contract(
                Step::run(
                    column,
                    statement,
                    format!("the values of {column} are converted by their labels"),
                )
                .altering(column, "type")
                .reversal(Reversal::Full),
            ));
        }
        // What is said of the type, and who may do what with it, was said of the former one.
        let attached = cx.level.desired.objects.iter().filter(|(own, _)| {
            let drops = changes.at(own).any(|(_, change)| *change == Change::Drop);
            own.attached_to().as_ref() == Some(address)
                && cx.level.current.objects.contains_key(*own)
                && !drops
        });
        let mut takes = vec![id.clone()];
        for (own, object) in attached {
            takes.extend(changes.at(own).map(|(id, _)| id.clone()));
            let why = format!("{own} is kept");
            steps.push(contract(Step::run(own, ddl::create(own, object), why)));
        }
        let former = address.renamed(aside);
        steps.push(contract(Step::run(
            address,
            ddl::types::drop(&former),
            "nothing uses the former type any more",
        )));
        claims.push(Claim::of(takes).together(steps));
    }
    Ok(claims)
}
