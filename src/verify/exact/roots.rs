//! Real zeros of polynomials with whole coefficients, each shut into an interval of its own.
//!
//! Descartes' rule of signs says of `(1 + x)^n p(1/(1 + x))` how many zeros `p` has in `(0, 1)`: not more than its
//! coefficients change sign, and exactly one if they do once. Halving ends, since near a simple zero, or none, the
//! count becomes 1, or 0.
//!
//! Source: G. E. Collins, A. G. Akritas, Polynomial real root isolation using Descartes' rule of signs, SYMSAC 1976,
//! 272–275.

use std::cmp::Ordering;

use num_bigint::BigInt;
use num_traits::{One, Signed, Zero};

use super::ball::Ball;
use super::polynomial::Polynomial;
use crate::tableau::coefficients::{Rational, Scalar};

/// A real number as a zero of a polynomial: the only one in an interval with rational ends.
#[derive(Debug, Clone, PartialEq)]
pub struct AlgebraicNumber {
    /// The number is `origin + width t`, with `t` the only zero of this polynomial in `(0, 1)`, not at an end, simple.
    /// The zero polynomial stands for `t = 0`.
    local: Polynomial<BigInt>,
    origin: Rational,
    width: Rational,
    /// `t` lies between `part / 2^bits` and `(part + 1) / 2^bits`.
    part: BigInt,
    bits: u64,
}

impl AlgebraicNumber {
    /// A fraction.
    pub fn rational(value: Rational) -> Self {
        AlgebraicNumber {
            local: Polynomial::new(Vec::new()),
            origin: value,
            width: Rational::zero(),
            part: BigInt::zero(),
            bits: 0,
        }
    }

    /// The number as a fraction, if it is known to be one.
    pub fn as_rational(&self) -> Option<&Rational> {
        self.local.is_zero().then_some(&self.origin)
    }

    /// An interval that holds the number, in its interior unless the ends are equal.
    pub fn interval(&self) -> (Rational, Rational) {
        let end = |part: BigInt| &self.origin + &self.width * Rational::new_raw(part, BigInt::one() << self.bits);
        (end(self.part.clone()), end(&self.part + 1u32))
    }

    /// Halves the interval.
    pub fn refine(&mut self) {
        if self.local.is_zero() {
            return;
        }
        let (middle, bits) = ((&self.part << 1u32) + 1u32, self.bits + 1);
        match self.sign_at(&middle, bits) {
            Ordering::Equal => {
                let value = &self.origin + &self.width * Rational::new_raw(middle, BigInt::one() << bits);
                *self = AlgebraicNumber::rational(value);
            }
            Ordering::Less => (self.part, self.bits) = (middle, bits),
            Ordering::Greater => (self.part, self.bits) = (middle - 1u32, bits),
        }
    }

    /// Whether `part / 2^bits`, in `(0, 1)`, is less than `t`, `t` itself, or greater.
    fn sign_at(&self, part: &BigInt, bits: u64) -> Ordering {
        let n = self.local.degree() as u64;
        let mut sum = BigInt::zero();
        for (k, c) in self.local.coefficients().iter().enumerate().rev() {
            sum = sum * part + (c << (bits * (n - k as u64)));
        }
        match sum.is_zero() {
            true => Ordering::Equal,
            false if sum.is_negative() == self.local.coefficient(0).is_negative() => Ordering::Less,
            false => Ordering::Greater,
        }
    }

    /// The nearest double, but for a unit in the last place.
    pub fn to_f64(&self) -> f64 {
        let mut number = self.clone();
        loop {
            let (low, high) = number.interval();
            let (width, size) = (&high - &low, if low.is_negative() { -&high } else { low.clone() });
            if width.is_zero() || (&width * Rational::from(BigInt::one() << 58u32)) < size {
                return ((low + high) / Rational::ratio(2, 1)).to_f64();
            }
            for _ in 0..20 {
                number.refine();
            }
        }
    }

    /// The number times a positive fraction.
    pub fn times(mut self, factor: &Rational) -> Self {
        self.origin *= factor;
        self.width *= factor;
        self
    }
}

