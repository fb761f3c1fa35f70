//! Rows that would violate what is to come, asked of the live server before anything is changed.
//!
//! Every question is bounded; what cannot be answered in time, or speaks of what is not there yet, is left to the plan.

use super::{PipelineError, Project, conversion};
use crate::catalog::{self, Counted};
use crate::diff::{Change, Changes};
use crate::model::{
    Address, Alteration, ForeignKeyAlteration, Kind, Name, NotNullAlteration, Object, PrimaryKey,
    PrimaryKeyAlteration, Unique, Validity,
};
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
            let own = question(address, change, cx);
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

fn question(address: &Address, change: &Change, cx: &Context<'_>) -> Option<Question> {
    if !address.kind().is_part_of_table() {
        return None;
    }
    let (level, table) = (cx.level, address.table());
    let before = level.moves.carry_back(&table);
    let is_there =
        level.current.objects.contains_key(&table) && level.before.objects.contains_key(&before);
    if !is_there || !enforces(change) {
        return None;
    }
    // Columns that hold values on the live server.
    let stood = |columns: &[Name]| {
        columns.iter().all(|column| {
            let own = table.part(Kind::Column, column);
            let there = level.moves.carry_back(&own);
            level.current.objects.contains_key(&own) && there.table() == before
        })
    };
    let (rows, lookup) = conversion::rows_to_be(&before, &table, cx);
    let ask = |sql: Sql, what: [&'static str; 2]| {
        Some(Question {
            lookup: lookup.clone(),
            ..Question::new(address, sql, what)
        })
    };
    let count = || Sql::new("SELECT count(*) FROM").join(&rows);
    // A label that comes with this plan is none yet.
    let speaks_of_labels = || {
        let changes = |own: &&Address| {
            let sides = [&level.current, &level.desired].map(|side| side.objects.get(*own));
            own.kind() == Kind::Enum && sides[0] != sides[1]
        };
        level
            .desired
            .needs_of(address)
            .iter()
            .any(|own| changes(&own))
    };
    match level.desired.objects.get(address)? {
        Object::Check(own) if own.validity == Validity::Valid && !speaks_of_labels() => ask(
            count().push("WHERE NOT").expression(&own.expression),
            ["row violates the check", "rows violate the check"],
        ),
        Object::NotNull(own) if own.validity == Validity::Valid => {
            let column = address.name();
            let filled = level.intent.backfill.contains_key(&address.column())
                || level
                    .desired
                    .objects
                    .contains_key(&address.with_kind(Kind::Default));
            if filled || !stood(std::slice::from_ref(column)) {
                return None;
            }
            ask(
                count().push("WHERE").name(column).push("IS NULL"),
                [
                    "row holds NULL there, and nothing fills it",
                    "rows hold NULL there, and nothing fills them",
                ],
            )
        }
        Object::ForeignKey(own) if own.validity == Validity::Valid && !own.period => {
            if !stood(&own.columns) {
                return None;
            }
            let other = own.referenced_table();
            let referenced = level.moves.carry_back(&other);
            let mut sql = Sql::new("SELECT count(*) FROM (SELECT * FROM")
                .join(&rows)
                .glue(") AS t WHERE true");
            for column in &own.columns {
                sql = sql.push("AND t.").glued_name(column).push("IS NOT NULL");
            }
            // A table that comes with this plan holds no row to refer to; one of an extension is in no state.
            let is_known = level.before.objects.contains_key(&referenced);
            let comes = level.desired.objects.contains_key(&other) && !is_known;
            let to = if is_known {
                conversion::rows_to_be(&referenced, &other, cx).0
            } else {
                Sql::new("ONLY").path(&referenced)
            };
            if !comes {
                sql = sql
                    .push("AND NOT EXISTS (SELECT FROM (SELECT * FROM")
                    .join(&to)
                    .glue(") AS r WHERE true");
                for (column, there) in own.columns.iter().zip(&own.referenced_columns) {
                    sql = sql
                        .push("AND r.")
                        .glued_name(there)
                        .push("= t.")
                        .glued_name(column);
                }
                sql = sql.glue(")");
            }
            ask(sql, ["row refers to nothing", "rows refer to nothing"])
        }
        Object::Unique(Unique {
            columns,
            without_overlaps: true,
            ..
        })
        | Object::PrimaryKey(PrimaryKey {
            columns,
            without_overlaps: true,
            ..
        }) if stood(columns) => ask(
            alike(&rows, &overlapping(columns), None),
            ["row overlaps another one", "rows overlap others"],
        ),
        Object::Exclusion(own) => {
            let elements = own.elements.iter().zip(&own.operators);
            let elements: Vec<(Sql, Sql)> = elements
                .map(|(element, operator)| {
                    let operator = Sql::empty().verbatim(operator);
                    (Sql::empty().verbatim(element), operator)
                })
                .collect();
            let predicate = own.predicate.as_ref();
            let predicate = predicate.map(|own| Sql::empty().expression(own));
            ask(
                alike(&rows, &elements, predicate),
                ["row excludes another one", "rows exclude each other"],
            )
        }
        Object::Unique(own) if stood(&own.columns) => ask(
            duplicates(&rows, &own.columns, own.nulls_not_distinct),
            ["value stands more than once", "values stand more than once"],
        ),
        Object::PrimaryKey(own) if stood(&own.columns) => ask(
            duplicates(&rows, &own.columns, false),
            ["key stands more than once", "keys stand more than once"],
        ),
        Object::Schema(_)
        | Object::Extension(_)
        | Object::Enum(_)
        | Object::Sequence(_)
        | Object::Function(_)
        | Object::Table(_)
        | Object::Column(_)
        | Object::OwnedBy(_)
        | Object::Default(_)
        | Object::NotNull(_)
        | Object::Identity(_)
        | Object::PrimaryKey(_)
        | Object::Unique(_)
        | Object::Check(_)
        | Object::Index(_)
        | Object::ForeignKey(_)
        | Object::Parameters(_)
        | Object::ColumnSettings(_)
        | Object::ReplicaIdentity(_)
        | Object::ClusteredOn(_)
        | Object::View(_)
        | Object::Trigger(_)
        | Object::Owner(_)
        | Object::Grant(_)
        | Object::Comment(_) => None,
    }
}

