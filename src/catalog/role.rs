//! The roles of the server.

use sqlx::PgConnection;

use super::definition::{add, begin};
use super::rows::{get, name, oid};
use super::{CatalogError, Gathering};
use crate::model::{Address, Comment, Defined, Kind, Object};

pub(super) async fn roles(
    connection: &mut PgConnection,
    into: &mut Gathering,
) -> Result<(), CatalogError> {
    for row in sqlx::query(include_str!("role.sql"))
        .fetch_all(connection)
        .await?
    {
        let kind = Defined::Role;
        let address = Address::new(Kind::Defined(kind), [name(&row, "name")?]);
        let is_new = begin(into, oid(&row)?, &address, kind);
        if is_new && let Some(text) = get::<Option<String>>(&row, "comment")? {
            let comment = Object::Comment(Comment {
                text,
                key: None,
                on_foreign: false,
            });
            let objects = &mut into.model.objects;
            objects.insert(Address::comment_on(&address), comment);
        }
        let clause: Option<&str> = get(&row, "clause")?;
        let has = kind.clauses().iter();
        let has = has.clone().find(|own| Some(own.clause.word()) == clause);
        if let (Some(has), Some(Object::Defined(own))) = (has, into.model.objects.get_mut(&address))
        {
            let value: Option<Vec<String>> = get(&row, "value")?;
            add(own, has, get(&row, "entry")?, value.unwrap_or_default());
        }
    }
    Ok(())
}
