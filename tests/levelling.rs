//! Hand-written texts against a server's prints: equal where they mean the same, with the cache and without.

use libtest_mimic::{Failed, Trial};

use crate::support::database::Database;
use crate::support::tool::Tool;
use crate::support::{servers, trial};

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for (&major, absent) in servers::majors() {
        let mut add = |own: Trial| {
            let name = own
                .name()
                .trim_end_matches(|last: char| last.is_ascii_digit());
            let is_left_out = absent.is_some() || !servers::is_spread(major, name);
            trials.push(own.with_ignored_flag(is_left_out));
        };
        add(trial(
            format!("levelling::hand_written_texts_settle::{major}"),
            move || hand_written(major),
        ));
        add(trial(
            format!("levelling::every_broken_view_is_reported::{major}"),
            move || broken(major),
        ));
        add(trial(
            format!("levelling::scratch_work_follows_the_change::{major}"),
            move || follows(major),
        ));
        if major == 14 {
            let own = trial("levelling::what_a_server_does_not_know_yet", move || {
                unknown_yet(major)
            });
            trials.push(own.with_ignored_flag(absent.is_some()));
        }
    }
    trials
}

/// Thirty and more ways in which people write what a server prints differently.
const HAND_WRITTEN: &str = r#"
schema: app
tables:
  things:
    columns:
      id: bigint
      code: varchar(3)
      name: { type: varchar, default: "'x'" }
      label: { type: char(4), default: "upper('ab')" }
      price: { type: "numeric(10,2)", default: "0" }
      weight: { type: float8, default: "1" }
      small: { type: int2, default: "1 + 1" }
      tags: { type: "text[]", default: "ARRAY['a','b']" }
      days: { type: "int[]", default: "'{1,2}'" }
      span: { type: interval, default: "'1 day 2 hours'" }
      pause: { type: interval, default: "interval '90 min'" }
      made: { type: timestamptz, default: "CURRENT_TIMESTAMP" }
      born: { type: date, default: "CURRENT_DATE - 1" }
      moment: { type: timestamp, default: "now() AT TIME ZONE 'utc'" }
      flag: { type: bool, default: "'t'" }
      data: { type: jsonb, default: "'{\"a\": [1, 2]}'" }
      key: { type: uuid, default: "gen_random_uuid()" }
    primary_key: [id]
    checks:
      c01: code IN ('a','b')
      c02: code NOT IN ('x', 'y', 'z')
      c03: price BETWEEN 0 AND 100
      c04: price NOT BETWEEN 900 AND 1000
      c05: name LIKE 'a%' OR name ILIKE '%B'
      c06: name NOT LIKE '%!!%'
      c07: name SIMILAR TO '(a|b)%'
      c08: name ~ '^[a-z]+$'
      c09: COALESCE(name, code, '') <> ''
      c10: CAST(price AS int) < 1000
      c11: price::int % 2 = 0 OR price IS NULL
      c12: tags && ARRAY['a','c']::text[]
      c13: tags <> '{}'
      c14: "'a' = ANY (tags)"
      c15: days[1] > 0
      c16: span < interval '2 days'
      c17: made > '2000-01-01'
      c18: born > DATE '1900-01-01'
      c19: length(trim(both from name)) > 0
      c20: "substring(name from 1 for 2) <> 'zz'"
      c21: position('@' in name) = 0
      c22: extract(year from born) > 1900
      c23: flag IS NOT TRUE OR weight > 0
      c24: (code IS DISTINCT FROM name)
      c25: "CASE WHEN flag THEN price > 0 ELSE true END"
      c26: NULLIF(code, '') IS NOT NULL
      c27: GREATEST(price, 1) > LEAST(weight, 2)
      c28: (id, small) > (0, 0)
      c29: "data ->> 'a' IS NOT NULL"
      c30: "data @> '{\"a\": [1]}'"
      c31: label = 'ab'
      c32: not (flag and (weight = 0))
    indexes:
      i1: { columns: ["lower(name)", "(price * 2)"], where: "code IN ('a','b') AND flag" }
      i2: { columns: ["coalesce(code, 'x')"], include: [price] }
      i3: ["made DESC NULLS LAST", "born"]
