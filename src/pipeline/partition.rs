//! Questions about rows that would have to be in another partition.

use super::conversion::Whose;
use super::preflight::Question;
use super::rows_to_be::rows_to_be;
use crate::diff::Change;
use crate::model::{
    Address, Alteration, Bound, Expression, ForeignKey, Kind, Name, Object, TableAlteration,
};
use crate::plan::Context;
use crate::sql::Sql;

/// Asks about a table that becomes a partition whether its rows fit, and about the default partition whether it holds some
/// that would belong there: the server refuses both.
pub(super) fn questions(address: &Address, change: &Change, cx: &Context<'_>) -> Vec<Question> {
    let level = cx.level;
    let Some(Object::Table(own)) = level.desired.objects.get(address) else {
        return Vec::new();
    };
    if let Change::Alter(Alteration::Table(TableAlteration::Detached(parent))) = change {
        return referred_to(address, parent, cx);
    }
    let is_attached = matches!(
        change,
        Change::Alter(Alteration::Table(TableAlteration::Attached))
    );
    let (Some(of), true) = (&own.partition_of, is_attached || *change == Change::Create) else {
        return Vec::new();
    };
    let inherited = level.desired.inherited.get(address);
    let Some(condition) = inherited.and_then(|own| own.condition.as_ref()) else {
        return Vec::new();
    };
    let mut questions = Vec::new();
    if is_attached {
        let what = ["row does not fit its bound", "rows do not fit its bound"];
        questions.extend(rows_where(address, condition, " IS NOT TRUE", cx).map(
            |(sql, lookup)| Question {
                lookup,
                ..Question::new(address, sql, what)
            },
        ));
    }
    let other = level.current.default_partition(&of.parent_address());
    let parent = of.parent_address();
    // One that is detached in this plan is gone by then.
    let stays = |own: &Address| level.desired.partitioned(own).as_ref() == Some(&parent);
    if let Some(other) = other.filter(|own| !matches!(of.bound, Bound::Default) && stays(own)) {
        let what = [
            "row of the default partition belongs there, and has to leave that first",
            "rows of the default partition belong there, and have to leave that first",
        ];
        questions.extend(
            rows_where(&other, condition, "", cx).map(|(sql, lookup)| Question {
                lookup,
                ..Question::new(address, sql, what)
            }),
        );
    }
    questions
}

/// Asks about a partition that leaves whether others refer to its rows through the whole table.
fn referred_to(address: &Address, parent: &Address, cx: &Context<'_>) -> Vec<Question> {
    let level = cx.level;
    let above = |own: &Address| level.current.partitioned(own);
    let above: Vec<Address> = std::iter::successors(Some(parent.clone()), above).collect();
    let mut questions = Vec::new();
    for (key, object) in &level.current.objects {
        let Object::ForeignKey(own) = object else {
            continue;
        };
        // One that goes with this plan goes before.
        let stays = level.desired.objects.contains_key(key);
        if !stays || !above.contains(&own.referenced_table()) {
            continue;
        }
        let names = |table: Address, columns: &[Name]| {
            let columns = columns.iter().map(|own| {
                let before = level.moves.carry_back(&table.part(Kind::Column, own));
                before.name().clone()
            });
            columns.collect::<Vec<Name>>()
        };
        let columns = names(own.referenced_table(), &own.referenced_columns);
        let columns: Vec<Sql> = columns.iter().map(|own| Sql::empty().name(own)).collect();
        let sql = Sql::new("SELECT count(*) FROM")
            .path(&level.moves.carry_back(&key.table()))
            .push("WHERE")
            .name_list(&names(key.table(), &own.columns))
            .push("IN (SELECT")
            .separated(&columns, ", ")
            .push("FROM")
            .path(&level.moves.carry_back(address))
            .glue(")");
        let what = [
            "row of another table refers to one of its rows",
            "rows of other tables refer to its rows",
        ];
        let was = level.moves.carry_back(address);
        questions.push(Question::new(&was, sql, what));
    }
    questions
}

/// The rows that a foreign key may refer to: those of the table, and those of tables that become partitions of it.
pub(super) fn rows_with_attached(before: &Address, key: &ForeignKey, cx: &Context<'_>) -> Sql {
    let level = cx.level;
    let other = key.referenced_table();
    let rows = rows_to_be(before, &other, Whose::Own, cx).0;
    let joins = level
        .desired
        .partitions_of(&other)
        .into_iter()
        .filter(|own| {
            let there = level.moves.carry_back(own);
            level.current.partitioned(own).is_none() && level.before.objects.contains_key(&there)
        });
    let columns = &key.referenced_columns;
    let columns: Vec<Sql> = columns.iter().map(|own| Sql::empty().name(own)).collect();
    let select = |rows: &Sql| {
        let sql = Sql::new("SELECT").separated(&columns, ", ");
        sql.push("FROM").join(rows)
    };
    let more: Vec<Sql> = joins
        .map(|own| select(&rows_to_be(&level.moves.carry_back(&own), &own, Whose::Own, cx).0))
        .collect();
    if more.is_empty() {
        return rows;
    }
    let first = select(&rows);
    let all = [first].into_iter().chain(more).collect::<Vec<Sql>>();
    Sql::new("(")
        .glue("")
        .separated(&all, " UNION ALL ")
        .glue(") AS")
        .name(other.name())
}

/// Counts the rows of a live table that meet a condition, or do not.
fn rows_where(
    table: &Address,
    condition: &Expression,
    turned: &'static str,
    cx: &Context<'_>,
) -> Option<(Sql, Vec<Name>)> {
    let before = cx.level.moves.carry_back(table);
    if !cx.level.before.objects.contains_key(&before) {
        return None;
    }
    let (rows, lookup) = rows_to_be(&before, table, Whose::All, cx);
    let sql = Sql::new("SELECT count(*) FROM")
        .join(&rows)
        .push("WHERE")
        .expression(condition)
        .glue(turned);
    Some((sql, lookup))
}
