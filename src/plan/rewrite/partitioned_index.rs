//! An index of a large partitioned table: declared for the table alone, built CONCURRENTLY in every partition, and valid once
//! the last of those is attached.
//! <https://www.postgresql.org/docs/current/ddl-partitioning.html> (section 5.12.2.2)

use std::collections::BTreeMap;

use super::{Claim, Context, completion};
use crate::ddl::{self, index::Way};
use crate::diff::ChangeId;
use crate::model::{Address, Expression, Index, Kind, Name, Object};
use crate::plan::step::{Phase, Step};

pub(super) fn claim(id: &ChangeId, index: &Index<Expression>, cx: &Context<'_>) -> Claim {
    let root = &id.0;
    let table = index.table_address(root);
    let why = format!("{root} is declared for the whole table; it is built partition by partition");
    let declare = Step::run(root, ddl::index::create(root, index, Way::Only), why)
        .creating(root)
        .phase(Phase::of_build(index));
    let mut claim = Claim::of(vec![id.clone()]).together([declare]);
    // Table → its index.
    let mut above: BTreeMap<Address, Address> = BTreeMap::from([(table.clone(), root.clone())]);
    let stays = cx.level.desired.partitions_of(&table);
    let all = cx.level.current.partitions_of(&table).into_iter();
    for partition in all.filter(|own| stays.contains(own)) {
        let parent = cx.level.current.partitioned(&partition);
        let Some(over) = parent.and_then(|own| above.get(&own).cloned()) else {
            continue;
        };
        let name = handed_down(&partition, &over, cx).unwrap_or_else(|| beside(&partition, root));
        let is_partitioned = cx.is_partitioned(&partition);
        let build = build(&name, index, &partition, is_partitioned);
        let attach = attach(root, &over, &name, &partition).phase(Phase::of_build(index));
        claim = if super::index_names::taken_over(&name, cx.level) {
            claim.together([attach])
        } else if is_partitioned {
            claim.together([build, attach])
        } else {
            claim.alone(build).together([attach])
        };
        above.insert(partition, name);
    }
    claim.alone(
        completion::step(root, root, &table, Object::Index(index.clone()))
            .phase(Phase::of_build(index)),
    )
}

/// Builds the share of a partition.
pub(super) fn build(
    name: &Address,
    whole: &Index<Expression>,
    partition: &Address,
    is_partitioned: bool,
) -> Step {
    let own = Index {
        table: partition.name().clone(),
        ..whole.clone()
    };
    let way = if is_partitioned {
        Way::Only
    } else {
        Way::Concurrently
    };
    let why = format!("{} gets its index while clients go on", partition.dotted());
    Step::run(name, ddl::index::create(name, &own, way), why)
        .creating(name)
        .phase(Phase::of_build(whole))
}

/// Makes the index of a partition one with the index above.
pub(super) fn attach(root: &Address, over: &Address, own: &Address, partition: &Address) -> Step {
    let why = format!("{} is one with {}", own.dotted(), over.dotted());
    Step::run(root, ddl::index::attach(over, own, partition), why)
        .using(own)
        .altering(root, "partitions")
}

/// Returns the index that a server makes in a partition for one of its table.
fn handed_down(partition: &Address, over: &Address, cx: &Context<'_>) -> Option<Address> {
    let own = cx.level.desired.inherited.get(partition)?;
    let mut all = own.from.iter();
    let found = all.find(|(_, from)| *from == over);
    found.map(|(own, _)| own.clone())
}

/// Returns a name for it where none is known.
pub(super) fn beside(partition: &Address, root: &Address) -> Address {
    let prefix = [partition.name().as_str(), "_"].concat();
    let name = Name::fitted(&prefix, root.name().as_str());
    Address::new(Kind::Index, [partition.schema_name().clone(), name])
}
