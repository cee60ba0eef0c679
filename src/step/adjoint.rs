//! The discrete adjoint of a step.
//!
//! With the incoming cotangent `λ` of `y_{n+1}`, the cotangents `κ_i` of the slopes satisfy (Reshniak and Webster 2021,
//! equation (17), for any tableau)
//!
//! ```text
//! κ_i = h b_i λ + h Σ_j a_ji J_jᵀ κ_j ,     ∂L/∂y_n = λ + Σ_j J_jᵀ κ_j ,     ∂L/∂γ = Σ_j (∂F_j/∂γ)ᵀ κ_j .
//! ```
//!
//! Blocks of stages are taken from the last to the first; within one, `Pᵀ κ = μ` with the part `μ` known from later
//! blocks. Exact for whatever stages the forward solve found.

use super::linear::{Linearised, Side};
use super::vectors::{add_scaled, not_finite, span};
use super::{Start, Step, Trace, Workspace};
use crate::error::Location;
use crate::solve::{AdjointMethod, Relaxation};
use crate::{Error, Real};

impl<T: Real> Step<'_, T> {
    /// Looks whether the cotangents of a block satisfy their equations, now that `Jᵀ κ` is known, and where they do not,
    /// solves for what is missing. All that follows from them is linear in them.
    fn refine(&self, of: Linearised<'_, T>, params_bar: &mut [T], ws: &mut Workspace<T>) -> Result<(), Error> {
        let relaxed = ws.remembered.relaxations.iter().any(Relaxation::is_useful);
        if !relaxed || self.leave_residual(of, ws) {
            return Ok(());
        }
        let mut known = std::mem::take(&mut ws.residual);
        std::mem::swap(&mut known, &mut ws.product);
        self.solve_linear(Side::Refinement, of, ws)?;
        ws.product.resize(known.len(), T::zero());
        of.block.field().vjp(
            of.point(),
            &of.trace.record,
            &ws.solution,
            &mut ws.product,
            Some(params_bar),
            &mut ws.scratch,
        );
        ws.product.iter_mut().zip(&known).for_each(|(product, &known)| *product += known);
        ws.residual = known;
        Ok(())
    }

    /// Overwrites the cotangent `lambda` of `y_{n+1}` by that of `y_n`, and adds that of the parameters to
    /// `params_bar`. `from` and `trace` are those of the forward step; the state in `from` is not read.
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`] for arguments of the wrong size.
    /// [`Error::Singular`] or [`Error::NotConverged`] if the adjoint equations are not solved, [`Error::NotFinite`] if
    /// the result is not; all name the stage and the column, with step 0.
    pub fn pullback(
        &self,
        from: Start<'_, T>,
        trace: &Trace<T>,
        lambda: &mut [T],
        params_bar: &mut [T],
        ws: &mut Workspace<T>,
    ) -> Result<(), Error> {
        self.check_traced(from, trace, "lambda", lambda.len())?;
        Error::check_len("params_bar", "entries", params_bar.len(), from.params.len())?;
        let Start { params, h, batch, .. } = from;
        let plan = &self.scheme;
        if lambda.is_empty() {
            return Ok(());
        }
        // Σ J_jᵀ κ_j of every stage, over the terms evaluated there, where the forward step keeps its increments.
        let len = plan.dim * batch.stride;
        ws.increments.clear();
        ws.increments.resize(plan.stages * len, T::zero());
        for (block, trace) in plan.blocks.iter().zip(&trace.blocks).rev() {
            let layout = self.layout(block, batch);
            let of = Linearised { block, layout, params, h, trace };
            ws.rhs.resize(block.coupling.slopes() * layout.stride, T::zero());
            for (k, &m) in block.terms.iter().enumerate() {
                let (planned, from) = (&plan.terms[m], block.coupling.terms[k].from);
                for (w, p) in planned.term.writes.clone().enumerate() {
                    for (i, &stage) in block.stages.iter().enumerate() {
                        let row = p * batch.stride..p * batch.stride + batch.live;
                        let mu = &mut ws.rhs[layout.span(from + w, i)];
                        mu.fill(T::zero());
                        if !block.is_member(k, i) {
                            continue;
                        }
                        for (l, lambda) in lambda.chunks_exact(len).enumerate() {
                            add_scaled(planned.b(l, stage), &lambda[row.clone()], mu);
                        }
                        for &j in &block.later {
                            add_scaled(planned.a(j, stage), &ws.increments[j * len..][row.clone()], mu);
                        }
                        mu.iter_mut().zip(h).for_each(|(mu, &h)| *mu *= h);
                    }
                }
            }
            if !block.implicit {
                let term = &plan.terms[block.terms[0]].term;
                ws.product.resize(term.reads.len() * batch.stride, T::zero());
                term.vjp(of.point(), &trace.record, &ws.rhs, &mut ws.product, Some(params_bar), &mut ws.scratch);
                let bar = &mut ws.increments[block.stages[0] * len..][span(&term.reads, batch)];
                add_scaled(T::one(), &ws.product, bar);
                continue;
            }
            self.solve_linear(Side::Adjoint, of, ws)?;
            ws.product.resize(layout.len(), T::zero());
            let field = block.field();
            field.vjp(of.point(), &trace.record, &ws.solution, &mut ws.product, Some(params_bar), &mut ws.scratch);
            if self.solver.adjoint_method(of.slopes().equations()) == AdjointMethod::Gmres {
                self.refine(of, params_bar, ws)?;
            }
            for (i, &stage) in block.stages.iter().enumerate() {
                for (p, row) in ws.increments[stage * len..][..len].chunks_exact_mut(batch.stride).enumerate() {
                    row.iter_mut().zip(&ws.product[layout.span(p, i)]).for_each(|(bar, &x)| *bar += x);
                }
            }
        }
        if !plan.keeps_vectors {
            ws.carried.clear();
            ws.carried.extend_from_slice(lambda);
            for (l, lambda) in lambda.chunks_exact_mut(len).enumerate() {
                lambda.fill(T::zero());
                for (k, old) in ws.carried.chunks_exact(len).enumerate() {
                    add_scaled(plan.v(k)[l], old, lambda);
                }
            }
        }
        for (l, lambda) in lambda.chunks_exact_mut(len).enumerate() {
            for (i, bar) in ws.increments.chunks_exact(len).enumerate() {
                add_scaled(plan.u(i)[l], bar, lambda);
            }
        }
        match not_finite(lambda, batch) {
            None => Ok(()),
            Some(sample) => Err(Error::NotFinite {
                what: "the cotangent of the state",
                location: Some(Location { step: 0, stage: 0, sample }),
            }),
        }
    }
}
