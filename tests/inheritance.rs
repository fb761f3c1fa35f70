//! Tables that inherit over several revisions: by hand before, set aside, let go, purged.

use libtest_mimic::{Failed, Trial};

use crate::support::database::Database;
use crate::support::tool::Tool;
use crate::support::{same, servers, trial};

pub(crate) fn trials() -> Vec<Trial> {
    let Some(major) = servers::newest() else {
        return Vec::new();
    };
    vec![
        trial("inheritance::what_is_pulled_is_level", move || {
            pulled(major)
        }),
        trial("inheritance::of_two_set_aside_one_comes_back", move || {
            one_of_two(major)
        }),
        trial(
            "inheritance::children_leave_a_parent_with_a_column_set_aside",
            move || after_a_column(major),
        ),
        trial("inheritance::a_parent_is_purged_alone", move || {
            purged(major)
        }),
        trial("inheritance::stacked_diamonds_are_walked_once", move || {
            diamonds(major)
        }),
    ]
}

/// Wants a query to answer this.
async fn reads(database: &Database, sql: &str, wanted: &str) -> Result<(), Failed> {
    same("what is read", &database.value(sql).await?, wanted)
}

/// What people have: children made and attached, with parts of their own; below a foreign table there is nothing to be had.
const LIVE: &str = "
    CREATE SCHEMA app;
    CREATE TABLE app.party (id integer PRIMARY KEY, state text DEFAULT 'par', size integer CHECK (size > 0));
    CREATE TABLE app.person (born date) INHERITS (app.party);
    ALTER TABLE app.person ADD PRIMARY KEY (id), ALTER state SET DEFAULT 'kid';
    CREATE TABLE app.firm (vat text, size integer CHECK (size > 0), state text, id integer NOT NULL);
    ALTER TABLE app.firm ADD CONSTRAINT party_size_check CHECK (size > 0);
    ALTER TABLE app.firm INHERIT app.party;
    COMMENT ON COLUMN app.person.state IS 'said here alone';
    CREATE FOREIGN DATA WRAPPER nothing; CREATE SERVER nowhere FOREIGN DATA WRAPPER nothing;
    CREATE FOREIGN TABLE app.far (z integer) SERVER nowhere;
    CREATE TABLE app.near (y integer) INHERITS (app.far);
    INSERT INTO app.party VALUES (1, 'a', 1); INSERT INTO app.person VALUES (2, 'b', 2, '2000-01-01');
    INSERT INTO app.firm VALUES ('v', 3, 'c', 3)";

async fn pulled(major: u16) -> Result<(), Failed> {
    let database = Database::make(major).await?;
    database.run(LIVE).await?;
    let tool = Tool::over(&database);
    tool.wants(0, &["pull", "--out", "schema"])?;
    let text = tool.read("schema/app.person.yaml");
    assert!(
        text.contains("inherits: [party]") && !text.contains("state"),
        "{text}"
    );
    tool.wants(0, &["plan"])?
        .says("Nothing to do")?
        .says("default of its own in a table that inherits app.person.state")?
        .says("comment on a column in a table that inherits app.person.state")?
        .says("table that inherits from something not modelled app.near")?
        .lacks("app.firm.id")?;
    tool.wants(3, &["plan", "--strict"])?;
    // Both leave in one plan, with what is their own; another stage comes after.
    tool.wants(0, &["apply", "--yes"])?;
    tool.write("schema/app.firm.yaml", "schema: app\n");
    tool.write("schema/app.person.yaml", "schema: app\n");
    tool.wants(0, &["apply", "--yes", "--allow", "all"])?;
    tool.wants(0, &["rollback", "--yes", "--allow", "all"])?;
    reads(
        &database,
        "SELECT string_agg(id || state || size, ' ' ORDER BY id) FROM app.party",
        "1a1 2b2 3c3",
    )
    .await
}

