//! A group of samples that go through a block together.

use super::penalty::{Penalised, Visited};
use super::{Grid, Work};
use crate::field::{Batch, Field, Signal};
use crate::regularisation::{Further, Regularisation};
use crate::step::{Start, Steps, Trace, Workspace};
use crate::{Error, Real};
use std::ops::Range;
use std::sync::Arc;

/// Most samples in a chunk: enough columns to keep the arithmetic units busy, few enough to stay in cache and to leave
/// work for other threads. Fixed, so that results do not depend on the number of threads.
const CHUNK: usize = 32;

/// Samples that take the same number of steps with the same parameters in each, with all memory that their way through
/// the block needs.
#[derive(Debug)]
pub(super) struct Chunk<T: Real> {
    /// Which samples of the batch these are.
    pub samples: Vec<usize>,
    /// Which set of parameters each step uses.
    layers: Vec<usize>,
    /// The sets from the first to the last of these.
    touched: Range<usize>,
    /// By step: whether its end is observed, as which state of each sample; entry 0 is the start.
    observed: Vec<Option<usize>>,
    batch: Batch,
    dim: usize,
    /// Rows of what is carried from step to step: the state comes first.
    rows: usize,
    /// What the samples know beside their states, if they do.
    signals: Vec<Arc<dyn Signal>>,
    /// Start times of the steps and the end of the last, and sizes of the steps; a row of the batch's stride each.
    t: Vec<T>,
    h: Vec<T>,
    /// What is carried: `steps + 1` matrices of `rows × stride`.
    states: Vec<T>,
    traces: Vec<Trace<T>>,
    lambda: Vec<T>,
    /// Cotangents of the parameters of `touched`: those of all steps of the block, in every chunk, would be as many as the
    /// square of the steps where these are cut into segments.
    pub params_bar: Vec<T>,
    pub penalty: Penalised<T>,
    ws: Workspace<T>,
}

impl<T: Real> Chunk<T> {
    /// Cuts the samples of a grid into chunks; `layer` gives the set of parameters for a step's start time.
    pub fn cut(dim: usize, rows: usize, grid: &Grid, layer: impl Fn(f64) -> usize) -> Vec<Self> {
        let alike = alike(grid, layer).into_iter();
        alike.map(|(layers, samples)| Chunk::new((dim, rows), grid, samples, layers)).collect()
    }

    fn new((dim, rows): (usize, usize), grid: &Grid, samples: Vec<usize>, layers: Vec<usize>) -> Self {
        let steps = layers.len();
        let batch = Batch::padded::<T>(samples.len());
        let mut observed = vec![None; steps + 1];
        for (k, &step) in grid.observed(samples[0]).iter().enumerate() {
            observed[step] = Some(k);
        }
        let mut t = vec![T::zero(); (steps + 1) * batch.stride];
        let mut h = vec![T::zero(); steps * batch.stride];
        for (q, &sample) in samples.iter().enumerate() {
            for (n, &time) in grid.times(sample).iter().enumerate() {
                t[n * batch.stride + q] = T::constant(time);
            }
            for (n, pair) in grid.times(sample).windows(2).enumerate() {
                h[n * batch.stride + q] = T::constant(pair[1] - pair[0]);
            }
        }
        let first = layers.iter().copied().min().unwrap_or(0);
        let touched = first..layers.iter().map(|&layer| layer + 1).max().unwrap_or(first);
        let signals = samples.iter().filter_map(|&sample| grid.signals().get(sample).cloned()).collect();
        Chunk {
            signals,
            samples,
            layers,
            touched,
            observed,
            batch,
            dim,
            rows,
            t,
            h,
            states: vec![T::zero(); (steps + 1) * rows * batch.stride],
            traces: Vec::new(),
            lambda: vec![T::zero(); rows * batch.stride],
            params_bar: Vec::new(),
            penalty: Penalised::new(),
            ws: Workspace::new(),
        }
    }

    /// Forgets what passes taught: the next one is the first, but for the memory.
    pub fn forget(&mut self) {
        self.traces.iter_mut().for_each(Trace::forget);
        self.ws.start();
    }

    /// What the last [`forward`](Chunk::forward) pass and all passes since have cost.
    pub fn work(&self) -> Work {
        self.ws.work()
    }

    /// Where the parameters that [`params_bar`](Chunk::params_bar) belongs to are among those of all steps.
    pub fn touched(&self, layer_params: usize) -> Range<usize> {
        self.touched.start * layer_params..self.touched.end * layer_params
    }

