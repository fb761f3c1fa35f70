//! Owners, and privileges that differ from what the server gives by itself.

use sqlx::PgConnection;

use super::rows::{get, sub_oid};
use super::{CatalogError, Gathering};
use crate::model::{Address, Grant, Name, Object, Owner};

pub(super) async fn privileges(
    connection: &mut PgConnection,
    into: &mut Gathering,
) -> Result<(), CatalogError> {
    for row in sqlx::query(include_str!("privilege.sql"))
        .fetch_all(connection)
        .await?
    {
        let own = sub_oid(&row)?;
        let handed_down = into.inherited.get(&own);
        let is_handed_down = handed_down.is_some();
        let Some(target) = into.addresses.get(&own).or(handed_down).cloned() else {
            continue;
        };
        let has_owner = crate::model::Kind::is_top_level(target.kind())
            || target.kind() == crate::model::Kind::Column;
        if !has_owner || target.kind() == crate::model::Kind::Extension {
            continue;
        }
        if let Some(role) = get::<Option<&str>>(&row, "owner")? {
            let owner = Owner {
                role: Name::new(role),
            };
            into.model
                .objects
                .insert(Address::owner_of(&target), Object::Owner(owner));
            continue;
        }
        let (Some(grantee), Some(privilege), Some(how)) = (
            get::<Option<&str>>(&row, "grantee")?,
            get::<Option<&str>>(&row, "privilege")?,
            get::<Option<&str>>(&row, "how")?,
        ) else {
            continue;
        };
        let how = match how {
            "taken" => Grant::Taken,
            "grantable" => Grant::Grantable,
            "held" => Grant::Held,
            other => {
                return Err(CatalogError::UnknownCode {
                    column: "how",
                    code: other.to_owned(),
                });
            }
        };
        let address = Address::privilege_on(&target, &Name::new(grantee), &Name::new(privilege));
        if is_handed_down {
            super::partition::said_of(into, &target, address, Object::Grant(how));
        } else {
            into.model.objects.insert(address, Object::Grant(how));
        }
    }
    Ok(())
}
