//! Steps in other coordinates.

use super::super::{At, Outcome};
use super::{agree, taken};
use proptest::test_runner::TestCaseResult;

/// A step commutes with a change of coordinates `g`: `Φ^{g(f)}(t, g(y)) = g(Φ^f(t, y))`.
///
/// Holds for every Runge–Kutta scheme and every affine `g`. `image` is the step on the field in the new coordinates,
/// [`AffineMap::image`](super::super::AffineMap::image). Where `g` is a symmetry of the field, `image` is `step` itself.
///
/// # Errors
/// A failure if the states differ by more than the tolerance, relative to the larger of their size and 1, or a step fails.
pub fn assert_equivariant<O: Outcome, P: Outcome>(
    step: impl Fn(f64, &[f64], f64) -> O,
    image: impl Fn(f64, &[f64], f64) -> P,
    g: impl Fn(&[f64]) -> Vec<f64>,
    at: &At,
    tolerance: f64,
) -> TestCaseResult {
    let expected = g(&taken("the step", step(at.t, &at.y, at.h), at)?);
    let from = At { y: g(&at.y), ..at.clone() };
    let found = taken("the step in the other coordinates", image(from.t, &from.y, from.h), &from)?;
    agree("a step in other coordinates", &expected, &found, tolerance, at)
}
