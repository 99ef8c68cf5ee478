//! Bars for long work.

use std::io::{IsTerminal, stderr, stdout};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// Work shorter than this shows no bar.
const PATIENCE: Duration = Duration::from_millis(100);

/// How far work has come, shown on standard error if that is a terminal and the work takes long.
pub struct Progress {
    started: Instant,
    what: String,
    total: Option<u64>,
    bar: Option<ProgressBar>,
    shown: bool,
}

impl Progress {
    /// For work on `total` bytes, where that is known.
    pub fn new(what: &str, name: &str, total: Option<u64>) -> Self {
        let shown = stderr().is_terminal();
        Self { started: Instant::now(), what: format!("{what} {name}"), total, bar: None, shown }
    }

    /// For work whose result goes to a terminal too: the bar would get in its way.
    pub fn beside_output(what: &str, name: &str, total: Option<u64>) -> Self {
        let mut progress = Self::new(what, name, total);
        progress.shown &= !stdout().is_terminal();
        progress
    }

    /// That many bytes are done.
    pub fn at(&mut self, position: u64) {
        if !self.shown || self.started.elapsed() < PATIENCE {
            return;
        }
        let bar = self
            .bar
            .get_or_insert_with(|| new_bar(&self.what, self.total).with_elapsed(self.started.elapsed()));
        bar.set_position(position);
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
