//! One-step maps: what the laws are about.

use super::At;
use crate::field::{Batch, Field};
use crate::network::stability;
use crate::solve::{StageMethod, StageSolver};
use crate::step::{Start, Step, Trace, Workspace};
use crate::tableau::Method;
use crate::{Error, Tableau};
use nalgebra::Complex;
use std::fmt::Display;

/// What a step may return: the new state as a vector or an array, or a [`Result`] of it.
pub trait Outcome {
    /// The new state, or why there is none.
    ///
    /// # Errors
    /// The text of the step's own error.
    fn state(self) -> Result<Vec<f64>, String>;
}

impl Outcome for Vec<f64> {
    fn state(self) -> Result<Vec<f64>, String> {
        Ok(self)
    }
}

impl<const N: usize> Outcome for [f64; N] {
    fn state(self) -> Result<Vec<f64>, String> {
        Ok(self.to_vec())
    }
}

impl<V: Into<Vec<f64>>, E: Display> Outcome for Result<V, E> {
    fn state(self) -> Result<Vec<f64>, String> {
        self.map(Into::into).map_err(|e| e.to_string())
    }
}

/// The step of this crate for a method of any kind and a field without parameters, as a function of start time, state and step
/// size. Stage equations are solved as far as rounding allows.
///
/// A pair takes a field in two parts, such as [`InParts`](crate::field::InParts), an additive scheme a sum. Of a method that carries
/// several vectors the state is all of these, one after another; for multistep methods see [`multistep_step`](super::multistep_step).
///
/// ```
/// use kutta::{Tableau, properties::{Linear, one_step}};
/// let decay = Linear::new([[-1.0]]);
/// assert_eq!(one_step(&Tableau::forward_euler(), &decay)(0.0, &[1.0], 0.25)?, [0.75]);
/// # Ok::<(), kutta::Error>(())
/// ```
///
/// # Errors
/// The map returns the errors of [`Step::forward`].
pub fn one_step<'a, M: Into<Method> + Clone>(
    method: &M,
    field: &'a dyn Field<f64>,
) -> impl Fn(f64, &[f64], f64) -> Result<Vec<f64>, Error> + use<'a, M> {
    let method = method.clone().into();
    move |t, y, h| Ok(Taken::new(&method, field, &At { t, y: y.to_vec(), h })?.next)
}

/// The exact tangent of [`one_step`]: `(t, y, h, δ)` to `M δ` with the step's Jacobian `M`, by [`Step::pushforward`].
///
/// # Errors
/// The map returns the errors of the step and of its tangent.
pub fn tangent<'a, M: Into<Method> + Clone>(
    method: &M,
    field: &'a dyn Field<f64>,
) -> impl Fn(f64, &[f64], f64, &[f64]) -> Result<Vec<f64>, Error> + use<'a, M> {
    let method = method.clone().into();
    move |t, y, h, delta| {
        let at = At { t, y: y.to_vec(), h };
        let (mut taken, mut delta) = (Taken::new(&method, field, &at)?, delta.to_vec());
        taken.step.pushforward(start(&at), &taken.trace, &mut delta, None, &mut taken.ws)?;
        Ok(delta)
    }
}

/// The exact adjoint of [`one_step`]: `(t, y, h, λ)` to `Mᵀ λ`, by [`Step::pullback`].
///
/// # Errors
/// The map returns the errors of the step and of its adjoint.
pub fn adjoint<'a, M: Into<Method> + Clone>(
    method: &M,
    field: &'a dyn Field<f64>,
) -> impl Fn(f64, &[f64], f64, &[f64]) -> Result<Vec<f64>, Error> + use<'a, M> {
    let method = method.clone().into();
    move |t, y, h, lambda| {
        let at = At { t, y: y.to_vec(), h };
        let (mut taken, mut lambda) = (Taken::new(&method, field, &at)?, lambda.to_vec());
        taken.step.pullback(start(&at), &taken.trace, &mut lambda, &mut [], &mut taken.ws)?;
        Ok(lambda)
    }
}

