//! Schemes from quadrature formulas, for any number of stages.
//!
//! Let `P_k` be the Legendre polynomials and `x_i = 2c_i − 1` the nodes in `[-1, 1]`. Where the quadrature formula
//! `(b, c)` integrates polynomials of degree `2s − 2` exactly, the first `s` Legendre polynomials are orthogonal under it.
//! Hence `1/b_i = Σ_{k<s} (2k + 1) P_k(x_i)²`, the Lagrange polynomials are `ℓ_j = b_j Σ_{k<s} (2k + 1) P_k(x_j) P_k`, and
//! their integrals follow from `2 (2k + 1) ∫ P_k = P_{k+1} − P_{k-1}`:
//!
//! ```text
//! a_ij = b_j/2 (1 + Σ_{k=1}^{s-1} (P_k(x_i) P_{k-1}(x_j) − P_{k-1}(x_i) P_k(x_j)) + η P_{s-1}(x_i) P_{s-1}(x_j)) .
//! ```
//!
//! A family is its nodes and the number `η`: 0 for Gauss, 1 for Radau. No linear system is solved, and all terms are of the
//! order of one. All is computed in twice the precision, then rounded once.
//!
//! Source: E. Hairer, G. Wanner, Solving Ordinary Differential Equations II (1996), IV.5 (W-transformation).

use nalgebra::DMatrix;

use super::Tableau;
use super::double_double::DoubleDouble;
use crate::Error;

/// More stages are of no use, and would take long.
const MAX_STAGES: usize = 256;

/// Collocation families.
impl Tableau {
    /// The Gauss collocation scheme of `stages` stages: nodes at the zeros of the shifted Legendre polynomial. Order `2s`,
    /// A-stable, symmetric, symplectic. One stage is the implicit midpoint rule.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] unless `1 ≤ stages ≤ 256`.
    pub fn gauss(stages: usize) -> Result<Self, Error> {
        let s = check_stages(stages)?;
        let (a, b, c) = coefficients(&gauss_nodes(s), DoubleDouble::ZERO);
        Ok(Self::trusted(format!("gauss_{s}"), a, b, c)
            .from_source("J. C. Butcher, Math. Comp. 18 (1964) 50–64")
            .of_order(2 * s))
    }

    /// The Radau IIA collocation scheme of `stages` stages: nodes at the zeros of `P_s − P_{s-1}` (shifted Legendre), the
    /// last at 1. Order `2s − 1`, L-stable, stiffly accurate to the last bit. One stage is backward Euler; three are the
    /// scheme of the code RADAU5.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] unless `1 ≤ stages ≤ 256`.
    pub fn radau_iia(stages: usize) -> Result<Self, Error> {
        let s = check_stages(stages)?;
        let (mut a, b, c) = coefficients(&radau_right_nodes(s), DoubleDouble::ONE);
        a[(s - 1) * s..].copy_from_slice(&b);
        Ok(Self::trusted(format!("radau_iia_{s}"), a, b, c)
            .from_source("B. L. Ehle, BIT 8 (1968) 276–278; O. Axelsson, BIT 9 (1969) 185–199")
            .of_order(2 * s - 1))
    }
}

fn check_stages(stages: usize) -> Result<usize, Error> {
    if (1..=MAX_STAGES).contains(&stages) {
        return Ok(stages);
    }
    Err(Error::InvalidArgument {
        argument: "stages",
        value: stages.to_string(),
        expected: format!("a whole number from 1 to {MAX_STAGES}"),
    })
}

/// Row-major `A`, then `b` and `c`, from nodes in `[-1, 1]` and `η`; see the head of this file.
fn coefficients(nodes: &[DoubleDouble], eta: DoubleDouble) -> (Vec<f64>, Vec<f64>, Vec<f64>) {
    let s = nodes.len();
    let half = DoubleDouble::from(0.5);
    let values: Vec<Vec<DoubleDouble>> = nodes.iter().map(|&x| legendre(s - 1, x).0).collect();
    let reciprocal = |p: &Vec<DoubleDouble>| {
        let terms = p.iter().enumerate().map(|(k, &p)| DoubleDouble::from(2 * k + 1) * p * p);
        DoubleDouble::ONE / terms.fold(DoubleDouble::ZERO, |sum, term| sum + term)
    };
    let b: Vec<DoubleDouble> = values.iter().map(reciprocal).collect();
    let mut a = Vec::with_capacity(s * s);
    for p in &values {
        for (q, &weight) in values.iter().zip(&b) {
            let mut sum = DoubleDouble::ONE + eta * p[s - 1] * q[s - 1];
            for k in 1..s {
                sum = sum + (p[k] * q[k - 1] - p[k - 1] * q[k]);
            }
            a.push((half * weight * sum).round());
        }
    }
    let c = nodes.iter().map(|&x| (half * (DoubleDouble::ONE + x)).round()).collect();
    (a, b.into_iter().map(DoubleDouble::round).collect(), c)
}

