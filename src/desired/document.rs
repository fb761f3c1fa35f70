//! Documents and their sections.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use super::fault::{Fault, Faults, Ledger, Sources};
use super::fields::{self, Fields};
use super::node::{self, Node};
use super::{Loaded, default_path, domain, routine, sequence, table, types, view};
use crate::model::{
    Address, Comment, Declared, Defined, Kind, Name, Object, Owner, Schema, Written,
};

/// What is gathered over all files.
pub(super) struct Gathering {
    pub(super) declared: Declared,
    pub(super) ledger: Ledger,
    /// Foreign key → the table it references, and where that is said.
    pub(super) references: Vec<(Address, Address, Rc<Node>)>,
    /// Partition, what a table above it calls an index or key, what the partition calls it, and where that is said.
    pub(super) index_names: Vec<(Address, Name, Name, Rc<Node>)>,
    /// What partitions call the NOT NULLs of columns.
    pub(super) not_null_names: Vec<(Address, Name, Name, Rc<Node>)>,
    /// Top-level objects with the layer that declares them.
    units: BTreeMap<Address, usize>,
    layer: usize,
}

/// What the head of a document says for everything below it.
pub(super) struct Head {
    pub(super) schema: Name,
    pub(super) search_path: Arc<[Name]>,
}

pub(super) fn declare(layers: &[Vec<(String, String)>]) -> Result<Loaded, Faults> {
    let mut gathering = Gathering {
        declared: Declared::default(),
        ledger: Ledger::default(),
        references: Vec::new(),
        index_names: Vec::new(),
        not_null_names: Vec::new(),
        units: BTreeMap::new(),
        layer: 0,
    };
    let mut sources = Sources::new();
    for (number, layer) in layers.iter().enumerate() {
        gathering.layer = number;
        for (file, text) in layer {
            let file: Arc<str> = Arc::from(file.as_str());
            sources.insert(file.clone(), Arc::from(text.as_str()));
            for root in node::documents(&file, text, &mut gathering.ledger) {
                document(&root, &mut gathering);
            }
        }
    }
    super::collation::found(&mut gathering.declared.written);
    unknown_references(&mut gathering);
    super::partition::index_names(&mut gathering);
    super::partition::not_null_names(&mut gathering);
    gathering.unknown_columns();
    renamed_twice(&mut gathering);
    look_alikes(&mut gathering);
    let Gathering {
        declared, ledger, ..
    } = gathering;
    let sorted = |mut faults: Vec<Fault>| {
        faults.sort();
        // Of two that say the same of one place, the one that says more.
        faults.dedup_by(|next, before| {
            let same = next.place == before.place && next.what.starts_with(&before.what);
            if same {
                std::mem::swap(next, before);
            }
            same
        });
        faults
    };
    if ledger.faults.is_empty() {
        Ok(Loaded {
            declared,
            warnings: sorted(ledger.warnings),
            sources,
        })
    } else {
        Err(Faults {
            faults: sorted(ledger.faults),
            sources,
        })
    }
}

