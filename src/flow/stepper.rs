//! Single steps of one sample, counted.

use super::FlowWork;
use crate::field::{Batch, Field, Point, Signal, write_signals};
use crate::step::{Start, Step, Trace, Workspace};
use crate::{Error, Real};
use std::sync::Arc;

/// A scheme over a field with its parameters, and the memory its steps need.
pub(super) struct Stepper<'a, T: Real> {
    pub step: Step<'a, T>,
    pub field: &'a dyn Field<T>,
    pub params: &'a [T],
    /// What the sample knows beside its state, if it does.
    signals: &'a [Arc<dyn Signal>],
    /// Stages of a step that are no part of a nonlinear solve.
    pub explicit_stages: usize,
    pub work: FlowWork,
    /// Size of the step that the workspace's first guess belongs to.
    guess_step: T,
    trace: Trace<T>,
    ws: Workspace<T>,
    record: Vec<T>,
    /// The time of an evaluation, and the signals then.
    known: Vec<T>,
}

impl<'a, T: Real> Stepper<'a, T> {
    pub fn new(
        step: Step<'a, T>,
        field: &'a dyn Field<T>,
        params: &'a [T],
        signals: &'a [Arc<dyn Signal>],
        explicit_stages: usize,
    ) -> Self {
        Stepper {
            step,
            field,
            params,
            signals,
            explicit_stages,
            work: FlowWork::default(),
            guess_step: T::one(),
            trace: Trace::new(),
            ws: Workspace::new(),
            record: vec![T::zero(); field.record_rows()],
            known: vec![T::zero(); 1 + field.signals()],
        }
    }

    /// `next = y(t + h)` by one step from `y`.
    pub fn take(&mut self, t: f64, h: f64, y: &[T], next: &mut [T]) -> Result<(), Error> {
        self.work.evaluations += self.explicit_stages;
        let h = T::constant(h);
        self.ws.scale_guess(h / self.guess_step);
        self.guess_step = h;
        let from =
            Start { params: self.params, t: &[T::constant(t)], h: &[h], y, batch: Batch::ONE, signals: self.signals };
        let taken = self.step.forward(from, next, &mut self.trace, &mut self.ws);
        if taken.is_err() {
            // The slope it would leave is of no use.
            self.ws.start();
        }
        self.work.iterations += taken?;
        Ok(())
    }

    /// `out = Σ_i w_i h k_i` with the slopes of the last step.
    pub fn combine(&self, weights: &[T], out: &mut [T]) {
        self.ws.combine(weights, out);
    }

    /// `dy = F(γ, t, y)`.
    pub fn slope(&mut self, t: f64, y: &[T], dy: &mut [T]) {
        self.work.evaluations += 1;
        self.known[0] = T::constant(t);
        if self.known.len() > 1 {
            write_signals(&mut self.known, 1, 1, |_| &self.signals[0]);
        }
        let at = Point { params: self.params, t: &self.known, y, batch: Batch::ONE };
        self.field.eval_batch(at, dy, &mut self.record, self.ws.scratch());
    }
}