/// A fraction strictly between two numbers, the first of which is the smaller one.
fn between(mut a: AlgebraicNumber, mut b: AlgebraicNumber) -> Rational {
    loop {
        let (high, low) = (a.interval().1, b.interval().0);
        if high < low {
            return (high + low) / Rational::ratio(2, 1);
        }
        a.refine();
        b.refine();
    }
}

/// The positive zeros, ascending, each once.
pub fn positive_roots(polynomial: &Polynomial<BigInt>) -> Vec<AlgebraicNumber> {
    let zeros = polynomial.coefficients().iter().take_while(|c| c.is_zero()).count();
    let polynomial = Polynomial::new(polynomial.coefficients()[zeros..].to_vec());
    if sign_changes(&polynomial) == 0 {
        return Vec::new();
    }
    let polynomial = polynomial.square_free();
    let bound = bound(&polynomial);
    let unit = stretched(&polynomial, bound);
    let width = match bound {
        0.. => Rational::from(BigInt::one() << bound),
        _ => Rational::new(BigInt::one(), BigInt::one() << -bound),
    };

    let mut roots = Vec::new();
    // Parts of `(0, 1)` that are still to be searched, the leftmost last: the polynomial on the part, and where it lies.
    let mut parts = vec![(unit, BigInt::zero(), 0u64)];
    while let Some((local, part, bits)) = parts.pop() {
        let scale = BigInt::one() << bits;
        if local.is_zero() {
            roots.push(AlgebraicNumber::rational(&width * Rational::new(part, scale)));
            continue;
        }
        match sign_changes(&local.reversed(local.degree()).shifted_by_one()) {
            0 => {}
            1 => {
                let origin = &width * Rational::new(part, scale.clone());
                let width = &width / Rational::from(scale);
                roots.push(AlgebraicNumber { local, origin, width, part: BigInt::zero(), bits: 0 });
            }
            _ => {
                let mut left = stretched(&local, -1);
                let mut right = left.shifted_by_one();
                let at_middle = right.coefficient(0).is_zero();
                if at_middle {
                    right = Polynomial::new(right.coefficients()[1..].to_vec());
                    left = left.divided_by(&Polynomial::new(vec![-BigInt::one(), BigInt::one()]));
                }
                let middle: BigInt = (&part << 1u32) + 1u32;
                parts.push((right, middle.clone(), bits + 1));
                if at_middle {
                    parts.push((Polynomial::new(Vec::new()), middle, bits + 1));
                }
                parts.push((left, part << 1u32, bits + 1));
            }
        }
    }
    roots
}

fn sign_changes(polynomial: &Polynomial<BigInt>) -> usize {
    let signs: Vec<bool> = polynomial.coefficients().iter().filter(|c| !c.is_zero()).map(|c| c.is_negative()).collect();
    signs.windows(2).filter(|pair| pair[0] != pair[1]).count()
}

/// `p(2^exponent x)`, times a power of 2.
fn stretched(polynomial: &Polynomial<BigInt>, exponent: i64) -> Polynomial<BigInt> {
    let n = polynomial.degree();
    let power = |k: usize| exponent.unsigned_abs() * if exponent < 0 { n - k } else { k } as u64;
    Polynomial::new(polynomial.coefficients().iter().enumerate().map(|(k, c)| c << power(k)).collect())
}

/// An exponent such that all positive zeros are less than `2^exponent` (Lagrange's bound).
fn bound(polynomial: &Polynomial<BigInt>) -> i64 {
    let (n, lead) = (polynomial.degree(), polynomial.leading());
    let others = polynomial.coefficients().iter().enumerate().take(n);
    let exponents = others.filter(|(_, c)| !c.is_zero() && c.is_negative() != lead.is_negative()).map(|(k, c)| {
        // `|c / lead| < 2^bits`
        let bits = c.bits() as i64 - lead.bits() as i64 + 1;
        bits.div_euclid((n - k) as i64) + 1
    });
    exponents.max().unwrap_or(0) + 1
}

impl Polynomial<BigInt> {
    /// `p(x + 1)`, by additions alone.
    fn shifted_by_one(&self) -> Self {
        let mut c = self.coefficients().to_vec();
        for start in 0..c.len() {
            for k in (start..c.len() - 1).rev() {
                let (low, high) = c.split_at_mut(k + 1);
                low[k] += &high[0];
            }
        }
        Polynomial::new(c)
    }
}

