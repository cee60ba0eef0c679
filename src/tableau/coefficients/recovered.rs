//! The coefficients of a scheme as analysis sees them: exact where they can be, with a tolerance where they cannot.

use num_bigint::BigInt;
use num_traits::{One, Signed, Zero};

use super::{Certainty, Rational, Scalar, Summed};
use crate::Tableau;
use crate::tableau::{Entry, Surd};

/// Denominators of fractions that are recognised in doubles: a double that means something else is that close to such a
/// fraction by a chance of about `10⁻⁸`.
const SIMPLE: i64 = 20_000;

/// What is computed from square roots is computed from enclosures of them, and holds to this.
const ENCLOSURE: f64 = 1e-60;

/// Matrices of square roots, whose determinants take more products than this, are computed with as doubles.
const PRODUCTS: u64 = 700_000;

/// `A`, `b`, `c` over the numbers `T`.
#[derive(Debug, Clone, PartialEq)]
pub struct Coefficients<T> {
    /// Row-major, `s × s`.
    pub a: Vec<T>,
    /// Weights.
    pub b: Vec<T>,
    /// Nodes.
    pub c: Vec<T>,
    /// Embedded weights.
    pub embedded: Option<Vec<T>>,
    /// How surely the numbers are those that were meant, and so what is found of them.
    pub certainty: Certainty,
}

impl<T> Coefficients<T> {
    /// The number of stages `s`.
    pub fn stages(&self) -> usize {
        self.b.len()
    }

    /// The entry `a_ij`.
    pub fn a(&self, i: usize, j: usize) -> &T {
        &self.a[i * self.stages() + j]
    }

    /// Row `i` of `A`.
    pub fn row(&self, i: usize) -> &[T] {
        let s = self.stages();
        &self.a[i * s..(i + 1) * s]
    }
}

impl<T: Scalar> Coefficients<T> {
    /// How accurate the numbers are, relative to the terms of any sum they are in; 0 if they are exact.
    pub fn tolerance(&self) -> f64 {
        self.certainty.tolerance()
    }

    /// The same coefficients as numbers of another kind.
    pub fn map<U>(&self, f: impl Fn(&T) -> U) -> Coefficients<U> {
        let all = |v: &[T]| v.iter().map(&f).collect::<Vec<U>>();
        Coefficients {
            a: all(&self.a),
            b: all(&self.b),
            c: all(&self.c),
            embedded: self.embedded.as_deref().map(all),
            certainty: self.certainty,
        }
    }
}

/// A scheme's coefficients: as they were written, as fractions recognised in the doubles, or as doubles.
#[derive(Debug, Clone, PartialEq)]
pub enum Recovered {
    /// Fractions.
    Exact(Coefficients<Rational>),
    /// Fractions and square roots.
    Roots(Coefficients<Surd>),
    /// The doubles.
    Summed(Coefficients<Summed>),
}

/// The same expression for the coefficients of a [`Recovered`], whatever their kind.
macro_rules! with_coefficients {
    ($recovered:expr, $coefficients:ident => $result:expr) => {
        match $recovered {
            $crate::tableau::coefficients::Recovered::Exact($coefficients) => $result,
            $crate::tableau::coefficients::Recovered::Roots($coefficients) => $result,
            $crate::tableau::coefficients::Recovered::Summed($coefficients) => $result,
        }
    };
}
pub(crate) use with_coefficients;

