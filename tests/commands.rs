//! What commands promise: exit codes, streams, files, refusals. The binary is run as a person would run it.

use libtest_mimic::{Failed, Trial};

use crate::support::database::Database;
use crate::support::dump::structure;
use crate::support::tool::{Tool, root};
use crate::support::{failed, same, servers, trial};

pub(crate) const ORDERS: &str = "schema: app\ntables:\n  orders:\n    columns: { id: bigint, note: text }\n    primary_key: [id]\n";
pub(crate) const WIDER: &str = "schema: app\ntables:\n  orders:\n    columns: { id: bigint, note: text, total: integer }\n    primary_key: [id]\n";
const EMPTY: &str = "schema: app\ntables:\n  other:\n    columns: { id: bigint }\n";

pub(crate) fn trials() -> Vec<Trial> {
    let Some(major) = servers::newest() else {
        return Vec::new();
    };
    vec![
        trial("commands::the_loop_with_its_exit_codes", move || {
            the_loop(major)
        }),
        trial("commands::a_reviewed_plan_is_applied_or_stale", move || {
            reviewed(major)
        }),
        trial("commands::a_table_that_came_back_with_more", move || {
            back_and_forth(major)
        }),
        trial(
            "commands::what_belongs_to_others_comes_back_to_them",
            move || others_own(major),
        ),
        trial("commands::a_possible_rename_is_asked_about", move || {
            possible_rename(major)
        }),
        trial("commands::drift_without_a_revision", move || {
            drift_without_revision(major)
        }),
        trial("commands::pull_changes_what_is_not_level", move || {
            pulled_again(major)
        }),
        trial("commands::what_nobody_declared_is_left_alone", move || {
            unmanaged(major)
        }),
        trial("commands::two_appliers", move || two_appliers(major)),
        trial("commands::pull_applies_to_an_empty_database", move || {
            pulled(major)
        }),
        trial("commands::pull_says_whose_public_is", move || {
            pulled_public(major)
        }),
        trial(
            "commands::pull_says_whom_all_belongs_to_where_owners_count",
            move || pulled_owners(major),
        ),
        Trial::test("commands::the_json_schema_is_current", schema_is_current),
    ]
}

async fn drift_without_revision(major: u16) -> Result<(), Failed> {
    let database = Database::make(major).await?;
    let tool = Tool::over(&database);
    tool.declare(ORDERS);
    tool.wants(2, &["drift"])?
        .says("compared with the files")?
        .says("schema app is declared and not there")?;
    database
        .run("CREATE SCHEMA app; CREATE TABLE app.orders (id bigint PRIMARY KEY, note varchar, extra date); CREATE TABLE app.theirs ()")
        .await?;
    tool.wants(2, &["drift"])?
        .says("column app.orders.extra is there, and the files do not have it")?
        .says("column app.orders.note is not as declared (type)")?
        .says("1 object that no revision declared")?;
    database
        .run("ALTER TABLE app.orders DROP extra, ALTER note TYPE text")
        .await?;
    tool.wants(0, &["drift"])?.says("as the files say")?;
    tool.wants(0, &["apply", "--yes"])?;
    tool.declare(WIDER);
    tool.wants(0, &["drift"])?;
    tool.wants(2, &["drift", "--desired", "schema", "-o", "json"])?
        .says("\"revision\": 1")?
        .says("\"revision\": null")?;
    database.drop().await
}

