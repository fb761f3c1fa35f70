//! What is told while a plan runs: a bar on a terminal, lines elsewhere.

use std::sync::Arc;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::outlet::Outlet;
use crate::model::Address;
use crate::pipeline::{Progress, Stop};
use crate::plan::{Act, Stage};

/// How often a line is written where there is no terminal.
const EVERY: Duration = Duration::from_secs(3);

/// Tells how far a plan has come.
pub(super) struct Told<'a> {
    outlet: &'a Outlet,
    stages: usize,
    bar: Option<ProgressBar>,
    last_line: Instant,
    last_wait: String,
}

impl<'a> Told<'a> {
    pub(super) fn new(outlet: &'a Outlet, stages: usize) -> Self {
        Self {
            outlet,
            stages,
            bar: None,
            last_line: Instant::now(),
            last_wait: String::new(),
        }
    }

    fn close(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

impl Drop for Told<'_> {
    fn drop(&mut self) {
        self.close();
    }
}

impl Progress for Told<'_> {
    fn stage(&mut self, number: usize, stage: &Stage) {
        self.close();
        let what = match stage.steps.first() {
            Some(step) => match &step.does {
                Act::Backfill(own) => format!("fills {}", own.column.dotted()),
                Act::Statement(_) | Act::Complete(_) | Act::Ledger(_) => step.why.clone(),
            },
            None => String::new(),
        };
        let word = stage.phase().word();
        self.outlet
            .say(&format!("[{}/{}] {word}: {what}", number + 1, self.stages));
    }

    fn waiting(&mut self, reason: &str) {
        if self.last_wait != reason {
            self.outlet.say(&format!("      waits: {reason}"));
            self.last_wait = reason.to_owned();
        }
    }

    fn note(&mut self, what: &str) {
        self.outlet.say(&format!("      {what}"));
    }

    fn busy(&mut self, how_far: &str) {
        if self.last_line.elapsed() >= EVERY {
            self.outlet.say(&format!("      {how_far}"));
            self.last_line = Instant::now();
        }
    }

    fn rows(&mut self, table: &Address, done: u64, of_about: i64) {
        if self.outlet.is_quiet() {
            return;
        }
        let about = u64::try_from(of_about).unwrap_or(0);
        if console::user_attended_stderr() {
            let bar = self.bar.get_or_insert_with(|| {
                let style = ProgressStyle::with_template(
                    "      {bar:30} {human_pos} of about {human_len} rows, {per_sec}, {eta} left",
                );
                let bar = ProgressBar::new(about.max(done));
                bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
                bar
            });
            bar.set_length(about.max(done));
            bar.set_position(done);
        } else if self.last_line.elapsed() >= EVERY {
            self.outlet.say(&format!(
                "      {}: {done} rows of about {about}",
                table.dotted()
            ));
            self.last_line = Instant::now();
        }
    }
}

/// Listens for Ctrl-C and SIGTERM: the first asks to stop after the current batch or statement, the second one cancels
/// that on the server.
pub(super) fn stop_on_signal() -> Arc<Stop> {
    use tokio::signal::unix::{SignalKind, signal};
    let stop = Arc::new(Stop::default());
    for kind in [SignalKind::interrupt(), SignalKind::terminate()] {
        if let Ok(mut signals) = signal(kind) {
            let stop = stop.clone();
            tokio::spawn(async move {
                while signals.recv().await.is_some() {
                    stop.request();
                }
            });
        }
    }
    stop
}
