//! Row-level security of a table: the keys `row_level_security`, `force_row_level_security` and `policies`.

use std::rc::Rc;

use super::fault::Ledger;
use super::fields::{self, Fields, Sql};
use super::node::{Node, Value};
use super::privilege::is_everybody;
use super::table::Reading;
use crate::model::{Kind, Name, Object, Policy, PolicyCommand, RowSecurity};

impl Reading<'_> {
    /// Reads whether policies count, and the policies.
    pub(super) fn row_security(&mut self, fields: &mut Fields) {
        let ledger = &mut self.gathering.ledger;
        let node = fields.get("row_level_security");
        let enabled = node.and_then(|node| fields::boolean(&node, "row_level_security", ledger));
        let node = fields.get("force_row_level_security");
        let forced =
            node.and_then(|node| fields::boolean(&node, "force_row_level_security", ledger));
        let own = RowSecurity {
            enabled: enabled == Some(true),
            forced: forced == Some(true),
        };
        let is_enabled = own.enabled;
        if let Some(at) = ["row_level_security", "force_row_level_security"]
            .iter()
            .find_map(|key| fields.key(key))
            && (own.enabled || own.forced)
        {
            let address = self.table.with_kind(Kind::RowSecurity);
            self.gathering.put(&address, &at, Object::RowSecurity(own));
        }
        let Some(node) = fields.get("policies") else {
            return;
        };
        let entries = fields::entries(&node, "policies", &mut self.gathering.ledger);
        if !entries.is_empty() && !is_enabled {
            let at = fields.key("policies").unwrap_or(node);
            self.gathering.ledger.warning(
                &at,
                "policies count for nobody without `row_level_security: true`",
                None,
            );
        }
        for (name, key, value) in entries {
            self.policy(&name, &key, &value);
        }
    }

    fn policy(&mut self, name: &Name, key: &Rc<Node>, value: &Rc<Node>) {
        let address = self.table.part(Kind::Policy, name);
        let what = format!("policy {name}");
        let ledger = &mut self.gathering.ledger;
        let Some(mut fields) = Fields::open(value, what, ledger) else {
            return;
        };
        let permissive = match word(&mut fields, "as", ledger) {
            None => true,
            Some((word, node)) => match word.as_str() {
                "permissive" => true,
                "restrictive" => false,
                _ => {
                    let what = format!("as is permissive or restrictive, not `{word}`");
                    ledger.fault(&node, what, None);
                    true
                }
            },
        };
        let command = match word(&mut fields, "for", ledger) {
            None => PolicyCommand::All,
            Some((word, node)) => match word.as_str() {
                "all" => PolicyCommand::All,
                "select" => PolicyCommand::Select,
                "insert" => PolicyCommand::Insert,
                "update" => PolicyCommand::Update,
                "delete" => PolicyCommand::Delete,
                _ => {
                    let what =
                        format!("for is all, select, insert, update or delete, not `{word}`");
                    ledger.fault(&node, what, None);
                    PolicyCommand::All
                }
            },
        };
        let roles = fields.get("to");
        if let Some(node) = &roles
            && matches!(&node.value, Value::List(items) if items.is_empty())
        {
            let mend = "leave `to` out for a policy that is for everybody".to_owned();
            ledger.fault(node, "it is for no role", mend);
        }
        let roles = roles.and_then(|node| match &node.value {
            Value::List(_) => fields::names(&node, "to", ledger),
            Value::Scalar { .. } | Value::Map(_) => {
                fields::name(&node, ledger).map(|own| vec![own])
            }
        });
        let mut roles = roles.unwrap_or_default();
        roles.sort();
        roles.dedup();
        // What is for everybody is for every role besides.
        if roles.iter().any(is_everybody) {
            roles.clear();
        }
        let mut text = |word: &'static str, fields: &mut Fields| {
            let node = fields.get(word)?;
            fields::sql(&node, word, Sql::Text, self.path, ledger)
        };
        let (using, with_check) = (text("using", &mut fields), text("with_check", &mut fields));
        let own = Policy {
            permissive,
            command,
            roles,
            using,
            with_check,
        };
        self.gathering.put(&address, key, Object::Policy(own));
        self.gathering.comment(&address, &mut fields);
        self.gathering.renamed(&address, &mut fields);
        fields.close(&mut self.gathering.ledger);
    }
}

fn word(fields: &mut Fields, key: &'static str, ledger: &mut Ledger) -> Option<(String, Rc<Node>)> {
    let node = fields.get(key)?;
    let text = fields::text(&node, key, ledger)?;
    Some((text.to_lowercase(), node))
}
