//! Data types and collations.

use std::collections::BTreeMap;

use schemars::JsonSchema;

use super::{PrivilegeForm, Reference, Scalar, Sql};

/// An enumerated type: its labels, or a map.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub enum EnumForm {
    /// The labels in their order.
    Values(Vec<EnumValue>),
    /// Everything.
    Full(Enum),
}

/// A value of an enumerated type.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub enum EnumValue {
    /// Its label.
    Label(Scalar),
    /// A label that was another one.
    Renamed(RenamedValue),
}

/// A value that says what it was called.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct RenamedValue {
    /// Its label.
    pub value: Scalar,
    /// The label it had.
    pub renamed_from: Option<Scalar>,
}

/// An enumerated type.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Enum {
    /// The schema, where it is not the document's.
    pub schema: Option<String>,
    /// The labels in their order.
    pub values: Vec<EnumValue>,
    /// What rows get that have a label which goes: that label, and one of `values`. It counts for the change alone.
    pub remap: Option<BTreeMap<String, Scalar>>,
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

/// A composite type (manual: CREATE TYPE).
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Composite {
    /// The schema, where it is not the document's.
    pub schema: Option<String>,
    /// The attributes in their order, each a map of its name alone.
    pub attributes: Option<Vec<BTreeMap<String, AttributeForm>>>,
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

/// An attribute of a composite type: its type, or a map.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub enum AttributeForm {
    /// The type.
    Type(Sql),
    /// Everything.
    Full(Attribute),
}

/// An attribute with all that can be said of it.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Attribute {
    /// The data type.
    pub r#type: Sql,
    /// The collation, where it is not the type's own.
    pub collation: Option<Reference>,
    /// A comment (manual: COMMENT).
    pub comment: Option<String>,
    /// The name it had.
    pub renamed_from: Option<Reference>,
}

/// A collation (manual: CREATE COLLATION).
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Collation {
    /// The schema, where it is not the document's.
    pub schema: Option<String>,
    /// What compares strings; `libc` by default.
    pub provider: Option<Provider>,
    /// The locale.
    pub locale: Option<String>,
    /// The locale of the order, where it is not that of the classes of characters (`libc`).
    pub lc_collate: Option<String>,
    /// The locale of the classes of characters.
    pub lc_ctype: Option<String>,
    /// Whether strings of other bytes are never equal; they are not by default.
    pub deterministic: Option<bool>,
    /// What is said beyond the locale (`icu`, PostgreSQL 16 and later).
    pub rules: Option<String>,
    /// A comment (manual: COMMENT).
    pub comment: Option<String>,
    /// The role that owns it; compared where `manage.owners` says so.
    pub owner: Option<String>,
    /// The name it had.
    pub renamed_from: Option<Reference>,
    /// Replaces the declaration of an earlier folder.
    pub r#override: Option<bool>,
    /// Retiring, dropping or rewriting it is refused, whatever is allowed.
    pub protect: Option<bool>,
}

/// What compares strings.
#[derive(JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Provider {
    /// The C library.
    Libc,
    /// The ICU library.
    Icu,
    /// The server's own (PostgreSQL 17 and later).
    Builtin,
}

/// A range type: the type of its bounds, or a map.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub enum RangeForm {
    /// The subtype.
    Subtype(Sql),
    /// Everything.
    Full(Box<Range>),
}

/// A range type (manual: CREATE TYPE).
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Range {
    /// The schema, where it is not the document's.
    pub schema: Option<String>,
    /// The type of the bounds.
    pub subtype: Sql,
    /// The operator class that orders the bounds, where it is not the subtype's default.
    pub subtype_opclass: Option<Reference>,
    /// The collation of the bounds, where it is not the subtype's own.
    pub collation: Option<Reference>,
    /// The function that says how far two bounds are apart.
    pub subtype_diff: Option<Reference>,
    /// The name of the multirange type that comes with it; the server chooses by default.
    pub multirange_type_name: Option<Reference>,
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

/// A domain: the type it is made of, or a map.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub enum DomainForm {
    /// The type.
    Type(Sql),
    /// Everything.
    Full(Box<Domain>),
}

/// A domain.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Domain {
    /// The schema, where it is not the document's.
    pub schema: Option<String>,
    /// The type it is made of.
    pub r#type: Sql,
    /// The collation, where it is not the type's own.
    pub collation: Option<Reference>,
    /// What new rows get where neither they nor their column say a value.
    pub default: Option<Sql>,
    /// Whether NULL is none of its values.
    pub not_null: Option<bool>,
    /// Check constraints by name; `VALUE` stands for the value.
    pub checks: Option<BTreeMap<String, DomainCheckForm>>,
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

/// A check of a domain: its expression, or a map.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub enum DomainCheckForm {
    /// The expression.
    Expression(Sql),
    /// Everything.
    Full(DomainCheck),
}

/// A check constraint of a domain.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct DomainCheck {
    /// What no value must make false.
    pub check: Sql,
    /// Whether values that are stored are left unchecked.
    pub not_valid: Option<bool>,
    /// A comment (manual: COMMENT).
    pub comment: Option<String>,
    /// The name it had.
    pub renamed_from: Option<Reference>,
}
