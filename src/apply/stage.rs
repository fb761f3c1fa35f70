//! One stage as one message, from BEGIN to COMMIT, journal row included: no think time of ours under a lock.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use sqlx::PgConnection;

use super::lock::Holder;
use super::watch::watched;
use super::{ApplyError, Progress, Run, guard, lock, send, under_search_path};
use crate::catalog::{describe, sqlstate};
use crate::ddl::{LockMode, Work};
use crate::history;
use crate::model::{Address, Kind, SizeClass};
use crate::plan::{Act, Effect, Stage};
use crate::sql::Sql;

/// SQLSTATEs of a lock that could not be had in time: lock_not_available, query_canceled, deadlock_detected.
const MISSED: [&str; 3] = ["55P03", "57014", "40P01"];

/// How often a stage is tried again because of DDL of others on its tables.
const LOOKS: usize = 3;

/// `number` is none for what belongs to a stage that journals itself.
pub(super) async fn run(
    connection: &mut PgConnection,
    number: Option<usize>,
    stage: &Stage,
    run: &Run<'_>,
    progress: &mut dyn Progress,
) -> Result<(), ApplyError> {
    let begun = Instant::now();
    let tables = tables_at_head(stage);
    let address = &stage.steps.first().expect("a stage has a step").address;
    let not_lockable = lock::not_lockable(connection, &tables).await?;
    let mut past = Past::Clients;
    let mut moved = 0;
    loop {
        // First the look, then the comparison, then the lock, under which the look is taken again: what others commit
        // in between is seen by one of them.
        let guard = match run.watched {
            Some(_) => guard::guard(connection, &tables).await?,
            None => None,
        };
        if let Some(number) = number {
            guard::still_there(connection, number, run.is_first, run).await?;
        }
        let limits = Limits::of(stage, run, past);
        let locks = locks(stage, &not_lockable);
        let message = message(number, stage, run, &limits, (locks, guard));
        let error = match watched(connection, &message, run, limits.whole, progress).await {
            Ok(_) => return Ok(()),
            Err(error) => error,
        };
        let Some(code) = sqlstate(&error) else {
            return Err(error.into());
        };
        send(connection, &Sql::new("ROLLBACK")).await?;
        if run.stop.is_requested() {
            return Err(ApplyError::Interrupted);
        }
        if code == guard::MOVED && run.watched.is_some() && moved < LOOKS {
            // Somebody's DDL got in between the look and the lock; whether it matters, the next look says.
            moved += 1;
            continue;
        }
        if !MISSED.contains(&code.as_str()) {
            return Err(ApplyError::Refused {
                address: blamed(stage).unwrap_or(address).clone(),
                reason: describe(&error),
                code: sqlstate(&error),
                sql: Some(statements_of(stage)),
            });
        }
        let holders = lock::holders(connection, &waited_for(stage)).await?;
        if begun.elapsed() >= run.settings.lock_patience {
            let patience = run.settings.lock_patience;
            return Err(ApplyError::Patience {
                address: address.clone(),
                holders: lock::listed(&holders),
                patience,
            });
        }
        past = if holders.iter().any(Holder::is_autovacuum) {
            Past::Autovacuum
        } else {
            Past::Clients
        };
        progress.waiting(&lock::listed(&holders));
        if past == Past::Autovacuum && !run.may_hurry {
            progress.waiting(
                "one try waits longer than the budget: a worker yields only to a deadlock check",
            );
        }
        tokio::time::sleep(pause(begun.elapsed())).await;
    }
}

/// Whom the next try has to get past.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Past {
    /// Sessions that end by themselves.
    Clients,
    /// A worker that yields once the waiter's deadlock check fires.
    Autovacuum,
}

/// The time limits of one try.
struct Limits {
    settings: Vec<Sql>,
    /// The whole message: the watcher cancels it then.
    whole: Option<Duration>,
}

impl Limits {
    /// A stage that others can wait for has limits. What only shares with readers and writers is watched instead; a
    /// rewrite of a large table that a person allowed has no limit.
    fn of(stage: &Stage, run: &Run<'_>, past: Past) -> Self {
        let budget = run.settings.lock_budget;
        let unbounded = stage
            .steps
            .iter()
            .filter(|step| {
                step.statement()
                    .is_some_and(|own| own.work != Work::Catalog)
            })
            .flat_map(|step| {
                // What a materialized view is filled from takes its time as well.
                let read = step.statement().filter(|_| step.fills_view());
                let read = read.into_iter().flat_map(|own| own.locks.keys());
                step.works_on().into_iter().chain(read)
            })
            .any(|table| run.sizes.get(table) == Some(&SizeClass::Large));
        // For a materialized view that is made in this plan nobody waits.
        let is_new =
            |own: &Address| own.kind() == Kind::MaterializedView && !run.sizes.contains_key(own);
        let blocking = stage
            .locks()
            .iter()
            .any(|(relation, mode)| mode.blocks_writes() && !is_new(relation));
        // The server's default; a longer one only makes this try fail once more.
        let deadlock_timeout = Duration::from_secs(1);
        let whole = match past {
            Past::Autovacuum if !run.may_hurry => {
                budget.max(deadlock_timeout + Duration::from_millis(200))
            }
            Past::Autovacuum | Past::Clients => budget,
        };
        let milliseconds =
            |time: Duration| i64::try_from(time.as_millis()).unwrap_or(i64::MAX).max(2);
        // The wait for a lock ends before the whole statement does, so that the server names the right reason.
        let wait = (milliseconds(whole) * 9 / 10).max(1);
        let mut settings = vec![Sql::new("SET LOCAL lock_timeout =").number(wait)];
        if past == Past::Autovacuum && run.may_hurry {
            settings.push(Sql::new("SET LOCAL deadlock_timeout =").number((wait / 4).max(1)));
        }
        let bounded = blocking && !unbounded;
        if bounded {
            settings.push(Sql::new("SET LOCAL statement_timeout =").number(milliseconds(whole)));
        }
        Self {
            settings,
            whole: bounded.then_some(whole),
        }
    }
}

