//! Nodes of quadrature formulas in `[-1, 1]`, in twice the precision of f64.

use nalgebra::DMatrix;

use super::super::double_double::DoubleDouble;
use super::exact::Real;

/// Zeros of the Legendre polynomial of degree `s`, ascending, exactly symmetric about 0.
pub(super) fn gauss(s: usize) -> Vec<DoubleDouble> {
    let mut nodes = jacobi_eigenvalues(s, 0.0);
    for i in 0..s / 2 {
        let x = polish(nodes[s - 1 - i], |x| {
            let (p, dp) = legendre(s, &x);
            (p[s], dp[s])
        });
        (nodes[i], nodes[s - 1 - i]) = (-x, x);
    }
    if s % 2 == 1 {
        nodes[s / 2] = DoubleDouble::ZERO;
    }
    nodes
}

/// Zeros of `P_s − P_{s-1}`, ascending, the last exactly 1.
pub(super) fn radau_right(s: usize) -> Vec<DoubleDouble> {
    // Golub's modification of the last diagonal entry makes 1 an eigenvalue.
    let mut nodes = jacobi_eigenvalues(s, s as f64 / (2 * s - 1) as f64);
    for x in &mut nodes[..s - 1] {
        *x = polish(*x, |x| {
            let (p, dp) = legendre(s, &x);
            (p[s] - p[s - 1], dp[s] - dp[s - 1])
        });
    }
    nodes[s - 1] = DoubleDouble::ONE;
    nodes
}

/// Zeros of `P_s + P_{s-1}`, ascending, the first exactly −1: those of `P_s − P_{s-1}`, mirrored.
pub(super) fn radau_left(s: usize) -> Vec<DoubleDouble> {
    radau_right(s).into_iter().rev().map(|x| -x).collect()
}

/// Zeros of `P_s − P_{s-2}`, which are −1, 1 and those of `P_{s-1}'`, ascending, exactly symmetric about 0; `s ≥ 2`.
pub(super) fn lobatto(s: usize) -> Vec<DoubleDouble> {
    let mut nodes = lobatto_eigenvalues(s);
    (nodes[0], nodes[s - 1]) = (-DoubleDouble::ONE, DoubleDouble::ONE);
    for i in 1..s / 2 {
        let x = polish(nodes[s - 1 - i], |x| {
            let (p, dp) = legendre(s, &x);
            (p[s] - p[s - 2], dp[s] - dp[s - 2])
        });
        (nodes[i], nodes[s - 1 - i]) = (-x, x);
    }
    if s % 2 == 1 {
        nodes[s / 2] = DoubleDouble::ZERO;
    }
    nodes
}

/// The zeros of `P_{s-1}'` are those of the Jacobi polynomial with weight `1 − x²`; −1 and 1 stand at the ends.
fn lobatto_eigenvalues(s: usize) -> Vec<DoubleDouble> {
    let mut matrix = DMatrix::zeros(s - 2, s - 2);
    for k in 1..s.saturating_sub(2) {
        let beta = ((k * (k + 2)) as f64 / ((2 * k + 1) * (2 * k + 3)) as f64).sqrt();
        matrix[(k, k - 1)] = beta;
        matrix[(k - 1, k)] = beta;
    }
    let inner = if s > 2 { eigenvalues(matrix) } else { Vec::new() };
    [vec![-DoubleDouble::ONE], inner, vec![DoubleDouble::ONE]].concat()
}

/// Eigenvalues, ascending, of the Jacobi matrix of the Legendre polynomials, its last diagonal entry replaced.
///
/// G. H. Golub, J. H. Welsch, Math. Comp. 23 (1969) 221–230; G. H. Golub, SIAM Rev. 15 (1973) 318–334.
fn jacobi_eigenvalues(s: usize, last: f64) -> Vec<DoubleDouble> {
    let mut matrix = DMatrix::zeros(s, s);
    for k in 1..s {
        let beta = k as f64 / ((4 * k * k - 1) as f64).sqrt();
        matrix[(k, k - 1)] = beta;
        matrix[(k - 1, k)] = beta;
    }
    matrix[(s - 1, s - 1)] = last;
    eigenvalues(matrix)
}

fn eigenvalues(matrix: DMatrix<f64>) -> Vec<DoubleDouble> {
    let mut values = matrix.symmetric_eigenvalues().as_slice().to_vec();
    values.sort_by(f64::total_cmp);
    values.into_iter().map(DoubleDouble::from).collect()
}

/// Newton's iteration from an eigenvalue, which is right to 14 digits or so: the second step reaches twice the precision,
/// the third is for good measure.
fn polish(mut x: DoubleDouble, f: impl Fn(DoubleDouble) -> (DoubleDouble, DoubleDouble)) -> DoubleDouble {
    for _ in 0..3 {
        let (value, slope) = f(x);
        x = x - value / slope;
    }
    x
}

/// Legendre polynomials of degree `0..=n` at `x`, and their derivatives, by the three-term recurrences.
pub(super) fn legendre<T: Real>(n: usize, x: &T) -> (Vec<T>, Vec<T>) {
    let (mut p, mut dp) = (vec![T::whole(1)], vec![T::whole(0)]);
    if n > 0 {
        p.push(x.clone());
        dp.push(T::whole(1));
    }
    for k in 1..n {
        let odd = T::whole(2 * k + 1);
        let next = odd.clone() * x.clone() * p[k].clone() - T::whole(k) * p[k - 1].clone();
        dp.push(dp[k - 1].clone() + odd * p[k].clone());
        p.push(next / T::whole(k + 1));
    }
    (p, dp)
}
