//! Norms of operators, sample by sample.

use super::Layout;
use crate::Real;

/// Most steps of the power iteration, and the relative change of the estimate at which it ends.
const MAX_ITERATIONS: usize = 50;
const SETTLED: f64 = 1e-3;

/// Which product with an operator is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Forward,
    Transposed,
}

/// `‖B‖₂` of every sample, from below, by power iteration on `BᵀB`; `product` computes `B v` or `Bᵀ v`.
pub(crate) fn operator_norms<T: Real>(layout: Layout, mut product: impl FnMut(Side, &[T], &mut [T])) -> Vec<T> {
    let zeros = || vec![T::zero(); layout.len()];
    let (mut v, mut image, mut norms) = (zeros(), zeros(), vec![T::zero(); layout.samples]);
    let mut squares = norms.clone();
    // No vector is orthogonal to a start like this but by chance, and every sample has the same.
    for (k, span) in layout.spans().enumerate() {
        v[span].fill(T::constant((1.0 + 1.7 * k as f64).sin()));
    }
    for _ in 0..MAX_ITERATIONS {
        layout.dot(&v, &v, &mut squares);
        for span in layout.spans() {
            for (v, &square) in v[span].iter_mut().zip(&squares) {
                *v = if square == T::zero() { T::zero() } else { *v / square.sqrt() };
            }
        }
        product(Side::Forward, &v, &mut image);
        layout.dot(&image, &image, &mut squares);
        let mut settled = true;
        for (norm, &square) in norms.iter_mut().zip(&squares) {
            let last = std::mem::replace(norm, square.sqrt());
            settled &= (*norm - last).abs() <= T::constant(SETTLED) * *norm;
        }
        if settled {
            break;
        }
        product(Side::Transposed, &image, &mut v);
    }
    norms
}

#[cfg(test)]
mod tests {
    use super::*;
    use nalgebra::DMatrix;

    #[test]
    fn norms_are_those_of_a_decomposition() {
        let (n, samples) = (7, 3);
        let layout = Layout::new::<f64>(n, 1, samples);
        let matrix =
            |q: usize| DMatrix::from_fn(n, n, |i, j| ((1 + q) as f64 * (3.1 * i as f64 + j as f64).cos()).sin());
        let norms = operator_norms(layout, |side, v, out| {
            for q in 0..samples {
                let x = DMatrix::from_fn(n, 1, |i, _| v[layout.span(i, 0).start + q]);
                let x = if side == Side::Forward { matrix(q) * x } else { matrix(q).transpose() * x };
                (0..n).for_each(|i| out[layout.span(i, 0).start + q] = x[i]);
            }
        });
        for (q, norm) in norms.into_iter().enumerate() {
            let exact = matrix(q).singular_values().max();
            assert!(norm <= exact * (1.0 + 1e-12) && norm > 0.99 * exact, "{norm} and {exact}");
        }
        assert_eq!(operator_norms(layout, |_, _, out: &mut [f64]| out.fill(0.0)), [0.0; 3]);
    }
}
