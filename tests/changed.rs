//! What is read is changed by some case: a column of a catalog that no case changes has a reader nobody has ever seen work.
//!
//! The server's own catalogs are read before and after a case's plan, on the newest major. `changed.tsv` names for every column
//! that is read a case that changes it; the case fails where it no longer does, and `RECONCILE_UPDATE_CASES=1` finds another.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use libtest_mimic::{Failed, Trial};
use reconcile::catalog::{Fate, coverage};
use sqlx::{AssertSqlSafe, Row as _};

use crate::support::database::Database;
use crate::support::{failed, servers, trial};

/// The columns that are there, with the catalog that they point into, whether they hold a list, and whether a
/// row is told apart by them.
const COLUMNS: &str = "SELECT c.relname::text AS catalog, a.attname::text AS \"column\", f.pktable::text AS target, \
        coalesce(f.is_array, false) AS is_list, \
        EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisunique AND a.attnum = ANY (i.indkey::int2[])) AS is_identity \
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
    LEFT JOIN pg_get_catalog_foreign_keys() f ON f.fktable = c.oid AND f.fkcols = ARRAY[a.attname::text] \
    WHERE c.relnamespace = 'pg_catalog'::regnamespace AND c.relkind = 'r' ORDER BY 1, a.attnum";

/// The columns of primary keys.
const KEYS: &str = "SELECT c.conrelid::regclass::text AS catalog, a.attname::text AS \"column\" \
    FROM pg_constraint c, unnest(c.conkey) k JOIN pg_attribute a ON a.attnum = k \
    WHERE c.contype = 'p' AND c.connamespace = 'pg_catalog'::regnamespace AND a.attrelid = c.conrelid";

/// Rows of one catalog: by primary key with values as they stand, and by what they are called with the names of what they
/// point to.
type Rows = BTreeMap<String, BTreeMap<String, Option<String>>>;

/// The rows of the catalogs that are read, and the columns that rows are told apart by.
#[derive(Default)]
pub(crate) struct Catalogs {
    rows: BTreeMap<String, [Rows; 2]>,
    identity: BTreeSet<String>,
}

/// Read columns that no plan changes, and why.
const NEVER: [(&str, &str); 14] = [
    (
        "pg_amop.amopsortfamily",
        "of a family's own ordering operators, which only GiST has; a class that orders is made again",
    ),
    (
        "pg_class.reltuples",
        "a guess of the server's, which is told and not compared",
    ),
    ("pg_class.reloftype", "typed tables are reported"),
    (
        "pg_class.reltype",
        "the row type has the name of its relation",
    ),
    (
        "pg_extension.extversion",
        "what an update script does is the extension's: a plan that updates is not rehearsed back",
    ),
    ("pg_index.indisvalid", "says that a build was interrupted"),
    ("pg_inherits.inhdetachpending", "reported"),
    (
        "pg_opclass.opckeytype",
        "what GiST and GIN keep: such a class is made again like any",
    ),
    (
        "pg_partitioned_table.partstrat",
        "a table that is partitioned is not partitioned otherwise: refused",
    ),
    ("pg_proc.protrftypes", "reported"),
    ("pg_range.rngcanonical", "reported"),
    (
        "pg_trigger.tgisinternal",
        "the server's own triggers are left out",
    ),
    ("pg_type.typarray", "the array type is named after its own"),
    ("pg_type.typelem", "tells array types from others"),
];

fn is_never(column: &str) -> bool {
    NEVER.iter().any(|(own, _)| *own == column)
}

/// A catalog without a key: its rows are what there is, and none is the one that was there before.
const WITHOUT_KEY: &str = "pg_depend";

fn file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests")
        .join("changed.tsv")
}

/// Returns what `changed.tsv` says: column → case.
fn listed() -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(file()).unwrap_or_default();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let lines = lines.filter_map(|line| line.split_once('\t'));
    lines
        .map(|(own, case)| (own.to_owned(), case.to_owned()))
        .collect()
}

fn read_columns() -> BTreeSet<String> {
    let read = coverage().into_iter().filter(|own| own.fate == Fate::Read);
    read.flat_map(|own| {
        let catalog = own.catalog;
        own.columns
            .into_iter()
            .map(move |column| format!("{catalog}.{column}"))
    })
    .collect()
}

