//! What tables have from others: the keys `partition_by`, `partitions` and `inherits`.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use super::document::{Gathering, Head};
use super::fields::{self, Fields, Sql};
use super::node::{Node, Value};
use super::{physical, table};
use crate::model::{
    Address, Bound, INDEX_NAMES, Kind, NOT_NULL_NAMES, Name, Object, Partition, Persistence, Table,
    Written,
};

/// The word for a partition that holds what no other one does, and for partitions that others make.
const DEFAULT: &str = "default";
const UNMANAGED: &str = "unmanaged";

/// The word for NOT NULLs that are called as those of a table by itself.
pub(super) const OWN: &str = "own";

/// Reads how the rows of a table are spread.
pub(super) fn partition_by(
    fields: &mut Fields,
    path: &Arc<[Name]>,
    gathering: &mut Gathering,
) -> Option<Written> {
    let node = fields.get("partition_by")?;
    let ledger = &mut gathering.ledger;
    fields::sql(&node, "the partition key", Sql::Text, path, ledger)
}

/// Reads the partitions of a table.
pub(super) fn partitions(
    fields: &mut Fields,
    parent: &Address,
    path: &Arc<[Name]>,
    gathering: &mut Gathering,
) {
    let Some(node) = fields.get("partitions") else {
        return;
    };
    if !gathering.declared.written.is_partitioned(parent) {
        let what = format!("{parent} has `partitions`, and nothing says how its rows are spread");
        let mend = "write `partition_by: RANGE (column)`, LIST or HASH, beside it";
        gathering.ledger.fault(&node, what, mend.to_owned());
        return;
    }
    if let Value::Scalar { .. } = node.value {
        let said = node.scalar().is_some_and(|(text, _)| &**text == UNMANAGED);
        if said {
            let left = &mut gathering.declared.intent.unmanaged_partitions;
            left.insert(parent.clone());
        } else if !node.is_null() {
            let what = format!("partitions is {}, not a map of names", node.describe());
            let mend = "`partitions: unmanaged` leaves them to others";
            gathering.ledger.fault(&node, what, mend.to_owned());
        }
        return;
    }
    let head = Head {
        schema: parent.schema_name().clone(),
        search_path: path.clone(),
    };
    for (name, key, value) in fields::entries(&node, "partitions", &mut gathering.ledger) {
        partition(&head, &name, &key, &value, parent, gathering);
    }
}

/// Reads the tables that a table inherits from: one, or a list.
pub(super) fn inherits(
    fields: &mut Fields,
    table: &Address,
    gathering: &mut Gathering,
) -> Vec<Vec<Name>> {
    let Some(node) = fields.get("inherits") else {
        return Vec::new();
    };
    let mut all: Vec<Vec<Name>> = Vec::new();
    let each = match &node.value {
        Value::List(each) => each.clone(),
        Value::Scalar { .. } | Value::Map(_) => vec![node.clone()],
    };
    for one in each {
        let Some(names) = fields::reference(&one, "inherits", &mut gathering.ledger) else {
            continue;
        };
        let path = match names.as_slice() {
            [name] => vec![table.schema_name().clone(), name.clone()],
            [_, _] => names,
            _ => {
                let what = "inherits names tables: `name` or `schema.name`";
                gathering.ledger.fault(&one, what, None);
                continue;
            }
        };
        let parent = Address::new(Kind::Table, path.iter().cloned());
        if parent == *table || all.contains(&path) {
            let what = if parent == *table {
                format!("{table} inherits from itself")
            } else {
                format!("{table} inherits from {} twice", parent.dotted())
            };
            gathering.ledger.fault(&one, what, None);
            continue;
        }
        gathering.references.push((table.clone(), parent, one));
        all.push(path);
    }
    all
}

