//! One matrix product, `C = init + A B`, for matrices with few columns.
//!
//! The columns of `B` and `C` lie in the lanes of registers; entries of `A` are broadcast one by one, so that `A` may be
//! read by rows or, as a transpose, by columns, and nothing is packed.

use super::Kernels;
use super::pack::Pack;
use pulp::{Simd, WithSimd};
use std::ops::Range;

/// What a product is added to.
#[derive(Clone, Copy)]
pub enum Init<'a, T> {
    /// Nothing.
    Zero,
    /// One number for every row of `C`.
    Bias(&'a [T]),
    /// `C` itself.
    Accumulate,
}

/// A matrix whose rows are contiguous and start `stride` numbers apart.
#[derive(Clone, Copy)]
pub struct Matrix<'a, T> {
    pub data: &'a [T],
    pub stride: usize,
}

/// How `A` is read from memory.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Left {
    /// As it is.
    Plain,
    /// Transposed: what is stored is `Aᵀ`.
    Transposed,
}

/// `C = init + A B`, with `A` of `rows × inner`, `B` of `inner × columns`.
pub struct MatMul<'a, T> {
    pub init: Init<'a, T>,
    pub left: Left,
    pub a: Matrix<'a, T>,
    pub b: Matrix<'a, T>,
    pub c: &'a mut [T],
    pub c_stride: usize,
    pub rows: usize,
    pub inner: usize,
    pub columns: usize,
    /// Whether whole vectors may be written, beyond the last column, where `C` and the rows of `B` are long enough. What
    /// lies there of `B` must then be zero, and `init` must be `Accumulate`, so that what lies there of `C` keeps its value.
    pub spill: bool,
}

/// Numbers of `B` in a panel.
const PANEL: usize = 1 << 14;

impl<T: Kernels> WithSimd for MatMul<'_, T> {
    type Output = ();
    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        match self.left {
            Left::Plain => self.run::<S, false>(simd),
            Left::Transposed => self.run::<S, true>(simd),
        }
    }
}

impl<T: Kernels> MatMul<'_, T> {
    /// Panels of columns, so that what is read of `B` stays in the cache while the rows of `C` pass.
    #[inline(always)]
    fn run<S: Simd, const TRANSPOSED: bool>(&mut self, simd: S) {
        let widest = 3 * T::lanes::<S>();
        let panel = (PANEL / self.inner.max(1) / widest).max(1) * widest;
        for start in (0..self.columns).step_by(panel) {
            let columns = start..self.columns.min(start + panel);
            let mut row = 0;
            // As many accumulators as there are registers for, and at least enough to hide the latency of an addition.
            if S::REGISTER_COUNT >= 32 || columns.len() <= T::lanes::<S>() {
                while self.rows - row >= 8 {
                    self.band::<S, TRANSPOSED, 8>(simd, row, columns.clone());
                    row += 8;
                }
            }
            while self.rows - row >= 4 {
                self.band::<S, TRANSPOSED, 4>(simd, row, columns.clone());
                row += 4;
            }
            if self.rows - row >= 2 {
                self.band::<S, TRANSPOSED, 2>(simd, row, columns.clone());
                row += 2;
            }
            if self.rows > row {
                self.band::<S, TRANSPOSED, 1>(simd, row, columns);
            }
        }
    }

    /// `R` rows of `C`.
    #[inline(always)]
    fn band<S: Simd, const TRANSPOSED: bool, const R: usize>(&mut self, simd: S, row: usize, columns: Range<usize>) {
        let lanes = T::lanes::<S>();
        // Beyond the last column there may be room to read and write whole vectors.
        let room =
            if self.spill { (self.c.len() - (row + R - 1) * self.c_stride).min(self.b.stride) } else { self.columns };
        let mut column = columns.start;
        while column < columns.end {
            let (width, room) = (columns.end - column, room - column);
            if width > 2 * lanes && room >= 3 * lanes {
                self.tile::<S, TRANSPOSED, true, R, 3>(simd, row, column);
                column += 3 * lanes;
            } else if width > lanes && room >= 2 * lanes {
                self.tile::<S, TRANSPOSED, true, R, 2>(simd, row, column);
                column += 2 * lanes;
            } else if room >= lanes {
                self.tile::<S, TRANSPOSED, true, R, 1>(simd, row, column);
                column += lanes;
            } else {
                self.tile::<S, TRANSPOSED, false, R, 1>(simd, row, column);
                column += lanes;
            }
        }
    }

    /// `R` rows of `C`, `C` vectors of columns, kept in registers.
    #[inline(always)]
    fn tile<S: Simd, const TRANSPOSED: bool, const WHOLE: bool, const R: usize, const C: usize>(
        &mut self,
        simd: S,
        row: usize,
        column: usize,
    ) {
        let lanes = T::lanes::<S>();
        let (inner, b) = (self.inner, self.b);
        let width = if WHOLE { C * lanes } else { self.columns - column };
        let mut sum = [[Pack::splat(simd, T::zero()); C]; R];
        match self.init {
            Init::Zero => {}
            Init::Bias(bias) => {
                for (sum, &bias) in sum.iter_mut().zip(&bias[row..][..R]) {
                    *sum = [Pack::splat(simd, bias); C];
                }
            }
            Init::Accumulate => {
                for (r, sum) in sum.iter_mut().enumerate() {
                    let c = &self.c[(row + r) * self.c_stride + column..][..width];
                    for (k, sum) in sum.iter_mut().enumerate() {
                        *sum = Pack::load(simd, &c[k * lanes..]);
                    }
                }
            }
        }
        let (a, stride) = (self.a.data, self.a.stride);
        let mut left: [&[T]; R] = [&[]; R];
        if !TRANSPOSED {
            for (r, left) in left.iter_mut().enumerate() {
                *left = &a[(row + r) * stride..][..inner];
            }
        }
        for p in 0..inner {
            let right = &b.data[p * b.stride + column..][..width];
            let mut factor = [Pack::splat(simd, T::zero()); C];
            for (k, factor) in factor.iter_mut().enumerate() {
                *factor = Pack::load(simd, &right[k * lanes..]);
            }
            let down: &[T] = if TRANSPOSED { &a[p * stride + row..][..R] } else { &[] };
            for (r, sum) in sum.iter_mut().enumerate() {
                let x = Pack::splat(simd, if TRANSPOSED { down[r] } else { left[r][p] });
                for (sum, &factor) in sum.iter_mut().zip(&factor) {
                    *sum = x.mul_add(factor, *sum);
                }
            }
        }
        for (r, sum) in sum.iter().enumerate() {
            let c = &mut self.c[(row + r) * self.c_stride + column..][..width];
            for (k, sum) in sum.iter().enumerate() {
                sum.store(&mut c[k * lanes..]);
            }
        }
    }
}
