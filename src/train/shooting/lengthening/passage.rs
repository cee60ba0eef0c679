//! Windows predicted side by side, and how the predictions change with the unknowns.

use super::records::Records;
use super::windows::Piece;
use super::{Layout, Window};
use crate::field::{Apart, Batch, Field};
use crate::network::{AnyBlock, Work};
use crate::solve::StageSolver;
use crate::step::{Start, Step, Trace, Workspace};
use crate::train::NormalEquations;
use crate::{Error, Real};

/// Takes windows through the steps of a block.
///
/// With the step `y_{n+1} = Φ(y_n, γ)`, the sensitivity `S_n = ∂y_n/∂(γ, y_0)` obeys
///
/// ```text
/// S_{n+1} = (∂Φ/∂y) S_n + ∂Φ/∂γ
/// ```
///
/// Both derivatives are pullbacks of the step, of one unit vector in each copy of a window: exact, at the price of `d`
/// gradients, where as many tangents as there are parameters would be needed otherwise.
pub(super) struct Passage<'p, 'a, T: Real> {
    pub block: &'a AnyBlock<'a, T>,
    pub records: &'p Records<'a, T>,
    pub layout: Layout,
    pub unknowns: &'p [T],
    /// What a gap counts, in deviations, between a window and the one that continues it.
    pub weight_of_gaps: f64,
}

/// What windows have come to: the sum of the squares of their errors, and the work.
#[derive(Default)]
pub(super) struct Shots {
    pub sum: f64,
    pub work: Work,
}

/// The tolerance of stage equations, in terms of the accuracy of steps that are fitted, where none is given.
const OF_ACCURACY: f64 = 1e-3;

/// How stages are solved: so well that the errors of steps can be told.
fn solver<T: Real>(block: &AnyBlock<'_, T>) -> StageSolver {
    let given = *block.solver();
    let needed = block.accuracy_in::<T>().map(|accuracy| OF_ACCURACY * accuracy);
    let needed = needed.filter(|&needed| given.tolerance.is_none() && needed < given.stage_tolerance::<T>().to_f64());
    StageSolver { tolerance: needed.or(given.tolerance), ..given }
}

impl<T: Real> Passage<'_, '_, T> {
    /// Where a window starts: at a learned state, or a smoothed one.
    fn start(&self, Piece { window, start, .. }: &Piece) -> &[T] {
        match *start {
            Some(slot) => &self.unknowns[slot..slot + self.layout.dim],
            None => self.records.state(window.trajectory, window.first),
        }
    }

    /// Predicts windows of equal length, which take as many steps through each interval as any of them needs; adds residuals
    /// and their derivatives to the equations, if there are any. `end` sees the last state of each window.
    pub fn shoot(
        &self,
        windows: &[Piece],
        mut equations: Option<&mut NormalEquations>,
        steps: impl Fn(&Window, usize) -> usize,
        mut end: impl FnMut(usize, &[T]),
    ) -> Result<Shots, Error> {
        let (field, d, records) = (self.block.field(), self.layout.dim, self.records);
        let params = &self.unknowns[..self.layout.params];
        let Some(length) = windows.first().map(Piece::intervals) else { return Ok(Shots::default()) };
        // A copy for every component, whose derivatives it carries.
        let copies = if equations.is_some() { d } else { 1 };
        let batch = Batch::padded::<T>(windows.len() * copies);
        let stride = batch.stride;
        let lanes = || windows.iter().flat_map(|piece| (0..copies).map(move |_| &piece.window));
        let step = Step::new(field, self.block.method(), solver(self.block))?;
        let apart = Apart::new(field, batch.live);
        let mut derivatives = match equations {
            Some(_) => Some(Derivatives::new(self, &apart, windows)?),
            None => None,
        };
        let zeros = || vec![T::zero(); d * stride];
        let (mut y, mut next, mut t, mut h) = (zeros(), zeros(), vec![T::zero(); stride], vec![T::zero(); stride]);
        for (w, piece) in windows.iter().enumerate() {
            for (i, &state) in self.start(piece).iter().enumerate() {
                y[i * stride + w * copies..][..copies].fill(state);
            }
        }
        let (mut trace, mut ws, mut shots, mut taken) = (Trace::new(), Workspace::new(), Shots::default(), 0);
        for j in 0..length {
            let count =
                windows.iter().map(|Piece { window, .. }| steps(window, window.first + j)).max().unwrap_or(1).max(1);
            for m in 0..count {
                for (q, window) in lanes().enumerate() {
                    let time = |taken| records.time(window.trajectory, window.first + j, taken, count);
                    (t[q], h[q]) = (T::constant(time(m)), T::constant(time(m + 1) - time(m)));
                }
                let from = Start { params, t: &t, h: &h, y: &y, batch, signals: &[] };
                let trajectories = || lanes().map(|window| window.trajectory).collect::<Vec<_>>();
                let moved = step.forward(from, &mut next, &mut trace, &mut ws).map(|_| ());
                let moved = moved.and_then(|()| match &mut derivatives {
                    Some(derivatives) => derivatives.follow(from, &trace, &mut ws),
                    None => Ok(()),
                });
                moved.map_err(|error| error.relocated(taken, &trajectories()))?;
                std::mem::swap(&mut y, &mut next);
                taken += 1;
            }
            for (w, Piece { window, .. }) in windows.iter().enumerate() {
                let observed = records.data.state(window.trajectory, window.first + j + 1);
                for (i, observed) in observed.iter().enumerate().take(records.observed) {
                    let weight = 1.0 / records.deviations[i];
                    let residual = weight * (y[i * stride + w * copies].to_f64() - observed.to_f64());
                    shots.sum += residual * residual;
                    if let (Some(equations), Some(derivatives)) = (&mut equations, &derivatives) {
                        derivatives.write(w, i, weight, equations.row(residual));
                    }
                }
            }
        }
        for (w, Piece { window, start, next }) in windows.iter().enumerate() {
            let last: Vec<T> = (0..d).map(|i| y[i * stride + w * copies]).collect();
            end(w, &last);
            for (i, slot) in next.iter().flat_map(|slot| (0..d).map(move |i| (i, slot + i))) {
                let weight = self.weight_of_gaps / records.deviations[i];
                let residual = weight * (y[i * stride + w * copies].to_f64() - self.unknowns[slot].to_f64());
                shots.sum += residual * residual;
                if let (Some(equations), Some(derivatives)) = (&mut equations, &derivatives) {
                    let row = equations.row(residual);
                    derivatives.write(w, i, weight, row);
                    row[slot] = -weight;
                }
            }
            // A learned start has an error of its own.
            for (i, slot) in start.iter().flat_map(|slot| (0..records.observed).map(move |i| (i, slot + i))) {
                let observed = records.data.state(window.trajectory, window.first)[i];
                let weight = 1.0 / records.deviations[i];
                let residual = weight * (self.unknowns[slot].to_f64() - observed.to_f64());
                shots.sum += residual * residual;
                if let Some(equations) = &mut equations {
                    equations.row(residual)[slot] = weight;
                }
            }
        }
        // Copies are not steps of anybody's.
        shots.work = Work { steps: ws.work().steps / copies, ..ws.work() };
        Ok(shots)
    }
}

