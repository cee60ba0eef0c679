//! The normal equations of a least-squares problem.

use faer::linalg::matmul::triangular::{BlockStructure, matmul};
use faer::linalg::solvers::Solve;
use faer::{Accum, Mat, MatRef, Par, Side};

/// Rows of the Jacobian that are multiplied at once.
const ROWS: usize = 512;

/// `JᵀJ`, `Jᵀr` and `rᵀr` of residuals `r` with Jacobian `J`, from one row after another: as much memory as the square of the
/// unknowns, however many residuals there are.
///
/// ```
/// use kutta::train::NormalEquations;
/// // Residuals x - 1 and 2x - 4 at x = 0.
/// let mut equations = NormalEquations::new(1);
/// for [residual, slope] in [[-1.0, 1.0], [-4.0, 2.0]] {
///     equations.row(residual)[0] = slope;
/// }
/// equations.finish();
/// assert_eq!((equations.sum_of_squares(), equations.half_gradient()), (17.0, &[-9.0][..]));
/// assert!((equations.step(0.0, &[1.0]).unwrap()[0] - 1.8).abs() < 1e-15);
/// ```
#[derive(Debug, Clone)]
pub struct NormalEquations {
    matrix: Mat<f64>,
    half_gradient: Vec<f64>,
    sum: f64,
    /// Rows and residuals that are not in the matrix yet.
    rows: Vec<f64>,
    residuals: Vec<f64>,
}

impl NormalEquations {
    /// Of no residuals yet.
    pub fn new(unknowns: usize) -> Self {
        NormalEquations {
            matrix: Mat::zeros(unknowns, unknowns),
            half_gradient: vec![0.0; unknowns],
            sum: 0.0,
            rows: Vec::new(),
            residuals: Vec::new(),
        }
    }

    /// Number of unknowns.
    pub fn unknowns(&self) -> usize {
        self.half_gradient.len()
    }

    /// Adds a residual; gives its row of `J`, all zeros, to be filled in.
    pub fn row(&mut self, residual: f64) -> &mut [f64] {
        if self.residuals.len() == ROWS {
            self.finish();
        }
        self.residuals.push(residual);
        let first = self.rows.len();
        self.rows.resize(first + self.unknowns(), 0.0);
        &mut self.rows[first..]
    }

    /// Takes the last rows in: after these nothing is outstanding.
    pub fn finish(&mut self) {
        if self.residuals.is_empty() || self.unknowns() == 0 {
            self.sum += self.residuals.drain(..).map(|r| r * r).sum::<f64>();
            return;
        }
        let unknowns = self.unknowns();
        let rows = MatRef::from_row_major_slice(&self.rows, self.residuals.len(), unknowns);
        let (lower, all) = (BlockStructure::TriangularLower, BlockStructure::Rectangular);
        matmul(self.matrix.as_mut(), lower, Accum::Add, rows.transpose(), all, rows, all, 1.0, Par::Seq);
        for (&residual, row) in self.residuals.iter().zip(self.rows.chunks_exact(unknowns)) {
            self.half_gradient.iter_mut().zip(row).for_each(|(sum, &slope)| *sum += residual * slope);
            self.sum += residual * residual;
        }
        self.rows.clear();
        self.residuals.clear();
    }

    /// Adds those of other residuals with the same unknowns, both finished.
    pub(super) fn add(&mut self, other: &Self) {
        self.matrix += &other.matrix;
        self.half_gradient.iter_mut().zip(&other.half_gradient).for_each(|(sum, x)| *sum += x);
        self.sum += other.sum;
    }

    /// Multiplies all squares by a factor.
    pub(super) fn scale(&mut self, factor: f64) {
        let unknowns = self.unknowns();
        (0..unknowns).for_each(|j| (j..unknowns).for_each(|i| self.matrix[(i, j)] *= factor));
        self.half_gradient.iter_mut().for_each(|x| *x *= factor);
        self.sum *= factor;
    }

    /// `rᵀr`.
    pub fn sum_of_squares(&self) -> f64 {
        self.sum
    }

    /// `Jᵀr`.
    pub fn half_gradient(&self) -> &[f64] {
        &self.half_gradient
    }

    /// The diagonal of `JᵀJ`: squares of the columns' lengths.
    pub fn diagonal(&self) -> impl Iterator<Item = f64> {
        (0..self.unknowns()).map(|i| self.matrix[(i, i)])
    }

    /// Whether all numbers are finite.
    pub fn is_finite(&self) -> bool {
        self.sum.is_finite() && self.half_gradient.iter().all(|x| x.is_finite()) && self.diagonal().all(f64::is_finite)
    }

    /// The step `δ` of `(JᵀJ + μ diag(d)) δ = -Jᵀr`, with the damping `μ` and the scale `d`, of which entries that are missing
    /// count as zero; `None` if the matrix is not positive definite in this precision.
    pub fn step(&self, damping: f64, scale: &[f64]) -> Option<Vec<f64>> {
        let unknowns = self.unknowns();
        let mut matrix = self.matrix.clone();
        (0..unknowns).zip(scale).for_each(|(i, scale)| matrix[(i, i)] += damping * scale);
        let factors = matrix.llt(Side::Lower).ok()?;
        let mut step = Mat::from_fn(unknowns, 1, |i, _| -self.half_gradient[i]);
        factors.solve_in_place(step.as_mut());
        Some((0..unknowns).map(|i| step[(i, 0)]).collect())
    }
}
