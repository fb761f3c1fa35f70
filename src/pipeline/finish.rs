//! `finish`: ends what keeps former columns in step with the ones of another type that took their names. Their values stay, as they are
//! then, until `purge`.

use std::collections::{BTreeMap, BTreeSet};

use super::{PipelineError, Project, live};
use crate::model::{Hash, Intent, Moves, Pattern};
use crate::plan::{Decision, Observation, PLAN_FORMAT, Plan, Purpose, finish_stage};

/// Plans the end for the columns that match one of the patterns (all, where none is given).
///
/// # Errors
/// Fails when the server or its journal cannot be read.
pub async fn plan_finish(project: &Project, patterns: &[Pattern]) -> Result<Plan, PipelineError> {
    let live = live(project).await?;
    if let Some(stopped) = live.history.stopped() {
        return Err(PipelineError::Unfinished {
            revision: stopped.id,
        });
    }
    let model = &live.read.model;
    let mut stages = Vec::new();
    let mut leans_on = BTreeMap::new();
    for row in &live.history.ledger {
        let Some(keeper) = live.read.in_step.get(&row.place) else {
            continue;
        };
        let mut any = patterns.iter();
        if patterns.is_empty() || any.any(|own| own.matches(&row.was) || own.matches(&row.place)) {
            leans_on.insert(row.place.clone(), model.fingerprint(&row.place));
            stages.push(finish_stage(row, &keeper.function));
        }
    }
    let decision = Decision {
        format: PLAN_FORMAT,
        project: project.settings.project.clone(),
        major: live.read.server.version.major(),
        role: None,
        purpose: Purpose::Finish,
        desired: Hash::of(&leans_on.keys().collect::<BTreeSet<_>>()),
        declares: BTreeSet::new(),
        leans_on,
        sizes: BTreeMap::new(),
        moves: Moves::default(),
        ledger: live.history.ledger.clone(),
        findings: Vec::new(),
        allowed: project.allowed.clone(),
        stages,
        inverse: Vec::new(),
        inverse_findings: Vec::new(),
        intent: Intent::default(),
        shadows: BTreeMap::new(),
    };
    let observation = Observation {
        database: live.read.server.database.clone(),
        ..Observation::default()
    };
    Ok(Plan {
        decision,
        observation,
    })
}
