//! Where the zeros of a polynomial lie: in the left half plane, in the unit disc, on the unit circle. All by whole numbers.

use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{One, Signed, Zero};

use super::polynomial::Polynomial;
use super::roots::positive_roots;
use crate::tableau::coefficients::Rational;

/// Whether all zeros have negative real parts, by Routh's scheme: all first entries of its rows are positive.
pub fn is_hurwitz(polynomial: &Polynomial<BigInt>) -> bool {
    let sign = if polynomial.leading().is_negative() { -BigInt::one() } else { BigInt::one() };
    let row = |first: usize| -> Vec<Rational> {
        let terms = polynomial.coefficients().iter().rev().skip(first).step_by(2);
        terms.map(|c| Rational::from(c * &sign)).collect()
    };
    let (mut above, mut row) = (row(0), row(1));
    while !row.is_empty() {
        if !row[0].is_positive() {
            return false;
        }
        let factor = &above[0] / &row[0];
        let entry = |k: usize| row.get(k).map_or_else(Rational::zero, |r| r * &factor);
        let next: Vec<Rational> = (1..above.len()).map(|k| &above[k] - entry(k)).collect();
        (above, row) = (row, next);
    }
    true
}

/// The powers of `w` in `(1 + w)^k (1 − w)^{n−k}`, for `k` from 0 to `n`: the map `ζ = (1 + w)/(1 − w)` takes the left half
/// plane to the unit disc, and `Σ_k p_k ζ^k` to `Σ_k p_k (1 + w)^k (1 − w)^{n−k}`.
pub fn cayley(n: usize) -> Vec<Polynomial<BigInt>> {
    let (plus, minus) = (Polynomial::new(vec![BigInt::one(); 2]), Polynomial::new(vec![BigInt::one(), -BigInt::one()]));
    let power = |base: &Polynomial<BigInt>, k: usize| {
        (0..k).fold(Polynomial::constant(BigInt::one()), |product, _| &product * base)
    };
    (0..=n).map(|k| &power(&plus, k) * &power(&minus, n - k)).collect()
}

/// The polynomial with these coefficients, times a common denominator.
pub fn whole(coefficients: &[Rational]) -> Polynomial<BigInt> {
    let unit = coefficients.iter().fold(BigInt::one(), |unit, x| unit.lcm(x.denom()));
    Polynomial::new(coefficients.iter().map(|x| x.numer() * (&unit / x.denom())).collect())
}

/// Where the zeros of a polynomial lie with respect to the unit circle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnitCircle {
    /// How many different ones are on it.
    pub on_it: usize,
    /// Whether 1 is one of them.
    pub has_one: bool,
    /// Whether those on it are simple.
    pub are_simple: bool,
    /// Whether some are outside.
    pub has_outside: bool,
}

impl UnitCircle {
    /// Of a polynomial that is not zero. Zeros on the circle are those which a polynomial in `w` and its mirror image have in
    /// common on the imaginary axis; there they are counted by zeros on a half axis.
    pub fn of(polynomial: &Polynomial<BigInt>) -> Self {
        let n = polynomial.degree();
        let terms = cayley(n).into_iter().zip(polynomial.coefficients());
        let moved = terms
            .fold(Polynomial::new(Vec::new()), |sum, (power, c)| &sum + &(&power * &Polynomial::constant(c.clone())));
        let at_minus_one = n - moved.degree();
        let common = moved.gcd(&moved.scaled(&-BigInt::one()));
        let at_one = common.coefficients().iter().take_while(|c| c.is_zero()).count();
        // What is left of it is even.
        let squares = Polynomial::new(common.coefficients().iter().skip(at_one).step_by(2).cloned().collect());
        let on_axis = |squares: &Polynomial<BigInt>| positive_roots(&squares.scaled(&-BigInt::one())).len();
        let (pairs, repeated) = (on_axis(&squares), squares.gcd(&squares.derivative()));
        UnitCircle {
            on_it: at_minus_one.min(1) + at_one.min(1) + 2 * pairs,
            has_one: at_one > 0,
            are_simple: at_minus_one <= 1 && at_one <= 1 && on_axis(&repeated) == 0,
            has_outside: squares.square_free().degree() > pairs || !is_hurwitz(&moved.divided_by(&common)),
        }
    }

