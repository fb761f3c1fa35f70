//! The cases: one YAML file per situation, run in both directions on every major.

#[path = "expected.rs"]
mod expected;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use libtest_mimic::{Failed, Trial};
use reconcile::desired::{self, Loaded};
use reconcile::model::{Address, Settings};
use reconcile::pipeline::{self, Caller, Project, Silent, Stop, Target};
use reconcile::plan::{Plan, Until};
use schemars::JsonSchema;
use serde::Deserialize;

pub(crate) use self::expected::write_updates;
use self::expected::{brief, compare};
use crate::changed::{self, Catalogs};
use crate::support::database::{Database, Rows};
use crate::support::{dump, failed, pulled, same, servers, trial};

/// A situation: two states of a database, and what becomes of one on its way to the other.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Case {
    /// What the case is about, in a sentence.
    about: String,
    /// The first major version that knows what is declared.
    #[serde(default)]
    since: Option<u16>,
    /// Settings, as in reconcile.yaml.
    #[serde(default)]
    settings: String,
    /// SQL that runs before anything is declared.
    #[serde(default)]
    setup: String,
    /// The state to begin with, as YAML of the desired state.
    current: String,
    /// The state to reach.
    desired: String,
    /// SQL that fills the tables of the current state.
    #[serde(default)]
    seed: String,
    /// SQL that fills the tables of the desired state, for the way from there to the current one.
    #[serde(default)]
    seed_back: String,
    /// SQL that an application goes on running: after the plan, and after the rollback.
    #[serde(default)]
    uses: String,
    /// What is expected.
    #[serde(default)]
    expect: Expect,
}

/// What is expected of a case.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Expect {
    /// Columns whose values are converted, and so not the same afterwards.
    #[serde(default)]
    converts: Vec<String>,
    /// Columns whose values cannot come back.
    #[serde(default)]
    loses: Vec<String>,
    /// SQL that removes what stays for the sake of retired things (an extension), before structures are compared.
    #[serde(default)]
    tidy: String,
    /// A part of the message with which planning forward refuses.
    #[serde(default)]
    refuses: Option<String>,
    /// A part of the message with which planning back refuses.
    #[serde(default)]
    refuses_back: Option<String>,
    /// What has to be allowed before the plan forward runs, each as `hazard:kind address`; absent: not compared.
    #[serde(default)]
    stops: Option<Vec<String>>,
    /// What has to be allowed before the plan back runs.
    #[serde(default)]
    stops_back: Option<Vec<String>>,
    /// The plan from current to desired, by the first major that it is for.
    #[serde(default)]
    forward: BTreeMap<u16, String>,
    /// The plan from desired to current, by the first major that it is for.
    #[serde(default)]
    back: BTreeMap<u16, String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Direction {
    Forward,
    Back,
}

impl Direction {
    fn word(self) -> &'static str {
        match self {
            Self::Forward => "forward",
            Self::Back => "back",
        }
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests")
        .join("cases")
}

/// Returns every case file, and what lies there and is none.
fn files() -> (Vec<PathBuf>, Vec<PathBuf>) {
    fn collect(folder: &Path, cases: &mut Vec<PathBuf>, others: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).expect("the folder of cases is there") {
            let path = entry.expect("it can be listed").path();
            if path.is_dir() {
                collect(&path, cases, others);
            } else if path.extension().is_some_and(|own| own == "yaml") {
                cases.push(path);
            } else if path
                .file_name()
                .is_some_and(|own| own != "case.schema.json")
            {
                others.push(path);
            }
        }
    }
    let (mut cases, mut others) = (Vec::new(), Vec::new());
    collect(&folder(), &mut cases, &mut others);
    cases.sort();
    (cases, others)
}

/// Returns what a case is called.
fn called(path: &Path) -> String {
    let own = path.strip_prefix(folder()).unwrap_or(path);
    own.with_extension("").display().to_string()
}

fn read(path: &Path) -> Result<Case, String> {
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    serde_yaml::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))
}

