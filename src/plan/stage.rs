//! What commits together.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::step::{Act, Block, Effect, Phase, Step};
use crate::ddl::{LockMode, Transaction, Work};
use crate::model::{Address, Expression, Hash, Model};

/// What is different once a stage has committed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum After {
    /// The object is gone.
    Gone,
    /// The object is this one.
    Exactly(Hash),
    /// The object's texts now speak another name: compared by everything but its texts.
    Following(Hash),
}

/// One or more blocks that commit as one, or one step that owns its transactions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stage {
    /// Whether its one step owns its transactions.
    pub alone: bool,
    /// The steps in order.
    pub steps: Vec<Step>,
    /// What is different afterwards, as rehearsal saw it.
    pub after: BTreeMap<Address, After>,
}

impl Stage {
    /// Returns the strongest lock the stage takes on each relation that others can see.
    pub fn locks(&self) -> BTreeMap<Address, LockMode> {
        let mut locks: BTreeMap<Address, LockMode> = BTreeMap::new();
        for (relation, mode) in self
            .steps
            .iter()
            .filter_map(Step::statement)
            .flat_map(|own| &own.locks)
        {
            let strongest = locks.entry(relation.clone()).or_insert(*mode);
            *strongest = (*strongest).max(*mode);
        }
        locks
    }

    /// Returns the latest phase of its steps.
    pub fn phase(&self) -> Phase {
        self.steps
            .iter()
            .map(|step| step.phase)
            .max()
            .unwrap_or(Phase::Expand)
    }
}

/// Fingerprints an object with its texts left out: what compares an object whose texts follow a rename.
pub(crate) fn hash_without_texts(model: &Model<Expression>, address: &Address) -> Hash {
    let bare = model
        .objects
        .get(address)
        .map(|object| object.map(&mut |_| Expression::new("")));
    Hash::of(&bare)
}

/// Says what is different between two reads, one before and one after a stage.
pub(crate) fn differences(
    before: &Model<Expression>,
    after: &Model<Expression>,
    touched: &BTreeSet<Address>,
) -> BTreeMap<Address, After> {
    let mut different = BTreeMap::new();
    for (address, object) in &after.objects {
        if before.objects.get(address) != Some(object) {
            let own = touched.iter().any(|root| address.is_at_or_below(root));
            let after_hash = if own || !before.objects.contains_key(address) {
                After::Exactly(after.fingerprint(address))
            } else {
                After::Following(hash_without_texts(after, address))
            };
            different.insert(address.clone(), after_hash);
        }
    }
    for address in before
        .objects
        .keys()
        .filter(|address| !after.objects.contains_key(address))
    {
        different.insert(address.clone(), After::Gone);
    }
    different
}

/// Puts ordered blocks into stages.
///
/// Blocks share a stage only where nobody can wait for them (all they touch is made in this plan), or where all is
/// catalog-only work on one and the same table on one side of the first contract step; blocks of one claim never.
pub(crate) fn stages(blocks: Vec<(Block, Option<usize>)>) -> Vec<Stage> {
    let mut made: BTreeSet<Address> = BTreeSet::new();
    let mut stages: Vec<Stage> = Vec::new();
    let mut open: Option<Open> = None;
    for (block, claim) in blocks {
        let steps = match block {
            Block::Alone(step) => {
                open = None;
                stages.push(Stage {
                    alone: true,
                    steps: vec![step],
                    after: BTreeMap::new(),
                });
                continue;
            }
            Block::Together(steps) => steps,
        };
        for effect in steps.iter().flat_map(|step| &step.effects) {
            if let Effect::Creates(address) = effect {
                made.insert(address.clone());
            }
        }
        let next = Open::of(&steps, claim, &made);
        match (&mut open, stages.last_mut()) {
            (Some(current), Some(stage)) if current.takes(&next) => {
                stage.steps.extend(steps);
                current.extend(next);
            }
            _ => {
                stages.push(Stage {
                    alone: false,
                    steps,
                    after: BTreeMap::new(),
                });
                open = Some(next);
            }
        }
    }
    stages
}

/// What decides whether the next block may join a stage.
struct Open {
    unseen: bool,
    tables: BTreeSet<Address>,
    catalog_only: bool,
    contract: bool,
    /// It fills a materialized view: under nobody's locks.
    fills: bool,
    /// What it makes can be used once it has committed.
    commits_first: bool,
    claims: BTreeSet<usize>,
}

impl Open {
    fn of(steps: &[Step], claim: Option<usize>, made: &BTreeSet<Address>) -> Self {
        let is_made = |address: &Address| made.contains(address);
        let statements = || steps.iter().filter_map(Step::statement);
        let tables: BTreeSet<Address> = statements()
            .flat_map(|own| own.locks.keys())
            .filter(|table| !is_made(table))
            .cloned()
            .collect();
        let catalog_only = statements()
            .all(|own| own.work == Work::Catalog || own.locks.keys().all(is_made))
            && steps
                .iter()
                .all(|step| !matches!(step.does, Act::Backfill(_) | Act::Complete(_)));
        Self {
            unseen: tables.is_empty() && catalog_only,
            tables,
            catalog_only,
            fills: steps.iter().any(Step::fills_view),
            contract: steps.iter().any(|step| step.phase == Phase::Contract),
            commits_first: statements().any(|own| own.transaction == Transaction::CommitBeforeUse),
            claims: claim.into_iter().collect(),
        }
    }

    fn takes(&self, next: &Self) -> bool {
        let one_claim = self.claims.intersection(&next.claims).next().is_some();
        let both_unseen = self.unseen && next.unseen;
        let same_table = self.catalog_only
            && next.catalog_only
            && self.tables.union(&next.tables).count() <= 1
            && self.contract == next.contract;
        !(one_claim || self.fills || next.fills)
            && self.commits_first == next.commits_first
            && (both_unseen || same_table)
    }

    fn extend(&mut self, next: Self) {
        self.unseen &= next.unseen;
        self.tables.extend(next.tables);
        self.catalog_only &= next.catalog_only;
        self.contract |= next.contract;
        self.claims.extend(next.claims);
    }
}
