//! The loop over epochs.

use super::best::Best;
use super::duration::Outlook;
use super::join::{CAUTION, Join, MORE_CAUTION};
use super::objective::{Batches, Layout, Observations, Pass, Terms, Value};
use super::settings::{OnFailure, Settings};
use super::shooting::Stage;
use super::undo::Update;
use super::{Epoch, History, Loss, Optimizer, OptimizerState, ScheduleState};
use crate::field::Effective;
use crate::network::{AnyBlock, Work};
use crate::regularisation::{Penalties, Regularisation, mixed};
use crate::{Error, Real};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Epochs in a row without a batch that works, after which skipping is given up.
const HOPELESS: usize = 10;

/// Everything that the future of a training depends on.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State<T> {
    /// Epochs done.
    pub epoch: usize,
    pub stage: Stage,
    pub unknowns: Vec<T>,
    pub optimizer: OptimizerState<T>,
    /// The last update, if there was one.
    #[serde(default = "no_update")]
    update: Option<Update<T>>,
    schedule: ScheduleState,
    #[serde(default = "Join::new")]
    join: Join<T>,
    /// What a reparameterisation remembers from step to step.
    #[serde(default = "Effective::new")]
    effective: Effective<T>,
    rng: ChaCha8Rng,
    best: Option<Best<T>>,
    hopeless_epochs: usize,
    pub stopped_early: bool,
    #[serde(rename = "record")]
    pub history: History,
}

fn no_update<T>() -> Option<Update<T>> {
    None
}

pub(super) struct Session<'a, T: Real> {
    settings: &'a Settings,
    optimizer: Arc<dyn Optimizer<T>>,
    loss: &'a dyn Loss<T>,
    block: &'a AnyBlock<'a, T>,
    data: &'a Observations<T>,
    validation: Option<Pass<'a, T>>,
    /// Whole records, to judge parts by.
    whole: Batches<'a, T>,
    layout: Layout,
    batches: Batches<'a, T>,
    order: Vec<usize>,
    gradient: Vec<T>,
    pub state: State<T>,
    /// Seconds of training before this session, and its start.
    before: f64,
    started: Instant,
}

impl<'a, T: Real> Session<'a, T> {
    /// A training before its first epoch, from `initial` parameters if given.
    pub fn new(
        settings: &'a Settings,
        loss: &'a dyn Loss<T>,
        block: &'a AnyBlock<'a, T>,
        data: &'a Observations<T>,
        validation: Option<&Observations<T>>,
        initial: Option<Vec<T>>,
    ) -> Result<Self, Error> {
        let optimizer = settings.optimizer.at::<T>()?;
        let mut rng = ChaCha8Rng::seed_from_u64(settings.seed);
        let mut unknowns = block.field().init(&mut rng).repeat(block.layers());
        if let Some(initial) = initial {
            Error::check_len("initial parameters", "entries", initial.len(), unknowns.len())?;
            unknowns = initial;
        }
        let layout = Layout { params: unknowns.len(), dim: block.dim(), learned_starts: settings.learned_starts };
        if settings.learned_starts {
            (0..data.len()).for_each(|i| unknowns.extend_from_slice(data.state(i, 0)));
        }
        let validation = validation.map(|held_out| {
            let layout = Layout { learned_starts: false, ..layout };
            Pass::new(block, held_out, &layout.windows(Stage::Whole, held_out).concat())
        });
        let stage = Stage::Whole;
        Ok(Session {
            validation: validation.transpose()?,
            whole: Batches::new(block, data, &layout, Stage::Whole),
            batches: Batches::new(block, data, &layout, stage),
            order: (0..data.len()).collect(),
            gradient: vec![T::zero(); unknowns.len()],
            state: State {
                epoch: 0,
                stage,
                optimizer: optimizer.start(unknowns.len()),
                update: None,
                unknowns,
                schedule: settings.schedule.start(optimizer.learning_rate()),
                join: Join::new(),
                effective: Effective::new(),
                rng,
                best: None,
                hopeless_epochs: 0,
                stopped_early: false,
                history: History::default(),
            },
            settings,
            optimizer,
            loss,
            block,
            data,
            layout,
            before: 0.0,
            started: Instant::now(),
        })
    }

