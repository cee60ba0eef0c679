//! How long a training will take.

use super::Shooting;
use std::time::{Duration, Instant};

/// Trainings that take longer are told of.
const LONG: Duration = Duration::from_secs(600);
/// What is measured before anything is told: so much time, and so many epochs if they do not take ten times that.
const MEASURED: Duration = Duration::from_secs(2);
const EPOCHS: usize = 5;

/// Tells, once, of a training that will take long, by the fastest of its first epochs: what slows down one of them, memory
/// that is new or another process, will not slow down all.
pub(super) struct Outlook<'a> {
    tell: Option<fn(Duration, usize)>,
    shooting: &'a Shooting,
    longest: usize,
    /// Epochs before, and in all.
    first: usize,
    epochs: usize,
    /// Epochs done, and when the last of them was.
    done: usize,
    last: Instant,
    measured: Duration,
    /// The least time of an epoch, by its work.
    fastest: f64,
}

impl<'a> Outlook<'a> {
    /// Before epoch `first` of `epochs`, on records of which the longest has `longest` intervals.
    pub fn new(
        tell: Option<fn(Duration, usize)>,
        shooting: &'a Shooting,
        longest: usize,
        first: usize,
        epochs: usize,
    ) -> Self {
        let (last, measured, fastest) = (Instant::now(), Duration::ZERO, f64::INFINITY);
        Outlook { tell, shooting, longest, first, epochs, done: first, last, measured, fastest }
    }

    /// After so many epochs, those before included, the last of so many steps; where that is known, with so many left at
    /// most.
    pub fn after(&mut self, epochs: usize, steps: usize, left: Option<usize>) {
        if self.tell.is_none() || epochs == self.done {
            return;
        }
        let passed = self.last.elapsed();
        self.last += passed;
        self.observe(passed, epochs);
        if let Some(left) = left {
            let most = passed.saturating_mul(left.try_into().unwrap_or(u32::MAX));
            if self.measured >= MEASURED
                && most > LONG
                && let Some(tell) = self.tell.take()
            {
                tell(most, steps);
            }
            return;
        }
        let enough = self.measured >= MEASURED && epochs - self.first >= EPOCHS || self.measured >= 10 * MEASURED;
        if enough
            && let (Some(tell), Some(expected)) = (self.tell.take(), self.expected())
            && expected > LONG
        {
            tell(expected, steps);
        }
    }

    /// Takes note of the time that has `passed` between the epochs last told and `epochs`.
    fn observe(&mut self, passed: Duration, epochs: usize) {
        self.measured += passed;
        let work = self.work(self.done, epochs);
        self.fastest = self.fastest.min(passed.as_secs_f64() / work);
        self.done = epochs;
    }

    /// The work of the epochs between two numbers of them.
    fn work(&self, from: usize, to: usize) -> f64 {
        self.shooting.work(to, self.longest) - self.shooting.work(from, self.longest)
    }

    /// The time from the first epoch to the last.
    fn expected(&self) -> Option<Duration> {
        Duration::try_from_secs_f64(self.fastest * self.work(self.first, self.epochs)).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_that_is_left_is_told_once_and_if_it_is_long() {
        static TOLD: std::sync::Mutex<Vec<(Duration, usize)>> = std::sync::Mutex::new(Vec::new());
        let told = || TOLD.lock().unwrap().clone();
        let tell = |time, steps| TOLD.lock().unwrap().push((time, steps));
        let mut outlook = Outlook::new(Some(tell), &Shooting::Lengthening, 100, 0, 4000);
        let ago = |seconds| Instant::now().checked_sub(Duration::from_secs(seconds)).unwrap();
        for (epoch, seconds, left) in [(1, 1, 4000), (2, 3, 100), (3, 4, 300), (4, 9, 299)] {
            outlook.last = ago(seconds);
            outlook.after(epoch, 10 * epoch, Some(left));
            assert_eq!(told().len(), usize::from(epoch > 2), "after epoch {epoch}");
        }
        assert!((1200..1210).contains(&told()[0].0.as_secs()) && told()[0].1 == 30, "{:?}", told());
    }

    #[test]
    fn time_is_in_proportion_to_the_work() {
        let expected = |shooting, first, after| {
            let mut outlook = Outlook::new(None, &shooting, 100, first, 1000);
            outlook.observe(Duration::from_secs(10), after);
            outlook.expected().unwrap().as_secs_f64()
        };
        assert!((expected(Shooting::SingleShooting, 0, 4) - 2500.0).abs() < 1e-6);
        assert!((expected(Shooting::SingleShooting, 500, 504) - 1250.0).abs() < 1e-6);
        let multiple = Shooting::MultipleShooting { intervals: 4, epochs: 900, penalty: 1.0 };
        assert!((expected(multiple, 0, 4) - 2500.0).abs() < 1e-6);
        let mut outlook = Outlook::new(None, &Shooting::SingleShooting, 100, 0, 1000);
        [60, 3, 5].into_iter().zip(1..).for_each(|(seconds, n)| outlook.observe(Duration::from_secs(seconds), n));
        assert_eq!(outlook.expected(), Some(Duration::from_secs(3000)), "the fastest epoch counts");
        // The first horizons are a tenth of the record: half of the epochs at 0.55 on average, the others at 1.
        let growing = Shooting::GrowingHorizon { intervals: 10, epochs: 500 };
        assert!((expected(growing, 0, 1) / 10.0 - (275.0 + 500.0) / 0.1).abs() < 0.02 * 7750.0);
    }
}
