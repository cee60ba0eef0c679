//! The normal equations of a least-squares problem.

use crate::Real;
use crate::regularisation::mixed;
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
/// Random directions by which a trace is estimated.
const PROBES: usize = 8;
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
    /// Squares `λ x²` of the first unknowns: `λ`, and each `λ x`.
    decay: (f64, Vec<f64>),
}

impl NormalEquations {
    /// Of no residuals yet.
    pub fn new(unknowns: usize) -> Self {
        let matrix = Self::have_matrix(unknowns).then(|| Mat::zeros(unknowns, unknowns));
        NormalEquations {
            matrix,
            half_gradient: vec![0.0; unknowns],
            sum: 0.0,
            rows: Vec::new(),
            residuals: Vec::new(),
            taken: 0,
            decay: (0.0, Vec::new()),
        }
    }

    /// Whether those of so many unknowns are a matrix.
    pub(super) fn have_matrix(unknowns: usize) -> bool {
        unknowns <= MOST_IN_A_MATRIX
    }

    /// Numbers that those of so many unknowns and residuals take.
    pub(super) fn size(unknowns: usize, residuals: usize) -> usize {
        unknowns * if Self::have_matrix(unknowns) { unknowns } else { residuals }
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

    /// Adds the squares `λ x²` of the first unknowns, after everything else.
    pub(super) fn add_squares<T: Real>(&mut self, lambda: f64, first: &[T]) {
        self.decay = (lambda, first.iter().map(|x| lambda * x.to_f64()).collect());
        for (i, x) in first.iter().map(|x| x.to_f64()).enumerate() {
            if let Some(matrix) = &mut self.matrix {
                matrix[(i, i)] += lambda;
            }
            self.half_gradient[i] += lambda * x;
            self.sum += lambda * x * x;
        }
    }

    /// How many of the first unknowns, so many, would be determined by squares `λ x²` of them rather than by the residuals:
    /// the trace of `λ (JᵀJ + λ)⁻¹`, by random directions that are always the same. `None` without a matrix, or if that is
    /// singular.
    pub(super) fn undetermined(&self, lambda: f64, first: usize) -> Option<f64> {
        let mut matrix = self.matrix.clone()?;
        (0..first).for_each(|i| matrix[(i, i)] += lambda);
        let factors = matrix.llt(Side::Lower).ok()?;
        let sign = |i: usize, k: usize| if mixed([i as u64, k as u64, 0, 0]) & 1 == 0 { 1.0 } else { -1.0 };
        let mut x = Mat::from_fn(self.unknowns(), PROBES, |i, k| if i < first { sign(i, k) } else { 0.0 });
        factors.solve_in_place(x.as_mut());
        let products = (0..PROBES).flat_map(|k| (0..first).map(move |i| (i, k)));
        let trace = lambda * products.map(|(i, k)| sign(i, k) * x[(i, k)]).sum::<f64>() / PROBES as f64;
        Some(trace.clamp(0.0, first as f64))
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
    /// δ = -Jᵀ (J Jᵀ + 1)⁻¹ r
    /// ```
    ///
    /// for unknowns scaled by the root of what is added to the diagonal, where residuals are few, or by conjugate gradients to four digits.
    pub fn step(&self, damping: f64, scale: &[f64]) -> Option<Vec<f64>> {
        let unknowns = self.unknowns();
        let Some(mut matrix) = self.matrix.clone() else {
            let decay = |i: usize| if i < self.decay.1.len() { self.decay.0 } else { 0.0 };
            let scale = |i: usize| damping * scale.get(i).copied().unwrap_or(0.0) + decay(i);
            let diagonal: Vec<f64> = (0..unknowns).map(scale).collect();
            let work = (self.residuals.len() as f64).powi(2) * unknowns as f64;
            let is_whole = diagonal.iter().all(|&x| x > 0.0);
            return match is_whole && work <= MOST_WORK && self.residuals.len() <= unknowns {
                true => self.step_by_pairs_of_rows(&diagonal),
                false => self.step_by_conjugate_gradients(&diagonal),
            };
        };
        (0..unknowns).zip(scale).for_each(|(i, scale)| matrix[(i, i)] += damping * scale);
        let factors = matrix.llt(Side::Lower).ok()?;
        let mut step = Mat::from_fn(unknowns, 1, |i, _| -self.half_gradient[i]);
        factors.solve_in_place(step.as_mut());
        Some((0..unknowns).map(|i| step[(i, 0)]).collect())
    }

    /// With `D` added to the diagonal, `S = J D^(-1/2)` and `v = D^(-1/2) λx`:
    ///
    /// ```text
    /// δ = -D^(-1/2) (Sᵀ (S Sᵀ + 1)⁻¹ (r - S v) + v)
    /// ```
    fn step_by_pairs_of_rows(&self, added: &[f64]) -> Option<Vec<f64>> {
        let (unknowns, count) = (self.unknowns(), self.residuals.len());
        let scaled: Vec<f64> =
            self.rows.chunks_exact(unknowns).flat_map(|row| row.iter().zip(added).map(|(x, d)| x / d.sqrt())).collect();
        let rows = MatRef::from_row_major_slice(&scaled, count, unknowns);
        let (lower, all) = (BlockStructure::TriangularLower, BlockStructure::Rectangular);
        let mut pairs = Mat::from_fn(count, count, |i, j| if i == j { 1.0 } else { 0.0 });
        matmul(pairs.as_mut(), lower, Accum::Add, rows, all, rows.transpose(), all, 1.0, Par::Seq);
        let factors = pairs.llt(Side::Lower).ok()?;
        let mut step: Vec<f64> = self.decay.1.iter().zip(added).map(|(pull, d)| -pull / d.sqrt()).collect();
        step.resize(unknowns, 0.0);
        let along = |row: &[f64]| row.iter().zip(&step).map(|(x, v)| x * v).sum::<f64>();
        let missed: Vec<f64> =
            scaled.chunks_exact(unknowns).zip(&self.residuals).map(|(row, r)| r + along(row)).collect();
        let mut weights = Mat::from_fn(count, 1, |i, _| missed[i]);
        factors.solve_in_place(weights.as_mut());
        for (i, row) in scaled.chunks_exact(unknowns).enumerate() {
            step.iter_mut().zip(row).for_each(|(sum, x)| *sum -= weights[(i, 0)] * x);
        }
        step.iter_mut().zip(added).for_each(|(x, d)| *x /= d.sqrt());
        Some(step)
    }

    fn step_by_conjugate_gradients(&self, added: &[f64]) -> Option<Vec<f64>> {
        let preconditioner: Vec<f64> = self.diagonal().iter().zip(added).map(|(a, b)| a + b).collect();
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
            image.iter_mut().zip(&direction).zip(added).for_each(|((image, v), d)| *image += d * v);
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
            let added: Vec<f64> = scale.iter().map(|scale| 0.01 * scale).collect();
            close(&expected, &kept.step_by_conjugate_gradients(&added).unwrap(), 1e-2);
            close(&expected, &kept.step_by_pairs_of_rows(&added).unwrap(), 1e-9);
            // The same with squares of all but the last.
            let (x, lambda): (Vec<f64>, _) = ((1..unknowns).map(|i| i as f64 / 30.0).collect(), 0.02);
            let [mut whole, mut kept] = [whole, kept];
            [&mut whole, &mut kept].into_iter().for_each(|equations| equations.add_squares(lambda, &x));
            close(whole.half_gradient(), kept.half_gradient(), 1e-13);
            let expected = whole.step(0.01, &scale).unwrap();
            let added: Vec<f64> =
                added.iter().enumerate().map(|(i, a)| a + if i < x.len() { lambda } else { 0.0 }).collect();
            close(&expected, &kept.step_by_conjugate_gradients(&added).unwrap(), 1e-2);
            close(&expected, &kept.step_by_pairs_of_rows(&added).unwrap(), 1e-9);
        }
    }

    #[test]
    fn what_residuals_do_not_determine_is_the_trace() {
        // Three unknowns that are seen well, hardly and not at all.
        let mut equations = NormalEquations::new(3);
        for (i, slope) in [1e3, 1e-2, 0.0].into_iter().enumerate() {
            equations.row(1.0)[i] = slope;
        }
        equations.finish();
        let undetermined = equations.undetermined(1e-4, 3).unwrap();
        assert!((undetermined - 1.5).abs() < 1e-9, "{undetermined}");
        assert!(equations.undetermined(1e-4, 2).is_none(), "nothing is known of the last");
        assert!(random(9, 4, true).undetermined(1.0, 4).is_none());
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