/// Where a polynomial becomes negative.
#[derive(Debug, Clone, PartialEq)]
pub struct Negative {
    /// The left end of the first interval in which it is negative.
    pub from: AlgebraicNumber,
    /// From where on it is negative even if all coefficients are at the upper ends of their balls.
    pub surely_from: AlgebraicNumber,
    /// A number after that in the interval.
    pub witness: Rational,
}

impl Negative {
    /// That of several polynomials which first becomes negative, to 15 digits. Which one does is decided by where it
    /// surely is: of zeros that are equal but for rounding, a multiple one is far off, but not for sure.
    pub fn first(polynomials: impl IntoIterator<Item = Polynomial<Ball>>) -> Option<Self> {
        let all = polynomials.into_iter().filter_map(|p| first_negative(&p)).map(|n| (n.surely_from.to_f64(), n));
        all.min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, first)| first)
    }
}

/// The first interval of positive numbers in which a polynomial is negative; `None` if there is none.
///
/// Coefficients that are known up to a radius count as being at the upper end of it, when it is decided whether there is
/// such an interval, and as what they most probably are (zero, if that is possible), when it is decided where it begins.
pub fn first_negative(polynomial: &Polynomial<Ball>) -> Option<Negative> {
    let upper = Polynomial::new(polynomial.coefficients().iter().map(Ball::upper).collect());
    let (witness, gap, roots) = first_negative_gap(&upper)?;
    let start = |gap: usize, roots: &[AlgebraicNumber]| match gap {
        0 => AlgebraicNumber::rational(Rational::zero()),
        _ => roots[gap - 1].clone(),
    };
    let surely_from = start(gap, &roots);
    if polynomial.coefficients().iter().all(|c| c.radius.is_zero()) {
        return Some(Negative { from: surely_from.clone(), surely_from, witness });
    }
    let probable =
        polynomial.coefficients().iter().map(|c| if c.holds_zero() { BigInt::zero() } else { c.value.clone() });
    let probable = Polynomial::new(probable.collect());
    let roots = positive_roots(&probable);
    let mut gap = roots.iter().take_while(|r| is_less(r, &witness)).count();
    // A double zero does not begin anything.
    while gap > 0 && is_negative_at(&probable, &sample(&roots, gap - 1)) {
        gap -= 1;
    }
    Some(Negative { from: start(gap, &roots), surely_from, witness })
}

/// A number at which the polynomial is negative, before how many of its zeros, and these.
fn first_negative_gap(polynomial: &Polynomial<BigInt>) -> Option<(Rational, usize, Vec<AlgebraicNumber>)> {
    let roots = positive_roots(polynomial);
    let found = (0..=roots.len()).map(|gap| (sample(&roots, gap), gap)).find(|(x, _)| is_negative_at(polynomial, x));
    found.map(|(x, gap)| (x, gap, roots))
}

/// Whether a polynomial, its coefficients at the upper ends of their balls, is nowhere negative on the positive axis.
pub fn is_nowhere_negative(polynomial: &Polynomial<Ball>) -> bool {
    first_negative_gap(&Polynomial::new(polynomial.coefficients().iter().map(Ball::upper).collect())).is_none()
}

/// A fraction after `gap` of the roots, before the others.
pub fn sample(roots: &[AlgebraicNumber], gap: usize) -> Rational {
    let one = Rational::one;
    match (gap.checked_sub(1).map(|g| &roots[g]), roots.get(gap)) {
        (None, None) => one(),
        (None, Some(right)) => between(AlgebraicNumber::rational(Rational::zero()), right.clone()),
        (Some(left), None) => left.interval().1 * Rational::ratio(2, 1),
        (Some(left), Some(right)) => between(left.clone(), right.clone()),
    }
}

fn is_less(number: &AlgebraicNumber, x: &Rational) -> bool {
    let mut number = number.clone();
    loop {
        let (low, high) = number.interval();
        if high < *x {
            return true;
        }
        if *x <= low {
            return false;
        }
        if number.as_rational().is_some() {
            return low < *x;
        }
        if high == *x {
            return true;
        }
        number.refine();
    }
}

