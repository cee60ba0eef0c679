//! Updates that can be taken back.

use super::{Optimizer, OptimizerState};
use crate::Real;
use serde::{Deserialize, Serialize};

/// Failures in a row that are answered by a shorter step: the last is a thousand times shorter than the first.
const MOST_RETRIES: usize = 10;
/// Updates in a row without a failure after which a place is safe to go back to, and how often in a row.
const CALM: usize = 20;
const MOST_RETREATS: usize = 5;
/// Updates until a halving of the learning rate is made up for.
const RECOVERY: f64 = 20.0;

/// The last update of parameters: where it started from, so that it can be taken back and made again, shorter. What
/// [`OnFailure::Backtrack`](super::OnFailure::Backtrack) is made of, for training loops of one's own.
///
/// After an update made again, learning rates are halved, and recover over the next 20 updates. Where ten halvings do not
/// help, the place was a bad one: training goes on, at the lower rate, from the last that 20 updates in a row had led to
/// without a failure.
///
/// ```
/// use kutta::train::{Optimizer, Sgd, Update};
/// // The loss -p has no value beyond p = 0.6.
/// let gradient = |p: f64| if p > 0.6 { None } else { Some([-1.0]) };
/// let optimizer = Sgd::new(1.0);
/// let (mut params, mut state, mut update) = ([0.0], optimizer.start(1), Update::new(&optimizer, 1));
/// for _ in 0..20 {
///     match gradient(params[0]) {
///         Some(gradient) => update.make(&optimizer, optimizer.learning_rate, &gradient, &mut state, &mut params),
///         None => assert!(update.make_again(&optimizer, &mut state, &mut params)),
///     }
/// }
/// update.take_back(&mut state, &mut params);
/// assert!(params[0] > 0.59 && params[0] <= 0.6);
/// ```
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Update<T> {
    /// The last place at which the objective was found, and a safe one before.
    last: Place<T>,
    safe: Place<T>,
    /// Updates since the last failure or safe place.
    calm: usize,
    rate: f64,
    /// What learning rates are multiplied by: a half for every failure from which training has not recovered yet.
    restraint: f64,
    /// Shorter updates from the last place; returns to the safe one.
    retries: usize,
    retreats: usize,
}

/// Where an update starts from.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Place<T> {
    unknowns: Vec<T>,
    gradient: Vec<T>,
    optimizer: OptimizerState<T>,
}

impl<T: Real> Place<T> {
    fn new(optimizer: &dyn Optimizer<T>, count: usize) -> Self {
        Place { unknowns: vec![T::zero(); count], gradient: vec![T::zero(); count], optimizer: optimizer.start(count) }
    }

    fn set(&mut self, unknowns: &[T], gradient: &[T], optimizer: &OptimizerState<T>) {
        self.unknowns.copy_from_slice(unknowns);
        self.gradient.copy_from_slice(gradient);
        self.optimizer.copy_from(optimizer);
    }

    fn resize(&mut self, keep: usize, added: &[T]) {
        let count = keep + added.len();
        self.unknowns.truncate(keep);
        self.unknowns.extend_from_slice(added);
        self.gradient.truncate(keep);
        self.gradient.resize(count, T::zero());
        self.optimizer.resize(keep, count);
    }

    fn fits(&self, optimizer: &dyn Optimizer<T>, count: usize) -> bool {
        self.unknowns.len() == count && self.gradient.len() == count && self.optimizer.fits(optimizer, count)
    }
}

impl<T: Real> Update<T> {
    /// Before the first update, of `count` unknowns.
    pub fn new(optimizer: &dyn Optimizer<T>, count: usize) -> Self {
        let [last, safe] = [(); 2].map(|()| Place::new(optimizer, count));
        // The first place is safe: there is none before.
        Update { last, safe, calm: CALM, rate: 0.0, restraint: 1.0, retries: 0, retreats: 0 }
    }

    /// Makes an update from unknowns at which the objective was found; `state` is the optimiser's. All have as many entries
    /// as there are unknowns. Allocates nothing.
    pub fn make(
        &mut self,
        optimizer: &dyn Optimizer<T>,
        learning_rate: f64,
        gradient: &[T],
        state: &mut OptimizerState<T>,
        unknowns: &mut [T],
    ) {
        if self.retries == 0 {
            self.restraint = (self.restraint * 2.0_f64.powf(1.0 / RECOVERY)).min(1.0);
        }
        self.retries = 0;
        self.rate = learning_rate * self.restraint;
        if self.calm == CALM {
            self.safe.set(unknowns, gradient, state);
            (self.calm, self.retreats) = (0, 0);
        }
        self.calm += 1;
        self.last.set(unknowns, gradient, state);
        optimizer.update(self.rate, state, unknowns, gradient);
    }

    /// Goes back to where the last update started from.
    pub fn take_back(&self, state: &mut OptimizerState<T>, unknowns: &mut [T]) {
        unknowns.copy_from_slice(&self.last.unknowns);
        state.copy_from(&self.last.optimizer);
    }

