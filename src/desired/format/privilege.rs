//! Privileges.

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
