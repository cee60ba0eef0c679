//! Fields with an invariant.

use super::super::fraction::{linear_text, numbers, sum};
use super::{Phase, Smooth, add_skew, equations, phase, skew_row, smooth_field};
use crate::{Number, VectorField};
use proptest::prelude::*;
use std::fmt;

/// A smooth field without its part along a vector `w`, so that `w·y` is invariant.
#[derive(Clone, PartialEq)]
pub struct LinearInvariant {
    field: Smooth,
    vector: Vec<f64>,
}

impl LinearInvariant {
    /// The invariant `w·y`.
    pub fn invariant(&self, y: &[f64]) -> f64 {
        self.vector.iter().zip(y).map(|(w, y)| w * y).sum()
    }
}

impl VectorField for LinearInvariant {
    fn dim(&self) -> usize {
        self.field.dim()
    }
    fn param_count(&self) -> usize {
        0
    }
    fn eval<S: Number>(&self, params: &[S], t: S, y: &[S], dy: &mut [S]) {
        self.field.eval(params, t, y, dy);
        let mut along = S::zero();
        for (&w, &dy) in self.vector.iter().zip(&*dy) {
            along += S::constant(w) * dy;
        }
        let size: f64 = self.vector.iter().map(|w| w * w).sum();
        for (dy, &w) in dy.iter_mut().zip(&self.vector) {
            *dy += S::constant(-w / size) * along;
        }
    }
}

impl fmt::Debug for LinearInvariant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let invariant = linear_text("y", &self.vector, 0.0, 0.0);
        write!(f, "{:?}, less what changes {invariant}", self.field)
    }
}

/// Fields of `dim` components with a linear invariant of whole coefficients; Lipschitz constant at most `lipschitz`.
pub fn linear_invariant_field(dim: usize, lipschitz: f64) -> impl Strategy<Value = LinearInvariant> {
    let vector = prop::collection::vec(1..=4i8, dim);
    (smooth_field(dim, lipschitz), vector)
        .prop_map(|(field, vector)| LinearInvariant { field, vector: vector.into_iter().map(f64::from).collect() })
}

/// `y' = (Σ_k sin(v_k·y + β_k) S_k) C y` with skew-symmetric matrices `S_k` and a positive diagonal matrix `C`, so that
/// `Q(y) = yᵀCy/2` is invariant.
#[derive(Clone, PartialEq)]
pub struct QuadraticInvariant {
    squares: Vec<f64>,
    rotations: Vec<(Vec<f64>, Phase)>,
}

impl QuadraticInvariant {
    /// The invariant `yᵀCy/2`.
    pub fn invariant(&self, y: &[f64]) -> f64 {
        self.squares.iter().zip(y).map(|(c, y)| 0.5 * c * y * y).sum()
    }
}

impl VectorField for QuadraticInvariant {
    fn dim(&self) -> usize {
        self.squares.len()
    }
    fn param_count(&self) -> usize {
        0
    }
    fn eval<S: Number>(&self, _: &[S], t: S, y: &[S], dy: &mut [S]) {
        dy.fill(S::zero());
        let gradient: Vec<S> = self.squares.iter().zip(y).map(|(&c, &y)| S::constant(c) * y).collect();
        for (skew, phase) in &self.rotations {
            add_skew(skew, phase.at(t, y).sin(), &gradient, dy);
        }
    }
}

impl fmt::Debug for QuadraticInvariant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dim = self.dim();
        let line = |i: usize| {
            sum(self.rotations.iter().flat_map(|(skew, phase)| {
                let angle = format!("sin({})", phase.text("y"));
                let row = skew_row(skew, dim, i).into_iter().zip(&self.squares).enumerate();
                row.map(|(j, (x, c))| (x * c, format!("{angle} y{j}"))).collect::<Vec<_>>()
            }))
        };
        equations(f, (0..dim).map(line))
    }
}

/// Fields of `dim` components, at least 2, with a quadratic invariant.
pub fn quadratic_invariant_field(dim: usize) -> impl Strategy<Value = QuadraticInvariant> {
    let squares = prop::collection::vec((1..=4u8).prop_map(|c| f64::from(c) / 2.0), dim);
    let rotation = (numbers(1, dim * dim.saturating_sub(1) / 2), phase(dim, false));
    (squares, prop::collection::vec(rotation, 1..=2))
        .prop_map(|(squares, rotations)| QuadraticInvariant { squares, rotations })
}

#[cfg(test)]
mod tests {
    use super::super::{rhs, state};
    use super::*;

    proptest! {
        /// The slope is at right angles to the gradient.
        #[test]
        fn invariants_do_not_change(
            l in linear_invariant_field(3, 1.0), q in quadratic_invariant_field(3), y in state(3),
        ) {
            prop_assert!(l.invariant(&rhs(&l)(0.0, &y)).abs() < 1e-14);
            let slope = rhs(&q)(0.0, &y);
            let change: f64 = (0..3).map(|i| q.squares[i] * y[i] * slope[i]).sum();
            prop_assert!(change.abs() < 1e-14, "{change}");
        }
    }
}