views:
  w1: "SELECT * FROM app.things WHERE code IN ('a','b') AND price BETWEEN 1 AND 2"
  w2: |
    SELECT t.id, count(*) AS n, string_agg(t.name, ',' ORDER BY t.name) AS names
    FROM app.things t JOIN app.w1 w USING (id)
    WHERE t.name LIKE 'a%' GROUP BY t.id HAVING count(*) > 1 ORDER BY 2 DESC LIMIT 10
  w3: "WITH x AS (SELECT id, code FROM app.things WHERE code NOT IN ('q')) SELECT x.code::text AS code FROM x UNION ALL SELECT 'z'"
  w4: "SELECT id, CASE code WHEN 'a' THEN 1 ELSE 2 END AS n, row_number() OVER (PARTITION BY code ORDER BY id) FROM app.things"
  w5: "SELECT EXISTS (SELECT FROM app.things WHERE flag) AS any_flag, (SELECT max(price) FROM app.things) AS top"
"#;

async fn hand_written(major: u16) -> Result<(), Failed> {
    let database = Database::make(major).await?;
    let tool = Tool::over(&database);
    let cache = tool.path("cache");
    let cache = cache.to_str().expect("it is unicode");
    tool.declare(HAND_WRITTEN);
    let run = |code, arguments: &[&str]| {
        let mut command = tool.command(arguments);
        command.env("RECONCILE_CACHE", cache);
        let outcome = crate::support::tool::outcome(command);
        outcome.wants(code, arguments)?;
        Ok::<_, Failed>(outcome)
    };
    run(0, &["apply", "--yes"])?;
    run(0, &["plan", "--detailed-exitcode"])?;
    run(0, &["plan", "--detailed-exitcode", "-v"])?.says("no scratch server was started")?;
    // Without the cache it is only slower; so it is with a damaged one.
    let mut damaged = 0;
    for folder in std::fs::read_dir(tool.path("cache/prints"))
        .expect("prints were kept")
        .flatten()
    {
        for file in std::fs::read_dir(folder.path())
            .expect("it is a folder")
            .flatten()
        {
            let text = std::fs::read_to_string(file.path())
                .unwrap()
                .replace("app", "apq");
            std::fs::write(file.path(), text).unwrap();
            damaged += 1;
        }
    }
    if damaged < 6 {
        return Err(Failed::from(format!("only {damaged} prints were kept")));
    }
    run(0, &["plan", "--detailed-exitcode", "-v"])?.says("a scratch server was started")?;
    std::fs::remove_dir_all(tool.path("cache")).expect("it can be removed");
    run(0, &["plan", "--detailed-exitcode", "-v"])?.says("a scratch server was started")?;
    // And a real difference is one with the cache, too.
    tool.declare(&HAND_WRITTEN.replace("code IN ('a','b')\n", "code IN ('a','c')\n"));
    run(2, &["plan", "--detailed-exitcode"])?.says("c01")?;
    run(2, &["plan", "--detailed-exitcode"])?;
    database.drop().await
}

