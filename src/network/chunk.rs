//! A group of samples that go through a block together.

use super::clock::Moment;
use super::course::{Course, Route};
use super::penalty::{Penalised, Visited};
use super::trail::Trail;
use super::{Grid, Memory, States, Work};
use crate::field::Field;
use crate::regularisation::{Further, Regularisation};
use crate::step::{Steps, Workspace};
use crate::{Error, Real};
use std::ops::Range;

/// Most samples in a chunk: enough columns to keep the arithmetic units busy, few enough to stay in cache and to leave
/// work for other threads. Fixed, so that results do not depend on the number of threads.
pub(super) const CHUNK: usize = 32;

/// Samples that take the same number of steps with the same parameters in each, with all memory that their way through
/// the block needs.
#[derive(Debug)]
pub(super) struct Chunk<T: Real> {
    pub route: Route,
    dim: usize,
    /// Rows of what is carried from step to step: the state comes first.
    rows: usize,
    trail: Trail<T>,
    /// The observed states, one matrix after another.
    seen: Vec<T>,
    lambda: Vec<T>,
    /// Cotangents of the parameters that steps touch: those of all steps of the block, in every chunk, would be as many as
    /// the square of the steps where these are cut into segments.
    pub params_bar: Vec<T>,
    pub penalty: Penalised<T>,
    /// Cotangents before a stretch that is gone back: of what is carried, then of the parameters.
    before: Vec<T>,
    ws: Workspace<T>,
}

/// The steps of a pass, with the parameters of all, and how many of these each has.
pub(super) type Taken<'a, T> = (&'a Steps<'a, T>, &'a [T], usize);

impl<T: Real> Chunk<T> {
    /// Cuts the samples of a grid into chunks; `layer` gives the set of parameters for a step's start time.
    pub fn cut((dim, rows): (usize, usize), memory: Memory, grid: &Grid, layer: impl Fn(f64) -> usize) -> Vec<Self> {
        let chunk = |(layers, samples)| {
            let route = Route::new::<T>(grid, samples, layers);
            let len = rows * route.batch.stride;
            Chunk {
                dim,
                rows,
                trail: Trail::new(memory, route.layers.len(), len, Moment::new(route.batch)),
                seen: vec![T::zero(); grid.observed(route.samples[0]).len() * dim * route.batch.stride],
                lambda: vec![T::zero(); len],
                params_bar: Vec::new(),
                penalty: Penalised::new(),
                before: Vec::new(),
                ws: Workspace::new(),
                route,
            }
        };
        alike(grid, layer).into_iter().map(chunk).collect()
    }

    /// Forgets what passes taught: the next one is the first, but for the memory.
    pub fn forget(&mut self) {
        self.trail.forget();
        self.ws.start();
    }

    /// What the last [`forward`](Chunk::forward) pass and all passes since have cost.
    pub fn work(&self) -> Work {
        let mut work = self.ws.work();
        work += self.trail.work();
        work
    }

    /// Where the parameters that [`params_bar`](Chunk::params_bar) belongs to are among those of all steps.
    pub fn touched(&self, layer_params: usize) -> Range<usize> {
        self.route.touched.start * layer_params..self.route.touched.end * layer_params
    }

    /// Takes all steps from the starts, which hold the batch's samples one after another.
    pub fn forward(&mut self, (steps, params, layer_params): Taken<'_, T>, starts: &[T]) -> Result<(), Error> {
        let course = Course { route: &self.route, steps, params, layer_params };
        let (d, stride) = (self.dim, self.route.batch.stride);
        let start = self.trail.start();
        tiled(d, self.route.samples.len(), |q, rows| {
            let from = &starts[self.route.samples[q] * d..][rows.clone()];
            rows.zip(from).for_each(|(i, &x)| start[i * stride + q] = x);
        });
        steps.fill_start(start, d * stride);
        self.penalty.is_pending = false;
        self.ws.start_pass(!steps.keeps_jacobians());
        let (observed, seen) = (&self.route.observed, &mut self.seen);
        self.trail.forward(course, &mut self.ws, |n, carried| {
            if let Some(k) = observed[n] {
                seen[k * d * stride..][..d * stride].copy_from_slice(&carried[..d * stride]);
            }
        })
    }