/// What is level stays as it was written; what is not changes where it stands.
async fn pulled_again(major: u16) -> Result<(), Failed> {
    let database = Database::make(major).await?;
    let tool = Tool::over(&database);
    let text = "# The shop.\nschema: app   # one schema\n\nenums:\n  mood: [sad, ok]        # two\n\ntables:\n  # People.\n  \
                customers:\n    columns:\n      id:    { type: bigint, identity: always }   # the key\n      \
                email: { type: \"varchar(80)\", not_null: true, default: \"''\" }   # may be empty\n      vip:   boolean\n      \
                # Nobody knows why.\n      gone:  text\n    primary_key: [id]\n    checks:\n      # Nobody is both.\n      \
                customers_vip_check: \"id IN (1, 2) OR vip\"\n\n  orders:   # what they buy\n    \
                columns: { id: bigint, note: text }\n\nviews:\n  vips: { query: \"SELECT id FROM app.customers WHERE vip\" }  # good\n";
    tool.declare(text);
    tool.wants(0, &["apply", "--yes"])?;
    tool.wants(0, &["pull"])?.says("level with the database")?;
    same("the file", &tool.read("schema/all.yaml"), text)?;

    database
        .run("ALTER TABLE app.customers ALTER email TYPE text")
        .await?;
    tool.wants(0, &["pull"])?.says("1 file written")?;
    // The server keeps the default as it was: a text that is a varchar.
    let one_line = text
        .replace("\"varchar(80)\"", "text")
        .replace("default: \"''\"", "default: \"''::character varying\"");
    same("the file", &tool.read("schema/all.yaml"), &one_line)?;
    tool.wants(0, &["plan", "--detailed-exitcode"])?;

    database
        .run(
            "ALTER TABLE app.customers DROP gone, ADD added numeric(10,2) NOT NULL DEFAULT 3, ALTER vip SET NOT NULL; \
             ALTER TYPE app.mood ADD VALUE 'it''s #1'; DROP TABLE app.orders; CREATE TABLE app.\"Parts/..\" (id int); \
             COMMENT ON TABLE app.customers IS 'two\nlines'; CREATE INDEX by_email ON app.customers (lower(email)); \
             CREATE OR REPLACE VIEW app.vips AS SELECT id FROM app.customers WHERE vip AND id > 3",
        )
        .await?;
    tool.wants(0, &["pull"])?.says("2 files written")?;
    let kept = tool.read("schema/all.yaml");
    for line in [
        "schema: app   # one schema",
        "  mood: [sad, ok, \"it's #1\"]        # two",
        "      id:    { type: bigint, identity: always }   # the key",
        "      vip:   { type: boolean, not_null: true }",
        "      added: { type: \"numeric(10,2)\", not_null: true, default: \"3\" }",
        "      # Nobody knows why.",
        "      customers_vip_check: \"id IN (1, 2) OR vip\"",
    ] {
        if !kept.lines().any(|own| own == line) {
            return Err(Failed::from(format!("`{line}` is not there:\n{kept}")));
        }
    }
    if kept.contains("gone:") || kept.contains("orders") {
        return Err(Failed::from(kept));
    }
    tool.wants(0, &["plan", "--detailed-exitcode"])?;
    tool.wants(0, &["pull"])?.says("level with the database")?;
    database.drop().await
}

/// A table is retired, comes back with more, and every revision is undone: what it got is undone with it.
async fn back_and_forth(major: u16) -> Result<(), Failed> {
    let stands = "schema: app\ntables:\n  a:\n    columns: { id: integer }\n  b:\n    columns: { id: integer, c: text }\n    primary_key: [id]\n";
    for more in [
        ("c: text", "c: text, d: integer"),
        (
            "c: text }",
            "c: text, d: { type: integer, not_null: true, default: '7' } }\n    checks: { b_d: d > 0 }",
        ),
        ("[id]\n", "[id]\n    indexes: { b_c: [c] }\n"),
        (
            "b:\n",
            "b:\n    with: { fillfactor: 40 }\n    replica_identity: full\n",
        ),
    ] {
        let database = Database::make(major).await?;
        let tool = Tool::over(&database);
        tool.declare(stands);
        tool.wants(0, &["apply", "--yes"])?;
        database
            .run("INSERT INTO app.b VALUES (1, 'x'); ANALYZE")
            .await?;
        let before = structure(&database).await?;
        let (alone, _) = stands.split_once("  b:").unwrap_or_default();
        tool.declare(alone);
        tool.wants(0, &["apply", "--yes", "--allow", "all"])?;
        let changed = stands.replacen(more.0, more.1, 1);
        same(
            "the change is one",
            &(changed != stands).to_string(),
            "true",
        )?;
        tool.declare(&changed);
        tool.wants(0, &["apply", "--yes", "--allow", "all"])?;
        tool.wants(0, &["rollback", "--yes", "--allow", "all"])?;
        tool.wants(0, &["rollback", "--yes", "--allow", "all"])?;
        let rows = database.value("SELECT c FROM app.b WHERE id = 1").await?;
        same("the row is back", &rows, "x")?;
        tool.wants(0, &["purge", "--all", "--yes"])?;
        if let (Some(before), Some(after)) = (before, structure(&database).await?) {
            same("the structure is back", &after, &before)?;
        }
        database.drop().await?;
    }
    Ok(())
}