impl Catalogs {
    /// Reads them.
    pub(crate) async fn read(database: &Database) -> Result<Self, Failed> {
        let wanted = read_columns();
        let mut connection = database.connect().await?;
        let mut keys: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for row in sqlx::query(KEYS)
            .fetch_all(&mut connection)
            .await
            .map_err(failed)?
        {
            let column = row.try_get("column").map_err(failed)?;
            keys.entry(row.try_get("catalog").map_err(failed)?)
                .or_default()
                .push(column);
        }
        let mut all = Self::default();
        let mut columns: BTreeMap<String, Vec<(String, Option<String>, bool)>> = BTreeMap::new();
        for row in sqlx::query(COLUMNS)
            .fetch_all(&mut connection)
            .await
            .map_err(failed)?
        {
            let catalog: String = row.try_get("catalog").map_err(failed)?;
            let own = (
                row.try_get("column").map_err(failed)?,
                row.try_get("target").map_err(failed)?,
                row.try_get("is_list").map_err(failed)?,
            );
            let column: &String = &own.0;
            if row.try_get("is_identity").map_err(failed)? {
                all.identity.insert(format!("{catalog}.{column}"));
            }
            columns.entry(catalog).or_default().push(own);
        }
        for (catalog, columns) in columns {
            let is_read = |column: &str| wanted.contains(&format!("{catalog}.{column}"));
            let Some(keys) = keys.get(&catalog) else {
                continue;
            };
            if !columns.iter().any(|own| is_read(&own.0)) {
                continue;
            }
            let values = columns
                .iter()
                .filter(|own| is_read(&own.0))
                .map(|own| format!("'{0}', \"{0}\"::text", own.0));
            let named = columns.iter().filter(|own| is_read(&own.0));
            let named = named.map(|own| format!("'{}', {}", own.0, by_name(own)));
            let (values, named) = (values.collect::<Vec<_>>(), named.collect::<Vec<_>>());
            let called = keys.iter().map(|key| {
                let own = columns.iter().find(|own| own.0 == *key);
                match (catalog.as_str(), key.as_str()) {
                    ("pg_enum", "oid") => "(pg_identify_object('pg_type'::regclass, enumtypid, 0)).identity, enumlabel::text".to_owned(),
                    (_, "oid") => "(pg_identify_object(tableoid, oid, 0)).identity".to_owned(),
                    ("pg_attribute", "attnum") => "attname::text".to_owned(),
                    _ => own.map(by_name).unwrap_or_default(),
                }
            });
            let called: Vec<String> = called.collect();
            let place = keys
                .iter()
                .map(|key| format!("\"{key}\"::text"))
                .collect::<Vec<_>>();
            let sql = format!(
                "SELECT concat_ws(' ', {}) AS place, concat_ws(' ', {}) AS called, \
                 jsonb_build_object({})::text AS raw, jsonb_build_object({})::text AS named \
                 FROM pg_catalog.{catalog} WHERE \"{}\"::oid::bigint >= 16384{}",
                place.join(", "),
                called.join(", "),
                values.join(", "),
                named.join(", "),
                keys[0],
                if catalog == "pg_namespace" {
                    " OR nspname = 'public'"
                } else {
                    ""
                },
            );
            let found = sqlx::query(AssertSqlSafe(sql))
                .fetch_all(&mut connection)
                .await
                .map_err(failed)?;
            let rows = all.rows.entry(catalog).or_default();
            for row in found {
                for (at, key, value) in [(0, "place", "raw"), (1, "called", "named")] {
                    let key: String = row.try_get(key).map_err(failed)?;
                    let value: String = row.try_get(value).map_err(failed)?;
                    rows[at].insert(key, serde_json::from_str(&value).map_err(failed)?);
                }
            }
        }
        Ok(all)
    }

    /// Names the columns whose values differ in a row that is there in both. Those that rows are told apart by never do: rows that
    /// come or go say that they are read.
    pub(crate) fn changed(&self, later: &Self) -> BTreeSet<String> {
        let mut changed = BTreeSet::new();
        for (catalog, rows) in &self.rows {
            let Some(others) = later.rows.get(catalog) else {
                continue;
            };
            if rows[1].keys().ne(others[1].keys()) {
                let of_it =
                    |own: &&String| own.split_once('.').is_some_and(|(of, _)| of == catalog);
                changed.extend(self.identity.iter().filter(of_it).cloned());
            }
            for (rows, others) in rows.iter().zip(others) {
                for (key, row) in rows {
                    let Some(other) = others.get(key) else {
                        continue;
                    };
                    let differ = row
                        .iter()
                        .filter(|(column, value)| other.get(*column) != Some(value));
                    changed.extend(differ.map(|(column, _)| format!("{catalog}.{column}")));
                }
            }
        }
        changed
    }
}

