//! What a plain change of a column, or of a domain's type, would do, tried on tables that hold nothing else.

use std::collections::BTreeMap;

use sqlx::{AssertSqlSafe, PgConnection, Row};

use super::ScratchError;
use super::build;
use crate::model::{Address, Conversion, Expression, Kind, Level, Model, Object, Text, Tried};
use crate::sql::Sql;

/// Asks how the server spells a type; `None` where it knows no such type.
pub(super) async fn spelled(
    connection: &mut PgConnection,
    type_name: &impl Text,
) -> Result<Option<Expression>, ScratchError> {
    run(connection, "BEGIN").await?;
    let path = Sql::new("SET LOCAL search_path =").name_sequence(type_name.lookup());
    sqlx::raw_sql(AssertSqlSafe(path.executable()))
        .execute(&mut *connection)
        .await?;
    let create = Sql::new("CREATE TEMPORARY TABLE probe (v")
        .verbatim(type_name)
        .glue(")");
    let made = sqlx::query(AssertSqlSafe(create.executable()))
        .persistent(false)
        .execute(&mut *connection)
        .await;
    let spelled = match made {
        Ok(_) => {
            run(connection, "SET LOCAL search_path = ''").await?;
            let sql = "SELECT format_type(atttypid, atttypmod) FROM pg_attribute \
                       WHERE attrelid = 'pg_temp.probe'::regclass AND attnum = 1";
            let row = sqlx::query(sql).fetch_one(&mut *connection).await?;
            Some(Expression::new(row.try_get::<&str, _>(0)?))
        }
        Err(_) => None,
    };
    run(connection, "ROLLBACK").await?;
    Ok(spelled)
}

/// Tries every change of type, and every new column with a default or of a domain.
pub(super) async fn changes(
    connection: &mut PgConnection,
    level: &Level,
) -> Result<BTreeMap<Address, Tried>, ScratchError> {
    let mut tried = BTreeMap::new();
    run(connection, "BEGIN").await?;
    if wants_probe(level) {
        // What fails here is not what a column's type or default leans on, or is found by the probe.
        build::build(connection, &types_of(level)).await?;
    }
    for (address, desired) in &level.desired.objects {
        if let (Object::Domain(wanted), Some(Object::Domain(held))) =
            (desired, level.current.objects.get(address))
            && held.type_name != wanted.type_name
        {
            let own = both_ways(connection, &held.type_name, &wanted.type_name).await?;
            tried.insert(address.clone(), own);
        }
        let Object::Column(wanted) = desired else {
            continue;
        };
        match level.current.objects.get(address) {
            Some(Object::Column(held)) if held.type_name != wanted.type_name => {
                let own = both_ways(connection, &held.type_name, &wanted.type_name).await?;
                tried.insert(address.clone(), own);
            }
            Some(_) => {}
            None => {
                let type_name = &wanted.type_name;
                let bare = is_of_domain(address, level);
                let rewrites_bare = bare && new_column(connection, type_name, None).await?;
                let default = level.desired.objects.get(&address.with_kind(Kind::Default));
                let rewrites = match default {
                    Some(Object::Default(default)) => {
                        new_column(connection, type_name, Some(&default.value)).await?
                    }
                    _ if bare => rewrites_bare,
                    _ => continue,
                };
                let own = Tried {
                    conversion: Conversion::Assignment,
                    back: Conversion::None,
                    rewrites,
                    keeps_indexes: false,
                    rewrites_bare,
                };
                tried.insert(address.clone(), own);
            }
        }
    }
    run(connection, "ROLLBACK").await?;
    Ok(tried)
}

/// Says whether any column is new with a default or of a domain, or anything changes its type.
fn wants_probe(level: &Level) -> bool {
    level.desired.objects.iter().any(|(address, desired)| {
        match (desired, level.current.objects.get(address)) {
            (Object::Column(wanted), Some(Object::Column(held))) => {
                held.type_name != wanted.type_name
            }
            (Object::Domain(wanted), Some(Object::Domain(held))) => {
                held.type_name != wanted.type_name
            }
            (Object::Column(_), None) => {
                let default = address.with_kind(Kind::Default);
                level.desired.objects.contains_key(&default) || is_of_domain(address, level)
            }
            _ => false,
        }
    })
}

/// Returns what types and defaults lean on.
fn types_of(level: &Level) -> Model<Expression> {
    let mut part = level.desired.clone();
    for (address, object) in &level.current.objects {
        part.objects
            .entry(address.clone())
            .or_insert_with(|| object.clone());
    }
    part.retain(|address| {
        matches!(
            address.kind(),
            Kind::Schema
                | Kind::Extension
                | Kind::Enum
                | Kind::Domain
                | Kind::Composite
                | Kind::Range
                | Kind::Collation
                | Kind::DomainCheck
                | Kind::Sequence
                | Kind::Function
                | Kind::Procedure
                | Kind::Aggregate
                | Kind::Defined(_)
        ) && !matches!(address.kind(), Kind::Defined(own) if own.comes_last())
    });
    part
}

