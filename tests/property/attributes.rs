//! What can be said of a thing beside its name: attributes by kind, each with a few values.

use std::collections::BTreeMap;

use fastrand::Rng;
use serde_yaml::Value;

use super::small::Small;

/// What is said of a thing, by key of the format.
pub(super) type Attributes = BTreeMap<&'static str, Value>;

/// A thing with a name.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Thing {
    pub(super) name: String,
    pub(super) attributes: Attributes,
}

/// What a thing is, as far as its attributes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    Schema,
    Enum,
    Domain,
    Range,
    Composite,
    Collation,
    Sequence,
    Function,
    Table,
    Column,
    Key,
    Unique,
    Index,
    Check,
    Foreign,
    Trigger,
    View,
    Small(Small),
    Partition,
}

/// Keys with the values that they may take, as YAML.
pub(super) type Choices = &'static [(&'static str, &'static [&'static str])];

pub(super) const COMMENT: (&str, &[&str]) = ("comment", &["It's \"new\"", "\"two\\n  lines: #\""]);
const DEFERRABLE: (&str, &[&str]) = ("deferrable", &["initially_immediate", "initially_deferred"]);
const ACTIONS: &[&str] = &["restrict", "cascade", "set_null", "set_default"];
pub(super) const ROLES: &[&str] = &["reconcile one", "reconcile two"];

/// The roles that may own things, as SQL that makes them where they are not there.
pub(super) fn roles() -> String {
    let make = |role: &&str| {
        format!(
            "DO $$ BEGIN CREATE ROLE \"{role}\"; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;\n"
        )
    };
    ROLES.iter().map(make).collect()
}

