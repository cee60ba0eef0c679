//! Growth and decay.

use super::super::{At, Linear, Outcome};
use super::{agree, distance, size, taken};
use nalgebra::Complex;
use proptest::test_runner::{TestCaseError, TestCaseResult};

/// A step brings two states no further apart: `‖Φ_h(t, y) - Φ_h(t, z)‖ ≤ ‖y - z‖`.
///
/// Holds for algebraically stable schemes on fields whose one-sided Lipschitz constant is 0 or less, such as
/// [`Dissipative`](super::super::Dissipative), whatever the step size.
///
/// # Errors
/// A failure if they come apart by more than the tolerance, relative to the larger of the states' size and 1, or a step
/// fails.
pub fn assert_contractive<O: Outcome>(
    step: impl Fn(f64, &[f64], f64) -> O,
    at: &At,
    other: &[f64],
    tolerance: f64,
) -> TestCaseResult {
    let from = At { y: other.to_vec(), ..at.clone() };
    let first = taken("the step", step(at.t, &at.y, at.h), at)?;
    let second = taken("the step", step(from.t, &from.y, from.h), &from)?;
    let (before, after) = (distance(&at.y, other), distance(&first, &second));
    if after <= before + tolerance * size(&at.y).max(size(other)) {
        return Ok(());
    }
    let other = super::list(other);
    Err(TestCaseError::fail(format!(
        "the step is not contractive: states at a distance of {before} are at {after} after it; {at:?}, other state {other}"
    )))
}

/// Largest value of a stability function that is compared: nearer to a pole rounding is all there is.
const LARGEST: f64 = 1e3;

/// A step of `y' = λy` multiplies by the stability function: `Φ_h(y) = R(hλ) y`, for complex `λ = z/h`.
///
/// `step` is given the field [`Linear::scalar`]`(λ)`, and start time, state and step size.
///
/// ```
/// use kutta::{Tableau, properties::{Complex, assert_stability_function, one_step, stability_function}};
/// let (scheme, z) = (Tableau::radau_iia(2)?, Complex::new(-3.0, 1.0));
/// let r = |z: Complex<f64>| (z / 3.0 + 1.0) / (z * z / 6.0 - z * 2.0 / 3.0 + 1.0);
/// assert_stability_function(|field, t, y, h| one_step(&scheme, field)(t, y, h), r, z, 1e-12)?;
/// assert!((stability_function(&scheme)(z) - r(z)).norm() < 1e-14);
/// # Ok::<(), proptest::test_runner::TestCaseError>(())
/// ```
///
/// # Errors
/// A failure if the step differs by more than the tolerance, relative to the larger of `|R(z)|` and 1, or fails; a rejected
/// case where `R(z)` is beyond 1000 or not a number: `z` is at a pole, or too near to one.
pub fn assert_stability_function<O: Outcome>(
    step: impl Fn(&Linear, f64, &[f64], f64) -> O,
    r: impl Fn(Complex<f64>) -> Complex<f64>,
    z: Complex<f64>,
    tolerance: f64,
) -> TestCaseResult {
    let expected = r(z);
    if expected.norm().is_nan() || expected.norm() > LARGEST {
        return Err(TestCaseError::reject("too near to a pole of the stability function"));
    }
    let at = At { t: 0.0, y: vec![1.0, 0.0], h: 0.5 };
    let field = Linear::scalar(z / at.h);
    let found = taken("the step", step(&field, at.t, &at.y, at.h), &at)?;
    agree(&format!("stability function at z = {z}"), &[expected.re, expected.im], &found, tolerance, &at)
}
