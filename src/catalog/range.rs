//! Range types.

use sqlx::PgConnection;

use super::rows::{get, name, names, oid};
use super::{CatalogError, Gathering};
use crate::model::{Address, Expression, Kind, Name, Object, Range};

pub(super) async fn ranges(
    connection: &mut PgConnection,
    into: &mut Gathering,
) -> Result<(), CatalogError> {
    for row in sqlx::query(include_str!("range.sql"))
        .fetch_all(connection)
        .await?
    {
        let address = Address::new(Kind::Range, [name(&row, "schema")?, name(&row, "name")?]);
        let own = oid(&row)?;
        // Four types stand for it: itself, its multirange, and the arrays of both.
        for other in ["array_objid", "multirange_objid", "multirange_array_objid"] {
            into.addresses
                .insert((own.0, get(&row, other)?, 0), address.clone());
        }
        // So do the functions that make its values.
        let class = get(&row, "function_classid")?;
        for function in get::<Option<Vec<i64>>>(&row, "functions")?.unwrap_or_default() {
            into.addresses.insert((class, function, 0), address.clone());
        }
        let path = |word: &'static str| -> Result<Option<Vec<Name>>, CatalogError> {
            Ok(Some(names(&row, word)?).filter(|own| !own.is_empty()))
        };
        let range = Range {
            subtype: Expression::new(get::<&str>(&row, "subtype")?),
            subtype_opclass: path("subtype_opclass")?,
            collation: path("collation")?,
            subtype_diff: path("subtype_diff")?,
            multirange: path("multirange")?,
        };
        into.put(own, address, Object::Range(range));
    }
    Ok(())
}
