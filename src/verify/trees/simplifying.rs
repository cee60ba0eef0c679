//! Butcher's simplifying conditions.

use super::weights::{Part, SchemeOnTrees, dot};
use crate::tableau::coefficients::Scalar;
use crate::verify::exact::judge::Judge;

/// How far the simplifying conditions of a Runge–Kutta scheme with `s` stages reach: the largest `p`, `η`, `ζ` such that
///
/// ```text
/// B(p):  Σ_i b_i c_i^{k-1}      = 1/k                for k = 1, …, p   (at most 2s, see below)
/// C(η):  Σ_j a_ij c_j^{k-1}     = c_i^k / k          for all i, k = 1, …, η   (looked for up to s)
/// D(ζ):  Σ_i b_i c_i^{k-1} a_ij = b_j (1 − c_j^k)/k  for all j, k = 1, …, ζ   (looked for up to s) .
/// ```
///
/// A quadrature formula with `d` different nodes has at most order `2d`, and one less for each of 0 and 1 that is a node: it
/// gives zero for `(1 − x) Π (x − c_i)²`, the product over the nodes but 1, whose integral is positive.
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
    pub fn of<T: Scalar>(method: &SchemeOnTrees<'_, T>) -> Self {
        Self::judged(method, &mut Judge::new(method.certainty))
    }

    pub(super) fn judged<T: Scalar>(method: &SchemeOnTrees<'_, T>, judge: &mut Judge) -> Self {
        let part = &method.parts[0];
        let s = method.stages();
        let most = highest_quadrature_order(&part.c);
        let powers = powers(&part.c, most.max(s));
        let quadrature = judge.longest(most, |k| [quadrature_residual(part, &powers[k - 1], k)]);
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

/// What no weights can exceed.
fn highest_quadrature_order<T: Scalar>(nodes: &[T]) -> usize {
    let is_new = |i: &usize| !nodes[..*i].iter().any(|x| (nodes[*i].clone() - x).is_zero());
    let different: Vec<&T> = (0..nodes.len()).filter(is_new).map(|i| &nodes[i]).collect();
    let at_an_end = |x: &&&T| x.is_zero() || (T::one() - **x).is_zero();
    2 * different.len() - different.iter().filter(at_an_end).count()
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
