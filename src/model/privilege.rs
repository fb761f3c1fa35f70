//! Owners and privileges: objects of their own, so that what is made again gets them again.

use serde::{Deserialize, Serialize};

use super::Name;

/// The owner of an object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// The role.
    pub role: Name,
}

/// How owners differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OwnerAlteration {
    /// The role.
    Role(Name),
}

impl OwnerAlteration {
    pub(super) fn attribute(&self) -> &'static str {
        match self {
            Self::Role(_) => "owner",
        }
    }
}

impl Owner {
    pub(super) fn alterations(&self, to: &Self) -> Vec<OwnerAlteration> {
        let Self { role } = self;
        if *role == to.role {
            Vec::new()
        } else {
            vec![OwnerAlteration::Role(to.role.clone())]
        }
    }
}

/// Where one privilege of one role differs from what PostgreSQL gives by itself. Its address is the object's path with
/// the role (`PUBLIC` for everybody) and the privilege.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grant {
    /// It is held.
    Held,
    /// It is held and may be passed on.
    Grantable,
    /// It was taken, though PostgreSQL gives it by itself.
    Taken,
}

/// How privileges differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrantAlteration {
    /// How it is held.
    How(Grant),
}

impl GrantAlteration {
    pub(super) fn attribute(&self) -> &'static str {
        match self {
            Self::How(_) => "privilege",
        }
    }
}

impl Grant {
    pub(super) fn alterations(&self, to: &Self) -> Vec<GrantAlteration> {
        if self == to {
            Vec::new()
        } else {
            vec![GrantAlteration::How(*to)]
        }
    }
}
