//! Primary keys, checks, and the NOT NULLs that have names (18 and later).

use sqlx::PgConnection;

use super::rows::{get, name, names, oid};
use super::{CatalogError, Gathering};
use crate::model::{
    Address, Check, Deferrable, Expression, Kind, NotNull, Object, PrimaryKey, Validity,
};

pub(super) async fn constraints(
    connection: &mut PgConnection,
    into: &mut Gathering,
) -> Result<(), CatalogError> {
    for row in sqlx::query(include_str!("constraint.sql"))
        .fetch_all(connection)
        .await?
    {
        let table = Address::new(Kind::Table, [name(&row, "schema")?, name(&row, "table")?]);
        if !into.model.objects.contains_key(&table) {
            continue;
        }
        let own_name = name(&row, "name")?;
        let validity = Validity::from_flag(get(&row, "validated")?);
        match get::<&str>(&row, "type")? {
            "p" => {
                let deferrable = match (get(&row, "deferrable")?, get(&row, "deferred")?) {
                    (false, _) => Deferrable::No,
                    (true, false) => Deferrable::Immediate,
                    (true, true) => Deferrable::Deferred,
                };
                let address = table.with_kind(Kind::PrimaryKey);
                let index: i64 = get(&row, "index_objid")?;
                into.addresses
                    .insert((get(&row, "index_classid")?, index, 0), address.clone());
                let key = PrimaryKey {
                    name: Some(own_name),
                    columns: names(&row, "columns")?,
                    include: names(&row, "include")?,
                    deferrable,
                };
                into.put(oid(&row)?, address, Object::PrimaryKey(key));
            }
            "c" => {
                let check = Check {
                    expression: Expression::new(get::<&str>(&row, "expression")?),
                    validity,
                    no_inherit: get(&row, "no_inherit")?,
                };
                into.put(
                    oid(&row)?,
                    table.part(Kind::Check, &own_name),
                    Object::Check(check),
                );
            }
            _ => {
                for column in names(&row, "columns")? {
                    let address = table.part(Kind::NotNull, &column);
                    let not_null = NotNull {
                        name: Some(own_name.clone()),
                        validity,
                    };
                    into.put(oid(&row)?, address, Object::NotNull(not_null));
                }
            }
        }
    }
    Ok(())
}
