//! The adjoint of a block preconditioned by factors of its stage equations.

use super::Layout;
use super::factors::Factors;
use crate::Real;

/// `out ≈ (Pᵀ)⁻¹ v` by factors of the samples' Newton matrices `M`, those of the stages or of stages near them: with the
/// coefficients `a` among the stages of the block, and their inverse (for a single stage anything),
///
/// ```text
/// Mᵀ = (Aᵀ ⊗ I)⁻¹ Pᵀ (Aᵀ ⊗ I) .
/// ```
pub(crate) fn precondition_adjoint<T: Real>(
    layout: Layout,
    (a, inverse): (&[T], &[T]),
    factors: &mut Factors<T>,
    unknowns: &mut [T],
    v: &[T],
    out: &mut [T],
) {
    let Layout { rows: d, stages: s, .. } = layout;
    for q in 0..layout.samples {
        let at = |p: usize, i: usize| layout.span(p, i).start + q;
        if s == 1 {
            (0..d).for_each(|p| unknowns[p] = v[at(p, 0)]);
            factors.solve_transposed(q, unknowns);
            (0..d).for_each(|p| out[at(p, 0)] = unknowns[p]);
            continue;
        }
        for (k, x) in unknowns.iter_mut().enumerate() {
            *x = (0..s).map(|j| inverse[j * s + k / d] * v[at(k % d, j)]).sum();
        }
        factors.solve_transposed(q, unknowns);
        for k in 0..s * d {
            out[at(k % d, k / d)] = (0..s).map(|j| a[j * s + k / d] * unknowns[j * d + k % d]).sum();
        }
    }
}
