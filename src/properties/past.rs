//! Steps that need a past, as maps that the laws are about.

use super::{Outcome, one_step};
use crate::Error;
use crate::field::Field;
use crate::properties::rhs;
use crate::tableau::{Method, Multistep};

/// The step of this crate for a multistep method and a field without parameters: of the time of the newest state, the past states,
/// the newest first, and the step size.
///
/// ```
/// use kutta::{tableau::Multistep, properties::{Linear, multistep_step}};
/// let decay = Linear::new([[-1.0]]);
/// let step = multistep_step(&Multistep::midpoint(), &decay);
/// assert_eq!(step(0.0, &[vec![1.0], vec![1.5]], 0.25)?, [1.0]);
/// # Ok::<(), kutta::Error>(())
/// ```
///
/// # Errors
/// The map returns [`Error::ShapeMismatch`] for fewer states than the method has steps, and the errors of the step.
pub fn multistep_step<'a>(
    multistep: &Multistep,
    field: &'a dyn Field<f64>,
) -> impl Fn(f64, &[Vec<f64>], f64) -> Result<Vec<f64>, Error> + use<'a> {
    let (steps, method) = (multistep.steps(), Method::from(multistep.clone()));
    let take = one_step(&method, field);
    move |t, past, h| {
        Error::check_len("the past", "states", past.len().min(steps), steps)?;
        let states = method.start().iter().filter(|&&q| q != 0.0).count();
        let mut carried: Vec<f64> = past[..states].concat();
        // Increments of earlier steps, the latest first.
        for (j, y) in past.iter().enumerate().skip(1).take(method.carried() - states) {
            carried.extend(rhs(field)(t - j as f64 * h, y).iter().map(|slope| h * slope));
        }
        let mut next = take(t, &carried, h)?;
        next.truncate(field.dim());
        Ok(next)
    }
}

/// A step that needs the last `steps` states, as one from a single state: the others are those of the exact flow back. For
/// [`assert_order`](super::assert_order), and [`assert_preserves`](super::assert_preserves) with invariants that are linear.
///
/// # Errors
/// The map returns the texts of the errors of both.
pub fn from_exact_past<O: Outcome, P: Outcome>(
    steps: usize,
    step: impl Fn(f64, &[Vec<f64>], f64) -> O,
    exact: impl Fn(f64, &[f64], f64) -> P,
) -> impl Fn(f64, &[f64], f64) -> Result<Vec<f64>, String> {
    move |t, y, h| {
        let back = |j: usize| exact(t, y, -(j as f64) * h).state();
        let older = (1..steps).map(back).collect::<Result<Vec<_>, _>>()?;
        let past = [vec![y.to_vec()], older].concat();
        step(t, &past, h).state()
    }
}

/// A step that needs the last `steps` states, as one of all these, one after another, the newest first.
///
/// ```
/// use kutta::{tableau::Multistep, properties::{At, Linear, assert_preserves, multistep_step, windows}};
/// // Leapfrog keeps yₙ·yₙ₋₁ where the exact solution keeps its length.
/// let rotation = Linear::new([[0.0, -1.0], [1.0, 0.0]]);
/// let (leapfrog, at) = (Multistep::midpoint(), At { t: 0.0, y: vec![1.0, 0.5, 0.25, 2.0], h: 0.25 });
/// let product = |y: &[f64]| y[0] * y[2] + y[1] * y[3];
/// assert_preserves(windows(2, multistep_step(&leapfrog, &rotation)), product, &at, 1e-14)?;
/// # Ok::<(), proptest::test_runner::TestCaseError>(())
/// ```
///
/// # Errors
/// The map returns the text of the step's own error, and another if the states are not so many of equal length.
pub fn windows<O: Outcome>(
    steps: usize,
    step: impl Fn(f64, &[Vec<f64>], f64) -> O,
) -> impl Fn(f64, &[f64], f64) -> Result<Vec<f64>, String> {
    move |t, window, h| {
        let dim = window.len() / steps.max(1);
        if dim == 0 || dim * steps != window.len() {
            return Err(format!("{} numbers are not {steps} states", window.len()));
        }
        let past: Vec<Vec<f64>> = window.chunks(dim).map(<[f64]>::to_vec).collect();
        let newest = step(t, &past, h).state()?;
        Ok([newest, window[..window.len() - dim].to_vec()].concat())
    }
}
