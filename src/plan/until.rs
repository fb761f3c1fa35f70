//! How far a plan is carried out at once.

use super::stage::Stage;
use super::step::{Phase, Step};

/// How far a plan is carried out. A later run goes on from there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Until {
    /// To its end.
    #[default]
    End,
    /// To where the first stage begins that a running application can notice ([`Phase::Contract`]).
    Contract,
    /// To the end of the transaction that this step lies in, counted from 1 as the plan shows them.
    Step(usize),
}

impl Until {
    /// Returns how many stages that are.
    pub fn stages(self, stages: &[Stage]) -> usize {
        match self {
            Self::End => stages.len(),
            Self::Contract => {
                let first = stages
                    .iter()
                    .position(|stage| stage.phase() == Phase::Contract);
                first.unwrap_or(stages.len())
            }
            Self::Step(number) => {
                let mut left = number;
                for (at, stage) in stages.iter().enumerate() {
                    if left == 0 {
                        return at;
                    }
                    let shown = stage.steps.iter().filter(|step| Step::is_shown(step));
                    left = left.saturating_sub(shown.count());
                }
                stages.len()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::model::{Address, Kind};

    fn stage(phases: &[Phase]) -> Stage {
        let column = Address::new(Kind::Column, ["app", "t", "a"]);
        let step = |phase: &Phase| {
            Step::run(&column, crate::ddl::table::drop_default(&column), "").phase(*phase)
        };
        Stage {
            alone: false,
            steps: phases.iter().map(step).collect(),
            after: BTreeMap::new(),
        }
    }

    #[test]
    fn a_plan_stops_before_what_applications_notice() {
        use Phase::{Contract, Expand, Migrate};
        let stages = [
            stage(&[Expand, Expand]),
            stage(&[Migrate]),
            stage(&[Expand, Contract]),
            stage(&[Expand]),
        ];
        assert_eq!(Until::Contract.stages(&stages), 2);
        assert_eq!(Until::Contract.stages(&stages[..2]), 2);
        assert_eq!(Until::Contract.stages(&stages[2..]), 0);
        assert_eq!(Until::End.stages(&stages), 4);
    }

    #[test]
    fn the_transaction_of_a_step_is_finished() {
        let stages = [
            stage(&[Phase::Expand; 2]),
            stage(&[Phase::Migrate]),
            stage(&[Phase::Contract; 3]),
        ];
        let ends: Vec<usize> = (1..=9)
            .map(|own| Until::Step(own).stages(&stages))
            .collect();
        assert_eq!(ends, [1, 1, 2, 3, 3, 3, 3, 3, 3]);
    }
}
