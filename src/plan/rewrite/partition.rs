//! Partitions that come to a table with rows, and tables that become partitions: proven first, attached then.
//! <https://www.postgresql.org/docs/current/sql-altertable.html> (ATTACH PARTITION)

use std::collections::BTreeSet;
use std::iter;

use super::{Claim, Context, creates_at};
use crate::ddl::{self, LockMode, Statement, Work};
use crate::diff::{Change, ChangeId, Changes};
use crate::model::{
    Address, Alteration, Bound, Expression, Hash, Kind, Name, Object, PARTITION_OF, Partition,
    SizeClass, TEMPORARY_PREFIX, Table, TableAlteration, Why,
};
use crate::plan::refusal::PlanError;
use crate::plan::step::{Phase, Step};

pub(super) fn rewrite(changes: &Changes, cx: &Context<'_>) -> Result<Vec<Claim>, PlanError> {
    let mut claims = Vec::new();
    for (id, change) in &changes.0 {
        let address = &id.0;
        let Some(Object::Table(own)) = cx.level.desired.objects.get(address) else {
            continue;
        };
        match change {
            Change::Create => {
                let Some(of) = &own.partition_of else {
                    continue;
                };
                // One that is made with its table has all indexes and NOT NULLs under names that the server chooses.
                let is_named = !own.index_names.is_empty() || !own.not_null_names.is_empty();
                if !cx.is_new(&of.parent_address()) || is_named {
                    claims.push(Claim::of(vec![id.clone()]).together(new(address, own, of, cx)));
                }
            }
            Change::Alter(Alteration::Table(TableAlteration::Attached)) => {
                let Some(of) = &own.partition_of else {
                    continue;
                };
                claims.extend(super::index_names::made_after(changes, address, cx));
                claims.push(attached(changes, id, of, cx));
            }
            Change::Alter(Alteration::Table(TableAlteration::Detached(parent))) => {
                claims.push(detached(changes, id, parent, cx));
            }
            Change::Alter(_) | Change::Drop => {}
        }
    }
    Ok(claims)
}

/// Lets go of a partition: CONCURRENTLY where the whole table is large and the server can.
fn detached(changes: &Changes, id: &ChangeId, parent: &Address, cx: &Context<'_>) -> Claim {
    let address = &id.0;
    let is_a_table =
        |own: &Address| format!("{own} is a table by itself from now on, with its rows");
    let step = |statement: Statement, why: String| {
        Step::run(address, statement, why)
            .altering(address, PARTITION_OF)
            .phase(Phase::Contract)
    };
    let claim = Claim::of(vec![id.clone()]);
    if let Some(former) = left_behind(address, parent, cx) {
        let statement = ddl::partition::detach_concurrently(&former, parent);
        let sides = [&cx.level.current, &cx.level.desired];
        let tables = lineage(address, cx);
        let checks = sides.into_iter().flat_map(|side| side.objects.keys());
        let checks =
            checks.filter(|own| own.kind() == Kind::Check && tables.contains(&own.table()));
        // One that is yet to come may be called as the server calls what it leaves.
        let checks = checks.filter(|own| !changes.creates(own) || changes.drops(own));
        let declared: BTreeSet<&Name> = checks.map(Address::name).collect();
        let drop = ddl::partition::drop_former_bound(address, declared);
        let left = "the check that the server leaves there, of what its bound came to, goes";
        let why = format!(
            "{}; readers and writers of the whole go on meanwhile",
            is_a_table(&former)
        );
        let first = if former == *address {
            step(statement, why)
        } else {
            let own = Step::run(&former, statement, why).phase(Phase::Contract);
            own.reading(address)
        };
        return claim.alone(first).together([step(drop, left.to_owned())]);
    }
    let statement = ddl::partition::detach(address, parent);
    let statement = referring(statement, parent, LockMode::AccessExclusive, cx);
    let statement = beside(statement, parent, LockMode::ShareRowExclusive, cx);
    claim.together([step(statement, is_a_table(address))])
}

/// Lets go of a half-detached partition, and attaches it again: the check that the server has left of its bound spares the look
/// at rows.
pub(crate) fn attach_again<'a>(
    address: &Address,
    of: &Partition<Expression>,
    declared: impl IntoIterator<Item = &'a Name>,
) -> Vec<Step> {
    let steps = [
        (
            ddl::partition::finalize_detach(address, &of.parent_address()),
            "its DETACH was cut off in the middle, from where the server knows no way back",
        ),
        (
            ddl::partition::attach(address, of).working(Work::Catalog),
            "it is a partition again",
        ),
        (
            ddl::partition::drop_former_bound(address, declared),
            "the check that the server left there, of what its bound comes to, goes",
        ),
    ];
    let step = |(statement, why): (Statement, &str)| {
        let own = Step::run(address, statement, why);
        own.altering(address, PARTITION_OF)
    };
    steps.map(step).into()
}

