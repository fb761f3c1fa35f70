//! Range types.

use serde::{Deserialize, Serialize};

use super::{Address, Name, Text};

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
        let usual = || {
            let name = own.name().as_str();
            let name = if name.contains("range") {
                name.replacen("range", "multirange", 1)
            } else {
                [name, "_multirange"].concat()
            };
            vec![own.schema_name().clone(), Name::new(name)]
        };
        self.multirange.clone().unwrap_or_else(usual)
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