    /// Takes all steps from the starts, which hold the batch's samples one after another.
    pub fn forward(
        &mut self,
        steps: &Steps<'_, T>,
        params: &[T],
        layer_params: usize,
        starts: &[T],
    ) -> Result<(), Error> {
        let (d, rows, stride) = (self.dim, self.rows, self.batch.stride);
        for (q, &sample) in self.samples.iter().enumerate() {
            for i in 0..d {
                self.states[i * stride + q] = starts[sample * d + i];
            }
        }
        steps.fill_start(&mut self.states[..rows * stride], d * stride);
        self.penalty.is_pending = false;
        if self.traces.is_empty() {
            self.traces.resize_with(self.layers.len(), Trace::new);
            // The last first: memory is handed out upwards, and read fastest upwards, which counts on the way back, where the
            // traces of many samples are no longer in the cache.
            for (n, trace) in self.traces.iter_mut().enumerate().rev() {
                steps.at(n).make_room(self.batch, trace);
            }
        }
        self.ws.start_pass(!steps.keeps_jacobians());
        for (n, &layer) in self.layers.iter().enumerate() {
            let (y, next) = self.states[n * rows * stride..(n + 2) * rows * stride].split_at_mut(rows * stride);
            let from = Start {
                params: &params[layer * layer_params..][..layer_params],
                t: &self.t[n * stride..][..stride],
                h: &self.h[n * stride..][..stride],
                y,
                batch: self.batch,
                signals: &self.signals,
            };
            let taken = steps.at(n).forward(from, next, &mut self.traces[n], &mut self.ws);
            taken.map_err(|error| error.relocated(n, &self.samples))?;
        }
        Ok(())
    }

    /// Evaluates a regulariser of the trajectories of the last [`forward`](Chunk::forward), whose mean over `samples`
    /// samples is wanted; the next [`backward`](Chunk::backward) starts from its derivatives, if they are asked for.
    pub fn penalise(
        &mut self,
        (field, params): (&dyn Field<T>, &[T]),
        of: (&Regularisation, &Further<T>),
        samples: usize,
        with_derivatives: bool,
    ) {
        let (layers, y, t, rows) = (&self.layers[..], &self.states[..], &self.t[..], self.rows);
        let (samples_here, touched, stride) = (&self.samples[..], self.touched.clone(), self.batch.stride);
        let signals = &self.signals[..];
        let states = Visited { samples: samples_here, layers, touched, y, t, rows, stride, signals };
        self.penalty.evaluate(states, (field, params), of, samples, with_derivatives);
    }

    /// Reads the observed states: `read(sample, k, component, value)`.
    pub fn observe(&self, mut read: impl FnMut(usize, usize, usize, T)) {
        let (d, stride) = (self.dim, self.batch.stride);
        for (n, k) in self.observed.iter().enumerate() {
            let Some(k) = *k else { continue };
            for (q, &sample) in self.samples.iter().enumerate() {
                for i in 0..d {
                    read(sample, k, i, self.states[(n * self.rows + i) * stride + q]);
                }
            }
        }
    }

    /// Adds the cotangents of the states after step `n - 1`.
    fn add_cotangents(&mut self, n: usize, gradient: &impl Fn(usize, usize, usize) -> T) {
        if self.penalty.is_pending {
            let bar = &self.penalty.states_bar[n * self.lambda.len()..];
            self.lambda.iter_mut().zip(bar).for_each(|(sum, &x)| *sum += x);
        }
        let Some(k) = self.observed[n] else { return };
        for (q, &sample) in self.samples.iter().enumerate() {
            for i in 0..self.dim {
                self.lambda[i * self.batch.stride + q] += gradient(sample, k, i);
            }
        }
    }

