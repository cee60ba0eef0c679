//! The numbers that analysis computes with: exact fractions, or doubles that know how large their terms were.

use std::fmt::Debug;
use std::ops::{Add, Div, Mul, Neg, Sub};

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Signed, ToPrimitive, Zero};

pub use crate::tableau::Surd;

/// A fraction of two whole numbers of any size.
pub type Rational = BigRational;

/// A number of an ordered field in which analysis is carried out: [`Rational`] or [`Surd`], where every verdict is a proof,
/// or [`Summed`], where it holds to a tolerance. Formulas are written once, for all.
pub trait Scalar:
    Clone
    + Debug
    + Zero
    + One
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + for<'a> Add<&'a Self, Output = Self>
    + for<'a> Sub<&'a Self, Output = Self>
    + for<'a> Mul<&'a Self, Output = Self>
    + for<'a> Div<&'a Self, Output = Self>
{
    /// `numerator / denominator`; the denominator is not zero.
    fn ratio(numerator: i64, denominator: i64) -> Self;

    /// The nearest double.
    fn to_f64(&self) -> f64;

    /// The number itself, if it is exact.
    fn exact(&self) -> Option<Surd>;

    /// The size of the terms that it is the sum of, at least its own.
    fn size(&self) -> f64 {
        self.to_f64().abs()
    }

    /// Whether the number is zero: exactly, or but for a relative error `tolerance` of the terms it was computed from.
    fn vanishes(&self, tolerance: f64) -> bool;

    /// `self − x y / pivot`, a step of elimination.
    fn eliminated(&self, x: &Self, y: &Self, pivot: &Self) -> Self {
        self.clone() - x.clone() * y / pivot
    }

    /// Whether the number is positive and does not [vanish](Scalar::vanishes).
    fn is_surely_positive(&self, tolerance: f64) -> bool {
        self.to_f64() > 0.0 && !self.vanishes(tolerance)
    }

    /// Whether the number is negative and does not [vanish](Scalar::vanishes).
    fn is_surely_negative(&self, tolerance: f64) -> bool {
        self.to_f64() < 0.0 && !self.vanishes(tolerance)
    }
}

impl Scalar for Rational {
    fn ratio(numerator: i64, denominator: i64) -> Self {
        Rational::new(BigInt::from(numerator), BigInt::from(denominator))
    }

    fn to_f64(&self) -> f64 {
        // `None` cannot happen: overflow gives an infinity.
        ToPrimitive::to_f64(self).unwrap_or(f64::NAN)
    }

    fn exact(&self) -> Option<Surd> {
        Some(self.clone().into())
    }

    fn vanishes(&self, _tolerance: f64) -> bool {
        self.is_zero()
    }

    fn is_surely_positive(&self, _tolerance: f64) -> bool {
        self.is_positive()
    }

    fn is_surely_negative(&self, _tolerance: f64) -> bool {
        self.is_negative()
    }
}

impl Scalar for Surd {
    fn ratio(numerator: i64, denominator: i64) -> Self {
        Rational::ratio(numerator, denominator).into()
    }

    fn to_f64(&self) -> f64 {
        Surd::to_f64(self)
    }

    fn exact(&self) -> Option<Surd> {
        Some(self.clone())
    }

    fn vanishes(&self, _tolerance: f64) -> bool {
        self.is_zero()
    }

    fn is_surely_positive(&self, _tolerance: f64) -> bool {
        !self.is_zero() && !self.is_negative()
    }

    fn is_surely_negative(&self, _tolerance: f64) -> bool {
        self.is_negative()
    }
}

/// A double with the size of the terms it is the sum of: the same formula with every term replaced by its absolute
/// value. Their quotient tells a number that is zero but for rounding from one that is merely small.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Summed {
    /// The number.
    pub value: f64,
    /// The sum of the absolute values of its terms, at least `|value|`.
    pub size: f64,
}

impl From<f64> for Summed {
    fn from(value: f64) -> Self {
        Summed { value, size: value.abs() }
    }
}

impl Zero for Summed {
    fn zero() -> Self {
        Summed::from(0.0)
    }

    fn is_zero(&self) -> bool {
        self.value == 0.0
    }
}

impl One for Summed {
    fn one() -> Self {
        Summed::from(1.0)
    }
}

impl Scalar for Summed {
    fn ratio(numerator: i64, denominator: i64) -> Self {
        Summed::from(numerator as f64 / denominator as f64)
    }

    fn to_f64(&self) -> f64 {
        self.value
    }

    fn exact(&self) -> Option<Surd> {
        None
    }

    fn size(&self) -> f64 {
        self.size
    }

    fn vanishes(&self, tolerance: f64) -> bool {
        self.value.abs() <= tolerance * self.size
    }

    /// What is unsure adds up to first order. By the sizes of products and quotients it would be squared in every step,
    /// and after a few steps nothing would be sure.
    fn eliminated(&self, x: &Self, y: &Self, pivot: &Self) -> Self {
        let (f, g) = (x.value / pivot.value, y.value / pivot.value);
        Summed {
            value: self.value - f * y.value,
            size: self.size + f.abs() * y.size + g.abs() * x.size + (f * g).abs() * pivot.size,
        }
    }
}

impl Neg for Summed {
    type Output = Self;
    fn neg(self) -> Self {
        Summed { value: -self.value, ..self }
    }
}

/// The four operations, by value and by reference.
macro_rules! operation {
    ($name:ident, $method:ident, |$a:ident, $b:ident| $result:expr) => {
        impl $name for Summed {
            type Output = Self;
            fn $method(self, other: Self) -> Self {
                let ($a, $b) = (self, other);
                $result
            }
        }
        impl<'a> $name<&'a Summed> for Summed {
            type Output = Self;
            fn $method(self, other: &'a Self) -> Self {
                $name::$method(self, *other)
            }
        }
    };
}

operation!(Add, add, |a, b| Summed { value: a.value + b.value, size: a.size + b.size });
operation!(Sub, sub, |a, b| Summed { value: a.value - b.value, size: a.size + b.size });
operation!(Mul, mul, |a, b| Summed { value: a.value * b.value, size: a.size * b.size });
// The relative errors of dividend and divisor add up.
operation!(Div, div, |a, b| {
    let value = a.value / b.value;
    Summed { value, size: (a.size / b.value.abs()).max(value.abs()) * (b.size / b.value.abs()).max(1.0) }
});

#[cfg(test)]
mod tests {
    use super::*;

    fn sums_to_zero<T: Scalar>(tolerance: f64) -> bool {
        (T::ratio(1, 10) + T::ratio(2, 10) - T::ratio(3, 10)).vanishes(tolerance)
    }

    #[test]
    fn zero_is_exact_for_fractions_and_relative_to_the_terms_for_doubles() {
        assert!(sums_to_zero::<Rational>(0.0));
        assert!(!sums_to_zero::<Summed>(0.0) && sums_to_zero::<Summed>(1e-15));
        assert!(!(Summed::from(1e-30) * Summed::from(1e-30)).vanishes(1e-12), "small, but not by cancellation");
        let third = Summed::ratio(1, 3);
        assert!((third * Summed::ratio(3, 1) - Summed::one()).vanishes(1e-15));
        assert!((Summed::one() / third - Summed::ratio(3, 1)).vanishes(1e-15));
        let tiny = Rational::new(BigInt::one(), BigInt::from(10).pow(400));
        assert!(tiny.is_surely_positive(1.0) && (-tiny).is_surely_negative(1.0));
    }
}
