//! Changes in, plan out: rewrites claim what has a safer way, one graph orders everything, blocks become stages.

pub(crate) mod artifact;
pub(crate) mod hazard;
pub(crate) mod stage;
pub(crate) mod step;

pub use artifact::{ArtifactError, Decision, Observation, PLAN_FORMAT, Plan, Purpose};
pub use hazard::{Allowance, Finding, Hazard};
pub use stage::{After, Stage};
pub use step::{Act, Backfill, Block, Effect, LedgerChange, Phase, Reversal, Step};
