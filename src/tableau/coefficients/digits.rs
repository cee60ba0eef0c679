//! What the digits of decimals tell of the coefficients of a scheme.

use super::certainty::{Certainty, TOLERANCE};
use super::recovered::{denominator, simple};
use super::{Coefficients, Summed};
use crate::Tableau;
use crate::tableau::{Entry, Written};

/// Decimals that are off by no more than this are as accurate as doubles.
const DOUBLE: f64 = 2.5e-15;
/// Nor do these tell of fewer digits, beside doubles: of these, one in a thousand has a decimal of so few.
const SHORT_DOUBLE: f64 = 1e-13;

/// How far the decimals of a scheme are off.
struct Digits {
    /// The most that one that tells of fewer digits than a double has is off; zero if none does.
    worst: f64,
    has_doubles: bool,
}

/// Relative to the number, if that is more than one.
fn off(entry: &Entry) -> f64 {
    entry.off / entry.value.abs().max(1.0)
}

/// Whether a decimal is, beside doubles, one whose last digits are zeros: a simple fraction.
fn is_round(entry: &Entry) -> bool {
    simple(entry.value).is_some_and(|fraction| denominator(&fraction) * entry.off < 5e-4)
}

/// Nodes that are written with fewer digits than their row. The others are its sum.
fn rounded_nodes(written: &Written, stages: usize) -> impl Iterator<Item = &Entry> {
    let of_row = move |i: usize| written.a[i * stages..(i + 1) * stages].iter().map(Entry::doubt).sum::<f64>();
    written.c.iter().enumerate().filter(move |(i, c)| c.doubt() > 1.01 * of_row(*i)).map(|(_, c)| c)
}

impl Digits {
    fn of(scheme: &Tableau) -> Self {
        let all = scheme.written().into_iter().flat_map(|w| {
            let others = w.a.iter().chain(&w.b).chain(w.embedded.iter().flatten());
            others.chain(rounded_nodes(w, scheme.stages()))
        });
        let long: Vec<&Entry> = all.filter(|entry| entry.exact.is_none()).collect();
        let has_doubles = long.iter().any(|entry| entry.off == 0.0);
        let tells = |entry: &&&Entry| match has_doubles {
            true => off(entry) > SHORT_DOUBLE && !is_round(entry),
            false => off(entry) > DOUBLE,
        };
        Digits { worst: long.iter().filter(tells).map(|entry| off(entry)).fold(0.0, f64::max), has_doubles }
    }

    /// What sizes are multiplied by to bound errors: for `x` off by `e`, `4 e (|x| + 1/4)` is at least `e`, and the product of
    /// such sizes at least what the errors of its factors make.
    fn error(&self) -> f64 {
        4.0 * self.worst
    }

    /// A number with a size that, times that error, bounds what it is off by.
    fn number(&self, value: f64, entry: Option<&Entry>) -> Summed {
        // A decimal that has as many places as the long ones is a rounding like them.
        let counts = |entry: &&Entry| match entry.exact.is_some() {
            true => off(entry) <= self.worst,
            false => !(self.has_doubles && is_round(entry)),
        };
        let rounding = entry.filter(|entry| self.worst > 0.0 && counts(entry));
        Summed { value, size: value.abs() + rounding.map_or(0.0, |entry| entry.off / self.error()) }
    }
}

impl Coefficients<Summed> {
    /// The doubles of `scheme`, whether or not fractions are behind them.
    pub fn rounded(scheme: &Tableau) -> Self {
        let (digits, written) = (Digits::of(scheme), scheme.written());
        let numbers = |v: &[f64], written: Option<&Vec<Entry>>| -> Vec<Summed> {
            v.iter().enumerate().map(|(i, &x)| digits.number(x, written.and_then(|w| w.get(i)))).collect()
        };
        let a: Vec<f64> = (0..scheme.stages()).flat_map(|i| scheme.row(i)).copied().collect();
        Coefficients {
            a: numbers(&a, written.map(|w| &w.a)),
            b: numbers(scheme.b(), written.map(|w| &w.b)),
            c: numbers(scheme.c(), written.map(|w| &w.c)),
            embedded: scheme.embedded().map(|v| numbers(v, written.and_then(|w| w.embedded.as_ref()))),
            certainty: match digits.worst > 0.0 {
                true => Certainty::ToDigits(digits.error()),
                false => Certainty::ToTolerance(tolerance(scheme)),
            },
        }
    }
}

/// How accurate doubles are of which no digits are known: what their sums miss tells if they were given to fewer.
fn tolerance(scheme: &Tableau) -> f64 {
    let missed = |terms: &[f64], sum: f64| {
        let size = terms.iter().map(|t| t.abs()).sum::<f64>().max(sum.abs());
        if size == 0.0 { 0.0 } else { (terms.iter().sum::<f64>() - sum).abs() / size }
    };
    let rows =
        (0..scheme.stages()).map(|i| if scheme.has_free_nodes() { 0.0 } else { missed(scheme.row(i), scheme.c()[i]) });
    let worst = rows.fold(missed(scheme.b(), 1.0), f64::max);
    TOLERANCE.max(32.0 * worst)
}
