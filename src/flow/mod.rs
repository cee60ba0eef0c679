//! Accurate integration of a field, learned or written by hand, forward or backward in time.
//!
//! A network takes the steps it was built with. A [`Flow`] takes as many as a tolerance needs, with any tableau.
//!
//! # The error of a step
//!
//! *With embedded weights* `b̂` the estimate is `h Σ_i (b_i - b̂_i) k_i`; the state kept is that of `b`.
//!
//! *Without*, or with weights of the same stability function, which see no error on linear equations, every step is taken
//! once with `h`, giving `y¹`, and twice with `h/2`, giving `y²`, which is kept. The estimate is `(y² - y¹)/(2^r - 1)`.
//! For an explicit scheme of order `p`, `r = p`: Richardson's estimate. For an implicit one `r = min(p, η + 1)`, with `η`
//! the order of its stages (`Σ_j a_ij c_j^{k-1} = c_i^k/k` for `k ≤ η`), since that is what is left of its order on stiff
//! fields. There is no local extrapolation: the state is the scheme's own, so that damping, and what else the scheme
//! preserves, are kept.
//!
//! Doubling asks nothing of the tableau but its order. It costs three solves for two half steps, so 1.5 times the
//! bare scheme. Its estimate is of the scheme's own order, where a companion formula from `F(y_n)` and the stages is of
//! order `s` for a scheme of order `2s - 1` or `2s`, and pays for this with more steps unless the tolerance is loose;
//! and it is damped on stiff components as the scheme itself is, where a companion must be filtered by
//! `(I - hγJ)⁻¹`.
//!
//! # The step size
//!
//! The largest `|error_i| / (atol + rtol max(|y_i|, |y_{n+1,i}|))` must not exceed `θ = rtol^{(q-p)/p}`, where the
//! estimate is `O(h^q)` and the scheme of order `p`. Then `h = O((rtol θ)^{1/q})`, and the error of many steps, `O(h^p)`,
//! is proportional to the tolerance: `θ = 1` for the usual pairs (`q = p`), `rtol^{1/p}` for doubling (`q = p + 1`).
//! Steps follow a PI controller; the first is chosen as in E. Hairer, S. P. Nørsett, G. Wanner, Solving Ordinary
//! Differential Equations I (1993), II.4. Times asked for are hit by cutting steps short.
//!
//! Stage equations are solved to a twentieth of what the step may err, in the proportion that the step's increment has to
//! the state, so that what they leave adds up to the same however many times are asked for; unless the solver names a
//! tolerance of its own.
//!
//! The tolerance bounds what each step adds. A field that drives neighbouring solutions apart amplifies it, by as much as
//! it amplifies any other disturbance.

mod control;
mod estimate;
mod march;
mod solution;
mod stepper;

pub use solution::{FlowWork, Solution};

use crate::field::{Effective, Field, Purpose, Signal};
use crate::solve::StageSolver;
use crate::{Error, Real, Tableau};
use march::March;
use std::sync::Arc;

/// The flow of a field: states at any times, to a tolerance.
///
/// ```
/// use kutta::{Flow, Number, VectorField};
/// struct Pendulum;
/// impl VectorField for Pendulum {
///     fn dim(&self) -> usize { 2 }
///     fn param_count(&self) -> usize { 1 }
///     fn eval<S: Number>(&self, params: &[S], _t: S, y: &[S], dy: &mut [S]) {
///         dy[0] = y[1];
///         dy[1] = -params[0] * y[0].sin();
///     }
/// }
/// let path = Flow::new(&Pendulum, &[9.81]).tolerance(1e-8, 1e-10).solve(0.0, &[0.5, 0.0], &[1.0, 2.0])?;
/// let energy = |y: &[f64]| 0.5 * y[1] * y[1] - 9.81 * y[0].cos();
/// assert!((energy(path.state(1)) - energy(&[0.5, 0.0])).abs() < 1e-6);
/// # Ok::<(), kutta::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Flow<'a, T: Real> {
    field: &'a dyn Field<T>,
    params: &'a [T],
    /// `None`: Radau IIA of three stages.
    scheme: Option<Tableau>,
    relative: f64,
    absolute: f64,
    max_steps: usize,
    max_step: f64,
    initial_step: Option<f64>,
    solver: StageSolver,
    signals: Option<Arc<dyn Signal>>,
}

impl<'a, T: Real> Flow<'a, T> {
    /// The flow of `field` with parameters `params`, by the methods' defaults below.
    pub fn new(field: &'a dyn Field<T>, params: &'a [T]) -> Self {
        let double = size_of::<T>() == 8;
        Flow {
            field,
            params,
            scheme: None,
            relative: if double { 1e-6 } else { 1e-4 },
            absolute: if double { 1e-9 } else { 1e-6 },
            max_steps: 100_000,
            max_step: f64::INFINITY,
            initial_step: None,
            solver: StageSolver { max_iterations: 20, ..StageSolver::default() },
            signals: None,
        }
    }

    /// The scheme. Default: Radau IIA of three stages, of order 5, at home on stiff fields. On fields that are not stiff,
    /// and on large ones, [`Tableau::dormand_prince_5_4`] is faster.
    pub fn scheme(self, scheme: Tableau) -> Self {
        Flow { scheme: Some(scheme), ..self }
    }