pub(crate) fn trials() -> Vec<Trial> {
    let (cases, others) = files();
    let mut trials = Vec::new();
    trials.push(Trial::test("cases::every_file_is_a_case", move || {
        if others.is_empty() {
            Ok(())
        } else {
            Err(Failed::from(format!("no cases: {others:?}")))
        }
    }));
    trials.push(Trial::test("cases::schema_is_current", || {
        let path = folder().join("case.schema.json");
        let wanted = format!(
            "{}\n",
            serde_json::to_string_pretty(&schemars::schema_for!(Case)).unwrap()
        );
        if is_updating() {
            std::fs::write(&path, &wanted).unwrap();
        }
        same(
            "case.schema.json",
            &std::fs::read_to_string(&path).unwrap_or_default(),
            &wanted,
        )
    }));
    for (major, absent) in servers::majors() {
        let reason = absent.clone().or_else(|| dump::absent(*major));
        let name = format!("cases::dumps_are_compared_on::{major}");
        let is_ignored = reason.is_some();
        let name = match &reason {
            Some(reason) => format!("{name} ({reason})"),
            None => name,
        };
        trials.push(Trial::test(name, || Ok(())).with_ignored_flag(is_ignored));
    }
    for path in cases {
        let name = called(&path);
        let case = match read(&path) {
            Ok(case) => case,
            Err(reason) => {
                trials.push(Trial::test(format!("cases::{name}"), move || {
                    Err(Failed::from(reason))
                }));
                continue;
            }
        };
        for (major, absent) in servers::majors() {
            if case.since.is_some_and(|since| *major < since) {
                continue;
            }
            for direction in [Direction::Forward, Direction::Back] {
                let (path, case, major) = (path.clone(), case.clone(), *major);
                let sample = name.clone();
                let name = format!("cases::{name}::{}::{major}", direction.word());
                let own = trial(name, move || async move {
                    run(&path, &case, direction, major).await
                });
                let back = direction == Direction::Back;
                let is_turned = servers::is_turned(major, &sample, back);
                let is_left_out =
                    absent.is_some() || !servers::is_sampled(major, &sample) || !is_turned;
                trials.push(own.with_ignored_flag(is_left_out));
            }
        }
    }
    trials
}

fn is_updating() -> bool {
    std::env::var_os("RECONCILE_UPDATE_CASES").is_some()
}

fn declared(name: &str, text: &str) -> Result<Loaded, Failed> {
    desired::declare(&[vec![(format!("{name}.yaml"), text.to_owned())]])
        .map_err(|faults| Failed::from(format!("{name}: {:?}", faults.faults)))
}

fn settings(case: &Case) -> Result<Settings, Failed> {
    if case.settings.is_empty() {
        return Ok(Settings::default());
    }
    let file = desired::read_settings("reconcile.yaml", &case.settings, &|_| None)
        .map_err(|faults| Failed::from(format!("settings: {:?}", faults.faults)))?;
    Ok(file.settings)
}

/// Runs a case that was made up: forward, whatever its plan looks like.
pub(crate) async fn run_pair(text: &str, major: u16) -> Result<(), Failed> {
    let case: Case = serde_yaml::from_str(text).map_err(failed)?;
    run(Path::new(MADE_UP), &case, Direction::Forward, major).await
}

/// Stands for the path of a case that is no file.
const MADE_UP: &str = "";

