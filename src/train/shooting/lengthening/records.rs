//! Recorded trajectories as least-squares training sees them.

use super::Observations;
use crate::Real;
use crate::data::Smoothed;

/// Noise below this part of a component's deviation is none.
const NOISELESS: f64 = 3e-3;
/// Fewer observations do not tell noise from what happens between them.
const ENOUGH: f64 = 12.0;

/// Observations, smoothed, and how many steps lead through each interval between them.
pub(super) struct Records<'a, T> {
    pub data: &'a Observations<T>,
    /// Times of the observations of each trajectory.
    pub times: Vec<Vec<f64>>,
    /// The smoothed states of each trajectory, one after another, and their slopes.
    pub smooth: Vec<Vec<T>>,
    pub slopes: Vec<Vec<f64>>,
    /// Steps through each interval of each trajectory.
    pub steps: Vec<Vec<usize>>,
    /// Deviation of each component, in which its errors count; 1 where it never changes.
    pub deviations: Vec<f64>,
    /// Components that never change.
    pub constants: Vec<bool>,
    /// Components whose errors count, the first: others are hidden.
    pub observed: usize,
    /// The variance of the noise of each component, in deviations.
    noise: Vec<f64>,
}

impl<'a, T: Real> Records<'a, T> {
    pub fn new(data: &'a Observations<T>) -> Self {
        let (dim, all) = (data.states.dim(), 0..data.len());
        let observed = |i: usize| data.grid.observed(i).iter().map(move |&n| data.grid.times(i)[n]);
        let times: Vec<Vec<f64>> = all.clone().map(|i| observed(i).collect()).collect();
        let counts = |i: usize| data.grid.observed(i).windows(2).map(|ends| ends[1] - ends[0]).collect();
        let mut records = Records {
            data,
            smooth: all.clone().map(|i| data.states.sample(i).to_vec()).collect(),
            slopes: all.clone().map(|i| vec![0.0; data.states.sample(i).len()]).collect(),
            steps: all.map(counts).collect(),
            times,
            observed: dim,
            noise: Vec::new(),
            deviations: Vec::new(),
            constants: Vec::new(),
        };
        for component in 0..dim {
            records.smooth_component(component);
        }
        records
    }

    fn smooth_component(&mut self, i: usize) {
        let dim = self.data.states.dim();
        let values = |k: usize| self.data.states.sample(k).iter().skip(i).step_by(dim).map(|y| y.to_f64());
        let of: Vec<_> =
            self.times.iter().enumerate().map(|(k, t)| (&t[..], values(k).collect::<Vec<f64>>())).collect();
        let n = self.times.iter().map(Vec::len).sum::<usize>() as f64;
        let all = || of.iter().flat_map(|(_, y)| y);
        // Divided before they are added or squared, so that neither overflows.
        let mean = all().map(|y| y / n).sum::<f64>();
        let largest = all().map(|y| (y - mean).abs()).fold(0.0, f64::max);
        let square = all().map(|y| ((y - mean) / largest).powi(2) / n).sum::<f64>();
        let deviation = if largest > 0.0 { largest * square.sqrt() } else { 1.0 };
        let smoothed = Smoothed::in_suited_time(&of);
        let is_noisy = n >= ENOUGH && smoothed.noise.min(smoothed.typical) > NOISELESS * deviation;
        for (k, (values, slopes)) in smoothed.values.iter().zip(&smoothed.slopes).enumerate() {
            for (j, (value, slope)) in values.iter().zip(slopes).enumerate() {
                self.slopes[k][j * dim + i] = *slope;
                if is_noisy {
                    self.smooth[k][j * dim + i] = T::constant(*value);
                }
            }
        }
        self.deviations.push(deviation);
        self.constants.push(largest == 0.0);
        self.noise.push(if is_noisy { (smoothed.noise / deviation).powi(2) } else { 0.0 });
    }

    /// The mean interval between observations.
    pub fn mean_interval(&self) -> f64 {
        let spans = self.times.iter().map(|times| times[times.len() - 1] - times[0]).sum::<f64>();
        spans / self.times.iter().map(|times| times.len() - 1).sum::<usize>().max(1) as f64
    }

    /// Mean over the observed components of the variance of the noise, in deviations.
    pub fn noise(&self) -> f64 {
        self.noise[..self.observed].iter().sum::<f64>() / self.observed as f64
    }

    /// Whether what is measured carries noise.
    pub fn is_noisy(&self) -> bool {
        self.noise() > 0.0
    }

    /// The smoothed state at an observation.
    pub fn state(&self, trajectory: usize, k: usize) -> &[T] {
        let dim = self.data.states.dim();
        &self.smooth[trajectory][k * dim..(k + 1) * dim]
    }

    /// The time at a part of an interval, of which `n` have been taken.
    pub fn time(&self, trajectory: usize, interval: usize, taken: usize, of: usize) -> f64 {
        let (from, until) = (self.times[trajectory][interval], self.times[trajectory][interval + 1]);
        if taken == of { until } else { from + (until - from) * taken as f64 / of as f64 }
    }
}
