//! Enumerated types.

use serde::{Deserialize, Serialize};

/// An enumerated type (manual section 8.7).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enum {
    /// The labels in their order.
    pub values: Vec<String>,
}

/// The attribute of a type that gains labels: nothing stands in the way of that.
pub const ADDED_VALUES: &str = "added values";

/// How enumerated types differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EnumAlteration {
    /// A label is added (ALTER TYPE … ADD VALUE).
    AddValue {
        /// The label.
        value: String,
        /// The label it comes before; absent: it comes last.
        before: Option<String>,
    },
    /// Labels go or change their order: takes another type.
    Values,
}

impl EnumAlteration {
    pub(super) fn attribute(&self) -> &'static str {
        match self {
            Self::AddValue { .. } => ADDED_VALUES,
            Self::Values => "values",
        }
    }
}

impl Enum {
    pub(super) fn alterations(&self, to: &Self) -> Vec<EnumAlteration> {
        let Self { values } = self;
        if *values == to.values {
            return Vec::new();
        }
        let kept: Vec<&String> = to
            .values
            .iter()
            .filter(|own| values.contains(own))
            .collect();
        if kept.len() != values.len() || kept.iter().zip(values).any(|(kept, own)| *kept != own) {
            return vec![EnumAlteration::Values];
        }
        // From the last one backwards, so that the label each comes before is there already.
        let mut added = Vec::new();
        for (at, value) in to.values.iter().enumerate().rev() {
            if !values.contains(value) {
                let before = to.values.get(at + 1).cloned();
                added.push(EnumAlteration::AddValue {
                    value: value.clone(),
                    before,
                });
            }
        }
        added
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[&str]) -> Enum {
        Enum {
            values: values.iter().map(|&own| own.to_owned()).collect(),
        }
    }

    #[test]
    fn labels_are_added_where_they_belong() {
        let added = of(&["b"]).alterations(&of(&["a", "b", "c", "d"]));
        let words: Vec<_> = added
            .iter()
            .map(|own| match own {
                EnumAlteration::AddValue { value, before } => (value.as_str(), before.as_deref()),
                EnumAlteration::Values => ("", None),
            })
            .collect();
        assert_eq!(words, [("d", None), ("c", Some("d")), ("a", Some("b"))]);
        assert_eq!(
            of(&["a", "b"]).alterations(&of(&["b", "a"])),
            [EnumAlteration::Values]
        );
        assert_eq!(
            of(&["a", "b"]).alterations(&of(&["b"])),
            [EnumAlteration::Values]
        );
    }
}
