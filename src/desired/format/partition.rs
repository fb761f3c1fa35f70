//! Partitions as types.

use std::collections::BTreeMap;

use schemars::JsonSchema;

use super::{
    CheckForm, Exclusion, ForeignKey, IndexForm, Policy, PrimaryKeyForm, PrivilegeForm, Reference,
    ReplicaIdentityForm, Rule, Scalar, Sql, Trigger, UniqueForm,
};

/// What a table inherits from.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub enum InheritsForm {
    /// One table.
    One(String),
    /// Several: a column of the same name in two of them is one.
    Several(Vec<Reference>),
}

/// The partitions of a table.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub enum PartitionsForm {
    /// Others make them: they are left alone.
    Word(Unmanaged),
    /// By name.
    Named(BTreeMap<String, PartitionForm>),
}

/// Names of NOT NULLs.
#[derive(JsonSchema)]
#[serde(untagged)]
pub enum NotNullNamesForm {
    /// Where it is made, as those of a table by itself; one that stands keeps what it has.
    Word(Own),
    /// By column.
    Named(BTreeMap<String, String>),
}

/// As if there were no other table.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub enum Own {
    /// `table_column_not_null`.
    Own,
}

/// What is left to others.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub enum Unmanaged {
    /// They are neither made nor set aside, and not compared.
    Unmanaged,
}

/// A partition: which rows it holds, or a map.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub enum PartitionForm {
    /// What follows FOR VALUES, or DEFAULT.
    Bound(Sql),
    /// Everything.
    Full(Box<Partition>),
}

/// A partition with what it has of its own; columns, and all else that its table has, it has from there.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Partition {
    /// The schema, where it is not that of its table.
    pub schema: Option<String>,
    /// Which rows it holds: `FROM (…) TO (…)`, `IN (…)`, `WITH (MODULUS …, REMAINDER …)` or `DEFAULT`.
    pub bound: Sql,
    /// How its own rows are spread (manual: CREATE TABLE, PARTITION BY).
    pub partition_by: Option<Sql>,
    /// Its own partitions by name, or `unmanaged`.
    pub partitions: Option<PartitionsForm>,
    /// Its primary key, where its table has none.
    pub primary_key: Option<PrimaryKeyForm>,
    /// Unique constraints by name.
    pub unique: Option<BTreeMap<String, UniqueForm>>,
    /// Exclusion constraints by name.
    pub exclusions: Option<BTreeMap<String, Exclusion>>,
    /// Foreign keys by name.
    pub foreign_keys: Option<BTreeMap<String, ForeignKey>>,
    /// Triggers by name (manual: CREATE TRIGGER).
    pub triggers: Option<BTreeMap<String, Box<Trigger>>>,
    /// Rules by name (manual: CREATE RULE), for statements that name it.
    pub rules: Option<BTreeMap<String, Box<Rule>>>,
    /// Whether its policies count for others than the owner, in statements that name it.
    pub row_level_security: Option<bool>,
    /// Whether they count for the owner too.
    pub force_row_level_security: Option<bool>,
    /// Policies by name (manual: CREATE POLICY).
    pub policies: Option<BTreeMap<String, Box<Policy>>>,
    /// Check constraints by name.
    pub checks: Option<BTreeMap<String, CheckForm>>,
    /// Indexes by name.
    pub indexes: Option<BTreeMap<String, IndexForm>>,
    /// What it calls the indexes that it has from its table, those of keys among them, by the names that they have there; absent: any name.
    pub index_names: Option<BTreeMap<String, String>>,
    /// What it calls the NOT NULLs that it has from its table (18 and later): by column, or `own`; absent: any name.
    pub not_null_names: Option<NotNullNamesForm>,
    /// Whether changes are kept out of the write-ahead log.
    pub unlogged: Option<bool>,
    /// The tablespace; that of the table by default, `pg_default` for the database's own.
    pub tablespace: Option<String>,
    /// The table access method; that of the table by default.
    pub access_method: Option<String>,
    /// Storage parameters, those of its TOAST table as `toast.name`.
    pub with: Option<BTreeMap<String, Scalar>>,
    /// What the write-ahead log says of a row that changes.
    pub replica_identity: Option<ReplicaIdentityForm>,
    /// The index or key of its own that CLUSTER goes by.
    pub clustered_on: Option<String>,
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
