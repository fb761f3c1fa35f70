//! Range types.

use serde::{Deserialize, Serialize};

use super::{Address, MAX_NAME_BYTES, Name, Text};

/// A range type (manual section 8.17). The multirange type that comes with it is a part of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Range<T> {
    /// The type of the bounds, as `format_type` prints it.
    pub subtype: T,
    /// The operator class that orders the bounds, where it is not the subtype's default for B-trees.
    pub subtype_opclass: Option<Vec<Name>>,
    /// The collation of the bounds, where it is not the subtype's own.
    pub collation: Option<Vec<Name>>,
    /// The function that says how far two bounds are apart.
    pub subtype_diff: Option<Vec<Name>>,
    /// The multirange type, schema and name; absent in a declaration: whatever it is, or else the server's choice.
    pub multirange: Option<Vec<Name>>,
}

/// Returns what the server calls the multirange type of a range type by itself.
/// <https://www.postgresql.org/docs/current/sql-createtype.html> (multirange_type_name)
fn usual_multirange(range: &Name) -> Name {
    const SUFFIX: &str = "_multirange";
    let range = range.as_str();
    if range.contains("range") {
        return Name::fitted("", &range.replacen("range", "multirange", 1));
    }
    let room = MAX_NAME_BYTES - SUFFIX.len();
    let end = (0..=room.min(range.len()))
        .rev()
        .find(|&at| range.is_char_boundary(at))
        .unwrap_or(0);
    Name::new([&range[..end], SUFFIX].concat())
}

/// How range types differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RangeAlteration {
    /// Anything that takes another type.
    Definition,
}

impl RangeAlteration {
    pub(super) fn attribute(&self) -> &'static str {
        match self {
            Self::Definition => "subtype",
        }
    }
}

impl<T: Text + Ord> Range<T> {
    pub(super) fn alterations(&self, to: &Self) -> Vec<RangeAlteration> {
        let Self {
            subtype,
            subtype_opclass,
            collation,
            subtype_diff,
            multirange,
        } = self;
        let same = *subtype == to.subtype
            && *subtype_opclass == to.subtype_opclass
            && *collation == to.collation
            && *subtype_diff == to.subtype_diff
            && *multirange == to.multirange;
        if same {
            Vec::new()
        } else {
            vec![RangeAlteration::Definition]
        }
    }
}

impl<T: PartialEq> Range<T> {
    /// Says whether the bounds mean the same: what they are made of, and how they are ordered.
    pub fn has_the_same_bounds(&self, to: &Self) -> bool {
        self.subtype == to.subtype
            && self.subtype_opclass == to.subtype_opclass
            && self.collation == to.collation
    }
}

impl<T> Range<T> {
    /// Returns its multirange type: as it is said, or what the server calls it by itself, where nothing has the name.
    pub fn multirange_of(&self, own: &Address) -> Vec<Name> {
        let usual = || vec![own.schema_name().clone(), usual_multirange(own.name())];
        self.multirange.clone().unwrap_or_else(usual)
    }

    /// Returns what its multirange type is called after a move: one with the name that the server gives by itself gets that again,
    /// and all go into another schema with it.
    pub(crate) fn multirange_after(&self, from: &Address, to: &Address) -> Option<Vec<Name>> {
        let [schema, name] = self.multirange.as_deref()? else {
            return self.multirange.clone();
        };
        let is_usual = *name == usual_multirange(from.name());
        let name = if is_usual {
            usual_multirange(to.name())
        } else {
            name.clone()
        };
        let is_beside = schema == from.schema_name();
        let schema = if is_beside { to.schema_name() } else { schema };
        Some(vec![schema.clone(), name])
    }

    pub(super) fn map<U>(&self, turn: &mut impl FnMut(&T) -> U) -> Range<U> {
        Range {
            subtype: turn(&self.subtype),
            subtype_opclass: self.subtype_opclass.clone(),
            collation: self.collation.clone(),
            subtype_diff: self.subtype_diff.clone(),
            multirange: self.multirange.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_multirange_type_is_called_as_the_server_calls_it() {
        let long = "x".repeat(60);
        for (range, multirange) in [
            ("span", "span_multirange".to_owned()),
            ("a range of ranges", "a multirange of ranges".to_owned()),
            (&long, [&long[..52], "_multirange"].concat()),
        ] {
            assert_eq!(usual_multirange(&Name::new(range)).as_str(), multirange);
        }
    }
}
