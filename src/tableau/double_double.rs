//! Numbers of twice the precision of f64, so that computed coefficients are right to their last bit.
//!
//! Source: T. J. Dekker, A floating-point technique for extending the available precision, Numer. Math. 18 (1971)
//! 224–242.

use std::ops::{Add, Div, Mul, Neg, Sub};

/// The unevaluated sum of two f64, `|low| ≤ ulp(high)/2`; a relative precision of about `10⁻³¹`.
///
/// Products must stay far from overflow and underflow.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct DoubleDouble {
    high: f64,
    low: f64,
}

impl DoubleDouble {
    pub(super) const ZERO: Self = DoubleDouble { high: 0.0, low: 0.0 };
    pub(super) const ONE: Self = DoubleDouble { high: 1.0, low: 0.0 };

    /// The nearest f64.
    pub(super) fn round(self) -> f64 {
        self.high
    }

    /// `high + low` exactly, for any two numbers (Knuth).
    fn sum(a: f64, b: f64) -> Self {
        let high = a + b;
        let b_part = high - a;
        DoubleDouble { high, low: (a - (high - b_part)) + (b - b_part) }
    }

    /// `high + low` exactly, if `|a| ≥ |b|`.
    fn ordered_sum(a: f64, b: f64) -> Self {
        let high = a + b;
        DoubleDouble { high, low: b - (high - a) }
    }

    /// `a b` exactly.
    fn product(a: f64, b: f64) -> Self {
        // Halves of 26 bits, whose products are exact.
        let halves = |x: f64| {
            let shifted = x * 134_217_729.0;
            let high = shifted - (shifted - x);
            (high, x - high)
        };
        let ((a1, a2), (b1, b2)) = (halves(a), halves(b));
        let high = a * b;
        DoubleDouble { high, low: ((a1 * b1 - high) + a1 * b2 + a2 * b1) + a2 * b2 }
    }
}

impl From<f64> for DoubleDouble {
    fn from(high: f64) -> Self {
        DoubleDouble { high, low: 0.0 }
    }
}

impl From<usize> for DoubleDouble {
    /// Exact below 2⁵³.
    fn from(n: usize) -> Self {
        DoubleDouble::from(n as f64)
    }
}

impl Add for DoubleDouble {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        let high = Self::sum(self.high, other.high);
        let low = Self::sum(self.low, other.low);
        let partial = Self::ordered_sum(high.high, high.low + low.high);
        Self::ordered_sum(partial.high, partial.low + low.low)
    }
}

impl Neg for DoubleDouble {
    type Output = Self;
    fn neg(self) -> Self {
        DoubleDouble { high: -self.high, low: -self.low }
    }
}

impl Sub for DoubleDouble {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self + -other
    }
}

impl Mul for DoubleDouble {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        let leading = Self::product(self.high, other.high);
        Self::ordered_sum(leading.high, leading.low + (self.high * other.low + self.low * other.high))
    }
}

impl Div for DoubleDouble {
    type Output = Self;
    fn div(self, other: Self) -> Self {
        // Long division with f64 digits.
        let first = self.high / other.high;
        let rest = self - other * first.into();
        let second = rest.high / other.high;
        let rest = rest - other * second.into();
        Self::ordered_sum(first, second) + (rest.high / other.high).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn number() -> impl Strategy<Value = DoubleDouble> {
        (-1e3..1e3, -1.0..1.0).prop_map(|(a, b): (f64, f64)| DoubleDouble::from(a) + DoubleDouble::from(b * 1e-16))
    }

    fn small(x: DoubleDouble, scale: DoubleDouble) -> bool {
        x.high.abs() <= 1e-30 * scale.high.abs()
    }

    #[test]
    fn holds_what_f64_loses() {
        let third = DoubleDouble::ONE / 3usize.into();
        assert_eq!(third.round(), 1.0 / 3.0);
        assert_eq!(third.low, 2f64.powi(-54) / 3.0);
        let tiny = DoubleDouble::from(2f64.powi(-80));
        assert_eq!(DoubleDouble::ONE + tiny - DoubleDouble::ONE, tiny);
        // (1 + e)² − 1 − 2e = e²
        let e = DoubleDouble::from(2f64.powi(-50));
        let square = (DoubleDouble::ONE + e) * (DoubleDouble::ONE + e);
        assert_eq!(square - DoubleDouble::ONE - e - e, e * e);
    }

    proptest! {
        #[test]
        fn obeys_the_laws_of_arithmetic(a in number(), b in number(), c in number()) {
            prop_assert!(small(a + b - b - a, DoubleDouble::from(a.high.abs() + b.high.abs())));
            prop_assert!(small(a * b - b * a, a * b));
            let terms = DoubleDouble::from((a * b).high.abs() + (a * c).high.abs());
            prop_assert!(small(a * (b + c) - a * b - a * c, terms));
            prop_assume!(b.high.abs() > 1e-3);
            prop_assert!(small(a / b * b - a, a));
        }
    }
}
