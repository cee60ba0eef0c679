//! Where the unknowns of a block of stages lie.

use super::orthogonalise::{Products, SUMMANDS};
use crate::Real;
use crate::field::Batch;

/// A `rows × stride` matrix whose columns are stages and, within a stage, samples: entry (component `p`, stage `i`,
/// sample `q`) is at `p·stride + i·samples + q`. So the field evaluates all stages of all samples as one batch, and
/// every operation on the unknowns of each sample runs over contiguous samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Layout {
    pub rows: usize,
    pub stages: usize,
    pub samples: usize,
    pub stride: usize,
}

impl Layout {
    pub fn new<T: Real>(rows: usize, stages: usize, samples: usize) -> Self {
        let batch = Batch::padded::<T>(stages * samples);
        Layout { rows, stages, samples, stride: batch.stride }
    }

    /// Length of the matrix.
    pub fn len(&self) -> usize {
        self.rows * self.stride
    }

    /// Unknowns a sample.
    pub fn equations(&self) -> usize {
        self.rows * self.stages
    }

    /// As a batch for the field.
    pub fn batch(&self) -> Batch {
        Batch { live: self.stages * self.samples, stride: self.stride }
    }

    /// Where the samples of component `p`, stage `i` are.
    #[inline]
    pub fn span(&self, p: usize, i: usize) -> std::ops::Range<usize> {
        let from = p * self.stride + i * self.samples;
        from..from + self.samples
    }

    /// All spans, by component, then stage.
    pub fn spans(self) -> impl Iterator<Item = std::ops::Range<usize>> {
        let (mut stage, mut next) = (0, 0);
        (0..self.equations()).map(move |_| {
            let from = next;
            stage += 1;
            next += self.samples;
            if stage == self.stages {
                (stage, next) = (0, next - self.stages * self.samples + self.stride);
            }
            from..from + self.samples
        })
    }

    /// `out_q = ⟨x, y⟩` of every sample.
    pub fn dot<T: Real>(&self, x: &[T], y: &[T], out: &mut [T]) {
        out[..self.samples].fill(T::zero());
        if self.equations() > SUMMANDS {
            pulp::Arch::new().dispatch(Products { layout: *self, x, y, out });
            return;
        }
        for span in self.spans() {
            for ((out, &x), &y) in out.iter_mut().zip(&x[span.clone()]).zip(&y[span]) {
                *out += x * y;
            }
        }
    }

    /// `out_q = ‖x‖∞` of every sample; not finite if an entry is not.
    pub fn max_norm<T: Real>(&self, x: &[T], out: &mut [T]) {
        out[..self.samples].fill(T::zero());
        for span in self.spans() {
            for (out, &x) in out.iter_mut().zip(&x[span]) {
                let size = x.abs();
                // What is not finite wins, and stays.
                if size > *out || !size.is_finite() {
                    *out = size;
                }
            }
        }
    }

    /// `out_q = ‖x - y‖∞` of every sample; not finite if an entry is not.
    pub fn max_distance<T: Real>(&self, x: &[T], y: &[T], out: &mut [T]) {
        out[..self.samples].fill(T::zero());
        for span in self.spans() {
            for ((out, &x), &y) in out.iter_mut().zip(&x[span.clone()]).zip(&y[span]) {
                let size = (x - y).abs();
                if size > *out || !size.is_finite() {
                    *out = size;
                }
            }
        }
    }

    /// `out_q = ‖x‖₂` of every sample, whatever its size: squares that over- or underflow are avoided.
    pub fn norm<T: Real>(&self, x: &[T], out: &mut [T]) {
        self.dot(x, x, out);
        for (q, norm) in out[..self.samples].iter_mut().enumerate() {
            *norm = match *norm > T::SAFE_SQUARE && *norm < T::SAFE_SQUARE.recip() {
                true => norm.sqrt(),
                false => self.scaled_norm(x, q),
            };
        }
    }

    /// `‖x‖₂` of sample `q`, divided by its largest entry before it is squared.
    #[cold]
    fn scaled_norm<T: Real>(&self, x: &[T], q: usize) -> T {
        let entries = || self.spans().map(|span| x[span.start + q]);
        let largest = entries().fold(T::zero(), |m, x| if x.abs() > m || !x.is_finite() { x.abs() } else { m });
        if largest == T::zero() || !largest.is_finite() {
            return largest;
        }
        largest * entries().map(|x| (x / largest).square()).sum::<T>().sqrt()
    }

    /// `y += α_q x` in every sample.
    pub fn axpy<T: Real>(&self, alpha: &[T], x: &[T], y: &mut [T]) {
        for span in self.spans() {
            for ((y, &x), &a) in y[span.clone()].iter_mut().zip(&x[span]).zip(alpha) {
                *y += a * x;
            }
        }
    }

    /// The same columns with another number of rows.
    pub fn with_rows(self, rows: usize) -> Self {
        Layout { rows, ..self }
    }

    /// `out = x - out`.
    pub fn subtract_from<T: Real>(&self, x: &[T], out: &mut [T]) {
        for span in self.spans() {
            out[span.clone()].iter_mut().zip(&x[span]).for_each(|(out, &x)| *out = x - *out);
        }
    }
}
