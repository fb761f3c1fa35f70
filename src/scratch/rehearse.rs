//! Rehearsal: the plan and its inverse run on a scratch copy with the real executor, on seeded rows.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::PgConnection;

use super::level::without_journal;
use super::of_server;
use super::seed::{self, Seeds};
use super::{ScratchError, Workshop, build};
use crate::apply::{self, Run, Silent, Stop};
use crate::catalog;
use crate::history;
use crate::model::{Address, Expression, Kind, Level, Model, Name, Object, Settings};
use crate::plan::{Act, Effect, Stage};

/// What rehearsal starts from and has to land on.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bench {
    /// The state before, settled: only what the change reaches.
    pub(crate) before: Model<Expression>,
    /// The state after.
    pub(crate) expected: Model<Expression>,
    /// The addresses that are compared; the rest only had to be there.
    pub(crate) scope: BTreeSet<Address>,
}

/// A rehearsal that went forward and can go back.
pub(crate) struct Rehearsal {
    connection: PgConnection,
    settings: Settings,
    seeds: Seeds,
    before: Model<Expression>,
    /// How many rows each table got.
    pub(crate) seeded: BTreeMap<Address, u32>,
    /// Tables without rows, and why.
    pub(crate) not_seeded: BTreeMap<Address, String>,
    /// What the server made of the plan.
    pub(crate) landed: Model<Expression>,
    /// Whether the role may let triggers rest while rows are filled.
    rests_triggers: bool,
    /// What is the server's: where it begins, and what the way forward makes of it.
    of_server: [Model<Expression>; 2],
    /// Whether a query may read from another server, before or after.
    reaches_out: bool,
}

impl Rehearsal {
    /// Runs the way forward on a copy of the state before, and notes in every stage what is different after it.
    ///
    /// Rows that the plan itself refuses (a new constraint, a conversion) say nothing about the plan: their table is left
    /// empty in the next try, and named.
    pub(crate) async fn forward(
        workshop: &mut Workshop,
        level: &Level,
        bench: &Bench,
        stages: &mut [Stage],
        settings: &Settings,
    ) -> Result<Self, ScratchError> {
        let mut left_empty: BTreeSet<Address> = BTreeSet::new();
        loop {
            let error =
                match Self::tried(workshop, level, bench, stages, settings, &left_empty).await {
                    Ok(rehearsal) => return Ok(rehearsal),
                    Err(error) => error,
                };
            let refused =
                refused_table(&error).filter(|_| left_empty.len() < bench.before.objects.len());
            let Some(table) = refused else {
                return Err(error);
            };
            // The table may have another name by the time it is refused: then all are left empty.
            let known = bench.before.objects.contains_key(&table) && !left_empty.contains(&table);
            if known {
                left_empty.insert(table);
            } else {
                let tables = bench
                    .before
                    .objects
                    .keys()
                    .filter(|own| own.kind() == Kind::Table);
                let all: BTreeSet<Address> = tables.cloned().collect();
                if all == left_empty {
                    return Err(error);
                }
                left_empty = all;
            }
        }
    }

    async fn tried(
        workshop: &mut Workshop,
        level: &Level,
        bench: &Bench,
        stages: &mut [Stage],
        settings: &Settings,
        left_empty: &BTreeSet<Address>,
    ) -> Result<Self, ScratchError> {
        let mut connection = workshop.database().await?;
        build::begin(&mut connection).await?;
        build::build_all(&mut connection, &bench.before, "current").await?;
        sqlx::raw_sql("COMMIT").execute(&mut connection).await?;
        let identity = catalog::server(&mut connection).await?.identity;
        history::install(&mut connection, &settings.journal, &identity)
            .await
            .map_err(|error| failed("forward", error.into()))?;
        let rests_triggers = apply::is_superuser(&mut connection)
            .await
            .map_err(|error| failed("forward", error))?;
        let planted =
            seed::plant(&mut connection, &bench.before, &bench.expected, left_empty).await?;
        seed::refresh(&mut connection, &bench.before).await?;
        let of_server = [&level.before, &level.desired].map(of_server::part);
        let mut rehearsal = Self {
            of_server,
            connection,
            settings: settings.clone(),
            seeds: planted.seeds,
            before: bench.before.clone(),
            seeded: planted.seeded,
            not_seeded: planted.not_seeded,
            landed: Model::default(),
            rests_triggers,
            reaches_out: seed::reaches_out(&bench.before) || seed::reaches_out(&bench.expected),
        };
        rehearsal.before = rehearsal.read().await?;
        let before = rehearsal.before.clone();
        rehearsal.landed = rehearsal.run(stages, before, 1, "forward").await?;
        // An attic may hold more than what was built here: it stays for that.
        let mut landed = rehearsal.landed.clone();
        landed.objects.retain(|address, _| {
            let is_attic = address.kind() == Kind::Schema && address.name().is_reserved();
            !is_attic
                || bench.expected.objects.contains_key(address)
                || !rehearsal.before.objects.contains_key(address)
        });
        let said = ("forward", &level.intent.not_null_names);
        lands(&landed, &bench.expected, &bench.scope, said)?;
        Ok(rehearsal)
    }