    /// Makes the last update again with half the learning rate, or, after ten times in a row, one from the last safe place;
    /// `false` when that has been tried five times and no new one been reached.
    pub fn make_again(
        &mut self,
        optimizer: &dyn Optimizer<T>,
        state: &mut OptimizerState<T>,
        unknowns: &mut [T],
    ) -> bool {
        if self.retries == MOST_RETRIES {
            if self.retreats == MOST_RETREATS {
                return false;
            }
            self.retreats += 1;
            self.retries = 0;
            let Place { unknowns, gradient, optimizer } = &self.safe;
            self.last.set(unknowns, gradient, optimizer);
        }
        self.take_back(state, unknowns);
        self.calm = 0;
        self.retries += 1;
        self.rate *= 0.5;
        self.restraint *= 0.5;
        optimizer.update(self.rate, state, unknowns, &self.last.gradient);
        true
    }

    /// Multiplies learning rates by `factor`; they recover over the next 20 updates a halving.
    pub(super) fn restrain(&mut self, factor: f64) {
        self.restraint *= factor;
    }

    /// The learning rate of the last update.
    pub fn learning_rate(&self) -> f64 {
        self.rate
    }

    /// As [`OptimizerState::resize`]: `added` are the unknowns from `keep` on.
    pub(super) fn resize(&mut self, keep: usize, added: &[T]) {
        self.last.resize(keep, added);
        self.safe.resize(keep, added);
    }

    /// Whether this can be an update of `count` unknowns by this optimiser.
    pub(super) fn fits(&self, optimizer: &dyn Optimizer<T>, count: usize) -> bool {
        self.last.fits(optimizer, count) && self.safe.fits(optimizer, count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::{Adam, Sgd};

    /// An update by hand from 1 with gradient 2.
    fn updated(optimizer: &dyn Optimizer<f64>) -> (Update<f64>, OptimizerState<f64>, [f64; 1]) {
        let (mut update, mut state, mut unknowns) = (Update::new(optimizer, 1), optimizer.start(1), [1.0]);
        update.make(optimizer, 0.25, &[2.0], &mut state, &mut unknowns);
        (update, state, unknowns)
    }

    #[test]
    fn goes_back_to_the_bit() {
        let optimizers: [&dyn Optimizer<f64>; 2] = [&Adam::new(0.25), &Sgd::new(0.25).momentum(0.9)];
        for optimizer in optimizers {
            let (mut update, mut state, mut unknowns) = updated(optimizer);
            let before = (state.clone(), unknowns);
            update.make(optimizer, 0.25, &[-1.0], &mut state, &mut unknowns);
            assert_ne!((&state, unknowns), (&before.0, before.1));
            update.take_back(&mut state, &mut unknowns);
            assert_eq!((state, unknowns), before);
        }
    }

    #[test]
    fn retries_are_half_as_long_each_and_bounded() {
        let optimizer = Sgd::new(0.25);
        let (mut update, mut state, mut unknowns) = updated(&optimizer);
        for k in 0..=60 {
            assert_eq!(unknowns[0], 1.0 - 0.5 / 2.0_f64.powi(k), "retry {k}");
            assert_eq!(update.make_again(&optimizer, &mut state, &mut unknowns), k < 60);
        }
    }

    /// Unknowns walk from 0 in steps of 1, each found; from 45 on nothing is, not even back there.
    #[test]
    fn from_a_bad_place_it_goes_back_to_a_safe_one() {
        let optimizer = Sgd::new(1.0);
        let (mut update, mut state, mut unknowns) = (Update::new(&optimizer, 1), optimizer.start(1), [0.0]);
        while unknowns[0] < 45.0 {
            update.make(&optimizer, 1.0, &[-1.0], &mut state, &mut unknowns);
        }
        while unknowns[0] >= 44.0 {
            assert!(update.make_again(&optimizer, &mut state, &mut unknowns));
        }
        assert!(unknowns[0] > 40.0 && unknowns[0] < 40.0 + 1e-3, "{unknowns:?}");
        let mut count = 0;
        while unknowns[0] < 43.9 {
            update.make(&optimizer, 1.0, &[-1.0], &mut state, &mut unknowns);
            assert!(update.learning_rate() < 1.0);
            count += 1;
        }
        assert!(count > 100, "learning rates recover by and by: {count}");
    }

    #[test]
    fn the_learning_rate_recovers() {
        let optimizer = Sgd::new(0.25);
        let (mut update, mut state, mut unknowns) = updated(&optimizer);
        assert!(update.make_again(&optimizer, &mut state, &mut unknowns));
        let mut rates = Vec::new();
        for _ in 0..=22 {
            update.make(&optimizer, 0.25, &[1.0], &mut state, &mut unknowns);
            rates.push(update.learning_rate());
        }
        assert_eq!(rates[0], 0.125, "the first update after a failure is as short as the one that worked");
        assert!(rates.windows(2).all(|pair| pair[0] <= pair[1]) && rates[10] < 0.25 && rates[22] == 0.25, "{rates:?}");
    }
}
