//! Elementary functions and their derivatives, each rule written once.

use super::Number;
use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI, PI};

/// An elementary function of one variable.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Elementary {
    /// `1/x`
    Recip,
    /// `√x`
    Sqrt,
    /// `xⁿ`
    Powi(i32),
    /// `xᵖ`
    Powf(f64),
    /// `eˣ`
    Exp,
    /// `eˣ - 1`
    ExpM1,
    /// `ln x`
    Ln,
    /// `ln(1 + x)`
    Ln1p,
    /// `sin x`
    Sin,
    /// `cos x`
    Cos,
    /// `tan x`
    Tan,
    /// `arctan x`
    Atan,
    /// `sinh x`
    Sinh,
    /// `cosh x`
    Cosh,
    /// `tanh x`
    Tanh,
    /// `erf x`
    Erf,
    /// `1/(1 + e⁻ˣ)`
    Sigmoid,
    /// `ln(1 + eˣ)`
    Softplus,
    /// `x Φ(x)`
    Gelu,
}

impl Elementary {
    /// How far apart two of its values may be, if that is bounded.
    pub fn range(self) -> Option<f64> {
        match self {
            Elementary::Sin | Elementary::Cos | Elementary::Tanh | Elementary::Erf => Some(2.0),
            Elementary::Atan => Some(PI),
            Elementary::Sigmoid => Some(1.0),
            _ => None,
        }
    }

    /// The function at `x`, in double precision.
    #[inline]
    pub fn value(self, x: f64) -> f64 {
        match self {
            Elementary::Recip => 1.0 / x,
            Elementary::Sqrt => x.sqrt(),
            Elementary::Powi(n) => x.powi(n),
            Elementary::Powf(p) => x.powf(p),
            Elementary::Exp => x.exp(),
            Elementary::ExpM1 => x.exp_m1(),
            Elementary::Ln => x.ln(),
            Elementary::Ln1p => x.ln_1p(),
            Elementary::Sin => x.sin(),
            Elementary::Cos => x.cos(),
            Elementary::Tan => x.tan(),
            Elementary::Atan => x.atan(),
            Elementary::Sinh => x.sinh(),
            Elementary::Cosh => x.cosh(),
            Elementary::Tanh => x.tanh(),
            Elementary::Erf => libm::erf(x),
            // Never the exponential of a large positive number.
            Elementary::Sigmoid if x >= 0.0 => 1.0 / (1.0 + (-x).exp()),
            Elementary::Sigmoid => x.exp() / (1.0 + x.exp()),
            Elementary::Softplus => x.max(0.0) + (-x.abs()).exp().ln_1p(),
            // erfc keeps the left tail accurate, where 1 + erf cancels.
            Elementary::Gelu if x == f64::NEG_INFINITY => 0.0,
            Elementary::Gelu => 0.5 * x * libm::erfc(-x * FRAC_1_SQRT_2),
        }
    }

    /// The derivative at `x`, where the function is `value`.
    #[inline]
    pub fn derivative<N: Number>(self, x: N, value: N) -> N {
        let c = N::constant;
        match self {
            Elementary::Recip => -value * value,
            Elementary::Sqrt => c(0.5) / value,
            Elementary::Powi(0) => c(0.0),
            Elementary::Powi(n) => c(f64::from(n)) * x.powi(n.saturating_sub(1)),
            Elementary::Powf(p) => c(p) * x.powf(p - 1.0),
            Elementary::Exp => value,
            Elementary::ExpM1 => value + c(1.0),
            Elementary::Ln => x.recip(),
            Elementary::Ln1p => (c(1.0) + x).recip(),
            Elementary::Sin => x.cos(),
            Elementary::Cos => -x.sin(),
            Elementary::Tan => c(1.0) + value * value,
            Elementary::Atan => (c(1.0) + x * x).recip(),
            Elementary::Sinh => x.cosh(),
            Elementary::Cosh => x.sinh(),
            Elementary::Tanh => c(1.0) - value * value,
            Elementary::Erf => c(FRAC_2_SQRT_PI) * (-x * x).exp(),
            Elementary::Sigmoid => value * (c(1.0) - value),
            Elementary::Softplus => x.sigmoid(),
            Elementary::Gelu => {
                let density = c(1.0 / (2.0 * PI).sqrt()) * (c(-0.5) * x * x).exp();
                let distribution = c(0.5) * (c(1.0) + (c(FRAC_1_SQRT_2) * x).erf());
                distribution + x * density
            }
        }
    }
}
