//! Storage parameters, settings of columns, replica identities and the indexes that CLUSTER goes by.

use sqlx::PgConnection;
use sqlx::postgres::PgRow;

use super::rows::{code, get, name, names, options};
use super::{CatalogError, Gathering};
use crate::model::{
    Address, ClusteredOn, ColumnSettings, Compression, Kind, Name, Object, OwnIndex, Parameters,
    ReplicaIdentity, RowSecurity, Storage,
};

/// Reads what is said of tables; columns, keys and indexes are known by now.
pub(super) async fn tables(
    connection: &mut PgConnection,
    into: &mut Gathering,
) -> Result<(), CatalogError> {
    for row in sqlx::query(include_str!("physical.sql"))
        .fetch_all(connection)
        .await?
    {
        let table = Address::new(Kind::Table, [name(&row, "schema")?, name(&row, "name")?]);
        if !into.model.objects.contains_key(&table) {
            continue;
        }
        let values = options(&row, "parameters")?;
        if !values.is_empty() {
            let own = table.with_kind(Kind::Parameters);
            // Of a table whose columns need no TOAST table, parameters of one are ignored without a word.
            if values
                .keys()
                .any(|name| name.as_str().starts_with("toast."))
            {
                let columns = into.model.columns_of(&table);
                into.model
                    .needs
                    .entry(own.clone())
                    .or_default()
                    .extend(columns);
            }
            let parameters = Object::Parameters(Parameters { values });
            into.model.objects.insert(own, parameters);
        }
        let security = RowSecurity {
            enabled: get(&row, "row_security")?,
            forced: get(&row, "forced")?,
        };
        if security.enabled || security.forced {
            let own = table.with_kind(Kind::RowSecurity);
            into.model
                .objects
                .insert(own, Object::RowSecurity(security));
        }
        let identity = match get::<&str>(&row, "replica_identity")? {
            "d" => None,
            "f" => Some(ReplicaIdentity::Full),
            "n" => Some(ReplicaIdentity::Nothing),
            "i" => own_index(&row, "replica_index", "replica_index_objid", into)?
                .map(|(index, _)| ReplicaIdentity::Index(index)),
            other => {
                return Err(CatalogError::UnknownCode {
                    column: "replica_identity",
                    code: other.to_owned(),
                });
            }
        };
        let replicated = own_index(&row, "replica_index", "replica_index_objid", into)?;
        let clustered = own_index(&row, "clustered_index", "clustered_index_objid", into)?;
        // Its columns have to be NOT NULL, as long as it is one.
        let columns = names(&row, "replica_columns")?;
        let columns = columns.iter().map(|own| table.part(Kind::NotNull, own));
        let held: Vec<Address> = columns
            .filter(|own| into.model.objects.contains_key(own))
            .collect();
        let replica = table.with_kind(Kind::ReplicaIdentity);
        if !held.is_empty() {
            into.model.needs.entry(replica).or_default().extend(held);
        }
        let on_index = clustered.as_ref().map(|(index, _)| ClusteredOn {
            index: index.clone(),
        });
        for (object, index) in [
            (identity.map(Object::ReplicaIdentity), replicated),
            (on_index.map(Object::ClusteredOn), clustered),
        ] {
            let Some(object) = object else { continue };
            let own = table.with_kind(object.kind());
            if let Some((_, Some(index))) = index {
                into.model
                    .needs
                    .entry(own.clone())
                    .or_default()
                    .insert(index);
            }
            into.model.objects.insert(own, object);
        }
    }
    Ok(())
}

/// Reads an index that a table speaks of, with the key or index that it is where that is modelled.
fn own_index(
    row: &PgRow,
    column: &'static str,
    objid: &'static str,
    from: &Gathering,
) -> Result<Option<(OwnIndex, Option<Address>)>, CatalogError> {
    let Some(name) = get::<Option<&str>>(row, column)?.map(Name::new) else {
        return Ok(None);
    };
    let oid = (get(row, "index_classid")?, get(row, objid)?, 0);
    let address = from.addresses.get(&oid).cloned();
    let is_key = address.as_ref().map(Address::kind) == Some(Kind::PrimaryKey);
    let index = if is_key {
        OwnIndex::PrimaryKey(name)
    } else {
        OwnIndex::Named(name)
    };
    Ok(Some((index, address)))
}

/// Reads what is said of a column.
pub(super) fn column_settings(row: &PgRow) -> Result<ColumnSettings, CatalogError> {
    let storages = [
        ("p", Storage::Plain),
        ("e", Storage::External),
        ("x", Storage::Extended),
        ("m", Storage::Main),
    ];
    let storage = match get::<Option<&str>>(row, "storage")? {
        Some(_) => Some(code(row, "storage", &storages)?),
        None => None,
    };
    let methods = [("p", Compression::Pglz), ("l", Compression::Lz4)];
    let compression = match get::<Option<&str>>(row, "compression")? {
        Some(_) => Some(code(row, "compression", &methods)?),
        None => None,
    };
    Ok(ColumnSettings {
        storage,
        usual_storage: Some(code(row, "usual_storage", &storages)?),
        compression,
        statistics: get(row, "statistics")?,
        options: options(row, "options")?,
        foreign: options(row, "foreign_options")?,
    })
}
