//! Quotients of polynomials in lowest terms, with no more digits than they are accurate to.

use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{One, Signed, Zero};

use super::ball::Ball;
use super::polynomial::Polynomial;
use crate::tableau::Surd;
use crate::tableau::coefficients::Rational;

/// The product of all of them.
pub fn product(factors: &[Polynomial<Ball>]) -> Polynomial<Ball> {
    factors.iter().fold(Polynomial::constant(Ball::one()), |product, f| &product * f)
}

/// Without the greatest common divisor.
pub fn reduced(p: &Polynomial<Ball>, q: &Polynomial<Ball>) -> (Polynomial<Ball>, Polynomial<Ball>) {
    let whole = |p: &Polynomial<Ball>| Polynomial::new(p.coefficients().iter().map(|c| c.value.clone()).collect());
    let (numerator, denominator): (Polynomial<BigInt>, Polynomial<BigInt>) = (whole(p), whole(q));
    if denominator.degree() == 0 {
        return (p.clone(), q.clone());
    }
    let mut common = numerator.gcd(&denominator);
    // Both are 1 at 0, so their common divisor is ±1.
    if common.coefficient(0).is_negative() {
        common = -&common;
    }
    let balls = |p: Polynomial<BigInt>| Polynomial::new(p.coefficients().iter().cloned().map(Ball::from).collect());
    match common.degree() {
        0 => (p.clone(), q.clone()),
        _ => (balls(numerator.divided_by(&common)), balls(denominator.divided_by(&common))),
    }
}

/// Products of numbers with roots are counted by the products of their bits, and not computed beyond this. It takes a
/// second at most.
const WORK: u64 = 300_000_000;

/// Without the greatest common divisor; both are 1 at 0, and stay so. `None` if it would take long: the remainders of
/// Euclid's algorithm have ever more digits.
pub fn lowest(p: &Polynomial<Surd>, q: &Polynomial<Surd>) -> Option<(Polynomial<Surd>, Polynomial<Surd>)> {
    let (mut a, mut b, mut work) = (p.clone(), q.clone(), WORK);
    while !b.is_zero() {
        let rest = divided(&a, &b, &mut work)?.1;
        (a, b) = (b, rest);
    }
    let scale = Surd::one() / a.coefficient(0);
    let common = &a * &Polynomial::constant(scale);
    Some((divided(p, &common, &mut work)?.0, divided(q, &common, &mut work)?.0))
}

/// Quotient and remainder; `None` if there is less work left than they take.
fn divided(
    p: &Polynomial<Surd>,
    divisor: &Polynomial<Surd>,
    work: &mut u64,
) -> Option<(Polynomial<Surd>, Polynomial<Surd>)> {
    let n = divisor.degree();
    let mut rest = p.coefficients().to_vec();
    let mut quotient = vec![Surd::zero(); (rest.len()).saturating_sub(n)];
    let mut spend = |x: &Surd, y: &Surd| -> Option<()> {
        *work = work.checked_sub(x.bits().saturating_mul(y.bits()))?;
        Some(())
    };
    let leading = divisor.leading();
    for _ in 0..4 {
        spend(&leading, &leading)?;
    }
    let inverse = Surd::one() / leading;
    for k in (n..rest.len()).rev() {
        spend(&rest[k], &inverse)?;
        let digit = rest[k].clone() * &inverse;
        for (j, d) in divisor.coefficients().iter().enumerate() {
            spend(&digit, d)?;
            rest[k - n + j] = rest[k - n + j].clone() - digit.clone() * d;
        }
        quotient[k - n] = digit;
    }
    Some((Polynomial::new(quotient), Polynomial::new(rest)))
}

/// Both in units of the same number, and whether they are exact: in whole numbers if there are no roots, else in enclosures.
pub fn enclosed(p: &Polynomial<Surd>, q: &Polynomial<Surd>) -> (Polynomial<Ball>, Polynomial<Ball>, bool) {
    /// Digits after the point.
    const BITS: u32 = 300;
    let fractions = |p: &Polynomial<Surd>| p.coefficients().iter().map(|c| c.as_rational().cloned()).collect();
    let (exact_p, exact_q): (Option<Vec<Rational>>, Option<Vec<Rational>>) = (fractions(p), fractions(q));
    if let (Some(p), Some(q)) = (exact_p, exact_q) {
        let unit = p.iter().chain(&q).fold(BigInt::one(), |unit, x| unit.lcm(x.denom()));
        let whole =
            |p: Vec<Rational>| Polynomial::new(p.iter().map(|x| Ball::from(x.numer() * (&unit / x.denom()))).collect());
        return (whole(p), whole(q), true);
    }
    let ball = |c: &Surd| match c.as_rational() {
        Some(x) if (x.numer() << BITS).is_multiple_of(x.denom()) => Ball::from((x.numer() << BITS) / x.denom()),
        _ => {
            let (value, radius) = c.enclosure(BITS);
            Ball::new(value, radius)
        }
    };
    let balls = |p: &Polynomial<Surd>| Polynomial::new(p.coefficients().iter().map(ball).collect());
    (balls(p), balls(q), false)
}

