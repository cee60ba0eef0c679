//! One Runge–Kutta step of a batch, its exact adjoint and its tangent.
//!
//! A step computes
//!
//! ```text
//! Y_i = y_n + h Σ_j a_ij k_j ,   k_i = F(γ, t_n + c_i h, Y_i) ,   y_{n+1} = y_n + h Σ_i b_i k_i .
//! ```
//!
//! The stages are computed in blocks: the finest partition into consecutive stages for which `A` is block lower
//! triangular. An explicit method has blocks of one stage with a zero diagonal, a diagonally implicit one blocks of one
//! stage, a fully implicit one a single block; methods in between, such as Lobatto IIIA with its explicit first stage,
//! need no case of their own. The derivatives go through the same blocks, the adjoint in reverse.

mod adjoint;
mod linear;
mod plan;
mod tangent;
mod trace;
mod workspace;

pub use trace::Trace;
pub use workspace::Workspace;

use crate::error::Location;
use crate::field::{Batch, Field, Point};
use crate::solve::{
    self, Attempt, Failure, JacobianReuse, Layout, Settled, StageMethod, StageSolver, StageSystem, WarmStart,
};
use crate::{Error, Number, Real, Tableau};
use plan::{Block, Plan};
use trace::BlockTrace;

/// Of a field that depends on time, the fewest units in the last place of the time that a step has.
pub(crate) const SMALLEST_STEP: f64 = 10.0;

/// A step of a Runge–Kutta method over a field, for a batch of samples.
///
/// This is what [`OdeBlock`](crate::network::OdeBlock) chains; use it directly to build an integrator of another kind.
#[derive(Debug)]
pub struct Step<'a, T: Real> {
    field: &'a dyn Field<T>,
    scheme: Plan<T>,
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
    /// States `y_n`: `d × stride`, see [`Batch`].
    pub y: &'a [T],
    /// The columns of the states.
    pub batch: Batch,
}

