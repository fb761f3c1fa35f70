//! A model as YAML: what `pull` writes.

use std::collections::{BTreeMap, BTreeSet};

use serde_yaml::{Mapping, Value};

use super::write_privilege::{Access, Lists};
use super::{
    edit, write_aggregate, write_default_privilege, write_definition, write_physical,
    write_routine, write_table, write_types, write_view,
};
use crate::model::{
    Address, Counting, Defined, Expression, Grants, Hash, Index, Kind, Model, Name, Object,
    Persistence, Sequence, SequenceType, Text as _, Validity,
};

/// The longest file name that is written whole, in bytes.
const MAX_FILE_NAME: usize = 180;

/// A file of a desired state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its name, without a folder.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// Writes a model, one file per relation and one for the schemas. Names that differ from those taken by case alone are
/// not given.
pub fn write(model: &Model<Expression>, mut taken: BTreeSet<String>, access: Access) -> Vec<File> {
    let page = Page::of(model, access.clone(), BTreeSet::new());
    let mut files = Vec::new();
    let small = Defined::ALL.into_iter().filter(|own| own.is_global());
    let small = small.map(|own| (Kind::Defined(own), own.section()));
    let global = [(Kind::Schema, "schemas"), (Kind::Extension, "extensions")];
    for (kind, section) in global.into_iter().chain(small) {
        let of_kind = model.objects.keys().filter(|own| own.kind() == kind);
        let entries: Mapping = of_kind
            .filter_map(|address| Some((address, entry(&page, address)?)))
            .filter(|(address, (_, _, value))| !is_given(address, value, &access))
            .map(|(_, (_, key, value))| (text(&key), value))
            .collect();
        if !entries.is_empty() {
            let sections = [(section, Value::Mapping(entries))];
            files.push(file(section, sections, &mut taken));
        }
    }
    let defaults = write_default_privilege::entries(&page);
    let defaults = defaults.iter().filter_map(|own| entry(&page, own));
    let defaults: Mapping = defaults.map(|(_, key, own)| (text(&key), own)).collect();
    if !defaults.is_empty() {
        let section = write_default_privilege::KEY;
        let sections = [(section, Value::Mapping(defaults))];
        files.push(file(section, sections, &mut taken));
    }
    let others = model
        .objects
        .keys()
        .filter(|own| own.kind().is_top_level() && !own.kind().is_global());
    let mut told_with = write_definition::by_relation(model);
    told_with.retain(|own, _| entry(&page, own).is_some());
    let beside: BTreeSet<&Address> = told_with.values().flatten().copied().collect();
    for address in others.filter(|own| !beside.contains(own)) {
        let Some((section, key, value)) = entry(&page, address) else {
            continue;
        };
        let mut entries = Mapping::new();
        entries.insert(text(&key), value);
        let stem = [address.schema_name().as_str(), ".", address.name().as_str()].concat();
        let schema = text(address.schema_name().as_str());
        let mut statistics = Mapping::new();
        for own in told_with.get(address).into_iter().flatten() {
            if let Some((_, key, value)) = entry(&page, own) {
                statistics.insert(text(&key), value);
            }
        }
        let sections = [
            ("schema", schema),
            (section, Value::Mapping(entries)),
            ("statistics", Value::Mapping(statistics)),
        ];
        let is_empty = |value: &Value| value.as_mapping().is_some_and(Mapping::is_empty);
        let said = sections.into_iter().filter(|(_, value)| !is_empty(value));
        files.push(file(&stem, said, &mut taken));
    }
    files
}

/// A model with what stands beside an object there and is written below it.
pub(super) struct Page<'a> {
    pub(super) model: &'a Model<Expression>,
    /// The indexes of every table.
    pub(super) indexes: BTreeMap<Address, Vec<(&'a Address, &'a Index<Expression>)>>,
    pub(super) privileges: Lists,
}

