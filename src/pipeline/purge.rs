//! Ends what was set aside: the only command that deletes.

use std::collections::{BTreeMap, BTreeSet};

use super::{PipelineError, Project, live};
use crate::history::{self, History};
use crate::model::{
    Address, Expression, Hash, Intent, Kind, Model, Moves, Pattern, Retired, Settings, Undeclared,
};
use crate::plan::{Decision, Observation, PLAN_FORMAT, Plan, Purpose, let_go_stage, purge_stage};
use crate::scratch::without_journal;

/// What is to be purged, and what that means.
#[derive(Clone, Debug)]
pub struct Purge {
    /// The plan that deletes it.
    pub plan: Plan,
    /// The revision that one can still go back to with all rows, where there is one.
    pub reaches_back_to: Option<i64>,
}

/// Plans the purge of what is older than `older_than` seconds and matches one of the patterns (all, where none is
/// given).
///
/// # Errors
/// Fails when the server or its journal cannot be read, and when nothing matches.
pub async fn plan_purge(
    project: &Project,
    patterns: &[Pattern],
    older_than: Option<f64>,
) -> Result<Purge, PipelineError> {
    let mut live = live(project).await?;
    if let Some(stopped) = live.history.stopped() {
        return Err(PipelineError::Unfinished {
            revision: stopped.id,
        });
    }
    let settings = &project.settings;
    let model = without_journal(&live.read.model, &settings.journal);
    let mut ages: BTreeMap<String, f64> = BTreeMap::new();
    if live.history.installed {
        ages.extend(history::places(&mut live.connection, &settings.journal).await?);
    }
    let chosen: Vec<_> = live
        .history
        .ledger
        .iter()
        .filter(|row| {
            patterns.is_empty()
                || patterns
                    .iter()
                    .any(|own| own.matches(&row.was) || own.matches(&row.place))
        })
        .filter(|row| {
            older_than.is_none_or(|limit| {
                ages.get(&row.place.to_string())
                    .is_some_and(|age| *age >= limit)
            })
        })
        .cloned()
        .collect();
    // What others are made of goes after them: columns, tables, sequences, types. The partitions of a table go before it,
    // and with it.
    let mut chosen = chosen;
    for row in &live.history.ledger {
        let with = |own: &Retired| model.partitions_of(&own.place).contains(&row.place);
        if !chosen.contains(row) && chosen.iter().any(with) {
            chosen.push(row.clone());
        }
    }
    // One that is a partition of something in use is read with that.
    chosen.retain(|row| {
        let whole = model.partitioned(&row.place);
        whole.is_none_or(|own| live.history.ledger.iter().any(|row| row.place == own))
    });
    let depth = |table: &Address| model.above(table).len();
    let last_first = [Kind::Sequence, Kind::Table, Kind::Column];
    chosen.sort_by_key(|row| {
        let kind = row.place.kind();
        let rank = last_first.iter().position(|own| *own == kind);
        let depth = if kind.is_held_with_columns() {
            made_of(&row.place, &model)
        } else {
            depth(&row.place)
        };
        std::cmp::Reverse((rank, depth))
    });
    let mut left = live.history.ledger.clone();
    let mut present = model.clone();
    let mut stages = Vec::new();
    let mut leans_on = BTreeMap::new();
    for row in &chosen {
        // What lies in a table that went with it is gone already.
        if !left.iter().any(|own| own.place == row.place) {
            continue;
        }
        leans_on.insert(row.place.clone(), model.fingerprint(&row.place));
        stages.push(purge_stage(
            row,
            &mut left,
            &mut present,
            &live.read.in_step,
        ));
    }
    let stuck = |own: &Address| live.read.blockers.contains_key(own);
    let mut no_longer = no_longer_held(&model, &present, &live.history, settings);
    // Something that is not modelled may lean on it.
    if no_longer.iter().any(stuck) {
        no_longer.clear();
    }
    for own in no_longer {
        leans_on.insert(own.clone(), model.fingerprint(&own));
        stages.extend(let_go_stage(&own, &mut present));
    }
    let reaches_back_to = chosen.iter().filter_map(|row| row.revision).max();
    let decision = Decision {
        format: PLAN_FORMAT,
        project: settings.project.clone(),
        major: live.read.server.version.major(),
        role: None,
        purpose: Purpose::Purge,
        shadows: BTreeMap::new(),
        desired: Hash::of(&chosen),
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
    };
    let sizes = decision
        .leans_on
        .keys()
        .filter_map(|place| {
            live.read
                .server
                .sizes
                .get(place)
                .map(|size| (place.clone(), *size))
        })
        .collect();
    let observation = Observation {
        database: live.read.server.database.clone(),
        sizes,
        ..Observation::default()
    };
    Ok(Purge {
        plan: Plan {
            decision,
            observation,
        },
        reaches_back_to,
    })
}

