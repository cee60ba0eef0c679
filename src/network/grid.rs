//! The times between which samples take their steps.

use crate::Error;
use crate::data::Trajectories;
use crate::field::Signal;
use std::sync::Arc;

/// For every sample of a batch, the times of its steps, and which of them are observed.
///
/// Samples may start at different times, take steps of different sizes, and different numbers of steps.
#[derive(Debug, Clone)]
pub struct Grid {
    times: Vec<f64>,
    /// Where each sample's times begin, and where the last one's end.
    offsets: Vec<usize>,
    /// Observed steps of all samples, ascending within a sample.
    observed: Vec<usize>,
    observed_offsets: Vec<usize>,
    /// One for each sample, or none.
    signals: Vec<Arc<dyn Signal>>,
}

impl PartialEq for Grid {
    fn eq(&self, other: &Self) -> bool {
        let same = |(x, y): (&Arc<dyn Signal>, &Arc<dyn Signal>)| Arc::ptr_eq(x, y);
        (&self.times, &self.offsets) == (&other.times, &other.offsets)
            && (&self.observed, &self.observed_offsets) == (&other.observed, &other.observed_offsets)
            && self.signals.len() == other.signals.len()
            && self.signals.iter().zip(&other.signals).all(same)
    }
}

/// Fraction of a step by which times are told apart: what is nearer together is so by rounding.
pub const TIME_SLACK: f64 = 1e-6;

/// Most steps between two observations: more are a slip, and would use up the memory.
const MOST_STEPS: usize = 100_000_000;

/// The fewest equal steps through `interval` that are no longer than `longest`, but for rounding.
///
/// ```
/// use kutta::network::fewest_steps;
/// assert_eq!([0.25, 0.3, 0.3 + 1e-12].map(|interval| fewest_steps(interval, 0.1)), [3, 3, 3]);
/// ```
pub fn fewest_steps(interval: f64, longest: f64) -> usize {
    // `as` saturates, and sends NaN to zero.
    ((interval / longest - TIME_SLACK).ceil() as usize).max(1)
}

/// Start times: one for all samples, or one each.
#[derive(Debug, Clone, PartialEq)]
pub enum StartTimes {
    /// All samples start together.
    Shared(f64),
    /// Every sample starts at its own time.
    Each(Vec<f64>),
}

impl From<f64> for StartTimes {
    fn from(t: f64) -> Self {
        StartTimes::Shared(t)
    }
}
impl From<Vec<f64>> for StartTimes {
    fn from(t: Vec<f64>) -> Self {
        StartTimes::Each(t)
    }
}
impl From<&[f64]> for StartTimes {
    fn from(t: &[f64]) -> Self {
        StartTimes::Each(t.to_vec())
    }
}

impl Grid {
    /// No samples yet.
    pub fn new() -> Self {
        Grid {
            times: Vec::new(),
            offsets: vec![0],
            observed: Vec::new(),
            observed_offsets: vec![0],
            signals: Vec::new(),
        }
    }

    /// Adds a sample with `steps + 1` times, all of them observed.
    ///
    /// # Errors
    /// As [`push_observed`](Grid::push_observed).
    pub fn push(&mut self, times: impl IntoIterator<Item = f64>) -> Result<(), Error> {
        let from = self.times.len();
        self.times.extend(times);
        let count = self.times.len() - from;
        self.finish(from, |observed| observed.extend(0..count))
    }

    /// Adds a sample of which only the steps `observed` are observed; step 0 is the start.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if there is no time, if one is not finite or repeats the one before, or if `observed`
    /// is not ascending or goes beyond the last step.
    pub fn push_observed(
        &mut self,
        times: impl IntoIterator<Item = f64>,
        observed: impl IntoIterator<Item = usize>,
    ) -> Result<(), Error> {
        let from = self.times.len();
        self.times.extend(times);
        self.finish(from, |all| all.extend(observed))
    }

    fn finish(&mut self, from: usize, observe: impl FnOnce(&mut Vec<usize>)) -> Result<(), Error> {
        let times = &self.times[from..];
        let observed_from = self.observed.len();
        observe(&mut self.observed);
        let observed = &self.observed[observed_from..];
        let result = if let Some(t) = times.iter().find(|t| !t.is_finite()) {
            Err(Error::invalid("a step's time", t, "a finite number"))
        } else if times.is_empty() {
            Err(Error::invalid("times", "empty", "at least a start time"))
        } else if let Some(pair) = times.windows(2).find(|p| p[0] == p[1]) {
            Err(Error::invalid("a step's time", pair[1], "a time that differs from the one before"))
        } else if let Some(pair) = observed.windows(2).find(|p| p[0] >= p[1]) {
            Err(Error::invalid("observed steps", format!("{pair:?}"), "ascending steps"))
        } else if let Some(&last) = observed.last().filter(|&&last| last >= times.len()) {
            Err(Error::invalid("an observed step", last, format!("at most {}", times.len() - 1)))
        } else {
            self.offsets.push(self.times.len());
            self.observed_offsets.push(self.observed.len());
            return Ok(());
        };
        // Nothing is half-added.
        self.times.truncate(from);
        self.observed.truncate(observed_from);
        result
    }

