//! A database's state as `pull` writes it, for a comparison that asks no diff.

use std::collections::BTreeMap;

use libtest_mimic::Failed;
use reconcile::pipeline::{self, Project};
use serde::Deserialize as _;
use serde_yaml::{Mapping, Value};

use super::failed;

/// Returns what `pull` writes, as text in an order of its own: columns by name, for those that came later come last, and
/// names that the declaration leaves to the server left out.
pub(crate) async fn state(project: &Project, declared: &str) -> Result<String, Failed> {
    let declared: Value = serde_yaml::from_str(declared).map_err(failed)?;
    let folder = tempfile::tempdir().map_err(failed)?;
    let pulled = pipeline::pull(project, folder.path())
        .await
        .map_err(failed)?;
    let mut things = BTreeMap::new();
    for path in pulled.files {
        let text = std::fs::read_to_string(path).map_err(failed)?;
        for document in serde_yaml::Deserializer::from_str(&text) {
            let value = Value::deserialize(document).map_err(failed)?;
            let schema = value
                .get("schema")
                .and_then(Value::as_str)
                .unwrap_or_default();
            for (section, entries) in value.as_mapping().into_iter().flatten() {
                let section = section.as_str().unwrap_or_default();
                for (name, entry) in entries.as_mapping().into_iter().flatten() {
                    let said = declared.get(section).and_then(|own| own.get(name));
                    let mut entry = entry.clone();
                    if let (Some(table), Some(said)) = (entry.as_mapping_mut(), said) {
                        leave_to_the_server(table, said);
                    }
                    // Privileges that no list speaks of are as somebody left them.
                    let lists = said.is_some_and(|own| own.get("grants").is_some());
                    if let (Some(map), false) = (entry.as_mapping_mut(), lists) {
                        map.remove("grants");
                    }
                    let place = format!("{section} {schema} {}", name.as_str().unwrap_or_default());
                    things.insert(place, sorted(entry));
                }
            }
        }
    }
    serde_yaml::to_string(&things).map_err(failed)
}

/// Takes out the names that nobody declared.
fn leave_to_the_server(table: &mut Mapping, said: &Value) {
    unnamed_parts(table, said);
    if let Some(key) = table.get_mut("primary_key") {
        unnamed(key, said.get("primary_key"), "name");
        if let Some(columns) = key.as_mapping().filter(|own| own.len() == 1) {
            *key = columns.get("columns").cloned().unwrap_or(Value::Null);
        }
    }
    let in_key = match table.get("primary_key") {
        Some(Value::Sequence(columns)) => columns.clone(),
        Some(own) => own
            .get("columns")
            .and_then(Value::as_sequence)
            .cloned()
            .unwrap_or_default(),
        None => Vec::new(),
    };
    let columns = table.get_mut("columns").and_then(Value::as_mapping_mut);
    for (name, column) in columns.into_iter().flatten() {
        let said = said.get("columns").and_then(|own| own.get(name));
        if in_key.contains(name) || column.get("identity").is_some() {
            // A key and an identity say NOT NULL too; its constraint has a name of its own where the table had another.
            if let Some(map) = column.as_mapping_mut() {
                map.remove("not_null");
                if map.len() == 1 {
                    *column = map.get("type").cloned().unwrap_or(Value::Null);
                }
            }
        }
        for (key, own_name) in [("not_null", "name"), ("identity", "sequence")] {
            if let Some(own) = column.get_mut(key) {
                unnamed(own, said.and_then(|said| said.get(key)), own_name);
                if own.as_mapping().is_some_and(Mapping::is_empty) {
                    *own = Value::Bool(true);
                }
                if let Some(Value::String(word)) = own
                    .get("generated")
                    .filter(|_| own.as_mapping().is_some_and(|own| own.len() == 1))
                {
                    *own = Value::String(word.clone());
                }
            }
        }
    }
}

/// A partition under another name keeps what it calls its indexes.
fn unnamed_parts(table: &mut Mapping, said: &Value) {
    let partitions = table.get_mut("partitions").and_then(Value::as_mapping_mut);
    for (name, partition) in partitions.into_iter().flatten() {
        let said = said.get("partitions").and_then(|own| own.get(name));
        let said = said.unwrap_or(&Value::Null);
        for key in ["index_names", "not_null_names"] {
            unnamed(partition, Some(said), key);
        }
        if let Some(map) = partition.as_mapping_mut() {
            unnamed_parts(map, said);
            if let (1, Some(bound)) = (map.len(), map.get("bound").cloned()) {
                *partition = bound;
            }
        }
    }
}

fn unnamed(own: &mut Value, said: Option<&Value>, key: &str) {
    if said.and_then(|said| said.get(key)).is_none()
        && let Some(map) = own.as_mapping_mut()
    {
        map.remove(key);
    }
}

/// Puts the keys of every map in order.
fn sorted(value: Value) -> Value {
    match value {
        Value::Mapping(map) => {
            let mut entries: Vec<(Value, Value)> = map
                .into_iter()
                .map(|(key, own)| (key, sorted(own)))
                .collect();
            entries.sort_by(|a, b| a.0.as_str().cmp(&b.0.as_str()));
            Value::Mapping(entries.into_iter().collect())
        }
        Value::Sequence(list) => Value::Sequence(list.into_iter().map(sorted).collect()),
        own @ (Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Tagged(_)) => own,
    }
}
