//! Which residuals are zero.

use crate::tableau::coefficients::{Certainty, Scalar};

/// Rounding errors alone stay below this, relative to the size of the terms.
const ROUNDING: f64 = 1e-14;

/// Conditions up to this order are judged by the tolerance of the coefficients: none that is violated is so nearly met.
const LOW_ORDER: usize = 4;

/// Judges conditions of growing order.
///
/// In rounded arithmetic a condition of low order holds if its residual vanishes to the coefficients' tolerance. How
/// nearly those conditions are met tells how accurate the coefficients are: beyond order 4, a condition holds if it is
/// met to 64 times the worst of them, but never less strictly than the tolerance, nor more than rounding errors, `10⁻¹⁴`, and
/// what the [digits](Certainty::ToDigits) allow: that roundings meet some conditions exactly is no evidence of precision.
pub struct Judge {
    tolerance: f64,
    noise: f64,
    /// No condition is judged more strictly.
    least: f64,
}

impl Judge {
    /// For coefficients that are so accurate.
    pub fn new(certainty: Certainty) -> Self {
        let digits = if let Certainty::ToDigits(digits) = certainty { digits } else { 0.0 };
        Judge { tolerance: certainty.tolerance(), noise: 0.0, least: digits.max(ROUNDING) }
    }

    /// The tolerance for conditions of this order.
    pub fn tolerance(&self, order: usize) -> f64 {
        if order <= LOW_ORDER { self.tolerance } else { (64.0 * self.noise).max(self.least).min(self.tolerance) }
    }

    /// Whether this residual of a condition of this order is zero.
    pub fn holds<T: Scalar>(&mut self, order: usize, residual: &T) -> bool {
        let holds = residual.vanishes(self.tolerance(order));
        if holds && self.tolerance > 0.0 && order <= LOW_ORDER {
            self.noise = self.noise.max(relative_size(residual));
        }
        holds
    }

    /// The largest `k ≤ most` such that the conditions of all orders up to `k` hold.
    pub fn longest<T: Scalar, I: IntoIterator<Item = T>>(
        &mut self,
        most: usize,
        conditions: impl Fn(usize) -> I,
    ) -> usize {
        (1..=most).take_while(|&k| conditions(k).into_iter().all(|residual| self.holds(k, &residual))).count()
    }
}

/// The tolerance to which a number that is nearly zero vanishes, up to a factor of 2.
fn relative_size<T: Scalar>(number: &T) -> f64 {
    let tolerances = std::iter::successors(Some(f64::EPSILON / 8.0), |tolerance| Some(2.0 * tolerance));
    tolerances.take_while(|tolerance| *tolerance < 1.0).find(|&tolerance| number.vanishes(tolerance)).unwrap_or(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tableau::coefficients::{Rational, Summed};

    #[test]
    fn accurate_coefficients_are_judged_strictly_beyond_order_four() {
        let off = |by: f64| Summed { value: by, size: 1.0 };
        let mut judge = Judge::new(Certainty::ToTolerance(1e-12));
        assert!(judge.holds(1, &off(1e-15)) && judge.holds(2, &off(-2e-15)) && judge.holds(2, &off(0.0)));
        assert!(judge.tolerance(5) < 3e-13 && judge.tolerance(5) > 1e-13);
        assert!(!judge.holds(5, &off(5e-13)) && judge.holds(4, &off(5e-13)));
        assert_eq!(judge.tolerance(5), 1e-12, "what was judged to hold at low order counts");
        assert_eq!(Judge::new(Certainty::ToTolerance(1e-12)).tolerance(5), ROUNDING);
        for digits in [1e-9, 1e-13] {
            assert_eq!(Judge::new(Certainty::ToDigits(digits)).tolerance(5), digits);
        }
    }

    #[test]
    fn fractions_are_zero_or_not() {
        let mut judge = Judge::new(Certainty::Proved);
        assert!(judge.holds(7, &Rational::ratio(0, 1)) && !judge.holds(1, &Rational::ratio(1, 1 << 60)));
        assert_eq!(judge.longest(5, |k| [Rational::ratio(if k < 4 { 0 } else { 1 }, 1)]), 3);
    }
}
