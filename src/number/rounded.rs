//! Running error analysis: a number with the rounding errors that it carries.

use super::{Elementary, Number, Real};
use std::ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Neg, Sub, SubAssign};

/// Units in the last place by which an elementary function may be off.
const ELEMENTARY: f64 = 4.0;
/// Branches that are further apart than so many times their errors are those of a jump.
const KINK: f64 = 4.0;

/// A number as computed, and how far it may be from the number that exact arithmetic would have given.
///
/// Rounding errors are taken to be independent, each a unit in the last place: `error` is the root of the sum of their
/// squares, as they have been amplified, to first order. A bound for the worst case would grow with every sum, far beyond
/// what errors of either sign come to.
///
/// # Reference
/// N. J. Higham, *Accuracy and Stability of Numerical Algorithms*, 2nd ed. (SIAM, 2002), sections 2.8 and 3.3.
#[derive(Debug, Clone, Copy, Default)]
pub struct Rounded<T> {
    /// As computed.
    pub value: T,
    /// How far it may be off.
    pub error: T,
}

/// `√(x² + y²)`, whatever the size.
fn root_of_squares<T: Real>(x: T, y: T) -> T {
    let (x, y) = (x.abs(), y.abs());
    let (small, large) = if x > y { (y, x) } else { (x, y) };
    if large > T::zero() { large * (T::one() + (small / large).square()).sqrt() } else { large }
}

impl<T: Real> Rounded<T> {
    /// No number is further off than so many times its `error`, but by a chance that nobody meets.
    pub(crate) const MARGIN: f64 = 4.0;

    /// The number as it is.
    pub fn exact(value: T) -> Self {
        Rounded { value, error: T::zero() }
    }

    /// The number nearest to an unknown one.
    pub fn nearest(value: T) -> Self {
        Rounded { value, error: T::EPSILON * value.abs() }
    }

    fn computed(value: T, carried: T) -> Self {
        Rounded { value, error: root_of_squares(carried, T::EPSILON * value) }
    }
}

impl<T: Real> Add for Rounded<T> {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Rounded::computed(self.value + other.value, root_of_squares(self.error, other.error))
    }
}
impl<T: Real> Sub for Rounded<T> {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Rounded::computed(self.value - other.value, root_of_squares(self.error, other.error))
    }
}
impl<T: Real> Mul for Rounded<T> {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        let carried = root_of_squares(self.value * other.error, other.value * self.error);
        Rounded::computed(self.value * other.value, carried)
    }
}
impl<T: Real> Div for Rounded<T> {
    type Output = Self;
    fn div(self, other: Self) -> Self {
        let value = self.value / other.value;
        Rounded::computed(value, root_of_squares(self.error, value * other.error) / other.value.abs())
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
        // To first order; but no error is larger than what the function can come to.
        let carried = slope * self.error;
        let most = function.range().map_or(T::MAX, |range| T::constant(range / Rounded::<T>::MARGIN));
        let carried = if carried > most { most } else { carried };
        Rounded { value, error: root_of_squares(carried, T::constant(ELEMENTARY) * T::EPSILON * value) }
    }
    fn where_positive(self, positive: Self, otherwise: Self) -> Self {
        let value = self.value.where_positive(positive.value, otherwise.value);
        let either = Number::max(positive.error, otherwise.error);
        let apart = (positive.value - otherwise.value).abs();
        let error = if self.error > T::zero() && self.value.abs() <= self.error {
            // Either branch may be the right one. At a kink they are not further apart than their errors; a jump is none of
            // rounding, but of the field.
            if apart <= T::constant(KINK) * (either + self.error) { either + apart } else { either }
        } else {
            self.value.where_positive(positive.error, otherwise.error)
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

    #[test]
    fn a_jump_is_no_rounding_error() {
        let step = |y: Rounded<f64>| y.where_positive(Rounded::exact(20.0), Rounded::exact(0.0));
        assert_eq!(step(Rounded::exact(0.0)).error, 0.0);
        assert_eq!(step(Rounded { value: 1e-20, error: 1e-16 }).error, 0.0);
        let kink = Rounded { value: 1e-20, error: 1e-16 }.abs();
        assert!((1e-16..3e-16).contains(&kink.error), "{kink:?}");
    }

    proptest! {
        #[test]
        fn single_precision_is_within_four_of_its_errors_of_double(x in prop::array::uniform3(-3.0..3.0f32)) {
            let rounded = formula(x.map(Rounded::exact));
            let exact = formula(x.map(f64::from));
            prop_assert!((f64::from(rounded.value) - exact).abs() <= 4.0 * f64::from(rounded.error), "{rounded:?}, {exact}");
            prop_assert!(rounded.error < 1e-2, "{rounded:?}");
        }
    }
}
