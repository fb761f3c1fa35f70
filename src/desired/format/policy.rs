//! Policies of row-level security.

use schemars::JsonSchema;

use super::{Reference, Sql};

/// A policy (manual: CREATE POLICY).
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Policy {
    /// Whether it lets rows in beside others, the default, or keeps them out.
    pub r#as: Option<PolicyKind>,
    /// The statements that it is for; all of them by default.
    pub r#for: Option<PolicyCommand>,
    /// The roles that it is for; `public` by default.
    pub to: Option<Roles>,
    /// Which rows are seen.
    pub using: Option<Sql>,
    /// Which rows may be written.
    pub with_check: Option<Sql>,
    /// A comment (manual: COMMENT).
    pub comment: Option<String>,
    /// The name it had.
    pub renamed_from: Option<Reference>,
}

/// How a policy counts beside others.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub enum PolicyKind {
    /// One of them has to let a row in.
    Permissive,
    /// All of them have to.
    Restrictive,
}

/// The statements that a policy is for.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub enum PolicyCommand {
    /// All of them.
    All,
    /// SELECT.
    Select,
    /// INSERT.
    Insert,
    /// UPDATE.
    Update,
    /// DELETE.
    Delete,
}

/// A role, or several.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub enum Roles {
    /// One.
    One(String),
    /// Several.
    Several(Vec<String>),
}
