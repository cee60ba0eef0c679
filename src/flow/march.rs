//! Steps from time to time.

use super::control::Controller;
use super::estimate::{Estimate, Kind};
use super::stepper::Stepper;
use super::{Flow, FlowWork};
use crate::step::{SMALLEST_STEP, Step};
use crate::{Error, Number, Real, Tableau};

/// Stage equations are solved to this fraction of the error that a step may have.
const STAGE_FRACTION: f64 = 0.05;
/// Finest and coarsest tolerance of stage equations; the finest in units of the last place.
const STAGE_FINEST: f64 = 20.0;
const STAGE_COARSEST: f64 = 1e-3;
/// A step that turns out to need less than this fraction of its tolerance is solved again.
const SURPRISE: f64 = 0.1;
/// A solution on its way.
pub(super) struct March<'a, T: Real> {
    flow: &'a Flow<'a, T>,
    stepper: Stepper<'a, T>,
    estimate: Estimate<T>,
    controller: Controller,
    /// Whether there are stage equations to solve.
    implicit: bool,
    /// What the tolerance of one step is multiplied with.
    tightening: f64,
    t: f64,
    y: Vec<T>,
    /// The state after the step being tried.
    next: Vec<T>,
    /// The state halfway there.
    middle: Vec<T>,
    /// The step's error, before division by what is allowed.
    error: Vec<T>,
    /// Size of the next step, without sign; `None` before the first.
    h: Option<f64>,
    /// The smallest step, in units in the last place of the time as the field sees it.
    resolution: f64,
    /// Steps that ended at a time asked for.
    asked: usize,
    /// Why the last step tried has no error estimate, if it has none.
    trouble: Option<Error>,
}

impl<'a, T: Real> March<'a, T> {
    /// From `y0` at `t0`, with the effective parameters of the flow's.
    pub fn new(flow: &'a Flow<'a, T>, params: &'a [T], scheme: &Tableau, t0: f64, y0: &[T]) -> Result<Self, Error> {
        let estimate = Estimate::new(scheme)?;
        let is_explicit =
            |range: &std::ops::Range<usize>| range.len() == 1 && scheme.a(range.start, range.start) == 0.0;
        let explicit_stages = scheme.blocks().iter().filter(|&range| is_explicit(range)).count();
        let step = Step::new(flow.field, &scheme.clone().into(), flow.solver)?.at_any_time();
        let zeros = vec![T::zero(); y0.len()];
        Ok(March {
            flow,
            stepper: Stepper::new(step, flow.field, params, flow.signals.as_slice(), explicit_stages),
            controller: Controller::new(estimate.order),
            implicit: explicit_stages < scheme.stages(),
            tightening: estimate.tightening(flow.relative),
            estimate,
            t: t0,
            y: y0.to_vec(),
            next: zeros.clone(),
            middle: zeros.clone(),
            error: zeros,
            h: None,
            resolution: if flow.field.depends_on_time() { T::EPSILON.to_f64() } else { f64::EPSILON },
            asked: 0,
            trouble: None,
        })
    }

    pub fn state(&self) -> &[T] {
        &self.y
    }

    pub fn work(&self) -> FlowWork {
        self.stepper.work
    }

    /// Steps until `target`, which is hit exactly.
    pub fn advance(&mut self, target: f64) -> Result<(), Error> {
        while self.t != target {
            let remaining = (target - self.t).abs();
            let direction = (target - self.t).signum();
            let proposed = match self.h {
                Some(h) => h,
                None => self.first_step(direction, remaining)?,
            };
            let proposed = proposed.min(self.flow.max_step);
            self.check(proposed)?;
            // The last step is stretched a little, or shared with the one before it, rather than left tiny.
            let ratio = remaining / proposed;
            let end = match ratio {
                ..=1.01 => target,
                ..2.0 => self.t + 0.5 * (target - self.t),
                _ => self.t + direction * proposed,
            };
            // A step cut this short says little of the size that suits: what was proposed stays.
            let brief = ratio < 0.5;
            // Just what the time advances by, rounding included.
            let h = end - self.t;
            match self.attempt(h) {
                Ok(error) if error <= 1.0 => {
                    self.stepper.work.accepted += 1;
                    self.asked += usize::from(end == target);
                    self.trouble = None;
                    self.t = end;
                    std::mem::swap(&mut self.y, &mut self.next);
                    let suited = h.abs() * self.controller.accept(error, brief);
                    self.h = Some(if brief { suited.max(proposed) } else { suited });
                }
                Ok(error) if error.is_finite() => {
                    self.stepper.work.rejected += 1;
                    self.trouble = None;
                    self.h = Some(h.abs() * self.controller.reject(error));
                }
                failed => {
                    self.stepper.work.rejected += 1;
                    self.trouble =
                        failed.err().or(Some(Error::NotFinite { what: "the estimated error", location: None }));
                    self.h = Some(h.abs() * self.controller.fail());
                }
            }
        }
        Ok(())
    }

    /// Tries a step of size `h`, with sign: `next` is its state. Gives its error relative to what is allowed.
    fn attempt(&mut self, h: f64) -> Result<f64, Error> {
        if !self.implicit || self.flow.solver.tolerance.is_some() {
            return self.take(h);
        }
        let size = |y: &[T]| y.iter().map(|y| y.to_f64().abs()).fold(0.0, f64::max);
        let tolerance = self.stage_tolerance(size(&self.y));
        self.stepper.step.set_tolerance(tolerance);
        let error = self.take(h)?;
        let needed = self.stage_tolerance(size(&self.y).max(size(&self.next)));
        if needed >= SURPRISE * tolerance {
            return Ok(error);
        }
        // A state that was about to vanish has become large.
        self.stepper.step.set_tolerance(needed);
        self.take(h)
    }

