//! What changed outside: the live schema compared with the last applied revision.

use std::collections::{BTreeMap, BTreeSet};

use super::{Live, PipelineError, Project, live, visible};
use crate::diff::{Change, Changes, diff};
use crate::model::{Address, Expression, Intent, Kind, Level, Model, Moves};

/// What changed outside.
#[derive(Clone, Debug)]
pub struct Drift {
    /// The database.
    pub database: String,
    /// The revision that is compared with; absent where none was applied.
    pub revision: Option<i64>,
    /// What differs: created, dropped or altered since then.
    pub changes: Changes,
    /// Top-level objects that no revision declared.
    pub unmanaged: Vec<Address>,
    /// The live side, for showing what is there.
    pub now: Model<Expression>,
    /// The side that the revision left.
    pub then: Model<Expression>,
}

/// Compares the live schema with the last applied revision.
///
/// # Errors
/// Fails when the server or its journal cannot be read.
pub async fn drift(project: &Project) -> Result<Drift, PipelineError> {
    let Live { read, history, .. } = live(project).await?;
    let database = read.server.database.clone();
    let now = visible(&read.model, &project.settings);
    let last = history
        .revisions
        .iter()
        .rev()
        .find_map(|own| Some((own.id, own.model_after.as_ref()?)));
    let Some((revision, then)) = last else {
        return Ok(Drift {
            database,
            revision: None,
            changes: Changes::default(),
            unmanaged: Vec::new(),
            now,
            then: Model::default(),
        });
    };
    let then = visible(then, &project.settings);
    let owned = history.owned();
    // A schema of ours covers what stands in it only where that was declared too.
    let ours = |model: &Model<Expression>| {
        let mut part = model.clone();
        part.retain(|address| owned.contains(&model.unit_of(address)));
        part
    };
    let (ours_then, ours_now) = (ours(&then), ours(&now));
    let unmanaged: BTreeSet<Address> = now
        .objects
        .keys()
        .map(|address| now.unit_of(address))
        .filter(|unit| !owned.contains(unit) && !is_everybodys(unit))
        .collect();
    let level = Level {
        current: ours_then.clone(),
        desired: ours_now.clone(),
        before: ours_then.clone(),
        moves: Moves::default(),
        ledger: Vec::new(),
        intent: Intent::default(),
        tried: BTreeMap::new(),
    };
    Ok(Drift {
        database,
        revision: Some(revision),
        changes: without_parts(diff(&level), &ours_then, &ours_now),
        unmanaged: unmanaged.into_iter().collect(),
        now: ours_now,
        then: ours_then,
    })
}

/// The schema public is there in every database.
fn is_everybodys(unit: &Address) -> bool {
    unit.kind() == Kind::Schema && unit.name().as_str() == "public"
}

/// A whole thing that came or went is one difference, not one per part.
fn without_parts(
    mut changes: Changes,
    then: &Model<Expression>,
    now: &Model<Expression>,
) -> Changes {
    let whole = changes.clone();
    changes.0.retain(|(address, _), change| match change {
        Change::Create => now
            .parent(address)
            .is_none_or(|parent| !whole.creates(&parent)),
        Change::Drop => then
            .parent(address)
            .is_none_or(|parent| !whole.drops(&parent)),
        Change::Alter(_) => true,
    });
    changes
}