    /// Continues from a saved state; `None` if it is not one of this training.
    pub fn resumed(mut self, state: State<T>) -> Option<Self> {
        self.batches = Batches::new(self.block, self.data, &self.layout, state.stage);
        let lasting = self.layout.lasting(self.data);
        let count = lasting + self.batches.inner_windows().count() * self.layout.dim;
        let best_fits =
            [&state.best, &state.join.best].into_iter().flatten().all(|best| best.unknowns.len() == lasting);
        let effective_fits = state.effective.fits(self.block.field(), self.block.layers());
        let optimizer_fits = state.optimizer.fits(&*self.optimizer, count);
        let update_fits = state.update.as_ref().is_none_or(|update| update.fits(&*self.optimizer, count));
        if state.unknowns.len() != count || !optimizer_fits || !update_fits || !best_fits || !effective_fits {
            return None;
        }
        self.gradient = vec![T::zero(); count];
        self.before = state.history.epochs.last().map_or(0.0, |row| row.seconds);
        self.state = state;
        Some(self)
    }

    /// How long the epochs that are left before `epochs` will take.
    pub fn outlook(&self, tell: Option<fn(Duration)>, epochs: usize) -> Outlook<'a> {
        Outlook::new(tell, &self.settings.shooting, self.data.longest(), self.state.epoch, epochs)
    }

    /// Whether nothing is left to do before epoch `epochs`.
    pub fn is_over(&self, epochs: usize) -> bool {
        self.state.epoch >= epochs || self.state.stopped_early
    }

    /// Turns to another stage: starts of inner segments that it has as well stay as learned, others are dropped, and those of
    /// new ones read off the data.
    fn enter(&mut self, stage: Stage) {
        let before = self.layout.windows(self.state.stage, self.data).concat();
        let learned: HashMap<_, _> =
            before.iter().filter_map(|&(window, slot)| Some((window.place(), slot?))).collect();
        self.batches = Batches::new(self.block, self.data, &self.layout, stage);
        let lasting = self.layout.lasting(self.data);
        let unknowns = self.state.unknowns.clone();
        self.state.unknowns.truncate(lasting);
        for window in self.batches.inner_windows() {
            let start = match learned.get(&window.place()) {
                Some(&slot) => &unknowns[slot..slot + self.layout.dim],
                None => self.data.state(window.trajectory, window.first),
            };
            self.state.unknowns.extend_from_slice(start);
        }
        let count = self.state.unknowns.len();
        self.state.optimizer.resize(lasting, count);
        if let Some(update) = &mut self.state.update {
            update.resize(lasting, &self.state.unknowns[lasting..]);
        }
        self.gradient.resize(count, T::zero());
        self.state.stage = stage;
    }

    /// One epoch. Its row is the last of the record.
    pub fn epoch(&mut self) -> Result<(), Error> {
        let epoch = self.state.epoch;
        let stage = self.next_stage();
        if stage != self.state.stage {
            self.enter(stage);
            if stage == Stage::Whole {
                self.join();
            }
        }
        if epoch == 0 && stage != Stage::Whole {
            // The start is the first to be no worse than.
            self.look();
        }
        let rate = self.settings.schedule.rate(&self.state.schedule, self.optimizer.learning_rate(), epoch);
        let mut sums = Sums::default();
        let size = self.settings.batch_size.unwrap_or(self.data.len()).min(self.data.len());
        if size < self.data.len() {
            // From the same order every time, so that the generator alone decides.
            self.order.sort_unstable();
            self.order.shuffle(&mut self.state.rng);
        }
        let (policy, mut failure) = (self.settings.on_failure, None);
        for first in (0..self.order.len()).step_by(size) {
            let last = (first + size).min(self.order.len());
            let weight = last - first;
            loop {
                match self.step(first..last, rate) {
                    Ok(None) => continue,
                    Ok(Some((value, norm))) => sums.add(value, norm, weight),
                    Err(error) => match policy {
                        OnFailure::Backtrack if is_failed_solve(&error) && self.backtrack() => {
                            sums.failed += 1;
                            continue;
                        }
                        OnFailure::SkipBatch if is_failed_solve(&error) => {
                            sums.failed += 1;
                            failure = Some(error);
                        }
                        _ => return Err(error),
                    },
                }
                break;
            }
        }
        self.state.hopeless_epochs = if sums.weight == 0.0 { self.state.hopeless_epochs + 1 } else { 0 };
        if let Some(error) = failure.filter(|_| self.state.hopeless_epochs >= HOPELESS) {
            return Err(error);
        }
        self.state.epoch += 1;
        let validation_loss = match self.state.epoch.is_multiple_of(self.settings.validate_every) {
            true => self.validate(),
            false => None,
        };
        let rate = self.state.update.as_ref().map_or(rate, Update::learning_rate);
        self.state.history.epochs.push(sums.row(self.state.epoch, validation_loss, rate, self.seconds()));
        if let Some(loss) = validation_loss {
            self.keep_if_best(loss);
        }
        if stage == Stage::Whole {
            self.settings.schedule.observe(&mut self.state.schedule, sums.loss());
            let patience = self.settings.patience.unwrap_or(usize::MAX);
            let best = self.state.best.as_ref().map(|best| best.epoch.max(self.state.join.since.unwrap_or(0)));
            self.state.stopped_early = best.is_some_and(|best| self.state.epoch - best > patience);
        } else if Join::<T>::looks(self.state.epoch, self.nominal_stage() == Stage::Whole) {
            self.look();
        }
        Ok(())
    }

    /// The stage that the strategy has for the next epoch.
    fn nominal_stage(&self) -> Stage {
        self.settings.shooting.stage(self.state.epoch, self.data.longest())
    }

    /// The stage of the next epoch: parts are kept to until whole records can be predicted.
    fn next_stage(&self) -> Stage {
        match self.nominal_stage() {
            Stage::Whole if self.state.join.best.is_none() => self.state.stage,
            stage => stage,
        }
    }

    /// Judges what parts have taught by whole records.
    fn look(&mut self) {
        let (loss, epoch) = (self.objective(), self.state.epoch);
        let lasting = &self.state.unknowns[..self.layout.lasting(self.data)];
        Best::keep(&mut self.state.join.best, epoch, loss, lasting);
        if self.validation.is_none() {
            self.keep_if_best(loss);
        }
    }

    /// Turns from parts to whole records, at the best place for these.
    fn join(&mut self) {
        self.state.join.since = Some(self.state.epoch);
        self.return_to_the_best(CAUTION);
    }

    /// Goes on from where the objective of whole records was least, with an optimiser that remembers nothing and a smaller
    /// learning rate.
    fn return_to_the_best(&mut self, caution: f64) {
        let state = &mut self.state;
        if let Some(best) = &state.join.best {
            state.unknowns.copy_from_slice(&best.unknowns);
        }
        state.optimizer = self.optimizer.start(state.unknowns.len());
        state.effective = Effective::new();
        if let Some(update) = &mut state.update {
            update.restrain(caution);
        }
    }

    /// The regulariser for the batch whose first trajectory is in this place of the order: with probes of its own.
    fn regularisation(&self, first: usize) -> Regularisation {
        let regularisation = self.settings.regularisation;
        let seeds = [self.settings.seed, regularisation.seed, self.state.epoch as u64, first as u64];
        Regularisation { seed: mixed(seeds), ..regularisation }
    }

    /// Moves the unknowns along the gradient of a batch; gives the objective and the gradient's norm. `None` if the
    /// objective had risen, and training is back at the best.
    fn step(&mut self, batch: std::ops::Range<usize>, rate: f64) -> Result<Option<(Value, f64)>, Error> {
        let is_all = batch.len() == self.data.len();
        let gap_weight = self.settings.shooting.gap_weight(self.state.epoch);
        let terms = Terms { loss: self.loss, regularisation: self.regularisation(batch.start), gap_weight };
        let pass = self.batches.get(&self.order[batch])?;
        let (state, gradient) = (&mut self.state, &mut self.gradient);
        let value = pass.value_and_grad(&terms, &state.unknowns, &mut state.effective, gradient)?;
        let norm = gradient.iter().map(|g| g.to_f64() * g.to_f64()).sum::<f64>().sqrt();
        if !norm.is_finite() {
            return Err(Error::NotFinite { what: "the gradient of the loss", location: None });
        }
        if is_all && state.stage == Stage::Whole {
            if state.join.returns(state.epoch, value.total) {
                self.return_to_the_best(MORE_CAUTION);
                return Ok(None);
            }
            // The loss of all data belongs to the unknowns before the update.
            if state.join.since.is_some() {
                Best::keep(&mut state.join.best, state.epoch, value.total, &state.unknowns);
            }
            if self.validation.is_none() {
                self.keep_if_best(value.total);
            }
        }
        if let Some(clip) = self.settings.clip.filter(|&clip| norm > clip) {
            let factor = T::constant(clip / norm);
            self.gradient.iter_mut().for_each(|g| *g *= factor);
        }
        let (state, optimizer) = (&mut self.state, &*self.optimizer);
        let update = state.update.get_or_insert_with(|| Update::new(optimizer, state.unknowns.len()));
        update.make(optimizer, rate, &self.gradient, &mut state.optimizer, &mut state.unknowns);
        Ok(Some((value, norm)))
    }

    /// Makes the last update again, shorter; `false` if there was none, or this has been tried often enough.
    fn backtrack(&mut self) -> bool {
        let (state, optimizer) = (&mut self.state, &*self.optimizer);
        let Some(update) = &mut state.update else { return false };
        // What was remembered of unknowns that failed may be anything; it is found anew.
        state.effective = Effective::new();
        update.make_again(optimizer, &mut state.optimizer, &mut state.unknowns)
    }

    /// Goes back to the last unknowns at which the objective was found; `false` if there are none.
    pub fn take_back(&mut self) -> bool {
        let state = &mut self.state;
        let Some(update) = &state.update else { return state.best.is_some() };
        update.take_back(&mut state.optimizer, &mut state.unknowns);
        true
    }

    fn keep_if_best(&mut self, loss: f64) {
        let lasting = self.layout.lasting(self.data);
        Best::keep(&mut self.state.best, self.state.epoch, loss, &self.state.unknowns[..lasting]);
    }

    /// Lets the last unknowns compete with the best, like with like. The loss of the best was that of a step of training,
    /// with approximate norms of operators perhaps, and probes of its own: it is found again as that of the last.
    fn judge_the_last(&mut self) {
        if let Some(loss) = self.validate() {
            return self.keep_if_best(loss);
        }
        let last = self.objective();
        if let Some(mut best) = self.state.best.take() {
            std::mem::swap(&mut best.unknowns, &mut self.state.unknowns);
            let loss = self.objective();
            std::mem::swap(&mut best.unknowns, &mut self.state.unknowns);
            // If neither can be judged any more, the best it is.
            best.loss = if loss.is_nan() { f64::INFINITY } else { loss };
            self.state.best = Some(best);
        }
        self.keep_if_best(last);
    }

    /// The loss of the held-out data, if there are any; NaN if it cannot be predicted.
    fn validate(&mut self) -> Option<f64> {
        let value = self.validation.as_mut()?.value(&Terms::loss_alone(self.loss), &self.state.unknowns);
        Some(value.map_or(f64::NAN, |value| value.total))
    }

    /// The objective of all data, without gaps; NaN if it cannot be found.
    fn objective(&mut self) -> f64 {
        let terms = Terms { loss: self.loss, regularisation: self.regularisation(0), gap_weight: 0.0 };
        let batches = if self.state.stage == Stage::Whole { &mut self.batches } else { &mut self.whole };
        let pass = batches.get(&self.order);
        pass.and_then(|pass| pass.value(&terms, &self.state.unknowns)).map_or(f64::NAN, |value| value.total)
    }

    /// The unknowns that training found: the best, as far as there is a measure, or else the last.
    pub fn finish(mut self) -> (Vec<T>, State<T>) {
        if self.state.best.is_some() {
            self.judge_the_last();
        } else {
            if self.state.update.is_some() && self.objective().is_nan() {
                // Nobody has seen the unknowns after the last update yet. If they are worse than those before, go back.
                let last = self.state.unknowns.clone();
                self.take_back();
                if self.objective().is_nan() {
                    self.state.unknowns = last;
                }
            }
        }
        let lasting = self.layout.lasting(self.data);
        let unknowns = match &self.state.best {
            Some(best) => best.unknowns.clone(),
            None => self.state.unknowns[..lasting].to_vec(),
        };
        (unknowns, self.state)
    }

    fn seconds(&self) -> f64 {
        self.before + self.started.elapsed().as_secs_f64()
    }
}

