//! Functions, procedures and aggregates.

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

/// An aggregate function.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Aggregate {
    /// The schema, where it is not the document's.
    pub schema: Option<String>,
    /// The argument list with modes and names, where the types in the key do not say it all; `direct ORDER BY aggregated` for an ordered-set aggregate.
    pub arguments: Option<Sql>,
    /// Whether the direct arguments are a row that is thought among the aggregated ones.
    pub hypothetical: Option<bool>,
    /// The state transition function: it is given the state and the next values, and returns the next state.
    pub sfunc: Option<Reference>,
    /// The type of the state.
    pub stype: Option<Sql>,
    /// The average size of a state, in bytes.
    pub sspace: Option<u32>,
    /// What makes the result of the last state.
    pub finalfunc: Option<Reference>,
    /// Whether the final function is given the arguments as well, as NULLs.
    pub finalfunc_extra: Option<bool>,
    /// What the final function may do to the state: `read_only`, `shareable` or `read_write`.
    pub finalfunc_modify: Option<FinalModify>,
    /// The first state, as a string of its type; absent: NULL.
    pub initcond: Option<Scalar>,
    /// What makes one state of two.
    pub combinefunc: Option<Reference>,
    /// What writes a state of type `internal`.
    pub serialfunc: Option<Reference>,
    /// What reads a state of type `internal`.
    pub deserialfunc: Option<Reference>,
    /// The state transition function of a moving aggregate.
    pub msfunc: Option<Reference>,
    /// What takes a value off the state of a moving aggregate again.
    pub minvfunc: Option<Reference>,
    /// The type of a moving aggregate's state.
    pub mstype: Option<Sql>,
    /// The average size of a moving aggregate's state, in bytes.
    pub msspace: Option<u32>,
    /// What makes the result of a moving aggregate's state.
    pub mfinalfunc: Option<Reference>,
    /// Whether that function is given the arguments as well, as NULLs.
    pub mfinalfunc_extra: Option<bool>,
    /// What that function may do to the state.
    pub mfinalfunc_modify: Option<FinalModify>,
    /// The first state of a moving aggregate, as a string of its type.
    pub minitcond: Option<Scalar>,
    /// The operator whose order an index gives the result by, as for `min` and `max`.
    pub sortop: Option<Sql>,
    /// Whether parallel workers may run it: `safe`, `restricted` or `unsafe`, the default.
    pub parallel: Option<Parallel>,
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

/// What a final function may do to the state that it is given.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub enum FinalModify {
    /// It only reads it.
    ReadOnly,
    /// It may change it, and others may go on from there.
    Shareable,
    /// It may leave it useless.
    ReadWrite,
}
