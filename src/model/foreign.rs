//! What foreign objects say: the server of a foreign table, and options by name.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Name;

/// Options by name, in the order in which they were given: that is written, and not compared.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(transparent)]
pub struct Options(pub Vec<(Name, String)>);

/// Models of earlier journals have those of tables, indexes and views by name.
impl<'de> Deserialize<'de> for Options {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            Listed(Vec<(Name, String)>),
            ByName(BTreeMap<Name, String>),
        }
        Ok(Self(match Form::deserialize(from)? {
            Form::Listed(pairs) => pairs,
            Form::ByName(pairs) => pairs.into_iter().collect(),
        }))
    }
}

impl PartialEq for Options {
    fn eq(&self, other: &Self) -> bool {
        let (Self(own), Self(other)) = (self, other);
        own.len() == other.len() && own.iter().all(|pair| other.contains(pair))
    }
}

impl Eq for Options {}

impl Options {
    /// Says whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the names.
    pub fn keys(&self) -> impl Iterator<Item = &Name> {
        self.0.iter().map(|(name, _)| name)
    }

    /// Returns what an option says.
    pub fn get(&self, name: &Name) -> Option<&str> {
        let mut all = self.0.iter();
        let found = all.find(|(own, _)| own == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// Where the rows of a foreign table are (manual: CREATE FOREIGN TABLE).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Foreign {
    /// The foreign server.
    pub server: Name,
    /// What its wrapper is told of the table.
    #[serde(default, skip_serializing_if = "Options::is_empty")]
    pub options: Options,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_of_earlier_journals_read() {
        let pairs = |own: &[(&str, &str)]| {
            let pairs = own
                .iter()
                .map(|(name, value)| (Name::new(*name), (*value).to_owned()));
            Options(pairs.collect())
        };
        let by_name: Options = serde_json::from_str(r#"{"b": "2", "a": "1"}"#).expect("it reads");
        assert_eq!(by_name, pairs(&[("a", "1"), ("b", "2")]));
        let listed: Options =
            serde_json::from_str(r#"[["b", "2"], ["a", "1"]]"#).expect("it reads");
        assert_eq!(listed.0, pairs(&[("b", "2"), ("a", "1")]).0);
    }
}
