//! Dense LU factorisation with partial pivoting, in place.
//!
//! Real ones, and complex ones for systems decoupled by complex eigenvalues.
//!
//! Stage systems are small and many: up to 32 equations a plain right-looking elimination beats a library's by its
//! call overhead; larger ones go to faer, single-threaded, since samples are what runs in parallel.

use super::elimination;
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::lu::partial_pivoting::{factor, solve};
use faer::perm::PermRef;
use faer::{Conj, MatMut, MatRef, Par};
use nalgebra::Complex;
use num_traits::Zero;

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

/// Dense LU of matrices with entries `E`; `f32` and `f64` have it for real and for complex ones.
pub trait DenseLu<E> {
    /// Overwrites the row-major `n × n` matrix by its factors; `pivots` holds `2n` numbers.
    ///
    /// # Errors
    /// [`Singular`] if a pivot is zero or not finite.
    fn factor(matrix: &mut [E], pivots: &mut [usize], scratch: &mut LuScratch) -> Result<(), Singular>;

    /// Overwrites `rhs` by the solution of `A x = rhs`, given what [`factor`](DenseLu::factor) made of `A`.
    fn solve(factors: &[E], pivots: &[usize], rhs: &mut [E], scratch: &mut LuScratch);

    /// The same for `Aᵀ x = rhs`; nothing is conjugated.
    fn solve_transposed(factors: &[E], pivots: &[usize], rhs: &mut [E], scratch: &mut LuScratch);
}

/// `dense_lu!(real, entry, size)`: pivots are chosen by the method `size` of an entry.
macro_rules! dense_lu {
    ($real:ident, $type:ty, $size:ident) => {
        impl DenseLu<$type> for $real {
            fn factor(matrix: &mut [$type], pivots: &mut [usize], scratch: &mut LuScratch) -> Result<(), Singular> {
                let n = pivots.len() / 2;
                if n > SMALL {
                    let (forward, backward) = pivots.split_at_mut(n);
                    let params = Default::default();
                    let needed = factor::lu_in_place_scratch::<usize, $type>(n, n, Par::Seq, params);
                    let matrix = MatMut::from_row_major_slice_mut(matrix, n, n);
                    factor::lu_in_place(matrix, forward, backward, Par::Seq, scratch.stack(needed), params);
                } else {
                    elimination::factor(matrix, &mut pivots[..n], |x: $type| x.$size());
                }
                // A zero pivot leaves infinities or NaN below it, and itself or, in small matrices, its infinite inverse.
                let sound = (0..n).all(|k| !matrix[k * n + k].is_zero() && matrix[k * n + k].is_finite());
                if sound { Ok(()) } else { Err(Singular) }
            }

            fn solve(factors: &[$type], pivots: &[usize], rhs: &mut [$type], scratch: &mut LuScratch) {
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
                elimination::solve(factors, &pivots[..n], rhs);
            }

            fn solve_transposed(factors: &[$type], pivots: &[usize], rhs: &mut [$type], scratch: &mut LuScratch) {
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
                elimination::solve_transposed(factors, &pivots[..n], rhs);
            }
        }
    };
}
dense_lu!(f32, f32, abs);
dense_lu!(f64, f64, abs);
dense_lu!(f32, Complex<f32>, l1_norm);
dense_lu!(f64, Complex<f64>, l1_norm);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Largest residual of `A x = b` and `Aᵀ z = b`, relative to the solutions; `None` if `A` is singular.
    fn residual<T: crate::Real>(n: usize, entries: &[Complex<f64>], rhs: &[Complex<f64>]) -> Option<f64> {
        let lower = |x: &Complex<f64>| Complex { re: T::constant(x.re), im: T::constant(x.im) };
        let upper = |x: Complex<T>| Complex { re: x.re.to_f64(), im: x.im.to_f64() };
        let mut pivots = vec![0; 2 * n];
        let mut scratch = LuScratch::default();
        let (x, z) = if entries.iter().chain(rhs).all(|x| x.im == 0.0) {
            let [mut factors, mut x] = [entries, rhs].map(|all| all.iter().map(|x| lower(x).re).collect::<Vec<T>>());
            T::factor(&mut factors, &mut pivots, &mut scratch).ok()?;
            let mut z = x.clone();
            T::solve(&factors, &pivots, &mut x, &mut scratch);
            T::solve_transposed(&factors, &pivots, &mut z, &mut scratch);
            let full = |x: Vec<T>| x.into_iter().map(|re| upper(Complex { re, im: T::zero() })).collect::<Vec<_>>();
            (full(x), full(z))
        } else {
            let [mut factors, mut x] = [entries, rhs].map(|all| all.iter().map(lower).collect::<Vec<_>>());
            T::factor(&mut factors, &mut pivots, &mut scratch).ok()?;
            let mut z = x.clone();
            T::solve(&factors, &pivots, &mut x, &mut scratch);
            T::solve_transposed(&factors, &pivots, &mut z, &mut scratch);
            let full = |x: Vec<_>| x.into_iter().map(upper).collect::<Vec<_>>();
            (full(x), full(z))
        };
        let row = |i: usize| (0..n).map(|j| entries[i * n + j] * x[j]).sum::<Complex<f64>>() - rhs[i];
        let column = |j: usize| (0..n).map(|i| entries[i * n + j] * z[i]).sum::<Complex<f64>>() - rhs[j];
        let size = x.iter().chain(&z).fold(1.0, |m: f64, v| m.max(v.norm()));
        Some((0..n).map(|i| row(i).norm().max(column(i).norm())).fold(0.0, f64::max) / size)
    }

    fn reals<const N: usize>(entries: [f64; N]) -> [Complex<f64>; N] {
        entries.map(Complex::from)
    }

    proptest! {
        #[test]
        fn solutions_satisfy_their_systems(
            n in 1usize..48, complex: bool, seed in prop::collection::vec((-1.0..1.0f64, -1.0..1.0f64), 48 * 49),
        ) {
            let seed: Vec<Complex<f64>> =
                seed.into_iter().map(|(re, im)| Complex { re, im: if complex { im } else { 0.0 } }).collect();
            let (entries, rhs) = (&seed[..n * n], &seed[48 * 48..48 * 48 + n]);
            let (double, single) = (residual::<f64>(n, entries, rhs), residual::<f32>(n, entries, rhs));
            prop_assert!(double.is_some_and(|r| r < 1e-12), "{double:?}");
            prop_assert!(single.is_some_and(|r| r < 1e-3), "{single:?}");
        }
    }

    #[test]
    fn singular_matrices_are_refused() {
        for n in [1, 2, 5, 40] {
            assert_eq!(residual::<f64>(n, &vec![Complex::ZERO; n * n], &vec![Complex::ONE; n]), None);
            assert_eq!(residual::<f64>(n, &vec![Complex::ZERO; n * n], &vec![Complex::I; n]), None);
        }
        assert_eq!(residual::<f64>(2, &reals([1.0, 2.0, 2.0, 4.0]), &reals([1.0, 1.0])), None);
        assert_eq!(residual::<f64>(2, &reals([f64::NAN, 2.0, 2.0, 4.0]), &reals([1.0, 1.0])), None);
        // The second row is i times the first.
        let [one, i] = [Complex::ONE, Complex::I];
        assert_eq!(residual::<f64>(2, &[one, i, i, -one], &[one, one]), None);
    }

    #[test]
    fn pivots_when_the_first_entry_is_zero() {
        assert!(residual::<f64>(2, &reals([0.0, 1.0, 1.0, 0.0]), &reals([3.0, 4.0])).is_some_and(|r| r == 0.0));
    }
}
