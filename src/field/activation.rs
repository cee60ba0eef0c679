//! Activation functions.

use crate::{Error, Number};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// An activation function `σ`, applied entry by entry.
///
/// ```
/// use kutta::field::Activation;
/// let sigma: Activation = "softplus".parse()?;
/// assert_eq!(sigma, Activation::Softplus);
/// assert!((sigma.apply(0.0_f64) - 2.0_f64.ln()).abs() < 1e-15);
/// # Ok::<(), kutta::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activation {
    /// Hyperbolic tangent.
    Tanh,
    /// `max(x, 0)`, of derivative 0 at 0.
    Relu,
    /// `x Φ(x)`, with the exact normal distribution function `Φ`.
    ///
    /// *Reference*: Hendrycks and Gimpel, "Gaussian error linear units", 2016, arXiv:1606.08415.
    Gelu,
    /// `ln(1 + eˣ)`
    Softplus,
    /// Logistic function `1/(1 + e⁻ˣ)`.
    Sigmoid,
    /// `x` where positive, `eˣ - 1` elsewhere.
    ///
    /// *Reference*: Clevert, Unterthiner and Hochreiter, "Fast and accurate deep network learning by exponential linear
    /// units", 2015, arXiv:1511.07289.
    Elu,
    /// Sine.
    Sin,
    /// `x`: a network of linear maps.
    Identity,
}

impl Activation {
    /// All of them.
    pub const ALL: [Activation; 8] = [
        Activation::Tanh,
        Activation::Relu,
        Activation::Gelu,
        Activation::Softplus,
        Activation::Sigmoid,
        Activation::Elu,
        Activation::Sin,
        Activation::Identity,
    ];

    /// Its name in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Activation::Tanh => "tanh",
            Activation::Relu => "relu",
            Activation::Gelu => "gelu",
            Activation::Softplus => "softplus",
            Activation::Sigmoid => "sigmoid",
            Activation::Elu => "elu",
            Activation::Sin => "sin",
            Activation::Identity => "identity",
        }
    }

    /// `σ(x)`
    pub fn apply<S: Number>(self, x: S) -> S {
        match self {
            Activation::Tanh => x.tanh(),
            // The inner choice falls on `0 x` where `x` is zero, so that the derivative vanishes, and where it is NaN.
            Activation::Relu => x.where_positive(x, (-x).where_positive(S::zero(), x * S::zero())),
            Activation::Gelu => x.gelu(),
            Activation::Softplus => x.softplus(),
            Activation::Sigmoid => x.sigmoid(),
            // No exponential of a large number: its derivative would overflow, though it is not chosen.
            Activation::Elu => x.where_positive(x, x.where_positive(S::zero(), x).exp_m1()),
            Activation::Sin => x.sin(),
            Activation::Identity => x,
        }
    }

    /// Whether `σ''` differs from zero.
    pub(super) fn is_curved(self) -> bool {
        !matches!(self, Activation::Relu | Activation::Identity)
    }

    /// `max |σ'|`: 1 for most, ¼ for [`Sigmoid`](Activation::Sigmoid), and for [`Gelu`](Activation::Gelu)
    /// `Φ(√2) + √2 Φ'(√2) = 1.1289…`.
    pub fn lipschitz(self) -> f64 {
        match self {
            Activation::Sigmoid => 0.25,
            // Rounded up.
            Activation::Gelu => 1.128_904_145_185_155,
            _ => 1.0,
        }
    }

    /// Whether evaluations keep `σ'`, for it is not a cheap function of `σ`.
    pub(super) fn records_slope(self) -> bool {
        matches!(self, Activation::Gelu | Activation::Softplus | Activation::Sin)
    }
}

impl fmt::Display for Activation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Activation {
    type Err = Error;

    /// By [name](Activation::name), in letters of either case.
    fn from_str(name: &str) -> Result<Self, Error> {
        Self::ALL
            .into_iter()
            .find(|a| a.name().eq_ignore_ascii_case(name))
            .ok_or_else(|| Error::unknown("activation", name, Self::ALL.map(Self::name)))
    }
}
