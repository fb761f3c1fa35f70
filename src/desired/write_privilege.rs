//! Privileges as YAML.

use std::collections::{BTreeMap, BTreeSet};

use serde_yaml::{Mapping, Value};

use super::write::text;
use crate::model::{Address, EVERYBODY, Expression, Grant, Grants, Kind, Model, Name, Object};

/// What is written of privileges.
#[derive(Clone, Debug)]
pub struct Access {
    /// The server's major version: what an owner has depends on it.
    pub major: u16,
    /// The role that owns what is read without an owner.
    pub role: Name,
    /// Whether it is said of everything whom it belongs to.
    pub owners: bool,
    /// Which objects get a list.
    pub grants: Grants,
}

/// A privilege of a role: on the whole object, or on some of its columns.
type Held = BTreeMap<(String, bool), Vec<Name>>;

/// The lists of all objects.
#[derive(Debug)]
pub(super) struct Lists {
    access: Access,
    /// Objects that get a list whatever it says.
    whole: BTreeSet<Address>,
    own: BTreeMap<Address, BTreeMap<Name, Held>>,
    /// Whom objects belong to, where that is not the reading role.
    owners: BTreeMap<Address, Name>,
    /// What roles do not have though the server gives it by itself.
    taken: BTreeMap<Address, BTreeMap<Name, BTreeSet<String>>>,
}

impl Lists {
    /// Returns who owns what is read without an owner, where that is to be said: where owners are compared, of everything, so that the same
    /// files say it to another database. The schema public has, from 15 on, another owner in every new database.
    pub(super) fn unread_owner(&self, address: &Address) -> Option<&Name> {
        let is_public = address.kind() == Kind::Schema && address.name().as_str() == "public";
        let is_said = if is_public {
            self.access.major >= 15
        } else {
            self.access.owners && address.kind().has_owner()
        };
        is_said.then_some(&self.access.role)
    }

    pub(super) fn of(model: &Model<Expression>, access: Access, whole: BTreeSet<Address>) -> Self {
        let mut lists = Self {
            access,
            whole,
            own: BTreeMap::new(),
            owners: BTreeMap::new(),
            taken: BTreeMap::new(),
        };
        for (address, object) in &model.objects {
            if let (Object::Owner(own), Some(unit)) = (object, address.target()) {
                lists.owners.insert(unit, own.role.clone());
            }
            let (Object::Grant(how) | Object::DefaultPrivilege(how)) = object else {
                continue;
            };
            let target = address.target().or_else(|| address.default_list());
            let (Some(target), [.., role, privilege]) = (target, address.path()) else {
                continue;
            };
            let (unit, column) = if target.kind() == Kind::Column {
                (target.table(), Some(target.name().clone()))
            } else if target.is_view_column() {
                (target.whole(), Some(target.name().clone()))
            } else {
                (target, None)
            };
            let privilege = privilege.as_str().to_lowercase();
            if *how == Grant::Taken {
                let roles = lists.taken.entry(unit).or_default();
                roles.entry(role.clone()).or_default().insert(privilege);
            } else {
                let held = lists.own.entry(unit).or_default();
                let held = held.entry(role.clone()).or_default();
                let is_grantable = *how == Grant::Grantable;
                // A privilege on the whole object has no columns; both may be held beside each other.
                let whole = column.is_none();
                let key = (
                    if whole {
                        privilege
                    } else {
                        [&privilege, "("].concat()
                    },
                    is_grantable,
                );
                held.entry(key).or_default().extend(column);
            }
        }
        lists
    }

    /// Returns what has a list, or may have one.
    pub(super) fn units(&self) -> impl Iterator<Item = &Address> {
        let said = self.own.keys().chain(self.taken.keys());
        self.whole.iter().chain(said)
    }

    /// Writes the list of an object, or of what a role makes from now on, where it has one.
    pub(super) fn of_object(&self, unit: &Address) -> Option<Value> {
        let kind = unit.on().unwrap_or(unit.kind());
        let all = kind.privileges(self.access.major);
        let (own, taken) = (self.own.get(unit), self.taken.get(unit));
        let has_list = self.whole.contains(unit)
            || match self.access.grants {
                Grants::Ignored if unit.default_list().is_none() => false,
                Grants::Every if unit.default_list().is_none() => true,
                // Lists of default privileges stand by themselves: what there is is written.
                Grants::Ignored | Grants::Listed | Grants::Every => {
                    own.is_some() || taken.is_some()
                }
            };
        if all.is_empty() || !has_list {
            return None;
        }
        let everybody = Name::new(EVERYBODY);
        let mut roles: BTreeMap<Name, Held> = own.cloned().unwrap_or_default();
        let is_taken = |role: &Name, privilege: &str| {
            let of_role = taken.and_then(|own| own.get(role));
            of_role.is_some_and(|own| own.contains(privilege))
        };
        // An owner that is listed for anything is listed for all that it has.
        let owner = unit.default_role().or_else(|| self.owners.get(unit));
        let owner = owner.unwrap_or(&self.access.role);
        // In a schema nothing is given by itself.
        let in_schema = unit.default_schema().is_some();
        let is_listed = !in_schema
            && (roles.contains_key(owner) || taken.is_some_and(|own| own.contains_key(owner)));
        let given = if in_schema {
            &[]
        } else {
            kind.given_to_everybody()
        };
        let full = is_listed.then_some((owner, all));
        for (role, privileges) in full.into_iter().chain([(&everybody, given)]) {
            let privileges = privileges.iter().map(|own| own.to_lowercase());
            for privilege in privileges.filter(|own| !is_taken(role, own)) {
                let held = roles.entry(role.clone()).or_default();
                if !held.contains_key(&(privilege.clone(), true)) {
                    held.entry((privilege, false)).or_default();
                }
            }
        }
        if is_listed {
            roles.entry(owner.clone()).or_default();
        }
        let order = |word: &str| {
            let word = word.trim_end_matches('(');
            all.iter().position(|own| own.eq_ignore_ascii_case(word))
        };
        let list: Mapping = roles
            .into_iter()
            .map(|(role, held)| {
                let mut held: Vec<_> = held.into_iter().collect();
                held.sort_by_key(|((word, grantable), _)| {
                    (order(word), word.ends_with('('), *grantable)
                });
                let elements = held.into_iter().map(element);
                let name = if role == everybody {
                    text("public")
                } else {
                    text(role.as_str())
                };
                (name, Value::Sequence(elements.collect()))
            })
            .collect();
        Some(Value::Mapping(list))
    }
}

/// Writes one privilege: short where nothing in it needs more.
fn element(((word, grantable), columns): ((String, bool), Vec<Name>)) -> Value {
    let word = word.trim_end_matches('(');
    let is_plain = |own: &Name| {
        let name = own.as_str();
        !name.contains(['(', ')', '[', ']', '"', ',']) && name.trim() == name
    };
    if !grantable && columns.iter().all(is_plain) {
        if columns.is_empty() {
            return text(word);
        }
        let names: Vec<&str> = columns.iter().map(Name::as_str).collect();
        return text(&[word, "(", &names.join(", "), ")"].concat());
    }
    let mut map = Mapping::new();
    map.insert(text("privilege"), text(word));
    if !columns.is_empty() {
        let names = columns.iter().map(|own| text(own.as_str()));
        map.insert(text("columns"), Value::Sequence(names.collect()));
    }
    if grantable {
        map.insert(text("with_grant_option"), Value::Bool(true));
    }
    Value::Mapping(map)
}
