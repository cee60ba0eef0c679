//! Adam.

use super::{Optimizer, OptimizerState, check_decay};
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
    /// `η`, before a schedule changes it.
    #[serde(alias = "rate")]
    pub learning_rate: f64,
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
    pub fn new(learning_rate: f64) -> Self {
        Adam { learning_rate, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 }
    }
}

impl<T: Real> Optimizer<T> for Adam {
    fn learning_rate(&self) -> f64 {
        self.learning_rate
    }

    fn check(&self) -> Result<(), Error> {
        check_decay("beta1", self.beta1)?;
        check_decay("beta2", self.beta2)?;
        match self.epsilon > 0.0 && self.epsilon.is_finite() {
            true => Ok(()),
            false => Err(Error::invalid("epsilon", self.epsilon, "a positive number")),
        }
    }

    /// `m` and `v`.
    fn start(&self, count: usize) -> OptimizerState<T> {
        OptimizerState::zeros(2, count)
    }

    fn update(&self, learning_rate: f64, state: &mut OptimizerState<T>, unknowns: &mut [T], gradient: &[T]) {
        state.updates = state.updates.saturating_add(1);
        let [mean, square] = &mut state.moments[..] else { return };
        let bias = |beta: f64| 1.0 - beta.powi(state.updates);
        let rate = T::constant(learning_rate / bias(self.beta1));
        let unbias = T::constant(1.0 / bias(self.beta2));
        let epsilon = T::constant(self.epsilon);
        let [keep1, keep2] = [self.beta1, self.beta2].map(T::constant);
        let [add1, add2] = [1.0 - self.beta1, 1.0 - self.beta2].map(T::constant);
        let moments = mean.iter_mut().zip(square);
        for ((p, &g), (m, v)) in unknowns.iter_mut().zip(gradient).zip(moments) {
            *m = keep1 * *m + add1 * g;
            *v = keep2 * *v + add2 * g * g;
            *p -= rate * *m / ((*v * unbias).sqrt() + epsilon);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{assert_close, refusal, run};
    use super::*;

    #[test]
    fn steps_by_hand() {
        // With a constant gradient both means are unbiased from the start: every step is η g/(|g| + ε).
        let step = 0.1 * 4.0 / (4.0 + 1e-8);
        assert_close(&run(&Adam::new(0.1), &[4.0; 3]), &[-step, -2.0 * step, -3.0 * step]);
        // Second step from g = 1 then g = -2: m = 0.09 - 0.2, v = 0.000999 + 0.004, over 0.19 and 0.001999.
        let second = 0.1 * (-0.11 / 0.19) / ((0.004999_f64 / 0.001999).sqrt() + 1e-8);
        let first = 0.1 / (1.0 + 1e-8);
        assert_close(&run(&Adam::new(0.1), &[1.0, -2.0]), &[-first, -first - second]);
    }

    #[test]
    fn settings_out_of_range_are_refused() {
        assert_eq!(refusal(Adam::new(-1.0)), "learning rate is -1, expected a positive number");
        assert_eq!(refusal(Adam { beta2: 1.0, ..Adam::new(0.1) }), "beta2 is 1, expected a number in [0, 1)");
        assert_eq!(refusal(Adam { epsilon: 0.0, ..Adam::new(0.1) }), "epsilon is 0, expected a positive number");
    }
}
