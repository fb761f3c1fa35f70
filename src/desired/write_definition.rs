//! The small kinds as YAML.

use std::collections::BTreeMap;

use serde_yaml::{Mapping, Value};

use super::write::{Page, attached, text};
use super::write_physical;
use super::write_routine::keyed;
use crate::model::{
    Address, Clause, Defined, Definition, EVERYBODY, Expression, Kind, Membership, Model, Name,
    Object, Options, Said, Shape, Text as _,
};

pub(super) fn definition(page: &Page<'_>, address: &Address, own: &Definition) -> Value {
    let mut map = Mapping::new();
    attached(page, address, &mut map);
    for has in own.kind.clauses() {
        let Some(said) = own.says(has.clause) else {
            continue;
        };
        let value = match said {
            Said::Unseen => continue,
            Said::Flag => Value::Bool(true),
            Said::Text(own) if matches!(has.shape, Shape::Target | Shape::Sessions) => number(own),
            Said::Text(own) => text(own),
            Said::Texts(all) => Value::Sequence(all.iter().map(|own| text(own)).collect()),
            Said::Path(path) => named(path),
            Said::Routine(path, types) => {
                let types: Vec<&str> = types.iter().map(Name::as_str).collect();
                let path = spelled(path);
                text(&[&path, "(", &types.join(", "), ")"].concat())
            }
            Said::Options(pairs) if has.clause == Clause::MemberOf => {
                let words = |own: &str| Membership::of(own).in_files().spelled();
                let pairs = pairs.0.iter();
                let pairs = pairs.map(|(name, own)| (name.clone(), words(own)));
                write_physical::options(&Options(pairs.collect()))
            }
            Said::Options(pairs) => write_physical::options(pairs),
            Said::Mappings(all) => {
                let entries = all.iter().map(|(name, paths)| {
                    let value = match paths.as_slice() {
                        [one] => named(one),
                        several => Value::Sequence(several.iter().map(|own| named(own)).collect()),
                    };
                    (text(name.as_str()), value)
                });
                Value::Mapping(entries.collect())
            }
        };
        map.insert(text(has.clause.word()), value);
    }
    if own.kind == Defined::Publication {
        published(page.model, address, &mut map);
    }
    Value::Mapping(map)
}

/// Writes what a publication names.
fn published(model: &Model<Expression>, publication: &Address, map: &mut Mapping) {
    let (mut tables, mut schemas) = (Mapping::new(), Vec::new());
    for (address, object) in &model.objects {
        if model.parent(address).as_ref() != Some(publication) {
            continue;
        }
        if let Object::PublishedTable(own) = object {
            let mut terms = Mapping::new();
            if !own.columns.is_empty() {
                terms.insert(text("columns"), super::write::names(&own.columns));
            }
            if let Some(filter) = &own.filter {
                terms.insert(text("where"), text(filter.sql()));
            }
            let key = spelled(address.table().path());
            tables.insert(text(&key), Value::Mapping(terms));
        } else if let Object::PublishedSchema(_) = object {
            schemas.push(text(address.schema_name().as_str()));
        }
    }
    if !tables.is_empty() {
        map.insert(text("tables"), Value::Mapping(tables));
    }
    if !schemas.is_empty() {
        map.insert(text("schemas"), Value::Sequence(schemas));
    }
}

/// Writes a number without quotes.
fn number(own: &str) -> Value {
    own.parse::<i64>().map_or_else(|_| text(own), Value::from)
}

/// Writes what is in a schema; the system's is found without one, before all others.
fn named(path: &[Name]) -> Value {
    text(&spelled(path))
}

fn spelled(path: &[Name]) -> String {
    let path = match path {
        [schema, name] if schema.as_str() == "pg_catalog" => std::slice::from_ref(name),
        path => path,
    };
    // The name of an operator is symbols alone, and never quoted.
    let part = |own: &Name| {
        if own.is_operator() {
            own.as_str().to_owned()
        } else {
            own.to_string()
        }
    };
    let parts: Vec<String> = path.iter().map(part).collect();
    parts.join(".")
}

/// Returns the extended statistics that are told beside their relation, in its file: those of its schema.
pub(super) fn by_relation(model: &Model<Expression>) -> BTreeMap<Address, Vec<&Address>> {
    let mut all: BTreeMap<Address, Vec<&Address>> = BTreeMap::new();
    for (address, object) in &model.objects {
        let Object::Defined(own) = object else {
            continue;
        };
        let Some(Said::Path(path)) = own.says(Clause::Table) else {
            continue;
        };
        let kinds = [Kind::Table, Kind::MaterializedView].into_iter();
        let mut of = kinds.map(|kind| Address::new(kind, path.iter().cloned()));
        let of = of.find(|own| model.objects.contains_key(own));
        let beside = |own: &Address| {
            own.schema_name() == address.schema_name() && model.partitioned(own).is_none()
        };
        if let Some(of) = of.filter(beside) {
            all.entry(of).or_default().push(address);
        }
    }
    all
}

/// Writes the key that an object is declared under.
pub(super) fn key(address: &Address, own: &Definition) -> String {
    let types: Vec<&str> = address.arguments().iter().map(Name::as_str).collect();
    let name = address.name().as_str();
    if own.kind == Defined::UserMapping {
        let users = address.arguments().iter().map(|user| match user.as_str() {
            EVERYBODY => "public".to_owned(),
            spelled => spelled.to_owned(),
        });
        let users: Vec<String> = users.collect();
        format!("{} ({})", keyed(address.name()), users.join(", "))
    } else if own.kind == Defined::Cast {
        types.join(" AS ")
    } else if own.kind.has_arguments() {
        format!("{} ({})", keyed(address.name()), types.join(", "))
    } else {
        name.to_owned()
    }
}
