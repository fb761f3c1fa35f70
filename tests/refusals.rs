//! What is refused: what, where, why and how to mend are said, and nothing is changed.

use libtest_mimic::{Failed, Trial};

use crate::commands::{ORDERS, WIDER};
use crate::support::database::Database;
use crate::support::tool::Tool;
use crate::support::{failed, same, servers, trial};

pub(crate) fn trials() -> Vec<Trial> {
    let Some(major) = servers::newest() else {
        return Vec::new();
    };
    vec![
        trial(
            "refusals::a_plan_that_lands_elsewhere_is_an_error",
            move || lands_elsewhere(major),
        ),
        trial("refusals::a_role_without_a_privilege", move || {
            lacks_privileges(major)
        }),
        trial("refusals::bad_input_changes_nothing", move || {
            bad_input(major)
        }),
        trial("refusals::a_copied_journal", move || copied(major)),
        trial("refusals::what_is_said_and_not_modelled", move || {
            not_modelled(major)
        }),
        trial("refusals::a_key_that_names_an_argument", move || {
            named_argument(major)
        }),
        trial("refusals::what_is_protected", move || protected(major)),
        trial("refusals::output_that_cannot_be_written", move || {
            unwritable(major)
        }),
        Trial::test("refusals::usage_errors_are_1", || {
            let tool = Tool::alone();
            tool.wants(1, &["plan", "--no-such-flag"])?;
            tool.wants(0, &["--version"])?.says("plan format")?;
            tool.wants(1, &["plan"])?.says("no database is named")?;
            Ok(())
        }),
    ]
}

async fn lacks_privileges(major: u16) -> Result<(), Failed> {
    let database = Database::make(major).await?;
    let tool = Tool::over(&database);
    let (deployer, owner) = ("Deployer of \"commands\"", "owner_of_commands");
    let quoted = "\"Deployer of \"\"commands\"\"\"";
    database
        .run(&format!(
            "CREATE ROLE {quoted} LOGIN; CREATE ROLE {owner}; CREATE SCHEMA app; \
             CREATE TABLE app.orders (id bigint PRIMARY KEY, note text); ALTER TABLE app.orders OWNER TO {owner}; \
             CREATE TABLE app.parts (id bigint PRIMARY KEY)"
        ))
        .await?;
    let url = database.url.replacen(
        "postgresql://postgres@",
        "postgresql://Deployer%20of%20%22commands%22@",
        1,
    );
    assert!(url.contains("Deployer"), "{url} ({deployer})");
    tool.declare(
        "schema: app\ntables:\n  orders:\n    columns: { id: bigint, note: text, part: bigint }\n    \
         primary_key: [id]\n    indexes: { orders_note_idx: [note] }\n    \
         foreign_keys: { orders_part_fkey: { columns: [part], references: parts, referenced_columns: [id] } }\n",
    );
    let grants = [
        format!("GRANT \"{owner}\" TO {quoted};"),
        format!("GRANT USAGE ON SCHEMA \"app\" TO {quoted};"),
        format!("GRANT CREATE ON SCHEMA \"app\" TO {quoted};"),
        format!(
            "GRANT CREATE ON DATABASE \"{}\" TO {quoted};",
            database.value("SELECT current_database()::text").await?
        ),
    ];
    let refused = tool.wants(3, &["apply", "--yes", "--url", &url])?;
    for grant in &grants {
        refused.says(grant)?;
    }
    refused.lacks("[1/")?;
    tool.wants(3, &["plan", "--check", "--url", &url])?
        .says(&grants[0])?;
    database.run(&grants.join("\n")).await?;
    // Without USAGE on the schema nothing could be said of the table that is referred to.
    let last = format!("GRANT REFERENCES ON TABLE \"app\".\"parts\" TO {quoted};");
    tool.wants(3, &["apply", "--yes", "--url", &url])?
        .says(&last)?
        .lacks("[1/")?;
    database.run(&last).await?;
    tool.wants(0, &["apply", "--yes", "--url", &url])?;
    tool.wants(0, &["plan", "--detailed-exitcode", "--url", &url])?;
    // Scratch makes stand-ins for roles; on the live server each has to be there before the first step.
    tool.declare(
        "schema: app\ntables:\n  orders:\n    columns: { id: bigint, note: text, part: bigint }\n    \
         primary_key: [id]\n    indexes: { orders_note_idx: [note] }\n    \
         foreign_keys: { orders_part_fkey: { columns: [part], references: parts, referenced_columns: [id] } }\n    \
         grants: { public: [select], nobody of commands: [insert] }\n",
    );
    tool.wants(3, &["apply", "--yes", "--allow", "all", "--url", &url])?
        .says("CREATE ROLE \"nobody of commands\";")?
        .lacks("[1/")?;
    database
        .run(&format!(
            "REASSIGN OWNED BY {quoted}, {owner} TO postgres; DROP OWNED BY {quoted}, {owner}; DROP ROLE {quoted}, {owner}"
        ))
        .await?;
    database.drop().await
}

