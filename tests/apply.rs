//! Applying on a busy or failing server: batches, transactions, locks, crashes, signals.

use std::pin::Pin;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use libtest_mimic::{Failed, Trial};
use sqlx::AssertSqlSafe;

use crate::support::database::Database;
use crate::support::tool::{Tool, outcome};
use crate::support::{dump, failed, same, servers, trial};

const CURRENT: &str = r#"
schema: app
tables:
  customers:
    columns: { id: bigint, vip: boolean, code: varchar(3) }
    primary_key: [id]
    checks: { customers_code_check: "code IN ('a','b')" }
    indexes: { customers_code_idx: { columns: [code], where: "code IN ('a','b')" } }
views:
  vips: "SELECT id, code FROM app.customers WHERE vip AND code IN ('a','b')"
"#;
const DESIRED: &str = r#"
schema: app
tables:
  customers:
    columns:
      id: bigint
      vip: boolean
      code: varchar(3)
      tier: { type: text, not_null: true, backfill: "CASE WHEN vip THEN 'gold' ELSE 'basic' END" }
    primary_key: [id]
    checks:
      customers_code_check: "code IN ('a','b')"
      customers_tier_check: "tier IN ('gold','basic')"
    indexes:
      customers_code_idx: { columns: [code], where: "code IN ('a','b')" }
      customers_tier_idx: [tier]
views:
  vips: "SELECT id, code FROM app.customers WHERE vip AND code IN ('a','b')"
"#;
const ROWS: &str = "INSERT INTO app.customers SELECT g, g % 3 = 0, CASE WHEN g % 2 = 0 THEN 'a' ELSE 'b' END \
                    FROM generate_series(1, $N) g; ANALYZE app.customers";
const LARGE: &str = "small_table: { rows: 0 }\n";

/// A change, and the rows that it meets.
struct Scene {
    current: &'static str,
    desired: &'static str,
    rows: &'static str,
    /// One of so many points is tried on the newest major, and on the others.
    every: [u32; 2],
}

const BACKFILL: Scene = Scene {
    current: CURRENT,
    desired: DESIRED,
    rows: ROWS,
    every: [2, 5],
};
const KEYS: Scene = Scene {
    current: r#"
schema: app
tables:
  customers: { columns: { id: bigint }, primary_key: [id] }
  events:
    columns: { id: { type: bigint, not_null: true }, at: { type: date, not_null: true }, n: bigint }
    partition_by: RANGE (at)
    partitions:
      events_a: FROM ('2026-01-01') TO ('2026-02-01')
      events_b:
        bound: FROM ('2026-02-01') TO ('2026-03-01')
        partition_by: RANGE (at)
        partitions: { events_b1: FROM ('2026-02-01') TO ('2026-03-01') }
"#,
    desired: r#"
schema: app
tables:
  customers: { columns: { id: bigint }, primary_key: [id] }
  events:
    columns: { id: { type: bigint, not_null: true }, at: { type: date, not_null: true }, n: bigint }
    unique: { once: [n, at] }
    foreign_keys: { who: { columns: [n], references: customers } }
    partition_by: RANGE (at)
    partitions:
      events_a: FROM ('2026-01-01') TO ('2026-02-01')
      events_b:
        bound: FROM ('2026-02-01') TO ('2026-03-01')
        partition_by: RANGE (at)
        partitions: { events_b1: FROM ('2026-02-01') TO ('2026-03-01') }
"#,
    rows: "INSERT INTO app.customers SELECT g FROM generate_series(1, $N) g; INSERT INTO app.events SELECT g, '2026-01-01'::date + g, g FROM generate_series(1, $N) g; ANALYZE app.events",
    every: [7, 11],
};

const LET_GO: Scene = Scene {
    current: r#"
schema: app
tables:
  events:
    columns: { id: bigint, at: { type: date, not_null: true } }
    partition_by: RANGE (at)
    partitions:
      events_a: FROM ('2026-01-01') TO ('2026-02-01')
      events_b: FROM ('2026-02-01') TO ('2026-03-01')
      events_c: FROM ('2026-03-01') TO ('2026-04-01')
    indexes: { events_at: [at] }
"#,
    desired: r#"
schema: app
tables:
  events_b:
    columns: { id: bigint, at: { type: date, not_null: true } }
    indexes: { events_b_at_idx: [at] }
  events:
    columns: { id: bigint, at: { type: date, not_null: true } }
    partition_by: RANGE (at)
    partitions:
      events_a: FROM ('2026-01-01') TO ('2026-02-01')
    indexes: { events_at: [at] }
"#,
    rows: "INSERT INTO app.events SELECT g, '2026-01-01'::date + g FROM generate_series(1, $N) g; ANALYZE app.events",
    every: [5, 7],
};

