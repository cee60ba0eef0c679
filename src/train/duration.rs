//! How long a training will take.

use super::Strategy;
use std::time::{Duration, Instant};

/// Trainings that take longer are told of.
const LONG: Duration = Duration::from_secs(600);
/// What is measured before anything is told.
const MEASURED: Duration = Duration::from_secs(1);

/// Tells, once, of a training that will take long: at the end of the first epoch after a second.
pub(super) struct Outlook<'a> {
    tell: Option<fn(Duration)>,
    strategy: &'a Strategy,
    longest: usize,
    /// Epochs before, and in all.
    first: usize,
    epochs: usize,
    started: Instant,
}

impl<'a> Outlook<'a> {
    /// Before epoch `first` of `epochs`, on records of which the longest has `longest` intervals.
    pub fn new(
        tell: Option<fn(Duration)>,
        strategy: &'a Strategy,
        longest: usize,
        first: usize,
        epochs: usize,
    ) -> Self {
        Outlook { tell, strategy, longest, first, epochs, started: Instant::now() }
    }

    /// After so many epochs, those before included.
    pub fn after(&mut self, epochs: usize) {
        let passed = self.started.elapsed();
        if passed < MEASURED || epochs == self.first {
            return;
        }
        if let (Some(tell), Some(expected)) = (self.tell.take(), self.expected(passed, epochs))
            && expected > LONG
        {
            tell(expected);
        }
    }

    /// The time from the first epoch to the last, by that which has `passed` until after `epochs`.
    fn expected(&self, passed: Duration, epochs: usize) -> Option<Duration> {
        let work = |epochs| self.strategy.work(epochs, self.longest) - self.strategy.work(self.first, self.longest);
        Duration::try_from_secs_f64(passed.as_secs_f64() * work(self.epochs) / work(epochs)).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_in_proportion_to_the_work() {
        let expected = |strategy, first, after| {
            let outlook = Outlook::new(None, &strategy, 100, first, 1000);
            outlook.expected(Duration::from_secs(10), after).unwrap().as_secs_f64()
        };
        assert!((expected(Strategy::SingleShooting, 0, 4) - 2500.0).abs() < 1e-6);
        assert!((expected(Strategy::SingleShooting, 500, 504) - 1250.0).abs() < 1e-6);
        let multiple = Strategy::MultipleShooting { intervals: 4, epochs: 900, penalty: 1.0 };
        assert!((expected(multiple, 0, 4) - 2500.0).abs() < 1e-6);
        // The first horizons are a tenth of the record: half of the epochs at 0.55 on average, the others at 1.
        let growing = Strategy::GrowingHorizon { intervals: 10, epochs: 500 };
        assert!((expected(growing, 0, 1) / 10.0 - (275.0 + 500.0) / 0.1).abs() < 0.02 * 7750.0);
    }
}
