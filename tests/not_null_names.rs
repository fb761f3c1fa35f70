//! What partitions call their NOT NULLs (18 and later), where they were made apart and attached: as a restored dump has them.

use libtest_mimic::{Failed, Trial};

use crate::support::database::Database;
use crate::support::tool::Tool;
use crate::support::{same, servers, trial};

pub(crate) fn trials() -> Vec<Trial> {
    let Some(major) = servers::newest().filter(|major| *major >= 18) else {
        return Vec::new();
    };
    vec![
        trial("not_null_names::a_column_gets_another_type", move || {
            retyped(major)
        }),
        trial("not_null_names::names_that_nobody_asks_for", move || {
            unasked(major)
        }),
        trial(
            "not_null_names::the_name_of_the_table_is_a_name",
            move || as_the_table(major),
        ),
        trial("not_null_names::not_valid_ones", move || not_valid(major)),
        trial("not_null_names::one_of_the_partition_alone", move || {
            of_its_own(major)
        }),
    ]
}

/// As it stands after a restore, or on a cluster that was upgraded from 17.
const APART: &str = "
    CREATE SCHEMA app;
    CREATE TABLE app.m (id int NOT NULL, day date NOT NULL, t text) PARTITION BY RANGE (day);
    CREATE TABLE app.a (id int NOT NULL, day date NOT NULL, t text);
    CREATE TABLE app.b (id int NOT NULL, day date NOT NULL, t text);
    ALTER TABLE app.m ATTACH PARTITION app.a FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
    ALTER TABLE app.m ATTACH PARTITION app.b FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
    INSERT INTO app.m SELECT g, date '2026-01-01' + g, 'x' FROM generate_series(1, 40) AS g;";

const NAMES: &str = "SELECT coalesce(string_agg(conname || CASE WHEN convalidated THEN '' ELSE '?' END, ' ' ORDER BY conname), '')
  FROM pg_constraint WHERE contype = 'n' AND conrelid = 'app.a'::regclass";

fn files(id: &str, t: &str, a: &str) -> String {
    [
        "schema: app\ntables:\n  m:\n    columns: { id: { type: ",
        id,
        ", not_null: true }, day: { type: date, not_null: true }, t: ",
        t,
        " }\n    partition_by: RANGE (day)\n    partitions:\n      a: { bound: FROM ('2026-01-01') TO ('2026-02-01')",
        a,
        " }\n      b: FROM ('2026-02-01') TO ('2026-03-01')\n",
    ]
    .concat()
}

/// The server makes the NOT NULL again, under the name of the table's: nobody asks for another one, or it is refused.
async fn retyped(major: u16) -> Result<(), Failed> {
    for asked in ["", ", not_null_names: own"] {
        let database = Database::make(major).await?;
        database.run(APART).await?;
        let tool = Tool::over(&database);
        tool.declare(&files("integer", "text", asked));
        tool.wants(0, &["apply", "--yes", "--allow", "all"])?;
        tool.declare(&files("bigint", "text", asked));
        tool.wants(0, &["apply", "--yes", "--allow", "all"])?;
        tool.wants(0, &["plan", "--detailed-exitcode"])?;
        tool.wants(0, &["drift"])?;
        tool.wants(0, &["rollback", "--yes", "--allow", "all"])?;
        let sql = "SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'app.a'::regclass AND attname = 'id'";
        same("type", &database.value(sql).await?, "integer")?;
        tool.wants(0, &["drift"])?;
        database.drop().await?;
    }
    let database = Database::make(major).await?;
    database.run(APART).await?;
    let tool = Tool::over(&database);
    tool.declare(&files(
        "bigint",
        "text",
        ", not_null_names: { id: a_id_not_null }",
    ));
    let said = tool.wants(3, &["plan"])?;
    said.says("table app.a cannot call its NOT NULL of id otherwise")?;
    database.drop().await
}

/// Names that files do not say, or `own`, are no difference, in `plan` and in `drift`.
async fn unasked(major: u16) -> Result<(), Failed> {
    let database = Database::make(major).await?;
    database.run(APART).await?;
    let tool = Tool::over(&database);
    for asked in [
        "",
        ", not_null_names: own",
        ", not_null_names: { id: a_id_not_null }",
    ] {
        tool.declare(&files("integer", "text", asked));
        tool.wants(0, &["apply", "--yes"])?;
        tool.wants(0, &["plan", "--detailed-exitcode"])?;
        tool.wants(0, &["drift", "--desired", "schema"])?;
    }
    database.drop().await
}

/// A name that is asked for is wanted, be it that of the table: by what stands, and of a table that is attached.
async fn as_the_table(major: u16) -> Result<(), Failed> {
    let database = Database::make(major).await?;
    database.run(APART).await?;
    let tool = Tool::over(&database);
    tool.declare(&files(
        "integer",
        "text",
        ", not_null_names: { id: m_id_not_null }",
    ));
    tool.wants(3, &["plan"])?;
    database
        .run("ALTER TABLE app.m DETACH PARTITION app.a")
        .await?;
    tool.wants(0, &["apply", "--yes", "--allow", "all"])?;
    same(
        "names",
        &database.value(NAMES).await?,
        "a_day_not_null m_id_not_null",
    )?;
    tool.wants(0, &["plan", "--detailed-exitcode"])?;
    database.drop().await
}

/// What existing rows need not meet is not asked of the rows of what is built from files either.
async fn not_valid(major: u16) -> Result<(), Failed> {
    let (database, other) = (Database::make(major).await?, Database::make(major).await?);
    database.run(APART).await?;
    database
        .run("ALTER TABLE app.m ADD CONSTRAINT later NOT NULL t NOT VALID")
        .await?;
    let tool = Tool::over(&database);
    tool.wants(0, &["pull", "--out", "pulled"])?;
    let to_other = ["--desired", "pulled", "--url", &other.url];
    tool.wants(0, &[&["apply", "--yes"], &to_other[..]].concat())?;
    let names = "a_day_not_null a_id_not_null later?";
    same("names", &database.value(NAMES).await?, names)?;
    same("names", &other.value(NAMES).await?, names)?;
    database.drop().await?;
    other.drop().await
}

/// A NOT NULL that a partition has for itself outlives that of the table, which a rollback takes back.
async fn of_its_own(major: u16) -> Result<(), Failed> {
    let database = Database::make(major).await?;
    database.run(APART).await?;
    database
        .run("ALTER TABLE app.a ALTER COLUMN t SET NOT NULL")
        .await?;
    let tool = Tool::over(&database);
    tool.declare(&files("integer", "{ type: text, not_null: true }", ""));
    tool.wants(0, &["apply", "--yes", "--allow", "all"])?;
    tool.wants(0, &["rollback", "--yes", "--allow", "all"])?;
    same(
        "names",
        &database.value(NAMES).await?,
        "a_day_not_null a_id_not_null a_t_not_null",
    )?;
    database.drop().await
}
