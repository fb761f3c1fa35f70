//! Rows as the queries name their columns.

use sqlx::postgres::PgRow;
use sqlx::{Decode, Postgres, Row, Type};

use super::{CatalogError, Oid};
use crate::model::{Name, Options, Persistence};

/// Reads a column by name.
pub(super) fn get<'r, V: Decode<'r, Postgres> + Type<Postgres>>(
    row: &'r PgRow,
    column: &'static str,
) -> Result<V, CatalogError> {
    row.try_get(column).map_err(CatalogError::from)
}

/// Reads a name.
pub(super) fn name(row: &PgRow, column: &'static str) -> Result<Name, CatalogError> {
    Ok(Name::new(get::<&str>(row, column)?))
}

/// Reads a list of names; NULL is an empty list.
pub(super) fn names(row: &PgRow, column: &'static str) -> Result<Vec<Name>, CatalogError> {
    Ok(get::<Option<Vec<String>>>(row, column)?
        .unwrap_or_default()
        .iter()
        .map(Name::new)
        .collect())
}

/// Reads a column that holds one of the codes that the manual lists; another one comes from a server that knows more
/// than this reader, and is no reason to guess.
pub(super) fn code<T: Copy>(
    row: &PgRow,
    column: &'static str,
    codes: &[(&'static str, T)],
) -> Result<T, CatalogError> {
    let found: &str = get(row, column)?;
    codes
        .iter()
        .find(|(own, _)| *own == found)
        .map(|(_, meaning)| *meaning)
        .ok_or_else(|| CatalogError::UnknownCode {
            column,
            code: found.to_owned(),
        })
}

/// Reads how the rows of a relation are kept.
pub(super) fn persistence(row: &PgRow) -> Result<Persistence, CatalogError> {
    let codes = [("p", Persistence::Permanent), ("u", Persistence::Unlogged)];
    code(row, "persistence", &codes)
}

/// Reads the identity of a row that stands for a whole object.
pub(super) fn oid(row: &PgRow) -> Result<Oid, CatalogError> {
    Ok((get(row, "classid")?, get(row, "objid")?, 0))
}

/// Reads the identity of a row that may stand for a part of an object.
pub(super) fn sub_oid(row: &PgRow) -> Result<Oid, CatalogError> {
    Ok((
        get(row, "classid")?,
        get(row, "objid")?,
        get(row, "objsubid")?,
    ))
}

/// Reads `name=value` options, in their order.
pub(super) fn options(row: &PgRow, column: &'static str) -> Result<Options, CatalogError> {
    let options: Option<Vec<String>> = get(row, column)?;
    let options = options.unwrap_or_default();
    let pairs = options
        .iter()
        .map(|own| own.split_once('=').unwrap_or((own, "")));
    let pairs = pairs.map(|(name, value)| (Name::new(name), value.to_owned()));
    Ok(Options(pairs.collect()))
}

/// A thing that was found and is not modelled.
pub(super) struct Found {
    pub(super) kind: String,
    pub(super) schema: Option<String>,
    pub(super) name: String,
    pub(super) part: Option<String>,
    pub(super) on_schema: Option<String>,
    pub(super) on_name: Option<String>,
}

impl Found {
    pub(super) fn decode(row: &PgRow) -> Result<Self, CatalogError> {
        Ok(Self {
            kind: get(row, "kind")?,
            schema: get(row, "schema")?,
            name: get(row, "name")?,
            part: get(row, "part")?,
            on_schema: get(row, "on_schema")?,
            on_name: get(row, "on_name")?,
        })
    }
}
