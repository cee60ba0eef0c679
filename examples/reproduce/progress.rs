//! How far trainings are, on standard error.

use indicatif::{ProgressBar, ProgressStyle};
use std::io::{IsTerminal, stderr};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Off a terminal there is a line so often at most.
const BETWEEN_LINES: Duration = Duration::from_secs(20);

/// A bar on a terminal, or else a line now and then.
pub struct Progress {
    what: String,
    bar: ProgressBar,
    /// When the last line was, where there is no bar.
    last: Option<Mutex<Instant>>,
}

impl Progress {
    pub fn new(what: &str, count: usize) -> Self {
        let bar = ProgressBar::new(count as u64);
        let style = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} trainings, {eta} left");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_message(what.to_string());
        let last = (!stderr().is_terminal()).then(|| Mutex::new(Instant::now()));
        Progress { what: what.into(), bar, last }
    }

    /// One training has ended.
    pub fn step(&self) {
        self.bar.inc(1);
        // Another thread that is about to write a line has said it all.
        let Some(mut last) = self.last.as_ref().and_then(|last| last.try_lock().ok()) else { return };
        if last.elapsed() > BETWEEN_LINES {
            *last = Instant::now();
            eprintln!("{}: {} of {} trainings", self.what, self.bar.position(), self.bar.length().unwrap_or(0));
        }
    }

    pub fn end(&self) {
        self.bar.finish_and_clear();
    }
}