/// Whether other parameters might do better.
fn is_failed_solve(error: &Error) -> bool {
    matches!(error, Error::NotConverged { .. } | Error::NotFinite { .. } | Error::Singular { .. })
}

/// Sums over the batches of an epoch.
#[derive(Default)]
struct Sums {
    weight: f64,
    total: f64,
    norm: f64,
    penalties: Option<Penalties>,
    gap: Option<f64>,
    work: Work,
    failed: usize,
}

impl Sums {
    fn add(&mut self, value: Value, norm: f64, trajectories: usize) {
        let weight = trajectories as f64;
        self.weight += weight;
        self.total += weight * value.total;
        self.norm += weight * norm;
        if let Some(penalties) = &value.penalties {
            self.penalties.get_or_insert_default().add(weight, penalties);
        }
        self.gap = value.gap.map(|gap| self.gap.unwrap_or(0.0) + weight * gap).or(self.gap);
        self.work.iterations += value.work.iterations;
        self.work.solves += value.work.solves;
    }

    /// NaN if no batch worked.
    fn loss(&self) -> f64 {
        self.total / self.weight
    }

    fn row(&self, epoch: usize, validation_loss: Option<f64>, learning_rate: f64, seconds: f64) -> Epoch {
        Epoch {
            epoch,
            loss: self.loss(),
            validation_loss,
            learning_rate,
            gradient_norm: self.norm / self.weight,
            penalties: self.penalties.map(|sums| {
                let mut mean = Penalties::default();
                mean.add(1.0 / self.weight, &sums);
                mean
            }),
            gap: self.gap.map(|gap| (gap / self.weight).sqrt()),
            mean_iterations: self.work.mean_iterations(),
            failed_solves: self.failed,
            seconds,
        }
    }
}
