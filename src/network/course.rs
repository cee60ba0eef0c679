//! Which steps samples take together.

use super::Grid;
use super::clock::{Clock, Moment};
use crate::field::{Batch, Signal};
use crate::step::{Start, Steps};
use crate::{Error, Real};
use std::ops::Range;
use std::sync::Arc;

/// The way of samples that take the same number of steps with the same parameters in each.
#[derive(Debug)]
pub(super) struct Route {
    /// Which samples of the batch these are.
    pub samples: Vec<usize>,
    /// Which set of parameters each step uses.
    pub layers: Vec<usize>,
    /// The sets from the first to the last of these.
    pub touched: Range<usize>,
    /// By step: whether its end is observed, as which state of each sample; entry 0 is the start.
    pub observed: Vec<Option<usize>>,
    pub batch: Batch,
    pub clock: Clock,
    /// What the samples know beside their states, if they do.
    pub signals: Vec<Arc<dyn Signal>>,
}

impl Route {
    /// That of some samples of a grid, in rows padded for numbers of that type.
    pub fn new<T: Real>(grid: &Grid, samples: Vec<usize>, layers: Vec<usize>) -> Self {
        let mut observed = vec![None; layers.len() + 1];
        for (k, &step) in grid.observed(samples[0]).iter().enumerate() {
            observed[step] = Some(k);
        }
        let first = layers.iter().copied().min().unwrap_or(0);
        Route {
            touched: first..layers.iter().map(|&layer| layer + 1).max().unwrap_or(first),
            batch: Batch::padded::<T>(samples.len()),
            clock: Clock::new(grid, &samples),
            signals: samples.iter().filter_map(|&sample| grid.signals().get(sample).cloned()).collect(),
            observed,
            layers,
            samples,
        }
    }
}

/// A route with the steps of a pass, and its parameters.
#[derive(Debug, Clone, Copy)]
pub(super) struct Course<'a, T: Real> {
    pub route: &'a Route,
    pub steps: &'a Steps<'a, T>,
    pub params: &'a [T],
    /// Number of parameters of a step.
    pub layer_params: usize,
}

impl<'a, T: Real> Course<'a, T> {
    /// Number of steps.
    pub fn len(self) -> usize {
        self.route.layers.len()
    }

    /// Where the parameters of step `n` are among those of all.
    pub fn range(self, n: usize) -> Range<usize> {
        self.route.layers[n] * self.layer_params..(self.route.layers[n] + 1) * self.layer_params
    }

    /// Where the sets that some steps use are among those of the sets from the first to the last of the route's.
    pub fn bar(self, steps: Range<usize>) -> Range<usize> {
        let layers = &self.route.layers[steps];
        let from = layers.iter().copied().min().unwrap_or(self.route.touched.start) - self.route.touched.start;
        let until = layers.iter().max().map_or(from, |last| last + 1 - self.route.touched.start);
        from * self.layer_params..until * self.layer_params
    }

    /// Where those of all steps are.
    pub fn touched(self) -> Range<usize> {
        self.route.touched.start * self.layer_params..self.route.touched.end * self.layer_params
    }

    /// Step `n` from `y`; for a step back, from where it led.
    pub fn start<'s>(self, n: usize, y: &'s [T], moment: &'s mut Moment<T>) -> Start<'s, T>
    where
        'a: 's,
    {
        moment.set(&self.route.clock, n);
        let Moment { t, h } = moment;
        let Route { batch, signals, .. } = self.route;
        Start { params: &self.params[self.range(n)], t, h, y, batch: *batch, signals }
    }

    /// An error of step `n`, as that of the samples of the grid.
    pub fn relocated(self, n: usize) -> impl FnOnce(Error) -> Error {
        move |error| error.relocated(n, &self.route.samples)
    }
}
