//! What is asked of live rows before a range type becomes another one.

use super::composite::columns;
use super::preflight::Question;
use crate::diff::Change;
use crate::model::{Address, Alteration, Object};
use crate::plan::{Context, Hazard};
use crate::sql::Sql;

/// Makes the questions about one change: which rows hold ranges whose bounds are read as others. None can be tried, as the other type
/// is not there yet.
pub(super) fn questions(address: &Address, change: &Change, cx: &Context<'_>) -> Vec<Question> {
    let Change::Alter(Alteration::Range(_)) = change else {
        return Vec::new();
    };
    let sides = [&cx.level.current, &cx.level.desired].map(|side| side.objects.get(address));
    let [Some(Object::Range(from)), Some(Object::Range(to))] = sides else {
        return Vec::new();
    };
    if from.has_the_same_bounds(to) {
        return Vec::new();
    }
    let all = columns(address, cx).into_iter().map(|column| {
        let there = cx.level.moves.carry_back(&column);
        let sql = Sql::new("SELECT count(*) FROM").path(&there.table());
        let sql = sql.push("WHERE").name(there.name()).push("IS NOT NULL");
        let what = [
            "value is read as one of the other type: its bounds may become others, and one that is none stops the plan",
            "values are read as such of the other type: their bounds may become others, and one that is none stops the plan",
        ];
        Question {
            hazard: Hazard::LosesData,
            ..Question::new(&column, sql, what)
        }
    });
    all.collect()
}
