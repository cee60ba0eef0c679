//! The tangent of a step: how a change of state and parameters changes the result.

use super::linear::{Linearised, Side};
use super::vectors::{add_scaled, combine, not_finite, scale_columns, span};
use super::{Start, Step, Trace, Workspace};
use crate::error::Location;
use crate::{Error, Real};

impl<T: Real> Step<'_, T> {
    /// Overwrites the tangent `delta` of `y_n` by that of `y_{n+1}`; `params_dot` is the tangent of the parameters,
    /// zero if `None`. `from` and `trace` are those of the forward step; the state in `from` is not read.
    ///
    /// The tangents of the slopes satisfy `k̇_i = J_i (ẏ_n + h Σ_j a_ij k̇_j) + (∂F_i/∂γ) γ̇`.
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`] for arguments of the wrong size.
    /// [`Error::Singular`] or [`Error::NotConverged`] if the tangent equations are not solved, [`Error::NotFinite`] if the
    /// result is not.
    pub fn pushforward(
        &self,
        from: Start<'_, T>,
        trace: &Trace<T>,
        delta: &mut [T],
        params_dot: Option<&[T]>,
        ws: &mut Workspace<T>,
    ) -> Result<(), Error> {
        self.check_traced(from, trace, "delta", delta.len())?;
        let Start { params, h, batch, .. } = from;
        let plan = &self.scheme;
        if delta.is_empty() {
            return Ok(());
        }
        let len = plan.dim * batch.stride;
        ws.increments.resize(plan.increments * batch.stride, T::zero());
        for (block, trace) in plan.blocks.iter().zip(&trace.blocks) {
            let layout = self.layout(block, batch);
            let of = Linearised { block, layout, params, h, trace };
            if !block.implicit {
                let (i, planned) = (block.stages[0], &plan.terms[block.terms[0]]);
                let reads = &planned.term.reads;
                ws.base.resize(reads.len() * batch.stride, T::zero());
                combine(plan.u(i), delta.chunks_exact(len).map(|vector| &vector[span(reads, batch)]), &mut ws.base);
                for other in &plan.terms {
                    for j in 0..plan.stages {
                        let Some((rows, slot)) = other.shared(reads, j) else { continue };
                        let rows = rows.start - reads.start..rows.end - reads.start;
                        add_scaled(other.a(i, j), &ws.increments[span(&slot, batch)], &mut ws.base[span(&rows, batch)]);
                    }
                }
                let slope = &mut ws.increments[span(&planned.slot(i), batch)];
                planned.term.jvp(of.point(), &trace.record, &ws.base, params_dot, slope, &mut ws.scratch);
                scale_columns(h, slope, batch);
                continue;
            }
            self.write_base(block, layout, batch, delta, ws);
            ws.rhs.resize(of.slopes().len(), T::zero());
            block.field().jvp(of.point(), &trace.record, &ws.base, params_dot, &mut ws.rhs, &mut ws.scratch);
            for (k, coupled) in block.coupling.terms.iter().enumerate() {
                let outside = (0..block.stages.len()).filter(|&i| !block.is_member(k, i));
                for (i, w) in outside.flat_map(|i| (0..coupled.rows.len()).map(move |w| (i, w))) {
                    ws.rhs[layout.span(coupled.from + w, i)].fill(T::zero());
                }
            }
            self.solve_linear(Side::Tangent, of, ws)?;
            for (k, &m) in block.terms.iter().enumerate() {
                let (planned, coupled) = (&plan.terms[m], &block.coupling.terms[k]);
                for (i, &stage) in block.stages.iter().enumerate().filter(|&(i, _)| block.is_member(k, i)) {
                    let increment = &mut ws.increments[span(&planned.slot(stage), batch)];
                    for (w, row) in increment.chunks_exact_mut(batch.stride).enumerate() {
                        let slope = &ws.solution[layout.span(coupled.from + w, i)];
                        row.iter_mut().zip(slope).zip(h).for_each(|((out, &x), &h)| *out = h * x);
                    }
                }
            }
        }
        if !plan.keeps_vectors {
            ws.carried.clear();
            ws.carried.extend_from_slice(delta);
            for (k, delta) in delta.chunks_exact_mut(len).enumerate() {
                combine(plan.v(k), ws.carried.chunks_exact(len), delta);
            }
        }
        for (k, delta) in delta.chunks_exact_mut(len).enumerate() {
            for planned in &plan.terms {
                let rows = span(&planned.term.writes, batch);
                for j in 0..plan.stages {
                    let increment = &ws.increments[span(&planned.slot(j), batch)];
                    add_scaled(planned.b(k, j), increment, &mut delta[rows.clone()]);
                }
            }
        }
        match not_finite(delta, batch) {
            None => Ok(()),
            Some(sample) => {
                let location = Location { step: 0, stage: self.scheme.stages - 1, sample };
                Err(Error::NotFinite { what: "the tangent of the state", location: Some(location) })
            }
        }
    }
}
