//! Affine changes of coordinates.

use super::super::fraction::{linear_text, numbers};
use crate::{Number, VectorField};
use nalgebra::DMatrix;
use proptest::prelude::*;
use std::fmt;

/// The map `g(y) = P y + q`.
#[derive(Clone, PartialEq)]
pub struct AffineMap {
    matrix: DMatrix<f64>,
    inverse: DMatrix<f64>,
    shift: Vec<f64>,
}

impl AffineMap {
    /// `g(y)`.
    pub fn apply(&self, y: &[f64]) -> Vec<f64> {
        let mut out = product(&self.matrix, y);
        out.iter_mut().zip(&self.shift).for_each(|(out, q)| *out += q);
        out
    }

    /// The field in the coordinates `z = g(y)`: `z' = P f(t, P⁻¹(z - q))`.
    pub fn image<'a, F>(&'a self, field: &'a F) -> Image<'a, F> {
        Image { map: self, field }
    }
}

impl fmt::Debug for AffineMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let row = |(i, &shift): (usize, &f64)| {
            let weights: Vec<f64> = self.matrix.row(i).iter().copied().collect();
            format!("z{i} = {}", linear_text("y", &weights, 0.0, shift))
        };
        f.write_str(&self.shift.iter().enumerate().map(row).collect::<Vec<_>>().join(", "))
    }
}

/// A field in other coordinates, see [`AffineMap::image`].
#[derive(Debug, Clone, Copy)]
pub struct Image<'a, F> {
    map: &'a AffineMap,
    field: &'a F,
}

impl<F: VectorField> VectorField for Image<'_, F> {
    fn dim(&self) -> usize {
        self.field.dim()
    }
    fn param_count(&self) -> usize {
        self.field.param_count()
    }
    fn eval<S: Number>(&self, params: &[S], t: S, z: &[S], dz: &mut [S]) {
        let moved: Vec<S> = z.iter().zip(&self.map.shift).map(|(&z, &q)| z - S::constant(q)).collect();
        let mut slope = vec![S::zero(); z.len()];
        self.field.eval(params, t, &product(&self.map.inverse, &moved), &mut slope);
        dz.copy_from_slice(&product(&self.map.matrix, &slope));
    }
}

fn product<S: Number>(matrix: &DMatrix<f64>, x: &[S]) -> Vec<S> {
    let row = |i: usize| {
        let mut sum = S::zero();
        for (&entry, &x) in matrix.row(i).iter().zip(x) {
            sum += S::constant(entry) * x;
        }
        sum
    };
    (0..matrix.nrows()).map(row).collect()
}

/// Affine maps of `dim` variables whose matrix is whole, as is its inverse. They shrink to the identity.
pub fn affine_map(dim: usize) -> impl Strategy<Value = AffineMap> {
    let entries = prop::collection::vec(-1..=1i8, dim * dim);
    (entries, numbers(1, dim)).prop_map(move |(entries, shift)| {
        let unit = |keep: fn(usize, usize) -> bool| {
            DMatrix::from_fn(dim, dim, |i, j| {
                f64::from(u8::from(i == j)) + if keep(i, j) { f64::from(entries[i * dim + j]) } else { 0.0 }
            })
        };
        let (lower, upper) = (unit(|i, j| j < i), unit(|i, j| j > i));
        // Exact: triangular, whole, with ones on the diagonal.
        let (lower_inverse, upper_inverse) = (inverse_of_unit(&lower), inverse_of_unit(&upper));
        AffineMap { matrix: lower * upper, inverse: upper_inverse * lower_inverse, shift }
    })
}

/// `(I + N)⁻¹ = I - N + N² - …`, which ends for triangular `N`.
fn inverse_of_unit(matrix: &DMatrix<f64>) -> DMatrix<f64> {
    let one = DMatrix::identity(matrix.nrows(), matrix.nrows());
    let nilpotent = &one - matrix;
    (0..matrix.nrows()).fold(one.clone(), |sum, _| &one + &nilpotent * sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest! {
        #[test]
        fn inverses_are_exact(map in affine_map(4)) {
            prop_assert_eq!(&map.matrix * &map.inverse, DMatrix::identity(4, 4));
        }
    }
}