impl Recovered {
    /// The coefficients of `scheme`.
    ///
    /// Fractions and square roots that were written, in a file or in the catalogue, are taken as they are; what is found of
    /// them is [proved](Certainty::Proved). Of other numbers only doubles are known. If each is the double nearest to a
    /// fraction whose denominator is at most 20 000, these fractions are taken, as [recognised](Certainty::Recognised).
    /// In either case the weights have to sum to one exactly. Fractions beside recognised ones must not be nearly right only,
    /// as fractions of many digits are that stand for roots; where all numbers are written, they are taken at their word.
    /// Else, or if one number is neither written nor recognised, or there are many stages with square roots, all count as
    /// doubles; decimals of more than six digits as [known to half a unit of their last one](Certainty::ToDigits). Nodes are taken to be the row sums, if
    /// they are equal to them but for rounding.
    pub fn of(scheme: &Tableau) -> Self {
        let written = |_: f64, written: Option<&Entry>| written.and_then(|entry| entry.exact.clone());
        let recognised = |x: f64, entry: Option<&Entry>| {
            let off = entry.map_or(0.0, |entry| entry.off);
            written(x, entry).or_else(|| simple(x).filter(|fraction| is_meant(fraction, off)).map(Surd::from))
        };
        let found =
            exact(scheme, written, Certainty::Proved).or_else(|| exact(scheme, recognised, Certainty::Recognised));
        match found {
            None => Recovered::Summed(Coefficients::rounded(scheme)),
            Some(k) => match fractions(&k) {
                Some(fractions) => Recovered::Exact(fractions),
                None if k.certainty == Certainty::Proved => Recovered::Roots(k),
                None => Recovered::Summed(Coefficients::rounded(scheme)),
            },
        }
    }

    /// How surely the numbers are those that were meant.
    pub fn certainty(&self) -> Certainty {
        with_coefficients!(self, k => k.certainty)
    }

    /// The certainty of what is computed from enclosures of the numbers.
    pub(crate) fn certainty_enclosed(&self) -> Certainty {
        match self {
            Recovered::Roots(k) => k.certainty.and(Certainty::ToTolerance(ENCLOSURE)),
            other => other.certainty(),
        }
    }
}

/// The coefficients as `read` makes them of a double and what was written, if all can be read, and their sums are right.
fn exact(
    scheme: &Tableau,
    read: impl Fn(f64, Option<&Entry>) -> Option<Surd>,
    certainty: Certainty,
) -> Option<Coefficients<Surd>> {
    let written = scheme.written();
    let all = |doubles: &[f64], written: Option<&Vec<Entry>>| -> Option<Vec<Surd>> {
        let written = |i: usize| written.and_then(|v| v.get(i));
        doubles.iter().enumerate().map(|(i, &x)| read(x, written(i))).collect()
    };
    let sum = |v: &[Surd]| v.iter().fold(Surd::zero(), |sum, x| sum + x);
    let weights = |v: Vec<Surd>| (sum(&v) == Surd::one()).then_some(v);
    let s = scheme.stages();
    let rows: Vec<f64> = (0..s).flat_map(|i| scheme.row(i)).copied().collect();
    let a = all(&rows, written.map(|w| &w.a))?;
    let b = weights(all(scheme.b(), written.map(|w| &w.b))?)?;
    let node = |i: usize| {
        let written = written.map(|w| &w.c[i]);
        if scheme.has_free_nodes() {
            return read(scheme.c()[i], written);
        }
        let sum = sum(&a[i * s..(i + 1) * s]);
        let exact = written.and_then(|entry| entry.exact.as_ref());
        let agrees = exact.map_or_else(|| close(&sum, scheme.c()[i]), |c| *c == sum);
        agrees.then_some(sum)
    };
    let c = (0..s).map(node).collect::<Option<Vec<_>>>()?;
    let embedded = match scheme.embedded() {
        Some(v) => Some(weights(all(v, written.and_then(|w| w.embedded.as_ref()))?)?),
        None => None,
    };
    let found = Coefficients { a, b, c, embedded, certainty };
    let numbers = found.a.iter().chain(&found.b).chain(&found.c).chain(found.embedded.iter().flatten());
    let is_meant = certainty == Certainty::Proved || !is_nearly_right(&found);
    let terms = Surd::terms_spanned(numbers)? as u64;
    let is_feasible = terms == 1 || (s as u64).pow(4) * terms.pow(2) <= PRODUCTS;
    (is_feasible && is_meant).then_some(found)
}

