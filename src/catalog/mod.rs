//! Live server in, model out.
//!
//! One `.sql` file per family of kinds beside the code that decodes its rows; one round trip per family, never one per
//! object. Everything is read in the caller's transaction, so the same reader serves live and scratch servers.

mod aggregate;
mod collation;
mod column;
mod composite;
mod constraint;
mod coverage;
mod default_privilege;
mod definition;
mod depend;
mod domain;
mod extension;
mod index;
mod partition;
mod physical;
mod policy;
mod privilege;
mod publication;
mod range;
mod relation;
mod role;
mod routine;
mod rows;
mod rule;
mod sequence;
mod session;
mod trigger;
mod types;

use std::collections::BTreeMap;

use sqlx::PgConnection;

use crate::model::{Address, Expression, Model, Read, Server, ServerVersion, Unmodelled};

pub use coverage::{Covered, Fate, coverage};
pub(crate) use session::{
    Asked, Counted, commented_by_themselves, connect_to, count, describe, held, may_rest_triggers,
    run, spelled_types, sqlstate, value,
};
pub use session::{CatalogError, Connection, connect, pin};

/// How often a read is repeated when DDL of others gets in between.
const TRIES: usize = 3;

/// A catalog row's identity: classid, objid, objsubid.
type Oid = (i64, i64, i32);

/// What is gathered while the families are read.
#[derive(Default)]
struct Gathering {
    model: Model<Expression>,
    addresses: BTreeMap<Oid, Address>,
    sizes: BTreeMap<Address, crate::model::Size>,
    /// What partitions have from their parents, by the addresses it has there.
    inherited: BTreeMap<Oid, Address>,
    /// The partition that an index which it has from its parent is of.
    index_of: BTreeMap<Address, Address>,
    /// What comes from something of the table above: nothing that stands by itself.
    comes_from: BTreeMap<Oid, Oid>,
    /// What such an index is made of.
    made_of: BTreeMap<Oid, Vec<Option<String>>>,
}

impl Gathering {
    /// Notes that a row type, and the array of it, stand for their relation.
    fn put_row_type(&mut self, row_type: i64, array: i64, address: &Address, class: i64) {
        for oid in [row_type, array].into_iter().filter(|oid| *oid != 0) {
            self.addresses.insert((class, oid, 0), address.clone());
        }
    }

    fn put(&mut self, oid: Oid, address: Address, object: crate::model::Object<Expression>) {
        self.addresses.insert(oid, address.clone());
        self.model.objects.insert(address, object);
    }

    /// Puts a part of a partition where it belongs: to what comes from the parent, or to the objects.
    fn put_part(
        &mut self,
        inherited: bool,
        oid: Option<Oid>,
        address: Address,
        object: crate::model::Object<Expression>,
    ) {
        if inherited {
            let own = self.model.inherited.entry(address.table()).or_default();
            own.objects.insert(address.clone(), object);
            if let Some(oid) = oid {
                self.inherited.insert(oid, address);
            }
        } else {
            if let Some(oid) = oid {
                self.addresses.insert(oid, address.clone());
            }
            self.model.objects.insert(address, object);
        }
    }

    /// Notes which key an index belongs to.
    fn put_index(&mut self, inherited: bool, index: Oid, key: &Address) {
        let into = if inherited {
            &mut self.inherited
        } else {
            &mut self.addresses
        };
        into.insert(index, key.clone());
    }

    /// Finds what a catalog row stands for: the column, or else the whole relation. What a partition has from its parent
    /// stands for that of the parent.
    fn find(&self, oid: Oid) -> Option<Address> {
        let whole = (oid.0, oid.1, 0);
        let found = self
            .addresses
            .get(&oid)
            .or_else(|| self.addresses.get(&self.origin(oid)))
            .or_else(|| self.addresses.get(&whole))?;
        Some(found.whole())
    }

    /// Follows what comes from above to where it begins.
    fn origin(&self, oid: Oid) -> Oid {
        let mut origin = oid;
        while let Some(above) = self.comes_from.get(&origin) {
            origin = *above;
        }
        origin
    }
}

/// Reads everything in the transaction that the caller has open.
///
/// # Errors
/// Fails when the server refuses a query.
pub async fn read(connection: &mut PgConnection) -> Result<Read, CatalogError> {
    let mut server = session::server(connection).await?;
    let mut gathering = families(connection).await?;
    role::roles(connection, &mut gathering).await?;
    let strangers = depend::dependencies(connection, &mut gathering).await?;
    let mut blockers = depend::blockers(connection, &strangers).await?;
    let (unmodelled, attributes) = relation::unmodelled(connection, &gathering).await?;
    for (address, text) in attributes {
        blockers.entry(address).or_default().insert(text);
    }
    server.sizes = std::mem::take(&mut gathering.sizes);
    let in_step = gathering.model.without_keepers();
    Ok(Read {
        model: gathering.model,
        in_step,
        unmodelled,
        blockers,
        server,
    })
}

/// Reads only the model, in the transaction that the caller has open: on scratch nothing else is there, and between
/// stages nobody asks what else is.
pub(crate) async fn model(
    connection: &mut PgConnection,
) -> Result<Model<Expression>, CatalogError> {
    let mut gathering = families(connection).await?;
    depend::dependencies(connection, &mut gathering).await?;
    gathering.model.without_keepers();
    Ok(gathering.model)
}

