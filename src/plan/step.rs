//! A placed statement, backfill or ledger row, and blocks of them.

use serde::{Deserialize, Serialize};

use crate::ddl::{Statement, Transaction};
use crate::model::{Address, Expression, Index, Kind, Move, Object, Retired};
use crate::sql::Sql;

/// What a running application can notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Nothing.
    Expand,
    /// Work in the background: backfill, validation, index builds.
    Migrate,
    /// Rows refused, names and types that change, things that go.
    Contract,
}

impl Phase {
    /// Returns the phase in which an index is built on rows that clients write: a unique one refuses theirs before it is done.
    pub(crate) fn of_build(index: &Index<Expression>) -> Self {
        if index.unique {
            Self::Contract
        } else {
            Self::Migrate
        }
    }

    /// Returns the word for people.
    pub fn word(self) -> &'static str {
        match self {
            Self::Expand => "expand",
            Self::Migrate => "migrate",
            Self::Contract => "contract",
        }
    }
}

/// What the way back restores.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reversal {
    /// Structure and every value.
    Full,
    /// Structure only: values are lost or changed.
    Shape,
    /// Nothing.
    Impossible,
}

/// A change of the ledger of retired things.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LedgerChange {
    /// A thing was retired.
    Retire(Retired),
    /// The thing at this place came back, or is gone for good.
    Release(Address),
    /// A parent moved: the row at `place` speaks other names now.
    Rewrite {
        /// The place the row has so far.
        place: Address,
        /// What it says from now on.
        now: Retired,
    },
}

/// Filling rows in batches, each its own short transaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backfill {
    /// The table.
    pub table: Address,
    /// The column that is filled where it is NULL.
    pub column: Address,
    /// The expression that fills it.
    pub value: Sql,
    /// The schemas that unqualified names in it are looked up in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lookup: Vec<crate::model::Name>,
    /// Whether the column holds rows, of which `IS NULL` says something else ([`Sql::is_null`]).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub of_rows: bool,
    /// Whether a row that stays NULL is a failure: NOT NULL follows.
    pub must_fill: bool,
    /// The primary key's columns, or none: then ranges of ctid are walked.
    pub key: Vec<crate::model::Name>,
    /// Whether triggers rest meanwhile, those that are ENABLE ALWAYS apart.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub skips_triggers: bool,
    /// A column: rows that are NULL there have nothing to be filled with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of_what_has: Option<crate::model::Name>,
}

/// Stands for what keeps a former column in step: the attribute that changes where one takes the name of another.
pub(crate) const IN_STEP: &str = "in step";

/// Giving an index or a key of a large partitioned table to partitions that others have made since it was planned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Completion {
    /// The table.
    pub table: Address,
    /// The index of the whole table; for a key, the one that is made with it.
    pub whole: Address,
    /// The index or key.
    pub object: Object<Expression>,
}

/// What a step does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// Runs a statement.
    Statement(Statement),
    /// Fills rows.
    Backfill(Backfill),
    /// Gives partitions that others have made what their table has.
    Complete(Completion),
    /// Writes to the ledger.
    Ledger(LedgerChange),
}

/// What a step means for the order of steps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// The object comes.
    Creates(Address),
    /// The object goes.
    Drops(Address),
    /// An attribute of the object changes.
    Alters(Address, String),
    /// The object must be there.
    Uses(Address),
    /// A column, or a table that is set aside, is spoken of by the name that it has before it goes: it has to be there still.
    Reads(Address),
    /// The object changes its address.
    Moves(Move),
}

impl Effect {
    /// Returns the object that comes, where one does.
    pub fn created(&self) -> Option<&Address> {
        match self {
            Self::Creates(address) => Some(address),
            Self::Drops(_) | Self::Alters(..) | Self::Uses(_) | Self::Reads(_) | Self::Moves(_) => {
                None
            }
        }
    }

    /// Returns the move, where something changes its address.
    pub fn moved(&self) -> Option<&Move> {
        match self {
            Self::Moves(step) => Some(step),
            Self::Creates(_)
            | Self::Drops(_)
            | Self::Alters(..)
            | Self::Uses(_)
            | Self::Reads(_) => None,
        }
    }

    /// Returns the address whose state differs afterwards; `None` where none does.
    pub fn touched(&self) -> Option<&Address> {
        match self {
            Self::Creates(address) | Self::Drops(address) | Self::Alters(address, _) => {
                Some(address)
            }
            Self::Moves(step) => Some(&step.to),
            Self::Uses(_) | Self::Reads(_) => None,
        }
    }
}

