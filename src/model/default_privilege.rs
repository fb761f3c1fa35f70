//! What new objects of the applying role have beside what PostgreSQL gives them: its default privileges (manual section 5.8).

use std::collections::{BTreeMap, BTreeSet};

use super::{APPLIER, Address, EVERYBODY, Grant, Kind, Model, Name, Object};

/// What is given to new things by a role's default privileges, by kind and schema: the whole of what counts there. Where there is
/// nothing for the schema, that without one counts. Views and materialized views count as tables, procedures and aggregates as
/// functions, domains, composite types and ranges as types.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DefaultPrivileges(BTreeMap<(Kind, Option<Name>), Held>);

/// How roles hold privileges, by role and privilege.
type Held = BTreeMap<(Name, Name), Grant>;

/// One privilege that a new object has otherwise than PostgreSQL gives it by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// Whose it is.
    pub role: Name,
    /// The privilege.
    pub privilege: Name,
    /// Whether it is held, or taken.
    pub how: Grant,
}

impl DefaultPrivileges {
    /// Gathers those of the applying role.
    pub fn of_applier<T>(model: &Model<T>) -> Self {
        let applier = Name::new(APPLIER);
        let mut all = Self::default();
        let by_default = model.objects.iter().filter_map(|(address, object)| {
            let Object::DefaultPrivilege(how) = object else {
                return None;
            };
            let [.., role, privilege] = address.path() else {
                return None;
            };
            let is_mine = address.default_role() == Some(&applier);
            let key = (address.on()?, address.default_schema().cloned());
            is_mine.then(|| (key, (role.clone(), privilege.clone()), *how))
        });
        let (wherever, of_schemas): (Vec<_>, Vec<_>) =
            by_default.partition(|((_, schema), ..)| schema.is_none());
        for (key, privilege, how) in wherever {
            all.0.entry(key).or_default().insert(privilege, how);
        }
        // Those of a schema come on top of those that count wherever something is made.
        for (key, privilege, how) in of_schemas {
            let above = all.0.get(&(key.0, None)).cloned().unwrap_or_default();
            let usual = key.0.given_to_everybody();
            let is_usual =
                privilege.0.as_str() == EVERYBODY && usual.contains(&privilege.1.as_str());
            let own = all.0.entry(key).or_insert(above);
            if own.get(&privilege) == Some(&Grant::Taken) {
                own.remove(&privilege);
            } else if !is_usual {
                let held = own.entry(privilege).or_insert(how);
                *held = (*held).max(how);
            }
        }
        all
    }

    /// Returns the roles whom the applier lets into the schemas that it makes.
    pub fn let_into_schemas<T>(model: &Model<T>) -> BTreeSet<Name> {
        let all = Self::of_applier(model);
        let given = all.0.get(&(Kind::Schema, None)).into_iter().flatten();
        let roles = given.map(|((role, _), _)| role.clone());
        roles
            .filter(|own| !matches!(own.as_str(), EVERYBODY | APPLIER))
            .collect()
    }

    /// Returns the lists of the applier that bear on a new object.
    pub fn lists(own: &Address) -> [Address; 2] {
        let (kind, applier) = (Self::kind_of(own), Name::new(APPLIER));
        [None, Some(own.schema_name())]
            .map(|schema| Address::default_privileges(kind, schema, &applier))
    }

    fn kind_of(own: &Address) -> Kind {
        let kind = own.kind();
        if matches!(kind, Kind::View | Kind::MaterializedView) {
            Kind::Table
        } else if kind.is_routine() {
            Kind::Function
        } else if kind.is_data_type() {
            Kind::Enum
        } else {
            kind
        }
    }

    /// Returns those of a new object.
    pub fn of(&self, own: &Address) -> impl Iterator<Item = Given> {
        let kind = Self::kind_of(own);
        let schema = (kind != Kind::Schema).then(|| own.schema_name().clone());
        let of_schema = self.0.get(&(kind, schema));
        let all = of_schema.or_else(|| self.0.get(&(kind, None)));
        all.into_iter()
            .flatten()
            .map(|((role, privilege), how)| Given {
                role: role.clone(),
                privilege: privilege.clone(),
                how: *how,
            })
    }
}
