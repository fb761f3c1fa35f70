//! Storage parameters, settings of columns, replica identity and CLUSTER ON as YAML.

use serde_yaml::{Mapping, Value};

use super::physical::PLACES;
use super::write::text;
use crate::model::{
    Address, ClusteredOn, ColumnSettings, Compression, Expression, Kind, Model, Name, Object,
    Options, ReplicaIdentity, Storage, Table,
};

/// Writes options by name.
pub(super) fn options(own: &Options) -> Value {
    let values = own.0.iter();
    Value::Mapping(
        values
            .map(|(name, value)| (text(name.as_str()), text(value)))
            .collect(),
    )
}

/// Writes where and how the rows of a table are kept.
pub(super) fn place(
    table: &Table<Expression>,
    above: Option<&Table<Expression>>,
    into: &mut Mapping,
) {
    let usual = [
        above.and_then(|own| own.tablespace.as_ref()),
        above.and_then(|own| own.access_method.as_ref()),
    ];
    let own = [table.tablespace.as_ref(), table.access_method.as_ref()];
    for ((word, plain), (name, usual)) in PLACES.into_iter().zip(own.into_iter().zip(usual)) {
        if name != usual {
            into.insert(text(word), text(name.map_or(plain, Name::as_str)));
        }
    }
}

/// Writes what is said of a table.
pub(super) fn table(model: &Model<Expression>, address: &Address, into: &mut Mapping) {
    let at = |kind| model.objects.get(&address.with_kind(kind));
    if let Some(Object::Parameters(own)) = at(Kind::Parameters) {
        into.insert(text("with"), options(&own.values));
    }
    if let Some(Object::ReplicaIdentity(own)) = at(Kind::ReplicaIdentity) {
        let value = match own {
            ReplicaIdentity::Full => text("full"),
            ReplicaIdentity::Nothing => text("nothing"),
            ReplicaIdentity::Index(index) => {
                let mut map = Mapping::new();
                map.insert(text("index"), text(index.name().as_str()));
                Value::Mapping(map)
            }
        };
        into.insert(text("replica_identity"), value);
    }
    if let Some(Object::ClusteredOn(ClusteredOn { index })) = at(Kind::ClusteredOn) {
        into.insert(text("clustered_on"), text(index.name().as_str()));
    }
}

/// Writes what is said of a column.
pub(super) fn column(model: &Model<Expression>, address: &Address, into: &mut Mapping) {
    let settings = model.objects.get(&address.with_kind(Kind::ColumnSettings));
    let Some(Object::ColumnSettings(own)) = settings else {
        return;
    };
    let ColumnSettings {
        storage,
        usual_storage: _,
        compression,
        statistics,
        options: own_options,
        foreign,
    } = own;
    if let Some(storage) = storage {
        let word = match storage {
            Storage::Plain => "plain",
            Storage::External => "external",
            Storage::Extended => "extended",
            Storage::Main => "main",
        };
        into.insert(text("storage"), text(word));
    }
    if let Some(compression) = compression {
        let word = match compression {
            Compression::Pglz => "pglz",
            Compression::Lz4 => "lz4",
        };
        into.insert(text("compression"), text(word));
    }
    if let Some(target) = statistics {
        into.insert(text("statistics"), Value::Number((*target).into()));
    }
    if !own_options.is_empty() {
        into.insert(text("options"), options(own_options));
    }
    if !foreign.is_empty() {
        into.insert(text("foreign_options"), options(foreign));
    }
}
