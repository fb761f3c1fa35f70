//! Extended statistics as `pull` finds them.

use libtest_mimic::{Failed, Trial};

use crate::support::database::Database;
use crate::support::tool::Tool;
use crate::support::{servers, trial};

pub(crate) fn trials() -> Vec<Trial> {
    let Some(major) = servers::newest() else {
        return Vec::new();
    };
    vec![trial(
        "statistics::what_is_found_is_pulled_and_level",
        move || pulled(major),
    )]
}

const FOUND: &str = "CREATE SCHEMA app; CREATE SCHEMA other;
    CREATE TABLE app.t (id integer, city text, zip text);
    CREATE STATISTICS app.t_place (mcv) ON city, zip FROM app.t;
    ALTER STATISTICS app.t_place SET STATISTICS 500;
    CREATE STATISTICS other.t_id ON (id % 10) FROM app.t;
    CREATE TABLE app.p (id integer, n integer) PARTITION BY LIST (id);
    CREATE TABLE app.p1 PARTITION OF app.p FOR VALUES IN (1);
    CREATE STATISTICS app.p_own ON id, n FROM app.p1;
    CREATE MATERIALIZED VIEW app.m AS SELECT id, city FROM app.t;
    CREATE STATISTICS app.m_both ON id, city FROM app.m;
    CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w;
    CREATE FOREIGN TABLE app.f PARTITION OF app.p FOR VALUES IN (2) SERVER s;
    CREATE STATISTICS app.strange ON id, n FROM app.f";

/// Those of a table stand in its file; those of what is not modelled are left alone.
async fn pulled(major: u16) -> Result<(), Failed> {
    let database = Database::make(major).await?;
    let tool = Tool::over(&database);
    database.run(FOUND).await?;
    tool.wants(0, &["pull", "--out", "schema"])?;
    for (file, part) in [
        ("schema/app.t.yaml", "statistics:\n  t_place:\n"),
        ("schema/app.t.yaml", "target: 500\n"),
        ("schema/app.m.yaml", "m_both"),
        ("schema/other.t_id.yaml", "(id % 10)"),
        ("schema/app.p_own.yaml", "table: app.p1"),
    ] {
        let text = tool.read(file);
        if !text.contains(part) {
            return Err(Failed::from(format!("{file} lacks `{part}`:\n{text}")));
        }
    }
    tool.wants(0, &["plan", "--detailed-exitcode"])?
        .says("extended statistics of a table not modelled")?;
    tool.wants(0, &["apply", "--yes"])?;
    tool.wants(0, &["drift"])?;
    tool.wants(0, &["plan", "--detailed-exitcode"])?;
    Ok(())
}