/// Returns the name that a partition has before it leaves, where that can be let go CONCURRENTLY: not beside a default partition,
/// nor where a table waits that refers to the whole or is referred to. The condition of a hash partition names the whole by a
/// number. What other moves there are speak of tables under their names after all of them.
fn left_behind(address: &Address, parent: &Address, cx: &Context<'_>) -> Option<Address> {
    let current = &cx.level.current;
    let above = lineage(parent, cx);
    let waits = current.objects.iter().any(|(own, object)| {
        matches!(object, Object::ForeignKey(key)
            if above.contains(&own.table()) || above.contains(&key.referenced_table()))
    });
    let all = &cx.level.moves.0;
    let mut moves = all.iter().filter(|step| address.is_at_or_below(&step.to));
    let former = match (moves.next(), moves.next()) {
        (None, _) => address.clone(),
        (Some(own), None) if own.why == Why::Retired && own.to == *address => own.from.clone(),
        _ => return None,
    };
    let stays = all.iter().all(|step| !parent.is_at_or_below(&step.to));
    let whole = above.iter().chain([address]).map(|own| cx.class(own)).max();
    let is_plain = whole == Some(SizeClass::Large)
        && current.default_partition(parent).is_none()
        && (stays || former == *address)
        && !waits;
    let inherited = current.inherited.get(address).filter(|_| is_plain)?;
    inherited.condition.is_some().then_some(former)
}

/// Makes it beside the table, so that nobody waits for that, and attaches it.
fn new(
    address: &Address,
    own: &Table<Expression>,
    of: &Partition<Expression>,
    cx: &Context<'_>,
) -> Vec<Step> {
    let parent = of.parent_address();
    let create = Step::run(
        address,
        ddl::partition::create_like(address, own, of),
        format!("{address} is new; it is made beside {}", parent.dotted()),
    )
    .creating(address);
    let statement = attaching(address, of, cx);
    let statement = if rows_elsewhere(of, cx) {
        statement
    } else {
        statement.working(Work::Catalog)
    };
    let attach = Step::run(
        address,
        statement,
        "and holds its share of the rows from now on",
    )
    .using(address)
    .altering(address, PARTITION_OF);
    let named = super::index_names::of_new(address, cx).into_iter();
    let not_nulls = super::not_null_names::of_new(address, cx.level).into_iter();
    let between = not_nulls.chain(named);
    [create]
        .into_iter()
        .chain(between)
        .chain([attach])
        .collect()
}

/// Attaches a table whose rows have to fit: a check that is validated before spares the look at them under the lock.
fn attached(
    changes: &Changes,
    (address, at): &ChangeId,
    of: &Partition<Expression>,
    cx: &Context<'_>,
) -> Claim {
    let parent = of.parent_address();
    let why = format!(
        "{address} is a partition of {} from now on",
        parent.dotted()
    );
    // Rows that refer to each other are no rows of the whole before: the server makes and checks that foreign key as it attaches.
    let above = lineage(&parent, cx);
    let refers = |own: &Address| match cx.level.desired.objects.get(own) {
        Some(Object::ForeignKey(key)) => above.contains(&key.referenced_table()),
        _ => false,
    };
    let own = cx.level.desired.objects.keys();
    let own = own.filter(|own| own.kind() == Kind::ForeignKey && own.table() == *address);
    let keys = creates_at(changes, own.filter(|own| refers(own)));
    let attach = |statement: Statement| {
        let step = Step::run(address, statement, why.clone())
            .altering(address, PARTITION_OF)
            .phase(Phase::Contract);
        keys.iter().fold(step, |step, own| step.creating(&own.0))
    };
    let takes = iter::once((address.clone(), *at)).chain(keys.iter().cloned());
    let claim = Claim::of(takes.collect());
    let around = |attach: Step| letting_go_of_those_below(address, attach, cx);
    let statement = attaching(address, of, cx);
    let inherited = cx.level.desired.inherited.get(address);
    let condition = inherited.and_then(|own| own.condition.as_ref());
    let class = cx.class(address);
    if class == SizeClass::Empty && !rows_elsewhere(of, cx) {
        return claim.together(around(attach(statement.working(Work::Catalog))));
    }
    let Some(condition) = condition.filter(|_| class == SizeClass::Large && keys.is_empty()) else {
        return claim.together(around(attach(statement)));
    };
    let hash = Hash::of(address);
    let prefix = [TEMPORARY_PREFIX, hash.short(8), "_"].concat();
    let check = address.part(Kind::Check, &Name::fitted(&prefix, address.name().as_str()));
    let add = Step::run(
        address,
        ddl::partition::add_condition(&check, condition),
        "what the bound asks holds for new rows first",
    )
    .using(address)
    .phase(Phase::Contract);
    let validate = Step::run(
        address,
        ddl::constraint::validate(address, check.name()),
        "existing rows are read while clients go on",
    )
    .using(address)
    .phase(Phase::Contract);
    let statement = if rows_elsewhere(of, cx) {
        statement
    } else {
        statement.working(Work::Catalog)
    };
    let drop = Step::run(
        address,
        ddl::constraint::drop(address, check.name()),
        "the check has done its work",
    )
    .using(address)
    .phase(Phase::Contract);
    claim
        .together([add])
        .together([validate])
        .together(around(attach(statement)).into_iter().chain([drop]))
}