async fn run(path: &Path, case: &Case, direction: Direction, major: u16) -> Result<(), Failed> {
    assert!(case.about.len() > 10, "`about` says what the case is about");
    let database = Database::make(major).await?;
    let project = database.project(settings(case)?);
    database.run(&case.setup).await?;
    let (from, to) = match direction {
        Direction::Forward => (&case.current, &case.desired),
        Direction::Back => (&case.desired, &case.current),
    };
    let seed = match direction {
        Direction::Forward => &case.seed,
        Direction::Back => &case.seed_back,
    };
    let refuses = match direction {
        Direction::Forward => &case.expect.refuses,
        Direction::Back => &case.expect.refuses_back,
    };
    let (from, to) = (declared("from", from)?, declared("to", to)?);
    shuffled(case, direction, &to)?;
    // The state to begin with is one that the tool made.
    reach("the first state", &project, &from).await?;
    // A pair that was made up takes a quarter of the ways that cost a plan or two, drawn by its text, and half of them
    // are compared with what is made from nothing.
    let made_up = path.as_os_str() == MADE_UP;
    let is_drawn = !made_up || case.current.len().is_multiple_of(4);
    if is_drawn {
        let second = pipeline::plan(&project, &from).await.map_err(failed)?;
        if !second.decision.is_empty() || second.observation.records {
            return Err(Failed::from("the first state: a second plan is not empty"));
        }
    }
    database.run(seed).await?;
    let structure = dump::structure(&database).await?;
    database.run("ANALYZE").await?;
    let rows = database.rows().await?;

    let planned = pipeline::plan(&project, &to).await;
    if let Some(part) = refuses {
        let text = match planned {
            Ok(plan) => plan
                .decision
                .refused()
                .iter()
                .map(|own| own.because.clone())
                .collect::<Vec<_>>()
                .join("\n"),
            Err(error) => failed(error).message().unwrap_or_default().to_owned(),
        };
        if !text.contains(part.as_str()) {
            return Err(Failed::from(format!(
                "it should refuse with `{part}`, and says: {text}"
            )));
        }
        return database.drop().await;
    }
    let plan = planned.map_err(failed)?;
    if is_drawn {
        let again = pipeline::plan(&project, &to).await.map_err(failed)?;
        same("the same plan twice", &again.to_json(), &plan.to_json())?;
    }
    compare(path, case, direction, major, &plan)?;
    let stops = match direction {
        Direction::Forward => &case.expect.stops,
        Direction::Back => &case.expect.stops_back,
    };
    if let Some(wanted) = stops {
        let findings = plan.decision.findings.iter().filter(|own| own.stops);
        let found: Vec<String> = findings
            .map(|own| format!("{}:{}", own.hazard, own.address))
            .collect();
        same(
            "what has to be allowed",
            &found.join("\n"),
            &wanted.join("\n"),
        )?;
    }

    let is_newest = Some(major) == servers::newest();
    let seen = direction == Direction::Forward && is_newest && !made_up;
    let before = if seen {
        Some(Catalogs::read(&database).await?)
    } else {
        None
    };
    apply("forward", &project, &plan).await?;
    if let Some(before) = before {
        let changed = before.changed(&Catalogs::read(&database).await?);
        changed::compare(&called(path), changed, is_updating())?;
    }
    if made_up && case.desired.len().is_multiple_of(2) {
        as_if_new(&database, case, &to).await?;
    }
    let after = pipeline::plan(&project, &to).await.map_err(failed)?;
    if !after.decision.is_empty() {
        return Err(Failed::from(format!(
            "a second plan is not empty:\n{}",
            brief(&after)
        )));
    }
    // What is said of a column goes for it in partitions, and wherever else it comes from its table.
    let lists = |list: &[String], column: &Address| {
        let whole = rows.origin(column);
        list.iter()
            .any(|own| *own == whole.to_string() || *own == column.to_string())
    };
    let mut kept = rows.clone();
    kept.0.retain(|column, _| {
        !lists(&case.expect.converts, column) && !lists(&case.expect.loses, column)
    });
    let moves = plan.decision.moves.clone();
    let found = database.rows().await?;
    none_lost("after the plan", &kept, &found, false, |column| {
        moves.carry(column)
    })?;
    database.run(&case.uses).await?;
    let later = !case.uses.is_empty();

    let back = pipeline::plan_rollback(&project, Target::Newest)
        .await
        .map_err(failed)?;
    apply("rollback", &project, &back).await?;
    let mut all = rows.clone();
    all.0.retain(|column, _| !lists(&case.expect.loses, column));
    none_lost(
        "after the rollback",
        &all,
        &database.rows().await?,
        later,
        Address::clone,
    )?;
    database.run(&case.uses).await?;
    let settled = pipeline::plan(&project, &from).await.map_err(failed)?;
    if !settled.decision.is_empty() {
        return Err(Failed::from(format!(
            "after the rollback the former files differ:\n{}",
            brief(&settled)
        )));
    }
    let intends = |loaded: &Loaded| !loaded.declared.intent.renamed_from.is_empty();
    let renames = intends(&from) || intends(&to);
    let by_files = is_newest && !renames && is_drawn;
    if by_files {
        // `git revert` and apply are a rollback too; a rename without its `renamed_from` is a question.
        reach("forward once more", &project, &to).await?;
        reach("the former files", &project, &from).await?;
        none_lost(
            "after the former files",
            &all,
            &database.rows().await?,
            later,
            Address::clone,
        )?;
    }
    let purge = pipeline::plan_purge(&project, &[], None)
        .await
        .map_err(failed)?;
    if !purge.plan.decision.is_empty() {
        apply("purge", &project, &purge.plan).await?;
    }
    if direction == Direction::Forward {
        database.run(&case.expect.tidy).await?;
    }
    if let (Some(mut wanted), Some(mut found)) = (structure, dump::structure(&database).await?) {
        if made_up && by_files {
            // What was granted on a thing that went is recorded, and comes back by `rollback`: files do not say it yet.
            wanted = without_grants(&wanted);
            found = without_grants(&found);
        }
        same("the structure after rollback and purge", &found, &wanted)?;
    }
    database.drop().await
}

