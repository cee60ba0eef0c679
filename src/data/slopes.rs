//! Slopes of what was observed.

use super::spline::Smoothed;
use super::{Trajectories, Trajectory};
use crate::Error;

impl Trajectories {
    /// The components, and after them the slope of each, by a smoothing spline: velocities, where the components are positions.
    /// They are named as what they are the slope of, with a prime.
    ///
    /// ```
    /// use kutta::data::Trajectories;
    /// let fall = Trajectories::from_csv_str("t,x\n0,0\n1,-5\n2,-20\n3,-45\n4,-80\n", "a stone")?;
    /// let completed = fall.with_slopes()?;
    /// assert_eq!(completed.components(), ["x", "x'"]);
    /// assert!((completed.trajectory(0).state(2)[1] + 20.0).abs() < 1.0);
    /// # Ok::<(), kutta::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for slopes that are not finite.
    pub fn with_slopes(&self) -> Result<Self, Error> {
        let dim = self.dim();
        let mut states: Vec<Vec<f64>> = self.iter().map(|record| vec![0.0; 2 * dim * record.len()]).collect();
        for i in 0..dim {
            let of = |record: &Trajectory| record.states().iter().skip(i).step_by(dim).copied().collect();
            let records: Vec<(&[f64], Vec<f64>)> = self.iter().map(|record| (record.times(), of(record))).collect();
            let slopes = Smoothed::in_suited_time(&records).slopes;
            for (states, ((_, values), slopes)) in states.iter_mut().zip(records.iter().zip(&slopes)) {
                for (state, (value, slope)) in states.chunks_exact_mut(2 * dim).zip(values.iter().zip(slopes)) {
                    (state[i], state[dim + i]) = (*value, *slope);
                }
            }
        }
        let mut names = self.components().to_vec();
        for name in self.components() {
            let mut primed = format!("{name}'");
            while names.contains(&primed) || primed == self.time_name() {
                primed.push('\'');
            }
            names.push(primed);
        }
        let completed =
            |(record, states): (&Trajectory, Vec<f64>)| Trajectory::new(record.id(), record.times().to_vec(), states);
        let records = self.iter().zip(states).map(completed).collect::<Result<_, Error>>()?;
        Trajectories::new(names, records)?.with_time_name(self.time_name())
    }

    /// The first components alone, `count` of them.
    pub(crate) fn first_components(&self, count: usize) -> Result<Self, Error> {
        let of = |record: &Trajectory| {
            let states = record.states().chunks_exact(self.dim()).flat_map(|state| state.iter().take(count));
            Trajectory::new(record.id(), record.times().to_vec(), states.copied().collect())
        };
        let records = self.iter().map(of).collect::<Result<_, Error>>()?;
        Trajectories::new(self.components().iter().take(count).cloned(), records)?.with_time_name(self.time_name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slopes_are_those_of_the_curve_through_the_noise() {
        let times: Vec<f64> = (0..200).map(|k| 0.05 * f64::from(k)).collect();
        let states = times.iter().enumerate().flat_map(|(k, t)| {
            let error = 0.01 * f64::from((k as i32 * 7) % 5 - 2);
            [t.sin() + error, 3.0 * t]
        });
        let record = Trajectory::new("", times.clone(), states.collect()).unwrap();
        let data = Trajectories::new(["x", "x'"], vec![record]).unwrap();
        let completed = data.with_slopes().unwrap();
        assert_eq!(completed.components(), ["x", "x'", "x''", "x'''"]);
        for (k, t) in times.iter().enumerate().take(190).skip(10) {
            let state = completed.trajectory(0).state(k);
            assert_eq!(&state[..2], data.trajectory(0).state(k));
            assert!((state[2] - t.cos()).abs() < 0.05 && (state[3] - 3.0).abs() < 1e-6, "{state:?} at {t}");
        }
        assert_eq!(completed.first_components(2).unwrap(), data);
    }
}
