//! What new objects of the reading role have by default privileges.

use sqlx::PgConnection;

use super::CatalogError;
use super::rows::{code, get};
use crate::model::{DefaultPrivilege, DefaultPrivileges, Grant, Kind, Name};

pub(super) async fn default_privileges(
    connection: &mut PgConnection,
) -> Result<DefaultPrivileges, CatalogError> {
    let mut all = DefaultPrivileges::default();
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
        // Large objects are no objects of a state.
        if get::<&str>(&row, "type")? == "L" {
            continue;
        }
        let kind = code(&row, "type", &kinds)?;
        let schema: Option<&str> = get(&row, "schema")?;
        let of = all.0.entry((kind, schema.map(Name::new))).or_default();
        let (Some(role), Some(privilege)) = (
            get::<Option<&str>>(&row, "role")?,
            get::<Option<&str>>(&row, "privilege")?,
        ) else {
            continue;
        };
        let hows = [
            ("held", Grant::Held),
            ("grantable", Grant::Grantable),
            ("taken", Grant::Taken),
        ];
        of.push(DefaultPrivilege {
            role: Name::new(role),
            privilege: Name::new(privilege),
            how: code(&row, "how", &hows)?,
        });
    }
    Ok(all)
}
