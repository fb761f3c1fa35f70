//! A plan that is carried out in parts: what an old and a new application run meanwhile, `--phase expand`, `--steps`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use libtest_mimic::{Failed, Trial};
use sqlx::AssertSqlSafe;

use crate::support::database::Database;
use crate::support::tool::Tool;
use crate::support::{dump, failed, same, servers, trial};

/// What the old application knows.
const CURRENT: &str = r#"
schema: app
tables:
  person:
    columns:
      id: { type: bigint, not_null: true, identity: by_default }
      name: { type: text, not_null: true }
      level: { type: integer, not_null: true }
      born: date
    primary_key: [id]
    checks: { level_given: "level IS NOT NULL AND level > 0" }
    indexes: { person_level: [level] }
  legacy: { columns: { person: { type: bigint, not_null: true } } }
  mail: { columns: { address: text, number: bigint } }
views:
  adults: "SELECT id, name FROM app.person WHERE born IS NOT NULL"
"#;
/// What the new one knows.
const DESIRED: &str = r#"
schema: app
tables:
  person:
    columns:
      id: { type: bigint, not_null: true, identity: by_default }
      full_name: { type: text, not_null: true, backfill: name }
      grade: { type: text, not_null: true, default: "'b'" }
      born: date
      team: bigint
    primary_key: [id]
    checks: { grade_known: "grade IN ('a', 'b')" }
    foreign_keys: { team: { columns: [team], references: team } }
    indexes: { person_grade: [grade] }
  team: { columns: { id: bigint }, primary_key: [id] }
  mail:
    columns: { address: text, number: bigint }
    unique: { mail_number_key: [number] }
    indexes: { mail_address: { columns: [address], unique: true } }
views:
  adults: "SELECT id, full_name FROM app.person WHERE born IS NOT NULL"
"#;
const OLD: [&str; 7] = [
    "INSERT INTO app.person (name, level, born) VALUES ('old', 1, '2000-01-01')",
    "UPDATE app.person SET name = name || '.' WHERE id % 97 = 1 AND length(name) < 9",
    "SELECT id, name, level FROM app.person WHERE level = 1 ORDER BY id LIMIT 5",
    "INSERT INTO app.legacy (person) VALUES (1)",
    "SELECT id, name FROM app.adults LIMIT 5",
    "INSERT INTO app.mail (address, number) VALUES ('twice', 0), ('twice', 0)",
    "DELETE FROM app.mail WHERE number = 0",
];
const NEW: [&str; 3] = [
    "INSERT INTO app.person (full_name, grade) VALUES ('new', 'a')",
    "UPDATE app.person SET full_name = full_name || '!' WHERE id % 89 = 1 AND length(full_name) < 9",
    "SELECT id, full_name, grade, team FROM app.person WHERE grade = 'a' ORDER BY id LIMIT 5",
];
const ALLOWED: [&str; 4] = ["apply", "--yes", "--allow", "all"];

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for (&major, absent) in servers::majors() {
        let mut add = |name: &str, own: fn(u16) -> crate::apply::Run| {
            let is_left_out = absent.is_some() || !servers::is_spread(major, name);
            let own = trial(format!("phases::{name}::{major}"), move || own(major));
            trials.push(own.with_ignored_flag(is_left_out));
        };
        add("old_and_new_applications", |major| {
            Box::pin(old_and_new(major))
        });
        add("back_from_the_middle", |major| {
            Box::pin(back_from_the_middle(major))
        });
        add("step_by_step", |major| Box::pin(step_by_step(major)));
        add("nothing_to_expand", |major| {
            Box::pin(nothing_to_expand(major))
        });
    }
    trials
}

