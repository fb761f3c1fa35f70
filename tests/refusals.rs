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
        trial("refusals::rows_that_would_fail_are_a_refusal", move || {
            fails_on_rows(major)
        }),
        trial(
            "refusals::rows_against_what_is_made_again_or_validated",
            move || fails_on_rows_that_stood(major),
        ),
        trial("refusals::values_that_rows_will_hold", move || {
            fails_on_values_to_be(major)
        }),
        trial("refusals::what_is_said_and_not_modelled", move || {
            not_modelled(major)
        }),
        trial("refusals::a_key_that_names_an_argument", move || {
            named_argument(major)
        }),
        trial("refusals::what_is_protected", move || protected(major)),
        trial("refusals::labels_that_rows_hold", move || {
            fails_on_labels(major)
        }),
        trial("refusals::rows_that_came_since", move || rows_since(major)),
        trial(
            "refusals::what_is_destroyed_does_not_come_back",
            move || irreversible(major),
        ),
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

/// Rows that violate what is to come are counted before anything is changed; no allowance helps.
async fn fails_on_rows(major: u16) -> Result<(), Failed> {
    let database = Database::make(major).await?;
    let tool = Tool::over(&database);
    tool.declare(ORDERS);
    tool.wants(0, &["apply", "--yes"])?;
    database.run("INSERT INTO app.orders SELECT g, CASE WHEN g > 3 THEN 'n' END FROM generate_series(1, 10) g; ANALYZE").await?;
    for (change, says) in [
        ("checks: { c: \"note <> 'n'\" }", "7 rows violate the check"),
        ("unique: { u: [note] }", "1 value stands"),
        (
            "indexes: { i: { columns: [lower(note)], unique: true, where: id > 4 } }",
            "1 value stands",
        ),
        (
            "exclusions: { e: { method: btree, elements: [{ note: '=' }], where: id > 4 } }",
            "6 rows exclude each other",
        ),
        (
            "foreign_keys: { f: { columns: [id], references: other } }",
            "10 rows refer to nothing",
        ),
    ] {
        tool.declare(&format!(
            "{ORDERS}    {change}\n  other:\n    columns: {{ id: bigint }}\n    primary_key: [id]\n"
        ));
        if change.starts_with("foreign") {
            // To a table that comes with it, and to one that is there.
            tool.wants(3, &["apply", "--yes", "--allow", "all"])?
                .says(says)?;
            tool.declare(&format!(
                "{ORDERS}  other:\n    columns: {{ id: bigint }}\n    primary_key: [id]\n"
            ));
            tool.wants(0, &["apply", "--yes"])?;
            tool.declare(&format!("{ORDERS}    {change}\n  other:\n    columns: {{ id: bigint }}\n    primary_key: [id]\n"));
        }
        tool.wants(3, &["apply", "--yes", "--allow", "all"])?
            .says("fails_on_rows")?
            .says(says)?;
    }
    tool.declare(&ORDERS.replace("note: text", "note: { type: text, not_null: true }"));
    tool.wants(3, &["apply", "--yes", "--allow", "all"])?
        .says("3 rows hold NULL")?;
    // MATCH FULL refuses what is NULL in part, whatever it refers to.
    tool.declare(&format!(
        "{ORDERS}    unique: {{ u: [id, note] }}\n    foreign_keys: {{ f: {{ columns: [id, note], references: orders, referenced_columns: [id, note], match: full }} }}\n"
    ));
    tool.wants(3, &["apply", "--yes", "--allow", "all"])?
        .says("3 rows refer to nothing")?;
    tool.declare(&ORDERS.replace("note: text", "note: integer"));
    tool.wants(3, &["apply", "--yes", "--allow", "all"])?
        .says("a row cannot be converted")?;
    tool.declare(&ORDERS.replace("note: text", "note: varchar(1)"));
    database
        .run("UPDATE app.orders SET note = 'long' WHERE id = 5")
        .await?;
    tool.wants(3, &["apply", "--yes", "--allow", "all"])?
        .says("1 value does not fit")?;
    database.drop().await
}

