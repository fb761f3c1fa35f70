//! Extensions; what they hold is theirs.

use serde::{Deserialize, Serialize};

use super::Name;

/// An installed extension (manual: CREATE EXTENSION).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extension {
    /// The schema its objects live in; absent in a declaration: wherever it is.
    pub schema: Option<Name>,
    /// Its version; absent in a declaration: whatever it is.
    pub version: Option<String>,
}

/// How extensions differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExtensionAlteration {
    /// The schema.
    Schema(Name),
    /// The version.
    Version(String),
}

impl ExtensionAlteration {
    pub(super) fn attribute(&self) -> &'static str {
        match self {
            Self::Schema(_) => "schema",
            Self::Version(_) => "version",
        }
    }
}

impl Extension {
    pub(super) fn alterations(&self, to: &Self) -> Vec<ExtensionAlteration> {
        let Self { schema, version } = self;
        let mut alterations = Vec::new();
        if let Some(wanted) = to
            .schema
            .as_ref()
            .filter(|wanted| Some(*wanted) != schema.as_ref())
        {
            alterations.push(ExtensionAlteration::Schema(wanted.clone()));
        }
        if let Some(wanted) = to
            .version
            .as_ref()
            .filter(|wanted| Some(*wanted) != version.as_ref())
        {
            alterations.push(ExtensionAlteration::Version(wanted.clone()));
        }
        alterations
    }
}
