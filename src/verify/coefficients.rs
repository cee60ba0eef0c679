//! The coefficients of a scheme as analysis sees them: exact where they can be, with a tolerance where they cannot.

use num_bigint::BigInt;
use num_traits::{One, Signed, Zero};

use super::scalar::{Rational, Rounded, Scalar};
use crate::Tableau;

/// Denominators up to this size are taken for what was meant, without further evidence: a double that means something else
/// is that close to such a fraction by a chance of about `10⁻⁸`.
const SIMPLE: i64 = 20_000;

/// Numbers given to fewer digits than a double has are right to this, if nothing tells otherwise.
const TOLERANCE: f64 = 1e-12;

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
    /// How accurate the numbers are, relative to the terms of any sum they are in; 0 if they are exact.
    pub tolerance: f64,
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

/// A scheme's coefficients: as fractions, if they can be recovered from the doubles, else as doubles.
#[derive(Debug, Clone, PartialEq)]
pub enum Recovered {
    /// The fractions that the doubles are nearest to; row sums and the sum of the weights agree exactly.
    Exact(Coefficients<Rational>),
    /// The doubles.
    Rounded(Coefficients<Rounded>),
}

impl Recovered {
    /// The coefficients of `scheme`.
    ///
    /// A coefficient is taken for the simplest fraction that rounds to it. That fraction is believed if its denominator is
    /// at most 20 000, or if it is part of a sum of at least two such fractions that comes out exactly right: `Σ b_i = 1`,
    /// or `Σ_j a_ij = c_i` with a believed `c_i`. One coefficient that is not believed makes all count as doubles. Nodes
    /// are taken to be the row sums, if they are equal to them but for the rounding of the sum.
    pub fn of(scheme: &Tableau) -> Self {
        exact(scheme).map_or_else(|| Recovered::Rounded(rounded(scheme)), Recovered::Exact)
    }
}

impl Coefficients<Rounded> {
    /// The doubles of `scheme`, whether or not fractions are behind them.
    pub fn rounded(scheme: &Tableau) -> Self {
        rounded(scheme)
    }
}

fn rounded(scheme: &Tableau) -> Coefficients<Rounded> {
    let numbers = |v: &[f64]| v.iter().copied().map(Rounded::from).collect::<Vec<_>>();
    let a: Vec<Rounded> = (0..scheme.stages()).flat_map(|i| numbers(scheme.row(i))).collect();
    // What the sums miss tells how many digits were given.
    let missed = |terms: &[f64], sum: f64| {
        let size = terms.iter().map(|t| t.abs()).sum::<f64>().max(sum.abs());
        if size == 0.0 { 0.0 } else { (terms.iter().sum::<f64>() - sum).abs() / size }
    };
    let rows =
        (0..scheme.stages()).map(|i| if scheme.has_free_nodes() { 0.0 } else { missed(scheme.row(i), scheme.c()[i]) });
    let worst = rows.fold(missed(scheme.b(), 1.0), f64::max);
    Coefficients {
        a,
        b: numbers(scheme.b()),
        c: numbers(scheme.c()),
        embedded: scheme.embedded().map(numbers),
        tolerance: TOLERANCE.max(32.0 * worst),
    }
}

fn exact(scheme: &Tableau) -> Option<Coefficients<Rational>> {
    let s = scheme.stages();
    let fractions = |v: &[f64]| v.iter().map(|&x| simplest(x)).collect::<Option<Vec<_>>>();
    let weights = |v: &[f64]| {
        let fractions = fractions(v)?;
        believed(&fractions, &Rational::one()).then_some(fractions)
    };
    let (mut a, mut c) = (Vec::with_capacity(s * s), Vec::with_capacity(s));
    for i in 0..s {
        let row = fractions(scheme.row(i))?;
        let sum = row.iter().fold(Rational::zero(), |sum, x| sum + x);
        let node = simplest(scheme.c()[i])?;
        let node = match () {
            () if sum == node => sum,
            // A sum of roundings, in place of the rounding of the sum.
            () if simple(&row) && close(&sum, scheme.c()[i]) => sum,
            () if simple(&row) && simple(std::slice::from_ref(&node)) && scheme.has_free_nodes() => node,
            () => return None,
        };
        if !(simple(&row) || simple(std::slice::from_ref(&node)) && believed(&row, &node)) {
            return None;
        }
        a.extend(row);
        c.push(node);
    }
    let embedded = match scheme.embedded() {
        Some(v) => Some(weights(v)?),
        None => None,
    };
    Some(Coefficients { a, b: weights(scheme.b())?, c, embedded, tolerance: 0.0 })
}

fn simple(fractions: &[Rational]) -> bool {
    fractions.iter().all(|x| *x.denom() <= BigInt::from(SIMPLE))
}

/// Whether the fractions sum to `total`, and are simple or at least two that are not.
fn believed(fractions: &[Rational], total: &Rational) -> bool {
    let sum = fractions.iter().fold(Rational::zero(), |sum, x| sum + x);
    let doubtful = fractions.iter().filter(|x| !simple(std::slice::from_ref(*x))).count();
    sum == *total && doubtful != 1
}

/// Equal but for the rounding of a few additions.
fn close(sum: &Rational, rounded: f64) -> bool {
    (sum.to_f64() - rounded).abs() <= 8.0 * f64::EPSILON * rounded.abs().max(1.0)
}

/// The fraction of least denominator that rounds to `x`; `None` if `x` is not finite, or is too large or small to be
/// anybody's coefficient.
pub(super) fn simplest(x: f64) -> Option<Rational> {
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
            Recovered::Rounded(_) => None,
        };
        for name in ["rk4", "heun", "backward_euler", "trapezoidal", "radau_iia_2", "gauss_1", "bogacki_shampine_3_2"] {
            assert!(exact(name).is_some(), "{name}");
        }
        let pair = exact("dormand_prince_5_4").unwrap();
        assert_eq!(pair.a(4, 1), &Rational::ratio(-25360, 2187));
        assert_eq!(pair.embedded.as_ref().unwrap()[4], Rational::ratio(-92097, 339200));
        for name in ["gauss_2", "radau_iia_3", "sdirk2"] {
            assert!(exact(name).is_none(), "{name}");
        }
    }

    #[test]
    fn one_number_that_is_no_fraction_spoils_a_row() {
        let scheme = |x: f64| Tableau::new([[0.0, 0.0], [x, 0.0]], [0.5, 0.5], [0.0, x]).unwrap();
        assert!(matches!(Recovered::of(&scheme(1.0 / 3.0)), Recovered::Exact(_)));
        assert!(matches!(Recovered::of(&scheme(1.0 / 2f64.sqrt())), Recovered::Rounded(_)));
        assert!(matches!(Recovered::of(&scheme((1f64 / 3.0).next_up())), Recovered::Rounded(_)));
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
