//! Columns of large tables that become ones of another type while clients write, and go back.

use std::sync::Arc;

use libtest_mimic::{Failed, Trial};

use crate::phases::{Application, apart};
use crate::support::database::Database;
use crate::support::tool::Tool;
use crate::support::{dump, same, servers, trial};

const CURRENT: &str = r#"
schema: app
tables:
  orders:
    columns:
      id: { type: bigint, not_null: true, identity: by_default }
      amount: { type: integer, default: 1 }
      state: { type: text, not_null: true, default: "'new'" }
      at: "timestamp without time zone"
      note: text
    primary_key: [id]
    indexes: { by_amount: [amount, id], by_state: { columns: [state], where: "id > 0" } }
    checks: { positive: "amount > 0" }
views:
  amounts: SELECT id, amount, state FROM app.orders
"#;
const DESIRED: &str = r#"
schema: app
enums: { order_state: [new, paid, done] }
tables:
  orders:
    columns:
      id: { type: bigint, not_null: true, identity: by_default }
      amount: { type: bigint, default: 1 }
      state: { type: order_state, not_null: true, default: "'new'" }
      at: timestamptz
      note: text
    primary_key: [id]
    indexes: { by_amount: [amount, id], by_state: { columns: [state], where: "id > 0" } }
    checks: { positive: "amount > 0" }
views:
  amounts: SELECT id, amount, state FROM app.orders
"#;
/// What the application runs, before as after.
const CLIENT: [&str; 7] = [
    "INSERT INTO app.orders (amount, state, at) VALUES (5, 'paid', '2026-01-01 10:00')",
    "INSERT INTO app.orders (amount) SELECT 7 FROM generate_series(1, 3)",
    "UPDATE app.orders SET amount = amount + 1 WHERE id % 97 = 1 AND amount < 2000000",
    "UPDATE app.orders SET state = 'done' WHERE id % 89 = 3",
    "UPDATE app.orders SET note = 'x' || coalesce(length(note), 0) WHERE id % 83 = 5",
    "SELECT id, amount, state, at FROM app.orders WHERE amount = 5 ORDER BY id LIMIT 5",
    "SELECT id, amount, state FROM app.amounts WHERE amount = 7 ORDER BY id LIMIT 5",
];
const ROWS: &str = "INSERT INTO app.orders (amount, state, at) SELECT g, (ARRAY['new', 'paid', 'done'])[1 + g % 3], '2026-01-01'::timestamp + g * interval '1 minute' \
    FROM generate_series(1, 20000) g; UPDATE app.orders SET amount = NULL, at = NULL WHERE id % 50 = 0; ANALYZE";

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for (&major, absent) in servers::majors() {
        let mut add = |name: &str, own: fn(u16) -> crate::apply::Run| {
            let is_left_out = absent.is_some() || !servers::is_spread(major, name);
            let own = trial(format!("shadows::{name}::{major}"), move || own(major));
            trials.push(own.with_ignored_flag(is_left_out));
        };
        add("clients_there_and_back", |major| {
            Box::pin(there_and_back(major))
        });
        add("keys", |major| Box::pin(keys(major)));
        add("changes_again", |major| Box::pin(changes_again(major)));
        add("files_that_return", |major| {
            Box::pin(files_that_return(major))
        });
        add("a_type_that_goes", |major| {
            Box::pin(a_type_that_goes(major))
        });
        add("on_the_way", |major| Box::pin(on_the_way(major)));
        add("with_care", |major| Box::pin(with_care(major)));
        add("no_longer_in_step", |major| {
            Box::pin(no_longer_in_step(major))
        });
    }
    trials
}

async fn prepared(major: u16) -> Result<(Database, Arc<Tool>), Failed> {
    let database = Database::make(major).await?;
    let tool = Tool::over(&database);
    tool.write("reconcile.yaml", "small_table: { rows: 10 }\n");
    tool.declare(CURRENT);
    tool.wants(0, &["apply", "--yes"])?;
    database.run(ROWS).await?;
    Ok((database, Arc::new(tool)))
}

