//! What training minimises, on a batch of trajectories, and its derivative.

use super::Loss;
use super::shooting::{Stage, Window};
use crate::data::Trajectories;
use crate::field::{Effective, Field, Purpose};
use crate::network::{AnyBlock, Grid, States, Unrolled, Work};
use crate::regularisation::{Penalties, Regularisation};
use crate::{Error, Real};
use std::collections::HashMap;

/// Most batches that are kept ready to be used again.
const KEPT: usize = 256;

/// Recorded trajectories as training sees them: the steps through them, and their states.
pub(super) struct Observations<T> {
    grid: Grid,
    states: States<T>,
}

impl<T: Real> Observations<T> {
    pub fn new(block: &AnyBlock<'_, T>, data: &Trajectories) -> Result<Self, Error> {
        let cast = |states: &[f64]| states.iter().map(|&x| T::constant(x)).collect::<Vec<T>>();
        let states = States::from_states(data.dim(), data.iter().map(|t| cast(t.states())));
        Ok(Observations { grid: block.grid_through(data)?, states })
    }

    /// Number of trajectories.
    pub fn len(&self) -> usize {
        self.states.samples()
    }

    /// Intervals between the observations of a trajectory.
    pub fn intervals(&self, trajectory: usize) -> usize {
        self.states.len(trajectory) - 1
    }

    /// The most intervals of any.
    pub fn longest(&self) -> usize {
        (0..self.len()).map(|trajectory| self.intervals(trajectory)).max().unwrap_or(0)
    }

    pub fn state(&self, trajectory: usize, k: usize) -> &[T] {
        self.states.state(trajectory, k)
    }
}

/// Where things are among the unknowns: parameters, then learned starts of trajectories, then those of inner segments.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layout {
    pub params: usize,
    pub dim: usize,
    pub learned_starts: bool,
}

impl Layout {
    /// Unknowns that outlive the stages.
    pub fn lasting<T: Real>(&self, data: &Observations<T>) -> usize {
        self.params + if self.learned_starts { data.len() * self.dim } else { 0 }
    }

    /// The windows of a stage, trajectory by trajectory, each with the place of its start if that is unknown.
    pub fn windows<T: Real>(&self, stage: Stage, data: &Observations<T>) -> Vec<Vec<(Window, Option<usize>)>> {
        let mut next = self.lasting(data);
        let place = |window: Window| {
            let slot = if window.first == 0 {
                self.learned_starts.then_some(self.params + window.trajectory * self.dim)
            } else {
                next += self.dim;
                Some(next - self.dim)
            };
            (window, slot)
        };
        let mut place = place;
        (0..data.len()).map(|i| stage.windows(i, data.intervals(i)).map(&mut place).collect()).collect()
    }
}

/// What is added up to the objective.
pub(super) struct Terms<'l, T> {
    pub loss: &'l dyn Loss<T>,
    pub regularisation: Regularisation,
    /// Weight of the gaps between segments.
    pub gap_weight: f64,
}

impl<'l, T> Terms<'l, T> {
    /// The loss alone.
    pub fn loss_alone(loss: &'l dyn Loss<T>) -> Self {
        Terms { loss, regularisation: Regularisation::default(), gap_weight: 0.0 }
    }
}

/// The objective at some unknowns.
#[derive(Debug, Clone, Copy)]
pub(super) struct Value {
    pub total: f64,
    /// What the regulariser adds, if there is one.
    pub penalties: Option<Penalties>,
    /// Mean square of the gaps between segments, if there are any.
    pub gap: Option<f64>,
    pub work: Work,
}

/// The windows of a batch, with all memory that the objective and its derivative need.
pub(super) struct Pass<'a, T: Real> {
    field: &'a dyn Field<T>,
    /// Number of learned parameters, the first of the unknowns.
    params: usize,
    unrolled: Unrolled<'a, T>,
    target: States<T>,
    gradient: States<T>,
    starts: Vec<T>,
    starts_bar: Vec<T>,
    /// Places of unknown starts.
    slots: Vec<Option<usize>>,
    /// Samples whose end is the start of the next sample.
    gaps: Vec<usize>,
    /// Weight of the error of a component of an unknown start: that of any other observation in a mean square.
    start_weight: T,
}

