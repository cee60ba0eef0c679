//! Training by least squares on windows that lengthen.

mod fitted;
mod initial;
mod joined;
mod matching;
mod passage;
mod records;
mod windows;

use super::{Layout, Observations, Shooting, Window};
use crate::network::AnyBlock;
use crate::train::evidence::Evidence;
use crate::train::{Evaluation, Minibatch, NormalEquations, Objective, Settings, Stage, SumOfSquares, Turn};
use crate::{Error, Real};
use fitted::fitted_steps;
use initial::{ignore_constants, soften};
use matching::Matching;
use passage::{Passage, Shots};
use rand::RngCore;
use rayon::prelude::*;
use records::Records;
use std::collections::BTreeSet;
use windows::{Group, Piece};

/// The most groups of windows that are evaluated at once, each with equations of its own, and the memory of all of these
/// in numbers.
const MOST_GROUPS: usize = 8;
const MEMORY: usize = 8_000_000;
/// Multiplications that a stage may cost, and the epochs that it may take in any case and at most: the matching of
/// derivatives, stages before the last, and the last.
const WORK: [f64; 3] = [5e10, 2e10, 1e11];
const EPOCHS: [[usize; 2]; 3] = [[8, 200], [8, 40], [40, 400]];
/// The accuracy of steps that does for a judgement of what is held out.
const OF_JUDGEMENT: f64 = 1e-4;
/// Epochs after which steps are fitted anew.
const REFIT: usize = 5;
/// Steps by which training is judged, in terms of those that it takes: as accurate as predictions are.
const OF_PREDICTION: usize = 2;
/// Errors that are small enough, as parts of the deviation of the data: those of slopes, those before the last stage, and
/// those in it.
const ENOUGH: [f64; 3] = [1e-3, 1e-4, 3e-5];
/// The part of the variance of the noise that errors are not brought below: to follow noise is no gain.
const OF_NOISE: f64 = 0.9;
/// Numbers in starts that are learned, at most, where nobody has asked for it.
const MOST_LEARNED: usize = 200;
/// The stage of derivative matching.
const MATCHING: Stage = Stage::Before(0);

/// How well a block follows recorded trajectories in the mean square, as a sum of squares; errors of each component in its
/// deviation.
pub(in crate::train) struct Lengthening<'a, T: Real> {
    block: &'a AnyBlock<'a, T>,
    records: Records<'a, T>,
    layout: Layout,
    /// Whether there are stages before the last.
    lengthens: bool,
    /// Intervals of the windows that are joined in the stages before the last, if they are.
    joined: Option<usize>,
    /// What steps are fitted to, if they are not given.
    accuracy: Option<f64>,
    /// Whether its steps are fitted to whatever unknowns it is asked about.
    judges: bool,
    initial: Option<Vec<T>>,
    evidence: Evidence,
    stage: Stage,
    /// Groups of windows of the stage, without those that could not be predicted when the equations were last made.
    groups: Vec<Group>,
}

impl<'a, T: Real> Lengthening<'a, T> {
    /// On windows that lengthen, or on whole records from the beginning; from these parameters instead of random ones.
    pub fn new(
        settings: &Settings,
        block: &'a AnyBlock<'a, T>,
        data: &'a Observations<T>,
        initial: Option<Vec<T>>,
    ) -> Self {
        let lengthens = settings.shooting == Shooting::Lengthening;
        let records = Records::new(data);
        let (params, dim) = (block.param_count(), block.dim());
        // Each start is worth unknowns: many of them are taken as smoothed.
        let noisy = records.is_noisy() && data.len() * dim <= MOST_LEARNED;
        let layout = Layout { params, dim, learned_starts: settings.learned_starts.unwrap_or(noisy) };
        let accuracy = block.accuracy_in::<T>();
        let mut lengthening = Lengthening {
            block,
            records,
            layout,
            lengthens,
            joined: None,
            accuracy,
            judges: false,
            initial,
            evidence: Evidence::new(block.field(), params, settings.weight_decay),
            stage: Stage::Last,
            groups: Vec::new(),
        };
        lengthening.joined = lengthening.intervals_to_join();
        lengthening.groups = lengthening.grouped(Stage::Last);
        lengthening
    }