/// The sign at a positive fraction.
fn is_negative_at(polynomial: &Polynomial<BigInt>, x: &Rational) -> bool {
    let mut sum = BigInt::zero();
    let mut scale = BigInt::one();
    for c in polynomial.coefficients().iter().rev() {
        sum = sum * x.numer() + c * &scale;
        scale *= x.denom();
    }
    sum.is_negative()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(coefficients: &[i64]) -> Polynomial<BigInt> {
        Polynomial::new(coefficients.iter().map(|&c| c.into()).collect())
    }

    fn exactly(polynomial: &Polynomial<BigInt>) -> Polynomial<Ball> {
        Polynomial::new(polynomial.coefficients().iter().cloned().map(Ball::from).collect())
    }

    #[test]
    fn square_roots_to_full_precision() {
        for n in [2i64, 3, 5, 7, 1_000_003] {
            let roots = positive_roots(&of(&[-n, 0, 1]));
            assert_eq!(roots.len(), 1);
            assert!((roots[0].to_f64() - (n as f64).sqrt()).abs() <= f64::EPSILON * n as f64);
        }
        let tiny = positive_roots(&of(&[-1, 0, 1_000_000_000_000_000_000]));
        assert!((tiny[0].to_f64() / 1e-9 - 1.0).abs() < 1e-15);
    }

    #[test]
    fn close_and_multiple_zeros_are_told_apart() {
        // (x² − 2)² (1000 x − 1414) x³
        let square = of(&[-2, 0, 1]);
        let polynomial = &(&(&square * &square) * &of(&[-1414, 1000])) * &of(&[0, 0, 0, 1]);
        let roots: Vec<f64> = positive_roots(&polynomial).iter().map(AlgebraicNumber::to_f64).collect();
        assert_eq!(roots, [1.414, 2f64.sqrt()]);
        let negative = first_negative(&exactly(&-&polynomial)).unwrap();
        assert_eq!(negative.from.to_f64(), 1.414);
        assert!(first_negative(&exactly(&(&square * &square))).is_none());
        assert!(first_negative(&exactly(&-&(&square * &square))).is_some_and(|n| n.from.to_f64() == 0.0));
    }

    #[test]
    fn what_is_negative_by_less_than_the_radius_is_not() {
        let ball = |v: i64, r: i64| Ball::new(v.into(), r.into());
        // (x − 1)² − 1/1000
        let polynomial = |r: i64| Polynomial::new(vec![ball(999, r), ball(-2000, r), ball(1000, 0)]);
        assert!(first_negative(&polynomial(1)).is_none());
        let found = first_negative(&polynomial(0)).unwrap();
        assert!((found.from.to_f64() - (1.0 - 1e-3f64.sqrt())).abs() < 1e-15);
    }

    proptest! {
        #[test]
        fn all_rational_zeros_are_found(mut zeros in proptest::collection::vec((-30i64..30, 1i64..9), 1..7)) {
            let product = zeros.iter().fold(of(&[1]), |p, &(n, d)| &p * &of(&[-n, d]));
            let roots: Vec<f64> = positive_roots(&product).iter().map(AlgebraicNumber::to_f64).collect();
            zeros.retain(|z| z.0 > 0);
            let mut expected: Vec<f64> = zeros.iter().map(|&(n, d)| n as f64 / d as f64).collect();
            expected.sort_by(f64::total_cmp);
            expected.dedup();
            prop_assert_eq!(roots.len(), expected.len());
            prop_assert!(roots.iter().zip(&expected).all(|(a, b)| (a - b).abs() <= 2.0 * f64::EPSILON * b));
        }

        #[test]
        fn signs_agree_with_samples(c in proptest::collection::vec(-20i64..20, 1..8)) {
            let polynomial = of(&c);
            let found = first_negative(&exactly(&polynomial));
            let at = |x: f64| c.iter().rev().fold(0.0, |s, &c| s * x + c as f64);
            let end = found.map_or(f64::INFINITY, |n| {
                assert!(is_negative_at(&polynomial, &n.witness));
                n.from.to_f64()
            });
            prop_assert!((1..400).map(|k| f64::from(k) * 0.02).filter(|&x| x < end).all(|x| at(x) >= -1e-9));
        }
    }
}
