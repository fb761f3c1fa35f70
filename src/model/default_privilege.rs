//! What new objects have by default privileges.

use std::collections::BTreeMap;

use super::{Address, Grant, Kind, Name};

/// The default privileges of the role that reads and applies (manual: ALTER DEFAULT PRIVILEGES), for each kind of object and each
/// schema that has any; without a schema: everywhere else. Tables stand for views, functions for all routines, enumerated types
/// for all data types.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DefaultPrivileges(pub BTreeMap<(Kind, Option<Name>), Vec<DefaultPrivilege>>);

/// One privilege that a new object has otherwise than PostgreSQL gives it by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DefaultPrivilege {
    /// Whose it is.
    pub role: Name,
    /// The privilege.
    pub privilege: Name,
    /// Whether it is held, or taken.
    pub how: Grant,
}

impl DefaultPrivileges {
    /// Returns those of a new object.
    pub fn of(&self, own: &Address) -> &[DefaultPrivilege] {
        let kind = own.kind();
        let kind = if matches!(kind, Kind::View | Kind::MaterializedView) {
            Kind::Table
        } else if kind.is_routine() {
            Kind::Function
        } else if kind.is_data_type() {
            Kind::Enum
        } else {
            kind
        };
        let schema = (kind != Kind::Schema).then(|| own.schema_name().clone());
        let of_schema = self.0.get(&(kind, schema));
        let all = of_schema.or_else(|| self.0.get(&(kind, None)));
        all.map_or(&[], Vec::as_slice)
    }

    /// Returns every role that has any.
    pub fn roles(&self) -> impl Iterator<Item = &Name> {
        self.0.values().flatten().map(|own| &own.role)
    }
}
