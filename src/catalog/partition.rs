//! Partitions, and tables that inherit: what they have from the tables above them is no object of its own.

use std::collections::BTreeMap;

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
        let own = sub_oid(&row)?;
        if let Some(made_of) = get::<Option<Vec<Option<String>>>>(&row, "made_of")? {
            into.made_of.insert(own, made_of);
        }
        into.comes_from.insert(own, from);
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
    index_names(into);
    not_null_names(into);
}

/// Notes the names of NOT NULLs of partitions that the table above has not: it was made apart and attached.
fn not_null_names(into: &mut Gathering) {
    let model = &into.model;
    let name_of = |address: &Address| {
        let above = || model.inherited.get(&address.table())?.objects.get(address);
        match model.objects.get(address).or_else(above) {
            Some(Object::NotNull(own)) => own.name.as_ref(),
            _ => None,
        }
    };
    let mut found: Vec<(Address, Name, Name)> = Vec::new();
    for (table, own) in &model.inherited {
        for (part, above) in &own.from {
            if part.kind() == Kind::NotNull
                && let Some(name) = name_of(part)
                && name_of(above) != Some(name)
            {
                found.push((table.clone(), part.name().clone(), name.clone()));
            }
        }
    }
    for (table, column, name) in found {
        if let Some(Object::Table(own)) = into.model.objects.get_mut(&table)
            && own.partition_of.is_some()
        {
            own.not_null_names.insert(column, name);
        }
    }
}

/// What the server makes a name of.
struct Chosen {
    table: String,
    /// The columns; none where it is made of expressions.
    made_of: Option<String>,
    kind: Kind,
}

impl Chosen {
    fn of(table: &Address, kind: Kind, made_of: &[Option<String>]) -> Self {
        let columns: Option<Vec<&str>> = made_of.iter().map(Option::as_deref).collect();
        Self {
            table: table.name().as_str().to_owned(),
            made_of: columns.map(|all| all.join("_")),
            kind,
        }
    }

    /// Says whether the server may have chosen a name. Which of several gets a number is a matter of the order in which they were made;
    /// with one, there is less room for what goes before.
    fn may_be(&self, name: &Name) -> bool {
        let labels = [
            (Kind::PrimaryKey, "pkey"),
            (Kind::Unique, "key"),
            (Kind::Exclusion, "excl"),
        ];
        let label = labels.iter().find(|(own, _)| *own == self.kind);
        let label = label.map_or("idx", |(_, label)| label);
        let bare = name
            .as_str()
            .trim_end_matches(|own: char| own.is_ascii_digit());
        let number = &name.as_str()[bare.len()..];
        [number, ""].iter().any(|number| {
            let label = [label, number].concat();
            match &self.made_of {
                Some(columns) => {
                    let made_of = (self.kind != Kind::PrimaryKey).then_some(columns.as_str());
                    Name::chosen(&self.table, made_of, &label) == *name
                }
                // What the server calls an expression depends on how it was written.
                None => {
                    let begins = &self.table[..self.table.floor_char_boundary(OF_TABLE)];
                    let ends = ["_", &label].concat();
                    name.as_str().starts_with(begins) && name.as_str().ends_with(&ends)
                }
            }
        })
    }
}

/// So much of the name of its table is in the name of every index that the server names.
const OF_TABLE: usize = 28;

/// Notes the names of indexes of partitions that the server would not have chosen: somebody did.
fn index_names(into: &mut Gathering) {
    let mut chosen: BTreeMap<Address, Vec<Chosen>> = BTreeMap::new();
    for (oid, made_of) in &into.made_of {
        let Some(own) = into.inherited.get(oid) else {
            continue;
        };
        if let Some(table) = table_of(into, own) {
            let name = Chosen::of(&table, own.kind(), made_of);
            chosen.entry(table).or_default().push(name);
        }
    }
    let mut found: Vec<(Address, Address, Name)> = Vec::new();
    for (partition, names) in &chosen {
        for (origin, index) in into.model.indexes_from_above(partition) {
            if !names.iter().any(|own| own.may_be(index.name())) {
                found.push((partition.clone(), origin, index.name().clone()));
            }
        }
    }
    for (partition, origin, name) in found {
        if let Some(Object::Table(own)) = into.model.objects.get_mut(&partition) {
            own.index_names.insert(origin, name);
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
