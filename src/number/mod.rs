//! Numbers: what a vector field may compute with.
//!
//! A field is written once, for any [`Number`]. Evaluated on `f32` or `f64` it gives values, on [`Dual`] numbers
//! derivatives in one direction, on a [`Var`] of a [`Tape`] the gradient, and on [`Lanes`] several samples at once.
//! These nest: a tape of dual numbers differentiates a directional derivative.

/// `a op= b` as `a = a op b`, for a generic number whose binary operators are written out.
macro_rules! assign_by_operator {
    ($type:ident $(<$life:lifetime>)?) => {
        super::assign_by_operator!(@ $type $(<$life>)?, AddAssign add_assign +, SubAssign sub_assign -,
            MulAssign mul_assign *, DivAssign div_assign /);
    };
    (@ $type:ident, $($trait:ident $method:ident $op:tt),*) => {
        $(impl<N: Number> $trait for $type<N> {
            #[inline]
            fn $method(&mut self, other: Self) {
                *self = *self $op other;
            }
        })*
    };
    (@ $type:ident <$life:lifetime>, $($trait:ident $method:ident $op:tt),*) => {
        $(impl<$life, N: Number> $trait for $type<$life, N> {
            #[inline]
            fn $method(&mut self, other: Self) {
                *self = *self $op other;
            }
        })*
    };
}
use assign_by_operator;

mod dependence;
mod dual;
mod either;
mod elementary;
mod lanes;
mod real;
mod rounded;
mod tape;
mod vectorised;

pub(crate) use dependence::Dependence;
pub use dual::Dual;
pub(crate) use either::AtEither;
pub use elementary::Elementary;
pub use lanes::{LANES, Lanes};
pub use real::Real;
pub use rounded::Rounded;
pub use tape::{Tape, Var};
pub(crate) use vectorised::Vectorised;

use std::fmt::Debug;
use std::ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Neg, Sub, SubAssign};

/// A number that a [`VectorField`](crate::VectorField) may compute with.
///
/// Arithmetic is by the usual operators. There are no comparisons, since a number may stand for several samples at
/// once: choose with [`max`](Number::max), [`min`](Number::min), [`abs`](Number::abs) and
/// [`where_positive`](Number::where_positive) instead of branching.
///
/// ```
/// use kutta::Number;
/// fn kinetic_energy<S: Number>(mass: S, velocity: S) -> S {
///     S::constant(0.5) * mass * velocity * velocity
/// }
/// assert_eq!(kinetic_energy(2.0_f64, 3.0), 9.0);
/// ```
pub trait Number:
    Copy
    + Debug
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + AddAssign
    + SubAssign
    + MulAssign
    + DivAssign
{
    /// The constant `x`; its derivative is zero.
    fn constant(x: f64) -> Self;

    /// An elementary function of this number.
    fn apply(self, function: Elementary) -> Self;

    /// `positive` where this number is greater than zero, `otherwise` elsewhere.
    ///
    /// The derivative is that of the number chosen.
    fn where_positive(self, positive: Self, otherwise: Self) -> Self;

    /// Zero.
    fn zero() -> Self {
        Self::constant(0.0)
    }
    /// One.
    fn one() -> Self {
        Self::constant(1.0)
    }
    /// The greater of two numbers.
    fn max(self, other: Self) -> Self {
        (self - other).where_positive(self, other)
    }
    /// The lesser of two numbers.
    fn min(self, other: Self) -> Self {
        (self - other).where_positive(other, self)
    }
    /// `|x|`; derivative -1 at zero.
    fn abs(self) -> Self {
        self.where_positive(self, -self)
    }
    /// `x²`.
    fn square(self) -> Self {
        self * self
    }
    /// `1/x`.
    fn recip(self) -> Self {
        self.apply(Elementary::Recip)
    }
    /// `√x`.
    fn sqrt(self) -> Self {
        self.apply(Elementary::Sqrt)
    }
    /// `xⁿ` for a whole `n`.
    fn powi(self, n: i32) -> Self {
        self.apply(Elementary::Powi(n))
    }
    /// `xᵖ` for any real `p`, `x ≥ 0`.
    fn powf(self, p: f64) -> Self {
        self.apply(Elementary::Powf(p))
    }
    /// `eˣ`.
    fn exp(self) -> Self {
        self.apply(Elementary::Exp)
    }
    /// `eˣ - 1`, accurate near zero.
    fn exp_m1(self) -> Self {
        self.apply(Elementary::ExpM1)
    }
    /// Natural logarithm.
    fn ln(self) -> Self {
        self.apply(Elementary::Ln)
    }
    /// `ln(1 + x)`, accurate near zero.
    fn ln_1p(self) -> Self {
        self.apply(Elementary::Ln1p)
    }
    /// Sine.
    fn sin(self) -> Self {
        self.apply(Elementary::Sin)
    }
    /// Cosine.
    fn cos(self) -> Self {
        self.apply(Elementary::Cos)
    }
    /// Tangent.
    fn tan(self) -> Self {
        self.apply(Elementary::Tan)
    }
    /// Inverse tangent.
    fn atan(self) -> Self {
        self.apply(Elementary::Atan)
    }
    /// Hyperbolic sine.
    fn sinh(self) -> Self {
        self.apply(Elementary::Sinh)
    }
    /// Hyperbolic cosine.
    fn cosh(self) -> Self {
        self.apply(Elementary::Cosh)
    }
    /// Hyperbolic tangent, finite for every finite argument.
    fn tanh(self) -> Self {
        self.apply(Elementary::Tanh)
    }
    /// Error function.
    fn erf(self) -> Self {
        self.apply(Elementary::Erf)
    }
    /// Logistic function `1/(1 + e⁻ˣ)`, stable for every finite argument.
    fn sigmoid(self) -> Self {
        self.apply(Elementary::Sigmoid)
    }
    /// `ln(1 + eˣ)`, stable for every finite argument.
    fn softplus(self) -> Self {
        self.apply(Elementary::Softplus)
    }
    /// Gaussian error linear unit `x Φ(x)`, with the exact normal distribution function.
    fn gelu(self) -> Self {
        self.apply(Elementary::Gelu)
    }
}
