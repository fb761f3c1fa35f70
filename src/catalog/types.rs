//! Enumerated types.

use sqlx::PgConnection;

use super::rows::{get, name, oid};
use super::{CatalogError, Gathering};
use crate::model::{Address, Enum, Kind, Object};

pub(super) async fn enums(
    connection: &mut PgConnection,
    into: &mut Gathering,
) -> Result<(), CatalogError> {
    for row in sqlx::query(include_str!("types.sql"))
        .fetch_all(connection)
        .await?
    {
        let address = Address::new(Kind::Enum, [name(&row, "schema")?, name(&row, "name")?]);
        let own = oid(&row)?;
        into.addresses
            .insert((own.0, get(&row, "array_objid")?, 0), address.clone());
        into.put(
            own,
            address,
            Object::Enum(Enum {
                values: get(&row, "labels")?,
            }),
        );
    }
    Ok(())
}
