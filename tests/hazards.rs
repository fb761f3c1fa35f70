//! What a plan says of its work: who waits, what breaks, what goes on in silence.

use libtest_mimic::{Failed, Trial};

use crate::support::database::Database;
use crate::support::tool::Tool;
use crate::support::{servers, trial};

pub(crate) fn trials() -> Vec<Trial> {
    let Some(major) = servers::newest() else {
        return Vec::new();
    };
    vec![
        trial("hazards::who_waits_for_the_strongest_lock", move || {
            who_waits(major)
        }),
        trial("hazards::what_breaks_clients_or_goes_stale", move || {
            what_breaks(major)
        }),
        trial("hazards::an_allowed_rewrite_has_no_limit", move || {
            no_limit(major)
        }),
        trial("hazards::what_subscribers_will_not_find", move || {
            subscribers(major)
        }),
        trial("hazards::whose_privileges_count_below_a_view", move || {
            below_a_view(major)
        }),
        trial("hazards::default_privileges_stop_no_plan", move || {
            default_privileges(major)
        }),
        trial("hazards::what_fills_needs_a_place", move || {
            place_of_the_fill(major)
        }),
    ]
}

const LARGE: &str = "small_table: { rows: 100 }\n";
const STANDS: &str = "functions:
  norm(text): { arguments: t text, returns: text, language: sql, volatility: immutable, body: SELECT lower(t) }
  touch(): { returns: trigger, language: plpgsql, body: BEGIN RETURN new; END }
tables:
  big:
    columns: { id: integer, name: text, at: timestamp }
    primary_key: [id]
    indexes: { big_name: [name], big_norm: [norm(name)] }
    triggers: { big_touch: { before: [update], for_each: row, execute: touch() } }
";

async fn filled(major: u16) -> Result<(Database, Tool), Failed> {
    let database = Database::make(major).await?;
    let tool = Tool::over(&database);
    tool.write("reconcile.yaml", LARGE);
    tool.declare(STANDS);
    tool.wants(0, &["apply", "--yes"])?;
    database
        .run("INSERT INTO big SELECT g, g, now() FROM generate_series(1, 3000) g; ANALYZE")
        .await?;
    Ok((database, tool))
}

/// An index that is made again under the lock of a change of type keeps readers waiting; a foreign key of a table that is new
/// keeps nobody.
async fn who_waits(major: u16) -> Result<(), Failed> {
    let (database, tool) = filled(major).await?;
    tool.declare(&STANDS.replace("name: text", "name: varchar(20)"));
    tool.wants(3, &["plan", "--check"])?
        .says("! blocks_reads: readers wait while public.big is indexed")?;
    let fresh = "  fresh:
    columns: { id: integer, big: integer }
    foreign_keys: { f: { columns: [big], references: big, referenced_columns: [id] } }
";
    tool.declare(&[STANDS, fresh].concat());
    tool.wants(0, &["plan", "--check"])?
        .lacks("blocks_writes")?;
    database.drop().await
}

/// A function that goes, one that changes under an index, a trigger that fires for filled rows, a time zone nobody named.
async fn what_breaks(major: u16) -> Result<(), Failed> {
    let (database, tool) = filled(major).await?;
    tool.declare(&STANDS.replace("SELECT lower(t)", "SELECT upper(t)"));
    tool.wants(0, &["plan", "--check"])?
        .says("stale_index: index public.big_norm keeps the entries that it has")?;
    tool.declare(&STANDS.replace(
        "at: timestamp",
        "at: timestamp, n: { type: text, not_null: true, backfill: name }",
    ));
    tool.wants(0, &["plan", "--check"])?
        .says("fires_triggers: trigger public.big.big_touch fires for the rows")?;
    let search = "text_search_dictionaries: { stems: { template: snowball, options: { language: english } } }
text_search_configurations: { search: { parser: default, mappings: { word: stems } } }
";
    let words = "big_words: { method: gin, columns: [\"to_tsvector('search', name)\"] }";
    let stands = [search, &STANDS.replace("big_norm: [norm(name)]", words)].concat();
    tool.declare(&stands);
    tool.wants(0, &["apply", "--yes"])?;
    tool.declare(&stands.replace("english", "german"));
    tool.wants(0, &["plan", "--check"])?.says(
        "stale_index: index public.big_words keeps the entries that it has from text search configuration public.search",
    )?;
    tool.declare(&STANDS.replace("at: timestamp", "at: timestamptz"));
    tool.wants(3, &["plan", "--check"])?
        .says("! guesses_time_zone: column public.big.at goes from")?;
    let without = STANDS.replace(", big_norm: [norm(name)]", "");
    let line = without
        .lines()
        .find(|own| own.contains("norm(text)"))
        .unwrap_or_default();
    tool.declare(&without.replace(&format!("{line}\n"), ""));
    tool.wants(3, &["plan", "--check"])?
        .says("! breaks_clients: statements that name public.norm fail")?;
    database.drop().await
}

/// A rewrite of a large table that was allowed takes as long as it takes, whatever the table was called before.
async fn no_limit(major: u16) -> Result<(), Failed> {
    let (database, tool) = filled(major).await?;
    tool.write(
        "reconcile.yaml",
        &[LARGE, "lock_budget: 20ms\nlock_patience: 3s\n"].concat(),
    );
    database
        .run("INSERT INTO big SELECT g, g, now() FROM generate_series(3001, 200000) g; ANALYZE")
        .await?;
    let wanted = STANDS
        .replace("  big:", "  grown:\n    renamed_from: big")
        .replace("id: integer", "id: bigint");
    tool.declare(&wanted);
    tool.wants(0, &["apply", "--yes", "--allow", "all"])?;
    tool.wants(0, &["plan", "--detailed-exitcode"])?;
    database.drop().await
}

