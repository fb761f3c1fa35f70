//! Keys, checks, indexes and triggers.

use std::collections::BTreeMap;

use schemars::JsonSchema;

use super::{Reference, Scalar, Sql};

/// A unique constraint: its columns, or a map.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub enum UniqueForm {
    /// The columns.
    Columns(Vec<String>),
    /// Everything.
    Full(Unique),
}

/// A unique constraint.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Unique {
    /// The columns.
    pub columns: Vec<String>,
    /// Columns carried along in the index.
    pub include: Option<Vec<String>>,
    /// Whether NULLs count as equal (PostgreSQL 15 and later).
    pub nulls_not_distinct: Option<bool>,
    /// Whether equal keys may stand for times that do not overlap: the last column is a range (PostgreSQL 18).
    pub without_overlaps: Option<bool>,
    /// Whether the check can wait for the end of the transaction.
    pub deferrable: Option<Deferrable>,
    /// A comment (manual: COMMENT).
    pub comment: Option<String>,
    /// The name it had.
    pub renamed_from: Option<Reference>,
}

/// A foreign key.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ForeignKey {
    /// The referencing columns.
    pub columns: Vec<String>,
    /// The referenced table.
    pub references: Reference,
    /// The referenced columns; the primary key's by default.
    pub referenced_columns: Option<Vec<String>>,
    /// Whether the last column of either side is a range that the referenced rows have to cover (PostgreSQL 18).
    pub period: Option<bool>,
    /// Which rows with NULLs comply; `simple` by default.
    pub r#match: Option<Match>,
    /// What an UPDATE of the referenced row does; `no_action` by default.
    pub on_update: Option<Action>,
    /// What its DELETE does; `no_action` by default.
    pub on_delete: Option<Action>,
    /// The columns that `set_null` or `set_default` touches (PostgreSQL 15 and later).
    pub set_columns: Option<Vec<String>>,
    /// Whether the check can wait for the end of the transaction.
    pub deferrable: Option<Deferrable>,
    /// Whether existing rows are left unchecked.
    pub not_valid: Option<bool>,
    /// Whether all rows are left unchecked (PostgreSQL 18 and later).
    pub not_enforced: Option<bool>,
    /// A comment (manual: COMMENT).
    pub comment: Option<String>,
    /// The name it had.
    pub renamed_from: Option<Reference>,
}

/// Which rows with NULLs comply with a foreign key.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub enum Match {
    /// Rows with any NULL.
    Simple,
    /// Rows with nothing but NULLs.
    Full,
}

/// What happens to rows whose reference changes or goes.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub enum Action {
    /// An error, at the end of the statement or transaction.
    NoAction,
    /// An error at once.
    Restrict,
    /// They change or go as well.
    Cascade,
    /// Their columns become NULL.
    SetNull,
    /// Their columns get their defaults.
    SetDefault,
}

/// A trigger.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Trigger {
    /// The events before which it fires.
    pub before: Option<Vec<Event>>,
    /// The events after which it fires.
    pub after: Option<Vec<Event>>,
    /// The events instead of which it fires.
    pub instead_of: Option<Vec<Event>>,
    /// The columns of UPDATE OF.
    pub update_of: Option<Vec<String>>,
    /// Whether it fires for each `row` or each `statement`, the default.
    pub for_each: Option<ForEach>,
    /// The condition.
    pub when: Option<Sql>,
    /// The call: function and arguments.
    pub execute: Sql,
    /// Whether it is a constraint trigger.
    pub constraint: Option<bool>,
    /// When a constraint trigger fires.
    pub deferrable: Option<Deferrable>,
    /// The table a constraint trigger refers to.
    pub references: Option<Reference>,
    /// The transition table of former rows.
    pub old_table: Option<String>,
    /// The transition table of new rows.
    pub new_table: Option<String>,
    /// In which session roles it fires: `true`, `always`, `replica` or `false`.
    pub enabled: Option<Scalar>,
    /// A comment (manual: COMMENT).
    pub comment: Option<String>,
    /// The name it had.
    pub renamed_from: Option<Reference>,
}

