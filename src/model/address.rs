//! What one object is called: its kind and its path of names.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::spelling::{split_arguments, split_dotted, type_after_move};
use super::{Defined, EVERYBODY, Kind, Name};

/// The address of one object, as `pg_identify_object_as_address` would say it.
///
/// A comment is an object of its own; it stands at its target's path, with the target's kind in `on`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    path: Arc<[Name]>,
    kind: Kind,
    on: Option<Kind>,
    arguments: Arc<[Name]>,
}

/// Says why a text is no address.
#[derive(Debug, thiserror::Error)]
#[error("`{text}` is no address: {why}; write `kind schema.name`, for example `table app.orders`")]
pub struct AddressError {
    text: String,
    why: &'static str,
}

impl Address {
    /// Makes the address of an object without argument types.
    pub fn new<N: Into<Name>>(kind: Kind, path: impl IntoIterator<Item = N>) -> Self {
        Self {
            kind,
            on: None,
            path: path.into_iter().map(Into::into).collect(),
            arguments: Arc::from([]),
        }
    }

    /// Makes the address of the comment on `target`.
    pub fn comment_on(target: &Self) -> Self {
        Self {
            kind: Kind::Comment,
            on: Some(target.kind),
            path: target.path.clone(),
            arguments: target.arguments.clone(),
        }
    }

    /// Makes the address of a function, with the types of its input arguments.
    pub fn function(schema: Name, name: Name, arguments: impl IntoIterator<Item = Name>) -> Self {
        Self::routine(Kind::Function, schema, name, arguments)
    }

    /// Makes the address of a function or procedure, with the types of its input arguments.
    pub fn routine(
        kind: Kind,
        schema: Name,
        name: Name,
        arguments: impl IntoIterator<Item = Name>,
    ) -> Self {
        Self {
            arguments: arguments.into_iter().collect(),
            ..Self::new(kind, [schema, name])
        }
    }

    /// Makes the address of the cast between two types: it has no name, and bears the word.
    pub fn cast(source: Name, target: Name) -> Self {
        Self {
            arguments: [source, target].into_iter().collect(),
            ..Self::new(Kind::Defined(Defined::Cast), ["cast"])
        }
    }

    /// Makes the address of the owner of `target`.
    pub fn owner_of(target: &Self) -> Self {
        Self {
            kind: Kind::Owner,
            ..Self::comment_on(target)
        }
    }

    /// Makes the address of a role's privilege on `target`.
    pub fn privilege_on(target: &Self, role: &Name, privilege: &Name) -> Self {
        let path = target.path.iter().chain([role, privilege]).cloned();
        Self {
            kind: Kind::Grant,
            path: path.collect(),
            ..Self::comment_on(target)
        }
    }

    /// Makes the address of the list of what others may do with the things of a kind that a role makes from now on: in a schema, or
    /// wherever. Lists are no objects; the privileges in them are.
    pub fn default_privileges(kind: Kind, schema: Option<&Name>, role: &Name) -> Self {
        Self {
            on: Some(kind),
            ..Self::new(
                Kind::DefaultPrivilege,
                schema.into_iter().chain([role]).cloned(),
            )
        }
    }

    /// Makes the address of what a role may do by this list.
    pub fn by_default(&self, grantee: &Name, privilege: &Name) -> Self {
        let path = self.path.iter().chain([grantee, privilege]).cloned();
        Self {
            path: path.collect(),
            ..self.clone()
        }
    }

    /// Returns the list that a default privilege stands in; a list is its own.
    pub fn default_list(&self) -> Option<Self> {
        let kept = match self.path.len() {
            own @ 3.. => own - 2,
            own => own,
        };
        (self.kind == Kind::DefaultPrivilege).then(|| Self {
            path: self.path[..kept].into(),
            ..self.clone()
        })
    }