impl<'a> Page<'a> {
    /// Opens a model; `listed` are the objects whose privileges are written whatever they are.
    pub(super) fn of(
        model: &'a Model<Expression>,
        access: Access,
        listed: BTreeSet<Address>,
    ) -> Self {
        let mut indexes: BTreeMap<Address, Vec<_>> = BTreeMap::new();
        for (address, object) in &model.objects {
            if let Object::Index(own) = object {
                let of = indexes.entry(own.table_address(address)).or_default();
                of.push((address, own));
            }
        }
        Self {
            model,
            indexes,
            privileges: Lists::of(model, access, listed),
        }
    }
}

/// Writes what stands for a database that holds nothing to declare: a folder without files would say nothing at all.
pub fn nothing() -> File {
    File {
        name: "database.yaml".to_owned(),
        text:
            "# Nothing is declared here: the database held nothing but what every database has.\n"
                .to_owned(),
    }
}

/// Says whether every database has this: the schema public, with the owner and the privileges that it has from the start
/// (up to 14, everybody could make things there). Where every object gets a list, so does that one.
fn is_given(address: &Address, value: &Value, access: &Access) -> bool {
    let Some(map) = value.as_mapping() else {
        return false;
    };
    let is_public = address.kind() == Kind::Schema && address.name().as_str() == "public";
    let owner = map
        .get("owner")
        .is_none_or(|own| *own == text("pg_database_owner"));
    let words = if access.major < 15 {
        vec![text("create"), text("usage")]
    } else {
        vec![text("usage")]
    };
    let mut usual = Mapping::new();
    usual.insert(text("public"), Value::Sequence(words));
    let grants = map.get("grants");
    let grants =
        grants.is_none_or(|own| access.grants != Grants::Every && own.as_mapping() == Some(&usual));
    let known = map
        .keys()
        .all(|key| *key == text("owner") || *key == text("grants"));
    is_public && owner && grants && known
}

/// What an entry of a section, or a key, that is written short stands for.
fn long_word(context: &str) -> Option<&'static str> {
    Some(match context {
        "columns" | "attributes" | "domains" => "type",
        "partitions" => "bound",
        "unique" | "indexes" | "primary_key" => "columns",
        "checks" => "check",
        "enums" => "values",
        "ranges" => "subtype",
        "views" | "materialized_views" => "query",
        "identity" => "generated",
        _ => return None,
    })
}

/// Writes out what may be written short.
pub(super) fn long(context: &str, value: &Value) -> Value {
    match (long_word(context), value) {
        (_, Value::Mapping(_)) | (None, _) => value.clone(),
        (Some(word), short) => {
            let mut map = Mapping::new();
            map.insert(text(word), short.clone());
            Value::Mapping(map)
        }
    }
}

fn as_map(context: &str, value: Value) -> Mapping {
    let Value::Mapping(map) = long(context, &value) else {
        unreachable!("what is declared of an object has a long form: {value:?}");
    };
    map
}

