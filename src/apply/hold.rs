//! What a backfill waits for between two batches: standbys and subscribers that are behind, and whatever a person's query says.
//! <https://www.postgresql.org/docs/current/monitoring-stats.html> (pg_stat_replication)

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::watch::Followed;
use super::{ApplyError, Progress, Run};
use crate::catalog::{describe, sqlstate};
use crate::plan::Step;

/// How often is looked.
const EVERY: Duration = Duration::from_secs(1);

/// What was seen so far.
#[derive(Default)]
pub(super) struct Hold {
    looked: Option<Instant>,
    lag: Lag,
}

impl Hold {
    /// Waits as long as there is something to wait for.
    pub(super) async fn back(
        &mut self,
        step: &Step,
        run: &Run<'_>,
        progress: &mut dyn Progress,
    ) -> Result<(), ApplyError> {
        let Some(watcher) = run.watcher else {
            return Ok(());
        };
        if self.looked.is_some_and(|at| at.elapsed() < EVERY) {
            return Ok(());
        }
        loop {
            self.looked = Some(Instant::now());
            let backfill = &run.settings.backfill;
            let mut watcher = watcher.lock().await;
            let lag = watcher.followed().await;
            let late = lag.map_or(Duration::ZERO, |seen| self.lag.of(seen, Instant::now()));
            let asked = match &backfill.pause_while {
                Some(sql) => watcher.answers_yes(sql).await.map_err(|error| {
                    let reason = describe(&error);
                    ApplyError::Refused {
                        address: step.address.clone(),
                        reason: format!("backfill.pause_while has no answer: {reason}"),
                        code: sqlstate(&error),
                        sql: Some(sql.clone()),
                    }
                })?,
                None => false,
            };
            drop(watcher);
            if late > backfill.max_lag {
                progress.waiting(&format!(
                    "a standby or subscriber is more than {} s behind (backfill.max_lag)",
                    backfill.max_lag.as_secs_f64()
                ));
            } else if asked {
                progress.waiting("backfill.pause_while says so");
            } else {
                return Ok(());
            }
            if run.stop.is_requested() {
                return Err(ApplyError::Interrupted);
            }
            tokio::time::sleep(EVERY).await;
        }
    }
}

/// How late the last of those who follow is. What the server says of that stands still where replay does, so it is also seen here: since
/// when the server has written what was not replayed yet.
#[derive(Default)]
struct Lag {
    /// When the server had written how much, oldest first: what is replayed is left out.
    written: VecDeque<(Instant, i64)>,
}

impl Lag {
    fn of(&mut self, seen: Followed, now: Instant) -> Duration {
        self.written.push_back((now, seen.written));
        while self
            .written
            .front()
            .is_some_and(|(_, at)| *at <= seen.replayed)
        {
            self.written.pop_front();
        }
        let own = self
            .written
            .front()
            .map_or(Duration::ZERO, |(since, _)| now - *since);
        // As soon as it follows, what it says counts.
        let said = Duration::try_from_secs_f64(seen.late).unwrap_or_default();
        if self.written.is_empty() {
            Duration::ZERO
        } else {
            own.max(said)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_stands_still_gets_later_and_who_follows_does_not() {
        let mut lag = Lag::default();
        let begin = Instant::now();
        let at = |seconds: u64| begin + Duration::from_secs(seconds);
        let seen = |written, replayed| Followed {
            written,
            replayed,
            late: 0.0,
        };
        assert_eq!(lag.of(seen(100, 100), at(0)), Duration::ZERO);
        assert_eq!(lag.of(seen(200, 100), at(1)), Duration::ZERO);
        assert_eq!(lag.of(seen(300, 100), at(5)), Duration::from_secs(4));
        assert_eq!(lag.of(seen(400, 250), at(6)), Duration::from_secs(1));
        assert_eq!(lag.of(seen(400, 400), at(7)), Duration::ZERO);
        let told = Followed {
            written: 500,
            replayed: 450,
            late: 12.0,
        };
        assert_eq!(lag.of(told, at(8)), Duration::from_secs(12));
    }
}
