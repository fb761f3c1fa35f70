//! What needs what, from `pg_depend`, and what stands on modelled things without being modelled.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::PgConnection;

use super::rows::{get, sub_oid};
use super::{CatalogError, Gathering, Oid};
use crate::model::{Address, Expression, Kind, Model, Object};

/// What depends on modelled things without being modelled: class and object → the things it depends on.
type Strangers = BTreeMap<(i64, i64), BTreeSet<Address>>;

/// Reads the dependencies into the model's `needs`, and returns what depends on modelled things without being modelled.
pub(super) async fn dependencies(
    connection: &mut PgConnection,
    into: &mut Gathering,
) -> Result<Strangers, CatalogError> {
    let mut strangers = Strangers::new();
    for row in sqlx::query(include_str!("depend.sql"))
        .fetch_all(&mut *connection)
        .await?
    {
        let dependent = sub_oid(&row)?;
        let referenced: Oid = (
            get(&row, "refclassid")?,
            get(&row, "refobjid")?,
            get(&row, "refobjsubid")?,
        );
        let Some(need) = into.find(referenced) else {
            continue;
        };
        // What a partition has from its parent needs what that of the parent needs; by itself once it is a table alone.
        if into.comes_from.contains_key(&dependent) || into.inherited.contains_key(&dependent) {
            if let Some(own) = into.inherited.get(&dependent).cloned() {
                let need = into.inherited.get(&referenced).cloned().unwrap_or(need);
                super::partition::needs(into, own, need);
            }
            continue;
        }
        let whole = (referenced.0, referenced.1, 0);
        let partition = into.comes_from.contains_key(&referenced);
        let partition = partition.then(|| into.addresses.get(&whole).cloned());
        match into.find(dependent) {
            Some(address) => {
                for need in [Some(need), partition.flatten()].into_iter().flatten() {
                    let is_parent = into.model.parent(&address).as_ref() == Some(&need);
                    // A partitioned table needs the columns of its key.
                    let is_own = address.kind() == Kind::Table && need.is_at_or_below(&address);
                    if address != need && !is_parent && !is_own {
                        into.model
                            .needs
                            .entry(address.clone())
                            .or_default()
                            .insert(need);
                    }
                }
            }
            None => {
                strangers
                    .entry((dependent.0, dependent.1))
                    .or_default()
                    .insert(need);
            }
        }
    }
    included(&mut into.model);
    Ok(strangers)
}

/// A foreign key leans on the index of the key that it refers to, and that leans on the columns it includes: the server
/// notes no more than the first.
fn included(model: &mut Model<Expression>) {
    let mut more: Vec<(Address, Address)> = Vec::new();
    for (address, needs) in &model.needs {
        if address.kind() != Kind::ForeignKey {
            continue;
        }
        for need in needs {
            let (table, include) = match model.objects.get(need) {
                Some(Object::PrimaryKey(key)) => (need.table(), &key.include),
                Some(Object::Unique(key)) => (need.table(), &key.include),
                Some(Object::Index(index)) => (index.table_address(need), &index.include),
                _ => continue,
            };
            let columns = include.iter().map(|own| table.part(Kind::Column, own));
            more.extend(columns.map(|column| (address.clone(), column)));
        }
    }
    for (address, column) in more {
        model.needs.entry(address).or_default().insert(column);
    }
}

/// Returns, for every modelled thing, the descriptions of what depends on it and is not modelled.
pub(super) async fn blockers(
    connection: &mut PgConnection,
    strangers: &Strangers,
) -> Result<BTreeMap<Address, BTreeSet<String>>, CatalogError> {
    let mut blockers: BTreeMap<Address, BTreeSet<String>> = BTreeMap::new();
    if strangers.is_empty() {
        return Ok(blockers);
    }
    let (classes, objects): (Vec<i64>, Vec<i64>) = strangers.keys().copied().unzip();
    let described = sqlx::query(include_str!("dependent.sql"))
        .bind(classes)
        .bind(objects)
        .fetch_all(&mut *connection)
        .await?;
    for row in described {
        let stranger = (get(&row, "classid")?, get(&row, "objid")?);
        for address in strangers.get(&stranger).into_iter().flatten() {
            blockers
                .entry(address.clone())
                .or_default()
                .insert(get(&row, "description")?);
        }
    }
    Ok(blockers)
}