impl<'a, T: Real> Pass<'a, T> {
    pub fn new(
        block: &'a AnyBlock<'a, T>,
        data: &Observations<T>,
        windows: &[(Window, Option<usize>)],
    ) -> Result<Self, Error> {
        let dim = block.dim();
        let mut grid = Grid::new();
        for (window, _) in windows {
            let times = data.grid.times(window.trajectory);
            let observed = &data.grid.observed(window.trajectory)[window.first..=window.last];
            let (from, to) = (observed[0], observed[observed.len() - 1]);
            grid.push_observed(times[from..=to].iter().copied(), observed.iter().map(|n| n - from))?;
        }
        let states = |w: &Window| &data.states.sample(w.trajectory)[w.first * dim..(w.last + 1) * dim];
        let target = States::from_states(dim, windows.iter().map(|(window, _)| states(window)));
        let continues = |pair: &[(Window, Option<usize>)]| {
            pair[0].0.trajectory == pair[1].0.trajectory && pair[0].0.last == pair[1].0.first
        };
        let predicted: usize = windows.iter().map(|(window, _)| window.last - window.first).sum();
        Ok(Pass {
            field: block.field(),
            params: block.param_count(),
            unrolled: Unrolled::new(block, &grid)?,
            gradient: States::zeros(dim, &grid),
            starts: windows.iter().flat_map(|(window, _)| target_start(data, window)).copied().collect(),
            starts_bar: vec![T::zero(); windows.len() * dim],
            slots: windows.iter().map(|(_, slot)| *slot).collect(),
            gaps: (1..windows.len()).filter(|&i| continues(&windows[i - 1..=i])).map(|i| i - 1).collect(),
            start_weight: T::constant(1.0 / (predicted * dim).max(1) as f64),
            target,
        })
    }

    /// The objective as predictions with these learned parameters have it: the loss, the mean-square error of unknown
    /// starts, weighted like one more observation each, the weighted mean square of the gaps between segments, and the
    /// regulariser, whose mean is over all segments.
    pub fn value(&mut self, terms: &Terms<'_, T>, unknowns: &[T]) -> Result<Value, Error> {
        let mut effective = Effective::new();
        effective.update(self.field, &unknowns[..self.params], Purpose::Prediction)?;
        self.evaluate(terms, unknowns, &effective, false)
    }

    /// The objective at unknowns, whose parameters are learned ones, and at their effective ones.
    ///
    /// Leaves the derivative by states in `gradient` and the direct one by starts in `starts_bar`.
    fn evaluate(
        &mut self,
        terms: &Terms<'_, T>,
        unknowns: &[T],
        effective: &Effective<T>,
        with_derivatives: bool,
    ) -> Result<Value, Error> {
        let dim = self.target.dim();
        for (start, slot) in self.starts.chunks_exact_mut(dim).zip(&self.slots) {
            if let Some(slot) = *slot {
                start.copy_from_slice(&unknowns[slot..slot + dim]);
            }
        }
        self.unrolled.forward_at(effective, &self.starts)?;
        let (of, learned) = (&terms.regularisation, &unknowns[..self.params]);
        let penalties = match of.is_none() {
            true => None,
            false => Some(self.unrolled.penalise_at(learned, effective, of, with_derivatives)?),
        };
        let path = self.unrolled.path();
        self.gradient.as_mut_slice().fill(T::zero());
        self.starts_bar.fill(T::zero());
        let two = T::constant(2.0);
        let mut total = terms.loss.value_and_grad(path, &self.target, &mut self.gradient);
        for (sample, slot) in self.slots.iter().enumerate() {
            if slot.is_some() {
                let range = sample * dim..(sample + 1) * dim;
                let starts = self.starts[range.clone()].iter().zip(self.target.state(sample, 0));
                for (bar, (&start, &observed)) in self.starts_bar[range].iter_mut().zip(starts) {
                    let error = start - observed;
                    total += self.start_weight * error * error;
                    *bar += two * self.start_weight * error;
                }
            }
        }
        let mut gap = T::zero();
        let mean = T::constant(1.0 / (self.gaps.len() * dim).max(1) as f64);
        let weight = T::constant(terms.gap_weight) * mean;
        for &sample in &self.gaps {
            let last = self.gradient.len(sample) - 1;
            for i in 0..dim {
                let error = path.state(sample, last)[i] - self.starts[(sample + 1) * dim + i];
                gap += error * error;
                self.gradient.state_mut(sample, last)[i] += two * weight * error;
                self.starts_bar[(sample + 1) * dim + i] -= two * weight * error;
            }
        }
        total += weight * gap + T::constant(penalties.map_or(0.0, |penalties| penalties.total()));
        if !total.is_finite() {
            return Err(Error::NotFinite { what: "the loss", location: None });
        }
        let gap = (!self.gaps.is_empty()).then(|| (mean * gap).to_f64());
        Ok(Value { total: total.to_f64(), penalties, gap, work: self.unrolled.work() })
    }

