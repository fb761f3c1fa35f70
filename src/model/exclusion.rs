//! Exclusion constraints.

use serde::{Deserialize, Serialize};

use super::{Deferrable, Name, Options, Text};

/// An exclusion constraint: no two rows are alike by all of its operators (manual: CREATE TABLE, EXCLUDE).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exclusion<T> {
    /// The access method of its index.
    pub method: Name,
    /// The elements as SQL: column or expression, collation, operator class, order.
    pub elements: Vec<T>,
    /// The operator of each element.
    pub operators: Vec<T>,
    /// Columns carried along in the index (INCLUDE).
    pub include: Vec<Name>,
    /// Which rows it is about, where not about all.
    pub predicate: Option<T>,
    /// Whether, and how, the check can wait for the end of the transaction.
    pub deferrable: Deferrable,
    /// Storage parameters of the index, by name.
    pub parameters: Options,
    /// The tablespace of the index, where it is not the database's own.
    pub tablespace: Option<Name>,
}

/// How exclusion constraints differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExclusionAlteration {
    /// Anything that takes another constraint.
    Definition,
}

impl ExclusionAlteration {
    pub(super) fn attribute(&self) -> &'static str {
        match self {
            Self::Definition => "elements",
        }
    }
}

impl<T> Exclusion<T> {
    pub(super) fn map<U>(&self, turn: &mut impl FnMut(&T) -> U) -> Exclusion<U> {
        let Self {
            method,
            elements,
            operators,
            include,
            predicate,
            deferrable,
            parameters,
            tablespace,
        } = self;
        Exclusion {
            method: method.clone(),
            elements: elements.iter().map(&mut *turn).collect(),
            operators: operators.iter().map(&mut *turn).collect(),
            include: include.clone(),
            predicate: predicate.as_ref().map(turn),
            deferrable: *deferrable,
            parameters: parameters.clone(),
            tablespace: tablespace.clone(),
        }
    }
}

impl<T: Text + Ord> Exclusion<T> {
    pub(super) fn alterations(&self, to: &Self) -> Vec<ExclusionAlteration> {
        let Self {
            method,
            elements,
            operators,
            include,
            predicate,
            deferrable,
            parameters,
            tablespace,
        } = self;
        let same = *method == to.method
            && *elements == to.elements
            && *operators == to.operators
            && *include == to.include
            && *predicate == to.predicate
            && *deferrable == to.deferrable
            && *parameters == to.parameters
            && *tablespace == to.tablespace;
        if same {
            Vec::new()
        } else {
            vec![ExclusionAlteration::Definition]
        }
    }
}