fn document(root: &Rc<Node>, gathering: &mut Gathering) {
    let Some(mut fields) = Fields::open(root, "a document", &mut gathering.ledger) else {
        return;
    };
    let ledger = &mut gathering.ledger;
    let schema = fields
        .get("schema")
        .and_then(|node| fields::name(&node, ledger))
        .unwrap_or_else(|| Name::new("public"));
    let search_path = fields
        .get("search_path")
        .and_then(|node| fields::names(&node, "search_path", ledger))
        .map_or_else(|| default_path(&schema), Arc::from);
    let head = Head {
        schema,
        search_path,
    };
    if let Some(node) = fields.get("schemas") {
        for (name, key, value) in fields::entries(&node, "schemas", &mut gathering.ledger) {
            schema_of(&name, &key, &value, gathering);
        }
    }
    if let Some(node) = fields.get("default_privileges") {
        let entries = fields::entries(&node, "default_privileges", &mut gathering.ledger);
        for (maker, key, value) in entries {
            let own = super::write_default_privilege::entry_of(&maker);
            gathering.declared.origins.0.insert(own, key.place.clone());
            gathering.default_privileges(None, &maker, &key, &value);
        }
    }
    if let Some(node) = fields.get("extensions") {
        for (name, key, value) in fields::entries(&node, "extensions", &mut gathering.ledger) {
            types::read_extension(&name, &key, &value, gathering);
        }
    }
    if let Some(node) = fields.get("collations") {
        for (name, key, value) in fields::entries(&node, "collations", &mut gathering.ledger) {
            super::collation::read(&head, &name, &key, &value, gathering);
        }
    }
    if let Some(node) = fields.get("ranges") {
        for (name, key, value) in fields::entries(&node, "ranges", &mut gathering.ledger) {
            super::range::read(&head, &name, &key, &value, gathering);
        }
    }
    if let Some(node) = fields.get("enums") {
        for (name, key, value) in fields::entries(&node, "enums", &mut gathering.ledger) {
            types::read_enum(&head, &name, &key, &value, gathering);
        }
    }
    if let Some(node) = fields.get("composites") {
        for (name, key, value) in fields::entries(&node, "composites", &mut gathering.ledger) {
            super::composite::read(&head, &name, &key, &value, gathering);
        }
    }
    if let Some(node) = fields.get("domains") {
        for (name, key, value) in fields::entries(&node, "domains", &mut gathering.ledger) {
            domain::read(&head, &name, &key, &value, gathering);
        }
    }
    if let Some(node) = fields.get("sequences") {
        for (name, key, value) in fields::entries(&node, "sequences", &mut gathering.ledger) {
            sequence::read(&head, &name, &key, &value, gathering);
        }
    }
    for (section, kind) in [
        ("functions", Kind::Function),
        ("procedures", Kind::Procedure),
        ("aggregates", Kind::Aggregate),
    ] {
        if let Some(node) = fields.get(section) {
            for (key, value) in fields::raw_entries(&node, section, &mut gathering.ledger) {
                routine::read(&head, kind, &key, &value, gathering);
            }
        }
    }
    for small in Defined::ALL {
        let section = small.section();
        if let Some(node) = fields.get(section) {
            for (key, value) in fields::raw_entries(&node, section, &mut gathering.ledger) {
                super::definition::read(&head, small, &key, &value, gathering);
            }
        }
    }
    if let Some(node) = fields.get("tables") {
        for (name, key, value) in fields::entries(&node, "tables", &mut gathering.ledger) {
            table::read(&head, &name, &key, &value, gathering);
        }
    }
    if let Some(node) = fields.get("materialized_views") {
        let ledger = &mut gathering.ledger;
        for (name, key, value) in fields::entries(&node, "materialized_views", ledger) {
            view::read_materialized(&head, &name, &key, &value, gathering);
        }
    }
    if let Some(node) = fields.get("views") {
        for (name, key, value) in fields::entries(&node, "views", &mut gathering.ledger) {
            view::read(&head, &name, &key, &value, gathering);
        }
    }
    fields.close(&mut gathering.ledger);
}

/// A schema's own section: its comment, its former name.
fn schema_of(name: &Name, key: &Rc<Node>, value: &Rc<Node>, gathering: &mut Gathering) {
    let address = Address::new(Kind::Schema, [name.clone()]);
    if value.is_null() {
        gathering.declare_unit(&address, key, false);
        gathering.put(&address, key, Object::Schema(Schema {}));
        return;
    }
    let Some(mut fields) = Fields::open(value, address.to_string(), &mut gathering.ledger) else {
        return;
    };
    let replaces = gathering.replaces(&mut fields);
    gathering.declare_unit(&address, key, replaces);
    gathering.put(&address, key, Object::Schema(Schema {}));
    gathering.common(&address, &mut fields);
    if let Some(node) = fields.get("default_privileges") {
        let entries = fields::entries(&node, "default_privileges", &mut gathering.ledger);
        for (maker, key, value) in entries {
            gathering.default_privileges(Some(name), &maker, &key, &value);
        }
    }
    gathering.renamed(&address, &mut fields);
    fields.close(&mut gathering.ledger);
}

impl Gathering {
    /// Adds an object and its place.
    pub(super) fn put(&mut self, address: &Address, at: &Node, object: Object<Written>) {
        self.declared
            .written
            .objects
            .insert(address.clone(), object);
        self.declared
            .origins
            .0
            .insert(address.clone(), at.place.clone());
    }

    /// Opens the declaration of an object that lives in a schema, its own or the document's, and returns its address.
    pub(super) fn unit(
        &mut self,
        head: &Head,
        kind: Kind,
        name: &Name,
        key: &Node,
        fields: &mut Fields,
    ) -> Address {
        let schema = fields
            .get("schema")
            .and_then(|node| fields::name(&node, &mut self.ledger));
        let schema = schema.unwrap_or_else(|| head.schema.clone());
        let address = Address::new(kind, [schema, name.clone()]);
        let replaces = self.replaces(fields);
        self.declare_unit(&address, key, replaces);
        address
    }

