//! The small kinds: objects that are what their CREATE command says, clause by clause. They hold no rows and have no parts; what clauses
//! each kind has is said in [`Defined::clauses`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Address, Clause, Defined, Has, Name, Options, Shape};

/// What a clause says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Said {
    /// What the reading role may not see: it counts as whatever is declared.
    Unseen,
    /// It is there.
    Flag,
    /// A text.
    Text(String),
    /// Texts, in the order of their letters.
    Texts(Vec<String>),
    /// Something, with its schema where it has one.
    Path(Vec<Name>),
    /// A function, with its schema, and the types of its arguments.
    Routine(Vec<Name>, Vec<Name>),
    /// Texts by name.
    Options(Options),
    /// Paths by name.
    Mappings(BTreeMap<Name, Vec<Vec<Name>>>),
}

/// An object that is its clauses.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Definition {
    /// What it is.
    pub kind: Defined,
    /// What its clauses say; those that are left out are not there.
    pub clauses: BTreeMap<Clause, Said>,
    /// The schemas that a declaration's unqualified names are looked up in; none where a server said it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lookup: Vec<Name>,
}

impl PartialEq for Definition {
    fn eq(&self, other: &Self) -> bool {
        let is_same = |has: &Has| {
            let (own, other) = (self.says(has.clause), other.says(has.clause));
            own == other || [own, other].contains(&Some(&Said::Unseen))
        };
        self.kind == other.kind && self.kind.clauses().iter().all(is_same)
    }
}

impl Eq for Definition {}

/// How two definitions of a kind differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DefinitionAlteration {
    /// A clause that the server changes in place: what it says before and after.
    Clause {
        /// The clause.
        clause: Clause,
        /// What it says before.
        from: Option<Said>,
        /// What it says after.
        to: Option<Said>,
    },
    /// One entry of a clause that lists paths by name; none goes.
    Mapping {
        /// The name.
        name: Name,
        /// Whether it has an entry before.
        stands: bool,
        /// The entry after.
        to: Vec<Vec<Name>>,
    },
    /// One entry of a clause whose entries have commands of their own.
    Entry {
        /// The clause.
        clause: Clause,
        /// The name.
        name: Name,
        /// What it says before.
        from: Option<String>,
        /// What it says after.
        to: Option<String>,
    },
    /// A clause that takes another object of the name.
    Another(Clause),
}

impl DefinitionAlteration {
    pub(super) fn attribute(&self) -> &'static str {
        match self {
            Self::Clause { clause, .. } | Self::Entry { clause, .. } | Self::Another(clause) => {
                clause.word()
            }
            Self::Mapping { .. } => Clause::Mappings.word(),
        }
    }
}

impl Definition {
    /// Returns what a clause says.
    pub fn says(&self, clause: Clause) -> Option<&Said> {
        self.clauses.get(&clause)
    }

    /// Returns what it is the default of, where only one of its kind can be.
    pub(super) fn default_of(&self, own: &Address) -> Option<Vec<String>> {
        self.says(Clause::Default)?;
        let (place, clauses): (&[Name], &[Clause]) = if self.kind == Defined::Conversion {
            let schema = std::slice::from_ref(own.schema_name());
            (schema, &[Clause::From, Clause::To])
        } else if self.kind == Defined::OperatorClass {
            (own.arguments(), &[Clause::Type])
        } else {
            return None;
        };
        let said = clauses
            .iter()
            .filter_map(|clause| match self.says(*clause) {
                Some(Said::Text(text)) => Some(text.clone()),
                _ => None,
            });
        let kind = self.kind.keyword().to_owned();
        let place = place.iter().map(|name| name.as_str().to_owned());
        Some([kind].into_iter().chain(place).chain(said).collect())
    }

    /// Returns the paths that its clauses name.
    pub fn paths(&self) -> impl Iterator<Item = &[Name]> {
        self.clauses.values().flat_map(|own| match own {
            Said::Path(path) | Said::Routine(path, _) => vec![path.as_slice()],
            Said::Mappings(all) => all.values().flatten().map(Vec::as_slice).collect(),
            Said::Unseen | Said::Flag | Said::Text(_) | Said::Texts(_) | Said::Options(_) => {
                Vec::new()
            }
        })
    }

