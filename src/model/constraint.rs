//! Primary keys and check constraints.

use serde::{Deserialize, Serialize};

use super::{Name, Text};

/// Whether a server knows that the existing rows comply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Validity {
    /// Existing rows were checked.
    Valid,
    /// Only rows written since are checked (NOT VALID), or an index that is not complete.
    NotValid,
}

impl Validity {
    /// Turns the catalog's flag into the state.
    pub fn from_flag(valid: bool) -> Self {
        if valid { Self::Valid } else { Self::NotValid }
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
    Name(Option<Name>),
    /// Anything the server can only change by dropping the key and making it again.
    Definition,
}

impl PrimaryKeyAlteration {
    pub(super) fn attribute(&self) -> &'static str {
        match self {
            Self::Name(_) => "name",
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
            deferrable,
        } = self;
        if *columns != to.columns || *include != to.include || *deferrable != to.deferrable {
            return vec![PrimaryKeyAlteration::Definition];
        }
        if *name != to.name {
            vec![PrimaryKeyAlteration::Name(to.name.clone())]
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
    /// Anything that takes another constraint: the expression, NO INHERIT, or valid to NOT VALID.
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
        match (validity, to.validity) {
            (Validity::NotValid, Validity::Valid) => vec![CheckAlteration::Validate],
            (Validity::Valid, Validity::NotValid) => vec![CheckAlteration::Definition],
            (Validity::Valid, Validity::Valid) | (Validity::NotValid, Validity::NotValid) => {
                Vec::new()
            }
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
