//! Gradient descent.

use super::{Optimizer, OptimizerState, check_decay};
use crate::{Error, Real};
use serde::{Deserialize, Serialize};

/// Gradient descent with momentum: `v ← μ v + g`, `p ← p - η v`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sgd {
    /// `η`, before a schedule changes it.
    #[serde(alias = "rate")]
    pub learning_rate: f64,
    /// Momentum `μ`.
    pub momentum: f64,
}

impl Sgd {
    /// Plain gradient descent with this learning rate.
    pub fn new(learning_rate: f64) -> Self {
        Sgd { learning_rate, momentum: 0.0 }
    }

    /// The same with momentum `μ`.
    pub fn momentum(self, momentum: f64) -> Self {
        Sgd { momentum, ..self }
    }
}

impl<T: Real> Optimizer<T> for Sgd {
    fn learning_rate(&self) -> f64 {
        self.learning_rate
    }

    fn check(&self) -> Result<(), Error> {
        check_decay("momentum", self.momentum)
    }

    /// `v`, or nothing without momentum.
    fn start(&self, count: usize) -> OptimizerState<T> {
        OptimizerState::zeros(usize::from(self.momentum != 0.0), count)
    }

    fn update(&self, learning_rate: f64, state: &mut OptimizerState<T>, unknowns: &mut [T], gradient: &[T]) {
        let rate = T::constant(learning_rate);
        let Some(velocity) = state.moments.first_mut() else {
            return unknowns.iter_mut().zip(gradient).for_each(|(p, &g)| *p -= rate * g);
        };
        let momentum = T::constant(self.momentum);
        for ((p, &g), v) in unknowns.iter_mut().zip(gradient).zip(velocity) {
            *v = momentum * *v + g;
            *p -= rate * *v;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{assert_close, refusal, run};
    use super::*;

    #[test]
    fn steps_by_hand() {
        assert_close(&run(&Sgd::new(0.5), &[1.0, 2.0]), &[-0.5, -1.5]);
        // v = 1, then 0.9 + 2 = 2.9, then 2.61 - 1 = 1.61.
        assert_close(&run(&Sgd::new(0.5).momentum(0.9), &[1.0, 2.0, -1.0]), &[-0.5, -1.95, -2.755]);
    }

    #[test]
    fn momentum_follows_its_closed_form_on_a_parabola() {
        // p_{k+1} = p_k - η a p_k + μ (p_k - p_{k-1}): a recurrence with characteristic roots r₁, r₂.
        let (rate, mu, a) = (0.1, 0.25, 1.0);
        let optimizer = Sgd::new(rate).momentum(mu);
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
    fn settings_out_of_range_are_refused() {
        assert!(refusal(Sgd::new(0.1).momentum(f64::NAN)).starts_with("momentum is NaN"));
        assert!(refusal(Sgd::new(f64::INFINITY)).starts_with("learning rate is inf"));
    }
}