/// The sensitivities of windows side by side.
struct Derivatives<'w, T: Real> {
    step: Step<'w, T>,
    windows: &'w [Piece],
    dim: usize,
    params: usize,
    /// The parameters of every copy.
    repeated: Vec<T>,
    lambda: Vec<T>,
    params_bar: Vec<T>,
    /// By window: `d` rows, by the parameters and by the start.
    now: Vec<f64>,
    next: Vec<f64>,
}

impl<'w, T: Real> Derivatives<'w, T> {
    fn new(of: &Passage<'_, '_, T>, apart: &'w Apart<'w, T>, windows: &'w [Piece]) -> Result<Self, Error> {
        let (dim, params) = (of.layout.dim, of.layout.params);
        let columns = params + dim;
        let mut now = vec![0.0; windows.len() * dim * columns];
        for (row, entries) in now.chunks_exact_mut(columns).enumerate() {
            entries[params + row % dim] = 1.0;
        }
        let field: &dyn Field<T> = apart;
        Ok(Derivatives {
            step: Step::new(field, of.block.method(), solver(of.block))?,
            windows,
            dim,
            params,
            repeated: of.unknowns[..params].repeat(apart.samples),
            lambda: Vec::new(),
            params_bar: Vec::new(),
            next: now.clone(),
            now,
        })
    }

    /// Follows a step that was taken.
    fn follow(&mut self, from: Start<'_, T>, trace: &Trace<T>, ws: &mut Workspace<T>) -> Result<(), Error> {
        let (d, stride, columns) = (self.dim, from.batch.stride, self.params + self.dim);
        self.lambda.clear();
        self.lambda.resize(d * stride, T::zero());
        for q in 0..from.batch.live {
            self.lambda[q % d * stride + q] = T::one();
        }
        self.params_bar.clear();
        self.params_bar.resize(self.repeated.len(), T::zero());
        ws.start_adjoint();
        let from = Start { params: &self.repeated, ..from };
        self.step.pullback(from, trace, &mut self.lambda, &mut self.params_bar, ws)?;
        for (q, row) in self.next.chunks_exact_mut(columns).enumerate() {
            let by_params = &self.params_bar[q * self.params..][..self.params];
            row.iter_mut().zip(by_params).for_each(|(x, bar)| *x = bar.to_f64());
            row[self.params..].fill(0.0);
            for l in 0..d {
                let factor = self.lambda[l * stride + q].to_f64();
                let before = &self.now[((q - q % d) + l) * columns..][..columns];
                row.iter_mut().zip(before).for_each(|(x, before)| *x += factor * before);
            }
        }
        std::mem::swap(&mut self.now, &mut self.next);
        Ok(())
    }

    /// The derivatives of component `i` of window `w` by all unknowns, weighted.
    fn write(&self, w: usize, i: usize, weight: f64, out: &mut [f64]) {
        let columns = self.params + self.dim;
        let row = &self.now[(w * self.dim + i) * columns..][..columns];
        let (by_params, by_start) = row.split_at(self.params);
        out.iter_mut().zip(by_params).for_each(|(out, x)| *out = weight * x);
        if let Some(slot) = self.windows[w].start {
            out[slot..].iter_mut().zip(by_start).for_each(|(out, x)| *out = weight * x);
        }
    }
}
