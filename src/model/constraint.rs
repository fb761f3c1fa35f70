//! Primary keys, unique constraints, foreign keys and check constraints.

use serde::{Deserialize, Serialize};

use super::{Address, Kind, Name, Text};

/// Whether a server knows that the existing rows comply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Validity {
    /// Existing rows were checked.
    Valid,
    /// Only rows written since are checked (NOT VALID), or an index that is not complete.
    NotValid,
    /// No row is checked (NOT ENFORCED, 18+).
    NotEnforced,
}

impl Validity {
    /// Turns the catalog's flag into the state.
    pub fn from_flag(valid: bool) -> Self {
        if valid { Self::Valid } else { Self::NotValid }
    }

    /// Says whether the server can make it hold for existing rows as well, once it holds for new ones.
    pub(super) fn can_be_validated(self, to: Self) -> bool {
        self == Self::NotValid && to == Self::Valid
    }
}

/// A table's primary key; its address is the table's path, as a table has one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrimaryKey {
    /// The constraint's name; absent in a declaration: whatever it is.
    pub name: Option<Name>,
    /// The key columns in order.
    pub columns: Vec<Name>,
    /// Columns carried along in the index (INCLUDE).
    pub include: Vec<Name>,
    /// Whether equal keys may stand for times that do not overlap: the last column is a range (WITHOUT OVERLAPS, 18+).
    pub without_overlaps: bool,
    /// Whether, and how, the check can wait for the end of the transaction.
    pub deferrable: Deferrable,
}

/// When a constraint is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deferrable {
    /// At the end of every statement, always.
    No,
    /// Deferrable, at the end of the statement unless told otherwise.
    Immediate,
    /// Deferrable, at the end of the transaction unless told otherwise.
    Deferred,
}

/// How primary keys differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PrimaryKeyAlteration {
    /// The constraint's name.
    Name {
        /// The one it has.
        from: Option<Name>,
        /// The one it gets.
        to: Option<Name>,
    },
    /// Anything the server can only change by dropping the key and making it again.
    Definition,
}

impl PrimaryKeyAlteration {
    pub(super) fn attribute(&self) -> &'static str {
        match self {
            Self::Name { .. } => "name",
            Self::Definition => "columns",
        }
    }
}

impl PrimaryKey {
    pub(super) fn alterations(&self, to: &Self) -> Vec<PrimaryKeyAlteration> {
        let Self {
            name,
            columns,
            include,
            without_overlaps,
            deferrable,
        } = self;
        let same = *columns == to.columns
            && *include == to.include
            && *without_overlaps == to.without_overlaps
            && *deferrable == to.deferrable;
        if !same {
            return vec![PrimaryKeyAlteration::Definition];
        }
        if *name != to.name {
            vec![PrimaryKeyAlteration::Name {
                from: name.clone(),
                to: to.name.clone(),
            }]
        } else {
            Vec::new()
        }
    }
}

/// A check constraint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check<T> {
    /// What every row must not make false.
    pub expression: T,
    /// Whether existing rows are known to comply.
    pub validity: Validity,
    /// Whether children of the table are left out (NO INHERIT).
    pub no_inherit: bool,
}

/// How check constraints differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CheckAlteration {
    /// Anything that takes another constraint: the expression, NO INHERIT, whether it is enforced, or valid to NOT VALID.
    Definition,
    /// NOT VALID to valid: VALIDATE CONSTRAINT.
    Validate,
}

impl CheckAlteration {
    pub(super) fn attribute(&self) -> &'static str {
        match self {
            Self::Definition => "check",
            Self::Validate => "validity",
        }
    }
}

impl<T: Text + Ord> Check<T> {
    pub(super) fn alterations(&self, to: &Self) -> Vec<CheckAlteration> {
        let Self {
            expression,
            validity,
            no_inherit,
        } = self;
        if *expression != to.expression || *no_inherit != to.no_inherit {
            return vec![CheckAlteration::Definition];
        }
        if *validity == to.validity {
            Vec::new()
        } else if validity.can_be_validated(to.validity) {
            vec![CheckAlteration::Validate]
        } else {
            vec![CheckAlteration::Definition]
        }
    }
}

impl<T> Check<T> {
    pub(super) fn map<U>(&self, turn: &mut impl FnMut(&T) -> U) -> Check<U> {
        let Self {
            expression,
            validity,
            no_inherit,
        } = self;
        Check {
            expression: turn(expression),
            validity: *validity,
            no_inherit: *no_inherit,
        }
    }
}