    /// Runs the way back: it must land on the state before with every seeded value in its column, those apart that the
    /// way forward destroys or converts for good and says so.
    pub(crate) async fn back(
        &mut self,
        stages: &mut [Stage],
        given_up: impl Fn(&Address) -> bool,
    ) -> Result<(), ScratchError> {
        let from = self.landed.clone();
        let landed = self.run(stages, from, 2, "inverse").await?;
        let kept_aside = |address: &Address| {
            address
                .path()
                .iter()
                .any(|name| name.as_str().starts_with(crate::model::RETIRED_PREFIX))
        };
        // An extension that retired data needs stays, with the schema it lives in.
        let held = |address: &Address| {
            let is_extension = |own: &Address| own.kind().stays_for_the_attic();
            let own = address.target().unwrap_or_else(|| address.clone());
            let lives_in = || {
                let mut needs = landed.needs.iter().filter(|(own, _)| is_extension(own));
                needs.any(|(_, needs)| needs.contains(&own))
            };
            is_extension(&own) || own.kind() == Kind::Schema && lives_in()
        };
        let scope: BTreeSet<Address> = self
            .before
            .objects
            .keys()
            .chain(landed.objects.keys())
            .filter(|address| {
                self.before.objects.contains_key(*address) || !kept_aside(address) && !held(address)
            })
            .cloned()
            .collect();
        lands(&landed, &self.before, &scope, ("inverse", &BTreeMap::new()))?;
        let mut columns = self.seeds.missing(&mut self.connection, &given_up).await?;
        columns.retain(|column| !given_up(column));
        if columns.is_empty() {
            Ok(())
        } else {
            Err(ScratchError::LosesValues { columns })
        }
    }

    async fn read(&mut self) -> Result<Model<Expression>, ScratchError> {
        let model = catalog::model(&mut self.connection).await?;
        Ok(without_journal(&model, &self.settings.journal))
    }

    /// Runs the stages from the state before, notes in each what is different after it, and returns the state at the end.
    async fn run(
        &mut self,
        stages: &mut [Stage],
        mut before: Model<Expression>,
        revision: i64,
        direction: &'static str,
    ) -> Result<Model<Expression>, ScratchError> {
        let stop = Stop::default();
        let sizes = BTreeMap::new();
        let settings = self.settings.clone();
        let run = Run {
            settings: &settings,
            revision,
            sizes: &sizes,
            stop: &stop,
            watcher: None,
            watched: None,
            is_first: false,
            may_hurry: false,
            rests_triggers: self.rests_triggers,
        };
        let [start, end] = &self.of_server;
        let (mut of_server, target) = match direction {
            "forward" => (start.clone(), end.clone()),
            _ => (end.clone(), start.clone()),
        };
        for (number, stage) in stages.iter_mut().enumerate() {
            let was = of_server.clone();
            of_server::done(stage, &mut of_server, &target);
            let beside = crate::plan::stage::differences(&was, &of_server, &touched(stage));
            let Some(own) = of_server::left_out(stage, &before) else {
                stage.after = beside;
                continue;
            };
            let trial = with_locks_on(&own, &before, self.reaches_out);
            apply::one(&mut self.connection, number, &trial, &run, &mut Silent)
                .await
                .map_err(|error| failed(direction, error))?;
            // Filling rows leaves the catalog as it is.
            let fills = stage.steps.iter().all(|step| step.statement().is_none());
            let after = if fills {
                before.clone()
            } else {
                self.read().await?
            };
            stage.after = crate::plan::stage::differences(&before, &after, &touched(stage));
            stage.after.extend(beside);
            before = after;
        }
        Ok(before)
    }
}

