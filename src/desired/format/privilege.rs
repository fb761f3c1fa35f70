//! Privileges.

use std::collections::BTreeMap;

use schemars::JsonSchema;

/// A privilege: its word, or a map.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub enum PrivilegeForm {
    /// `select`, `all`, or `update(email, name)` for some columns.
    Word(String),
    /// Everything.
    Full(Box<Privilege>),
}

/// A privilege (manual: GRANT).
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Privilege {
    /// Its word.
    pub privilege: String,
    /// The columns that it is on; absent: the whole object.
    pub columns: Option<Vec<String>>,
    /// Whether the role may pass it on.
    pub with_grant_option: Option<bool>,
}

/// Who may do what with an object, by role; `public` is everybody. A list is whole.
type List = BTreeMap<String, Vec<PrivilegeForm>>;

/// What others may do with things that a role makes, wherever it makes them.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct DefaultPrivileges {
    /// Tables and views.
    pub tables: Option<List>,
    /// Sequences.
    pub sequences: Option<List>,
    /// Functions, procedures and aggregates: `{}` takes EXECUTE from everybody, who has it otherwise.
    pub functions: Option<List>,
    /// Types and domains: `{}` takes USAGE from everybody.
    pub types: Option<List>,
    /// Schemas.
    pub schemas: Option<List>,
}

/// What others may do with things that a role makes in a schema, beside what they may wherever it makes them.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct DefaultPrivilegesInSchema {
    /// Tables and views.
    pub tables: Option<List>,
    /// Sequences.
    pub sequences: Option<List>,
    /// Functions, procedures and aggregates.
    pub functions: Option<List>,
    /// Types and domains.
    pub types: Option<List>,
}
