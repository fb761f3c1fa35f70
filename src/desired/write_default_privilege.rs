//! Default privileges as YAML.

use std::collections::BTreeSet;

use serde_yaml::{Mapping, Value};

use super::write::{Page, text};
use crate::model::{Address, Kind, Name};

/// The key, in a document and in a schema.
pub(super) const KEY: &str = "default_privileges";

/// Stands for all that the lists of a role say wherever it makes something: an entry of the document's section.
pub(super) fn entry_of(maker: &Name) -> Address {
    Address::new(Kind::DefaultPrivilege, [maker.clone()])
}

/// Returns the entries of the document's section that a page has.
pub(super) fn entries(page: &Page<'_>) -> BTreeSet<Address> {
    makers(page, None).iter().map(entry_of).collect()
}

/// Writes what the lists of a role say, wherever it makes something.
pub(super) fn entry(page: &Page<'_>, address: &Address) -> Option<(&'static str, String, Value)> {
    let maker = address.name();
    let own = lists(page, None, maker)?;
    Some((KEY, maker.as_str().to_owned(), own))
}

/// Writes the lists of a schema.
pub(super) fn of_schema(page: &Page<'_>, schema: &Name, into: &mut Mapping) {
    let makers = makers(page, Some(schema));
    let makers = makers.iter().filter_map(|maker| {
        let own = lists(page, Some(schema), maker)?;
        Some((text(maker.as_str()), own))
    });
    let all: Mapping = makers.collect();
    if !all.is_empty() {
        into.insert(text(KEY), Value::Mapping(all));
    }
}

/// Returns the roles that have lists, by their names.
fn makers(page: &Page<'_>, schema: Option<&Name>) -> BTreeSet<Name> {
    let lists = page.privileges.units();
    let lists = lists.filter(|own| own.default_schema() == schema);
    lists.filter_map(Address::default_role).cloned().collect()
}

fn lists(page: &Page<'_>, schema: Option<&Name>, maker: &Name) -> Option<Value> {
    let mut map = Mapping::new();
    for (word, kind) in [
        ("tables", Kind::Table),
        ("sequences", Kind::Sequence),
        ("functions", Kind::Function),
        ("types", Kind::Enum),
        ("schemas", Kind::Schema),
    ] {
        let list = Address::default_privileges(kind, schema, maker);
        if let Some(own) = page.privileges.of_object(&list) {
            map.insert(text(word), own);
        }
    }
    (!map.is_empty()).then_some(Value::Mapping(map))
}
