//! What others have made: it is neither dropped nor left without what it stands on.

use libtest_mimic::{Failed, Trial};

use crate::support::database::Database;
use crate::support::tool::Tool;
use crate::support::{same, servers, trial};

pub(crate) fn trials() -> Vec<Trial> {
    let Some(major) = servers::newest() else {
        return Vec::new();
    };
    vec![
        trial("outside::a_rollback_leaves_what_others_added", move || {
            added_since(major)
        }),
        trial(
            "outside::what_stands_on_what_goes_is_a_refusal",
            move || stands_on_what_goes(major),
        ),
        trial("outside::a_rollback_asks_who_stands_on_it", move || {
            stands_on_what_was_made(major)
        }),
        trial("outside::nobody_needs_what_is_set_aside", move || {
            set_aside(major)
        }),
        trial("outside::a_role_that_only_reads_sees_no_drift", move || {
            read_by_another(major)
        }),
        trial("outside::a_function_over_a_row_type_stays", move || {
            over_a_row_type(major)
        }),
    ]
}

const TABLE: &str = "tables:
  t:
    columns: { id: integer }
    primary_key: [id]
";

/// Owners are read relative to the reader: a role that only reads finds what the applier left.
async fn read_by_another(major: u16) -> Result<(), Failed> {
    let database = Database::make(major).await?;
    let tool = Tool::over(&database);
    let everything = "foreign_data_wrappers: { w: {} }\nservers: { s: { wrapper: w } }\nschema: app\n\
                      enums: { e: [a] }\nviews: { v: { query: SELECT 1 AS a, grants: { postgres: [select] } } }\n\
                      user_mappings: { s (public): { options: { user: john } } }\n\
                      default_privileges: { postgres: { functions: { postgres: [execute] }, tables: { public: [select] } } }\n";
    tool.declare(&[everything, TABLE].concat());
    tool.wants(0, &["apply", "--yes", "--allow", "all"])?;
    database
        .run(
            "DO $$ BEGIN CREATE ROLE \"reconcile reads\" LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$; \
             GRANT USAGE ON SCHEMA reconcile TO \"reconcile reads\"; GRANT SELECT ON ALL TABLES IN SCHEMA reconcile TO \"reconcile reads\"",
        )
        .await?;
    let url = database.url.replace("postgres@", "reconcile%20reads@");
    tool.wants(0, &["drift", "--url", &url])?;
    // Options that it may not see count as they are declared.
    tool.wants(0, &["plan", "--url", &url, "--detailed-exitcode"])?;
    // What another one has got is seen by either.
    database
        .run("ALTER TABLE app.t OWNER TO \"reconcile reads\"")
        .await?;
    for url in [&url, &database.url] {
        tool.wants(2, &["drift", "--url", url])?
            .says("owner table app.t was created outside")?
            .says("1 difference")?;
    }
    Ok(())
}

/// A column, a check, an index and a comment that somebody added by hand outlive the rollback of another change.
async fn added_since(major: u16) -> Result<(), Failed> {
    let database = Database::make(major).await?;
    let tool = Tool::over(&database);
    tool.declare(TABLE);
    tool.wants(0, &["apply", "--yes"])?;
    tool.declare(&TABLE.replace(
        "{ id: integer }",
        "{ id: integer, c: text, b: { type: bigint, default: \"2\" } }",
    ));
    tool.wants(0, &["apply", "--yes"])?;
    database
        .run(
            "ALTER TABLE t ADD x integer CHECK (x > 0); CREATE INDEX t_x ON t (x); CREATE INDEX t_c ON t (c); \
             COMMENT ON TABLE t IS 'by hand'; INSERT INTO t VALUES (1, 'c', 3, 42)",
        )
        .await?;
    tool.wants(0, &["rollback", "--yes", "--allow", "all"])?
        .lacks("\"x\"")?;
    let kept = "SELECT concat_ws(' ', x, obj_description('t'::regclass), to_regclass('t_x') IS NOT NULL, \
                (SELECT count(*) FROM pg_constraint WHERE conname = 't_x_check')) FROM t";
    same(
        "what is kept",
        &database.value(kept).await?,
        "42 by hand t 1",
    )?;
    database.drop().await
}