impl Sort {
    /// Every key, once.
    pub(super) fn keys() -> Vec<&'static str> {
        let all = [
            Self::Schema,
            Self::Enum,
            Self::Domain,
            Self::Range,
            Self::Composite,
            Self::Collation,
            Self::Sequence,
            Self::Function,
            Self::Table,
            Self::Column,
            Self::Key,
            Self::Unique,
            Self::Index,
            Self::Check,
            Self::Foreign,
            Self::Trigger,
            Self::View,
            Self::Partition,
        ];
        let small = Small::ALL.map(Self::Small);
        let all = all.into_iter().chain(small);
        let keys = all.flat_map(|own| own.choices());
        let mut keys: Vec<&str> = keys.map(|(key, _)| *key).collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    fn choices(self) -> Choices {
        match self {
            Self::Small(own) => own.choices(),
            Self::Schema => &[COMMENT],
            Self::Enum | Self::Range | Self::Composite => &[COMMENT, ("owner", ROLES)],
            Self::Collation => &[
                COMMENT,
                ("owner", ROLES),
                ("locale", &["C", "POSIX"]),
                ("icu", &["de-DE", "sv-SE-u-kf-upper"]),
            ],
            Self::Domain => &[
                COMMENT,
                ("owner", ROLES),
                ("default", &["7", "70"]),
                (
                    "checks",
                    &[
                        "{ \"a check\": VALUE >= 0 }",
                        "{ \"a check\": { check: VALUE > -5, comment: \"It's\" }, \"b check\": VALUE < 100000 }",
                        "{ \"b check\": { check: VALUE < 900, not_valid: true } }",
                    ],
                ),
            ],
            Self::Sequence => &[
                COMMENT,
                ("type", &["smallint", "integer"]),
                ("start", &["10", "20"]),
                ("increment", &["2", "5"]),
                ("min_value", &["0", "-5"]),
                ("max_value", &["1000", "30000"]),
                ("cache", &["20"]),
                ("cycle", &["true"]),
                ("unlogged", &["true"]),
                ("owned_by", &["a column"]),
            ],
            Self::Function => &[
                COMMENT,
                ("owner", ROLES),
                ("written", &["return", "plpgsql"]),
                ("gives", &["bigint", "SETOF integer"]),
                ("argument", &["b", "a b"]),
                ("argument default", &["3", "1 + 1"]),
                ("volatility", &["stable", "immutable"]),
                ("parallel", &["safe", "restricted"]),
                ("strict", &["true"]),
                ("security_definer", &["true"]),
                ("leakproof", &["true"]),
                ("cost", &["7", "0.5"]),
                ("rows", &["5", "50"]),
                (
                    "set",
                    &[
                        "{ search_path: pg_catalog }",
                        "{ work_mem: 8MB, DateStyle: \"ISO, DMY\" }",
                    ],
                ),
                ("support", &["pg_catalog.generate_series_int4_support"]),
            ],
            Self::Partition => &[
                COMMENT,
                (
                    "with",
                    &[
                        "{ fillfactor: 70 }",
                        "{ fillfactor: 80, parallel_workers: 3 }",
                    ],
                ),
            ],
            Self::Table => &[
                COMMENT,
                ("unlogged", &["true"]),
                (
                    "with",
                    &[
                        "{ fillfactor: 70 }",
                        // None of TOAST: a table that never had one takes them and forgets them.
                        "{ fillfactor: 90, autovacuum_enabled: \"off\" }",
                        "{ parallel_workers: 3 }",
                    ],
                ),
                ("replica_identity", &["full", "nothing", "an index"]),
                ("clustered_on", &["a key", "an index"]),
                (
                    "grants",
                    &[
                        "{}",
                        "{ reconcile one: [select], public: [insert, select] }",
                        "{ reconcile one: [{ privilege: select, with_grant_option: true }, \"update(id)\"] }",
                        "{ 'reconcile two': [all], CURRENT_USER: [select, insert, update] }",
                    ],
                ),
                (
                    "rules",
                    &[
                        "{ \"a rule\": { event: delete, where: old.id < 0, instead: true, do: NOTHING } }",
                        "{ \"a rule\": { event: delete, where: old.id < -1, instead: true, do: NOTHING, comment: \"It's\" }, r: { event: insert, where: new.id < 0, do: NOTHING, enabled: false } }",
                    ],
                ),
                ("row_level_security", &["true"]),
                ("force_row_level_security", &["true"]),
                (
                    "policies",
                    &[
                        "{ p: { using: id > 0 } }",
                        "{ p: { for: select, to: reconcile one, using: id > 1 }, \"q's\": { as: restrictive, with_check: id < 100000 } }",
                        "{ \"q's\": { for: insert, to: [reconcile two, public], with_check: id > 5, comment: \"It's\" } }",
                    ],
                ),
            ],
            Self::Column => &[
                COMMENT,
                ("collation", &["pg_catalog.C", "pg_catalog.POSIX"]),
                ("generated", &["id * 2", "id + 40"]),
                (
                    "identity",
                    &[
                        "always",
                        "by_default",
                        "{ generated: always, start: 50, increment: 2 }",
                        "{ generated: by_default, cache: 7, sequence: \"s'q\" }",
                        "{ generated: by_default, cache: 7, sequence: other }",
                    ],
                ),
                ("storage", &["external", "main"]),
                ("compression", &["pglz"]),
                ("statistics", &["0", "500"]),
                (
                    "options",
                    &[
                        "{ n_distinct: -0.5 }",
                        "{ n_distinct: 3, n_distinct_inherited: 9 }",
                    ],
                ),
                ("not_null name", &["\"nn A\"", "nn_b"]),
                ("not_null not_valid", &["true"]),
            ],
            Self::Key => &[
                DEFERRABLE,
                ("name", &["\"key A\"", "key_b"]),
                ("include", &["a column"]),
                ("two", &["true"]),
            ],
            Self::Unique => &[
                COMMENT,
                DEFERRABLE,
                ("include", &["[id]"]),
                ("nulls_not_distinct", &["true"]),
                ("two", &["true"]),
                ("temporal", &["true", "plain"]),
            ],
            Self::Index => &[
                COMMENT,
                ("element", &["DESC", "NULLS FIRST", "lower"]),
                ("method", &["hash"]),
                ("unique", &["true"]),
                ("nulls_not_distinct", &["true"]),
                ("include", &["[id]"]),
                ("where", &["id > 2", "id IN (1, 2)"]),
                (
                    "with",
                    &[
                        "{ fillfactor: 70 }",
                        "{ fillfactor: 90, deduplicate_items: off }",
                    ],
                ),
            ],
            Self::Check => &[
                COMMENT,
                ("says", &["id > 0", "id BETWEEN 1 AND 1000", "call"]),
                ("not_valid", &["true"]),
                ("no_inherit", &["true"]),
            ],
            Self::Foreign => &[
                COMMENT,
                DEFERRABLE,
                ("match", &["full"]),
                ("on_update", ACTIONS),
                ("on_delete", ACTIONS),
                ("set_columns", &["[id]"]),
                ("referenced_columns", &["[id]"]),
                ("not_valid", &["true"]),
                ("period", &["true"]),
            ],
            Self::Trigger => &[
                COMMENT,
                (
                    "fires",
                    &[
                        "row", "when", "of", "new", "old", "deferred", "from", "truncate",
                    ],
                ),
                ("argument", &["x", "it's"]),
                ("enabled", &["always", "replica", "false"]),
            ],
            Self::View => &[
                COMMENT,
                ("owner", ROLES),
                ("security_barrier", &["true"]),
                ("security_invoker", &["true"]),
                ("check_option", &["local", "cascaded"]),
                ("where", &["id > 2", "id IN (1, 2)"]),
                ("column comment", &["It's a column"]),
                ("instead", &["[insert]", "[update, delete]"]),
            ],
        }
    }

