//! Derivatives of a step.

use super::super::{At, Outcome};
use super::{agree, dot, taken};
use proptest::test_runner::{TestCaseError, TestCaseResult};

/// Two ways to the tangent `M δ` agree: a tangent of one's own and [`differences`](super::super::differences), say.
///
/// # Errors
/// A failure if they differ by more than the tolerance, relative to the larger of their size and 1, or one of them fails.
pub fn assert_tangent<O: Outcome, P: Outcome>(
    tangent: impl Fn(f64, &[f64], f64, &[f64]) -> O,
    expected: impl Fn(f64, &[f64], f64, &[f64]) -> P,
    at: &At,
    delta: &[f64],
    tolerance: f64,
) -> TestCaseResult {
    let found = taken("the tangent", tangent(at.t, &at.y, at.h, delta), at)?;
    let expected = taken("the tangent expected", expected(at.t, &at.y, at.h, delta), at)?;
    agree("tangent of the step", &expected, &found, tolerance, at)
}

/// An adjoint is the transpose of a tangent: `⟨λ, M δ⟩ = ⟨Mᵀ λ, δ⟩`, the dot-product test. Holds for exact discrete
/// adjoints, whatever the scheme.
///
/// ```
/// use kutta::{Tableau, properties::{At, Smooth, adjoint, assert_transposed, tangent}};
/// let (scheme, field) = (Tableau::radau_iia(2)?, Smooth::generic(2));
/// let at = At { t: 0.0, y: vec![1.0, 0.5], h: 0.25 };
/// assert_transposed(adjoint(&scheme, &field), tangent(&scheme, &field), &at, &[1.0, 2.0], &[3.0, -1.0], 1e-12)?;
/// # Ok::<(), proptest::test_runner::TestCaseError>(())
/// ```
///
/// # Errors
/// A failure if the two sides differ by more than the tolerance, relative to the sum of the terms' sizes, or if one of the
/// maps fails.
pub fn assert_transposed<O: Outcome, P: Outcome>(
    adjoint: impl Fn(f64, &[f64], f64, &[f64]) -> O,
    tangent: impl Fn(f64, &[f64], f64, &[f64]) -> P,
    at: &At,
    lambda: &[f64],
    delta: &[f64],
    tolerance: f64,
) -> TestCaseResult {
    let pushed = taken("the tangent", tangent(at.t, &at.y, at.h, delta), at)?;
    let pulled = taken("the adjoint", adjoint(at.t, &at.y, at.h, lambda), at)?;
    let terms = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| (x * y).abs()).sum::<f64>();
    let (forward, backward) = (dot(lambda, &pushed), dot(&pulled, delta));
    let allowed = tolerance * terms(lambda, &pushed).max(terms(&pulled, delta));
    if (forward - backward).abs() <= allowed {
        return Ok(());
    }
    Err(TestCaseError::fail(format!(
        "the adjoint is not the transpose of the tangent: λ·(Mδ) = {forward}, (Mᵀλ)·δ = {backward}, allowed are {allowed:.1e}; \
         λ = {lambda:?}, δ = {delta:?}, {at:?}"
    )))
}
