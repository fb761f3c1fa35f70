//! Domains and their constraints.

use serde::{Deserialize, Serialize};

use super::{Expression, Name, Text, Validity};

/// A domain: a type with what its values must meet (manual section 8.18). Its checks are objects of their own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Domain<T> {
    /// The data type it is made of, with its modifiers, as `format_type` prints it.
    pub type_name: T,
    /// The collation, schema and name, where it is not the type's own.
    pub collation: Option<Vec<Name>>,
    /// What new rows get where neither they nor their column say a value.
    pub default: Option<T>,
    /// Whether NULL is none of its values.
    pub not_null: bool,
}

/// How domains differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DomainAlteration {
    /// The data type or the collation: takes another domain.
    Type,
    /// The default; absent: there is none any more.
    Default(Option<Expression>),
    /// Whether NULL is none of its values.
    NotNull(bool),
}

impl DomainAlteration {
    pub(super) fn attribute(&self) -> &'static str {
        match self {
            Self::Type => "type",
            Self::Default(_) => "default",
            Self::NotNull(_) => "not_null",
        }
    }
}

impl<T: Text + Ord> Domain<T> {
    pub(super) fn alterations(&self, to: &Self) -> Vec<DomainAlteration> {
        let Self {
            type_name,
            collation,
            default,
            not_null,
        } = self;
        if *type_name != to.type_name || *collation != to.collation {
            return vec![DomainAlteration::Type];
        }
        let mut alterations = Vec::new();
        if *default != to.default {
            let value = to.default.as_ref().map(|own| Expression::new(own.sql()));
            alterations.push(DomainAlteration::Default(value));
        }
        if *not_null != to.not_null {
            alterations.push(DomainAlteration::NotNull(to.not_null));
        }
        alterations
    }
}

impl<T> Domain<T> {
    pub(super) fn map<U>(&self, turn: &mut impl FnMut(&T) -> U) -> Domain<U> {
        let Self {
            type_name,
            collation,
            default,
            not_null,
        } = self;
        Domain {
            type_name: turn(type_name),
            collation: collation.clone(),
            default: default.as_ref().map(turn),
            not_null: *not_null,
        }
    }
}

/// A check constraint of a domain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DomainCheck<T> {
    /// What no value must make false; `VALUE` stands for it.
    pub expression: T,
    /// Whether the values that are stored are known to comply.
    pub validity: Validity,
}

/// How check constraints of domains differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DomainCheckAlteration {
    /// Anything that takes another constraint: the expression, or valid to NOT VALID.
    Definition,
    /// NOT VALID to valid: VALIDATE CONSTRAINT.
    Validate,
}

impl DomainCheckAlteration {
    pub(super) fn attribute(&self) -> &'static str {
        match self {
            Self::Definition => "check",
            Self::Validate => "validity",
        }
    }
}

impl<T: Text + Ord> DomainCheck<T> {
    pub(super) fn alterations(&self, to: &Self) -> Vec<DomainCheckAlteration> {
        let Self {
            expression,
            validity,
        } = self;
        if *expression != to.expression {
            return vec![DomainCheckAlteration::Definition];
        }
        if *validity == to.validity {
            Vec::new()
        } else if validity.can_be_validated(to.validity) {
            vec![DomainCheckAlteration::Validate]
        } else {
            vec![DomainCheckAlteration::Definition]
        }
    }
}

impl<T> DomainCheck<T> {
    pub(super) fn map<U>(&self, turn: &mut impl FnMut(&T) -> U) -> DomainCheck<U> {
        let Self {
            expression,
            validity,
        } = self;
        DomainCheck {
            expression: turn(expression),
            validity: *validity,
        }
    }
}
