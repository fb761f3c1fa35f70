//! Changes in, plan out: rewrites claim what has a safer way, one graph orders everything, blocks become stages.

pub(crate) mod artifact;
pub(crate) mod build;
mod default_privileges;
pub(crate) mod facts;
pub(crate) mod fold;
pub(crate) mod give_way;
pub(crate) mod graph;
mod handed_down;
pub(crate) mod hazard;
pub(crate) mod identity;
pub(crate) mod likeness;
pub(crate) mod moves;
pub(crate) mod needs;
mod new_table;
pub(crate) mod partition;
pub(crate) mod position;
pub(crate) mod protect;
pub(crate) mod purge;
pub(crate) mod refusal;
pub(crate) mod relations;
pub(crate) mod replace;
pub(crate) mod rewrite;
mod sentence;
pub(crate) mod stage;
pub(crate) mod step;

pub use artifact::{ArtifactError, Decision, Observation, PLAN_FORMAT, Plan, Purpose};
pub use build::stages;
pub use hazard::{Allowance, Finding, Hazard};
pub use identity::{IdentityError, Question};
pub use position::Position;
pub(crate) use position::position;
pub(crate) use purge::{drop_leftover_trigger, purge_stage};
pub use refusal::PlanError;
pub use rewrite::{Claim, Context, Rewrite};
pub use stage::{After, Stage};
pub use step::{Act, Backfill, Block, Effect, LedgerChange, Phase, Reversal, Step};
