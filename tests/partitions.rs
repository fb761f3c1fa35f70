//! Partitions that others make, what differs in one of them, and what is refused for their shape.

use libtest_mimic::{Failed, Trial};

use crate::support::database::Database;
use crate::support::tool::Tool;
use crate::support::{same, servers, trial};

pub(crate) fn trials() -> Vec<Trial> {
    let Some(major) = servers::newest() else {
        return Vec::new();
    };
    vec![
        trial("partitions::what_is_pulled_is_level", move || pulled(major)),
        trial(
            "partitions::one_set_aside_comes_back_as_it_was",
            move || set_aside(major),
        ),
        trial("partitions::those_of_others_are_left_alone", move || {
            unmanaged(major)
        }),
        trial("partitions::what_no_statement_does_is_refused", move || {
            refused(major)
        }),
        trial(
            "partitions::a_whole_that_comes_back_without_one",
            move || without_one(major),
        ),
        trial("partitions::defaults_of_their_own_stay", move || {
            own_defaults(major)
        }),
        trial(
            "partitions::one_that_gets_columns_leaves_without",
            move || with_more(major),
        ),
        trial(
            "partitions::whole_tables_are_purged_with_theirs",
            move || purged(major),
        ),
    ]
}

/// Wants a query to answer this.
fn equal(found: &str, wanted: &str) -> Result<(), Failed> {
    same("what is read", found, wanted)
}

