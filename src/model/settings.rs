//! Settings that planning and applying rest on; the file they come from is read in the `desired` room.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Address, Kind, Name};

/// What is done with top-level objects that no revision declared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Undeclared {
    /// They are named and left alone.
    #[default]
    Report,
    /// They are taken in: what the files do not have is retired.
    Retire,
}

/// Whether privileges are compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Grants {
    /// They are left as they are, whatever the files list.
    Ignored,
    /// Those of an object that lists them are; `pull` writes a list where the server gives something else by itself.
    #[default]
    Listed,
    /// The same, and `pull` writes a list for every object.
    Every,
}

/// What belongs to the tool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manage {
    /// The schemas in scope; absent: every schema but the system's.
    pub schemas: Option<Vec<Name>>,
    /// What is done with undeclared objects.
    pub undeclared: Undeclared,
    /// Whether owners are compared.
    pub owners: bool,
    /// Whether the roles that files declare are compared.
    pub roles: bool,
    /// Whether privileges are compared.
    pub grants: Grants,
    /// Patterns of what is never ours, `*` standing for any characters: `name` or `schema.name`.
    pub exclude: Vec<String>,
}

/// Where a short direct way is kinder than a long safe one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SmallTable {
    /// Rows; 0: no table is small.
    pub rows: i64,
    /// Bytes of the heap.
    pub bytes: i64,
}

/// Whether what goes is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retire {
    /// Tables are kept (`keep`) or dropped (`off`).
    pub tables: bool,
    /// Columns are kept (`keep`) or dropped (`off`).
    pub columns: bool,
}

/// Where throw-away servers come from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ScratchSource {
    /// Binaries on this machine, or else Docker.
    #[default]
    Auto,
    /// Binaries on this machine, or else pinned ones that are fetched.
    Download,
    /// A container of the official image.
    Docker,
    /// The live server itself, which a person has to write: databases are made there and dropped again, and the code of
    /// a change runs there.
    SameServer,
    /// A server that runs already, by its URL: databases are made there and dropped again.
    Server(String),
}

/// How backfills run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backfill {
    /// The time one batch should take.
    pub batch_time: Duration,
    /// How far a standby or subscriber may be behind before filling waits for it.
    pub max_lag: Duration,
    /// A query: as long as its answer is true, filling waits.
    pub pause_while: Option<String>,
    /// Whether triggers of others rest while rows are filled.
    pub skips_triggers: bool,
}

/// All settings of one run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Separates the histories of several projects in one database.
    pub project: String,
    /// Roles by the names that the files give them.
    pub roles: BTreeMap<Name, Name>,
    /// What belongs to the tool.
    pub manage: Manage,
    /// The longest time a stage may make others wait.
    pub lock_budget: Duration,
    /// How long a stage is tried before the plan stops.
    pub lock_patience: Duration,
    /// Where a direct way is kinder.
    pub small_table: SmallTable,
    /// Whether what goes is kept.
    pub retire: Retire,
    /// The schema of the journal.
    pub journal: Name,
    /// How backfills run.
    pub backfill: Backfill,
}

impl Manage {
    /// Other tools' bookkeeping tables, which are never ours unless `manage.exclude` is set to something else.
    pub const DEFAULT_EXCLUDE: [&'static str; 11] = [
        "alembic_version",
        "flyway_schema_history",
        "schema_migrations",
        "ar_internal_metadata",
        "_sqlx_migrations",
        "__diesel_schema_migrations",
        "refinery_schema_history",
        "databasechangelog",
        "databasechangeloglock",
        "goose_db_version",
        "_prisma_migrations",
    ];

    /// Says whether `manage.exclude` names the object.
    pub fn excludes(&self, address: &Address) -> bool {
        // What is the whole database's has a name alone.
        if matches!(address.kind(), Kind::Defined(own) if own.is_global()) {
            let mut plain = self.exclude.iter().filter(|own| !own.contains('.'));
            return plain.any(|own| star_matches(own, address.name().as_str()));
        }
        let (Some(schema), relation) = (address.path().first(), address.path().get(1)) else {
            return false;
        };
        self.exclude
            .iter()
            .any(|pattern| match (pattern.split_once('.'), relation) {
                (Some((in_schema, name)), Some(relation)) => {
                    star_matches(in_schema, schema.as_str())
                        && star_matches(name, relation.as_str())
                }
                (None, Some(relation)) => star_matches(pattern, relation.as_str()),
                (Some((in_schema, "*")), None) => star_matches(in_schema, schema.as_str()),
                (_, None) => false,
            })
    }

    /// Says whether an object may be managed: where only some schemas are, it lies in one of them.
    pub fn covers(&self, address: &Address) -> bool {
        self.schemas
            .as_ref()
            .is_none_or(|schemas| schemas.iter().any(|own| address.is_in_schema(own)))
    }

    /// Says whether the objects of a schema may be managed at all.
    pub fn covers_schema(&self, schema: &Name) -> bool {
        self.schemas
            .as_ref()
            .is_none_or(|schemas| schemas.contains(schema))
    }
}

/// Matches a whole text against a pattern in which `*` stands for any characters.
fn star_matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((head, rest)) => text.strip_prefix(head).is_some_and(|tail| {
            (0..=tail.len())
                .filter(|&at| tail.is_char_boundary(at))
                .any(|at| star_matches(rest, &tail[at..]))
        }),
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            project: "default".to_owned(),
            roles: BTreeMap::new(),
            manage: Manage {
                schemas: None,
                undeclared: Undeclared::Report,
                owners: false,
                roles: false,
                grants: Grants::default(),
                exclude: Manage::DEFAULT_EXCLUDE
                    .iter()
                    .map(|&name| name.to_owned())
                    .collect(),
            },
            lock_budget: Duration::from_secs(1),
            lock_patience: Duration::from_secs(600),
            small_table: SmallTable {
                rows: 10_000,
                bytes: 16 << 20,
            },
            retire: Retire {
                tables: true,
                columns: true,
            },
            journal: Name::new("reconcile"),
            backfill: Backfill {
                batch_time: Duration::from_millis(100),
                max_lag: Duration::from_secs(10),
                pause_while: None,
                skips_triggers: false,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Kind;

    #[test]
    fn exclude_patterns_match_names_and_qualified_names() {
        let manage = Manage {
            exclude: vec!["tmp_*".into(), "audit.*".into()],
            ..Settings::default().manage
        };
        assert!(manage.excludes(&Address::new(Kind::Table, ["app", "tmp_x"])));
        assert!(manage.excludes(&Address::new(Kind::Column, ["audit", "log", "id"])));
        assert!(manage.excludes(&Address::new(Kind::Schema, ["audit"])));
        assert!(!manage.excludes(&Address::new(Kind::Table, ["app", "orders"])));
    }
}
