//! Filling rows: what it waits for, and whether triggers of others fire.

use std::process::Stdio;
use std::time::Duration;

use libtest_mimic::{Failed, Trial};

use crate::support::database::Database;
use crate::support::tool::Tool;
use crate::support::{failed, same, servers, trial};

const CURRENT: &str = r#"
schema: app
tables:
  rows:
    columns: { id: bigint, n: integer }
    primary_key: [id]
    triggers: { seen: { after: [update], for_each: row, execute: note() } }
  noted: { columns: { id: bigint } }
  hold: { columns: { held: boolean } }
functions:
  note():
    returns: trigger
    language: plpgsql
    body: |
      BEGIN
        INSERT INTO app.noted VALUES (new.id);
        RETURN NULL;
      END
"#;

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for (&major, absent) in servers::majors() {
        let mut add = |name: &str, own: fn(u16) -> crate::apply::Run| {
            let is_left_out = absent.is_some() || !servers::is_spread(major, name);
            let own = trial(format!("backfill::{name}::{major}"), move || own(major));
            trials.push(own.with_ignored_flag(is_left_out));
        };
        add("waits_while_told", |major| Box::pin(waits(major)));
        add("triggers_rest", |major| Box::pin(triggers_rest(major)));
    }
    trials
}

async fn prepared(major: u16, settings: &str) -> Result<(Database, Tool), Failed> {
    let database = Database::make(major).await?;
    let tool = Tool::over(&database);
    let settings = ["small_table: { rows: 10 }\nbackfill: ", settings, "\n"].concat();
    tool.write("reconcile.yaml", &settings);
    tool.declare(CURRENT);
    tool.wants(0, &["apply", "--yes"])?;
    database
        .run("INSERT INTO app.rows SELECT g, g FROM generate_series(1, 5000) g; INSERT INTO app.hold VALUES (true); ANALYZE")
        .await?;
    tool.declare(&CURRENT.replace(
        "n: integer }",
        "n: integer, m: { type: integer, not_null: true, backfill: n + 1 } }",
    ));
    Ok((database, tool))
}

/// As long as a person's query says so no row is filled, and who is told to stop does.
async fn waits(major: u16) -> Result<(), Failed> {
    let settings = r#"{ pause_while: "SELECT bool_or(held) FROM app.hold" }"#;
    let (database, tool) = prepared(major, settings).await?;
    let start = || {
        let mut command = tool.command(&["apply", "--yes"]);
        let child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        child.map_err(failed)
    };
    let filled = "SELECT CASE WHEN to_regclass('app.rows') IS NULL THEN '-' ELSE (SELECT count(*)::text FROM app.rows r WHERE to_jsonb(r) ->> 'm' IS NOT NULL) END";
    let there = "SELECT count(*)::text FROM pg_attribute WHERE attrelid = 'app.rows'::regclass AND attname = 'm'";
    let mut child = start()?;
    for _ in 0..1500 {
        if database.value(there).await? == "1" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    tokio::time::sleep(Duration::from_millis(1500)).await;
    same("filled", &database.value(filled).await?, "0")?;
    let id = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(id, rustix::process::Signal::INT).map_err(failed)?;
    let code = tokio::task::spawn_blocking(move || child.wait().map(|own| own.code()));
    let code = code.await.map_err(failed)?.map_err(failed)?;
    same("stopped", &format!("{code:?}"), "Some(5)")?;
    let child = start()?;
    tokio::time::sleep(Duration::from_millis(2500)).await;
    same("filled", &database.value(filled).await?, "0")?;
    database.run("UPDATE app.hold SET held = false").await?;
    let output = tokio::task::spawn_blocking(move || child.wait_with_output());
    let output = output.await.map_err(failed)?.map_err(failed)?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.code() != Some(0) || !said.contains("waits: backfill.pause_while says so") {
        return Err(Failed::from(said));
    }
    same("filled", &database.value(filled).await?, "5000")?;
    database.drop().await
}

async fn triggers_rest(major: u16) -> Result<(), Failed> {
    for (settings, told, noted) in [
        ("{ triggers: fire }", true, "5000"),
        ("{ triggers: skip }", false, "0"),
    ] {
        let (database, tool) = prepared(major, settings).await?;
        let said = tool.wants(0, &["apply", "--yes"])?;
        if said.stdout.contains("fires_triggers") != told {
            return Err(Failed::from(said.stdout));
        }
        let rows = "SELECT count(*) FILTER (WHERE m = n + 1)::text FROM app.rows";
        same("filled", &database.value(rows).await?, "5000")?;
        same(
            "noted",
            &database
                .value("SELECT count(*)::text FROM app.noted")
                .await?,
            noted,
        )?;
        database.drop().await?;
    }
    // Whoever may not let them rest is told so before anything is done.
    let (database, tool) = prepared(major, "{ triggers: skip }").await?;
    database
        .run(&format!(
            "DO $$ BEGIN CREATE ROLE rec_filler LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$; \
             GRANT CREATE ON DATABASE {} TO rec_filler; ALTER SCHEMA app OWNER TO rec_filler; ALTER TABLE app.rows OWNER TO rec_filler; \
             ALTER SCHEMA reconcile OWNER TO rec_filler; GRANT ALL ON ALL TABLES IN SCHEMA reconcile TO rec_filler; GRANT SELECT ON ALL TABLES IN SCHEMA app TO rec_filler",
            database.name
        ))
        .await?;
    let url = database.url.replacen("postgres@", "rec_filler@", 1);
    if url == database.url {
        return Err(Failed::from(url));
    }
    let mut command = tool.command(&["apply", "--yes"]);
    command.env("DATABASE_URL", &url);
    let outcome = crate::support::tool::outcome(command);
    outcome.wants(3, &["apply"])?;
    let said = [outcome.stdout, outcome.stderr].concat();
    if !said.contains("GRANT SET ON PARAMETER \"session_replication_role\" TO \"rec_filler\"") {
        return Err(Failed::from(said));
    }
    database.drop().await
}