/// A constraint that is made again, or validated, is asked of existing rows as one that is new: under the names and types
/// that columns get, and on the way back as well.
async fn fails_on_rows_that_stood(major: u16) -> Result<(), Failed> {
    let database = Database::make(major).await?;
    let tool = Tool::over(&database);
    let stands = "    checks: { c: total > 0, d: { check: total > 100, not_valid: true } }
    unique: { u: [id, note] }
    foreign_keys: { f: { columns: [total], references: app.orders, not_valid: true } }
";
    let tables = |head: &str, parts: &str| [head, parts].concat();
    tool.declare(&tables(WIDER, stands));
    tool.wants(0, &["apply", "--yes"])?;
    database
        .run(
            "SET session_replication_role = replica; ALTER TABLE app.orders DROP CONSTRAINT d; \
             INSERT INTO app.orders SELECT g, 'same', g + 10 FROM generate_series(1, 5) g; \
             ALTER TABLE app.orders ADD CONSTRAINT d CHECK (total > 100) NOT VALID; ANALYZE",
        )
        .await?;
    let renamed = WIDER.replace(
        "total: integer",
        "sum: { type: bigint, renamed_from: total }",
    );
    let in_total = |text: &str| text.replace("total", "sum");
    for (head, from, to, says) in [
        (
            WIDER,
            "c: total > 0",
            "c: total > 12",
            "2 rows violate the check",
        ),
        (
            &renamed,
            "c: total > 0",
            "c: total > 12",
            "2 rows violate the check",
        ),
        (
            WIDER,
            "{ check: total > 100, not_valid: true }",
            "total > 100",
            "5 rows violate the check",
        ),
        (
            WIDER,
            "[id, note]",
            "[note]",
            "1 value stands more than once",
        ),
        (
            WIDER,
            ", not_valid: true } }\n",
            " } }\n",
            "5 rows refer to nothing",
        ),
        (
            &renamed,
            "references: app.orders, not_valid: true",
            "references: app.orders",
            "5 rows refer to nothing",
        ),
    ] {
        let parts = stands.replace(from, to);
        assert_ne!(parts, stands, "the replacement changes something");
        let is_renamed = head == renamed;
        let parts = if is_renamed { in_total(&parts) } else { parts };
        tool.declare(&tables(head, &parts));
        tool.wants(3, &["apply", "--yes", "--allow", "all"])?
            .says("fails_on_rows")?
            .says(says)?;
    }
    tool.declare(&tables(
        WIDER,
        &stands.replace("c: total > 0", "c: total > -5"),
    ));
    tool.wants(0, &["apply", "--yes"])?;
    database
        .run("SET session_replication_role = replica; UPDATE app.orders SET total = 101; INSERT INTO app.orders VALUES (9, 'n', 500)")
        .await?;
    tool.wants(0, &["rollback", "--yes"])?;
    tool.wants(0, &["apply", "--yes", "--allow", "rolled_back"])?;
    database
        .run("SET session_replication_role = replica; ALTER TABLE app.orders DROP CONSTRAINT d; UPDATE app.orders SET total = -1 WHERE id = 9; \
              ALTER TABLE app.orders ADD CONSTRAINT d CHECK (total > 100) NOT VALID; ANALYZE")
        .await?;
    tool.wants(3, &["rollback", "--yes", "--allow", "all"])?
        .says("1 row violates the check")?;
    database.drop().await
}

