//! The method of Broyden, Fletcher, Goldfarb and Shanno with limited memory.

use super::{Descent, Optimizer, OptimizerState};
use crate::train::{Minibatch, Objective};
use crate::{Error, Real};
use serde::{Deserialize, Serialize};

/// Steps along a direction that are tried.
const TRIES: usize = 20;
/// The share of the decrease that the slope promises, which makes a step long enough.
const LEAST_GAIN: f64 = 1e-4;
/// A step and the change of the gradient along it are kept if they make more than this cosine.
const LEAST_COSINE: f64 = 1e-8;
/// So many steps in a row without progress settle the training.
const PATIENCE: f64 = 10.0;
/// Vectors in the state before the pairs: the last place, and its gradient. Numbers: pairs, whether there was a last place,
/// and steps in a row without progress.
const BEFORE_PAIRS: usize = 2;

/// A quasi-Newton method: steps along `-H g` with the inverse `H` of a Hessian that the last `memory` steps, and the changes
/// of the gradient `g` along them, tell; shortened until the objective decreases enough. For full batches, where the
/// unknowns are too many for [`LevenbergMarquardt`](super::LevenbergMarquardt) or the objective is no sum of squares. It has
/// no use for a learning rate, a schedule or clipping.
///
/// *Reference*: Nocedal, "Updating quasi-Newton matrices with limited storage", 1980.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Lbfgs {
    /// Steps that are remembered.
    pub memory: usize,
    /// Training has settled when ten steps in a row decrease the objective by less than this part of it each.
    pub progress: f64,
}

impl Default for Lbfgs {
    fn default() -> Self {
        Lbfgs { memory: 20, progress: 1e-3 }
    }
}

impl Lbfgs {
    fn search<T: Real>(
        &self,
        objective: &mut dyn Objective<T>,
        batch: Minibatch<'_>,
        state: &mut OptimizerState<T>,
        unknowns: &mut [T],
    ) -> Result<Descent, Error> {
        let mut gradient = vec![T::zero(); unknowns.len()];
        let value = objective.value_and_grad(batch, unknowns, &mut gradient)?;
        let gradient_norm = norm(&gradient);
        if !(value.total.is_finite() && gradient_norm.is_finite()) {
            return Err(Error::NotFinite { what: "the objective or its gradient", location: None });
        }
        self.remember(state, unknowns, &gradient);
        let mut direction = self.direction(state, &gradient);
        let mut slope = dot(&direction, &gradient);
        if slope >= 0.0 {
            // What is remembered misleads: begin anew along the gradient.
            state.numbers[0] = 0.0;
            direction = self.direction(state, &gradient);
            slope = dot(&direction, &gradient);
        }
        state.moments[0].copy_from_slice(unknowns);
        state.moments[1].copy_from_slice(&gradient);
        let (mut length, mut after) = (1.0, None);
        let (mut trial, mut unused) = (unknowns.to_vec(), gradient.clone());
        for _ in 0..TRIES {
            let step = T::constant(length);
            trial.iter_mut().zip(&*unknowns).zip(&direction).for_each(|((trial, &x), &d)| *trial = x + step * d);
            // A place without a value is no better.
            let there = objective.value_and_grad(batch, &trial, &mut unused).map_or(f64::INFINITY, |there| there.total);
            if there < value.total && there <= value.total + LEAST_GAIN * length * slope {
                unknowns.copy_from_slice(&trial);
                after = Some(there);
                break;
            }
            // The minimum of the parabola through both ends, within bounds.
            let parabola = -slope * length * length / (2.0 * (there - value.total - length * slope));
            length *= if parabola.is_finite() { (parabola / length).clamp(0.1, 0.5) } else { 0.1 };
        }
        let progresses = after.is_some_and(|after| value.total - after > self.progress * value.total.abs());
        state.numbers[2] = if progresses { 0.0 } else { state.numbers[2] + 1.0 };
        state.updates = state.updates.saturating_add(1);
        Ok(Descent { value, gradient_norm, settled: after.is_none() || state.numbers[2] >= PATIENCE })
    }

    /// Keeps the last step and the change of the gradient along it, in the place of the oldest.
    fn remember<T: Real>(&self, state: &mut OptimizerState<T>, unknowns: &[T], gradient: &[T]) {
        let had_last = std::mem::replace(&mut state.numbers[1], 1.0) == 1.0;
        if !had_last || self.memory == 0 {
            return;
        }
        let [last, last_gradient] = [0, 1].map(|k| &state.moments[k]);
        let difference = |now: &[T], then: &[T]| now.iter().zip(then).map(|(&a, &b)| a - b).collect::<Vec<T>>();
        let (step, change) = (difference(unknowns, last), difference(gradient, last_gradient));
        let product = dot(&step, &change);
        if product > LEAST_COSINE * norm(&step) * norm(&change) {
            // The newest pair comes first.
            let pairs = &mut state.moments[BEFORE_PAIRS..];
            pairs.rotate_right(2);
            pairs[0].copy_from_slice(&step);
            pairs[1].copy_from_slice(&change);
            state.numbers[0] = (state.numbers[0] + 1.0).min(self.memory as f64);
        }
    }