/// A rewrite that only this test registers lands beside the desired state: an error, and no file.
async fn lands_elsewhere(major: u16) -> Result<(), Failed> {
    use reconcile::plan::{Claim, Context, PlanError};
    fn forgetful(
        changes: &reconcile::diff::Changes,
        _: &Context<'_>,
    ) -> Result<Vec<Claim>, PlanError> {
        let forgotten = changes
            .0
            .keys()
            .filter(|(address, _)| address.name().as_str() == "total")
            .cloned()
            .collect();
        Ok(vec![Claim::of(forgotten)])
    }
    let database = Database::make(major).await?;
    let mut project = database.project(reconcile::model::Settings::default());
    let loaded = |text: &str| {
        reconcile::desired::declare(&[vec![("f.yaml".to_owned(), text.to_owned())]])
            .map_err(|faults| Failed::from(format!("{:?}", faults.faults)))
    };
    let first = loaded("tables: { kept: { columns: { id: bigint, a: text } } }")?;
    let plan = reconcile::pipeline::plan(&project, &first)
        .await
        .map_err(failed)?;
    let caller = reconcile::pipeline::Caller::default();
    let stop = reconcile::pipeline::Stop::default();
    reconcile::pipeline::apply(
        &project,
        &plan,
        &caller,
        reconcile::plan::Until::End,
        &stop,
        &mut reconcile::pipeline::Silent,
    )
    .await
    .map_err(failed)?;
    project.rewrites = vec![forgetful];
    let wider =
        loaded("tables: { kept: { columns: { id: bigint, a: text, b: text, total: text } } }")?;
    match reconcile::pipeline::plan(&project, &wider).await {
        Err(error) if error.to_string().contains("lands elsewhere") => {}
        Err(error) => return Err(failed(error)),
        Ok(_) => return Err(Failed::from("a plan that forgets a column was made")),
    }
    database.drop().await
}

async fn bad_input(major: u16) -> Result<(), Failed> {
    let database = Database::make(major).await?;
    let tool = Tool::over(&database);
    tool.wants(1, &["plan"])?.says("is not there")?;
    std::fs::create_dir(tool.path("schema")).map_err(failed)?;
    tool.wants(1, &["apply", "--yes"])?
        .says("holds no YAML file")?;
    tool.declare("tables:\n  t:\n    colums: { id: bigint }\n");
    tool.wants(1, &["plan"])?
        .says("schema/all.yaml:3:5")?
        .says("did you mean `columns`?")?;
    tool.declare(ORDERS);
    tool.wants(1, &["plan", "--url", "postgres://nobody@127.0.0.1:1/x"])?
        .says("cannot connect")?;
    tool.write("reconcile.yaml", "lock_budgett: 1s\n");
    tool.wants(1, &["plan"])?
        .says("did you mean `lock_budget`?")?;
    tool.write("reconcile.yaml", "policy: []\n");
    tool.wants(0, &["plan"])?.says("has no effect")?;
    tool.wants(3, &["plan", "--strict"])?;
    same(
        "nothing was changed",
        &database
            .value("SELECT count(*)::text FROM pg_class WHERE relname = 'orders'")
            .await?,
        "0",
    )?;
    database.drop().await
}

async fn copied(major: u16) -> Result<(), Failed> {
    let database = Database::make(major).await?;
    let tool = Tool::over(&database);
    tool.declare(ORDERS);
    tool.wants(0, &["apply", "--yes"])?;
    database
        .run("UPDATE reconcile.format SET identity = 'elsewhere/1'")
        .await?;
    tool.wants(0, &["status"])?
        .says("a copy of another database")?;
    tool.wants(0, &["plan"])?
        .says("a copy of another database")?;
    tool.wants(0, &["history"])?;
    tool.wants(0, &["drift"])?;
    tool.declare(WIDER);
    for command in ["apply", "rollback"] {
        tool.wants(3, &[command, "--yes", "--allow", "all"])?
            .says("--adopt-journal")?;
    }
    tool.wants(0, &["apply", "--yes", "--adopt-journal"])?;
    database
        .run("UPDATE reconcile.format SET version = 99")
        .await?;
    tool.wants(1, &["plan"])?.says("newer")?;
    database.drop().await
}

/// What is said of a thing and is not modelled would go with it: it is refused by name, unless the thing is only set aside.
async fn not_modelled(major: u16) -> Result<(), Failed> {
    let database = Database::make(major).await?;
    let tool = Tool::over(&database);
    let stands = "schemas: { app: {}, old: {} }\ntables:
  t:
    schema: app
    columns: { id: bigint, word: text }
    indexes: { t_word: [lower(word)] }
";
    tool.declare(stands);
    tool.wants(0, &["apply", "--yes"])?;
    database
        .run(
            "ALTER INDEX app.t_word ALTER COLUMN 1 SET STATISTICS 300; CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w;
             CREATE FOREIGN TABLE old.f () INHERITS (app.t) SERVER s",
        )
        .await?;
    tool.wants(0, &["plan", "--detailed-exitcode"])?;
    tool.declare(&stands.replace("lower", "upper"));
    tool.wants(3, &["apply", "--yes", "--allow", "all"])?
        .says("statistics target of an index app.t_word")?;
    tool.declare(&stands.replace(", old: {}", ""));
    tool.wants(3, &["apply", "--yes", "--allow", "all"])?
        .says("foreign table that inherits, or is a partition old.f")?;
    database.run("DROP FOREIGN TABLE old.f").await?;
    tool.declare("schemas: { app: {}, old: {} }\n");
    tool.wants(0, &["apply", "--yes", "--allow", "all"])?;
    tool.wants(0, &["rollback", "--yes"])?;
    database.drop().await
}

