//! The key `rules` of a table or view.

use std::rc::Rc;

use super::fields::{self, Fields};
use super::node::Node;
use super::table::Reading;
use crate::model::{Event, Kind, Name, Object, Rule};

impl Reading<'_> {
    /// Reads the rules.
    pub(super) fn rules(&mut self, fields: &mut Fields) {
        let Some(node) = fields.get("rules") else {
            return;
        };
        let entries = fields::entries(&node, "rules", &mut self.gathering.ledger);
        for (name, key, value) in entries {
            self.rule(&name, &key, &value);
        }
    }

    fn rule(&mut self, name: &Name, key: &Rc<Node>, value: &Rc<Node>) {
        let address = self.table.part(Kind::Rule, name);
        let ledger = &mut self.gathering.ledger;
        let Some(mut fields) = Fields::open(value, format!("rule {name}"), ledger) else {
            return;
        };
        let event = fields.get("event").and_then(|node| {
            let word = fields::text(&node, "event", ledger)?;
            match &*word {
                "insert" => Some(Event::Insert),
                "update" => Some(Event::Update),
                "delete" => Some(Event::Delete),
                _ => {
                    let what = format!("event is insert, update or delete, not `{word}`");
                    ledger.fault(&node, what, None);
                    None
                }
            }
        });
        let instead = fields.get("instead");
        let instead = instead.and_then(|node| fields::boolean(&node, "instead", ledger));
        let enabled = super::constraint::enabled(&mut fields, ledger);
        let condition = fields.get("where");
        let condition = condition.and_then(|node| self.sql(&node, "the condition"));
        let action = fields.get("do");
        let action = action.and_then(|node| self.sql(&node, "what is done"));
        self.gathering.comment(&address, &mut fields);
        self.gathering.renamed(&address, &mut fields);
        let said = ["event", "do"].map(|word| fields.key(word).is_some());
        match (event, action) {
            (Some(event), Some(action)) => {
                let rule = Rule {
                    on_view: self.table.kind() == Kind::View,
                    event,
                    condition,
                    instead: instead == Some(true),
                    action,
                    enabled,
                };
                self.gathering.put(&address, key, Object::Rule(rule));
            }
            _ if said != [true, true] => {
                let word = if said[0] { "do" } else { "event" };
                let what = format!("{address} has no `{word}`");
                self.gathering.ledger.fault(key, what, None);
            }
            _ => {}
        }
        fields.close(&mut self.gathering.ledger);
    }
}
