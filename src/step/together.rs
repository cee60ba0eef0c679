//! Terms that are evaluated together, their slopes one after another.

use crate::Real;
use crate::field::{Dimensions, Field, JvpBars, Placed, Point, Reparameterisation, Scratch, Term, Terms};
use crate::number::Rounded;
use rand::RngCore;

/// Some terms of a field, at the same states, as a map from the whole state to the slopes of all of them. Times, with the
/// signals after them, are those of one term after those of another.
#[derive(Debug, Clone)]
pub(super) struct Together<'a, T: Real> {
    whole: &'a dyn Field<T>,
    placed: Vec<Placed<'a, T>>,
    slopes: usize,
}

impl<'a, T: Real> Together<'a, T> {
    pub fn new(whole: &'a dyn Field<T>, terms: impl Iterator<Item = Term<'a, T>>) -> Self {
        let mut slopes = 0;
        let known = 1 + whole.signals();
        let place = |(m, term): (usize, Term<'a, T>)| {
            let rows = slopes..slopes + term.writes.len();
            slopes = rows.end;
            Placed { term, rows, clock: m * known }
        };
        let placed = terms.enumerate().map(place).collect();
        Together { whole, placed, slopes }
    }

    fn terms(&self) -> Terms<'_, 'a, T> {
        Terms { placed: &self.placed, inputs: self.whole.dim() }
    }
}

impl<T: Real> Dimensions for Together<'_, T> {
    fn dim(&self) -> usize {
        self.slopes
    }

    fn inputs(&self) -> usize {
        self.whole.dim()
    }

    fn param_count(&self) -> usize {
        self.whole.param_count()
    }

    fn record_rows(&self) -> usize {
        self.terms().record_rows()
    }

    fn signals(&self) -> usize {
        self.whole.signals()
    }

    fn depends_on_time(&self) -> bool {
        self.whole.depends_on_time()
    }

    // Of a field that is borrowed nothing changes: it is the whole that was made for its unit.
    fn in_time_units(self, _: f64) -> Self {
        self
    }
}

impl<T: Real> Field<T> for Together<'_, T> {
    fn init(&self, rng: &mut dyn RngCore) -> Vec<T> {
        self.whole.init(rng)
    }

    fn reparameterisation(&self) -> Option<&dyn Reparameterisation<T>> {
        self.whole.reparameterisation()
    }

    fn eval_batch(&self, at: Point<'_, T>, dy: &mut [T], record: &mut [T], scratch: &mut Scratch<T>) {
        self.terms().eval(at, dy, record, scratch);
    }

    fn eval_rounded(&self, params: &[Rounded<T>], t: &[Rounded<T>], y: &[Rounded<T>], dy: &mut [Rounded<T>]) {
        self.terms().eval_rounded(params, t, y, dy);
    }

    fn jvp(&self, at: Point<'_, T>, record: &[T], v: &[T], w: Option<&[T]>, out: &mut [T], scratch: &mut Scratch<T>) {
        self.terms().jvp(at, record, v, w, out, scratch);
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
        self.terms().vjp(at, record, w, y_bar, params_bar, scratch);
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
        self.terms().jvp_pullback(at, record, v, w, bars, scratch);
    }

    fn jacobian(&self, at: Point<'_, T>, record: &[T], out: &mut [T], scratch: &mut Scratch<T>) {
        self.terms().jacobian(at, record, out, scratch);
    }
}