async fn run(
    tool: &Arc<Tool>,
    code: i32,
    arguments: &'static [&'static str],
) -> Result<String, Failed> {
    let tool = tool.clone();
    let outcome = apart(move || tool.wants(code, arguments)).await??;
    Ok([outcome.stdout, outcome.stderr].concat())
}

/// The rows as the old application knows them.
const AS_BEFORE: &str = "SELECT md5(string_agg(concat_ws(',', id, amount, state::text, extract(epoch FROM at), note), ';' ORDER BY id)) FROM app.orders";

async fn there_and_back(major: u16) -> Result<(), Failed> {
    let (database, tool) = prepared(major).await?;
    let before = dump::structure(&database).await?;
    tool.declare(DESIRED);
    let said = run(&tool, 3, &["plan", "--check"]).await?;
    if !said.contains("guesses_time_zone") || said.contains("table_rewrite") {
        return Err(Failed::from(said));
    }
    let client = Application::start(&database, &CLIENT).await?;
    run(
        &tool,
        0,
        &[
            "apply",
            "--yes",
            "--allow",
            "guesses_time_zone",
            "--allow",
            "breaks_clients",
        ],
    )
    .await?;
    run(&tool, 0, &["plan", "--detailed-exitcode"]).await?;
    // Values that the former types cannot hold.
    database
        .run("INSERT INTO app.orders (id, amount) VALUES (9000001, 3000000000); UPDATE app.orders SET amount = 4000000000 WHERE id = 3; UPDATE app.orders SET amount = 6000000000 WHERE id = 4; UPDATE app.orders SET amount = 6 WHERE id = 4")
        .await?;
    let column = database
        .value("SELECT attname FROM pg_attribute WHERE attrelid = 'app.orders'::regclass AND attname LIKE '%\\_amount'")
        .await?;
    let step = format!(
        "SELECT count(*) FILTER (WHERE \"{column}\" IS NULL AND amount IS NOT NULL)::text || ' ' || \
         count(*) FILTER (WHERE \"{column}\" IS NOT NULL AND \"{column}\" <> amount)::text FROM app.orders"
    );
    same("in step", &database.value(&step).await?, "2 0")?;
    let said = run(&tool, 3, &["rollback", "--yes"]).await?;
    if !said.contains("2 values cannot go back to the former type") {
        return Err(Failed::from(said));
    }
    run(&tool, 0, &["rollback", "--yes", "--allow", "all"]).await?;
    client.end().await?;
    let lost = "SELECT string_agg(id::text, ' ' ORDER BY id) FROM app.orders WHERE amount IS NULL AND id % 50 <> 0";
    same("without a value", &database.value(lost).await?, "3 9000001")?;
    let kept = "SELECT amount::text FROM app.orders WHERE id = 4";
    same("kept in step", &database.value(kept).await?, "6")?;
    tool.declare(CURRENT);
    run(&tool, 0, &["plan", "--detailed-exitcode"]).await?;
    run(&tool, 0, &["purge", "--all", "--yes"]).await?;
    if let (Some(wanted), Some(found)) = (&before, dump::structure(&database).await?) {
        same("the structure", &found, wanted)?;
    }
    database.drop().await
}

const KEYS: &str = r#"
schema: app
tables:
  orders:
    columns: { id: { type: integer, identity: by_default }, parent: integer, note: text }
    primary_key: [id]
    foreign_keys: { own: { columns: [parent], references: orders, on_delete: set_null, on_update: cascade } }
  items:
    columns: { order_id: { type: integer, not_null: true }, line: { type: integer, not_null: true } }
    primary_key: [order_id, line]
    foreign_keys: { items_order_fkey: { columns: [order_id], references: orders, on_delete: cascade, on_update: cascade } }