    /// `-H g`, by the two loops over the pairs.
    fn direction<T: Real>(&self, state: &OptimizerState<T>, gradient: &[T]) -> Vec<T> {
        let pairs: Vec<&[Vec<T>]> =
            state.moments[BEFORE_PAIRS..].chunks_exact(2).take(state.numbers[0] as usize).collect();
        let mut q: Vec<T> = gradient.iter().map(|&g| -g).collect();
        let mut factors = Vec::with_capacity(pairs.len());
        for pair in &pairs {
            let factor = dot(&pair[0], &q) / dot(&pair[0], &pair[1]);
            add(&mut q, -factor, &pair[1]);
            factors.push(factor);
        }
        let scale = match pairs.first() {
            Some(pair) => dot(&pair[0], &pair[1]) / dot(&pair[1], &pair[1]),
            // Nothing is known of the curvature: not further than a tenth.
            None => 0.1 / norm(gradient).max(0.1),
        };
        q.iter_mut().for_each(|x| *x *= T::constant(scale));
        for (pair, factor) in pairs.iter().zip(factors).rev() {
            let correction = factor - dot(&pair[1], &q) / dot(&pair[0], &pair[1]);
            add(&mut q, correction, &pair[0]);
        }
        q
    }
}

fn dot<T: Real>(a: &[T], b: &[T]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a.to_f64() * b.to_f64()).sum()
}

fn norm<T: Real>(a: &[T]) -> f64 {
    dot(a, a).sqrt()
}

fn add<T: Real>(sum: &mut [T], factor: f64, x: &[T]) {
    let factor = T::constant(factor);
    sum.iter_mut().zip(x).for_each(|(sum, &x)| *sum += factor * x);
}

impl<T: Real> Optimizer<T> for Lbfgs {
    /// Steps are as long as their direction.
    fn learning_rate(&self) -> f64 {
        1.0
    }

    fn check(&self) -> Result<(), Error> {
        match (0.0..1.0).contains(&self.progress) {
            true => Ok(()),
            false => Err(Error::invalid("progress", self.progress, "a number in [0, 1)")),
        }
    }

    fn start(&self, count: usize) -> OptimizerState<T> {
        OptimizerState { numbers: vec![0.0; 3], ..OptimizerState::zeros(BEFORE_PAIRS + 2 * self.memory, count) }
    }

    /// A step along the gradient: what is left where nothing but that is known.
    fn update(&self, learning_rate: f64, _: &mut OptimizerState<T>, unknowns: &mut [T], gradient: &[T]) {
        add(unknowns, -learning_rate, gradient);
    }

    fn descend(
        &self,
        objective: &mut dyn Objective<T>,
        batch: Minibatch<'_>,
        state: &mut OptimizerState<T>,
        unknowns: &mut [T],
    ) -> Option<Result<Descent, Error>> {
        Some(self.search(objective, batch, state, unknowns))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::Evaluation;
    use rand::RngCore;

    /// Rosenbrock's valley in `n` dimensions.
    struct Valley(usize);

    impl Objective<f64> for Valley {
        fn samples(&self) -> usize {
            1
        }
        fn start(&mut self, _: &mut dyn RngCore) -> Result<Vec<f64>, Error> {
            Ok(vec![-1.0; self.0])
        }
        fn value_and_grad(&mut self, _: Minibatch<'_>, x: &[f64], gradient: &mut [f64]) -> Result<Evaluation, Error> {
            gradient.fill(0.0);
            let mut sum = 0.0;
            for i in 0..x.len() - 1 {
                let (bend, rest) = (x[i + 1] - x[i] * x[i], 1.0 - x[i]);
                sum += 100.0 * bend * bend + rest * rest;
                gradient[i] -= 400.0 * bend * x[i] + 2.0 * rest;
                gradient[i + 1] += 200.0 * bend;
            }
            Ok(sum.into())
        }
    }

    #[test]
    fn finds_the_end_of_the_valley() {
        let (mut valley, method) = (Valley(10), Lbfgs::default());
        let mut x = vec![0.0; 10];
        let (mut state, batch) = (method.start(10), Minibatch { samples: &[0], epoch: 0, first: 0 });
        let steps = (1..400).find(|_| {
            method.search(&mut valley, batch, &mut state, &mut x).unwrap();
            x.iter().all(|x| (x - 1.0).abs() < 1e-6)
        });
        assert!(steps.is_some_and(|steps| steps < 200), "{steps:?}: {x:?}");
    }

    #[test]
    fn a_quadratic_in_as_many_steps_as_dimensions_or_hardly_more() {
        struct Bowl;
        impl Objective<f64> for Bowl {
            fn samples(&self) -> usize {
                1
            }
            fn start(&mut self, _: &mut dyn RngCore) -> Result<Vec<f64>, Error> {
                Ok(vec![0.0; 5])
            }
            fn value_and_grad(&mut self, _: Minibatch<'_>, x: &[f64], g: &mut [f64]) -> Result<Evaluation, Error> {
                let weights = [1.0, 10.0, 100.0, 3.0, 30.0];
                g.iter_mut().zip(x).zip(weights).for_each(|((g, x), w)| *g = 2.0 * w * (x - 1.0));
                Ok(x.iter().zip(weights).map(|(x, w)| w * (x - 1.0).powi(2)).sum::<f64>().into())
            }
        }
        let (method, mut x) = (Lbfgs::default(), vec![0.0; 5]);
        let (mut state, batch) = (method.start(5), Minibatch { samples: &[0], epoch: 0, first: 0 });
        let steps = (1..60).find(|_| {
            method.search(&mut Bowl, batch, &mut state, &mut x).unwrap();
            x.iter().all(|x| (x - 1.0).abs() < 1e-8)
        });
        assert!(steps.is_some_and(|steps| steps <= 30), "{steps:?}: {x:?}");
    }
}
