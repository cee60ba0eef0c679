//! Sums of vectors, and rows of the matrices that they are.

use crate::Real;
use crate::field::Batch;
use std::ops::Range;

/// `y += α x`.
pub(super) fn add_scaled<T: Real>(alpha: T, x: &[T], y: &mut [T]) {
    if alpha != T::zero() {
        y.iter_mut().zip(x).for_each(|(y, &x)| *y += alpha * x);
    }
}

/// Rows of a matrix of a batch.
pub(super) fn span(rows: &Range<usize>, batch: Batch) -> Range<usize> {
    rows.start * batch.stride..rows.end * batch.stride
}

/// `out = Σ_k w_k x_k`.
pub(super) fn combine<'x, T: Real>(weights: &[T], vectors: impl Iterator<Item = &'x [T]>, out: &mut [T]) {
    let mut is_first = true;
    for (&weight, vector) in weights.iter().zip(vectors) {
        if weight == T::zero() {
            continue;
        }
        match std::mem::replace(&mut is_first, false) {
            true if weight == T::one() => out.copy_from_slice(vector),
            true => out.iter_mut().zip(vector).for_each(|(out, &x)| *out = weight * x),
            false => add_scaled(weight, vector, out),
        }
    }
    if is_first {
        out.fill(T::zero());
    }
}

/// Multiplies every live column by its own factor.
pub(super) fn scale_columns<T: Real>(factors: &[T], matrix: &mut [T], batch: Batch) {
    for row in matrix.chunks_exact_mut(batch.stride) {
        row[..batch.live].iter_mut().zip(factors).for_each(|(x, &f)| *x *= f);
    }
}

/// The first live column that is not finite.
pub(super) fn not_finite<T: Real>(matrix: &[T], batch: Batch) -> Option<usize> {
    // Without a way out of the loop, which then goes by vectors.
    let finite = |row: &[T]| row[..batch.live].iter().fold(true, |all, x| all & x.is_finite());
    if matrix.chunks_exact(batch.stride).all(finite) {
        return None;
    }
    (0..batch.live).find(|&q| matrix.chunks_exact(batch.stride).any(|row| !row[q].is_finite()))
}
