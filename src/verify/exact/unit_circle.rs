//! Where the zeros of a polynomial lie: in the left half plane, in the unit disc, on the unit circle. All by whole numbers.

use num_bigint::BigInt;
use num_traits::{One, Signed, Zero};

use super::numbers::{Exact, fractions, whole};
use super::polynomial::Polynomial;
use super::roots::sample;
use crate::tableau::Surd;
use crate::tableau::coefficients::Rational;

/// Whether all zeros have negative real parts, by Routh's scheme: all first entries of its rows are positive.
pub fn is_hurwitz<T: Exact>(polynomial: &Polynomial<T>) -> bool {
    let is_reversed = polynomial.leading().is_less_than_zero();
    // Rows have the first entry last.
    let row = |first: usize| -> Vec<T> {
        let terms = polynomial.coefficients().iter().rev().skip(first).step_by(2);
        let terms = terms.map(|c| if is_reversed { -c.clone() } else { c.clone() });
        terms.rev().collect()
    };
    let (mut above, mut row) = (row(0), row(1));
    while let Some(first) = row.last() {
        if !first.is_more_than_zero() {
            return false;
        }
        // Positive multiples of rows will do.
        row = T::primitive(&row);
        let (n, m) = (above.len(), row.len());
        let entry = |k: usize| (m.checked_sub(k + 1)).map_or_else(T::zero, |at| row[at].clone());
        let next = (1..n).rev().map(|k| T::minor([&above[n - 1 - k], &row[m - 1]], [&above[n - 1], &entry(k)]));
        let next = next.collect();
        above = std::mem::replace(&mut row, next);
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
    pub fn of<T: Exact>(polynomial: &Polynomial<T>) -> Self {
        let n = polynomial.degree();
        let moved = cayley(n).into_iter().zip(polynomial.coefficients()).fold(
            Polynomial::new(Vec::new()),
            |sum: Polynomial<T>, (power, c)| {
                let term = power.coefficients().iter().map(|x| T::from(x.clone()) * c.clone());
                &sum + &Polynomial::new(term.collect())
            },
        );
        let at_minus_one = n - moved.degree();
        let common = moved.gcd(&moved.scaled(&-T::one()));
        let at_one = common.coefficients().iter().take_while(|c| c.is_zero()).count();
        // What is left of it is even.
        let squares = Polynomial::new(common.coefficients().iter().skip(at_one).step_by(2).cloned().collect());
        let on_axis = |squares: &Polynomial<T>| positive_zeros(&squares.scaled(&-T::one()));
        let (pairs, repeated) = (on_axis(&squares), squares.gcd(&squares.derivative()));
        UnitCircle {
            on_it: at_minus_one.min(1) + at_one.min(1) + 2 * pairs,
            has_one: at_one > 0,
            are_simple: at_minus_one <= 1 && at_one <= 1 && on_axis(&repeated) == 0,
            has_outside: squares.square_free().degree() > pairs || !is_hurwitz(&moved.divided_by(&common)),
        }
    }

    /// Of coefficients, the constant first.
    pub fn of_coefficients(coefficients: &[Surd]) -> Self {
        match fractions(coefficients) {
            Some(fractions) => UnitCircle::of(&whole(&fractions)),
            None => UnitCircle::of(&Polynomial::new(coefficients.to_vec())),
        }
    }

    /// Of a polynomial with the zero 1 whose coefficients, the constant first, are known to within `off`, in terms of the largest.
    /// `None` if other zeros are so near to the circle that these do not decide: a double zero moves by about the root of that.
    pub fn of_known_to(coefficients: &[Surd], off: f64) -> Option<Self> {
        let Some(margin) = Rational::from_float(off.sqrt()).filter(Signed::is_positive) else {
            return Some(UnitCircle::of_coefficients(coefficients));
        };
        // Divided by ζ − 1, the highest power first.
        let mut sum = Surd::zero();
        let mut others: Vec<Surd> = coefficients
            .iter()
            .skip(1)
            .rev()
            .map(|c| {
                sum = sum.clone() + c;
                sum.clone()
            })
            .collect();
        others.reverse();
        let has_beyond = |radius: Rational| {
            let (mut power, radius) = (Surd::one(), Surd::from(radius));
            let scaled = others.iter().map(|c| {
                let term = c.clone() * &power;
                power = power.clone() * &radius;
                term
            });
            UnitCircle::of_coefficients(&scaled.collect::<Vec<_>>()).has_outside
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

/// How many positive zeros there are: between two places where there may be one there is one if the sign changes.
fn positive_zeros<T: Exact>(polynomial: &Polynomial<T>) -> usize {
    let polynomial = polynomial.square_free();
    let places = T::places(&polynomial);
    let is_negative = |gap: usize| {
        let x = sample(&places, gap);
        let mut power = BigInt::one();
        let value = polynomial.coefficients().iter().rev().fold(T::zero(), |sum, c| {
            let term = c.clone() * T::from(power.clone());
            power *= x.denom();
            sum * T::from(x.numer().clone()) + term
        });
        value.is_less_than_zero()
    };
    (0..places.len()).filter(|&gap| is_negative(gap) != is_negative(gap + 1)).count()
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
            let product: Vec<Surd> = product.into_iter().map(Surd::from).collect();
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
