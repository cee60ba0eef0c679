//! Butcher's simplifying conditions.

use super::judge::Judge;
use super::scalar::Scalar;
use super::weights::{Method, Part, dot};

/// How far the simplifying conditions of a Runge–Kutta scheme with `s` stages reach: the largest `p`, `η`, `ζ` such that
///
/// ```text
/// B(p):  Σ_i b_i c_i^{k-1}      = 1/k                for k = 1, …, p   (at most 2s, as for any quadrature formula)
/// C(η):  Σ_j a_ij c_j^{k-1}     = c_i^k / k          for all i, k = 1, …, η   (looked for up to s)
/// D(ζ):  Σ_i b_i c_i^{k-1} a_ij = b_j (1 − c_j^k)/k  for all j, k = 1, …, ζ   (looked for up to s) .
/// ```
///
/// Source: J. C. Butcher, Math. Comp. 18 (1964) 50–64; E. Hairer, S. P. Nørsett, G. Wanner, Solving Ordinary
/// Differential Equations I (1993), II.7.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SimplifyingConditions {
    /// `p`, the order of the quadrature formula. No scheme has a higher order.
    pub quadrature: usize,
    /// `η`.
    pub stages: usize,
    /// `ζ`.
    pub adjoint: usize,
}

impl SimplifyingConditions {
    /// Those of `method`; of its first tableau, if it has several.
    pub fn of<T: Scalar>(method: &Method<'_, T>) -> Self {
        Self::judged(method, &mut Judge::new(method.tolerance))
    }

    pub(super) fn judged<T: Scalar>(method: &Method<'_, T>, judge: &mut Judge) -> Self {
        let part = &method.parts[0];
        let s = method.stages();
        let powers = powers(&part.c, 2 * s);
        let quadrature = judge.longest(2 * s, |k| [quadrature_residual(part, &powers[k - 1], k)]);
        let stages = judge.longest(s, |k| {
            part.apply(&powers[k - 1]).zip(&powers[k]).map(move |(sum, power)| sum - T::ratio(1, k as i64) * power)
        });
        let adjoint = judge.longest(s, |k| {
            let weighted: Vec<T> = part.b.iter().zip(&powers[k - 1]).map(|(b, power)| b.clone() * power).collect();
            let sums: Vec<T> = part.apply_transposed(&weighted).collect();
            let wanted =
                part.b.iter().zip(&powers[k]).map(move |(b, power)| T::ratio(1, k as i64) * (T::one() - power) * b);
            sums.into_iter().zip(wanted).map(|(sum, wanted)| sum - wanted)
        });
        SimplifyingConditions { quadrature, stages, adjoint }
    }

    /// The stage order, the largest `q` with `B(q)` and `C(q)`: the order to which all stages, and the step, are right if
    /// the problem is stiff.
    pub fn stage_order(&self) -> usize {
        self.quadrature.min(self.stages)
    }

    /// The order that the simplifying conditions guarantee: `min(p, 2η + 2, η + ζ + 1)`, Butcher's theorem.
    pub fn guaranteed_order(&self) -> usize {
        match self.stages {
            // Nodes that are no row sums: the theorem does not apply.
            0 => self.quadrature.min(1),
            eta => self.quadrature.min(2 * eta + 2).min(eta + self.adjoint + 1),
        }
    }
}

/// `Σ_i b_i c_i^{k-1} − 1/k`, the residual of the bushy tree of order `k`.
pub(super) fn quadrature_residual<T: Scalar>(part: &Part<'_, T>, power: &[T], k: usize) -> T {
    dot(part.b, power) - T::ratio(1, k as i64)
}

/// `c^0, c^1, …, c^highest`, by entries.
pub(super) fn powers<T: Scalar>(c: &[T], highest: usize) -> Vec<Vec<T>> {
    let next = |power: &Vec<T>| Some(power.iter().zip(c).map(|(power, c)| power.clone() * c).collect());
    std::iter::successors(Some(vec![T::one(); c.len()]), next).take(highest + 1).collect()
}
