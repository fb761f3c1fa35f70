//! Sequences, who owns them, and identity columns.

use serde::{Deserialize, Serialize};

use super::{Name, Persistence};

/// What a sequence counts (manual: CREATE SEQUENCE). Its position is contents, not state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counting {
    /// The first value.
    pub start: i64,
    /// The step.
    pub increment: i64,
    /// The lowest value.
    pub min_value: i64,
    /// The highest value.
    pub max_value: i64,
    /// How many values a session takes at once.
    pub cache: i64,
    /// Whether it begins anew at its end.
    pub cycle: bool,
}

impl Counting {
    /// Returns what a sequence of this type and step counts where nothing else is said.
    pub fn usual(data_type: SequenceType, increment: i64) -> Self {
        let (min, max) = data_type.range();
        let (min_value, max_value) = if increment < 0 { (min, -1) } else { (1, max) };
        Self {
            start: if increment < 0 { max_value } else { min_value },
            increment,
            min_value,
            max_value,
            cache: 1,
            cycle: false,
        }
    }
}

impl Counting {
    /// Says whether a value lies within the bounds.
    pub fn holds(&self, value: i64) -> bool {
        (self.min_value..=self.max_value).contains(&value)
    }
}

/// The type of a sequence's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SequenceType {
    /// Two bytes.
    Smallint,
    /// Four bytes.
    Integer,
    /// Eight bytes.
    Bigint,
}

impl SequenceType {
    /// Returns the type of this name, as `format_type` prints it.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "smallint" => Some(Self::Smallint),
            "integer" => Some(Self::Integer),
            "bigint" => Some(Self::Bigint),
            _ => None,
        }
    }

    /// Returns the type's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Smallint => "smallint",
            Self::Integer => "integer",
            Self::Bigint => "bigint",
        }
    }

    /// Returns the lowest and the highest value.
    pub fn range(self) -> (i64, i64) {
        match self {
            Self::Smallint => (i64::from(i16::MIN), i64::from(i16::MAX)),
            Self::Integer => (i64::from(i32::MIN), i64::from(i32::MAX)),
            Self::Bigint => (i64::MIN, i64::MAX),
        }
    }
}

/// A sequence that no identity column owns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sequence {
    /// The type of its values.
    pub data_type: SequenceType,
    /// What it counts.
    pub counting: Counting,
    /// Whether it survives a crash (15+: CREATE UNLOGGED SEQUENCE).
    pub persistence: Persistence,
}

/// How sequences differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SequenceAlteration {
    /// Type or options: ALTER SEQUENCE says them all.
    Options,
    /// SET LOGGED or SET UNLOGGED.
    Persistence(Persistence),
}

impl SequenceAlteration {
    pub(super) fn attribute(&self) -> &'static str {
        match self {
            Self::Options => "options",
            Self::Persistence(_) => "persistence",
        }
    }
}

impl Sequence {
    pub(super) fn alterations(&self, to: &Self) -> Vec<SequenceAlteration> {
        let Self {
            data_type,
            counting,
            persistence,
        } = self;
        let mut alterations = Vec::new();
        if *data_type != to.data_type || *counting != to.counting {
            alterations.push(SequenceAlteration::Options);
        }
        if *persistence != to.persistence {
            alterations.push(SequenceAlteration::Persistence(to.persistence));
        }
        alterations
    }
}

/// The column that a sequence goes with (OWNED BY): an object of its own at the sequence's path, for the sequence
/// comes before the column's default and this after the column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnedBy {
    /// Schema, table and column.
    pub column: Vec<Name>,
}

/// How they differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OwnedByAlteration {
    /// Another column.
    Column,
}

impl OwnedByAlteration {
    pub(super) fn attribute(&self) -> &'static str {
        match self {
            Self::Column => "owned_by",
        }
    }
}

impl OwnedBy {
    pub(super) fn alterations(&self, to: &Self) -> Vec<OwnedByAlteration> {
        let Self { column } = self;
        if *column == to.column {
            Vec::new()
        } else {
            vec![OwnedByAlteration::Column]
        }
    }
}

/// Who may give an identity column a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Generated {
    /// Only OVERRIDING SYSTEM VALUE.
    Always,
    /// Everybody.
    ByDefault,
}

/// What makes a column an identity column (manual section 5.3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Who may give a value.
    pub generated: Generated,
    /// What its sequence counts.
    pub counting: Counting,
    /// The name of its sequence; absent in a declaration: whatever it is.
    pub sequence: Option<Name>,
}

/// How identities differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IdentityAlteration {
    /// Who may give a value.
    Generated(Generated),
    /// What its sequence counts.
    Options,
    /// The name of its sequence.
    Sequence,
}

impl IdentityAlteration {
    pub(super) fn attribute(&self) -> &'static str {
        match self {
            Self::Generated(_) => "identity",
            Self::Options => "identity options",
            Self::Sequence => "identity sequence",
        }
    }
}

impl Identity {
    pub(super) fn alterations(&self, to: &Self) -> Vec<IdentityAlteration> {
        let Self {
            generated,
            counting,
            sequence,
        } = self;
        let mut alterations = Vec::new();
        if *generated != to.generated {
            alterations.push(IdentityAlteration::Generated(to.generated));
        }
        if *counting != to.counting {
            alterations.push(IdentityAlteration::Options);
        }
        if to.sequence.is_some() && *sequence != to.sequence {
            alterations.push(IdentityAlteration::Sequence);
        }
        alterations
    }
}