    /// With the last components hidden, so many: their errors are not known.
    pub fn hiding(mut self, hidden: usize) -> Self {
        self.records.observed = self.layout.dim - hidden;
        self
    }

    /// To judge unknowns by other whole records, in the same units.
    pub fn judging(&self, settings: &Settings, held_out: &'a Observations<T>) -> Self {
        let hidden = self.layout.dim - self.records.observed;
        let mut judge = Lengthening::new(settings, self.block, held_out, None).hiding(hidden);
        judge.records.deviations.clone_from(&self.records.deviations);
        let accuracy = judge.accuracy.map(|accuracy| accuracy.max(OF_JUDGEMENT));
        Lengthening { judges: true, accuracy, evidence: Evidence::none(), ..judge }
    }

    fn passage<'p>(&'p self, unknowns: &'p [T]) -> Passage<'p, 'a, T> {
        let weight_of_gaps = self.weight_of_gaps(self.stage).unwrap_or(0.0);
        Passage { block: self.block, records: &self.records, layout: self.layout, unknowns, weight_of_gaps }
    }

    /// Predicts groups of windows, in parallel, by so many times the steps, and adds up; the equations of each part are its own.
    fn shoot(
        &self,
        unknowns: &[T],
        groups: &[Group],
        finer: usize,
        equations: Option<&mut NormalEquations>,
    ) -> Result<Shots, Error> {
        let passage = self.passage(unknowns);
        let steps = |window: &Window, interval: usize| finer * self.records.steps[window.trajectory][interval];
        let parts = match &equations {
            Some(_) => {
                let residuals = self.most_residuals() / MOST_GROUPS;
                (MEMORY / NormalEquations::size(unknowns.len(), residuals).max(1)).clamp(1, MOST_GROUPS)
            }
            None => MOST_GROUPS,
        };
        let each = groups.len().div_ceil(parts).max(1);
        let run = |groups: &[Group]| {
            let mut own = equations.is_some().then(|| NormalEquations::new(unknowns.len()));
            let mut all = Shots::default();
            for group in groups {
                let shots = passage.shoot(group, own.as_mut(), steps, |_, _| {})?;
                all.sum += shots.sum;
                all.work += shots.work;
            }
            own.iter_mut().for_each(NormalEquations::finish);
            Ok((all, own))
        };
        // All of them run to their end, so that the error does not depend on the threads.
        let found: Vec<Result<_, Error>> = groups.par_chunks(each).map(run).collect();
        let found = found.into_iter().collect::<Result<Vec<_>, _>>()?;
        let (mut all, mut equations) = (Shots::default(), equations);
        for (shots, own) in found {
            all.sum += shots.sum;
            all.work += shots.work;
            if let (Some(equations), Some(own)) = (&mut equations, own) {
                equations.add(&own);
            }
        }
        match all.sum.is_finite() {
            true => Ok(all),
            false => Err(Error::NotFinite { what: "the loss", location: None }),
        }
    }

    /// Leaves out windows that cannot be predicted at these unknowns, unless they are the most.
    fn leave_out_the_lost(&mut self, unknowns: &[T]) -> Result<(), Error> {
        let all = self.grouped(self.stage);
        let count = all.iter().map(Vec::len).sum::<usize>();
        let is_found = |one: &Piece| self.shoot(unknowns, &[vec![*one]], 1, None).is_ok();
        let found: Vec<_> = all.into_iter().flatten().filter(is_found).collect();
        match 2 * found.len() > count {
            true => self.groups = self.in_groups(found),
            false => return Err(Error::NotFinite { what: "most of the windows", location: None }),
        }
        Ok(())
    }

    /// How many epochs a stage may take, by the work of one: the products of rows or columns of the Jacobian.
    fn most_epochs(&self, stage: Stage) -> usize {
        let kind = match stage {
            MATCHING => 0,
            Stage::Before(_) => 1,
            Stage::Last => 2,
        };
        let rows = self
            .records
            .times
            .iter()
            .map(|times| times.len() * self.layout.dim)
            .sum::<usize>()
            .min(self.most_residuals());
        let [rows, columns] = [rows, self.layout.params].map(|count| count as f64);
        let work = rows * columns * rows.min(columns);
        let [least, most] = EPOCHS[kind];
        ((WORK[kind] / work.max(1.0)) as usize).clamp(least, most)
    }

    /// Chooses the steps through every interval by their error at these unknowns.
    fn fit_steps(&mut self, unknowns: &[T]) {
        if let Some(accuracy) = self.accuracy {
            let of = |windows: &[Piece]| {
                let intervals = |Piece { window, .. }: &Piece| {
                    let trajectory = window.trajectory;
                    (window.first..window.last).map(move |j| (trajectory, j))
                };
                windows.iter().flat_map(intervals).collect::<BTreeSet<_>>()
            };
            let mut intervals = of(&self.groups.concat());
            intervals.extend(of(&self.judged()));
            let fitted = fitted_steps(&self.passage(unknowns), intervals, accuracy);
            self.records.steps = fitted;
        }
    }

    /// Takes these parameters, if windows are predicted no worse by them.
    fn keep_the_better(&mut self, unknowns: &mut [T], given: &[T]) {
        let mut error = |unknowns: &[T]| {
            self.fit_steps(unknowns);
            self.shoot(unknowns, &self.groups, 1, None).map_or(f64::INFINITY, |shots| shots.sum)
        };
        let mut other = unknowns.to_vec();
        other[..given.len()].copy_from_slice(given);
        if error(&other) <= error(unknowns) {
            unknowns.copy_from_slice(&other);
        }
    }

    /// The mean of so many squares, with what weights count.
    fn objective(&self, sum: f64, unknowns: &[T], residuals: usize) -> f64 {
        sum / residuals.max(1) as f64 + self.evidence.penalty(unknowns, residuals)
    }
}