const SWAP: Scene = Scene {
    current: r#"
schema: app
tables:
  orders:
    columns: { id: { type: integer, identity: by_default }, state: { type: text, not_null: true, default: "'a'" }, n: integer }
    primary_key: [id]
    indexes: { by_state: [state] }
  items:
    columns: { order_id: { type: integer, not_null: true } }
    foreign_keys: { items_order_fkey: { columns: [order_id], references: orders } }
"#,
    desired: r#"
schema: app
enums: { letter: [a, b] }
tables:
  orders:
    columns: { id: { type: bigint, identity: by_default }, state: { type: letter, not_null: true, default: "'a'" }, n: integer }
    primary_key: [id]
    indexes: { by_state: [state] }
  items:
    columns: { order_id: { type: bigint, not_null: true } }
    foreign_keys: { items_order_fkey: { columns: [order_id], references: orders } }
"#,
    rows: "INSERT INTO app.orders (state, n) SELECT CASE WHEN g % 2 = 0 THEN 'a' ELSE 'b' END, g FROM generate_series(1, $N) g; INSERT INTO app.items SELECT g FROM generate_series(1, $N) g; ANALYZE",
    every: [9, 13],
};

/// A test on a major.
pub(crate) type Run = Pin<Box<dyn Future<Output = Result<(), Failed>>>>;

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for (&major, absent) in servers::majors() {
        let mut add = |name: &str, own: fn(u16) -> Run| {
            let is_left_out = absent.is_some() || !servers::is_spread(major, name);
            let own = trial(format!("apply::{name}::{major}"), move || own(major));
            trials.push(own.with_ignored_flag(is_left_out));
        };
        add("batches_and_transactions", |major| Box::pin(batches(major)));
        add("a_reader_in_the_way", |major| {
            Box::pin(reader_in_the_way(major))
        });
        add("interrupted", |major| Box::pin(interrupted(major)));
        add("ddl_of_others_during_a_backfill", |major| {
            Box::pin(ddl_of_others(major))
        });
        add("readers_of_a_view_see_no_error", |major| {
            Box::pin(view_readers(major))
        });
        add("the_server_goes_away", |major| {
            Box::pin(connection_lost(major))
        });
        add("killed_at_every_statement::apply", |major| {
            Box::pin(killed(major, &BACKFILL, false))
        });
        add("killed_at_every_statement::rollback", |major| {
            Box::pin(killed(major, &BACKFILL, true))
        });
        add("killed_amid_keys_of_partitions::apply", |major| {
            Box::pin(killed(major, &KEYS, false))
        });
        add("killed_amid_keys_of_partitions::rollback", |major| {
            Box::pin(killed(major, &KEYS, true))
        });
        add("killed_amid_a_swap::apply", |major| {
            Box::pin(killed(major, &SWAP, false))
        });
        add("killed_amid_a_swap::rollback", |major| {
            Box::pin(killed(major, &SWAP, true))
        });
        add("killed_amid_partitions_that_leave::apply", |major| {
            Box::pin(killed(major, &LET_GO, false))
        });
        add("killed_amid_partitions_that_leave::rollback", |major| {
            Box::pin(killed(major, &LET_GO, true))
        });
    }
    trials
}

/// Makes a database in the current state with rows, and a folder that declares the desired one.
async fn prepared(major: u16, rows: u32) -> Result<(Database, Tool), Failed> {
    set_up(major, &BACKFILL, rows).await
}

async fn set_up(major: u16, scene: &Scene, rows: u32) -> Result<(Database, Tool), Failed> {
    let database = Database::make(major).await?;
    let tool = Tool::over(&database);
    tool.write("reconcile.yaml", LARGE);
    tool.declare(scene.current);
    tool.wants(0, &["apply", "--yes"])?;
    let insert = scene.rows.replace("$N", &rows.to_string());
    database.run(&insert).await?;
    tool.declare(scene.desired);
    Ok((database, tool))
}

