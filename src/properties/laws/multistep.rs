//! Steps that need a past: the way back, the growth of differences, and of solutions.

use super::super::{At, Linear, Outcome};
use super::{agree, distance, size, taken};
use nalgebra::Complex;
use proptest::test_runner::{TestCaseError, TestCaseResult};

/// The newest state as where a step starts.
fn newest(t: f64, past: &[Vec<f64>], h: f64) -> Result<At, TestCaseError> {
    match past.first() {
        Some(y) => Ok(At { t, y: y.clone(), h }),
        None => Err(TestCaseError::fail("there is no past state, expected one at least")),
    }
}

/// A step from the newest states with `-h`, in the reverse order, finds the oldest again. Holds for symmetric multistep methods.
///
/// `past` has the states that the step needs, the newest, at `t`, first.
///
/// ```
/// use kutta::{tableau::Multistep, properties::{Smooth, assert_reversible_past, multistep_step}};
/// let (field, past) = (Smooth::generic(2), [vec![1.0, 0.5], vec![0.75, 0.25]]);
/// assert!(assert_reversible_past(multistep_step(&Multistep::midpoint(), &field), 0.0, &past, 0.25, 1e-13).is_ok());
/// assert!(assert_reversible_past(multistep_step(&Multistep::bdf(2)?, &field), 0.0, &past, 0.25, 1e-11).is_err());
/// # Ok::<(), kutta::Error>(())
/// ```
///
/// # Errors
/// A failure if the oldest state is not found again to the tolerance, or a step fails.
pub fn assert_reversible_past<O: Outcome>(
    step: impl Fn(f64, &[Vec<f64>], f64) -> O,
    t: f64,
    past: &[Vec<f64>],
    h: f64,
    tolerance: f64,
) -> TestCaseResult {
    let at = newest(t, past, h)?;
    let next = taken("the step", step(t, past, h), &at)?;
    let mut reversed: Vec<Vec<f64>> = [&[next], &past[..past.len() - 1]].concat();
    reversed.reverse();
    // The newest state of these is the oldest but one of the past.
    let back = At { t: t - (past.len() as f64 - 2.0) * h, y: reversed[0].clone(), h: -h };
    let again = taken("the step back", step(back.t, &reversed, -h), &back)?;
    agree("there and back again", &past[past.len() - 1], &again, tolerance, &at)
}

/// Steps that are taken, at most, and how much a difference may have grown between the halves of them.
const FIRST: usize = 100;
const LAST: usize = 1000;
const GROWTH: f64 = 3.0;
/// No difference that is forgotten is so large in between.
const LARGEST: f64 = 1e12;

/// Differences in the past do not grow from step to step where the field is zero. Holds for zero-stable multistep methods.
///
/// `step` is a step on `y' = 0` that needs `steps` states; it is taken 1000 times, from each past that is 1 at one place and 0 at the
/// others.
///
/// ```
/// use kutta::properties::assert_past_forgotten;
/// let step = |a: f64| move |_t: f64, past: &[Vec<f64>], _h: f64| [(1.0 - a) * past[0][0] + a * past[1][0]];
/// assert!(assert_past_forgotten(step(1.0), 2).is_ok());
/// // y_{n+1} = −4 y_n + 5 y_{n−1} + …, of order 3, and useless.
/// assert!(assert_past_forgotten(step(5.0), 2).is_err());
/// ```
///
/// # Errors
/// A failure if a difference grows, or a step fails.
pub fn assert_past_forgotten<O: Outcome>(step: impl Fn(f64, &[Vec<f64>], f64) -> O, steps: usize) -> TestCaseResult {
    for place in 0..steps {
        let mut past: Vec<Vec<f64>> = (0..steps).map(|j| vec![f64::from(u8::from(j == place))]).collect();
        let (mut early, mut late) = (1.0f64, 0.0f64);
        for n in 0..LAST {
            let at = newest(n as f64, &past, 1.0)?;
            let next = taken("the step", step(at.t, &past, 1.0), &at)?;
            let most = if n < FIRST { &mut early } else { &mut late };
            *most = most.max(next[0].abs());
            past.pop();
            past.insert(0, next);
            if late.max(early) > LARGEST {
                break;
            }
        }
        if late > GROWTH * early || early > LARGEST {
            return Err(TestCaseError::fail(format!(
                "differences in the past grow: a unit in state {place}, the newest being 0, is {early:.2e} at most within {FIRST} \
                 steps, and {late:.2e} within {LAST}"
            )));
        }
    }
    Ok(())
}

/// Solutions of `y' = λy` whose past is `1, ζ⁻¹, ζ⁻², …` go on with `ζ`, for complex `λ = z/h` and a growth factor `ζ`.
///
/// `step` is given the field [`Linear::scalar`]`(λ)`, the time of the newest state, `steps` past states and the step size. The growth
/// factors of a method at `z` are [`Growth::factors`](crate::verify::growth::Growth::factors).
///
/// ```
/// use kutta::{tableau::Multistep, verify::growth::Growth, properties::{Complex, Linear, assert_growth_factor, multistep_step}};
/// let (bdf, z) = (Multistep::bdf(3)?, Complex::new(-1.0, 2.0));
/// for zeta in Growth::of(&bdf.clone().into()).factors(z) {
///     let step = |field: &Linear, t: f64, past: &[Vec<f64>], h: f64| multistep_step(&bdf, field)(t, past, h);
///     assert!(assert_growth_factor(step, 3, z, zeta, 1e-10).is_ok());
/// }
/// # Ok::<(), kutta::Error>(())
/// ```
///
/// # Errors
/// A failure if the step differs by more than the tolerance, relative to the sizes of its past and of `ζ`, or fails; a rejected case
/// where `ζ` is so small that its powers are too different in size.
pub fn assert_growth_factor<O: Outcome>(
    step: impl Fn(&Linear, f64, &[Vec<f64>], f64) -> O,
    steps: usize,
    z: Complex<f64>,
    zeta: Complex<f64>,
    tolerance: f64,
) -> TestCaseResult {
    let past: Vec<Vec<f64>> = (0..steps as i32).map(|j| zeta.powi(-j)).map(|power| vec![power.re, power.im]).collect();
    let largest = past.iter().map(|y| size(y)).fold(zeta.norm(), f64::max);
    // Also for powers of zero.
    if past.iter().flatten().any(|x| !x.is_finite()) || largest >= 1e3 {
        return Err(TestCaseError::reject("powers of the growth factor are too different in size"));
    }
    let at = newest(0.0, &past, 0.5)?;
    let found = taken("the step", step(&Linear::scalar(z / at.h), at.t, &past, at.h), &at)?;
    let expected = [zeta.re, zeta.im];
    match distance(&expected, &found) <= tolerance * largest.max(1.0) {
        true => Ok(()),
        false => agree(&format!("growth factor {zeta} at z = {z}"), &expected, &found, 0.0, &at),
    }
}
