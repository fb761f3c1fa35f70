//! Partitions that others make between a plan and its end: they get what their table gets.

use libtest_mimic::{Failed, Trial};

use crate::support::database::Database;
use crate::support::tool::Tool;
use crate::support::{same, servers, trial};

const CURRENT: &str = r#"
schema: app
tables:
  events:
    columns: { id: { type: bigint, not_null: true }, at: { type: date, not_null: true }, n: bigint }
    partition_by: RANGE (at)
    partitions:
      events_a: FROM ('2026-01-01') TO ('2026-02-01')
"#;
const KEY: &str =
    "    unique: { once: { columns: [id, at], comment: One of each. }, twice: [at, n] }\n";
const INDEX: &str = "    indexes: { \"by n\": { columns: [n, at], where: \"n > 0\" } }\n";
/// One by itself, and one with a part of its own.
const MADE: &str = "
    CREATE TABLE app.\"events B\" PARTITION OF app.events FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
    CREATE TABLE app.events_c PARTITION OF app.events FOR VALUES FROM ('2026-03-01') TO ('2026-05-01') PARTITION BY RANGE (at);
    CREATE TABLE app.events_c1 PARTITION OF app.events_c FOR VALUES FROM ('2026-03-01') TO ('2026-04-01');
    INSERT INTO app.events SELECT g, '2026-02-01'::date + g % 50, g FROM generate_series(1, 500) g;";

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for (&major, absent) in servers::majors() {
        for (name, added) in [("a_key", KEY), ("an_index", INDEX)] {
            let name = format!("partitions_meanwhile::{name}");
            let is_left_out = absent.is_some() || !servers::is_spread(major, &name);
            let own = trial(format!("{name}::{major}"), move || meanwhile(major, added));
            trials.push(own.with_ignored_flag(is_left_out));
        }
    }
    trials
}

async fn meanwhile(major: u16, added: &str) -> Result<(), Failed> {
    let database = Database::make(major).await?;
    let tool = Tool::over(&database);
    tool.write("reconcile.yaml", "small_table: { rows: 10 }\n");
    tool.declare(CURRENT);
    tool.wants(0, &["apply", "--yes"])?;
    database
        .run("INSERT INTO app.events SELECT g, '2026-01-01'::date + g % 30, g FROM generate_series(1, 1000) g; ANALYZE")
        .await?;
    tool.declare(&[CURRENT, added].concat());
    tool.wants(0, &["plan", "-o", "json=plan.json"])?;
    database.run(MADE).await?;
    let said = tool.wants(0, &["apply", "plan.json"])?;
    for part in ["app.\"events B\"", "app.events_c", "app.events_c1"] {
        said.says(&format!("{part} came meanwhile, and gets it too"))?;
    }
    let state = "SELECT count(*)::text || ' ' || bool_and(i.indisvalid)::text || ' ' || \
        (SELECT count(*) FROM pg_constraint WHERE contype = 'u' AND connamespace = 'app'::regnamespace)::text FROM pg_index i \
        JOIN pg_class c ON c.oid = i.indrelid WHERE c.relnamespace = 'app'::regnamespace";
    let wanted = if added == KEY {
        "10 true 10"
    } else {
        "5 true 0"
    };
    same("indexes", &database.value(state).await?, wanted)?;
    // One that comes later has it from the start.
    database
        .run("CREATE TABLE app.later PARTITION OF app.events_c FOR VALUES FROM ('2026-04-01') TO ('2026-05-01')")
        .await?;
    let wanted = wanted.replace('5', "6").replace("10", "12");
    same("indexes", &database.value(state).await?, &wanted)?;
    tool.wants(0, &["plan", "--detailed-exitcode"])?;
    let rows = "SELECT count(*)::text FROM app.events";
    tool.wants(0, &["rollback", "--yes", "--allow", "all"])?;
    same("rows", &database.value(rows).await?, "1500")?;
    same(
        "indexes",
        &database
            .value(&state.replace("bool_and(i.indisvalid)", "true"))
            .await?,
        "0 true 0",
    )?;
    database.drop().await
}
