//! The three states of a model, each made in one room; `diff` takes only the last.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{
    Address, Expression, Intent, Keeper, Kind, Model, Moves, NO_OPERAND, Name, Object, Origins,
    Retired, Server, Shadow, Unmodelled, Written,
};

/// What the files declare: texts as written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Declared {
    /// The objects.
    pub written: Model<Written>,
    /// What SQL has no word for.
    pub intent: Intent,
    /// Where everything stands.
    pub origins: Origins,
    /// Objects whose privileges are listed whole, each with the roles that the list names; others keep what they have.
    pub listed: BTreeMap<Address, BTreeSet<Name>>,
    /// Whether it is a state that a server printed: what it does not say of an owner is the applier's.
    pub is_printed: bool,
}

/// What a server holds: texts as it printed them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    /// The objects, what is retired and what is put up for a while included.
    pub model: Model<Expression>,
    /// What was found and is not modelled.
    pub unmodelled: Vec<Unmodelled>,
    /// Modelled thing → what depends on it and is not modelled, in the server's words.
    pub blockers: BTreeMap<Address, BTreeSet<String>>,
    /// The server.
    pub server: Server,
    /// Former columns that are kept in step with the one that took their name, each with the function that does.
    pub in_step: BTreeMap<Address, Keeper>,
}

impl Declared {
    /// Returns the argument types of the declared routines, each with the path its names are looked up in.
    pub fn argument_types(&self) -> BTreeSet<Written> {
        let routines = self.written.objects.iter();
        routines
            .filter_map(|(address, object)| Some((address, lookup_of(object)?)))
            .flat_map(|(address, path)| {
                let types = address.arguments().iter();
                let types = types.filter(|own| own.as_str() != NO_OPERAND);
                types.map(move |own| Written::new(own.as_str(), path.clone()))
            })
            .collect()
    }

    /// Gives every routine the address that a server would, by what one said of the types in the keys; a type that no
    /// server knows yet is looked for among those that are declared.
    pub fn respelled(&self, spelled: &BTreeMap<Written, String>) -> Self {
        let mut moved: BTreeMap<Address, Address> = BTreeMap::new();
        for (address, object) in &self.written.objects {
            let Some(path) = &lookup_of(object) else {
                continue;
            };
            let types = address.arguments().iter().map(|own| {
                let written = Written::new(own.as_str(), path.clone());
                let known = spelled.get(&written).cloned();
                Name::new(
                    known
                        .or_else(|| self.spelled_here(own.as_str(), path))
                        .unwrap_or_else(|| own.as_str().to_owned()),
                )
            });
            let to = address.with_arguments(types);
            if to != *address {
                moved.insert(address.clone(), to);
            }
        }
        if moved.is_empty() {
            return self.clone();
        }
        let place = |address: &Address| {
            let target = address.target().unwrap_or_else(|| address.clone());
            match moved.get(&target) {
                Some(to) => address.with_arguments(to.arguments().iter().cloned()),
                None => address.clone(),
            }
        };
        let mut own = self.clone();
        own.written.objects = self
            .written
            .objects
            .iter()
            .map(|(at, object)| (place(at), object.clone()))
            .collect();
        own.intent.renamed_from = self
            .intent
            .renamed_from
            .iter()
            .map(|(new, old)| {
                let to = place(new);
                let from = if moved.contains_key(new) {
                    old.with_arguments(to.arguments().iter().cloned())
                } else {
                    old.clone()
                };
                (to, from)
            })
            .collect();
        own.intent.protect = self.intent.protect.iter().map(place).collect();
        own.listed = self
            .listed
            .iter()
            .map(|(at, roles)| (place(at), roles.clone()))
            .collect();
        own.origins.0 = self
            .origins
            .0
            .iter()
            .map(|(at, here)| (place(at), here.clone()))
            .collect();
        own
    }

    /// Spells a type that the files declare as a server with an empty search path would.
    fn spelled_here(&self, text: &str, path: &[Name]) -> Option<String> {
        let ranges = self.written.objects.iter();
        let multiranges: BTreeSet<Vec<Name>> = ranges
            .filter_map(|(address, object)| {
                let Object::Range(own) = object else {
                    return None;
                };
                Some(own.multirange_of(address))
            })
            .collect();
        let is_type = |place: &[Name; 2]| {
            let kinds = [
                Kind::Enum,
                Kind::Domain,
                Kind::Composite,
                Kind::Range,
                Kind::Table,
                Kind::View,
                Kind::MaterializedView,
            ]
            .into_iter();
            let mut addresses = kinds.map(|kind| Address::new(kind, place.iter().cloned()));
            addresses.any(|address| self.written.objects.contains_key(&address))
                || multiranges.contains(place.as_slice())
        };
        let places = Name::type_places(text, path).into_iter();
        let mut declared = places.filter(|(place, _)| is_type(place));
        declared.next().map(|(_, spelled)| spelled)
    }

