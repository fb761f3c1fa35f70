//! Schemas, tables, views, comments, and what is not modelled.

use sqlx::PgConnection;

use super::rows::{Found, get, name, oid, options, persistence, sub_oid};
use super::{CatalogError, Gathering};
use crate::model::{
    Address, Comment, Expression, Kind, Object, Schema, Size, Table, Unmodelled, View,
};

pub(super) async fn schemas(
    connection: &mut PgConnection,
    into: &mut Gathering,
) -> Result<(), CatalogError> {
    for row in sqlx::query(include_str!("schema.sql"))
        .fetch_all(connection)
        .await?
    {
        let address = Address::new(Kind::Schema, [name(&row, "name")?]);
        into.put(oid(&row)?, address, Object::Schema(Schema {}));
    }
    Ok(())
}

pub(super) async fn tables(
    connection: &mut PgConnection,
    into: &mut Gathering,
) -> Result<(), CatalogError> {
    for row in sqlx::query(include_str!("table.sql"))
        .fetch_all(connection)
        .await?
    {
        let address = Address::new(Kind::Table, [name(&row, "schema")?, name(&row, "name")?]);
        let persistence = persistence(&row)?;
        let size = Size {
            rows: get(&row, "estimated_rows")?,
            bytes: get(&row, "bytes")?,
        };
        into.sizes.insert(address.clone(), size);
        into.put_row_type(
            get(&row, "row_type")?,
            get(&row, "row_array")?,
            &address,
            get(&row, "type_classid")?,
        );
        into.put(oid(&row)?, address, Object::Table(Table { persistence }));
    }
    Ok(())
}

pub(super) async fn views(
    connection: &mut PgConnection,
    into: &mut Gathering,
) -> Result<(), CatalogError> {
    for row in sqlx::query(include_str!("view.sql"))
        .fetch_all(connection)
        .await?
    {
        let address = Address::new(Kind::View, [name(&row, "schema")?, name(&row, "name")?]);
        let view = View {
            query: Expression::new(get::<&str>(&row, "query")?.trim()),
            options: options(&row, "options")?,
            columns: get::<Vec<String>>(&row, "columns")?
                .iter()
                .map(crate::model::Name::new)
                .zip(get::<Vec<String>>(&row, "types")?)
                .collect(),
        };
        into.put_row_type(
            get(&row, "row_type")?,
            get(&row, "row_array")?,
            &address,
            get(&row, "type_classid")?,
        );
        into.put(oid(&row)?, address, Object::View(view));
    }
    Ok(())
}

/// Reads comments on what is modelled. A primary key or NOT NULL is addressed by its table or column, and its comment
/// would need the constraint's name: those comments are not modelled.
pub(super) async fn comments(
    connection: &mut PgConnection,
    into: &mut Gathering,
) -> Result<(), CatalogError> {
    for row in sqlx::query(include_str!("comment.sql"))
        .fetch_all(connection)
        .await?
    {
        let Some(target) = into.addresses.get(&sub_oid(&row)?) else {
            continue;
        };
        if matches!(
            target.kind(),
            Kind::PrimaryKey | Kind::NotNull | Kind::Identity
        ) {
            continue;
        }
        let address = Address::comment_on(target);
        into.model.objects.insert(
            address,
            Object::Comment(Comment {
                text: get(&row, "text")?,
            }),
        );
    }
    Ok(())
}

pub(super) async fn unmodelled(
    connection: &mut PgConnection,
) -> Result<Vec<Unmodelled>, CatalogError> {
    let rows = sqlx::query(include_str!("unmodelled.sql"))
        .fetch_all(connection)
        .await?;
    rows.iter()
        .map(|row| Found::decode(row).map(Unmodelled::from))
        .collect()
}
