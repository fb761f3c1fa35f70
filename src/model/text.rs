//! SQL texts, opaque to the tool: only a server says what they mean.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Name;

/// A text in a server's own print.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Expression(Arc<str>);

impl Expression {
    /// Wraps what a server printed.
    pub fn new(printed: impl AsRef<str>) -> Self {
        Self(Arc::from(printed.as_ref()))
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A text from a person, with the `search_path` it was meant under.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Written {
    sql: Arc<str>,
    search_path: Arc<[Name]>,
}

impl Written {
    /// Wraps a text as a person wrote it.
    pub fn new(sql: impl AsRef<str>, search_path: Arc<[Name]>) -> Self {
        Self {
            sql: Arc::from(sql.as_ref()),
            search_path,
        }
    }

    /// Returns the schemas that unqualified names are looked up in, first one first.
    pub fn search_path(&self) -> &Arc<[Name]> {
        &self.search_path
    }
}

/// What both kinds of text share.
pub trait Text: Clone + fmt::Debug {
    /// Returns the SQL as it stands.
    fn sql(&self) -> &str;

    /// Returns the schemas that unqualified names in this text are looked up in; a server's print needs none.
    fn lookup(&self) -> &[Name];
}

impl Text for Expression {
    fn sql(&self) -> &str {
        &self.0
    }

    fn lookup(&self) -> &[Name] {
        &[]
    }
}

impl Text for Written {
    fn sql(&self) -> &str {
        &self.sql
    }

    fn lookup(&self) -> &[Name] {
        &self.search_path
    }
}

/// A print is the text of a person who qualifies every name: the way back from read to declared.
impl From<&Expression> for Written {
    fn from(printed: &Expression) -> Self {
        Self {
            sql: printed.0.clone(),
            search_path: Arc::from([]),
        }
    }
}