"#;
const KEYS_CLIENT: [&str; 6] = [
    "WITH own AS (INSERT INTO app.orders (parent, note) SELECT max(id), 'x' FROM app.orders WHERE id < 900 RETURNING id) \
     INSERT INTO app.items (order_id, line) SELECT id, 1 FROM own",
    "INSERT INTO app.items (order_id, line) SELECT id, 2 FROM app.orders WHERE id BETWEEN 10 AND 20 ON CONFLICT DO NOTHING",
    "DELETE FROM app.items WHERE line = 2 AND order_id BETWEEN 15 AND 20",
    "DELETE FROM app.orders WHERE id = (SELECT max(id) FROM app.orders WHERE id < 1000000)",
    "UPDATE app.orders SET id = -id WHERE id IN (30, -30)",
    "SELECT o.id, i.line FROM app.orders o JOIN app.items i ON i.order_id = o.id WHERE o.id = 17",
];

/// Keys that become wider while clients insert, delete and change them, with the foreign keys to them.
async fn keys(major: u16) -> Result<(), Failed> {
    let database = Database::make(major).await?;
    let tool = Tool::over(&database);
    tool.write("reconcile.yaml", "small_table: { rows: 10 }\n");
    tool.declare(KEYS);
    tool.wants(0, &["apply", "--yes"])?;
    database
        .run("INSERT INTO app.orders (parent) SELECT nullif(g / 2, 0) FROM generate_series(1, 1000) g; INSERT INTO app.items SELECT g, 1 FROM generate_series(1, 1000) g; ANALYZE")
        .await?;
    let before = dump::structure(&database).await?;
    let tool = Arc::new(tool);
    tool.declare(
        &KEYS
            .replace("integer", "bigint")
            .replace("line: { type: bigint", "line: { type: integer"),
    );
    let client = Application::start(&database, &KEYS_CLIENT).await?;
    let said = run(&tool, 0, &["apply", "--yes", "--allow", "breaks_clients"]).await?;
    if said.contains("blocks_") || said.contains("table_rewrite") {
        return Err(Failed::from(said));
    }
    run(&tool, 0, &["plan", "--detailed-exitcode"]).await?;
    database
        .run("INSERT INTO app.orders (id) VALUES (3000000000); INSERT INTO app.items (order_id, line) VALUES (3000000000, 1)")
        .await?;
    let said = run(&tool, 3, &["rollback", "--yes", "--allow", "all"]).await?;
    if !said.contains("1 value cannot go back to the former type, which takes no NULL instead") {
        return Err(Failed::from(said));
    }
    database
        .run("DELETE FROM app.orders WHERE id = 3000000000")
        .await?;
    run(&tool, 0, &["rollback", "--yes", "--allow", "all"]).await?;
    client.end().await?;
    let orphans = "SELECT count(*)::text FROM app.items i WHERE NOT EXISTS (SELECT FROM app.orders o WHERE o.id = i.order_id)";
    same("orphans", &database.value(orphans).await?, "0")?;
    let next = "WITH own AS (INSERT INTO app.orders (note) VALUES ('last') RETURNING id) SELECT (own.id > max(o.id))::text FROM own, app.orders o GROUP BY own.id";
    same("goes on", &database.value(next).await?, "true")?;
    tool.declare(KEYS);
    run(&tool, 0, &["plan", "--detailed-exitcode"]).await?;
    run(&tool, 0, &["purge", "--all", "--yes"]).await?;
    if let (Some(wanted), Some(found)) = (&before, dump::structure(&database).await?) {
        same("the structure", &found, wanted)?;
    }
    database.drop().await
}

