//! Every column of every catalog of every major is accounted for: what a server has and nobody has listed fails here.

use std::collections::{BTreeMap, BTreeSet};

use libtest_mimic::{Failed, Trial};
use reconcile::catalog::{Fate, coverage};
use reconcile::model::Kind;

use crate::support::database::Database;
use crate::support::{servers, trial};

/// The columns of all catalogs, as the server says.
const COLUMNS: &str = "SELECT string_agg(c.relname || '.' || a.attname, ' ') \
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
    WHERE c.relnamespace = 'pg_catalog'::regnamespace AND c.relkind = 'r'";

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for (major, absent) in servers::majors() {
        let major = *major;
        let own = trial(
            format!("coverage::every_column_is_accounted_for::{major}"),
            move || every_column(major),
        );
        trials.push(own.with_ignored_flag(absent.is_some()));
    }
    trials
}

async fn every_column(major: u16) -> Result<(), Failed> {
    let database = Database::make(major).await?;
    let text = database.value(COLUMNS).await?;
    database.drop().await?;
    let mut there: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (catalog, column) in text.split(' ').filter_map(|own| own.split_once('.')) {
        there.entry(catalog).or_default().insert(column);
    }
    let mut left = there.clone();
    let mut twice = Vec::new();
    for own in coverage() {
        let Some(columns) = left.get_mut(own.catalog) else {
            continue;
        };
        let all: BTreeSet<&str> = there[own.catalog].clone();
        let listed = own.columns.iter().flat_map(|column| {
            let column = *column;
            all.iter()
                .filter(move |own| column == "*" || **own == column)
        });
        for column in listed {
            if !columns.remove(column) {
                twice.push(format!("{}.{column}", own.catalog));
            }
        }
    }
    let left = left
        .iter()
        .flat_map(|(catalog, columns)| columns.iter().map(move |own| format!("{catalog}.{own}")));
    let left: Vec<String> = left.collect();
    if left.is_empty() && twice.is_empty() {
        return Ok(());
    }
    Err(Failed::from(format!(
        "nobody says what becomes of {left:?}; said twice: {twice:?}"
    )))
}

/// The page that says so.
pub(crate) fn page() -> String {
    let mut text = String::from(PREFACE);
    let kinds = Kind::all().map(|kind| kind.keyword());
    text.push_str(&kinds.collect::<Vec<&str>>().join(", "));
    text.push_str(
        ".\n\n## Catalogs\n\n| catalog | columns | what becomes of them | |\n|---|---|---|---|\n",
    );
    for own in coverage() {
        let fate = match own.fate {
            Fate::Read => "read".to_owned(),
            Fate::Printed(function) => format!("printed by `{function}`"),
            Fate::Reported(kind) => format!("reported as *{kind}*"),
            Fate::Derived => "derived".to_owned(),
            Fate::Physical => "physical".to_owned(),
            Fate::Elsewhere => "elsewhere".to_owned(),
        };
        let columns = if own.columns == ["*"] {
            "all".to_owned()
        } else {
            own.columns.join(", ")
        };
        let line = format!("| `{}` | {columns} | {fate} | {} |\n", own.catalog, own.why);
        text.push_str(&line);
    }
    text
}

/// What the page begins with.
const PREFACE: &str = "# What is covered

What becomes of every column of every system catalog of PostgreSQL 14 to 18. A test asks a server of each major for its catalogs, and
fails where one has a column that is not listed here. *Read* columns are compared, or say what stands where. What is *reported* is named
by every plan, and refused with `--strict`; it is never touched. *Derived* follows from other columns, *physical* says how things lie,
*elsewhere* belongs to the server or holds no structure.

This page is generated: `RECONCILE_UPDATE_CASES=1 cargo test -- documents`.

## Kinds

These are objects, each with what can be said of it:

";
