//! One step of a batch by any [`Method`], its exact adjoint and its tangent.
//!
//! A Runge–Kutta step computes
//!
//! ```text
//! Y_i = y_n + h Σ_j a_ij k_j ,   k_i = F(γ, t_n + c_i h, Y_i) ,   y_{n+1} = y_n + h Σ_i b_i k_i ;
//! ```
//!
//! other methods have several terms of the field with coefficients of their own, or carry several vectors from step to step.
//!
//! Terms are evaluated at stages in blocks: the strongly connected components of the graph that leads from each evaluation
//! to those that its stage is computed from, in the rows that the term reads. An explicit method has blocks of one
//! evaluation, a diagonally implicit one as well, each with an equation to solve; a fully implicit one a single block.
//! Methods in between, such as Lobatto IIIA with its explicit first stage, need no case of their own, and Störmer's and
//! Verlet's method comes out explicit on a separable field and implicit on another. The derivatives go through the same
//! blocks, the adjoint in reverse.

mod adjoint;
mod back;
mod graph;
mod implicit;
mod linear;
mod plan;
mod steps;
mod tangent;
mod together;
mod trace;
mod vectors;
mod workspace;

pub(crate) use back::BackWorkspace;
pub(crate) use steps::Steps;
pub use trace::Trace;
pub use workspace::Workspace;

use crate::error::Location;
use crate::field::{Batch, Field, Point, Signal};
use crate::solve::{JacobianReuse, Layout, StageSolver, WarmStart};
use crate::tableau::Method;
use crate::{Error, Real};
use nalgebra::DMatrix;
use plan::{Block, Plan};
use std::sync::Arc;
use trace::BlockTrace;
use vectors::{add_scaled, combine, not_finite, scale_columns, span};

/// Of a field that depends on time, the fewest units in the last place of the time that a step has.
pub(crate) const SMALLEST_STEP: f64 = 10.0;

/// A step of a method over a field, for a batch of samples.
///
/// This is what [`OdeBlock`](crate::network::OdeBlock) chains; use it directly to build an integrator of another kind, or to
/// go back:
///
/// ```
/// use kutta::{Number, VectorField, solve::StageSolver, step::{Start, Step, Trace, Workspace}, tableau::Method};
/// use kutta::field::Batch;
/// struct Decay;
/// impl VectorField for Decay {
///     fn dim(&self) -> usize { 1 }
///     fn param_count(&self) -> usize { 0 }
///     fn eval<S: Number>(&self, _: &[S], _: S, y: &[S], dy: &mut [S]) { dy[0] = -y[0]; }
/// }
/// let take = |method: &Method, y: [f64; 2]| {
///     let from = Start { params: &[], t: &[0.0], h: &[0.1], y: &y, batch: Batch::ONE, signals: &[] };
///     let mut next = [0.0; 2];
///     let step = Step::new(&Decay, method, StageSolver::default())?;
///     step.forward(from, &mut next, &mut Trace::new(), &mut Workspace::new())?;
///     Ok::<_, kutta::Error>(next)
/// };
/// // Two states side by side, one step there and one back.
/// let method = Method::reversible_heun();
/// let there = take(&method, [1.0, 1.0])?;
/// let back = take(&method.inverse()?, there)?;
/// assert!((there[0] - 0.905).abs() < 1e-15);
/// assert!(back.iter().all(|y| (y - 1.0).abs() < 1e-15));
/// # Ok::<(), kutta::Error>(())
/// ```
#[derive(Debug)]
pub struct Step<'a, T: Real> {
    scheme: Plan<'a, T>,
    solver: StageSolver,
    /// Whether times are refused of which the field would not see the steps.
    tells_times: bool,
}

