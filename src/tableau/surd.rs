//! Numbers with square roots, exactly: `1/2 − √3/6`.

use std::collections::BTreeMap;
use std::ops::{Add, Div, Mul, Neg, Sub};

use num_bigint::BigInt;
use num_integer::Integer;
use num_rational::BigRational;
use num_traits::{One, Signed, ToPrimitive, Zero};

/// A sum of fractions times square roots of whole numbers, `q + Σ_d q_d √d`, with distinct square-free `d > 1`.
///
/// These are the numbers of a field. Square roots of different square-free numbers are linearly independent over the
/// fractions, so that a number is zero if, and only if, it has no terms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Surd {
    rational: BigRational,
    /// The factors `q_d`, none of them zero, by `d`.
    roots: BTreeMap<u128, BigRational>,
}

/// Radicands are kept below this; whose product with another one overflows is not kept at all.
const MAX_RADICAND: u128 = 1 << 60;

/// Square roots of larger numbers are exact for perfect squares only: factors are sought by trial.
const MAX_TO_FACTOR: u64 = 1 << 40;

/// Numbers of more terms are not computed with.
const MAX_TERMS: usize = 8;

/// Fractions of more digits are no numbers that a person writes.
const MAX_BITS: u64 = 2048;

impl Surd {
    /// `√x`, unless `x` is negative, or too large to be factored.
    pub fn sqrt(x: &BigRational) -> Option<Self> {
        if x.is_negative() {
            return None;
        }
        // √(n/m) = √(n m)/m
        let product = x.numer() * x.denom();
        let root = product.sqrt();
        if &root * &root == product {
            return Some(BigRational::new(root, x.denom().clone()).into());
        }
        let product = product.to_u64().filter(|&n| n < MAX_TO_FACTOR)?;
        let (square, radicand) = square_free(product);
        let factor = BigRational::new(square.into(), x.denom().clone());
        Some(Surd { rational: BigRational::zero(), roots: BTreeMap::from([(radicand.into(), factor)]) })
    }

    /// The number as a fraction, if it is one.
    pub fn as_rational(&self) -> Option<&BigRational> {
        self.roots.is_empty().then_some(&self.rational)
    }

    /// The nearest double.
    pub fn to_f64(&self) -> f64 {
        if let Some(x) = self.as_rational() {
            // `None` cannot happen: overflow gives an infinity.
            return x.to_f64().unwrap_or(f64::NAN);
        }
        // It is not zero, so that some enclosure is narrow enough.
        let mut bits = 128;
        loop {
            let (value, radius) = self.enclosure(bits);
            if value.bits() > radius.bits() + 72 {
                return BigRational::new(value, BigInt::one() << bits).to_f64().unwrap_or(f64::NAN);
            }
            bits *= 2;
        }
    }

    /// Whether it is less than zero.
    pub fn is_negative(&self) -> bool {
        match self.as_rational() {
            Some(x) => x.is_negative(),
            // It is not zero, so that some enclosure is on one side of it.
            None => {
                let mut bits = 128;
                loop {
                    let (value, radius) = self.enclosure(bits);
                    if value.magnitude() > radius.magnitude() {
                        return value.is_negative();
                    }
                    bits *= 2;
                }
            }
        }
    }

    /// Whole numbers `v` and `r` such that the number lies within `(v ± r) / 2^bits`.
    pub fn enclosure(&self, bits: u32) -> (BigInt, BigInt) {
        let whole = (self.rational.numer() << bits).div_floor(self.rational.denom());
        let terms = self.roots.iter().map(|(d, q)| {
            let squared = (q.numer().pow(2) * BigInt::from(*d)) << (2 * bits);
            let size = squared.sqrt() / q.denom();
            if q.is_negative() { -size } else { size }
        });
        // Each term is rounded twice at most.
        (terms.fold(whole, |sum, term| sum + term), BigInt::from(2 * self.roots.len() + 1))
    }

    /// The number, unless it has more terms or digits than a person writes.
    pub(super) fn if_manageable(self) -> Option<Self> {
        let short = |q: &BigRational| q.numer().bits().max(q.denom().bits()) <= MAX_BITS;
        let fits = self.roots.len() <= MAX_TERMS && self.roots.keys().all(|&d| d < MAX_RADICAND);
        (fits && short(&self.rational) && self.roots.values().all(short)).then_some(self)
    }

