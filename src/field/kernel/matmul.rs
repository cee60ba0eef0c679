//! One matrix product, `C = init + A B`, for matrices with few columns.
//!
//! The columns of `B` and `C` lie in the lanes of registers; entries of `A` are broadcast one by one, so that `A` may be
//! read by rows or, as a transpose, by columns, and nothing is packed.

use super::pack::Pack;
use crate::Real;
use pulp::{Simd, WithSimd};

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
}

impl<T: Real> WithSimd for MatMul<'_, T> {
    type Output = ();
    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        match self.left {
            Left::Plain => self.run::<S, false>(simd),
            Left::Transposed => self.run::<S, true>(simd),
        }
    }
}

impl<T: Real> MatMul<'_, T> {
    #[inline(always)]
    fn run<S: Simd, const TRANSPOSED: bool>(&mut self, simd: S) {
        let lanes = T::lanes::<S>();
        let mut column = 0;
        while column < self.columns {
            let width = self.columns - column;
            // Whole vectors of B are read, beyond the last column too, if its rows are long enough.
            let room = self.b.stride - column;
            let tile = Tile { column, width };
            if width > 2 * lanes && room >= 3 * lanes {
                self.strip::<S, TRANSPOSED, true, 3>(simd, tile);
                column += 3 * lanes;
            } else if width > lanes && room >= 2 * lanes {
                self.strip::<S, TRANSPOSED, true, 2>(simd, tile);
                column += 2 * lanes;
            } else if room >= lanes {
                self.strip::<S, TRANSPOSED, true, 1>(simd, tile);
                column += lanes;
            } else {
                self.strip::<S, TRANSPOSED, false, 1>(simd, tile);
                column += lanes;
            }
        }
    }

    /// All rows of `C`, `C` vectors of columns.
    #[inline(always)]
    fn strip<S: Simd, const TRANSPOSED: bool, const WHOLE: bool, const C: usize>(&mut self, simd: S, tile: Tile) {
        let mut row = 0;
        // As many accumulators as there are registers for, and at least enough to hide the latency of an addition.
        if C == 1 || S::REGISTER_COUNT >= 32 {
            while self.rows - row >= 8 {
                self.tile::<S, TRANSPOSED, WHOLE, 8, C>(simd, row, tile);
                row += 8;
            }
        }
        while self.rows - row >= 4 {
            self.tile::<S, TRANSPOSED, WHOLE, 4, C>(simd, row, tile);
            row += 4;
        }
        if self.rows - row >= 2 {
            self.tile::<S, TRANSPOSED, WHOLE, 2, C>(simd, row, tile);
            row += 2;
        }
        if self.rows > row {
            self.tile::<S, TRANSPOSED, WHOLE, 1, C>(simd, row, tile);
        }
    }

    /// `R` rows of `C`, `C` vectors of columns, kept in registers.
    #[inline(always)]
    fn tile<S: Simd, const TRANSPOSED: bool, const WHOLE: bool, const R: usize, const C: usize>(
        &mut self,
        simd: S,
        row: usize,
        Tile { column, width }: Tile,
    ) {
        let lanes = T::lanes::<S>();
        let (inner, b) = (self.inner, self.b);
        let width = width.min(C * lanes);
        let read = if WHOLE { C * lanes } else { width };
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
            let right = &b.data[p * b.stride + column..][..read];
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

/// Where a strip of columns starts, and how many are left from there.
#[derive(Clone, Copy)]
struct Tile {
    column: usize,
    width: usize,
}
