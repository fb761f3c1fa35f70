//! What a server says of itself and of the sizes of its tables.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Address, SmallTable};

/// A server's version as `server_version_num` counts: 150018 is 15.18.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ServerVersion(pub u32);

impl ServerVersion {
    /// Returns the major version.
    pub fn major(self) -> u16 {
        u16::try_from(self.0 / 10_000).unwrap_or(u16::MAX)
    }
}

impl fmt::Display for ServerVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0 / 10_000, self.0 % 10_000)
    }
}

/// How large a table is, by the server's own statistics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Size {
    /// Rows, estimated; -1 where the table was never analyzed.
    pub rows: i64,
    /// Bytes with its TOAST table; 0 where no page of its own holds anything.
    pub bytes: i64,
}

/// The size class a choice of way rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SizeClass {
    /// No page holds a row.
    Empty,
    /// Within `small_table`.
    Small,
    /// Above it.
    Large,
}

impl Size {
    /// Returns the class under the given limit.
    pub fn class(self, small: SmallTable) -> SizeClass {
        if self.bytes == 0 {
            SizeClass::Empty
        } else if self.bytes <= small.bytes && self.rows <= small.rows && small.rows > 0 {
            SizeClass::Small
        } else {
            SizeClass::Large
        }
    }
}

/// A server as read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Server {
    /// Its version.
    pub version: ServerVersion,
    /// The database's name.
    pub database: String,
    /// System identifier and database oid: a restored copy differs, a promoted standby does not.
    pub identity: String,
    /// The role that read it.
    pub role: String,
    /// Sizes of its tables.
    pub sizes: BTreeMap<Address, Size>,
}