impl<T: Real> Objective<T> for Lengthening<'_, T> {
    fn samples(&self) -> usize {
        self.records.data.len()
    }

    fn start(&mut self, mut rng: &mut dyn RngCore) -> Result<Vec<T>, Error> {
        let mut unknowns = self.block.field().init(&mut rng);
        soften(self.block.field(), &mut unknowns);
        ignore_constants(self.block.field(), &self.records.constants, &mut unknowns);
        if let Some(initial) = &self.initial {
            Error::check_len("initial parameters", "entries", initial.len(), unknowns.len())?;
            unknowns.clone_from(initial);
        }
        if self.layout.learned_starts {
            (0..self.samples()).for_each(|i| unknowns.extend_from_slice(self.records.state(i, 0)));
        }
        if self.stage(Turn { epoch: 0, stage: None, epochs_in_stage: 0, settled: false }) == Stage::Last {
            self.fit_steps(&unknowns);
            self.groups = self.grouped(Stage::Last);
        }
        Ok(unknowns)
    }

    fn value_and_grad(
        &mut self,
        batch: Minibatch<'_>,
        unknowns: &[T],
        gradient: &mut [T],
    ) -> Result<Evaluation, Error> {
        let mut equations = NormalEquations::new(unknowns.len());
        let value = self.normal_equations(batch, unknowns, &mut equations)?;
        equations.finish();
        gradient.iter_mut().zip(equations.half_gradient()).for_each(|(g, &half)| *g = T::constant(2.0 * half));
        Ok(value)
    }

    fn value(&mut self, _: Minibatch<'_>, unknowns: &[T]) -> Result<Evaluation, Error> {
        if self.judges {
            self.fit_steps(unknowns);
        }
        let groups = self.in_groups(self.judged());
        // Given steps are those of predictions, too.
        let finer = if self.accuracy.is_some() { OF_PREDICTION } else { 1 };
        let shots = self.shoot(unknowns, &groups, finer, None)?;
        let total = self.objective(shots.sum, unknowns, self.residuals(&groups));
        Ok(Evaluation { work: shots.work, ..total.into() })
    }

    fn squares(&mut self) -> Option<&mut dyn SumOfSquares<T>> {
        Some(self)
    }

    fn stage(&self, at: Turn) -> Stage {
        match at.stage {
            _ if !self.lengthens => Stage::Last,
            None => MATCHING,
            Some(Stage::Before(number)) if at.settled => self.stage_after(number),
            Some(stage) => stage,
        }
    }

    fn suffices(&self, at: Turn, value: f64) -> bool {
        let stage = at.stage.unwrap_or(Stage::Last);
        let enough = match stage {
            MATCHING => ENOUGH[0],
            Stage::Before(_) => ENOUGH[1],
            Stage::Last => ENOUGH[2],
        };
        // Slopes of smoothed data err by about as much, in an interval.
        let noise = OF_NOISE * self.records.noise();
        let least = enough.max(100.0 * T::EPSILON.to_f64());
        at.epochs_in_stage >= self.most_epochs(stage) || value <= noise.max(least * least)
    }

    fn most_epochs_left(&self, at: Turn) -> Option<usize> {
        let mut all = self.most_epochs(Stage::Last);
        let mut next = at.stage;
        while let Some(stage @ Stage::Before(number)) = next {
            all = all.saturating_add(self.most_epochs(stage));
            next = Some(self.stage_after(number));
        }
        Some(all.saturating_sub(at.epochs_in_stage))
    }

    fn enter(&mut self, stage: Stage, unknowns: &mut Vec<T>) {
        let was_matching = std::mem::replace(&mut self.stage, stage) == MATCHING;
        self.lay_out(stage, unknowns);
        self.groups = self.grouped(stage);
        if was_matching && let Some(given) = self.initial.clone() {
            self.keep_the_better(unknowns, &given);
        }
        if stage != MATCHING {
            self.fit_steps(unknowns);
            // Windows that take alike many steps are together.
            self.groups = self.grouped(stage);
        }
    }

    fn memory(&self) -> Vec<T> {
        let steps = self.records.steps.iter().flatten().map(|&count| count as f64);
        steps.chain([self.evidence.memory()]).map(T::constant).collect()
    }

    fn recall(&mut self, mut memory: Vec<T>) -> bool {
        let counts = self.records.steps.iter().map(Vec::len).sum::<usize>();
        // Checkpoints of before there was a prior end with the steps.
        let ratio = if memory.len() > counts { memory.pop() } else { None };
        self.evidence.recall(ratio.map(|ratio| ratio.to_f64()));
        if memory.is_empty() {
            return true;
        }
        if memory.len() != counts {
            return false;
        }
        self.records.steps.iter_mut().flatten().zip(memory).for_each(|(count, m)| *count = m.to_f64() as usize);
        self.groups = self.grouped(self.stage);
        true
    }
}

