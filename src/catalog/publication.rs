//! What publications publish.

use sqlx::PgConnection;

use super::rows::{get, name, names, oid};
use super::{CatalogError, Gathering};
use crate::model::{
    Address, Defined, Expression, Kind, Name, Object, PublishedSchema, PublishedTable,
};

pub(super) async fn tables(
    connection: &mut PgConnection,
    into: &mut Gathering,
) -> Result<(), CatalogError> {
    for row in sqlx::query(include_str!("published_table.sql"))
        .fetch_all(connection)
        .await?
    {
        let table = Address::new(Kind::Table, [name(&row, "schema")?, name(&row, "table")?]);
        let publication = name(&row, "publication")?;
        if !into.model.objects.contains_key(&table) || !is_there(into, &publication) {
            continue;
        }
        let filter: Option<&str> = get(&row, "filter")?;
        let own = PublishedTable {
            columns: names(&row, "columns")?,
            filter: filter.map(Expression::new),
        };
        let address = table.part(Kind::PublishedTable, &publication);
        into.put(oid(&row)?, address, Object::PublishedTable(own));
    }
    Ok(())
}

pub(super) async fn schemas(
    connection: &mut PgConnection,
    into: &mut Gathering,
) -> Result<(), CatalogError> {
    for row in sqlx::query(include_str!("published_schema.sql"))
        .fetch_all(connection)
        .await?
    {
        let publication = name(&row, "publication")?;
        if !is_there(into, &publication) {
            continue;
        }
        let path = [name(&row, "schema")?, publication];
        let address = Address::new(Kind::PublishedSchema, path);
        let needs = into.model.needs.entry(address.clone()).or_default();
        needs.insert(address.schema());
        into.put(
            oid(&row)?,
            address,
            Object::PublishedSchema(PublishedSchema {}),
        );
    }
    Ok(())
}

fn is_there(into: &Gathering, publication: &Name) -> bool {
    let address = Address::new(Kind::Defined(Defined::Publication), [publication.clone()]);
    into.model.objects.contains_key(&address)
}
