//! What a scheme does to quadratic forms: symplecticity and algebraic stability.
//!
//! Both are read from the matrix `M = diag(b) A + Aᵀ diag(b) − b bᵀ`, since for any symmetric bilinear form
//! `⟨y_{n+1}, y_{n+1}⟩ = ⟨y_n, y_n⟩ + 2h Σ_i b_i ⟨Y_i, k_i⟩ − h² Σ_ij m_ij ⟨k_i, k_j⟩`.

use crate::tableau::coefficients::{Coefficients, Scalar};
use crate::verify::exact::verdict::Verdict;

impl<T: Scalar> Coefficients<T> {
    /// The entry `m_ij = b_i a_ij + b_j a_ji − b_i b_j`.
    fn m(&self, i: usize, j: usize) -> T {
        let (bi, bj) = (&self.b[i], &self.b[j]);
        bi.clone() * self.a(i, j) + bj.clone() * self.a(j, i) - bi.clone() * bj
    }

    /// Whether steps of Hamiltonian systems are symplectic maps and every quadratic invariant is kept: `M = 0` for the
    /// scheme [without redundant stages](Coefficients::reduced).
    ///
    /// Sources: J. M. Sanz-Serna, BIT 28 (1988) 877–883; F. M. Lasagni, Z. Angew. Math. Phys. 39 (1988) 952–953.
    /// Necessary for schemes without redundant stages: Hairer, Lubich, Wanner, Geometric Numerical Integration (2006),
    /// VI.7.
    pub fn symplectic(&self) -> Verdict {
        self.of_steps(Self::has_symplectic_tableau)
    }

    /// Whether `M = 0` for the tableau as it stands: sufficient for [symplectic](Coefficients::symplectic) steps.
    pub fn has_symplectic_tableau(&self) -> Verdict {
        let s = self.stages();
        let pairs = (0..s).flat_map(|i| (i..s).map(move |j| (i, j)));
        let worst = pairs
            .map(|(i, j)| (i, j, self.m(i, j)))
            .filter(|(_, _, m)| !m.vanishes(self.tolerance()))
            .max_by(|x, y| x.2.to_f64().abs().total_cmp(&y.2.to_f64().abs()));
        let reason = match &worst {
            None => "b_i a_ij + b_j a_ji = b_i b_j for all i, j".to_string(),
            Some((i, j, m)) => format!("b_i a_ij + b_j a_ji − b_i b_j is {:.3e} for i = {i}, j = {j}", m.to_f64()),
        };
        Verdict { holds: worst.is_none(), certainty: self.certainty, reason }
    }

    /// What a verdict on the tableau says of its steps: that on the tableau without redundant stages.
    pub(super) fn of_steps(&self, verdict: impl Fn(&Self) -> Verdict) -> Verdict {
        let reduced = self.reduced().scheme;
        let of_steps = verdict(&reduced);
        let of = if reduced.stages() < self.stages() { " (of the scheme without redundant stages)" } else { "" };
        Verdict { reason: of_steps.reason + of, ..of_steps }
    }

    /// Whether the scheme is algebraically stable: `b ≥ 0` and `M` positive semidefinite, for the scheme
    /// [without redundant stages](Coefficients::reduced). Then, and only then, two solutions of a contractive equation
    /// approach each other whatever the step (B-stability).
    ///
    /// The matrix is decided by its factors `L D Lᵀ`, exactly if the coefficients are exact.
    ///
    /// Sources: K. Burrage, J. C. Butcher, SIAM J. Numer. Anal. 16 (1979) 46–57; M. Crouzeix, Numer. Math. 32 (1979) 75–82;
    /// W. H. Hundsdorfer, M. N. Spijker, Numer. Math. 36 (1981) 319–331.
    pub fn algebraically_stable(&self) -> Verdict {
        self.of_steps(Self::has_algebraically_stable_tableau)
    }

    /// Whether `b ≥ 0` and `M` is positive semidefinite for the tableau as it stands: sufficient for
    /// [algebraically stable](Coefficients::algebraically_stable) steps.
    pub fn has_algebraically_stable_tableau(&self) -> Verdict {
        let s = self.stages();
        let (certainty, tolerance) = (self.certainty, self.tolerance());
        if let Some(i) = (0..s).find(|&i| self.b[i].is_surely_negative(tolerance)) {
            let reason = format!("b[{i}] is {:.6}, expected none negative", self.b[i].to_f64());
            return Verdict { holds: false, certainty, reason };
        }
        let m = (0..s).map(|i| (0..s).map(|j| self.m(i, j)).collect()).collect();
        let (holds, reason) = match indefinite(m, tolerance) {
            None => (true, "b ≥ 0, and M = diag(b) A + Aᵀ diag(b) − b bᵀ is positive semidefinite".to_string()),
            Some(why) => (false, format!("M = diag(b) A + Aᵀ diag(b) − b bᵀ is not positive semidefinite: {why}")),
        };
        Verdict { holds, certainty, reason }
    }
}

