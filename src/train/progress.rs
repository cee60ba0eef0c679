//! What is shown while training goes on.

use super::History;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::Write;
use std::time::{Duration, Instant};

/// Time between two updates of the bar: messages are not written for epochs that nobody sees.
const PERIOD: Duration = Duration::from_millis(60);
/// Time between two lines where there is no bar.
const LINE_PERIOD: Duration = Duration::from_secs(5);

/// A bar on standard error, if that is a terminal; otherwise a line now and then.
pub(super) enum Progress {
    Nothing,
    Bar { bar: ProgressBar, shown: Instant },
    Lines { begun: Instant, shown: Instant, before: usize, epochs: Option<usize> },
}

impl Progress {
    /// Of a training of so many `epochs`, the first of which were done `before`; of one that ends by itself, if there is no
    /// number of them.
    pub fn new(wanted: bool, before: usize, epochs: Option<usize>) -> Self {
        if !wanted {
            return Progress::Nothing;
        }
        let (bar, now) = (ProgressBar::new(epochs.unwrap_or(0) as u64), Instant::now());
        if bar.is_hidden() {
            return Progress::Lines { begun: now, shown: now, before, epochs };
        }
        let template = match epochs {
            Some(_) => "{bar:30} epoch {pos}/{len}, {eta} left, {msg}",
            None => "{spinner} epoch {pos}, {msg}",
        };
        // A template that does not parse would leave the plain bar.
        let bar = ProgressStyle::with_template(template).map_or(bar.clone(), |style| bar.clone().with_style(style));
        Progress::Bar { bar, shown: now }
    }

    /// Shows the last epoch.
    pub fn show(&mut self, history: &History) {
        let Some(row) = history.epochs.last() else { return };
        let message = || {
            let validation = row.validation_loss.map_or_else(String::new, |loss| format!(", validation {loss:.3e}"));
            let failed = match history.epochs.iter().map(|row| row.failed_solves).sum::<usize>() {
                0 => String::new(),
                failed => format!(", {failed} failed"),
            };
            let (loss, rate, steps, iterations) = (row.loss, row.learning_rate, row.steps, row.mean_iterations);
            format!("loss {loss:.3e}{validation}, rate {rate:.1e}, {steps} steps, {iterations:.1} iterations{failed}")
        };
        match self {
            Progress::Bar { bar, shown } if row.epoch == 1 || shown.elapsed() >= PERIOD => {
                *shown = Instant::now();
                bar.set_message(message());
                bar.set_position(row.epoch as u64);
            }
            Progress::Lines { begun, shown, before, epochs } if shown.elapsed() >= LINE_PERIOD => {
                *shown = Instant::now();
                let done = row.epoch.saturating_sub(*before).max(1) as f64;
                let left = |epochs: &usize| {
                    let left = begun.elapsed().as_secs_f64() / done * epochs.saturating_sub(row.epoch) as f64;
                    format!(" of {epochs}, {} left", duration(left))
                };
                let (epoch, left, message) = (row.epoch, epochs.as_ref().map_or_else(String::new, left), message());
                // Training does not fail because nobody listens.
                let _ = writeln!(std::io::stderr(), "epoch {epoch}{left}, {message}");
            }
            _ => {}
        }
    }
}

/// In the unit that suits.
fn duration(seconds: f64) -> String {
    match seconds {
        ..90.0 => format!("{seconds:.0} s"),
        ..5400.0 => format!("{:.0} min", seconds / 60.0),
        ..172_800.0 => format!("{:.1} h", seconds / 3600.0),
        _ => format!("{:.1} days", seconds / 86_400.0),
    }
}

// However training ends, the bar stays where it came to.
impl Drop for Progress {
    fn drop(&mut self) {
        if let Progress::Bar { bar, .. } = self {
            bar.abandon();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_told_in_units_that_suit() {
        let told = [0.4, 89.0, 600.0, 7200.0, 864_000.0].map(duration);
        assert_eq!(told, ["0 s", "89 s", "10 min", "2.0 h", "10.0 days"]);
    }
}
