//! Losses on the states that a network predicts.

use super::States;
use crate::Real;

/// A function of predicted states, with its derivative.
///
/// `prediction` and `target` hold a state for every observation of every sample, the start first. Closures of this
/// shape are losses too:
///
/// ```
/// use kutta::{network::States, train::Loss};
/// fn distance_at_the_end(prediction: &States<f64>, target: &States<f64>, gradient: &mut States<f64>) -> f64 {
///     let end = prediction.len(0) - 1;
///     let error = prediction.state(0, end)[0] - target.state(0, end)[0];
///     gradient.state_mut(0, end)[0] += error.signum();
///     error.abs()
/// }
/// fn accepts(_: impl Loss<f64>) {}
/// accepts(distance_at_the_end);
/// ```
pub trait Loss<T>: Sync {
    /// The loss; its derivative by every entry of `prediction` is added to `gradient`.
    fn value_and_grad(&self, prediction: &States<T>, target: &States<T>, gradient: &mut States<T>) -> T;

    /// Whether parts of a record are judged by this loss as the whole is, so that training may
    /// go by them first. Provided: no, as for a loss on the last state.
    fn suits_parts(&self) -> bool {
        false
    }

    /// Whether this is [`MeanSquare`], which methods for least squares know how to take apart. Provided: no.
    fn is_mean_square(&self) -> bool {
        false
    }

    /// What tells this loss from others, for checkpoints. Provided: the name of its type.
    fn description(&self) -> String {
        std::any::type_name::<Self>().to_string()
    }
}

impl<T, L> Loss<T> for L
where
    L: Fn(&States<T>, &States<T>, &mut States<T>) -> T + Sync,
{
    fn value_and_grad(&self, prediction: &States<T>, target: &States<T>, gradient: &mut States<T>) -> T {
        self(prediction, target, gradient)
    }
}

/// Mean of `(y - target)²` over all samples, components and observations after the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MeanSquare;

/// Mean of `(y - target)²` over all samples, components and the observations of these numbers; 0 is the start. A sample
/// with fewer observations counts with those that it has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MeanSquareAt(pub Vec<usize>);

/// Mean of `(y - target)²` over all samples and components at each sample's last observation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FinalState;

/// The mean square over the observations `chosen(length of the sample)` of every sample.
fn mean_square<T: Real, I: IntoIterator<Item = usize>>(
    prediction: &States<T>,
    target: &States<T>,
    gradient: &mut States<T>,
    chosen: impl Fn(usize) -> I,
) -> T {
    let samples = prediction.samples().min(target.samples());
    let length = |sample| prediction.len(sample).min(target.len(sample));
    let observations: usize = (0..samples).map(|sample| chosen(length(sample)).into_iter().count()).sum();
    let weight = T::constant(1.0 / (observations * prediction.dim()).max(1) as f64);
    let mut sum = T::zero();
    for sample in 0..samples {
        for k in chosen(length(sample)) {
            let errors = prediction.state(sample, k).iter().zip(target.state(sample, k));
            for (gradient, (&y, &target)) in gradient.state_mut(sample, k).iter_mut().zip(errors) {
                let error = y - target;
                sum += error * error;
                *gradient += T::constant(2.0) * weight * error;
            }
        }
    }
    weight * sum
}

impl<T: Real> Loss<T> for MeanSquare {
    fn value_and_grad(&self, prediction: &States<T>, target: &States<T>, gradient: &mut States<T>) -> T {
        mean_square(prediction, target, gradient, |length| 1..length)
    }

    fn suits_parts(&self) -> bool {
        true
    }

    fn is_mean_square(&self) -> bool {
        true
    }
}

impl<T: Real> Loss<T> for MeanSquareAt {
    fn value_and_grad(&self, prediction: &States<T>, target: &States<T>, gradient: &mut States<T>) -> T {
        mean_square(prediction, target, gradient, |length| self.0.iter().copied().filter(move |&k| k < length))
    }

    fn description(&self) -> String {
        format!("{self:?}")
    }
}

impl<T: Real> Loss<T> for FinalState {
    fn value_and_grad(&self, prediction: &States<T>, target: &States<T>, gradient: &mut States<T>) -> T {
        mean_square(prediction, target, gradient, |length| length.checked_sub(1))
    }
}
