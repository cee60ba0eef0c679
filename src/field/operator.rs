//! Linear operators whose entries are parameters, and their norms.

use super::lanczos;
use crate::Real;
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::svd::{ComputeSvdVectors, svd, svd_scratch};
use faer::{Mat, MatRef, Par};
use std::fmt::Debug;
use std::ops::Range;

/// A linear operator `A(γ): Rⁿ → Rᵐ` that is linear in its parameters too: a layer's matrix, a convolution on images of
/// one size.
///
/// All methods take the parameters of the whole field.
pub trait LinearOperator: Debug + Clone + PartialEq + Send + Sync {
    /// `n`
    fn inputs(&self) -> usize;

    /// `m`
    fn outputs(&self) -> usize;

    /// Where its parameters are among those of the field.
    fn places(&self) -> impl Iterator<Item = Range<usize>>;

    /// `out = A v`
    fn apply<T: Real>(&self, params: &[T], v: &[T], out: &mut [T]);

    /// `out = Aᵀ u`
    fn apply_transposed<T: Real>(&self, params: &[T], u: &[T], out: &mut [T]);

    /// `bar += scale · ∂(uᵀ A v)/∂γ`
    fn add_outer<T: Real>(&self, scale: T, u: &[T], v: &[T], bar: &mut [T]);

    /// The matrix of the operator, column by column. Provided: by the images of the unit vectors.
    fn matrix<T: Real>(&self, params: &[T]) -> Vec<f64> {
        let (n, m) = (self.inputs(), self.outputs());
        let (mut unit, mut image) = (vec![T::zero(); n], vec![T::zero(); m]);
        let mut columns = Vec::with_capacity(n * m);
        for j in 0..n {
            unit[j] = T::one();
            self.apply(params, &unit, &mut image);
            columns.extend(image.iter().map(|x| x.to_f64()));
            unit[j] = T::zero();
        }
        columns
    }
}

/// A dense matrix, stored row by row.
///
/// ```
/// use kutta::field::{Dense, spectral_norm};
/// // A rotation by a right angle, times three, after one other parameter.
/// let norm = spectral_norm(&Dense::new(1, 2, 2), &[0.5, 0.0, -3.0, 3.0, 0.0]);
/// assert!((norm - 3.0_f64).abs() < 1e-14);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dense {
    first: usize,
    outputs: usize,
    inputs: usize,
    row: usize,
}

impl Dense {
    /// The matrix of `outputs × inputs` that begins with parameter `first`.
    pub fn new(first: usize, outputs: usize, inputs: usize) -> Self {
        Dense { first, outputs, inputs, row: inputs }
    }

    /// Its first columns alone, at most as many as it has.
    pub fn first_columns(self, columns: usize) -> Self {
        Dense { inputs: columns.min(self.row), ..self }
    }

    fn rows<'a, T>(&self, params: &'a [T]) -> impl Iterator<Item = &'a [T]> {
        let inputs = self.inputs;
        params[self.first..][..self.outputs * self.row].chunks_exact(self.row.max(1)).map(move |row| &row[..inputs])
    }
}

impl LinearOperator for Dense {
    fn inputs(&self) -> usize {
        self.inputs
    }

    fn outputs(&self) -> usize {
        self.outputs
    }

    fn places(&self) -> impl Iterator<Item = Range<usize>> {
        let Dense { first, inputs, row, .. } = *self;
        (0..self.outputs).map(move |i| first + i * row..first + i * row + inputs)
    }

    fn apply<T: Real>(&self, params: &[T], v: &[T], out: &mut [T]) {
        for (out, row) in out.iter_mut().zip(self.rows(params)) {
            *out = dot(row, v);
        }
    }

    fn apply_transposed<T: Real>(&self, params: &[T], u: &[T], out: &mut [T]) {
        out.fill(T::zero());
        for (&u, row) in u.iter().zip(self.rows(params)) {
            out.iter_mut().zip(row).for_each(|(out, &x)| *out += u * x);
        }
    }

    fn add_outer<T: Real>(&self, scale: T, u: &[T], v: &[T], bar: &mut [T]) {
        for (&u, place) in u.iter().zip(self.places()) {
            let factor = scale * u;
            bar[place].iter_mut().zip(v).for_each(|(bar, &v)| *bar += factor * v);
        }
    }

    fn matrix<T: Real>(&self, params: &[T]) -> Vec<f64> {
        let column = |j: usize| self.rows(params).map(move |row| row[j].to_f64());
        (0..self.inputs).flat_map(column).collect()
    }
}

/// `Σ a_i b_i` in several sums at once, which the processor adds in parallel.
#[inline(always)]
pub(super) fn dot<T: Real>(a: &[T], b: &[T]) -> T {
    const SUMS: usize = 8;
    let mut sums = [T::zero(); SUMS];
    let (a, b) = (a.chunks_exact(SUMS), b[..a.len()].chunks_exact(SUMS));
    let mut total: T = a.remainder().iter().zip(b.remainder()).map(|(&a, &b)| a * b).sum();
    for (a, b) in a.zip(b) {
        for (sum, (&a, &b)) in sums.iter_mut().zip(a.iter().zip(b)) {
            *sum += a * b;
        }
    }
    sums.iter().for_each(|&sum| total += sum);
    total
}

/// Divides `x` by its Euclidean norm, which it gives, if that is positive and finite.
pub(super) fn normalise<T: Real>(x: &mut [T]) -> Option<T> {
    let norm = dot(x, x).sqrt();
    if norm > T::zero() && norm.is_finite() {
        let scale = norm.recip();
        // The reciprocal of the least numbers overflows.
        scale.is_finite().then(|| x.iter_mut().for_each(|x| *x *= scale)).map(|()| norm)
    } else {
        None
    }
}