/// A step of one sample, with what its derivatives need.
struct Taken<'a> {
    step: Step<'a, f64>,
    trace: Trace<f64>,
    ws: Workspace<f64>,
    next: Vec<f64>,
}

impl<'a> Taken<'a> {
    fn new(method: &Method, field: &'a dyn Field<f64>, at: &At) -> Result<Self, Error> {
        // The step stops at 8 units of roundoff.
        let solver = StageSolver { method: StageMethod::Newton, tolerance: Some(1e-15), ..StageSolver::default() };
        let mut taken = Taken {
            step: Step::new(field, method, solver)?,
            trace: Trace::new(),
            ws: Workspace::new(),
            next: vec![0.0; at.y.len()],
        };
        taken.solve(at)?;
        Ok(taken)
    }

    /// Takes the step. Where its stages are not found, those of shorter steps from the same state show the way: their
    /// slopes, scaled to the size of the next, are its first guess.
    fn solve(&mut self, at: &At) -> Result<(), Error> {
        let mut forward = |h: f64, ratio: f64| {
            self.ws.scale_guess(ratio);
            let at = At { h, ..at.clone() };
            self.step.forward(start(&at), &mut self.next, &mut self.trace, &mut self.ws).map(drop)
        };
        let Err(mut error) = forward(at.h, 1.0) else { return Ok(()) };
        // Fractions of the step: what is reached, what the guess is scaled to, and what to go on by.
        let (mut reached, mut scaled, mut on) = (0.0, 1.0, 0.5);
        for _ in 0..MOST_SHORTER {
            if !matches!(error, Error::NotConverged { .. }) {
                break;
            }
            let next = f64::min(reached + on, 1.0);
            let ratio = next / scaled;
            scaled = next;
            match forward(next * at.h, ratio) {
                Ok(()) if next == 1.0 => return Ok(()),
                Ok(()) => (reached, on) = (next, 2.0 * on),
                Err(e) => (error, on) = (e, 0.5 * on),
            }
        }
        Err(error)
    }
}

/// Most steps shorter than the one asked for that are tried to find its stages.
const MOST_SHORTER: usize = 200;

fn start(at: &At) -> Start<'_, f64> {
    Start {
        params: &[],
        t: std::slice::from_ref(&at.t),
        h: std::slice::from_ref(&at.h),
        y: &at.y,
        batch: Batch::ONE,
        signals: &[],
    }
}

/// Steps of Gauss's scheme that an accurate flow is first computed by, for a unit of time; and the most, for any time.
const STEPS: f64 = 8.0;
const MOST_STEPS: usize = 4096;

/// The flow of a field without parameters, near to rounding: `(t, y, h)` to the solution at `t + h`.
///
/// It takes ever shorter steps of Gauss's scheme of order 12, until they agree to `10⁻¹³`.
///
/// # Errors
/// The map returns the errors of the steps, and [`Error::ToleranceNotMet`] if they do not come to agree.
pub fn flow<'a>(field: &'a dyn Field<f64>) -> impl Fn(f64, &[f64], f64) -> Result<Vec<f64>, Error> + 'a {
    let gauss = Tableau::gauss(6);
    move |t, y, h| {
        let gauss = match &gauss {
            Ok(gauss) => gauss,
            Err(_) => &Tableau::gauss(6)?,
        };
        let by = |steps: usize| {
            let short = h / steps as f64;
            let step = one_step(gauss, field);
            (0..steps).try_fold(y.to_vec(), |y, n| step(t + n as f64 * short, &y, short))
        };
        let mut steps = ((h.abs() * STEPS).ceil() as usize).max(1);
        let mut last = by(steps);
        while steps < MOST_STEPS {
            steps *= 2;
            let next = by(steps);
            if let (Ok(last), Ok(next)) = (&last, &next) {
                let size = next.iter().fold(1.0, |size: f64, x| size.max(x.abs()));
                if last.iter().zip(next).all(|(x, y)| (x - y).abs() <= 1e-13 * size) {
                    break;
                }
            }
            last = next;
        }
        match last {
            Ok(_) if steps >= MOST_STEPS => {
                Err(Error::ToleranceNotMet { time: t + h, reason: format!("{steps} steps of order 12 are too few") })
            }
            other => other,
        }
    }
}