    /// How many terms what is computed from these numbers may have, if they are few.
    pub(crate) fn terms_spanned<'a>(numbers: impl Iterator<Item = &'a Surd>) -> Option<usize> {
        let mut products = vec![1];
        for radicand in numbers.flat_map(|x| x.roots.keys()) {
            if products.contains(radicand) {
                continue;
            }
            let further: Vec<u128> = products.iter().map(|d| product(*d, *radicand).1).collect();
            products.extend(further);
            if products.len() > MAX_TERMS || products.iter().any(|&d| d >= MAX_RADICAND) {
                return None;
            }
        }
        Some(products.len())
    }

    /// The number of bits of all its numerators and denominators.
    pub(crate) fn bits(&self) -> u64 {
        let bits = |q: &BigRational| q.numer().bits() + q.denom().bits();
        bits(&self.rational) + self.roots.values().map(bits).sum::<u64>()
    }

    fn add_term(&mut self, radicand: u128, factor: BigRational) {
        if radicand == 1 {
            self.rational += factor;
            return;
        }
        let sum = self.roots.remove(&radicand).map_or_else(|| factor.clone(), |q| q + &factor);
        if !sum.is_zero() {
            self.roots.insert(radicand, sum);
        }
    }

    /// `1/x`, rid of one root after the other by `1/(u + v√d) = (u − v√d)/(u² − d v²)`.
    fn recip(&self) -> Self {
        match Surd::conjugates(std::slice::from_ref(self)) {
            None => self.rational.recip().into(),
            Some(conjugates) => {
                let norm = self.clone() * &conjugates[0];
                conjugates[0].clone() * norm.recip()
            }
        }
    }

    /// The numbers with `−√d` in place of `√d`, for the first `d` among them; `None` if they have no roots. In sums and products of
    /// what is alike for `√d` and `−√d`, such as `x` times its conjugate, that root does not occur.
    pub(crate) fn conjugates(numbers: &[Surd]) -> Option<Vec<Surd>> {
        let radicands = || numbers.iter().flat_map(|x| x.roots.keys());
        let first = radicands().next()?;
        // All products of the roots, and whether the first root is among the factors.
        let mut products = vec![(1, false)];
        for radicand in radicands() {
            if !products.iter().any(|(d, _)| d == radicand) {
                let further: Vec<(u128, bool)> =
                    products.iter().map(|(d, has)| (product(*d, *radicand).1, has ^ (radicand == first))).collect();
                products.extend(further);
            }
        }
        let factor = |d: &u128, q: &BigRational| if products.contains(&(*d, true)) { -q } else { q.clone() };
        let conjugate = |x: &Surd| Surd {
            rational: x.rational.clone(),
            roots: x.roots.iter().map(|(d, q)| (*d, factor(d, q))).collect(),
        };
        Some(numbers.iter().map(conjugate).collect())
    }
}

/// `(s, d)` with `s² d = n` and `d` without square factors.
fn square_free(n: u64) -> (u64, u64) {
    let (mut square, mut radicand, mut rest) = (1, 1, n);
    let mut p = 2;
    // What is left without factors up to its cube root is a prime, a product of two, or a square.
    while p * p * p <= rest {
        while rest.is_multiple_of(p * p) {
            square *= p;
            rest /= p * p;
        }
        if rest.is_multiple_of(p) {
            radicand *= p;
            rest /= p;
        }
        p += 1;
    }
    let root = rest.isqrt();
    if root * root == rest { (square * root, radicand) } else { (square, radicand * rest) }
}

/// `√a √b = g √d` as `(g, d)`.
fn product(a: u128, b: u128) -> (u128, u128) {
    let common = a.gcd(&b);
    (common, (a / common) * (b / common))
}

impl From<BigRational> for Surd {
    fn from(rational: BigRational) -> Self {
        Surd { rational, roots: BTreeMap::new() }
    }
}

impl From<BigInt> for Surd {
    fn from(whole: BigInt) -> Self {
        BigRational::from(whole).into()
    }
}

impl Zero for Surd {
    fn zero() -> Self {
        BigRational::zero().into()
    }

    fn is_zero(&self) -> bool {
        self.roots.is_empty() && self.rational.is_zero()
    }
}

impl One for Surd {
    fn one() -> Self {
        BigRational::one().into()
    }
}

impl Neg for Surd {
    type Output = Self;
    fn neg(self) -> Self {
        Surd { rational: -self.rational, roots: self.roots.into_iter().map(|(d, q)| (d, -q)).collect() }
    }
}

impl<'a> Add<&'a Surd> for Surd {
    type Output = Self;
    fn add(mut self, other: &'a Surd) -> Self {
        self.rational += &other.rational;
        for (d, q) in &other.roots {
            self.add_term(*d, q.clone());
        }
        self
    }
}

impl<'a> Sub<&'a Surd> for Surd {
    type Output = Self;
    fn sub(mut self, other: &'a Surd) -> Self {
        self.rational -= &other.rational;
        for (d, q) in &other.roots {
            self.add_term(*d, -q);
        }
        self
    }
}