/// Reads one partition: its bound, or a map of that with what it has of its own.
fn partition(
    head: &Head,
    name: &Name,
    key: &Rc<Node>,
    value: &Rc<Node>,
    parent: &Address,
    gathering: &mut Gathering,
) {
    if matches!(value.value, Value::Scalar { .. }) {
        let address = Address::new(Kind::Table, [head.schema.clone(), name.clone()]);
        gathering.declare_unit(&address, key, false);
        if let Some(bound) = bound(value, &head.search_path, gathering) {
            let (tablespace, access_method) = places(parent, gathering);
            let own = Table {
                partition_of: Some(of(parent, bound)),
                tablespace,
                access_method,
                ..Table::plain(Persistence::Permanent)
            };
            put(&address, key, own, gathering);
        }
        return;
    }
    let what = format!("partition {name}");
    let Some(mut fields) = Fields::open(value, what, &mut gathering.ledger) else {
        return;
    };
    let Some(node) = fields.get("bound") else {
        let what = format!("partition {name} has no `bound`");
        let mend = "write which rows it holds: `bound: FROM (…) TO (…)`, `IN (…)` or `DEFAULT`";
        gathering.ledger.fault(key, what, mend.to_owned());
        return;
    };
    let address = gathering.unit(head, Kind::Table, name, key, &mut fields);
    let Some(bound) = bound(&node, &head.search_path, gathering) else {
        return;
    };
    let above = places(parent, gathering);
    let own = Table {
        persistence: table::persistence(&mut fields, gathering),
        partition_by: partition_by(&mut fields, &head.search_path, gathering),
        partition_of: Some(of(parent, bound)),
        index_names: BTreeMap::new(),
        not_null_names: BTreeMap::new(),
        inherits: Vec::new(),
        tablespace: physical::place(&mut fields, 0, above.0.as_ref(), gathering),
        access_method: physical::place(&mut fields, 1, above.1.as_ref(), gathering),
        foreign: None,
    };
    put(&address, key, own, gathering);
    if let Some(node) = fields.get(INDEX_NAMES) {
        let names = fields::entries(&node, INDEX_NAMES, &mut gathering.ledger);
        for (of_whole, key, value) in names {
            if let Some(name) = fields::name(&value, &mut gathering.ledger) {
                let said = (address.clone(), of_whole, name, key);
                gathering.index_names.push(said);
            }
        }
    }
    if let Some(node) = fields.get(NOT_NULL_NAMES) {
        if node.scalar().is_some_and(|(text, _)| &**text == OWN) {
            let intent = &mut gathering.declared.intent;
            intent.own_not_null_names.insert(address.clone());
        } else if node.scalar().is_some() {
            let what = format!("{NOT_NULL_NAMES} is {}", node.describe());
            let mend = "write `own`, or a map of columns to names";
            gathering.ledger.fault(&node, what, mend.to_owned());
        } else {
            let names = fields::entries(&node, NOT_NULL_NAMES, &mut gathering.ledger);
            for (column, key, value) in names {
                if let Some(name) = fields::name(&value, &mut gathering.ledger) {
                    let said = (address.clone(), column, name, key);
                    gathering.not_null_names.push(said);
                }
            }
        }
    }
    if let Some(node) = fields.key("columns") {
        let what = format!("{address} has the columns of {parent}");
        gathering.ledger.fault(&node, what, None);
        fields.get("columns");
    }
    table::parts(&address, &head.search_path, &mut fields, gathering);
    fields.close(&mut gathering.ledger);
}