    /// What is always said: where it were not, it would not be compared.
    pub(super) fn always(self) -> Option<&'static str> {
        match self {
            Self::Enum
            | Self::Domain
            | Self::Range
            | Self::Composite
            | Self::Collation
            | Self::Function
            | Self::View => Some("owner"),
            Self::Table => Some("grants"),
            Self::Small(own) => own.always(),
            Self::Schema
            | Self::Sequence
            | Self::Column
            | Self::Key
            | Self::Unique
            | Self::Index
            | Self::Check
            | Self::Foreign
            | Self::Partition
            | Self::Trigger => None,
        }
    }
}

fn value(text: &str) -> Value {
    serde_yaml::from_str(text).unwrap_or_else(|_| Value::from(text))
}

impl Thing {
    /// Makes a thing with some of what may be said of it.
    pub(super) fn random(rng: &mut Rng, sort: Sort, name: String) -> Self {
        let mut thing = Self {
            name,
            attributes: Attributes::new(),
        };
        for (key, values) in sort.choices() {
            if sort.always() == Some(*key) || rng.u8(..5) == 0 {
                let own = values[rng.usize(..values.len())];
                thing.attributes.insert(key, value(own));
            }
        }
        thing
    }

    /// Says something else of it.
    pub(super) fn change(&mut self, rng: &mut Rng, sort: Sort) {
        let choices = sort.choices();
        let (key, values) = choices[rng.usize(..choices.len())];
        let own = value(values[rng.usize(..values.len())]);
        let is_there = self.attributes.contains_key(key);
        if is_there && sort.always() != Some(key) && rng.bool() {
            self.attributes.remove(key);
        } else {
            self.attributes.insert(key, own);
        }
    }

    /// Says something at a key, perhaps what it says already.
    pub(super) fn say(&mut self, rng: &mut Rng, sort: Sort, key: &'static str) {
        let choices = sort.choices().iter();
        for (_, values) in choices.filter(|(own, _)| *own == key) {
            let own = value(values[rng.usize(..values.len())]);
            self.attributes.insert(key, own);
        }
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.attributes.contains_key(key)
    }

    /// The text that stands at a key.
    pub(super) fn text(&self, key: &str) -> Option<&str> {
        self.attributes.get(key).and_then(Value::as_str)
    }

    pub(super) fn drop_all(&mut self, keys: &[&str]) {
        self.attributes.retain(|key, _| !keys.contains(key));
    }
}

/// Names that nobody would choose. The number makes each the only one of its kind.
pub(super) fn name(rng: &mut Rng, number: u32) -> String {
    const ODD: [&str; 12] = [
        "plain",
        "Upper",
        "with space",
        "quote\"s",
        "it's",
        "select",
        "ünïcödé",
        "漢字",
        "a.b",
        "$1",
        "a,b(c)",
        "- x: #",
    ];
    let mut own = format!("{}_{number}", ODD[rng.usize(..ODD.len())]);
    if rng.u8(..10) == 0 {
        own.push_str(&"x".repeat(40));
    }
    own
}

/// Quotes a name for SQL.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
