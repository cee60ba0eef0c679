//! Descent on `½‖r‖²` by argmin's L-BFGS, one sample at a time.
//!
//! # Reference
//! Table 2 of the source; Nocedal and Wright, *Numerical Optimization*, 2nd ed., chapters 3 and 7.

use super::{Buffers, Failure, Layout, Solver, StageSystem, system::Solution};
use crate::Real;
use crate::field::{Scratch, VectorField};
use argmin::core::{CostFunction, Executor, Gradient, State};
use argmin::solver::linesearch::MoreThuenteLineSearch;
use argmin::solver::quasinewton::LBFGS;
use std::cell::RefCell;

/// Correction pairs that L-BFGS keeps.
const MEMORY: usize = 10;
/// A line search that finds no decrease ends a run; the next starts afresh from where it got, with an empty memory.
const RUNS: usize = 3;

/// `½‖r(Y)‖²` of one sample, in double precision; value and gradient at the same point share one evaluation.
struct LeastSquares<'p, 'a, F: ?Sized, T: Real> {
    last: RefCell<(Option<Vec<f64>>, f64, Vec<f64>)>,
    system: RefCell<&'p mut StageSystem<'a, F, T>>,
}

impl<F: VectorField + ?Sized, T: Real> LeastSquares<'_, '_, F, T> {
    fn at<R>(&self, y: &[f64], read: impl FnOnce(f64, &[f64]) -> R) -> R {
        let mut last = self.last.borrow_mut();
        if last.0.as_deref() != Some(y) {
            let mut system = self.system.borrow_mut();
            let layout = system.buffers.layout;
            for (k, &y) in StageSystem::<F, T>::unknowns(layout, 0).zip(y) {
                system.buffers.y[k] = T::constant(y);
            }
            system.evaluate(&mut Vec::new());
            let residual = system.buffers.residual.clone();
            let mut gradient = vec![T::zero(); layout.len()];
            system.apply_transposed(&residual, &mut gradient);
            let unknowns = || StageSystem::<F, T>::unknowns(layout, 0);
            last.1 = 0.5 * unknowns().map(|k| residual[k].to_f64().powi(2)).sum::<f64>();
            last.2 = unknowns().map(|k| gradient[k].to_f64()).collect();
            last.0 = Some(y.to_vec());
        }
        read(last.1, &last.2)
    }
}

impl<F: VectorField + ?Sized, T: Real> CostFunction for LeastSquares<'_, '_, F, T> {
    type Param = Vec<f64>;
    type Output = f64;
    fn cost(&self, y: &Vec<f64>) -> Result<f64, argmin::core::Error> {
        Ok(self.at(y, |cost, _| cost))
    }
}

impl<F: VectorField + ?Sized, T: Real> Gradient for LeastSquares<'_, '_, F, T> {
    type Param = Vec<f64>;
    type Gradient = Vec<f64>;
    fn gradient(&self, y: &Vec<f64>) -> Result<Vec<f64>, argmin::core::Error> {
        Ok(self.at(y, |_, gradient| gradient.to_vec()))
    }
}

/// Solves the stage equations of every sample by L-BFGS with the Moré–Thuente line search; returns the iterations.
pub(crate) fn solve<F: VectorField + ?Sized, T: Real>(
    system: &mut StageSystem<'_, F, T>,
    solver: &Solver,
) -> Result<usize, Failure> {
    let tolerance = solver.stage_tolerance::<T>();
    let layout = system.buffers.layout;
    let alone = Layout::new::<T>(layout.rows, layout.stages, 1);
    let mut buffers = Buffers::new();
    let mut scratch = Scratch::new();
    let mut total = 0;
    for q in 0..layout.samples {
        let full = &*system.buffers;
        buffers.resize(alone, full.record.len() / layout.stride);
        (buffers.h[0], buffers.size[0]) = (full.h[q], full.size[q]);
        (0..layout.stages).for_each(|i| buffers.t[i] = full.t[i * layout.samples + q]);
        for (to, from) in alone.spans().zip(layout.spans()) {
            buffers.base[to.start] = full.base[from.start + q];
            buffers.y[to.start] = full.y[from.start + q];
        }
        let (mut y, mut f) = (vec![T::zero(); alone.len()], vec![T::zero(); alone.len()]);
        let mut record = vec![T::zero(); buffers.record.len()];
        let mut single = StageSystem {
            field: system.field,
            params: system.params,
            a: system.a,
            smallest_scale: system.smallest_scale,
            buffers: &mut buffers,
            solution: Solution { layout: alone, y: &mut y, f: &mut f, record: &mut record },
            scratch: &mut scratch,
            work: &mut *system.work,
        };
        let (mut iterations, mut norms) = (0, Vec::new());
        single.evaluate(&mut norms);
        for _ in 0..RUNS {
            if norms[0] <= tolerance || iterations >= solver.max_iterations {
                break;
            }
            let start: Vec<f64> =
                StageSystem::<F, T>::unknowns(alone, 0).map(|k| single.buffers.y[k].to_f64()).collect();
            let scale = single.scale(0).to_f64();
            let target = 0.5 * (tolerance.to_f64() * scale).powi(2);
            let problem = LeastSquares { last: RefCell::default(), system: RefCell::new(&mut single) };
            // ‖r‖∞ ≤ ‖r‖₂: once the cost is below its target, our own residual passes.
            let Ok(method) = LBFGS::new(MoreThuenteLineSearch::new(), MEMORY)
                .with_tolerance_cost(0.0)
                .and_then(|m| m.with_tolerance_grad(0.0))
            else {
                break;
            };
            let budget = (solver.max_iterations - iterations) as u64;
            let run = Executor::new(problem, method)
                .configure(|state| state.param(start.clone()).max_iters(budget).target_cost(target))
                .run();
            // A line search that cannot go on is reported as an error; it leaves nothing better than the start.
            let best = match &run {
                Ok(result) => {
                    iterations += result.state().get_iter() as usize;
                    result.state().get_best_param().cloned().unwrap_or(start)
                }
                Err(_) => start,
            };
            drop(run);
            for (k, &y) in StageSystem::<F, T>::unknowns(alone, 0).zip(&best) {
                single.buffers.y[k] = T::constant(y);
            }
            single.evaluate(&mut norms);
        }
        let solved = norms[0] <= tolerance;
        if !solved {
            return Err(Failure { sample: q, residual: norms[0].to_f64(), iterations });
        }
        total += iterations;
        for k in alone.spans().zip(layout.spans()) {
            system.buffers.y[k.1.start + q] = buffers.y[k.0.start];
        }
    }
    // One evaluation of all samples leaves slopes and records at the solutions.
    system.evaluate(&mut Vec::new());
    system.settle(&(0..layout.samples).collect::<Vec<_>>());
    Ok(total)
}