/// Writes one top-level object: its section, its key there, and what is said of it.
pub(super) fn entry(page: &Page<'_>, address: &Address) -> Option<(&'static str, String, Value)> {
    let model = page.model;
    let name = address.name().as_str().to_owned();
    if address.kind() == Kind::DefaultPrivilege {
        return write_default_privilege::entry(page, address);
    }
    let entry = match model.objects.get(address)? {
        Object::Schema(_) => {
            let mut own = Mapping::new();
            attached(page, address, &mut own);
            write_default_privilege::of_schema(page, address.name(), &mut own);
            ("schemas", name, Value::Mapping(own))
        }
        Object::Extension(own) => {
            let mut map = Mapping::new();
            if let Some(schema) = &own.schema {
                map.insert(text("schema"), text(schema.as_str()));
            }
            comment(model, address, &mut map);
            ("extensions", name, Value::Mapping(map))
        }
        // A partition is written with its table.
        Object::Table(own) if own.partition_of.is_some() => return None,
        Object::Table(own) => ("tables", name, write_table::table(page, address, own)),
        Object::View(own) => ("views", name, write_view::view(page, address, own)),
        Object::MaterializedView(own) => (
            "materialized_views",
            name,
            write_view::materialized(page, address, own),
        ),
        Object::Enum(own) => ("enums", name, write_types::enumeration(page, address, own)),
        Object::Composite(own) => (
            "composites",
            name,
            write_types::composite(page, address, own),
        ),
        Object::Range(own) => ("ranges", name, write_types::range(page, address, own)),
        Object::Collation(own) => (
            "collations",
            name,
            write_types::collation(page, address, own),
        ),
        Object::Domain(own) => ("domains", name, write_types::domain(page, address, own)),
        Object::Sequence(own) => ("sequences", name, sequence(page, address, own)),
        Object::Function(own) => (
            "functions",
            write_routine::key(address),
            write_routine::function(page, address, own),
        ),
        Object::Procedure(own) => (
            "procedures",
            write_routine::key(address),
            write_routine::procedure(page, address, own),
        ),
        Object::Aggregate(own) => (
            "aggregates",
            write_routine::key(address),
            write_aggregate::aggregate(page, address, own),
        ),
        Object::Defined(own) => (
            own.kind.section(),
            write_definition::key(address, own),
            write_definition::definition(page, address, own),
        ),
        Object::OwnedBy(_)
        | Object::DomainCheck(_)
        | Object::Column(_)
        | Object::Default(_)
        | Object::NotNull(_)
        | Object::Identity(_)
        | Object::PrimaryKey(_)
        | Object::Unique(_)
        | Object::Exclusion(_)
        | Object::ForeignKey(_)
        | Object::Check(_)
        | Object::Index(_)
        | Object::Parameters(_)
        | Object::ColumnSettings(_)
        | Object::ReplicaIdentity(_)
        | Object::ClusteredOn(_)
        | Object::RowSecurity(_)
        | Object::Policy(_)
        | Object::Trigger(_)
        | Object::Rule(_)
        | Object::PublishedTable(_)
        | Object::PublishedSchema(_)
        | Object::Owner(_)
        | Object::Grant(_)
        | Object::Comment(_)
        | Object::DefaultPrivilege(_) => return None,
    };
    let (section, key, value) = entry;
    let value = match page.privileges.of_object(address) {
        None => value,
        Some(list) => {
            let mut map = as_map(section, value);
            map.insert(text("grants"), list);
            Value::Mapping(map)
        }
    };
    Some((section, key, value))
}

pub(super) fn text(text: &str) -> Value {
    Value::String(text.to_owned())
}

/// Names the file so that no file system minds, unique without regard to case.
fn file<'a>(
    stem: &str,
    sections: impl IntoIterator<Item = (&'a str, Value)>,
    taken: &mut BTreeSet<String>,
) -> File {
    let mut escaped = String::new();
    for character in stem.chars() {
        match character {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '_' | '-' => escaped.push(character),
            '.' if !escaped.is_empty() => escaped.push('.'),
            other => {
                let mut bytes = [0; 4];
                for byte in other.encode_utf8(&mut bytes).bytes() {
                    escaped.push_str(&format!("%{byte:02x}"));
                }
            }
        }
    }
    if escaped.len() > MAX_FILE_NAME {
        let hash = Hash::of_bytes(stem.as_bytes());
        escaped = [&escaped[..MAX_FILE_NAME], "~", hash.short(8)].concat();
    }
    let mut name = [escaped.as_str(), ".yaml"].concat();
    let mut number = 2;
    while !taken.insert(name.to_lowercase()) {
        name = format!("{escaped}~{number}.yaml");
        number += 1;
    }
    let mut document = Mapping::new();
    for (key, value) in sections {
        document.insert(text(key), value);
    }
    let text = edit::document(&document);
    File { name, text }
}

/// Writes the comment and, where it is read, the owner.
pub(super) fn attached(page: &Page<'_>, target: &Address, into: &mut Mapping) {
    comment(page.model, target, into);
    if let Some(Object::Owner(own)) = page.model.objects.get(&Address::owner_of(target)) {
        into.insert(text("owner"), text(own.role.as_str()));
    } else if let Some(own) = page.privileges.unread_owner(target) {
        into.insert(text("owner"), text(own.as_str()));
    }
}

