//! Collations.

use sqlx::PgConnection;

use super::rows::{code, get, name, oid};
use super::{CatalogError, Gathering};
use crate::model::{Address, Collation, Kind, Locale, Object, Provider};

pub(super) async fn collations(
    connection: &mut PgConnection,
    into: &mut Gathering,
) -> Result<(), CatalogError> {
    for row in sqlx::query(include_str!("collation.sql"))
        .fetch_all(connection)
        .await?
    {
        let address = Address::new(
            Kind::Collation,
            [name(&row, "schema")?, name(&row, "name")?],
        );
        let provider = code(
            &row,
            "provider",
            &[
                ("b", Provider::Builtin),
                ("i", Provider::Icu),
                ("c", Provider::Libc),
            ],
        )?;
        let (collate, ctype): (String, String) = (get(&row, "locale")?, get(&row, "ctype")?);
        let locale = if provider != Provider::Libc || collate == ctype {
            Locale::Whole(collate)
        } else {
            Locale::Parts { collate, ctype }
        };
        let collation = Collation {
            provider,
            locale,
            deterministic: get(&row, "deterministic")?,
            rules: get(&row, "rules")?,
        };
        into.put(oid(&row)?, address, Object::Collation(collation));
    }
    Ok(())
}
