//! Functions and procedures.

use sqlx::PgConnection;

use super::rows::{code, get, name, oid, options};
use super::{CatalogError, Gathering};
use crate::model::{
    Address, Body, Expression, Function, Kind, Name, Object, Parallel, Procedure, Volatility,
};

const VOLATILITIES: [(&str, Volatility); 3] = [
    ("i", Volatility::Immutable),
    ("s", Volatility::Stable),
    ("v", Volatility::Volatile),
];
pub(super) const PARALLEL: [(&str, Parallel); 3] = [
    ("s", Parallel::Safe),
    ("r", Parallel::Restricted),
    ("u", Parallel::Unsafe),
];

pub(super) async fn functions(
    connection: &mut PgConnection,
    into: &mut Gathering,
) -> Result<(), CatalogError> {
    for row in sqlx::query(include_str!("routine.sql"))
        .fetch_all(connection)
        .await?
    {
        let types: Vec<String> = get(&row, "types")?;
        let kind = if get(&row, "procedure")? {
            Kind::Procedure
        } else {
            Kind::Function
        };
        let address = Address::routine(
            kind,
            name(&row, "schema")?,
            name(&row, "name")?,
            types.iter().map(Name::new),
        );
        let text = |column| {
            Ok::<_, CatalogError>(get::<Option<String>>(&row, column)?.unwrap_or_default())
        };
        let body = match get::<Option<&str>>(&row, "sql_body")? {
            Some(body) => Body::Sql(Expression::new(body)),
            None if get::<Option<&str>>(&row, "file")?.is_some() => {
                Body::Object(text("file")?, text("body")?)
            }
            None => Body::String(text("body")?),
        };
        let support = get::<Option<&str>>(&row, "support_schema")?
            .zip(get::<Option<&str>>(&row, "support_name")?)
            .map(|(schema, name)| vec![Name::new(schema), Name::new(name)]);
        let arguments = Expression::new(get::<&str>(&row, "arguments")?);
        if kind == Kind::Procedure {
            let procedure = Procedure {
                arguments,
                language: name(&row, "language")?,
                body,
                security_definer: get(&row, "security_definer")?,
                set: options(&row, "settings")?.0.into_iter().collect(),
            };
            into.put(oid(&row)?, address, Object::Procedure(procedure));
            continue;
        }
        let function = Function {
            arguments,
            returns: get::<Option<&str>>(&row, "returns")?.map(Expression::new),
            language: name(&row, "language")?,
            body,
            window: get(&row, "window")?,
            volatility: code(&row, "volatility", &VOLATILITIES)?,
            parallel: code(&row, "parallel", &PARALLEL)?,
            strict: get(&row, "strict")?,
            security_definer: get(&row, "security_definer")?,
            leakproof: get(&row, "leakproof")?,
            cost: get(&row, "cost")?,
            rows: get(&row, "rows")?,
            set: options(&row, "settings")?.0.into_iter().collect(),
            support,
        };
        into.put(oid(&row)?, address, Object::Function(function));
    }
    Ok(())
}
