//! Which step comes before which where tables become partitions, stop being some, or inherit.

use std::collections::{BTreeMap, BTreeSet};

use super::relations::{ByEffect, Relations, lineage};
use crate::model::{Address, Expression, Kind, Level, Model, Object, Why};

impl Relations {
    /// A partition is like its table when it is attached, and as long as it is one: what changes on either side comes before
    /// it is attached, and after it is detached. What is renamed there is renamed in both.
    pub(super) fn partitions(
        &mut self,
        by: &ByEffect<'_>,
        level: &Level,
        late: &BTreeMap<Address, Vec<Address>>,
    ) {
        let sides = [
            (&by.attaches, &level.desired, true),
            (&by.detaches, &level.current, false),
        ];
        for (steps, side, comes) in sides {
            for (table, own) in steps {
                let above = side.above(table).into_iter();
                let above: BTreeSet<Address> = above.collect();
                // What refers to the rows of a partition goes before it does.
                for (x, others) in by.drops.iter().filter(|_| !comes) {
                    let refers = matches!(level.current.objects.get(*x), Some(Object::ForeignKey(key)) if above.contains(&key.referenced_table()));
                    let is_own = x.table() == **table || side.partitioned(table).is_none();
                    if refers && !is_own && !above.contains(&x.table()) {
                        self.before(others, own);
                    }
                }
                // What will refer to the rows of a partition is made, and validated, when it is there.
                for (x, others) in by.creates.iter().chain(&by.alters).filter(|_| comes) {
                    let refers = matches!(level.desired.objects.get(*x), Some(Object::ForeignKey(key)) if above.contains(&key.referenced_table()));
                    let is_own = x.table() == **table || side.partitioned(table).is_none();
                    // One that comes with a partition is there when that is attached.
                    let is_new =
                        !by.drops.contains_key(*x) && !by.attaches.contains_key(&x.table());
                    if refers && is_new && !is_own && !above.contains(&x.table()) {
                        self.before(own, others);
                    }
                }
                let made = by.creates.get(*table).cloned().unwrap_or_default();
                // What held the rows of a bound lets go of it first.
                let parent = side.partitioned(table);
                for (other, leaves) in by.detaches.iter().filter(|_| comes) {
                    if parent.is_some() && level.current.partitioned(other) == parent {
                        self.before(leaves, own);
                    }
                }
                // What is validated is validated before.
                let used = by.uses.iter().filter(|_| comes);
                let changed = by.creates.iter().chain(&by.alters).chain(&by.drops);
                for (x, others) in changed.chain(used) {
                    let whole = lineage(level, x);
                    // Not all of a table is handed down: what is not may change before or after.
                    let is_partition = side.partitioned(table).is_some();
                    let handed_down = is_partition && x.kind() != Kind::Rule
                        || matches!(
                            x.kind(),
                            Kind::Table
                                | Kind::Column
                                | Kind::Default
                                | Kind::NotNull
                                | Kind::Check
                                | Kind::ColumnSettings
                        );
                    let of_above = handed_down && whole.iter().any(|own| above.contains(own));
                    // A part may be of a column that is no object here: it is handed down.
                    let of_table = whole.contains(table)
                        || x.kind().is_part_of_table() && x.table() == **table;
                    if *x == *table || !of_above && !of_table {
                        continue;
                    }
                    if !comes {
                        self.before(own, others);
                        continue;
                    }
                    // Equal to one of the whole, and there before it is attached, it would be taken for a part of that.
                    let needs = || level.desired.needs_of(x);
                    let is_late = |own: &Address| late.contains_key(own);
                    if of_table && (whole.iter().any(is_late) || needs().iter().any(is_late)) {
                        self.before(own, others);
                        continue;
                    }
                    self.before(others, own);
                    if of_above {
                        self.before(others, &made);
                    }
                }
                for (at, step) in &by.moves {
                    let at_hand = |own: &Address| step.to.is_at_or_below(own);
                    if above.iter().any(at_hand) || comes && at_hand(table) {
                        self.before(&[*at], own);
                        self.before(&[*at], &made);
                    }
                }
            }
        }
    }

