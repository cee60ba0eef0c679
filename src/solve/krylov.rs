//! Newton corrections by GMRES on Jacobian–vector products.

use super::gmres::{Goal, Outcome};
use super::{Gmres, Relaxation, StageSystem};
use crate::{Number, Real};

/// Most iterations a correction may take; a correction that has not converged then is tried as it is.
const MAX_ITERATIONS: usize = 120;
/// So many corrections that have not converged make a failed solve.
pub(super) const MAX_POOR: usize = 5;

/// How small the linear residual must become, relative to the nonlinear one.
///
/// # Reference
/// Eisenstat and Walker, *Choosing the forcing terms in an inexact Newton method*, SIAM J. Sci. Comput. 17 (1996),
/// choice 2 with γ = 0.9 and α = 2, kept from solving beyond half of what the tolerance needs.
pub(super) fn forcing<T: Real>(norm: T, last_norm: T, tolerance: T) -> T {
    let contraction = if last_norm < T::MAX { norm / last_norm } else { T::constant(0.1) };
    let choice = T::constant(0.9) * contraction * contraction;
    let enough = T::constant(0.5) * tolerance / norm;
    Number::max(Number::min(choice, T::constant(0.1)), enough)
}

/// `correction ≈ M⁻¹ r` for every sample, to its own relative tolerance, unless more products than are `worthwhile` are in
/// sight for the whole solve. The outcome names a sample that misses its tolerance, if one does.
///
/// A relaxation that served the sample's last correction may serve this one: the next residual tells.
pub(super) fn correct<T: Real>(
    system: &mut StageSystem<'_, T>,
    gmres: &mut Gmres<T>,
    forcing: &[T],
    worthwhile: usize,
    relaxations: &mut [Relaxation<T>],
) -> Outcome {
    let layout = system.buffers.layout;
    let rhs = std::mem::take(&mut system.buffers.residual);
    let mut correction = std::mem::take(&mut system.buffers.correction);
    // A sample with nothing to correct keeps its old correction: it may be in the middle of a backtracking.
    let mut solution = system.scratch.take(layout.len());
    solution.fill(T::zero());
    let relaxations = Some(relaxations);
    let goal = Goal { tolerance: forcing, max_iterations: MAX_ITERATIONS, worthwhile, relaxations };
    let apply = |v: &[T], out: &mut [T]| system.apply(v, out);
    let outcome = gmres.solve_preconditioned(layout, &rhs, &mut solution, goal, apply, None);
    for span in layout.spans() {
        for (q, k) in span.enumerate() {
            if forcing[q] < T::MAX {
                correction[k] = solution[k];
            }
        }
    }
    system.scratch.give(solution);
    system.buffers.residual = rhs;
    system.buffers.correction = correction;
    outcome
}
