//! Broyden's good method, from the identity, in terms of its own steps alone.
//!
//! The inverse of the approximate Jacobian is a product of factors `I + s_{j+1} s_jᵀ / ‖s_j‖²`; no matrix is stored.
//!
//! # Reference
//! C. G. Broyden, Math. Comp. 19 (1965) 577–593; C. T. Kelley, *Iterative Methods for Linear and Nonlinear Equations*
//! (SIAM, 1995), section 7.3.

use super::history::History;
use super::{Failure, StageSolver, StageSystem};
use crate::Real;

/// Steps that are kept; then all begin afresh.
const MEMORY: usize = 40;

/// Solves the stage equations of every sample; returns the iterations of all.
pub(crate) fn solve<T: Real>(system: &mut StageSystem<'_, T>, solver: &StageSolver) -> Result<usize, Failure> {
    let tolerance = solver.stage_tolerance::<T>();
    let mut history = History::new(system);
    let mut steps: Vec<Vec<T>> = Vec::new();
    let mut done = vec![false; system.buffers.layout.samples];
    let (mut norms, mut total) = (Vec::new(), 0);
    for iteration in 0.. {
        system.evaluate(&mut norms);
        let layout = system.buffers.layout;
        if steps.len() == MEMORY {
            steps.clear();
            history.since.fill(0);
        }
        let mut moving = vec![false; layout.samples];
        for q in 0..layout.samples {
            let sample = system.buffers.samples[q];
            if done[sample] {
                continue;
            }
            if norms[q] <= tolerance {
                done[sample] = true;
                system.settle(&[q]);
            } else if iteration >= solver.max_iterations || (iteration == 0 && !norms[q].is_finite()) {
                return Err(Failure { sample, residual: norms[q].to_f64(), iterations: iteration, rate: None });
            } else {
                total += 1;
                moving[q] = !history.falls_back(system, q, norms[q], steps.len() + 1);
            }
        }
        if done.iter().all(|&d| d) {
            return Ok(total);
        }
        let mut z: Vec<T> = system.buffers.residual.iter().map(|&r| -r).collect();
        for span in layout.spans() {
            z[span].iter_mut().zip(&history.damping).for_each(|(z, &beta)| *z *= beta);
        }
        let (mut dot, mut size) = (vec![T::zero(); layout.samples], vec![T::zero(); layout.samples]);
        for (k, step) in steps.iter().enumerate() {
            layout.dot(step, &z, &mut dot);
            layout.dot(step, step, &mut size);
            let ratio =
                |q: usize| if k >= history.since[q] && size[q] > T::zero() { dot[q] / size[q] } else { T::zero() };
            let factors: Vec<T> = (0..layout.samples).map(ratio).collect();
            match steps.get(k + 1) {
                Some(following) => layout.axpy(&factors, following, &mut z),
                None => {
                    for q in 0..layout.samples {
                        let divisor = T::one() - factors[q];
                        // A singular update: this sample begins afresh.
                        let factor = if divisor.abs() > T::constant(1e-3) {
                            T::one() / divisor
                        } else {
                            history.since[q] = k + 1;
                            T::one()
                        };
                        layout.spans().for_each(|span| z[span.start + q] *= factor);
                    }
                }
            }
        }
        for span in layout.spans() {
            z[span].iter_mut().zip(&moving).for_each(|(z, &moves)| {
                if !moves {
                    *z = T::zero();
                }
            });
        }
        layout.axpy(&vec![T::one(); layout.samples], &z, &mut system.buffers.y);
        steps.push(z);
        system.retain(|sample| !done[sample]);
        history.follow(system, steps.iter_mut());
    }
    Ok(total)
}
