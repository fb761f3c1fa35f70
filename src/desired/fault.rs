//! What is wrong in a file: where, why, and how to mend it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::model::Place;

/// One fault.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// Where.
    pub place: Place,
    /// How many characters it covers.
    pub length: usize,
    /// What.
    pub what: String,
    /// How to mend it.
    pub mend: Option<String>,
    /// Whether the line may be shown: it may hold a secret.
    pub is_shown: bool,
}

/// Every fault of every file, in file order, and the files' texts for code frames.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    /// The faults.
    pub faults: Vec<Fault>,
    /// File name → text.
    pub sources: Sources,
}

/// File name → text.
pub type Sources = BTreeMap<Arc<str>, Arc<str>>;

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.faults.len() {
            1 => f.write_str("1 fault in the files"),
            number => write!(f, "{number} faults in the files"),
        }
    }
}

impl std::error::Error for Faults {}

/// Collects faults and warnings while files are read.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    pub(super) faults: Vec<Fault>,
    pub(super) warnings: Vec<Fault>,
}

impl Ledger {
    pub(super) fn fault(
        &mut self,
        at: &super::node::Node,
        what: impl Into<String>,
        mend: impl Into<Option<String>>,
    ) {
        if at.left_out && !matches!(at.value, super::node::Value::Map(_)) {
            return;
        }
        self.faults.push(Fault {
            is_shown: true,
            place: at.place.clone(),
            length: at.length,
            what: what.into(),
            mend: mend.into(),
        });
    }

    /// Tells of a line that is not to be shown.
    pub(super) fn secret(
        &mut self,
        at: &super::node::Node,
        what: impl Into<String>,
        mend: impl Into<Option<String>>,
    ) {
        self.faults.push(Fault {
            place: at.place.clone(),
            length: at.length,
            what: what.into(),
            mend: mend.into(),
            is_shown: false,
        });
    }

    pub(super) fn warning(
        &mut self,
        at: &super::node::Node,
        what: impl Into<String>,
        mend: impl Into<Option<String>>,
    ) {
        self.warnings.push(Fault {
            is_shown: true,
            place: at.place.clone(),
            length: at.length,
            what: what.into(),
            mend: mend.into(),
        });
    }
}