/// Why a symmetric matrix is not positive semidefinite; `None` if it is. By elimination with diagonal pivots.
fn indefinite<T: Scalar>(mut m: Vec<Vec<T>>, tolerance: f64) -> Option<String> {
    let mut left: Vec<usize> = (0..m.len()).collect();
    loop {
        if let Some(&k) = left.iter().find(|&&k| m[k][k].is_surely_negative(tolerance)) {
            return Some(format!("the pivot of row {k} of its factors L D Lᵀ is {:.3e}", m[k][k].to_f64()));
        }
        let pivot = left
            .iter()
            .copied()
            .filter(|&k| m[k][k].is_surely_positive(tolerance))
            .max_by(|&k, &l| m[k][k].to_f64().total_cmp(&m[l][l].to_f64()));
        let Some(k) = pivot else { break };
        left.retain(|&i| i != k);
        for &i in &left {
            for &j in &left {
                m[i][j] = m[i][j].eliminated(&m[i][k], &m[k][j], &m[k][k]);
            }
        }
    }
    // A zero on the diagonal of a semidefinite matrix has a zero row.
    let entry =
        left.iter().flat_map(|&i| left.iter().map(move |&j| (i, j))).find(|&(i, j)| !m[i][j].vanishes(tolerance));
    entry.map(|(i, j)| format!("entry ({i}, {j}) is {:.3e} beside a zero pivot", m[i][j].to_f64()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Tableau;
    use crate::tableau::coefficients::{Certainty, Recovered, with_coefficients};
    use proptest::prelude::*;

    fn verdicts(scheme: &Tableau) -> (Verdict, Verdict) {
        with_coefficients!(Recovered::of(scheme), k => (k.symplectic(), k.algebraically_stable()))
    }

    /// The adjoint of SSP(10,4): the least eigenvalue of `M` is −1/30, by fractions as by doubles that are off by rounding.
    #[test]
    fn many_pivots_leave_a_sign_sure() {
        for rounding in [0.0, 1e-16] {
            let entry = |i: usize, j: usize| match (i, j) {
                _ if j <= i => 0.1,
                (0..5, 5..) => 0.1 - 1.0 / 15.0,
                _ => 0.1 - 1.0 / 6.0 + if i > 0 { rounding } else { 0.0 },
            };
            let a: Vec<Vec<f64>> = (0..10).map(|i| (0..10).map(|j| entry(i, j)).collect()).collect();
            let c: Vec<f64> = a.iter().map(|row| row.iter().sum()).collect();
            let (_, stable) = verdicts(&Tableau::new(&a, vec![0.1; 10], c).unwrap());
            assert!(!stable.holds, "{stable:?}");
        }
    }

    #[test]
    fn the_catalogue() {
        for s in 1..=10 {
            let (gauss, radau) = (verdicts(&Tableau::gauss(s).unwrap()), verdicts(&Tableau::radau_iia(s).unwrap()));
            assert!(gauss.0.holds && gauss.1.holds, "gauss_{s}: {gauss:?}");
            assert!(!radau.0.holds && radau.1.holds, "radau_iia_{s}: {radau:?}");
        }
        for scheme in [Tableau::rk4(), Tableau::trapezoidal(), Tableau::heun(), Tableau::dormand_prince_5_4()] {
            let (symplectic, stable) = verdicts(&scheme);
            assert!(!symplectic.holds && !stable.holds, "{scheme}");
            assert_eq!((symplectic.certainty, stable.certainty), (Certainty::Proved, Certainty::Proved));
        }
        assert!(verdicts(&Tableau::rk4()).0.reason.contains("−"), "names the condition");
    }

    #[test]
    fn a_symplectic_scheme_with_a_redundant_stage() {
        let twice = Tableau::new([[0.5, 0.0], [0.5, 0.0]], [0.5, 0.5], [0.5, 0.5]).unwrap();
        assert!(verdicts(&twice).0.holds, "it is the implicit midpoint rule");
    }

    proptest! {
        #[test]
        fn a_gram_matrix_is_semidefinite_and_less_is_not(rows in prop::collection::vec(prop::collection::vec(-9i64..10, 3), 1..6)) {
            use crate::tableau::coefficients::{Rational, Summed};
            fn gram<T: Scalar>(rows: &[Vec<i64>], less: i64) -> Vec<Vec<T>> {
                let dot = |x: &Vec<i64>, y: &Vec<i64>| x.iter().zip(y).map(|(x, y)| x * y).sum::<i64>();
                let entry = |i: usize, j: usize| dot(&rows[i], &rows[j]) - if i == j { less } else { 0 };
                (0..rows.len()).map(|i| (0..rows.len()).map(|j| T::ratio(entry(i, j), 7)).collect()).collect()
            }
            prop_assert_eq!(indefinite(gram::<Rational>(&rows, 0), 0.0), None);
            prop_assert_eq!(indefinite(gram::<Summed>(&rows, 0), 1e-12), None);
            // More rows than columns: singular, hence indefinite when anything is taken off the diagonal.
            if rows.len() > 3 {
                prop_assert!(indefinite(gram::<Rational>(&rows, 1), 0.0).is_some());
                prop_assert!(indefinite(gram::<Summed>(&rows, 1), 1e-12).is_some());
            }
        }
    }
}
