//! What documents show is what the tool prints: README, the plan of the example, the reference of the format.
//!
//! `RECONCILE_UPDATE_CASES=1` writes what is printed into them.

mod reference;

use libtest_mimic::{Failed, Trial};

use crate::support::database::Database;
use crate::support::tool::{Tool, root};
use crate::support::{failed, same, servers, trial};

/// The state before README's example: `tier` may be NULL, `fax` is there, an index is not.
const BEFORE: &str = "schema: app
tables:
  customers:
    columns:
      id: { type: bigint, identity: always }
      email: { type: text, not_null: true }
      vip: { type: boolean, not_null: true, default: \"false\" }
      tier: text
      fax: text
    primary_key: [id]
  orders:
    columns:
      id: { type: bigint, identity: always }
      customer_id: { type: bigint, not_null: true }
      total: { type: \"numeric(10,2)\", not_null: true }
    primary_key: [id]
";
const ROWS: &str = "INSERT INTO app.customers (email, vip, fax)
    SELECT 'c' || g || '@example.org', g % 7 = 0, CASE WHEN g % 5 = 0 THEN 'fax ' || g END FROM generate_series(1, 200000) g;
INSERT INTO app.orders (customer_id, total) SELECT 1 + g % 200000, g % 1000 FROM generate_series(1, 600000) g;
ANALYZE";

pub(crate) fn trials() -> Vec<Trial> {
    let major = servers::newest().unwrap_or(0);
    // What a plan looks like depends on the major.
    let is_absent = major != 18;
    let pages = reference::PAGES.map(|(page, _, _)| {
        trial(
            format!("documents::examples_of_{page}_are_applied"),
            move || examples(page, major),
        )
        .with_ignored_flag(is_absent)
    });
    let mut all = vec![
        trial("documents::readme_shows_what_is_printed", move || {
            readme(major)
        })
        .with_ignored_flag(is_absent),
        trial("documents::the_shop_has_this_plan", move || shop(major))
            .with_ignored_flag(is_absent),
        Trial::test("documents::readme_settings_are_read", settings),
        Trial::test("documents::coverage_is_current", || {
            is_current("docs/coverage.md", &crate::coverage::page(), |text| {
                text.to_owned()
            })
        }),
        Trial::test("documents::the_reference_is_current", || {
            let schema =
                serde_json::from_str(&reconcile::desired::json_schema()).map_err(failed)?;
            let misplaced = reference::misplaced(&schema);
            same(
                "definitions on no page, or on several",
                &misplaced.join("\n"),
                "",
            )?;
            let plain = |text: &str| text.to_owned();
            is_current("docs/yaml.md", &reference::first(&schema), plain)?;
            for (page, _, names) in reference::PAGES {
                let name = ["docs/yaml/", page].concat();
                let text = std::fs::read_to_string(root().join(&name)).map_err(failed)?;
                let wanted = reference::page(&schema, page, names, &text);
                is_current(&name, &wanted, plain)?;
            }
            Ok(())
        }),
    ];
    all.extend(pages);
    all
}

/// Applies each example of a page to an empty database, and then finds nothing to do.
async fn examples(page: &str, major: u16) -> Result<(), Failed> {
    let text = std::fs::read_to_string(root().join("docs/yaml").join(page)).map_err(failed)?;
    let blocks = Blocks::of(&text, "yaml");
    let examples: Vec<&String> = blocks.parts.iter().skip(1).step_by(2).collect();
    if examples.is_empty() {
        return Err(Failed::from("the page has no example"));
    }
    for example in examples {
        let database = Database::make(major).await?;
        database.run(EXAMPLE_ROLES).await?;
        let tool = Tool::over(&database);
        tool.declare(example);
        tool.wants(0, &["apply", "--yes", "--allow", "all"])?;
        tool.wants(0, &["plan", "--strict", "--detailed-exitcode"])?
            .says("Nothing to do")?;
        database.drop().await?;
    }
    Ok(())
}

/// The roles that examples speak of.
const EXAMPLE_ROLES: &str = "DO $$ DECLARE own text; BEGIN
  FOREACH own IN ARRAY ARRAY['app_rw', 'app_owner', 'reports'] LOOP
    BEGIN
      EXECUTE format('CREATE ROLE %I', own);
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
    END;
  END LOOP;
END $$";

/// Compares a file with what it should hold, as both look through a mask; writes it where that is wanted.
fn is_current(name: &str, wanted: &str, mask: impl Fn(&str) -> String) -> Result<(), Failed> {
    let path = root().join(name);
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    if std::env::var_os("RECONCILE_UPDATE_CASES").is_some() && mask(&found) != mask(wanted) {
        std::fs::write(&path, wanted).map_err(failed)?;
        return Ok(());
    }
    same(
        &format!("{name} (just update-documents)"),
        &mask(&found),
        &mask(wanted),
    )
}

/// Leaves out what differs from run to run: ids, hashes in names, times, the server's minor version.
fn masked(text: &str) -> String {
    text.lines()
        .map(|line| masked_line(&without_age(line)))
        .collect()
}

/// Masks how long ago something was, in a column of a table: its width is masked with it.
fn without_age(line: &str) -> String {
    let is_age = |cell: &str| {
        cell == "a moment"
            || cell.split_once(" second").is_some_and(|(number, rest)| {
                number.parse::<u8>().is_ok() && ["", "s"].contains(&rest)
            })
    };
    let cells = line.split("  ").filter(|cell| !cell.is_empty());
    let cells: Vec<&str> = cells.map(str::trim).collect();
    if !line.starts_with("what ") && !cells.iter().any(|cell| is_age(cell)) {
        return line.to_owned();
    }
    let cells = cells
        .into_iter()
        .map(|cell| if is_age(cell) { "#" } else { cell });
    cells.collect::<Vec<_>>().join("  ")
}

fn masked_line(line: &str) -> String {
    let mut out = String::new();
    for word in line.split_inclusive(|c: char| !c.is_ascii_alphanumeric()) {
        let own = word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        let is_id = own.len() >= 8 && own.chars().all(|c| c.is_ascii_hexdigit());
        let is_number = !own.is_empty() && own.chars().all(|c| c.is_ascii_digit());
        let is_time = line.contains(" UTC ") && is_number;
        let is_minor = out.ends_with("PostgreSQL 18.") && is_number;
        out.push_str(if is_id || is_time || is_minor {
            "#"
        } else {
            own
        });
        out.push_str(&word[own.len()..]);
    }
    out.push('\n');
    out
}

/// The parts of a text between fences of a language, with what lies around them.
struct Blocks {
    language: &'static str,
    /// Text, block, text, block, … text.
    parts: Vec<String>,
}

impl Blocks {
    fn of(text: &str, language: &'static str) -> Self {
        let (opening, closing) = (format!("```{language}\n"), "```\n");
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once(&opening) {
            let (block, after) = after.split_once(closing).unwrap_or((after, ""));
            parts.extend([before.to_owned(), block.to_owned()]);
            rest = after;
        }
        parts.push(rest.to_owned());
        Self { language, parts }
    }

    fn blocks(&self) -> Vec<&str> {
        self.parts
            .iter()
            .skip(1)
            .step_by(2)
            .map(String::as_str)
            .collect()
    }

    /// Returns the text with other blocks.
    fn with(&self, blocks: &[String]) -> String {
        let mut out = String::new();
        for (at, part) in self.parts.iter().enumerate() {
            if at % 2 == 0 {
                out.push_str(part);
            } else {
                out.push_str(&format!("```{}\n{}```\n", self.language, blocks[at / 2]));
            }
        }
        out
    }
}

async fn readme(major: u16) -> Result<(), Failed> {
    let text = std::fs::read_to_string(root().join("README.md")).map_err(failed)?;
    let declared = Blocks::of(&text, "yaml");
    let printed = Blocks::of(&text, "text");
    let database = Database::make(major).await?;
    let tool = Tool::over(&database);
    tool.write("schema/app.yaml", BEFORE);
    tool.wants(0, &["apply", "--yes"])?;
    database.run(ROWS).await?;
    tool.write(
        "schema/app.yaml",
        declared.blocks().first().ok_or("README has no example")?,
    );
    let allowed = [
        "--allow",
        "retires_data",
        "--allow",
        "breaks_clients",
        "--yes",
    ];
    let printed_by = |arguments: &[&str]| {
        let outcome = tool.wants(0, arguments)?;
        Ok::<_, Failed>(renamed(&outcome.stdout, &database, "app"))
    };
    let plan = printed_by(&["plan"])?;
    tool.wants(0, &[&["apply"], allowed.as_slice()].concat())?;
    let shown = [
        plan,
        printed_by(&["status"])?,
        printed_by(&["rollback", "--yes"])?,
    ];
    if shown.len() != printed.blocks().len() {
        return Err(Failed::from(format!(
            "README has {} blocks of output, and these are wanted:\n{}",
            printed.blocks().len(),
            shown.join("\n---\n")
        )));
    }
    is_current("README.md", &printed.with(&shown), masked)?;
    database.drop().await
}

/// Gives a test's database the name that a document calls it by.
fn renamed(text: &str, database: &Database, to: &str) -> String {
    let name = &database.name;
    text.replace(&format!("atabase {name} "), &format!("atabase {to} "))
        .replace(&format!("`{name}`"), &format!("`{to}`"))
}

async fn shop(major: u16) -> Result<(), Failed> {
    let database = Database::make(major).await?;
    let tool = Tool::over(&database);
    let example = |name: &str| {
        root()
            .join("examples")
            .join("shop")
            .join(name)
            .display()
            .to_string()
    };
    tool.wants(0, &["apply", "--desired", &example("schema"), "--yes"])?;
    let rows = std::fs::read_to_string(example("rows.sql")).map_err(failed)?;
    database.run(&rows).await?;
    let planned = tool.wants(
        0,
        &["plan", "--desired", &example("next"), "-o", "markdown"],
    )?;
    let text = renamed(&planned.stdout, &database, "shop");
    is_current("plans/shop.md", &text, masked)?;
    database.drop().await
}

fn settings() -> Result<(), Failed> {
    let text = std::fs::read_to_string(root().join("README.md")).map_err(failed)?;
    let blocks = Blocks::of(&text, "yaml");
    let block = blocks
        .blocks()
        .into_iter()
        .find(|own| own.starts_with("project:"));
    let block = block.ok_or("README shows no settings")?;
    let found = |name: &str| (name == "PROD_URL").then(|| "postgres://localhost/prod".to_owned());
    match reconcile::desired::read_settings("reconcile.yaml", block, &found) {
        Ok(file) if file.warnings.is_empty() => Ok(()),
        Ok(file) => Err(Failed::from(format!(
            "{} keys without effect",
            file.warnings.len()
        ))),
        Err(faults) => Err(Failed::from(format!("{:?}", faults.faults))),
    }
}
