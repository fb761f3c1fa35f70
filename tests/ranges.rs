//! Range types and collations: what is asked of rows, what a plan says, and who may carry it out.

use libtest_mimic::{Failed, Trial};

use crate::support::database::Database;
use crate::support::tool::Tool;
use crate::support::{servers, trial};

pub(crate) fn trials() -> Vec<Trial> {
    let Some(major) = servers::newest() else {
        return Vec::new();
    };
    vec![
        trial("ranges::other_bounds_lose_values", move || {
            other_bounds(major)
        }),
        trial("ranges::an_owner_that_is_no_superuser", move || {
            owned_by_another(major)
        }),
        trial("ranges::labels_under_other_types", move || {
            labels_under(major)
        }),
        trial("ranges::what_is_not_modelled_is_reported", move || {
            reported(major)
        }),
    ]
}

/// Times are cut where their range becomes one of dates: nothing says so but the plan.
async fn other_bounds(major: u16) -> Result<(), Failed> {
    let database = Database::make(major).await?;
    let tool = Tool::over(&database);
    let stands = "ranges: { span: timestamp }\ntables: { t: { columns: { id: bigint, at: span, empty: span_multirange } } }\n";
    tool.declare(stands);
    tool.wants(0, &["apply", "--yes"])?;
    database
        .run("INSERT INTO t VALUES (1, '[2026-01-01 10:00,2026-01-02 11:00)')")
        .await?;
    tool.declare(&stands.replace("timestamp", "date"));
    tool.wants(3, &["apply", "--yes"])?
        .says("loses_data: column public.t.at: 1 value is read as one of the other type")?;
    tool.wants(0, &["apply", "--yes", "--allow", "all"])?;
    tool.wants(0, &["plan", "--detailed-exitcode"])?;
    tool.declare(&stands.replace("timestamp", "integer"));
    tool.wants(1, &["apply", "--yes", "--allow", "all"])?;
    tool.declare(&stands.replace("timestamp", "date"));
    tool.wants(0, &["plan", "--detailed-exitcode"])?;
    database.drop().await
}

/// The functions that make the values of a range type belong to the first superuser, whoever made it: they say nothing of who owns
/// it, and nobody else gives them another name.
async fn owned_by_another(major: u16) -> Result<(), Failed> {
    let database = Database::make(major).await?;
    let tool = Tool::over(&database);
    database
        .run("CREATE ROLE makes_ranges LOGIN; GRANT CREATE ON SCHEMA public TO makes_ranges")
        .await?;
    database
        .run(&format!(
            "GRANT CREATE ON DATABASE \"{}\" TO makes_ranges",
            database.name
        ))
        .await?;
    let url = database
        .url
        .replacen("postgresql://postgres@", "postgresql://makes_ranges@", 1);
    let stands =
        "ranges: { span: integer }\ntables: { t: { columns: { id: bigint, at: span } } }\n";
    tool.declare(stands);
    tool.wants(0, &["apply", "--yes", "--url", &url])?;
    database
        .run("REVOKE EXECUTE ON FUNCTION span(integer, integer) FROM PUBLIC")
        .await?;
    tool.wants(0, &["plan", "--detailed-exitcode", "--url", &url])?;
    tool.declare(
        &stands
            .replace(
                "span: integer",
                "stride: { subtype: integer, renamed_from: span }",
            )
            .replace("at: span", "at: stride"),
    );
    tool.wants(3, &["apply", "--yes", "--allow", "all", "--url", &url])?
        .says("belong to a superuser whoever made it")?;
    tool.wants(0, &["apply", "--yes", "--allow", "all"])?;
    database
        .run("DROP OWNED BY makes_ranges CASCADE; DROP ROLE makes_ranges")
        .await?;
    database.drop().await
}

/// A label comes to an enumerated type that others are made of; that it cannot go again is said before.
async fn labels_under(major: u16) -> Result<(), Failed> {
    let database = Database::make(major).await?;
    let tool = Tool::over(&database);
    for other in [
        "ranges: { other: mood }",
        "domains: { other: mood }",
        "composites: { other: { attributes: [{ a: mood }] } }",
    ] {
        let stands = |labels: &str| {
            format!(
                "enums: {{ mood: [{labels}] }}\n{other}\ntables: {{ t: {{ columns: {{ a: other }} }} }}\n"
            )
        };
        tool.declare(&stands("sad, ok"));
        tool.wants(0, &["apply", "--yes", "--allow", "all"])?;
        tool.declare(&stands("sad, ok, glad"));
        tool.wants(3, &["apply", "--yes"])?
            .says("irreversible")?
            .says("Rehearsed forward on a scratch server; there is no way back")?;
        tool.wants(0, &["apply", "--yes", "--allow", "irreversible"])?;
        tool.wants(0, &["plan", "--detailed-exitcode"])?;
        tool.wants(3, &["rollback", "--yes", "--allow", "all"])?
            .says("other is made of it")?;
        tool.declare("tables: {}\n");
        tool.wants(0, &["apply", "--yes", "--allow", "all"])?;
        tool.wants(0, &["purge", "--all", "--yes"])?;
    }
    database.drop().await
}

/// What the model has no word for is named, and the type stays out of it.
async fn reported(major: u16) -> Result<(), Failed> {
    let database = Database::make(major).await?;
    let tool = Tool::over(&database);
    database
        .run(
            "CREATE SCHEMA other; CREATE TYPE elsewhere AS RANGE (SUBTYPE = integer, MULTIRANGE_TYPE_NAME = other.many); \
             CREATE TYPE renamed AS RANGE (SUBTYPE = integer); ALTER TYPE renamed RENAME TO by_hand; \
             CREATE TYPE said AS RANGE (SUBTYPE = integer); COMMENT ON TYPE said_multirange IS 'not read'",
        )
        .await?;
    tool.declare("tables: {}\n");
    tool.wants(0, &["plan"])?
        .says("range type with a multirange type in another schema public.elsewhere")?
        .says("range type without functions of its name public.by_hand")?
        .says("comment on a multirange type public.said")?;
    tool.declare("ranges: { own: { subtype: integer, multirange_type_name: other.many } }\n");
    tool.wants(1, &["plan"])?
        .says("a multirange type lies in the schema of its range type")?;
    database.drop().await
}
