//! The linear systems of a block's adjoint and tangent.
//!
//! With the Jacobians `J_i` at the stages, tangents of slopes satisfy `P k = r`, cotangents `Pᵀ κ = μ`, where
//!
//! ```text
//! P = I - h diag(J_i) (A ⊗ I) ,     block (i, j) of P = δ_ij I - h a_ij J_i .
//! ```

use super::plan::Block;
use super::trace::BlockTrace;
use super::{Step, Workspace};
use crate::error::Location;
use crate::field::Point;
use crate::solve::{
    self, AdjointMethod, Extrapolation, Failure, Layout, Preconditioner, Relaxation, Remembered, WarmStart,
};
use crate::{Error, Number, Real};

/// Most GMRES iterations or Neumann terms.
const MAX_ITERATIONS: usize = 1000;

/// Which of the two systems to solve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// `P k = r`.
    Tangent,
    /// `Pᵀ κ = μ`.
    Adjoint,
    /// The same for what a relaxation left of the residual.
    Refinement,
}

/// A block of stages at which the system is formed.
#[derive(Clone, Copy)]
pub(super) struct Linearised<'a, T: Real> {
    pub block: &'a Block<'a, T>,
    pub layout: Layout,
    pub params: &'a [T],
    pub h: &'a [T],
    pub trace: &'a BlockTrace<T>,
}

impl<'a, T: Real> Linearised<'a, T> {
    /// Layout of the slopes, the unknowns of the linear systems.
    pub fn slopes(&self) -> Layout {
        self.layout.with_rows(self.block.coupling.slopes())
    }

    /// The stages, as the field sees them.
    pub fn point(&self) -> Point<'a, T> {
        Point { params: self.params, t: &self.trace.t, y: &self.trace.y, batch: self.layout.batch() }
    }
}

