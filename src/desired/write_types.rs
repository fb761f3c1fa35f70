//! Enumerated types, composite types and domains as YAML.

use serde_yaml::{Mapping, Value};

use super::write::{Page, attached, comment, names, reference, text, validity};
use super::write_aggregate::called;
use crate::model::{
    Address, Collation, Composite, Domain, DomainCheck, Enum, Expression, Locale, Model, Object,
    Provider, Range, Text as _,
};

pub(super) fn enumeration(page: &Page<'_>, address: &Address, own: &Enum) -> Value {
    let values = Value::Sequence(own.values.iter().map(|value| text(value)).collect());
    let mut map = Mapping::new();
    attached(page, address, &mut map);
    if map.is_empty() {
        return values;
    }
    map.insert(text("values"), values);
    Value::Mapping(map)
}

pub(super) fn domain(page: &Page<'_>, address: &Address, own: &Domain<Expression>) -> Value {
    let model = page.model;
    let mut map = Mapping::new();
    attached(page, address, &mut map);
    map.insert(text("type"), text(own.type_name.sql()));
    if let Some(collation) = &own.collation {
        map.insert(text("collation"), names(collation));
    }
    if let Some(default) = &own.default {
        map.insert(text("default"), text(default.sql()));
    }
    if own.not_null {
        map.insert(text("not_null"), Value::Bool(true));
    }
    let checks: Mapping = model
        .below(address)
        .filter_map(|(own, object)| {
            let Object::DomainCheck(check) = object else {
                return None;
            };
            Some((text(own.name().as_str()), check_of(model, own, check)))
        })
        .collect();
    if !checks.is_empty() {
        map.insert(text("checks"), Value::Mapping(checks));
    }
    if map.len() == 1 {
        text(own.type_name.sql())
    } else {
        Value::Mapping(map)
    }
}

pub(super) fn composite(page: &Page<'_>, address: &Address, own: &Composite<Expression>) -> Value {
    let mut map = Mapping::new();
    attached(page, address, &mut map);
    let attributes = own.attributes.iter().map(|own| {
        let mut map = Mapping::new();
        map.insert(text("type"), text(own.type_name.sql()));
        if let Some(collation) = &own.collation {
            map.insert(text("collation"), names(collation));
        }
        comment(page.model, &address.attribute(&own.name), &mut map);
        let value = if map.len() == 1 {
            text(own.type_name.sql())
        } else {
            Value::Mapping(map)
        };
        let one: Mapping = [(text(own.name.as_str()), value)].into_iter().collect();
        Value::Mapping(one)
    });
    let attributes: Vec<Value> = attributes.collect();
    if !attributes.is_empty() {
        map.insert(text("attributes"), Value::Sequence(attributes));
    }
    Value::Mapping(map)
}

pub(super) fn range(page: &Page<'_>, address: &Address, own: &Range<Expression>) -> Value {
    let mut map = Mapping::new();
    attached(page, address, &mut map);
    map.insert(text("subtype"), text(own.subtype.sql()));
    let paths = [
        ("subtype_opclass", &own.subtype_opclass),
        ("collation", &own.collation),
        ("subtype_diff", &own.subtype_diff),
    ];
    for (word, path) in paths {
        if let Some(path) = path {
            map.insert(text(word), called(path));
        }
    }
    let usual = Range {
        multirange: None,
        ..own.clone()
    };
    if let Some(path) = &own.multirange
        && *path != usual.multirange_of(address)
    {
        let value = reference(address, path);
        map.insert(text("multirange_type_name"), value);
    }
    if map.len() == 1 {
        text(own.subtype.sql())
    } else {
        Value::Mapping(map)
    }
}

pub(super) fn collation(page: &Page<'_>, address: &Address, own: &Collation) -> Value {
    let mut map = Mapping::new();
    attached(page, address, &mut map);
    let provider = match own.provider {
        Provider::Builtin => Some("builtin"),
        Provider::Icu => Some("icu"),
        Provider::Libc => None,
    };
    if let Some(provider) = provider {
        map.insert(text("provider"), text(provider));
    }
    match &own.locale {
        Locale::Whole(locale) => {
            map.insert(text("locale"), text(locale));
        }
        Locale::Parts { collate, ctype } => {
            map.insert(text("lc_collate"), text(collate));
            map.insert(text("lc_ctype"), text(ctype));
        }
    }
    if !own.deterministic {
        map.insert(text("deterministic"), Value::Bool(false));
    }
    if let Some(rules) = &own.rules {
        map.insert(text("rules"), text(rules));
    }
    Value::Mapping(map)
}

fn check_of(model: &Model<Expression>, address: &Address, own: &DomainCheck<Expression>) -> Value {
    let mut map = Mapping::new();
    map.insert(text("check"), text(own.expression.sql()));
    validity(own.validity, &mut map);
    comment(model, address, &mut map);
    if map.len() == 1 {
        text(own.expression.sql())
    } else {
        Value::Mapping(map)
    }
}