    /// The objective of a step of training, and its derivative by all unknowns, learned parameters among them, which
    /// overwrites `out`. `effective` becomes that of the learned parameters, and remembers the step.
    pub fn value_and_grad(
        &mut self,
        terms: &Terms<'_, T>,
        unknowns: &[T],
        effective: &mut Effective<T>,
        out: &mut [T],
    ) -> Result<Value, Error> {
        let params = self.params;
        effective.update(self.field, &unknowns[..params], Purpose::Training)?;
        let value = self.evaluate(terms, unknowns, effective, true)?;
        let (params_bar, slots_bar) = out.split_at_mut(params);
        // The pull-back overwrites; the direct part is kept in the places of the unknowns.
        slots_bar.fill(T::zero());
        let dim = self.target.dim();
        let mut add = |starts_bar: &[T], slots: &[Option<usize>]| {
            for (bar, slot) in starts_bar.chunks_exact(dim).zip(slots) {
                if let Some(slot) = *slot {
                    slots_bar[slot - params..][..dim].iter_mut().zip(bar).for_each(|(sum, &x)| *sum += x);
                }
            }
        };
        add(&self.starts_bar, &self.slots);
        let (learned, gradient) = (&unknowns[..params], &self.gradient);
        self.unrolled.backward_at(learned, effective, gradient, params_bar, &mut self.starts_bar)?;
        add(&self.starts_bar, &self.slots);
        Ok(value)
    }
}

fn target_start<'d, T: Real>(data: &'d Observations<T>, window: &Window) -> &'d [T] {
    data.state(window.trajectory, window.first)
}

/// The batches of a stage. The whole set and single trajectories are kept ready, since they come again every epoch.
pub(super) struct Batches<'a, T: Real> {
    block: &'a AnyBlock<'a, T>,
    data: &'a Observations<T>,
    windows: Vec<Vec<(Window, Option<usize>)>>,
    kept: HashMap<Vec<usize>, Pass<'a, T>>,
    other: Option<Pass<'a, T>>,
}

impl<'a, T: Real> Batches<'a, T> {
    pub fn new(block: &'a AnyBlock<'a, T>, data: &'a Observations<T>, layout: &Layout, stage: Stage) -> Self {
        let windows = layout.windows(stage, data);
        Batches { block, data, windows, kept: HashMap::new(), other: None }
    }

    /// The segments that do not begin a trajectory, in the order of the places of their starts.
    pub fn inner_windows(&self) -> impl Iterator<Item = &Window> {
        self.windows.iter().flatten().map(|(window, _)| window).filter(|window| window.first > 0)
    }

    /// The batch of these trajectories.
    pub fn get(&mut self, trajectories: &[usize]) -> Result<&mut Pass<'a, T>, Error> {
        let build = || {
            let windows: Vec<_> = trajectories.iter().flat_map(|&i| &self.windows[i]).copied().collect();
            Pass::new(self.block, self.data, &windows)
        };
        let comes_again = trajectories.len() == 1 || trajectories.len() == self.data.len();
        if !comes_again || (self.kept.len() >= KEPT && !self.kept.contains_key(trajectories)) {
            return Ok(self.other.insert(build()?));
        }
        if !self.kept.contains_key(trajectories) {
            let pass = build()?;
            self.kept.insert(trajectories.to_vec(), pass);
        }
        match self.kept.get_mut(trajectories) {
            Some(pass) => Ok(pass),
            None => Err(Error::invalid("batch", format!("{trajectories:?}"), "one that was kept")),
        }
    }
}
