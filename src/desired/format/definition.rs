//! The small kinds.

use std::collections::BTreeMap;

use schemars::JsonSchema;

use super::{PrivilegeForm, Reference, Scalar};

/// A conversion between encodings (manual: CREATE CONVERSION).
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Conversion {
    /// The schema, where it is not the document's.
    pub schema: Option<String>,
    /// The encoding that is converted.
    pub from: String,
    /// The encoding that it is converted to.
    pub to: String,
    /// The function that does it.
    pub function: Reference,
    /// Whether it is the one that is used between its encodings in its schema.
    pub default: Option<bool>,
    /// A comment (manual: COMMENT).
    pub comment: Option<String>,
    /// The role that owns it; compared where `manage.owners` says so.
    pub owner: Option<String>,
    /// The name it had.
    pub renamed_from: Option<Reference>,
    /// Replaces the declaration of an earlier folder.
    pub r#override: Option<bool>,
    /// Dropping it or making another one of its name is refused, whatever is allowed.
    pub protect: Option<bool>,
}

/// What splits a text into tokens (manual: CREATE TEXT SEARCH PARSER).
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct TextSearchParser {
    /// The schema, where it is not the document's.
    pub schema: Option<String>,
    /// The function that begins.
    pub start: Reference,
    /// The function that gives the next token.
    pub gettoken: Reference,
    /// The function that ends.
    pub end: Reference,
    /// The function that names the types of tokens.
    pub lextypes: Reference,
    /// The function that makes headlines.
    pub headline: Option<Reference>,
    /// A comment (manual: COMMENT).
    pub comment: Option<String>,
    /// The name it had.
    pub renamed_from: Option<Reference>,
    /// Replaces the declaration of an earlier folder.
    pub r#override: Option<bool>,
    /// Dropping it or making another one of its name is refused, whatever is allowed.
    pub protect: Option<bool>,
}

/// The functions that dictionaries are made with (manual: CREATE TEXT SEARCH TEMPLATE).
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct TextSearchTemplate {
    /// The schema, where it is not the document's.
    pub schema: Option<String>,
    /// The function that prepares a dictionary.
    pub init: Option<Reference>,
    /// The function that makes lexemes.
    pub lexize: Reference,
    /// A comment (manual: COMMENT).
    pub comment: Option<String>,
    /// The name it had.
    pub renamed_from: Option<Reference>,
    /// Replaces the declaration of an earlier folder.
    pub r#override: Option<bool>,
    /// Dropping it or making another one of its name is refused, whatever is allowed.
    pub protect: Option<bool>,
}

/// What makes lexemes of tokens (manual: CREATE TEXT SEARCH DICTIONARY).
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct TextSearchDictionary {
    /// The schema, where it is not the document's.
    pub schema: Option<String>,
    /// The template that it is made with.
    pub template: Reference,
    /// What the template asks for, by name.
    pub options: Option<BTreeMap<String, Scalar>>,
    /// A comment (manual: COMMENT).
    pub comment: Option<String>,
    /// The role that owns it; compared where `manage.owners` says so.
    pub owner: Option<String>,
    /// The name it had.
    pub renamed_from: Option<Reference>,
    /// Replaces the declaration of an earlier folder.
    pub r#override: Option<bool>,
    /// Dropping it or making another one of its name is refused, whatever is allowed.
    pub protect: Option<bool>,
}

/// One dictionary, or several that are asked in this order.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub enum DictionariesForm {
    /// One.
    One(Reference),
    /// Several.
    Several(Vec<Reference>),
}

/// A parser with dictionaries (manual: CREATE TEXT SEARCH CONFIGURATION).
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct TextSearchConfiguration {
    /// The schema, where it is not the document's.
    pub schema: Option<String>,
    /// The parser.
    pub parser: Reference,
    /// The dictionaries by type of token.
    pub mappings: Option<BTreeMap<String, DictionariesForm>>,
    /// A comment (manual: COMMENT).
    pub comment: Option<String>,
    /// The role that owns it; compared where `manage.owners` says so.
    pub owner: Option<String>,
    /// The name it had.
    pub renamed_from: Option<Reference>,
    /// Replaces the declaration of an earlier folder.
    pub r#override: Option<bool>,
    /// Dropping it or making another one of its name is refused, whatever is allowed.
    pub protect: Option<bool>,
}

/// A library that reads and writes data elsewhere (manual: CREATE FOREIGN DATA WRAPPER). It lies in no schema.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ForeignDataWrapper {
    /// The function that runs queries.
    pub handler: Option<Reference>,
    /// The function that checks options.
    pub validator: Option<Reference>,
    /// Options, by name.
    pub options: Option<BTreeMap<String, Scalar>>,
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
    /// Dropping it or making another one of its name is refused, whatever is allowed.
    pub protect: Option<bool>,
}

/// A place where data is (manual: CREATE SERVER). It lies in no schema.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Server {
    /// The foreign-data wrapper that reaches it.
    pub wrapper: Reference,
    /// Its type, as the wrapper understands it.
    pub r#type: Option<String>,
    /// Its version, as the wrapper understands it.
    pub version: Option<String>,
    /// Options, by name. No secrets: those are a user mapping's.
    pub options: Option<BTreeMap<String, Scalar>>,
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
    /// Dropping it or making another one of its name is refused, whatever is allowed.
    pub protect: Option<bool>,
}
