//! Privileges on what roles make from now on.

use std::collections::BTreeSet;

use sqlx::PgConnection;

use super::rows::{code, get, name};
use super::{CatalogError, Gathering};
use crate::model::{Address, Grant, Kind, Name, Object};

pub(super) async fn default_privileges(
    connection: &mut PgConnection,
    into: &mut Gathering,
) -> Result<(), CatalogError> {
    for row in sqlx::query(include_str!("default_privilege.sql"))
        .fetch_all(connection)
        .await?
    {
        let kinds = [
            ("r", Kind::Table),
            ("S", Kind::Sequence),
            ("f", Kind::Function),
            ("T", Kind::Enum),
            ("n", Kind::Schema),
        ];
        let kind = code(&row, "type", &kinds)?;
        let schema: Option<&str> = get(&row, "schema")?;
        let schema = schema.map(Name::new);
        let list = Address::default_privileges(kind, schema.as_ref(), &name(&row, "role")?);
        let address = list.by_default(&name(&row, "grantee")?, &name(&row, "privilege")?);
        let hows = [
            ("held", Grant::Held),
            ("grantable", Grant::Grantable),
            ("taken", Grant::Taken),
        ];
        let how = code(&row, "how", &hows)?;
        if schema.is_some() {
            let needs = BTreeSet::from([address.schema()]);
            into.model.needs.insert(address.clone(), needs);
        }
        into.model
            .objects
            .insert(address, Object::DefaultPrivilege(how));
    }
    Ok(())
}
