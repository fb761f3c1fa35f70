//! Aggregate functions.

use sqlx::PgConnection;
use sqlx::postgres::PgRow;

use super::routine::PARALLEL;
use super::rows::{code, get, name, oid};
use super::{CatalogError, Gathering};
use crate::model::{
    Address, Aggregate, Expression, FinalModify, Gather, Kind, Moving, Name, Object,
};

const MODIFY: [(&str, FinalModify); 3] = [
    ("r", FinalModify::ReadOnly),
    ("s", FinalModify::Shareable),
    ("w", FinalModify::ReadWrite),
];

pub(super) async fn aggregates(
    connection: &mut PgConnection,
    into: &mut Gathering,
) -> Result<(), CatalogError> {
    for row in sqlx::query(include_str!("aggregate.sql"))
        .fetch_all(connection)
        .await?
    {
        let types: Vec<String> = get(&row, "types")?;
        let address = Address::routine(
            Kind::Aggregate,
            name(&row, "schema")?,
            name(&row, "name")?,
            types.iter().map(Name::new),
        );
        let moving = part(&row, "minvfunc")?.map(|minvfunc| {
            Ok::<_, CatalogError>(Moving {
                gather: gather(&row, &MOVING)?,
                minvfunc,
            })
        });
        let aggregate = Aggregate {
            arguments: Expression::new(get::<&str>(&row, "arguments")?),
            hypothetical: get(&row, "hypothetical")?,
            gather: gather(&row, &PLAIN)?,
            moving: moving.transpose()?,
            combinefunc: part(&row, "combinefunc")?,
            serialfunc: part(&row, "serialfunc")?,
            deserialfunc: part(&row, "deserialfunc")?,
            sortop: get::<Option<&str>>(&row, "sortop")?.map(Expression::new),
            parallel: code(&row, "parallel", &PARALLEL)?,
        };
        into.put(oid(&row)?, address, Object::Aggregate(aggregate));
    }
    Ok(())
}

/// The columns that say how values are gathered: function, type, space, final function, extra, modify, first state.
type Columns = [&'static str; 7];

const PLAIN: Columns = [
    "sfunc",
    "stype",
    "sspace",
    "finalfunc",
    "finalfunc_extra",
    "finalfunc_modify",
    "initcond",
];
const MOVING: Columns = [
    "msfunc",
    "mstype",
    "msspace",
    "mfinalfunc",
    "mfinalfunc_extra",
    "mfinalfunc_modify",
    "minitcond",
];

fn gather(row: &PgRow, columns: &Columns) -> Result<Gather<Expression>, CatalogError> {
    let [sfunc, stype, sspace, finalfunc, extra, modify, initcond] = *columns;
    let finalfunc_modify = match get::<Option<&str>>(row, modify)? {
        Some(_) => Some(code(row, modify, &MODIFY)?),
        None => None,
    };
    Ok(Gather {
        sfunc: part(row, sfunc)?.unwrap_or_default(),
        stype: Expression::new(get::<&str>(row, stype)?),
        sspace: get(row, sspace)?,
        finalfunc: part(row, finalfunc)?,
        finalfunc_extra: get(row, extra)?,
        finalfunc_modify,
        initcond: get(row, initcond)?,
    })
}

/// Reads the schema and name of a function that the aggregate is made of.
fn part(row: &PgRow, column: &'static str) -> Result<Option<Vec<Name>>, CatalogError> {
    let names = get::<Option<Vec<String>>>(row, column)?;
    Ok(names.map(|names| names.iter().map(Name::new).collect()))
}