/// A unique constraint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unique {
    /// The columns in order.
    pub columns: Vec<Name>,
    /// Columns carried along in the index (INCLUDE).
    pub include: Vec<Name>,
    /// Whether NULLs count as equal (15+).
    pub nulls_not_distinct: bool,
    /// Whether equal keys may stand for times that do not overlap: the last column is a range (WITHOUT OVERLAPS, 18+).
    pub without_overlaps: bool,
    /// Whether, and how, the check can wait for the end of the transaction.
    pub deferrable: Deferrable,
}

/// How unique constraints differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UniqueAlteration {
    /// Anything that takes another constraint.
    Definition,
}

impl UniqueAlteration {
    pub(super) fn attribute(&self) -> &'static str {
        match self {
            Self::Definition => "columns",
        }
    }
}

impl Unique {
    pub(super) fn alterations(&self, to: &Self) -> Vec<UniqueAlteration> {
        let Self {
            columns,
            include,
            nulls_not_distinct,
            without_overlaps,
            deferrable,
        } = self;
        let same = *columns == to.columns
            && *include == to.include
            && *nulls_not_distinct == to.nulls_not_distinct
            && *without_overlaps == to.without_overlaps
            && *deferrable == to.deferrable;
        if same {
            Vec::new()
        } else {
            vec![UniqueAlteration::Definition]
        }
    }
}

/// What happens to rows whose reference changes or goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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

/// Which rows with NULLs comply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Match {
    /// Rows with any NULL.
    Simple,
    /// Rows with nothing but NULLs.
    Full,
}

/// A foreign key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForeignKey {
    /// The referencing columns in order.
    pub columns: Vec<Name>,
    /// The referenced table, schema and name.
    pub references: Vec<Name>,
    /// The referenced columns in order; none in a declaration: the primary key's.
    pub referenced_columns: Vec<Name>,
    /// Whether the last column of either side is a range, and the referenced rows have to cover it (PERIOD, 18+).
    pub period: bool,
    /// Which rows with NULLs comply.
    pub matching: Match,
    /// What an UPDATE of the referenced row does.
    pub on_update: Action,
    /// What its DELETE does.
    pub on_delete: Action,
    /// The columns that SET NULL or SET DEFAULT touches; none: all (15+).
    pub set_columns: Vec<Name>,
    /// Whether, and how, the check can wait for the end of the transaction.
    pub deferrable: Deferrable,
    /// Whether existing rows are known to comply.
    pub validity: Validity,
}

/// How foreign keys differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ForeignKeyAlteration {
    /// Anything that takes another constraint.
    Definition,
    /// When it is checked: ALTER CONSTRAINT.
    Deferrable(Deferrable),
    /// It is not checked any more: ALTER CONSTRAINT ... NOT ENFORCED. The way back reads every row under the lock that
    /// ALTER CONSTRAINT takes, and is another constraint.
    NotEnforced,
    /// NOT VALID to valid: VALIDATE CONSTRAINT.
    Validate,
}

impl ForeignKeyAlteration {
    pub(super) fn attribute(&self) -> &'static str {
        match self {
            Self::Definition => "references",
            Self::Deferrable(_) => "deferrable",
            Self::NotEnforced => "enforced",
            Self::Validate => "validity",
        }
    }
}

impl ForeignKey {
    pub(super) fn alterations(&self, to: &Self) -> Vec<ForeignKeyAlteration> {
        let Self {
            columns,
            references,
            referenced_columns,
            period,
            matching,
            on_update,
            on_delete,
            set_columns,
            deferrable,
            validity,
        } = self;
        let same = *columns == to.columns
            && *references == to.references
            && *referenced_columns == to.referenced_columns
            && *period == to.period
            && *matching == to.matching
            && *on_update == to.on_update
            && *on_delete == to.on_delete
            && *set_columns == to.set_columns;
        let in_place = *validity == to.validity
            || to.validity == Validity::NotEnforced
            || validity.can_be_validated(to.validity);
        if !same || !in_place {
            return vec![ForeignKeyAlteration::Definition];
        }
        let mut alterations = Vec::new();
        if *deferrable != to.deferrable {
            alterations.push(ForeignKeyAlteration::Deferrable(to.deferrable));
        }
        if *validity != to.validity {
            alterations.push(if to.validity == Validity::NotEnforced {
                ForeignKeyAlteration::NotEnforced
            } else {
                ForeignKeyAlteration::Validate
            });
        }
        alterations
    }

    /// Returns the referenced table's address.
    pub fn referenced_table(&self) -> Address {
        Address::new(Kind::Table, self.references.iter().cloned())
    }
}
