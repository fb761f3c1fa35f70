//! What the elements of a new table need comes before the table, where it can: one CREATE TABLE makes the table then,
//! its columns in the order in which they are declared.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Address, Level};

/// Returns, for every new table, the new objects that its elements need and that do not need the table themselves.
pub(super) fn needed_first<'a>(
    created: impl Fn(&Address) -> bool,
    tables: impl Iterator<Item = &'a Address>,
    level: &Level,
) -> Vec<(&'a Address, BTreeSet<Address>)> {
    let mut elements: BTreeMap<Address, Vec<&Address>> = BTreeMap::new();
    for own in level.desired.objects.keys() {
        if own.kind().is_table_element() && own.kind().is_part_of_table() && created(own) {
            elements.entry(own.table()).or_default().push(own);
        }
    }
    // What a table waits for already, the others must not wait for in turn.
    let mut waits: BTreeMap<&Address, BTreeSet<Address>> = BTreeMap::new();
    for table in tables {
        let needs = elements.get(table).into_iter().flatten();
        let needs = needs.flat_map(|own| level.desired.needs_of(own));
        let others: BTreeSet<Address> = needs
            .filter(|need| !need.is_at_or_below(table) && created(need))
            .filter(|need| !leads_to(need, table, &waits, level))
            .collect();
        waits.insert(table, others);
    }
    waits.into_iter().collect()
}

/// Says whether an object needs a table, by itself or by what it needs or waits for.
fn leads_to(
    from: &Address,
    table: &Address,
    waits: &BTreeMap<&Address, BTreeSet<Address>>,
    level: &Level,
) -> bool {
    let mut seen: BTreeSet<Address> = BTreeSet::new();
    let mut waiting = vec![from.clone()];
    while let Some(own) = waiting.pop() {
        if own.is_at_or_below(table) {
            return true;
        }
        if seen.insert(own.clone()) {
            waiting.extend(level.desired.needs_of(&own));
            waiting.extend(waits.get(&own).into_iter().flatten().cloned());
        }
    }
    false
}
