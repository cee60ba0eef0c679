//! Cutting sets of trajectories: training and validation, past and future, segments.

use super::trajectories::{Trajectories, Trajectory};
use crate::Error;
use rand::SeedableRng;
use rand::seq::index::sample;
use rand_chacha::ChaCha8Rng;

/// Consecutive observations of a trajectory, borrowed from it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Segment<'a> {
    /// Index of the trajectory in its set.
    pub trajectory: usize,
    /// Index of the first observation in that trajectory.
    pub first: usize,
    /// Times of observation.
    pub times: &'a [f64],
    /// States, row-major, one row a time.
    pub states: &'a [f64],
}

impl Trajectories {
    /// Splits off whole trajectories for validation: `(training, validation)`.
    ///
    /// The validation set holds `round(fraction · len())` trajectories, at least one and not all, drawn without
    /// replacement by a generator seeded with `seed`. Both sets keep the order of this one.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidArgument`] unless `0 < fraction < 1` and there are at least two trajectories. A single record is
    /// split by [`Self::split_time`].
    pub fn split(&self, fraction: f64, seed: u64) -> Result<(Self, Self), Error> {
        check_fraction(fraction)?;
        if self.len() < 2 {
            return Err(Error::invalid(
                "trajectories",
                "a single one",
                "at least two; of one, hold out the future: `split_time`, or --validation-kind future",
            ));
        }
        let held_out = share(fraction, self.len()).clamp(1, self.len() - 1);
        let mut chosen = vec![false; self.len()];
        for i in sample(&mut ChaCha8Rng::seed_from_u64(seed), self.len(), held_out) {
            chosen[i] = true;
        }
        let pick = |wanted: bool| {
            self.with(self.iter().zip(&chosen).filter(|(_, c)| **c == wanted).map(|(t, _)| t.clone()).collect())
        };
        Ok((pick(false), pick(true)))
    }

    /// Splits every trajectory in time: `(past, future)`.
    ///
    /// Of the `n - 1` intervals of a trajectory the last `round(fraction · (n - 1))` are held out, at least one and not
    /// all. The future starts with the last observation of the past, from which it is to be forecast.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidArgument`] unless `0 < fraction < 1` and every trajectory has at least three observations.
    pub fn split_time(&self, fraction: f64) -> Result<(Self, Self), Error> {
        check_fraction(fraction)?;
        if let Some(short) = self.iter().find(|t| t.len() < 3) {
            let value = format!("of two observations (`{}`)", short.id());
            return Err(Error::invalid("trajectory", value, "at least three observations to split it in time"));
        }
        let cut = |t: &Trajectory| t.len() - 1 - share(fraction, t.len() - 1).clamp(1, t.len() - 2);
        let past = self.iter().map(|t| t.part(0..cut(t) + 1)).collect();
        let future = self.iter().map(|t| t.part(cut(t)..t.len())).collect();
        Ok((self.with(past), self.with(future)))
    }

    /// Cuts every trajectory into segments of `intervals` intervals, that is `intervals + 1` observations.
    ///
    /// A segment ends with the observation with which the next one starts, as multiple shooting wants it. The last
    /// segment of a trajectory holds what remains, at least one interval.
    ///
    /// ```
    /// # use kutta::data::Trajectories;
    /// let data = Trajectories::from_csv("examples/data/hudson_bay.csv")?; // 1900 to 1920: 20 intervals
    /// let segments = data.segments(8)?;
    /// let years: Vec<_> = segments.iter().map(|s| (s.times[0], s.times[s.times.len() - 1])).collect();
    /// assert_eq!(years, [(1900.0, 1908.0), (1908.0, 1916.0), (1916.0, 1920.0)]);
    /// assert_eq!(segments[1].first, 8);
    /// # Ok::<(), kutta::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::InvalidArgument`] if `intervals` is zero.
    pub fn segments(&self, intervals: usize) -> Result<Vec<Segment<'_>>, Error> {
        if intervals == 0 {
            return Err(Error::invalid("intervals", "0", "at least one interval in a segment"));
        }
        let mut segments = Vec::new();
        for (trajectory, source) in self.iter().enumerate() {
            let last = source.len() - 1;
            for first in (0..last).step_by(intervals) {
                let end = first.saturating_add(intervals).min(last) + 1;
                let states = &source.states()[first * self.dim()..end * self.dim()];
                segments.push(Segment { trajectory, first, times: &source.times()[first..end], states });
            }
        }
        Ok(segments)
    }

    /// Cuts every trajectory into trajectories of their own, of `intervals` intervals at most, as
    /// [`segments`](Trajectories::segments) are; named by where they come from, `id[first]`.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidArgument`] if `intervals` is zero.
    pub fn windows(&self, intervals: usize) -> Result<Self, Error> {
        let window = |s: Segment<'_>| {
            let id = format!("{}[{}]", self.trajectory(s.trajectory).id(), s.first);
            Trajectory::new(id, s.times.to_vec(), s.states.to_vec())
        };
        Ok(self.with(self.segments(intervals)?.into_iter().map(window).collect::<Result<_, _>>()?))
    }
}