/// One step of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// The object it is about.
    pub address: Address,
    /// What it does.
    pub does: Act,
    /// What that means for the order.
    pub effects: Vec<Effect>,
    /// A sentence that says why it is there.
    pub why: String,
    /// What a running application can notice.
    pub phase: Phase,
    /// What the way back restores.
    pub reversal: Reversal,
}

impl Step {
    /// Makes a step that runs a statement.
    pub(crate) fn run(address: &Address, statement: Statement, why: impl Into<String>) -> Self {
        Self {
            address: address.clone(),
            does: Act::Statement(statement),
            effects: Vec::new(),
            why: why.into(),
            phase: Phase::Expand,
            reversal: Reversal::Full,
        }
    }

    pub(crate) fn phase(self, phase: Phase) -> Self {
        Self { phase, ..self }
    }

    pub(crate) fn reversal(self, reversal: Reversal) -> Self {
        Self { reversal, ..self }
    }

    pub(crate) fn effect(mut self, effect: Effect) -> Self {
        self.effects.push(effect);
        self
    }

    pub(crate) fn creating(self, address: &Address) -> Self {
        self.effect(Effect::Creates(address.clone()))
    }

    pub(crate) fn dropping(self, address: &Address) -> Self {
        self.effect(Effect::Drops(address.clone()))
    }

    pub(crate) fn altering(self, address: &Address, attribute: &str) -> Self {
        self.effect(Effect::Alters(address.clone(), attribute.to_owned()))
    }

    pub(crate) fn using(self, address: &Address) -> Self {
        self.effect(Effect::Uses(address.clone()))
    }

    pub(crate) fn reading(self, address: &Address) -> Self {
        self.effect(Effect::Reads(address.clone()))
    }

    /// Says that a valid check spares the scan.
    pub(crate) fn proven(mut self) -> Self {
        if let Act::Statement(statement) = &mut self.does {
            statement.work = crate::ddl::Work::Catalog;
        }
        self
    }

    /// Returns the relations that its statement works on, under the names its locks have: a foreign key and a change of
    /// type lock others besides.
    pub fn works_on(&self) -> Vec<&Address> {
        let Some(statement) = self.statement() else {
            return Vec::new();
        };
        let locked = statement.locks.keys();
        // What one reads is not worked on.
        if self.address.kind() == Kind::MaterializedView {
            return vec![&self.address];
        }
        if !matches!(self.address.kind(), Kind::ForeignKey | Kind::Column) {
            return locked.collect();
        }
        let own = self.address.table();
        match statement.locks.get_key_value(&own) {
            Some((own, _)) => vec![own],
            None => locked.collect(),
        }
    }

    /// Says whether it is one that people read, and count: rows of the ledger go with the step before them.
    pub fn is_shown(&self) -> bool {
        !matches!(self.does, Act::Ledger(_))
    }

    /// Says whether it runs a statement that owns its transactions.
    pub(crate) fn is_alone(&self) -> bool {
        self.statement()
            .is_some_and(|own| own.transaction == Transaction::Forbidden)
    }

    /// Says whether it fills a materialized view.
    pub fn fills_view(&self) -> bool {
        let made = self.effects.iter().filter_map(Effect::created);
        self.statement()
            .is_some_and(|own| own.work == crate::ddl::Work::TableRewrite)
            && made
                .into_iter()
                .any(|own| own.kind() == Kind::MaterializedView)
    }

    /// Returns the statement, where the step runs one.
    pub fn statement(&self) -> Option<&Statement> {
        match &self.does {
            Act::Statement(statement) => Some(statement),
            Act::Backfill(_) | Act::Complete(_) | Act::Ledger(_) => None,
        }
    }
}

/// Steps that are never torn apart.
#[expect(
    clippy::large_enum_variant,
    reason = "blocks are few, and live in one list at a time"
)]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// They commit as one.
    Together(Vec<Step>),
    /// It owns its transactions: a CONCURRENTLY statement or a backfill.
    Alone(Step),
}

impl Block {
    /// Returns the block's steps in order.
    pub fn steps(&self) -> &[Step] {
        match self {
            Self::Together(steps) => steps,
            Self::Alone(step) => std::slice::from_ref(step),
        }
    }

    /// Returns the block's steps in order, to be changed.
    pub(crate) fn steps_mut(&mut self) -> &mut [Step] {
        match self {
            Self::Together(steps) => steps,
            Self::Alone(step) => std::slice::from_mut(step),
        }
    }
}