    /// Returns the schema that default privileges, or a list of them, speak of; none where they count wherever something is made.
    pub fn default_schema(&self) -> Option<&Name> {
        let is_of_schema = self.kind == Kind::DefaultPrivilege && self.path.len().is_multiple_of(2);
        self.path.first().filter(|_| is_of_schema)
    }

    /// Returns the role that makes what default privileges, or a list of them, speak of.
    pub fn default_role(&self) -> Option<&Name> {
        let at = usize::from(self.path.len().is_multiple_of(2));
        self.path
            .get(at)
            .filter(|_| self.kind == Kind::DefaultPrivilege)
    }

    /// Makes the address with another kind at the same path.
    pub fn with_kind(&self, kind: Kind) -> Self {
        Self {
            kind,
            on: None,
            path: self.path.clone(),
            arguments: self.arguments.clone(),
        }
    }

    /// Makes the address of a part (column, constraint) of this relation.
    pub fn part(&self, kind: Kind, name: &Name) -> Self {
        Self::new(kind, self.path.iter().take(2).chain([name]).cloned())
    }

    /// Makes the address with the last name of its path replaced.
    pub fn renamed(&self, name: Name) -> Self {
        let kept = self.path.len().saturating_sub(1);
        Self {
            path: self.path.iter().take(kept).cloned().chain([name]).collect(),
            ..self.clone()
        }
    }

    /// Returns what kind of object stands here.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Returns the kind of the object a comment is on.
    pub fn on(&self) -> Option<Kind> {
        self.on
    }

    /// Returns the names from the outermost to the object's own.
    pub fn path(&self) -> &[Name] {
        &self.path
    }

    /// Returns the object's own name.
    pub fn name(&self) -> &Name {
        self.path.last().expect("an address has at least one name")
    }

    /// Returns the first name of the path: the schema, for all that lives in one.
    pub fn schema_name(&self) -> &Name {
        self.path.first().expect("an address has at least one name")
    }

    /// Returns the argument types of a function.
    pub fn arguments(&self) -> &[Name] {
        &self.arguments
    }

    /// Makes the address with other argument types.
    pub fn with_arguments(&self, arguments: impl IntoIterator<Item = Name>) -> Self {
        Self {
            arguments: arguments.into_iter().collect(),
            ..self.clone()
        }
    }

    /// Says whether it is the whole server's, or is said of something that is.
    pub fn is_of_server(&self) -> bool {
        let is = |own: &Self| matches!(own.kind, Kind::Defined(own) if own.is_of_server());
        is(self) || self.kind == Kind::Comment && self.target().is_some_and(|own| is(&own))
    }

    /// Returns the address of the object that this comment, owner or privilege is on.
    pub fn target(&self) -> Option<Self> {
        if self.kind == Kind::DefaultPrivilege {
            return None;
        }
        let extra = if self.kind == Kind::Grant { 2 } else { 0 };
        let kept = self.path.len().saturating_sub(extra);
        self.on.map(|kind| Self {
            kind,
            on: None,
            path: self.path[..kept].into(),
            arguments: self.arguments.clone(),
        })
    }

    /// Makes the address of an enum value. Values are no objects of their own; only their renames speak of them.
    pub fn value(&self, label: &str) -> Self {
        Self::new(
            Kind::Enum,
            self.path.iter().cloned().chain([Name::new(label)]),
        )
    }

    /// Makes the address of an attribute of this composite type. Those are no objects of their own; renames and comments speak of
    /// them.
    pub fn attribute(&self, name: &Name) -> Self {
        Self::new(Kind::Composite, self.path.iter().chain([name]).cloned())
    }

    /// Makes the address of a column of this view. Those are no objects of their own; comments and privileges can be
    /// on them.
    pub fn view_column(&self, name: &Name) -> Self {
        Self::new(self.kind, self.path.iter().chain([name]).cloned())
    }