/// Whether a quadrature condition is missed by no more than fractions of many digits miss what they stand for.
fn is_nearly_right(k: &Coefficients<Surd>) -> bool {
    let mut terms = k.b.clone();
    (2..=4).any(|order| {
        terms = terms.iter().zip(&k.c).map(|(term, c)| term.clone() * c).collect();
        let size: f64 = terms.iter().map(|term| term.to_f64().abs()).sum();
        let residual = terms.iter().fold(-Surd::ratio(1, order), |sum, term| sum + term).to_f64();
        residual != 0.0 && residual.abs() < 1e-17 * size
    })
}

/// The coefficients as fractions, if they are.
fn fractions(k: &Coefficients<Surd>) -> Option<Coefficients<Rational>> {
    let all = |v: &[Surd]| v.iter().map(|x| x.as_rational().cloned()).collect::<Option<Vec<_>>>();
    let embedded = match &k.embedded {
        Some(v) => Some(all(v)?),
        None => None,
    };
    Some(Coefficients { a: all(&k.a)?, b: all(&k.b)?, c: all(&k.c)?, embedded, certainty: k.certainty })
}

/// The fraction of small denominator that rounds to `x`, if there is one.
pub(crate) fn simple(x: f64) -> Option<Rational> {
    simplest(x).filter(|fraction| *fraction.denom() <= BigInt::from(SIMPLE))
}

/// The fraction of small denominator that a number is off by no more than `tolerance`, if that is met by more than chance; else the
/// double itself.
pub(crate) fn nearest(x: f64, tolerance: f64) -> Rational {
    let as_it_is = || Rational::from_float(x).unwrap_or_else(Rational::zero);
    if x.abs() <= tolerance {
        return Rational::zero();
    }
    let off = tolerance * x.abs().max(1.0);
    let ends = Rational::from_float(x.abs() - off).zip(Rational::from_float(x.abs() + off));
    let found = ends.filter(|(low, _)| !low.is_negative()).map(|(low, high)| between(low, high));
    let found = found.filter(|fraction| *fraction.denom() <= BigInt::from(SIMPLE) && is_meant(fraction, off));
    found.map_or_else(as_it_is, |fraction| if x < 0.0 { -fraction } else { fraction })
}

/// Whether a fraction is met by more than chance: by a rounding, off by so much, it would be within about `1/q²`.
fn is_meant(fraction: &Rational, off: f64) -> bool {
    20.0 * denominator(fraction).powi(2) * off <= 1.0
}

pub(super) fn denominator(fraction: &Rational) -> f64 {
    Scalar::to_f64(&Rational::from(fraction.denom().clone()))
}

/// Equal but for the rounding of a few additions.
fn close(sum: &Surd, rounded: f64) -> bool {
    (sum.to_f64() - rounded).abs() <= 8.0 * f64::EPSILON * rounded.abs().max(1.0)
}

/// The fraction of least denominator that rounds to `x`; `None` if `x` is not finite, or is too large or small to be
/// anybody's coefficient.
fn simplest(x: f64) -> Option<Rational> {
    if x == 0.0 {
        return Some(Rational::zero());
    }
    if !(1e-12..1e12).contains(&x.abs()) {
        return None;
    }
    let value = Rational::from_float(x.abs())?;
    let up = Rational::from_float(x.abs().next_up())?;
    let down = Rational::from_float(x.abs().next_down())?;
    let two = Rational::ratio(2, 1);
    // What lies strictly between the midpoints to the neighbours rounds to `x`.
    let fraction = between((down + &value) / &two, (up + &value) / &two);
    Some(if x < 0.0 { -fraction } else { fraction })
}