/// How long to wait before the next try: longer the longer it takes, with jitter, between 0.5 and 10 seconds.
fn pause(waited: Duration) -> Duration {
    let longest = (waited.as_secs_f64() / 4.0).clamp(1.0, 10.0);
    Duration::from_secs_f64(0.5 + fastrand::f64() * (longest - 0.5))
}

/// Returns the step's object when the server's message can be tied to one; that of a stage of one statement can.
fn blamed(stage: &Stage) -> Option<&Address> {
    match stage
        .steps
        .iter()
        .filter(|step| step.statement().is_some())
        .collect::<Vec<_>>()
        .as_slice()
    {
        [only] => Some(&only.address),
        _ => None,
    }
}

fn statements_of(stage: &Stage) -> String {
    let statements: Vec<&str> = stage
        .steps
        .iter()
        .filter_map(|step| step.statement())
        .map(|own| own.sql.as_str())
        .collect();
    statements.join(";\n")
}

/// Puts a stage's message together.
fn message(
    number: Option<usize>,
    stage: &Stage,
    run: &Run<'_>,
    limits: &Limits,
    (locks, guard): (Vec<Sql>, Option<Sql>),
) -> Sql {
    let mut parts = vec![Sql::new("BEGIN")];
    parts.extend(limits.settings.iter().cloned());
    // A view locked after its table deadlocks its readers: what drops views comes before the tables are locked.
    let views_first = stage
        .steps
        .iter()
        .take_while(|step| {
            matches!(step.address.kind(), Kind::View | Kind::MaterializedView) && !step.fills_view()
        })
        .count();
    let (views, rest) = stage.steps.split_at(views_first);
    let act = |parts: &mut Vec<Sql>, steps: &[crate::plan::Step]| {
        for step in steps {
            match &step.does {
                Act::Statement(statement) => {
                    parts.push(under_search_path(&statement.lookup, &statement.sql))
                }
                Act::Ledger(change) => {
                    parts.push(history::change(run.journal(), run.revision, change))
                }
                Act::Backfill(_) | Act::Complete(_) => {
                    unreachable!("it owns its transactions")
                }
            }
        }
    };
    act(&mut parts, views);
    parts.extend(locks);
    parts.extend(guard);
    act(&mut parts, rest);
    parts.extend(number.map(|number| history::done(run.journal(), run.revision, number)));
    parts.push(Sql::new("COMMIT"));
    Sql::empty().separated(&parts, ";\n")
}

/// Returns the strongest lock on each table under its name at the stage's head.
fn strongest_at_head(stage: &Stage) -> BTreeMap<Address, LockMode> {
    let mut made: BTreeSet<&Address> = BTreeSet::new();
    let mut strongest: BTreeMap<Address, LockMode> = BTreeMap::new();
    for step in &stage.steps {
        if let Some(statement) = step.statement() {
            for (relation, mode) in &statement.locks {
                let is_made = made.iter().any(|own| relation.is_at_or_below(own));
                if relation.kind() == Kind::Table && !is_made {
                    let own = strongest.entry(relation.clone()).or_insert(*mode);
                    *own = (*own).max(*mode);
                }
            }
        }
        for effect in &step.effects {
            match effect {
                Effect::Creates(address) => {
                    made.insert(address);
                }
                Effect::Moves(step) => {
                    made.insert(&step.to);
                }
                Effect::Drops(_) | Effect::Alters(..) | Effect::Uses(_) | Effect::Reads(_) => {}
            }
        }
    }
    strongest
}

/// Returns every relation that somebody may keep the stage waiting for, views among them.
fn waited_for(stage: &Stage) -> Vec<Address> {
    let locks = stage.locks().into_iter();
    let relations: BTreeSet<Address> = locks
        .filter(|(_, mode)| *mode > LockMode::AccessShare)
        .map(|(relation, _)| relation)
        .chain(tables_at_head(stage))
        .collect();
    relations.into_iter().collect()
}

fn tables_at_head(stage: &Stage) -> Vec<Address> {
    strongest_at_head(stage).into_keys().collect()
}

/// Locks tables before anything is done: strongest mode first, one statement per mode, by name.
fn locks(stage: &Stage, not_lockable: &BTreeSet<Address>) -> Vec<Sql> {
    let mut by_mode: BTreeMap<std::cmp::Reverse<LockMode>, Vec<Sql>> = BTreeMap::new();
    let tables = strongest_at_head(stage).into_iter();
    for (table, mode) in tables.filter(|(table, _)| !not_lockable.contains(table)) {
        by_mode
            .entry(std::cmp::Reverse(mode))
            .or_default()
            .push(Sql::new("ONLY").path(&table));
    }
    by_mode
        .into_iter()
        .map(|(mode, tables)| {
            Sql::new("LOCK TABLE")
                .separated(&tables, ", ")
                .push("IN")
                .push(mode.0.keyword())
                .push("MODE")
        })
        .collect()
}