    /// Goes back through all steps of the last [`forward`](Chunk::forward), from the cotangents
    /// `gradient(sample, k, component)` of the observed states: fills `params_bar`, and leaves the cotangents of the
    /// starts for [`start_cotangents`](Chunk::start_cotangents).
    pub fn backward(
        &mut self,
        steps: &Steps<'_, T>,
        params: &[T],
        layer_params: usize,
        gradient: impl Fn(usize, usize, usize) -> T,
    ) -> Result<(), Error> {
        let (rows, stride) = (self.rows, self.batch.stride);
        self.lambda.fill(T::zero());
        self.params_bar.clear();
        if self.penalty.is_pending {
            self.params_bar.extend_from_slice(&self.penalty.params_bar);
        }
        let touched = self.touched(layer_params);
        self.params_bar.resize(touched.len(), T::zero());
        self.ws.start_adjoint();
        for n in (0..self.layers.len()).rev() {
            self.add_cotangents(n + 1, &gradient);
            let range = self.layers[n] * layer_params..(self.layers[n] + 1) * layer_params;
            let from = Start {
                params: &params[range.clone()],
                t: &self.t[n * stride..][..stride],
                h: &self.h[n * stride..][..stride],
                y: &self.states[n * rows * stride..][..rows * stride],
                batch: self.batch,
                signals: &self.signals,
            };
            let params_bar = &mut self.params_bar[range.start - touched.start..range.end - touched.start];
            let pulled = steps.at(n).pullback(from, &self.traces[n], &mut self.lambda, params_bar, &mut self.ws);
            pulled.map_err(|error| error.relocated(n, &self.samples))?;
        }
        steps.pull_start_back(&mut self.lambda, self.dim * stride);
        self.add_cotangents(0, &gradient);
        Ok(())
    }

    /// Cotangents of the starts after [`backward`](Chunk::backward): `read(sample, component, value)`.
    pub fn start_cotangents(&self, mut read: impl FnMut(usize, usize, T)) {
        for (q, &sample) in self.samples.iter().enumerate() {
            for i in 0..self.dim {
                read(sample, i, self.lambda[i * self.batch.stride + q]);
            }
        }
    }

    /// Propagates tangents of starts and parameters through the steps of the last [`forward`](Chunk::forward), and
    /// reads those of the observed states: `read(sample, k, component, value)`.
    pub fn pushforward(
        &mut self,
        steps: &Steps<'_, T>,
        params: &[T],
        layer_params: usize,
        starts_dot: &[T],
        params_dot: &[T],
        mut read: impl FnMut(usize, usize, usize, T),
    ) -> Result<(), Error> {
        let (d, rows, stride) = (self.dim, self.rows, self.batch.stride);
        for (q, &sample) in self.samples.iter().enumerate() {
            for i in 0..d {
                self.lambda[i * stride + q] = starts_dot[sample * d + i];
            }
        }
        steps.fill_start(&mut self.lambda, d * stride);
        for n in 0..=self.layers.len() {
            if let Some(k) = self.observed[n] {
                for (q, &sample) in self.samples.iter().enumerate() {
                    (0..d).for_each(|i| read(sample, k, i, self.lambda[i * stride + q]));
                }
            }
            let Some(&layer) = self.layers.get(n) else { break };
            let range = layer * layer_params..(layer + 1) * layer_params;
            let from = Start {
                params: &params[range.clone()],
                t: &self.t[n * stride..][..stride],
                h: &self.h[n * stride..][..stride],
                y: &self.states[n * rows * stride..][..rows * stride],
                batch: self.batch,
                signals: &self.signals,
            };
            let pushed = steps.at(n).pushforward(
                from,
                &self.traces[n],
                &mut self.lambda,
                Some(&params_dot[range]),
                &mut self.ws,
            );
            pushed.map_err(|error| error.relocated(n, &self.samples))?;
        }
        Ok(())
    }
}

/// The samples of each chunk, in groups of [`CHUNK`] at most that have equal layers, steps and observed steps; the layers
/// come first. A step back uses the parameters of the step that it undoes.
pub(super) fn alike(grid: &Grid, layer: impl Fn(f64) -> usize) -> Vec<(Vec<usize>, Vec<usize>)> {
    let key = |sample: usize| {
        let layers: Vec<usize> = grid.times(sample).windows(2).map(|ends| layer(ends[0]).min(layer(ends[1]))).collect();
        (layers, grid.observed(sample))
    };
    let mut groups: std::collections::HashMap<_, usize> = Default::default();
    let mut members: Vec<(Vec<usize>, Vec<usize>)> = Vec::new();
    for sample in 0..grid.samples() {
        let key = key(sample);
        let group = *groups.entry(key).or_insert_with_key(|(layers, _)| {
            members.push((layers.clone(), Vec::new()));
            members.len() - 1
        });
        members[group].1.push(sample);
    }
    let chunks = |(layers, samples): (Vec<usize>, Vec<usize>)| {
        let chunk = |samples: &[usize]| (layers.clone(), samples.to_vec());
        samples.chunks(CHUNK).map(chunk).collect::<Vec<_>>()
    };
    members.into_iter().flat_map(chunks).collect()
}