/// Without the factors of the denominator that divide the numerator within the radii.
pub fn cancelled(p: Polynomial<Ball>, factors: Vec<Polynomial<Ball>>) -> (Polynomial<Ball>, Polynomial<Ball>) {
    let mut p = without_vanishing(&p);
    let mut left = Vec::new();
    for factor in factors {
        let factor = without_vanishing(&factor);
        let (n, m) = (p.degree(), factor.degree());
        if m > 0 && m <= n {
            let quotient = p.series_quotient(&factor, n + 1);
            if quotient[n - m + 1..].iter().all(Ball::holds_zero) {
                p = Polynomial::new(quotient[..=n - m].to_vec());
                continue;
            }
        }
        left.push(factor);
    }
    (p, product(&left))
}

/// With zero in place of coefficients that may be zero.
pub fn without_vanishing(p: &Polynomial<Ball>) -> Polynomial<Ball> {
    Polynomial::new(p.coefficients().iter().map(|c| if c.holds_zero() { Ball::zero() } else { c.clone() }).collect())
}

/// Coefficients with respect to `z` itself, over a common power of two, with no more digits than they are accurate to
/// (and six for safety). The unit is a power of two, since the coefficients of the scheme are doubles.
pub fn rounded(
    p: &Polynomial<Ball>,
    q: &Polynomial<Ball>,
    unit: &BigInt,
) -> (Polynomial<Ball>, Polynomial<Ball>, BigInt) {
    let step = unit.bits() as i64 - 1;
    let (p, q) = (without_vanishing(p), without_vanishing(q));
    let all = || p.coefficients().iter().enumerate().chain(q.coefficients().iter().enumerate());
    let needed = all().filter(|(_, c)| !c.radius.is_zero()).map(|(k, c)| k as i64 * step - c.radius.bits() as i64 + 20);
    let exponent = needed.max().unwrap_or(step * p.degree().max(q.degree()) as i64).max(0);
    let shift = |x: &BigInt, by: i64| if by >= 0 { x << by } else { x >> -by };
    let round = |p: &Polynomial<Ball>| {
        let terms = p.coefficients().iter().enumerate().map(|(k, c)| {
            let by = exponent - k as i64 * step;
            let cut = BigInt::from(u8::from(by < 0 && !c.is_zero()));
            Ball::new(shift(&c.value, by), shift(&c.radius, by) + cut)
        });
        Polynomial::new(terms.collect())
    };
    (round(&p), round(&q), BigInt::one())
}

/// The Padé approximation of the exponential function with these degrees, if all coefficients agree with it within their
/// radii. Coefficients of collocation schemes are irrational, those of their stability functions are not.
pub fn recognised(
    (p, q, unit): (Polynomial<Ball>, Polynomial<Ball>, BigInt),
) -> (Polynomial<Ball>, Polynomial<Ball>, BigInt) {
    let (m, n) = (p.degree(), q.degree());
    let scale = &q.coefficient(0).value;
    let (numerator, denominator) = (pade(m, n), pade(n, m).scaled(&-BigInt::one()));
    let agree = |found: &Polynomial<Ball>, exact: &Polynomial<BigInt>| {
        let one = exact.coefficient(0);
        let pairs = found.coefficients().iter().zip(exact.coefficients());
        pairs.into_iter().all(|(f, e)| (&f.value * &one - e * scale).abs() <= &f.radius * &one)
    };
    if !(agree(&p, &numerator) && agree(&q, &denominator)) {
        return (p, q, unit);
    }
    let balls = |p: Polynomial<BigInt>| Polynomial::new(p.coefficients().iter().cloned().map(Ball::from).collect());
    (balls(numerator), balls(denominator), BigInt::one())
}

/// `(m + n)!` times the numerator of the `(m, n)` Padé approximation, `Σ_k (m choose k) (m + n − k)! z^k`.
fn pade(m: usize, n: usize) -> Polynomial<BigInt> {
    let mut term: BigInt = (1..=m + n).map(BigInt::from).product();
    let terms = (0..=m).map(|k| {
        let this = term.clone();
        if k < m {
            term = &this * BigInt::from(m - k) / BigInt::from((k + 1) * (m + n - k));
        }
        this
    });
    Polynomial::new(terms.collect())
}