    /// Returns the type that a declared domain is made of, as its text says it.
    pub fn base_of_domain(&self, written: &Written) -> Option<&str> {
        let text = super::Text::sql(written);
        let places = Name::type_places(text, written.search_path()).into_iter();
        let mut domains = places.filter_map(|(place, _)| {
            let address = Address::new(Kind::Domain, place);
            let Object::Domain(own) = self.written.objects.get(&address)? else {
                return None;
            };
            Some(super::Text::sql(&own.type_name))
        });
        domains.next()
    }

    /// Says whether a declared type may be the one that a server spells so, where no server was asked: it is one of the
    /// files', or else lies somewhere on the path.
    pub fn may_be(&self, written: &Written, spelled: &str) -> bool {
        let (text, path) = (super::Text::sql(written), written.search_path());
        match self.spelled_here(text, path) {
            Some(own) => own == spelled,
            None => {
                let places = Name::type_places(text, path);
                text == spelled || places.iter().any(|(_, own)| own == spelled)
            }
        }
    }
}

/// Returns where the names of the types in an object's address are looked up, where it bears some.
fn lookup_of(object: &Object<Written>) -> Option<Arc<[Name]>> {
    if let Object::Function(own) = object {
        Some(own.arguments.search_path().clone())
    } else if let Object::Procedure(own) = object {
        Some(own.arguments.search_path().clone())
    } else if let Object::Aggregate(own) = object {
        Some(own.arguments.search_path().clone())
    } else if let Object::Defined(own) = object {
        own.kind
            .bears_types()
            .then(|| Arc::from(own.lookup.as_slice()))
    } else {
        None
    }
}

/// The way back: a state that a server printed, declared as it stands.
impl From<&Model<Expression>> for Declared {
    fn from(model: &Model<Expression>) -> Self {
        let objects = model
            .objects
            .iter()
            .map(|(address, object)| {
                (
                    address.clone(),
                    object.map(&mut |printed| Written::from(printed)),
                )
            })
            .collect();
        let written = Model {
            objects,
            position: model.position.clone(),
            needs: model.needs.clone(),
            inherited: BTreeMap::new(),
        };
        let units = model.objects.keys();
        let listed = units.filter(|own| own.kind().is_top_level());
        Self {
            listed: listed.map(|own| (own.clone(), BTreeSet::new())).collect(),
            written,
            intent: Intent::default(),
            origins: Origins::default(),
            is_printed: true,
        }
    }
}

/// How a value of the former type becomes one of the new type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Conversion {
    /// By assignment: ALTER TYPE needs no USING.
    Assignment,
    /// By an explicit cast.
    Cast,
    /// Through text.
    ThroughText,
    /// By no way the server knows.
    None,
}

/// What scratch saw when it tried a change of type on a table that holds nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tried {
    /// The way that worked.
    pub conversion: Conversion,
    /// The way that works from the new type to the former one.
    pub back: Conversion,
    /// Whether the table was rewritten.
    pub rewrites: bool,
    /// Whether a plain index over the column was left as it is.
    pub keeps_indexes: bool,
    /// Whether it would be without a default as well: a new column of a domain whose values must meet something.
    pub rewrites_bare: bool,
}

/// Both sides settled by one server: the only pair that may be compared.
#[derive(Clone, Debug)]
pub struct Level {
    /// The live side after the moves, without what is retired before and after.
    pub current: Model<Expression>,
    /// The desired side; what these moves retire stands in it bare.
    pub desired: Model<Expression>,
    /// The live side as it was read, before the moves.
    pub before: Model<Expression>,
    /// What changes its address.
    pub moves: Moves,
    /// The ledger of retired things before the moves.
    pub ledger: Vec<Retired>,
    /// What SQL has no word for.
    pub intent: Intent,
    /// What scratch saw of changes of type, by column.
    pub tried: BTreeMap<Address, Tried>,
    /// Columns that become ones of another type by a column beside them.
    pub shadows: BTreeMap<Address, Shadow>,
    /// Former columns that are kept in step, each with the function that does.
    pub in_step: BTreeMap<Address, Keeper>,
}

impl Level {
    /// Returns the labels of an enumerated type that go, each with the one that rows get for it, as files say.
    pub fn remap(&self, address: &Address) -> BTreeMap<&str, &str> {
        let Some(Object::Enum(own)) = self.current.objects.get(address) else {
            return BTreeMap::new();
        };
        let all = self.intent.remap.get(address).into_iter().flatten();
        let stands = |(gone, _): &(&String, &String)| own.values.contains(gone);
        let all = all.filter(stands);
        all.map(|(gone, kept)| (gone.as_str(), kept.as_str()))
            .collect()
    }
}