/// Says whether a column has a domain of the state for a type: what its values must meet may be asked of every row.
fn is_of_domain(column: &Address, level: &Level) -> bool {
    let needs = level.desired.needs_of(column);
    needs.iter().any(|own| own.kind() == Kind::Domain)
}

async fn both_ways(
    connection: &mut PgConnection,
    from: &Expression,
    to: &Expression,
) -> Result<Tried, ScratchError> {
    let (conversion, rewrites) = change_of_type(connection, from, to).await?;
    let keeps_indexes = !rewrites && keeps_index(connection, from, to).await?;
    let (back, _) = change_of_type(connection, to, from).await?;
    Ok(Tried {
        conversion,
        back,
        rewrites,
        keeps_indexes,
        rewrites_bare: false,
    })
}

/// Returns the way from one type to the other, and whether it rewrites the table.
async fn change_of_type(
    connection: &mut PgConnection,
    from: &Expression,
    to: &Expression,
) -> Result<(Conversion, bool), ScratchError> {
    let create = Sql::new("CREATE TEMPORARY TABLE probe (v")
        .verbatim(from)
        .glue(")");
    let alter = |using: Sql| {
        Sql::new("ALTER TABLE pg_temp.probe ALTER COLUMN v TYPE")
            .verbatim(to)
            .join(&using)
    };
    let ways = [
        (Conversion::Assignment, alter(Sql::empty())),
        (
            Conversion::Cast,
            alter(Sql::new("USING v::").glued_text(to)),
        ),
        (
            Conversion::ThroughText,
            alter(Sql::new("USING v::text::").glued_text(to)),
        ),
    ];
    for (conversion, alter) in ways {
        if let Some(rewrites) = rewritten(connection, &create, &alter, "pg_temp.probe").await? {
            return Ok((conversion, rewrites));
        }
    }
    Ok((Conversion::None, true))
}

/// Says whether a plain change of type leaves the file of an index over the column as it is.
async fn keeps_index(
    connection: &mut PgConnection,
    from: &Expression,
    to: &Expression,
) -> Result<bool, ScratchError> {
    let create = Sql::new("CREATE TEMPORARY TABLE probe (v")
        .verbatim(from)
        .glue("); CREATE INDEX probe_v ON pg_temp.probe (v)");
    let alter = Sql::new("ALTER TABLE pg_temp.probe ALTER COLUMN v TYPE").verbatim(to);
    let again = rewritten(connection, &create, &alter, "pg_temp.probe_v").await?;
    Ok(again == Some(false))
}

async fn new_column(
    connection: &mut PgConnection,
    type_name: &Expression,
    default: Option<&Expression>,
) -> Result<bool, ScratchError> {
    let create = Sql::new("CREATE TEMPORARY TABLE probe (v int)");
    let mut alter = Sql::new("ALTER TABLE pg_temp.probe ADD COLUMN w").verbatim(type_name);
    if let Some(default) = default {
        alter = alter.push("DEFAULT").expression(default);
    }
    // What cannot be tried alone, because its default leans on something unbuilt here, is taken for a rewrite.
    Ok(rewritten(connection, &create, &alter, "pg_temp.probe")
        .await?
        .unwrap_or(true))
}

/// Runs both statements and says whether the second one gave the relation another file; `None` where it was refused.
async fn rewritten(
    connection: &mut PgConnection,
    create: &Sql,
    alter: &Sql,
    relation: &'static str,
) -> Result<Option<bool>, ScratchError> {
    run(connection, "SAVEPOINT probe").await?;
    let outcome = attempt(connection, create, alter, relation).await;
    run(connection, "ROLLBACK TO SAVEPOINT probe").await?;
    match outcome {
        Ok(rewritten) => Ok(Some(rewritten)),
        Err(error) if error.as_database_error().is_some() => Ok(None),
        Err(error) => Err(error.into()),
    }
}

async fn attempt(
    connection: &mut PgConnection,
    create: &Sql,
    alter: &Sql,
    relation: &'static str,
) -> Result<bool, sqlx::Error> {
    sqlx::raw_sql(AssertSqlSafe(create.executable()))
        .execute(&mut *connection)
        .await?;
    // A table without a row keeps its file in more cases than one with rows does.
    sqlx::raw_sql("INSERT INTO pg_temp.probe DEFAULT VALUES")
        .execute(&mut *connection)
        .await?;
    let before = file(connection, relation).await?;
    sqlx::raw_sql(AssertSqlSafe(alter.executable()))
        .execute(&mut *connection)
        .await?;
    Ok(file(connection, relation).await? != before)
}

async fn file(connection: &mut PgConnection, relation: &str) -> Result<i64, sqlx::Error> {
    let sql = "SELECT relfilenode::int8 FROM pg_class WHERE oid = $1::regclass";
    sqlx::query(sql)
        .bind(relation)
        .fetch_one(connection)
        .await?
        .try_get(0)
}

async fn run(connection: &mut PgConnection, sql: &'static str) -> Result<(), ScratchError> {
    sqlx::raw_sql(sql).execute(connection).await?;
    Ok(())
}