    /// What gets the name of an index that a partition has from its table comes when that goes, or is called otherwise.
    fn names_of_parts(&mut self, by: &ByEffect<'_>, level: &Level) {
        let mut free: BTreeMap<Address, Vec<usize>> = BTreeMap::new();
        for partition in level.current.inherited.keys() {
            for (whole, index) in level.current.indexes_from_above(partition) {
                let goes = by.drops.get(&whole).or_else(|| by.alters.get(partition));
                if let Some(goes) = goes {
                    free.insert(index, goes.clone());
                }
            }
        }
        let dropped = by.drops.iter().filter(|(own, _)| own.kind() == Kind::Index);
        free.extend(dropped.map(|(own, goes)| ((*own).clone(), goes.clone())));
        if free.is_empty() {
            return;
        }
        for (x, made) in &by.creates {
            let object = level.desired.objects.get(*x);
            let index = object.and_then(|own| own.index(x));
            if let Some(goes) = index.and_then(|own| free.get(&own)) {
                self.before(goes, made);
            }
        }
        // What a partition calls its part is made with the one above, or given in a step of its own.
        for (partition, object) in &level.desired.objects {
            let Object::Table(own) = object else {
                continue;
            };
            for (whole, name) in &own.index_names {
                let path = [partition.schema_name(), name].map(Clone::clone);
                let Some(goes) = free.get(&Address::new(Kind::Index, path)) else {
                    continue;
                };
                let comes = [by.creates.get(whole), by.alters.get(partition)];
                for steps in comes.into_iter().flatten() {
                    if steps != goes {
                        self.before(goes, steps);
                    }
                }
            }
        }
    }

    /// A partition of a new table takes over what that has by then.
    pub(super) fn new_partitions(
        &mut self,
        by: &ByEffect<'_>,
        level: &Level,
        late: &BTreeMap<Address, Vec<Address>>,
    ) {
        // The names of constraints stay taken until the partitions of a table have left as well as the table.
        for (at, step) in by.moves.iter().filter(|(_, own)| own.why == Why::Retired) {
            let mut above = level.current.above(&step.to).into_iter();
            let former = above.find_map(|own| {
                let made = level.moves.carry_back(&own);
                by.creates.get(&made)
            });
            if let Some(made) = former {
                self.before(&[*at], made);
            }
        }
        // What a partition has of its own would be taken for its share of one of the whole table.
        let of_table = |x: &Address, side: &Model<Expression>| match side.objects.get(x) {
            Some(Object::Index(own)) => Some(own.table_address(x)),
            Some(
                Object::Unique(_)
                | Object::PrimaryKey(_)
                | Object::Exclusion(_)
                | Object::ForeignKey(_),
            ) => Some(x.table()),
            _ => None,
        };
        for (x, made) in &by.creates {
            let whole = of_table(x, &level.desired);
            let Some(whole) = whole.filter(|own| level.current.is_partitioned(own)) else {
                continue;
            };
            for (own, departures) in &by.drops {
                let table = of_table(own, &level.current).filter(|_| own.kind() == x.kind());
                if table.is_some_and(|table| level.current.above(&table).contains(&whole)) {
                    self.before(departures, made);
                }
            }
        }
        self.names_of_parts(by, level);
        for (x, wholes) in late {
            for whole in wholes {
                let none = Vec::new();
                self.before(by.creates.get(whole).unwrap_or(&none), &by.creates[x]);
            }
        }
        for (table, made) in &by.creates {
            let parents = level.desired.parents(table).into_iter();
            for parent in parents.filter(|own| by.creates.contains_key(own)) {
                for (x, others) in &by.creates {
                    let is_element = x.kind().is_table_element() && x.table() == parent;
                    if is_element && x.kind() != Kind::Table {
                        self.before(others, made);
                    }
                }
            }
        }
    }

    /// What a partition calls its share of an index or key is made in it before the whole, under the name that the partition has in the
    /// end; and the server makes its own names of that.
    pub(super) fn named_in_partitions(&mut self, by: &ByEffect<'_>, level: &Level) {
        let renamed = by
            .moves
            .iter()
            .filter(|(_, step)| step.to.kind() == Kind::Table);
        for (at, step) in renamed {
            let above = level.desired.above(&step.to);
            if level.desired.partitioned(&step.to).is_none() {
                continue;
            }
            for (whole, arrivals) in &by.creates {
                let object = level.desired.objects.get(*whole);
                let table = object.filter(|own| own.index(whole).is_some());
                if table.is_some_and(|own| above.contains(&own.table(whole))) {
                    self.before(&[*at], arrivals);
                }
            }
        }
    }
}
