//! Dual numbers: forward differentiation.

use super::{Elementary, Number};
use std::ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Neg, Sub, SubAssign};

/// `value + tangent·ε` with `ε² = 0`: a value and its derivative in one direction.
///
/// ```
/// use kutta::{Number, number::Dual};
/// let x = Dual { value: 2.0_f64, tangent: 1.0 };
/// assert_eq!((x * x * x).tangent, 12.0);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Dual<N> {
    /// The value.
    pub value: N,
    /// The derivative.
    pub tangent: N,
}

impl<N: Number> Add for Dual<N> {
    type Output = Self;
    #[inline]
    fn add(self, other: Self) -> Self {
        Dual { value: self.value + other.value, tangent: self.tangent + other.tangent }
    }
}
impl<N: Number> Sub for Dual<N> {
    type Output = Self;
    #[inline]
    fn sub(self, other: Self) -> Self {
        Dual { value: self.value - other.value, tangent: self.tangent - other.tangent }
    }
}
impl<N: Number> Mul for Dual<N> {
    type Output = Self;
    #[inline]
    fn mul(self, other: Self) -> Self {
        Dual { value: self.value * other.value, tangent: self.tangent * other.value + self.value * other.tangent }
    }
}
impl<N: Number> Div for Dual<N> {
    type Output = Self;
    #[inline]
    fn div(self, other: Self) -> Self {
        let value = self.value / other.value;
        Dual { value, tangent: (self.tangent - value * other.tangent) / other.value }
    }
}
impl<N: Number> Neg for Dual<N> {
    type Output = Self;
    #[inline]
    fn neg(self) -> Self {
        Dual { value: -self.value, tangent: -self.tangent }
    }
}

super::assign_by_operator!(Dual);

impl<N: Number> Number for Dual<N> {
    #[inline]
    fn constant(x: f64) -> Self {
        Dual { value: N::constant(x), tangent: N::zero() }
    }
    #[inline]
    fn apply(self, function: Elementary) -> Self {
        let value = self.value.apply(function);
        Dual { value, tangent: function.derivative(self.value, value) * self.tangent }
    }
    #[inline]
    fn where_positive(self, positive: Self, otherwise: Self) -> Self {
        Dual {
            value: self.value.where_positive(positive.value, otherwise.value),
            tangent: self.value.where_positive(positive.tangent, otherwise.tangent),
        }
    }
}
