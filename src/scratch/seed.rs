//! Rows for rehearsal: a few in every table, and the proof that each value came back into its column.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::{AssertSqlSafe, PgConnection, Row};

use super::ScratchError;
use crate::catalog::describe;
use crate::model::{Address, Expression, ForeignKey, Kind, Model, Name, Object, Text as _};
use crate::sql::Sql;

/// Rows that are tried for in every table.
const ROWS: usize = 3;
/// How many combinations of values a table is tried with before it is left empty.
const TRIES: usize = 24;
/// Texts that some type or other takes as input.
const CANDIDATES: [&str; 40] = [
    "1",
    "2",
    "3",
    "10",
    "7.5",
    "0.25",
    "a",
    "b",
    "c",
    "pending",
    "x@example.org",
    "y@example.org",
    "true",
    "false",
    "2020-02-29",
    "2021-03-28 01:30:00",
    "1999-12-31 23:59:59.5",
    "01:02:03",
    "1 day",
    "2 hours",
    "00000000-0000-4000-8000-000000000001",
    "00000000-0000-4000-8000-000000000002",
    "00000000-0000-4000-8000-000000000003",
    "{\"a\": 1}",
    "[1, 2]",
    "{}",
    "{1,2}",
    "{a,b}",
    "[1,5)",
    "[2020-01-01,2020-02-01)",
    "192.168.0.1",
    "10.0.0.0/8",
    "08:00:2b:01:02:03",
    "\\x01ff",
    "(1,2)",
    "((0,0),(1,1))",
    "<(0,0),1>",
    "101",
    "1/1",
    "en",
];

/// Says whether a query may read from another server: nothing on scratch does.
pub(super) fn reaches_out(model: &Model<Expression>) -> bool {
    model.objects.keys().any(|own| model.is_foreign(own))
}

/// Fills the materialized views with what their queries say of the seeds, those that read others after them. One whose query
/// cannot be run on them holds nothing.
pub(super) async fn refresh(
    connection: &mut PgConnection,
    model: &Model<Expression>,
) -> Result<(), ScratchError> {
    if reaches_out(model) {
        return Ok(());
    }
    let views = model.objects.keys();
    let mut waiting: Vec<&Address> = views
        .filter(|own| own.kind() == Kind::MaterializedView)
        .collect();
    loop {
        let mut left = Vec::new();
        for view in &waiting {
            let sql = crate::ddl::view::refresh(view);
            let outcome = sqlx::raw_sql(AssertSqlSafe(sql.executable()))
                .execute(&mut *connection)
                .await;
            match outcome {
                Ok(_) => {}
                Err(error) if error.as_database_error().is_none() => return Err(error.into()),
                Err(_) => left.push(*view),
            }
        }
        if left.is_empty() || left.len() == waiting.len() {
            return Ok(());
        }
        waiting = left;
    }
}

/// The values that were planted, table by table: one sorted list of texts per column.
#[derive(Default)]
pub(super) struct Seeds {
    tables: BTreeMap<Address, Vec<Vec<Option<String>>>>,
    columns: BTreeMap<Address, Vec<Address>>,
}

/// What planting came to.
#[derive(Default)]
pub(super) struct Planted {
    pub(super) seeds: Seeds,
    pub(super) seeded: BTreeMap<Address, u32>,
    pub(super) not_seeded: BTreeMap<Address, String>,
}