/// What belonged to another role comes back to it, whether owners are compared or not.
async fn others_own(major: u16) -> Result<(), Failed> {
    let database = Database::make(major).await?;
    let tool = Tool::over(&database);
    let aux = "schemas: { aux: {} }\ntables:\n  stays: { schema: aux, columns: { id: bigint } }\n";
    tool.declare(&[
        "schemas: { app: {}, aux: {} }\ntables:\n  stays: { schema: aux, columns: { id: bigint } }\n  t: { schema: app, columns: { id: bigint } }\n",
        "views: { v: { schema: app, query: SELECT id FROM app.t } }\nenums: { e: { schema: app, values: [a] } }\n",
        "functions: { f(): { schema: app, returns: integer, sql_body: RETURN 1 } }\n",
    ].concat());
    tool.wants(0, &["apply", "--yes"])?;
    database
        .run(
            "DO $$ BEGIN CREATE ROLE owner_of_what_others_have; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$; \
             ALTER SCHEMA app OWNER TO owner_of_what_others_have; ALTER TABLE app.t OWNER TO owner_of_what_others_have; \
             ALTER VIEW app.v OWNER TO owner_of_what_others_have; ALTER TYPE app.e OWNER TO owner_of_what_others_have; \
             ALTER FUNCTION app.f() OWNER TO owner_of_what_others_have",
        )
        .await?;
    let before = structure(&database).await?;
    tool.declare(aux);
    tool.wants(0, &["apply", "--yes", "--allow", "all"])?;
    tool.wants(0, &["rollback", "--yes"])?;
    tool.wants(0, &["purge", "--all", "--yes"])?;
    if let (Some(before), Some(after)) = (before, structure(&database).await?) {
        same("the structure is back", &after, &before)?;
    }
    database.drop().await
}

async fn possible_rename(major: u16) -> Result<(), Failed> {
    let of = |table: &str, column: &str, kind: &str| {
        format!(
            "schema: app\ntables:\n  {table}:\n    columns: {{ id: bigint, {column}: {kind}, at: date }}\n    primary_key: [id]\n"
        )
    };
    let database = Database::make(major).await?;
    let tool = Tool::over(&database);
    tool.declare(&of("orders", "note", "text"));
    tool.wants(0, &["apply", "--yes"])?;
    tool.declare(&of("orders", "remark", "text"));
    tool.wants(0, &["plan"])?
        .says("column app.orders.remark is new and column app.orders.note")?
        .says("--allow 'possible_rename:column app.orders.remark'")?;
    tool.wants(
        3,
        &[
            "apply",
            "--yes",
            "--allow",
            "retires_data",
            "--allow",
            "breaks_clients",
        ],
    )?
    .says("possible_rename")?;
    // Another type is another thing.
    tool.declare(&of("orders", "remark", "integer"));
    tool.wants(0, &["plan"])?.lacks("possible_rename")?;
    tool.declare(&of("purchases", "note", "text"));
    tool.wants(0, &["plan"])?
        .says("--allow 'possible_rename:table app.purchases'")?;
    tool.declare(
        &of("purchases", "note", "text")
            .replace("    columns", "    renamed_from: orders\n    columns"),
    );
    tool.wants(0, &["plan"])?
        .lacks("possible_rename")?
        .says("RENAME TO \"purchases\"")?;
    // Where the former name is declared as well, nothing is renamed: that is no small matter.
    let both = of("orders", "note", "text");
    let both = both + "  purchases:\n    renamed_from: orders\n    columns: { id: bigint }\n";
    tool.declare(&both);
    tool.wants(3, &["apply", "--yes"])?.says(
        "possible_rename: `renamed_from` names table app.orders, which is declared as well",
    )?;
    Ok(())
}

