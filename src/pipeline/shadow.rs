//! Columns that become ones of another type by a column beside them: what has to be known before the way back.

use super::preflight::Question;
use crate::model::{Address, Kind, Moves, Read, Why};
use crate::plan::{Context, Decision, Hazard};
use crate::sql::Sql;

/// Asks which values of a column the former one, which is kept in step, could not take.
pub(super) fn questions(cx: &Context<'_>) -> Vec<Question> {
    let level = cx.level;
    let columns = level.shadows.keys();
    let questions = columns.filter_map(|column| {
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
        Some(if is_needed {
            own
        } else {
            Question {
                hazard: Hazard::LosesData,
                unanswered: Some(
                    "whether every value goes back to the former type could not be counted",
                ),
                ..own
            }
        })
    });
    questions.collect()
}

/// Says whether every former column of a plan is still kept in step: what clients have written since is there too.
pub(super) fn all_kept(decision: &Decision, read: &Read) -> bool {
    let columns = decision.shadows.keys();
    let mut places = columns.flat_map(|column| places(column, &decision.moves));
    places.all(|own| read.in_step.contains_key(&own))
}

/// Returns where a column was set aside by moves.
fn places(column: &Address, moves: &Moves) -> Vec<Address> {
    let all = moves.0.iter();
    let own = all.filter(|own| own.why == Why::Retired && own.from == *column);
    own.map(|own| moves.end_of(own)).collect()
}
