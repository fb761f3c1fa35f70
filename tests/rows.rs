//! Rows that stand in the way of a plan, before or after: what, where and how many is said, and nothing is changed.

use libtest_mimic::{Failed, Trial};

use crate::commands::{ORDERS, WIDER};
use crate::support::database::Database;
use crate::support::tool::Tool;
use crate::support::{servers, trial};

pub(crate) fn trials() -> Vec<Trial> {
    let Some(major) = servers::newest() else {
        return Vec::new();
    };
    vec![
        trial("rows::rows_that_would_fail_are_a_refusal", move || {
            fails_on_rows(major)
        }),
        trial(
            "rows::rows_against_what_is_made_again_or_validated",
            move || fails_on_rows_that_stood(major),
        ),
        trial("rows::values_that_rows_will_hold", move || {
            fails_on_values_to_be(major)
        }),
        trial("rows::labels_that_rows_hold", move || {
            fails_on_labels(major)
        }),
        trial("rows::rows_that_came_since", move || rows_since(major)),
        trial("rows::what_is_destroyed_does_not_come_back", move || {
            irreversible(major)
        }),
    ]
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