/// Where the former column is kept in step no longer, the way back does not trust it.
async fn no_longer_in_step(major: u16) -> Result<(), Failed> {
    let (database, tool) = prepared(major).await?;
    tool.declare(DESIRED);
    let rows = database.value(AS_BEFORE).await?;
    run(&tool, 0, &["apply", "--yes", "--allow", "all"]).await?;
    same("rows", &database.value(AS_BEFORE).await?, &rows)?;
    let reminder =
        "Kept in step for the way back, at every write of a client: the former column app.orders.";
    for arguments in [&["status"][..], &["plan", "--detailed-exitcode"]] {
        let said = run(&tool, 0, arguments).await?;
        if !said.contains(reminder) {
            return Err(Failed::from(said));
        }
    }
    run(&tool, 0, &["finish", "app.orders.state", "--yes"]).await?;
    let said = run(&tool, 0, &["status"]).await?;
    if !said.contains("the former column app.orders.amount; `finish` ends that") {
        return Err(Failed::from(said));
    }
    run(&tool, 0, &["finish", "--yes"]).await?;
    run(&tool, 0, &["finish", "--yes"]).await?;
    let left = "SELECT (SELECT count(*) FROM pg_trigger WHERE tgrelid = 'app.orders'::regclass)::text || ' ' || \
        (SELECT count(*) FROM pg_proc WHERE pronamespace = 'app'::regnamespace)::text";
    same(
        "triggers and functions",
        &database.value(left).await?,
        "0 0",
    )?;
    database
        .run("UPDATE app.orders SET amount = amount + 10, state = 'done' WHERE id % 3 = 0")
        .await?;
    let rows = database.value(AS_BEFORE).await?;
    run(&tool, 0, &["rollback", "--yes", "--allow", "all"]).await?;
    same("rows", &database.value(AS_BEFORE).await?, &rows)?;
    tool.declare(CURRENT);
    run(&tool, 0, &["plan", "--detailed-exitcode"]).await?;
    run(&tool, 0, &["purge", "--all", "--yes"]).await?;
    same(
        "triggers and functions",
        &database.value(left).await?,
        "0 0",
    )?;
    database.drop().await
}

/// The column that took the name gets another one, or another type: what knew it as it was ends, and no client meets that.
async fn changes_again(major: u16) -> Result<(), Failed> {
    let (database, tool) = prepared(major).await?;
    let renamed = DESIRED
        .replace("amount: {", "total: { renamed_from: amount,")
        .replace("[amount, id]", "[total, id]")
        .replace("amount > 0", "total > 0")
        .replace("SELECT id, amount,", "SELECT id, total,");
    let numeric = DESIRED.replace("amount: { type: bigint", "amount: { type: numeric");
    for (third, column) in [(&renamed, "total"), (&numeric, "amount")] {
        tool.declare(DESIRED);
        run(&tool, 0, &["apply", "--yes", "--allow", "all"]).await?;
        tool.declare(third);
        run(&tool, 0, &["apply", "--yes", "--allow", "all"]).await?;
        let write = format!(
            "UPDATE app.orders SET {column} = {column} + 10 WHERE id % 3 = 0; UPDATE app.orders SET note = 'y' WHERE id % 5 = 0; \
             INSERT INTO app.orders ({column}) VALUES (77)"
        );
        database.run(&write).await?;
        let rows = database.value(&AS_BEFORE.replace("amount", column)).await?;
        run(&tool, 0, &["rollback", "--yes", "--allow", "all"]).await?;
        same("rows", &database.value(AS_BEFORE).await?, &rows)?;
        run(&tool, 0, &["rollback", "--yes", "--allow", "all"]).await?;
        same("rows", &database.value(AS_BEFORE).await?, &rows)?;
        tool.declare(CURRENT);
        run(&tool, 0, &["plan", "--detailed-exitcode"]).await?;
        run(&tool, 0, &["purge", "--all", "--yes"]).await?;
    }
    let left = "SELECT (SELECT count(*) FROM pg_trigger WHERE tgrelid = 'app.orders'::regclass)::text || ' ' || \
        (SELECT count(*) FROM pg_proc WHERE pronamespace = 'app'::regnamespace)::text";
    same(
        "triggers and functions",
        &database.value(left).await?,
        "0 0",
    )?;
    database.drop().await
}

const ONE: &str = r#"
schema: app
tables:
  t:
    columns: { id: { type: integer, not_null: true }, n: { type: TYPE }, "b c": integer }
    primary_key: [id]
views: { v: "SELECT id, n FROM app.t" }
"#;

/// One column of one table, with numbers in it and some NULLs.
async fn one(major: u16, from: &str) -> Result<(Database, Tool), Failed> {
    let database = Database::make(major).await?;
    let tool = Tool::over(&database);
    tool.write("reconcile.yaml", "small_table: { rows: 10 }\n");
    tool.declare(&ONE.replace("TYPE", from));
    tool.wants(0, &["apply", "--yes"])?;
    let rows = "INSERT INTO app.t (id, n) SELECT g, CASE WHEN g % 10 > 0 THEN g END FROM generate_series(1, 200) g; ANALYZE";
    database.run(rows).await?;
    Ok((database, tool))
}

