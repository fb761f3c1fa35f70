//! The plan as a file: a decision whose hash is the plan's id, and an observation outside it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::hazard::{Allowance, Finding};
use super::stage::Stage;
use super::step::{Act, Step};
use crate::model::{
    Address, Hash, Intent, Moves, Name, Retired, Shadow, Size, SizeClass, Unmodelled,
};

/// The version of the plan file's format.
pub const PLAN_FORMAT: u32 = 1;

/// What a plan is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// To reach the state that the files declare.
    Declare,
    /// To undo these revisions, newest first.
    Undo(Vec<i64>),
    /// To delete what was retired.
    Purge,
    /// To end the keeping of former columns.
    Finish,
}

/// What is decided: deterministic bytes, their hash is the plan's id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// The format's version.
    pub format: u32,
    /// The project whose history this continues.
    pub project: String,
    /// The server's major version.
    pub major: u16,
    /// The role that made it, where steps speak of that one by CURRENT_USER: another one would be meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Name>,
    /// What the plan is for.
    pub purpose: Purpose,
    /// The fingerprint of the declared texts.
    pub desired: Hash,
    /// The top-level objects this revision declares.
    pub declares: BTreeSet<Address>,
    /// The fingerprint of each object that a step creates, changes, drops or leans on, as it is before.
    pub leans_on: BTreeMap<Address, Hash>,
    /// The size class that each choice of way rests on.
    pub sizes: BTreeMap<Address, SizeClass>,
    /// What changes its address.
    pub moves: Moves,
    /// The ledger of retired things that the plan rests on.
    pub ledger: Vec<Retired>,
    /// What a reviewer must see.
    pub findings: Vec<Finding>,
    /// What a person allowed.
    pub allowed: Vec<Allowance>,
    /// The way forward.
    pub stages: Vec<Stage>,
    /// The way back.
    pub inverse: Vec<Stage>,
    /// What a reviewer of the way back must see.
    pub inverse_findings: Vec<Finding>,
    /// What SQL has no word for.
    pub intent: Intent,
    /// Columns that become ones of another type by a column beside them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub shadows: BTreeMap<Address, Shadow>,
}

/// What was seen while planning, outside the id.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observation {
    /// The database that was read.
    pub database: String,
    /// Sizes of the tables that steps touch.
    pub sizes: BTreeMap<Address, Size>,
    /// How many rows rehearsal seeded in each table.
    pub seeded: BTreeMap<Address, u32>,
    /// Tables that could not be seeded, and why.
    pub not_seeded: BTreeMap<Address, String>,
    /// What no revision declared and the files do not have: left alone.
    pub unmanaged: Vec<Address>,
    /// What was found and is not modelled.
    pub unmodelled: Vec<Unmodelled>,
    /// The former columns that are kept in step with ones of another type.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub in_step: Vec<Address>,
    /// How many declared objects no revision has recorded yet.
    pub not_yet_ours: usize,
    /// Whether what is protected, or left to others, is not what the last revision says.
    #[serde(default)]
    pub guards_differ: bool,
    /// Whether applying records a revision even where nothing differs.
    #[serde(default)]
    pub records: bool,
    /// Whether the journal was made in another database: it can be read, and nothing be applied.
    #[serde(default)]
    pub copied_journal: bool,
    /// Whether a scratch server was needed; not written, for it differs from run to run.
    #[serde(skip)]
    pub used_scratch: bool,
    /// How many tables were built there to compare both sides.
    #[serde(skip)]
    pub built_tables: usize,
}

/// A plan: what a person reviews, approves and applies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// What is decided.
    pub decision: Decision,
    /// What was seen.
    pub observation: Observation,
}

/// Why a plan file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ArtifactError {
    /// It is no plan.
    #[error("it is not a plan file: {0}")]
    NotAPlan(#[source] serde_json::Error),
    /// A newer tool wrote it.
    #[error("its format is {found}, newer than {PLAN_FORMAT}, the newest this version reads")]
    Newer {
        /// The format it names.
        found: u32,
    },
    /// Its content does not match its id.
    #[error("its content does not match its id {id}: it was changed after it was written")]
    Edited {
        /// The id it names.
        id: String,
    },
}

#[derive(Serialize)]
struct FileOut<'a> {
    format: u32,
    id: &'a Hash,
    decision: &'a Decision,
    observation: &'a Observation,
}

#[derive(Deserialize)]
struct FileHead {
    format: u32,
}

#[derive(Deserialize)]
struct FileIn {
    id: Hash,
    decision: Decision,
    observation: Observation,
}

impl Decision {
    /// Returns the plan's id.
    pub fn id(&self) -> Hash {
        Hash::of(self)
    }

    /// Says whether the plan changes nothing.
    pub fn is_empty(&self) -> bool {
        self.stages.is_empty()
    }

    /// Returns the findings that stop `apply`: those that stop and that nobody allowed.
    pub fn refused(&self) -> Vec<&Finding> {
        self.findings
            .iter()
            .filter(|finding| {
                finding.stops
                    && !self
                        .allowed
                        .iter()
                        .any(|allowance| allowance.covers(finding))
            })
            .collect()
    }

    /// Returns how many steps the way forward has.
    pub fn step_count(&self) -> usize {
        let steps = self.stages.iter().flat_map(|stage| &stage.steps);
        steps.filter(|step| step.is_shown()).count()
    }
}

impl Plan {
    /// Writes the plan file.
    pub fn to_json(&self) -> String {
        let id = self.decision.id();
        let file = FileOut {
            format: PLAN_FORMAT,
            id: &id,
            decision: &self.decision,
            observation: &self.observation,
        };
        let mut text =
            serde_json::to_string_pretty(&file).expect("a plan is strings, numbers and maps");
        text.push('\n');
        text
    }

    /// Reads a plan file, and vouches for its statements once its id matches its content.
    ///
    /// # Errors
    /// Fails when the text is no plan, when a newer tool wrote it, or when it was changed afterwards.
    pub fn from_json(text: &str) -> Result<Self, ArtifactError> {
        let head: FileHead = serde_json::from_str(text).map_err(ArtifactError::NotAPlan)?;
        if head.format > PLAN_FORMAT {
            return Err(ArtifactError::Newer { found: head.format });
        }
        let file: FileIn = serde_json::from_str(text).map_err(ArtifactError::NotAPlan)?;
        let id = file.decision.id();
        if id != file.id {
            return Err(ArtifactError::Edited {
                id: file.id.short(12).to_owned(),
            });
        }
        let mut decision = file.decision;
        for stage in decision.stages.iter_mut().chain(&mut decision.inverse) {
            for step in &mut stage.steps {
                vouch(step, &id);
            }
        }
        Ok(Self {
            decision,
            observation: file.observation,
        })
    }
}

fn vouch(step: &mut Step, id: &Hash) {
    match &mut step.does {
        Act::Statement(statement) => statement.sql = statement.sql.reviewed(id),
        Act::Backfill(backfill) => backfill.value = backfill.value.reviewed(id),
        Act::Complete(_) | Act::Ledger(_) => {}
    }
}
