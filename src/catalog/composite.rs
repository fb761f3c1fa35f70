//! Composite types.

use sqlx::PgConnection;

use super::rows::{get, name, oid};
use super::{CatalogError, Gathering};
use crate::model::{Address, Attribute, Composite, Expression, Kind, Name, Object};

pub(super) async fn composites(
    connection: &mut PgConnection,
    into: &mut Gathering,
) -> Result<(), CatalogError> {
    for row in sqlx::query(include_str!("composite.sql"))
        .fetch_all(connection)
        .await?
    {
        let address = Address::new(
            Kind::Composite,
            [name(&row, "schema")?, name(&row, "name")?],
        );
        let own = oid(&row)?;
        let class: (i64, i64) = (get(&row, "class_classid")?, get(&row, "class_objid")?);
        // It stands in the catalogs as a type, as the array of that, and as a relation with columns.
        into.addresses
            .insert((own.0, get(&row, "array_objid")?, 0), address.clone());
        into.addresses
            .insert((class.0, class.1, 0), address.clone());
        let numbers: Option<Vec<i32>> = get(&row, "numbers")?;
        let names: Option<Vec<String>> = get(&row, "names")?;
        let types: Option<Vec<String>> = get(&row, "types")?;
        let schemas: Option<Vec<Option<String>>> = get(&row, "collation_schemas")?;
        let collations: Option<Vec<Option<String>>> = get(&row, "collation_names")?;
        let mut attributes = Vec::new();
        let all = numbers
            .into_iter()
            .flatten()
            .zip(names.into_iter().flatten());
        let all = all.zip(types.into_iter().flatten());
        let collations = schemas
            .into_iter()
            .flatten()
            .zip(collations.into_iter().flatten());
        for (((number, name), type_name), (schema, collation)) in all.zip(collations) {
            let name = Name::new(name);
            into.addresses
                .insert((class.0, class.1, number), address.attribute(&name));
            attributes.push(Attribute {
                name,
                type_name: Expression::new(type_name),
                collation: schema
                    .zip(collation)
                    .map(|(schema, name)| vec![Name::new(schema), Name::new(name)]),
            });
        }
        into.put(own, address, Object::Composite(Composite { attributes }));
    }
    Ok(())
}