/// Two tables are held in one place: when one comes back, the place stays for the other.
async fn one_of_two(major: u16) -> Result<(), Failed> {
    let database = Database::make(major).await?;
    let tool = Tool::over(&database);
    let [a, b] = ["a", "b"].map(|name| format!("  {name}: {{ columns: {{ id: integer }} }}\n"));
    let files = |parts: &[&str]| format!("schema: app\ntables:\n{}  z: {{}}\n", parts.concat());
    tool.declare(&files(&[&a, &b]));
    tool.wants(0, &["apply", "--yes"])?;
    database
        .run("INSERT INTO app.a VALUES (1); INSERT INTO app.b VALUES (2)")
        .await?;
    tool.declare(&files(&[]));
    tool.wants(0, &["apply", "--yes", "--allow", "all"])?;
    tool.declare(&files(&[&a]));
    tool.wants(0, &["apply", "--yes", "--allow", "all"])?;
    reads(&database, "SELECT id::text FROM app.a", "1").await?;
    tool.declare(&files(&[&a, &b]));
    tool.wants(0, &["apply", "--yes", "--allow", "all"])?;
    reads(&database, "SELECT id::text FROM app.b", "2").await
}

/// A column of the parent is set aside, with the values that children have in it: they are set aside and let go all the same.
async fn after_a_column(major: u16) -> Result<(), Failed> {
    let database = Database::make(major).await?;
    let tool = Tool::over(&database);
    let files = |parent: &str, child: &str| {
        format!("schema: app\ntables:\n  p: {{ columns: {{ id: integer{parent} }} }}\n{child}")
    };
    let child = "  c: { inherits: p, columns: { x: integer } }\n";
    tool.declare(&files(", b: text", child));
    tool.wants(0, &["apply", "--yes"])?;
    database.run("INSERT INTO app.c VALUES (1, 'b', 2)").await?;
    tool.declare(&files("", child));
    tool.wants(0, &["apply", "--yes", "--allow", "all"])?;
    for left in ["", "  c: { columns: { id: integer, x: integer } }\n"] {
        tool.declare(&files("", left));
        tool.wants(0, &["apply", "--yes", "--allow", "all"])?;
        tool.wants(0, &["plan"])?.says("Nothing to do")?;
        tool.wants(0, &["rollback", "--yes", "--allow", "all"])?;
    }
    tool.wants(0, &["rollback", "--yes", "--allow", "all"])?;
    reads(&database, "SELECT id || b FROM app.p", "1b").await
}

/// Of a tree that is set aside only the parent is purged: the children stay, and come back.
async fn purged(major: u16) -> Result<(), Failed> {
    let database = Database::make(major).await?;
    let tool = Tool::over(&database);
    let tree = "  p: { columns: { id: integer } }\n  c: { inherits: p, columns: { x: integer } }\n  \
                g: { inherits: c, columns: { y: integer } }\n";
    let files = |own: &str| format!("schema: app\ntables:\n  z: {{}}\n{own}");
    tool.declare(&files(tree));
    tool.wants(0, &["apply", "--yes"])?;
    database
        .run("INSERT INTO app.p VALUES (1); INSERT INTO app.c VALUES (2, 2); INSERT INTO app.g VALUES (3, 3, 3)")
        .await?;
    tool.declare(&files(""));
    tool.wants(0, &["apply", "--yes", "--allow", "all"])?;
    tool.wants(0, &["purge", "table app.p", "--yes"])?;
    tool.declare(&files("  c: { columns: { id: integer, x: integer } }\n  g: { inherits: c, columns: { y: integer } }\n"));
    tool.wants(0, &["apply", "--yes", "--allow", "all"])?;
    reads(
        &database,
        "SELECT string_agg(id::text, ' ' ORDER BY id) FROM app.c",
        "2 3",
    )
    .await
}

/// Ways from one table to another double with every diamond; the tables do not.
async fn diamonds(major: u16) -> Result<(), Failed> {
    let database = Database::make(major).await?;
    let mut sql = String::from("CREATE SCHEMA app; CREATE TABLE app.t0 (id integer);");
    for at in 0..12 {
        let next = at + 1;
        sql.push_str(&format!(
            "CREATE TABLE app.l{at} () INHERITS (app.t{at}); CREATE TABLE app.r{at} () INHERITS (app.t{at}); \
             CREATE TABLE app.t{next} () INHERITS (app.l{at}, app.r{at});"
        ));
    }
    database.run(&sql).await?;
    let tool = Tool::over(&database);
    tool.wants(0, &["pull", "--out", "schema"])?;
    tool.write(
        "schema/app.t0.yaml",
        "schema: app\ntables:\n  t0: { columns: { id: bigint, n: { type: integer, default: \"1\" } } }\n",
    );
    tool.wants(0, &["apply", "--yes", "--allow", "all"])?;
    reads(
        &database,
        "SELECT count(*)::text FROM information_schema.columns WHERE table_schema = 'app' AND column_name = 'n'",
        "37",
    )
    .await
}
