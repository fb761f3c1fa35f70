//! Queries that count the rows which a constraint would refuse. `rows` stands for a table as it will be.

use crate::model::{ForeignKey, Match, Name};
use crate::sql::Sql;

/// The columns of a temporal key with their operators: the last one is a range.
pub(super) fn overlapping(columns: &[Name]) -> Vec<(Sql, Sql)> {
    let last = columns.len().saturating_sub(1);
    let operator = |at: usize| Sql::new(if at == last { "&&" } else { "=" });
    let columns = columns.iter().enumerate();
    columns
        .map(|(at, column)| (Sql::empty().name(column), operator(at)))
        .collect()
}

/// Counts the rows for which there is another one that is alike by every operator.
pub(super) fn alike(rows: &Sql, elements: &[(Sql, Sql)], predicate: Option<Sql>) -> Sql {
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

/// Counts nothing, but computes expressions for every row.
pub(super) fn computed(rows: &Sql, elements: &[Sql], predicate: Option<Sql>) -> Sql {
    let counts: Vec<Sql> = elements
        .iter()
        .map(|own| Sql::new("count(").glue("").join(own).glue(")"))
        .collect();
    let sql = Sql::new("SELECT 0 * (").glue("").separated(&counts, " + ");
    let sql = sql.glue(")").push("FROM").join(rows);
    match predicate {
        Some(predicate) => sql.push("WHERE").join(&predicate),
        None => sql,
    }
}

/// Counts the values that stand more than once.
pub(super) fn duplicates(
    rows: &Sql,
    elements: &[Sql],
    nulls_are_equal: bool,
    predicate: Option<Sql>,
) -> Sql {
    let predicate = predicate.unwrap_or_else(|| Sql::new("true"));
    let mut sql = Sql::new("SELECT count(*) FROM (SELECT FROM")
        .join(rows)
        .push("WHERE")
        .join(&predicate);
    if !nulls_are_equal {
        for element in elements {
            sql = sql
                .push("AND (")
                .glue("")
                .join(element)
                .glue(")")
                .is_not_null(true);
        }
    }
    sql.push("GROUP BY")
        .separated(elements, ", ")
        .push("HAVING count(*) > 1) AS twice")
}

/// Counts the rows of which a foreign key would say that they refer to nothing; without rows to refer to, all do that refer.
pub(super) fn refer_to_nothing(rows: &Sql, key: &ForeignKey, to: Option<&Sql>) -> Sql {
    let columns: Vec<Sql> = key
        .columns
        .iter()
        .map(|own| Sql::new("t.").glued_name(own))
        .collect();
    let mut sql = Sql::new("SELECT count(*) FROM (SELECT * FROM")
        .join(rows)
        .glue(") AS t WHERE");
    if key.matching == Match::Full {
        let most = i64::try_from(columns.len()).unwrap_or(i64::MAX) - 1;
        let count = Sql::new("num_nonnulls(").glue("").separated(&columns, ", ");
        sql = sql
            .join(&count.glue(") BETWEEN 1 AND").number(most))
            .push("OR");
    }
    sql = sql.push("(true");
    for column in &columns {
        sql = sql.push("AND").join(column).is_not_null(true);
    }
    if let Some(to) = to {
        sql = sql
            .push("AND NOT EXISTS (SELECT FROM (SELECT * FROM")
            .join(to)
            .glue(") AS r WHERE true");
        for (column, there) in columns.iter().zip(&key.referenced_columns) {
            sql = sql.push("AND r.").glued_name(there).push("=").join(column);
        }
        sql = sql.glue(")");
    }
    sql.glue(")")
}