/// `‖A‖₂` from below, by power iteration: `v ← AᵀA v / ‖AᵀA v‖`, so many times, then `‖A v‖`.
///
/// `v` comes as a first guess of the right singular vector, and `v` and `u = A v / ‖A v‖` are left as singular vectors. The
/// error falls by the factor `(σ₂/σ₁)⁴` an iteration. The value never exceeds `‖A‖₂`, but for rounding; its derivative by
/// the parameters is that of `uᵀ A v`, exactly with `v` held fixed, and that of the norm at convergence. A `v` that `A` sends
/// to zero, to rounding, is replaced by the exact one.
///
/// *Reference*: T. Miyato, T. Kataoka, M. Koyama, Y. Yoshida, "Spectral normalization for generative adversarial networks",
/// 2018, arXiv:1802.05957.
pub fn power_iteration<T: Real>(
    operator: &impl LinearOperator,
    params: &[T],
    v: &mut [T],
    u: &mut [T],
    iterations: usize,
) -> T {
    for _ in 0..iterations {
        operator.apply(params, v, u);
        operator.apply_transposed(params, u, v);
        if normalise(v).is_none() {
            return leading_singular_vectors(operator, params, v, u);
        }
    }
    operator.apply(params, v, u);
    normalise(u).unwrap_or_else(|| leading_singular_vectors(operator, params, v, u))
}

/// Most rows or columns of an operator, whichever are fewer, whose matrix is decomposed.
const LARGEST_MATRIX: usize = 256;

/// `‖A‖₂` to rounding, in double precision, with the right and left singular vectors `v` and `u`: by a singular value
/// decomposition of the [matrix](LinearOperator::matrix) or, if both of its sizes are beyond 256, by the iteration of Lanczos,
/// whose vectors have residuals of 1e-8 of the norm. NaN if an entry is not finite. Deterministic, on one thread.
pub fn leading_singular_vectors<T: Real>(operator: &impl LinearOperator, params: &[T], v: &mut [T], u: &mut [T]) -> T {
    if operator.outputs().min(operator.inputs()) <= LARGEST_MATRIX {
        return leading_of_matrix(operator, params, v, u);
    }
    let mut doubles: Vec<f64> = params.iter().map(|x| x.to_f64()).collect();
    let places: Vec<Range<usize>> = operator.places().collect();
    let entries = || places.iter().flat_map(|place| &params[place.clone()]).map(|x| x.to_f64().abs());
    let largest = entries().fold(0.0_f64, f64::max);
    let sound = entries().all(f64::is_finite);
    v.fill(T::zero());
    u.fill(T::zero());
    if !(sound && largest > 0.0) {
        // Any unit vector will do.
        v.iter_mut().take(1).for_each(|v| *v = T::one());
        return T::constant(if sound { 0.0 } else { f64::NAN });
    }
    // So that no square over- or underflows.
    places.into_iter().for_each(|place| doubles[place].iter_mut().for_each(|x| *x /= largest));
    let (mut right, mut left) = (vec![0.0; v.len()], vec![0.0; u.len()]);
    let norm = largest * lanczos::leading(operator, &doubles, &mut right, &mut left);
    v.iter_mut().zip(&right).for_each(|(v, &x)| *v = T::constant(x));
    u.iter_mut().zip(&left).for_each(|(u, &x)| *u = T::constant(x));
    T::constant(norm)
}

/// The same by a singular value decomposition.
pub(super) fn leading_of_matrix<T: Real>(operator: &impl LinearOperator, params: &[T], v: &mut [T], u: &mut [T]) -> T {
    let (m, n) = (operator.outputs(), operator.inputs());
    let mut entries = operator.matrix(params);
    let sound = entries.iter().all(|x| x.is_finite());
    let largest = entries.iter().fold(0.0_f64, |largest, x| largest.max(x.abs()));
    let mut norm = if sound { 0.0 } else { f64::NAN };
    v.fill(T::zero());
    u.fill(T::zero());
    if sound && largest > 0.0 {
        // So that no square over- or underflows.
        entries.iter_mut().for_each(|x| *x /= largest);
        let size = m.min(n);
        let (mut left, mut right) = (Mat::<f64>::zeros(m, size), Mat::<f64>::zeros(n, size));
        let mut values = faer::Col::<f64>::zeros(size);
        let thin = ComputeSvdVectors::Thin;
        let mut memory = MemBuffer::new(svd_scratch::<f64>(m, n, thin, thin, Par::Seq, Default::default()));
        let found = svd(
            MatRef::from_column_major_slice(&entries, m, n),
            values.as_mut().as_diagonal_mut(),
            Some(left.as_mut()),
            Some(right.as_mut()),
            Par::Seq,
            MemStack::new(&mut memory),
            Default::default(),
        );
        norm = if found.is_ok() { largest * values[0] } else { f64::NAN };
        (0..m).for_each(|i| u[i] = T::constant(left[(i, 0)]));
        (0..n).for_each(|j| v[j] = T::constant(right[(j, 0)]));
    } else {
        // Any unit vector will do.
        v.iter_mut().take(1).for_each(|v| *v = T::one());
    }
    T::constant(norm)
}

/// `‖A‖₂` to rounding; see [`leading_singular_vectors`].
pub fn spectral_norm<T: Real>(operator: &impl LinearOperator, params: &[T]) -> T {
    let (mut v, mut u) = (vec![T::zero(); operator.inputs()], vec![T::zero(); operator.outputs()]);
    leading_singular_vectors(operator, params, &mut v, &mut u)
}
