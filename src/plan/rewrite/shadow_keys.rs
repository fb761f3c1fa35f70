//! What stands on a column that is filled beside another one: indexes, keys and foreign keys are built over it before it takes the
//! name, under names of ours.
//! <https://www.postgresql.org/docs/current/sql-altertable.html> (ADD table_constraint_using_index)

use std::collections::BTreeSet;

use super::shadow::Swap;
use super::{Claim, Context, constraint, index};
use crate::ddl::{self, index::Way};
use crate::diff::{ChangeId, Changes};
use crate::model::{
    Address, Expression, ForeignKey, Hash, Kind, Name, Object, PrimaryKey, TEMPORARY_PREFIX, Unique,
};
use crate::plan::shadow::over;
use crate::plan::step::{Effect, Phase, Step};

/// The steps of it, by when they come.
#[derive(Default)]
pub(super) struct Beside {
    /// Indexes, each built by itself.
    builds: Vec<Step>,
    /// Foreign keys: first for new rows, then for those that exist.
    links: Vec<(Step, Step)>,
    /// What goes before the names change.
    pub(super) leaves: Vec<Step>,
    /// What comes once they have.
    pub(super) enters: Vec<Step>,
    /// Former indexes, each dropped by itself.
    pub(super) former: Vec<Step>,
    /// The changes that are made by all of it.
    pub(super) takes: Vec<ChangeId>,
}

