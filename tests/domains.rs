//! Domains: what live rows say against them, and what a plan says of the tables that it reads or writes for them.

use libtest_mimic::{Failed, Trial};

use crate::support::database::Database;
use crate::support::tool::Tool;
use crate::support::{servers, trial};

pub(crate) fn trials() -> Vec<Trial> {
    let Some(major) = servers::newest() else {
        return Vec::new();
    };
    vec![
        trial("domains::rows_that_a_domain_refuses", move || {
            refused_by_rows(major)
        }),
        trial("domains::what_costs_a_lock_is_said", move || {
            said_of_locks(major)
        }),
    ]
}

const STANDS: &str = "domains:
  email: { type: text, checks: { has_at: { check: \"VALUE ~ '@'\", not_valid: true } } }
tables:
  people:
    columns: { id: integer, email: email, age: integer }
    primary_key: [id]
";

async fn filled(major: u16) -> Result<(Database, Tool), Failed> {
    let database = Database::make(major).await?;
    let tool = Tool::over(&database);
    database
        .run(
            "CREATE DOMAIN email AS text; CREATE TABLE people (id integer PRIMARY KEY, email email, age integer); \
             INSERT INTO people SELECT g, CASE WHEN g > 3 THEN g || '@x' WHEN g > 1 THEN 'none' END, g - 4 \
               FROM generate_series(1, 2000) g; ANALYZE; \
             ALTER DOMAIN email ADD CONSTRAINT has_at CHECK (VALUE ~ '@') NOT VALID",
        )
        .await?;
    tool.declare(STANDS);
    tool.wants(0, &["apply", "--yes"])?;
    Ok((database, tool))
}

/// Rows are counted before anything changes, for a domain that is there and for one that comes.
async fn refused_by_rows(major: u16) -> Result<(), Failed> {
    let (database, tool) = filled(major).await?;
    let check = "{ check: \"VALUE ~ '@'\", not_valid: true }";
    let whole = "{ type: text, checks: { has_at: { check: \"VALUE ~ '@'\", not_valid: true } } }";
    let positive = "  positive: { type: integer, checks: { positive_check: VALUE > 0 } }\ntables:";
    for (from, to, says) in [
        (
            check,
            "\"VALUE ~ '@'\"",
            "2 rows hold values that their domain refuses",
        ),
        (check, "\"length(VALUE) < 6\"", "rows hold values"),
        (
            "type: text,",
            "type: text, not_null: true,",
            "1 row holds NULL there",
        ),
        (
            whole,
            "integer",
            "a value is none of the domain's other type",
        ),
        (whole, "varchar(3)", "values do not fit"),
        ("age: integer", "age: positive", "4 rows hold values"),
        (
            "age: integer",
            "age: integer, n: { type: positive, default: \"0\" }",
            "2000 rows hold values",
        ),
    ] {
        let desired = STANDS.replace(from, to);
        assert_ne!(desired, STANDS, "the replacement changes something");
        tool.declare(&desired.replace("tables:", positive));
        tool.wants(3, &["apply", "--yes", "--allow", "all"])?
            .says("fails_on_rows")?
            .says(says)?;
    }
    database.drop().await
}

/// A domain is asked of every row of the tables that use it, under a lock: the plan names them.
async fn said_of_locks(major: u16) -> Result<(), Failed> {
    let (database, tool) = filled(major).await?;
    tool.write("reconcile.yaml", "small_table: { rows: 100 }\n");
    database
        .run("UPDATE people SET email = 'a@b'; ALTER DOMAIN email VALIDATE CONSTRAINT has_at")
        .await?;
    let stands = STANDS.replace(
        "{ check: \"VALUE ~ '@'\", not_valid: true }",
        "\"VALUE ~ '@'\"",
    );
    let checked = stands.replace("checks: {", "checks: { is_short: length(VALUE) < 50,");
    tool.declare(&checked);
    tool.wants(3, &["plan", "--check"])?
        .says("locks public.people (SHARE)")?
        .says("blocks_writes: writers wait while public.people is read")?;
    tool.declare(&stands.replace(
        "age: integer",
        "age: integer, other: { type: email, default: \"'c@d'\" }",
    ));
    tool.wants(3, &["plan", "--check"])?
        .says("table_rewrite: every row of public.people is written anew")?;
    let added = "ADD COLUMN \"other\" public.email DEFAULT";
    tool.wants(0, &["plan"])?.says(added)?;
    tool.wants(0, &["apply", "--yes", "--allow", "all"])?;
    tool.wants(0, &["plan", "--detailed-exitcode"])?;
    database.drop().await
}
