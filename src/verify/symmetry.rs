//! Symmetry: whether a step with `−h` undoes the step with `h`.

use super::coefficients::Coefficients;
use super::scalar::Scalar;
use super::verdict::Verdict;

/// A search for the order of the stages gives up after so many attempts; no scheme of interest comes near it.
const ATTEMPTS: usize = 100_000;

impl<T: Scalar> Coefficients<T> {
    /// Whether the scheme is its own adjoint: after some reordering `i ↦ i'` of the stages,
    /// `a_{i'j'} + a_ij = b_j`, `b_{j'} = b_j` and `c_{i'} = 1 − c_i`, for the scheme
    /// [without redundant stages](Coefficients::reduced).
    ///
    /// Source: Hairer, Lubich, Wanner, Geometric Numerical Integration (2006), V.2.
    pub fn symmetric(&self) -> Verdict {
        self.of_steps(Self::has_symmetric_tableau)
    }

    /// The same of the tableau as it stands: sufficient for [symmetric](Coefficients::symmetric) steps.
    pub fn has_symmetric_tableau(&self) -> Verdict {
        let mirror = self.mirror();
        let reason = match &mirror {
            Some(_) => "a_ij + a_i'j' = b_j for all i, j, for the mirrored order of its stages".to_string(),
            None => {
                let (i, j, residual) = self.worst_mirrored();
                format!(
                    "a_ij + a_i'j' − b_j is {residual:.3e} for i = {i}, j = {j}, and no other order of the stages does"
                )
            }
        };
        Verdict { holds: mirror.is_some(), certainty: self.certainty, reason }
    }

    /// The stage that each stage is mirrored to, if the scheme is symmetric.
    fn mirror(&self) -> Option<Vec<usize>> {
        let holds = |residual: T| residual.vanishes(self.tolerance());
        find_mirror(
            self.stages(),
            |i, k| holds(self.b[i].clone() - &self.b[k]) && holds(self.c[i].clone() + &self.c[k] - T::one()),
            |i, j, k, l| holds(self.mirrored(i, j, k, l)),
        )
    }

    /// `a_ij + a_i'j' − b_j`.
    fn mirrored(&self, i: usize, j: usize, mirror_i: usize, mirror_j: usize) -> T {
        self.a(i, j).clone() + self.a(mirror_i, mirror_j) - &self.b[j]
    }

    /// The largest residual for the mirrored order.
    fn worst_mirrored(&self) -> (usize, usize, f64) {
        let s = self.stages();
        (0..s)
            .flat_map(|i| (0..s).map(move |j| (i, j)))
            .map(|(i, j)| (i, j, self.mirrored(i, j, s - 1 - i, s - 1 - j).to_f64()))
            .max_by(|x, y| x.2.abs().total_cmp(&y.2.abs()))
            .unwrap_or((0, 0, 0.0))
    }
}

/// A permutation `i ↦ i'` of `0..n` such that `fits(i, i')` for all `i`, and `agrees(i, j, i', j')` for all `i`, `j`; the
/// reversal, if that is one.
pub(super) fn find_mirror(
    n: usize,
    fits: impl Fn(usize, usize) -> bool,
    agrees: impl Fn(usize, usize, usize, usize) -> bool,
) -> Option<Vec<usize>> {
    fn extend(
        choices: &[Vec<usize>],
        agrees: &impl Fn(usize, usize, usize, usize) -> bool,
        chosen: &mut Vec<usize>,
        attempts: &mut usize,
    ) -> bool {
        let i = chosen.len();
        if i == choices.len() {
            return true;
        }
        for &k in &choices[i] {
            *attempts += 1;
            if *attempts > ATTEMPTS {
                return false;
            }
            if chosen.contains(&k) {
                continue;
            }
            chosen.push(k);
            let all_agree = (0..=i).all(|j| agrees(i, j, k, chosen[j]) && agrees(j, i, chosen[j], k));
            if all_agree && extend(choices, agrees, chosen, attempts) {
                return true;
            }
            chosen.pop();
        }
        false
    }
    // The mirrored order first, then whatever else fits.
    let others = |i: usize| (0..n).map(move |k| (2 * n - 1 - i - k) % n).filter(|&k| fits(i, k)).collect();
    let choices: Vec<Vec<usize>> = (0..n).map(others).collect();
    let mut chosen = Vec::with_capacity(n);
    extend(&choices, &agrees, &mut chosen, &mut 0).then_some(chosen)
}

#[cfg(test)]
mod tests {
    use super::super::coefficients::{Recovered, with_coefficients};
    use super::*;
    use crate::Tableau;

    fn symmetric(scheme: &Tableau) -> Verdict {
        with_coefficients!(Recovered::of(scheme), k => k.symmetric())
    }

    #[test]
    fn gauss_and_the_trapezoidal_rule_are_symmetric() {
        for s in 1..=10 {
            assert!(symmetric(&Tableau::gauss(s).unwrap()).holds);
            assert!(!symmetric(&Tableau::radau_iia(s).unwrap()).holds);
        }
        assert!(symmetric(&Tableau::trapezoidal()).holds);
        for scheme in [Tableau::rk4(), Tableau::forward_euler(), Tableau::sdirk2()] {
            let verdict = symmetric(&scheme);
            assert!(!verdict.holds && verdict.reason.contains("for i = "), "{verdict:?}");
        }
    }

    #[test]
    fn the_order_of_the_stages_does_not_matter() {
        let gauss = Tableau::gauss(4).unwrap();
        let order = [2, 0, 3, 1];
        let pick = |v: &[f64]| order.map(|j| v[j]);
        let shuffled = Tableau::new(order.map(|i| pick(gauss.row(i))), pick(gauss.b()), pick(gauss.c())).unwrap();
        assert!(symmetric(&shuffled).holds);
        assert!(symmetric(&Tableau::new([[0.5, 0.0], [0.5, 0.0]], [0.5, 0.5], [0.5, 0.5]).unwrap()).holds);
    }
}