/// Returns the stage without the locks on what is not there: of what refers to a table, only what the change reaches is built. A
/// materialized view is not filled where its query may read from another server.
fn with_locks_on(stage: &Stage, there: &Model<Expression>, reaches_out: bool) -> Stage {
    let mut trial = stage.clone();
    for step in &mut trial.steps {
        if let Act::Statement(statement) = &mut step.does {
            let is_there = |relation: &Address| {
                relation.kind() != Kind::Table || there.objects.contains_key(relation)
            };
            statement.locks.retain(|relation, _| is_there(relation));
            if reaches_out && let Some(unfilled) = &statement.unfilled {
                statement.sql = unfilled.clone();
            }
        }
    }
    trial
}

/// Returns the table whose rows a plan refused: integrity constraint violation (23) or data exception (22), or one that
/// its filling leaves NULL.
fn refused_table(error: &ScratchError) -> Option<Address> {
    let ScratchError::Failed { source, .. } = error else {
        return None;
    };
    // What fills live rows is asked of those before.
    if let apply::ApplyError::StillNull { column, .. } = &**source {
        return Some(column.table());
    }
    let apply::ApplyError::Refused {
        address,
        code: Some(code),
        ..
    } = &**source
    else {
        return None;
    };
    // A materialized view may ask anything of what it reads; live rows may well answer.
    let by_query = address.kind() == Kind::MaterializedView
        && ["21", "P0"].iter().any(|class| code.starts_with(class));
    let by_rows = code.starts_with("23") || code.starts_with("22");
    (by_rows || by_query).then(|| address.table())
}

fn failed(direction: &'static str, source: apply::ApplyError) -> ScratchError {
    ScratchError::Failed {
        direction,
        source: Box::new(source),
    }
}

fn touched(stage: &Stage) -> BTreeSet<Address> {
    stage
        .steps
        .iter()
        .flat_map(|step| &step.effects)
        .filter_map(Effect::touched)
        .cloned()
        .collect()
}

/// Leaves out the names of indexes and NOT NULLs of a partition that nobody asks for: a table that is attached brings its own, and a
/// NOT NULL that the server makes again has that of the table above. `said` are NOT NULLs that files name.
fn asked_for(
    address: &Address,
    landed: &Object<Expression>,
    expected: &Object<Expression>,
    said: &BTreeMap<Address, Name>,
) -> [Object<Expression>; 2] {
    let mut both = [landed, expected].map(Clone::clone);
    if let [Object::Table(own), Object::Table(expected)] = &mut both {
        own.index_names
            .retain(|whole, _| expected.index_names.contains_key(whole));
        own.not_null_names
            .retain(|column, _| expected.not_null_names.contains_key(column));
        expected.not_null_names.retain(|column, _| {
            own.not_null_names.contains_key(column)
                || said.contains_key(&address.part(Kind::NotNull, column))
        });
    }
    both
}

/// Compares where a rehearsed plan landed with where it should.
fn lands(
    landed: &Model<Expression>,
    expected: &Model<Expression>,
    scope: &BTreeSet<Address>,
    (direction, said): (&'static str, &BTreeMap<Address, Name>),
) -> Result<(), ScratchError> {
    let mut differences = Vec::new();
    let addresses: BTreeSet<&Address> = scope
        .iter()
        .chain(landed.objects.keys().filter(|own| {
            // What the plan made and nobody asked for is a difference too.
            !expected.objects.contains_key(*own)
                && own.path().iter().any(crate::model::Name::is_reserved)
                && direction == "forward"
        }))
        .collect();
    for address in addresses {
        match (landed.objects.get(address), expected.objects.get(address)) {
            (Some(landed), Some(expected)) => {
                // Names that nobody asks for are any names.
                let [landed, expected] = asked_for(address, landed, expected, said);
                for alteration in landed.alterations(&expected) {
                    differences.push(format!("{} of {address}", alteration.attribute()));
                }
            }
            (None, Some(_)) => differences.push(format!("{address} is missing")),
            (Some(_), None) => differences.push(format!("{address} is too many")),
            (None, None) => {}
        }
    }
    if differences.is_empty() {
        Ok(())
    } else {
        Err(ScratchError::LandsElsewhere {
            direction,
            differences,
        })
    }
}