/// Writes what a sequence counts where it is not the usual.
pub(super) fn counting(own: &Counting, usual: &Counting, into: &mut Mapping) {
    let first = if own.increment < 0 {
        own.max_value
    } else {
        own.min_value
    };
    for (word, value, is_usual) in [
        ("increment", own.increment, own.increment == 1),
        ("min_value", own.min_value, own.min_value == usual.min_value),
        ("max_value", own.max_value, own.max_value == usual.max_value),
        ("start", own.start, own.start == first),
        ("cache", own.cache, own.cache == 1),
    ] {
        if !is_usual {
            into.insert(text(word), Value::Number(value.into()));
        }
    }
    if own.cycle {
        into.insert(text("cycle"), Value::Bool(true));
    }
}

fn sequence(page: &Page<'_>, address: &Address, own: &Sequence) -> Value {
    let mut map = Mapping::new();
    attached(page, address, &mut map);
    if own.data_type != SequenceType::Bigint {
        map.insert(text("type"), text(own.data_type.name()));
    }
    counting(
        &own.counting,
        &Counting::usual(own.data_type, own.counting.increment),
        &mut map,
    );
    if own.persistence == Persistence::Unlogged {
        map.insert(text("unlogged"), Value::Bool(true));
    }
    if let Some(Object::OwnedBy(owner)) = page.model.objects.get(&address.with_kind(Kind::OwnedBy))
    {
        map.insert(text("owned_by"), names(&owner.column));
    }
    Value::Mapping(map)
}

pub(super) fn comment(model: &Model<Expression>, target: &Address, into: &mut Mapping) {
    if let Some(Object::Comment(own)) = model.objects.get(&Address::comment_on(target)) {
        into.insert(text("comment"), block(&own.text));
    }
}

/// A comment's last line break would be taken for the block's own.
fn block(own: &str) -> Value {
    if own.ends_with('\n') {
        text(&[own, "\n"].concat())
    } else {
        text(own)
    }
}

/// Writes which rows are not known to comply.
pub(super) fn validity(validity: Validity, map: &mut Mapping) {
    let word = match validity {
        Validity::Valid => return,
        Validity::NotValid => "not_valid",
        Validity::NotEnforced => "not_enforced",
    };
    map.insert(text(word), Value::Bool(true));
}

/// Writes what an object refers to: the bare name where it is plain and lies in the object's own schema.
pub(super) fn reference(from: &Address, to: &[Name]) -> Value {
    let same_schema = to.first() == Some(from.schema_name());
    let plain = to
        .last()
        .filter(|name| same_schema && name.to_string() == name.as_str());
    plain.map_or_else(|| names(to), |name| text(name.as_str()))
}

pub(super) fn names(names: &[Name]) -> Value {
    Value::Sequence(names.iter().map(|name| text(name.as_str())).collect())
}

pub(super) fn index(
    model: &Model<Expression>,
    address: &Address,
    index: &Index<Expression>,
) -> Value {
    let elements = Value::Sequence(
        index
            .elements
            .iter()
            .map(|element| text(element.sql()))
            .collect(),
    );
    let mut own = Mapping::new();
    own.insert(text("columns"), elements.clone());
    if index.method.as_str() != "btree" {
        own.insert(text("method"), text(index.method.as_str()));
    }
    for (word, set) in [
        ("unique", index.unique),
        ("nulls_not_distinct", index.nulls_not_distinct),
    ] {
        if set {
            own.insert(text(word), Value::Bool(true));
        }
    }
    if !index.include.is_empty() {
        own.insert(text("include"), names(&index.include));
    }
    if let Some(predicate) = &index.predicate {
        own.insert(text("where"), text(predicate.sql()));
    }
    if !index.parameters.is_empty() {
        own.insert(text("with"), write_physical::options(&index.parameters));
    }
    if let Some(tablespace) = &index.tablespace {
        own.insert(text("tablespace"), text(tablespace.as_str()));
    }
    comment(model, address, &mut own);
    if own.len() == 1 {
        elements
    } else {
        Value::Mapping(own)
    }
}
