//! One term of a field, as a scheme that treats terms differently sees it.

use super::{Field, JvpBars, Point, Scratch};
use crate::number::Rounded;
use crate::{Error, Real};
use std::ops::Range;

/// A term `F_m` of a field `F = Σ_m F_m`, see [`Field::terms`]: which rows of the state it reads, and which rows of `F` it
/// adds to.
#[derive(Debug)]
pub struct Term<'a, T: Real> {
    /// What evaluates it, given the rows that it reads. It gives those that it adds to; or as many as `F` has, of which
    /// only those count.
    pub field: &'a dyn Field<T>,
    /// Which of the parameters of `F` are its own.
    pub params: Range<usize>,
    /// The rows of the state that it reads.
    pub reads: Range<usize>,
    /// The rows of `F` that it adds to.
    pub writes: Range<usize>,
}

impl<T: Real> Clone for Term<'_, T> {
    fn clone(&self) -> Self {
        Term { field: self.field, params: self.params.clone(), reads: self.reads.clone(), writes: self.writes.clone() }
    }
}

impl<'a, T: Real> Term<'a, T> {
    /// A field as a single term.
    pub fn whole(field: &'a dyn Field<T>) -> Self {
        let (d, count) = (field.dim(), field.param_count());
        Term { field, params: 0..count, reads: 0..d, writes: 0..d }
    }

    /// Refuses a term that does not fit a field of `dim` components and `params` parameters.
    pub(crate) fn check(&self, dim: usize, params: usize) -> Result<(), Error> {
        let within = |range: &Range<usize>, end: usize| range.start <= range.end && range.end <= end;
        for (argument, range, end) in
            [("params", &self.params, params), ("reads", &self.reads, dim), ("writes", &self.writes, dim)]
        {
            if !within(range, end) {
                return Err(Error::invalid(
                    "a term",
                    format!("{argument} {range:?}"),
                    format!("a range within 0..{end}"),
                ));
            }
        }
        Error::check_len("a term's parameters", "entries", self.field.param_count(), self.params.len())?;
        Error::check_len("what a term reads", "components", self.field.inputs(), self.reads.len())?;
        match self.is_masked() {
            true => Error::check_len("a term", "components", self.field.dim(), dim),
            false => Ok(()),
        }
    }

    /// Whether only some rows of what the field gives count.
    fn is_masked(&self) -> bool {
        self.field.dim() != self.writes.len()
    }

    /// `at`, but for its own parameters.
    fn point<'b>(&self, at: Point<'b, T>) -> Point<'b, T> {
        Point { params: &at.params[self.params.clone()], ..at }
    }

    /// The rows that count of a matrix of all.
    fn rows(&self, stride: usize) -> Range<usize> {
        self.writes.start * stride..self.writes.end * stride
    }

    /// A matrix of all rows, zero but for those that count, in a buffer of `scratch`.
    fn padded(&self, w: &[T], stride: usize, scratch: &mut Scratch<T>) -> Vec<T> {
        let mut all = scratch.take(self.field.dim() * stride);
        all.fill(T::zero());
        all[self.rows(stride)].copy_from_slice(w);
        all
    }

    /// Rows of a matrix of evaluations that the term fills.
    pub(crate) fn record_rows(&self) -> usize {
        self.field.record_rows()
    }

    /// `dy = F_m`: the rows that it adds to, at the rows that it reads, which are those of `at.y`; `at.params` are those of
    /// the whole, as in all that follows.
    pub(crate) fn eval(&self, at: Point<'_, T>, dy: &mut [T], record: &mut [T], scratch: &mut Scratch<T>) {
        let at = self.point(at);
        if !self.is_masked() {
            return self.field.eval_batch(at, dy, record, scratch);
        }
        let mut all = scratch.take(self.field.dim() * at.batch.stride);
        self.field.eval_batch(at, &mut all, record, scratch);
        dy.copy_from_slice(&all[self.rows(at.batch.stride)]);
        scratch.give(all);
    }

    /// [`Field::eval_rounded`].
    pub(crate) fn eval_rounded(
        &self,
        params: &[Rounded<T>],
        t: &[Rounded<T>],
        y: &[Rounded<T>],
        dy: &mut [Rounded<T>],
    ) {
        let params = &params[self.params.clone()];
        if !self.is_masked() {
            return self.field.eval_rounded(params, t, y, dy);
        }
        let mut all = vec![Rounded::exact(T::zero()); self.field.dim()];
        self.field.eval_rounded(params, t, y, &mut all);
        dy.copy_from_slice(&all[self.writes.clone()]);
    }

    /// [`Field::jvp`].
    pub(crate) fn jvp(
        &self,
        at: Point<'_, T>,
        record: &[T],
        v: &[T],
        w: Option<&[T]>,
        out: &mut [T],
        scratch: &mut Scratch<T>,
    ) {
        let (at, w) = (self.point(at), w.map(|w| &w[self.params.clone()]));
        if !self.is_masked() {
            return self.field.jvp(at, record, v, w, out, scratch);
        }
        let mut all = scratch.take(self.field.dim() * at.batch.stride);
        self.field.jvp(at, record, v, w, &mut all, scratch);
        out.copy_from_slice(&all[self.rows(at.batch.stride)]);
        scratch.give(all);
    }

    /// [`Field::vjp`].
    pub(crate) fn vjp(
        &self,
        at: Point<'_, T>,
        record: &[T],
        w: &[T],
        y_bar: &mut [T],
        params_bar: Option<&mut [T]>,
        scratch: &mut Scratch<T>,
    ) {
        let (at, params_bar) = (self.point(at), params_bar.map(|bar| &mut bar[self.params.clone()]));
        if !self.is_masked() {
            return self.field.vjp(at, record, w, y_bar, params_bar, scratch);
        }
        let all = self.padded(w, at.batch.stride, scratch);
        self.field.vjp(at, record, &all, y_bar, params_bar, scratch);
        scratch.give(all);
    }

    /// [`Field::jvp_pullback`].
    pub(crate) fn jvp_pullback(
        &self,
        at: Point<'_, T>,
        record: &[T],
        v: &[T],
        w: &[T],
        bars: JvpBars<'_, T>,
        scratch: &mut Scratch<T>,
    ) {
        let JvpBars { y, v: v_bar, params } = bars;
        let bars = JvpBars { y, v: v_bar, params: params.map(|bar| &mut bar[self.params.clone()]) };
        let at = self.point(at);
        if !self.is_masked() {
            return self.field.jvp_pullback(at, record, v, w, bars, scratch);
        }
        let all = self.padded(w, at.batch.stride, scratch);
        self.field.jvp_pullback(at, record, v, &all, bars, scratch);
        scratch.give(all);
    }

    /// [`Field::jacobian`]: a row for each pair of a row that it adds to and one that it reads.
    pub(crate) fn jacobian(&self, at: Point<'_, T>, record: &[T], out: &mut [T], scratch: &mut Scratch<T>) {
        let at = self.point(at);
        if !self.is_masked() {
            return self.field.jacobian(at, record, out, scratch);
        }
        let row = self.reads.len() * at.batch.stride;
        let mut all = scratch.take(self.field.dim() * row);
        self.field.jacobian(at, record, &mut all, scratch);
        out.copy_from_slice(&all[self.rows(row)]);
        scratch.give(all);
    }
}
