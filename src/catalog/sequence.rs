//! Sequences, the columns that own them, and identity columns.

use sqlx::PgConnection;
use sqlx::postgres::PgRow;

use super::rows::{code, get, name, oid, persistence};
use super::{CatalogError, Gathering};
use crate::model::{
    Address, Counting, Generated, Identity, Kind, Name, Object, OwnedBy, Sequence, SequenceType,
};

const TYPES: [(&str, SequenceType); 3] = [
    ("bigint", SequenceType::Bigint),
    ("integer", SequenceType::Integer),
    ("smallint", SequenceType::Smallint),
];

pub(super) async fn sequences(
    connection: &mut PgConnection,
    into: &mut Gathering,
) -> Result<(), CatalogError> {
    for row in sqlx::query(include_str!("sequence.sql"))
        .fetch_all(connection)
        .await?
    {
        let address = Address::new(Kind::Sequence, [name(&row, "schema")?, name(&row, "name")?]);
        let persistence = persistence(&row)?;
        let sequence = Sequence {
            data_type: code(&row, "data_type", &TYPES)?,
            counting: counting(&row)?,
            persistence,
        };
        let owner = ["owner_schema", "owner_table", "owner_column"]
            .into_iter()
            .map(|part| Ok(get::<Option<&str>>(&row, part)?.map(Name::new)))
            .collect::<Result<Option<Vec<Name>>, CatalogError>>()?;
        if let Some(column) = owner {
            let own = address.with_kind(Kind::OwnedBy);
            let need = Address::new(Kind::Column, column.iter().cloned());
            into.model
                .needs
                .entry(own.clone())
                .or_default()
                .insert(need);
            into.model
                .objects
                .insert(own, Object::OwnedBy(OwnedBy { column }));
        }
        into.put(oid(&row)?, address, Object::Sequence(sequence));
    }
    Ok(())
}

pub(super) async fn identities(
    connection: &mut PgConnection,
    into: &mut Gathering,
) -> Result<(), CatalogError> {
    for row in sqlx::query(include_str!("identity.sql"))
        .fetch_all(connection)
        .await?
    {
        let table = Address::new(Kind::Table, [name(&row, "schema")?, name(&row, "table")?]);
        if !into.model.objects.contains_key(&table) {
            continue;
        }
        let address = table.part(Kind::Identity, &name(&row, "name")?);
        let identity = Identity {
            generated: code(
                &row,
                "identity",
                &[("a", Generated::Always), ("d", Generated::ByDefault)],
            )?,
            counting: counting(&row)?,
            sequence: Some(name(&row, "sequence")?),
        };
        let not_null = address.with_kind(Kind::NotNull);
        into.model
            .needs
            .entry(address.clone())
            .or_default()
            .insert(not_null);
        into.put(oid(&row)?, address, Object::Identity(identity));
    }
    Ok(())
}

fn counting(row: &PgRow) -> Result<Counting, CatalogError> {
    Ok(Counting {
        start: get(row, "start")?,
        increment: get(row, "increment")?,
        min_value: get(row, "min_value")?,
        max_value: get(row, "max_value")?,
        cache: get(row, "cache")?,
        cycle: get(row, "cycle")?,
    })
}
