//! A plan as SQL, for reading and for those who run it by hand.

use super::outline::{self, act};
use crate::plan::{Act, Plan};

/// Shows a plan's statements with the transactions they run in. The journal's own rows are left out: what is run by
/// hand is drift to the tool.
pub fn script(plan: &Plan) -> String {
    let decision = &plan.decision;
    let mut text = format!("-- {}\n", outline::headline(plan));
    for (at, stage) in decision.stages.iter().enumerate() {
        text.push_str(&format!(
            "\n-- stage {} ({})\n",
            at + 1,
            stage.phase().word()
        ));
        if !stage.alone {
            text.push_str("BEGIN;\n");
        }
        for step in &stage.steps {
            text.push_str(&format!("-- {}\n", step.why.replace('\n', " ")));
            let lookup = match &step.does {
                Act::Statement(statement) => statement.lookup.clone(),
                Act::Backfill(backfill) => backfill.lookup.clone(),
                Act::Complete(_) | Act::Ledger(_) => Vec::new(),
            };
            if !lookup.is_empty() {
                let path = crate::sql::Sql::new("SET search_path =").name_sequence(&lookup);
                text.push_str(&format!("{path};\n"));
            }
            text.push_str(&act(step));
            text.push('\n');
            if !lookup.is_empty() {
                text.push_str("SET search_path = '';\n");
            }
        }
        if !stage.alone {
            text.push_str("COMMIT;\n");
        }
    }
    text
}
