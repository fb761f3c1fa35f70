//! Indexes that no key owns, and exclusion constraints.

use std::collections::BTreeMap;

use sqlx::PgConnection;

use super::rows::{get, name, names, oid, options};
use super::{CatalogError, Gathering};
use crate::model::{Address, Exclusion, Expression, Index, Kind, Name, Object, Validity};

pub(super) async fn indexes(
    connection: &mut PgConnection,
    into: &mut Gathering,
) -> Result<(), CatalogError> {
    // Of equal indexes, the one made first becomes a part of that of the whole when the table is attached: their order is kept.
    let mut made: BTreeMap<Address, Vec<(i64, Address)>> = BTreeMap::new();
    for row in sqlx::query(include_str!("index.sql"))
        .fetch_all(connection)
        .await?
    {
        let (schema, table) = (name(&row, "schema")?, name(&row, "table")?);
        let on_view: bool = get(&row, "on_view")?;
        let kind = if on_view {
            Kind::MaterializedView
        } else {
            Kind::Table
        };
        let relation = Address::new(kind, [schema.clone(), table.clone()]);
        if !into.model.objects.contains_key(&relation) {
            continue;
        }
        let inherited: bool = get(&row, "inherited")?;
        let elements: Vec<String> = get(&row, "elements")?;
        let elements: Vec<Expression> = elements.iter().map(Expression::new).collect();
        if let Some(exclusion) = get::<Option<i64>>(&row, "exclusion_objid")? {
            let operators: Vec<String> = get(&row, "operators")?;
            let own = Exclusion {
                method: name(&row, "method")?,
                elements,
                operators: operators.iter().map(Expression::new).collect(),
                include: names(&row, "include")?,
                predicate: get::<Option<&str>>(&row, "predicate")?.map(Expression::new),
                deferrable: super::constraint::deferrable(&row)?,
                parameters: options(&row, "parameters")?,
                tablespace: get::<Option<&str>>(&row, "tablespace")?.map(Name::new),
            };
            let address = relation.part(Kind::Exclusion, &name(&row, "name")?);
            into.put_index(inherited, oid(&row)?, &address);
            let constraint = (get(&row, "exclusion_classid")?, exclusion, 0);
            into.put_part(inherited, Some(constraint), address, Object::Exclusion(own));
            continue;
        }
        let index = Index {
            table,
            on_view,
            method: name(&row, "method")?,
            unique: get(&row, "unique")?,
            nulls_not_distinct: get(&row, "nulls_not_distinct")?,
            elements,
            include: names(&row, "include")?,
            predicate: get::<Option<&str>>(&row, "predicate")?.map(Expression::new),
            parameters: options(&row, "parameters")?,
            tablespace: get::<Option<&str>>(&row, "tablespace")?.map(Name::new),
            validity: Validity::from_flag(get(&row, "valid")?),
        };
        let address = Address::new(Kind::Index, [schema, name(&row, "name")?]);
        if inherited {
            let table = index.table_address(&address);
            into.index_of.insert(address.clone(), table.clone());
            let own = into.model.inherited.entry(table).or_default();
            own.objects.insert(address.clone(), Object::Index(index));
            into.inherited.insert(oid(&row)?, address);
            continue;
        }
        if kind == Kind::Table {
            let of_table = made.entry(relation).or_default();
            of_table.push((get(&row, "objid")?, address.clone()));
        }
        into.put(oid(&row)?, address, Object::Index(index));
    }
    for (_, mut own) in made {
        own.sort();
        let is_same = |one: &Address, other: &Address| {
            let [one, other] = [one, other].map(|own| into.model.objects.get(own));
            one.zip(other)
                .is_some_and(|(one, other)| one.alterations(other).is_empty())
        };
        let twice: Vec<Address> = own
            .iter()
            .filter(|(_, one)| {
                own.iter()
                    .any(|(_, other)| other != one && is_same(one, other))
            })
            .map(|(_, own)| own.clone())
            .collect();
        into.model.position.extend(twice.into_iter().zip(1..));
    }
    Ok(())
}