/// Where a batch of samples takes a step: parameters, and for every sample a start time, a step size and a state.
#[derive(Debug, Clone, Copy)]
pub struct Start<'a, T> {
    /// Parameters `γ_n`, shared by the samples.
    pub params: &'a [T],
    /// Start times `t_n`, at least one for every live column.
    pub t: &'a [T],
    /// Step sizes `h`, at least one for every live column.
    pub h: &'a [T],
    /// States `y_n`: `d × stride`, see [`Batch`]; of a method that carries `r` vectors, `r d × stride`, one vector after
    /// another.
    pub y: &'a [T],
    /// The columns of the states.
    pub batch: Batch,
    /// What the samples know beside their states, one a live column; none if the field sees none.
    pub signals: &'a [Arc<dyn Signal>],
}

/// What solves of implicit stages take over from those before, beside slopes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Remembers {
    /// Factors of Jacobians.
    pub factors: bool,
    /// What the same step taught in the last pass.
    pub epochs: bool,
}

impl<'a, T: Real> Step<'a, T> {
    /// A step of `method` over `field`, its implicit stages solved by `solver`.
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`] if the field reads more inputs than it has components; [`Error::InvalidArgument`] for a
    /// field without components, one whose terms are not those of the method, and for settings of the solver that make no
    /// sense.
    pub fn new(field: &'a dyn Field<T>, method: &Method, solver: StageSolver) -> Result<Self, Error> {
        Error::check_len("the field's input", "components", field.inputs(), field.dim())?;
        if field.dim() == 0 {
            return Err(Error::invalid("the field's dimension", "0", "at least 1"));
        }
        solver.check()?;
        Ok(Step { scheme: Plan::new(field, method)?, solver, tells_times: field.depends_on_time() })
    }

    /// Rows of what is carried from step to step.
    pub(crate) fn rows(&self) -> usize {
        self.scheme.carried * self.scheme.dim
    }

    /// Whether what solves of its stages remember makes a difference to the next step: of their Jacobians as well.
    pub(crate) fn remembers(&self) -> Option<Remembers> {
        let factors = self.solver.reuse.jacobian != JacobianReuse::Stage;
        let epochs = self.solver.reuse.start == WarmStart::LastEpoch;
        self.scheme.implicit.then_some(Remembers { factors, epochs })
    }

    /// Whether Jacobians of one pass serve in the next.
    pub(crate) fn keeps_jacobians(&self) -> bool {
        self.solver.reuse.jacobian == JacobianReuse::Epoch
    }

    /// The largest `‖A‖₂` of the blocks in which stage equations are solved, if each has a single term.
    pub(crate) fn coupling(&self) -> Option<f64> {
        let solved = self.scheme.blocks.iter().filter(|block| block.implicit);
        let norm = |block: &Block<'_, T>| {
            let (a, s) = (block.coupling.whole(self.scheme.dim)?, block.stages.len());
            Some(DMatrix::from_fn(s, s, |i, j| a[i * s + j].to_f64()).singular_values().max())
        };
        solved.map(norm).try_fold(0.0, |most: f64, norm| norm.map(|norm| most.max(norm)))
    }

    /// Takes steps of any size at any time: whoever chooses them by an estimate of their error sees to it himself.
    pub(crate) fn at_any_time(self) -> Self {
        Step { tells_times: false, ..self }
    }

    /// Sets the relative tolerance of the stage equations, see [`StageSolver::tolerance`].
    pub(crate) fn set_tolerance(&mut self, tolerance: f64) {
        self.solver.tolerance = Some(tolerance);
    }

    /// Computes `next = y_{n+1}`, and leaves in `trace` what the derivatives of this step need. Returns the nonlinear
    /// iterations, summed over stages and samples.
    ///
    /// The workspace carries from call to call what [`Reuse`](crate::solve::Reuse) lets later solves take over from earlier
    /// ones; forget it with [`Workspace::start`].
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`] for arguments of the wrong size; [`Error::InvalidArgument`] for a time so large that its
    /// neighbours in this precision are further apart than a tenth of the step, if the field depends on time.
    /// [`Error::NotConverged`] if the stage equations of a sample
    /// are not solved, [`Error::NotFinite`] if a state is not; both name the stage and the column, with step 0.
    pub fn forward(
        &self,
        from: Start<'_, T>,
        next: &mut [T],
        trace: &mut Trace<T>,
        ws: &mut Workspace<T>,
    ) -> Result<usize, Error> {
        self.check(from, "next", next.len())?;
        self.check_times(from)?;
        let (batch, plan) = (from.batch, &self.scheme);
        if next.is_empty() {
            return Ok(0);
        }
        ws.work.steps += batch.live;
        ws.increments.resize(plan.increments * batch.stride, T::zero());
        if plan.implicit {
            ws.smooth.resize(plan.increments * batch.stride, T::zero());
        }
        self.make_room(batch, trace);
        let mut iterations = 0;
        for (block, trace) in plan.blocks.iter().zip(&mut trace.blocks) {
            if block.implicit {
                iterations += self.solve_block(block, from, trace, ws)?;
            } else {
                self.evaluate(block, from, trace, ws);
            }
        }
        let len = plan.dim * batch.stride;
        for (k, next) in next.chunks_exact_mut(len).enumerate() {
            combine(plan.v(k), from.y.chunks_exact(len), next);
            for planned in &plan.terms {
                let rows = span(&planned.term.writes, batch);
                for j in 0..plan.stages {
                    let increment = &ws.increments[span(&planned.slot(j), batch)];
                    add_scaled(planned.b(k, j), increment, &mut next[rows.clone()]);
                }
            }
        }
        if plan.implicit {
            ws.remember(batch);
        }
        match not_finite(next, batch) {
            None => Ok(iterations),
            Some(sample) => {
                let location = Location { step: 0, stage: self.scheme.stages - 1, sample };
                Err(Error::NotFinite { what: "the state", location: Some(location) })
            }
        }
    }

    /// Sizes what a trace holds of a step of a batch.
    pub(crate) fn make_room(&self, batch: Batch, trace: &mut Trace<T>) {
        let plan = &self.scheme;
        trace.blocks.resize_with(plan.blocks.len(), Default::default);
        for (block, trace) in plan.blocks.iter().zip(&mut trace.blocks) {
            let stride = self.layout(block, batch).stride;
            trace.t.resize(self.known(block) * stride, T::zero());
            trace.y.resize(self.unknowns(block, batch), T::zero());
            trace.record.resize(block.record * stride, T::zero());
        }
    }

    /// Refuses arguments of the wrong size; `states` counts the entries of another matrix of states.
    fn check(&self, from: Start<'_, T>, name: &'static str, states: usize) -> Result<(), Error> {
        let Start { params, t, h, y, batch, signals } = from;
        let len = self.rows() * batch.stride;
        Error::check_len("params", "entries", params.len(), self.scheme.params)?;
        Error::check_len("y", "entries", y.len(), len)?;
        Error::check_len(name, "entries", states, len)?;
        let needed = |argument, found: usize| Error::check_len(argument, "entries", found.min(batch.live), batch.live);
        needed("t", t.len())?;
        needed("h", h.len())?;
        needed("a row of the batch", batch.stride)?;
        let sees = self.scheme.signals;
        if sees == 0 {
            return Ok(());
        }
        needed("signals", signals.len())?;
        let enough =
            |signal: &Arc<dyn Signal>| Error::check_len("a sample's signals", "rows", signal.rows().min(sees), sees);
        signals[..batch.live].iter().try_for_each(enough)
    }

    /// Refuses times of which a field that depends on them would not see the steps.
    fn check_times(&self, Start { t, h, batch, .. }: Start<'_, T>) -> Result<(), Error> {
        if !self.tells_times {
            return Ok(());
        }
        let unit = T::constant(SMALLEST_STEP) * T::EPSILON;
        match t[..batch.live].iter().zip(h).find(|&(t, h)| unit * t.abs() > h.abs()) {
            None => Ok(()),
            Some((t, h)) => Err(Error::invalid(
                "the time",
                format!("{t}"),
                format!(
                    "one so near to 0 that steps of {h:e} can be told apart in this precision, since the field depends on it; \
                     measure it from another origin, or compute in double precision"
                ),
            )),
        }
    }

    /// As [`check`](Self::check), for a derivative: the trace must be that of a step from there.
    fn check_traced(
        &self,
        from: Start<'_, T>,
        trace: &Trace<T>,
        name: &'static str,
        states: usize,
    ) -> Result<(), Error> {
        self.check(from, name, states)?;
        let blocks = self.scheme.blocks.iter().map(|block| self.unknowns(block, from.batch));
        let traced = trace.blocks.iter().map(|block| block.y.len());
        Error::check_len("the trace", "entries", traced.sum(), blocks.sum())
    }

    /// Layout of the unknowns of a block.
    fn layout(&self, block: &Block<'_, T>, batch: Batch) -> Layout {
        let layout = Layout::new::<T>(self.scheme.dim, block.stages.len(), batch.live);
        // A single stage has the columns of the states themselves.
        if block.stages.len() == 1 { Layout { stride: batch.stride, ..layout } } else { layout }
    }

    /// Length of the matrix of stages that a block's trace keeps: of an explicit one, of the rows that are read.
    fn unknowns(&self, block: &Block<'_, T>, batch: Batch) -> usize {
        match block.implicit {
            true => self.layout(block, batch).len(),
            false => self.scheme.terms[block.terms[0]].term.reads.len() * batch.stride,
        }
    }

    /// Rows of what the field sees of a block's stages beside the states: for each term times, and signals.
    fn known(&self, block: &Block<'_, T>) -> usize {
        block.terms.len() * (1 + self.scheme.signals)
    }

    /// Writes the times of a block's stages, and the signals at these times, for each term.
    fn write_times(&self, block: &Block<'_, T>, layout: Layout, from: Start<'_, T>, known: &mut [T]) {
        let signals = self.scheme.signals;
        let nodes = block.c.chunks_exact(layout.stages);
        for (known, nodes) in known.chunks_exact_mut((1 + signals) * layout.stride).zip(nodes) {
            for (i, &c) in nodes.iter().enumerate() {
                let times = &mut known[layout.span(0, i)];
                times.iter_mut().zip(from.t).zip(from.h).for_each(|((time, &t), &h)| *time = t + c * h);
            }
            if signals > 0 {
                let times = layout.stages * layout.samples;
                crate::field::write_signals(known, layout.stride, times, |column| {
                    &from.signals[column % layout.samples]
                });
            }
        }
    }

    /// Evaluates the term of an explicit block.
    fn evaluate(&self, block: &Block<'_, T>, from: Start<'_, T>, trace: &mut BlockTrace<T>, ws: &mut Workspace<T>) {
        let (batch, plan) = (from.batch, &self.scheme);
        let (i, planned) = (block.stages[0], &plan.terms[block.terms[0]]);
        let reads = &planned.term.reads;
        self.write_times(block, self.layout(block, batch), from, &mut trace.t);
        let vectors = from.y.chunks_exact(plan.dim * batch.stride);
        combine(plan.u(i), vectors.map(|vector| &vector[span(reads, batch)]), &mut trace.y);
        for other in &plan.terms {
            for j in 0..plan.stages {
                let Some((rows, slot)) = other.shared(reads, j) else { continue };
                let rows = rows.start - reads.start..rows.end - reads.start;
                add_scaled(other.a(i, j), &ws.increments[span(&slot, batch)], &mut trace.y[span(&rows, batch)]);
            }
        }
        let at = Point { params: from.params, t: &trace.t, y: &trace.y, batch };
        let slope = &mut ws.increments[span(&planned.slot(i), batch)];
        planned.term.eval(at, slope, &mut trace.record, &mut ws.scratch);
        scale_columns(from.h, slope, batch);
        if plan.implicit {
            ws.smooth[span(&planned.slot(i), batch)].copy_from_slice(slope);
        }
    }
}
