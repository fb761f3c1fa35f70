//! A plan for a terminal.

use super::outline::{self, act, flag, reversal, stage_line};
use super::{Ink, many};
use crate::plan::{Phase, Plan, Purpose, Reversal};

/// Shows a plan as text.
pub fn text(plan: &Plan, ink: Ink) -> String {
    let decision = &plan.decision;
    let mut lines: Vec<String> = Vec::new();
    if decision.is_empty() {
        lines.push(ink.good(&outline::headline(plan)));
        lines.extend(
            outline::notes(plan)
                .into_iter()
                .map(|note| ink.faint(&note)),
        );
        return finish(lines);
    }
    let id = decision.id();
    lines.push(format!(
        "{} {} for database {} (PostgreSQL {})",
        ink.strong("Plan"),
        ink.strong(id.short(12)),
        plan.observation.database,
        decision.major
    ));
    lines.push(outline::headline(plan));
    lines.extend(outline::rehearsal(plan));
    lines.extend(outline::sizes(plan));
    let mut number = 0;
    for (at, stage) in decision.stages.iter().enumerate() {
        let phase = stage.phase();
        let word = match phase {
            Phase::Expand => ink.good(phase.word()),
            Phase::Migrate => ink.strong(phase.word()),
            Phase::Contract => ink.careful(phase.word()),
        };
        lines.push(String::new());
        lines.push(format!(
            "{} {word}: {}",
            ink.strong(&format!("Stage {}", at + 1)),
            ink.faint(&stage_line(stage))
        ));
        for step in &stage.steps {
            if step.is_shown() {
                number += 1;
                let undo = if step.reversal == Reversal::Full
                    || matches!(decision.purpose, Purpose::Purge | Purpose::Finish)
                {
                    String::new()
                } else {
                    ink.careful(&format!(" [reversal {}]", reversal(step)))
                };
                lines.push(format!("{number:>4}. {}{undo}", step.why));
                lines.extend(
                    act(step)
                        .lines()
                        .map(|line| format!("        {}", ink.sql(line))),
                );
            } else {
                lines.extend(
                    act(step)
                        .lines()
                        .map(|line| format!("        {}", ink.faint(line))),
                );
            }
        }
    }
    hazards(plan, ink, &mut lines);
    way_back(plan, ink, &mut lines);
    for note in outline::notes(plan) {
        lines.push(String::new());
        lines.push(ink.faint(&note));
    }
    finish(lines)
}

fn hazards(plan: &Plan, ink: Ink, lines: &mut Vec<String>) {
    let decision = &plan.decision;
    if decision.findings.is_empty() {
        return;
    }
    let refused = decision.refused();
    lines.push(String::new());
    let title = if refused.is_empty() {
        "Hazards, none of which stops it".to_owned()
    } else {
        format!(
            "Hazards, {} of which stop{} it until allowed",
            refused.len(),
            if refused.len() == 1 { "s" } else { "" }
        )
    };
    lines.push(ink.strong(&title));
    for finding in &decision.findings {
        let stops = refused.contains(&finding);
        let (sign, code) = if stops {
            ("!", ink.bad(finding.hazard.code()))
        } else {
            ("·", ink.careful(finding.hazard.code()))
        };
        let allowed = if finding.stops && !stops {
            " (allowed)"
        } else {
            ""
        };
        lines.push(format!("  {sign} {code}: {}{allowed}", finding.because));
        if stops {
            let flag = flag(finding).unwrap_or_else(str::to_owned);
            lines.push(format!("      {}", ink.faint(&flag)));
        }
    }
}

fn way_back(plan: &Plan, ink: Ink, lines: &mut Vec<String>) {
    let decision = &plan.decision;
    if decision.purpose != Purpose::Declare {
        return;
    }
    lines.push(String::new());
    let steps: Vec<_> = decision
        .inverse
        .iter()
        .flat_map(|stage| &stage.steps)
        .filter(|step| step.is_shown())
        .collect();
    lines.push(format!(
        "{}: {}",
        ink.strong("Way back"),
        many(steps.len(), "step")
    ));
    for step in steps {
        lines.push(ink.faint(&format!("      {}", first_line(&act(step)))));
    }
}

fn first_line(text: &str) -> String {
    let mut lines = text.lines();
    let first = lines.next().unwrap_or_default();
    if lines.next().is_some() {
        format!("{first} …")
    } else {
        first.to_owned()
    }
}

fn finish(lines: Vec<String>) -> String {
    let mut text = lines.join("\n");
    text.push('\n');
    text
}