async fn prepared(major: u16) -> Result<(Database, Tool), Failed> {
    let database = Database::make(major).await?;
    let tool = Tool::over(&database);
    tool.write("reconcile.yaml", "small_table: { rows: 10 }\n");
    tool.declare(CURRENT);
    tool.wants(0, &["apply", "--yes"])?;
    database
        .run("INSERT INTO app.person (name, level) SELECT 'n' || g, g FROM generate_series(1, 3000) g; INSERT INTO app.legacy SELECT g FROM generate_series(1, 50) g; INSERT INTO app.mail SELECT g, g FROM generate_series(1, 50) g; ANALYZE")
        .await?;
    Ok((database, tool))
}

/// An application: its statements over and over, until it is told to end or one fails.
pub(crate) struct Application {
    end: Arc<AtomicBool>,
    runs: tokio::task::JoinHandle<Result<usize, Failed>>,
}

impl Application {
    pub(crate) async fn start(
        database: &Database,
        statements: &'static [&'static str],
    ) -> Result<Self, Failed> {
        let mut connection = database.connect().await?;
        let end = Arc::new(AtomicBool::new(false));
        let stop = end.clone();
        let runs = tokio::spawn(async move {
            let mut rounds = 0;
            while !stop.load(Ordering::Relaxed) {
                for sql in statements {
                    sqlx::raw_sql(AssertSqlSafe(*sql))
                        .execute(&mut connection)
                        .await
                        .map_err(|error| Failed::from(format!("{sql}: {error}")))?;
                }
                rounds += 1;
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            Ok(rounds)
        });
        Ok(Self { end, runs })
    }

    pub(crate) async fn end(self) -> Result<(), Failed> {
        self.end.store(true, Ordering::Relaxed);
        match self.runs.await.map_err(failed)?? {
            0..10 => Err(Failed::from("too few rounds to mean anything")),
            _ => Ok(()),
        }
    }
}

pub(crate) async fn apart<T: Send + 'static>(
    own: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Failed> {
    tokio::task::spawn_blocking(own).await.map_err(failed)
}

/// Expand while the old application runs, both at once, contract when only the new one is left: no statement fails.
async fn old_and_new(major: u16) -> Result<(), Failed> {
    let (database, tool) = prepared(major).await?;
    let tool = Arc::new(tool);
    tool.declare(DESIRED);
    let run = async |arguments: Vec<&'static str>| {
        let tool = tool.clone();
        apart(move || tool.wants(0, &arguments)).await?
    };
    let expand = [&ALLOWED[..], &["--phase", "expand"]].concat();
    let old = Application::start(&database, &OLD).await?;
    let said = run(expand.clone()).await?;
    said.says("stands before its first contract step")?;
    let new = Application::start(&database, &NEW).await?;
    tokio::time::sleep(Duration::from_millis(300)).await;
    run(vec!["status"]).await?.says("pauses, after ")?;
    tool.wants(3, &["plan"])?.says("stands in the way")?;
    let done = "SELECT count(*)::text FROM reconcile.step";
    let before = database.value(done).await?;
    run(expand).await?;
    same(
        "what is done already",
        &database.value(done).await?,
        &before,
    )?;
    // Other files meanwhile are not applied, and that is no success.
    tool.declare(CURRENT);
    let other = tool.clone();
    let arguments = [&ALLOWED[..], &["--phase", "expand"]].concat();
    let refused = apart(move || other.wants(3, &arguments)).await??;
    refused.says("these files declare something else")?;
    tool.declare(DESIRED);
    old.end().await?;
    let said = run(ALLOWED.to_vec()).await?;
    said.says("Revision 2 goes on.")?;
    said.says("Revision 2 is applied")?;
    tokio::time::sleep(Duration::from_millis(100)).await;
    new.end().await?;
    tool.wants(0, &["plan", "--detailed-exitcode"])?;
    let rows = "SELECT (count(*) FILTER (WHERE full_name IS NULL))::text || ' of ' || (count(*) > 3020)::text FROM app.person";
    same(
        "rows without a name",
        &database.value(rows).await?,
        "0 of true",
    )?;
    tool.wants(0, &["history"])?.says("done")?;
    database.drop().await
}