/// The fraction of least denominator strictly between two positive ones: the continued fractions agree for a while.
fn between(low: Rational, high: Rational) -> Rational {
    let whole = low.floor();
    let next = &whole + Rational::one();
    if next < high {
        return next;
    }
    // `low ≥ whole` and `high ≤ whole + 1`: invert what is left. An upper end of a reciprocal may be infinite.
    let (low, high) = (low - &whole, high - &whole);
    let inner = if low.is_zero() { high.recip().floor() + Rational::one() } else { between(high.recip(), low.recip()) };
    whole + inner.recip()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn catalogue_entries_with_fractions_are_recovered() {
        let exact = |name: &str| match Recovered::of(&Tableau::by_name(name).unwrap()) {
            Recovered::Exact(k) => Some(k),
            _ => None,
        };
        for name in ["rk4", "heun", "backward_euler", "trapezoidal", "radau_iia_2", "gauss_1", "bogacki_shampine_3_2"] {
            assert!(exact(name).is_some(), "{name}");
        }
        let pair = exact("dormand_prince_5_4").unwrap();
        assert_eq!(pair.a(4, 1), &Rational::ratio(-25360, 2187));
        assert_eq!(pair.embedded.as_ref().unwrap()[4], Rational::ratio(-92097, 339200));
        for name in ["gauss_2", "radau_iia_3", "sdirk2", "lobatto_iiid_5", "ralston_4"] {
            assert!(matches!(Recovered::of(&Tableau::by_name(name).unwrap()), Recovered::Roots(_)), "{name}");
        }
    }

    #[test]
    fn one_number_that_is_no_fraction_spoils_a_row() {
        let scheme = |x: f64| Tableau::new([[0.0, 0.0], [x, 0.0]], [0.5, 0.5], [0.0, x]).unwrap();
        assert!(matches!(Recovered::of(&scheme(1.0 / 3.0)), Recovered::Exact(_)));
        assert!(matches!(Recovered::of(&scheme(1.0 / 2f64.sqrt())), Recovered::Summed(_)));
        assert!(matches!(Recovered::of(&scheme((1f64 / 3.0).next_up())), Recovered::Summed(_)));
        // Two roundings whose sum comes out right are no fractions for that.
        let (x, third) = (2f64.sqrt() / 5.0, 1.0 / 3.0);
        let mirrored = Tableau::new([[x, third - x], [0.5 - x, x]], [third + x, 1.0 - third - x], [third, 0.5]);
        assert!(matches!(Recovered::of(&mirrored.unwrap()), Recovered::Summed(_)));
    }

    /// What was written is what the doubles of the catalogue are rounded from.
    #[test]
    fn the_catalogue_is_written_as_its_doubles_are() {
        for scheme in Tableau::catalogue() {
            let Some(written) = scheme.written() else { continue };
            let rows: Vec<f64> = (0..scheme.stages()).flat_map(|i| scheme.row(i)).copied().collect();
            let embedded = written.embedded.iter().flatten().zip(scheme.embedded().unwrap_or_default());
            let all = written.a.iter().zip(&rows).chain(written.b.iter().zip(scheme.b())).chain(embedded);
            for (Entry { exact, .. }, double) in all.chain(written.c.iter().zip(scheme.c())) {
                let near = |x: &Surd| (x.to_f64() - double).abs() <= f64::EPSILON * double.abs();
                assert!(exact.as_ref().is_none_or(near), "{}: {exact:?} is not {double}", scheme.name());
            }
        }
    }

    proptest! {
        #[test]
        fn fractions_are_found_again(p in -100_000i64..100_000, q in 1i64..100_000) {
            prop_assert_eq!(simplest(p as f64 / q as f64), Some(Rational::ratio(p, q)));
        }

        #[test]
        fn the_simplest_fraction_rounds_to_the_number(x in -1e6f64..1e6) {
            prop_assume!(x.abs() > 1e-6);
            let fraction = simplest(x).unwrap();
            prop_assert_eq!(fraction.to_f64(), x);
            prop_assert!(fraction.denom().is_positive());
        }
    }
}