    /// Evaluates a regulariser of the trajectories of the last [`forward`](Chunk::forward), whose mean over `samples`
    /// samples is wanted; the next [`backward`](Chunk::backward) starts from its derivatives, if they are asked for.
    pub fn penalise(
        &mut self,
        field: &dyn Field<T>,
        (steps, params, layer_params): Taken<'_, T>,
        of: (&Regularisation, &Further<T>),
        samples: usize,
        with_derivatives: bool,
    ) -> Result<(), Error> {
        let course = Course { route: &self.route, steps, params, layer_params };
        let states = Visited { route: &self.route, y: self.trail.path(course)?, rows: self.rows };
        self.penalty.evaluate(states, (field, params), of, samples, with_derivatives);
        Ok(())
    }

    /// Writes the observed states to a path.
    pub fn observe(&self, path: &mut States<T>) {
        let (d, stride) = (self.dim, self.route.batch.stride);
        for (k, state) in self.seen.chunks_exact((d * stride).max(1)).enumerate() {
            tiled(d, self.route.samples.len(), |q, rows| {
                let to = &mut path.state_mut(self.route.samples[q], k)[rows.clone()];
                to.iter_mut().zip(rows).for_each(|(x, i)| *x = state[i * stride + q]);
            });
        }
    }

    /// Goes back through all steps of the last [`forward`](Chunk::forward), from the cotangents
    /// `gradient` of the observed states: fills `params_bar`, and leaves the cotangents of the
    /// starts for [`start_cotangents`](Chunk::start_cotangents).
    pub fn backward(&mut self, (steps, params, layer_params): Taken<'_, T>, gradient: &States<T>) -> Result<(), Error> {
        let course = Course { route: &self.route, steps, params, layer_params };
        let (trail, lambda, params_bar) = (&mut self.trail, &mut self.lambda, &mut self.params_bar);
        lambda.fill(T::zero());
        params_bar.clear();
        if self.penalty.is_pending {
            params_bar.extend_from_slice(&self.penalty.params_bar);
        }
        params_bar.resize(course.touched().len(), T::zero());
        self.ws.start_adjoint();
        let given = Given { route: &self.route, dim: self.dim, penalty: &self.penalty, gradient };
        let mut end = course.len();
        // As far as steps are taken again rather than back.
        let mut again = end;
        while end > 0 {
            let stretch = if end <= again { trail.stretch(course, end)? } else { None };
            if let Some(stretch) = stretch {
                let sets = course.bar(stretch.clone());
                self.before.clear();
                self.before.extend_from_slice(lambda);
                self.before.extend_from_slice(&params_bar[sets.clone()]);
                let undone = stretch.clone().rev().try_for_each(|n| {
                    trail.take_back(course, n)?;
                    given.add(n + 1, lambda);
                    pull_back(course, n, trail, (lambda, params_bar), &mut self.ws)
                });
                again = stretch.start;
                if undone.is_ok() && trail.agrees(course, stretch.start) {
                    end = stretch.start;
                    continue;
                }
                let (carried, of_params) = self.before.split_at(lambda.len());
                lambda.copy_from_slice(carried);
                params_bar[sets].copy_from_slice(of_params);
                self.ws.start_adjoint();
                trail.fall_back(course);
            }
            let run = trail.run(course, end)?;
            end = run.start;
            for n in run.rev() {
                given.add(n + 1, lambda);
                pull_back(course, n, trail, (lambda, params_bar), &mut self.ws).map_err(course.relocated(n))?;
            }
        }
        steps.pull_start_back(lambda, self.dim * self.route.batch.stride);
        given.add(0, lambda);
        Ok(())
    }