/// Says whether existing rows are looked at when a constraint comes, is made again or is validated.
fn enforces(change: &Change) -> bool {
    match change {
        Change::Create => true,
        Change::Drop => false,
        Change::Alter(alteration) => matches!(
            alteration,
            Alteration::Check(_)
                | Alteration::Unique(_)
                | Alteration::Exclusion(_)
                | Alteration::PrimaryKey(PrimaryKeyAlteration::Definition)
                | Alteration::ForeignKey(
                    ForeignKeyAlteration::Definition | ForeignKeyAlteration::Validate
                )
                | Alteration::NotNull(NotNullAlteration::Validity(_))
        ),
    }
}

/// The columns of a temporal key with their operators: the last one is a range.
fn overlapping(columns: &[Name]) -> Vec<(Sql, Sql)> {
    let last = columns.len().saturating_sub(1);
    let operator = |at: usize| Sql::new(if at == last { "&&" } else { "=" });
    let columns = columns.iter().enumerate();
    columns
        .map(|(at, column)| (Sql::empty().name(column), operator(at)))
        .collect()
}

/// Counts the rows for which there is another one that is alike by every operator.
fn alike(rows: &Sql, elements: &[(Sql, Sql)], predicate: Option<Sql>) -> Sql {
    let value = |at: usize| Name::new(format!("_reconcile_tmp_{at}"));
    let row = value(elements.len());
    let mut columns: Vec<Sql> = elements
        .iter()
        .enumerate()
        .map(|(at, (element, _))| element.clone().push("AS").name(&value(at)))
        .collect();
    columns.push(Sql::new("row_number() OVER () AS").name(&row));
    let mut sql = Sql::new("WITH numbered AS (SELECT")
        .separated(&columns, ", ")
        .push("FROM")
        .join(rows);
    if let Some(predicate) = predicate {
        sql = sql.push("WHERE").join(&predicate);
    }
    let mut sql = sql
        .glue(")")
        .push("SELECT count(*) FROM numbered AS a WHERE EXISTS (SELECT FROM numbered AS b WHERE a.")
        .glued_name(&row)
        .push("<> b.")
        .glued_name(&row);
    for (at, (_, operator)) in elements.iter().enumerate() {
        sql = sql
            .push("AND a.")
            .glued_name(&value(at))
            .join(operator)
            .push("b.")
            .glued_name(&value(at));
    }
    sql.glue(")")
}

/// Counts the values that stand more than once.
fn duplicates(rows: &Sql, columns: &[Name], nulls_are_equal: bool) -> Sql {
    let names: Vec<Sql> = columns.iter().map(|own| Sql::empty().name(own)).collect();
    let mut sql = Sql::new("SELECT count(*) FROM (SELECT FROM")
        .join(rows)
        .push("WHERE true");
    if !nulls_are_equal {
        for name in &names {
            sql = sql.push("AND").join(name).push("IS NOT NULL");
        }
    }
    sql.push("GROUP BY")
        .separated(&names, ", ")
        .push("HAVING count(*) > 1) AS twice")
}
