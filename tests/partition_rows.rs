//! Rows that stand in the way of partitions, and rows that refer to others.

use libtest_mimic::{Failed, Trial};

use crate::support::database::Database;
use crate::support::tool::Tool;
use crate::support::{same, servers, trial};

pub(crate) fn trials() -> Vec<Trial> {
    let Some(major) = servers::newest() else {
        return Vec::new();
    };
    vec![
        trial("partitions::rows_that_stand_in_the_way", move || {
            in_the_way(major)
        }),
        trial("partitions::rows_refer_to_what_is_made_anew", move || {
            made_anew(major)
        }),
        trial("partitions::rows_that_refer_to_each_other", move || {
            among_themselves(major)
        }),
    ]
}

/// Rows that do not fit, rows that belong there already, and rows that others refer to are told before the first step.
async fn in_the_way(major: u16) -> Result<(), Failed> {
    let database = Database::make(major).await?;
    let tool = Tool::over(&database);
    let text = "schema: app
tables:
  old: { columns: { id: bigint, at: { type: date, not_null: true } }, primary_key: [id, at] }
  events:
    columns: { id: bigint, at: date }
    primary_key: [id, at]
    partition_by: RANGE (at)
    partitions: { events_1: FROM ('2024-01-01') TO ('2024-02-01'), events_rest: DEFAULT }
  visits:
    columns: { id: bigint, event: bigint, at: date }
    foreign_keys: { event_fk: { columns: [event, at], references: events } }
";
    tool.declare(text);
    tool.wants(0, &["apply", "--yes"])?;
    database
        .run(
            "INSERT INTO app.old VALUES (1, '2022-01-01'), (2, '2023-05-05'), (3, '2023-06-06'); \
             INSERT INTO app.events VALUES (1, '2024-01-05'), (2, '2025-01-01'), (3, '2025-02-02'); \
             INSERT INTO app.visits VALUES (1, 1, '2024-01-05'); ANALYZE",
        )
        .await?;
    let old = "  old: { columns: { id: bigint, at: { type: date, not_null: true } }, primary_key: [id, at] }\n";
    let attached = text.replace(old, "").replace(
        "events_rest: DEFAULT",
        "old: FROM ('2023-01-01') TO ('2024-01-01'), events_rest: DEFAULT",
    );
    tool.declare(&attached);
    tool.wants(3, &["apply", "--yes", "--allow", "all"])?
        .says("1 row does not fit its bound")?;
    tool.declare(&text.replace(
        "events_rest: DEFAULT",
        "events_2: FROM ('2025-01-01') TO ('2026-01-01'), events_rest: DEFAULT",
    ));
    tool.wants(3, &["apply", "--yes", "--allow", "all"])?
        .says("2 rows of the default partition belong there")?;
    tool.declare(&text.replace("events_1: FROM ('2024-01-01') TO ('2024-02-01'), ", ""));
    tool.wants(3, &["apply", "--yes", "--allow", "all"])?
        .says("1 row of another table refers to one of its rows")?;
    database
        .run("DELETE FROM app.old WHERE id = 1; DELETE FROM app.events WHERE at >= '2025-01-01'; DELETE FROM app.visits")
        .await?;
    tool.declare(&attached);
    tool.wants(0, &["apply", "--yes", "--allow", "all"])?;
    same(
        "what is read",
        &database
            .value("SELECT count(*)::text FROM app.events")
            .await?,
        "3",
    )?;
    tool.wants(0, &["rollback", "--yes", "--allow", "all"])?;
    same(
        "what is read",
        &database.value("SELECT count(*)::text FROM app.old").await?,
        "2",
    )?;
    Ok(())
}

/// A table that is made anew holds none of the rows that others refer to: that is told before the first step.
async fn made_anew(major: u16) -> Result<(), Failed> {
    let database = Database::make(major).await?;
    let tool = Tool::over(&database);
    let plain = "schema: app
tables:
  p: { columns: { id: integer }, primary_key: [id] }
  r: { columns: { p: integer }, foreign_keys: { r_fk: { columns: [p], references: p } } }
";
    let partitioned = plain.replace(
        "primary_key: [id] }",
        "primary_key: [id], partition_by: HASH (id), partitions: { p0: \"WITH (MODULUS 1, REMAINDER 0)\" } }",
    );
    tool.declare(plain);
    tool.wants(0, &["apply", "--yes"])?;
    database
        .run("INSERT INTO app.p VALUES (1); INSERT INTO app.r VALUES (1); ANALYZE")
        .await?;
    tool.declare(&partitioned);
    tool.wants(3, &["apply", "--yes", "--allow", "all"])?
        .says("1 row refers to nothing")?;
    database.run("DELETE FROM app.r").await?;
    tool.wants(0, &["apply", "--yes", "--allow", "all"])?;
    tool.wants(0, &["plan"])?.says("Nothing to do")?;
    // The rows come back with the table.
    database.run("INSERT INTO app.p VALUES (2)").await?;
    tool.wants(0, &["rollback", "--yes", "--allow", "all"])?;
    same(
        "what is read",
        &database
            .value("SELECT string_agg(id::text, ',') FROM app.p")
            .await?,
        "1",
    )?;
    Ok(())
}

/// Rows that refer to each other become rows of the whole, whose foreign key they keep; they leave it when they no longer do.
async fn among_themselves(major: u16) -> Result<(), Failed> {
    let database = Database::make(major).await?;
    let tool = Tool::over(&database);
    let text = |partitions: &str, table: &str| {
        format!(
            "schema: app
tables:
  node:
    columns: {{ id: {{ type: integer, not_null: true }}, parent: integer }}
    partition_by: RANGE (id)
    partitions: {{ node_1: FROM (0) TO (100){partitions} }}
    primary_key: [id]
    foreign_keys: {{ node_parent: {{ columns: [parent], references: node }} }}
{table}"
        )
    };
    tool.declare(&text(
        "",
        "  old: { columns: { id: { type: integer, not_null: true }, parent: integer }, primary_key: [id] }\n",
    ));
    tool.wants(0, &["apply", "--yes"])?;
    database
        .run("INSERT INTO app.node VALUES (1, NULL); INSERT INTO app.old VALUES (101, 1), (102, 101); ANALYZE")
        .await?;
    tool.declare(&text(", old: FROM (100) TO (200)", ""));
    tool.wants(0, &["apply", "--yes", "--allow", "all"])?;
    tool.wants(0, &["plan"])?.says("Nothing to do")?;
    tool.wants(3, &["rollback", "--yes"])?
        .says("1 row of another table refers to one of its rows")?;
    database
        .run("UPDATE app.node SET parent = 1 WHERE id = 102")
        .await?;
    tool.wants(0, &["rollback", "--yes", "--allow", "all"])?;
    same(
        "what is read",
        &database
            .value("SELECT string_agg(o::text, ',' ORDER BY id) FROM app.old o")
            .await?,
        "(101,1),(102,1)",
    )
}