/// Plants rows in every table of the model.
pub(super) async fn plant(
    connection: &mut PgConnection,
    model: &Model<Expression>,
    expected: &Model<Expression>,
    left_empty: &BTreeSet<Address>,
) -> Result<Planted, ScratchError> {
    let mut planted = Planted::default();
    let mut known: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let keys = foreign_keys(model, expected);
    for table in &referenced_first(model, &keys) {
        if left_empty.contains(table) {
            planted.not_seeded.insert(
                table.clone(),
                "rows that scratch can think of are refused by what is to come".to_owned(),
            );
            continue;
        }
        // The rows of a partitioned table are those of its partitions, and their columns are its own.
        if model.is_partitioned(table) {
            continue;
        }
        let all = model.all_columns_of(table);
        let columns: Vec<(Address, String)> = all
            .iter()
            .cloned()
            .filter_map(|column| match model.objects.get(&column) {
                Some(Object::Column(own)) if own.generated.is_none() => {
                    Some((column, own.type_name.sql().to_owned()))
                }
                _ => None,
            })
            .collect();
        for (_, type_name) in &columns {
            if !known.contains_key(type_name) {
                let labels = labels(type_name, model, expected);
                // A label that goes is none of the values, though it be written like one of the candidates.
                let candidates: Vec<&str> = match &labels {
                    Some(labels) => labels.iter().map(String::as_str).collect(),
                    None => CANDIDATES.to_vec(),
                };
                let values = values_of(connection, type_name, candidates.into_iter()).await?;
                known.insert(type_name.clone(), values);
            }
        }
        let mut referenced = referenced_values(connection, model, table, &keys).await?;
        if model.partitioned(table).is_some() {
            let key = fitting(connection, model, table, &columns, &known).await?;
            referenced.extend(key);
        }
        let mut rows = 0;
        let mut refused = String::from("no value is known for one of its types");
        for attempt in 0..TRIES {
            if rows == ROWS {
                break;
            }
            let Some(insert) = insert(table, &columns, &known, &referenced, attempt) else {
                break;
            };
            match sqlx::raw_sql(AssertSqlSafe(insert.executable()))
                .execute(&mut *connection)
                .await
            {
                Ok(_) => rows += 1,
                Err(error) if error.as_database_error().is_some() => refused = describe(&error),
                Err(error) => return Err(error.into()),
            }
        }
        if rows > 0 {
            planted
                .seeded
                .insert(table.clone(), u32::try_from(rows).unwrap_or(u32::MAX));
            planted.seeds.columns.insert(table.clone(), all);
        } else if !columns.is_empty() {
            planted.not_seeded.insert(table.clone(), refused);
        }
    }
    // Rules and triggers may have written into tables that were filled before.
    for (table, columns) in &planted.seeds.columns {
        let rows = values(connection, table, columns, Rows::Own).await?;
        planted.seeds.tables.insert(table.clone(), rows);
    }
    Ok(planted)
}

/// Foreign keys by their table: those that are there and those that come.
type ForeignKeys = BTreeMap<Address, Vec<ForeignKey>>;

fn foreign_keys(model: &Model<Expression>, expected: &Model<Expression>) -> ForeignKeys {
    let mut keys = ForeignKeys::new();
    for (address, object) in model.objects.iter().chain(&expected.objects) {
        if let Object::ForeignKey(own) = object {
            keys.entry(address.table()).or_default().push(own.clone());
        }
    }
    keys
}

/// Orders tables so that what is referenced is filled first, where that can be.
fn referenced_first(model: &Model<Expression>, keys: &ForeignKeys) -> Vec<Address> {
    fn visit(
        table: &Address,
        keys: &ForeignKeys,
        seen: &mut BTreeSet<Address>,
        order: &mut Vec<Address>,
    ) {
        if !seen.insert(table.clone()) {
            return;
        }
        for key in keys.get(table).into_iter().flatten() {
            visit(&key.referenced_table(), keys, seen, order);
        }
        order.push(table.clone());
    }
    let (mut seen, mut order) = (BTreeSet::new(), Vec::new());
    for table in model
        .objects
        .keys()
        .filter(|address| address.kind() == Kind::Table && !model.is_foreign(address))
    {
        visit(table, keys, &mut seen, &mut order);
    }
    order.retain(|table| model.objects.contains_key(table));
    order
}

/// Reads the values that the referencing columns of a table may have, row by row.
async fn referenced_values(
    connection: &mut PgConnection,
    model: &Model<Expression>,
    table: &Address,
    keys: &ForeignKeys,
) -> Result<BTreeMap<Name, Vec<String>>, ScratchError> {
    let mut referenced: BTreeMap<Name, Vec<String>> = BTreeMap::new();
    // A partition has the foreign keys of its table.
    let handed_down = std::iter::successors(Some(table.clone()), |own| model.partitioned(own));
    let all: Vec<&ForeignKey> = handed_down
        .filter_map(|own| keys.get(&own))
        .flatten()
        .collect();
    for key in all {
        let columns: Vec<Address> = key
            .referenced_columns
            .iter()
            .map(|column| key.referenced_table().part(Kind::Column, column))
            .collect();
        let rows = match values(connection, &key.referenced_table(), &columns, Rows::All).await {
            Ok(rows) => rows,
            // The table or its columns are still to come.
            Err(ScratchError::Server(_)) => Vec::new(),
            Err(error) => return Err(error),
        };
        for (at, column) in key.columns.iter().enumerate() {
            let own = rows
                .iter()
                .filter_map(|row| row.get(at).cloned().flatten())
                .collect();
            referenced.insert(column.clone(), own);
        }
    }
    Ok(referenced)
}

/// How many rows are looked for that fit a partition.
const FITTING: i64 = 8;

