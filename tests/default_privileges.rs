//! Default privileges around files, plans and names.

use libtest_mimic::{Failed, Trial};

use crate::support::database::Database;
use crate::support::tool::Tool;
use crate::support::{same, servers, trial};

pub(crate) fn trials() -> Vec<Trial> {
    let Some(major) = servers::newest() else {
        return Vec::new();
    };
    vec![
        trial("default_privileges::roles_with_other_names", move || {
            named(major)
        }),
        trial("default_privileges::pulled_into_files", move || {
            pulled(major)
        }),
        trial(
            "default_privileges::a_plan_that_rests_on_others",
            move || rests(major),
        ),
        trial("default_privileges::allowed_as_it_is_told", move || {
            allowed(major)
        }),
    ]
}

async fn database(major: u16) -> Result<Database, Failed> {
    let database = Database::make(major).await?;
    for role in ["reconcile one", "reconcile \"\"two"] {
        let sql = format!(
            "DO $$ BEGIN CREATE ROLE \"{role}\"; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
        );
        database.run(&sql).await?;
    }
    Ok(database)
}

const FILES: &str = "default_privileges: { maker: { tables: { reader: [select] } }, postgres: { functions: {} } }\n\
    schemas: { app: { default_privileges: { maker: { sequences: { reader: [usage] } } } } }\n\
    tables: { t: { columns: { id: integer } } }\n";

/// Files call roles otherwise than the database does.
async fn named(major: u16) -> Result<(), Failed> {
    let database = database(major).await?;
    let tool = Tool::over(&database);
    tool.write(
        "reconcile.yaml",
        "roles: { maker: reconcile one, reader: 'reconcile \"two' }\n",
    );
    tool.declare(FILES);
    tool.wants(0, &["apply", "--yes", "--allow", "all"])?;
    tool.wants(0, &["drift"])?;
    tool.wants(0, &["plan", "--detailed-exitcode"])?;
    tool.wants(0, &["pull", "--out", "schema"])?
        .says("level with the database")?;
    tool.wants(0, &["pull", "--out", "fresh"])?;
    let text = tool.read("fresh/default_privileges.yaml");
    assert!(
        text.contains("maker:\n    tables:\n      reader: [select]"),
        "{text}"
    );
    tool.declare("schemas: { app: }\ntables: { t: { columns: { id: integer } } }\n");
    tool.wants(0, &["apply", "--yes", "--allow", "all"])?;
    let left = "SELECT count(*)::text FROM pg_default_acl";
    same("the lists", &database.value(left).await?, "0")?;
    database.drop().await
}

/// What others have changed, and what they have added, is written where it belongs.
async fn pulled(major: u16) -> Result<(), Failed> {
    let database = database(major).await?;
    let tool = Tool::over(&database);
    tool.declare(
        "# Ours.\ndefault_privileges: { reconcile one: { tables: { postgres: [select] } } }\n\
         schemas: { app: { default_privileges: { postgres: { tables: {} } } } }\n",
    );
    tool.wants(0, &["apply", "--yes", "--allow", "all"])?;
    database
        .run(
            "ALTER DEFAULT PRIVILEGES FOR ROLE \"reconcile one\" GRANT INSERT ON TABLES TO postgres; \
             ALTER DEFAULT PRIVILEGES FOR ROLE \"reconcile \"\"two\" GRANT USAGE ON SEQUENCES TO PUBLIC; \
             ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT SELECT ON TABLES TO \"reconcile one\"; \
             ALTER DEFAULT PRIVILEGES FOR ROLE \"reconcile one\" IN SCHEMA app GRANT USAGE ON TYPES TO \"reconcile \"\"two\"",
        )
        .await?;
    tool.wants(2, &["drift"])?;
    tool.wants(0, &["pull", "--out", "schema"])?;
    tool.wants(0, &["plan", "--detailed-exitcode"])?;
    tool.wants(0, &["pull", "--out", "schema"])?
        .says("level with the database")?;
    // What the files have now is what there is: without it nothing is left.
    tool.wants(0, &["apply", "--yes"])?;
    let held = "SELECT count(*)::text FROM pg_default_acl";
    same("the lists", &database.value(held).await?, "4")?;
    database.drop().await
}

/// A plan that makes something rests on what that is open to from the start.
async fn rests(major: u16) -> Result<(), Failed> {
    let database = database(major).await?;
    let tool = Tool::over(&database);
    tool.declare("tables: { t: { columns: { id: integer }, grants: {} } }\n");
    let plan = tool.wants(0, &["plan", "-o", "json"])?;
    tool.write("plan.json", &plan.stdout);
    database
        .run("ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO \"reconcile one\"")
        .await?;
    tool.wants(4, &["apply", "plan.json", "--yes"])?
        .says("default privilege table \"CURRENT_USER\" is not what it was")?;
    tool.wants(0, &["apply", "--yes"])?;
    tool.wants(0, &["plan", "--detailed-exitcode"])?;
    database.drop().await
}

/// What is printed to allow a hazard allows it.
async fn allowed(major: u16) -> Result<(), Failed> {
    let database = database(major).await?;
    let tool = Tool::over(&database);
    tool.declare("default_privileges: { postgres: { functions: { reconcile one: [execute] } } }\n");
    let plan = tool.wants(3, &["apply", "--yes"])?;
    let word = plan.stdout.lines().find_map(|line| {
        let line = line.trim().strip_prefix("--allow '")?;
        line.strip_suffix('\'')
    });
    let word = word.ok_or("it says how it is allowed")?.to_owned();
    tool.wants(0, &["apply", "--yes", "--allow", &word])?;
    database.drop().await
}
