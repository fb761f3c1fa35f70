//! Columns.

use std::collections::BTreeMap;

use schemars::JsonSchema;

use super::{Reference, Scalar, Sql};

/// A column: its type alone, or a map.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub enum ColumnForm {
    /// The type.
    Type(Sql),
    /// Everything.
    Full(Box<Column>),
}

/// A column.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Column {
    /// The data type.
    pub r#type: Sql,
    /// The collation.
    pub collation: Option<Reference>,
    /// The expression new rows get.
    pub default: Option<Sql>,
    /// Whether NULL is refused.
    pub not_null: Option<NotNullForm>,
    /// The expression of a generated column; its values are stored, unless it is `virtual`.
    pub generated: Option<Sql>,
    /// Whether a generated column is computed when it is read, and takes no room (PostgreSQL 18 and later).
    pub r#virtual: Option<bool>,
    /// Makes it an identity column: `always`, `by_default`, or a map with the options of its sequence.
    pub identity: Option<IdentityForm>,
    /// How long values are stored: `plain`, `external`, `extended` or `main`; as the type has it, by default.
    pub storage: Option<Storage>,
    /// How values are compressed: `pglz` or `lz4`; as `default_toast_compression` has it, by default.
    pub compression: Option<Compression>,
    /// The statistics target, 0 to 10000; `default_statistics_target` by default. Partitions that
    /// have another one keep it, and later ones begin without.
    pub statistics: Option<u16>,
    /// Options by name: `n_distinct`, `n_distinct_inherited`.
    pub options: Option<BTreeMap<String, Scalar>>,
    /// What the wrapper of a foreign table's server is told of it, by name.
    pub foreign_options: Option<BTreeMap<String, Scalar>>,
    /// Fills existing rows before NOT NULL is enforced.
    pub backfill: Option<Sql>,
    /// How a change of type converts values; it speaks of columns by the names they get.
    pub using: Option<Sql>,
    /// How going back converts them again; it speaks of columns by the names they had.
    pub using_back: Option<Sql>,
    /// A comment (manual: COMMENT).
    pub comment: Option<String>,
    /// The name it had.
    pub renamed_from: Option<Reference>,
    /// Retiring, dropping or rewriting it is refused, whatever is allowed.
    pub protect: Option<bool>,
}

/// How long values are stored (manual: TOAST).
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub enum Storage {
    /// In the row, as they are.
    Plain,
    /// Out of line, never compressed.
    External,
    /// Compressed, and out of line where that is not enough.
    Extended,
    /// Compressed, out of line only as a last resort.
    Main,
}

/// How values are compressed.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub enum Compression {
    /// The server's own method.
    Pglz,
    /// LZ4, where the server is built with it.
    Lz4,
}

/// An identity column's word, or a map.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub enum IdentityForm {
    /// Who may give a value.
    Word(Generated),
    /// Everything.
    Full(Identity),
}

/// Who may give an identity column a value.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub enum Generated {
    /// Only OVERRIDING SYSTEM VALUE.
    Always,
    /// Everybody.
    ByDefault,
}

/// An identity column's sequence.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Identity {
    /// Who may give a value.
    pub generated: Generated,
    /// The first value.
    pub start: Option<i64>,
    /// The step; 1 by default.
    pub increment: Option<i64>,
    /// The lowest value.
    pub min_value: Option<i64>,
    /// The highest value.
    pub max_value: Option<i64>,
    /// How many values a session takes at once; 1 by default.
    pub cache: Option<i64>,
    /// Whether it begins anew at its end.
    pub cycle: Option<bool>,
    /// The name of its sequence.
    pub sequence: Option<String>,
}

/// NOT NULL: a flag, or a map with a name.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub enum NotNullForm {
    /// Whether NULL is refused.
    Flag(bool),
    /// With the constraint's name (PostgreSQL 18 and later).
    Full(NotNull),
}

/// A named NOT NULL.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct NotNull {
    /// The constraint's name.
    pub name: Option<String>,
    /// Whether existing rows are left unchecked.
    pub not_valid: Option<bool>,
    /// Whether tables that inherit from this one are left out.
    pub no_inherit: Option<bool>,
}
