//! Schemas, tables, views, comments, and what is not modelled.

use std::collections::BTreeMap;

use sqlx::PgConnection;
use sqlx::postgres::PgRow;

use super::rows::{Found, get, name, oid, options, persistence, sub_oid};
use super::{CatalogError, Gathering};
use crate::model::{
    Address, Comment, Expression, Foreign, Kind, MaterializedView, Name, Object, Schema, Size,
    Table, Unmodelled, View,
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
        let partition = super::partition::partition_of(&row)?;
        if partition.is_some() {
            let own = into.model.inherited.entry(address.clone()).or_default();
            own.condition = get::<Option<&str>>(&row, "condition")?.map(Expression::new);
        }
        let inherits = super::partition::inherits(&row)?;
        if !inherits.is_empty() {
            into.model.inherited.entry(address.clone()).or_default();
        }
        let table = Table {
            persistence,
            partition_by: get::<Option<&str>>(&row, "partition_by")?.map(Expression::new),
            partition_of: partition,
            index_names: BTreeMap::new(),
            not_null_names: BTreeMap::new(),
            inherits,
            tablespace: get::<Option<&str>>(&row, "tablespace")?.map(Name::new),
            access_method: get::<Option<&str>>(&row, "access_method")?.map(Name::new),
            foreign: match get::<Option<&str>>(&row, "server")? {
                Some(server) => Some(Foreign {
                    server: Name::new(server),
                    options: options(&row, "options")?,
                }),
                None => None,
            },
        };
        into.put(oid(&row)?, address, Object::Table(table));
    }
    Ok(())
}

pub(super) async fn materialized_views(
    connection: &mut PgConnection,
    into: &mut Gathering,
) -> Result<(), CatalogError> {
    for row in sqlx::query(include_str!("materialized_view.sql"))
        .fetch_all(connection)
        .await?
    {
        let path = [name(&row, "schema")?, name(&row, "name")?];
        let address = Address::new(Kind::MaterializedView, path);
        let size = Size {
            rows: get(&row, "estimated_rows")?,
            bytes: get(&row, "bytes")?,
        };
        into.sizes.insert(address.clone(), size);
        let view = MaterializedView {
            query: Expression::new(get::<&str>(&row, "query")?.trim()),
            parameters: options(&row, "parameters")?,
            columns: columns(&row)?,
        };
        put_view(&row, &address, &view.columns, into)?;
        into.put(oid(&row)?, address, Object::MaterializedView(view));
    }
    Ok(())
}

/// Reads the columns of a view with their types.
fn columns(row: &PgRow) -> Result<Vec<(Name, String)>, CatalogError> {
    let names: Vec<String> = get(row, "columns")?;
    let types: Vec<String> = get(row, "types")?;
    Ok(names.iter().map(Name::new).zip(types).collect())
}

/// Notes what stands for a view in dependencies: its row type, and its columns.
fn put_view(
    row: &PgRow,
    address: &Address,
    columns: &[(Name, String)],
    into: &mut Gathering,
) -> Result<(), CatalogError> {
    into.put_row_type(
        get(row, "row_type")?,
        get(row, "row_array")?,
        address,
        get(row, "type_classid")?,
    );
    let (class, objid, _) = oid(row)?;
    for (number, (column, _)) in (1..).zip(columns) {
        let column = address.view_column(column);
        into.addresses.insert((class, objid, number), column);
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
        let mut view = View {
            query: Expression::new(get::<&str>(&row, "query")?.trim()),
            options: options(&row, "options")?,
            columns: columns(&row)?,
            defaults: BTreeMap::new(),
        };
        let defaults: Vec<Option<String>> = get(&row, "defaults")?;
        let objids: Vec<Option<i64>> = get(&row, "default_objids")?;
        for ((column, _), (own, objid)) in view.columns.iter().zip(defaults.iter().zip(&objids)) {
            if let (Some(own), Some(objid)) = (own, objid) {
                let place = (get(&row, "default_classid")?, *objid, 0);
                into.addresses.insert(place, address.clone());
                view.defaults.insert(column.clone(), Expression::new(own));
            }
        }
        put_view(&row, &address, &view.columns, into)?;
        into.put(oid(&row)?, address, Object::View(view));
    }
    Ok(())
}

