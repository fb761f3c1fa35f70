//! Hazards, computed from facts on the steps: lock, scan, rewrite, loss, size.

use std::collections::BTreeSet;

use super::hazard::{Finding, Hazard};
use super::identity::Question;
use super::rewrite::Context;
use super::stage::Stage;
use super::step::{Act, Effect, LedgerChange, Phase, Reversal, Step};
use crate::ddl::Work;
use crate::model::{Address, Kind, Moves, Retired, SizeClass, Why};

/// Finds what a reviewer must see, in the order of the steps.
pub(crate) fn findings(
    stages: &[Stage],
    cx: &Context<'_>,
    questions: &[Question],
    taken_in: &BTreeSet<Address>,
) -> Vec<Finding> {
    let mut found = Vec::new();
    for question in questions {
        found.push(stopping(
            Hazard::PossibleRename,
            &question.address,
            question.because.clone(),
        ));
    }
    for address in taken_in {
        let because = format!("{address} was never declared by this project and goes out of use");
        found.push(stopping(Hazard::RetiresUnmanaged, address, because));
    }
    for stage in stages {
        for step in &stage.steps {
            of_step(step, cx, &mut found);
        }
    }
    let mut seen = BTreeSet::new();
    found.retain(|finding| seen.insert(finding.clone()));
    found
}

/// Returns what the stages destroy or convert for good, under the names from before: there a way back brings no values.
pub(crate) fn gives_up(stages: &[Stage], moves: &Moves) -> BTreeSet<Address> {
    let steps = stages.iter().flat_map(|stage| &stage.steps);
    steps
        .filter(|step| step.reversal != Reversal::Full)
        .flat_map(|step| &step.effects)
        .filter_map(|effect| match effect {
            Effect::Drops(address) | Effect::Alters(address, _) => Some(moves.carry_back(address)),
            Effect::Creates(_) | Effect::Uses(_) | Effect::Reads(_) | Effect::Moves(_) => None,
        })
        .collect()
}

/// What was destroyed held the values of a column that has to be filled on the way back.
pub(crate) fn irreversible(column: &Address) -> Finding {
    let because = format!("there is no way back: nothing could fill {column} then");
    stopping(Hazard::Irreversible, column, because)
}

fn stopping(hazard: Hazard, address: &Address, because: String) -> Finding {
    Finding {
        hazard,
        address: address.clone(),
        because,
        stops: !hazard.is_only_told(false),
    }
}

fn of_step(step: &Step, cx: &Context<'_>, found: &mut Vec<Finding>) {
    match &step.does {
        Act::Ledger(LedgerChange::Retire(Retired { was, .. })) => {
            let kept = if was.kind() == Kind::Column {
                "its values stay in the table under a reserved name"
            } else if was.kind() == Kind::Sequence {
                "it keeps its position in a schema of its own"
            } else {
                "its rows are kept in a schema of their own"
            };
            let because = format!("{was} goes out of use: {kept} until `purge`");
            found.push(stopping(Hazard::RetiresData, was, because));
            let because = if was.kind() == Kind::Column {
                format!(
                    "statements that name {} fail; SELECT * still returns its values",
                    was.dotted()
                )
            } else {
                format!("statements that name {} fail", was.dotted())
            };
            found.push(stopping(Hazard::BreaksClients, was, because));
        }
        Act::Ledger(LedgerChange::Release(place)) => {
            let row = cx.level.ledger.iter().find(|row| row.place == *place);
            if let Some(row) = row {
                let kept = if row.was.kind() == Kind::Sequence {
                    "the position"
                } else if row.was.kind() == Kind::Column {
                    "the values"
                } else {
                    "the rows"
                };
                let because = format!(
                    "{} comes back with {kept} it had when it was set aside",
                    row.was
                );
                found.push(stopping(Hazard::RevivesRows, &row.was, because));
            }
        }
        Act::Ledger(LedgerChange::Rewrite { .. }) => {}
        Act::Backfill(_) => {}
        Act::Statement(statement) => {
            let renamed = step
                .effects
                .iter()
                .any(|effect| matches!(effect, Effect::Moves(own) if own.why == Why::Renamed));
            if renamed {
                let because = format!(
                    "statements that use the former name of {} fail",
                    step.address
                );
                found.push(stopping(Hazard::BreaksClients, &step.address, because));
            }
            if step.reversal != Reversal::Full && step.effects.iter().any(is_drop_of_data) {
                let because = format!("{} is dropped with what it holds", step.address);
                found.push(stopping(Hazard::LosesData, &step.address, because));
            }
            let view_goes = step.address.kind() == Kind::View
                && step.phase == Phase::Contract
                && !cx.level.desired.objects.contains_key(&step.address);
            if view_goes {
                let because = format!("statements that name {} fail", step.address.dotted());
                found.push(stopping(Hazard::BreaksClients, &step.address, because));
            }
            for (relation, mode) in &statement.locks {
                let class = cx.class(relation);
                if class == SizeClass::Empty || statement.work == Work::Catalog {
                    continue;
                }
                let small = class == SizeClass::Small;
                let mut tell = |hazard: Hazard, because: String| {
                    found.push(Finding {
                        hazard,
                        address: relation.clone(),
                        because,
                        stops: !hazard.is_only_told(small),
                    });
                };
                let work = match statement.work {
                    Work::TableRewrite => "is written anew",
                    Work::Scan => "is read",
                    Work::IndexBuild => "is indexed",
                    Work::Catalog => continue,
                };
                match statement.work {
                    Work::TableRewrite => {
                        tell(
                            Hazard::TableRewrite,
                            format!("every row of {} is written anew", relation.dotted()),
                        );
                    }
                    Work::Scan => tell(
                        Hazard::LongScan,
                        format!("every row of {} is read", relation.dotted()),
                    ),
                    Work::IndexBuild => {
                        tell(
                            Hazard::IndexBuild,
                            format!("an index is built on {}", relation.dotted()),
                        );
                    }
                    Work::Catalog => {}
                }
                if mode.blocks_reads() {
                    tell(
                        Hazard::BlocksReads,
                        format!("readers wait while {} {work}", relation.dotted()),
                    );
                }
                if mode.blocks_writes() {
                    tell(
                        Hazard::BlocksWrites,
                        format!("writers wait while {} {work}", relation.dotted()),
                    );
                }
            }
            // One that is made again, or stood aside for a while, leaves nobody without.
            let is_missed = !cx.level.desired.objects.contains_key(&step.address)
                && !step.address.name().is_reserved();
            if step.address.kind() == Kind::Index
                && is_missed
                && step
                    .effects
                    .iter()
                    .any(|effect| matches!(effect, Effect::Drops(_)))
            {
                let because = format!("queries that lean on {} get slower", step.address.dotted());
                found.push(stopping(Hazard::IndexDropped, &step.address, because));
            }
        }
    }
}

fn is_drop_of_data(effect: &Effect) -> bool {
    match effect {
        Effect::Drops(address) => {
            matches!(address.kind(), Kind::Table | Kind::Column | Kind::Sequence)
        }
        Effect::Creates(_)
        | Effect::Alters(..)
        | Effect::Uses(_)
        | Effect::Reads(_)
        | Effect::Moves(_) => false,
    }
}