    /// `samples` samples that take `steps` steps of size `step_size` each.
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`] if there are start times, but not one for every sample; [`Error::InvalidArgument`] if
    /// a time is not finite or the step size is zero.
    pub fn uniform(start: &StartTimes, samples: usize, step_size: f64, steps: usize) -> Result<Self, Error> {
        if let StartTimes::Each(each) = start {
            Error::check_len("start times", "entries", each.len(), samples)?;
        }
        if steps > MOST_STEPS {
            return Err(Error::invalid("steps", steps, format!("at most {MOST_STEPS}")));
        }
        let mut grid = Grid::new();
        for sample in 0..samples {
            let start = match start {
                StartTimes::Shared(t) => *t,
                StartTimes::Each(each) => each[sample],
            };
            grid.push((0..=steps).map(|n| start + n as f64 * step_size))?;
        }
        Ok(grid)
    }

    /// Steps from observation to observation of recorded trajectories: as many equal steps between two observations as
    /// `steps_between` says of the time between them. Observed are the observations.
    ///
    /// # Errors
    /// As [`push_observed`](Grid::push_observed), and [`Error::InvalidArgument`] for more than a hundred million steps between
    /// two observations.
    pub fn through(data: &Trajectories, steps_between: impl Fn(f64) -> usize) -> Result<Self, Error> {
        let mut grid = Grid::new();
        data.iter().try_for_each(|trajectory| grid.push_through(trajectory.times().iter().copied(), &steps_between))?;
        Ok(grid)
    }

    /// Adds a sample that steps from each of some times to the next, as [`through`](Grid::through).
    pub(crate) fn push_through(
        &mut self,
        through: impl IntoIterator<Item = f64>,
        steps_between: impl Fn(f64) -> usize,
    ) -> Result<(), Error> {
        let (first, mut observed, mut before) = (self.times.len(), Vec::new(), None);
        for until in through {
            if let Some(from) = before {
                let count = steps_between(until - from).max(1);
                if count > MOST_STEPS {
                    self.times.truncate(first);
                    let expected = format!("at most {MOST_STEPS}; take longer ones");
                    return Err(Error::invalid("the number of steps between two observations", count, expected));
                }
                self.times.extend((1..count).map(|k| from + (until - from) * k as f64 / count as f64));
            }
            observed.push(self.times.len() - first);
            self.times.push(until);
            before = Some(until);
        }
        self.finish(first, |all| all.extend(observed))
    }

    /// The same steps, taken back from the end of each sample to its start; observed are the same times.
    ///
    /// # Errors
    /// As [`push_observed`](Grid::push_observed).
    pub fn reversed(&self) -> Result<Self, Error> {
        let mut grid = Grid::new();
        for sample in 0..self.samples() {
            let (times, last) = (self.times(sample), self.steps(sample));
            let observed = self.observed(sample).iter().rev();
            grid.push_observed(times.iter().rev().copied(), observed.map(|&step| last - step))?;
        }
        Ok(Grid { signals: self.signals.clone(), ..grid })
    }

    /// The same steps of samples that know something beside their states: `signals` has one for each.
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`] if there are more or fewer than samples.
    pub fn with_signals(self, signals: impl Into<Vec<Arc<dyn Signal>>>) -> Result<Self, Error> {
        let signals = signals.into();
        Error::check_len("signals", "entries", signals.len(), self.samples())?;
        Ok(Grid { signals, ..self })
    }

    /// What the samples know beside their states: one for each, or none.
    pub fn signals(&self) -> &[Arc<dyn Signal>] {
        &self.signals
    }

    /// Number of samples.
    pub fn samples(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Times of a sample's steps, its start first.
    pub fn times(&self, sample: usize) -> &[f64] {
        &self.times[self.offsets[sample]..self.offsets[sample + 1]]
    }

    /// Number of a sample's steps.
    pub fn steps(&self, sample: usize) -> usize {
        self.times(sample).len() - 1
    }

    /// The steps of a sample whose states are observed.
    pub fn observed(&self, sample: usize) -> &[usize] {
        &self.observed[self.observed_offsets[sample]..self.observed_offsets[sample + 1]]
    }
}

impl Default for Grid {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_that_are_absurdly_short_are_refused() {
        let data = Trajectories::from_csv_str("t,x\n0,1\n1,2\n", "two").unwrap();
        let error = Grid::through(&data, |interval| fewest_steps(interval, 1e-300)).unwrap_err().to_string();
        assert!(
            error.starts_with(&format!("the number of steps between two observations is {}", usize::MAX)),
            "{error}"
        );
    }

    #[test]
    fn refused_samples_leave_the_grid_as_it_was() {
        let mut grid = Grid::new();
        grid.push([0.0, 1.0]).unwrap();
        let before = grid.clone();
        for times in [vec![], vec![0.0, f64::NAN], vec![0.0, 0.0]] {
            assert!(grid.push(times).is_err());
        }
        assert!(grid.push_observed([0.0, 1.0], [2]).unwrap_err().to_string().contains("observed step is 2"));
        assert!(grid.push_observed([0.0, 1.0], [1, 0]).is_err());
        assert_eq!(grid, before);
    }

    #[test]
    fn start_times_must_match_the_samples() {
        let error = Grid::uniform(&vec![0.0, 1.0].into(), 3, 0.1, 2).unwrap_err();
        assert_eq!(error.to_string(), "start times has 2 entries, expected 3");
    }
}
