//! Leading singular vectors of large linear operators.

use super::operator::{dot, leading_of_matrix, normalise};
use super::{Dense, LinearOperator};

/// Steps before a restart from the best vector found.
const RESTART: usize = 200;
/// Restarts before what was found has to do.
const MOST_RESTARTS: usize = 20;
/// Residual of the singular vectors relative to the norm, whose own error is of the size of the square of this.
const TOLERANCE: f64 = 1e-8;

/// `‖A‖₂`, with right and left singular vectors in `v` and `u`: by the bidiagonalisation of Golub, Kahan and Lanczos from a
/// fixed start, with all vectors kept orthogonal to each other. NaN if an image is not finite.
///
/// *Reference*: Golub and Kahan, "Calculating the singular values and pseudo-inverse of a matrix", 1965.
pub(super) fn leading(operator: &impl LinearOperator, params: &[f64], v: &mut [f64], u: &mut [f64]) -> f64 {
    // A vector that no symmetry of an operator sends to zero.
    v.iter_mut().enumerate().for_each(|(k, v)| *v = 1.0 + 0.5 * ((k * k) as f64 * 0.618).sin());
    let mut norm = 0.0;
    for _ in 0..MOST_RESTARTS {
        let (found, residual) = cycle(operator, params, v, u);
        norm = found;
        if residual <= TOLERANCE * norm || (residual * norm).is_nan() {
            break;
        }
    }
    norm
}

/// At most [`RESTART`] steps from `v`: the norm found, and the residual of its singular vectors.
fn cycle(operator: &impl LinearOperator, params: &[f64], v: &mut [f64], u: &mut [f64]) -> (f64, f64) {
    let (mut right, mut left) = (Vec::new(), Vec::new());
    let (mut diagonal, mut above) = (Vec::new(), Vec::new());
    let mut next = v.to_vec();
    if normalise(&mut next).is_none() {
        return (f64::NAN, 0.0);
    }
    let (mut check, most) = (8, RESTART.min(v.len()).min(u.len()));
    loop {
        let mut image = vec![0.0; u.len()];
        operator.apply(params, &next, &mut image);
        orthogonalise(&left, &mut image);
        right.push(next);
        let alpha = normalise(&mut image).unwrap_or_else(|| dot(&image, &image));
        diagonal.push(alpha);
        let mut back = vec![0.0; v.len()];
        operator.apply_transposed(params, &image, &mut back);
        left.push(image);
        orthogonalise(&right, &mut back);
        let beta = normalise(&mut back).unwrap_or_else(|| dot(&back, &back));
        let (count, is_over) = (diagonal.len(), alpha.is_nan() || beta.is_nan() || alpha == 0.0 || beta == 0.0);
        if count == check.min(most) || is_over {
            check = check + check / 2;
            let (norm, q, p) = leading_of_bidiagonal(&diagonal, &above);
            let residual = beta * p[count - 1].abs();
            if is_over || count == most || residual <= TOLERANCE * norm {
                combine(&right, &q, v);
                combine(&left, &p, u);
                return (norm, residual);
            }
        }
        above.push(beta);
        next = back;
    }
}

/// Makes `x` orthogonal to vectors that are so to each other: twice, for what rounding leaves the first time.
fn orthogonalise(to: &[Vec<f64>], x: &mut [f64]) {
    for vector in to.iter().chain(to) {
        let along = dot(vector, x);
        x.iter_mut().zip(vector).for_each(|(x, &y)| *x -= along * y);
    }
}

fn combine(vectors: &[Vec<f64>], factors: &[f64], sum: &mut [f64]) {
    sum.fill(0.0);
    for (vector, &factor) in vectors.iter().zip(factors) {
        sum.iter_mut().zip(vector).for_each(|(sum, &x)| *sum += factor * x);
    }
}

/// The norm of a matrix with a diagonal and numbers next to it, and its right and left singular vectors.
fn leading_of_bidiagonal(diagonal: &[f64], above: &[f64]) -> (f64, Vec<f64>, Vec<f64>) {
    let n = diagonal.len();
    let mut entries = vec![0.0; n * n];
    for (k, &x) in diagonal.iter().enumerate() {
        entries[k * n + k] = x;
        if k + 1 < n {
            entries[k * n + k + 1] = above[k];
        }
    }
    let (mut q, mut p) = (vec![0.0; n], vec![0.0; n]);
    let norm = leading_of_matrix(&Dense::new(0, n, n), &entries, &mut q, &mut p);
    (norm, q, p)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::Convolution;

    #[test]
    fn norms_are_those_of_the_matrix() {
        for (image, channels, stride) in [([2, 9, 7], 3, 1), ([3, 8, 11], 2, 2), ([1, 20, 3], 1, 1)] {
            let operator = Convolution::new(0, image, channels, 3, stride, 1).unwrap();
            let params: Vec<f64> = (0..operator.len()).map(|k| ((k * k) as f64).sin()).collect();
            let zeros = || (vec![0.0; operator.inputs()], vec![0.0; operator.outputs()]);
            let ((mut v, mut u), (mut exact_v, mut exact_u)) = (zeros(), zeros());
            let found = leading(&operator, &params, &mut v, &mut u);
            let expected = leading_of_matrix(&operator, &params, &mut exact_v, &mut exact_u);
            assert!((found / expected - 1.0).abs() < 1e-13, "{found} {expected}");
            let aligned = dot(&v, &exact_v) * dot(&u, &exact_u);
            assert!((aligned - 1.0).abs() < 1e-8, "{aligned}");
        }
    }

    #[test]
    fn operators_of_low_rank_end_early() {
        // The outer product of (1, 2, 3) and (1, 1).
        let (mut v, mut u) = ([0.0; 2], [0.0; 3]);
        let norm = leading(&Dense::new(0, 3, 2), &[1.0, 1.0, 2.0, 2.0, 3.0, 3.0], &mut v, &mut u);
        assert!((norm - 28_f64.sqrt()).abs() < 1e-13, "{norm}");
        assert!((v[0] - v[1]).abs() < 1e-13 && (u[2].abs() - 3.0 / 14_f64.sqrt()).abs() < 1e-13, "{v:?} {u:?}");
    }
}
