//! When samples take their steps.

use super::Grid;
use crate::Real;
use crate::field::Batch;

/// The times of the steps of some samples, once for all if they are the same.
#[derive(Debug)]
pub(super) struct Clock {
    /// One row a time.
    times: Vec<f64>,
    columns: usize,
    live: usize,
}

impl Clock {
    pub fn new(grid: &Grid, samples: &[usize]) -> Self {
        let first = grid.times(samples[0]);
        let same = samples.iter().all(|&sample| grid.times(sample) == first);
        let columns = if same { &samples[..1] } else { samples };
        let row = |n: usize| columns.iter().map(move |&sample| grid.times(sample)[n]);
        let times = (0..first.len()).flat_map(row).collect();
        Clock { times, columns: columns.len(), live: samples.len() }
    }

    /// The time before step `n` of a sample.
    pub fn time(&self, n: usize, q: usize) -> f64 {
        self.times[n * self.columns + if self.columns == 1 { 0 } else { q }]
    }
}

/// Start times and lengths of a step, one a column.
#[derive(Debug)]
pub(super) struct Moment<T> {
    pub t: Vec<T>,
    pub h: Vec<T>,
}

impl<T: Real> Moment<T> {
    pub fn new(batch: Batch) -> Self {
        Moment { t: vec![T::zero(); batch.stride], h: vec![T::zero(); batch.stride] }
    }

    /// Sets them to those of step `n`.
    pub fn set(&mut self, clock: &Clock, n: usize) {
        let (live, rows) = (clock.live, clock.times[n * clock.columns..].split_at(clock.columns));
        let next = &rows.1[..clock.columns];
        if let ([t], [next]) = (rows.0, next) {
            self.t[..live].fill(T::constant(*t));
            self.h[..live].fill(T::constant(next - t));
            return;
        }
        for ((t, h), (&from, &to)) in self.t.iter_mut().zip(&mut self.h).zip(rows.0.iter().zip(next)) {
            (*t, *h) = (T::constant(from), T::constant(to - from));
        }
    }
}