async fn batches(major: u16) -> Result<(), Failed> {
    let (database, tool) = prepared(major, 50_000).await?;
    tool.wants(0, &["apply", "--yes"])?;
    let transactions: i64 = database
        .value("SELECT count(DISTINCT xmin::text)::text FROM app.customers WHERE tier IS NOT NULL")
        .await?
        .parse()
        .map_err(failed)?;
    if transactions < 3 {
        return Err(Failed::from(format!(
            "the rows were filled in {transactions} transactions"
        )));
    }
    // The log's prefix holds database and virtual transaction id.
    let log = servers::log(major);
    let lines = |part: &str| -> Vec<String> {
        log.lines()
            .scan(("", ""), |head, line| {
                // The lines of one message begin with a tab, but for the first one.
                if !line.starts_with('\t') {
                    let mut words = line.split_whitespace();
                    *head = (words.next().unwrap_or(""), words.next().unwrap_or(""));
                }
                Some((*head, line))
            })
            .filter(|((name, _), line)| {
                // The journal's rows hold the statements as texts; the statements themselves begin their lines.
                let is_statement = line.trim_start().starts_with("ALTER TABLE");
                *name == database.name && is_statement && line.contains(part)
            })
            .map(|((_, transaction), _)| transaction.to_owned())
            .collect()
    };
    let (added, validated) = (lines("NOT VALID"), lines("VALIDATE CONSTRAINT"));
    if added.is_empty() || validated.is_empty() || added.iter().any(|own| validated.contains(own)) {
        return Err(Failed::from(format!(
            "ADD in {added:?}, VALIDATE in {validated:?}: {}",
            &log[..log.len().min(1500)]
        )));
    }
    let leftovers = database
        .value(
            "SELECT count(*)::text FROM (SELECT relname AS name FROM pg_class UNION ALL SELECT conname FROM pg_constraint \
             UNION ALL SELECT proname FROM pg_proc UNION ALL SELECT tgname FROM pg_trigger) AS all_names \
             WHERE name LIKE '\\_reconcile\\_tmp\\_%'",
        )
        .await?;
    same("leftovers", &leftovers, "0")?;
    database.drop().await
}

