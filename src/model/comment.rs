//! Comments, objects of their own at their target's address.

use serde::{Deserialize, Serialize};

use super::Name;

/// A comment (manual: COMMENT).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comment {
    /// The text.
    pub text: String,
    /// The name of the primary key it is on, whose address does not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Name>,
    /// Whether it is on a foreign table, whose address does not say it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub on_foreign: bool,
}

/// How comments differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommentAlteration {
    /// The text.
    Text(String),
}

impl CommentAlteration {
    pub(super) fn attribute(&self) -> &'static str {
        match self {
            Self::Text(_) => "comment",
        }
    }
}

impl Comment {
    pub(super) fn alterations(&self, to: &Self) -> Vec<CommentAlteration> {
        // A comment follows its key to another name.
        let Self {
            text,
            key: _,
            on_foreign: _,
        } = self;
        if *text == to.text {
            Vec::new()
        } else {
            vec![CommentAlteration::Text(to.text.clone())]
        }
    }
}
