//! Owners and privileges: objects of their own, so that what is made again gets them again.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Address, Clause, Declared, Defined, Kind, Model, Name, Object, Said};

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

impl Kind {
    /// Returns the privileges that there are on objects of this kind, in the manual's order
    /// (<https://www.postgresql.org/docs/current/ddl-priv.html>).
    pub fn privileges(self, major: u16) -> &'static [&'static str] {
        const TABLE: [&str; 8] = [
            "SELECT",
            "INSERT",
            "UPDATE",
            "DELETE",
            "TRUNCATE",
            "REFERENCES",
            "TRIGGER",
            "MAINTAIN",
        ];
        match self {
            // MAINTAIN came with 17.
            Self::Table | Self::View | Self::MaterializedView if major < 17 => &TABLE[..7],
            Self::Table | Self::View | Self::MaterializedView => &TABLE,
            Self::Column => &["SELECT", "INSERT", "UPDATE", "REFERENCES"],
            Self::Sequence => &["USAGE", "SELECT", "UPDATE"],
            Self::Schema => &["CREATE", "USAGE"],
            Self::Defined(own) => own.privileges(),
            Self::Function | Self::Procedure | Self::Aggregate => &["EXECUTE"],
            Self::Enum | Self::Domain | Self::Composite | Self::Range => &["USAGE"],
            Self::Extension
            | Self::Collation
            | Self::DomainCheck
            | Self::OwnedBy
            | Self::Default
            | Self::NotNull
            | Self::Identity
            | Self::PrimaryKey
            | Self::Unique
            | Self::Exclusion
            | Self::Check
            | Self::Index
            | Self::ForeignKey
            | Self::Parameters
            | Self::ColumnSettings
            | Self::ReplicaIdentity
            | Self::ClusteredOn
            | Self::Trigger
            | Self::Rule
            | Self::RowSecurity
            | Self::Policy
            | Self::PublishedTable
            | Self::PublishedSchema
            | Self::Owner
            | Self::Grant
            | Self::Comment
            | Self::DefaultPrivilege => &[],
        }
    }

    /// Returns the privileges that everybody has on a new object of this kind.
    pub fn given_to_everybody(self) -> &'static [&'static str] {
        if matches!(
            self,
            Self::Function
                | Self::Procedure
                | Self::Aggregate
                | Self::Enum
                | Self::Domain
                | Self::Composite
                | Self::Range
        ) {
            self.privileges(0)
        } else {
            &[]
        }
    }
}

/// How privileges differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrantAlteration {
    /// How it is held.
    How(Grant),
}

/// The name that stands for every role.
pub const EVERYBODY: &str = "PUBLIC";

/// The name that stands for the role that reads and applies, which on a throw-away server is another one.
pub const APPLIER: &str = "CURRENT_USER";

/// Speaks of a role: everybody and the applier by their words, others by their names.
pub fn spoken_role(role: &Name) -> String {
    match role.as_str() {
        word @ (EVERYBODY | APPLIER) => word.to_owned(),
        _ => role.to_string(),
    }
}

/// The word that stands for every privilege.
pub const ALL_PRIVILEGES: &str = "ALL";

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

impl<T: Clone> Model<T> {
    /// Gives roles other names.
    pub fn with_roles(&self, names: &BTreeMap<Name, Name>) -> Self {
        if names.is_empty() {
            return self.clone();
        }
        let objects = self.objects.iter().map(|(address, object)| {
            let name = |own: &Name| names.get(own).unwrap_or(own).clone();
            let mut object = object.clone();
            if let Object::Owner(own) = &mut object {
                own.role = name(&own.role);
            } else if let Object::Policy(own) = &mut object {
                own.roles = own.roles.iter().map(name).collect();
                own.roles.sort();
            } else if let Object::Defined(own) = &mut object
                && let Some(Said::Options(pairs)) = own.clauses.get_mut(&Clause::MemberOf)
            {
                for (role, _) in &mut pairs.0 {
                    *role = name(role);
                }
                pairs.0.sort();
            }
            (granted_to(address, names), object)
        });
        Self {
            objects: objects.collect(),
            ..self.clone()
        }
    }
}

impl Declared {
    /// Returns what is declared on its own: top-level objects, and lists of default privileges.
    pub fn units(&self) -> std::collections::BTreeSet<Address> {
        let objects = self.written.objects.keys();
        let objects = objects.filter(|own| own.kind().is_top_level());
        let lists = self.listed.keys();
        let lists = lists.filter(|own| own.default_list().is_some());
        objects.chain(lists).cloned().collect()
    }

    /// Gives roles the names that they have in a database.
    pub fn with_roles(self, names: &BTreeMap<Name, Name>) -> Self {
        if names.is_empty() {
            return self;
        }
        let name = |own: Name| names.get(&own).cloned().unwrap_or(own);
        let listed = self.listed.into_iter();
        let origins = self.origins.0.into_iter();
        Self {
            written: self.written.with_roles(names),
            intent: self.intent,
            is_printed: self.is_printed,
            origins: super::Origins(
                origins
                    .map(|(own, place)| (granted_to(&own, names), place))
                    .collect(),
            ),
            listed: listed
                .map(|(own, roles)| {
                    let roles = roles.into_iter().map(name).collect();
                    (granted_to(&own, names), roles)
                })
                .collect(),
        }
    }
}

/// Returns the address of the same privilege under the other name of its role.
pub(crate) fn granted_to(address: &Address, names: &BTreeMap<Name, Name>) -> Address {
    if address.kind() == Kind::Defined(Defined::Role) {
        let role = address.name();
        return address.renamed(names.get(role).unwrap_or(role).clone());
    }
    if address.kind() == Kind::Defined(Defined::UserMapping) {
        let user = address.arguments().iter();
        let user: Vec<Name> = user
            .map(|own| match own.as_str() {
                EVERYBODY => own.clone(),
                _ => {
                    let role = Name::unquoted(own.as_str());
                    Name::new(names.get(&role).unwrap_or(&role).spelled())
                }
            })
            .collect();
        return address.clone().with_arguments(user);
    }
    if let (Some(list), Some(maker)) = (address.default_list(), address.default_role()) {
        let called = |own: &Name| names.get(own).unwrap_or(own).clone();
        let Some(kind) = address.on() else {
            // All that is said of a role, whatever it makes.
            return Address::new(Kind::DefaultPrivilege, [called(maker)]);
        };
        let new = Address::default_privileges(kind, list.default_schema(), &called(maker));
        return match address.path() {
            [.., grantee, privilege] if list != *address => {
                new.by_default(&called(grantee), privilege)
            }
            _ => new,
        };
    }
    let (Kind::Grant, [.., role, privilege], Some(target)) =
        (address.kind(), address.path(), address.target())
    else {
        return address.clone();
    };
    match names.get(role) {
        Some(role) => Address::privilege_on(&target, role, privilege),
        None => address.clone(),
    }
}