impl<T: Real> SumOfSquares<T> for Lengthening<'_, T> {
    fn normal_equations(
        &mut self,
        batch: Minibatch<'_>,
        unknowns: &[T],
        equations: &mut NormalEquations,
    ) -> Result<Evaluation, Error> {
        let (count, shots) = if self.stage == MATCHING {
            let observations = self.observations();
            let matching = Matching { field: self.block.field(), records: &self.records };
            let sum = matching.evaluate(&unknowns[..self.layout.params], &observations, Some(equations))?;
            (observations.len() * self.layout.dim, Shots { sum, ..Shots::default() })
        } else {
            if batch.epoch.is_multiple_of(REFIT) {
                self.fit_steps(unknowns);
            }
            // All of them again: nothing but the steps is remembered.
            self.groups = self.grouped(self.stage);
            let shots = match self.shoot(unknowns, &self.groups, 1, Some(&mut *equations)) {
                Err(error) if self.stage != Stage::Last && error.is_of_parameters() => {
                    self.leave_out_the_lost(unknowns)?;
                    self.shoot(unknowns, &self.groups, 1, Some(&mut *equations))?
                }
                shots => shots?,
            };
            (self.residuals(&self.groups), shots)
        };
        equations.finish();
        equations.scale(1.0 / count.max(1) as f64);
        self.evidence.hear(equations, unknowns, count);
        Ok(Evaluation { determined: self.evidence.determined, work: shots.work, ..equations.sum_of_squares().into() })
    }

    fn sum_of_squares(&mut self, _: Minibatch<'_>, unknowns: &[T]) -> Result<f64, Error> {
        if self.stage == MATCHING {
            let observations = self.observations();
            let matching = Matching { field: self.block.field(), records: &self.records };
            let sum = matching.evaluate(&unknowns[..self.layout.params], &observations, None)?;
            return Ok(self.objective(sum, unknowns, observations.len() * self.layout.dim));
        }
        let sum = self.shoot(unknowns, &self.groups, 1, None)?.sum;
        Ok(self.objective(sum, unknowns, self.residuals(&self.groups)))
    }
}

#[cfg(test)]
mod tests;
