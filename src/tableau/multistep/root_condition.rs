//! Whether the zeros of a polynomial are in the unit disc, and those on its edge simple.

use num_traits::{One, Zero};

use crate::tableau::Surd;
use num_rational::BigRational;

/// Whether no zero of a polynomial, the constant coefficient first, is outside the unit circle, and those on it are simple: its
/// difference equation then has bounded solutions only. The leading coefficient is not zero.
///
/// With `f*` for the coefficients in reverse order, `f₁ = (f*(0) f − f(0) f*)/ζ`. Either `|f(0)| < |f*(0)|`, and it is so for `f₁`;
/// or `f₁ = 0`, and all zeros of the derivative are inside the circle.
///
/// Source: J. J. H. Miller, On the location of zeros of certain classes of polynomials with applications to numerical analysis,
/// IMA J. Appl. Math. 8 (1971) 397–406.
pub(super) fn has_bounded_solutions(polynomial: &[Surd]) -> bool {
    let (mut f, mut is_strict) = (polynomial.to_vec(), false);
    while f.len() > 1 {
        let next = reduced(&f);
        if !is_strict && next.iter().all(Zero::is_zero) {
            let power = |k: usize| Surd::from(BigRational::from(num_bigint::BigInt::from(k)));
            f = f.iter().enumerate().skip(1).map(|(k, c)| power(k) * c).collect();
            is_strict = true;
            continue;
        }
        // The leading coefficient of f₁ is |f*(0)|² − |f(0)|².
        if next.last().is_none_or(|c| c.is_zero() || c.is_negative()) {
            return false;
        }
        f = next;
    }
    true
}

/// Whether no zero is outside a circle about the origin, or on it.
pub(super) fn is_inside(polynomial: &[Surd], radius: &BigRational) -> bool {
    let (mut power, radius) = (Surd::one(), Surd::from(radius.clone()));
    let scaled = polynomial.iter().map(|c| {
        let term = c.clone() * &power;
        power = power.clone() * &radius;
        term
    });
    let mut f: Vec<Surd> = scaled.collect();
    while f.len() > 1 {
        f = reduced(&f);
        if f.last().is_none_or(|c| c.is_zero() || c.is_negative()) {
            return false;
        }
    }
    true
}

/// `(f*(0) f − f(0) f*)/ζ`, where the leading coefficient of `f` is made 1.
fn reduced(f: &[Surd]) -> Vec<Surd> {
    let Some(leading) = f.last() else { return Vec::new() };
    let inverse = Surd::one() / leading;
    let f: Vec<Surd> = f.iter().map(|c| c.clone() * &inverse).collect();
    f.iter().skip(1).zip(f.iter().rev().skip(1)).map(|(c, reversed)| c.clone() - f[0].clone() * reversed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use num_bigint::BigInt;

    fn ratio(p: i64, q: i64) -> Surd {
        BigRational::new(p.into(), q.into()).into()
    }

    fn product(factors: &[&[Surd]]) -> Vec<Surd> {
        factors.iter().fold(vec![Surd::one()], |product, factor| {
            let mut next = vec![Surd::zero(); product.len() + factor.len() - 1];
            for (i, x) in product.iter().enumerate() {
                for (j, y) in factor.iter().enumerate() {
                    next[i + j] = next[i + j].clone() + x.clone() * y;
                }
            }
            next
        })
    }

    #[test]
    fn zeros_by_hand() {
        let zero = |p: i64, q: i64| [ratio(-p, q), Surd::one()];
        let root = Surd::sqrt(&BigRational::from(BigInt::from(2))).unwrap();
        // On the circle, at an eighth of the turn.
        let pair = [Surd::one(), -root, Surd::one()];
        let holds = |factors: &[&[Surd]]| has_bounded_solutions(&product(factors));
        let (one, minus, half, two) = (zero(1, 1), zero(-1, 1), zero(1, 2), zero(2, 1));
        assert!(holds(&[&one]) && holds(&[&half]) && !holds(&[&two]));
        assert!(holds(&[&one, &minus, &half, &half]) && !holds(&[&one, &one]) && !holds(&[&minus, &one, &minus]));
        assert!(holds(&[&one, &pair, &minus]) && !holds(&[&one, &pair, &pair]) && !holds(&[&pair, &two]));
        // A zero and its reciprocal, with which the polynomial is that of its reverse.
        assert!(!holds(&[&half, &two]) && !holds(&[&one, &half, &two]));
        let near = zero(-999_999_999, 1_000_000_000);
        assert!(holds(&[&one, &minus, &near, &near, &near]) && !holds(&[&one, &zero(-1_000_000_001, 1_000_000_000)]));
        assert!(holds(&[&[Surd::zero(), Surd::one()], &one]));
        assert!(is_inside(&product(&[&one, &one]), &BigRational::new(11.into(), 10.into())));
        assert!(!is_inside(&product(&[&one, &two]), &BigRational::new(11.into(), 10.into())));
    }
}