    /// Notes that a top-level object is declared here; twice is a fault, unless a later layer says `override: true`.
    pub(super) fn declare_unit(&mut self, address: &Address, at: &Node, replaces: bool) {
        let earlier = self.units.insert(address.clone(), self.layer);
        match earlier {
            None if replaces => self.ledger.fault(
                at,
                format!("{address} says `override: true`, and no earlier folder declares it"),
                "leave `override` out".to_owned(),
            ),
            None => {}
            Some(layer) if replaces && layer < self.layer => {
                // The partitions of a table are declared with it.
                let mut units = self.declared.written.partitions_of(address);
                units.push(address.clone());
                let objects = &mut self.declared.written.objects;
                let is_of = |table: &Address| units.contains(table);
                let is_part = |own: &Address, object: &Object<Written>| {
                    let on_it = own.target().filter(|_| address.kind() == Kind::Schema);
                    let index =
                        matches!(object, Object::Index(index) if is_of(&index.table_address(own)));
                    let below = address.kind() != Kind::Schema
                        && units.iter().any(|unit| own.is_at_or_below(unit));
                    let by_default = own.default_schema() == Some(address.name())
                        && address.kind() == Kind::Schema;
                    // What a publication names lies elsewhere by its path.
                    let published =
                        matches!(own.kind(), Kind::PublishedTable | Kind::PublishedSchema)
                            && address.kind() == Kind::Defined(Defined::Publication)
                            && own.name() == address.name();
                    index || below || by_default || published || on_it.as_ref() == Some(address)
                };
                let indexes: Vec<Address> = objects
                    .iter()
                    .filter(|(own, object)| matches!(object, Object::Index(index) if is_of(&index.table_address(own))))
                    .map(|(own, _)| Address::comment_on(own))
                    .collect();
                let gone: Vec<Address> = objects
                    .iter()
                    .filter(|(own, object)| is_part(own, object) || indexes.contains(own))
                    .map(|(own, _)| own.clone())
                    .collect();
                for own in gone {
                    objects.remove(&own);
                    self.declared.written.position.remove(&own);
                }
                self.declared
                    .intent
                    .renamed_from
                    .retain(|new, _| !new.is_at_or_below(address));
                self.declared
                    .intent
                    .backfill
                    .retain(|own, _| !own.is_at_or_below(address));
                for unit in &units {
                    self.declared.listed.remove(unit);
                    if unit != address {
                        self.units.remove(unit);
                    }
                }
                if address.kind() == Kind::Schema {
                    let listed = &mut self.declared.listed;
                    listed.retain(|own, _| own.default_schema() != Some(address.name()));
                }
                let left = &mut self.declared.intent.unmanaged_partitions;
                left.retain(|own| !units.contains(own));
            }
            Some(_) => {
                let first = self
                    .declared
                    .origins
                    .0
                    .get(address)
                    .map(ToString::to_string)
                    .unwrap_or_default();
                self.ledger.fault(
                    at,
                    format!("{address} is declared twice"),
                    format!("the first declaration is at {first}; a later folder may say `override: true`"),
                );
            }
        }
        // The schema that something is declared in is declared with it.
        let schema = address.schema();
        let lives_in_one = !address.kind().is_global();
        if lives_in_one && !self.declared.written.objects.contains_key(&schema) {
            self.put(&schema, at, Object::Schema(Schema {}));
        }
    }

    /// Reads what every object that stands by itself may have: a comment, an owner, privileges, protection.
    pub(super) fn common(&mut self, address: &Address, fields: &mut Fields) {
        self.comment(address, fields);
        self.protect(address, fields);
        self.grants(address, fields);
        self.owner(address, fields);
    }

    /// Reads who owns it.
    pub(super) fn owner(&mut self, address: &Address, fields: &mut Fields) {
        if let Some(node) = fields.get("owner")
            && let Some(role) = fields::name(&node, &mut self.ledger)
        {
            self.put(
                &Address::owner_of(address),
                &node,
                Object::Owner(Owner { role }),
            );
        }
    }

    /// Reads the name that an object had: its own name alone, or with a schema where it could move between them.
    pub(super) fn renamed(&mut self, address: &Address, fields: &mut Fields) {
        let Some(node) = fields.get("renamed_from") else {
            return;
        };
        let Some(old) = fields::reference(&node, "renamed_from", &mut self.ledger) else {
            return;
        };
        let former = match old.as_slice() {
            [name] => address.renamed(name.clone()),
            [schema, name] if address.path().len() == 2 => address.rebased(
                address,
                &Address::new(address.kind(), [schema.clone(), name.clone()]),
            ),
            _ => {
                self.ledger.fault(
                    &node,
                    "this is no former name of it: write the name alone",
                    None,
                );
                return;
            }
        };
        self.declared
            .intent
            .renamed_from
            .insert(address.clone(), former);
    }

