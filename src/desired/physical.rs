//! The keys that say how a table is kept: `with`, `replica_identity`, `clustered_on`, and those of its columns.

use std::rc::Rc;

use super::document::Gathering;
use super::fault::Ledger;
use super::fields::{self, Fields};
use super::node::{Node, Value};
use super::table::Reading;
use crate::model::{
    Address, ClusteredOn, ColumnSettings, Compression, Kind, Name, Object, Options, OwnIndex,
    Parameters, ReplicaIdentity, Storage,
};

/// The highest statistics target that the server keeps.
const MAX_TARGET: i32 = 10_000;

/// Reads options by name, as `name: value`.
pub(super) fn options(fields: &mut Fields, key: &'static str, ledger: &mut Ledger) -> Options {
    let Some(node) = fields.get(key) else {
        return Options::default();
    };
    entries(&node, key, ledger)
}

/// Reads options, whose order is kept.
pub(super) fn entries(node: &Rc<Node>, key: &'static str, ledger: &mut Ledger) -> Options {
    let all = fields::entries(node, key, ledger).into_iter();
    let pairs = all.filter_map(|(name, _, value)| {
        let text = fields::text(&value, name.as_str(), ledger)?;
        Some((name, text.to_string()))
    });
    Options(pairs.collect())
}

/// The keys that say where and how rows are kept, and what they say where nothing else is said.
pub(super) const PLACES: [(&str, &str); 2] =
    [("tablespace", "pg_default"), ("access_method", "heap")];

/// Reads the tablespace or the access method; a partition has that of its table where it says none.
pub(super) fn place(
    fields: &mut Fields,
    which: usize,
    above: Option<&Name>,
    gathering: &mut Gathering,
) -> Option<Name> {
    let (key, plain) = PLACES[which];
    let Some(node) = fields.get(key) else {
        return above.cloned();
    };
    let name = fields::name(&node, &mut gathering.ledger)?;
    // A partition made without a word would have that of its table.
    (name.as_str() != plain || above.is_some()).then_some(name)
}

/// Reads a word that is one of a few.
fn one_of<T: Copy>(
    fields: &mut Fields,
    key: &'static str,
    words: &[(&str, T)],
    ledger: &mut Ledger,
) -> Option<T> {
    let node = fields.get(key)?;
    let text = fields::text(&node, key, ledger)?;
    let known = words.iter().find(|(word, _)| **word == *text);
    if known.is_none() {
        let all: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        ledger.fault(
            &node,
            format!("{key} is one of {}, not `{text}`", all.join(", ")),
            None,
        );
    }
    known.map(|(_, meaning)| *meaning)
}

impl Reading<'_> {
    /// Reads what is said of the table.
    pub(super) fn physical(&mut self, fields: &mut Fields) {
        let ledger = &mut self.gathering.ledger;
        let at = fields.key("with");
        let values = options(fields, "with", ledger);
        if let Some(at) = at.filter(|_| !values.is_empty()) {
            let own = self.table.with_kind(Kind::Parameters);
            let parameters = Object::Parameters(Parameters { values });
            self.gathering.put(&own, &at, parameters);
        }
        if let Some(node) = fields.get("replica_identity") {
            self.replica_identity(&node);
        }
        if let Some(node) = fields.get("clustered_on")
            && let Some(name) = fields::name(&node, &mut self.gathering.ledger)
        {
            let index = OwnIndex::Named(name);
            let own = self.table.with_kind(Kind::ClusteredOn);
            let clustered = Object::ClusteredOn(ClusteredOn { index });
            self.gathering.put(&own, &node, clustered);
        }
    }

    fn replica_identity(&mut self, node: &Rc<Node>) {
        let ledger = &mut self.gathering.ledger;
        let own = if matches!(node.value, Value::Map(_)) {
            let Some(mut fields) = Fields::open(node, "replica_identity", ledger) else {
                return;
            };
            let index = fields.get("index");
            if index.is_none() {
                ledger.fault(node, "replica_identity has no `index`", None);
            }
            let name = index.and_then(|node| fields::name(&node, ledger));
            fields.close(ledger);
            name.map(|name| ReplicaIdentity::Index(OwnIndex::Named(name)))
        } else {
            match fields::text(node, "replica_identity", ledger).as_deref() {
                Some("full") => Some(ReplicaIdentity::Full),
                Some("nothing") => Some(ReplicaIdentity::Nothing),
                // The primary key, as where nothing is said.
                Some("default") | None => None,
                Some(other) => {
                    let what = format!(
                        "replica_identity is default, full, nothing or a map, not `{other}`"
                    );
                    let mend = "an index is said as `replica_identity: { index: name }`".to_owned();
                    ledger.fault(node, what, mend);
                    None
                }
            }
        };
        if let Some(own) = own {
            let address = self.table.with_kind(Kind::ReplicaIdentity);
            self.gathering
                .put(&address, node, Object::ReplicaIdentity(own));
        }
    }

    /// Reads what is said of a column.
    pub(super) fn column_settings(&mut self, column: &Address, key: &Node, fields: &mut Fields) {
        let ledger = &mut self.gathering.ledger;
        let storages = [
            ("plain", Storage::Plain),
            ("external", Storage::External),
            ("extended", Storage::Extended),
            ("main", Storage::Main),
        ];
        let methods = [("pglz", Compression::Pglz), ("lz4", Compression::Lz4)];
        let settings = ColumnSettings {
            storage: one_of(fields, "storage", &storages, ledger),
            usual_storage: None,
            compression: one_of(fields, "compression", &methods, ledger),
            statistics: fields
                .get("statistics")
                .and_then(|node| target(&node, "statistics", ledger)),
            options: options(fields, "options", ledger),
            foreign: options(fields, "foreign_options", ledger),
        };
        if !settings.is_empty() {
            let own = column.with_kind(Kind::ColumnSettings);
            self.gathering
                .put(&own, key, Object::ColumnSettings(settings));
        }
    }
}

/// Reads how much ANALYZE gathers.
pub(super) fn target(node: &Node, word: &str, ledger: &mut Ledger) -> Option<i32> {
    let text = fields::text(node, word, ledger)?;
    let target = text.parse::<i32>().ok();
    let target = target.filter(|own| (0..=MAX_TARGET).contains(own));
    if target.is_none() {
        ledger.fault(
            node,
            format!("{word} is a whole number from 0 to {MAX_TARGET}, not `{text}`"),
            "leave the key out for the server's `default_statistics_target`".to_owned(),
        );
    }
    target
}
