//! Comments, objects of their own at their target's address.

use serde::{Deserialize, Serialize};

/// A comment (manual: COMMENT).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comment {
    /// The text.
    pub text: String,
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
        let Self { text } = self;
        if *text == to.text {
            Vec::new()
        } else {
            vec![CommentAlteration::Text(to.text.clone())]
        }
    }
}
