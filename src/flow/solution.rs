//! What an integration gives.

use crate::Real;
use std::ops::AddAssign;

/// The states of one sample at the times asked for, and the work they took.
#[derive(Debug, Clone, PartialEq)]
pub struct Solution<T> {
    pub(super) dim: usize,
    pub(super) times: Vec<f64>,
    pub(super) states: Vec<T>,
    pub(super) work: FlowWork,
}

/// The work of an integration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FlowWork {
    /// Steps that led on. A step judged by doubling counts as one, though it is taken twice.
    pub accepted: usize,
    /// Steps that were tried and taken back: their error was too large, or their stages were not solved.
    pub rejected: usize,
    /// Evaluations of the field outside stage solves: explicit stages, and the choice of the first step.
    pub evaluations: usize,
    /// Nonlinear iterations of successful stage solves.
    pub iterations: usize,
}

impl AddAssign for FlowWork {
    fn add_assign(&mut self, other: FlowWork) {
        self.accepted += other.accepted;
        self.rejected += other.rejected;
        self.evaluations += other.evaluations;
        self.iterations += other.iterations;
    }
}

impl<T: Real> Solution<T> {
    /// Of states of `dim` components at as many times, one after another.
    pub(crate) fn new(dim: usize, times: &[f64], states: Vec<T>, work: FlowWork) -> Self {
        Solution { dim, times: times.to_vec(), states, work }
    }

    /// Number of components of a state.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// Number of states.
    pub fn len(&self) -> usize {
        self.times.len()
    }

    /// Whether no time was asked for.
    pub fn is_empty(&self) -> bool {
        self.times.is_empty()
    }

    /// The times of the states, as they were asked for.
    pub fn times(&self) -> &[f64] {
        &self.times
    }

    /// The state at the `k`-th time.
    pub fn state(&self, k: usize) -> &[T] {
        &self.states[k * self.dim..][..self.dim]
    }

    /// The state at the last time, if there is one.
    pub fn last(&self) -> Option<&[T]> {
        self.states.chunks_exact(self.dim).next_back()
    }

    /// Times and states, in order.
    pub fn iter(&self) -> impl Iterator<Item = (f64, &[T])> {
        self.times.iter().copied().zip(self.states.chunks_exact(self.dim))
    }

    /// All states, one after another.
    pub fn states(&self) -> &[T] {
        &self.states
    }

    /// The work done.
    pub fn work(&self) -> FlowWork {
        self.work
    }
}