/// Wants the database to be as one where the desired state was made from nothing.
async fn as_if_new(database: &Database, case: &Case, to: &Loaded) -> Result<(), Failed> {
    let settings = settings(case)?;
    let other = Database::make(database.major).await?;
    other.run(&case.setup).await?;
    let made = other.project(settings.clone());
    reach("from nothing", &made, to).await?;
    let wanted = pulled::state(&made, &case.desired).await?;
    let found = pulled::state(&database.project(settings), &case.desired).await?;
    same("the state, pulled", &found, &wanted)?;
    other.drop().await
}

fn none_lost(
    when: &str,
    rows: &Rows,
    found: &Rows,
    later: bool,
    carry: impl Fn(&Address) -> Address,
) -> Result<(), Failed> {
    let lost = rows.lost(found, later, carry);
    if lost.is_empty() {
        Ok(())
    } else {
        Err(Failed::from(format!(
            "{when}, values are lost:\n{}",
            lost.join("\n")
        )))
    }
}

fn without_grants(dump: &str) -> String {
    let lines = dump.lines();
    let kept: Vec<&str> = lines
        .filter(|line| !line.is_empty() && !line.starts_with("GRANT "))
        .collect();
    kept.join("\n")
}

/// Plans and applies.
async fn reach(what: &str, project: &Project, loaded: &Loaded) -> Result<(), Failed> {
    let plan = pipeline::plan(project, loaded).await.map_err(|error| {
        let inner = failed(error);
        Failed::from(format!("{what}: {}", inner.message().unwrap_or_default()))
    })?;
    apply(what, project, &plan).await
}

async fn apply(what: &str, project: &Project, plan: &Plan) -> Result<(), Failed> {
    let stop = Stop::default();
    pipeline::apply(
        project,
        plan,
        &Caller::default(),
        Until::End,
        &stop,
        &mut Silent,
    )
    .await
    .map_err(|error| {
        let inner = failed(error);
        Failed::from(format!(
            "{what}: {}\n{}",
            inner.message().unwrap_or_default(),
            brief(plan)
        ))
    })?;
    Ok(())
}

/// Other files and another order of keys are the same desired state.
fn shuffled(case: &Case, direction: Direction, loaded: &Loaded) -> Result<(), Failed> {
    let text = if direction == Direction::Forward {
        &case.desired
    } else {
        &case.current
    };
    let mut files = Vec::new();
    for document in serde_yaml::Deserializer::from_str(text) {
        let value = serde_yaml::Value::deserialize(document).map_err(failed)?;
        let serde_yaml::Value::Mapping(sections) = value else {
            continue;
        };
        let head: Vec<_> = sections.iter().filter(|(key, _)| is_head(key)).collect();
        for (section, content) in backwards(&sections)
            .into_iter()
            .filter(|(key, _)| !is_head(key))
        {
            let serde_yaml::Value::Mapping(entries) = content else {
                continue;
            };
            for (name, entry) in backwards(entries) {
                let mut document = serde_yaml::Mapping::new();
                let mut own = serde_yaml::Mapping::new();
                own.insert(name.clone(), reversed(entry));
                document.insert(section.clone(), serde_yaml::Value::Mapping(own));
                for (key, value) in &head {
                    document.insert((*key).clone(), (*value).clone());
                }
                let text = serde_yaml::to_string(&document).map_err(failed)?;
                files.push((format!("{}.yaml", files.len()), text));
            }
        }
    }
    let other = desired::declare(&[files])
        .map_err(|faults| Failed::from(format!("shuffled: {:?}", faults.faults)))?;
    // Numbers that YAML would spell differently are not what this is about.
    if other.declared.written == loaded.declared.written
        && other.declared.intent == loaded.declared.intent
    {
        return Ok(());
    }
    Err(Failed::from(
        "other files and another order of keys give another desired state",
    ))
}

fn is_head(key: &serde_yaml::Value) -> bool {
    matches!(key.as_str(), Some("schema" | "search_path"))
}

fn backwards(entries: &serde_yaml::Mapping) -> Vec<(&serde_yaml::Value, &serde_yaml::Value)> {
    let mut entries: Vec<_> = entries.iter().collect();
    entries.reverse();
    entries
}

/// Reverses the keys of every map but that of the columns, whose order means something.
fn reversed(value: &serde_yaml::Value) -> serde_yaml::Value {
    let serde_yaml::Value::Mapping(entries) = value else {
        return value.clone();
    };
    let turned = backwards(entries).into_iter().map(|(key, value)| {
        if key.as_str() == Some("columns") {
            (key.clone(), value.clone())
        } else {
            (key.clone(), reversed(value))
        }
    });
    serde_yaml::Value::Mapping(turned.collect())
}