async fn the_loop(major: u16) -> Result<(), Failed> {
    let database = Database::make(major).await?;
    let tool = Tool::over(&database);
    tool.declare(ORDERS);
    tool.wants(2, &["plan", "--detailed-exitcode"])?
        .says("CREATE TABLE \"app\".\"orders\"")?;
    tool.wants(3, &["apply"])?.says("there is no terminal")?;
    tool.wants(0, &["apply", "--yes"])?
        .says("Revision 1 is applied")?;
    tool.wants(0, &["plan", "--detailed-exitcode"])?
        .says("Nothing to do")?;
    tool.wants(0, &["drift"])?;
    database
        .run("INSERT INTO app.orders SELECT g, 'n' || g FROM generate_series(1, 10000) g; ANALYZE")
        .await?;
    let before = database.rows().await?;

    // A table that goes needs a person's word.
    tool.declare(EMPTY);
    tool.wants(0, &["plan"])?
        .says("--allow 'retires_data:table app.orders'")?;
    tool.wants(3, &["plan", "--check"])?;
    tool.wants(3, &["apply", "--yes"])?.says("retires_data")?;
    tool.wants(
        0,
        &[
            "apply",
            "--yes",
            "--allow",
            "retires_data",
            "--allow",
            "breaks_clients:table app.orders",
        ],
    )?;
    tool.wants(0, &["status"])?.says("table app.orders")?;
    tool.wants(0, &["rollback", "--yes", "--allow", "all"])?;
    let lost = before.lost(&database.rows().await?, false, Clone::clone);
    if !lost.is_empty() {
        return Err(Failed::from(lost.join("\n")));
    }
    // The same files again were rolled back, and say so.
    tool.wants(
        3,
        &[
            "apply",
            "--yes",
            "--allow",
            "retires_data",
            "--allow",
            "breaks_clients",
        ],
    )?
    .says("rolled_back")?;
    tool.declare(ORDERS);
    tool.wants(0, &["history"])?.says("undone by 3")?;
    tool.wants(0, &["history", "-o", "json"])?
        .says("\"undone_by\": 3")?;
    tool.wants(0, &["show", "2"])?.says("set aside")?;
    tool.wants(1, &["show", "99"])?.says("no revision 99")?;

    database
        .run("ALTER TABLE app.orders ADD COLUMN by_hand integer")
        .await?;
    tool.wants(2, &["drift"])?
        .says("column app.orders.by_hand was created outside")?;
    database
        .run("ALTER TABLE app.orders DROP COLUMN by_hand")
        .await?;
    tool.wants(0, &["drift"])?;
    tool.wants(1, &["purge"])?.says("--all")?;
    tool.wants(0, &["purge", "--all", "--yes"])?;
    tool.wants(0, &["rollback", "--to", "0", "--yes", "--allow", "all"])?;
    tool.wants(0, &["rollback", "--yes"])?
        .says("Nothing to do")?;
    database.drop().await
}

