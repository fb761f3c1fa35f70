//! Collations.

use serde::{Deserialize, Serialize};

/// A collation (manual section 23.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Collation {
    /// What compares strings.
    pub provider: Provider,
    /// Its locales.
    pub locale: Locale,
    /// Whether strings of other bytes are never equal.
    pub deterministic: bool,
    /// What is said beyond the locale (ICU, 16+).
    pub rules: Option<String>,
}

/// What compares strings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Provider {
    /// The server's own (17+).
    Builtin,
    /// The ICU library.
    Icu,
    /// The C library.
    Libc,
}

/// The locale of a collation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Locale {
    /// One for everything.
    Whole(String),
    /// One for the order and one for the classes of characters (the C library).
    Parts {
        /// The order (LC_COLLATE).
        collate: String,
        /// The classes of characters (LC_CTYPE).
        ctype: String,
    },
}

/// How collations differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CollationAlteration {
    /// Anything that takes another collation.
    Definition,
}

impl CollationAlteration {
    pub(super) fn attribute(&self) -> &'static str {
        match self {
            Self::Definition => "locale",
        }
    }
}

impl Collation {
    pub(super) fn alterations(&self, to: &Self) -> Vec<CollationAlteration> {
        if self == to {
            Vec::new()
        } else {
            vec![CollationAlteration::Definition]
        }
    }
}
