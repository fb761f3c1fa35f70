//! A plan as a comment on a pull request.

use super::many;
use super::outline::{self, act, flag, reversal, stage_line};
use crate::plan::{Finding, Plan, Purpose, Step};

/// Shows a plan as GitHub-flavoured markdown.
pub fn markdown(plan: &Plan) -> String {
    let decision = &plan.decision;
    let mut text = String::new();
    if decision.is_empty() {
        text.push_str(&format!("### Schema plan\n\n{}\n", outline::headline(plan)));
        notes(plan, &mut text);
        return text;
    }
    let id = decision.id();
    text.push_str(&format!(
        "### Schema plan {} for {}\n\n",
        code(id.short(12)),
        code(&plan.observation.database)
    ));
    text.push_str(&format!(
        "**{}.** PostgreSQL {}.",
        outline::headline(plan),
        decision.major
    ));
    if let Some(rehearsal) = outline::rehearsal(plan) {
        text.push_str(&format!(" {}", escape(&rehearsal.replace('\n', " "))));
    }
    text.push_str("\n\n");
    for size in outline::sizes(plan) {
        text.push_str(&format!("- {}\n", escape(&size)));
    }
    hazards(&decision.findings, &decision.refused(), &mut text);
    let mut number = 0;
    for (at, stage) in decision.stages.iter().enumerate() {
        text.push_str(&format!(
            "\n#### Stage {} · {}\n\n{}\n\n",
            at + 1,
            stage.phase().word(),
            escape(&stage_line(stage))
        ));
        let mut statements = String::new();
        for step in &stage.steps {
            if step.is_shown() {
                number += 1;
                text.push_str(&format!(
                    "{number}. {}{}\n",
                    escape(&step.why),
                    undo(step, plan)
                ));
            }
            statements.push_str(&act(step));
            statements.push('\n');
        }
        text.push('\n');
        text.push_str(&fenced(&statements));
    }
    if decision.purpose == Purpose::Declare {
        let steps: Vec<&Step> = decision
            .inverse
            .iter()
            .flat_map(|stage| &stage.steps)
            .collect();
        let shown = steps.iter().filter(|step| step.is_shown()).count();
        text.push_str(&format!(
            "\n<details><summary>The way back: {}</summary>\n\n",
            many(shown, "step")
        ));
        let statements: Vec<String> = steps.iter().map(|step| act(step)).collect();
        text.push_str(&fenced(&format!("{}\n", statements.join("\n"))));
        text.push_str("\n</details>\n");
    }
    notes(plan, &mut text);
    text
}

fn hazards(findings: &[Finding], refused: &[&Finding], text: &mut String) {
    if findings.is_empty() {
        return;
    }
    text.push_str("\n| | hazard | what it means here | to allow it |\n|---|---|---|---|\n");
    for finding in findings {
        let stops = refused.contains(&finding);
        let (sign, how) = match (stops, finding.stops) {
            (true, _) => {
                let flag = flag(finding).map_or_else(str::to_owned, |own| code(&own));
                ("⛔", flag.replace('|', "\\|"))
            }
            (false, true) => ("✅", "allowed".to_owned()),
            (false, false) => ("ℹ️", "only told".to_owned()),
        };
        let because = escape(&finding.because).replace('|', "\\|");
        text.push_str(&format!(
            "| {sign} | {} | {because} | {how} |\n",
            code(finding.hazard.code())
        ));
    }
}

fn undo(step: &Step, plan: &Plan) -> String {
    if step.reversal == crate::plan::Reversal::Full
        || matches!(plan.decision.purpose, Purpose::Purge | Purpose::Finish)
    {
        String::new()
    } else {
        format!(" (reversal {})", reversal(step))
    }
}

fn notes(plan: &Plan, text: &mut String) {
    for note in outline::notes(plan) {
        text.push_str(&format!("\n> {}\n", escape(&note)));
    }
}

/// Puts a text between backticks, more of them than it holds.
fn code(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    if longest > 0 {
        format!("{fence} {text} {fence}")
    } else {
        format!("{fence}{text}{fence}")
    }
}

fn fenced(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}sql\n{text}{fence}\n")
}

/// Escapes what markdown would take for its own; a code span in a sentence stays one.
fn escape(text: &str) -> String {
    let mut escaped = String::new();
    let mut in_code = false;
    for character in text.chars() {
        if character == '`' {
            in_code = !in_code;
        }
        if !in_code && matches!(character, '*' | '_' | '<' | '>' | '[' | ']' | '#') {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}
