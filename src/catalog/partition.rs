//! Partitions, and tables that inherit: what they have from the tables above them is no object of its own.

use sqlx::PgConnection;
use sqlx::postgres::PgRow;

use super::rows::{get, sub_oid};
use super::{CatalogError, Gathering};
use crate::model::{Address, Bound, Expression, Kind, Name, Object, Partition};

/// What stands before the values of a bound in the server's print.
const FOR_VALUES: &str = "FOR VALUES ";

/// Reads which table a table is a partition of.
pub(super) fn partition_of(row: &PgRow) -> Result<Option<Partition<Expression>>, CatalogError> {
    let parent = get::<Option<&str>>(row, "parent_schema")?
        .zip(get::<Option<&str>>(row, "parent_name")?)
        .map(|(schema, name)| vec![Name::new(schema), Name::new(name)]);
    let Some((parent, bound)) = parent.zip(get::<Option<&str>>(row, "bound")?) else {
        return Ok(None);
    };
    let bound = match bound.strip_prefix(FOR_VALUES) {
        Some(values) => Bound::Values(Expression::new(values)),
        None => Bound::Default,
    };
    Ok(Some(Partition { parent, bound }))
}

/// Reads which tables a table inherits from.
pub(super) fn inherits(row: &PgRow) -> Result<Vec<Vec<Name>>, CatalogError> {
    let schemas: Option<Vec<String>> = get(row, "inherits_schemas")?;
    let names: Option<Vec<String>> = get(row, "inherits_names")?;
    let all = schemas.into_iter().flatten();
    let all = all.zip(names.into_iter().flatten());
    let path = |(schema, name)| vec![Name::new(schema), Name::new(name)];
    Ok(all.map(path).collect())
}

/// Reads which parts of partitions come from which parts of the tables above.
pub(super) async fn origins(
    connection: &mut PgConnection,
    into: &mut Gathering,
) -> Result<(), CatalogError> {
    if into.model.inherited.is_empty() {
        return Ok(());
    }
    for row in sqlx::query(include_str!("inherited.sql"))
        .fetch_all(connection)
        .await?
    {
        let from = (
            get(&row, "from_classid")?,
            get(&row, "from_objid")?,
            get(&row, "from_objsubid")?,
        );
        into.comes_from.insert(sub_oid(&row)?, from);
    }
    Ok(())
}

/// Notes for every part of a partition what it comes from; all parts are read by now.
pub(super) fn linked(into: &mut Gathering) {
    let mut links: Vec<(Address, Address, Address)> = Vec::new();
    for (oid, own) in &into.inherited {
        let above = into.comes_from.get(oid).and_then(|from| {
            let objects = into.addresses.get(from);
            objects.or_else(|| into.inherited.get(from))
        });
        let above = above.filter(|above| above.kind() == own.kind());
        if let (Some(above), Some(table)) = (above, table_of(into, own)) {
            links.push((table, own.clone(), above.clone()));
        }
    }
    for (table, own, above) in links {
        if let Some(part) = into.model.inherited.get_mut(&table) {
            part.from.insert(own, above);
        }
    }
}

/// Notes what a part needs once its table stands alone.
pub(super) fn needs(into: &mut Gathering, own: Address, need: Address) {
    let Some(table) = table_of(into, &own) else {
        return;
    };
    if own == need || need == table {
        return;
    }
    if let Some(part) = into.model.inherited.get_mut(&table) {
        part.needs.entry(own).or_default().insert(need);
    }
}

/// Keeps what is said of a part with that part.
pub(super) fn said_of(
    into: &mut Gathering,
    part: &Address,
    address: Address,
    object: Object<Expression>,
) {
    let table = table_of(into, part);
    if let Some(own) = table.and_then(|own| into.model.inherited.get_mut(&own)) {
        own.objects.insert(address, object);
    }
}

/// Finds the partition that a part is of: an index is named beside its table.
fn table_of(into: &Gathering, own: &Address) -> Option<Address> {
    if own.kind() == Kind::Index {
        return into.index_of.get(own).cloned();
    }
    Some(own.table())
}
