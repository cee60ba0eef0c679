//! Running error analysis: a number with a bound of the rounding errors that it carries.

use super::{Elementary, Number, Real};
use std::ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Neg, Sub, SubAssign};

/// Units in the last place by which an elementary function may be off.
const ELEMENTARY: f64 = 4.0;

/// A number as computed, and how far it may be from the number that exact arithmetic would have given: `|x̂ - x| ≤ error`,
/// to first order, with a unit in the last place for every operation.
///
/// # Reference
/// N. J. Higham, *Accuracy and Stability of Numerical Algorithms*, 2nd ed. (SIAM, 2002), section 3.3.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Rounded<T> {
    pub value: T,
    pub error: T,
}

impl<T: Real> Rounded<T> {
    /// The number as it is.
    pub fn exact(value: T) -> Self {
        Rounded { value, error: T::zero() }
    }

    /// The number nearest to an unknown one.
    pub fn nearest(value: T) -> Self {
        Rounded { value, error: T::EPSILON * value.abs() }
    }

    fn computed(value: T, carried: T) -> Self {
        Rounded { value, error: carried + T::EPSILON * value.abs() }
    }
}

impl<T: Real> Add for Rounded<T> {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Rounded::computed(self.value + other.value, self.error + other.error)
    }
}
impl<T: Real> Sub for Rounded<T> {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Rounded::computed(self.value - other.value, self.error + other.error)
    }
}
impl<T: Real> Mul for Rounded<T> {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        let carried = self.value.abs() * other.error + (other.value.abs() + other.error) * self.error;
        Rounded::computed(self.value * other.value, carried)
    }
}
impl<T: Real> Div for Rounded<T> {
    type Output = Self;
    fn div(self, other: Self) -> Self {
        let value = self.value / other.value;
        Rounded::computed(value, (self.error + value.abs() * other.error) / other.value.abs())
    }
}
impl<T: Real> Neg for Rounded<T> {
    type Output = Self;
    fn neg(self) -> Self {
        Rounded { value: -self.value, error: self.error }
    }
}

macro_rules! assign {
    ($($trait:ident $method:ident $op:tt),*) => {
        $(impl<T: Real> $trait for Rounded<T> {
            fn $method(&mut self, other: Self) {
                *self = *self $op other;
            }
        })*
    };
}
assign!(AddAssign add_assign +, SubAssign sub_assign -, MulAssign mul_assign *, DivAssign div_assign /);

impl<T: Real> Number for Rounded<T> {
    fn constant(x: f64) -> Self {
        Rounded::exact(T::constant(x))
    }
    fn apply(self, function: Elementary) -> Self {
        let value = self.value.apply(function);
        let slope = function.derivative(self.value, value).abs();
        Rounded { value, error: slope * self.error + T::constant(ELEMENTARY) * T::EPSILON * value.abs() }
    }
    fn where_positive(self, positive: Self, otherwise: Self) -> Self {
        let value = self.value.where_positive(positive.value, otherwise.value);
        let error = match self.value.abs() > self.error {
            true => self.value.where_positive(positive.error, otherwise.error),
            // The sign is not known: either branch may be the right one.
            false => {
                let apart = (positive.value - otherwise.value).abs();
                apart + Number::max(positive.error, otherwise.error)
            }
        };
        Rounded { value, error }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Sums that cancel, products, quotients, kinks and functions, in any precision.
    fn formula<N: Number>(x: [N; 3]) -> N {
        let [a, b, c] = x;
        let kinked = (a - b).abs() + (b * c - a).max(c);
        (N::constant(1.0) + c.square()).recip() * (kinked.tanh() - a.sin() * (b - c).exp()) / (a.square() + N::one())
            + (N::constant(1e3) + a - N::constant(1e3))
    }

    proptest! {
        #[test]
        fn single_precision_is_within_its_bound_of_double(x in prop::array::uniform3(-3.0..3.0f32)) {
            let rounded = formula(x.map(Rounded::exact));
            let exact = formula(x.map(f64::from));
            prop_assert!((f64::from(rounded.value) - exact).abs() <= f64::from(rounded.error), "{rounded:?}, {exact}");
            prop_assert!(rounded.error < 1e-2, "{rounded:?}");
        }
    }
}
