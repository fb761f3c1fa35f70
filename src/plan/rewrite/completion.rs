//! What others do to a large partitioned table while an index or key is built in its partitions: a partition that they make before the
//! whole is declared has none. <https://www.postgresql.org/docs/current/ddl-partitioning.html> (section 5.12.2.2)

use super::{partitioned_index, partitioned_key};
use crate::model::{Address, Expression, Object};
use crate::plan::stage::{self, Stage};
use crate::plan::step::{Act, Block, Completion, Phase, Reversal, Step};

/// Makes the step that closes a claim of an index or a key, `address`, whose index is `whole`.
pub(super) fn step(
    address: &Address,
    whole: &Address,
    table: &Address,
    object: Object<Expression>,
) -> Step {
    let does = Act::Complete(Completion {
        table: table.clone(),
        whole: whole.clone(),
        object,
    });
    let step = Step {
        address: address.clone(),
        does,
        effects: Vec::new(),
        why: "partitions that others have made meanwhile get it too".to_owned(),
        phase: Phase::Migrate,
        reversal: Reversal::Full,
    };
    // What needs it to be whole comes after.
    step.using(address).altering(address, "partitions")
}

/// Makes the stages by which a partition gets its share, below the index `over` of the table that it is a partition of; none where it has
/// no share.
pub(crate) fn missed(
    address: &Address,
    own: &Completion,
    partition: &Address,
    over: &Address,
    is_partitioned: bool,
) -> Vec<Stage> {
    let name = partitioned_index::beside(partition, address);
    let steps = if let Object::Index(index) = &own.object {
        let build = partitioned_index::build(&name, index, partition, is_partitioned);
        let attach = partitioned_index::attach(address, over, &name, partition);
        vec![build, attach]
    } else {
        let (part, object) = own.object.of_partition(address, partition, name.name());
        let share = partitioned_key::share(address, &part, &object, is_partitioned);
        let (Some((build, add)), Some(index)) = (share, object.index(&part)) else {
            return Vec::new();
        };
        let attach = partitioned_index::attach(address, over, &index, partition);
        build.into_iter().chain([add, attach]).collect()
    };
    let (alone, together): (Vec<Step>, Vec<Step>) = steps.into_iter().partition(Step::is_alone);
    let alone = alone.into_iter().map(Block::Alone);
    let blocks = alone.chain([Block::Together(together)]);
    stage::stages(blocks.map(|block| (block, None)).collect())
}