/// A key that names an argument is no list of types: the routine would be made and never be found.
async fn named_argument(major: u16) -> Result<(), Failed> {
    let database = Database::make(major).await?;
    let tool = Tool::over(&database);
    let of = |key: &str| {
        format!("functions: {{ \"{key}\": {{ returns: int, language: sql, body: SELECT 1 }} }}\n")
    };
    tool.declare(&of("f(a int)"));
    tool.wants(1, &["plan"])?
        .says("PostgreSQL calls it function public.f(integer): its key takes types alone")?;
    tool.declare(&of("f(int)"));
    tool.wants(0, &["apply", "--yes"])?;
    tool.wants(0, &["plan", "--detailed-exitcode"])?;
    database.drop().await
}

async fn unwritable(major: u16) -> Result<(), Failed> {
    let database = Database::make(major).await?;
    let tool = Tool::over(&database);
    tool.declare(ORDERS);
    tool.wants(1, &["plan", "-o", "json=/dev/full"])?
        .says("/dev/full cannot be written")?;
    database.drop().await
}

const PROTECTED: &str = "schema: app
tables:
  kept:
    protect: true
    columns: { id: bigint, amount: integer, note: { type: text, protect: true } }
    primary_key: [id]
  other: { columns: { id: bigint, amount: integer } }
functions:
  f(integer): { returns: integer, language: sql, protect: true, body: SELECT 1 }
views:
  seen: { query: SELECT amount FROM app.other, protect: true }
materialized_views:
  sums: { query: SELECT sum(amount) AS amount FROM app.other, protect: true }
";

/// What is protected is neither set aside, dropped, made again nor written anew, whatever is allowed; what leaves it as it
/// is goes on, and so does everything once the word is taken out.
async fn protected(major: u16) -> Result<(), Failed> {
    let database = Database::make(major).await?;
    let tool = Tool::over(&database);
    tool.declare(PROTECTED);
    tool.wants(0, &["apply", "--yes"])?;
    database
        .run(
            "INSERT INTO app.kept VALUES (1, 2, 'x'); INSERT INTO app.other VALUES (1, 2); ANALYZE",
        )
        .await?;
    let kept = "  kept:
    protect: true
    columns: { id: bigint, amount: integer, note: { type: text, protect: true } }
    primary_key: [id]
";
    for (from, to, says) in [
        (
            kept,
            "",
            "table app.kept is protected (`protect: true`) and would be retired",
        ),
        (
            "id: bigint, amount: integer, note",
            "id: bigint, amount: bigint, note",
            "table app.kept is protected (`protect: true`) and would be written anew",
        ),
        (
            ", note: { type: text, protect: true }",
            "",
            "column app.kept.note is protected (`protect: true`) and would be retired",
        ),
        (
            "  seen: { query: SELECT amount FROM app.other, protect: true }\n",
            "  seen2: SELECT 1 AS a\n",
            "view app.seen is protected (`protect: true`) and would be dropped",
        ),
        (
            "other: { columns: { id: bigint, amount: integer }",
            "other: { columns: { id: bigint, amount: numeric }",
            "is protected",
        ),
        (
            "SELECT sum(amount) AS",
            "SELECT min(amount) AS",
            "materialized view app.sums is protected (`protect: true`) and would be dropped and made again",
        ),
        (
            "f(integer): { returns: integer",
            "f(integer): { returns: bigint",
            "function app.f(integer) is protected (`protect: true`) and would be dropped and made again",
        ),
    ] {
        let text = PROTECTED.replace(from, to);
        assert!(text != PROTECTED, "{from}");
        tool.declare(&text);
        tool.wants(3, &["plan", "--allow", "all"])?.says(says)?;
    }
    let more = PROTECTED
        .replace("note: { type", "more: text, note: { type")
        .replace("body: SELECT 1", "body: SELECT 2");
    tool.declare(&more);
    tool.wants(0, &["apply", "--yes", "--allow", "all"])?;
    // The revision in force protects what the files no longer do.
    let free = more.replace("protect: true", "protect: false");
    tool.declare(&free.replace("amount: integer, more", "amount: bigint, more"));
    tool.wants(3, &["plan", "--allow", "all"])?;
    tool.declare(&free);
    tool.wants(0, &["apply", "--yes"])?;
    tool.declare(&free.replace("amount: integer, more", "amount: bigint, more"));
    tool.wants(0, &["apply", "--yes", "--allow", "all"])?;
    Ok(())
}
