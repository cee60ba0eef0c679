//! Samples with parameters of their own.

use super::{Batch, Dimensions, Field, JvpBars, Parameter, Point, Reparameterisation, Scratch, Term};
use crate::Real;
use crate::number::Rounded;
use rand::RngCore;
use std::ops::Range;

/// A field of which every sample of a batch has parameters of its own, all with the same values: cotangents of parameters are
/// those of each sample, not their sum.
///
/// Its parameters are as many sets as there are samples; column `q` of a batch belongs to sample `q` modulo their number, so
/// that the columns of a sample's stages are its own.
pub(crate) struct Apart<'f, T: Real> {
    field: &'f dyn Field<T>,
    pub samples: usize,
    /// Parameters of a sample, and which of them are the field's.
    set: usize,
    own: Range<usize>,
    /// The terms of the field, with the rows that they read, and those that they add to.
    parts: Vec<(Apart<'f, T>, [Range<usize>; 2])>,
}

impl<'f, T: Real> Apart<'f, T> {
    pub fn new(field: &'f dyn Field<T>, samples: usize) -> Self {
        let set = field.param_count();
        let of = |term: Term<'f, T>| {
            let part = Apart { field: term.field, samples, set, own: term.params, parts: Vec::new() };
            (part, [term.reads, term.writes])
        };
        Apart { field, samples, set, own: 0..set, parts: field.terms().into_iter().map(of).collect() }
    }

    /// One set of parameters is enough to evaluate.
    fn at<'p>(&self, at: Point<'p, T>) -> Point<'p, T> {
        Point { params: &at.params[self.own.clone()], ..at }
    }
}

impl<T: Real> Dimensions for Apart<'_, T> {
    fn dim(&self) -> usize {
        self.field.dim()
    }

    fn inputs(&self) -> usize {
        self.field.inputs()
    }

    fn param_count(&self) -> usize {
        self.samples * self.set
    }

    fn parameters(&self) -> Vec<Parameter> {
        vec![Parameter::new("parameters", [self.samples, self.set])]
    }

    fn record_rows(&self) -> usize {
        self.field.record_rows()
    }

    fn signals(&self) -> usize {
        self.field.signals()
    }

    fn depends_on_time(&self) -> bool {
        self.field.depends_on_time()
    }

    fn in_time_units(self, _: f64) -> Self {
        self
    }
}

impl<T: Real> Field<T> for Apart<'_, T> {
    fn init(&self, rng: &mut dyn RngCore) -> Vec<T> {
        self.field.init(rng).repeat(self.samples)
    }

    fn reparameterisation(&self) -> Option<&dyn Reparameterisation<T>> {
        None
    }

    fn terms(&self) -> Vec<Term<'_, T>> {
        let params = 0..self.param_count();
        let each = self.parts.iter();
        each.map(|(field, [reads, writes])| Term {
            field,
            params: params.clone(),
            reads: reads.clone(),
            writes: writes.clone(),
        })
        .collect()
    }

    fn eval_batch(&self, at: Point<'_, T>, dy: &mut [T], record: &mut [T], scratch: &mut Scratch<T>) {
        self.field.eval_batch(self.at(at), dy, record, scratch);
    }

    fn eval_rounded(&self, params: &[Rounded<T>], t: &[Rounded<T>], y: &[Rounded<T>], dy: &mut [Rounded<T>]) {
        self.field.eval_rounded(&params[self.own.clone()], t, y, dy);
    }

    /// Directions of parameters are those of the first sample.
    fn jvp(&self, at: Point<'_, T>, record: &[T], v: &[T], w: Option<&[T]>, out: &mut [T], scratch: &mut Scratch<T>) {
        self.field.jvp(self.at(at), record, v, w.map(|w| &w[self.own.clone()]), out, scratch);
    }

    fn vjp(
        &self,
        at: Point<'_, T>,
        record: &[T],
        w: &[T],
        y_bar: &mut [T],
        params_bar: Option<&mut [T]>,
        scratch: &mut Scratch<T>,
    ) {
        let at = self.at(at);
        self.field.vjp(at, record, w, y_bar, None, scratch);
        let Some(params_bar) = params_bar else { return };
        let stride = at.batch.stride;
        let mut one: [Vec<T>; 5] = std::array::from_fn(|_| scratch.take(0));
        one[4].resize(self.inputs(), T::zero());
        for q in 0..at.batch.live {
            let [t, y, record_of_one, w_of_one, y_bar] = &mut one;
            let column = |matrix: &[T], out: &mut Vec<T>| {
                out.clear();
                out.extend(matrix.iter().skip(q).step_by(stride));
            };
            column(at.t, t);
            column(at.y, y);
            column(record, record_of_one);
            column(w, w_of_one);
            let bar = &mut params_bar[q % self.samples * self.set..][self.own.clone()];
            let point = Point { params: at.params, t, y, batch: Batch::ONE };
            self.field.vjp(point, record_of_one, w_of_one, y_bar, Some(bar), scratch);
        }
        one.into_iter().rev().for_each(|buffer| scratch.give(buffer));
    }

    fn jvp_pullback(
        &self,
        at: Point<'_, T>,
        record: &[T],
        v: &[T],
        w: &[T],
        bars: JvpBars<'_, T>,
        scratch: &mut Scratch<T>,
    ) {
        let params = bars.params.map(|bar| &mut bar[self.own.clone()]);
        self.field.jvp_pullback(self.at(at), record, v, w, JvpBars { params, ..bars }, scratch);
    }

    fn jacobian(&self, at: Point<'_, T>, record: &[T], out: &mut [T], scratch: &mut Scratch<T>) {
        self.field.jacobian(self.at(at), record, out, scratch);
    }
}
