//! Foreign tables over several revisions: what becomes one, what was one, what goes and comes back.

use libtest_mimic::{Failed, Trial};

use crate::support::database::Database;
use crate::support::tool::Tool;
use crate::support::{same, servers, trial};

pub(crate) fn trials() -> Vec<Trial> {
    let Some(major) = servers::newest() else {
        return Vec::new();
    };
    vec![
        trial(
            "foreign::a_table_with_rows_does_not_become_one",
            move || with_rows(major),
        ),
        trial(
            "foreign::one_that_goes_comes_back_without_a_word",
            move || back(major),
        ),
        trial(
            "foreign::a_password_is_left_alone_and_shown_nowhere",
            move || password(major),
        ),
        trial("foreign::what_is_found_is_pulled_and_level", move || {
            pulled(major)
        }),
    ]
}

const SERVER: &str =
    "foreign_data_wrappers: { w: {} }\nservers: { s: { wrapper: w } }\nschema: app\n";

fn files(tables: &str) -> String {
    format!("{SERVER}tables:\n  z: {{}}\n{tables}")
}

const FOREIGN: &str = "  t: { foreign: { server: s }, columns: { id: integer } }\n";

async fn with_rows(major: u16) -> Result<(), Failed> {
    let database = Database::make(major).await?;
    let tool = Tool::over(&database);
    tool.declare(&files("  t: { columns: { id: integer } }\n"));
    tool.wants(0, &["apply", "--yes"])?;
    database.run("INSERT INTO app.t VALUES (7)").await?;
    tool.declare(&files(FOREIGN));
    tool.wants(3, &["apply", "--yes", "--allow", "all"])?
        .says("table app.t holds its rows itself, and would be a foreign table")?;
    // Set aside it stays, whatever takes its name.
    tool.declare(&files(""));
    tool.wants(0, &["apply", "--yes", "--allow", "all"])?;
    tool.declare(&files(FOREIGN));
    tool.wants(0, &["apply", "--yes", "--allow", "all"])?
        .lacks("DROP TABLE")?;
    let aside = database
        .value("SELECT count(*)::text FROM pg_class WHERE relname = 't' AND relkind = 'r'")
        .await?;
    same("the table that was set aside", &aside, "1")?;
    tool.wants(0, &["rollback", "--yes", "--allow", "all"])?;
    tool.wants(0, &["rollback", "--yes", "--allow", "all"])?;
    same(
        "its row",
        &database.value("SELECT id::text FROM app.t").await?,
        "7",
    )
}

async fn password(major: u16) -> Result<(), Failed> {
    let database = Database::make(major).await?;
    let tool = Tool::over(&database);
    let mappings = |options: &str| {
        format!("{SERVER}tables: {{ z: {{}} }}\nuser_mappings:\n  s (public): {options}\n")
    };
    tool.declare(&mappings("{ options: { user: john, password: s3cr3t } }"));
    tool.wants(1, &["plan"])?
        .says("option password of user mapping s(PUBLIC) may be a secret, and files hold none")?
        .lacks("s3cr3t")?;
    tool.declare(&mappings("{ options: { user: john } }"));
    tool.wants(0, &["apply", "--yes"])?;
    let add = "ALTER USER MAPPING FOR PUBLIC SERVER s OPTIONS (ADD password 's3cr3t')";
    database.run(add).await?;
    tool.wants(0, &["drift"])?;
    tool.wants(0, &["plan"])?
        .says("option password of a user mapping")?
        .lacks("s3cr3t")?;
    tool.declare(&mappings("{ options: { user: jane } }"));
    tool.wants(0, &["plan", "-o", "json"])?.lacks("s3cr3t")?;
    tool.wants(0, &["apply", "--yes"])?;
    tool.wants(0, &["pull", "--out", "pulled"])?
        .lacks("s3cr3t")?;
    let held = "SELECT umoptions::text FROM pg_user_mapping";
    let wanted = "{user=jane,password=s3cr3t}";
    same("the options", &database.value(held).await?, wanted)?;
    let told = "SELECT count(*)::text FROM reconcile.revision r WHERE r::text LIKE '%s3cr3t%'";
    same("the journal", &database.value(told).await?, "0")?;
    // Gone, it comes back without: that is a decision.
    tool.declare(&format!("{SERVER}tables: {{ z: {{}} }}\n"));
    tool.wants(3, &["apply", "--yes"])?.says("loses_data")?;
    tool.wants(0, &["apply", "--yes", "--allow", "all"])?;
    tool.wants(0, &["rollback", "--yes", "--allow", "all"])?;
    same("the options", &database.value(held).await?, "{user=jane}")
}

async fn back(major: u16) -> Result<(), Failed> {
    let database = Database::make(major).await?;
    let tool = Tool::over(&database);
    let counted = "  t: { foreign: { server: s }, columns: { id: { type: integer, default: \"nextval('app.n')\" }, b: text } }\n";
    let sequence = "sequences: { n: { owned_by: t.id } }\n";
    tool.declare(&[&files(counted), sequence].concat());
    tool.wants(0, &["apply", "--yes"])?;
    database.run("SELECT setval('app.n', 41)").await?;
    tool.declare(&files(
        "  t: { foreign: { server: s }, columns: { id: integer } }\n",
    ));
    tool.wants(0, &["apply", "--yes", "--allow", "all"])?
        .says("breaks_clients: statements that name app.t.b fail")?
        .lacks("loses_data")?;
    tool.wants(0, &["rollback", "--yes"])?;
    tool.declare(&files(""));
    tool.wants(0, &["apply", "--yes", "--allow", "all"])?
        .says("DROP FOREIGN TABLE")?
        .says("breaks_clients: statements that name app.t fail")?;
    tool.wants(0, &["rollback", "--yes"])?;
    let next = database.value("SELECT nextval('app.n')::text").await?;
    same("what is counted next", &next, "42")?;
    tool.declare(&[&files(counted), sequence].concat());
    tool.wants(0, &["plan"])?.says("Nothing to do").map(|_| ())
}

/// What people have; a child of somebody's that is gone with the session changes nothing.
const LIVE: &str = "
    CREATE SCHEMA app; CREATE FOREIGN DATA WRAPPER nothing; CREATE SERVER nowhere FOREIGN DATA WRAPPER nothing;
    CREATE FOREIGN TABLE app.far (z text COMPRESSION pglz OPTIONS (a 'b'), y integer GENERATED ALWAYS AS IDENTITY, CHECK (y > 0))
      SERVER nowhere OPTIONS (c 'd=e', \"f g\" 'h''i');
    COMMENT ON FOREIGN TABLE app.far IS 'Elsewhere.'; COMMENT ON TYPE app.far IS 'A row.';
    CREATE FOREIGN TABLE app.parent (z integer) SERVER nowhere;
    CREATE TABLE app.child () INHERITS (app.parent)";

async fn pulled(major: u16) -> Result<(), Failed> {
    let database = Database::make(major).await?;
    database.run(LIVE).await?;
    let mut session = database.connect().await?;
    sqlx::raw_sql("CREATE TEMP TABLE x () INHERITS (app.far)")
        .execute(&mut session)
        .await?;
    let tool = Tool::over(&database);
    tool.wants(0, &["pull", "--out", "schema"])?;
    let text = tool.read("schema/app.far.yaml");
    assert!(
        text.contains("\"f g\": h'i") || text.contains("f g: h'i"),
        "{text}"
    );
    tool.wants(0, &["plan"])?
        .says("Nothing to do")?
        .says("comment on a row type app.far")?
        .says("foreign table that inherits, or is a partition app.parent")?
        .lacks("foreign table app.far")?;
    Ok(())
}
