//! The section `tables`: columns, keys, checks, indexes.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use super::document::{Gathering, Head};
use super::fields::{self, Fields, Sql};
use super::node::{Node, Value};
use super::{foreign, partition, physical};
use crate::model::{
    Address, Check, Column, Default, Deferrable, Index, Kind, Name, NotNull, Object, Persistence,
    PrimaryKey, Table, Text as _, Validity, Written,
};

/// One table while it is read.
pub(super) struct Reading<'a> {
    /// The table, or the view, that is read.
    pub(super) table: Address,
    pub(super) path: &'a Arc<[Name]>,
    pub(super) gathering: &'a mut Gathering,
}

pub(super) fn read(
    head: &Head,
    name: &Name,
    key: &Rc<Node>,
    value: &Rc<Node>,
    gathering: &mut Gathering,
) {
    let Some(mut fields) = Fields::open(value, format!("table {name}"), &mut gathering.ledger)
    else {
        return;
    };
    let table = gathering.unit(head, Kind::Table, name, key, &mut fields);
    let own = Table {
        persistence: persistence(&mut fields, gathering),
        partition_by: partition::partition_by(&mut fields, &head.search_path, gathering),
        partition_of: None,
        index_names: BTreeMap::new(),
        not_null_names: BTreeMap::new(),
        inherits: partition::inherits(&mut fields, &table, gathering),
        tablespace: physical::place(&mut fields, 0, None, gathering),
        access_method: physical::place(&mut fields, 1, None, gathering),
        foreign: foreign::read(&table, &mut fields, gathering),
    };
    if let Some(node) = fields.key("unlogged")
        && own.partition_by.is_some()
        && own.persistence == Persistence::Unlogged
    {
        let what = format!("{table} holds no rows itself: its partitions may be unlogged");
        gathering.ledger.fault(&node, what, None);
    }
    partition::put(&table, key, own, gathering);
    columns(&table, &head.search_path, &mut fields, gathering);
    parts(&table, &head.search_path, &mut fields, gathering);
    fields.close(&mut gathering.ledger);
}

/// Reads whether a table survives a crash.
pub(super) fn persistence(fields: &mut Fields, gathering: &mut Gathering) -> Persistence {
    let unlogged = fields
        .get("unlogged")
        .and_then(|node| fields::boolean(&node, "unlogged", &mut gathering.ledger));
    if unlogged == Some(true) {
        Persistence::Unlogged
    } else {
        Persistence::Permanent
    }
}

fn columns(table: &Address, path: &Arc<[Name]>, fields: &mut Fields, gathering: &mut Gathering) {
    let Some(node) = fields.get("columns") else {
        return;
    };
    let mut reading = Reading {
        table: table.clone(),
        path,
        gathering,
    };
    let columns = fields::entries(&node, "columns", &mut reading.gathering.ledger);
    for (position, (name, key, value)) in columns.into_iter().enumerate() {
        reading.column(position, &name, &key, &value);
    }
}

/// Reads what a table has beside its columns, a partition as well as any other.
pub(super) fn parts(
    table: &Address,
    path: &Arc<[Name]>,
    fields: &mut Fields,
    gathering: &mut Gathering,
) {
    gathering.common(table, fields);
    gathering.renamed(table, fields);
    let mut reading = Reading {
        table: table.clone(),
        path,
        gathering: &mut *gathering,
    };
    reading.physical(fields);
    reading.row_security(fields);
    reading.rules(fields);
    if let Some(node) = fields.get("primary_key") {
        let key = fields.key("primary_key").unwrap_or_else(|| node.clone());
        reading.primary_key(&key, &node);
    }
    if let Some(node) = fields.get("unique") {
        let entries = fields::entries(&node, "unique", &mut reading.gathering.ledger);
        for (name, key, value) in entries {
            reading.unique(&name, &key, &value);
        }
    }
    if let Some(node) = fields.get("exclusions") {
        let entries = fields::entries(&node, "exclusions", &mut reading.gathering.ledger);
        for (name, key, value) in entries {
            reading.exclusion(&name, &key, &value);
        }
    }
    if let Some(node) = fields.get("foreign_keys") {
        let entries = fields::entries(&node, "foreign_keys", &mut reading.gathering.ledger);
        for (name, key, value) in entries {
            reading.foreign_key(&name, &key, &value);
        }
    }
    if let Some(node) = fields.get("triggers") {
        let entries = fields::entries(&node, "triggers", &mut reading.gathering.ledger);
        for (name, key, value) in entries {
            reading.trigger(&name, &key, &value);
        }
    }
    if let Some(node) = fields.get("checks") {
        for (name, key, value) in fields::entries(&node, "checks", &mut reading.gathering.ledger) {
            reading.check(&name, &key, &value);
        }
    }
    if let Some(node) = fields.get("indexes") {
        for (name, key, value) in fields::entries(&node, "indexes", &mut reading.gathering.ledger) {
            reading.index(&name, &key, &value);
        }
    }
    partition::partitions(fields, table, path, gathering);
}

