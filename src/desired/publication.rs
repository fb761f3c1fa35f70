//! What a publication publishes: the keys `tables` and `schemas`.

use std::rc::Rc;

use super::document::{Gathering, Head};
use super::fields::{self, Fields, Sql};
use super::node::Node;
use crate::model::{Address, Kind, Name, Object, PublishedSchema, PublishedTable};

impl Gathering {
    /// Reads what a publication names; one that publishes `every` table names none.
    pub(super) fn published(
        &mut self,
        head: &Head,
        publication: &Address,
        every: bool,
        fields: &mut Fields,
    ) {
        if let Some(node) = fields.get("tables") {
            for (key, value) in fields::raw_entries(&node, "tables", &mut self.ledger) {
                self.published_table(head, publication, &key, &value);
            }
            self.not_both(publication, &node, every);
        }
        if let Some(node) = fields.get("schemas") {
            let schemas = fields::names(&node, "schemas", &mut self.ledger);
            for schema in schemas.into_iter().flatten() {
                let path = [schema, publication.name().clone()];
                let address = Address::new(Kind::PublishedSchema, path);
                self.put(&address, &node, Object::PublishedSchema(PublishedSchema {}));
            }
            self.not_both(publication, &node, every);
        }
    }

    fn not_both(&mut self, publication: &Address, at: &Node, every: bool) {
        if every {
            let what = format!("{publication} publishes all tables");
            let mend = "write `all_tables`, or name what is published".to_owned();
            self.ledger.fault(at, what, mend);
        }
    }

    fn published_table(
        &mut self,
        head: &Head,
        publication: &Address,
        key: &Rc<Node>,
        value: &Rc<Node>,
    ) {
        let Some(path) = fields::reference(key, "a table", &mut self.ledger) else {
            return;
        };
        let path: Vec<Name> = match path.as_slice() {
            [name] => vec![head.schema.clone(), name.clone()],
            [_, _] => path,
            _ => {
                let mend = "write `name` or `schema.name`".to_owned();
                self.ledger.fault(key, "it is no table's name", mend);
                return;
            }
        };
        let table = Address::new(Kind::Table, path);
        let address = table.part(Kind::PublishedTable, publication.name());
        let mut own = PublishedTable {
            columns: Vec::new(),
            filter: None,
        };
        if !value.is_null() {
            let what = format!("{table} in {publication}");
            let Some(mut fields) = Fields::open(value, what, &mut self.ledger) else {
                return;
            };
            let ledger = &mut self.ledger;
            let columns = fields.get("columns");
            let columns = columns.and_then(|node| {
                let names = fields::names(&node, "columns", ledger)?;
                if names.is_empty() {
                    let mend = "leave `columns` out for all of them".to_owned();
                    ledger.fault(&node, "it names no columns", mend);
                }
                Some(names)
            });
            own.columns = columns.unwrap_or_default();
            own.columns.sort();
            own.columns.dedup();
            let filter = fields.get("where");
            own.filter = filter
                .and_then(|node| fields::sql(&node, "where", Sql::Text, &head.search_path, ledger));
            fields.close(ledger);
        }
        if self.declared.written.objects.contains_key(&address) {
            let what = format!("{table} stands twice in {publication}");
            self.ledger.fault(key, what, None);
        }
        self.put(&address, key, Object::PublishedTable(own));
    }
}
