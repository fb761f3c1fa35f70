//! Fingerprints.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// A SHA-256 fingerprint in lower-case hexadecimal.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Hash(String);

impl Hash {
    /// Hashes bytes.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        let digest = Sha256::digest(bytes);
        Self(digest.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// Hashes the canonical JSON of a value: struct fields in declaration order, maps by key.
    pub fn of<V: Serialize + ?Sized>(value: &V) -> Self {
        let bytes = serde_json::to_vec(value)
            .expect("model values are made of strings, numbers and string-keyed maps");
        Self::of_bytes(&bytes)
    }

    /// Returns the first `digits` hexadecimal digits, for names and for people.
    pub fn short(&self, digits: usize) -> &str {
        &self.0[..digits.min(self.0.len())]
    }

    /// Returns all digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Wraps digits that were stored before.
    pub fn stored(digits: impl Into<String>) -> Self {
        Self(digits.into())
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.short(12))
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
