//! The key `grants`: who may do what with an object.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::document::Gathering;
use super::fault::Fault;
use super::fields::{self, Fields};
use super::node::{Node, Value};
use crate::model::{
    ALL_PRIVILEGES, APPLIER, Address, EVERYBODY, Grant, Kind, Name, Object, Written,
};

/// Every privilege of every version is a word of the format.
const ANY_MAJOR: u16 = u16::MAX;

/// One element of a role's list.
struct Listed {
    privilege: String,
    columns: Vec<Name>,
    how: Grant,
}

impl Gathering {
    /// Reads who may do what. A list is whole: what everybody has by itself has to be said as well.
    pub(super) fn grants(&mut self, target: &Address, fields: &mut Fields) {
        if let Some(node) = fields.get("grants") {
            self.list("grants", target, &node);
        }
    }

    /// Reads what a role's things are open to from the start: a list for each kind of them, in a schema or wherever.
    pub(super) fn default_privileges(
        &mut self,
        schema: Option<&Name>,
        maker: &Name,
        key: &Rc<Node>,
        value: &Rc<Node>,
    ) {
        if is_everybody(maker) || maker.as_str() == APPLIER {
            let what = format!("{maker} is no role that makes things");
            let mend = "write the name of the role whose new things the lists are about".to_owned();
            self.ledger.fault(key, what, mend);
            return;
        }
        let what = format!("default privileges of {maker}");
        let Some(mut fields) = Fields::open(value, what, &mut self.ledger) else {
            return;
        };
        let kinds = [
            ("tables", Kind::Table),
            ("sequences", Kind::Sequence),
            ("functions", Kind::Function),
            ("types", Kind::Enum),
            ("schemas", Kind::Schema),
        ];
        // Schemas lie in none.
        let kinds = kinds
            .iter()
            .filter(|(_, kind)| schema.is_none() || *kind != Kind::Schema);
        for (word, kind) in kinds {
            let Some(node) = fields.get(word) else {
                continue;
            };
            let list = Address::default_privileges(*kind, schema, maker);
            if self.declared.listed.contains_key(&list) {
                let what = format!("the {word} of {maker} are listed twice");
                self.ledger.fault(&node, what, None);
                continue;
            }
            self.list(word, &list, &node);
        }
        fields.close(&mut self.ledger);
    }

    /// Reads a list by role: of an object, or of what is made from now on.
    fn list(&mut self, word: &'static str, target: &Address, node: &Rc<Node>) {
        if node.is_null() {
            self.ledger.fault(
                node,
                format!("{word} has no value"),
                "write `{}` for nobody but the owner, or leave the key out: then privileges are not compared".to_owned(),
            );
            return;
        }
        let mut roles: BTreeSet<Name> = BTreeSet::new();
        for (role, key, list) in fields::entries(node, word, &mut self.ledger) {
            let is_everybody = is_everybody(&role);
            let role = if is_everybody {
                Name::new(EVERYBODY)
            } else {
                role
            };
            if !roles.insert(role.clone()) {
                self.ledger
                    .fault(&key, format!("{role} stands twice in {word}"), None);
            }
            let Value::List(items) = &list.value else {
                let what = format!("what {role} may do is {}, not a list", list.describe());
                let mend = "write a list of privileges: `[select, insert]`".to_owned();
                self.ledger.fault(&list, what, mend);
                continue;
            };
            for item in items {
                let Some(own) = self.listed(target, item) else {
                    continue;
                };
                if is_everybody && own.how == Grant::Grantable {
                    self.ledger.fault(
                        item,
                        "the server gives PUBLIC no right to pass a privilege on",
                        None,
                    );
                    continue;
                }
                self.grant(target, &role, own, item);
            }
        }
        // In a schema nothing is given by itself.
        let given = match target.default_schema() {
            Some(_) => &[][..],
            None => kind_of(target).given_to_everybody(),
        };
        for privilege in given {
            let everybody = Name::new(EVERYBODY);
            let [at, all] =
                [privilege, ALL_PRIVILEGES].map(|own| of_role(target, &everybody, &Name::new(own)));
            let objects = &mut self.declared.written.objects;
            let said = [objects.remove(&at), objects.remove(&all)];
            if said.iter().all(Option::is_none) {
                objects.insert(at, how_of(target, Grant::Taken));
            }
        }
        self.declared.listed.insert(target.clone(), roles);
    }

