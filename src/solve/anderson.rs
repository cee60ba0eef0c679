//! Anderson's acceleration of the fixed-point iteration.
//!
//! Of the last few changes of the iterate `ΔY` and of the residual `Δf`, `f = −r(Y)`, an orthonormal basis of the latter
//! is kept together with the same combinations of the former. A step takes from `f` its part in that basis, which the
//! changes of the iterate answer for, and moves along what is left: `Y ← Y − Σ γ_j ΔY_j + β (f − Σ γ_j Δf_j)`,
//! `γ_j = ⟨Δf_j, f⟩`.
//!
//! # Reference
//! D. G. Anderson, J. ACM 12 (1965) 547–560; H. F. Walker, P. Ni, SIAM J. Numer. Anal. 49 (2011) 1715–1735.

use super::history::History;
use super::{Failure, StageSolver, StageSystem};
use crate::Real;
use std::collections::VecDeque;

/// Changes that are kept.
const MEMORY: usize = 8;

/// Solves the stage equations of every sample; returns the iterations of all.
pub(crate) fn solve<T: Real>(system: &mut StageSystem<'_, T>, solver: &StageSolver) -> Result<usize, Failure> {
    let tolerance = solver.stage_tolerance::<T>();
    let mut history = History::new(system);
    // Pairs `(Δf, ΔY)`; `dropped` of them are forgotten.
    let mut pairs: VecDeque<(Vec<T>, Vec<T>)> = VecDeque::new();
    let mut dropped = 0;
    // The iterate and the residual before, and how many pairs a column must have skipped to trust them.
    let mut before: Option<(Vec<T>, Vec<T>)> = None;
    let mut done = vec![false; system.buffers.layout.samples];
    let (mut norms, mut total) = (Vec::new(), 0);
    for iteration in 0.. {
        system.evaluate(&mut norms);
        let layout = system.buffers.layout;
        let next = dropped + pairs.len();
        let mut moving = vec![T::zero(); layout.samples];
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
                // After a fall neither the change that led here nor the one back is of use.
                let falls = history.falls_back(system, q, norms[q], next + 2);
                moving[q] = if falls { T::zero() } else { T::one() };
            }
        }
        if done.iter().all(|&d| d) {
            return Ok(total);
        }
        let mut f: Vec<T> = system.buffers.residual.iter().map(|&r| -r).collect();
        for span in layout.spans() {
            // What does not move may hold anything, NaN included.
            f[span].iter_mut().zip(&moving).filter(|(_, m)| **m == T::zero()).for_each(|(f, _)| *f = T::zero());
        }
        if let Some((y, last)) = &before {
            let change = |now: &[T], then: &[T]| now.iter().zip(then).map(|(&a, &b)| a - b).collect::<Vec<T>>();
            let mut pair = (change(&f, last), change(&system.buffers.y, y));
            let (mut gamma, mut size) = (vec![T::zero(); layout.samples], vec![T::zero(); layout.samples]);
            layout.dot(&pair.0, &pair.0, &mut size);
            for (k, (q, u)) in pairs.iter().enumerate() {
                layout.dot(q, &pair.0, &mut gamma);
                gamma.iter_mut().zip(&history.since).for_each(|(g, &since)| {
                    *g = if dropped + k >= since { -*g } else { T::zero() };
                });
                layout.axpy(&gamma, q, &mut pair.0);
                layout.axpy(&gamma, u, &mut pair.1);
            }
            let mut left = vec![T::zero(); layout.samples];
            layout.dot(&pair.0, &pair.0, &mut left);
            for q in 0..layout.samples {
                // What is left after cancellation of all digits, or comes from a fall, is noise.
                let usable = left[q] > T::EPSILON * size[q] && next >= history.since[q] && left[q].is_finite();
                let factor = if usable { T::one() / left[q].sqrt() } else { T::zero() };
                for span in layout.spans() {
                    for matrix in [&mut pair.0, &mut pair.1] {
                        let entry = &mut matrix[span.start + q];
                        *entry = if usable { *entry * factor } else { T::zero() };
                    }
                }
            }
            pairs.push_back(pair);
            if pairs.len() > MEMORY {
                pairs.pop_front();
                dropped += 1;
            }
        }
        before = Some((system.buffers.y.clone(), f.clone()));
        let mut rest = f;
        let mut gamma = vec![T::zero(); layout.samples];
        for (k, (q, u)) in pairs.iter().enumerate() {
            layout.dot(q, &rest, &mut gamma);
            for (column, g) in gamma.iter_mut().enumerate() {
                let used = moving[column] > T::zero() && dropped + k >= history.since[column];
                *g = if used { -*g } else { T::zero() };
            }
            layout.axpy(&gamma, q, &mut rest);
            layout.axpy(&gamma, u, &mut system.buffers.y);
        }
        let step: Vec<T> = moving.iter().zip(&history.damping).map(|(&m, &beta)| m * beta).collect();
        layout.axpy(&step, &rest, &mut system.buffers.y);
        system.retain(|sample| !done[sample]);
        let vectors = pairs.iter_mut().flat_map(|(q, u)| [q, u]).chain(before.iter_mut().flat_map(|(y, f)| [y, f]));
        history.follow(system, vectors);
    }
    Ok(total)
}
