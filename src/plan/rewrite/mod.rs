//! The safe online ways, one file per rewrite, in the order in which they are asked.

mod add_column;
mod another_type;
mod collation;
mod column_type;
pub(crate) mod completion;
mod composite;
mod constraint;
mod domain;
mod enum_values;
mod identity;
mod index;
pub(super) mod index_names;
mod kept;
mod loosened;
pub(super) mod materialized_view;
mod not_null;
mod not_null_names;
mod partition;
mod partitioned_foreign_key;
mod partitioned_index;
mod partitioned_key;
pub(super) mod persistence;
mod range;
mod role;
mod sequence;
mod shadow;
mod shadow_keys;
mod stale_index;

pub(crate) use index::ENTRIES;
pub(crate) use partition::attach_again;
pub(crate) use stale_index::is_search;

use std::collections::{BTreeMap, BTreeSet};

use super::refusal::PlanError;
use super::step::{Block, Step};
use crate::diff::{ChangeId, Changes};
use crate::model::{Address, Expression, Kind, Level, Model, Server, Settings, SizeClass};
use crate::sql::Sql;

/// What a rewrite may look at.
pub struct Context<'a> {
    /// Both sides, whole and overlaid.
    pub level: &'a Level,
    /// The live side as it was read: what fingerprints are taken of.
    pub raw: &'a Model<Expression>,
    /// The server, with the sizes of its tables.
    pub server: &'a Server,
    /// Modelled thing → what depends on it and is not modelled.
    pub blockers: &'a BTreeMap<Address, BTreeSet<String>>,
    /// Thing → what depends on it and is left alone, as no revision declared it; both as they are called before.
    pub outside: BTreeMap<Address, BTreeSet<Address>>,
    /// The settings.
    pub settings: &'a Settings,
    /// Rewrites beside the tool's own, asked first.
    pub rewrites: &'a [Rewrite],
}

impl Context<'_> {
    /// Says whether the table is made in this plan.
    pub fn is_new(&self, table: &Address) -> bool {
        !self.level.current.objects.contains_key(table)
    }

    /// Says whether the table has partitions.
    pub(super) fn is_partitioned(&self, table: &Address) -> bool {
        self.level.current.is_partitioned(table)
    }

    /// Returns the tables that hold the rows of a table before and after: itself, its partitions, what inherits from it.
    pub(super) fn leaves(&self, table: &Address) -> Vec<Address> {
        let (current, desired) = (&self.level.current, &self.level.desired);
        let stays = desired.children_of(table);
        let all = current.children_of(table).into_iter();
        let all = all.filter(|own| stays.contains(own));
        let all = [table.clone()].into_iter().chain(all);
        all.filter(|own| !current.is_partitioned(own)).collect()
    }

    /// Says whether a column may hold rows: its type is a composite, the row type of a relation, or a domain over one.
    pub(crate) fn holds_rows(&self, column: &Address) -> bool {
        let needs = |own: &Address| self.level.desired.needs.get(own).into_iter().flatten();
        let is_row = |own: &Address| {
            matches!(
                own.kind(),
                Kind::Composite | Kind::Table | Kind::View | Kind::MaterializedView
            )
        };
        let mut queue: Vec<&Address> = needs(column).collect();
        while let Some(own) = queue.pop() {
            if is_row(own) {
                return true;
            }
            if own.kind() == Kind::Domain {
                queue.extend(needs(own));
            }
        }
        false
    }

    /// Returns how the values of a column are converted, where there are any here: those of a foreign table are elsewhere.
    pub(super) fn of_values(&self, column: &Address, using: Sql) -> Option<Sql> {
        (!self.level.current.is_foreign(&column.table())).then_some(using)
    }

    /// Returns the tables that inherit from a table before and after: no partitions.
    pub(super) fn inheriting(&self, table: &Address) -> Vec<Address> {
        let all = self.leaves(table).into_iter();
        let is_child =
            |own: &Address| own != table && self.level.current.partitioned(own).is_none();
        all.filter(is_child).collect()
    }

    /// Returns the size class of a table, named as it is after the moves.
    pub fn class(&self, table: &Address) -> SizeClass {
        if self.is_new(table) {
            return SizeClass::Empty;
        }
        let before = self.level.moves.carry_back(table);
        self.server
            .sizes
            .get(&before)
            .copied()
            .unwrap_or_default()
            .class(self.settings.small_table)
    }
}

