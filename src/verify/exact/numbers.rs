//! Numbers without rounding, by which polynomials are taken apart: whole ones, and sums of fractions and square roots.

use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{One, Signed, Zero};

use super::polynomial::{Polynomial, Ring};
use super::roots::{AlgebraicNumber, positive_roots};
use crate::tableau::Surd;
use crate::tableau::coefficients::{Rational, Scalar};

/// A number that is known exactly, and which of zero, positive and negative it is.
pub trait Exact: Ring + PartialEq + From<BigInt> {
    /// Whether it is less than zero.
    fn is_less_than_zero(&self) -> bool;

    /// The quotient; of whole numbers one that leaves no rest.
    fn quotient(&self, divisor: &Self) -> Self;

    /// `a b − c d`, of the first pair and the second.
    fn minor(first: [&Self; 2], second: [&Self; 2]) -> Self;

    /// A multiple of these coefficients, the last of which is positive, with as few digits as is easy.
    fn primitive(coefficients: &[Self]) -> Vec<Self>;

    /// Whether a quick look tells that polynomials have no common factor.
    fn are_surely_coprime(_: &Polynomial<Self>, _: &Polynomial<Self>) -> bool {
        false
    }

    /// Positive numbers, ascending, all positive zeros of a polynomial among them.
    fn places(polynomial: &Polynomial<Self>) -> Vec<AlgebraicNumber>;

    /// Polynomials over a common factor, as doubles.
    fn rounded(polynomials: &[Polynomial<Self>]) -> Vec<Vec<f64>>;

    /// About how many bits it has.
    fn length(&self) -> u64;

    /// Whether it is greater than zero.
    fn is_more_than_zero(&self) -> bool {
        !self.is_zero() && !self.is_less_than_zero()
    }
}

impl Exact for BigInt {
    fn is_less_than_zero(&self) -> bool {
        self.is_negative()
    }

    fn quotient(&self, divisor: &Self) -> Self {
        self / divisor
    }

    fn minor([a, b]: [&Self; 2], [c, d]: [&Self; 2]) -> Self {
        a * b - c * d
    }

    fn primitive(coefficients: &[Self]) -> Vec<Self> {
        let mut content = BigInt::zero();
        for c in coefficients.iter().rev() {
            content = content.gcd(c);
            if content.is_one() {
                break;
            }
        }
        if coefficients.last().is_some_and(Signed::is_negative) {
            content = -content;
        }
        coefficients.iter().map(|c| c / &content).collect()
    }

    fn are_surely_coprime(p: &Polynomial<Self>, q: &Polynomial<Self>) -> bool {
        p.is_surely_coprime_to(q)
    }

    fn places(polynomial: &Polynomial<Self>) -> Vec<AlgebraicNumber> {
        positive_roots(polynomial)
    }

    fn rounded(polynomials: &[Polynomial<Self>]) -> Vec<Vec<f64>> {
        let bits = polynomials.iter().flat_map(Polynomial::coefficients).map(BigInt::bits).max().unwrap_or(0);
        let number = |c: &BigInt| Rational::new_raw(c.clone(), BigInt::one() << bits).to_f64();
        polynomials.iter().map(|p| p.coefficients().iter().map(number).collect()).collect()
    }

    fn length(&self) -> u64 {
        self.bits()
    }
}

impl Exact for Surd {
    fn is_less_than_zero(&self) -> bool {
        self.is_negative()
    }

    fn quotient(&self, divisor: &Self) -> Self {
        self.clone() / divisor
    }

    fn minor([a, b]: [&Self; 2], [c, d]: [&Self; 2]) -> Self {
        a.clone() * b - c.clone() * d
    }

    fn primitive(coefficients: &[Self]) -> Vec<Self> {
        let Some(leading) = coefficients.last() else { return Vec::new() };
        let inverse = Surd::one() / leading;
        coefficients.iter().map(|c| c.clone() * &inverse).collect()
    }

    /// Those of the norm, the product with all conjugates.
    fn places(polynomial: &Polynomial<Self>) -> Vec<AlgebraicNumber> {
        positive_roots(&norm(polynomial))
    }

    fn rounded(polynomials: &[Polynomial<Self>]) -> Vec<Vec<f64>> {
        polynomials.iter().map(|p| p.coefficients().iter().map(Surd::to_f64).collect()).collect()
    }

    fn length(&self) -> u64 {
        self.bits()
    }
}

/// A polynomial of whole coefficients with all zeros of one whose coefficients have roots.
fn norm(polynomial: &Polynomial<Surd>) -> Polynomial<BigInt> {
    let mut product = polynomial.clone();
    while let Some(conjugates) = Surd::conjugates(product.coefficients()) {
        product = &product * &Polynomial::new(conjugates);
    }
    let fractions = product.coefficients().iter().filter_map(|c| c.as_rational().cloned());
    whole(&fractions.collect::<Vec<Rational>>())
}

/// The polynomial with these coefficients, times a common denominator.
pub fn whole(coefficients: &[Rational]) -> Polynomial<BigInt> {
    let unit = coefficients.iter().fold(BigInt::one(), |unit, x| unit.lcm(x.denom()));
    Polynomial::new(coefficients.iter().map(|x| x.numer() * (&unit / x.denom())).collect())
}

/// The numbers as fractions, if all of them are.
pub fn fractions<'a>(numbers: impl IntoIterator<Item = &'a Surd>) -> Option<Vec<Rational>> {
    numbers.into_iter().map(|x| x.as_rational().cloned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::exact::unit_circle::UnitCircle;

    fn root(d: i64) -> Surd {
        Surd::sqrt(&Rational::ratio(d, 1)).unwrap()
    }

    #[test]
    fn zeros_of_polynomials_with_roots_are_among_those_of_the_norm() {
        // (x − √2)(x − √3)(x + 1), whose norm has ±√2, ±√3 and −1.
        let factors = [-root(2), -root(3), Surd::one()].map(|c| Polynomial::new(vec![c, Surd::one()]));
        let product = &(&factors[0] * &factors[1]) * &factors[2];
        let places: Vec<f64> = Surd::places(&product).iter().map(AlgebraicNumber::to_f64).collect();
        assert_eq!(places, [2f64.sqrt(), 3f64.sqrt()]);
        assert_eq!(product.gcd(&(&factors[1] * &factors[1])), factors[1]);
    }

    /// (ζ − 1)(ζ² − 2ζ cos φ + 1) with 2 cos φ = √2, a zero 1 more, and one that is just outside.
    #[test]
    fn roots_do_not_blur_the_unit_circle() {
        let linear = |zero: Surd| Polynomial::new(vec![-zero, Surd::one()]);
        let pair = Polynomial::new(vec![Surd::one(), -root(2), Surd::one()]);
        let simple = &linear(Surd::one()) * &pair;
        let holds = |p: &Polynomial<Surd>| UnitCircle::of(p).holds_all();
        assert_eq!(UnitCircle::of(&simple).on_it, 3);
        assert!(holds(&simple) && holds(&(&simple * &linear(root(2) - Surd::one()))));
        assert!(!holds(&(&simple * &linear(Surd::one()))) && !holds(&(&simple * &pair)));
        let tiny = Surd::from(Rational::new(BigInt::one(), BigInt::from(10).pow(30)));
        assert!(!holds(&(&simple * &linear(root(2) * root(2) - Surd::one() + &tiny))));
        assert!(holds(&(&simple * &linear(tiny - Surd::one()))));
    }
}
