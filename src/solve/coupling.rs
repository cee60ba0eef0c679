//! How slopes of the stages of a block become their increments.

use super::Layout;
use crate::Real;
use std::ops::Range;

/// The coefficients among the stages of a block, one matrix for each term of the field that is evaluated there.
///
/// The slopes of all terms are one matrix, those of one term after those of another; increments are rows of the state.
#[derive(Debug, Clone, Default)]
pub(crate) struct Coupling<T> {
    pub terms: Vec<Coupled<T>>,
}

/// Those of one term.
#[derive(Debug, Clone)]
pub(crate) struct Coupled<T> {
    /// `stages × stages`, row-major.
    pub a: Vec<T>,
    /// The first row of its slopes.
    pub from: usize,
    /// The rows of the state that it adds to.
    pub rows: Range<usize>,
}

impl<T: Real> Coupling<T> {
    /// Rows of slopes.
    pub fn slopes(&self) -> usize {
        self.terms.iter().map(|term| term.rows.len()).sum()
    }

    /// The coefficients, if there is a single term of all `rows` rows.
    pub fn whole(&self, rows: usize) -> Option<&[T]> {
        match &self.terms[..] {
            [term] if term.rows.len() == rows => Some(&term.a),
            _ => None,
        }
    }

    /// `out_i = h_q Σ_m Σ_j a^m_ij x^m_j`, from slopes `x` to rows of the state.
    pub fn apply(&self, layout: Layout, h: &[T], x: &[T], out: &mut [T]) {
        let s = layout.stages;
        if let Some(&[a]) = self.whole(layout.rows) {
            return scale(layout, a, h, x, out);
        }
        out.fill(T::zero());
        for term in &self.terms {
            for (p, row) in (term.from..).zip(term.rows.clone()) {
                for i in 0..s {
                    let target = layout.span(row, i);
                    for j in 0..s {
                        add(term.a[i * s + j], h, &x[layout.span(p, j)], &mut out[target.clone()]);
                    }
                }
            }
        }
    }

    /// `out^m_i = h_q Σ_j a^m_ji x_j`, from rows of the state to slopes.
    pub fn apply_transposed(&self, layout: Layout, h: &[T], x: &[T], out: &mut [T]) {
        let s = layout.stages;
        if let Some(&[a]) = self.whole(layout.rows) {
            return scale(layout, a, h, x, out);
        }
        out.fill(T::zero());
        for term in &self.terms {
            for (p, row) in (term.from..).zip(term.rows.clone()) {
                for i in 0..s {
                    let target = layout.span(p, i);
                    for j in 0..s {
                        add(term.a[j * s + i], h, &x[layout.span(row, j)], &mut out[target.clone()]);
                    }
                }
            }
        }
    }
}

/// `out = h a x`, of one stage and one term of all rows.
fn scale<T: Real>(layout: Layout, a: T, h: &[T], x: &[T], out: &mut [T]) {
    for span in layout.spans() {
        out[span.clone()].iter_mut().zip(&x[span]).zip(h).for_each(|((out, &x), &h)| *out = h * a * x);
    }
}

/// `out += h a x`. What is not coupled does not enter, finite or not.
fn add<T: Real>(a: T, h: &[T], x: &[T], out: &mut [T]) {
    if a != T::zero() {
        out.iter_mut().zip(x).zip(h).for_each(|((out, &x), &h)| *out += h * a * x);
    }
}
