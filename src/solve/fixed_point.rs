//! The contractive case: fixed-point iteration forward, Neumann series backward.

use super::{Failure, Layout, Solver, StageSystem};
use crate::field::VectorField;
use crate::{Number, Real};

/// Iterates `Y ← Y - r(Y) = base + h A F(Y)`; converges linearly if `h ‖A‖ Lip(F) < 1`.
///
/// Returns the iterations of all samples.
///
/// # Reference
/// fpResNet, equation (18) of the source.
pub(crate) fn solve<F: VectorField + ?Sized, T: Real>(
    system: &mut StageSystem<'_, F, T>,
    solver: &Solver,
) -> Result<usize, Failure> {
    let tolerance = solver.stage_tolerance::<T>();
    let mut done = vec![false; system.buffers.layout.samples];
    let (mut norms, mut settled, mut total) = (Vec::new(), Vec::new(), 0);
    for iteration in 0.. {
        system.evaluate(&mut norms);
        let layout = system.buffers.layout;
        for (q, &norm) in norms.iter().enumerate() {
            let sample = system.buffers.samples[q];
            if done[sample] {
                continue;
            }
            if norm <= tolerance {
                done[sample] = true;
                settled.push(q);
                continue;
            }
            if !norm.is_finite() || iteration >= solver.max_iterations {
                return Err(Failure { sample, residual: norm.to_f64(), iterations: iteration });
            }
            total += 1;
            for k in layout.spans().map(|span| span.start + q) {
                let b = &mut *system.buffers;
                b.y[k] -= b.residual[k];
            }
        }
        system.settle(&settled);
        settled.clear();
        if done.iter().all(|&d| d) {
            break;
        }
        system.retain(|sample| !done[sample]);
    }
    Ok(total)
}

/// Sums the Neumann series of `(I - B) x = rhs` by `x ← rhs + B x`, `product` computing `B x`, until every sample's
/// last change is within `tolerance` of its solution's size.
pub(crate) fn neumann<T: Real>(
    layout: Layout,
    rhs: &[T],
    x: &mut [T],
    tolerance: T,
    max_iterations: usize,
    mut product: impl FnMut(&[T], &mut [T]),
) -> Result<usize, Failure> {
    let mut next = vec![T::zero(); layout.len()];
    let (mut change, mut size) = (vec![T::zero(); layout.samples], vec![T::zero(); layout.samples]);
    x.copy_from_slice(rhs);
    for iteration in 1..=max_iterations {
        product(x, &mut next);
        change.fill(T::zero());
        size.fill(T::zero());
        for span in layout.spans() {
            for (q, k) in span.enumerate() {
                let new = rhs[k] + next[k];
                let step = (new - x[k]).abs();
                // A NaN fails every comparison, and must not count as convergence.
                change[q] = if step.is_finite() { Number::max(change[q], step) } else { T::MAX };
                size[q] = Number::max(size[q], new.abs());
                x[k] = new;
            }
        }
        let open = (0..layout.samples).find(|&q| change[q] > tolerance * size[q]);
        match open {
            None => return Ok(iteration),
            Some(sample) if iteration == max_iterations || change[sample] == T::MAX => {
                return Err(Failure {
                    sample,
                    residual: (change[sample] / size[sample]).to_f64(),
                    iterations: iteration,
                });
            }
            Some(_) => {}
        }
    }
    Ok(max_iterations)
}
