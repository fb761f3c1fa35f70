//! Rows that would violate what is to come, asked of the live server before anything is changed.
//!
//! Every question is bounded; what cannot be answered in time, or speaks of what is not there yet, is left to the plan.

use super::{PipelineError, Project, conversion};
use crate::catalog::{self, Counted};
use crate::diff::{Change, Changes};
use crate::model::{Address, Kind, Name, Object, PrimaryKey, Unique, Validity};
use crate::plan::{Context, Finding, Hazard};
use crate::sql::Sql;

/// One question to the live server.
pub(super) struct Question {
    pub(super) address: Address,
    /// What such rows mean.
    pub(super) hazard: Hazard,
    /// Counts the rows that would be refused, or fails where one would.
    pub(super) sql: Sql,
    /// What one such row does, and what many do.
    pub(super) what: [&'static str; 2],
    /// What it means that a row made the question fail.
    pub(super) refused: &'static str,
    /// What it means that there was no answer in time, where that is to be told.
    pub(super) unanswered: Option<&'static str>,
    /// Where the names in a text from a person are looked up.
    pub(super) lookup: Vec<Name>,
}

impl Question {
    pub(super) fn new(address: &Address, sql: Sql, what: [&'static str; 2]) -> Self {
        Self {
            address: address.clone(),
            hazard: Hazard::FailsOnRows,
            sql,
            what,
            refused: "a row cannot be converted",
            unanswered: None,
            lookup: Vec::new(),
        }
    }
}

/// Asks the live server about every change that rows could refuse.
pub(super) async fn findings(
    project: &Project,
    changes: &Changes,
    cx: &Context<'_>,
) -> Result<Vec<Finding>, PipelineError> {
    let questions: Vec<Question> = changes
        .0
        .iter()
        .flat_map(|((address, _), change)| {
            let own = question(address, change, changes, cx);
            own.into_iter()
                .chain(conversion::questions(address, change, cx))
        })
        .collect();
    if questions.is_empty() {
        return Ok(Vec::new());
    }
    let mut connection = project.connect().await?;
    catalog::run(
        &mut connection,
        "SET statement_timeout = '5s'; SET default_transaction_read_only = on",
    )
    .await?;
    let mut found = Vec::new();
    for question in questions {
        if found
            .iter()
            .any(|own: &Finding| own.address == question.address)
        {
            continue;
        }
        let because = match catalog::count(&mut connection, &question.sql, &question.lookup).await?
        {
            Counted::Rows(0) => continue,
            Counted::Unanswered => match question.unanswered {
                Some(own) => own.to_owned(),
                None => continue,
            },
            Counted::Rows(1) => format!("1 {}", question.what[0]),
            Counted::Rows(number) => format!("{number} {}", question.what[1]),
            Counted::Refused(reason) => format!("{}: {reason}", question.refused),
        };
        found.push(Finding {
            hazard: question.hazard,
            address: question.address,
            because,
            stops: true,
        });
    }
    Ok(found)
}

fn question(
    address: &Address,
    change: &Change,
    changes: &Changes,
    cx: &Context<'_>,
) -> Option<Question> {
    if !address.kind().is_part_of_table() {
        return None;
    }
    let (level, table) = (cx.level, address.table());
    let before = level.moves.carry_back(&table);
    // The name that a column has on the live server, where it holds values there.
    let stood = |column: &Name| {
        let own = table.part(Kind::Column, column);
        let there = level.moves.carry_back(&own);
        let holds = level.current.objects.contains_key(&own) && there.table() == before;
        holds.then(|| there.name().clone())
    };
    let all_stood = |columns: &[Name]| columns.iter().map(stood).collect::<Option<Vec<Name>>>();
    let is_there =
        level.current.objects.contains_key(&table) && level.before.objects.contains_key(&before);
    if !is_there {
        return None;
    }
    let ask = |sql: Sql, what: [&'static str; 2]| Some(Question::new(address, sql, what));
    let rows = || Sql::new("SELECT count(*) FROM ONLY").path(&before);
    match (change, level.desired.objects.get(address)?) {
        // Made again around a change of its column, it speaks of values that are not there yet.
        (Change::Create, Object::Check(own))
            if own.validity == Validity::Valid && !changes.drops(address) =>
        {
            ask(
                rows().push("WHERE NOT").expression(&own.expression),
                ["row violates the check", "rows violate the check"],
            )
        }
        (Change::Create, Object::NotNull(own)) if own.validity == Validity::Valid => {
            let column = address.name();
            let filled = level.intent.backfill.contains_key(&address.column())
                || level
                    .desired
                    .objects
                    .contains_key(&address.with_kind(Kind::Default));
            stood(column)
                .filter(|_| !filled)
                .map(|there| rows().push("WHERE").name(&there).push("IS NULL"))
                .and_then(|sql| {
                    ask(
                        sql,
                        [
                            "row holds NULL there, and nothing fills it",
                            "rows hold NULL there, and nothing fills them",
                        ],
                    )
                })
        }
        (Change::Create, Object::ForeignKey(own))
            if own.validity == Validity::Valid && !own.period =>
        {
            let columns = all_stood(&own.columns)?;
            let other = own.referenced_table();
            let referenced = level.moves.carry_back(&other);
            let mut sql = rows().push("AS t WHERE true");
            for column in &columns {
                sql = sql.push("AND t.").glued_name(column).push("IS NOT NULL");
            }
            // A table that comes with this plan holds no row to refer to; one of an extension is in no state.
            let comes = level.desired.objects.contains_key(&other)
                && !level.before.objects.contains_key(&referenced);
            if !comes {
                sql = sql
                    .push("AND NOT EXISTS (SELECT FROM")
                    .path(&referenced)
                    .push("AS r WHERE true");
                for (column, there) in columns.iter().zip(&own.referenced_columns) {
                    let there = level.moves.carry_back(&other.part(Kind::Column, there));
                    sql = sql
                        .push("AND r.")
                        .glued_name(there.name())
                        .push("= t.")
                        .glued_name(column);
                }
                sql = sql.glue(")");
            }
            ask(sql, ["row refers to nothing", "rows refer to nothing"])
        }
        (
            Change::Create,
            Object::Unique(Unique {
                columns,
                without_overlaps: true,
                ..
            })
            | Object::PrimaryKey(PrimaryKey {
                columns,
                without_overlaps: true,
                ..
            }),
        ) => ask(
            overlaps(&before, &all_stood(columns)?),
            ["row overlaps another one", "rows overlap others"],
        ),
        (Change::Create, Object::Unique(own)) => {
            duplicates(&before, &all_stood(&own.columns)?, own.nulls_not_distinct).and_then(|sql| {
                ask(
                    sql,
                    ["value stands more than once", "values stand more than once"],
                )
            })
        }
        (Change::Create, Object::PrimaryKey(own)) => {
            duplicates(&before, &all_stood(&own.columns)?, false).and_then(|sql| {
                ask(
                    sql,
                    ["key stands more than once", "keys stand more than once"],
                )
            })
        }
        _ => None,
    }
}

/// Counts the rows whose range overlaps that of another row with the same key.
fn overlaps(table: &Address, columns: &[Name]) -> Sql {
    let mut sql = Sql::new("SELECT count(*) FROM ONLY")
        .path(table)
        .push("AS a WHERE EXISTS (SELECT FROM ONLY")
        .path(table)
        .push("AS b WHERE a.ctid <> b.ctid");
    for (at, column) in columns.iter().enumerate() {
        let operator = if at + 1 == columns.len() { "&&" } else { "=" };
        sql = sql
            .push("AND a.")
            .glued_name(column)
            .push(operator)
            .push("b.")
            .glued_name(column);
    }
    sql.glue(")")
}

/// Counts the values that stand more than once.
fn duplicates(table: &Address, columns: &[Name], nulls_are_equal: bool) -> Option<Sql> {
    let names: Vec<Sql> = columns.iter().map(|own| Sql::empty().name(own)).collect();
    let mut sql = Sql::new("SELECT count(*) FROM (SELECT FROM ONLY")
        .path(table)
        .push("WHERE true");
    if !nulls_are_equal {
        for name in &names {
            sql = sql.push("AND").join(name).push("IS NOT NULL");
        }
    }
    Some(
        sql.push("GROUP BY")
            .separated(&names, ", ")
            .push("HAVING count(*) > 1) AS twice"),
    )
}
