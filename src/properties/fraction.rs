//! Small fractions: what random schemes and fields are made of, so that counterexamples can be read.

use num_rational::Ratio;
use num_traits::ToPrimitive;
use proptest::prelude::*;

/// An exact fraction.
pub(super) type Fraction = Ratio<i128>;

/// The denominator of random numbers: it has the divisors 2, 3, 4 and 6.
const TWELVE: i128 = 12;

/// The largest denominator that [`text`] looks for.
const LARGEST_DENOMINATOR: u32 = 5040;

/// `k/12` from `-bound` to `bound`; shrinks towards zero.
pub(super) fn fraction(bound: i128) -> impl Strategy<Value = Fraction> + Clone {
    (-TWELVE * bound..=TWELVE * bound).prop_map(|k| Fraction::new(k, TWELVE))
}

/// `count` fractions, as [`fraction`].
pub(super) fn fractions(bound: i128, count: usize) -> impl Strategy<Value = Vec<Fraction>> {
    prop::collection::vec(fraction(bound), count)
}

/// `count` fractions, as [`fraction`], rounded.
pub(super) fn numbers(bound: i128, count: usize) -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(fraction(bound).prop_map(rounded), count)
}

/// The nearest double.
pub(super) fn rounded(x: Fraction) -> f64 {
    // A fraction of small terms, as all here, is rounded once; `to_f64` would serve if they were large.
    match (i32::try_from(*x.numer()), i32::try_from(*x.denom())) {
        (Ok(p), Ok(q)) => f64::from(p) / f64::from(q),
        _ => x.to_f64().unwrap_or(f64::NAN),
    }
}

/// A number as a fraction if it is a simple one, else by its digits.
pub(super) fn text(x: f64) -> String {
    let simple = (1..=LARGEST_DENOMINATOR).map(f64::from).find_map(|q| {
        let p = (x * q).round();
        (p / q == x && p.abs() < 1e6).then_some((p, q))
    });
    match simple {
        Some((p, 1.0)) => format!("{}", p + 0.0),
        Some((p, q)) => format!("{p}/{q}"),
        None => format!("{x:?}"),
    }
}

/// Numbers in brackets.
pub(super) fn list(numbers: &[f64]) -> String {
    format!("[{}]", numbers.iter().map(|&x| text(x)).collect::<Vec<_>>().join(", "))
}

/// `1/2 y0 - y1 + 3`: terms that are not zero, each a factor and what it multiplies; nothing stands for one.
pub(super) fn sum(terms: impl IntoIterator<Item = (f64, String)>) -> String {
    let mut out = String::new();
    for (factor, of) in terms.into_iter().filter(|(factor, _)| *factor != 0.0) {
        let sign = match (out.is_empty(), factor < 0.0) {
            (true, false) => "",
            (true, true) => "-",
            (false, false) => " + ",
            (false, true) => " - ",
        };
        let size = text(factor.abs());
        out += sign;
        out += &match (of.as_str(), size.as_str()) {
            ("", _) => size,
            (_, "1") => of,
            _ => format!("{size} {of}"),
        };
    }
    if out.is_empty() { "0".into() } else { out }
}

/// `1/2 y0 - y1 + t + 1/3`: a linear function of the variables `name`0, `name`1, … and of the time, plus a constant.
pub(super) fn linear_text(name: &str, weights: &[f64], time: f64, shift: f64) -> String {
    let variables = weights.iter().enumerate().map(|(i, &w)| (w, format!("{name}{i}")));
    sum(variables.chain([(time, "t".to_string()), (shift, String::new())]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_people_write_them() {
        assert_eq!(list(&[0.0, -0.0, -1.0, 1.0 / 3.0, -7.0 / 12.0]), "[0, 0, -1, 1/3, -7/12]");
        assert_eq!(text(0.123_456_789), "0.123456789");
        assert_eq!(linear_text("y", &[0.5, 0.0, -1.0], 1.0, -0.25), "1/2 y0 - y2 + t - 1/4");
        assert_eq!(linear_text("y", &[0.0], 0.0, 0.0), "0");
        assert_eq!(sum([(-1.0, "sin(y0)".into())]), "-sin(y0)");
    }

    #[test]
    fn fractions_are_rounded_once() {
        assert_eq!(rounded(Fraction::new(1, 3)), 1.0 / 3.0);
        assert_eq!(rounded(Fraction::new(-7, 12)), -7.0 / 12.0);
    }
}
