//! Gaussian elimination in small matrices, row-major, with partial pivoting: unrolled for the sizes of small stage systems.
//!
//! The factors hold the pivots' inverses: divisions are what a small solve would wait for.

use num_traits::NumAssign;

/// `f(n, arguments)`, with `n` known to the compiler if it is small.
macro_rules! unrolled {
    ($n:expr, $f:ident($($argument:expr),*)) => {
        match $n {
            1 => $f(1, $($argument),*),
            2 => $f(2, $($argument),*),
            3 => $f(3, $($argument),*),
            4 => $f(4, $($argument),*),
            5 => $f(5, $($argument),*),
            6 => $f(6, $($argument),*),
            8 => $f(8, $($argument),*),
            9 => $f(9, $($argument),*),
            12 => $f(12, $($argument),*),
            n => $f(n, $($argument),*),
        }
    };
}

/// Overwrites a matrix by its factors and `pivots` by the rows exchanged; pivots are chosen by `size`.
pub(super) fn factor<E: NumAssign + Copy, R: PartialOrd>(
    matrix: &mut [E],
    pivots: &mut [usize],
    size: impl Fn(E) -> R + Copy,
) {
    unrolled!(pivots.len(), factor_of(matrix, pivots, size))
}

/// Overwrites `rhs` by the solution of `A x = rhs`.
pub(super) fn solve<E: NumAssign + Copy>(factors: &[E], pivots: &[usize], rhs: &mut [E]) {
    unrolled!(pivots.len(), solve_of(factors, pivots, rhs))
}

/// Overwrites `rhs` by the solution of `Aᵀ x = rhs`.
pub(super) fn solve_transposed<E: NumAssign + Copy>(factors: &[E], pivots: &[usize], rhs: &mut [E]) {
    unrolled!(pivots.len(), solve_transposed_of(factors, pivots, rhs))
}

#[inline(always)]
fn factor_of<E: NumAssign + Copy, R: PartialOrd>(
    n: usize,
    matrix: &mut [E],
    pivots: &mut [usize],
    size: impl Fn(E) -> R,
) {
    let (matrix, pivots) = (&mut matrix[..n * n], &mut pivots[..n]);
    for k in 0..n {
        let size = |i: usize| size(matrix[i * n + k]);
        let pivot = (k + 1..n).fold(k, |best, i| if size(i) > size(best) { i } else { best });
        pivots[k] = pivot;
        if pivot != k {
            for j in 0..n {
                matrix.swap(k * n + j, pivot * n + j);
            }
        }
        let inverse = E::one() / matrix[k * n + k];
        for i in k + 1..n {
            let factor = matrix[i * n + k] * inverse;
            matrix[i * n + k] = factor;
            for j in k + 1..n {
                let x = matrix[k * n + j];
                matrix[i * n + j] -= factor * x;
            }
        }
        matrix[k * n + k] = inverse;
    }
}

#[inline(always)]
fn solve_of<E: NumAssign + Copy>(n: usize, factors: &[E], pivots: &[usize], rhs: &mut [E]) {
    let (factors, pivots, rhs) = (&factors[..n * n], &pivots[..n], &mut rhs[..n]);
    (0..n).for_each(|k| rhs.swap(k, pivots[k]));
    // The unknown found last comes last: nothing waits for it longer than needed.
    for k in 0..n {
        rhs[k] = (0..k).fold(rhs[k], |x, j| x - factors[k * n + j] * rhs[j]);
    }
    for k in (0..n).rev() {
        rhs[k] = (k + 1..n).rev().fold(rhs[k], |x, j| x - factors[k * n + j] * rhs[j]) * factors[k * n + k];
    }
}

#[inline(always)]
fn solve_transposed_of<E: NumAssign + Copy>(n: usize, factors: &[E], pivots: &[usize], rhs: &mut [E]) {
    let (factors, pivots, rhs) = (&factors[..n * n], &pivots[..n], &mut rhs[..n]);
    // Uᵀ, then Lᵀ, by rows of the factors; then the exchanges of rows, last first.
    for k in 0..n {
        let x = rhs[k] * factors[k * n + k];
        rhs[k] = x;
        (k + 1..n).for_each(|j| rhs[j] -= factors[k * n + j] * x);
    }
    for k in (0..n).rev() {
        let x = rhs[k];
        (0..k).for_each(|j| rhs[j] -= factors[k * n + j] * x);
    }
    for k in (0..n).rev() {
        rhs.swap(k, pivots[k]);
    }
}
