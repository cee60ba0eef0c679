//! The stage equations of an implicit block, and what follows from their solution.

use super::plan::Block;
use super::trace::BlockTrace;
use super::vectors::{add_scaled, combine};
use super::{Start, Step, Workspace};
use crate::error::Location;
use crate::field::Batch;
use crate::solve::{self, Attempt, Failure, JacobianReuse, Layout, Rows, Settled, StageSystem, Task, WarmStart};
use crate::{Error, Number, Real};

impl<T: Real> Step<'_, T> {
    /// Solves the stage equations of an implicit block.
    pub(super) fn solve_block(
        &self,
        block: &Block<'_, T>,
        from: Start<'_, T>,
        trace: &mut BlockTrace<T>,
        ws: &mut Workspace<T>,
    ) -> Result<usize, Error> {
        let Start { batch, h, .. } = from;
        let (s, layout) = (block.stages.len(), self.layout(block, batch));
        self.write_times(block, layout, from, &mut trace.t);
        if block.is_another {
            ws.remembered.newton.forget(true);
        }
        let past = &ws.remembered.newton.factors;
        let task = Task {
            equations: layout.equations(),
            rows: if block.decoupling.is_some() { layout.rows } else { layout.equations() },
            has_past: past.any() && self.solver.reuse.jacobian != JacobianReuse::Stage,
        };
        let mut defeats_krylov = ws.remembered.defeats_krylov;
        let attempt = |attempt: Attempt| self.attempt(attempt, block, from, trace, ws);
        let solved = solve::persist(&self.solver, task, &mut defeats_krylov, attempt);
        ws.remembered.defeats_krylov = defeats_krylov;
        ws.work.solves += layout.samples;
        let iterations = solved.map_err(|failure| Error::NotConverged {
            what: "stage equations",
            location: Location { step: 0, stage: block.stages[0], sample: failure.sample },
            residual: failure.residual,
            iterations: failure.iterations,
            rate: failure.rate,
            tolerance: self.solver.stage_tolerance::<T>().to_f64(),
        })?;
        ws.work.iterations += iterations;
        if self.solver.reuse.start == WarmStart::LastEpoch {
            let found = trace.y.iter().zip(&ws.guess);
            trace.surprise.iter_mut().zip(found).for_each(|(surprise, (&y, &guess))| *surprise = y - guess);
        }
        // h k = A⁻¹ (Y - base) where A allows it, h F(Y) where not.
        for (k, &m) in block.terms.iter().enumerate() {
            let (planned, coupled) = (&self.scheme.terms[m], &block.coupling.terms[k]);
            for (w, p) in coupled.rows.clone().enumerate() {
                for (i, &stage) in block.stages.iter().enumerate().filter(|&(i, _)| block.is_member(k, i)) {
                    let at = (planned.slot(stage).start + w) * batch.stride;
                    let increment = &mut ws.increments[at..at + batch.live];
                    let smooth = &mut ws.smooth[at..at + batch.live];
                    let slopes = &ws.slopes[layout.span(coupled.from + w, i)];
                    let Some(inverse) = &block.inverse else {
                        increment.iter_mut().zip(slopes).zip(h).for_each(|((out, &f), &h)| *out = h * f);
                        smooth.copy_from_slice(increment);
                        continue;
                    };
                    increment.fill(T::zero());
                    for j in 0..s {
                        let span = layout.span(p, j);
                        for ((out, &y), &base) in increment.iter_mut().zip(&trace.y[span.clone()]).zip(&ws.base[span]) {
                            *out += inverse[i * s + j] * (y - base);
                        }
                    }
                    // What the next relaxation would make of the residual is worth knowing for the next first guess.
                    smooth.copy_from_slice(increment);
                    let slopes = slopes.iter().zip(h);
                    for ((smooth, (&f, &h)), relaxation) in
                        smooth.iter_mut().zip(slopes).zip(ws.remembered.newton.relaxations())
                    {
                        let factor = if relaxation.is_useful() { relaxation.factor } else { T::zero() };
                        *smooth += factor * (h * f - *smooth);
                    }
                }
            }
        }
        Ok(iterations)
    }

    /// What the stages of an implicit block are without its own slopes: `base`, laid out as its unknowns.
    pub(super) fn write_base(
        &self,
        block: &Block<'_, T>,
        layout: Layout,
        batch: Batch,
        vectors: &[T],
        ws: &mut Workspace<T>,
    ) {
        let (plan, Workspace { base, increments, .. }) = (&self.scheme, ws);
        base.resize(layout.len(), T::zero());
        let len = plan.dim * batch.stride;
        for (p, (i, &stage)) in
            (0..layout.rows).flat_map(|p| block.stages.iter().enumerate().map(move |stage| (p, stage)))
        {
            let base = &mut base[layout.span(p, i)];
            let row = p * batch.stride..p * batch.stride + batch.live;
            combine(plan.u(stage), vectors.chunks_exact(len).map(|vector| &vector[row.clone()]), base);
            for (m, other) in plan.terms.iter().enumerate() {
                for j in 0..plan.stages {
                    let a = other.a(stage, j);
                    // What comes later is in rows that no term reads here.
                    if a == T::zero() || !block.follows(m, j, plan.stages) {
                        continue;
                    }
                    if let Some((_, slot)) = other.shared(&(p..p + 1), j) {
                        add_scaled(a, &increments[slot.start * batch.stride..][..batch.live], base);
                    }
                }
            }
        }
    }

    /// Solves the stage equations by one method, from the first guess.
    fn attempt(
        &self,
        attempt: Attempt,
        block: &Block<'_, T>,
        from: Start<'_, T>,
        trace: &mut BlockTrace<T>,
        ws: &mut Workspace<T>,
    ) -> Result<usize, Failure> {
        let Start { batch, h, .. } = from;
        let (s, layout, field) = (block.stages.len(), self.layout(block, batch), block.field());
        if attempt.afresh {
            ws.remembered.newton.forget(true);
        }
        self.write_base(block, layout, batch, from.y, ws);
        let (buffers, slopes) = (&mut ws.buffers, block.coupling.slopes());
        buffers.resize(layout, Rows { known: self.known(block), slopes, record: field.record_rows() });
        buffers.t.copy_from_slice(&trace.t);
        buffers.h.copy_from_slice(&h[..batch.live]);
        for (q, size) in buffers.size.iter_mut().enumerate() {
            *size = from.y.chunks_exact(batch.stride).map(|row| row[q].abs()).fold(T::zero(), Number::max);
        }
        let warm = self.solver.reuse.start;
        let past =
            ws.remembered.slopes.next().filter(|past| warm != WarmStart::None && past.len() == ws.increments.len());
        // First guess: the slopes of every stage change from step to step as they did.
        buffers.y.copy_from_slice(&ws.base);
        for (coupled, &m) in block.coupling.terms.iter().zip(&block.terms) {
            let Some(past) = past else { break };
            for (w, p) in coupled.rows.clone().enumerate() {
                for i in 0..s {
                    let guess = &mut buffers.y[layout.span(p, i)];
                    for (j, &stage) in block.stages.iter().enumerate() {
                        let at = (self.scheme.terms[m].slot(stage).start + w) * batch.stride;
                        add_scaled(coupled.a[i * s + j], &past[at..at + batch.live], guess);
                    }
                }
            }
        }
        buffers.base.copy_from_slice(&ws.base);
        if warm == WarmStart::LastEpoch {
            trace.surprise.resize(layout.len(), T::zero());
            ws.guess.clear();
            ws.guess.extend_from_slice(&buffers.y);
            buffers.y.iter_mut().zip(&trace.surprise).for_each(|(y, &surprise)| *y += surprise);
        }
        ws.slopes.resize(slopes * layout.stride, T::zero());
        let mut system = StageSystem {
            field,
            params: from.params,
            coupling: &block.coupling,
            tolerance: self.solver.stage_tolerance(),
            buffers,
            solution: Settled { layout, y: &mut trace.y, f: &mut ws.slopes, record: &mut trace.record },
            scratch: &mut ws.scratch,
            work: &mut ws.work,
        };
        solve::solve(&mut system, attempt, block.decoupling.as_ref(), &mut ws.remembered.newton, &self.solver)
    }
}
