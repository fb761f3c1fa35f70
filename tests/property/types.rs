//! Range types, composite types and collations of a random state.

use fastrand::Rng;
use serde_yaml::{Mapping, Value};

use super::attributes::{Sort, Thing, name};
use super::write::{plain, renamed, text};

#[derive(Clone, Debug)]
pub(super) struct RangeSpec {
    pub(super) own: Thing,
    /// Whether its bounds are `bigint`, or else `integer`.
    pub(super) wide: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct CompositeSpec {
    pub(super) own: Thing,
    /// Whether its first attribute is `bigint`, or else `integer`.
    pub(super) wide: bool,
    /// Whether it has a third attribute, and where that stands.
    pub(super) third: Option<bool>,
}

impl RangeSpec {
    pub(super) fn random(rng: &mut Rng, number: u32) -> Self {
        let own = format!("r_{}", name(rng, number));
        Self {
            own: Thing::random(rng, Sort::Range, own),
            wide: rng.bool(),
        }
    }

    pub(super) fn yaml(&self, was: Option<&Self>) -> Value {
        let mut map = plain(&self.own, &["comment", "owner"]);
        renamed(&mut map, &self.own, was.map(|own| &own.own));
        map.insert(text("subtype"), text(self.bound()));
        Value::Mapping(map)
    }

    pub(super) fn bound(&self) -> &'static str {
        if self.wide { "bigint" } else { "integer" }
    }
}

impl CompositeSpec {
    pub(super) fn random(rng: &mut Rng, number: u32) -> Self {
        let own = format!("c_{}", name(rng, number));
        Self {
            own: Thing::random(rng, Sort::Composite, own),
            wide: rng.bool(),
            third: rng.bool().then(|| rng.bool()),
        }
    }

    pub(super) fn change(&mut self, rng: &mut Rng) {
        if rng.bool() {
            self.wide = !self.wide;
        } else {
            self.third = rng.bool().then(|| rng.bool());
        }
    }

    pub(super) fn yaml(&self, was: Option<&Self>) -> Value {
        let mut map = plain(&self.own, &["comment", "owner"]);
        renamed(&mut map, &self.own, was.map(|own| &own.own));
        let first = if self.wide { "bigint" } else { "integer" };
        let mut all = vec![("n", first), ("the \"word\"", "text")];
        match self.third {
            Some(true) => all.insert(0, ("at", "date")),
            Some(false) => all.push(("at", "date")),
            None => {}
        }
        let attributes = all
            .into_iter()
            .map(|(name, kind)| Value::Mapping(Mapping::from_iter([(text(name), text(kind))])));
        map.insert(text("attributes"), Value::Sequence(attributes.collect()));
        Value::Mapping(map)
    }

    /// Writes a value of it.
    pub(super) fn value(&self, first: &str) -> String {
        match self.third {
            Some(true) => format!("(,{first},w)"),
            Some(false) => format!("({first},w,)"),
            None => format!("({first},w)"),
        }
    }
}

/// Writes a collation.
pub(super) fn collation(own: &Thing, was: Option<&Thing>) -> Value {
    let mut map = plain(own, &["comment", "owner"]);
    renamed(&mut map, own, was);
    match own.text("icu") {
        Some(locale) => {
            map.insert(text("provider"), text("icu"));
            map.insert(text("locale"), text(locale));
        }
        None => {
            let locale = own.text("locale").unwrap_or("C");
            map.insert(text("locale"), text(locale));
        }
    }
    Value::Mapping(map)
}
