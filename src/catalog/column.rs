//! Columns, with their defaults and NOT NULLs as objects of their own.

use sqlx::PgConnection;

use super::rows::{get, name, sub_oid};
use super::{CatalogError, Gathering};
use crate::model::{Address, Column, Default, Expression, Kind, Name, NotNull, Object, Validity};

pub(super) async fn columns(
    connection: &mut PgConnection,
    into: &mut Gathering,
) -> Result<(), CatalogError> {
    for row in sqlx::query(include_str!("column.sql"))
        .fetch_all(connection)
        .await?
    {
        let table = Address::new(Kind::Table, [name(&row, "schema")?, name(&row, "table")?]);
        if !into.model.objects.contains_key(&table) {
            continue;
        }
        let address = table.part(Kind::Column, &name(&row, "name")?);
        let oid = sub_oid(&row)?;
        let collation = get::<Option<&str>>(&row, "collation_schema")?
            .zip(get::<Option<&str>>(&row, "collation_name")?)
            .map(|(schema, name)| vec![Name::new(schema), Name::new(name)]);
        let expression = get::<Option<&str>>(&row, "expression")?.map(Expression::new);
        let default_oid = get::<Option<i64>>(&row, "default_objid")?
            .map(|objid| get::<i64>(&row, "default_classid").map(|classid| (classid, objid, 0)))
            .transpose()?;
        let kind: &str = get(&row, "generated")?;
        let (generated, default) = match kind {
            "" => (None, expression),
            "s" | "v" => (expression, None),
            other => {
                return Err(CatalogError::UnknownCode {
                    column: "generated",
                    code: other.to_owned(),
                });
            }
        };
        let is_generated = generated.is_some();
        let column = Column {
            type_name: Expression::new(get::<&str>(&row, "type_name")?),
            collation,
            generated,
            is_virtual: kind == "v",
        };
        let position = u16::try_from(oid.2).unwrap_or(u16::MAX);
        let inherited: bool = get(&row, "inherited")?;
        if inherited {
            let own = into.model.inherited.entry(table.clone()).or_default();
            own.position.insert(address.clone(), position);
            if get(&row, "own")? {
                own.own.insert(address.clone());
            }
        } else {
            into.model.position.insert(address.clone(), position);
        }
        into.put_part(
            inherited,
            Some(oid),
            address.clone(),
            Object::Column(column),
        );
        if let Some(oid) = default_oid {
            let own = if is_generated {
                address.clone()
            } else {
                address.with_kind(Kind::Default)
            };
            if inherited {
                into.inherited.insert(oid, own);
            } else {
                into.addresses.insert(oid, own);
            }
        }
        if let Some(value) = default {
            let own = address.with_kind(Kind::Default);
            into.put_part(inherited, None, own, Object::Default(Default { value }));
        }
        let settings = super::physical::column_settings(&row)?;
        if !settings.is_empty() {
            let own = address.with_kind(Kind::ColumnSettings);
            into.put_part(inherited, None, own, Object::ColumnSettings(settings));
        }
        if get(&row, "not_null")? {
            let not_null = NotNull {
                name: None,
                validity: Validity::Valid,
                no_inherit: false,
            };
            let own = address.with_kind(Kind::NotNull);
            into.put_part(inherited, None, own, Object::NotNull(not_null));
        }
    }
    Ok(())
}