/// Zeros of the Legendre polynomial of degree `s`, ascending, exactly symmetric about 0.
fn gauss_nodes(s: usize) -> Vec<DoubleDouble> {
    let mut nodes = jacobi_eigenvalues(s, 0.0);
    for i in 0..s / 2 {
        let x = polish(nodes[s - 1 - i], |x| {
            let (p, dp) = legendre(s, x);
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
fn radau_right_nodes(s: usize) -> Vec<DoubleDouble> {
    // Golub's modification of the last diagonal entry makes 1 an eigenvalue.
    let mut nodes = jacobi_eigenvalues(s, s as f64 / (2 * s - 1) as f64);
    for x in &mut nodes[..s - 1] {
        *x = polish(*x, |x| {
            let (p, dp) = legendre(s, x);
            (p[s] - p[s - 1], dp[s] - dp[s - 1])
        });
    }
    nodes[s - 1] = DoubleDouble::ONE;
    nodes
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
fn legendre(n: usize, x: DoubleDouble) -> (Vec<DoubleDouble>, Vec<DoubleDouble>) {
    let (mut p, mut dp) = (vec![DoubleDouble::ONE], vec![DoubleDouble::ZERO]);
    if n > 0 {
        p.push(x);
        dp.push(DoubleDouble::ONE);
    }
    for k in 1..n {
        let odd = DoubleDouble::from(2 * k + 1);
        p.push((odd * x * p[k] - DoubleDouble::from(k) * p[k - 1]) / DoubleDouble::from(k + 1));
        dp.push(dp[k - 1] + odd * p[k]);
    }
    (p, dp)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Largest of `|Σ_j b_j c_j^{q-1} − 1/q|`, `q ≤ top`, and of `|Σ_j a_ij c_j^{q-1} − c_i^q/q|`, `q ≤ s`.
    fn simplifying_conditions(t: &Tableau, top: usize) -> (f64, f64) {
        let sum = |w: &[f64], q: usize| -> f64 { w.iter().zip(t.c()).map(|(w, c)| w * c.powi(q as i32 - 1)).sum() };
        let b = (1..=top).map(|q| (sum(t.b(), q) - 1.0 / q as f64).abs()).fold(0.0, f64::max);
        let c = (0..t.stages())
            .flat_map(|i| (1..=t.stages()).map(move |q| (i, q)))
            .map(|(i, q)| (sum(t.row(i), q) - t.c()[i].powi(q as i32) / q as f64).abs())
            .fold(0.0, f64::max);
        (b, c)
    }

    fn close(found: &[f64], expected: &[f64]) {
        assert_eq!(found.len(), expected.len());
        for (f, e) in found.iter().zip(expected) {
            assert!((f - e).abs() <= 1e-15, "{f:e} is not {e:e}");
        }
    }

    #[test]
    fn simplifying_conditions_hold_to_rounding() {
        for s in (1..=12).chain([20, 33, 64, MAX_STAGES]) {
            let (gauss, radau) = (Tableau::gauss(s).unwrap(), Tableau::radau_iia(s).unwrap());
            for (scheme, top) in [(gauss, 2 * s), (radau, 2 * s - 1)] {
                let (b, c) = simplifying_conditions(&scheme, top);
                let rounding = 1e-15 * (s as f64 / 64.0).max(1.0);
                assert!(b < rounding && c < rounding, "{}: B {b:.1e}, C {c:.1e}", scheme.name());
                assert!(scheme.c().is_sorted() && scheme.b().iter().all(|&w| w > 0.0));
                let rows: Vec<&[f64]> = (0..s).map(|i| scheme.row(i)).collect();
                assert!(Tableau::new(rows, scheme.b(), scheme.c()).is_ok());
            }
        }
    }

    #[test]
    fn few_stages_agree_with_closed_forms() {
        let r = |x: f64| x.sqrt();
        let gauss = Tableau::gauss(1).unwrap();
        assert_eq!((gauss.row(0), gauss.b(), gauss.c()), (&[0.5][..], &[1.0][..], &[0.5][..]));
        let radau = Tableau::radau_iia(1).unwrap();
        assert_eq!((radau.row(0), radau.b(), radau.c()), (&[1.0][..], &[1.0][..], &[1.0][..]));

        let gauss = Tableau::gauss(2).unwrap();
        let q = r(3.0) / 6.0;
        close(&gauss.a, &[0.25, 0.25 - q, 0.25 + q, 0.25]);
        close(gauss.b(), &[0.5, 0.5]);
        close(gauss.c(), &[0.5 - q, 0.5 + q]);

        let gauss = Tableau::gauss(3).unwrap();
        let q = r(15.0);
        let (p, m, t) = (5.0 / 36.0, 2.0 / 9.0, 5.0 / 36.0);
        close(gauss.row(0), &[p, m - q / 15.0, t - q / 30.0]);
        close(gauss.row(1), &[p + q / 24.0, m, t - q / 24.0]);
        close(gauss.row(2), &[p + q / 30.0, m + q / 15.0, t]);
        close(gauss.b(), &[5.0 / 18.0, 4.0 / 9.0, 5.0 / 18.0]);
        close(gauss.c(), &[0.5 - q / 10.0, 0.5, 0.5 + q / 10.0]);

        let radau = Tableau::radau_iia(2).unwrap();
        assert_eq!(radau.a, [5.0 / 12.0, -1.0 / 12.0, 0.75, 0.25]);
        assert_eq!(radau.c(), [1.0 / 3.0, 1.0]);

        let radau = Tableau::radau_iia(3).unwrap();
        let q = r(6.0);
        close(radau.row(0), &[(88.0 - 7.0 * q) / 360.0, (296.0 - 169.0 * q) / 1800.0, (-2.0 + 3.0 * q) / 225.0]);
        close(radau.row(1), &[(296.0 + 169.0 * q) / 1800.0, (88.0 + 7.0 * q) / 360.0, (-2.0 - 3.0 * q) / 225.0]);
        close(radau.row(2), &[(16.0 - q) / 36.0, (16.0 + q) / 36.0, 1.0 / 9.0]);
        close(radau.c(), &[(4.0 - q) / 10.0, (4.0 + q) / 10.0, 1.0]);
    }

    /// Expected: computed with 80 digits by integrating the Lagrange polynomials, then rounded.
    #[test]
    fn many_stages_are_right_to_the_last_bit() {
        let some = |t: &Tableau| [t.a(0, 0), t.a(3, 16), t.a(19, 0), t.b()[7], t.c()[0], t.c()[12]];
        let gauss = [
            0.0044035017847880295,
            -0.00020928748786189656,
            0.008815192522227174,
            0.07104805465919102,
            0.0034357004074525377,
            0.6868530443577098,
        ];
        assert_eq!(some(&Tableau::gauss(20).unwrap()), gauss);
        let radau = [
            0.004633250757911307,
            -0.0007082143490988199,
            0.009257472408776222,
            0.07370843011789524,
            0.003611642818556893,
            0.7097076516539024,
        ];
        assert_eq!(some(&Tableau::radau_iia(20).unwrap()), radau);
    }

    #[test]
    fn radau_is_stiffly_accurate_to_the_last_bit() {
        for s in 1..=40 {
            let scheme = Tableau::radau_iia(s).unwrap();
            assert!(scheme.is_stiffly_accurate());
            assert_eq!((scheme.row(s - 1), scheme.c()[s - 1]), (scheme.b(), 1.0));
        }
    }

    #[test]
    fn gauss_is_symmetric_and_symplectic_to_rounding() {
        for s in 1..=40 {
            let t = Tableau::gauss(s).unwrap();
            let b = t.b();
            for i in 0..s {
                assert_eq!(b[i], b[s - 1 - i]);
                for j in 0..s {
                    let (a, mirrored, transposed) = (t.a(i, j), t.a(s - 1 - i, s - 1 - j), t.a(j, i));
                    assert!((a + mirrored - b[j]).abs() <= f64::EPSILON * (a.abs() + mirrored.abs() + b[j]));
                    let (l, r) = (b[i] * a, b[j] * transposed);
                    assert!((l + r - b[i] * b[j]).abs() <= f64::EPSILON * (l.abs() + r.abs() + b[i] * b[j]));
                }
            }
        }
    }

    #[test]
    fn impossible_numbers_of_stages_are_refused() {
        for (s, text) in [(0, "0"), (257, "257"), (usize::MAX, &usize::MAX.to_string())] {
            for result in [Tableau::gauss(s), Tableau::radau_iia(s)] {
                let expected = format!("stages is {text}, expected a whole number from 1 to 256");
                assert_eq!(result.unwrap_err().to_string(), expected);
            }
        }
    }
}
