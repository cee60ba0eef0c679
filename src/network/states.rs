//! States along the steps of a batch.

use super::Grid;
use crate::{Error, Real};

/// A state for every observed step of every sample: a prediction, its targets, or a gradient with respect to it.
///
/// ```
/// use kutta::network::States;
/// // One sample with three states in the plane.
/// let path = States::from_states(2, [[0.0, 1.0, 0.5, 0.5, 1.0, 0.0]]);
/// assert_eq!(path.state(0, 1), [0.5, 0.5]);
/// assert_eq!(path.last(0), [1.0, 0.0]);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct States<T> {
    dim: usize,
    states: Vec<T>,
    /// Where each sample's states begin, in states, and where the last one's end.
    offsets: Vec<usize>,
}

impl<T: Real> States<T> {
    /// Zeros for every observed step of a grid.
    pub fn zeros(dim: usize, grid: &Grid) -> Self {
        let mut offsets = vec![0];
        for sample in 0..grid.samples() {
            offsets.push(offsets[sample] + grid.observed(sample).len());
        }
        States { dim, states: vec![T::zero(); dim * offsets[grid.samples()]], offsets }
    }

    /// From the states of each sample, one after another. Numbers beyond a whole number of states are left out.
    pub fn from_states<S: AsRef<[T]>>(dim: usize, samples: impl IntoIterator<Item = S>) -> Self {
        let mut path = States { dim, states: Vec::new(), offsets: vec![0] };
        for states in samples {
            let states = states.as_ref();
            let count = states.len() / dim.max(1);
            path.states.extend_from_slice(&states[..count * dim]);
            path.offsets.push(path.offsets[path.offsets.len() - 1] + count);
        }
        path
    }

    /// Refuses states that are not laid out as others are.
    pub(crate) fn check_shape(&self, what: &'static str, other: &Self) -> Result<(), Error> {
        Error::check_len(what, "components", self.dim, other.dim)?;
        Error::check_len(what, "samples", self.samples(), other.samples())?;
        (0..self.samples())
            .try_for_each(|sample| Error::check_len(what, "states of a sample", self.len(sample), other.len(sample)))
    }

    /// Number of components of a state.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// Number of samples.
    pub fn samples(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Number of states of a sample, its start included if that is observed.
    pub fn len(&self, sample: usize) -> usize {
        self.offsets[sample + 1] - self.offsets[sample]
    }

    /// Whether there are no states at all.
    pub fn is_empty(&self) -> bool {
        self.states.is_empty()
    }

    /// The `k`-th observed state of a sample.
    pub fn state(&self, sample: usize, k: usize) -> &[T] {
        &self.sample(sample)[k * self.dim..][..self.dim]
    }

    /// The `k`-th observed state of a sample, to be written.
    pub fn state_mut(&mut self, sample: usize, k: usize) -> &mut [T] {
        let dim = self.dim;
        &mut self.sample_mut(sample)[k * dim..][..dim]
    }

    /// The last observed state of a sample.
    pub fn last(&self, sample: usize) -> &[T] {
        self.state(sample, self.len(sample) - 1)
    }

    /// All states of a sample, one after another.
    pub fn sample(&self, sample: usize) -> &[T] {
        &self.states[self.dim * self.offsets[sample]..self.dim * self.offsets[sample + 1]]
    }

    /// All states of a sample, to be written.
    pub fn sample_mut(&mut self, sample: usize) -> &mut [T] {
        &mut self.states[self.dim * self.offsets[sample]..self.dim * self.offsets[sample + 1]]
    }

    /// All numbers: samples one after another, in each its states.
    pub fn as_slice(&self) -> &[T] {
        &self.states
    }

    /// All numbers, to be written.
    pub fn as_mut_slice(&mut self) -> &mut [T] {
        &mut self.states
    }
}
