//! Linear fields with a given spectrum.

use super::super::fraction::linear_text;
use super::equations;
use crate::{Number, VectorField};
use nalgebra::{Complex, DMatrix, DVector};
use proptest::prelude::*;
use std::fmt;

/// `y' = M y`.
#[derive(Clone, PartialEq)]
pub struct Linear {
    matrix: DMatrix<f64>,
}

impl Linear {
    /// The field of a square matrix with these rows.
    ///
    /// # Panics
    /// If the matrix is not square.
    pub fn new<const N: usize>(rows: [[f64; N]; N]) -> Self {
        Linear { matrix: DMatrix::from_fn(N, N, |i, j| rows[i][j]) }
    }

    /// `z' = λ z` of one complex variable, as the two real ones `(Re z, Im z)`.
    pub fn scalar(lambda: Complex<f64>) -> Self {
        Linear::new([[lambda.re, -lambda.im], [lambda.im, lambda.re]])
    }

    /// The block-diagonal matrix with these eigenvalues: a number with an imaginary part stands for itself and its
    /// conjugate.
    pub fn with_spectrum(eigenvalues: &[Complex<f64>]) -> Self {
        let size = |x: &Complex<f64>| if x.im == 0.0 { 1 } else { 2 };
        let dim = eigenvalues.iter().map(size).sum();
        let mut matrix = DMatrix::zeros(dim, dim);
        let mut i = 0;
        for x in eigenvalues {
            matrix[(i, i)] = x.re;
            if x.im != 0.0 {
                matrix[(i + 1, i + 1)] = x.re;
                matrix[(i, i + 1)] = -x.im;
                matrix[(i + 1, i)] = x.im;
            }
            i += size(x);
        }
        Linear { matrix }
    }

    /// The entry `M_ij`.
    pub fn entry(&self, i: usize, j: usize) -> f64 {
        self.matrix[(i, j)]
    }
}

impl VectorField for Linear {
    fn dim(&self) -> usize {
        self.matrix.nrows()
    }
    fn param_count(&self) -> usize {
        0
    }
    fn eval<S: Number>(&self, _: &[S], _: S, y: &[S], dy: &mut [S]) {
        for (i, dy) in dy.iter_mut().enumerate() {
            *dy = S::zero();
            for (j, &y) in y.iter().enumerate() {
                *dy += S::constant(self.matrix[(i, j)]) * y;
            }
        }
    }
}

impl fmt::Debug for Linear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let row = |i: usize| linear_text("y", &self.matrix.row(i).iter().copied().collect::<Vec<_>>(), 0.0, 0.0);
        equations(f, (0..self.dim()).map(row))
    }
}

/// Linear fields with these eigenvalues, see [`Linear::with_spectrum`], in random orthogonal coordinates: a normal matrix,
/// so that `‖exp(tM)‖` is governed by the spectrum alone. They shrink to the block-diagonal matrix.
pub fn linear_field(eigenvalues: Vec<Complex<f64>>) -> impl Strategy<Value = Linear> {
    let plain = Linear::with_spectrum(&eigenvalues).matrix;
    let dim = plain.nrows();
    let normal = prop::collection::vec(-2..=2i8, dim);
    prop::collection::vec(normal, 0..=2).prop_map(move |normals| {
        let mut matrix = plain.clone();
        for normal in normals {
            // I - 2 v vᵀ/(vᵀv): fractions, as the normals are whole numbers.
            let v = DVector::from_iterator(dim, normal.into_iter().map(f64::from));
            let size = v.norm_squared();
            if size > 0.0 {
                let reflection = DMatrix::identity(dim, dim) - &v * v.transpose() * (2.0 / size);
                matrix = &reflection * matrix * &reflection;
            }
        }
        Linear { matrix }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scalar_is_a_block() {
        let lambda = Complex::new(-0.5, 2.0);
        assert_eq!(Linear::scalar(lambda), Linear::with_spectrum(&[lambda]));
        assert_eq!(format!("{:?}", Linear::scalar(lambda)), "y0' = -1/2 y0 - 2 y1, y1' = 2 y0 - 1/2 y1");
    }

    proptest! {
        /// Trace and norm of a normal matrix are those of its spectrum.
        #[test]
        fn the_spectrum_is_as_asked(field in linear_field(vec![Complex::new(-1.0, 2.0), Complex::new(3.0, 0.0)])) {
            prop_assert!((field.matrix.trace() - 1.0).abs() < 1e-14);
            prop_assert!((field.matrix.norm_squared() - 19.0).abs() < 1e-13);
            prop_assert!((field.matrix.determinant() - 15.0).abs() < 1e-13);
            let commutator = &field.matrix * field.matrix.transpose() - field.matrix.transpose() * &field.matrix;
            prop_assert!(commutator.amax() < 1e-13);
        }
    }
}