/// Changes taken out of the pool, and the blocks that make them.
pub struct Claim {
    takes: Vec<ChangeId>,
    blocks: Vec<Block>,
}

impl Claim {
    /// Takes changes.
    pub fn of(takes: Vec<ChangeId>) -> Self {
        Self {
            takes,
            blocks: Vec::new(),
        }
    }

    /// Adds steps that commit as one.
    pub fn together(mut self, steps: impl IntoIterator<Item = Step>) -> Self {
        self.blocks
            .push(Block::Together(steps.into_iter().collect()));
        self
    }

    /// Notes that the last step uses something: what waits for the users of that waits for all of the claim.
    fn last_using(mut self, address: &Address) -> Self {
        if let Some(last) = self.blocks.last_mut() {
            let steps = match last {
                Block::Together(steps) => steps.last_mut(),
                Block::Alone(step) => Some(step),
            };
            if let Some(step) = steps {
                *step = step.clone().using(address);
            }
        }
        self
    }

    /// Adds the blocks of another claim, and what it takes.
    pub(super) fn blocks_of(mut self, other: Self) -> Self {
        self.takes.extend(other.takes);
        self.blocks.extend(other.blocks);
        self
    }

    /// Makes a claim of every block: what the steps need of each other orders them, and any of them may commit together
    /// with what is not of this claim.
    pub(super) fn apart(self) -> impl Iterator<Item = Self> {
        let mut takes = Some(self.takes);
        self.blocks.into_iter().map(move |block| Self {
            takes: takes.take().unwrap_or_default(),
            blocks: vec![block],
        })
    }

    /// Adds steps each of which owns its transactions.
    pub(super) fn each(self, steps: impl IntoIterator<Item = Step>) -> Self {
        steps.into_iter().fold(self, Self::alone)
    }

    /// Adds a step that owns its transactions.
    pub fn alone(mut self, step: Step) -> Self {
        self.blocks.push(Block::Alone(step));
        self
    }
}

/// A rewrite: looks at the changes and claims those it has a safer way for.
pub type Rewrite = fn(&Changes, &Context<'_>) -> Result<Vec<Claim>, PlanError>;

/// The rewrites in the order in which they claim: what claims a column with its parts comes before what claims a part.
const REWRITES: [Rewrite; 22] = [
    role::rewrite,
    kept::rewrite,
    shadow::rewrite,
    not_null_names::rewrite,
    loosened::rewrite,
    partition::rewrite,
    add_column::rewrite,
    not_null::rewrite,
    enum_values::rewrite,
    composite::rewrite,
    range::rewrite,
    collation::rewrite,
    domain::rewrite,
    column_type::rewrite,
    identity::rewrite,
    sequence::rewrite,
    persistence::rewrite,
    constraint::rewrite,
    materialized_view::rewrite,
    index::rewrite,
    index_names::rewrite,
    stale_index::rewrite,
];

/// Lets every rewrite claim; takes what they claim out of the pool and returns their blocks, one list per claim.
pub(crate) fn claims(pool: &mut Changes, cx: &Context<'_>) -> Result<Vec<Vec<Block>>, PlanError> {
    let mut all = Vec::new();
    for rewrite in cx.rewrites.iter().chain(&REWRITES) {
        for claim in rewrite(pool, cx)? {
            for id in &claim.takes {
                pool.0.remove(id);
            }
            all.push(claim.blocks);
        }
    }
    Ok(all)
}

/// Returns the ids of the creates at the given addresses.
fn creates_at<'a>(
    changes: &Changes,
    addresses: impl IntoIterator<Item = &'a Address>,
) -> Vec<ChangeId> {
    addresses
        .into_iter()
        .flat_map(|address| {
            changes
                .at(address)
                .filter(|(_, change)| **change == crate::diff::Change::Create)
                .map(|(id, _)| id.clone())
                .collect::<Vec<_>>()
        })
        .collect()
}