    /// Returns the object that this address speaks of: it may be that of an enum value, of an attribute, or of a column of a view.
    pub fn whole(&self) -> Self {
        if self.is_value() || self.is_view_column() {
            Self::new(self.kind, self.path[..2].iter().cloned())
        } else {
            self.clone()
        }
    }

    /// Returns the object that lists the privileges on this one: a column's are listed with its table or view.
    pub fn lists_privileges(&self) -> Self {
        if self.kind == Kind::Column {
            self.table()
        } else {
            self.whole()
        }
    }

    /// Says whether this is the address of a column of a view.
    pub fn is_view_column(&self) -> bool {
        matches!(self.kind, Kind::View | Kind::MaterializedView) && self.path.len() == 3
    }

    /// Says whether this is the address of an enum value, or of an attribute of a composite type.
    pub fn is_value(&self) -> bool {
        matches!(self.kind, Kind::Enum | Kind::Composite) && self.path.len() == 3
    }

    /// Returns the object that a comment, owner or privilege is on, or is on a part of.
    pub fn attached_to(&self) -> Option<Self> {
        self.target().map(|target| target.whole())
    }

    /// Returns the column a default or NOT NULL belongs to.
    pub fn column(&self) -> Self {
        self.with_kind(Kind::Column)
    }

    /// Returns the relation that this part belongs to, spelled as a table's address; itself for a relation.
    pub fn table(&self) -> Self {
        Self::new(Kind::Table, self.path.iter().take(2).cloned())
    }

    /// Returns the domain that this constraint belongs to.
    pub fn domain(&self) -> Self {
        Self::new(Kind::Domain, self.path.iter().take(2).cloned())
    }

    /// Returns the schema this object lives in.
    pub fn schema(&self) -> Self {
        Self::new(Kind::Schema, [self.schema_name().clone()])
    }

    /// Says whether this lies in a schema, or is it. What is the whole database's lies in none, whatever its name is.
    pub fn is_in_schema(&self, schema: &Name) -> bool {
        if self.kind == Kind::DefaultPrivilege {
            return self.default_schema() == Some(schema);
        }
        let kind = self.on.unwrap_or(self.kind);
        let is_in_one = !kind.is_global() || kind == Kind::Schema;
        is_in_one && self.schema_name() == schema
    }

    /// Returns the role of a user mapping, where it is not everybody's: it is spelled as the type of an argument is.
    pub(crate) fn mapped_users(&self) -> impl Iterator<Item = Name> {
        let users = self.arguments.iter();
        let users = users.filter(|own| own.as_str() != EVERYBODY);
        users.map(|own| Name::unquoted(own.as_str()))
    }

