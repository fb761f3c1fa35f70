//! Functions and procedures.

use std::collections::BTreeMap;

use schemars::JsonSchema;

use super::{PrivilegeForm, Reference, Scalar, Sql};

/// A function.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Function {
    /// The schema, where it is not the document's.
    pub schema: Option<String>,
    /// The argument list with modes, names and defaults, where the types in the key do not say it all.
    pub arguments: Option<Sql>,
    /// What it returns: a type, `SETOF type` or `TABLE(…)`.
    pub returns: Option<Sql>,
    /// The language.
    pub language: Option<String>,
    /// The body, as a string that the language reads.
    pub body: Option<String>,
    /// The body in SQL: `RETURN expression` or `BEGIN ATOMIC … END`.
    pub sql_body: Option<Sql>,
    /// The file of a compiled function.
    pub object_file: Option<String>,
    /// The symbol in that file.
    pub link_symbol: Option<String>,
    /// Whether it is a window function.
    pub window: Option<bool>,
    /// What it may do: `immutable`, `stable` or `volatile`, the default.
    pub volatility: Option<Volatility>,
    /// Whether parallel workers may run it: `safe`, `restricted` or `unsafe`, the default.
    pub parallel: Option<Parallel>,
    /// Whether a NULL argument gives NULL without a call.
    pub strict: Option<bool>,
    /// Whether it runs with its owner's privileges.
    pub security_definer: Option<bool>,
    /// Whether it gives nothing of its arguments away but by its result.
    pub leakproof: Option<bool>,
    /// What a call costs, in units of `cpu_operator_cost`.
    pub cost: Option<f64>,
    /// How many rows a call returns.
    pub rows: Option<f64>,
    /// Settings for the time of a call.
    pub set: Option<BTreeMap<String, Scalar>>,
    /// The planner support function.
    pub support: Option<Reference>,
    /// A comment (manual: COMMENT).
    pub comment: Option<String>,
    /// The role that owns it; compared where `manage.owners` says so.
    pub owner: Option<String>,
    /// Who may do what, by role, `public` for everybody; absent: not compared. The list is whole, but for its owner.
    pub grants: Option<BTreeMap<String, Vec<PrivilegeForm>>>,
    /// The name it had.
    pub renamed_from: Option<Reference>,
    /// Replaces the declaration of an earlier folder.
    pub r#override: Option<bool>,
    /// Retiring, dropping or rewriting it is refused, whatever is allowed.
    pub protect: Option<bool>,
}

/// What a function may do.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub enum Volatility {
    /// The same arguments give the same result for ever.
    Immutable,
    /// They do so within one statement.
    Stable,
    /// Anything may happen.
    Volatile,
}

/// Whether parallel workers may run a function.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub enum Parallel {
    /// They may.
    Safe,
    /// Only the leader may.
    Restricted,
    /// No parallel plan at all.
    Unsafe,
}

/// A procedure.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Procedure {
    /// The schema, where it is not the document's.
    pub schema: Option<String>,
    /// The argument list with modes, names and defaults, where the types in the key do not say it all.
    pub arguments: Option<Sql>,
    /// The language.
    pub language: Option<String>,
    /// The body, as a string that the language reads.
    pub body: Option<String>,
    /// The body in SQL: `BEGIN ATOMIC … END`.
    pub sql_body: Option<Sql>,
    /// The file of a compiled procedure.
    pub object_file: Option<String>,
    /// The symbol in that file.
    pub link_symbol: Option<String>,
    /// Whether it runs with its owner's privileges.
    pub security_definer: Option<bool>,
    /// Settings for the time of a call.
    pub set: Option<BTreeMap<String, Scalar>>,
    /// A comment (manual: COMMENT).
    pub comment: Option<String>,
    /// The role that owns it; compared where `manage.owners` says so.
    pub owner: Option<String>,
    /// Who may do what, by role, `public` for everybody; absent: not compared. The list is whole, but for its owner.
    pub grants: Option<BTreeMap<String, Vec<PrivilegeForm>>>,
    /// The name it had.
    pub renamed_from: Option<Reference>,
    /// Replaces the declaration of an earlier folder.
    pub r#override: Option<bool>,
    /// Retiring, dropping or rewriting it is refused, whatever is allowed.
    pub protect: Option<bool>,
}