    /// Returns the texts in which it may speak of others.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.clauses
            .values()
            .flat_map(|own| match own {
                Said::Texts(texts) => texts.as_slice(),
                Said::Unseen
                | Said::Flag
                | Said::Text(_)
                | Said::Path(_)
                | Said::Routine(..)
                | Said::Options(_)
                | Said::Mappings(_) => &[],
            })
            .map(String::as_str)
    }

    /// Returns what the creating command cannot say.
    pub(crate) fn left_by_create(&self) -> Vec<DefinitionAlteration> {
        let enabled = self
            .says(Clause::Enabled)
            .map(|said| DefinitionAlteration::Clause {
                clause: Clause::Enabled,
                from: None,
                to: Some(said.clone()),
            });
        // What is in a family and in none of its classes.
        let loose = self
            .says(Clause::As)
            .filter(|_| self.kind == Defined::OperatorFamily);
        let loose = loose.map(|said| DefinitionAlteration::Clause {
            clause: Clause::As,
            from: None,
            to: Some(said.clone()),
        });
        let target = self.says(Clause::Target);
        let target = target.map(|said| DefinitionAlteration::Clause {
            clause: Clause::Target,
            from: None,
            to: Some(said.clone()),
        });
        let mappings = mappings(None, self.says(Clause::Mappings)).into_iter();
        let clauses = self.kind.clauses().iter();
        let listed = clauses.filter(|has| has.shape == Shape::Entries);
        let entries = listed.flat_map(|has| entries(has.clause, None, self.says(has.clause)));
        let mappings = mappings.chain(entries);
        mappings.chain(enabled).chain(loose).chain(target).collect()
    }

    pub(super) fn alterations(&self, to: &Self) -> Vec<DefinitionAlteration> {
        let mut alterations = Vec::new();
        for has in self.kind.clauses() {
            let (from, to) = (self.says(has.clause), to.says(has.clause));
            if from == to || [from, to].contains(&Some(&Said::Unseen)) {
                continue;
            }
            if !has.in_place {
                return vec![DefinitionAlteration::Another(has.clause)];
            }
            if has.shape == Shape::Mappings {
                alterations.extend(mappings(from, to));
            } else if has.shape == Shape::Entries {
                alterations.extend(entries(has.clause, from, to));
            } else {
                alterations.push(DefinitionAlteration::Clause {
                    clause: has.clause,
                    from: from.cloned(),
                    to: to.cloned(),
                });
            }
        }
        alterations
    }
}

/// Returns how the entries of a clause differ, those first that go.
fn entries(
    clause: Clause,
    from: Option<&Said>,
    to: Option<&Said>,
) -> impl Iterator<Item = DefinitionAlteration> {
    let pairs = |said: Option<&Said>| match said {
        Some(Said::Options(own)) => own.0.iter().cloned().collect::<BTreeMap<Name, String>>(),
        _ => BTreeMap::new(),
    };
    let (from, to) = (pairs(from), pairs(to));
    let mut names: Vec<&Name> = from.keys().chain(to.keys()).collect();
    names.sort_by_key(|name| (to.contains_key(*name), *name));
    names.dedup();
    let changed = names
        .into_iter()
        .filter(|name| from.get(*name) != to.get(*name));
    let changed = changed.map(|name| DefinitionAlteration::Entry {
        clause,
        name: name.clone(),
        from: from.get(name).cloned(),
        to: to.get(name).cloned(),
    });
    changed.collect::<Vec<_>>().into_iter()
}

/// Returns how the entries of a clause differ, one by one.
fn mappings(from: Option<&Said>, to: Option<&Said>) -> Vec<DefinitionAlteration> {
    let none = BTreeMap::new();
    let entries = |said: Option<&Said>| match said {
        Some(Said::Mappings(all)) => all.clone(),
        _ => none.clone(),
    };
    let (from, to) = (entries(from), entries(to));
    let mut names: Vec<&Name> = from.keys().chain(to.keys()).collect();
    names.sort();
    names.dedup();
    let changed = names
        .into_iter()
        .filter(|name| from.get(*name) != to.get(*name));
    let alteration = |name: &Name| DefinitionAlteration::Mapping {
        name: name.clone(),
        stands: from.contains_key(name),
        to: to.get(name).cloned().unwrap_or_default(),
    };
    changed.map(alteration).collect()
}
