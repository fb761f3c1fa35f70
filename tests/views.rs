//! Materialized views, run by the binary.

use libtest_mimic::{Failed, Trial};

use crate::support::database::Database;
use crate::support::tool::{Tool, outcome};
use crate::support::{same, servers, trial};

pub(crate) fn trials() -> Vec<Trial> {
    let Some(major) = servers::newest() else {
        return Vec::new();
    };
    vec![
        trial("views::a_long_fill_is_not_cut", move || long_fill(major)),
        trial("views::a_fill_asks_for_select", move || {
            asks_for_select(major)
        }),
        trial("views::a_plan_is_made_twice", move || twice(major)),
        trial("views::what_holds_nothing_is_told_before", move || {
            unpopulated(major)
        }),
        trial(
            "views::what_a_fill_reads_is_locked_by_nobody_else",
            move || apart(major),
        ),
    ]
}

const TABLE: &str = "tables:\n  t:\n    columns: { id: integer }\n    primary_key: [id]\n";

/// Files with a materialized view that takes two seconds to fill.
fn slow(query: &str) -> String {
    [
        TABLE,
        "materialized_views:\n  m:\n    query: SELECT id, ",
        query,
        " AS n FROM t, LATERAL (SELECT pg_sleep(0.1 + id * 0)) AS s\n    indexes: { m_idx: { columns: [id], unique: true } }\n",
    ]
    .concat()
}

/// The budget is for those who wait: nobody waits for what is filled beside, or is new.
async fn long_fill(major: u16) -> Result<(), Failed> {
    let database = Database::make(major).await?;
    let tool = Tool::over(&database);
    tool.write("reconcile.yaml", "lock_budget: 300ms\nlock_patience: 1s\n");
    tool.declare(TABLE);
    tool.wants(0, &["apply", "--yes"])?;
    database
        .run("INSERT INTO t SELECT generate_series(1, 20); ANALYZE")
        .await?;
    tool.declare(&slow("1"));
    tool.wants(0, &["apply", "--yes"])?;
    tool.declare(&slow("2"));
    tool.wants(0, &["apply", "--yes"])?;
    let found = database.value("SELECT sum(n)::text FROM m").await?;
    same("what it holds", &found, "40")?;
    tool.wants(0, &["rollback", "--yes"])?;
    let found = database.value("SELECT sum(n)::text FROM m").await?;
    same("what it holds again", &found, "20")?;
    database.drop().await
}

/// Filling takes SELECT on what is read: it is asked for before the first step.
async fn asks_for_select(major: u16) -> Result<(), Failed> {
    let database = Database::make(major).await?;
    database
        .run(
            "CREATE ROLE view_maker LOGIN; GRANT CREATE ON SCHEMA public TO view_maker;
             CREATE TABLE held (id integer); INSERT INTO held VALUES (1); ANALYZE held",
        )
        .await?;
    let grant = format!("GRANT CREATE ON DATABASE {} TO view_maker", database.name);
    database.run(&grant).await?;
    let tool = Tool::over(&database);
    let url = database.url.replacen("postgres@", "view_maker@", 1);
    tool.declare("materialized_views: { m: SELECT count(*) AS n FROM held }");
    let arguments = ["apply", "--yes", "--allow", "all", "--url", &url];
    tool.wants(3, &arguments)?
        .says("materialized view public.m is filled from table public.held")?
        .says("GRANT SELECT ON TABLE \"public\".\"held\" TO \"view_maker\"")?;
    database.run("GRANT SELECT ON held TO view_maker").await?;
    tool.wants(0, &arguments)?;
    database.drop().await
}

/// What was learnt from the first plan does not stand in the way of the second: a table gives its name to a view.
async fn twice(major: u16) -> Result<(), Failed> {
    let database = Database::make(major).await?;
    let tool = Tool::over(&database);
    let table = "tables:\n  t: { columns: { id: integer } }\n";
    tool.declare(&[table, "  w: { columns: { id: integer } }\n"].concat());
    tool.wants(0, &["apply", "--yes"])?;
    for section in ["materialized_views", "views"] {
        tool.declare(&[table, section, ": { w: SELECT id FROM t }\n"].concat());
        let cache = tool.path("cache").display().to_string();
        for _ in 0..2 {
            let mut command = tool.command(&["plan"]);
            command.env("RECONCILE_CACHE", &cache);
            outcome(command).wants(0, &["plan"])?;
        }
    }
    database.drop().await
}

/// The server reads none that was never filled.
async fn unpopulated(major: u16) -> Result<(), Failed> {
    let database = Database::make(major).await?;
    database
        .run("CREATE MATERIALIZED VIEW first AS SELECT 1 AS one WITH NO DATA")
        .await?;
    let tool = Tool::over(&database);
    let first = "materialized_views:\n  first: SELECT 1 AS one\n";
    tool.declare(first);
    tool.wants(0, &["apply", "--yes"])?;
    tool.declare(&[first, "  second: SELECT one FROM first\n"].concat());
    tool.wants(3, &["apply", "--yes", "--allow", "all"])?
        .says("1 materialized view that it reads holds nothing yet: REFRESH it first")?;
    database.run("REFRESH MATERIALIZED VIEW first").await?;
    tool.wants(0, &["apply", "--yes"])?;
    database.drop().await
}

/// A function hides what it reads: no lock of another change is held while it runs.
async fn apart(major: u16) -> Result<(), Failed> {
    let database = Database::make(major).await?;
    let tool = Tool::over(&database);
    let function = "functions:\n  report():\n    returns: bigint\n    language: plpgsql\n    body: |\n      BEGIN RETURN 1; END\n";
    tool.declare(&[TABLE, function].concat());
    tool.wants(0, &["apply", "--yes"])?;
    database.run("INSERT INTO t VALUES (1); ANALYZE").await?;
    let wider = TABLE.replace("id: integer", "id: integer, more: text");
    let view = "materialized_views: { zz: SELECT report() AS n }\n";
    tool.declare(&[wider.as_str(), function, view].concat());
    tool.wants(0, &["plan"])?
        .says("2 steps in 2 stages")?
        .says("Stage 2 migrate: one transaction\n")?;
    tool.wants(0, &["apply", "--yes"])?;
    database.drop().await
}
