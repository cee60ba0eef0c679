//! Dense LU factorisation with partial pivoting, in place.
//!
//! Stage systems are small and many: up to 32 equations a plain right-looking elimination beats a library's by its
//! call overhead; larger ones go to faer, single-threaded, since samples are what runs in parallel.

use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::lu::partial_pivoting::{factor, solve};
use faer::perm::PermRef;
use faer::{Conj, MatMut, MatRef, Par};

/// Largest size that the elimination below factors.
const SMALL: usize = 32;

/// A matrix has no unique inverse, or is not finite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Singular;

/// Memory of factorisations of large matrices.
#[derive(Default)]
pub struct LuScratch(Option<MemBuffer>);

impl std::fmt::Debug for LuScratch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LuScratch")
    }
}

impl LuScratch {
    fn stack(&mut self, needed: faer::dyn_stack::StackReq) -> &mut MemStack {
        let large_enough = |buffer: &MemBuffer| buffer.len() >= needed.unaligned_bytes_required();
        let kept = self.0.take().filter(large_enough);
        MemStack::new(self.0.insert(kept.unwrap_or_else(|| MemBuffer::new(needed))))
    }
}

/// Dense LU of real matrices; implemented for `f32` and `f64`.
pub trait DenseLu: Sized {
    /// Overwrites the row-major `n × n` matrix by its factors; `pivots` holds `2n` numbers.
    ///
    /// # Errors
    /// [`Singular`] if a pivot is zero or not finite.
    fn factor(matrix: &mut [Self], pivots: &mut [usize], scratch: &mut LuScratch) -> Result<(), Singular>;

    /// Overwrites `rhs` by the solution of `A x = rhs`, given what [`factor`](DenseLu::factor) made of `A`.
    fn solve(factors: &[Self], pivots: &[usize], rhs: &mut [Self], scratch: &mut LuScratch);

    /// The same for `Aᵀ x = rhs`.
    fn solve_transposed(factors: &[Self], pivots: &[usize], rhs: &mut [Self], scratch: &mut LuScratch);
}

