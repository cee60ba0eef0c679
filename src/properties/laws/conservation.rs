//! What a step conserves.

use super::super::{At, Outcome};
use super::taken;
use nalgebra::DMatrix;
use proptest::test_runner::{TestCaseError, TestCaseResult};

/// A step does not change an invariant: `I(Φ_h(t, y)) = I(y)`.
///
/// Every Runge–Kutta scheme keeps the linear invariants of a field, symplectic ones the quadratic.
///
/// ```
/// use kutta::{Tableau, properties::{At, Linear, assert_preserves, one_step}};
/// let (rotation, at) = (Linear::new([[0.0, -1.0], [1.0, 0.0]]), At { t: 0.0, y: vec![1.0, 0.5], h: 0.25 });
/// let radius = |y: &[f64]| y[0] * y[0] + y[1] * y[1];
/// assert!(assert_preserves(one_step(&Tableau::implicit_midpoint(), &rotation), radius, &at, 1e-12).is_ok());
/// assert!(assert_preserves(one_step(&Tableau::rk4(), &rotation), radius, &at, 1e-12).is_err());
/// ```
///
/// # Errors
/// A failure if the invariant changes by more than the tolerance, relative to the larger of its size and 1, or if the step
/// fails.
pub fn assert_preserves<O: Outcome>(
    step: impl Fn(f64, &[f64], f64) -> O,
    invariant: impl Fn(&[f64]) -> f64,
    at: &At,
    tolerance: f64,
) -> TestCaseResult {
    let next = taken("the step", step(at.t, &at.y, at.h), at)?;
    let (expected, found) = (invariant(&at.y), invariant(&next));
    let (change, allowed) = ((found - expected).abs(), tolerance * expected.abs().max(1.0));
    // Also for what is not a number.
    if change <= allowed {
        return Ok(());
    }
    Err(TestCaseError::fail(format!(
        "the invariant is {expected} before the step and {found} after, a change by {change:.1e}, allowed are \
         {allowed:.1e}; {at:?}"
    )))
}

/// A step keeps the symplectic form: its Jacobian `M` satisfies `Mᵀ J M = J`, `J = [[0, I], [-I, 0]]`, for states `(q, p)`.
/// Holds for symplectic schemes on Hamiltonian fields.
///
/// `tangent` gives `M δ`: [`tangent`](super::super::tangent) of our schemes, [`differences`](super::super::differences) of
/// any step, or a tangent of one's own.
///
/// ```
/// use kutta::properties::{At, assert_symplectic, differences};
/// // Symplectic Euler for the pendulum.
/// let step = |_t: f64, y: &[f64], h: f64| {
///     let p = y[1] - h * y[0].sin();
///     [y[0] + h * p, p]
/// };
/// assert_symplectic(differences(step), &At { t: 0.0, y: vec![1.0, 0.5], h: 0.5 }, 1e-9)?;
/// # Ok::<(), proptest::test_runner::TestCaseError>(())
/// ```
///
/// # Errors
/// A failure if an entry of `Mᵀ J M` is wrong by more than the tolerance, relative to the larger of `‖M‖²` and 1, if the
/// number of components is odd, or if the tangent fails.
pub fn assert_symplectic<O: Outcome>(
    tangent: impl Fn(f64, &[f64], f64, &[f64]) -> O,
    at: &At,
    tolerance: f64,
) -> TestCaseResult {
    let dim = at.y.len();
    if dim % 2 == 1 {
        return Err(TestCaseError::fail(format!("{dim} components are not positions and momenta; {at:?}")));
    }
    let mut jacobian = DMatrix::zeros(dim, dim);
    for j in 0..dim {
        let unit: Vec<f64> = (0..dim).map(|i| f64::from(u8::from(i == j))).collect();
        jacobian.column_mut(j).copy_from_slice(&taken("the tangent", tangent(at.t, &at.y, at.h, &unit), at)?);
    }
    let form = DMatrix::from_fn(dim, dim, |i, j| match () {
        () if j == i + dim / 2 => 1.0,
        () if i == j + dim / 2 => -1.0,
        () => 0.0,
    });
    let found = jacobian.transpose() * &form * &jacobian;
    let allowed = tolerance * jacobian.norm_squared().max(1.0);
    let worst = (0..dim * dim).map(|k| (k / dim, k % dim)).max_by(|&a, &b| {
        let error = |at: (usize, usize)| (found[at] - form[at]).abs();
        error(a).total_cmp(&error(b))
    });
    match worst {
        Some((i, j)) if (found[(i, j)] - form[(i, j)]).abs() > allowed => {
            let (expected, found) = (form[(i, j)], found[(i, j)]);
            Err(TestCaseError::fail(format!(
                "the step is not symplectic: entry ({i}, {j}) of MᵀJM is {found}, expected {expected} up to {allowed:.1e}; \
                 {at:?}"
            )))
        }
        _ => Ok(()),
    }
}
