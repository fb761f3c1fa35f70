//! Extensions. What is theirs stands for them: whatever needs a member needs the extension.

use std::collections::BTreeMap;

use sqlx::PgConnection;

use super::rows::{get, name, oid};
use super::{CatalogError, Gathering};
use crate::model::{Address, Extension, Kind, Object};

pub(super) async fn extensions(
    connection: &mut PgConnection,
    into: &mut Gathering,
) -> Result<(), CatalogError> {
    let mut by_oid: BTreeMap<i64, Address> = BTreeMap::new();
    for row in sqlx::query(include_str!("extension.sql"))
        .fetch_all(&mut *connection)
        .await?
    {
        let address = Address::new(Kind::Extension, [name(&row, "name")?]);
        let own = oid(&row)?;
        by_oid.insert(own.1, address.clone());
        let extension = Extension {
            schema: Some(name(&row, "schema")?),
            version: Some(get(&row, "version")?),
        };
        let schema = Address::new(Kind::Schema, [name(&row, "schema")?]);
        into.model
            .needs
            .entry(address.clone())
            .or_default()
            .insert(schema);
        into.put(own, address, Object::Extension(extension));
    }
    if by_oid.is_empty() {
        return Ok(());
    }
    for row in sqlx::query(include_str!("member.sql"))
        .fetch_all(&mut *connection)
        .await?
    {
        let Some(extension) = by_oid.get(&get::<i64>(&row, "extension")?) else {
            continue;
        };
        let (class, array): (i64, i64) = (get(&row, "classid")?, get(&row, "array_objid")?);
        into.addresses
            .insert((class, get(&row, "objid")?, 0), extension.clone());
        if array != 0 {
            into.addresses.insert((class, array, 0), extension.clone());
        }
    }
    Ok(())
}
