//! Transposes of unit-major matrices.

use super::Kernels;
use super::elementwise::MAX_LANES;
use crate::number::Vectorised;
use pulp::Simd;

/// Rows that are interleaved at a time.
const ROWS: usize = 4;

/// `to[s, i] = from[i, s]` for the first `live` columns `s`; rows of `to` are `to_stride` long, and filled up with zeros.
#[inline(always)]
pub fn transpose<S: Simd, T: Kernels>(simd: S, from: &[T], stride: usize, live: usize, to: &mut [T], to_stride: usize) {
    let (rows, lanes) = (from.len() / stride, T::lanes::<S>());
    for row in to.chunks_exact_mut(to_stride).take(live) {
        row[rows..].fill(T::zero());
    }
    // Rows and columns that go in blocks of whole vectors; rows are padded, so that the last may reach beyond the live ones.
    let order = order::<S, T>(simd);
    let blocks = order.map_or(0, |_| rows / ROWS);
    let columns = if blocks == 0 { 0 } else { live.next_multiple_of(lanes).min(stride / lanes * lanes) };
    for (block, from) in from.chunks_exact(ROWS * stride).take(blocks).enumerate() {
        for first in (0..columns).step_by(lanes) {
            let load = |r: usize| match T::vectors::<S>(&from[r * stride + first..]) {
                ([whole, ..], _) => *whole,
                ([], part) => T::load_part(simd, part),
            };
            let mut quads = [[T::zero(); ROWS]; MAX_LANES];
            write::<S, T>(T::interleave(simd, [load(0), load(1), load(2), load(3)]), &mut quads);
            for (quad, &column) in quads[..lanes].iter().zip(order.iter().flatten()) {
                let s = first + column;
                if s < live {
                    to[s * to_stride + ROWS * block..][..ROWS].copy_from_slice(quad);
                }
            }
        }
    }
    let done = ROWS * blocks;
    for s in columns.min(live)..live {
        let to = &mut to[s * to_stride..][..done];
        to.iter_mut().zip(from.chunks_exact(stride)).for_each(|(to, row)| *to = row[s]);
    }
    for s in 0..live {
        let to = &mut to[s * to_stride + done..][..rows - done];
        to.iter_mut().zip(from[done * stride..].chunks_exact(stride)).for_each(|(to, row)| *to = row[s]);
    }
}

/// Writes vectors one after another.
#[inline(always)]
fn write<S: Simd, T: Kernels>(vectors: [T::Vector<S>; ROWS], to: &mut [[T; ROWS]; MAX_LANES]) {
    let (targets, _) = T::vectors_mut::<S>(to.as_flattened_mut());
    targets.iter_mut().zip(vectors).for_each(|(target, vector)| *target = vector);
}

/// The columns that interleaved quads of rows belong to, if such quads are what this processor makes of four vectors.
#[inline(always)]
fn order<S: Simd, T: Kernels>(simd: S) -> Option<[usize; MAX_LANES]> {
    let lanes = T::lanes::<S>();
    let mut numbers = [T::zero(); MAX_LANES];
    numbers.iter_mut().enumerate().for_each(|(k, x)| *x = T::constant(k as f64));
    let (columns, _) = T::vectors::<S>(&numbers);
    let columns = *columns.first()?;
    let row = |r: usize| <T as Vectorised>::splat(simd, T::constant(r as f64));
    let (mut quads, mut rows) = ([[T::zero(); ROWS]; MAX_LANES], [[T::zero(); ROWS]; MAX_LANES]);
    write::<S, T>(T::interleave(simd, [columns; ROWS]), &mut quads);
    write::<S, T>(T::interleave(simd, [row(0), row(1), row(2), row(3)]), &mut rows);
    let of_one_column = |quad: &[T; ROWS]| quad.iter().all(|x| *x == quad[0]);
    let in_order = |quad: &[T; ROWS]| quad.iter().zip(&numbers).all(|(x, y)| x == y);
    let whole = lanes >= ROWS && quads[..lanes].iter().all(of_one_column) && rows[..lanes].iter().all(in_order);
    whole.then(|| quads.map(|quad| quad[0].to_f64() as usize))
}

#[cfg(test)]
mod tests {
    use super::*;
    use pulp::{Arch, WithSimd};

    struct Transposed<'a, T> {
        from: &'a [T],
        stride: usize,
        live: usize,
        to: &'a mut [T],
        to_stride: usize,
    }

    impl<T: Kernels> WithSimd for Transposed<'_, T> {
        type Output = bool;
        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) -> bool {
            transpose::<S, T>(simd, self.from, self.stride, self.live, self.to, self.to_stride);
            T::lanes::<S>() < ROWS || order::<S, T>(simd).is_some()
        }
    }

    fn is_transposed<T: Kernels>(rows: usize, live: usize, stride: usize) {
        let from: Vec<T> = (0..rows * stride).map(|k| T::constant(k as f64)).collect();
        let to_stride = rows.next_multiple_of(16);
        let mut to = vec![T::constant(-1.0); live * to_stride];
        let blocks = Arch::new().dispatch(Transposed { from: &from, stride, live, to: &mut to, to_stride });
        assert!(blocks, "no blocks are transposed on this processor");
        for (s, row) in to.chunks_exact(to_stride).enumerate() {
            for (i, &x) in row.iter().enumerate() {
                let expected = if i < rows { from[i * stride + s] } else { T::zero() };
                assert!(x == expected, "{rows} × {live} of {stride}: ({i}, {s}) is {x}, expected {expected}");
            }
        }
    }

    #[test]
    fn matrices_of_any_size_are_transposed() {
        for rows in [1, 2, 3, 4, 5, 8, 19, 20, 33] {
            for live in [1usize, 2, 3, 4, 7, 8, 15, 16, 17, 31, 32, 40] {
                for stride in [live, live.next_multiple_of(8), live.next_multiple_of(16)] {
                    is_transposed::<f32>(rows, live, stride);
                    is_transposed::<f64>(rows, live, stride);
                }
            }
        }
    }
}