async fn reviewed(major: u16) -> Result<(), Failed> {
    let database = Database::make(major).await?;
    let tool = Tool::over(&database);
    tool.declare(ORDERS);
    tool.wants(0, &["apply", "--yes"])?;
    tool.declare(WIDER);
    tool.wants(
        0,
        &[
            "plan",
            "-o",
            "text",
            "-o",
            "json=next.json",
            "-o",
            "markdown=comment.md",
            "-o",
            "sql=next.sql",
        ],
    )?;
    if !tool.read("comment.md").contains("### Schema plan")
        || !tool.read("next.sql").contains("BEGIN;")
    {
        return Err(Failed::from("the forms are not there"));
    }
    // What the plan does not touch may change.
    database
        .run("CREATE TABLE app.unrelated (id bigint)")
        .await?;
    let text = tool.read("next.json");
    tool.write("edited.json", &text.replace("integer", "bigint"));
    tool.wants(1, &["apply", "edited.json"])?
        .says("was changed after it was written")?;
    tool.write(
        "newer.json",
        &text.replacen("\"format\": 1", "\"format\": 99", 1),
    );
    tool.wants(1, &["apply", "newer.json"])?
        .says("newer than 1")?;
    tool.wants(1, &["apply", "next.json", "--allow", "all"])?;
    tool.wants(0, &["apply", "next.json"])?;
    tool.declare(ORDERS);
    tool.wants(0, &["plan", "--allow", "all", "-o", "json=back.json"])?;
    database
        .run("ALTER TABLE app.orders ALTER COLUMN total SET DEFAULT 7")
        .await?;
    tool.wants(4, &["apply", "back.json"])?
        .says("app.orders.total")?;
    database.drop().await
}

async fn unmanaged(major: u16) -> Result<(), Failed> {
    let database = Database::make(major).await?;
    let tool = Tool::over(&database);
    database.run("CREATE SCHEMA app; CREATE TABLE app.theirs (id bigint); INSERT INTO app.theirs VALUES (1)").await?;
    database
        .run("CREATE LANGUAGE words HANDLER plpgsql_call_handler")
        .await?;
    tool.declare(ORDERS);
    tool.wants(0, &["plan"])?
        .says("table app.theirs")?
        .says("language words")?;
    tool.wants(3, &["plan", "--strict"])?;
    tool.wants(0, &["apply", "--yes"])?;
    tool.declare(WIDER);
    tool.wants(0, &["apply", "--yes"])?;
    same(
        "the row",
        &database.value("SELECT id::text FROM app.theirs").await?,
        "1",
    )?;
    tool.write("reconcile.yaml", "manage: { undeclared: retire }\n");
    tool.wants(3, &["apply", "--yes"])?
        .says("retires_unmanaged")?;
    tool.wants(0, &["apply", "--yes", "--allow", "all"])?;
    tool.wants(0, &["status"])?.says("table app.theirs")?;
    tool.wants(0, &["rollback", "--yes", "--allow", "all"])?;
    same(
        "the row",
        &database.value("SELECT id::text FROM app.theirs").await?,
        "1",
    )?;
    database.drop().await
}

async fn two_appliers(major: u16) -> Result<(), Failed> {
    let database = Database::make(major).await?;
    let tool = Tool::over(&database);
    tool.declare(ORDERS);
    tool.write("reconcile.yaml", "lock_patience: 1s\n");
    let mut other = database.connect().await?;
    sqlx::raw_sql(
        "SET application_name = 'the other one'; SELECT pg_advisory_lock(8243104023216089452)",
    )
    .execute(&mut other)
    .await
    .map_err(failed)?;
    tool.wants(1, &["apply", "--yes"])?.says("the other one")?;
    sqlx::raw_sql("SELECT pg_advisory_unlock_all()")
        .execute(&mut other)
        .await
        .map_err(failed)?;
    tool.wants(0, &["apply", "--yes"])?;
    database.drop().await
}