async fn families(connection: &mut PgConnection) -> Result<Gathering, CatalogError> {
    let mut gathering = Gathering::default();
    let into = &mut gathering;
    let there = sqlx::query(include_str!("present.sql"))
        .fetch_one(&mut *connection)
        .await?;
    let has = |family: &'static str| rows::get::<bool>(&there, family);
    relation::schemas(connection, into).await?;
    if has("extensions")? {
        extension::extensions(connection, into).await?;
    }
    if has("collations")? {
        collation::collations(connection, into).await?;
    }
    if has("enums")? {
        types::enums(connection, into).await?;
    }
    if has("domains")? {
        domain::domains(connection, into).await?;
    }
    if has("composites")? {
        composite::composites(connection, into).await?;
    }
    if has("ranges")? {
        range::ranges(connection, into).await?;
    }
    if has("definitions")? {
        definition::definitions(connection, into).await?;
    }
    if has("sequences")? {
        sequence::sequences(connection, into).await?;
    }
    if has("routines")? {
        routine::functions(connection, into).await?;
    }
    if has("aggregates")? {
        aggregate::aggregates(connection, into).await?;
    }
    if has("tables")? {
        relation::tables(connection, into).await?;
    }
    partition::origins(connection, into).await?;
    if has("tables")? {
        column::columns(connection, into).await?;
    }
    if has("sequences")? {
        sequence::identities(connection, into).await?;
    }
    if has("constraints")? {
        constraint::constraints(connection, into).await?;
    }
    if has("materialized_views")? {
        relation::materialized_views(connection, into).await?;
    }
    if has("indexes")? {
        index::indexes(connection, into).await?;
    }
    if has("physical")? {
        physical::tables(connection, into).await?;
    }
    definition::without_strangers(into);
    if has("views")? {
        relation::views(connection, into).await?;
    }
    if has("triggers")? {
        trigger::triggers(connection, into).await?;
    }
    if has("policies")? {
        policy::policies(connection, into).await?;
    }
    if has("rules")? {
        rule::rules(connection, into).await?;
    }
    if has("published_tables")? {
        publication::tables(connection, into).await?;
    }
    if has("published_schemas")? {
        publication::schemas(connection, into).await?;
    }
    if has("default_privileges")? {
        default_privilege::default_privileges(connection, into).await?;
    }
    privilege::privileges(connection, into).await?;
    relation::comments(connection, into).await?;
    partition::linked(into);
    Ok(gathering)
}

/// Reads a live server in a transaction of its own, again where DDL of others got in between.
///
/// # Errors
/// Fails when the server refuses a query, or when its catalog changed during every one of three reads.
pub async fn read_live(connection: &mut PgConnection) -> Result<Read, CatalogError> {
    undisturbed(connection, read).await
}

/// Reads only the model of a live server, as [`read_live`] reads everything.
///
/// # Errors
/// As [`read_live`].
pub(crate) async fn live_model(
    connection: &mut PgConnection,
) -> Result<Model<Expression>, CatalogError> {
    undisturbed(connection, async |connection: &mut PgConnection| {
        let mut gathering = families(connection).await?;
        role::roles(connection, &mut gathering).await?;
        depend::dependencies(connection, &mut gathering).await?;
        gathering.model.without_keepers();
        Ok(gathering.model)
    })
    .await
}

async fn undisturbed<T>(
    connection: &mut PgConnection,
    read: impl AsyncFn(&mut PgConnection) -> Result<T, CatalogError>,
) -> Result<T, CatalogError> {
    for _ in 0..TRIES {
        let before = session::look(connection).await?;
        session::begin_read(connection).await?;
        let outcome = read(connection).await;
        session::end_read(connection).await?;
        match outcome {
            // A relation that was dropped in between, or a catalog row that was: what the second look finds anyway.
            Err(error) if error.is_concurrent_change() => {}
            Err(error) => return Err(error),
            Ok(read) => {
                if session::look(connection).await? == before {
                    return Ok(read);
                }
            }
        }
    }
    Err(CatalogError::KeepsChanging { tries: TRIES })
}

/// Reads only what the server says of itself.
///
/// # Errors
/// Fails when the server refuses the query.
pub async fn server(connection: &mut PgConnection) -> Result<Server, CatalogError> {
    session::server(connection).await
}

/// Turns `server_version_num` into a version.
fn version(number: i32) -> ServerVersion {
    ServerVersion(u32::try_from(number).unwrap_or(0))
}

/// Spells a found thing's name as a person would.
fn spelled(parts: [Option<String>; 3]) -> String {
    let names: Vec<String> = parts
        .into_iter()
        .flatten()
        .map(|part| crate::model::Name::new(part).to_string())
        .collect();
    names.join(".")
}

impl From<rows::Found> for Unmodelled {
    fn from(found: rows::Found) -> Self {
        let on = found.on_schema.zip(found.on_name).map(|(schema, name)| {
            Address::new(crate::model::Kind::Table, [schema.as_str(), name.as_str()])
        });
        Self {
            kind: found.kind,
            name: spelled([found.schema, Some(found.name), found.part]),
            on,
        }
    }
}
