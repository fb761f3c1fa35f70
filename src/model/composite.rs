//! Composite types.

use serde::{Deserialize, Serialize};

use super::{Name, Text};

/// A composite type (manual section 8.16). The row types of tables and views are theirs, and none of these.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Composite<T> {
    /// The attributes in their order, which counts: values are written without names.
    pub attributes: Vec<Attribute<T>>,
}

/// An attribute of a composite type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attribute<T> {
    /// Its name.
    pub name: Name,
    /// The data type with its modifiers, as `format_type` prints it.
    pub type_name: T,
    /// The collation, schema and name, where it is not the type's own.
    pub collation: Option<Vec<Name>>,
}

/// How composite types differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CompositeAlteration {
    /// An attribute comes last (ADD ATTRIBUTE).
    Add(Name),
    /// An attribute goes (DROP ATTRIBUTE), with what values hold of it.
    Drop(Name),
    /// An attribute changes its type or collation (ALTER ATTRIBUTE … TYPE): the server refuses it where a table has a column of
    /// the type.
    Retype(Name),
    /// The attributes are in another order, or one comes before others: takes another type.
    Attributes,
}

impl CompositeAlteration {
    pub(super) fn attribute(&self) -> &'static str {
        match self {
            Self::Add(_) => "added attributes",
            Self::Drop(_) | Self::Retype(_) | Self::Attributes => "attributes",
        }
    }
}

impl<T: Text + Ord> Composite<T> {
    pub(super) fn alterations(&self, to: &Self) -> Vec<CompositeAlteration> {
        let Self { attributes } = self;
        let named = |all: &[Attribute<T>], name: &Name| all.iter().any(|own| own.name == *name);
        let kept: Vec<&Attribute<T>> = attributes
            .iter()
            .filter(|own| named(&to.attributes, &own.name))
            .collect();
        let begins = to.attributes.iter().take(kept.len());
        if !begins
            .map(|own| &own.name)
            .eq(kept.iter().map(|own| &own.name))
        {
            return vec![CompositeAlteration::Attributes];
        }
        let mut alterations = Vec::new();
        for own in attributes
            .iter()
            .filter(|own| !named(&to.attributes, &own.name))
        {
            alterations.push(CompositeAlteration::Drop(own.name.clone()));
        }
        for (from, to) in kept.iter().zip(&to.attributes) {
            let Attribute {
                name,
                type_name,
                collation,
            } = from;
            if *type_name != to.type_name || *collation != to.collation {
                alterations.push(CompositeAlteration::Retype(name.clone()));
            }
        }
        for own in to.attributes.iter().skip(kept.len()) {
            alterations.push(CompositeAlteration::Add(own.name.clone()));
        }
        alterations
    }
}

impl<T> Composite<T> {
    /// Returns an attribute by its name.
    pub fn attribute(&self, name: &Name) -> Option<&Attribute<T>> {
        self.attributes.iter().find(|own| own.name == *name)
    }

    pub(super) fn map<U>(&self, turn: &mut impl FnMut(&T) -> U) -> Composite<U> {
        let attributes = self.attributes.iter().map(|own| Attribute {
            name: own.name.clone(),
            type_name: turn(&own.type_name),
            collation: own.collation.clone(),
        });
        Composite {
            attributes: attributes.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Expression;
    use super::*;

    fn of(attributes: &[(&str, &str)]) -> Composite<Expression> {
        let attributes = attributes.iter().map(|(name, type_name)| Attribute {
            name: Name::new(*name),
            type_name: Expression::new(*type_name),
            collation: None,
        });
        Composite {
            attributes: attributes.collect(),
        }
    }

    #[test]
    fn only_what_comes_last_is_added() {
        let from = of(&[("a", "text"), ("b", "text")]);
        let name = |own: &str| Name::new(own);
        assert_eq!(
            from.alterations(&of(&[("b", "integer"), ("c", "text")])),
            [
                CompositeAlteration::Drop(name("a")),
                CompositeAlteration::Retype(name("b")),
                CompositeAlteration::Add(name("c")),
            ]
        );
        for other in [
            of(&[("b", "text"), ("a", "text")]),
            of(&[("a", "text"), ("c", "text"), ("b", "text")]),
        ] {
            assert_eq!(from.alterations(&other), [CompositeAlteration::Attributes]);
        }
    }
}
