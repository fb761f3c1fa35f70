//! Rules.

use schemars::JsonSchema;

use super::{Reference, Scalar, Sql};

/// A rule (manual: CREATE RULE).
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Rule {
    /// The statements that it is for.
    pub event: RuleEvent,
    /// The rows that it is for; all of them by default.
    pub r#where: Option<Sql>,
    /// Whether the commands take the place of the statement; they come besides by default.
    pub instead: Option<bool>,
    /// `NOTHING`, one command, or several in parentheses with semicolons between them.
    pub r#do: Sql,
    /// In which session roles it acts: `true`, `always`, `replica` or `false`.
    pub enabled: Option<Scalar>,
    /// A comment (manual: COMMENT).
    pub comment: Option<String>,
    /// The name it had.
    pub renamed_from: Option<Reference>,
}

/// The statements that a rule is for.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub enum RuleEvent {
    /// INSERT.
    Insert,
    /// UPDATE.
    Update,
    /// DELETE.
    Delete,
}
