//! Polynomials in one variable.

use std::fmt::Debug;
use std::ops::{Add, Mul, Neg, Sub};

use nalgebra::Complex;
use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{One, ToPrimitive, Zero};

use super::numbers::Exact;

/// What coefficients have to be able to do.
pub trait Ring:
    Clone + Debug + Zero + One + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + Neg<Output = Self>
{
}

impl<T> Ring for T where
    T: Clone + Debug + Zero + One + Add<Output = T> + Sub<Output = T> + Mul<Output = T> + Neg<Output = T>
{
}

/// A polynomial by its coefficients, the constant one first, the last one not zero.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Polynomial<T> {
    coefficients: Vec<T>,
}

impl<T: Ring> Polynomial<T> {
    /// The polynomial with these coefficients, the constant one first.
    pub fn new(mut coefficients: Vec<T>) -> Self {
        while coefficients.last().is_some_and(Zero::is_zero) {
            coefficients.pop();
        }
        Polynomial { coefficients }
    }

    /// The polynomial that is `c` everywhere.
    pub fn constant(c: T) -> Self {
        Polynomial::new(vec![c])
    }

    /// The coefficients, the constant one first; none for the zero polynomial.
    pub fn coefficients(&self) -> &[T] {
        &self.coefficients
    }

    /// The coefficient of `x^k`.
    pub fn coefficient(&self, k: usize) -> T {
        self.coefficients.get(k).cloned().unwrap_or_else(T::zero)
    }

    /// The degree; 0 for the zero polynomial too.
    pub fn degree(&self) -> usize {
        self.coefficients.len().saturating_sub(1)
    }

    /// Whether it is zero everywhere.
    pub fn is_zero(&self) -> bool {
        self.coefficients.is_empty()
    }

    /// The coefficient of the highest power; zero for the zero polynomial.
    pub fn leading(&self) -> T {
        self.coefficients.last().cloned().unwrap_or_else(T::zero)
    }

    /// The value at `x`, by Horner's scheme.
    pub fn eval(&self, x: &T) -> T {
        self.coefficients.iter().rev().fold(T::zero(), |sum, c| sum * x.clone() + c.clone())
    }

    /// The derivative.
    pub fn derivative(&self) -> Self {
        let mut power = T::zero();
        let terms = self.coefficients.iter().skip(1).map(|c| {
            power = power.clone() + T::one();
            c.clone() * power.clone()
        });
        Polynomial::new(terms.collect())
    }

    /// The polynomial `p(x + by)`.
    pub fn shifted(&self, by: &T) -> Self {
        let mut c = self.coefficients.clone();
        for start in 0..c.len() {
            for k in (start..c.len() - 1).rev() {
                c[k] = c[k].clone() + c[k + 1].clone() * by.clone();
            }
        }
        Polynomial::new(c)
    }

    /// The polynomial `p(scale · x)`.
    pub fn scaled(&self, scale: &T) -> Self {
        let mut power = T::one();
        let terms = self.coefficients.iter().map(|c| {
            let term = c.clone() * power.clone();
            power = power.clone() * scale.clone();
            term
        });
        Polynomial::new(terms.collect())
    }

    /// The polynomial `x^degree p(1/x)`, for a `degree` not less than that of `p`.
    pub fn reversed(&self, degree: usize) -> Self {
        Polynomial::new((0..=degree).rev().map(|k| self.coefficient(k)).collect())
    }

    /// `(u, v)` with `p(i y) = u(y²) + i y v(y²)`.
    pub fn on_imaginary_axis(&self) -> (Self, Self) {
        let part = |first: usize| {
            let terms = self.coefficients.iter().skip(first).step_by(2).enumerate();
            Polynomial::new(terms.map(|(k, c)| if k % 2 == 0 { c.clone() } else { -c.clone() }).collect())
        };
        (part(0), part(1))
    }

    /// `|p(i y)|²` as a polynomial in `y²`.
    pub fn modulus_on_imaginary_axis(&self) -> Self {
        let (u, v) = self.on_imaginary_axis();
        let x = Polynomial::new(vec![T::zero(), T::one()]);
        &(&u * &u) + &(&(&v * &v) * &x)
    }

    /// The first coefficients of the power series of `self / divisor`, whose constant coefficient is one.
    pub fn series_quotient(&self, divisor: &Self, terms: usize) -> Vec<T> {
        let mut quotient: Vec<T> = Vec::with_capacity(terms);
        for k in 0..terms {
            let known =
                (1..=k.min(divisor.degree())).map(|j| divisor.coefficients[j].clone() * quotient[k - j].clone());
            let term = known.fold(self.coefficient(k), |sum, t| sum - t);
            quotient.push(term);
        }
        quotient
    }
}