impl Beside {
    /// Collects what stands on the columns, before as after.
    pub(super) fn of(changes: &Changes, cx: &Context<'_>, swaps: &[Swap<'_>]) -> Self {
        let level = cx.level;
        let needed_by = level.desired.needed_by();
        let over = swaps.iter().filter_map(|own| needed_by.get(own.column));
        let over: BTreeSet<&Address> = over.flatten().collect();
        let again = |own: &&Address| {
            changes.drops(own) && changes.creates(own) && level.current.objects.contains_key(*own)
        };
        let mut beside = Self::default();
        // A foreign key goes before the key that it leans on, and comes after it.
        let rank = |own: &Address| own.kind() != Kind::ForeignKey;
        let mut all: Vec<&Address> = over.into_iter().filter(again).collect();
        all.sort_by_key(|own| rank(own));
        for address in all {
            let object = &level.desired.objects[address];
            let added = if let Object::Index(own) = object {
                beside.index(address, own, swaps)
            } else if let Object::PrimaryKey(own) = object {
                beside.primary_key(address, own, cx, swaps)
            } else if let Object::Unique(own) = object {
                beside.unique(address, own, cx, swaps)
            } else if let Object::ForeignKey(own) = object {
                beside.foreign_key(address, own, cx, swaps)
            } else {
                continue;
            };
            if added.is_some() {
                let made = changes.at(address).map(|(id, _)| id.clone());
                beside.takes.extend(made);
            }
        }
        // Last in, first out.
        beside.enters.reverse();
        beside
    }

    /// Adds the indexes that refuse nothing: nobody notices them.
    pub(super) fn begun(&mut self, claim: Claim) -> Claim {
        let builds = std::mem::take(&mut self.builds).into_iter();
        let (unnoticed, rest): (Vec<Step>, Vec<Step>) =
            builds.partition(|own: &Step| own.phase == Phase::Migrate);
        self.builds = rest;
        claim.each(unnoticed)
    }

    /// Adds what is built beside to a claim.
    pub(super) fn built(&mut self, claim: Claim) -> Claim {
        let claim = claim.each(std::mem::take(&mut self.builds));
        let links = std::mem::take(&mut self.links).into_iter();
        links.fold(claim, |claim, (add, validate)| {
            claim.together([add]).together([validate])
        })
    }

    fn index(
        &mut self,
        address: &Address,
        wanted: &crate::model::Index<Expression>,
        swaps: &[Swap<'_>],
    ) -> Option<()> {
        let table = wanted.table_address(address);
        let of_table = swaps.iter().filter(|own| own.column.table() == table);
        let own = of_table.fold(wanted.clone(), |index, own| {
            over(&index, own.column.name(), own.arriving.name()).unwrap_or(index)
        });
        let new = index::beside_name(address, "_");
        let was = index::beside_name(address, "_was_");
        let why = format!("{address} is built beside, over the column that takes the name");
        let statement = ddl::index::create(&new, &own, Way::Concurrently);
        let build = Step::run(&new, statement, why).creating(&new);
        self.builds.push(build.phase(Phase::of_build(&own)));
        let enter = ddl::index::rename(&new, address.name());
        self.enters
            .push(Step::run(address, enter, "the new one takes its place").creating(address));
        if own.unique {
            // It would refuse what clients write to the new column and the former one takes for the same.
            let drop = ddl::index::drop(address, &table, Way::Direct);
            let why = "makes room for the new one";
            self.leaves
                .push(Step::run(address, drop, why).dropping(address));
            return Some(());
        }
        let leave = ddl::index::rename(address, was.name());
        self.leaves
            .push(Step::run(address, leave, "makes room for the new one").dropping(address));
        let drop = ddl::index::drop(&was, &table, Way::Concurrently);
        let why = "the former one goes; readers and writers go on meanwhile";
        let drop = Step::run(&was, drop, why).dropping(&was);
        self.former.push(drop.phase(Phase::Contract));
        Some(())
    }

    fn primary_key(
        &mut self,
        address: &Address,
        wanted: &PrimaryKey,
        cx: &Context<'_>,
        swaps: &[Swap<'_>],
    ) -> Option<()> {
        let table = address.table();
        let own = PrimaryKey {
            columns: arriving(&table, &wanted.columns, swaps),
            include: arriving(&table, &wanted.include, swaps),
            ..wanted.clone()
        };
        self.key(address, &Object::PrimaryKey(own), cx)
    }

    fn unique(
        &mut self,
        address: &Address,
        wanted: &Unique,
        cx: &Context<'_>,
        swaps: &[Swap<'_>],
    ) -> Option<()> {
        let table = address.table();
        let own = Unique {
            columns: arriving(&table, &wanted.columns, swaps),
            include: arriving(&table, &wanted.include, swaps),
            ..wanted.clone()
        };
        self.key(address, &Object::Unique(own), cx)
    }

    fn key(
        &mut self,
        address: &Address,
        beside: &Object<Expression>,
        cx: &Context<'_>,
    ) -> Option<()> {
        let held = cx.level.current.objects.get(address)?;
        let (mut build, statement) = constraint::taken_over(address, beside)?;
        // The columns are there, under names that nobody else speaks of.
        build
            .effects
            .retain(|effect| matches!(effect, Effect::Creates(_)));
        self.builds.push(build);
        let drop = ddl::drop(address, held);
        let why = "makes room for the one over the column that takes the name";
        self.leaves
            .push(Step::run(address, drop, why).dropping(address));
        let why = format!("{address} takes the index over");
        self.enters
            .push(Step::run(address, statement, why).creating(address));
        Some(())
    }

    fn foreign_key(
        &mut self,
        address: &Address,
        wanted: &ForeignKey,
        cx: &Context<'_>,
        swaps: &[Swap<'_>],
    ) -> Option<()> {
        let Some(Object::ForeignKey(held)) = cx.level.current.objects.get(address) else {
            return None;
        };
        let (table, other) = (address.table(), wanted.referenced_table());
        let own = ForeignKey {
            columns: arriving(&table, &wanted.columns, swaps),
            set_columns: arriving(&table, &wanted.set_columns, swaps),
            referenced_columns: arriving(&other, &wanted.referenced_columns, swaps),
            ..wanted.clone()
        };
        let prefix = [TEMPORARY_PREFIX, Hash::of(address).short(8), "_"].concat();
        let new = address.renamed(Name::fitted(&prefix, address.name().as_str()));
        let why = format!("{address} holds beside for new rows first");
        let (mut add, mut validate) = constraint::foreign_key_steps(&new, &own, why);
        for step in [&mut add, &mut validate] {
            step.effects.clear();
        }
        self.links.push((add, validate));
        let drop = ddl::constraint::drop_foreign_key(address, held);
        let why = "makes room for the one over the column that takes the name";
        self.leaves
            .push(Step::run(address, drop, why).dropping(address));
        let rename = ddl::constraint::rename(&table, new.name(), address.name());
        let rename = rename.locking(&other, crate::ddl::LockMode::AccessShare);
        self.enters
            .push(Step::run(address, rename, "the new one takes its place").creating(address));
        Some(())
    }
}

/// Returns columns with those that arrive in the place of those whose names they take.
fn arriving(table: &Address, columns: &[Name], swaps: &[Swap<'_>]) -> Vec<Name> {
    let of_table = |own: &&Swap<'_>| own.column.table() == *table;
    let arriving = |name: &Name| {
        let mut swaps = swaps.iter().filter(of_table);
        let own = swaps.find(|own| own.column.name() == name);
        own.map_or_else(|| name.clone(), |own| own.arriving.name().clone())
    };
    columns.iter().map(arriving).collect()
}