    /// A step of size `h`, with sign, and its error relative to what is allowed.
    fn take(&mut self, h: f64) -> Result<f64, Error> {
        let (t, y) = (self.t, &self.y);
        match &self.estimate.kind {
            Kind::Embedded(difference) => {
                self.stepper.take(t, h, y, &mut self.next)?;
                self.stepper.combine(difference, &mut self.error);
            }
            Kind::Doubling(divisor) => {
                self.stepper.take(t, 0.5 * h, y, &mut self.middle)?;
                self.stepper.take(t + 0.5 * h, 0.5 * h, &self.middle, &mut self.next)?;
                self.stepper.take(t, h, y, &mut self.error)?;
                for (error, &next) in self.error.iter_mut().zip(&self.next) {
                    *error = (next - *error) / *divisor;
                }
            }
        }
        let larger = self.y.iter().zip(&self.next).map(|(y, next)| Number::max(y.abs(), next.abs()));
        Ok(self.norm(&self.error, larger))
    }

    /// `max_i |x_i| / (θ (atol + rtol size_i))`; NaN if an entry is.
    fn norm(&self, x: &[T], sizes: impl Iterator<Item = T>) -> f64 {
        x.iter().zip(sizes).map(|(&x, size)| x.to_f64().abs() / self.allowed(size)).fold(0.0, |largest, ratio| {
            // Written so that NaN wins, and stays.
            if largest >= ratio || largest.is_nan() { largest } else { ratio }
        })
    }

    /// The error that one step may add to a component of this size.
    fn allowed(&self, size: T) -> f64 {
        self.tightening * (self.flow.absolute + self.flow.relative * size.to_f64().abs())
    }

    /// The tolerance of stage equations, relative to the increment of the step: a fraction of the error allowed where the
    /// increment is as large as the state, of that `size`, and a smaller share where it is smaller. What the steps of a
    /// path leave adds up to the same however many they are.
    fn stage_tolerance(&self, size: f64) -> f64 {
        let allowed = self.y.iter().map(|&y| self.allowed(y)).fold(f64::INFINITY, f64::min);
        let tolerance = STAGE_FRACTION * allowed / size;
        tolerance.max(STAGE_FINEST * T::EPSILON.to_f64()).min(STAGE_COARSEST)
    }

    /// Size of the first step: E. Hairer, S. P. Nørsett, G. Wanner, Solving Ordinary Differential Equations I (1993),
    /// II.4.
    fn first_step(&mut self, direction: f64, remaining: f64) -> Result<f64, Error> {
        if let Some(h) = self.flow.initial_step {
            return Ok(h);
        }
        self.stepper.slope(self.t, &self.y, &mut self.middle);
        let value = self.norm(&self.y, self.y.iter().copied());
        let slope = self.norm(&self.middle, self.y.iter().copied());
        if !slope.is_finite() {
            return Err(self.not_met("the field is not finite here; start elsewhere".into()));
        }
        let guess = if value < 1e-5 || slope < 1e-5 { 1e-6 } else { 0.01 * value / slope };
        let mut h = guess.min(remaining);
        // How the slope changes along a step of Euler's method.
        let change = loop {
            let step = T::constant(direction * h);
            for ((next, &y), &slope) in self.next.iter_mut().zip(&self.y).zip(&self.middle) {
                *next = y + step * slope;
            }
            self.stepper.slope(self.t + direction * h, &self.next, &mut self.error);
            self.error.iter_mut().zip(&self.middle).for_each(|(error, &slope)| *error -= slope);
            let change = self.norm(&self.error, self.y.iter().copied()) / h;
            if change.is_finite() {
                break change;
            }
            self.check(h)?;
            h *= 0.1;
        };
        let fastest = slope.max(change);
        let suited = match fastest <= 1e-15 {
            true => (1e-3 * h).max(1e-6),
            false => (0.01 / fastest).powf(1.0 / self.estimate.order as f64),
        };
        Ok(suited.min(100.0 * h).min(remaining))
    }

    /// Refuses to go on with a step that is too small, or one too many.
    fn check(&self, proposed: f64) -> Result<(), Error> {
        let FlowWork { accepted, rejected, .. } = self.work();
        if accepted + rejected - self.asked >= self.flow.max_steps {
            return Err(self.not_met(format!(
                "{accepted} steps were accepted and {rejected} rejected, which is all that `max_steps` allows, and the next \
                 would be of size {proposed:.1e}; allow more, loosen the tolerance, or choose a scheme of higher order, or \
                 one for stiff fields"
            )));
        }
        let smallest = SMALLEST_STEP * self.resolution * self.t.abs();
        // The second condition is for times near zero.
        if proposed > smallest && T::constant(proposed) > T::zero() {
            return Ok(());
        }
        let cause = match &self.trouble {
            Some(error) => error.to_string(),
            None if rejected > 0 => "its estimated error is too large".into(),
            None => {
                return Err(self.not_met(format!(
                    "a first step of size {proposed:.1e} would suit the field, and this time has no closer neighbours than \
                     {smallest:.1e}; start nearer to time 0, or from a state where the field is not as large"
                )));
            }
        };
        Err(self.not_met(format!(
            "the step has shrunk to {proposed:.1e}, and still {cause}; the solution may end here: ask for earlier times, else \
             loosen the tolerance or choose another scheme"
        )))
    }

    fn not_met(&self, reason: String) -> Error {
        Error::ToleranceNotMet { time: self.t, reason }
    }
}