    /// Of a polynomial with the zero 1 whose coefficients, the constant first, are known to within `off`, in terms of the largest.
    /// `None` if other zeros are so near to the circle that these do not decide: a double zero moves by about the root of that.
    pub fn of_known_to(coefficients: &[Rational], off: f64) -> Option<Self> {
        let Some(margin) = Rational::from_float(off.sqrt()).filter(Signed::is_positive) else {
            return Some(UnitCircle::of(&whole(coefficients)));
        };
        // Divided by ζ − 1, the highest power first.
        let mut sum = Rational::zero();
        let mut others: Vec<Rational> = coefficients
            .iter()
            .skip(1)
            .rev()
            .map(|c| {
                sum += c;
                sum.clone()
            })
            .collect();
        others.reverse();
        let has_beyond = |radius: Rational| {
            let mut power = Rational::one();
            let scaled = others.iter().map(|c| {
                let term = c * &power;
                power *= &radius;
                term
            });
            UnitCircle::of(&whole(&scaled.collect::<Vec<_>>())).has_outside
        };
        let simple = |has_outside| UnitCircle { on_it: 1, has_one: true, are_simple: true, has_outside };
        match [Rational::one() + &margin, Rational::one() - &margin].map(has_beyond) {
            [true, _] => Some(simple(true)),
            [false, false] => Some(simple(false)),
            [false, true] => None,
        }
    }

    /// The root condition: no zero is outside, and those on the circle are simple. Then `Σ_k p_k y_{n+k} = 0` has bounded
    /// solutions only.
    pub fn holds_all(self) -> bool {
        self.are_simple && !self.has_outside
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(coefficients: &[i64]) -> Polynomial<BigInt> {
        Polynomial::new(coefficients.iter().map(|&c| c.into()).collect())
    }

    #[test]
    fn zeros_by_hand() {
        let found = |c: &[i64]| UnitCircle::of(&of(c));
        let circle = |on_it, has_one, are_simple, has_outside| UnitCircle { on_it, has_one, are_simple, has_outside };
        // ζ² − 1, (ζ − 1)², (ζ + 1)², ζ² + 1, (ζ² + 1)², (2ζ − 1)(ζ − 2), ζ(ζ − 1), 5
        assert_eq!(found(&[-1, 0, 1]), circle(2, true, true, false));
        assert_eq!(found(&[1, -2, 1]), circle(1, true, false, false));
        assert_eq!(found(&[1, 2, 1]), circle(1, false, false, false));
        assert_eq!(found(&[1, 0, 1]), circle(2, false, true, false));
        assert_eq!(found(&[1, 0, 2, 0, 1]), circle(2, false, false, false));
        assert_eq!(found(&[2, -5, 2]), circle(0, false, true, true));
        assert_eq!(found(&[0, -1, 1]), circle(1, true, true, false));
        assert_eq!(found(&[5]), circle(0, false, true, false));
    }

    #[test]
    fn what_is_near_the_circle_is_not_decided_by_doubles() {
        let found = |zeros: &[f64], off| {
            let mut product = vec![Rational::one()];
            for zero in zeros {
                let zero = Rational::from_float(*zero).unwrap();
                let mut next = vec![Rational::zero(); product.len() + 1];
                for (k, c) in product.iter().enumerate() {
                    next[k + 1] += c;
                    next[k] -= c * &zero;
                }
                product = next;
            }
            UnitCircle::of_known_to(&product, off).map(UnitCircle::holds_all)
        };
        assert_eq!(found(&[1.0, 0.99, -0.5], 1e-12), Some(true));
        assert_eq!(found(&[1.0, -1.01, -1.0], 1e-12), Some(false));
        assert_eq!(found(&[1.0, -1.0, 0.5], 1e-12), None);
        assert_eq!(found(&[1.0, 1.0 + 1e-9], 1e-12), None);
        assert_eq!(found(&[1.0, -1.0, 0.5], 0.0), Some(true));
        assert_eq!(found(&[1.0], 1e-12), Some(true));
    }

    /// Zeros that are fractions, and pairs on the circle by Pythagorean triples.
    fn factors() -> impl Strategy<Value = Vec<(Polynomial<BigInt>, f64)>> {
        let real = (-9i64..10, 1i64..6).prop_map(|(p, q)| (of(&[-p, q]), (p as f64 / q as f64).abs()));
        let pair = prop::sample::select(vec![(3i64, 5i64), (-3, 5), (5, 13), (0, 1), (-8, 17)]);
        let pair = pair.prop_map(|(a, c)| (of(&[c, -2 * a, c]), 1.0));
        prop::collection::vec(prop_oneof![2 => real, 1 => pair], 1..6)
    }

    proptest! {
        #[test]
        fn zeros_are_told_apart(factors in factors()) {
            let product = factors.iter().fold(of(&[1]), |p, (f, _)| &p * f);
            let found = UnitCircle::of(&product);
            prop_assert_eq!(found.has_outside, factors.iter().any(|(_, size)| *size > 1.0));
            let primitive: Vec<_> = factors.iter().filter(|(_, size)| *size == 1.0).map(|(f, _)| f.primitive()).collect();
            let mut different: Vec<Vec<BigInt>> = primitive.iter().map(|f| f.coefficients().to_vec()).collect();
            different.sort();
            different.dedup();
            prop_assert_eq!(found.are_simple, different.len() == primitive.len());
            prop_assert_eq!(found.on_it, different.iter().map(|f| f.len() - 1).sum::<usize>());
        }
    }
}