/// What fills a column, or converts it, may make values that something else refuses; and may not be there for every row.
async fn fails_on_values_to_be(major: u16) -> Result<(), Failed> {
    let database = Database::make(major).await?;
    let tool = Tool::over(&database);
    let stands = "tables:
  p:
    columns: { id: integer }
    primary_key: [id]
  t:
    columns: { id: integer, n: integer, word: text }
    primary_key: [id]
    unique: { t_n: [n] }
    foreign_keys: { t_p: { columns: [n], references: p } }
";
    tool.declare(stands);
    tool.wants(0, &["apply", "--yes"])?;
    database
        .run("INSERT INTO p SELECT g FROM generate_series(0, 9) g; INSERT INTO t SELECT g, g, CASE WHEN g > 1 THEN 'w' END FROM generate_series(0, 9) g; ANALYZE")
        .await?;
    let column = |text: &str| stands.replace("word: text", &format!("word: text, g: {text}"));
    let with = |text: String, part: &str| format!("{text}    {part}\n");
    for (declared, says) in [
        (
            with(
                column("{ type: integer, not_null: true, backfill: n }"),
                "checks: { t_g: g > 0 }",
            ),
            "check public.t.t_g: 1 row violates",
        ),
        (
            with(
                column("{ type: integer, not_null: true, default: '99' }"),
                "checks: { t_g: g < n }",
            ),
            "10 rows violate",
        ),
        (
            with(
                column("{ type: integer, default: '99' }"),
                "indexes: { t_g: { columns: [g], unique: true } }",
            ),
            "1 value stands more than once",
        ),
        (
            column("{ type: integer, not_null: true, backfill: 'nullif(n, 0)' }"),
            "1 row is left NULL by what fills it",
        ),
        (
            column("{ type: integer, not_null: true, backfill: 10 / n }"),
            "division by zero",
        ),
        (
            column("{ type: integer, generated: 10 / n }"),
            "a row has no such value: division by zero",
        ),
        (
            with(stands.to_owned(), "indexes: { t_i: [(10 / n)] }"),
            "division by zero",
        ),
        (
            stands.replace("n: integer", "n: { type: bigint, using: n / 2 }"),
            "unique public.t.t_n: 5 values stand more than once",
        ),
        (
            stands.replace("n: integer", "n: { type: bigint, using: n + 5 }"),
            "foreign key public.t.t_p: 5 rows refer to nothing",
        ),
        (
            stands.replace(
                "t:\n    columns: { id: integer",
                "t:\n    columns: { id: { type: bigint, using: id / 2 }",
            ),
            "primary key public.t: 5 keys stand more than once",
        ),
        (
            stands
                .replace(
                    "word: text",
                    "word: { type: text, not_null: true, backfill: \"''\" }",
                )
                .replace("t_n: [n]", "t_n: [n], t_w: [word]"),
            "2 values stand more than once",
        ),
    ] {
        tool.declare(&declared);
        tool.wants(3, &["apply", "--yes", "--allow", "all"])?
            .says("fails_on_rows")?
            .says(says)?;
    }
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

/// A label that goes is asked of every column that has the type, of arrays too; so it is on the way back.
async fn fails_on_labels(major: u16) -> Result<(), Failed> {
    let database = Database::make(major).await?;
    let tool = Tool::over(&database);
    let of = |labels: &str| {
        format!(
            "enums: {{ mood: [{labels}] }}\ntables:\n  t: {{ columns: {{ one: mood, many: 'mood[]' }} }}\n"
        )
    };
    tool.declare(&of("bad, ok, gone"));
    tool.wants(0, &["apply", "--yes"])?;
    database
        .run("INSERT INTO t VALUES ('ok', '{ok,gone}'), ('gone', '{ok}'), (NULL, NULL); ANALYZE")
        .await?;
    tool.declare(&of("bad, ok"));
    tool.wants(3, &["apply", "--yes", "--allow", "all"])?
        .says("fails_on_rows: column public.t.one: 1 row holds a label that goes")?
        .says("column public.t.many: 1 row holds a label that goes")?;
    tool.declare(&of("bad, ok, gone, new"));
    tool.wants(0, &["apply", "--yes"])?;
    database
        .run("UPDATE t SET one = 'new' WHERE one IS NULL")
        .await?;
    tool.wants(3, &["rollback", "--yes", "--allow", "all"])?
        .says("1 row holds a label that goes")?;
    database.drop().await
}

/// Rows that came after the plan may stand in the way of its way back: that is said before anything is changed.
async fn rows_since(major: u16) -> Result<(), Failed> {
    let database = Database::make(major).await?;
    let tool = Tool::over(&database);
    tool.declare(&WIDER.replace("note: text", "note: { type: text, not_null: true }"));
    tool.wants(0, &["apply", "--yes"])?;
    database
        .run("INSERT INTO app.orders VALUES (7, 'n', 7); ANALYZE")
        .await?;
    tool.declare(&WIDER.replace("total: integer", "total: bigint"));
    tool.wants(0, &["apply", "--yes", "--allow", "all"])?;
    database
        .run("INSERT INTO app.orders VALUES (1, 'n', 70000000000), (2, NULL, 2)")
        .await?;
    tool.wants(3, &["rollback", "--yes", "--allow", "all"])?
        .says("fails_on_rows")?
        .says("integer out of range")?
        .says("no flag allows it")?
        .lacks("--allow 'fails_on_rows")?
        .says("1 row holds NULL there")?;
    database
        .run("UPDATE app.orders SET note = id || ' kg', total = 7")
        .await?;
    tool.wants(0, &["rollback", "--yes"])?;
    // What is converted by expressions both ways comes back, and nothing has to be allowed.
    let weighed = "note: { type: integer, using: \"replace(note, ' kg', '')::integer\", using_back: \"note || ' kg'\" }";
    tool.declare(&WIDER.replace("note: text", weighed));
    tool.wants(0, &["apply", "--yes"])?;
    tool.wants(0, &["rollback", "--yes"])?;
    database.drop().await
}

/// What is destroyed is said before, and where nothing could fill it again there is no way back, which is said too.
async fn irreversible(major: u16) -> Result<(), Failed> {
    let database = Database::make(major).await?;
    let tool = Tool::over(&database);
    tool.write("reconcile.yaml", "retire: { tables: off, columns: off }\n");
    tool.declare(&ORDERS.replace("note: text", "note: { type: text, not_null: true }"));
    tool.wants(0, &["apply", "--yes"])?;
    database
        .run("INSERT INTO app.orders VALUES (1, 'kept nowhere'); ANALYZE")
        .await?;
    tool.declare(&ORDERS.replace("note: text", ""));
    tool.wants(3, &["apply", "--yes"])?
        .says("loses_data")?
        .says("irreversible")?
        .says("nothing could fill column app.orders.note then")?;
    tool.wants(
        0,
        &[
            "apply",
            "--yes",
            "--allow",
            "loses_data",
            "--allow",
            "irreversible",
        ],
    )?;
    tool.wants(3, &["rollback", "--yes", "--allow", "all"])?
        .says("nothing says what they get")?;
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