const ALL: [&str; 4] = ["apply", "--yes", "--allow", "all"];
const SUM: &str = "SELECT sum(n::text::numeric)::text FROM app.t";

/// What a person says of NULL, what another role writes, and what does not fit any more before the names change.
async fn on_the_way(major: u16) -> Result<(), Failed> {
    // A domain fills what it is given to, and asks something of every row: the table is written anew then, and told.
    let (database, tool) = one(major, "integer").await?;
    let domain = ONE.replace("TYPE", "qty") + "domains: { qty: { type: bigint, default: 0 } }\n";
    tool.declare(&domain);
    tool.wants(0, &["plan"])?.says("table_rewrite")?;
    tool.wants(0, &ALL)?;
    same("a domain", &database.value(SUM).await?, "18000")?;
    database.drop().await?;
    // NULL may become a value.
    let (database, tool) = one(major, "text").await?;
    let said = "bigint, using: \"coalesce(n, '7')::bigint\", using_back: \"n::text\"";
    tool.declare(&ONE.replace("TYPE", said));
    tool.wants(0, &ALL)?.lacks("table_rewrite")?;
    same("NULL", &database.value(SUM).await?, "18140")?;
    // What speaks of another column is not looked at again when that changes.
    let said = "numeric, using: \"n + coalesce(\\\"b c\\\", 0)\", using_back: \"n::bigint\"";
    tool.declare(&ONE.replace("TYPE", said));
    tool.wants(0, &["plan"])?.says("table_rewrite")?;
    database.drop().await?;
    // Who writes through a view needs no right on what converts; what would not go over is refused before the names change.
    let (database, tool) = one(major, "text").await?;
    tool.declare(&ONE.replace("TYPE", "integer"));
    tool.wants(
        0,
        &["apply", "--yes", "--allow", "all", "--phase", "expand"],
    )?;
    database
        .run("DO $$ BEGIN CREATE ROLE rec_writer; EXCEPTION WHEN duplicate_object THEN NULL; END $$; CREATE SCHEMA api; CREATE VIEW api.v AS SELECT id, n FROM app.t; \
              GRANT USAGE ON SCHEMA api TO rec_writer; GRANT ALL ON api.v TO rec_writer; SET ROLE rec_writer; UPDATE api.v SET n = '1000' WHERE id = 1; INSERT INTO api.v VALUES (501, '2000')")
        .await?;
    database
        .run("DROP SCHEMA api CASCADE; UPDATE app.t SET n = 'n/a' WHERE id = 2")
        .await?;
    tool.wants(5, &ALL)?;
    database
        .run("UPDATE app.t SET n = '3000' WHERE id = 2")
        .await?;
    tool.wants(0, &ALL)?;
    same("written meanwhile", &database.value(SUM).await?, "23997")?;
    database.drop().await
}

/// A former column is taken back for what it is, and nothing is left behind on the one that goes.
async fn with_care(major: u16) -> Result<(), Failed> {
    let (database, tool) = one(major, "integer").await?;
    tool.declare(&ONE.replace("TYPE", "numeric"));
    tool.wants(0, &ALL)?;
    // A value that the former type holds otherwise.
    database
        .run("UPDATE app.t SET n = 1.5 WHERE id = 1")
        .await?;
    tool.wants(3, &["rollback", "--yes"])?
        .says("1 value is another one in the former type")?;
    database.run("UPDATE app.t SET n = 1 WHERE id = 1").await?;
    // What others have put on the column would stay on the one that goes.
    database
        .run("CREATE POLICY p ON app.t USING (n > 0)")
        .await?;
    tool.wants(3, &["rollback", "--yes", "--allow", "all"])?
        .says("policy app.t.p has come to stand on it since")?;
    database.run("DROP POLICY p ON app.t").await?;
    // What was written while the trigger was switched off is not in the former column.
    database
        .run("ALTER TABLE app.t DISABLE TRIGGER USER; UPDATE app.t SET n = 999 WHERE id = 5; ALTER TABLE app.t ENABLE TRIGGER USER")
        .await?;
    tool.wants(0, &["rollback", "--yes", "--allow", "all"])?;
    same("the sum", &database.value(SUM).await?, "18994")?;
    // Several revisions at once do not carry over what lies between.
    tool.declare(&ONE.replace("TYPE", "bigint"));
    tool.wants(0, &ALL)?;
    let renamed = ONE.replace("n: { type: TYPE }", "m: { type: bigint, renamed_from: n }");
    tool.declare(&renamed.replace("id, n", "id, m"));
    tool.wants(0, &ALL)?;
    database
        .run("UPDATE app.t SET m = 777 WHERE id = 5")
        .await?;
    tool.wants(3, &["rollback", "--to", "1", "--yes", "--allow", "all"])?
        .says("other revisions would be undone with it")?;
    tool.wants(0, &["rollback", "--yes", "--allow", "all"])?;
    tool.wants(0, &["rollback", "--yes", "--allow", "all"])?;
    same("the sum", &database.value(SUM).await?, "18772")?;
    database.drop().await
}

