//! The method of Levenberg and Marquardt.

use super::{Descent, Optimizer, OptimizerState};
use crate::train::{Minibatch, NormalEquations, Objective};
use crate::{Error, Real};
use serde::{Deserialize, Serialize};

/// Steps that are tried from one place: the damping grows fourfold from each to the next.
const TRIES: usize = 19;
/// The share of the decrease that the linear model promises, which makes a step good enough.
const LEAST_GAIN: f64 = 1e-3;
/// The damping is not made smaller than this.
const LEAST_DAMPING: f64 = 1e-15;
/// Unknowns whose columns are short are damped as if they were of this part of the longest.
const SHORTEST: f64 = 0.1;
/// So many steps in a row without progress settle the training.
const PATIENCE: f64 = 4.0;

/// Gauss–Newton steps on a sum of squares `Σ r²`, damped as far as needed: `δ` of
///
/// ```text
/// (JᵀJ + μ D) δ = -Jᵀr
/// ```
///
/// with the Jacobian `J` of the residuals, and `D` the largest diagonal of `JᵀJ` so far, entries below a tenth of the largest
/// raised to that. A step is taken if it decreases the sum; `μ` follows from how far the decrease is the predicted one.
/// Where [`Adam`](super::Adam) takes thousands of updates, it takes tens, each at the cost of some: the method of choice for
/// full batches and up to some thousand unknowns. It has no use for a learning rate, a schedule or clipping.
///
/// *Reference*: Moré, "The Levenberg–Marquardt algorithm: implementation and theory", 1978; the update of `μ`: Nielsen,
/// "Damping parameter in Marquardt's method", 1999.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LevenbergMarquardt {
    /// `μ` at first.
    pub damping: f64,
    /// Training has settled when four steps in a row decrease the sum by less than this part of it each.
    pub progress: f64,
}

impl Default for LevenbergMarquardt {
    fn default() -> Self {
        LevenbergMarquardt { damping: 1e-7, progress: 1e-2 }
    }
}

impl LevenbergMarquardt {
    /// In words.
    pub(in crate::train) const NAME: &str = "Levenberg-Marquardt";
    /// Most unknowns for which [`AnyOptimizer::Automatic`](super::AnyOptimizer) is this method.
    pub const MOST_UNKNOWNS: usize = 25_000;

    fn search<T: Real>(
        &self,
        objective: &mut dyn Objective<T>,
        batch: Minibatch<'_>,
        state: &mut OptimizerState<T>,
        unknowns: &mut [T],
    ) -> Result<Descent, Error> {
        let Some(squares) = objective.squares() else {
            let expected = "one for an objective that is a sum of squares";
            return Err(Error::invalid("the optimiser", "LevenbergMarquardt", expected));
        };
        let mut equations = NormalEquations::new(unknowns.len());
        let value = squares.normal_equations(batch, unknowns, &mut equations)?;
        equations.finish();
        if !equations.is_finite() {
            return Err(Error::NotFinite { what: "the normal equations", location: None });
        }
        let (before, slopes) = (equations.sum_of_squares(), equations.half_gradient());
        let scale = grown(&mut state.moments[0], &equations);
        let [damping, slow] = &mut state.numbers[..] else {
            return Err(Error::invalid("the optimiser's numbers", state.numbers.len(), "2"));
        };
        let mut after = None;
        for _ in 0..TRIES {
            if let Some(step) = equations.step(*damping, &scale) {
                let trial: Vec<T> = unknowns.iter().zip(&step).map(|(&x, &dx)| x + T::constant(dx)).collect();
                let promised: f64 = step
                    .iter()
                    .zip(slopes)
                    .zip(&scale)
                    .map(|((dx, slope), scale)| dx * (*damping * scale * dx - slope))
                    .sum();
                // A place without a value is no better.
                let sum = squares.sum_of_squares(batch, &trial).unwrap_or(f64::INFINITY);
                let gain = (before - sum) / promised;
                if sum < before && gain > LEAST_GAIN {
                    unknowns.copy_from_slice(&trial);
                    let factor = 1.0 - (2.0 * gain - 1.0).powi(3);
                    *damping = (*damping * factor.clamp(1.0 / 3.0, 2.0)).max(LEAST_DAMPING);
                    after = Some(sum);
                    break;
                }
            }
            *damping *= 4.0;
        }
        let progresses = after.is_some_and(|after| after < before * (1.0 - self.progress));
        *slow = if progresses { 0.0 } else { *slow + 1.0 };
        state.updates = state.updates.saturating_add(1);
        let gradient_norm = 2.0 * slopes.iter().map(|x| x * x).sum::<f64>().sqrt();
        Ok(Descent { value, gradient_norm, settled: after.is_none() || *slow >= PATIENCE })
    }
}

/// `D`, for what has been the diagonal of `JᵀJ` before.
fn grown<T: Real>(diagonal: &mut [T], equations: &NormalEquations) -> Vec<f64> {
    diagonal.iter_mut().zip(&equations.diagonal()).for_each(|(most, &now)| *most = T::constant(most.to_f64().max(now)));
    let longest = diagonal.iter().fold(0.0, |most: f64, x| most.max(x.to_f64()));
    // Without any slope, any scale does.
    let least = if longest > 0.0 { SHORTEST * longest } else { 1.0 };
    diagonal.iter().map(|x| x.to_f64().max(least)).collect()
}

impl<T: Real> Optimizer<T> for LevenbergMarquardt {
    /// Steps are whole.
    fn learning_rate(&self) -> f64 {
        1.0
    }

    fn check(&self) -> Result<(), Error> {
        if !(self.damping > 0.0 && self.damping.is_finite()) {
            return Err(Error::invalid("damping", self.damping, "a positive number"));
        }
        match (0.0..1.0).contains(&self.progress) {
            true => Ok(()),
            false => Err(Error::invalid("progress", self.progress, "a number in [0, 1)")),
        }
    }

    fn start(&self, count: usize) -> OptimizerState<T> {
        OptimizerState { numbers: vec![self.damping, 0.0], ..OptimizerState::zeros(1, count) }
    }

    /// A step along the gradient: what is left where nothing but that is known.
    fn update(&self, learning_rate: f64, _: &mut OptimizerState<T>, unknowns: &mut [T], gradient: &[T]) {
        let rate = T::constant(learning_rate);
        unknowns.iter_mut().zip(gradient).for_each(|(x, &g)| *x -= rate * g);
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
