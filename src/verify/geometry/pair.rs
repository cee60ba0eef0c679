//! Structure of partitioned pairs.
//!
//! For separable problems, `ẏ = Φ1(z)` and `ż = Φ2(y)`, only half of each tableau is used: a slope `k_j` of `y` enters the
//! stages of `y`, at which the slopes `l_i` of `z` are taken, and the other way round. What is asked of a pair is then
//! asked of slopes that are used, and of the entries between one kind and the other.

use super::symmetry::{GIVEN_UP, find_mirror, searched};
use crate::tableau::coefficients::{Certainty, Coefficients, Scalar};
use crate::verify::exact::verdict::Verdict;

/// A pair of tableaux of as many stages: `(A, b, c)` for `y`, `(Â, b̂, ĉ)` for `z`.
pub struct Pair<'a, T> {
    pub first: &'a Coefficients<T>,
    pub second: &'a Coefficients<T>,
}

impl<T: Scalar> Pair<'_, T> {
    fn tolerance(&self) -> f64 {
        self.certainty().tolerance()
    }

    fn certainty(&self) -> Certainty {
        self.first.certainty.and(self.second.certainty)
    }

    fn verdict(&self, holds: bool, reason: String) -> Verdict {
        Verdict { holds, certainty: self.certainty(), reason }
    }

    fn holds(&self, residual: &T) -> bool {
        residual.vanishes(self.tolerance())
    }

    /// `b_i â_ij + b̂_j a_ji − b_i b̂_j`.
    fn mixed(&self, i: usize, j: usize) -> T {
        let (b, hat) = (&self.first.b[i], &self.second.b[j]);
        b.clone() * self.second.a(i, j) + hat.clone() * self.first.a(j, i) - b.clone() * hat
    }

    /// The largest `|b_i â_ij + b̂_j a_ji − b_i b̂_j|` that does not vanish.
    fn worst_mixed(&self) -> Option<String> {
        let s = self.first.stages();
        let all = (0..s).flat_map(|i| (0..s).map(move |j| (i, j))).map(|(i, j)| (i, j, self.mixed(i, j)));
        let worst = all
            .filter(|(_, _, residual)| !self.holds(residual))
            .map(|(i, j, residual)| (i, j, residual.to_f64()))
            .max_by(|x, y| x.2.abs().total_cmp(&y.2.abs()));
        worst.map(|(i, j, x)| format!("b_i â_ij + b̂_j a_ji − b_i b̂_j is {x:.3e} for i = {i}, j = {j}"))
    }

    /// Whether steps of any Hamiltonian system are symplectic: `b_i â_ij + b̂_j a_ji = b_i b̂_j` and `b_i = b̂_i`.
    ///
    /// Source: Hairer, Lubich, Wanner, Geometric Numerical Integration (2006), VI.4.
    pub fn symplectic(&self) -> Verdict {
        let unequal = (0..self.first.stages()).find(|&i| !self.holds(&(self.first.b[i].clone() - &self.second.b[i])));
        let unequal = unequal.map(|i| {
            let (b, hat) = (self.first.b[i].to_f64(), self.second.b[i].to_f64());
            format!("b_{i} is {b:.6}, but b̂_{i} is {hat:.6}")
        });
        match self.worst_mixed().or(unequal) {
            Some(reason) => self.verdict(false, reason),
            None => self.verdict(true, "b_i â_ij + b̂_j a_ji = b_i b̂_j and b_i = b̂_i for all i, j".to_string()),
        }
    }

    /// The same for separable Hamiltonians `H = T(p) + V(q)`, where the weights may differ.
    pub fn separably_symplectic(&self) -> Verdict {
        match self.worst_mixed() {
            Some(reason) => self.verdict(false, reason),
            None => self.verdict(true, "b_i â_ij + b̂_j a_ji = b_i b̂_j for all i, j".to_string()),
        }
    }

    /// Whether the pair is its own adjoint, for some reordering of the stages common to both tableaux.
    pub fn symmetric(&self) -> Verdict {
        let (s, parts) = (self.first.stages(), [self.first, self.second]);
        let halves = parts.map(|t| t.halves(self.tolerance()));
        let one = T::one();
        let mirror = find_mirror(
            s,
            |i, k| {
                parts
                    .iter()
                    .all(|t| self.holds(&(t.b[i].clone() - &t.b[k])) && self.holds(&(t.c[i].clone() + &t.c[k] - &one)))
            },
            |i, j, k, l| halves.iter().all(|half| half.cancel(i * s + j, k * s + l)),
        );
        self.mirrored(mirror, "all i, j")
    }

    /// The same for autonomous separable problems, where slopes of `y` and of `z` may be reordered independently.
    pub fn separably_symmetric(&self) -> Verdict {
        let s = self.first.stages();
        let parts = [self.first, self.second];
        // Slopes that are used, each as its part and its stage.
        let used = |part: usize, j: usize| {
            let t = parts[part];
            !self.holds(&t.b[j]) || (0..s).any(|i| !self.holds(t.a(i, j)))
        };
        let slopes: Vec<(usize, usize)> =
            (0..2).flat_map(|part| (0..s).map(move |j| (part, j))).filter(|&(part, j)| used(part, j)).collect();
        let halves = parts.map(|t| t.halves(self.tolerance()));
        let weight = |u: usize| &parts[slopes[u].0].b[slopes[u].1];
        let mirror = find_mirror(
            slopes.len(),
            |u, v| slopes[u].0 == slopes[v].0 && self.holds(&(weight(u).clone() - weight(v))),
            |u, v, x, y| {
                let ((part, i), (other, j)) = (slopes[u], slopes[v]);
                if part == other {
                    return true;
                }
                halves[other].cancel(i * s + j, slopes[x].1 * s + slopes[y].1)
            },
        );
        self.mirrored(mirror, "slopes of y and z that meet")
    }

    fn mirrored(&self, found: Option<bool>, what: &str) -> Verdict {
        let reason = match found {
            Some(true) => format!("a_ij + a_i'j' = b_j and â_ij + â_i'j' = b̂_j for {what}, for a mirrored order"),
            Some(false) => "no order of the stages mirrors both tableaux".to_string(),
            None => GIVEN_UP.to_string(),
        };
        searched(found, self.certainty(), reason)
    }
}