/// Returns what could not be set aside and stayed for the sake of what is purged: extensions and access methods that the files in
/// force no longer declare, and that nothing else needs.
fn no_longer_held(
    before: &Model<Expression>,
    after: &Model<Expression>,
    history: &History,
    settings: &Settings,
) -> Vec<Address> {
    let in_force = history.in_force();
    let manage = &settings.manage;
    let takes_in = manage.undeclared == Undeclared::Retire && manage.schemas.is_none();
    let owned = history.owned();
    let is_gone = |own: &Address| match in_force {
        Some(in_force) => {
            let is_ours = owned.contains(own) || takes_in;
            is_ours && !in_force.plan.decision.declares.contains(own)
        }
        // Everything was rolled back: what a revision made goes, and what was there before stays.
        None => history.revisions.iter().any(|own_revision| {
            let stages = own_revision.plan.decision.stages.iter();
            let mut steps = stages.flat_map(|stage| &stage.steps);
            steps.any(|step| {
                step.effects
                    .iter()
                    .any(|effect| effect.created() == Some(own))
            })
        }),
    };
    let gone = before.needs.iter();
    let gone = gone.filter(|(own, _)| !after.objects.contains_key(*own));
    let needed: BTreeSet<&Address> = gone.flat_map(|(_, needs)| needs).collect();
    let is_ours = |own: &&Address| {
        let is_everybodys = own.kind() == Kind::Schema && own.name().as_str() == "public";
        let is_left = is_everybodys || manage.excludes(own);
        after.objects.contains_key(*own) && !is_left && is_gone(own)
    };
    let mut all: Vec<Address> = needed
        .into_iter()
        .filter(|own| own.kind().stays_for_the_attic() && is_ours(own))
        .filter(|own| {
            let mut others = after.needs.iter();
            !others.any(|(by, needs)| needs.contains(*own) && !by.is_at_or_below(own))
        })
        .cloned()
        .collect();
    // The schema that one lives in stayed with it.
    let lived_in: BTreeSet<&Address> = all
        .iter()
        .filter_map(|own| after.needs.get(own))
        .flatten()
        .filter(|own| own.kind() == Kind::Schema && is_ours(own))
        .filter(|schema| {
            let mut held = after.objects.keys().filter(|own| *own != *schema);
            let mut living = after.needs.iter().filter(|(own, _)| !all.contains(own));
            !held.any(|own| {
                own.is_at_or_below(schema) && own.attached_to().as_ref() != Some(*schema)
            }) && !living.any(|(_, needs)| needs.contains(*schema))
        })
        .collect();
    let lived_in: Vec<Address> = lived_in.into_iter().cloned().collect();
    all.extend(lived_in);
    all
}

/// Returns how many types stand one upon the other in a type.
fn made_of(own: &Address, model: &Model<Expression>) -> usize {
    let is_type =
        |own: &&Address| own.kind().is_held_with_columns() || own.kind() == Kind::Function;
    let needs = model.needs.get(own).into_iter().flatten().filter(is_type);
    needs.map(|own| 1 + made_of(own, model)).max().unwrap_or(0)
}
