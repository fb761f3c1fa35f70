//! Columns that become ones of another type by a column beside them: what has to be known before the way back.

use std::collections::BTreeMap;

use super::PipelineError;
use super::preflight::Question;
use crate::ddl;
use crate::history::Revision;
use crate::model::{
    Address, Conversion, Expression, Kind, Level, Model, Moves, Object, Read, Retired, Shadow,
    Text as _, Why,
};
use crate::plan::{self, Context, Decision, Hazard};
use crate::sql::Sql;

/// Asks which values of a column the former one, which is kept in step, could not take.
pub(super) fn questions(cx: &Context<'_>) -> Vec<Question> {
    let level = cx.level;
    let questions = level.shadows.iter().filter_map(|(column, shadow)| {
        let moves = &level.moves.0;
        let mut back = moves.iter().filter(|own| own.why == Why::TakenBack);
        let arriving = &back.find(|own| own.to == *column)?.from;
        let sql = Sql::new("SELECT count(*) FROM")
            .path(&arriving.table())
            .push("WHERE")
            .name(arriving.name())
            .is_null(cx.holds_rows(column))
            .push("AND")
            .name(column.name())
            .is_not_null(cx.holds_rows(column));
        let not_null = column.with_kind(Kind::NotNull);
        let is_needed = level.desired.objects.contains_key(&not_null);
        let what = if is_needed {
            [
                "value cannot go back to the former type, which takes no NULL instead",
                "values cannot go back to the former type, which takes no NULL instead",
            ]
        } else {
            [
                "value cannot go back to the former type: it is NULL there",
                "values cannot go back to the former type: they are NULL there",
            ]
        };
        let own = Question::new(column, sql, what);
        let lossy = turned_otherwise(column, arriving, shadow, cx);
        let own = if is_needed {
            own
        } else {
            Question {
                hazard: Hazard::LosesData,
                unanswered: Some(
                    "whether every value goes back to the former type could not be counted",
                ),
                ..own
            }
        };
        Some([Some(own), lossy].into_iter().flatten())
    });
    questions.flatten().collect()
}

/// Asks which values are other ones in the former column: the former type does not hold them whole.
fn turned_otherwise(
    column: &Address,
    arriving: &Address,
    shadow: &Shadow,
    cx: &Context<'_>,
) -> Option<Question> {
    let Some(Object::Column(live)) = cx.level.before.objects.get(column) else {
        return None;
    };
    let kept = Sql::empty().name(arriving.name());
    let plainly = shadow.back.said.is_none() && shadow.back.conversion == Conversion::Assignment;
    let value = if plainly {
        kept.glue("::").glued_text(&live.type_name)
    } else {
        ddl::sync_trigger::turned(&shadow.back, kept, &live.type_name, |said| {
            Sql::new("(SELECT")
                .expression(said)
                .push("FROM (SELECT")
                .name(arriving.name())
                .push("AS")
                .name(column.name())
                .glue(") AS")
                .name(column.table().name())
                .glue(")")
        })
    };
    let sql = Sql::new("SELECT count(*) FROM")
        .path(&arriving.table())
        .push("WHERE")
        .name(arriving.name())
        .is_not_null(cx.holds_rows(column))
        .push("AND (")
        .glue("")
        .join(&value)
        .glue(")::text IS DISTINCT FROM")
        .name(column.name())
        .glue("::text");
    let what = [
        "value is another one in the former type",
        "values are other ones in the former type",
    ];
    let lookup = shadow.back.said.as_ref().map(|own| own.lookup().to_vec());
    Some(Question {
        hazard: Hazard::LosesData,
        refused: "a value of the former column is none of the type",
        unanswered: Some("whether every value is the same in the former type could not be counted"),
        lookup: lookup.unwrap_or_default(),
        // Of the former one: both may have to be told.
        ..Question::new(arriving, sql, what)
    })
}