async fn pulled(major: u16) -> Result<(), Failed> {
    let database = Database::make(major).await?;
    let tool = Tool::over(&database);
    tool.declare(
        "schema: app\nenums: { mood: [sad, ok] }\nsequences: { s: { start: 5 } }\ntables:\n  \"Odd \\\"one\\\"\":\n    columns:\n      \
         id: { type: bigint, identity: always }\n      m: { type: mood, not_null: true, default: \"'ok'\" }\n    primary_key: [id]\n    \
         unique: { u: [m] }\n    checks: { c: \"m <> 'sad'\" }\nfunctions:\n  f(integer):\n    returns: integer\n    language: sql\n    \
         volatility: immutable\n    body: |\n      SELECT $1 + 1\nviews: { v: 'SELECT m FROM app.\"Odd \"\"one\"\"\"' }\n",
    );
    tool.wants(0, &["apply", "--yes"])?;
    tool.wants(0, &["pull", "--out", "pulled"])?;
    tool.wants(0, &["pull", "--out", "pulled"])?
        .says("level with the database")?;
    let other = Database::make(major).await?;
    tool.wants(
        0,
        &["apply", "--yes", "--desired", "pulled", "--url", &other.url],
    )?;
    tool.wants(
        0,
        &[
            "plan",
            "--detailed-exitcode",
            "--desired",
            "pulled",
            "--url",
            &other.url,
            "-v",
        ],
    )?
    .says("no scratch server was started")?;
    tool.wants(0, &["plan", "--detailed-exitcode", "--desired", "pulled"])?;
    other.drop().await?;
    database.drop().await
}

/// Under `manage.owners` what belongs to who pulls says so: to another database the files are news.
async fn pulled_owners(major: u16) -> Result<(), Failed> {
    let (database, other) = (Database::make(major).await?, Database::make(major).await?);
    database.run("CREATE TABLE t (id integer)").await?;
    let role = "CREATE ROLE pulled_owner; CREATE TABLE t (id integer); ALTER TABLE t OWNER TO pulled_owner";
    other.run(role).await?;
    let tool = Tool::over(&database);
    tool.write("reconcile.yaml", "manage: { owners: true }\n");
    tool.wants(0, &["pull", "--out", "pulled"])?;
    tool.wants(0, &["plan", "--desired", "pulled", "--detailed-exitcode"])?;
    let to_other = ["--desired", "pulled", "--url", &other.url];
    tool.wants(
        0,
        &[&["apply", "--yes", "--allow", "all"], &to_other[..]].concat(),
    )?;
    let owner = "SELECT relowner::regrole::text FROM pg_class WHERE oid = 't'::regclass";
    same("owner", &other.value(owner).await?, "postgres")?;
    tool.wants(
        0,
        &[&["rollback", "--yes", "--allow", "all"], &to_other[2..]].concat(),
    )?;
    same("owner", &other.value(owner).await?, "pulled_owner")?;
    database.drop().await?;
    other.drop().await
}

/// The schema public has another owner in every new database, from 15 on: that it belongs to who pulls is said.
async fn pulled_public(major: u16) -> Result<(), Failed> {
    let (database, other) = (Database::make(major).await?, Database::make(major).await?);
    database
        .run("ALTER SCHEMA public OWNER TO CURRENT_USER")
        .await?;
    let tool = Tool::over(&database);
    tool.write("reconcile.yaml", "manage: { owners: true }\n");
    tool.wants(0, &["pull", "--out", "pulled"])?;
    let to_other = ["--desired", "pulled", "--url", &other.url];
    tool.wants(
        0,
        &[&["apply", "--yes", "--allow", "all"], &to_other[..]].concat(),
    )?;
    let owner = "SELECT nspowner::regrole::text FROM pg_namespace WHERE nspname = 'public'";
    same("owner", &other.value(owner).await?, "postgres")?;
    tool.wants(
        0,
        &[&["rollback", "--yes", "--allow", "all"], &to_other[2..]].concat(),
    )?;
    same("owner", &other.value(owner).await?, "pg_database_owner")
}

fn schema_is_current() -> Result<(), Failed> {
    let path = root().join("schema").join("reconcile.schema.json");
    let text = std::fs::read_to_string(path).unwrap_or_default();
    same(
        "schema/reconcile.schema.json (just update-schema)",
        &text,
        &reconcile::desired::json_schema(),
    )
}
