//! The tangent of a step: how a change of state and parameters changes the result.

use super::linear::{Linearised, Side, add_stage};
use super::{Start, Step, Trace, Workspace, add_scaled, not_finite, scale_columns};
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
        let len = delta.len();
        if len == 0 {
            return Ok(());
        }
        ws.increments.resize(self.scheme.stages * len, T::zero());
        for (block, trace) in self.scheme.blocks.iter().zip(&trace.blocks) {
            let layout = self.layout(block, batch);
            let of = Linearised { block, layout, params, h, trace };
            ws.base.resize(layout.len(), T::zero());
            for p in 0..layout.rows {
                let row = p * batch.stride..p * batch.stride + batch.live;
                for (i, stage) in block.stages.clone().enumerate() {
                    let base = &mut ws.base[layout.span(p, i)];
                    base.copy_from_slice(&delta[row.clone()]);
                    for j in 0..block.stages.start {
                        add_scaled(self.scheme.a(stage, j), &ws.increments[j * len..][row.clone()], base);
                    }
                }
            }
            ws.rhs.resize(layout.len(), T::zero());
            self.field.jvp(of.point(), &trace.record, &ws.base, params_dot, &mut ws.rhs, &mut ws.scratch);
            if block.implicit {
                self.solve_linear(Side::Tangent, of, ws)?;
            } else {
                std::mem::swap(&mut ws.rhs, &mut ws.solution);
            }
            for (i, stage) in block.stages.clone().enumerate() {
                let increment = &mut ws.increments[stage * len..][..len];
                increment.fill(T::zero());
                add_stage(layout, i, &ws.solution, batch, increment);
                scale_columns(h, increment, batch);
            }
        }
        for (increment, &b) in ws.increments.chunks_exact(len).zip(&self.scheme.b) {
            add_scaled(b, increment, delta);
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
