//! Publications around files, layers and what is not managed.

use libtest_mimic::{Failed, Trial};

use crate::support::database::Database;
use crate::support::tool::Tool;
use crate::support::{same, servers, trial};

pub(crate) fn trials() -> Vec<Trial> {
    let Some(major) = servers::newest() else {
        return Vec::new();
    };
    vec![
        trial("publications::pulled_into_files", move || pulled(major)),
        trial("publications::a_later_folder_replaces_one", move || {
            layered(major)
        }),
        trial("publications::beside_what_is_excluded", move || {
            excluded(major)
        }),
        trial("publications::tables_or_schemas", move || exchanged(major)),
        trial("publications::mistakes_are_told", move || mistaken(major)),
    ]
}

const TABLES: &str = "tables:
  t: { columns: { id: bigint, n: integer }, primary_key: [id] }
  r: { columns: { id: bigint, n: integer }, primary_key: [id] }
";
/// What a publication of the name v names.
const NAMED: &str = "SELECT string_agg(n::text, ' ' ORDER BY n::text) FROM (
      SELECT prrelid::regclass::text AS n FROM pg_publication_rel UNION ALL SELECT pnnspid::regnamespace::text FROM pg_publication_namespace) AS x";

/// Keys without a schema are understood, in block and in flow style.
async fn pulled(major: u16) -> Result<(), Failed> {
    for published in [
        "publications:\n  v:\n    tables:\n      t: { columns: [id] }\n      r:\n",
        "publications: { v: { tables: { app.t: { columns: [id] }, r: } } }\n",
    ] {
        let database = Database::make(major).await?;
        let tool = Tool::over(&database);
        tool.declare(&["schema: app\n", published, TABLES].concat());
        tool.wants(0, &["apply", "--yes"])?;
        database
            .run(
                "CREATE TABLE app.h (id bigint PRIMARY KEY); ALTER PUBLICATION v DROP TABLE app.r; \
                 ALTER PUBLICATION v SET TABLE app.t (id, n) WHERE (n > 4), app.h",
            )
            .await?;
        tool.wants(0, &["pull", "--out", "schema"])?;
        tool.wants(0, &["plan", "--detailed-exitcode"])?;
        tool.wants(0, &["pull", "--out", "schema"])?
            .says("level with the database")?;
        database.run("ALTER PUBLICATION v ADD TABLE app.r").await?;
        tool.wants(0, &["pull", "--out", "schema"])?;
        tool.wants(0, &["plan", "--detailed-exitcode"])?;
        database.drop().await?;
    }
    Ok(())
}

/// What the earlier folder publishes is not published by the later one.
async fn layered(major: u16) -> Result<(), Failed> {
    let database = Database::make(major).await?;
    let tool = Tool::over(&database);
    let first = "publications: { v: { tables: { t: , r: }, schemas: [app], publish: [insert] } }\n";
    tool.declare(&["schema: app\n", first, TABLES].concat());
    tool.write(
        "later/v.yaml",
        "schema: app\npublications: { v: { override: true, tables: { r: } } }\n",
    );
    tool.wants(
        0,
        &[
            "apply",
            "--yes",
            "--desired",
            "schema",
            "--desired",
            "later",
        ],
    )?;
    same("what is named", &database.value(NAMED).await?, "app.r")?;
    database.drop().await
}

/// What is not managed stays published.
async fn excluded(major: u16) -> Result<(), Failed> {
    let database = Database::make(major).await?;
    let tool = Tool::over(&database);
    tool.write("reconcile.yaml", "manage: { exclude: ['o.*'] }\n");
    database
        .run(
            "CREATE SCHEMA o; CREATE SCHEMA app; CREATE TABLE o.t (id bigint); CREATE TABLE app.t (id bigint); \
             CREATE PUBLICATION v FOR TABLE o.t, app.t; CREATE PUBLICATION s FOR TABLES IN SCHEMA o",
        )
        .await?;
    tool.wants(0, &["pull", "--out", "schema"])?;
    tool.wants(0, &["plan", "--detailed-exitcode"])?;
    tool.wants(0, &["apply", "--yes"])?;
    same(
        "what is named",
        &database.value(NAMED).await?,
        "app.t o o.t",
    )?;
    database.drop().await
}

/// The server has no schemas beside a table of which columns are named.
async fn exchanged(major: u16) -> Result<(), Failed> {
    let database = Database::make(major).await?;
    let tool = Tool::over(&database);
    for published in [
        "{ tables: { t: { columns: [id] } } }",
        "{ schemas: [app], tables: { t: } }",
        "{ tables: { t: { columns: [id, n] } } }",
        "{ schemas: [app] }",
    ] {
        let own = format!("schema: app\npublications: {{ v: {published} }}\n");
        tool.declare(&[&own, TABLES].concat());
        tool.wants(0, &["apply", "--yes", "--allow", "all"])?;
        tool.wants(0, &["plan", "--detailed-exitcode"])?;
    }
    for _ in 0..3 {
        tool.wants(0, &["rollback", "--yes", "--allow", "all"])?;
    }
    same("what is named", &database.value(NAMED).await?, "app.t")?;
    database.drop().await
}

async fn mistaken(major: u16) -> Result<(), Failed> {
    let database = Database::make(major).await?;
    let tool = Tool::over(&database);
    let of = |published: &str| {
        let own = format!("schema: app\npublications: {{ v: {published} }}\n");
        [&own, TABLES].concat()
    };
    for (published, says) in [
        ("{ tables: { app.t.z: } }", "it is no table's name"),
        (
            "{ all_tables: true, tables: { t: } }",
            "publishes all tables",
        ),
        ("{ tables: { t: { columns: [] } } }", "it names no columns"),
        (
            "{ tables: { t: { where: \"n > 1), TABLE app.r WHERE (id > 3\" } } }",
            "the condition of another table publishes it",
        ),
    ] {
        tool.declare(&of(published));
        tool.wants(1, &["plan"])?.says(says)?;
    }
    // A word that is written twice is one word.
    tool.declare(&of(
        "{ tables: { t: }, publish: [insert, Update, update, insert] }",
    ));
    tool.wants(0, &["apply", "--yes"])?;
    let tells = "SELECT concat(pubinsert, pubupdate, pubdelete, pubtruncate) FROM pg_publication";
    same("the operations", &database.value(tells).await?, "ttff")?;
    tool.declare(
        &of("{ tables: { t: }, publish: [insert, update] }").replace(
            "  t: { columns: { id: bigint, n: integer }, primary_key: [id] }",
            "  t: { columns: { id: { type: bigint, not_null: true }, n: integer } }",
        ),
    );
    tool.wants(0, &["plan"])?.says(
        "UPDATE fails: table app.t has no replica identity, and publication v tells of that",
    )?;
    database.drop().await
}