impl<T: Real> Step<'_, T> {
    /// Solves a block's linear system for all samples: right-hand sides in `ws.rhs`, solutions to `ws.solution`. Those of
    /// the adjoint may be relaxed last, to a residual that is an estimate.
    pub(super) fn solve_linear(&self, side: Side, of: Linearised<'_, T>, ws: &mut Workspace<T>) -> Result<(), Error> {
        let Linearised { block, layout: states, h, trace, .. } = of;
        let (at, layout, coupling, field) = (of.point(), of.slopes(), &block.coupling, block.field());
        let Workspace { scratch, rhs, solution, product, tolerance, remembered, work, unknowns, .. } = ws;
        let whole = coupling.whole(states.rows);
        let Remembered { newton, cotangents, relaxations, defeats_krylov, .. } = remembered;
        cotangents.resize_with(self.scheme.blocks.len(), Extrapolation::new);
        let past = &mut cotangents[block.index];
        let guessed = side == Side::Adjoint && self.solver.reuse.start != WarmStart::None;
        solution.resize(layout.len(), T::zero());
        product.resize(layout.len().max(states.len()), T::zero());
        let what = match side {
            Side::Tangent => "tangent equations",
            Side::Adjoint | Side::Refinement => "adjoint equations",
        };
        let location = |sample| Location { step: 0, stage: block.stages[0], sample };
        let linear_tolerance = self.solver.linear_tolerance::<T>();

        // out = h diag(J) (A ⊗ I) v or its transpose: P = I - that.
        let mut coupled = |v: &[T], out: &mut [T]| {
            work.products += layout.batch().live;
            let product = &mut product[..states.len()];
            match side {
                Side::Tangent => {
                    coupling.apply(states, h, v, product);
                    field.jvp(at, &trace.record, product, None, out, scratch);
                }
                Side::Adjoint | Side::Refinement => {
                    field.vjp(at, &trace.record, v, product, None, scratch);
                    coupling.apply_transposed(states, h, product, out);
                }
            }
        };
        let fallback = self.solver.adjoint_fallback(layout.equations());
        let method = self.solver.adjoint_method(layout.equations());
        let preconditioned = whole.is_some()
            && self.solver.reuse.preconditioner == Preconditioner::ForwardFactor
            && newton.factors.cover(layout);
        let unsolved = match if fallback && *defeats_krylov && !preconditioned { AdjointMethod::Dense } else { method }
        {
            AdjointMethod::Neumann => {
                solve::neumann(layout, rhs, solution, linear_tolerance, MAX_ITERATIONS, coupled).err()
            }
            AdjointMethod::Gmres => {
                tolerance.clear();
                tolerance.resize(layout.samples, linear_tolerance);
                solution.fill(T::zero());
                // Cotangents of slopes change from step to step with what is differentiated; what the field adds to them,
                // κ - μ, changes less.
                if let Some(past) = past.next().filter(|past| guessed && past.len() == rhs.len()) {
                    solution.iter_mut().zip(&*rhs).zip(past).for_each(|((x, &mu), &past)| *x = mu + past);
                }
                relaxations.resize(layout.samples, Relaxation::default());
                let relaxations = (side == Side::Adjoint).then_some(&mut relaxations[..]);
                let (max_iterations, worthwhile) = (MAX_ITERATIONS, usize::MAX);
                let goal = solve::Goal { tolerance, max_iterations, worthwhile, relaxations };
                let apply = |v: &[T], out: &mut [T]| {
                    coupled(v, out);
                    layout.subtract_from(v, out);
                };
                let coefficients = match (whole, &block.inverse) {
                    _ if side == Side::Tangent || !preconditioned => None,
                    (Some(a), _) if layout.stages == 1 => Some((a, a)),
                    (Some(a), Some(inverse)) => Some((a, &inverse[..])),
                    _ => None,
                };
                let (gmres, factors) = (&mut newton.gmres, &mut newton.factors);
                unknowns.resize(layout.equations(), T::zero());
                let mut precondition = coefficients.map(|a| {
                    move |v: &[T], out: &mut [T]| solve::precondition_adjoint(layout, a, factors, unknowns, v, out)
                });
                let precondition = precondition.as_mut().map(|p| p as &mut solve::Apply<'_, T>);
                let outcome = gmres.solve_preconditioned(layout, rhs, solution, goal, apply, precondition);
                if side == Side::Adjoint {
                    let product = &mut product[..layout.len()];
                    product.iter_mut().zip(&*solution).zip(&*rhs).for_each(|((out, &x), &mu)| *out = x - mu);
                    past.push(product, layout.stride);
                }
                let iterations = outcome.iterations;
                outcome.unsolved.map(|(sample, residual)| Failure { sample, residual, iterations, rate: None })
            }
            AdjointMethod::Dense | AdjointMethod::Automatic => {
                return self
                    .solve_dense(side, of, ws)
                    .map_err(|sample| Error::Singular { what, location: location(sample) });
            }
        };
        match unsolved {
            None => Ok(()),
            Some(_) if fallback => {
                self.solve_dense(side, of, ws).map_err(|sample| Error::Singular { what, location: location(sample) })
            }
            Some(Failure { sample, residual, iterations, rate }) => Err(Error::NotConverged {
                what,
                location: location(sample),
                residual,
                iterations,
                rate,
                tolerance: linear_tolerance.to_f64(),
            }),
        }
    }

    /// Replaces the right-hand sides `μ` of an adjoint by `μ - Pᵀ κ`, for `Jᵀ κ` in `ws.product`. Samples solved to the
    /// tolerance get zero; whether all are.
    pub(super) fn leave_residual(&self, of: Linearised<'_, T>, ws: &mut Workspace<T>) -> bool {
        let Linearised { block, layout: states, h, .. } = of;
        let layout = of.slopes();
        let Workspace { rhs, solution, product, residual, tolerance: sizes, unknowns: norms, .. } = ws;
        residual.resize(layout.len(), T::zero());
        sizes.resize(layout.samples, T::zero());
        norms.resize(layout.samples, T::zero());
        layout.norm(rhs, sizes);
        block.coupling.apply_transposed(states, h, product, residual);
        for span in layout.spans() {
            let terms = rhs[span.clone()].iter_mut().zip(&residual[span.clone()]).zip(&solution[span]);
            terms.for_each(|((mu, &coupled), &kappa)| *mu += coupled - kappa);
        }
        layout.norm(rhs, norms);
        let tolerance = Number::max(self.solver.stage_tolerance::<T>(), self.solver.linear_tolerance());
        let mut solved = true;
        for (norm, &size) in norms.iter_mut().zip(&*sizes) {
            let reached = *norm <= tolerance * size;
            solved &= reached;
            *norm = if reached { T::zero() } else { T::one() };
        }
        for span in layout.spans() {
            rhs[span].iter_mut().zip(&*norms).for_each(|(r, &open)| *r *= open);
        }
        solved
    }

    /// By dense LU; `Err` names a sample whose matrix is singular.
    fn solve_dense(&self, side: Side, of: Linearised<'_, T>, ws: &mut Workspace<T>) -> Result<(), usize> {
        let (coupling, layout, d) = (&of.block.coupling, of.slopes(), of.layout.rows);
        let Layout { rows, stages: s, stride, .. } = layout;
        let n = s * rows;
        ws.jacobians.resize(d * layout.len(), T::zero());
        ws.work.jacobians += layout.batch().live;
        ws.work.factorizations += layout.samples;
        of.block.field().jacobian(of.point(), &of.trace.record, &mut ws.jacobians, &mut ws.scratch);
        ws.matrix.resize(n * n, T::zero());
        ws.pivots.resize(2 * n, 0);
        ws.unknowns.resize(n, T::zero());
        for (q, &h) in of.h[..layout.samples].iter().enumerate() {
            for term in &coupling.terms {
                for (i, j) in (0..s).flat_map(|i| (0..s).map(move |j| (i, j))) {
                    let ha = h * term.a[i * s + j];
                    for p in 0..rows {
                        for (w, r) in (term.from..).zip(term.rows.clone()) {
                            let identity = if i == j && p == w { T::one() } else { T::zero() };
                            let entry = identity - ha * ws.jacobians[(p * d + r) * stride + i * layout.samples + q];
                            let (row, column) = (i * rows + p, j * rows + w);
                            ws.matrix[match side {
                                Side::Tangent => row * n + column,
                                Side::Adjoint | Side::Refinement => column * n + row,
                            }] = entry;
                        }
                    }
                }
            }
            T::factor(&mut ws.matrix, &mut ws.pivots, &mut ws.lu).map_err(|_| q)?;
            let position = |k: usize| layout.span(k % rows, k / rows).start + q;
            ws.unknowns.iter_mut().enumerate().for_each(|(k, x)| *x = ws.rhs[position(k)]);
            T::solve(&ws.matrix, &ws.pivots, &mut ws.unknowns, &mut ws.lu);
            ws.unknowns.iter().enumerate().for_each(|(k, &x)| ws.solution[position(k)] = x);
        }
        Ok(())
    }
}
