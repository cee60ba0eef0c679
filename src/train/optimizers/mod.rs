//! Optimisers: how a gradient moves the unknowns.

mod adam;
mod any;
mod lbfgs;
mod levenberg_marquardt;
mod sgd;
mod state;

pub use adam::Adam;
pub use any::{AnyOptimizer, OtherOptimizer};
pub use lbfgs::Lbfgs;
pub use levenberg_marquardt::LevenbergMarquardt;
pub use sgd::Sgd;
pub use state::OptimizerState;

use super::{Evaluation, Minibatch, Objective};
use crate::{Error, Real};
use std::fmt::Debug;

/// A rule by which a gradient moves the unknowns: [`Adam`], [`Sgd`], or one of one's own, written for any precision and given
/// to [`Trainer::optimizer`](super::Trainer::optimizer).
///
/// ```
/// use kutta::train::{Optimizer, OptimizerState, Trainer};
/// use kutta::{Mlp, OdeBlock, Real, Tableau, Trajectories, field::Activation};
///
/// /// Gradients divided by the root of their mean square: `v ← ρ v + (1 - ρ) g²`, `p ← p - η g/√(v + ε)`.
/// #[derive(Debug)]
/// struct RmsProp { learning_rate: f64, decay: f64 }
///
/// impl<T: Real> Optimizer<T> for RmsProp {
///     fn learning_rate(&self) -> f64 { self.learning_rate }
///     fn start(&self, count: usize) -> OptimizerState<T> { OptimizerState::zeros(1, count) }
///     fn update(&self, learning_rate: f64, state: &mut OptimizerState<T>, unknowns: &mut [T], gradient: &[T]) {
///         let [rate, keep, add, guard] = [learning_rate, self.decay, 1.0 - self.decay, 1e-8].map(T::constant);
///         for ((p, &g), v) in unknowns.iter_mut().zip(gradient).zip(&mut state.moments[0]) {
///             *v = keep * *v + add * g * g;
///             *p -= rate * g / (*v + guard).sqrt();
///         }
///     }
/// }
///
/// let data = Trajectories::from_csv_str("t,x\n0,1\n1,0.5\n2,0.25\n3,0.125\n", "half-lives")?;
/// let block = OdeBlock::new(Mlp::new([1, 4, 1], Activation::Tanh)?, Tableau::implicit_midpoint());
/// let trainer = Trainer::new(block).optimizer(RmsProp { learning_rate: 0.01, decay: 0.9 });
/// let losses = trainer.epochs(200).fit(&data)?.history.epochs.into_iter().map(|epoch| epoch.loss);
/// assert!(losses.reduce(f64::min) < Some(1e-3));
/// # Ok::<(), kutta::Error>(())
/// ```
///
/// Checkpoints are compared by what `Debug` shows.
pub trait Optimizer<T: Real>: Debug + Send + Sync {
    /// The learning rate that it was made with. A schedule begins there.
    fn learning_rate(&self) -> f64;

    /// Refuses settings that make no sense; the learning rate is looked at in any case. Provided: none.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for the first of them.
    fn check(&self) -> Result<(), Error> {
        Ok(())
    }

    /// What it remembers before the first update of `count` unknowns; the number of moments does not depend on `count`.
    fn start(&self, count: usize) -> OptimizerState<T>;

    /// Moves the unknowns against the gradient, with the learning rate that the schedule has now. Should allocate nothing.
    fn update(&self, learning_rate: f64, state: &mut OptimizerState<T>, unknowns: &mut [T], gradient: &[T]);

    /// Moves the unknowns by a method that evaluates the objective of a batch itself, as those of second order do, in place of
    /// an [`update`](Optimizer::update). Provided: `None`, for one that is content with a gradient.
    ///
    /// # Errors
    /// Those of the objective at the unknowns, which stay where they are.
    fn descend(
        &self,
        _objective: &mut dyn Objective<T>,
        _batch: Minibatch<'_>,
        _state: &mut OptimizerState<T>,
        _unknowns: &mut [T],
    ) -> Option<Result<Descent, Error>> {
        None
    }
}

/// What a method that evaluates the objective itself has found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Descent {
    /// The objective before it moved the unknowns.
    pub value: Evaluation,
    /// The length of its gradient there.
    pub gradient_norm: f64,
    /// Whether nothing is to be gained any more.
    pub settled: bool,
}

/// Refuses what is no decay of a mean.
fn check_decay(argument: &'static str, decay: f64) -> Result<(), Error> {
    match (0.0..1.0).contains(&decay) {
        true => Ok(()),
        false => Err(Error::invalid(argument, decay, "a number in [0, 1)")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where updates by these gradients lead from 0.
    pub fn run(optimizer: &dyn Optimizer<f64>, gradients: &[f64]) -> Vec<f64> {
        let (mut p, mut state) = ([0.0], optimizer.start(1));
        let mut step = |&g: &f64| {
            optimizer.update(optimizer.learning_rate(), &mut state, &mut p, &[g]);
            p[0]
        };
        gradients.iter().map(&mut step).collect()
    }

    pub fn assert_close(found: &[f64], expected: &[f64]) {
        assert_eq!(found.len(), expected.len());
        for (x, y) in found.iter().zip(expected) {
            assert!((x - y).abs() < 1e-14, "{found:?} and {expected:?}");
        }
    }

    /// What is said of an optimiser's settings.
    pub fn refusal(optimizer: impl Into<AnyOptimizer>) -> String {
        optimizer.into().at::<f64>().unwrap_err().to_string()
    }

    #[test]
    fn settings_of_old_files_are_read() {
        let read = |text: &str| serde_json::from_str::<AnyOptimizer>(text).unwrap();
        assert_eq!(read(r#"{"sgd": {"rate": 0.25, "momentum": 0.5}}"#), Sgd::new(0.25).momentum(0.5).into());
        let adam = read(r#"{"adam": {"rate": 0.25, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8}}"#);
        assert_eq!(adam, Adam::new(0.25).into());
    }
}