/// What fires a trigger.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub enum Event {
    /// INSERT.
    Insert,
    /// UPDATE.
    Update,
    /// DELETE.
    Delete,
    /// TRUNCATE.
    Truncate,
}

/// How often a trigger fires.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub enum ForEach {
    /// For each row.
    Row,
    /// Once for the statement.
    Statement,
}

/// A primary key: its columns, or a map.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub enum PrimaryKeyForm {
    /// The columns.
    Columns(Vec<String>),
    /// Everything.
    Full(PrimaryKey),
}

/// A primary key.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct PrimaryKey {
    /// The constraint's name.
    pub name: Option<String>,
    /// The columns.
    pub columns: Vec<String>,
    /// Columns carried along in the index.
    pub include: Option<Vec<String>>,
    /// Whether equal keys may stand for times that do not overlap: the last column is a range (PostgreSQL 18).
    pub without_overlaps: Option<bool>,
    /// Whether the check can wait for the end of the transaction.
    pub deferrable: Option<Deferrable>,
    /// A comment (manual: COMMENT); takes a `name`.
    pub comment: Option<String>,
}

/// When a deferrable constraint is checked.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub enum Deferrable {
    /// At the end of every statement unless told otherwise.
    InitiallyImmediate,
    /// At the end of the transaction unless told otherwise.
    InitiallyDeferred,
}

/// A check: its expression, or a map.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub enum CheckForm {
    /// The expression.
    Expression(Sql),
    /// Everything.
    Full(Check),
}

/// A check constraint.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Check {
    /// What every row must not make false.
    pub check: Sql,
    /// Whether existing rows are left unchecked.
    pub not_valid: Option<bool>,
    /// Whether all rows are left unchecked (PostgreSQL 18 and later).
    pub not_enforced: Option<bool>,
    /// Whether children of the table are left out.
    pub no_inherit: Option<bool>,
    /// A comment (manual: COMMENT).
    pub comment: Option<String>,
    /// The name it had.
    pub renamed_from: Option<Reference>,
}

/// An index: its columns, or a map.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub enum IndexForm {
    /// The columns.
    Columns(Vec<Sql>),
    /// Everything.
    Full(Box<Index>),
}

/// An exclusion constraint: no two rows are alike by all of its operators.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Exclusion {
    /// Its elements, each a map of a column or expression, as CREATE INDEX takes it, to its operator.
    pub elements: Vec<BTreeMap<String, Sql>>,
    /// The access method; `gist` by default.
    pub method: Option<String>,
    /// Columns carried along.
    pub include: Option<Vec<String>>,
    /// The predicate of a partial constraint.
    pub r#where: Option<Sql>,
    /// Whether, and how, the check can wait for the end of the transaction.
    pub deferrable: Option<Deferrable>,
    /// Storage parameters of its index by name.
    pub with: Option<BTreeMap<String, Scalar>>,
    /// The tablespace of its index.
    pub tablespace: Option<String>,
    /// A comment (manual: COMMENT).
    pub comment: Option<String>,
    /// The name it had.
    pub renamed_from: Option<Reference>,
}

/// An index.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Index {
    /// Its elements as CREATE INDEX takes them: column or expression, collation, operator class, order.
    pub columns: Vec<Sql>,
    /// The access method; `btree` by default.
    pub method: Option<String>,
    /// Whether no two rows may hold equal keys.
    pub unique: Option<bool>,
    /// Whether NULLs count as equal (PostgreSQL 15 and later).
    pub nulls_not_distinct: Option<bool>,
    /// Columns carried along.
    pub include: Option<Vec<String>>,
    /// The predicate of a partial index.
    pub r#where: Option<Sql>,
    /// Storage parameters by name.
    pub with: Option<BTreeMap<String, Scalar>>,
    /// The tablespace.
    pub tablespace: Option<String>,
    /// A comment (manual: COMMENT).
    pub comment: Option<String>,
    /// The name it had.
    pub renamed_from: Option<Reference>,
}
