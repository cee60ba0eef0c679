//! Functions whose derivatives are activations.

use crate::field::Activation;
use std::f64::consts::{FRAC_1_SQRT_2, LN_2, PI};

impl Activation {
    /// `∫₀ˣ σ`, but for a constant: what a [`Ridge`](crate::field::Ridge) sums up.
    ///
    /// ```
    /// use kutta::field::Activation;
    /// assert_eq!(Activation::Relu.primitive(3.0), 4.5);
    /// ```
    pub fn primitive(self, x: f64) -> f64 {
        match self {
            // ln cosh x, of no large number.
            Activation::Tanh => x.abs() + (-2.0 * x.abs()).exp().ln_1p() - LN_2,
            Activation::Relu => 0.5 * x.max(0.0).powi(2),
            Activation::Gelu => {
                let distribution = 0.5 * libm::erfc(-x * FRAC_1_SQRT_2);
                let density = (-0.5 * x * x).exp() / (2.0 * PI).sqrt();
                0.5 * ((x * x - 1.0) * distribution + x * density)
            }
            Activation::Softplus if x > 0.0 => PI * PI / 6.0 + 0.5 * x * x - dilogarithm(-x),
            Activation::Softplus => dilogarithm(x),
            Activation::Sigmoid => x.max(0.0) + (-x.abs()).exp().ln_1p(),
            Activation::Elu if x > 0.0 => 0.5 * x * x,
            Activation::Elu => x.exp_m1() - x,
            Activation::Sin => 2.0 * (0.5 * x).sin().powi(2),
            Activation::Identity => 0.5 * x * x,
        }
    }
}

/// `-Li₂(-eˣ) = ∫ ln(1 + eˣ)` from minus infinity, for `x ≤ 0`: Debye's series in `s = ln(1 + eˣ) ≤ ln 2`, whose
/// coefficients are Bernoulli's numbers.
///
/// *Reference*: L. Lewin, "Polylogarithms and associated functions", 1981, (1.78).
fn dilogarithm(x: f64) -> f64 {
    const SERIES: [f64; 7] = [
        1.0 / 36.0,
        -1.0 / 3600.0,
        1.0 / 211_680.0,
        -1.0 / 10_886_400.0,
        1.0 / 526_901_760.0,
        -691.0 / 16_999_766_784_000.0,
        1.0 / 1_120_863_744_000.0,
    ];
    let s = x.exp().ln_1p();
    let square = s * s;
    let odd = SERIES.iter().rev().fold(0.0, |sum, c| sum * square + c);
    s + 0.25 * square + odd * s * square
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derivatives_of_primitives_are_activations() {
        for activation in Activation::ALL {
            for k in -40..=40 {
                let (x, h) = (0.37 * f64::from(k), 1e-3);
                let central = |h: f64| (activation.primitive(x + h) - activation.primitive(x - h)) / (2.0 * h);
                // Of fourth order, but second order at a kink of the derivative.
                let slope = (4.0 * central(h / 2.0) - central(h)) / 3.0;
                let expected = activation.apply(x);
                let error = (slope - expected).abs() / (1.0 + x.abs());
                let allowed = if x == 0.0 { 1e-3 } else { 1e-11 };
                assert!(error < allowed, "{activation} at {x}: {slope} and {expected}");
            }
        }
    }
}