/// Finds values for the columns of a partition key that fit the partition, row by row. Where it goes by an expression, none.
async fn fitting(
    connection: &mut PgConnection,
    model: &Model<Expression>,
    table: &Address,
    columns: &[(Address, String)],
    known: &BTreeMap<String, Vec<String>>,
) -> Result<BTreeMap<Name, Vec<String>>, ScratchError> {
    let asked = "SELECT pg_get_partition_constraintdef(c.oid), \
                 (SELECT array_agg(DISTINCT a.attname::text) FROM pg_partition_ancestors(c.oid) AS p (relid) \
                    JOIN pg_partitioned_table k ON k.partrelid = p.relid \
                    JOIN pg_attribute a ON a.attrelid = k.partrelid AND a.attnum = ANY (k.partattrs::int2[])) \
                 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = $2";
    let row = sqlx::query(asked)
        .bind(table.schema_name().as_str())
        .bind(table.name().as_str())
        .fetch_one(&mut *connection)
        .await?;
    let condition: Option<String> = row.try_get(0)?;
    let key: Option<Vec<String>> = row.try_get(1)?;
    let key = key.unwrap_or_default();
    let of_key = columns
        .iter()
        .filter(|(column, _)| key.iter().any(|own| own == column.name().as_str()));
    let mut names: Vec<Name> = Vec::new();
    let mut sources: Vec<Sql> = Vec::new();
    let words = super::partition::words(model, table);
    for (column, type_name) in of_key {
        let candidates = words.iter().map(String::as_str).chain(CANDIDATES);
        let mut choices = values_of(connection, type_name, candidates).await?;
        choices.extend(known.get(type_name).into_iter().flatten().cloned());
        let literals: Vec<Sql> = choices
            .iter()
            .map(|own| Sql::new("(").literal(own).glue(")"))
            .collect();
        if literals.is_empty() {
            return Ok(BTreeMap::new());
        }
        let source = Sql::new("(SELECT CAST(v AS")
            .verbatim(&Expression::new(type_name))
            .glue(") AS")
            .name(column.name())
            .push("FROM (VALUES")
            .separated(&literals, ", ")
            .glue(") AS t (v)) AS")
            .name(column.name());
        names.push(column.name().clone());
        sources.push(source);
    }
    if sources.is_empty() {
        return Ok(BTreeMap::new());
    }
    let texts: Vec<Sql> = names
        .iter()
        .map(|own| {
            Sql::empty()
                .name(own)
                .glue(".")
                .glued_name(own)
                .glue("::text")
        })
        .collect();
    let mut sql = Sql::new("SELECT DISTINCT")
        .separated(&texts, ", ")
        .push("FROM")
        .separated(&sources, " CROSS JOIN ");
    if let Some(condition) = condition {
        sql = sql.push("WHERE").expression(&Expression::new(condition));
    }
    let sql = sql.push("LIMIT").number(FITTING);
    let rows = sqlx::query(AssertSqlSafe(sql.executable()))
        .persistent(false)
        .fetch_all(connection)
        .await;
    let rows = match rows {
        Ok(rows) => rows,
        // The key has a part that is computed from other columns.
        Err(error) if error.as_database_error().is_some() => return Ok(BTreeMap::new()),
        Err(error) => return Err(error.into()),
    };
    let mut fitting: BTreeMap<Name, Vec<String>> = BTreeMap::new();
    for row in &rows {
        for (at, name) in names.iter().enumerate() {
            let value: String = row.try_get(at)?;
            fitting.entry(name.clone()).or_default().push(value);
        }
    }
    Ok(fitting)
}

/// Makes an INSERT whose values differ from row to row and from column to column.
fn insert(
    table: &Address,
    columns: &[(Address, String)],
    known: &BTreeMap<String, Vec<String>>,
    referenced: &BTreeMap<Name, Vec<String>>,
    attempt: usize,
) -> Option<Sql> {
    if columns.is_empty() {
        return None;
    }
    let names: Vec<_> = columns
        .iter()
        .map(|(column, _)| column.name().clone())
        .collect();
    let mut values = Vec::new();
    for (at, (column, type_name)) in columns.iter().enumerate() {
        // A referencing column takes what is there, the parts of one key from one row; nothing where nothing is.
        if let Some(there) = referenced.get(column.name()) {
            values.push(match there.get(attempt % there.len().max(1)) {
                Some(value) => Sql::empty().literal(value),
                None => Sql::new("NULL"),
            });
            continue;
        }
        let choices = known.get(type_name).filter(|choices| !choices.is_empty())?;
        // A step of its own for every column, so that two columns of one type hold different values in a row.
        let choice = &choices[(attempt + at * (1 + attempt / choices.len())) % choices.len()];
        values.push(Sql::empty().literal(choice));
    }
    let values = Sql::new("VALUES (").separated(&values, ", ").glue(")");
    Some(
        Sql::new("INSERT INTO")
            .path(table)
            .name_list(&names)
            .push("OVERRIDING SYSTEM VALUE")
            .join(&values),
    )
}