    /// Writes the cotangents of the starts after [`backward`](Chunk::backward), the samples' one after another.
    pub fn start_cotangents(&self, starts_bar: &mut [T]) {
        let (d, stride) = (self.dim, self.route.batch.stride);
        tiled(d, self.route.samples.len(), |q, rows| {
            let to = &mut starts_bar[self.route.samples[q] * d..][rows.clone()];
            to.iter_mut().zip(rows).for_each(|(x, i)| *x = self.lambda[i * stride + q]);
        });
    }

    /// Propagates tangents of starts and parameters through the steps of the last [`forward`](Chunk::forward), and
    /// writes those of the observed states.
    pub fn pushforward(
        &mut self,
        (steps, params, layer_params): Taken<'_, T>,
        starts_dot: &[T],
        params_dot: &[T],
        tangents: &mut States<T>,
    ) -> Result<(), Error> {
        let course = Course { route: &self.route, steps, params, layer_params };
        let (d, stride, lambda, ws) = (self.dim, self.route.batch.stride, &mut self.lambda, &mut self.ws);
        tiled(d, self.route.samples.len(), |q, rows| {
            let from = &starts_dot[self.route.samples[q] * d..][rows.clone()];
            rows.zip(from).for_each(|(i, &x)| lambda[i * stride + q] = x);
        });
        steps.fill_start(lambda, d * stride);
        self.trail.visit(course, |n, taken| {
            if let Some(k) = self.route.observed[n] {
                tiled(d, self.route.samples.len(), |q, rows| {
                    let to = &mut tangents.state_mut(self.route.samples[q], k)[rows.clone()];
                    to.iter_mut().zip(rows).for_each(|(x, i)| *x = lambda[i * stride + q]);
                });
            }
            let Some((from, trace)) = taken else { return Ok(()) };
            let pushed = steps.at(n).pushforward(from, trace, lambda, Some(&params_dot[course.range(n)]), ws);
            pushed.map_err(course.relocated(n))
        })
    }
}

/// Pulls cotangents back through step `n`, whose trace is at hand.
fn pull_back<T: Real>(
    course: Course<'_, T>,
    n: usize,
    trail: &mut Trail<T>,
    (lambda, params_bar): (&mut [T], &mut [T]),
    ws: &mut Workspace<T>,
) -> Result<(), Error> {
    let (from, trace) = trail.taken(course, n);
    course.steps.at(n).pullback(from, trace, lambda, &mut params_bar[course.bar(n..n + 1)], ws)
}

/// The cotangents that states are given.
struct Given<'a, T: Real> {
    route: &'a Route,
    dim: usize,
    penalty: &'a Penalised<T>,
    gradient: &'a States<T>,
}

impl<T: Real> Given<'_, T> {
    /// Adds those of the states after step `n - 1`.
    fn add(&self, n: usize, lambda: &mut [T]) {
        if self.penalty.is_pending {
            let bar = &self.penalty.states_bar[n * lambda.len()..];
            lambda.iter_mut().zip(bar).for_each(|(sum, &x)| *sum += x);
        }
        let Some(k) = self.route.observed[n] else { return };
        tiled(self.dim, self.route.samples.len(), |q, rows| {
            let from = &self.gradient.state(self.route.samples[q], k)[rows.clone()];
            rows.zip(from).for_each(|(i, &x)| lambda[i * self.route.batch.stride + q] += x);
        });
    }
}

/// Rows of a unit-major matrix whose columns are read or written together, so that both sides stay in the cache.
const TILE: usize = 16;

/// Visits every column of some rows, a few of these after the other: `visit(column, rows)`.
pub(super) fn tiled(rows: usize, columns: usize, mut visit: impl FnMut(usize, Range<usize>)) {
    for from in (0..rows).step_by(TILE) {
        (0..columns).for_each(|column| visit(column, from..rows.min(from + TILE)));
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
