//! Optimisers: how a gradient moves the parameters.

use crate::{Error, Real};
use serde::{Deserialize, Serialize};

/// Adam: steps of about the learning rate in every parameter, whatever the size of its gradient.
///
/// ```text
/// m ← β₁ m + (1 - β₁) g      v ← β₂ v + (1 - β₂) g²      p ← p - η m/(1 - β₁ᵗ) / (√(v/(1 - β₂ᵗ)) + ε)
/// ```
///
/// *Reference*: Kingma and Ba, "Adam: a method for stochastic optimization", 2015, arXiv:1412.6980.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Adam {
    /// Learning rate `η`.
    pub rate: f64,
    /// Decay `β₁` of the mean gradient.
    pub beta1: f64,
    /// Decay `β₂` of the mean square.
    pub beta2: f64,
    /// Guard `ε` against division by zero.
    pub epsilon: f64,
}

impl Default for Adam {
    /// Adam with a learning rate of 0.005.
    fn default() -> Self {
        Adam::new(0.005)
    }
}

impl Adam {
    /// Adam with this learning rate, `β₁ = 0.9`, `β₂ = 0.999`, `ε = 1e-8`.
    pub fn new(rate: f64) -> Self {
        Adam { rate, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 }
    }
}

/// Gradient descent with momentum: `v ← μ v + g`, `p ← p - η v`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sgd {
    /// Learning rate `η`.
    pub rate: f64,
    /// Momentum `μ`.
    pub momentum: f64,
}

impl Sgd {
    /// Plain gradient descent with this learning rate.
    pub fn new(rate: f64) -> Self {
        Sgd { rate, momentum: 0.0 }
    }

    /// The same with momentum `μ`.
    pub fn momentum(self, momentum: f64) -> Self {
        Sgd { momentum, ..self }
    }
}

/// One of the optimisers.
///
/// ```
/// use kutta::train::{Optimizer, Sgd};
/// let optimizer = Optimizer::from(Sgd::new(0.1));
/// let mut params = [1.0_f64]; // of the loss p², with gradient 2p
/// let mut state = optimizer.start(1);
/// for _ in 0..100 {
///     let gradient = [2.0 * params[0]];
///     optimizer.update(optimizer.rate(), &mut state, &mut params, &gradient);
/// }
/// assert!(params[0].abs() < 1e-9);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Optimizer {
    /// [`Adam`].
    Adam(Adam),
    /// [`Sgd`].
    Sgd(Sgd),
}

impl From<Adam> for Optimizer {
    fn from(adam: Adam) -> Self {
        Optimizer::Adam(adam)
    }
}

impl From<Sgd> for Optimizer {
    fn from(sgd: Sgd) -> Self {
        Optimizer::Sgd(sgd)
    }
}

/// What an optimiser remembers of past gradients.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OptimizerState<T> {
    steps: i32,
    /// Mean gradients or velocities.
    first: Vec<T>,
    /// Mean squares.
    second: Vec<T>,
}

impl<T: Real> OptimizerState<T> {
    /// Becomes equal to another state for as many parameters. Allocates nothing.
    pub(super) fn copy_from(&mut self, other: &Self) {
        self.steps = other.steps;
        self.first.copy_from_slice(&other.first);
        self.second.copy_from_slice(&other.second);
    }

    /// Forgets what belongs to parameters from `keep` on, and makes room for `count` parameters in all.
    pub(super) fn resize(&mut self, keep: usize, count: usize) {
        for moments in [&mut self.first, &mut self.second] {
            if !moments.is_empty() {
                moments.truncate(keep);
                moments.resize(count, T::zero());
            }
        }
    }

    /// Whether this is the state of `count` parameters, all of it finite.
    pub(super) fn fits(&self, optimizer: &Optimizer, count: usize) -> bool {
        let fresh = optimizer.start::<T>(count);
        (self.first.len(), self.second.len()) == (fresh.first.len(), fresh.second.len())
    }
}

impl Optimizer {
    /// The learning rate it was made with.
    pub fn rate(&self) -> f64 {
        match self {
            Optimizer::Adam(adam) => adam.rate,
            Optimizer::Sgd(sgd) => sgd.rate,
        }
    }

    /// The state before the first update of `count` parameters.
    pub fn start<T: Real>(&self, count: usize) -> OptimizerState<T> {
        let zeros = |wanted: bool| vec![T::zero(); if wanted { count } else { 0 }];
        let (first, second) = match self {
            Optimizer::Adam(_) => (true, true),
            Optimizer::Sgd(sgd) => (sgd.momentum != 0.0, false),
        };
        OptimizerState { steps: 0, first: zeros(first), second: zeros(second) }
    }

    /// Moves the parameters against the gradient, with learning rate `rate`. Allocates nothing.
    ///
    /// Parameters beyond those that the state was started for stay where they are.
    pub fn update<T: Real>(&self, rate: f64, state: &mut OptimizerState<T>, params: &mut [T], gradient: &[T]) {
        state.steps = state.steps.saturating_add(1);
        match self {
            Optimizer::Adam(adam) => {
                let bias = |beta: f64| 1.0 - beta.powi(state.steps);
                let rate = T::constant(rate / bias(adam.beta1));
                let unbias = T::constant(1.0 / bias(adam.beta2));
                let epsilon = T::constant(adam.epsilon);
                let [keep1, keep2] = [adam.beta1, adam.beta2].map(T::constant);
                let [add1, add2] = [1.0 - adam.beta1, 1.0 - adam.beta2].map(T::constant);
                let moments = state.first.iter_mut().zip(&mut state.second);
                for ((p, &g), (m, v)) in params.iter_mut().zip(gradient).zip(moments) {
                    *m = keep1 * *m + add1 * g;
                    *v = keep2 * *v + add2 * g * g;
                    *p -= rate * *m / ((*v * unbias).sqrt() + epsilon);
                }
            }
            Optimizer::Sgd(sgd) if sgd.momentum != 0.0 => {
                let (rate, momentum) = (T::constant(rate), T::constant(sgd.momentum));
                for ((p, &g), v) in params.iter_mut().zip(gradient).zip(&mut state.first) {
                    *v = momentum * *v + g;
                    *p -= rate * *v;
                }
            }
            Optimizer::Sgd(_) => {
                let rate = T::constant(rate);
                params.iter_mut().zip(gradient).for_each(|(p, &g)| *p -= rate * g);
            }
        }
    }