/// Returns the labels of an enumerated type that the plan keeps: rows with others are asked about on the live server.
fn labels(
    type_name: &str,
    model: &Model<Expression>,
    expected: &Model<Expression>,
) -> Option<Vec<String>> {
    let element = type_name.strip_suffix("[]");
    let address =
        Name::split_reference(element.unwrap_or(type_name)).filter(|path| path.len() == 2);
    let address = address.map(|path| Address::new(Kind::Enum, path))?;
    let Some(Object::Enum(own)) = model.objects.get(&address) else {
        return None;
    };
    let kept = |label: &&String| match expected.objects.get(&address) {
        Some(Object::Enum(after)) => after.values.contains(label),
        _ => true,
    };
    let kept = own.values.iter().filter(kept);
    Some(match element {
        // An array's text, with its one element quoted.
        Some(_) => kept
            .map(|label| {
                format!(
                    "{{\"{}\"}}",
                    label.replace('\\', "\\\\").replace('"', "\\\"")
                )
            })
            .collect(),
        None => kept.cloned().collect(),
    })
}

/// Asks which candidate texts the type takes, in its own spelling.
async fn values_of(
    connection: &mut PgConnection,
    type_name: &str,
    candidates: impl Iterator<Item = &str>,
) -> Result<Vec<String>, ScratchError> {
    let type_name = Expression::new(type_name);
    let mut values: Vec<String> = Vec::new();
    for candidate in candidates {
        let sql = Sql::new("SELECT CAST(")
            .literal(candidate)
            .push("AS")
            .verbatim(&type_name)
            .glue(")::text");
        match sqlx::query(AssertSqlSafe(sql.executable()))
            .persistent(false)
            .fetch_one(&mut *connection)
            .await
        {
            Ok(row) => {
                let value: Option<String> = row.try_get(0)?;
                values.extend(value.filter(|value| !values.contains(value)));
            }
            Err(error) if error.as_database_error().is_some() => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(values)
}

/// Which rows are read of a table.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rows {
    /// Those that it holds itself.
    Own,
    /// Those of its partitions as well.
    All,
}

/// Reads a table's rows as texts, sorted.
async fn values(
    connection: &mut PgConnection,
    table: &Address,
    columns: &[Address],
    rows: Rows,
) -> Result<Vec<Vec<Option<String>>>, ScratchError> {
    let texts: Vec<Sql> = columns
        .iter()
        .map(|column| Sql::empty().name(column.name()).glue("::text"))
        .collect();
    let sql = Sql::new("SELECT")
        .separated(&texts, ", ")
        .push(match rows {
            Rows::Own => "FROM ONLY",
            Rows::All => "FROM",
        })
        .path(table);
    let rows = sqlx::query(AssertSqlSafe(sql.executable()))
        .persistent(false)
        .fetch_all(connection)
        .await?;
    let mut values = Vec::new();
    for row in &rows {
        let texts: Result<Vec<Option<String>>, sqlx::Error> =
            (0..columns.len()).map(|at| row.try_get(at)).collect();
        values.push(texts?);
    }
    values.sort();
    Ok(values)
}

impl Seeds {
    /// Returns the columns whose planted values are not all back. A table that is gone has lost them all; where nothing
    /// but what was given up differs, rows are compared without it.
    pub(super) async fn missing(
        &self,
        connection: &mut PgConnection,
        given_up: impl Fn(&Address) -> bool,
    ) -> Result<Vec<Address>, ScratchError> {
        let mut missing = Vec::new();
        for (table, planted) in &self.tables {
            let columns = &self.columns[table];
            let found = match values(connection, table, columns, Rows::Own).await {
                Ok(found) => found,
                Err(ScratchError::Server(_)) => {
                    missing.extend(columns.iter().cloned());
                    continue;
                }
                Err(error) => return Err(error),
            };
            if found != *planted {
                let of = |rows: &[Vec<Option<String>>], at: usize| {
                    let mut values: Vec<Option<String>> =
                        rows.iter().map(|row| row[at].clone()).collect();
                    values.sort();
                    values
                };
                let own = (0..columns.len()).filter(|&at| of(&found, at) != of(planted, at));
                let own: Vec<Address> = own.map(|at| columns[at].clone()).collect();
                let kept = |rows: &[Vec<Option<String>>]| {
                    let of_row = |row: &Vec<Option<String>>| {
                        let kept = row.iter().zip(columns);
                        let kept = kept.filter(|(_, column)| !given_up(column));
                        kept.map(|(value, _)| value.clone()).collect()
                    };
                    let mut rows: Vec<Vec<Option<String>>> = rows.iter().map(of_row).collect();
                    rows.sort();
                    rows
                };
                // Every value is there, but not in the row it was in.
                if own.iter().all(&given_up) && kept(&found) != kept(planted) {
                    missing.push(table.clone());
                }
                missing.extend(own);
            }
        }
        Ok(missing)
    }
}