macro_rules! dense_lu {
    ($type:ident) => {
        impl DenseLu for $type {
            fn factor(matrix: &mut [Self], pivots: &mut [usize], scratch: &mut LuScratch) -> Result<(), Singular> {
                let n = pivots.len() / 2;
                if n > SMALL {
                    let (forward, backward) = pivots.split_at_mut(n);
                    let params = Default::default();
                    let needed = factor::lu_in_place_scratch::<usize, $type>(n, n, Par::Seq, params);
                    let matrix = MatMut::from_row_major_slice_mut(matrix, n, n);
                    factor::lu_in_place(matrix, forward, backward, Par::Seq, scratch.stack(needed), params);
                } else {
                    for k in 0..n {
                        let size = |i: usize| matrix[i * n + k].abs();
                        let pivot = (k + 1..n).fold(k, |best, i| if size(i) > size(best) { i } else { best });
                        pivots[k] = pivot;
                        if pivot != k {
                            for j in 0..n {
                                matrix.swap(k * n + j, pivot * n + j);
                            }
                        }
                        let (upper, lower) = matrix.split_at_mut((k + 1) * n);
                        let row = &upper[k * n..];
                        let inverse = 1.0 / row[k];
                        for target in lower.chunks_exact_mut(n) {
                            let factor = target[k] * inverse;
                            target[k] = factor;
                            for (target, &x) in target[k + 1..].iter_mut().zip(&row[k + 1..]) {
                                *target -= factor * x;
                            }
                        }
                    }
                }
                // A zero pivot leaves infinities or NaN below it, or, if it is the last, itself.
                let sound = (0..n).all(|k| matrix[k * n + k] != 0.0 && matrix[k * n + k].is_finite());
                if sound { Ok(()) } else { Err(Singular) }
            }

            fn solve(factors: &[Self], pivots: &[usize], rhs: &mut [Self], scratch: &mut LuScratch) {
                let n = pivots.len() / 2;
                if n > SMALL {
                    let (forward, backward) = pivots.split_at(n);
                    let factors = MatRef::from_row_major_slice(factors, n, n);
                    let needed = solve::solve_in_place_scratch::<usize, $type>(n, 1, Par::Seq);
                    solve::solve_in_place_with_conj(
                        factors,
                        factors,
                        PermRef::new_checked(forward, backward, n),
                        Conj::No,
                        MatMut::from_column_major_slice_mut(rhs, n, 1),
                        Par::Seq,
                        scratch.stack(needed),
                    );
                    return;
                }
                for k in 0..n {
                    rhs.swap(k, pivots[k]);
                    let row = &factors[k * n..k * n + k];
                    rhs[k] -= row.iter().zip(&rhs[..k]).map(|(&l, &x)| l * x).sum::<$type>();
                }
                for k in (0..n).rev() {
                    let row = &factors[k * n + k + 1..(k + 1) * n];
                    let known: $type = row.iter().zip(&rhs[k + 1..]).map(|(&u, &x)| u * x).sum();
                    rhs[k] = (rhs[k] - known) / factors[k * n + k];
                }
            }

            fn solve_transposed(factors: &[Self], pivots: &[usize], rhs: &mut [Self], scratch: &mut LuScratch) {
                let n = pivots.len() / 2;
                if n > SMALL {
                    let (forward, backward) = pivots.split_at(n);
                    let factors = MatRef::from_row_major_slice(factors, n, n);
                    let needed = solve::solve_transpose_in_place_scratch::<usize, $type>(n, 1, Par::Seq);
                    solve::solve_transpose_in_place_with_conj(
                        factors,
                        factors,
                        PermRef::new_checked(forward, backward, n),
                        Conj::No,
                        MatMut::from_column_major_slice_mut(rhs, n, 1),
                        Par::Seq,
                        scratch.stack(needed),
                    );
                    return;
                }
                // Uᵀ, then Lᵀ, by rows of the factors; then the exchanges of rows, last first.
                for k in 0..n {
                    let (known, rest) = rhs.split_at_mut(k + 1);
                    known[k] /= factors[k * n + k];
                    let row = &factors[k * n + k + 1..(k + 1) * n];
                    rest.iter_mut().zip(row).for_each(|(x, &u)| *x -= u * known[k]);
                }
                for k in (0..n).rev() {
                    let (rest, known) = rhs.split_at_mut(k);
                    let row = &factors[k * n..k * n + k];
                    rest.iter_mut().zip(row).for_each(|(x, &l)| *x -= l * known[0]);
                }
                for k in (0..n).rev() {
                    rhs.swap(k, pivots[k]);
                }
            }
        }
    };
}
dense_lu!(f32);
dense_lu!(f64);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn residual(n: usize, entries: &[f64], rhs: &[f64]) -> Option<f64> {
        let mut factors = entries.to_vec();
        let (mut pivots, mut x, mut scratch) = (vec![0; 2 * n], rhs.to_vec(), LuScratch::default());
        f64::factor(&mut factors, &mut pivots, &mut scratch).ok()?;
        f64::solve(&factors, &pivots, &mut x, &mut scratch);
        let mut z = rhs.to_vec();
        f64::solve_transposed(&factors, &pivots, &mut z, &mut scratch);
        let row = |i: usize| (0..n).map(|j| entries[i * n + j] * x[j]).sum::<f64>() - rhs[i];
        let column = |j: usize| (0..n).map(|i| entries[i * n + j] * z[i]).sum::<f64>() - rhs[j];
        let size = x.iter().chain(&z).fold(1.0, |m: f64, v| m.max(v.abs()));
        Some((0..n).map(|i| row(i).abs().max(column(i).abs())).fold(0.0, f64::max) / size)
    }

    proptest! {
        #[test]
        fn solutions_satisfy_their_systems(n in 1usize..48, seed in prop::collection::vec(-1.0..1.0f64, 48 * 49)) {
            let residual = residual(n, &seed[..n * n], &seed[48 * 48..48 * 48 + n]);
            prop_assert!(residual.is_some_and(|r| r < 1e-12), "{residual:?}");
        }
    }

    #[test]
    fn singular_matrices_are_refused() {
        for n in [1, 2, 5, 40] {
            assert_eq!(residual(n, &vec![0.0; n * n], &vec![1.0; n]), None);
        }
        assert_eq!(residual(2, &[1.0, 2.0, 2.0, 4.0], &[1.0, 1.0]), None);
        assert_eq!(residual(2, &[f64::NAN, 2.0, 2.0, 4.0], &[1.0, 1.0]), None);
    }

    #[test]
    fn pivots_when_the_first_entry_is_zero() {
        assert!(residual(2, &[0.0, 1.0, 1.0, 0.0], &[3.0, 4.0]).is_some_and(|r| r == 0.0));
    }
}
