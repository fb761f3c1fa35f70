//! Identifiers as the catalog stores them.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// The longest identifier PostgreSQL keeps, in bytes (`NAMEDATALEN - 1`, manual section 4.1.1).
pub const MAX_NAME_BYTES: usize = 63;

/// Begins the names of what the tool puts up for a while; a leftover one holds no data.
pub const TEMPORARY_PREFIX: &str = "_reconcile_tmp_";

/// Begins the names of places that hold retired data.
pub const RETIRED_PREFIX: &str = "_reconcile_retired_";

/// The prefixes no declared object may have.
pub const RESERVED_PREFIXES: [&str; 2] = [TEMPORARY_PREFIX, RETIRED_PREFIX];

/// An identifier as the catalog stores it: no quotes, case kept. Quoting happens once, in the `sql` room.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Name(Arc<str>);

impl Name {
    /// Wraps an identifier as it stands.
    pub fn new(text: impl AsRef<str>) -> Self {
        Self(Arc::from(text.as_ref()))
    }

    /// Joins parts into a name of at most [`MAX_NAME_BYTES`], cutting the last part at a character boundary.
    ///
    /// The caller makes the result unique by what stands in front of the part that may be cut.
    pub fn fitted(prefix: &str, rest: &str) -> Self {
        let room = MAX_NAME_BYTES.saturating_sub(prefix.len());
        let end = (0..=room.min(rest.len()))
            .rev()
            .find(|&at| rest.is_char_boundary(at))
            .unwrap_or(0);
        Self::new([prefix, &rest[..end]].concat())
    }

    /// Makes the name that a server chooses for what a person has not named: of its table, what it is made of, and its kind. Where both
    /// are too long, the longer one is cut first.
    pub fn chosen(table: &str, made_of: Option<&str>, kind: &str) -> Self {
        let joints = 1 + usize::from(made_of.is_some());
        let room = MAX_NAME_BYTES.saturating_sub(kind.len() + joints);
        let (mut first, mut second) = (table.len(), made_of.map_or(0, str::len));
        while first + second > room {
            if first > second {
                first -= 1;
            } else {
                second -= 1;
            }
        }
        let cut = |text: &str, room: usize| text[..text.floor_char_boundary(room)].to_owned();
        let mut parts = vec![cut(table, first)];
        parts.extend(made_of.map(|text| cut(text, second)));
        parts.push(kind.to_owned());
        Self::new(parts.join("_"))
    }

    /// Returns the identifier without quotes.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Says whether the name bears a mark of the tool.
    pub fn is_reserved(&self) -> bool {
        RESERVED_PREFIXES
            .iter()
            .any(|prefix| self.0.starts_with(prefix))
    }
}

impl Borrow<str> for Name {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Name {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

/// Shows the name as an address does: in double quotes where a reader could mistake it otherwise.
impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = self
            .0
            .starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
            && self
                .0
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '$');
        if plain {
            f.write_str(&self.0)
        } else {
            write!(f, "\"{}\"", self.0.replace('"', "\"\""))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fitted_cuts_at_a_character_boundary() {
        let name = Name::fitted("x_", &"ü".repeat(40));
        assert_eq!(name.as_str().len(), 62);
        assert_eq!(Name::fitted("x_", "short").as_str(), "x_short");
    }

    /// As PostgreSQL 18 has named them.
    #[test]
    fn chosen_is_what_the_server_chooses() {
        assert_eq!(Name::chosen("t", Some("a_b"), "idx").as_str(), "t_a_b_idx");
        assert_eq!(Name::chosen("t", None, "pkey").as_str(), "t_pkey");
        let (long, longer) = ("a".repeat(40), "b".repeat(50));
        let name = Name::chosen(&long, Some(&longer), "key");
        assert_eq!(
            name.as_str(),
            ["a".repeat(29), "b".repeat(29), "key".to_owned()].join("_")
        );
    }

    #[test]
    fn display_quotes_only_where_needed() {
        assert_eq!(Name::new("orders").to_string(), "orders");
        assert_eq!(Name::new("a\"b").to_string(), "\"a\"\"b\"");
        assert_eq!(Name::new("Upper").to_string(), "\"Upper\"");
    }
}