    /// Refuses settings that make no sense.
    pub(super) fn check(&self) -> Result<(), Error> {
        let decay = |x: f64| (0.0..1.0).contains(&x);
        let positive = |x: f64| x > 0.0 && x.is_finite();
        let (argument, value, expected) = match self {
            _ if !positive(self.rate()) => ("learning rate", self.rate(), "a positive number"),
            Optimizer::Adam(a) if !decay(a.beta1) => ("beta1", a.beta1, "a number in [0, 1)"),
            Optimizer::Adam(a) if !decay(a.beta2) => ("beta2", a.beta2, "a number in [0, 1)"),
            Optimizer::Adam(a) if !positive(a.epsilon) => ("epsilon", a.epsilon, "a positive number"),
            Optimizer::Sgd(s) if !decay(s.momentum) => ("momentum", s.momentum, "a number in [0, 1)"),
            _ => return Ok(()),
        };
        Err(Error::invalid(argument, value, expected))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(optimizer: impl Into<Optimizer>, gradients: &[f64]) -> Vec<f64> {
        let optimizer = optimizer.into();
        let (mut p, mut state) = ([0.0], optimizer.start(1));
        let mut step = |&g: &f64| {
            optimizer.update(optimizer.rate(), &mut state, &mut p, &[g]);
            p[0]
        };
        gradients.iter().map(&mut step).collect()
    }

    fn close(found: &[f64], expected: &[f64]) {
        assert_eq!(found.len(), expected.len());
        for (x, y) in found.iter().zip(expected) {
            assert!((x - y).abs() < 1e-14, "{found:?} and {expected:?}");
        }
    }

    #[test]
    fn adam_by_hand() {
        // With a constant gradient both means are unbiased from the start: every step is η g/(|g| + ε).
        let step = 0.1 * 4.0 / (4.0 + 1e-8);
        close(&run(Adam::new(0.1), &[4.0; 3]), &[-step, -2.0 * step, -3.0 * step]);
        // Second step from g = 1 then g = -2: m = 0.09 - 0.2, v = 0.000999 + 0.004, over 0.19 and 0.001999.
        let second = 0.1 * (-0.11 / 0.19) / ((0.004999_f64 / 0.001999).sqrt() + 1e-8);
        let first = 0.1 / (1.0 + 1e-8);
        close(&run(Adam::new(0.1), &[1.0, -2.0]), &[-first, -first - second]);
    }

    #[test]
    fn descent_by_hand() {
        close(&run(Sgd::new(0.5), &[1.0, 2.0]), &[-0.5, -1.5]);
        // v = 1, then 0.9 + 2 = 2.9, then 2.61 - 1 = 1.61.
        close(&run(Sgd::new(0.5).momentum(0.9), &[1.0, 2.0, -1.0]), &[-0.5, -1.95, -2.755]);
    }

    #[test]
    fn momentum_follows_its_closed_form_on_a_parabola() {
        // p_{k+1} = p_k - η a p_k + μ (p_k - p_{k-1}): a recurrence with characteristic roots r₁, r₂.
        let (rate, mu, a) = (0.1, 0.25, 1.0);
        let optimizer = Optimizer::from(Sgd::new(rate).momentum(mu));
        let (mut p, mut state) = ([1.0], optimizer.start(1));
        for _ in 0..20 {
            let gradient = [a * p[0]];
            optimizer.update(rate, &mut state, &mut p, &gradient);
        }
        let half = (1.0 + mu - rate * a) / 2.0;
        let root = (half * half - mu).sqrt();
        let (r1, r2) = (half + root, half - root);
        let weight = (1.0 - rate * a - r2) / (r1 - r2);
        let expected = weight * r1.powi(20) + (1.0 - weight) * r2.powi(20);
        assert!((p[0] - expected).abs() < 1e-14, "{} and {expected}", p[0]);
    }

    #[test]
    fn resized_state_keeps_what_it_is_told() {
        let optimizer = Optimizer::from(Adam::new(0.1));
        let mut state = optimizer.start(3);
        optimizer.update(0.1, &mut state, &mut [0.0; 3], &[1.0, 2.0, 3.0]);
        let before = state.clone();
        state.resize(1, 2);
        assert_eq!(state.first, [before.first[0], 0.0]);
        assert_eq!(state.second, [before.second[0], 0.0]);
        assert!(state.fits(&optimizer, 2) && !state.fits(&optimizer, 3));
    }

    #[test]
    fn refuses_settings_out_of_range() {
        let message = |o: Optimizer| o.check().unwrap_err().to_string();
        assert_eq!(message(Adam::new(-1.0).into()), "learning rate is -1, expected a positive number");
        assert_eq!(message(Adam { beta2: 1.0, ..Adam::new(0.1) }.into()), "beta2 is 1, expected a number in [0, 1)");
        assert!(message(Sgd::new(0.1).momentum(f64::NAN).into()).starts_with("momentum is NaN"));
        assert!(message(Sgd::new(f64::INFINITY).into()).starts_with("learning rate is inf"));
    }
}
