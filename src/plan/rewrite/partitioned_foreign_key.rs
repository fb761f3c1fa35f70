//! A foreign key of a large partitioned table before PostgreSQL 18, where such a table has none that is not valid yet: it is added to
//! every partition NOT VALID and validated there, and the one of the whole table takes those for its parts without a look at rows.
//! <https://www.postgresql.org/docs/17/sql-altertable.html> (ADD table_constraint NOT VALID)

use super::constraint::foreign_key_steps;
use super::{Claim, Context, creates_at};
use crate::ddl::{self, LockMode, Work};
use crate::diff::Changes;
use crate::model::{Address, Expression, ForeignKey, Kind, Object, SizeClass};
use crate::plan::step::{Phase, Step};

/// Returns the way where there is one: no partition has such a key of its own, that would become a part of this one.
pub(super) fn claim(
    changes: &Changes,
    address: &Address,
    key: &ForeignKey,
    cx: &Context<'_>,
) -> Option<Claim> {
    let table = address.table();
    let current = &cx.level.current;
    let has_others = cx.blockers.contains_key(&cx.level.moves.carry_back(&table));
    if cx.class(&table) != SizeClass::Large || has_others {
        return None;
    }
    let is_equal = |object: &Object<Expression>| matches!(object, Object::ForeignKey(own) if own.columns == key.columns);
    let mut below = current.partitions_of(&table).into_iter();
    if below.any(|own| current.below(&own).any(|(_, part)| is_equal(part))) {
        return None;
    }
    let mut claim = Claim::of(creates_at(changes, [address]));
    let mut parts = Vec::new();
    for leaf in cx.leaves(&table) {
        let part = called(&leaf, address, cx);
        let (add, validate) = foreign_key_steps(
            &part,
            key,
            format!(
                "{} gets its share of {address}; it holds for new rows first",
                leaf.dotted()
            ),
        );
        claim = claim.together([add]).together([validate]);
        parts.push(part);
    }
    let statement = ddl::constraint::add_foreign_key(address, key)
        .locking(&key.referenced_table(), LockMode::AccessExclusive)
        .working(Work::Catalog);
    let why = "the whole table takes over what holds in every partition; no row is read";
    let mut add = Step::run(address, statement, why)
        .creating(address)
        .phase(Phase::Contract);
    for part in &parts {
        add = add.using(part);
    }
    Some(claim.together([add]))
}

/// Returns what a partition calls its share.
fn called(leaf: &Address, whole: &Address, cx: &Context<'_>) -> Address {
    let inherited = cx.level.desired.inherited.get(leaf);
    let parts = inherited.into_iter().flat_map(|own| own.objects.keys());
    let mut parts = parts.filter(|own| own.kind() == Kind::ForeignKey);
    let found = parts.find(|own| cx.level.desired.origin(leaf, own).as_ref() == Some(whole));
    found
        .cloned()
        .unwrap_or_else(|| leaf.part(Kind::ForeignKey, whole.name()))
}