    /// Error allowed in a component `y_i`: `absolute + relative |y_i|`. Default: `1e-6` and `1e-9` in f64, `1e-4` and
    /// `1e-6` in f32.
    pub fn tolerance(self, relative: f64, absolute: f64) -> Self {
        Flow { relative, absolute, ..self }
    }

    /// Most steps, rejected ones included, those that end at a time asked for not. Default: 100 000.
    pub fn max_steps(self, max_steps: usize) -> Self {
        Flow { max_steps, ..self }
    }

    /// Largest size of a step, without sign. Default: any. No error estimate sees what happens between the stages of a
    /// step: a field with pulses that are shorter than its other time scales needs steps that cannot miss them, or times
    /// to be asked for where they begin and end.
    pub fn max_step(self, h: f64) -> Self {
        Flow { max_step: h, ..self }
    }

    /// Size of the first step to try, without sign. Default: chosen from the field near the start.
    pub fn initial_step(self, h: f64) -> Self {
        Flow { initial_step: Some(h), ..self }
    }

    /// How stage equations are solved. Default: the default [`StageSolver`], with at most 20 iterations; a solve that fails
    /// makes the step smaller. Its tolerance, if it names none, is tied to that of the flow.
    pub fn solver(self, solver: StageSolver) -> Self {
        Flow { solver, ..self }
    }

    /// What the sample knows beside its state, for a field that sees [signals](Signal).
    pub fn signals(self, signals: Arc<dyn Signal>) -> Self {
        Flow { signals: Some(signals), ..self }
    }

    /// The states at `times` of the solution with `y(t0) = y0`.
    ///
    /// The times ascend or descend from `t0`; they may repeat, and may begin with `t0`.
    ///
    /// # Errors
    /// * [`Error::ShapeMismatch`] and [`Error::NotFinite`] for parameters or a start of the wrong size or not finite.
    /// * [`Error::InvalidArgument`] for times that are not finite or not in order, for a tolerance, first step or solver
    ///   that makes no sense, and for a tableau whose order is not known.
    /// * [`Error::ToleranceNotMet`], naming the time reached, where the step underflows, or the steps are used up.
    pub fn solve(&self, t0: f64, y0: &[T], times: &[f64]) -> Result<Solution<T>, Error> {
        let dim = self.field.dim();
        Error::check_len("params", "entries", self.params.len(), self.field.param_count())?;
        Error::check_len("y0", "components", y0.len(), dim)?;
        for (what, numbers) in [("a parameter", self.params), ("a component of y0", y0)] {
            if !numbers.iter().all(|x| x.is_finite()) {
                return Err(Error::NotFinite { what, location: None });
            }
        }
        let (sees, given) = (self.field.signals(), self.signals.as_ref().map_or(0, |signals| signals.rows()));
        Error::check_len("signals", "rows", given.min(sees), sees)?;
        self.check(t0, times)?;
        let scheme = match &self.scheme {
            Some(scheme) => scheme,
            None => &Tableau::radau_iia(3)?,
        };
        let mut effective = Effective::new();
        let params = effective.update(self.field, self.params, Purpose::Prediction)?;
        let mut march = March::new(self, params, scheme, t0, y0)?;
        let mut states = Vec::with_capacity(times.len() * dim);
        for &time in times {
            march.advance(time)?;
            states.extend_from_slice(march.state());
        }
        Ok(Solution::new(dim, times, states, march.work()))
    }

    /// Refuses settings and times that make no sense.
    fn check(&self, t0: f64, times: &[f64]) -> Result<(), Error> {
        let finest = 10.0 * T::EPSILON.to_f64();
        if self.field.dim() == 0 {
            return Err(Error::invalid("the dimension of the field", "0", "at least 1"));
        }
        if !(self.relative >= finest && self.relative < 1.0) {
            return Err(Error::invalid("relative", self.relative, format!("a number from {finest:.1e} to 1")));
        }
        if !(self.absolute > 0.0 && self.absolute.is_finite()) {
            return Err(Error::invalid("absolute", self.absolute, "a positive number"));
        }
        if self.max_steps == 0 {
            return Err(Error::invalid("max_steps", "0", "at least 1"));
        }
        if self.max_step.is_nan() || self.max_step <= 0.0 {
            return Err(Error::invalid("max_step", self.max_step, "a positive number"));
        }
        if let Some(h) = self.initial_step.filter(|&h| !(h > 0.0 && h.is_finite())) {
            return Err(Error::invalid("initial_step", h, "a positive number"));
        }
        let all = || std::iter::once(&t0).chain(times);
        if let Some(t) = all().find(|&&t| !T::constant(t).is_finite()) {
            return Err(Error::invalid("a time", t, "a finite number"));
        }
        let backward = times.last().is_some_and(|&last| last < t0);
        for (&before, &t) in all().zip(times) {
            if (backward && t > before) || (!backward && t < before) {
                return Err(Error::invalid(
                    "a time",
                    format!("{t}, after {before}"),
                    "times that all ascend from t0 or all descend",
                ));
            }
        }
        Ok(())
    }
}