impl<'a> Mul<&'a Surd> for Surd {
    type Output = Self;
    fn mul(self, other: &'a Surd) -> Self {
        let mut result = Surd::from(&self.rational * &other.rational);
        for (d, q) in &self.roots {
            result.add_term(*d, q * &other.rational);
        }
        for (e, r) in &other.roots {
            result.add_term(*e, &self.rational * r);
            for (d, q) in &self.roots {
                let (factor, radicand) = product(*d, *e);
                result.add_term(radicand, q * r * BigInt::from(factor));
            }
        }
        result
    }
}

impl<'a> Div<&'a Surd> for Surd {
    type Output = Self;
    /// The divisor is not zero.
    fn div(self, other: &'a Surd) -> Self {
        Mul::mul(self, &other.recip())
    }
}

/// The four operations by value.
macro_rules! by_value {
    ($($name:ident, $method:ident;)*) => {$(
        impl $name for Surd {
            type Output = Self;
            fn $method(self, other: Self) -> Self {
                $name::$method(self, &other)
            }
        }
    )*};
}

by_value!(Add, add; Sub, sub; Mul, mul; Div, div;);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ratio(p: i64, q: i64) -> BigRational {
        BigRational::new(p.into(), q.into())
    }

    fn root(p: i64, q: i64) -> Surd {
        Surd::sqrt(&ratio(p, q)).unwrap()
    }

    fn some() -> impl Strategy<Value = Surd> {
        let term = (-9i64..9, 1i64..9, prop::sample::select(vec![1i64, 2, 3, 6, 15, 10]));
        proptest::collection::vec(term, 1..4).prop_map(|terms| {
            terms.iter().fold(Surd::zero(), |sum, &(p, q, d)| sum + Surd::from(ratio(p, q)) * root(d, 1))
        })
    }

    #[test]
    fn square_roots_are_reduced() {
        assert_eq!(root(12, 1), Surd::from(ratio(2, 1)) * root(3, 1));
        assert_eq!(root(9, 4), ratio(3, 2).into());
        assert_eq!(root(1, 2) * root(1, 2), ratio(1, 2).into());
        assert_eq!(root(2, 1) * root(3, 1), root(6, 1));
        assert_eq!(root(1_000_003, 1) * root(1_000_003, 1), ratio(1_000_003, 1).into());
        for n in 1u64..2000 {
            let (s, d) = square_free(n);
            assert!(s * s * d == n && (2..45).all(|p| !d.is_multiple_of(p * p)), "{n}");
        }
        assert!(Surd::sqrt(&ratio(-1, 1)).is_none());
        let prime = (1i64 << 61) - 1;
        assert!(Surd::sqrt(&ratio(prime, 1)).is_none(), "too large to be factored");
        assert!(Surd::sqrt(&(ratio(prime, 1) * ratio(prime, 1))).is_some());
    }

    #[test]
    fn doubles_are_the_nearest_even_after_cancellation() {
        assert_eq!(root(2, 1).to_f64(), 2f64.sqrt());
        // (√2 − 1)^40 by its two terms, which are as large as its inverse.
        let power = (0..40).fold(Surd::one(), |x, _| x * (root(2, 1) - Surd::one()));
        assert!((power.to_f64() / (2f64.sqrt() - 1.0).powi(40) - 1.0).abs() < 1e-13);
        assert!(!power.is_negative() && (-power).is_negative());
        // Too small for a double.
        let tiny = root(2, 1) * Surd::from(BigRational::new(BigInt::one(), BigInt::from(10).pow(400)));
        assert!(tiny.to_f64() == 0.0 && !tiny.is_negative() && (-tiny).is_negative());
    }

    #[test]
    fn many_roots_are_too_many() {
        let few = [root(2, 1), root(3, 1), root(6, 1), root(5, 1)];
        assert_eq!(Surd::terms_spanned(few.iter()), Some(8));
        assert_eq!(Surd::terms_spanned(few.iter().chain([&root(7, 1)])), None);
    }

    proptest! {
        #[test]
        fn obeys_the_laws_of_a_field(x in some(), y in some(), z in some()) {
            prop_assert_eq!((x.clone() + &y) * &z, x.clone() * &z + y.clone() * &z);
            prop_assert!((x.clone() * &y - y.clone() * &x).is_zero());
            if !y.is_zero() {
                prop_assert_eq!(x.clone() / &y * &y, x.clone());
            }
            let sum = x.to_f64() + y.to_f64();
            prop_assert!(((x.clone() + &y).to_f64() - sum).abs() <= 1e-14 * (1.0 + x.to_f64().abs() + y.to_f64().abs()));
        }
    }
}