fn share(fraction: f64, of: usize) -> usize {
    (fraction * of as f64).round() as usize
}

fn check_fraction(fraction: f64) -> Result<(), Error> {
    if fraction > 0.0 && fraction < 1.0 {
        Ok(())
    } else {
        Err(Error::invalid("fraction", fraction, "a number between 0 and 1, both excluded"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Trajectories `0`, `1`, … of the given lengths, one component: state 10 i + k at time k.
    fn set(lengths: &[usize]) -> Trajectories {
        let line = |(i, &n): (usize, &usize)| {
            let times: Vec<f64> = (0..n).map(|k| k as f64).collect();
            let states = times.iter().map(|t| 10.0 * i as f64 + t).collect();
            Trajectory::new(i.to_string(), times, states).unwrap()
        };
        Trajectories::new(["x"], lengths.iter().enumerate().map(line).collect()).unwrap()
    }

    fn ids(data: &Trajectories) -> Vec<usize> {
        data.iter().map(|t| t.id().parse().unwrap()).collect()
    }

    #[test]
    fn split_parts_the_trajectories() {
        let data = set(&[3; 10]);
        let (training, validation) = data.split(0.3, 7).unwrap();
        assert_eq!((training.len(), validation.len()), (7, 3));
        assert!(ids(&training).is_sorted() && ids(&validation).is_sorted());
        let mut all = [ids(&training), ids(&validation)].concat();
        all.sort();
        assert_eq!(all, (0..10).collect::<Vec<_>>());
        assert_eq!(data.split(0.3, 7).unwrap(), (training, validation), "the seed alone decides");
        assert!((0..20).any(|seed| ids(&data.split(0.3, seed).unwrap().1) != ids(&data.split(0.3, 7).unwrap().1)));
    }

    #[test]
    fn no_part_is_empty() {
        let data = set(&[3, 3]);
        for fraction in [1e-9, 0.999] {
            let (training, validation) = data.split(fraction, 0).unwrap();
            assert_eq!((training.len(), validation.len()), (1, 1));
            let (past, future) = data.split_time(fraction).unwrap();
            assert_eq!((past.observations(), future.observations()), (4, 4));
        }
    }

    #[test]
    fn split_time_holds_out_the_end() {
        let (past, future) = set(&[11, 3]).split_time(0.2).unwrap();
        assert_eq!(past.trajectory(0).times().last(), Some(&8.0));
        assert_eq!(future.trajectory(0).times(), [8.0, 9.0, 10.0]);
        assert_eq!(future.trajectory(1).states(), [11.0, 12.0]);
    }

    #[test]
    fn splits_refuse_what_they_cannot_split() {
        for fraction in [0.0, 1.0, -0.1, f64::NAN] {
            let message = set(&[3, 3]).split(fraction, 0).unwrap_err().to_string();
            assert!(message.starts_with(&format!("fraction is {fraction}")), "{message}");
            assert!(set(&[3]).split_time(fraction).is_err());
        }
        assert!(set(&[3]).split(0.5, 0).unwrap_err().to_string().contains("split_time"));
        let message = set(&[3, 2]).split_time(0.5).unwrap_err().to_string();
        assert_eq!(
            message,
            "trajectory is of two observations (`1`), expected at least three observations to split it in time"
        );
    }

    #[test]
    fn segments_share_their_ends_and_cover_all_intervals() {
        let data = set(&[8, 2, 4]);
        for intervals in [1, 2, 3, 7, 100, usize::MAX] {
            let segments = data.segments(intervals).unwrap();
            let covered: usize = segments.iter().map(|s| s.times.len() - 1).sum();
            assert_eq!(covered, 7 + 1 + 3);
            for s in &segments {
                assert!(s.times.len() >= 2 && s.times.len() - 1 <= intervals);
                let source = data.trajectory(s.trajectory);
                assert_eq!(s.states[0], source.state(s.first)[0]);
                assert_eq!(s.states.len(), s.times.len());
            }
            for pair in segments.windows(2).filter(|p| p[0].trajectory == p[1].trajectory) {
                assert_eq!(pair[0].times.last(), pair[1].times.first());
                assert_eq!(pair[1].first, pair[0].first + intervals);
            }
        }
        assert!(data.segments(0).unwrap_err().to_string().starts_with("intervals is 0"));
    }
}