impl<'a, T: Real> Step<'a, T> {
    /// A step of `tableau` over `field`, its implicit stages solved by `solver`.
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`] if the field reads more inputs than it has components; [`Error::InvalidArgument`] for a
    /// field without components, and for settings of the solver that make no sense.
    pub fn new(field: &'a dyn Field<T>, tableau: &Tableau, solver: StageSolver) -> Result<Self, Error> {
        Error::check_len("the field's input", "components", field.inputs(), field.dim())?;
        if field.dim() == 0 {
            return Err(Error::invalid("the field's dimension", "0", "at least 1"));
        }
        solver.check()?;
        Ok(Step { field, scheme: Plan::new(tableau), solver, tells_times: true })
    }

    /// Whether Jacobians of one pass serve in the next.
    pub(crate) fn keeps_jacobians(&self) -> bool {
        self.solver.reuse.jacobian == JacobianReuse::Epoch
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
        let Start { params, batch, .. } = from;
        let len = self.field.dim() * batch.stride;
        if len == 0 {
            return Ok(0);
        }
        ws.increments.resize(self.scheme.stages * len, T::zero());
        ws.smooth.resize(self.scheme.stages * len, T::zero());
        trace.blocks.resize_with(self.scheme.blocks.len(), Default::default);
        let mut iterations = 0;
        for (block, trace) in self.scheme.blocks.iter().zip(&mut trace.blocks) {
            let layout = self.layout(block, batch);
            trace.t.resize(layout.stride, T::zero());
            trace.y.resize(layout.len(), T::zero());
            trace.record.resize(self.field.record_rows() * layout.stride, T::zero());
            for (i, &c) in block.c.iter().enumerate() {
                for (q, t) in trace.t[layout.span(0, i)].iter_mut().enumerate() {
                    *t = from.t[q] + c * from.h[q];
                }
            }
            if block.implicit {
                iterations += self.solve_block(block, layout, from, trace, ws)?;
                continue;
            }
            let i = block.stages.start;
            trace.y.copy_from_slice(from.y);
            for j in 0..i {
                add_scaled(self.scheme.a(i, j), &ws.increments[j * len..][..len], &mut trace.y);
            }
            let at = Point { params, t: &trace.t, y: &trace.y, batch };
            let slope = &mut ws.increments[i * len..][..len];
            self.field.eval_batch(at, slope, &mut trace.record, &mut ws.scratch);
            scale_columns(from.h, slope, batch);
            ws.smooth[i * len..][..len].copy_from_slice(slope);
        }
        next.copy_from_slice(from.y);
        for (increment, &b) in ws.increments.chunks_exact(len).zip(&self.scheme.b) {
            add_scaled(b, increment, next);
        }
        if self.scheme.blocks.iter().any(|block| block.implicit) {
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

    /// Refuses arguments of the wrong size; `states` counts the entries of another matrix of states.
    fn check(&self, from: Start<'_, T>, name: &'static str, states: usize) -> Result<(), Error> {
        let Start { params, t, h, y, batch } = from;
        let len = self.field.dim() * batch.stride;
        Error::check_len("params", "entries", params.len(), self.field.param_count())?;
        Error::check_len("y", "entries", y.len(), len)?;
        Error::check_len(name, "entries", states, len)?;
        let needed = |argument, found: usize| Error::check_len(argument, "entries", found.min(batch.live), batch.live);
        needed("t", t.len())?;
        needed("h", h.len())?;
        needed("a row of the batch", batch.stride)
    }

    /// Refuses times of which a field that depends on them would not see the steps.
    fn check_times(&self, Start { t, h, batch, .. }: Start<'_, T>) -> Result<(), Error> {
        let unit = T::constant(SMALLEST_STEP) * T::EPSILON;
        let lost = t[..batch.live].iter().zip(h).find(|&(t, h)| unit * t.abs() > h.abs());
        match lost.filter(|_| self.tells_times && self.field.depends_on_time()) {
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
        let blocks = self.scheme.blocks.iter().map(|block| self.layout(block, from.batch).len());
        let traced = trace.blocks.iter().map(|block| block.y.len());
        Error::check_len("the trace", "entries", traced.sum(), blocks.sum())
    }

    /// Layout of the unknowns of a block.
    fn layout(&self, block: &Block<T>, batch: Batch) -> Layout {
        let layout = Layout::new::<T>(self.field.dim(), block.stages.len(), batch.live);
        // A single stage has the columns of the states themselves.
        if block.stages.len() == 1 { Layout { stride: batch.stride, ..layout } } else { layout }
    }

    /// Solves the stage equations of an implicit block.
    fn solve_block(
        &self,
        block: &Block<T>,
        layout: Layout,
        from: Start<'_, T>,
        trace: &mut BlockTrace<T>,
        ws: &mut Workspace<T>,
    ) -> Result<usize, Error> {
        let Start { batch, h, .. } = from;
        let (s, len) = (block.stages.len(), self.field.dim() * batch.stride);
        let mut solved = Err(Failure { sample: 0, residual: f64::NAN, iterations: 0, rate: None });
        let carried = ws.newton.factors.any() && self.solver.reuse.jacobian != JacobianReuse::Stage;
        let rows = if block.decoupling.is_some() { layout.rows } else { layout.equations() };
        let attempts = || self.solver.attempts(layout.equations(), rows);
        let skipped = usize::from(ws.defeats_krylov).min(attempts().count() - 1);
        for (k, attempt) in attempts().enumerate().skip(skipped) {
            solved = self.attempt(attempt, block, layout, from, trace, ws);
            if solved.is_ok() {
                ws.defeats_krylov |= k == 1;
                break;
            }
        }
        if solved.is_err() && carried {
            // An old Jacobian may have led astray: once more from the first guess, without it.
            ws.newton.forget(true);
            if let Some(dense) = attempts().nth(1).or_else(|| attempts().next()) {
                solved = self.attempt(dense, block, layout, from, trace, ws);
            }
        }
        if solved.is_err() && self.solver.method == StageMethod::Automatic {
            // Where Newton's method runs into a dead end, another one may find its way yet.
            for method in solve::last_resorts(layout.equations()) {
                if solved.is_err() {
                    let last = Attempt { method, worthwhile: usize::MAX };
                    solved = self.attempt(last, block, layout, from, trace, ws).or(solved);
                }
            }
        }
        ws.work.solves += layout.samples;
        let iterations = solved.map_err(|failure| Error::NotConverged {
            what: "stage equations",
            location: Location { step: 0, stage: block.stages.start, sample: failure.sample },
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
        for p in 0..layout.rows {
            for (i, stage) in block.stages.clone().enumerate() {
                let increment = &mut ws.increments[stage * len + p * batch.stride..][..batch.live];
                let Some(inverse) = &block.inverse else {
                    let slopes = &ws.slopes[layout.span(p, i)];
                    increment.iter_mut().zip(slopes).zip(h).for_each(|((out, &f), &h)| *out = h * f);
                    ws.smooth[stage * len + p * batch.stride..][..batch.live].copy_from_slice(increment);
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
                let smooth = &mut ws.smooth[stage * len + p * batch.stride..][..batch.live];
                smooth.copy_from_slice(increment);
                let slopes = ws.slopes[layout.span(p, i)].iter().zip(h);
                for ((smooth, (&f, &h)), relaxation) in smooth.iter_mut().zip(slopes).zip(ws.newton.relaxations()) {
                    let factor = if relaxation.is_useful() { relaxation.factor } else { T::zero() };
                    *smooth += factor * (h * f - *smooth);
                }
            }
        }
        Ok(iterations)
    }

    /// Solves the stage equations by one method, from the first guess.
    fn attempt(
        &self,
        Attempt { method, worthwhile }: Attempt,
        block: &Block<T>,
        layout: Layout,
        from: Start<'_, T>,
        trace: &mut BlockTrace<T>,
        ws: &mut Workspace<T>,
    ) -> Result<usize, Failure> {
        let Start { batch, h, .. } = from;
        let (s, len) = (block.stages.len(), self.field.dim() * batch.stride);
        let buffers = &mut ws.buffers;
        buffers.resize(layout, self.field.record_rows());
        buffers.t.copy_from_slice(&trace.t);
        buffers.h.copy_from_slice(&h[..batch.live]);
        for (q, size) in buffers.size.iter_mut().enumerate() {
            *size = from.y.chunks_exact(batch.stride).map(|row| row[q].abs()).fold(T::zero(), Number::max);
        }
        ws.base.resize(layout.len(), T::zero());
        let warm = self.solver.reuse.start;
        let past = ws.past.next().filter(|past| warm != WarmStart::None && past.len() == ws.increments.len());
        for p in 0..layout.rows {
            let row = p * batch.stride..p * batch.stride + batch.live;
            for (i, stage) in block.stages.clone().enumerate() {
                let base = &mut ws.base[layout.span(p, i)];
                base.copy_from_slice(&from.y[row.clone()]);
                for j in 0..block.stages.start {
                    add_scaled(self.scheme.a(stage, j), &ws.increments[j * len..][row.clone()], base);
                }
                // First guess: the slopes of every stage change from step to step as they did.
                let guess = &mut buffers.y[layout.span(p, i)];
                guess.copy_from_slice(base);
                for (j, stage) in block.stages.clone().enumerate() {
                    let weight = block.a[i * s + j];
                    if let Some(slopes) = past {
                        add_scaled(weight, &slopes[stage * len..][row.clone()], guess);
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
        ws.slopes.resize(layout.len(), T::zero());
        let mut system = StageSystem {
            field: self.field,
            params: from.params,
            a: &block.a,
            tolerance: self.solver.stage_tolerance(),
            buffers,
            solution: Settled { layout, y: &mut trace.y, f: &mut ws.slopes, record: &mut trace.record },
            scratch: &mut ws.scratch,
            work: &mut ws.work,
        };
        match method {
            StageMethod::FixedPoint => solve::fixed_point(&mut system, &self.solver),
            StageMethod::Anderson => solve::anderson(&mut system, &self.solver),
            StageMethod::Broyden => solve::broyden(&mut system, &self.solver),
            StageMethod::NewtonGmres => {
                ws.newton.solve(&mut system, solve::Correction::Krylov { worthwhile }, &self.solver)
            }
            StageMethod::Newton | StageMethod::Automatic => {
                ws.newton.solve(&mut system, solve::Correction::Dense(None), &self.solver)
            }
            StageMethod::SimplifiedNewton => {
                let how = solve::Correction::Dense(block.decoupling.as_ref());
                ws.newton.solve(&mut system, how, &self.solver)
            }
            descent => solve::descent(&mut system, descent, &self.solver),
        }
    }
}

/// `y += α x`.
fn add_scaled<T: Real>(alpha: T, x: &[T], y: &mut [T]) {
    if alpha != T::zero() {
        y.iter_mut().zip(x).for_each(|(y, &x)| *y += alpha * x);
    }
}

/// Multiplies every live column by its own factor.
fn scale_columns<T: Real>(factors: &[T], matrix: &mut [T], batch: Batch) {
    for row in matrix.chunks_exact_mut(batch.stride) {
        row[..batch.live].iter_mut().zip(factors).for_each(|(x, &f)| *x *= f);
    }
}

/// The first live column that is not finite.
fn not_finite<T: Real>(matrix: &[T], batch: Batch) -> Option<usize> {
    let finite = |row: &[T]| row[..batch.live].iter().all(|x| x.is_finite());
    if matrix.chunks_exact(batch.stride).all(finite) {
        return None;
    }
    (0..batch.live).find(|&q| matrix.chunks_exact(batch.stride).any(|row| !row[q].is_finite()))
}