/// Finds what the names of NOT NULLs of partitions are of, once all tables are read.
pub(super) fn not_null_names(gathering: &mut Gathering) {
    for (partition, column, name, node) in std::mem::take(&mut gathering.not_null_names) {
        let written = &mut gathering.declared.written;
        let above = written.above(&partition);
        let mut named: BTreeSet<Name> = BTreeSet::new();
        for (address, object) in &written.objects {
            if !above.contains(&address.table()) {
                continue;
            }
            if let Object::PrimaryKey(own) = object {
                named.extend(own.columns.iter().cloned());
            } else if matches!(object, Object::NotNull(_) | Object::Identity(_)) {
                named.insert(address.name().clone());
            }
        }
        if !named.contains(&column) {
            let what = format!("no table above {partition} has a NOT NULL of a column {column}");
            let nearest = fields::nearest(column.as_str(), named.iter().map(Name::as_str));
            let mend = nearest.map(|own| format!("did you mean `{own}`?"));
            gathering.ledger.fault(&node, what, mend);
            continue;
        }
        let Some(Object::Table(own)) = written.objects.get_mut(&partition) else {
            continue;
        };
        if own.not_null_names.values().any(|other| *other == name) {
            let what = format!("{partition} calls two NOT NULLs {name}");
            gathering.ledger.fault(&node, what, None);
            continue;
        }
        let intent = &mut gathering.declared.intent;
        let address = partition.part(Kind::NotNull, &column);
        intent.not_null_names.insert(address, name.clone());
        own.not_null_names.insert(column, name);
    }
}

/// Finds what the names of indexes of partitions are of, once all tables are read.
pub(super) fn index_names(gathering: &mut Gathering) {
    for (partition, of_whole, name, node) in std::mem::take(&mut gathering.index_names) {
        let written = &mut gathering.declared.written;
        let above = written.above(&partition);
        let all = written.objects.iter();
        let all = all.filter(|(address, object)| above.contains(&object.table(address)));
        let named = all.filter_map(|(address, object)| {
            let usual = || Name::chosen(address.table().name().as_str(), None, "pkey");
            let index = object.index(address);
            let name = index.map(|own| own.name().clone());
            let name = name.or_else(|| (address.kind() == Kind::PrimaryKey).then(usual));
            Some((name?, address.clone()))
        });
        let named: BTreeMap<Name, Address> = named.collect();
        let Some(whole) = named.get(&of_whole).cloned() else {
            let what = format!("no table above {partition} has an index or key {of_whole}");
            let nearest = fields::nearest(of_whole.as_str(), named.keys().map(Name::as_str));
            let mend = nearest.map(|own| format!("did you mean `{own}`?"));
            gathering.ledger.fault(&node, what, mend);
            continue;
        };
        if let Some(Object::Table(own)) = written.objects.get_mut(&partition) {
            own.index_names.insert(whole, name);
        }
    }
}

/// Returns where and how the rows of a declared table are kept.
fn places(table: &Address, gathering: &Gathering) -> (Option<Name>, Option<Name>) {
    match gathering.declared.written.objects.get(table) {
        Some(Object::Table(own)) => (own.tablespace.clone(), own.access_method.clone()),
        _ => (None, None),
    }
}

fn of(parent: &Address, bound: Bound<Written>) -> Partition<Written> {
    Partition {
        parent: parent.path().to_vec(),
        bound,
    }
}

/// A partition, or a table that inherits, needs the tables above it, whatever a server has said of it so far.
pub(super) fn put(address: &Address, at: &Node, own: Table<Written>, gathering: &mut Gathering) {
    let parent = own.partition_of.as_ref().map(Partition::parent_address);
    let parents: Vec<Address> = parent.into_iter().chain(own.inherits_from()).collect();
    gathering.put(address, at, Object::Table(own));
    if !parents.is_empty() {
        let needs = &mut gathering.declared.written.needs;
        needs.entry(address.clone()).or_default().extend(parents);
    }
}

fn bound(node: &Node, path: &Arc<[Name]>, gathering: &mut Gathering) -> Option<Bound<Written>> {
    let said = node.scalar().map(|(text, _)| text.trim().to_lowercase());
    if said.as_deref() == Some(DEFAULT) {
        return Some(Bound::Default);
    }
    let ledger = &mut gathering.ledger;
    let text = fields::sql(node, "the bound", Sql::Text, path, ledger)?;
    Some(Bound::Values(text))
}
