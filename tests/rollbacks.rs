//! Rollbacks over several revisions.

use libtest_mimic::{Failed, Trial};
use sqlx::Connection as _;

use crate::support::database::Database;
use crate::support::tool::Tool;
use crate::support::{failed, same, servers, trial};

pub(crate) fn trials() -> Vec<Trial> {
    let Some(major) = servers::newest() else {
        return Vec::new();
    };
    vec![
        trial("rollbacks::what_was_purged_comes_back_empty", move || {
            purged(major)
        }),
        trial(
            "rollbacks::an_extension_that_others_lean_on_outlives_purge",
            move || leaned_on(major),
        ),
        trial(
            "rollbacks::a_column_that_went_and_came_as_another",
            move || came_as_another(major),
        ),
        trial(
            "rollbacks::files_that_were_undone_are_remembered",
            move || remembered(major),
        ),
        trial("rollbacks::as_the_role_that_planned", move || {
            as_another_role(major)
        }),
    ]
}

fn table(columns: &str) -> String {
    format!("tables:\n  t:\n    columns: {{ id: integer{columns} }}\n    primary_key: [id]\n")
}

/// An extension that stayed for what purge deletes goes with it, unless something that is not modelled leans on it.
async fn leaned_on(major: u16) -> Result<(), Failed> {
    for leans in [true, false] {
        let database = Database::make(major).await?;
        let tool = Tool::over(&database);
        tool.declare(&["extensions: { citext: {} }\n", &table(", a: citext")].concat());
        tool.wants(0, &["apply", "--yes"])?;
        tool.declare(&table(""));
        tool.wants(0, &["apply", "--yes", "--allow", "all"])?;
        if leans {
            let sql = "CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w; \
                       CREATE FOREIGN TABLE f (b citext) INHERITS (t) SERVER s";
            database.run(sql).await?;
        }
        tool.wants(0, &["purge", "--all", "--yes"])?;
        let held = "SELECT count(*)::text FROM pg_extension WHERE extname = 'citext'";
        let held = database.value(held).await?;
        same("the extension", &held, if leans { "1" } else { "0" })?;
        database.drop().await?;
    }
    Ok(())
}

/// A column goes, another one takes its name: back before both, the first has its values.
async fn came_as_another(major: u16) -> Result<(), Failed> {
    let database = Database::make(major).await?;
    let tool = Tool::over(&database);
    tool.declare(&table(", a: text"));
    tool.wants(0, &["apply", "--yes"])?;
    database
        .run("INSERT INTO t SELECT g, 'a' || g FROM generate_series(1, 3) g")
        .await?;
    for columns in ["", ", a: integer"] {
        tool.declare(&table(columns));
        tool.wants(0, &["apply", "--yes", "--allow", "all"])?;
    }
    database.run("UPDATE t SET a = id * 10").await?;
    tool.wants(0, &["rollback", "--to", "1", "--yes", "--allow", "all"])?;
    let values = database
        .value("SELECT string_agg(a, ',' ORDER BY id) FROM t")
        .await?;
    same("the former values", &values, "a1,a2,a3")?;
    database.drop().await
}

/// A plan that speaks of what its own role owns is carried out, finished and undone by that role.
async fn as_another_role(major: u16) -> Result<(), Failed> {
    let database = Database::make(major).await?;
    database
        .run("CREATE ROLE another_planner SUPERUSER LOGIN")
        .await?;
    let other = database.url.replacen("postgres@", "another_planner@", 1);
    let refused = |tool: &Tool, arguments: &[&str]| {
        let arguments: Vec<&str> = [arguments, &["--url", other.as_str()]].concat();
        tool.wants(4, &arguments)?
            .says("role another_planner cannot carry out what role postgres planned")?
            .says("connect as postgres")
            .map(drop)
    };
    let tool = Tool::over(&database);
    let tables = |grants: &str, more: &str| {
        [
            "tables:\n  a:\n    columns: { id: integer",
            more,
            " }\n    grants: { CURRENT_USER: [",
            grants,
            "] }\n  t:\n    columns: { id: integer",
            more,
            " }\n",
        ]
        .concat()
    };
    tool.declare(&tables("select", ""));
    tool.wants(0, &["plan", "-o", "json=plan.json"])?;
    refused(&tool, &["apply", "plan.json", "--yes"])?;
    tool.wants(0, &["apply", "plan.json", "--yes"])?;
    refused(&tool, &["rollback", "--yes"])?;
    // The privileges on one table first, then another table, which somebody holds.
    tool.write(
        "reconcile.yaml",
        "lock_budget: 100ms\nlock_patience: 300ms\n",
    );
    tool.declare(&tables("select, insert", ", more: text"));
    let mut holder = database.connect().await?;
    sqlx::raw_sql("BEGIN; LOCK TABLE t IN SHARE MODE")
        .execute(&mut holder)
        .await
        .map_err(failed)?;
    tool.wants(5, &["apply", "--yes", "--allow", "all"])?;
    holder.close().await.map_err(failed)?;
    refused(&tool, &["apply", "--yes"])?;
    refused(&tool, &["rollback", "--yes"])?;
    tool.wants(0, &["apply", "--yes"])?;
    tool.wants(0, &["rollback", "--yes", "--allow", "all"])?;
    database.drop().await
}

/// What was undone is remembered over a second rollback, until other files are applied; a revision that is not there is told.
async fn remembered(major: u16) -> Result<(), Failed> {
    let database = Database::make(major).await?;
    let tool = Tool::over(&database);
    for columns in ["", ", a: text", ", a: text, b: text"] {
        tool.declare(&table(columns));
        tool.wants(0, &["apply", "--yes"])?;
    }
    for _ in 0..2 {
        tool.wants(0, &["rollback", "--yes", "--allow", "all"])?;
    }
    tool.wants(3, &["plan", "--check"])?.says("rolled_back")?;
    tool.declare(&table(", a: text"));
    tool.wants(3, &["plan", "--check"])?.says("rolled_back")?;
    tool.declare(&table(", c: text"));
    tool.wants(0, &["apply", "--yes"])?.lacks("rolled_back")?;
    tool.wants(1, &["rollback", "--to", "99", "--yes"])?
        .says("there is no revision 99: the newest is 6")?;
    database.drop().await
}

/// What `purge` has deleted comes back without its values: only if that is allowed.
async fn purged(major: u16) -> Result<(), Failed> {
    let database = Database::make(major).await?;
    let tool = Tool::over(&database);
    tool.declare(&table(", a: text"));
    tool.wants(0, &["apply", "--yes"])?;
    database.run("INSERT INTO t VALUES (1, 'a')").await?;
    tool.declare(&table(""));
    tool.wants(0, &["apply", "--yes", "--allow", "all"])?;
    tool.wants(0, &["purge", "--all", "--yes"])?;
    tool.wants(3, &["rollback", "--yes"])?
        .says("irreversible: column public.t.a comes back empty")?;
    tool.wants(0, &["rollback", "--yes", "--allow", "irreversible"])?;
    database.drop().await
}