/// A revision that pauses is undone, with what the new application wrote set aside.
async fn back_from_the_middle(major: u16) -> Result<(), Failed> {
    let (database, tool) = prepared(major).await?;
    let structure = dump::structure(&database).await?;
    let sum = "SELECT md5(string_agg(p::text, ';' ORDER BY id)) FROM (SELECT id, name, level, born FROM app.person WHERE name <> 'new') AS p";
    let rows = database.value(sum).await?;
    tool.declare(DESIRED);
    tool.wants(0, &["plan", "-o", "json=plan.json", "--allow", "all"])?;
    tool.wants(0, &["apply", "plan.json", "--phase", "expand"])?;
    database
        .run("INSERT INTO app.person (full_name, name, level) VALUES ('new', 'new', 2)")
        .await?;
    // A row without what is required again keeps the way back from being gone.
    database
        .run("INSERT INTO app.person (full_name) VALUES ('not old')")
        .await?;
    tool.wants(3, &["rollback", "--yes", "--allow", "all"])?
        .says("fails_on_rows")?;
    database
        .run("DELETE FROM app.person WHERE full_name = 'not old'")
        .await?;
    tool.wants(0, &["rollback", "--yes", "--allow", "all"])?;
    same("the rows", &database.value(sum).await?, &rows)?;
    tool.declare(CURRENT);
    tool.wants(0, &["plan", "--detailed-exitcode"])?;
    tool.wants(0, &["purge", "--all", "--yes", "--allow", "all"])?;
    if let (Some(before), Some(after)) = (structure, dump::structure(&database).await?) {
        same("the structure", &after, &before)?;
    }
    // All is as it was: the plan that was reviewed fits again.
    tool.declare(DESIRED);
    tool.wants(0, &["apply", "plan.json"])?;
    tool.wants(0, &["plan", "--detailed-exitcode"])?;
    database.drop().await
}

/// Every transaction by itself.
async fn step_by_step(major: u16) -> Result<(), Failed> {
    let (database, tool) = prepared(major).await?;
    tool.declare(DESIRED);
    tool.wants(1, &["apply", "--steps", "0"])?;
    tool.wants(1, &["apply", "--steps", "1", "--phase", "expand"])?;
    tool.wants(1, &["apply", "--phase", "contract"])?;
    let done = "SELECT count(*)::text FROM reconcile.step WHERE revision = 2";
    let mut stages: Vec<String> = Vec::new();
    for step in 1..60 {
        let steps = step.to_string();
        let said = tool.wants(0, &[&ALLOWED[..], &["--steps", &steps]].concat())?;
        stages.push(database.value(done).await?);
        if said.stdout.contains("Revision 2 is applied") {
            break;
        }
        said.says("came as far as it was to")?;
    }
    let counts: Vec<usize> = stages.iter().filter_map(|own| own.parse().ok()).collect();
    // One more at a time, and as often the same as a transaction has more steps.
    let is_even = counts
        .windows(2)
        .all(|own| own[1] == own[0] || own[1] == own[0] + 1);
    if counts.first() != Some(&1) || counts.last() < Some(&6) || !is_even {
        return Err(Failed::from(format!(
            "stages done after each step: {counts:?}"
        )));
    }
    tool.wants(0, &["plan", "--detailed-exitcode"])?;
    database.drop().await
}

/// A plan that only takes away has nothing that comes before.
async fn nothing_to_expand(major: u16) -> Result<(), Failed> {
    let (database, tool) = prepared(major).await?;
    let start = CURRENT.find("  legacy:").expect("it is there");
    let end = CURRENT.find("views:").expect("it is there");
    tool.declare(&[&CURRENT[..start], &CURRENT[end..]].concat());
    let expand = [&ALLOWED[..], &["--phase", "expand"]].concat();
    tool.wants(0, &expand)?.says("Nothing was changed")?;
    let revisions = "SELECT count(*)::text FROM reconcile.revision";
    same("revisions", &database.value(revisions).await?, "1")?;
    tool.wants(0, &ALLOWED)?;
    same("revisions", &database.value(revisions).await?, "2")?;
    database.drop().await
}