/// Files that are what they were take the former column back, with what only that holds.
async fn files_that_return(major: u16) -> Result<(), Failed> {
    let (database, tool) = one(major, "bigint").await?;
    let columns =
        "SELECT count(*)::text FROM pg_attribute WHERE attrelid = 'app.t'::regclass AND attnum > 0";
    for _ in 0..2 {
        tool.declare(&ONE.replace("TYPE", "text"));
        tool.wants(0, &ALL)?;
        database
            .run(
                "UPDATE app.t SET n = '42' WHERE id = 1; UPDATE app.t SET \"b c\" = 1 WHERE id = 2",
            )
            .await?;
        same("columns", &database.value(columns).await?, "4")?;
        tool.declare(&ONE.replace("TYPE", "bigint"));
        tool.wants(0, &ALL)?;
        same("columns", &database.value(columns).await?, "4")?;
        same("the sum", &database.value(SUM).await?, "18041")?;
        tool.wants(0, &["plan", "--detailed-exitcode"])?;
    }
    database
        .run("UPDATE app.t SET n = n + 1 WHERE id = 3")
        .await?;
    tool.wants(0, &["rollback", "--yes", "--allow", "all"])?;
    tool.declare(&ONE.replace("TYPE", "text"));
    tool.wants(0, &["plan", "--detailed-exitcode"])?;
    same("the sum", &database.value(SUM).await?, "18042")?;
    database.drop().await
}

/// The former type goes out of use with its column, and is kept in step all the same.
async fn a_type_that_goes(major: u16) -> Result<(), Failed> {
    let database = Database::make(major).await?;
    let tool = Tool::over(&database);
    tool.write("reconcile.yaml", "small_table: { rows: 10 }\n");
    let columns = "tables: { t: { columns: { id: integer, m: { type: TYPE, not_null: true } }, primary_key: [id] } }\n";
    let moods = "schema: app\nenums: { mood: [sad, glad] }\n";
    tool.declare(&[moods, &columns.replace("TYPE", "mood")].concat());
    tool.wants(0, &["apply", "--yes"])?;
    let rows = "INSERT INTO app.t SELECT g, CASE WHEN g % 2 = 0 THEN 'sad' ELSE 'glad' END::app.mood FROM generate_series(1, 100) g; ANALYZE";
    database.run(rows).await?;
    tool.declare(&["schema: app\n", &columns.replace("TYPE", "text")].concat());
    tool.wants(0, &ALL)?;
    database
        .run("UPDATE app.t SET m = 'glad' WHERE id = 2; INSERT INTO app.t (id, m) VALUES (101, 'sad')")
        .await?;
    tool.wants(
        0,
        &[
            "rollback",
            "--yes",
            "--allow",
            "revives_rows",
            "--allow",
            "breaks_clients",
            "--allow",
            "retires_data",
        ],
    )?;
    let glad = "SELECT count(*) FILTER (WHERE m = 'glad')::text || ' of ' || count(*) FROM app.t";
    same("glad", &database.value(glad).await?, "51 of 101")?;
    database.drop().await
}