/// What people have in production: partitions made and attached, with names and defaults of their own.
const LIVE: &str = "
    CREATE SCHEMA app;
    CREATE TABLE app.customers (id bigint PRIMARY KEY);
    CREATE TABLE app.orders (id bigint, at date NOT NULL, customer bigint REFERENCES app.customers, amount integer DEFAULT 1,
        CHECK (amount > 0), PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
    CREATE INDEX orders_customer ON app.orders (customer);
    CREATE TABLE app.orders_2024 PARTITION OF app.orders FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
    CREATE TABLE app.orders_2025 (amount integer DEFAULT 5 NOT NULL CHECK (amount > 0), dropped text, at date NOT NULL,
        customer bigint, id bigint NOT NULL, CONSTRAINT orders_amount_check CHECK (amount > 0));
    ALTER TABLE app.orders_2025 DROP COLUMN dropped;
    CREATE INDEX \"an odd name\" ON app.orders_2025 (customer);
    ALTER TABLE app.orders ATTACH PARTITION app.orders_2025 FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
    CREATE TABLE app.orders_rest PARTITION OF app.orders DEFAULT PARTITION BY HASH (id);
    CREATE TABLE app.orders_rest_0 PARTITION OF app.orders_rest FOR VALUES WITH (MODULUS 1, REMAINDER 0);
    COMMENT ON COLUMN app.orders_2025.amount IS 'said here alone';
    COMMENT ON INDEX app.\"an odd name\" IS 'here too';
    CREATE VIEW app.newest AS SELECT id, amount FROM app.orders_2025;
    INSERT INTO app.customers VALUES (1), (2);
    INSERT INTO app.orders SELECT g, '2024-06-01'::date + 200 * g, 1 + g % 2, g FROM generate_series(1, 4) g";

/// Whatever is there is written, read back and equal; what the format has no word for is named.
async fn pulled(major: u16) -> Result<(), Failed> {
    let database = Database::make(major).await?;
    database.run(LIVE).await?;
    let tool = Tool::over(&database);
    tool.wants(0, &["pull", "--out", "schema"])?;
    tool.wants(0, &["plan"])?
        .says("Nothing to do")?
        .says("default of its own in a partition app.orders_2025.amount")?
        .says("NOT NULL of its own in a partition app.orders_2025.amount")?
        .says("comment on a column in a partition app.orders_2025.amount")?
        .says("comment on what a partition has from its table")?;
    tool.wants(3, &["plan", "--strict"])?;
    tool.wants(0, &["apply", "--yes"])?;
    tool.wants(0, &["drift"])?;
    tool.wants(0, &["drift", "--desired", "schema"])?;
    database
        .run("CREATE TABLE app.orders_2023 PARTITION OF app.orders FOR VALUES FROM ('2023-01-01') TO ('2024-01-01')")
        .await?;
    tool.wants(0, &["pull", "--out", "schema"])?;
    let text = tool.read("schema/app.orders.yaml");
    assert!(
        text.contains("orders_2023: FROM ('2023-01-01') TO ('2024-01-01')"),
        "{text}"
    );
    tool.wants(0, &["plan"])?.says("Nothing to do")?;
    // Names that nobody asks for are left as they are, whatever they are.
    assert!(text.contains("orders_customer: an odd name"), "{text}");
    let silent = without(&text, "index_names");
    tool.write("schema/app.orders.yaml", &silent);
    tool.wants(0, &["plan"])?.says("Nothing to do")?;
    database
        .run("ALTER INDEX app.\"an odd name\" RENAME TO another")
        .await?;
    tool.wants(0, &["plan"])?.says("Nothing to do")?;
    tool.write("schema/app.orders.yaml", &text);
    tool.wants(2, &["drift", "--desired", "schema"])?
        .says("index_names")?;
    tool.wants(0, &["apply", "--yes"])?
        .says("ALTER INDEX \"app\".\"another\" RENAME TO \"an odd name\"")?;
    let unknown = text.replace(
        "orders_customer: an odd name",
        "orders_custome: an odd name",
    );
    tool.write("schema/app.orders.yaml", &unknown);
    tool.wants(1, &["validate"])?
        .says("did you mean `orders_customer`?")?;
    Ok(())
}

/// Leaves a key out, with all that is below it.
fn without(text: &str, key: &str) -> String {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let mut inside: Option<usize> = None;
    let kept = text.lines().filter(|line| {
        inside = inside.filter(|at| indent(line) > *at);
        if line.trim_start().starts_with(key) {
            inside = Some(indent(line));
        }
        inside.is_none()
    });
    kept.collect::<Vec<&str>>().join("\n")
}

const NAMES: &str = "SELECT concat_ws(' ', \
    (SELECT string_agg(format('%s %s', a.attname, pg_get_expr(d.adbin, d.adrelid)), ',' ORDER BY a.attnum) FROM pg_attribute a \
       JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum WHERE a.attrelid = 'app.orders_2025'::regclass), \
    obj_description('app.\"an odd name\"'::regclass), col_description('app.orders_2025'::regclass, 1), \
    (SELECT string_agg(attname, ',' ORDER BY attnum) FROM pg_attribute \
      WHERE attrelid = 'app.orders_2025'::regclass AND attnotnull AND attnum > 0), \
    (SELECT string_agg(conname, ',' ORDER BY conname) FROM pg_constraint WHERE conrelid = 'app.orders_2025'::regclass), \
    (SELECT string_agg(inhparent::regclass::text, ',') FROM pg_inherits WHERE inhrelid IN ('app.orders_2025'::regclass, 'app.\"an odd name\"'::regclass)))";

/// A partition with names, a default and comments of its own is set aside, and comes back with all of them and its rows.
async fn set_aside(major: u16) -> Result<(), Failed> {
    let database = Database::make(major).await?;
    database.run(LIVE).await?;
    let tool = Tool::over(&database);
    tool.wants(0, &["pull", "--out", "schema"])?;
    tool.wants(0, &["apply", "--yes"])?;
    let rows = "SELECT string_agg(t::text, ' ' ORDER BY id) FROM (SELECT id, at, customer, amount FROM app.orders) AS t";
    let (names, all) = (database.value(NAMES).await?, database.value(rows).await?);
    let text = tool.read("schema/app.orders.yaml");
    tool.write("schema/app.orders.yaml", &without(&text, "orders_2025"));
    tool.write("schema/app.newest.yaml", "schema: app\n");
    tool.wants(0, &["apply", "--yes", "--allow", "all"])?
        .says("DETACH PARTITION")?;
    tool.wants(0, &["plan"])?.says("Nothing to do")?;
    equal(
        &database
            .value("SELECT count(*)::text FROM app.orders")
            .await?,
        "3",
    )?;
    tool.wants(0, &["rollback", "--yes", "--allow", "all"])?
        .says("ATTACH PARTITION")?;
    equal(&database.value(rows).await?, &all)?;
    equal(&database.value(NAMES).await?, &names)?;
    Ok(())
}

/// Partitions that a job makes come and go: nobody is told of them, nothing is set aside, and what is done to the table is
/// done to them.
async fn unmanaged(major: u16) -> Result<(), Failed> {
    let database = Database::make(major).await?;
    let tool = Tool::over(&database);
    let text = "schema: app\ntables:\n  events:\n    columns: { id: bigint, at: date }\n    partition_by: RANGE (at)\n    \
                partitions: unmanaged\n    indexes: { events_at: [at] }\n";
    tool.declare(text);
    tool.write("reconcile.yaml", "manage: { undeclared: retire }\n");
    tool.wants(0, &["apply", "--yes"])?;
    database
        .run(
            "CREATE TABLE app.events_1 PARTITION OF app.events FOR VALUES FROM ('2024-01-01') TO ('2024-02-01'); \
             CREATE TABLE app.events_2 PARTITION OF app.events FOR VALUES FROM ('2024-02-01') TO ('2024-03-01'); \
             INSERT INTO app.events SELECT g, '2024-01-20'::date + g FROM generate_series(1, 20) g; ANALYZE",
        )
        .await?;
    tool.wants(0, &["plan"])?
        .says("Nothing to do")?
        .lacks("events_1")?;
    tool.wants(0, &["drift"])?.lacks("events_1")?;
    tool.wants(0, &["drift", "--desired", "schema"])?
        .lacks("events_1")?;
    tool.wants(0, &["pull", "--out", "schema"])?;
    let pulled = tool.read("schema/all.yaml");
    assert!(
        pulled.contains("partitions: unmanaged") && !pulled.contains("events_1"),
        "{pulled}"
    );
    tool.declare(&text.replace(
        "at: date }",
        "at: date, state: { type: text, not_null: true, default: \"'new'\" } }",
    ));
    tool.wants(0, &["apply", "--yes", "--allow", "all"])?;
    equal(
        &database.value("SELECT string_agg(DISTINCT state || ' ' || tableoid::regclass, ',') FROM app.events").await?,
        "new app.events_1,new app.events_2",
    )?;
    database.run("DROP TABLE app.events_1").await?;
    tool.wants(0, &["drift"])?;
    tool.wants(0, &["plan"])?.says("Nothing to do")?;
    Ok(())
}

const TABLE: &str = "schema: app
tables:
  other: { columns: { id: bigint, at: date, more: text } }
  events:
    columns: { id: bigint, at: date }
    partition_by: RANGE (at)
    partitions:
      events_1: FROM ('2024-01-01') TO ('2024-02-01')
      events_2: FROM ('2024-02-01') TO ('2024-03-01')
";

async fn refused(major: u16) -> Result<(), Failed> {
    let database = Database::make(major).await?;
    let tool = Tool::over(&database);
    tool.declare(TABLE);
    tool.wants(0, &["apply", "--yes"])?;
    let before = database.value(SHAPE).await?;
    for (exit, from, to, says) in [
        (
            3,
            "partition_by: RANGE (at)",
            "partition_by: RANGE ((at + 0))",
            "cannot be partitioned otherwise",
        ),
        (
            3,
            "('2024-02-01') TO ('2024-03-01')",
            "('2024-02-01') TO ('2024-04-01')",
            "cannot hold other rows",
        ),
        (
            1,
            "events_2: FROM ('2024-02-01')",
            "events_2: FROM ('2024-01-05')",
            "overlap",
        ),
        (
            3,
            "      events_1:",
            "      other: FROM ('2025-01-01') TO ('2026-01-01')\n      events_1:",
            "has no such column",
        ),
        (
            3,
            "columns: { id: bigint, at: date }\n",
            "columns: { id: bigint, at: timestamp }\n",
            "column app.events.at cannot change its type",
        ),
        (
            1,
            "      events_1: FROM",
            "      events_1: { columns: { id: int }, bound: x }\n      e: FROM",
            "has the columns of",
        ),
        (
            1,
            "    partition_by: RANGE (at)\n",
            "",
            "nothing says how its rows are spread",
        ),
        (
            1,
            "      events_1: FROM ('2024-01-01') TO ('2024-02-01')\n      events_2: FROM ('2024-02-01') TO ('2024-03-01')\n",
            "      events_1: { with: { fillfactor: 50 } }\n",
            "has no `bound`",
        ),
        (1, "      events_1:", "      events_2:", "twice"),
    ] {
        let mut text = TABLE.replace(from, to);
        if to.contains("other:") {
            text = text.replace(
                "  other: { columns: { id: bigint, at: date, more: text } }\n",
                "",
            );
        }
        tool.declare(&text);
        tool.wants(exit, &["plan"])?.says(says)?;
    }
    equal(&database.value(SHAPE).await?, &before)?;
    // Of such a trigger the server leaves a copy in what is detached. What comes could not leave again.
    database.run("CREATE FUNCTION app.seen() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'").await?;
    let with = TABLE.replace(
        "    partition_by: RANGE (at)\n",
        "    partition_by: RANGE (at)\n    triggers: { look: { after: [insert], for_each: row, constraint: true, references: other, execute: seen() } }\n",
    );
    let last = "      events_2: FROM ('2024-02-01') TO ('2024-03-01')\n";
    let (less, more) = (
        with.replace(last, ""),
        with.replace(
            last,
            &[
                last,
                "      events_3: FROM ('2024-03-01') TO ('2024-04-01')\n",
            ]
            .concat(),
        ),
    );
    tool.declare(&with);
    tool.wants(0, &["apply", "--yes"])?;
    tool.declare(&less);
    tool.wants(3, &["plan"])?
        .says("table app.events_2 cannot leave while its table has trigger app.events.look")?;
    tool.declare(&more);
    tool.wants(3, &["plan", "--check"])?.says("irreversible")?;
    tool.wants(0, &["apply", "--yes", "--allow", "irreversible"])?;
    tool.wants(3, &["rollback", "--yes", "--allow", "all"])?
        .says("cannot leave while its table has")?;
    tool.declare(TABLE);
    tool.wants(3, &["plan"])?.says("events_3 cannot leave")?;
    tool.declare(&more.replace("references: other, ", ""));
    tool.wants(0, &["apply", "--yes", "--allow", "all"])?;
    tool.declare(TABLE);
    tool.wants(0, &["apply", "--yes", "--allow", "all"])?;
    // What a partition has for itself would be taken for its share of the same thing of the whole.
    let own = TABLE.replace(
        "      events_1: FROM ('2024-01-01') TO ('2024-02-01')\n",
        "      events_1: { bound: \"FROM ('2024-01-01') TO ('2024-02-01')\", indexes: { own: [id] } }\n",
    );
    tool.declare(&own);
    tool.wants(0, &["apply", "--yes"])?;
    tool.declare(&own.replace(
        "    partition_by: RANGE (at)\n",
        "    partition_by: RANGE (at)\n    indexes: { on_id: [id] }\n",
    ));
    tool.wants(3, &["plan"])?
        .says("index app.own would be taken for a part of index app.on_id")?;
    Ok(())
}

/// The tables of a schema, with their bounds.
const SHAPE: &str = "SELECT string_agg(c.relname || coalesce(pg_get_expr(c.relpartbound, c.oid), ''), ',' ORDER BY c.relname) \
    FROM pg_class c WHERE c.relnamespace = 'app'::regnamespace";

/// What holds a whole table is deleted with its partitions, those first.
async fn purged(major: u16) -> Result<(), Failed> {
    let database = Database::make(major).await?;
    let tool = Tool::over(&database);
    tool.declare(TABLE);
    tool.wants(0, &["apply", "--yes"])?;
    tool.declare(
        "schema: app\ntables:\n  other: { columns: { id: bigint, at: date, more: text } }\n",
    );
    tool.wants(0, &["apply", "--yes", "--allow", "all"])?;
    tool.wants(0, &["purge", "--yes", "table app.events"])?
        .says("events_1")?;
    equal(
        &database
            .value("SELECT count(*)::text FROM pg_class WHERE relname ~ '^events'")
            .await?,
        "0",
    )?;
    tool.wants(0, &["plan"])?.says("Nothing to do")?;
    Ok(())
}

/// A table that comes back from where it was set aside leaves the partitions there that are not declared with it: with their rows,
/// and read with nobody. Where others look after them, they come back.
async fn without_one(major: u16) -> Result<(), Failed> {
    for left in [false, true] {
        let database = Database::make(major).await?;
        let tool = Tool::over(&database);
        tool.declare(TABLE);
        tool.wants(0, &["apply", "--yes"])?;
        database
            .run("INSERT INTO app.events VALUES (1, '2024-01-05'), (2, '2024-02-05'); ANALYZE")
            .await?;
        tool.declare(
            "schema: app\ntables:\n  other: { columns: { id: bigint, at: date, more: text } }\n",
        );
        tool.wants(0, &["apply", "--yes", "--allow", "all"])?;
        let again = if left {
            let at = TABLE.find("    partitions:").unwrap_or_default();
            format!("{}    partitions: unmanaged\n", &TABLE[..at])
        } else {
            TABLE.replace(
                "      events_1: FROM ('2024-01-01') TO ('2024-02-01')\n",
                "",
            )
        };
        tool.declare(&again);
        tool.wants(0, &["apply", "--yes", "--allow", "all"])?;
        let seen =
            "SELECT string_agg(id || ' ' || tableoid::regclass, ',' ORDER BY id) FROM app.events";
        let wanted = if left {
            "1 app.events_1,2 app.events_2"
        } else {
            "2 app.events_2"
        };
        equal(&database.value(seen).await?, wanted)?;
        tool.wants(0, &["plan"])?.says("Nothing to do")?;
        if left {
            tool.wants(0, &["purge", "--yes", "table app.events_1"])?
                .says("Nothing to do")?;
        } else {
            tool.wants(0, &["purge", "--all", "--yes"])?;
        }
        equal(&database.value(seen).await?, wanted)?;
    }
    Ok(())
}

/// A default that is one partition's alone, and that one partition alone lacks, outlive a change of that of the whole table, a
/// change of type and the way back.
async fn own_defaults(major: u16) -> Result<(), Failed> {
    let database = Database::make(major).await?;
    let tool = Tool::over(&database);
    let text = "schema: app
tables:
  t:
    columns: { a: integer, b: { type: integer, default: \"1\" } }
    partition_by: LIST (a)
    partitions: { t1: IN (1), t2: IN (2), t3: IN (3) }
";
    tool.declare(text);
    tool.wants(0, &["apply", "--yes"])?;
    database
        .run("ALTER TABLE app.t1 ALTER b SET DEFAULT 2; ALTER TABLE app.t2 ALTER b DROP DEFAULT; INSERT INTO app.t VALUES (1), (2), (3)")
        .await?;
    let defaults = "SELECT string_agg(c.relname || ' ' || coalesce(pg_get_expr(d.adbin, d.adrelid), '-'), ',' ORDER BY c.relname) \
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'b' \
        LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum WHERE c.relnamespace = 'app'::regnamespace";
    for to in [
        text.replace("\"1\"", "\"7\""),
        text.replace("b: { type: integer", "b: { type: bigint"),
    ] {
        tool.declare(&to);
        tool.wants(0, &["apply", "--yes", "--allow", "all"])?;
        let new = if to.contains("\"7\"") { "7" } else { "1" };
        let wanted = ["t ", new, ",t1 2,t2 -,t3 ", new].concat();
        let found = database
            .value(defaults)
            .await?
            .replace("'", "")
            .replace("::bigint", "");
        equal(&found, &wanted)?;
        tool.wants(0, &["plan"])?.says("Nothing to do")?;
        tool.wants(0, &["rollback", "--yes", "--allow", "all"])?;
        equal(&database.value(defaults).await?, "t 1,t1 2,t2 -,t3 1")?;
    }
    Ok(())
}

/// A table that lacks a column of the whole gets it before it is attached, and gives it up again on the way back.
async fn with_more(major: u16) -> Result<(), Failed> {
    let database = Database::make(major).await?;
    let tool = Tool::over(&database);
    let text = "schema: app
tables:
  old: { columns: { id: bigint } }
  whole:
    columns: { id: bigint, extra: text }
    partition_by: RANGE (id)
    partitions: { p1: FROM (1) TO (10) }
";
    tool.declare(text);
    tool.wants(0, &["apply", "--yes"])?;
    database
        .run(
            "INSERT INTO app.old VALUES (11), (12); INSERT INTO app.whole VALUES (1, 'x'); ANALYZE",
        )
        .await?;
    tool.declare(
        &text
            .replace("  old: { columns: { id: bigint } }\n", "")
            .replace(
                "p1: FROM (1) TO (10)",
                "p1: FROM (1) TO (10), old: FROM (10) TO (20)",
            ),
    );
    tool.wants(0, &["apply", "--yes", "--allow", "all"])?;
    equal(
        &database
            .value("SELECT string_agg(concat_ws(' ', id, extra), ',' ORDER BY id) FROM app.whole")
            .await?,
        "1 x,11,12",
    )?;
    tool.wants(0, &["rollback", "--yes", "--allow", "all"])?;
    equal(
        &database
            .value("SELECT string_agg(o::text, ',' ORDER BY id) FROM app.old o")
            .await?,
        "(11),(12)",
    )?;
    // Files by which a partition loses a column are refused: nobody would set that aside.
    tool.declare(&format!(
        "{}  p1: {{ columns: {{ id: bigint }} }}\n",
        text.replace("p1: FROM (1) TO (10)", "")
    ));
    tool.wants(3, &["plan"])?
        .says("column app.p1.extra is a column of the whole table")?;
    Ok(())
}
