//! Symmetry: whether a step with `−h` undoes the step with `h`.

use super::coefficients::Coefficients;
use super::scalar::Scalar;
use super::verdict::{Certainty, Verdict};

/// A search for the order of the stages gives up after so many attempts; no scheme of interest comes near it.
const ATTEMPTS: usize = 100_000;

impl<T: Scalar> Coefficients<T> {
    /// Whether the scheme is its own adjoint: after some reordering `i ↦ i'` of the stages,
    /// `a_{i'j'} + a_ij = b_j`, `b_{j'} = b_j` and `c_{i'} = 1 − c_i`, for the scheme without redundant stages.
    ///
    /// Source: Hairer, Lubich, Wanner, Geometric Numerical Integration (2006), V.2.
    pub fn symmetric(&self) -> Verdict {
        let reduced = self.reduced().scheme;
        let s = reduced.stages();
        let of = if s < self.stages() { " of the scheme without redundant stages" } else { "" };
        let mirror = reduced.mirror();
        let reason = match &mirror {
            Some(_) => format!("a_ij + a_i'j' = b_j for all i, j{of}, for the mirrored order of its stages"),
            None => {
                let (i, j, residual) = reduced.worst_mirrored();
                format!(
                    "a_ij + a_i'j' − b_j is {residual:.3e} for i = {i}, j = {j}{of}, and no other order of the stages does"
                )
            }
        };
        Verdict { holds: mirror.is_some(), certainty: Certainty::of(self.tolerance), reason }
    }

    /// The stage that each stage is mirrored to, if the scheme is symmetric.
    fn mirror(&self) -> Option<Vec<usize>> {
        let s = self.stages();
        let one = T::one();
        let fits = |i: usize, k: usize| {
            (self.b[i].clone() - &self.b[k]).vanishes(self.tolerance)
                && (self.c[i].clone() + &self.c[k] - &one).vanishes(self.tolerance)
        };
        // The mirrored order first, then whatever else fits.
        let choices: Vec<Vec<usize>> =
            (0..s).map(|i| (0..s).map(|k| (2 * s - 1 - i - k) % s).filter(|&k| fits(i, k)).collect()).collect();
        let mut attempts = 0;
        let mut chosen = Vec::with_capacity(s);
        self.extend(&choices, &mut chosen, &mut attempts).then_some(chosen)
    }

    fn extend(&self, choices: &[Vec<usize>], chosen: &mut Vec<usize>, attempts: &mut usize) -> bool {
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
            let agrees = (0..=i).all(|j| {
                self.mirrored(i, j, k, chosen[j]).vanishes(self.tolerance)
                    && self.mirrored(j, i, chosen[j], k).vanishes(self.tolerance)
            });
            if agrees && self.extend(choices, chosen, attempts) {
                return true;
            }
            chosen.pop();
        }
        false
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

#[cfg(test)]
mod tests {
    use super::super::coefficients::Recovered;
    use super::*;
    use crate::Tableau;

    fn symmetric(scheme: &Tableau) -> Verdict {
        match Recovered::of(scheme) {
            Recovered::Exact(k) => k.symmetric(),
            Recovered::Rounded(k) => k.symmetric(),
        }
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
