//! Indexes that no constraint owns.

use sqlx::PgConnection;

use super::rows::{get, name, names, oid, options};
use super::{CatalogError, Gathering};
use crate::model::{Address, Expression, Index, Kind, Name, Object, Validity};

pub(super) async fn indexes(
    connection: &mut PgConnection,
    into: &mut Gathering,
) -> Result<(), CatalogError> {
    for row in sqlx::query(include_str!("index.sql"))
        .fetch_all(connection)
        .await?
    {
        let (schema, table) = (name(&row, "schema")?, name(&row, "table")?);
        if !into
            .model
            .objects
            .contains_key(&Address::new(Kind::Table, [schema.clone(), table.clone()]))
        {
            continue;
        }
        let elements: Vec<String> = get(&row, "elements")?;
        let index = Index {
            table,
            method: name(&row, "method")?,
            unique: get(&row, "unique")?,
            nulls_not_distinct: get(&row, "nulls_not_distinct")?,
            elements: elements.iter().map(Expression::new).collect(),
            include: names(&row, "include")?,
            predicate: get::<Option<&str>>(&row, "predicate")?.map(Expression::new),
            parameters: options(&row, "parameters")?,
            tablespace: get::<Option<&str>>(&row, "tablespace")?.map(Name::new),
            validity: Validity::from_flag(get(&row, "valid")?),
        };
        let address = Address::new(Kind::Index, [schema, name(&row, "name")?]);
        into.put(oid(&row)?, address, Object::Index(index));
    }
    Ok(())
}