/// The widest difference, relative to the state, and how often it is halved at most.
const WIDEST: f64 = 0.01;
const HALVINGS: usize = 10;

/// The tangent of a one-step map by central differences: `(t, y, h, δ)` to `M δ`, extrapolated from ever narrower
/// differences until they agree, or as well as they do.
///
/// Accurate to about `10⁻¹¹` relative to state and tangent, for a smooth map of moderate size.
///
/// # Errors
/// The map returns the text of the step's error.
///
/// # Reference
/// C. J. F. Ridders, Accurate computation of F′(x) and F′(x)F″(x), Adv. Eng. Software 4 (1982), 75–76.
pub fn differences<O: Outcome>(
    step: impl Fn(f64, &[f64], f64) -> O,
) -> impl Fn(f64, &[f64], f64, &[f64]) -> Result<Vec<f64>, String> {
    move |t, y, h, delta| {
        let largest = |x: &[f64]| x.iter().fold(0.0, |size: f64, x| size.max(x.abs()));
        let size = largest(delta);
        if size == 0.0 {
            return Ok(vec![0.0; y.len()]);
        }
        let moved = |by: f64| {
            let moved: Vec<f64> = y.iter().zip(delta).map(|(y, d)| y + by * d).collect();
            step(t, &moved, h).state()
        };
        let central = |by: f64| -> Result<Vec<f64>, String> {
            let (ahead, behind) = (moved(by)?, moved(-by)?);
            let difference: Vec<f64> = ahead.iter().zip(&behind).map(|(a, b)| (a - b) / (2.0 * by)).collect();
            let finite = difference.iter().all(|x| x.is_finite());
            finite.then_some(difference).ok_or_else(|| "a difference of its states is not finite".into())
        };
        let apart = |x: &[f64], y: &[f64]| x.iter().zip(y).fold(0.0, |most: f64, (x, y)| most.max((x - y).abs()));
        let mut by = WIDEST * largest(y).max(1.0) / size;
        // Those of order 2, 4, 6, … in the last difference, and the best of all so far with its uncertainty.
        let mut last: Vec<Vec<f64>> = Vec::new();
        let (mut best, mut uncertainty) = (Err(String::new()), f64::INFINITY);
        for _ in 0..=HALVINGS {
            let mut next = match central(by) {
                Ok(difference) => vec![difference],
                // Closer by, there may be a step.
                Err(failure) if best.is_err() => {
                    (best, by) = (Err(failure), 0.5 * by);
                    last.clear();
                    continue;
                }
                Err(_) => break,
            };
            let mut weight = 1.0;
            for (k, wide) in last.iter().enumerate() {
                weight *= 4.0;
                let pairs = next[k].iter().zip(wide);
                let extrapolated: Vec<f64> = pairs.map(|(x, wide)| x + (x - wide) / (weight - 1.0)).collect();
                let unsure = apart(&extrapolated, &next[k]).max(apart(&extrapolated, wide));
                if unsure < uncertainty {
                    (best, uncertainty) = (Ok(extrapolated.clone()), unsure);
                }
                next.push(extrapolated);
            }
            if matches!(&best, Ok(best) if uncertainty <= 1e-12 * largest(best).max(size)) {
                break;
            }
            (last, by) = (next, 0.5 * by);
        }
        best
    }
}

/// The stability function of a tableau, `R(z) = 1 + z bᵀ (I - zA)⁻¹ 1`; not a number at a pole.
pub fn stability_function(tableau: &Tableau) -> impl Fn(Complex<f64>) -> Complex<f64> {
    |z| stability(tableau, z)
}
