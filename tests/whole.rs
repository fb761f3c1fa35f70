//! Whole databases: everything that PostgreSQL ships with, and one whose catalog never rests.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use libtest_mimic::{Failed, Trial};
use reconcile::catalog::{self, CatalogError};
use reconcile::model::{Address, Kind};
use sqlx::{AssertSqlSafe, Row as _};

use crate::support::database::Database;
use crate::support::tool::Tool;
use crate::support::{failed, same, servers, trial};

pub(crate) fn trials() -> Vec<Trial> {
    let Some(major) = servers::newest() else {
        return Vec::new();
    };
    vec![
        trial("whole::all_extensions_are_left_alone", move || {
            extensions(major)
        }),
        trial("whole::a_catalog_that_never_rests", move || restless(major)),
    ]
}

/// Every extension that the server can make is pulled and level; what belongs to one is the extension's.
async fn extensions(major: u16) -> Result<(), Failed> {
    let database = Database::make(major).await?;
    let mut session = database.connect().await?;
    let names = sqlx::query("SELECT name::text FROM pg_available_extensions ORDER BY 1")
        .fetch_all(&mut session)
        .await
        .map_err(failed)?;
    let mut made = 0;
    for row in &names {
        let name: String = row.try_get(0).map_err(failed)?;
        let sql = format!("CREATE EXTENSION IF NOT EXISTS \"{name}\" CASCADE");
        // Some need a library that is not there.
        let outcome = sqlx::raw_sql(AssertSqlSafe(sql))
            .execute(&mut session)
            .await;
        made += usize::from(outcome.is_ok());
    }
    // A server that was put together without contrib says nothing of this.
    if names.len() > 30 && made < 30 {
        return Err(Failed::from(format!(
            "{made} of {} extensions",
            names.len()
        )));
    }
    let tool = Tool::over(&database);
    tool.wants(0, &["pull", "--out", "schema"])?;
    // What they say of themselves is nobody's to declare.
    let files = tool.path("schema");
    for entry in std::fs::read_dir(files).map_err(failed)? {
        let text = std::fs::read_to_string(entry.map_err(failed)?.path()).map_err(failed)?;
        same(
            "comments in what is pulled",
            text.contains("comment:").to_string().as_str(),
            "false",
        )?;
    }
    tool.wants(0, &["plan", "--detailed-exitcode", "--strict"])?
        .says("Nothing to do")?;
    tool.wants(0, &["apply", "--yes"])?;
    tool.wants(0, &["drift"])?;
    tool.wants(0, &["plan", "--detailed-exitcode"])?;
    database.drop().await
}

/// What an application's migrations do all the time: each commits by itself.
const RESTLESS: [&str; 6] = [
    "ALTER TABLE app.t RENAME COLUMN a TO b",
    "ALTER TABLE app.t ADD COLUMN c integer DEFAULT 7 CHECK (c > 0)",
    "CREATE INDEX t_c ON app.t (c)",
    "ALTER TABLE app.t DROP COLUMN c",
    "ALTER TABLE app.t RENAME COLUMN b TO a",
    "CREATE OR REPLACE VIEW app.v AS SELECT id FROM app.t",
];

/// The columns that the table has at some time.
const STATES: [&[&str]; 4] = [&["a", "id"], &["b", "id"], &["b", "c", "id"], &["a", "id"]];

/// A read beside DDL gives one of the states that there were, or says that the catalog keeps changing; never a mixed one.
async fn restless(major: u16) -> Result<(), Failed> {
    let database = Database::make(major).await?;
    database
        .run("CREATE SCHEMA app; CREATE TABLE app.t (id integer PRIMARY KEY, a text)")
        .await?;
    let rests = Arc::new(AtomicBool::new(false));
    let (mut others, ends) = (database.connect().await?, rests.clone());
    // With pauses now and then, so that some reads are undisturbed.
    let task = tokio::spawn(async move {
        let mut round = 0_u64;
        while !ends.load(Ordering::Relaxed) {
            for sql in RESTLESS {
                sqlx::raw_sql(sql).execute(&mut others).await?;
                tokio::time::sleep(Duration::from_millis(round % 5 * 12)).await;
            }
            round += 1;
        }
        Ok::<_, sqlx::Error>(round)
    });
    let (mut whole, mut refused) = (0, 0);
    let mut connection = database.connect().await?;
    for _ in 0..80 {
        let read = match catalog::read_live(&mut connection).await {
            Ok(read) => read,
            Err(CatalogError::KeepsChanging { .. }) => {
                refused += 1;
                continue;
            }
            Err(error) => return Err(failed(error)),
        };
        whole += 1;
        let table = Address::new(Kind::Table, ["app", "t"]);
        let columns = read.model.columns_of(&table);
        let names: BTreeSet<&str> = columns.iter().map(|own| own.name().as_str()).collect();
        let is_one = STATES.iter().any(|own| names.iter().eq(own.iter()));
        let object = |kind, name: &str| {
            let address = Address::new(kind, ["app", "t", name]);
            read.model.objects.contains_key(&address)
        };
        // The default and the check are made with their column, and go with it.
        let goes_along = object(Kind::Default, "c") == names.contains("c")
            && object(Kind::Check, "t_c_check") == names.contains("c");
        if !is_one || !goes_along {
            return Err(Failed::from(format!("a mixed picture: {names:?}")));
        }
    }
    rests.store(true, Ordering::Relaxed);
    let rounds = task.await.map_err(failed)?.map_err(failed)?;
    if whole == 0 || rounds < 3 {
        return Err(Failed::from(format!(
            "{whole} reads, {refused} refused, {rounds} rounds: it shows nothing"
        )));
    }
    drop(connection);
    database.drop().await
}