/// A view and a foreign key of others keep a column and a table from going.
async fn stands_on_what_goes(major: u16) -> Result<(), Failed> {
    let database = Database::make(major).await?;
    let tool = Tool::over(&database);
    let declared = "functions:
  f(integer): { returns: integer, language: sql, body: SELECT 1 }
tables:
  t:
    columns: { id: integer, c: text }
    primary_key: [id]
";
    tool.declare(declared);
    tool.wants(0, &["apply", "--yes"])?;
    database
        .run("CREATE VIEW other AS SELECT c FROM t; CREATE TABLE more (id integer REFERENCES t)")
        .await?;
    tool.declare(&declared.replace(", c: text", ""));
    tool.wants(3, &["plan"])?
        .says("column public.t.c cannot go: view public.other depends on it")?;
    database.run("DROP VIEW other").await?;
    tool.wants(0, &["plan"])?;
    tool.declare(&declared[..declared.find("tables:").unwrap_or_default()]);
    tool.wants(3, &["plan"])?
        .says("cannot go: foreign key public.more.more_id_fkey depends on it")?;
    database.drop().await
}

/// A function of others that takes a row of a table stays what it is when that table is set aside.
async fn over_a_row_type(major: u16) -> Result<(), Failed> {
    let database = Database::make(major).await?;
    let tool = Tool::over(&database);
    tool.declare(TABLE);
    tool.wants(0, &["apply", "--yes"])?;
    database
        .run("CREATE FUNCTION f(t) RETURNS integer LANGUAGE sql AS 'SELECT 1'")
        .await?;
    tool.declare("tables:\n  u:\n    columns: { id: integer }\n");
    tool.wants(3, &["apply", "--yes", "--allow", "all"])?
        .says("function public.f(public.t) depends on it")?;
    same(
        "functions",
        &database
            .value("SELECT count(*)::text FROM pg_proc WHERE proname = 'f'")
            .await?,
        "1",
    )?;
    database.drop().await
}

/// What others have put on what a revision made keeps that from going again; so does a use of a type.
async fn stands_on_what_was_made(major: u16) -> Result<(), Failed> {
    let database = Database::make(major).await?;
    let tool = Tool::over(&database);
    tool.declare(TABLE);
    tool.wants(0, &["apply", "--yes"])?;
    tool.declare(&TABLE.replace("{ id: integer }", "{ id: integer, x: text }"));
    tool.wants(0, &["apply", "--yes"])?;
    database.run("CREATE VIEW hv AS SELECT x FROM t").await?;
    tool.wants(3, &["rollback", "--yes", "--allow", "all"])?
        .says("view public.hv depends on it")?;
    database.run("DROP VIEW hv").await?;
    tool.wants(0, &["rollback", "--yes", "--allow", "all"])?;
    for kind in ["enums: { e: [a, b] }", "domains: { e: text }"] {
        tool.declare(&[kind, "\n", TABLE].concat());
        tool.wants(0, &["apply", "--yes", "--allow", "all"])?;
        database.run("CREATE TABLE h (x e)").await?;
        tool.declare(TABLE);
        tool.wants(3, &["plan"])?
            .says("public.e cannot go: column public.h.x depends on it")?;
        tool.wants(3, &["rollback", "--yes", "--allow", "all"])?
            .says("public.h")?;
        database.run("DROP TABLE h").await?;
        tool.wants(0, &["rollback", "--yes", "--allow", "all"])?;
    }
    database.drop().await
}

/// Columns that every row needed are set aside, their table under another name: rows come without them.
async fn set_aside(major: u16) -> Result<(), Failed> {
    let database = Database::make(major).await?;
    let tool = Tool::over(&database);
    tool.declare(TABLE);
    tool.wants(0, &["apply", "--yes"])?;
    let wanted = TABLE.replace("  t:", "  tt:\n    renamed_from: t").replace(
        "{ id: integer }",
        "{ id: integer, w: { type: text, not_null: true, backfill: \"'w'\" }, n: { type: bigint, identity: always }, q: { type: needed, default: \"'q'\" } }",
    );
    let domain = "domains: { needed: { type: text, not_null: true } }\n";
    tool.declare(&[domain, &wanted].concat());
    tool.wants(0, &["apply", "--yes", "--allow", "all"])?;
    database.run("INSERT INTO tt VALUES (1, 'x')").await?;
    tool.wants(0, &["rollback", "--yes", "--allow", "all"])?;
    database.run("INSERT INTO t VALUES (2)").await?;
    tool.declare(
        &[
            domain,
            &TABLE.replace(
                "{ id: integer }",
                "{ id: integer, q: { type: needed, default: \"'q'\" } }",
            ),
        ]
        .concat(),
    );
    database.run("DELETE FROM t WHERE id = 2").await?;
    tool.wants(0, &["apply", "--yes", "--allow", "all"])?;
    same(
        "what came back",
        &database.value("SELECT string_agg(q, ',') FROM t").await?,
        "q",
    )?;
    tool.wants(0, &["plan", "--detailed-exitcode"])?;
    database.drop().await
}
