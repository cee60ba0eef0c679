//! The objective of shooting on a batch of windows, and its derivative.

use super::Window;
use super::observations::Observations;
use crate::field::{Effective, Field, Purpose};
use crate::network::{AnyBlock, Grid, Loss, States, Unrolled};
use crate::regularisation::{Further, Regularisation};
use crate::train::Evaluation;
use crate::{Error, Real};
use std::borrow::Cow;

/// What is added up to the objective.
pub(super) struct Terms<'l, T> {
    pub loss: &'l dyn Loss<T>,
    pub regularisation: Regularisation,
    pub further: &'l Further<T>,
    /// Weight of the gaps between segments.
    pub gap_weight: f64,
}

/// The windows of a batch, with all memory that the objective and its derivative need.
pub(super) struct Pass<'a, T: Real> {
    field: &'a dyn Field<T>,
    /// Number of learned parameters, the first of the unknowns.
    params: usize,
    unrolled: Unrolled<'a, T>,
    /// What was observed; that of all trajectories is there already.
    target: Cow<'a, States<T>>,
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
        data: &'a Observations<T>,
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
        let is_whole = |(i, (window, _)): (usize, &(Window, _))| {
            let Window { trajectory, first, last } = *window;
            trajectory == i && first == 0 && last == data.intervals(i)
        };
        let target = match windows.len() == data.len() && windows.iter().enumerate().all(is_whole) {
            true => Cow::Borrowed(&data.states),
            false => Cow::Owned(States::from_states(dim, windows.iter().map(|(window, _)| states(window)))),
        };
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
    pub fn value(&mut self, terms: &Terms<'_, T>, unknowns: &[T]) -> Result<Evaluation, Error> {
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
    ) -> Result<Evaluation, Error> {
        let dim = self.target.dim();
        for (start, slot) in self.starts.chunks_exact_mut(dim).zip(&self.slots) {
            if let Some(slot) = *slot {
                start.copy_from_slice(&unknowns[slot..slot + dim]);
            }
        }
        self.unrolled.forward_at(effective, &self.starts)?;
        let (of, learned) = ((&terms.regularisation, terms.further), &unknowns[..self.params]);
        let penalties = match of.0.is_none() && of.1.is_empty() {
            true => None,
            false => Some(self.unrolled.penalise_at(learned, effective, of, with_derivatives)?),
        };
        let path = self.unrolled.path();
        self.gradient.as_mut_slice().fill(T::zero());
        self.starts_bar.fill(T::zero());
        let two = T::constant(2.0);
        let mut total = terms.loss.value_and_grad(path, &self.target, &mut self.gradient);
        self.gradient.check_shape("the loss's gradient", path)?;
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
        let (total, work) = (total.to_f64(), self.unrolled.work());
        Ok(Evaluation { total, penalties, gap, work, ..Evaluation::default() })
    }

    /// The objective of a step of training, and its derivative by all unknowns, learned parameters among them, which
    /// overwrites `out`. `effective` becomes that of the learned parameters, and remembers the step.
    pub fn value_and_grad(
        &mut self,
        terms: &Terms<'_, T>,
        unknowns: &[T],
        effective: &mut Effective<T>,
        out: &mut [T],
    ) -> Result<Evaluation, Error> {
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