/// Returns the catalog that a kind is commented on in. The index of a key and the row type of a table stand for the key
/// and the table in dependencies; their own comments are not modelled.
fn catalog_of(target: &Address) -> Option<&'static str> {
    match target.kind() {
        Kind::Schema => Some("pg_namespace"),
        Kind::Extension => Some("pg_extension"),
        Kind::Composite if target.is_value() => Some("pg_class"),
        Kind::Collation => Some("pg_collation"),
        Kind::Enum | Kind::Domain | Kind::Composite | Kind::Range => Some("pg_type"),
        Kind::Function | Kind::Procedure | Kind::Aggregate => Some("pg_proc"),
        Kind::Defined(own) => Some(super::definition::catalog(own)),
        Kind::Trigger => Some("pg_trigger"),
        Kind::Policy => Some("pg_policy"),
        Kind::Rule => Some("pg_rewrite"),
        Kind::Sequence
        | Kind::Table
        | Kind::View
        | Kind::MaterializedView
        | Kind::Index
        | Kind::Column => Some("pg_class"),
        Kind::PrimaryKey
        | Kind::Unique
        | Kind::Exclusion
        | Kind::Check
        | Kind::DomainCheck
        | Kind::ForeignKey => Some("pg_constraint"),
        // A NOT NULL is addressed by its column: its comment would need the constraint's name.
        Kind::NotNull => None,
        Kind::Identity
        | Kind::OwnedBy
        | Kind::Default
        | Kind::Parameters
        | Kind::ColumnSettings
        | Kind::ReplicaIdentity
        | Kind::ClusteredOn
        | Kind::RowSecurity
        | Kind::PublishedTable
        | Kind::PublishedSchema
        | Kind::Owner
        | Kind::Grant
        | Kind::Comment
        | Kind::DefaultPrivilege => None,
    }
}

/// Reads comments on what is modelled.
pub(super) async fn comments(
    connection: &mut PgConnection,
    into: &mut Gathering,
) -> Result<(), CatalogError> {
    for row in sqlx::query(include_str!("comment.sql"))
        .fetch_all(connection)
        .await?
    {
        let own = sub_oid(&row)?;
        let handed_down = into.inherited.get(&own);
        let Some(target) = into.addresses.get(&own).or(handed_down).cloned() else {
            continue;
        };
        let is_handed_down = handed_down.is_some();
        let target = &target;
        if catalog_of(target) != Some(get(&row, "catalog")?) {
            continue;
        }
        let key = match into.model.objects.get(target) {
            Some(Object::PrimaryKey(own)) => own.name.clone(),
            _ => None,
        };
        let address = Address::comment_on(target);
        let text = get(&row, "text")?;
        let on_foreign = into.model.is_foreign(target);
        let comment = Object::Comment(Comment {
            text,
            key,
            on_foreign,
        });
        if is_handed_down {
            super::partition::said_of(into, target, address, comment);
        } else {
            into.model.objects.insert(address, comment);
        }
    }
    Ok(())
}

/// What is said of a constraint, an index or a schema and is not modelled, by what it is said of: that cannot be made again.
pub(super) type Attributes = Vec<(Address, String)>;

/// Reads what is not modelled.
pub(super) async fn unmodelled(
    connection: &mut PgConnection,
    from: &Gathering,
) -> Result<(Vec<Unmodelled>, Attributes), CatalogError> {
    let rows = sqlx::query(include_str!("unmodelled.sql"))
        .fetch_all(connection)
        .await?;
    let (mut all, mut attributes) = (Vec::new(), Attributes::new());
    for row in &rows {
        let found = Found::decode(row)?;
        // What lies in a schema keeps it from going.
        let lies_in = found.on_schema.as_deref();
        let lies_in = lies_in.filter(|_| found.on_name.is_none());
        let target = match lies_in {
            Some(schema) => Some(Address::new(Kind::Schema, [schema])),
            None => from.addresses.get(&oid(row)?).cloned(),
        };
        let own = Unmodelled::from(found);
        if let Some(target) = target.filter(|own| carries_attributes(own.kind())) {
            attributes.push((target, format!("{} {}", own.kind, own.name)));
        }
        all.push(own);
    }
    Ok((all, attributes))
}

/// Says whether what is not modelled of such a thing goes with it when it is made again.
fn carries_attributes(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Schema
            | Kind::PrimaryKey
            | Kind::Unique
            | Kind::Exclusion
            | Kind::Check
            | Kind::ForeignKey
            | Kind::NotNull
            | Kind::Index
            | Kind::MaterializedView
            | Kind::Function
            | Kind::Procedure
            | Kind::Aggregate
            | Kind::Trigger
    )
}