    fn grant(&mut self, target: &Address, role: &Name, own: Listed, at: &Node) {
        let privilege = Name::new(&own.privilege);
        let targets: Vec<Address> = if own.columns.is_empty() {
            vec![target.clone()]
        } else {
            let columns = own.columns.iter();
            columns.map(|column| column_of(target, column)).collect()
        };
        for target in targets {
            let is_column = !own.columns.is_empty();
            let privileges = if is_column && own.privilege == ALL_PRIVILEGES {
                let all = Kind::Column.privileges(ANY_MAJOR);
                all.iter().map(|own| Name::new(*own)).collect()
            } else {
                vec![privilege.clone()]
            };
            for privilege in privileges {
                let address = of_role(&target, role, &privilege);
                if self.declared.written.objects.contains_key(&address) {
                    let what = format!(
                        "{} is listed twice for {role}",
                        own.privilege.to_lowercase()
                    );
                    self.ledger.fault(at, what, None);
                }
                self.put(&address, at, how_of(&target, own.how));
            }
        }
    }

    /// Reads `select`, `update(email)` or a map.
    fn listed(&mut self, target: &Address, item: &Rc<Node>) -> Option<Listed> {
        let (word, columns, how) = if let Value::Map(_) = &item.value {
            let mut fields = Fields::open(item, "a privilege", &mut self.ledger)?;
            let ledger = &mut self.ledger;
            let word = fields.get("privilege");
            let word = word.and_then(|node| fields::text(&node, "privilege", ledger));
            let columns = fields.get("columns");
            if let Some(node) = &columns
                && matches!(&node.value, Value::List(items) if items.is_empty())
            {
                let mend = "leave `columns` out for the whole object".to_owned();
                ledger.fault(node, "it names no columns", mend);
                return None;
            }
            let columns = columns.and_then(|node| fields::names(&node, "columns", ledger));
            let option = fields.get("with_grant_option");
            let option =
                option.and_then(|node| fields::boolean(&node, "with_grant_option", ledger));
            fields.close(ledger);
            let how = if option == Some(true) {
                Grant::Grantable
            } else {
                Grant::Held
            };
            let Some(word) = word else {
                ledger.fault(item, "it says no `privilege`", None);
                return None;
            };
            (word.to_string(), columns.unwrap_or_default(), how)
        } else {
            let text = fields::text(item, "a privilege", &mut self.ledger)?;
            let Some((word, columns)) = split(&text) else {
                let what = format!("`{text}` is no privilege");
                let mend = "write `select`, or `update(email, name)` for some columns".to_owned();
                self.ledger.fault(item, what, mend);
                return None;
            };
            (word, columns, Grant::Held)
        };
        let word = word.trim().to_uppercase();
        let privilege = if word == "ALL PRIVILEGES" {
            ALL_PRIVILEGES.to_owned()
        } else {
            word
        };
        let kind = if columns.is_empty() {
            kind_of(target)
        } else {
            Kind::Column
        };
        let has_columns = matches!(
            target.kind(),
            Kind::Table | Kind::View | Kind::MaterializedView
        );
        if !columns.is_empty() && !has_columns {
            let what = format!("{target} has no columns to speak of");
            self.ledger.fault(item, what, None);
            return None;
        }
        let known = kind.privileges(ANY_MAJOR);
        if privilege != ALL_PRIVILEGES && !known.contains(&privilege.as_str()) {
            let on = if target.default_list().is_some() {
                "what is made here".to_owned()
            } else if columns.is_empty() {
                target.to_string()
            } else {
                "columns".to_owned()
            };
            let words = known.iter().map(|own| own.to_lowercase());
            let words: Vec<String> = words.chain(["all".to_owned()]).collect();
            self.ledger.fault(
                item,
                format!(
                    "there is no privilege `{}` on {on}",
                    privilege.to_lowercase()
                ),
                format!("there are: {}", words.join(", ")),
            );
            return None;
        }
        Some(Listed {
            privilege,
            columns,
            how,
        })
    }

