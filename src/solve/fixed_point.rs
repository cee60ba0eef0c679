//! The contractive case: fixed-point iteration forward, Neumann series backward.

use super::operator_norms::{Side, operator_norms};
use super::{Failure, Layout, StageSolver, StageSystem};
use crate::Real;

/// Iterations over which the rate is observed.
const WINDOW: usize = 5;

/// Iterates `Y ← Y - r(Y) = base + h A F(Y)`; converges linearly if `h ‖A‖ Lip(F) < 1`.
///
/// A sample whose residual has not shrunk over some iterations is refused, unless its map contracts where it is, by the
/// norm of the derivative: then it may still be on its way. Returns the iterations of all samples.
///
/// # Reference
/// fpResNet: Reshniak and Webster (2021), equation (18).
pub(crate) fn solve<T: Real>(system: &mut StageSystem<'_, T>, solver: &StageSolver) -> Result<usize, Failure> {
    let tolerance = solver.stage_tolerance::<T>();
    let mut done = vec![false; system.buffers.layout.samples];
    // By sample of the chunk: the residual when the window began, the last one, and the last rate.
    let mut observed = vec![(T::MAX, T::MAX, None); done.len()];
    let (mut norms, mut settled, mut total) = (Vec::new(), Vec::new(), 0);
    for iteration in 0.. {
        system.evaluate(&mut norms);
        let layout = system.buffers.layout;
        // Norms of derivatives, known once a sample asks for its own.
        let mut contraction: Option<Vec<T>> = None;
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
            // Of residuals relative to a state that grows with them no rate could be told.
            let size = norm * system.buffers.scale[q];
            let (first, last, rate) = &mut observed[sample];
            let mut refused = !norm.is_finite() || iteration >= solver.max_iterations;
            if !norm.is_finite() && iteration > 0 {
                // An overflow; what went before tells the rate, if it went on long enough.
                let steps = ((iteration - 1) % WINDOW) as f64;
                let grown = (*last / *first).to_f64();
                *rate = Some(if steps > 0.0 { grown.powf(1.0 / steps) } else { f64::INFINITY });
            } else if iteration > 0 && iteration % WINDOW == 0 {
                *rate = Some((size / *first).to_f64().powf(1.0 / WINDOW as f64));
                if size >= *first {
                    let norms = contraction.get_or_insert_with(|| system.contraction());
                    let contracts = norms[q] < T::one();
                    refused |= !contracts;
                }
            }
            if refused {
                return Err(Failure { sample, residual: norm.to_f64(), iterations: iteration, rate: *rate });
            }
            if iteration % WINDOW == 0 {
                *first = size;
            }
            *last = size;
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

impl<T: Real> StageSystem<'_, T> {
    /// `‖h (A ⊗ I) diag(J_j)‖₂` of every sample, at the stages last evaluated.
    fn contraction(&mut self) -> Vec<T> {
        let layout = self.buffers.layout;
        operator_norms(layout, |side, v, out| {
            match side {
                Side::Forward => self.apply(v, out),
                Side::Transposed => self.apply_transposed(v, out),
            }
            layout.subtract_from(v, out);
        })
    }
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
    let (mut last, mut rate) = (change.clone(), vec![f64::MAX; layout.samples]);
    x.copy_from_slice(rhs);
    for iteration in 1..=max_iterations {
        product(x, &mut next);
        for span in layout.spans() {
            next[span.clone()].iter_mut().zip(&rhs[span]).for_each(|(next, &rhs)| *next += rhs);
        }
        layout.max_distance(&next, x, &mut change);
        layout.max_norm(&next, &mut size);
        x.copy_from_slice(&next);
        let mut solved = true;
        for (sample, (&change, &size)) in change.iter().zip(&size).enumerate() {
            // The change is the residual.
            let reached = change.is_finite() && size.is_finite() && change <= tolerance * size;
            if !reached && (!change.is_finite() || iteration == max_iterations) {
                let rate = (rate[sample] < f64::MAX).then_some(rate[sample]);
                return Err(Failure { sample, residual: (change / size).to_f64(), iterations: iteration, rate });
            }
            if iteration > 1 {
                rate[sample] = (change / last[sample]).to_f64();
            }
            last[sample] = change;
            solved &= reached;
        }
        if solved {
            return Ok(iteration);
        }
    }
    Ok(max_iterations)
}
