//! Partitions that are let go while clients go on, and what is left where that is cut off in the middle.

use std::process::Stdio;
use std::time::Duration;

use libtest_mimic::{Failed, Trial};
use sqlx::Connection;

use crate::support::database::Database;
use crate::support::tool::Tool;
use crate::support::{dump, failed, same, servers, trial};

const CURRENT: &str = r#"
schema: app
tables:
  events:
    columns: { id: { type: bigint, not_null: true }, at: { type: date, not_null: true } }
    partition_by: RANGE (at)
    partitions:
      events_a: FROM ('2026-01-01') TO ('2026-02-01')
      events_b: FROM ('2026-02-01') TO ('2026-03-01')
    primary_key: [id, at]
    indexes: { events_at: [at] }
"#;

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for (&major, absent) in servers::majors() {
        for (name, back) in [("goes_on", false), ("goes_back", true)] {
            let name = format!("partitions_detached::{name}");
            let is_left_out = absent.is_some() || !servers::is_spread(major, &name);
            let own = trial(format!("{name}::{major}"), move || half(major, back));
            trials.push(own.with_ignored_flag(is_left_out));
        }
    }
    trials
}

/// A reader of the whole table keeps DETACH waiting, writers go on meanwhile, and the client is killed: the partition is half
/// detached.
async fn half(major: u16, back: bool) -> Result<(), Failed> {
    let database = Database::make(major).await?;
    let tool = Tool::over(&database);
    tool.write("reconcile.yaml", "small_table: { rows: 10 }\n");
    tool.declare(CURRENT);
    tool.wants(0, &["apply", "--yes"])?;
    database
        .run("INSERT INTO app.events SELECT g, '2026-01-01'::date + g % 59 FROM generate_series(1, 1000) g; ANALYZE")
        .await?;
    let before = (dump::structure(&database).await?, database.rows().await?);
    let without = CURRENT.replace(
        "      events_b: FROM ('2026-02-01') TO ('2026-03-01')\n",
        "",
    );
    tool.declare(&without);
    let mut reader = database.connect().await?;
    sqlx::raw_sql("BEGIN; SELECT count(*) FROM app.events")
        .execute(&mut reader)
        .await
        .map_err(failed)?;
    let mut command = tool.command(&["apply", "--yes", "--allow", "all"]);
    let mut child = command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(failed)?;
    let pending = "SELECT count(*)::text FROM pg_inherits WHERE inhdetachpending";
    for _ in 0..1500 {
        if database.value(pending).await? == "1" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    same("half detached", &database.value(pending).await?, "1")?;
    database
        .run("SET statement_timeout = '500ms'; INSERT INTO app.events VALUES (5000, '2026-01-05'); UPDATE app.events SET id = id + 1 WHERE id = 5000; DELETE FROM app.events WHERE id = 5001")
        .await?;
    child.kill().map_err(failed)?;
    child.wait().map_err(failed)?;
    let busy = "SELECT count(*)::text FROM pg_stat_activity WHERE application_name = 'reconcile' AND datname = current_database()";
    for _ in 0..500 {
        if database.value(busy).await? == "0" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    sqlx::raw_sql("COMMIT")
        .execute(&mut reader)
        .await
        .map_err(failed)?;
    reader.close().await.map_err(failed)?;
    same("still half detached", &database.value(pending).await?, "1")?;
    if back {
        tool.wants(0, &["rollback", "--yes", "--allow", "all"])?;
        tool.declare(CURRENT);
    } else {
        tool.wants(0, &["apply", "--yes"])?;
    }
    same("half detached", &database.value(pending).await?, "0")?;
    tool.wants(0, &["plan", "--detailed-exitcode"])?;
    if !back {
        tool.wants(0, &["rollback", "--yes", "--allow", "all"])?;
    }
    tool.wants(0, &["purge", "--all", "--yes"])?;
    if let (Some(wanted), Some(found)) = (&before.0, dump::structure(&database).await?) {
        same("the structure", &found, wanted)?;
    }
    let lost = before.1.lost(&database.rows().await?, false, Clone::clone);
    if !lost.is_empty() {
        return Err(Failed::from(lost.join("\n")));
    }
    database.drop().await
}
