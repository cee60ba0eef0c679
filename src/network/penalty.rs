//! Regularisation of a chunk's trajectories: values, and derivatives for the backward pass to start from.

use super::course::Route;
use crate::Real;
use crate::field::{Batch, Field, Point, write_signals};
use crate::regularisation::{Bars, Further, Local, Penalties, Regularisation, mixed};

/// Most states that are evaluated together. They come from several steps, so that few samples fill the registers too.
const COLUMNS: usize = 64;

/// The states of a chunk on its way, the first of the `rows` of `steps + 1` matrices.
#[derive(Clone, Copy)]
pub(super) struct Visited<'a, T> {
    pub route: &'a Route,
    pub y: &'a [T],
    pub rows: usize,
}

/// What a regulariser adds to a chunk's part of the objective, and the memory that this needs.
#[derive(Debug)]
pub(super) struct Penalised<T: Real> {
    pub value: Penalties,
    /// Whether the derivatives below belong to the last forward pass.
    pub is_pending: bool,
    /// Derivatives by all states, laid out as they are, and by the parameters of the sets that steps touch.
    pub states_bar: Vec<T>,
    pub params_bar: Vec<T>,
    local: Local<T>,
    y: Vec<T>,
    t: Vec<T>,
    y_bar: Vec<T>,
}

impl<T: Real> Penalised<T> {
    pub fn new() -> Self {
        let new = Vec::new;
        let (states_bar, params_bar, y, t, y_bar) = (new(), new(), new(), new(), new());
        let (value, local) = (Penalties::default(), Local::default());
        Penalised { value, is_pending: false, states_bar, params_bar, local, y, t, y_bar }
    }

    /// Evaluates a regulariser, whose mean over `samples` samples is wanted; with its derivatives, if asked for.
    pub fn evaluate(
        &mut self,
        states: Visited<'_, T>,
        (field, params): (&dyn Field<T>, &[T]),
        (of, further): (&Regularisation, &Further<T>),
        samples: usize,
        with_derivatives: bool,
    ) {
        let Route { samples: of_batch, layers, touched, batch: Batch { live, stride }, clock, signals, .. } =
            states.route;
        let (d, count, live, stride, steps) = (field.dim(), field.param_count(), *live, *stride, layers.len());
        self.value = Penalties::default();
        self.is_pending = with_derivatives;
        if with_derivatives {
            self.states_bar.clear();
            self.states_bar.resize(states.y.len(), T::zero());
            self.params_bar.clear();
            self.params_bar.resize(touched.len() * count, T::zero());
        }
        if steps == 0 {
            return;
        }
        // Samples of one grid point after the other; a piece of them shares its parameters.
        let layer = |point: usize| layers[(point / live).min(steps - 1)];
        let (mut first, end) = (0, (steps + 1) * live);
        while first < end {
            let piece = (first..end.min(first + COLUMNS)).take_while(|&point| layer(point) == layer(first));
            let last = piece.last().map_or(end, |point| point + 1);
            let place = |column: usize| ((first + column) / live, (first + column) % live);
            let batch = Batch::padded::<T>(last - first);
            self.local.weights.clear();
            self.local.positions.clear();
            self.t.resize((1 + field.signals()) * batch.stride, T::zero());
            self.y.resize(d * batch.stride, T::zero());
            for column in 0..batch.live {
                let (n, q) = place(column);
                self.t[column] = T::constant(clock.time(n, q));
                for i in 0..d {
                    self.y[i * batch.stride + column] = states.y[(n * states.rows + i) * stride + q];
                }
                // The trapezoidal rule.
                let share = if n == 0 || n == steps { 0.5 } else { 1.0 } / (steps as f64 * samples as f64);
                self.local.weights.push(share);
                self.local.positions.push(n as f64 / steps as f64);
            }
            if field.signals() > 0 {
                write_signals(&mut self.t, batch.stride, batch.live, |column| &signals[place(column).1]);
            }
            let seed = |column: usize| {
                let (n, q) = place(column);
                mixed([of.seed, of_batch[q] as u64, n as u64])
            };
            let range = layer(first) * count..(layer(first) + 1) * count;
            let at = Point { params: &params[range.clone()], t: &self.t, y: &self.y, batch };
            self.y_bar.resize(d * batch.stride, T::zero());
            let set = layer(first) - touched.start;
            let params_bar = &mut self.params_bar;
            let bars = with_derivatives
                .then(|| Bars { y: &mut self.y_bar, params: &mut params_bar[set * count..(set + 1) * count] });
            let value = self.local.evaluate((field, at), (of, further), &seed, bars);
            self.value.add(1.0, &value);
            if with_derivatives {
                for column in 0..batch.live {
                    let (n, q) = place(column);
                    for i in 0..d {
                        self.states_bar[(n * states.rows + i) * stride + q] = self.y_bar[i * batch.stride + column];
                    }
                }
            }
            first = last;
        }
    }
}

/// `α/T Σ_t ‖γ_t - γ_{t-1}‖²` for `T` sets of `count` parameters; adds its derivative to `bar` if that is given.
pub(super) fn variation<T: Real>(weight: f64, params: &[T], count: usize, bar: Option<&mut [T]>) -> f64 {
    if weight == 0.0 || count == 0 {
        return 0.0;
    }
    let weight = T::constant(weight * count as f64 / params.len() as f64);
    let last = params.len() - count;
    let sum: f64 = (0..last).map(|k| params[k + count] - params[k]).map(|x| (weight * x * x).to_f64()).sum();
    if let Some(bar) = bar {
        for k in 0..last {
            let slope = T::constant(2.0) * weight * (params[k + count] - params[k]);
            bar[k + count] += slope;
            bar[k] -= slope;
        }
    }
    sum
}
