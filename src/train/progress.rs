//! The progress bar.

use super::Record;
use indicatif::{ProgressBar, ProgressStyle};
use std::time::{Duration, Instant};

/// Time between two updates: messages are not written for epochs that nobody sees.
const PERIOD: Duration = Duration::from_millis(60);

/// A bar on standard error, if that is a terminal; otherwise nothing.
pub(super) struct Progress {
    bar: Option<ProgressBar>,
    shown: Instant,
}

impl Progress {
    pub fn new(wanted: bool, epochs: usize) -> Self {
        let bar = wanted.then(|| {
            let bar = ProgressBar::new(epochs as u64);
            let template = "{bar:30} epoch {pos}/{len}, {eta} left, {msg}";
            // A template that does not parse would leave the plain bar.
            ProgressStyle::with_template(template).map_or(bar.clone(), |style| bar.clone().with_style(style))
        });
        Progress { bar: bar.filter(|bar| !bar.is_hidden()), shown: Instant::now() }
    }

    /// Shows the last epoch.
    pub fn show(&mut self, record: &Record) {
        let (Some(bar), Some(row)) = (&self.bar, record.rows.last()) else { return };
        if row.epoch > 1 && self.shown.elapsed() < PERIOD {
            return;
        }
        self.shown = Instant::now();
        let validation = row.validation_loss.map_or_else(String::new, |loss| format!(", validation {loss:.3e}"));
        let failed = match record.rows.iter().map(|row| row.failed_solves).sum::<usize>() {
            0 => String::new(),
            failed => format!(", {failed} failed"),
        };
        bar.set_message(format!(
            "loss {:.3e}{validation}, rate {:.1e}, {:.1} iterations{failed}",
            row.loss, row.learning_rate, row.mean_iterations
        ));
        bar.set_position(row.epoch as u64);
    }
}

// However training ends, the bar stays where it came to.
impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.abandon();
        }
    }
}