/// Lets go of the partitions of a table while that is attached to one with an identity column, and attaches them again: the server gives
/// identity to the table that it attaches, and not to those below it, and cannot detach it any more then.
fn letting_go_of_those_below(address: &Address, attach: Step, cx: &Context<'_>) -> Vec<Step> {
    let above = cx.level.desired.above(address);
    let has_identity = |own: &Address| {
        let mut below = cx.level.desired.below(own);
        below.any(|(part, _)| part.kind() == Kind::Identity)
    };
    let mut below: Vec<(Address, &Partition<Expression>)> = Vec::new();
    if above.iter().any(has_identity) {
        for own in cx.level.current.partitions_of(address) {
            if let Some(Object::Table(Table { partition_of, .. })) =
                cx.level.current.objects.get(&own)
            {
                below.extend(partition_of.iter().map(|of| (own.clone(), of)));
            }
        }
    }
    let go = below.iter().rev().map(|(own, of)| {
        let statement = ddl::partition::detach(own, &of.parent_address());
        let why = format!(
            "{} is let go for a moment, to have the identity",
            own.dotted()
        );
        Step::run(address, statement, why).phase(Phase::Contract)
    });
    let come = below.iter().map(|(own, of)| {
        let statement = ddl::partition::attach(own, of);
        let statement = if cx.class(own) == SizeClass::Empty {
            statement.working(Work::Catalog)
        } else {
            statement
        };
        let why = format!("{} is a partition again", own.dotted());
        Step::run(address, statement, why).phase(Phase::Contract)
    });
    go.chain([attach]).chain(come).collect()
}

/// Returns the default partition of a table, where it does not leave in this plan: what leaves goes before what comes.
fn staying_default(parent: &Address, cx: &Context<'_>) -> Option<Address> {
    let own = cx.level.current.default_partition(parent)?;
    (cx.level.desired.partitioned(&own).as_ref() == Some(parent)).then_some(own)
}

/// Says whether rows of the default partition have to be looked at.
fn rows_elsewhere(of: &Partition<Expression>, cx: &Context<'_>) -> bool {
    let other = staying_default(&of.parent_address(), cx);
    other.is_some_and(|own| {
        !matches!(of.bound, Bound::Default) && cx.class(&own) != SizeClass::Empty
    })
}

/// Returns the statement with all that it locks: the default partition, what foreign keys of the table refer to, and what
/// refers to it.
fn attaching(address: &Address, of: &Partition<Expression>, cx: &Context<'_>) -> Statement {
    let parent = of.parent_address();
    let statement = ddl::partition::attach(address, of);
    // A foreign key that is there is taken for that of the whole table, which is more than to make one.
    let mode = if cx.is_new(address) {
        LockMode::ShareRowExclusive
    } else {
        LockMode::AccessExclusive
    };
    let statement = beside(statement, &parent, mode, cx);
    referring(statement, &parent, LockMode::ShareRowExclusive, cx)
}

/// Adds the locks on the default partition and on what foreign keys of a partitioned table refer to.
fn beside(
    mut statement: Statement,
    parent: &Address,
    mode: LockMode,
    cx: &Context<'_>,
) -> Statement {
    if let Some(own) = staying_default(parent, cx) {
        for below in cx.level.current.partitions_of(&own) {
            statement = statement.locking(&below, LockMode::AccessExclusive);
        }
        statement = statement.locking(&own, LockMode::AccessExclusive);
    }
    let above = lineage(parent, cx);
    for (key, object) in &cx.level.desired.objects {
        if let Object::ForeignKey(own) = object
            && above.contains(&key.table())
        {
            statement = statement.locking(&own.referenced_table(), mode);
        }
    }
    statement
}

/// Adds the locks on tables with foreign keys to a partitioned table.
fn referring(
    mut statement: Statement,
    parent: &Address,
    mode: LockMode,
    cx: &Context<'_>,
) -> Statement {
    let above = lineage(parent, cx);
    for (key, object) in &cx.level.current.objects {
        if let Object::ForeignKey(own) = object
            && above.contains(&own.referenced_table())
            && !statement.locks.contains_key(&key.table())
        {
            statement = statement.locking(&key.table(), mode);
        }
    }
    statement
}

/// Returns a partitioned table and those above it.
fn lineage(table: &Address, cx: &Context<'_>) -> BTreeSet<Address> {
    let above = |own: &Address| cx.level.current.partitioned(own);
    std::iter::successors(Some(table.clone()), above).collect()
}
