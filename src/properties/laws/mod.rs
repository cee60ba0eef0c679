//! The laws: assertions about one-step maps, for use in `proptest!`.

mod conservation;
mod derivative;
mod equivariance;
mod multistep;
mod order;
mod reversibility;
mod stability;

pub use conservation::{assert_preserves, assert_symplectic};
pub use derivative::{assert_tangent, assert_transposed};
pub use equivariance::assert_equivariant;
pub use multistep::{assert_growth_factor, assert_past_forgotten, assert_reversible_past};
pub use order::{assert_order, assert_order_at_least, observed_order};
pub use reversibility::assert_reversible;
pub use stability::{assert_contractive, assert_stability_function};

use super::fraction::list;
use super::{At, Outcome};
use proptest::test_runner::{TestCaseError, TestCaseResult};

/// The state that a step gave, or a failure that says where it gave none.
fn taken(what: &str, outcome: impl Outcome, at: &At) -> Result<Vec<f64>, TestCaseError> {
    let state = outcome.state().map_err(|e| TestCaseError::fail(format!("{what} failed: {e}; {at:?}")))?;
    if state.len() != at.y.len() {
        let (found, expected) = (state.len(), at.y.len());
        return Err(TestCaseError::fail(format!("{what} has {found} components, expected {expected}; {at:?}")));
    }
    match state.iter().all(|x| x.is_finite()) {
        true => Ok(state),
        false => Err(TestCaseError::fail(format!("{what} is not finite: {state:?}; {at:?}"))),
    }
}

/// Fails unless the two states agree to the tolerance, relative to the larger of their size and 1.
fn agree(law: &str, expected: &[f64], found: &[f64], tolerance: f64, at: &At) -> TestCaseResult {
    let error = distance(expected, found);
    let allowed = tolerance * size(expected);
    if error <= allowed {
        return Ok(());
    }
    let (expected, found) = (list(expected), list(found));
    Err(TestCaseError::fail(format!(
        "{law}: expected {expected}, found {found}; they differ by {error:.1e}, allowed are {allowed:.1e}; {at:?}"
    )))
}

/// The largest entry, and no less than 1.
fn size(x: &[f64]) -> f64 {
    x.iter().fold(1.0, |size, x| size.max(x.abs()))
}

/// Euclidean.
fn distance(x: &[f64], y: &[f64]) -> f64 {
    x.iter().zip(y).map(|(x, y)| (x - y) * (x - y)).sum::<f64>().sqrt()
}

fn dot(x: &[f64], y: &[f64]) -> f64 {
    x.iter().zip(y).map(|(x, y)| x * y).sum()
}
