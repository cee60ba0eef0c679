//! The normal equations of a least-squares problem.

use faer::linalg::matmul::triangular::{BlockStructure, matmul};
use faer::linalg::solvers::Solve;
use faer::{Accum, Mat, MatRef, Par, Side};
use rayon::prelude::*;

/// Rows of the Jacobian that are multiplied at once.
const ROWS: usize = 512;
/// More unknowns than these have no matrix: the rows of the Jacobian are kept instead.
const MOST_IN_A_MATRIX: usize = 2500;
/// The most multiplications that the matrix of all pairs of rows may cost.
const MOST_WORK: f64 = 4e9;
/// Conjugate gradients end after so many iterations, or when the residual has become this part of the first.
const ITERATIONS: usize = 200;
const REDUCTION: f64 = 1e-4;

/// `JᵀJ`, `Jᵀr` and `rᵀr` of residuals `r` with Jacobian `J`, from one row after another. For up to 2500 unknowns they take as
/// much memory as the square of these, however many residuals there are; for more of them, as much as the Jacobian.
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
    /// `JᵀJ`, its lower triangle.
    matrix: Option<Mat<f64>>,
    half_gradient: Vec<f64>,
    sum: f64,
    /// Rows and residuals that are not in the matrix yet, or all of them if there is none.
    rows: Vec<f64>,
    residuals: Vec<f64>,
    /// Rows that are in the gradient and the sum.
    taken: usize,
}

impl NormalEquations {
    /// Of no residuals yet.
    pub fn new(unknowns: usize) -> Self {
        let matrix = (unknowns <= MOST_IN_A_MATRIX).then(|| Mat::zeros(unknowns, unknowns));
        NormalEquations {
            matrix,
            half_gradient: vec![0.0; unknowns],
            sum: 0.0,
            rows: Vec::new(),
            residuals: Vec::new(),
            taken: 0,
        }
    }

    /// Numbers that those of so many unknowns and residuals take.
    pub(super) fn size(unknowns: usize, residuals: usize) -> usize {
        unknowns * if unknowns <= MOST_IN_A_MATRIX { unknowns } else { residuals }
    }

    /// Number of unknowns.
    pub fn unknowns(&self) -> usize {
        self.half_gradient.len()
    }

    /// Adds a residual; gives its row of `J`, all zeros, to be filled in.
    pub fn row(&mut self, residual: f64) -> &mut [f64] {
        if self.matrix.is_some() && self.residuals.len() == ROWS {
            self.finish();
        }
        self.residuals.push(residual);
        let first = self.rows.len();
        self.rows.resize(first + self.unknowns(), 0.0);
        &mut self.rows[first..]
    }

    /// Takes the last rows in: after these nothing is outstanding.
    pub fn finish(&mut self) {
        let unknowns = self.unknowns();
        self.sum += self.residuals[self.taken..].iter().map(|r| r * r).sum::<f64>();
        if unknowns > 0 {
            let rows = self.rows.chunks_exact(unknowns).zip(&self.residuals).skip(self.taken);
            for (row, &residual) in rows {
                self.half_gradient.iter_mut().zip(row).for_each(|(sum, &slope)| *sum += residual * slope);
            }
        }
        self.taken = self.residuals.len();
        if let Some(matrix) = &mut self.matrix {
            if unknowns > 0 && self.taken > 0 {
                let rows = MatRef::from_row_major_slice(&self.rows, self.taken, unknowns);
                let (lower, all) = (BlockStructure::TriangularLower, BlockStructure::Rectangular);
                matmul(matrix.as_mut(), lower, Accum::Add, rows.transpose(), all, rows, all, 1.0, Par::Seq);
            }
            self.rows.clear();
            self.residuals.clear();
            self.taken = 0;
        }
    }

    /// Adds those of other residuals with the same unknowns, both finished.
    pub(super) fn add(&mut self, other: &Self) {
        if let (Some(matrix), Some(other)) = (&mut self.matrix, &other.matrix) {
            *matrix += other;
        }
        self.rows.extend_from_slice(&other.rows);
        self.residuals.extend_from_slice(&other.residuals);
        self.taken = self.residuals.len();
        self.half_gradient.iter_mut().zip(&other.half_gradient).for_each(|(sum, x)| *sum += x);
        self.sum += other.sum;
    }

