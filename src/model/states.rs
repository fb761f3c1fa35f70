//! The three states of a model, each made in one room; `diff` takes only the last.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{
    Address, Expression, Intent, Model, Moves, Origins, Retired, Server, Unmodelled, Written,
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
        };
        Self {
            written,
            intent: Intent::default(),
            origins: Origins::default(),
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
    /// Whether the table was rewritten.
    pub rewrites: bool,
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
}