    /// Says whether this address moves along when the object at `ancestor` does: it is that object or lies below it.
    ///
    /// Indexes lie below their schema by path and below their table only by content; a server that was asked to
    /// execute the move says where they went.
    pub fn is_at_or_below(&self, ancestor: &Self) -> bool {
        if self == ancestor {
            return true;
        }
        if self.kind == Kind::DefaultPrivilege {
            return ancestor.kind == Kind::Schema && self.is_in_schema(ancestor.name());
        }
        let starts = self.path.len() >= ancestor.path.len()
            && self.path[..ancestor.path.len()] == *ancestor.path;
        let own = self.on.unwrap_or(self.kind);
        starts
            && match ancestor.kind {
                // An extension has no schema in its path: two names alike are not one above the other.
                Kind::Schema if own == Kind::Schema => self.on.is_some(),
                Kind::Schema => !own.is_global(),
                Kind::Table => own.is_part_of_table() || (self.on.is_some() && own == Kind::Table),
                Kind::Sequence => {
                    own == Kind::OwnedBy || (self.on.is_some() && own == Kind::Sequence)
                }
                Kind::Column => {
                    matches!(
                        own,
                        Kind::Default | Kind::NotNull | Kind::Identity | Kind::ColumnSettings
                    ) || (self.on.is_some() && own == Kind::Column)
                }
                Kind::Function | Kind::Procedure | Kind::Aggregate | Kind::Defined(_) => {
                    self.on == Some(ancestor.kind) && self.arguments == ancestor.arguments
                }
                // A value lies below its type: see `Address::value`.
                Kind::Enum => {
                    let is_on_it = || self.target().is_some_and(|own| own.path == ancestor.path);
                    own == Kind::Enum && (self.on.is_none() || is_on_it())
                }
                // So does an attribute, and what is said of one.
                Kind::Composite => own == Kind::Composite,
                Kind::Domain => {
                    own == Kind::DomainCheck || (self.on.is_some() && own == Kind::Domain)
                }
                Kind::View => {
                    matches!(own, Kind::Trigger | Kind::Rule) || self.on == Some(Kind::View)
                }
                Kind::MaterializedView | Kind::Range | Kind::Collation => {
                    self.on == Some(ancestor.kind)
                }
                Kind::Extension
                | Kind::DomainCheck
                | Kind::OwnedBy
                | Kind::Default
                | Kind::NotNull
                | Kind::Identity
                | Kind::PrimaryKey
                | Kind::Unique
                | Kind::Exclusion
                | Kind::ForeignKey
                | Kind::Check
                | Kind::Index
                | Kind::Parameters
                | Kind::ColumnSettings
                | Kind::ReplicaIdentity
                | Kind::RowSecurity
                | Kind::Policy
                | Kind::ClusteredOn
                | Kind::Trigger
                | Kind::Rule
                | Kind::PublishedTable
                | Kind::PublishedSchema
                | Kind::Owner
                | Kind::Grant
                | Kind::Comment
                | Kind::DefaultPrivilege => self.on == Some(ancestor.kind),
            }
    }

    /// Replaces the path of `from`, which this address lies at or below, by the path of `to`.
    pub fn rebased(&self, from: &Self, to: &Self) -> Self {
        let rest = self.path.iter().skip(from.path.len()).cloned();
        Self {
            path: to.path.iter().cloned().chain(rest).collect(),
            ..self.clone()
        }
    }

    /// Gives the argument types of a function the names they have once `from` is `to`; nothing where they keep them.
    pub(super) fn retyped(&self, from: &Self, to: &Self) -> Option<Self> {
        let own = self.arguments.iter();
        let arguments: Vec<Name> = own.map(|own| type_after_move(own, from, to)).collect();
        (*arguments != *self.arguments).then(|| Self {
            arguments: arguments.into(),
            ..self.clone()
        })
    }

    /// Shows the path alone, for sentences that name the kind themselves.
    pub fn dotted(&self) -> String {
        let names: Vec<String> = self.path.iter().map(ToString::to_string).collect();
        names.join(".")
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.keyword())?;
        if let Some(on) = self.on {
            write!(f, " {}", on.keyword())?;
        }
        write!(f, " {}", self.dotted())?;
        if self.on.unwrap_or(self.kind).has_arguments() {
            let types: Vec<&str> = self.arguments.iter().map(Name::as_str).collect();
            write!(f, "({})", types.join(","))?;
        }
        Ok(())
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let fault = |why| AddressError {
            text: text.to_owned(),
            why,
        };
        let (kind, rest) =
            leading_kind(text).ok_or_else(|| fault("it begins with no known kind"))?;
        let (on, rest) = if kind.is_attached() || kind == Kind::DefaultPrivilege {
            let (on, rest) =
                leading_kind(rest).ok_or_else(|| fault("it names the kind of what it is on"))?;
            (Some(on), rest)
        } else {
            (None, rest)
        };
        let (rest, arguments) = if on.unwrap_or(kind).has_arguments() {
            split_arguments(rest).ok_or_else(|| fault("a routine has its argument types"))?
        } else {
            (rest, Vec::new())
        };
        let path = split_dotted(rest).ok_or_else(|| fault("its names are not well formed"))?;
        Ok(Self {
            kind,
            on,
            path: path.into(),
            arguments: arguments.into(),
        })
    }
}