async fn broken(major: u16) -> Result<(), Failed> {
    let database = Database::make(major).await?;
    let tool = Tool::over(&database);
    tool.declare(
        "schema: app\n\
         tables:\n\
         \x20 t: { columns: { id: bigint } }\n\
         views:\n\
         \x20 a: SELECT nothing FROM app.t\n\
         \x20 b: SELECT id FROM app.nowhere\n\
         \x20 c: SELEC id FROM app.t\n\
         \x20 d: SELECT id + 'x'::date FROM app.t\n\
         \x20 e: SELECT b FROM app.a\n\
         \x20 fine: SELECT id FROM app.t\n",
    );
    let outcome = tool.wants(1, &["plan"])?;
    for line in 5..=9 {
        outcome.says(&format!("schema/all.yaml:{line}:3"))?;
    }
    if outcome.stderr.contains("view app.fine") {
        return Err(Failed::from(outcome.stderr));
    }
    tool.wants(1, &["validate"])?.says("schema/all.yaml:5:3")?;
    // A cycle of views.
    tool.declare("views:\n  a: SELECT * FROM b\n  b: SELECT * FROM a\n");
    tool.wants(1, &["plan"])?
        .says("schema/all.yaml:2:3")?
        .says("schema/all.yaml:3:3")?;
    database.drop().await
}

/// A change of one table among 300 builds fewer than 20 on scratch.
async fn follows(major: u16) -> Result<(), Failed> {
    let database = Database::make(major).await?;
    let tool = Tool::over(&database);
    let files = |width: &str| {
        let mut text = String::from("schema: app\ntables:\n");
        for number in 0..300 {
            let width = if number == 150 { width } else { "3" };
            text.push_str(&format!(
                "  t{number}:\n    columns: {{ id: bigint, code: varchar({width}), other: bigint }}\n    primary_key: [id]\n    \
                 checks: {{ t{number}_code: \"code IN ('a','b')\" }}\n    indexes: {{ t{number}_other: [other] }}\n"
            ));
        }
        text.push_str("views:\n");
        for number in 0..100 {
            text.push_str(&format!(
                "  v{number}: SELECT id, code FROM app.t{number} JOIN app.t{} USING (id, code)\n",
                number + 100
            ));
        }
        text
    };
    tool.declare(&files("3"));
    tool.wants(0, &["apply", "--yes"])?;
    tool.wants(0, &["plan", "--detailed-exitcode"])?;
    tool.declare(&files("4"));
    let outcome = tool.wants(2, &["plan", "--detailed-exitcode", "-v"])?;
    let line = outcome
        .stderr
        .lines()
        .find(|line| line.contains("built there"))
        .unwrap_or_default()
        .to_owned();
    let built: usize = line
        .split_whitespace()
        .find_map(|word| word.parse().ok())
        .ok_or_else(|| {
            Failed::from(format!(
                "nobody says how much was built: {}",
                outcome.stderr
            ))
        })?;
    if built >= 20 {
        return Err(Failed::from(line));
    }
    database.drop().await
}

/// What came with a later major is said by its name and place, and not by a syntax error.
async fn unknown_yet(major: u16) -> Result<(), Failed> {
    let database = Database::make(major).await?;
    let tool = Tool::over(&database);
    tool.declare(
        "schema: app
collations:
  own: { provider: builtin, locale: C.UTF-8 }
  rules: { provider: icu, locale: und, rules: '& a < b' }
tables:
  t:
    columns:
      id: { type: bigint, not_null: { no_inherit: true } }
      twice: { type: bigint, generated: id * 2, virtual: true }
    checks:
      small: { check: id < 9, not_enforced: true }
    unique:
      u: { columns: [id], nulls_not_distinct: true }
views:
  v: { query: SELECT id FROM app.t, security_invoker: true }
",
    );
    for command in ["plan", "validate"] {
        let outcome = tool.wants(1, &[command])?;
        for (what, since) in [
            ("the provider builtin", 17),
            ("a collation with rules", 16),
            ("a NOT NULL with NO INHERIT", 18),
            ("a virtual generated column", 18),
            ("NOT ENFORCED", 18),
            ("NULLS NOT DISTINCT", 15),
            ("security_invoker", 15),
        ] {
            outcome.says(&format!(
                "{what} needs PostgreSQL {since}, and the server is 14"
            ))?;
        }
        outcome.says("schema/all.yaml:3:3")?;
    }
    database.drop().await
}