impl Reading<'_> {
    pub(super) fn sql(&mut self, node: &Node, what: &str) -> Option<Written> {
        fields::sql(node, what, Sql::Text, self.path, &mut self.gathering.ledger)
    }

    fn column(&mut self, position: usize, name: &Name, key: &Rc<Node>, value: &Rc<Node>) {
        let address = self.table.part(Kind::Column, name);
        let place = u16::try_from(position + 1).unwrap_or(u16::MAX);
        self.gathering
            .declared
            .written
            .position
            .insert(address.clone(), place);
        if matches!(value.value, Value::Scalar { .. }) {
            if let Some(type_name) = self.type_name(value) {
                self.gathering.put(
                    &address,
                    key,
                    Object::Column(Column {
                        type_name,
                        collation: None,
                        generated: None,
                        is_virtual: false,
                    }),
                );
            }
            return;
        }
        let what = format!("column {name}");
        let Some(mut fields) = Fields::open(value, what, &mut self.gathering.ledger) else {
            return;
        };
        let type_name = match fields.get("type") {
            Some(node) => self.type_name(&node),
            None => {
                self.gathering
                    .ledger
                    .fault(key, format!("{address} has no `type`"), None);
                None
            }
        };
        let collation = fields
            .get("collation")
            .and_then(|node| fields::collation(&node, &mut self.gathering.ledger));
        let generated = fields
            .get("generated")
            .and_then(|node| self.sql(&node, "the generation expression"));
        let is_generated = generated.is_some();
        let said = fields.get("virtual");
        let is_virtual = said
            .as_ref()
            .and_then(|node| fields::boolean(node, "virtual", &mut self.gathering.ledger))
            == Some(true);
        if let Some(node) = said.filter(|_| is_virtual && !is_generated) {
            let what = format!("{address} is virtual, and nothing says what it is `generated` as");
            self.gathering.ledger.fault(&node, what, None);
        }
        if let Some(type_name) = type_name {
            self.gathering.put(
                &address,
                key,
                Object::Column(Column {
                    type_name,
                    collation,
                    generated,
                    is_virtual,
                }),
            );
        }
        if let Some(node) = fields.get("default")
            && let Some(value) = self.sql(&node, "the default")
        {
            self.default(&address, &node, value, is_generated);
        }
        if let Some(node) = fields.get("not_null") {
            self.not_null(&address, &node);
        }
        self.gathering.renamed(&address, &mut fields);
        self.column_settings(&address, key, &mut fields);
        if let Some(node) = fields.get("identity") {
            let written = self.gathering.declared.written.objects.get(&address);
            let type_name = match written {
                Some(Object::Column(column)) => column.type_name.sql().to_owned(),
                _ => String::new(),
            };
            super::sequence::identity(&address, &type_name, &node, self.gathering);
        }
        if let Some(at) = fields.key("compression")
            && self.gathering.declared.written.is_foreign(&self.table)
        {
            let what =
                format!("{address} is in a foreign table: there are no values here to compress");
            self.gathering.ledger.fault(&at, what, None);
        }
        for (word, what) in [
            ("backfill", "the backfill"),
            ("using", "the conversion"),
            ("using_back", "the conversion back"),
        ] {
            if let Some(at) = fields.key(word)
                && self.gathering.declared.written.is_foreign(&self.table)
            {
                let what = format!(
                    "{address} is in a foreign table: there are no values here for `{word}`"
                );
                self.gathering.ledger.fault(&at, what, None);
            }
            if let Some(node) = fields.get(word)
                && let Some(text) = self.sql(&node, what)
            {
                let intent = &mut self.gathering.declared.intent;
                let kept = match word {
                    "backfill" => &mut intent.backfill,
                    "using" => &mut intent.using,
                    _ => &mut intent.using_back,
                };
                kept.insert(address.clone(), text);
            }
        }
        self.gathering.comment(&address, &mut fields);
        self.gathering.protect(&address, &mut fields);
        fields.close(&mut self.gathering.ledger);
    }

    fn type_name(&mut self, node: &Node) -> Option<Written> {
        let type_name = self.sql(node, "the type")?;
        let word = type_name.sql().to_lowercase();
        let plain = match word.as_str() {
            "serial" | "serial4" => "integer",
            "bigserial" | "serial8" => "bigint",
            "smallserial" | "serial2" => "smallint",
            _ => return Some(type_name),
        };
        self.gathering.ledger.fault(
            node,
            format!("`{word}` is no type: it stands for a sequence, a default and NOT NULL"),
            format!("write `type: {plain}` with the sequence's `nextval` as `default`"),
        );
        None
    }

    fn default(&mut self, column: &Address, node: &Node, value: Written, is_generated: bool) {
        if is_generated {
            self.gathering.ledger.fault(
                node,
                format!("{column} is generated and cannot have a default"),
                None,
            );
            return;
        }
        let word = value.sql().to_lowercase();
        if matches!(
            word.as_str(),
            "'now'" | "'today'" | "'tomorrow'" | "'yesterday'"
        ) {
            self.gathering.ledger.fault(
                node,
                format!("{word} as a default is the moment at which it is declared, not the moment of the insert"),
                "write `now()` or `CURRENT_DATE`".to_owned(),
            );
            return;
        }
        self.gathering.put(
            &column.with_kind(Kind::Default),
            node,
            Object::Default(Default { value }),
        );
    }

    fn not_null(&mut self, column: &Address, node: &Rc<Node>) {
        let address = column.with_kind(Kind::NotNull);
        if matches!(node.value, Value::Map(_)) {
            let what = format!("not_null of {column}");
            let Some(mut fields) = Fields::open(node, what, &mut self.gathering.ledger) else {
                return;
            };
            let name = fields
                .get("name")
                .and_then(|node| fields::name(&node, &mut self.gathering.ledger));
            let validity = self.validity(&mut fields);
            let no_inherit = self.flag(&mut fields, "no_inherit");
            let not_null = NotNull {
                name,
                validity,
                no_inherit,
            };
            self.gathering
                .put(&address, node, Object::NotNull(not_null));
            fields.close(&mut self.gathering.ledger);
        } else if fields::boolean(node, "not_null", &mut self.gathering.ledger) == Some(true) {
            let not_null = NotNull {
                name: None,
                validity: Validity::Valid,
                no_inherit: false,
            };
            self.gathering
                .put(&address, node, Object::NotNull(not_null));
        }
    }

    pub(super) fn validity(&mut self, fields: &mut Fields) -> Validity {
        Validity::from_flag(!self.flag(fields, "not_valid"))
    }

    /// Reads `not_valid` and `not_enforced`.
    pub(super) fn enforced(&mut self, fields: &mut Fields) -> Validity {
        let validity = self.validity(fields);
        let at = fields.get("not_enforced");
        let is_set = at.as_ref().is_some_and(|node| {
            fields::boolean(node, "not_enforced", &mut self.gathering.ledger) == Some(true)
        });
        match at {
            Some(node) if is_set && validity == Validity::NotValid => {
                let mend =
                    "leave `not_valid` out: what is not enforced holds for no row".to_owned();
                self.gathering.ledger.fault(
                    &node,
                    "a constraint is either not valid or not enforced",
                    Some(mend),
                );
                validity
            }
            _ if is_set => Validity::NotEnforced,
            _ => validity,
        }
    }

    fn flag(&mut self, fields: &mut Fields, word: &'static str) -> bool {
        let node = fields.get(word);
        let value = node.and_then(|node| fields::boolean(&node, word, &mut self.gathering.ledger));
        value == Some(true)
    }

    fn primary_key(&mut self, key: &Rc<Node>, node: &Rc<Node>) {
        let address = self.table.with_kind(Kind::PrimaryKey);
        let mut own = PrimaryKey {
            name: None,
            columns: Vec::new(),
            include: Vec::new(),
            without_overlaps: false,
            deferrable: Deferrable::No,
        };
        if matches!(node.value, Value::List(_)) {
            own.columns =
                fields::names(node, "primary_key", &mut self.gathering.ledger).unwrap_or_default();
        } else if let Value::Scalar { .. } = node.value {
            let what = format!("primary_key is {}, not a list of columns", node.describe());
            let mend = "write its columns in brackets: `primary_key: [id]`";
            self.gathering.ledger.fault(node, what, mend.to_owned());
            return;
        } else {
            let Some(mut fields) = Fields::open(node, "primary_key", &mut self.gathering.ledger)
            else {
                return;
            };
            let ledger = &mut self.gathering.ledger;
            own.name = fields
                .get("name")
                .and_then(|node| fields::name(&node, ledger));
            own.columns = fields
                .get("columns")
                .and_then(|node| fields::names(&node, "columns", ledger))
                .unwrap_or_default();
            own.include = fields
                .get("include")
                .and_then(|node| fields::names(&node, "include", ledger))
                .unwrap_or_default();
            own.without_overlaps = super::constraint::without_overlaps(&mut fields, ledger);
            own.deferrable = super::constraint::deferrable(&mut fields, ledger);
            self.gathering
                .comment_on(&address, own.name.as_ref(), &mut fields);
            fields.close(&mut self.gathering.ledger);
        }
        if own.columns.is_empty() {
            self.gathering
                .ledger
                .fault(node, "a primary key has at least one column", None);
            return;
        }
        self.known_columns(node, own.columns.iter().chain(&own.include));
        self.gathering.put(&address, key, Object::PrimaryKey(own));
    }

    /// Reports names that are no columns of this table.
    pub(super) fn known_columns<'n>(&mut self, at: &Node, names: impl Iterator<Item = &'n Name>) {
        // What it inherits may be declared further down.
        let inherits = matches!(self.gathering.declared.written.objects.get(&self.table), Some(Object::Table(own)) if !own.inherits.is_empty());
        if inherits {
            return;
        }
        // A partition has the columns of its table.
        let whole = self.gathering.declared.written.root_of(&self.table);
        let first = Address::new(Kind::Column, whole.path().iter().cloned());
        let positions = &self.gathering.declared.written.position;
        let columns: Vec<Name> = positions
            .range(first..)
            .map(|(column, _)| column)
            .take_while(|column| column.path().starts_with(whole.path()))
            .map(|column| column.name().clone())
            .collect();
        for name in names.filter(|name| !columns.contains(name)) {
            let nearest = fields::nearest(name.as_str(), columns.iter().map(Name::as_str));
            let mend = nearest.map(|nearest| format!("did you mean `{nearest}`?"));
            self.gathering
                .ledger
                .fault(at, format!("{} has no column {name}", self.table), mend);
        }
    }

    fn check(&mut self, name: &Name, key: &Rc<Node>, value: &Rc<Node>) {
        let address = self.table.part(Kind::Check, name);
        if matches!(value.value, Value::Scalar { .. }) {
            if let Some(expression) = self.sql(value, "the check") {
                let check = Check {
                    expression,
                    validity: Validity::Valid,
                    no_inherit: false,
                };
                self.gathering.put(&address, key, Object::Check(check));
            }
            return;
        }
        let Some(mut fields) =
            Fields::open(value, format!("check {name}"), &mut self.gathering.ledger)
        else {
            return;
        };
        let validity = self.enforced(&mut fields);
        let no_inherit = self.flag(&mut fields, "no_inherit");
        match fields.get("check") {
            Some(node) => {
                if let Some(expression) = self.sql(&node, "the check") {
                    let check = Check {
                        expression,
                        validity,
                        no_inherit,
                    };
                    self.gathering.put(&address, key, Object::Check(check));
                }
            }
            None => self
                .gathering
                .ledger
                .fault(key, format!("{address} has no `check`"), None),
        }
        self.gathering.comment(&address, &mut fields);
        self.gathering.renamed(&address, &mut fields);
        fields.close(&mut self.gathering.ledger);
    }

    pub(super) fn index(&mut self, name: &Name, key: &Rc<Node>, value: &Rc<Node>) {
        let address = Address::new(
            Kind::Index,
            [self.table.schema_name().clone(), name.clone()],
        );
        if let Some(first) = self.gathering.declared.origins.0.get(&address).filter(|_| {
            self.gathering
                .declared
                .written
                .objects
                .contains_key(&address)
        }) {
            let mend =
                format!("the first one is at {first}; indexes of a schema share one name space");
            self.gathering
                .ledger
                .fault(key, format!("{address} is declared twice"), mend);
            return;
        }
        let mut own = Index {
            table: self.table.name().clone(),
            on_view: self.table.kind() == Kind::MaterializedView,
            method: Name::new("btree"),
            unique: false,
            nulls_not_distinct: false,
            elements: Vec::new(),
            include: Vec::new(),
            predicate: None,
            parameters: crate::model::Options::default(),
            tablespace: None,
            validity: Validity::Valid,
        };
        if matches!(value.value, Value::List(_)) {
            own.elements = self.elements(value);
            self.gathering.put(&address, key, Object::Index(own));
            return;
        }
        let Some(mut fields) =
            Fields::open(value, format!("index {name}"), &mut self.gathering.ledger)
        else {
            return;
        };
        match fields.get("columns") {
            Some(node) => own.elements = self.elements(&node),
            None => self
                .gathering
                .ledger
                .fault(key, format!("{address} has no `columns`"), None),
        }
        let ledger = &mut self.gathering.ledger;
        if let Some(node) = fields.get("method")
            && let Some(method) = fields::name(&node, ledger)
        {
            own.method = method;
        }
        let mut flag = |word: &'static str, ledger: &mut super::fault::Ledger| {
            fields
                .get(word)
                .and_then(|node| fields::boolean(&node, word, ledger))
                == Some(true)
        };
        own.unique = flag("unique", ledger);
        own.nulls_not_distinct = flag("nulls_not_distinct", ledger);
        own.include = fields
            .get("include")
            .and_then(|node| fields::names(&node, "include", ledger))
            .unwrap_or_default();
        own.tablespace = fields
            .get("tablespace")
            .and_then(|node| fields::name(&node, ledger));
        own.parameters = super::physical::options(&mut fields, "with", ledger);
        own.predicate = fields
            .get("where")
            .and_then(|node| self.sql(&node, "the predicate"));
        if !own.on_view {
            self.known_columns(value, own.include.iter());
        }
        self.gathering.put(&address, key, Object::Index(own));
        self.gathering.comment(&address, &mut fields);
        self.gathering.renamed(&address, &mut fields);
        fields.close(&mut self.gathering.ledger);
    }

    fn elements(&mut self, node: &Node) -> Vec<Written> {
        let Value::List(items) = &node.value else {
            let what = format!(
                "columns is {}, not a list of columns and expressions",
                node.describe()
            );
            self.gathering.ledger.fault(node, what, None);
            return Vec::new();
        };
        if items.is_empty() {
            self.gathering
                .ledger
                .fault(node, "an index has at least one column", None);
        }
        items
            .iter()
            .filter_map(|item| self.sql(item, "an index column"))
            .collect()
    }
}