/// Splits a leading kind's keyword off; of two that fit, the longer one counts.
fn leading_kind(text: &str) -> Option<(Kind, &str)> {
    Kind::all()
        .filter_map(|kind| {
            text.strip_prefix(kind.keyword())?
                .strip_prefix(' ')
                .map(|rest| (kind, rest.trim_start()))
        })
        .max_by_key(|(kind, _)| kind.keyword().len())
}

impl Serialize for Address {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

/// A pattern over addresses: the kind may be left out and `*` stands for any one part, or for all further ones at the end.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Pattern(String);

impl Pattern {
    /// Wraps a pattern as a person wrote it.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Says whether the pattern names this address.
    pub fn matches(&self, address: &Address) -> bool {
        // One that is spelled out says what it is on and which arguments it has.
        if self.0.parse::<Address>().is_ok_and(|own| own == *address) {
            return true;
        }
        let (kind, rest) = match leading_kind(&self.0) {
            Some((kind, rest)) => (Some(kind), rest),
            None => (None, self.0.as_str()),
        };
        if kind.is_some_and(|kind| kind != address.kind) {
            return false;
        }
        let Some(parts) = split_dotted(rest) else {
            return false;
        };
        let open_end = parts.last().is_some_and(|last| last.as_str() == "*");
        let fits = if open_end {
            parts.len() <= address.path.len()
        } else {
            parts.len() == address.path.len()
        };
        fits && parts
            .iter()
            .zip(address.path.iter())
            .all(|(part, name)| part.as_str() == "*" || part == name)
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_reads_back() {
        let column = Address::new(Kind::Column, ["a\"b", "it's", "se.lect"]);
        for address in [
            column.clone(),
            Address::comment_on(&column),
            column.with_kind(Kind::NotNull),
        ] {
            assert_eq!(
                address
                    .to_string()
                    .parse::<Address>()
                    .expect("prints parse"),
                address
            );
        }
        let function = Address::function(
            Name::new("app"),
            Name::new("f"),
            [Name::new("integer"), Name::new("\"odd,type(\"")],
        );
        for address in [
            function.clone(),
            Address::owner_of(&function),
            Address::privilege_on(&function, &Name::new("PUBLIC"), &Name::new("EXECUTE")),
            Address::function(Name::new("app"), Name::new("g"), []),
        ] {
            assert_eq!(
                address
                    .to_string()
                    .parse::<Address>()
                    .expect("prints parse"),
                address
            );
        }
        let grant = Address::privilege_on(&function, &Name::new("a"), &Name::new("EXECUTE"));
        assert_eq!(grant.target(), Some(function));
        assert!("nothing app.t".parse::<Address>().is_err());
        assert!("table app.".parse::<Address>().is_err());
    }

    #[test]
    fn parts_move_with_their_table() {
        let from = Address::new(Kind::Table, ["app", "clients"]);
        let to = Address::new(Kind::Table, ["app", "customers"]);
        let default = Address::new(Kind::Default, ["app", "clients", "id"]);
        assert!(default.is_at_or_below(&from));
        assert_eq!(
            default.rebased(&from, &to).to_string(),
            "default app.customers.id"
        );
        assert!(!Address::new(Kind::Table, ["app", "clients2"]).is_at_or_below(&from));
    }

    #[test]
    fn patterns_leave_the_kind_out_and_take_stars() {
        let column = Address::new(Kind::Column, ["app", "orders", "email"]);
        for pattern in [
            "column app.orders.email",
            "app.orders.*",
            "app.*",
            "*",
            "*.orders.email",
        ] {
            assert!(Pattern::new(pattern).matches(&column), "{pattern}");
        }
        for pattern in ["table app.orders", "app.orders", "app.x.*"] {
            assert!(!Pattern::new(pattern).matches(&column), "{pattern}");
        }
    }
}