/// Says what the column points to by name.
fn by_name((column, target, is_list): &(String, Option<String>, bool)) -> String {
    let Some(target) = target else {
        return format!("\"{column}\"::text");
    };
    let one = |own: &str| {
        format!(
            "coalesce((pg_identify_object('{target}'::regclass, {own}, 0)).identity, {own}::text)"
        )
    };
    if *is_list {
        format!(
            "(SELECT string_agg({}, ' ') FROM unnest(\"{column}\"::oid[]) u)",
            one("u")
        )
    } else {
        one(&format!("\"{column}\""))
    }
}

/// What the cases that ran have changed: case → columns.
static CHANGED: Mutex<BTreeMap<String, BTreeSet<String>>> = Mutex::new(BTreeMap::new());

/// Compares what a case has changed with what is said of it.
pub(crate) fn compare(
    case: &str,
    changed: BTreeSet<String>,
    is_updating: bool,
) -> Result<(), Failed> {
    if is_updating {
        CHANGED.lock().unwrap().insert(case.to_owned(), changed);
        return Ok(());
    }
    let listed = listed();
    let said = listed
        .iter()
        .filter(|(_, own)| *own == case)
        .map(|(column, _)| column);
    let missing: Vec<&String> = said.filter(|column| !changed.contains(*column)).collect();
    if missing.is_empty() {
        Ok(())
    } else {
        Err(Failed::from(format!(
            "changed.tsv says that it changes {missing:?}; RECONCILE_UPDATE_CASES=1 with every case finds another that does"
        )))
    }
}

/// Writes which case changes which column: what was said stays where it is still so.
pub(crate) fn write_updates() {
    let made = std::mem::take(&mut *CHANGED.lock().unwrap());
    if made.is_empty() {
        return;
    }
    let mut listed = listed();
    listed.retain(|column, case| made.get(case).is_none_or(|own| own.contains(column)));
    // A case that changes little says most of what it changes.
    let mut made: Vec<_> = made.into_iter().collect();
    made.sort_by_key(|(case, columns)| (columns.len(), case.clone()));
    let read = read_columns();
    for (case, columns) in made {
        for column in columns
            .into_iter()
            .filter(|own| read.contains(own) && !is_never(own))
        {
            listed.entry(column).or_insert_with(|| case.clone());
        }
    }
    let lines = listed
        .iter()
        .map(|(column, case)| format!("{column}\t{case}\n"));
    let text = format!("{HEAD}{}", lines.collect::<String>());
    std::fs::write(file(), text).unwrap();
}

const HEAD: &str = "# A case for every column of a catalog that is read: its plan changes it. Written by RECONCILE_UPDATE_CASES=1.\n";

pub(crate) fn trials() -> Vec<Trial> {
    let newest = servers::newest();
    let name = "changed::every_read_column_is_changed_by_a_case";
    let own = trial(name.to_owned(), move || async move {
        every_column(newest.unwrap_or_default()).await
    });
    vec![own.with_ignored_flag(newest.is_none())]
}

async fn every_column(major: u16) -> Result<(), Failed> {
    let database = Database::make(major).await?;
    let mut connection = database.connect().await?;
    let mut there = BTreeSet::new();
    for row in sqlx::query(COLUMNS)
        .fetch_all(&mut connection)
        .await
        .map_err(failed)?
    {
        let catalog: String = row.try_get("catalog").map_err(failed)?;
        let column: String = row.try_get("column").map_err(failed)?;
        if catalog != WITHOUT_KEY && !is_never(&format!("{catalog}.{column}")) {
            there.insert(format!("{catalog}.{column}"));
        }
    }
    drop(connection);
    database.drop().await?;
    let listed = listed();
    let left = read_columns()
        .into_iter()
        .filter(|own| there.contains(own) && !listed.contains_key(own));
    let left: Vec<String> = left.collect();
    let cases: BTreeSet<&String> = listed.values().collect();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests")
        .join("cases");
    let gone = cases
        .into_iter()
        .filter(|own| !folder.join(format!("{own}.yaml")).exists());
    let gone: Vec<&String> = gone.collect();
    if left.is_empty() && gone.is_empty() {
        Ok(())
    } else {
        Err(Failed::from(format!(
            "read, and changed by no case: {left:#?}; no cases: {gone:?}"
        )))
    }
}