/// A reader holds the table for five seconds while a writer inserts every 20 ms: the writer never waits longer than the
/// budget, and the plan finishes.
async fn reader_in_the_way(major: u16) -> Result<(), Failed> {
    let (database, tool) = prepared(major, 2_000).await?;
    let end = Arc::new(AtomicBool::new(false));
    let mut reader = database.connect().await?;
    sqlx::raw_sql("BEGIN; SELECT count(*) FROM app.customers")
        .execute(&mut reader)
        .await
        .map_err(failed)?;
    let mut writer = database.connect().await?;
    let stop = end.clone();
    let writing = async move {
        let mut longest = Duration::ZERO;
        let mut id = 1_000_000;
        while !stop.load(Ordering::Relaxed) {
            let begun = Instant::now();
            let former =
                format!("INSERT INTO app.customers (id, vip, code) VALUES ({id}, true, 'a')");
            let wrote = sqlx::raw_sql(AssertSqlSafe(former))
                .execute(&mut writer)
                .await;
            let code = wrote
                .err()
                .and_then(|error| Some(error.as_database_error()?.code()?.into_owned()));
            // Once NOT NULL is enforced, the former application's statement is refused, which the plan says.
            if let Some(code) = code.filter(|code| code != "23502") {
                return Err(Failed::from(format!("a writer met {code}")));
            }
            longest = longest.max(begun.elapsed());
            id += 1;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok::<_, Failed>(longest)
    };
    let mut command = tool.command(&["apply", "--yes"]);
    let applying = tokio::task::spawn_blocking(move || outcome_of(&mut command));
    let reading = async {
        tokio::time::sleep(Duration::from_secs(5)).await;
        sqlx::raw_sql("COMMIT")
            .execute(&mut reader)
            .await
            .map_err(failed)?;
        Ok::<_, Failed>(())
    };
    let ending = async {
        let outcome = applying.await.map_err(failed)?;
        end.store(true, Ordering::Relaxed);
        Ok::<_, Failed>(outcome)
    };
    let (longest, read, code) = tokio::join!(writing, reading, ending);
    read?;
    let (code, text) = code?;
    if code != 0 {
        return Err(Failed::from(format!("apply exits {code}: {text}")));
    }
    let (longest, limit) = (longest?, Duration::from_millis(1_100));
    if longest > limit {
        return Err(Failed::from(format!("a writer waited {longest:?}")));
    }
    if !text.contains("waits: process") {
        return Err(Failed::from(format!("nobody named the reader: {text}")));
    }
    database.drop().await
}

fn outcome_of(command: &mut std::process::Command) -> (i32, String) {
    let output = command.output().expect("the binary runs");
    let text = [output.stdout, output.stderr].concat();
    (
        output.status.code().unwrap_or(-1),
        String::from_utf8_lossy(&text).into_owned(),
    )
}

/// Ctrl-C during the backfill: what is done is recorded, and `apply` goes on.
async fn interrupted(major: u16) -> Result<(), Failed> {
    let (database, tool) = prepared(major, 200_000).await?;
    let mut command = tool.command(&["apply", "--yes"]);
    let child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    let filled = "SELECT count(*)::text FROM pg_attribute WHERE attname = 'tier'";
    for _ in 0..500 {
        if database.value(filled).await? != "0" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    tokio::time::sleep(Duration::from_millis(150)).await;
    let pid = rustix::process::Pid::from_raw(i32::try_from(child.id()).map_err(failed)?)
        .expect("it runs");
    rustix::process::kill_process(pid, rustix::process::Signal::INT).map_err(failed)?;
    let output = tokio::task::spawn_blocking(move || child.wait_with_output())
        .await
        .map_err(failed)?
        .map_err(failed)?;
    if output.status.code() != Some(5) {
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(Failed::from(format!(
            "it exits {:?}: {text}",
            output.status.code()
        )));
    }
    tool.wants(3, &["plan"])?.says("stands in the way")?;
    tool.wants(0, &["apply", "--yes"])?.says("finished first")?;
    tool.wants(0, &["plan", "--detailed-exitcode"])?;
    database.drop().await
}

/// DDL of others on the table during the backfill stops the plan with its name.
async fn ddl_of_others(major: u16) -> Result<(), Failed> {
    let (database, tool) = prepared(major, 300_000).await?;
    let mut command = tool.command(&["apply", "--yes"]);
    let child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    for _ in 0..500 {
        if database
            .value("SELECT count(*)::text FROM pg_attribute WHERE attname = 'tier'")
            .await?
            != "0"
        {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    database
        .run("ALTER TABLE app.customers ALTER COLUMN tier SET DEFAULT 'theirs'")
        .await?;
    let output = tokio::task::spawn_blocking(move || child.wait_with_output())
        .await
        .map_err(failed)?
        .map_err(failed)?;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.code() != Some(5) || !text.contains("app.customers.tier") {
        return Err(Failed::from(format!(
            "it exits {:?}: {text}",
            output.status.code()
        )));
    }
    database
        .run("ALTER TABLE app.customers ALTER COLUMN tier DROP DEFAULT")
        .await?;
    tool.wants(0, &["apply", "--yes"])?;
    database.drop().await
}

/// A loop of SELECTs from a view on the changed table sees no error, whatever the plan does to both.
async fn view_readers(major: u16) -> Result<(), Failed> {
    let (database, tool) = prepared(major, 2_000).await?;
    let end = Arc::new(AtomicBool::new(false));
    let mut connection = database.connect().await?;
    let stop = end.clone();
    let reading = async move {
        let mut count = 0;
        while !stop.load(Ordering::Relaxed) {
            sqlx::raw_sql("SELECT count(id) FROM app.vips")
                .fetch_all(&mut connection)
                .await
                .map_err(failed)?;
            count += 1;
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Ok::<i32, Failed>(count)
    };
    let wider = DESIRED.replace("code: varchar(3)", "code: { type: text }");
    let narrower = CURRENT.replace("id: bigint,", "id: bigint, note: text,");
    let plans = async {
        for text in [
            DESIRED.to_owned(),
            wider,
            DESIRED.to_owned(),
            narrower,
            CURRENT.to_owned(),
        ] {
            tool.declare(&text);
            let mut command = tool.command(&["apply", "--yes", "--allow", "all"]);
            let (code, text) = tokio::task::spawn_blocking(move || outcome_of(&mut command))
                .await
                .map_err(failed)?;
            if code != 0 {
                end.store(true, Ordering::Relaxed);
                return Err(Failed::from(format!("apply exits {code}: {text}")));
            }
        }
        end.store(true, Ordering::Relaxed);
        Ok(())
    };
    let (count, planned) = tokio::join!(reading, plans);
    planned?;
    if count? < 50 {
        return Err(Failed::from("too few reads to mean anything"));
    }
    database.drop().await
}

/// The connection is cut in the middle: exit 5, and `apply` goes on.
async fn connection_lost(major: u16) -> Result<(), Failed> {
    let (database, tool) = prepared(major, 200_000).await?;
    let mut command = tool.command(&["apply", "--yes"]);
    let child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    for _ in 0..500 {
        if database
            .value("SELECT count(*)::text FROM pg_attribute WHERE attname = 'tier'")
            .await?
            != "0"
        {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    database
        .run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'reconcile' AND datname = current_database()")
        .await?;
    let output = tokio::task::spawn_blocking(move || child.wait_with_output())
        .await
        .map_err(failed)?
        .map_err(failed)?;
    if output.status.code() != Some(5) {
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(Failed::from(format!(
            "it exits {:?}: {text}",
            output.status.code()
        )));
    }
    tool.wants(0, &["apply", "--yes"])?;
    tool.wants(0, &["plan", "--detailed-exitcode"])?;
    database.drop().await
}

/// Killed with -9 before and after every statement: `apply` reaches the desired state, or `rollback` the former one.
///
/// The way back takes points that the way there leaves out, and each of the older majors other ones.
async fn killed(major: u16, scene: &Scene, back: bool) -> Result<(), Failed> {
    let every = match Some(major) == servers::newest() {
        _ if servers::everything() => 1,
        true => scene.every[0],
        false => scene.every[1],
    };
    for point in 1.. {
        if (point + u32::from(major) + u32::from(back)) % every != 0 {
            if point > 200 {
                return Ok(());
            }
            continue;
        }
        let (database, tool) = set_up(major, scene, 40).await?;
        let before = (dump::structure(&database).await?, database.rows().await?);
        let mut command = tool.command(&["apply", "--yes", "--allow", "all"]);
        command.env("RECONCILE_FAULT", format!("kill:{point}"));
        let first = outcome(command);
        let context = |error: Failed| {
            let text = error.message().unwrap_or_default().to_owned();
            Failed::from(format!(
                "killed at point {point}: {text}\n{}\n{}",
                first.stdout, first.stderr
            ))
        };
        let is_over = first.code == 0;
        // Killed before the revision was recorded, there is nothing to take back.
        let begun = database
            .value("SELECT max(id)::text FROM reconcile.revision")
            .await?
            == "2";
        if back && !begun {
            tool.declare(scene.current);
            tool.wants(0, &["plan", "--detailed-exitcode"])
                .map_err(context)?;
        } else if back {
            tool.wants(0, &["rollback", "--yes", "--allow", "all"])
                .map_err(context)?;
            tool.declare(scene.current);
            tool.wants(0, &["plan", "--detailed-exitcode"])
                .map_err(context)?;
            let lost = before.1.lost(&database.rows().await?, false, Clone::clone);
            if !lost.is_empty() {
                return Err(context(Failed::from(lost.join("\n"))));
            }
            tool.wants(0, &["purge", "--all", "--yes"])
                .map_err(context)?;
            if let (Some(wanted), Some(found)) = (&before.0, dump::structure(&database).await?) {
                same("the structure", &found, wanted).map_err(context)?;
            }
        } else {
            tool.wants(0, &["apply", "--yes", "--allow", "all"])
                .map_err(context)?;
            tool.wants(0, &["plan", "--detailed-exitcode"])
                .map_err(context)?;
        }
        database.drop().await?;
        if is_over {
            return if point > 10 {
                Ok(())
            } else {
                Err(Failed::from("the fault points are not there"))
            };
        }
    }
    Ok(())
}