impl<T: Ring> Add for &Polynomial<T> {
    type Output = Polynomial<T>;
    fn add(self, other: Self) -> Polynomial<T> {
        let n = self.coefficients.len().max(other.coefficients.len());
        Polynomial::new((0..n).map(|k| self.coefficient(k) + other.coefficient(k)).collect())
    }
}

impl<T: Ring> Sub for &Polynomial<T> {
    type Output = Polynomial<T>;
    fn sub(self, other: Self) -> Polynomial<T> {
        let n = self.coefficients.len().max(other.coefficients.len());
        Polynomial::new((0..n).map(|k| self.coefficient(k) - other.coefficient(k)).collect())
    }
}

impl<T: Ring> Mul for &Polynomial<T> {
    type Output = Polynomial<T>;
    fn mul(self, other: Self) -> Polynomial<T> {
        if self.is_zero() || other.is_zero() {
            return Polynomial::new(Vec::new());
        }
        let mut product = vec![T::zero(); self.degree() + other.degree() + 1];
        for (i, a) in self.coefficients.iter().enumerate() {
            for (j, b) in other.coefficients.iter().enumerate() {
                product[i + j] = product[i + j].clone() + a.clone() * b.clone();
            }
        }
        Polynomial::new(product)
    }
}

impl<T: Ring> Neg for &Polynomial<T> {
    type Output = Polynomial<T>;
    fn neg(self) -> Polynomial<T> {
        Polynomial::new(self.coefficients.iter().map(|c| -c.clone()).collect())
    }
}

/// The value at `z` of the polynomial with these coefficients, the constant one first.
pub fn horner(coefficients: &[f64], z: Complex<f64>) -> Complex<f64> {
    coefficients.iter().rev().fold(Complex::new(0.0, 0.0), |sum, c| sum * z + c)
}

/// Polynomials over numbers that are known exactly.
impl<T: Exact> Polynomial<T> {
    /// Of whole coefficients, divided by the greatest common divisor of these; of others, by the leading one. That is positive then.
    pub fn primitive(&self) -> Self {
        Polynomial { coefficients: T::primitive(&self.coefficients) }
    }

    /// The greatest common divisor over the fractions, made primitive; 1 if there is no common factor.
    pub fn gcd(&self, other: &Self) -> Self {
        if self.is_zero() {
            return other.primitive();
        }
        if other.is_zero() {
            return self.primitive();
        }
        if T::are_surely_coprime(self, other) {
            return Polynomial::constant(T::one());
        }
        let (mut a, mut b) = (self.primitive(), other.primitive());
        if a.degree() < b.degree() {
            std::mem::swap(&mut a, &mut b);
        }
        while b.degree() > 0 {
            let rest = a.pseudo_remainder(&b);
            if rest.is_zero() {
                return b;
            }
            (a, b) = (b, rest.primitive());
        }
        Polynomial::constant(T::one())
    }

    /// The polynomial with the same zeros, each of them simple.
    pub fn square_free(&self) -> Self {
        let common = self.gcd(&self.derivative());
        if common.degree() == 0 { self.clone() } else { self.primitive().divided_by(&common) }
    }

    /// The quotient by a primitive factor.
    pub fn divided_by(&self, factor: &Self) -> Self {
        let (mut rest, lead) = (self.coefficients.clone(), factor.leading());
        let n = factor.degree();
        let mut quotient = vec![T::zero(); self.degree() + 1 - n.min(self.degree())];
        for k in (n..rest.len()).rev() {
            let digit = rest[k].quotient(&lead);
            for (j, f) in factor.coefficients.iter().enumerate() {
                rest[k - n + j] = T::minor([&rest[k - n + j], &T::one()], [&digit, f]);
            }
            quotient[k - n] = digit;
        }
        Polynomial::new(quotient)
    }

    /// The remainder of `self`, times a power of the divisor's leading coefficient.
    fn pseudo_remainder(&self, divisor: &Self) -> Self {
        let (mut rest, lead) = (self.coefficients.clone(), divisor.leading());
        while rest.len() >= divisor.coefficients.len() {
            let Some(top) = rest.pop() else { break };
            let start = rest.len() + 1 - divisor.coefficients.len();
            for (k, r) in rest.iter_mut().enumerate() {
                let below = k.checked_sub(start).map_or_else(T::zero, |k| divisor.coefficients[k].clone());
                *r = T::minor([r, &lead], [&top, &below]);
            }
        }
        Polynomial::new(rest)
    }
}

