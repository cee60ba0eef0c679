//! What every tableau satisfies.

use super::display::printable;
use crate::Error;

pub(super) fn invalid(name: &str, reason: String) -> Error {
    Error::InvalidTableau { name: printable(name), reason }
}

/// Everything but `c_i = Σ_j a_ij`.
pub(super) fn check_coefficients<R: AsRef<[f64]>>(rows: &[R], b: &[f64], c: &[f64]) -> Result<(), String> {
    let s = rows.len();
    if s == 0 && b.is_empty() && c.is_empty() {
        return Err("it has no stages, expected at least one".to_string());
    }
    check_len("b", b.len(), s)?;
    check_len("c", c.len(), s)?;
    for (i, row) in rows.iter().map(AsRef::as_ref).enumerate() {
        if row.len() != s {
            return Err(format!("row {i} of A has {}, expected {s}, since A has {s} rows", entries(row.len())));
        }
        check_finite(&format!("a[{i}]"), row)?;
    }
    check_finite("c", c)?;
    check_weights("b", b)
}

pub(super) fn check_len(what: &str, found: usize, stages: usize) -> Result<(), String> {
    if found == stages {
        return Ok(());
    }
    Err(format!("{what} has {}, expected {stages}, one for each row of A", entries(found)))
}

pub(super) fn check_finite(what: &str, values: &[f64]) -> Result<(), String> {
    match values.iter().position(|v| !v.is_finite()) {
        None => Ok(()),
        Some(i) => Err(format!("{what}[{i}] is {}, expected a finite number", values[i])),
    }
}

/// Finite, and `Σ b = 1`.
pub(super) fn check_weights(what: &str, weights: &[f64]) -> Result<(), String> {
    check_finite(what, weights)?;
    if sums_to(weights, 1.0) {
        return Ok(());
    }
    let sum: f64 = weights.iter().sum();
    Err(format!("the entries of {what} sum to {sum}, expected 1 (off by {:.1e})", sum - 1.0))
}

/// Whether `Σ terms` is `expected` but for the rounding of its terms, as typed by a person or printed in a journal.
///
/// The cap keeps huge terms that cancel from making every sum acceptable.
pub(super) fn sums_to(terms: &[f64], expected: f64) -> bool {
    let sum: f64 = terms.iter().sum();
    let scale: f64 = terms.iter().map(|t| t.abs()).sum();
    let tolerance = (1e-9 * scale.max(1.0)).min(1e-6 * expected.abs().max(1.0));
    (sum - expected).abs() <= tolerance
}

fn entries(n: usize) -> String {
    if n == 1 { "1 entry".to_string() } else { format!("{n} entries") }
}