/// Whose privileges count below a view is told, where the view changes in place and where it is made anew; another spelling changes
/// nothing.
async fn below_a_view(major: u16) -> Result<(), Failed> {
    let database = Database::make(major).await?;
    let tool = Tool::over(&database);
    let of = |column: &str, option: &str| {
        format!(
            "tables: {{ t: {{ columns: {{ id: {column} }} }} }}\nviews: {{ v: {{ query: SELECT id FROM t{option} }} }}\n"
        )
    };
    tool.declare(&of("integer", ""));
    tool.wants(0, &["apply", "--yes"])?;
    let told = "privilege_change: what it reads is read with the privileges of whoever queries it";
    for column in ["integer", "bigint"] {
        tool.declare(&of(column, ", security_invoker: true"));
        tool.wants(0, &["plan"])?.says(told)?;
    }
    tool.wants(0, &["apply", "--yes", "--allow", "all"])?;
    let spelled = "ALTER VIEW v SET (security_invoker = yES)";
    database.run(spelled).await?;
    tool.wants(0, &["plan"])?
        .says("ALTER VIEW")?
        .lacks("privilege_change")?;
    database.drop().await
}

/// What default privileges give to a new table is no change of others.
async fn default_privileges(major: u16) -> Result<(), Failed> {
    let (database, tool) = filled(major).await?;
    database
        .run("CREATE ROLE reads_by_default; ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO reads_by_default")
        .await?;
    let wanted = STANDS.replace(
        "at: timestamp",
        "at: timestamp, n: { type: text, not_null: true, backfill: name }",
    );
    tool.declare(&[&wanted, "  fresh:\n    columns: { id: integer }\n"].concat());
    tool.wants(0, &["apply", "--yes", "--allow", "all"])?;
    tool.wants(0, &["plan", "--detailed-exitcode"])?;
    database
        .run("DROP OWNED BY reads_by_default; DROP ROLE reads_by_default")
        .await?;
    database.drop().await
}

/// The function that fills a column meanwhile lives beside its table: whoever may not make it is told before.
async fn place_of_the_fill(major: u16) -> Result<(), Failed> {
    let (database, tool) = filled(major).await?;
    database
        .run(
            "CREATE ROLE fills_columns LOGIN; REVOKE CREATE ON SCHEMA public FROM PUBLIC; ALTER TABLE big OWNER TO fills_columns; \
             GRANT ALL ON SCHEMA reconcile TO fills_columns; GRANT ALL ON ALL TABLES IN SCHEMA reconcile TO fills_columns; \
             GRANT ALL ON ALL SEQUENCES IN SCHEMA reconcile TO fills_columns",
        )
        .await?;
    let url = database
        .url
        .replacen("postgresql://postgres@", "postgresql://fills_columns@", 1);
    tool.declare(&STANDS.replace(
        "at: timestamp",
        "at: timestamp, n: { type: text, not_null: true, backfill: name }",
    ));
    tool.wants(3, &["apply", "--yes", "--allow", "all", "--url", &url])?
        .says("GRANT CREATE ON SCHEMA \"public\" TO \"fills_columns\";")?;
    database
        .run("DROP OWNED BY fills_columns CASCADE; DROP ROLE fills_columns")
        .await?;
    database.drop().await
}

/// What subscribers will not find, and what cannot be updated any more, is told.
async fn subscribers(major: u16) -> Result<(), Failed> {
    let database = Database::make(major).await?;
    let tool = Tool::over(&database);
    let of = |published: &str, columns: &str| {
        format!(
            "publications: {{ p: {published}, every: {{ all_tables: true, publish: [insert] }} }}\ntables:\n  \
             t: {{ columns: {columns}, primary_key: [id] }}\n  bare: {{ columns: {{ id: integer }} }}\n"
        )
    };
    tool.declare(&of(
        "{ tables: { t: , bare: { columns: [id] } }, publish: [insert] }",
        "{ id: integer, a: text }",
    ));
    tool.wants(0, &["apply", "--yes"])?;
    tool.declare(&of(
        "{ tables: { t: , bare: } }",
        "{ id: integer, b: { type: text, renamed_from: a }, c: text }",
    ));
    let plan = tool.wants(0, &["plan"])?;
    plan.says("subscriptions to p fail: they know column public.t.a by this name alone")?
        .says("subscriptions to p fail until their table has column public.t.c")?
        .says("subscriptions to every fail until their table has column public.t.c")?
        .says(
            "UPDATE and DELETE fail: table public.bare has no replica identity, and publication p tells of that",
        )?
        .says("publication p tells of table public.bare in another way")?;
    tool.wants(0, &["apply", "--yes", "--allow", "all"])?;
    tool.declare(&of(
        "{ tables: { t: } }",
        "{ id: integer, b: text, c: text }",
    ));
    tool.wants(0, &["plan"])?
        .says("subscriptions to p hear nothing of table public.bare any more")?;
    tool.declare(
        "tables:\n  t: { columns: { id: integer, b: text, c: text }, primary_key: [id] }\n  bare: { columns: { id: integer } }\n",
    );
    tool.wants(0, &["plan"])?
        .says("subscriptions to p fail")?
        .says("subscriptions to every fail")?
        .lacks("statements that name p fail")?;
    tool.wants(0, &["apply", "--yes", "--allow", "all"])?;
    tool.wants(0, &["rollback", "--yes", "--allow", "all"])?;
    tool.wants(0, &["drift"])?;
    database.drop().await
}