/// Polynomials over the whole numbers.
impl Polynomial<BigInt> {
    /// Whether there is no common factor modulo a prime, hence none at all. Almost all polynomials without a common
    /// factor are told so at once.
    pub(super) fn is_surely_coprime_to(&self, other: &Self) -> bool {
        let (mut a, mut b) = (self.modulo_prime(), other.modulo_prime());
        if a.len() <= self.degree() || b.len() <= other.degree() {
            return false;
        }
        while let Some(&lead) = b.last() {
            let inverse = power(lead, PRIME - 2);
            while a.len() >= b.len() {
                let factor = times(a[a.len() - 1], inverse);
                let start = a.len() - b.len();
                for (r, d) in a[start..].iter_mut().zip(&b) {
                    *r = (*r + PRIME - times(factor, *d)) % PRIME;
                }
                while a.last() == Some(&0) {
                    a.pop();
                }
            }
            std::mem::swap(&mut a, &mut b);
        }
        a.len() == 1
    }

    fn modulo_prime(&self) -> Vec<u64> {
        let prime = BigInt::from(PRIME);
        let mut residues: Vec<u64> =
            self.coefficients.iter().map(|c| c.mod_floor(&prime).to_u64().unwrap_or_default()).collect();
        while residues.last() == Some(&0) {
            residues.pop();
        }
        residues
    }
}

/// A Mersenne prime.
const PRIME: u64 = (1 << 61) - 1;

fn times(a: u64, b: u64) -> u64 {
    (u128::from(a) * u128::from(b) % u128::from(PRIME)) as u64
}

fn power(base: u64, mut exponent: u64) -> u64 {
    let (mut base, mut result) = (base, 1);
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = times(result, base);
        }
        base = times(base, base);
        exponent >>= 1;
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(coefficients: &[i64]) -> Polynomial<BigInt> {
        Polynomial::new(coefficients.iter().map(|&c| c.into()).collect())
    }

    fn some() -> impl Strategy<Value = Polynomial<BigInt>> {
        proptest::collection::vec(-20i64..20, 1..6).prop_map(|c| of(&c))
    }

    #[test]
    fn small_cases_by_hand() {
        let p = of(&[1, 2, 3]);
        assert_eq!(p.derivative(), of(&[2, 6]));
        assert_eq!(p.shifted(&1.into()), of(&[6, 8, 3]));
        assert_eq!(p.scaled(&2.into()), of(&[1, 4, 12]));
        assert_eq!(p.reversed(3), of(&[0, 3, 2, 1]));
        assert_eq!(p.modulus_on_imaginary_axis(), of(&[1, -2, 9]));
        assert_eq!(of(&[1]).series_quotient(&of(&[1, -1]), 4), vec![BigInt::one(); 4]);
        assert_eq!((of(&[0, 0]).is_zero(), of(&[]).degree(), of(&[0, 0]).leading()), (true, 0, 0.into()));
        assert_eq!((&of(&[-1, 0, 1]) * &of(&[2, 2])).square_free(), of(&[-1, 0, 1]));
        assert_eq!(of(&[6, 4, -2]).primitive(), of(&[-3, -2, 1]));
        assert_eq!(of(&[0, 0, 4]).square_free(), of(&[0, 1]));
    }

    proptest! {
        #[test]
        fn values_follow_the_operations(p in some(), q in some(), x in -9i64..9, h in -9i64..9) {
            let (x, h) = (BigInt::from(x), BigInt::from(h));
            prop_assert_eq!((&p + &q).eval(&x), p.eval(&x) + q.eval(&x));
            prop_assert_eq!((&p - &q).eval(&x), p.eval(&x) - q.eval(&x));
            prop_assert_eq!((&p * &q).eval(&x), p.eval(&x) * q.eval(&x));
            prop_assert_eq!(p.shifted(&h).eval(&x), p.eval(&(&x + &h)));
            prop_assert_eq!((-&p).eval(&x), -p.eval(&x));
        }

        #[test]
        fn the_common_factor_is_found(p in some(), q in some(), common in some()) {
            prop_assume!(!p.is_zero() && !q.is_zero() && !common.is_zero());
            let coprime = p.gcd(&q).degree() == 0;
            let found = (&p * &common).gcd(&(&q * &common));
            prop_assert_eq!(found.gcd(&common.primitive()).degree(), common.degree());
            if coprime {
                prop_assert_eq!(&found, &if common.degree() == 0 { of(&[1]) } else { common.primitive() });
            }
            prop_assert_eq!(&(&p * &common).primitive().divided_by(&common.primitive()) , &p.primitive());
        }
    }
}