/// Finds former columns of the wanted types that are kept in step: they take their names back.
pub(super) fn kept(
    shadows: &mut BTreeMap<Address, Shadow>,
    ledger: &[Retired],
    level: &Level,
    read: &Read,
) {
    for (column, shadow) in shadows {
        let mut rows = ledger.iter().rev().filter(|row| row.was == *column);
        let wanted = level.desired.objects.get(column);
        let found = rows.find(|row| {
            read.model.objects.get(&row.place) == wanted && is_trusted(&row.place, read)
        });
        shadow.kept = found.map(|row| row.place.clone());
    }
}

/// Says whether every former column of a plan is still kept in step: what clients have written since is there too.
pub(super) fn all_kept(decision: &Decision, read: &Read) -> bool {
    let columns = decision.shadows.keys();
    let mut places = columns.flat_map(|column| places(column, &decision.moves));
    places.all(|own| is_trusted(&own, read))
}

/// Says whether a former column holds what clients have written since: nothing has kept its trigger from that, or was there to change
/// a value after it.
pub(super) fn is_trusted(place: &Address, read: &Read) -> bool {
    let is_on = read.in_step.get(place).is_some_and(|own| own.is_on);
    let mut below = read.model.objects.iter();
    let table = place.table();
    let meddles = below.any(|(own, object)| {
        own.kind() == Kind::Trigger && own.table() == table && plan::shadow::meddles(object)
    });
    is_on && !meddles
}

/// Returns where a column was set aside by moves.
fn places(column: &Address, moves: &Moves) -> Vec<Address> {
    let all = moves.0.iter();
    let own = all.filter(|own| own.why == Why::Retired && own.from == *column);
    own.map(|own| moves.end_of(own)).collect()
}

/// Refuses to undo several revisions at once where one of them swapped a column: what is between is not carried over.
pub(super) fn one_at_a_time(revisions: &[Revision]) -> Result<(), PipelineError> {
    let mut swapped = revisions.iter().filter_map(|own| {
        let column = own.plan.decision.shadows.keys().next()?;
        Some((own.id, column.clone()))
    });
    match swapped.next() {
        Some((id, column)) if revisions.len() > 1 => Err(PipelineError::NotSwapped {
            column,
            why: format!(
                "revision {id} gave it another type by a column beside it, and other revisions would be undone with it"
            ),
        }),
        Some(_) | None => Ok(()),
    }
}

/// Refuses a way back that would leave behind what others have put on a column, or would take a former one for what it is not.
pub(super) fn may_be_swapped(
    revisions: &[Revision],
    given: &Moves,
    shadows: &BTreeMap<Address, Shadow>,
    now: &Model<Expression>,
) -> Result<(), PipelineError> {
    for revision in revisions {
        let decision = &revision.plan.decision;
        for column in decision.shadows.keys() {
            let places = places(column, &decision.moves);
            let refused = |why: String| {
                let column = column.clone();
                Err(PipelineError::NotSwapped { column, why })
            };
            let mut taken = given.0.iter().filter(|own| own.why == Why::TakenBack);
            if taken.any(|own| places.contains(&own.from) && !shadows.contains_key(&own.to)) {
                return refused("it has another name since, or is set aside".to_owned());
            }
            if !shadows.contains_key(column) {
                continue;
            }
            let known = |own: &Address| match &revision.model_after {
                Some(after) => after.objects.contains_key(own),
                None => true,
            };
            let needed_by = now.needed_by();
            let mut over = needed_by.get(column).into_iter().flatten();
            if let Some(own) = over.find(|own| !known(own)) {
                return refused(format!("{own} has come to stand on it since"));
            }
            let table = column.table();
            let mut below = now.below(&table);
            if let Some((own, _)) = below.find(|(_, object)| plan::shadow::meddles(object)) {
                return refused(format!("{own} may change a value after it is converted"));
            }
        }
    }
    Ok(())
}