    /// Reports privileges on columns that their table does not have.
    pub(super) fn unknown_columns(&mut self) {
        let objects = &self.declared.written.objects;
        let mut found = Vec::new();
        for (address, object) in objects {
            let (Object::Grant(_), Some(column)) = (object, address.target()) else {
                continue;
            };
            if column.kind() != Kind::Column || objects.contains_key(&column) {
                continue;
            }
            let table = column.table();
            let known: Vec<Address> = self.declared.written.columns_of(&table);
            let names = known.iter().map(|own| own.name().as_str());
            let nearest = fields::nearest(column.name().as_str(), names);
            let place = self.declared.origins.0.get(address).cloned();
            let what = if !self.declared.written.parents(&table).is_empty() {
                format!(
                    "{} of {table} comes from another table: privileges on it are not modelled",
                    column.name()
                )
            } else {
                format!("{table} has no column {}", column.name())
            };
            found.extend(place.map(|place| Fault {
                is_shown: true,
                place,
                length: 1,
                what,
                mend: nearest.map(|own| format!("did you mean `{own}`?")),
            }));
        }
        self.ledger.faults.extend(found);
    }
}

/// Says whether a name stands for every role: no role can be called `public`, and SQL spells it `PUBLIC` as well.
pub(super) fn is_everybody(role: &Name) -> bool {
    matches!(role.as_str(), "public" | EVERYBODY)
}

/// Returns the kind of what a list is about.
fn kind_of(target: &Address) -> Kind {
    target.on().unwrap_or(target.kind())
}

/// Returns the address of a role's privilege in a list.
fn of_role(target: &Address, role: &Name, privilege: &Name) -> Address {
    if target.default_list().is_some() {
        target.by_default(role, privilege)
    } else {
        Address::privilege_on(target, role, privilege)
    }
}

fn how_of(target: &Address, how: Grant) -> Object<Written> {
    if target.default_list().is_some() {
        Object::DefaultPrivilege(how)
    } else {
        Object::Grant(how)
    }
}

fn column_of(relation: &Address, column: &Name) -> Address {
    if matches!(relation.kind(), Kind::View | Kind::MaterializedView) {
        relation.view_column(column)
    } else {
        relation.part(Kind::Column, column)
    }
}

/// Splits `update(email, "a, b")` into its word and its columns.
fn split(text: &str) -> Option<(String, Vec<Name>)> {
    if !text.contains('(') {
        return Some((text.to_owned(), Vec::new()));
    }
    let (word, columns) = Name::split_routine(text)?;
    let names = columns.iter().map(|own| Name::unquoted(own.as_str()));
    let names: Vec<Name> = names.collect();
    (!names.is_empty()).then(|| (word.as_str().to_owned(), names))
}

#[cfg(test)]
mod tests {
    #[test]
    fn mistakes_in_lists_are_told() {
        let text = "\
tables:
  t:
    columns: { id: bigint, email: text }
    grants:
      a: select
      b: [selekt, execute, update(emial), select, SELECT]
      public: [{ privilege: select, with_grant_option: true }, { columns: [id] }]
sequences: { s: { grants: { a: [usage(id), \"update(\"] } } }
views: { v: { query: \"SELECT 1\", grants: } }
";
        let files = vec![("f.yaml".to_owned(), text.to_owned())];
        let faults = super::super::declare(&[files]).expect_err("it has faults");
        let what: Vec<String> = faults.faults.iter().map(|own| own.what.clone()).collect();
        assert_eq!(
            what,
            [
                "what a may do is text, not a list",
                "there is no privilege `selekt` on table public.t",
                "there is no privilege `execute` on table public.t",
                "table public.t has no column emial",
                "select is listed twice for b",
                "the server gives PUBLIC no right to pass a privilege on",
                "it says no `privilege`",
                "sequence public.s has no columns to speak of",
                "`update(` is no privilege",
                "grants has no value",
            ]
        );
    }
}
