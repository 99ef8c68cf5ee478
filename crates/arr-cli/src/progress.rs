//! Bars for long work.

use std::io::{IsTerminal, stderr, stdout};
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use arr_io::{Error, Watch};
use indicatif::{ProgressBar, ProgressStyle};

use crate::failure::{Failure, Outcome, report};
use crate::signals;
use crate::text::one_line;

/// Work shorter than this shows no bar.
const PATIENCE: Duration = Duration::from_millis(100);

/// How far work has come, shown on standard error if that is a terminal and the work takes long.
pub struct Progress {
    started: Instant,
    what: String,
    total: Option<u64>,
    bar: Option<ProgressBar>,
    shown: bool,
    outcome: Outcome,
}

impl Progress {
    /// For work on files.
    pub fn new() -> Self {
        Self {
            started: Instant::now(),
            what: String::new(),
            total: None,
            bar: None,
            shown: stderr().is_terminal(),
            outcome: Outcome::Done,
        }
    }

    /// For work whose result goes to a terminal too: the bar would get in its way.
    pub fn beside_output() -> Self {
        let mut progress = Self::new();
        progress.shown &= !stdout().is_terminal();
        progress
    }

    /// For one file whose name is known here.
    pub fn named(what: &str, name: &str, total: Option<u64>) -> Self {
        let mut progress = Self::new();
        progress.begin(what, name, total);
        progress
    }

    /// The same for work whose result goes to a terminal too.
    pub fn named_beside_output(what: &str, name: &str, total: Option<u64>) -> Self {
        let mut progress = Self::beside_output();
        progress.begin(what, name, total);
        progress
    }

    /// How work has ended that has come to its end: whether all of it was done.
    pub fn outcome(&self) -> Outcome {
        self.outcome
    }

    /// Reports something between two states of the bar.
    fn say(&self, report: impl FnOnce()) {
        match &self.bar {
            Some(bar) => bar.suspend(report),
            None => report(),
        }
    }

    /// That many bytes are done.
    pub fn done(&mut self, position: u64) {
        if !self.shown || self.started.elapsed() < PATIENCE {
            return;
        }
        let bar = self
            .bar
            .get_or_insert_with(|| new_bar(&self.what, self.total).with_elapsed(self.started.elapsed()));
        bar.set_position(position);
    }
}

impl Watch for Progress {
    fn begin(&mut self, what: &str, name: &str, total: Option<u64>) {
        let what = format!("{what} {}", one_line(name));
        if what == self.what && total == self.total {
            return;
        }
        (self.what, self.total) = (what, total);
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }

    fn at(&mut self, position: u64) -> ControlFlow<()> {
        self.done(position);
        match signals::caught() {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    }

    fn left(&mut self, part: &str, why: &str) {
        self.say(|| report(&format!("{part}: {why}")));
    }

    fn refused(&mut self, part: &str, error: Error) -> Result<(), Error> {
        self.say(|| Failure::from(error).of(part).report());
        self.outcome = Outcome::Failed;
        Ok(())
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn new_bar(what: &str, total: Option<u64>) -> ProgressBar {
    let (bar, template) = match total {
        Some(total) => {
            let template = "{msg} {wide_bar} {bytes}/{total_bytes} ({bytes_per_sec}, {eta} left)";
            (ProgressBar::new(total), template)
        }
        None => (ProgressBar::new_spinner(), "{msg} {spinner} {bytes} ({bytes_per_sec})"),
    };
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    bar.with_style(style).with_message(what.to_owned())
}