    /// Multiplies all squares by a factor.
    pub(super) fn scale(&mut self, factor: f64) {
        let unknowns = self.unknowns();
        if let Some(matrix) = &mut self.matrix {
            (0..unknowns).for_each(|j| (j..unknowns).for_each(|i| matrix[(i, j)] *= factor));
        }
        self.rows.iter_mut().chain(&mut self.residuals).for_each(|x| *x *= factor.sqrt());
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
    pub fn diagonal(&self) -> Vec<f64> {
        let unknowns = self.unknowns();
        if let Some(matrix) = &self.matrix {
            return (0..unknowns).map(|i| matrix[(i, i)]).collect();
        }
        let mut squares = vec![0.0; unknowns];
        for row in self.rows.chunks_exact(unknowns.max(1)) {
            squares.iter_mut().zip(row).for_each(|(sum, x)| *sum += x * x);
        }
        squares
    }

    /// Whether all numbers are finite.
    pub fn is_finite(&self) -> bool {
        self.sum.is_finite() && self.half_gradient.iter().chain(&self.diagonal()).all(|x| x.is_finite())
    }

    /// The step `δ` of `(JᵀJ + μ diag(d)) δ = -Jᵀr`, with the damping `μ` and the scale `d`, of which entries that are missing
    /// count as zero; `None` if the matrix is not positive definite in this precision. Without a matrix, either
    ///
    /// ```text
    /// δ = -D⁻¹Jᵀ (J D⁻¹ Jᵀ + μ)⁻¹ r
    /// ```
    ///
    /// where residuals are few, or by conjugate gradients to four digits.
    pub fn step(&self, damping: f64, scale: &[f64]) -> Option<Vec<f64>> {
        let unknowns = self.unknowns();
        let Some(mut matrix) = self.matrix.clone() else {
            let work = (self.residuals.len() as f64).powi(2) * unknowns as f64;
            let is_whole = damping > 0.0 && scale.len() == unknowns && scale.iter().all(|&scale| scale > 0.0);
            return match is_whole && work <= MOST_WORK && self.residuals.len() <= unknowns {
                true => self.step_by_pairs_of_rows(damping, scale),
                false => self.step_by_conjugate_gradients(damping, scale),
            };
        };
        (0..unknowns).zip(scale).for_each(|(i, scale)| matrix[(i, i)] += damping * scale);
        let factors = matrix.llt(Side::Lower).ok()?;
        let mut step = Mat::from_fn(unknowns, 1, |i, _| -self.half_gradient[i]);
        factors.solve_in_place(step.as_mut());
        Some((0..unknowns).map(|i| step[(i, 0)]).collect())
    }

    fn step_by_pairs_of_rows(&self, damping: f64, scale: &[f64]) -> Option<Vec<f64>> {
        let (unknowns, count) = (self.unknowns(), self.residuals.len());
        let scaled: Vec<f64> =
            self.rows.chunks_exact(unknowns).flat_map(|row| row.iter().zip(scale).map(|(x, d)| x / d.sqrt())).collect();
        let rows = MatRef::from_row_major_slice(&scaled, count, unknowns);
        let (lower, all) = (BlockStructure::TriangularLower, BlockStructure::Rectangular);
        let mut pairs = Mat::from_fn(count, count, |i, j| if i == j { damping } else { 0.0 });
        matmul(pairs.as_mut(), lower, Accum::Add, rows, all, rows.transpose(), all, 1.0, Par::Seq);
        let factors = pairs.llt(Side::Lower).ok()?;
        let mut weights = Mat::from_fn(count, 1, |i, _| self.residuals[i]);
        factors.solve_in_place(weights.as_mut());
        let mut step = vec![0.0; unknowns];
        for (i, row) in scaled.chunks_exact(unknowns).enumerate() {
            step.iter_mut().zip(row).for_each(|(sum, x)| *sum -= weights[(i, 0)] * x);
        }
        step.iter_mut().zip(scale).for_each(|(x, d)| *x /= d.sqrt());
        Some(step)
    }

    fn step_by_conjugate_gradients(&self, damping: f64, scale: &[f64]) -> Option<Vec<f64>> {
        let damped: Vec<f64> = (0..self.unknowns()).map(|i| damping * scale.get(i).copied().unwrap_or(0.0)).collect();
        let preconditioner: Vec<f64> = self.diagonal().iter().zip(&damped).map(|(a, b)| a + b).collect();
        if !preconditioner.iter().all(|&p| p > 0.0) {
            return None;
        }
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let divided = |r: &[f64]| -> Vec<f64> { r.iter().zip(&preconditioner).map(|(r, p)| r / p).collect() };
        let mut step = vec![0.0; self.unknowns()];
        let mut residual: Vec<f64> = self.half_gradient.iter().map(|g| -g).collect();
        let mut z = divided(&residual);
        let (mut direction, mut square) = (z.clone(), dot(&residual, &z));
        let enough = REDUCTION * REDUCTION * square;
        for _ in 0..ITERATIONS {
            if square <= enough {
                break;
            }
            let mut image = self.product(&direction);
            image.iter_mut().zip(&direction).zip(&damped).for_each(|((image, v), d)| *image += d * v);
            let length = square / dot(&direction, &image);
            if !length.is_finite() {
                return None;
            }
            step.iter_mut().zip(&direction).for_each(|(x, v)| *x += length * v);
            residual.iter_mut().zip(&image).for_each(|(r, image)| *r -= length * image);
            z = divided(&residual);
            let before = std::mem::replace(&mut square, dot(&residual, &z));
            direction.iter_mut().zip(&z).for_each(|(v, z)| *v = z + square / before * *v);
        }
        Some(step)
    }

    /// `JᵀJ v`, of the rows that are kept.
    fn product(&self, v: &[f64]) -> Vec<f64> {
        let unknowns = self.unknowns().max(1);
        let of = |rows: &[f64]| {
            let mut sum = vec![0.0; unknowns];
            for row in rows.chunks_exact(unknowns) {
                let along: f64 = row.iter().zip(v).map(|(x, v)| x * v).sum();
                sum.iter_mut().zip(row).for_each(|(sum, x)| *sum += along * x);
            }
            sum
        };
        // In parts that do not depend on the threads, added in order.
        let parts: Vec<Vec<f64>> = self.rows.par_chunks(ROWS * unknowns).map(of).collect();
        parts.iter().fold(vec![0.0; unknowns], |mut all, part| {
            all.iter_mut().zip(part).for_each(|(sum, x)| *sum += x);
            all
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{Rng, SeedableRng};

    /// Equations of random residuals, by a matrix or by their rows.
    fn random(residuals: usize, unknowns: usize, kept: bool) -> NormalEquations {
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(1);
        let mut equations = NormalEquations::new(unknowns);
        if kept {
            equations.matrix = None;
        }
        let mut other = equations.clone();
        for k in 0..residuals {
            let to = if k % 3 == 0 { &mut other } else { &mut equations };
            let size = rng.random_range(0.1..1.0);
            to.row(rng.random_range(-1.0..1.0)).iter_mut().for_each(|x| *x = size * rng.random_range(-1.0..1.0));
        }
        equations.finish();
        other.finish();
        equations.add(&other);
        equations.scale(0.25);
        equations
    }

    #[test]
    fn with_and_without_a_matrix_steps_are_the_same() {
        for (residuals, unknowns) in [(7, 20), (700, 30), (20, 20), (1, 3)] {
            let [whole, kept] = [false, true].map(|kept| random(residuals, unknowns, kept));
            assert!((whole.sum_of_squares() - kept.sum_of_squares()).abs() < 1e-13 * whole.sum_of_squares());
            let close = |a: &[f64], b: &[f64], tolerance: f64| {
                let most = a.iter().fold(0.0, |most: f64, x| most.max(x.abs()));
                a.iter().zip(b).for_each(|(a, b)| assert!((a - b).abs() < tolerance * most, "{a} and {b}"));
            };
            close(whole.half_gradient(), kept.half_gradient(), 1e-13);
            close(&whole.diagonal(), &kept.diagonal(), 1e-13);
            let scale: Vec<f64> = (0..unknowns).map(|i| 1.0 + i as f64 / 10.0).collect();
            let expected = whole.step(0.01, &scale).unwrap();
            close(&expected, &kept.step(0.01, &scale).unwrap(), 1e-2);
            close(&expected, &kept.step_by_conjugate_gradients(0.01, &scale).unwrap(), 1e-2);
            close(&expected, &kept.step_by_pairs_of_rows(0.01, &scale).unwrap(), 1e-9);
        }
    }

    #[test]
    fn nothing_to_solve_is_no_step() {
        let mut kept = random(3, 5, true);
        kept.rows.fill(0.0);
        assert!(kept.step(0.0, &[]).is_none());
        assert_eq!(random(0, 2, false).step(1.0, &[1.0, 1.0]).unwrap(), [0.0, 0.0]);
        assert_eq!(random(0, 2, true).step(1.0, &[1.0, 1.0]).unwrap(), [0.0, 0.0]);
        assert!(random(4, 0, true).step(1.0, &[]).unwrap().is_empty());
    }
}
