//! Symmetry of a step in time.

use super::super::{At, Outcome};
use super::{agree, taken};
use proptest::test_runner::TestCaseResult;

/// A step with `-h` undoes a step with `h`: `Φ_{-h}(t + h, Φ_h(t, y)) = y`. Holds for symmetric schemes.
///
/// ```
/// use kutta::{Tableau, properties::{At, Smooth, assert_reversible, one_step}};
/// let (field, at) = (Smooth::generic(2), At { t: 0.0, y: vec![1.0, 0.5], h: 0.25 });
/// assert!(assert_reversible(one_step(&Tableau::trapezoidal(), &field), &at, 1e-11).is_ok());
/// assert!(assert_reversible(one_step(&Tableau::rk4(), &field), &at, 1e-11).is_err());
/// ```
///
/// # Errors
/// A failure if the start is not found again to the tolerance, or a step fails.
pub fn assert_reversible<O: Outcome>(step: impl Fn(f64, &[f64], f64) -> O, at: &At, tolerance: f64) -> TestCaseResult {
    let there = taken("the step", step(at.t, &at.y, at.h), at)?;
    let back = At { t: at.t + at.h, y: there, h: -at.h };
    let again = taken("the step back", step(back.t, &back.y, back.h), &back)?;
    agree("there and back again", &at.y, &again, tolerance, at)
}