    pub(super) fn replaces(&mut self, fields: &mut Fields) -> bool {
        fields
            .get("override")
            .and_then(|node| fields::boolean(&node, "override", &mut self.ledger))
            .unwrap_or(false)
    }

    pub(super) fn protect(&mut self, address: &Address, fields: &mut Fields) {
        if let Some(node) = fields.get("protect")
            && fields::boolean(&node, "protect", &mut self.ledger) == Some(true)
        {
            self.declared.intent.protect.insert(address.clone());
        }
    }

    pub(super) fn comment(&mut self, target: &Address, fields: &mut Fields) {
        self.comment_on(target, None, fields);
    }

    /// Takes a comment; on a primary key it is said with the key's name.
    pub(super) fn comment_on(&mut self, target: &Address, key: Option<&Name>, fields: &mut Fields) {
        if let Some(node) = fields.get("comment")
            && let Some(text) = fields::text(&node, "comment", &mut self.ledger)
        {
            // A block's last line break is the block's, not the comment's.
            let text = text.strip_suffix('\n').unwrap_or(&text);
            if text.is_empty() {
                self.ledger.fault(
                    &node,
                    "an empty comment is no comment",
                    "leave the key out".to_owned(),
                );
                return;
            }
            if target.kind() == Kind::PrimaryKey && key.is_none() {
                self.ledger.fault(
                    &node,
                    "the comment is on a primary key without a name",
                    "say the key's name beside it: `name: …`".to_owned(),
                );
                return;
            }
            self.put(
                &Address::comment_on(target),
                &node,
                Object::Comment(Comment {
                    text: text.to_owned(),
                    key: key.cloned(),
                    on_foreign: self.declared.written.is_foreign(target),
                }),
            );
        }
    }
}

/// Reports foreign keys to tables that nobody declares, where a declared one is near enough to be meant. A table out of
/// scope may be referenced: the server knows whether it is there.
fn unknown_references(gathering: &mut Gathering) {
    for (_, references, node) in std::mem::take(&mut gathering.references) {
        let declared = &gathering.declared.written;
        if declared.objects.contains_key(&references) {
            continue;
        }
        let schema = references.schema();
        let same_schema = declared.below(&schema).map(|(own, _)| own);
        let same_schema = same_schema.filter(|own| own.kind() == Kind::Table);
        let nearest = fields::nearest(
            references.name().as_str(),
            same_schema.map(|own| own.name().as_str()),
        );
        if let Some(nearest) = nearest {
            let what = format!("{references} is not declared");
            gathering
                .ledger
                .fault(&node, what, format!("did you mean `{nearest}`?"));
        }
    }
}

/// Refuses two objects that say they were the same one.
fn renamed_twice(gathering: &mut Gathering) {
    let mut seen: BTreeMap<Address, Address> = BTreeMap::new();
    let mut found = Vec::new();
    for (new, old) in &gathering.declared.intent.renamed_from {
        if let Some(other) = seen.insert(old.clone(), new.clone()) {
            found.push((new.whole(), other, old.clone()));
        }
    }
    for (new, other, old) in found {
        if let Some(place) = gathering.declared.origins.0.get(&new) {
            gathering.ledger.faults.push(Fault {
                is_shown: true,
                place: place.clone(),
                length: 1,
                what: format!("{new} and {other} both say `renamed_from` of {old}"),
                mend: Some("one of them is new: leave the line out there".to_owned()),
            });
        }
    }
}

/// Warns of names that differ only by case: an unquoted one in SQL means the lower-case one.
fn look_alikes(gathering: &mut Gathering) {
    let mut seen: BTreeMap<(Kind, Vec<String>), Address> = BTreeMap::new();
    let mut found = Vec::new();
    for address in gathering.declared.written.objects.keys() {
        if !matches!(
            address.kind(),
            Kind::Schema | Kind::Table | Kind::View | Kind::MaterializedView | Kind::Column
        ) {
            continue;
        }
        let folded = address
            .path()
            .iter()
            .map(|name| name.as_str().to_lowercase())
            .collect();
        if let Some(other) = seen.insert((address.kind(), folded), address.clone()) {
            found.push((address.clone(), other));
        }
    }
    for (address, other) in found {
        if let Some(place) = gathering.declared.origins.0.get(&address) {
            gathering.ledger.warnings.push(Fault {
                is_shown: true,
                place: place.clone(),
                length: 1,
                what: format!("{address} and {other} differ only by case"),
                mend: Some(
                    "keys are names as the catalog stores them; unquoted SQL names are lower case"
                        .to_owned(),
                ),
            });
        }
    }
}
