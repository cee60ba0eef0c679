//! The loop over epochs.

use super::best::Best;
use super::join::{CAUTION, Join, MORE_CAUTION};
use super::state::{Memory, State};
use super::sums::Sums;
use super::{
    Descent, Evaluation, History, LevenbergMarquardt, Minibatch, Objective, OnFailure, Optimizer, Settings, Stage,
    Turn, Update,
};
use super::{checkpoint, document};
use crate::{Error, Real};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

/// Epochs in a row without a batch that works, after which skipping is given up.
const HOPELESS: usize = 10;

/// A training: epochs of updates by the gradients of an [`Objective`], which has an example.
///
/// Of the [`Settings`], optimiser, schedule, batches, seed, patience, clipping and what is done about failures count; the others
/// are about recorded trajectories, which a [`Trainer`](super::Trainer) trains on by a session of its own.
///
/// Stages before the last are judged now and then by the objective itself. To that, training turns from where it was least,
/// carefully, and not before it has a value at all, as [`Shooting`](super::Shooting) says.
pub struct Session<'a, T: Real> {
    settings: Settings,
    epochs: usize,
    optimizer: Arc<dyn Optimizer<T>>,
    objective: &'a mut dyn Objective<T>,
    held_out: Option<&'a mut dyn Objective<T>>,
    /// Unknowns that are common to all stages, the first ones.
    lasting: usize,
    order: Vec<usize>,
    gradient: Vec<T>,
    /// Whether the optimiser has been seen to evaluate the objective itself.
    descends: bool,
    pub(super) state: State<T>,
    /// Seconds of training before this session, and its start.
    before: f64,
    started: Instant,
}

impl<'a, T: Real> Session<'a, T> {
    /// A training of so many epochs, before the first of them. Those before a [`resume`](Session::resume) are included.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for settings out of range or an objective without samples, and those of
    /// [`Objective::start`].
    pub fn new(settings: &Settings, epochs: usize, objective: &'a mut dyn Objective<T>) -> Result<Self, Error> {
        settings.check_loop()?;
        if objective.samples() == 0 {
            return Err(Error::invalid("samples", "0", "at least 1"));
        }
        let mut rng = ChaCha8Rng::seed_from_u64(settings.seed);
        let unknowns = objective.start(&mut rng)?;
        let in_one = settings.batch_size.is_none_or(|size| size >= objective.samples());
        let few = unknowns.len() <= LevenbergMarquardt::MOST_UNKNOWNS;
        let optimizer = settings.optimizer.laid_out(few && in_one && objective.squares().is_some());
        let settings = Settings { schedule: settings.schedule.laid_out(epochs), optimizer, ..settings.clone() };
        let optimizer = settings.optimizer.at::<T>()?;
        Ok(Session {
            epochs,
            lasting: unknowns.len(),
            order: (0..objective.samples()).collect(),
            gradient: vec![T::zero(); unknowns.len()],
            descends: false,
            state: State {
                epoch: 0,
                stage: Stage::Last,
                epochs_in_stage: 0,
                settled: false,
                optimizer: optimizer.start(unknowns.len()),
                update: None,
                unknowns,
                schedule: settings.schedule.start(optimizer.learning_rate()),
                join: Join::new(),
                objective: Memory::none(),
                rng,
                best: None,
                hopeless_epochs: 0,
                stopped_early: false,
                history: History::default(),
            },
            settings,
            optimizer,
            objective,
            held_out: None,
            before: 0.0,
            started: Instant::now(),
        })
    }

    /// Judges unknowns by another objective, of samples that are held out, say, instead of the one that training minimises.
    pub fn judged_by(self, held_out: &'a mut dyn Objective<T>) -> Self {
        Session { held_out: Some(held_out), ..self }
    }

    /// Saves the whole state of training, for [`resume`](Session::resume). The file appears whole or not at all.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be written.
    pub fn save(&mut self, path: impl AsRef<Path>) -> Result<(), Error> {
        let description = self.description();
        checkpoint::save(path.as_ref(), &description, self.state())
    }

    /// Continues from a saved state, bit for bit as if training had never stopped.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be read; [`Error::Parse`] if it is no checkpoint, or of other settings or another
    /// objective.
    pub fn resume(self, path: impl AsRef<Path>) -> Result<Self, Error> {
        let state = checkpoint::load(path.as_ref(), &self.description())?;
        self.go_on_from(state, path.as_ref())
    }

    /// What checkpoints are compared by.
    fn description(&self) -> checkpoint::Description {
        let mut description = checkpoint::describe::<T>(&self.settings);
        description.insert("objective".into(), self.objective.description().into());
        description
    }

    /// The state as it is saved.
    pub(super) fn state(&mut self) -> &State<T> {
        self.state.objective.memory = self.objective.memory();
        &self.state
    }

    /// Continues from a state that was saved in a file.
    pub(super) fn go_on_from(mut self, mut state: State<T>, path: &Path) -> Result<Self, Error> {
        let mut unknowns = self.state.unknowns[..self.lasting].to_vec();
        self.objective.enter(state.stage, &mut unknowns);
        let (count, optimizer) = (unknowns.len(), &*self.optimizer);
        let is_lasting = |best: &Best<T>| best.unknowns.len() == self.lasting;
        let fits = is_count(state.stage, count, self.lasting)
            && state.unknowns.len() == count
            && state.optimizer.fits(optimizer, count)
            && state.update.as_ref().is_none_or(|update| update.fits(optimizer, count))
            && [&state.best, &state.join.best].into_iter().flatten().all(is_lasting)
            && self.objective.recall(std::mem::take(&mut state.objective.memory));
        if !fits {
            return Err(document::invalid(path, "the state does not fit what is trained".into()));
        }
        self.gradient = vec![T::zero(); count];
        // Of a method that evaluates the objective itself there is no update.
        self.descends = state.update.is_none() && state.epoch > 0;
        self.before = state.history.epochs.last().map_or(0.0, |row| row.seconds);
        self.state = state;
        Ok(self)
    }

    /// Whether no epoch is left, or training has stopped for want of [`patience`](Settings::patience).
    pub fn is_over(&self) -> bool {
        self.state.epoch >= self.epochs || self.state.stopped_early
    }

    /// The most epochs that are left, where the objective knows of less than all.
    pub(super) fn most_epochs_left(&self) -> Option<usize> {
        let State { epoch, epochs_in_stage, settled, .. } = self.state;
        let stage = Some(self.state.stage);
        let left = self.objective.most_epochs_left(Turn { epoch, stage, epochs_in_stage, settled })?;
        Some(left.min(self.epochs.saturating_sub(epoch)))
    }

    /// Whether there were epochs, and in none of them the objective could be evaluated.
    pub(super) fn has_never_had_a_value(&self) -> bool {
        self.state.epoch > 0
            && self.state.history.epochs.iter().all(|row| row.loss.is_nan())
            && self.state.best.is_none()
    }

    /// The epochs done.
    pub fn history(&self) -> &History {
        &self.state.history
    }

    /// Turns to another stage.
    fn enter(&mut self, stage: Stage) -> Result<(), Error> {
        let (state, lasting) = (&mut self.state, self.lasting);
        self.objective.enter(stage, &mut state.unknowns);
        let count = state.unknowns.len();
        if !is_count(stage, count, lasting) {
            let expected = if stage == Stage::Last { format!("{lasting}") } else { format!("at least {lasting}") };
            return Err(Error::invalid("the number of unknowns of a stage", count, expected));
        }
        state.optimizer.resize(lasting, count);
        if let Some(update) = &mut state.update {
            update.resize(lasting, &state.unknowns[lasting..]);
        }
        self.gradient.resize(count, T::zero());
        (state.stage, state.epochs_in_stage) = (stage, 0);
        if std::mem::take(&mut state.settled) {
            // What it remembers is of a place where nothing was left to do.
            state.optimizer = self.optimizer.start(count);
        }
        Ok(())
    }

    /// One epoch. Its row is the last of the history.
    ///
    /// # Errors
    /// Those of the objective, where [`OnFailure`] gives up.
    pub fn epoch(&mut self) -> Result<(), Error> {
        let epoch = self.state.epoch;
        let stage = self.next_stage();
        if stage != self.state.stage {
            self.enter(stage)?;
            if stage == Stage::Last {
                self.join();
            }
        }
        if epoch == 0 && stage != Stage::Last {
            // The start is the first to be no worse than.
            self.look();
        }
        let rate = self.settings.schedule.rate(&self.state.schedule, self.optimizer.learning_rate(), epoch);
        let mut sums = Sums::default();
        let size = self.settings.batch_size.unwrap_or(self.order.len()).min(self.order.len());
        if size < self.order.len() {
            // From the same order every time, so that the generator alone decides.
            self.order.sort_unstable();
            self.order.shuffle(&mut self.state.rng);
        }
        let (policy, mut failure, mut lost) = (self.settings.on_failure, None, None);
        for first in (0..self.order.len()).step_by(size) {
            let last = (first + size).min(self.order.len());
            let weight = last - first;
            loop {
                match self.step(first..last, rate) {
                    Ok(None) => continue,
                    Ok(Some((value, norm))) => sums.add(value, norm, weight),
                    Err(error) if error.is_of_parameters() && self.is_lost() => {
                        sums.failed += 1;
                        lost = Some(error);
                    }
                    Err(error) => match policy {
                        OnFailure::Backtrack if error.is_of_parameters() && self.backtrack() => {
                            sums.failed += 1;
                            continue;
                        }
                        OnFailure::SkipBatch if error.is_of_parameters() => {
                            sums.failed += 1;
                            failure = Some(error);
                        }
                        _ => return Err(error),
                    },
                }
                break;
            }
        }
        self.state.epochs_in_stage += 1;
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
        // Windows before are another objective: what they teach is looked at now and then.
        if let Some(loss) = validation_loss.filter(|_| stage == Stage::Last) {
            self.keep_if_best(loss + sums.loss());
        }
        if stage == Stage::Last {
            self.settings.schedule.observe(&mut self.state.schedule, sums.loss());
            let patience = self.settings.patience.unwrap_or(usize::MAX);
            let best = self.state.best.as_ref().map(|best| best.epoch.max(self.state.join.since.unwrap_or(0)));
            self.state.stopped_early =
                self.state.settled || best.is_some_and(|best| self.state.epoch - best > patience);
        } else if self.state.settled {
            self.look();
            // Nothing is left to do, and nothing has come of it.
            self.state.stopped_early = self.nominal_stage() == Stage::Last && self.state.join.best.is_none();
            if let Some(error) = lost.filter(|_| self.state.stopped_early) {
                return Err(error);
            }
        } else if Join::<T>::looks(self.state.epoch, self.nominal_stage() == Stage::Last) {
            self.look();
        }
        Ok(())
    }

    /// The stage that the objective has for the next epoch.
    fn nominal_stage(&self) -> Stage {
        let State { epoch, epochs_in_stage, settled, .. } = self.state;
        let stage = (epoch > 0).then_some(self.state.stage);
        self.objective.stage(Turn { epoch, stage, epochs_in_stage, settled })
    }

    /// The stage of the next epoch: the last is put off until the objective itself has a value.
    fn next_stage(&self) -> Stage {
        match self.nominal_stage() {
            Stage::Last if self.state.join.best.is_none() => self.state.stage,
            stage => stage,
        }
    }

    /// Judges what a stage has taught by the objective itself.
    fn look(&mut self) {
        let (loss, epoch) = (self.objective(), self.state.epoch);
        Best::keep(&mut self.state.join.best, epoch, loss, &self.state.unknowns[..self.lasting]);
        let held_out = self.validate().unwrap_or(0.0);
        self.keep_if_best(loss + held_out);
    }

    /// Turns to the last stage, at the best place for it: where a method that evaluates the objective itself has come to, if
    /// that has a value, since it will not lose it.
    fn join(&mut self) {
        self.state.join.since = Some(self.state.epoch);
        if !self.descends || !self.objective().is_finite() {
            self.return_to_the_best(CAUTION);
        }
    }

    /// Goes on from where the objective itself was least, with an optimiser that remembers nothing and a smaller
    /// learning rate.
    fn return_to_the_best(&mut self, caution: f64) {
        let state = &mut self.state;
        if let Some(best) = &state.join.best {
            state.unknowns.copy_from_slice(&best.unknowns);
        }
        state.optimizer = self.optimizer.start(state.unknowns.len());
        self.objective.recall(Vec::new());
        if let Some(update) = &mut state.update {
            update.restrain(caution);
        }
    }

    /// Moves the unknowns along the gradient of a batch; gives the objective and the gradient's norm. `None` if the
    /// objective had risen, and training is back at the best.
    fn step(&mut self, batch: Range<usize>, rate: f64) -> Result<Option<(Evaluation, f64)>, Error> {
        let is_all = batch.len() == self.order.len();
        let (state, gradient) = (&mut self.state, &mut self.gradient);
        let batch = Minibatch { epoch: state.epoch, first: batch.start, samples: &self.order[batch] };
        let descent = self.optimizer.descend(self.objective, batch, &mut state.optimizer, &mut state.unknowns);
        if let Some(descent) = descent {
            self.descends = true;
            let Descent { value, gradient_norm, settled } = descent?;
            let (stage, epochs_in_stage) = (Some(state.stage), state.epochs_in_stage + 1);
            let turn = Turn { epoch: state.epoch + 1, stage, epochs_in_stage, settled };
            state.settled = settled || self.objective.suffices(turn, value.total);
            if state.stage == Stage::Last {
                self.look();
            }
            return Ok(Some((value, gradient_norm)));
        }
        let value = self.objective.value_and_grad(batch, &state.unknowns, gradient)?;
        if !value.total.is_finite() {
            return Err(Error::NotFinite { what: "the objective", location: None });
        }
        let norm = gradient.iter().map(|g| g.to_f64() * g.to_f64()).sum::<f64>().sqrt();
        if !norm.is_finite() {
            return Err(Error::NotFinite { what: "the gradient of the loss", location: None });
        }
        if is_all && state.stage == Stage::Last {
            if state.join.returns(state.epoch, value.total) {
                self.return_to_the_best(MORE_CAUTION);
                return Ok(None);
            }
            // The loss of all data belongs to the unknowns before the update.
            if state.join.since.is_some() {
                Best::keep(&mut state.join.best, state.epoch, value.total, &state.unknowns);
            }
            if self.held_out.is_none() {
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

    /// Whether a stage is given up, because a method that evaluates the objective itself has no value of it: one before the
    /// last, or the last if something was found.
    fn is_lost(&mut self) -> bool {
        let State { stage, best, join, .. } = &self.state;
        let is_lost = self.descends && (*stage != Stage::Last || best.is_some() || join.best.is_some());
        self.state.settled |= is_lost;
        is_lost
    }

    /// Makes the last update again, shorter; `false` if there was none, or this has been tried often enough.
    fn backtrack(&mut self) -> bool {
        let (state, optimizer) = (&mut self.state, &*self.optimizer);
        let Some(update) = &mut state.update else { return false };
        // What was remembered of unknowns that failed may be anything; it is found anew.
        self.objective.recall(Vec::new());
        update.make_again(optimizer, &mut state.optimizer, &mut state.unknowns)
    }

    /// Goes back to the last unknowns at which the objective was found; `false` if there are none.
    pub(super) fn take_back(&mut self) -> bool {
        let state = &mut self.state;
        let Some(update) = &state.update else { return state.best.is_some() };
        update.take_back(&mut state.optimizer, &mut state.unknowns);
        true
    }

    fn keep_if_best(&mut self, loss: f64) {
        Best::keep(&mut self.state.best, self.state.epoch, loss, &self.state.unknowns[..self.lasting]);
    }

    /// Lets the last unknowns compete with the best, like with like. The loss of the best was that of a step of training,
    /// with approximate norms of operators perhaps, and probes of its own: it is found again as that of the last.
    fn judge_the_last(&mut self) {
        let last = self.objective();
        if let Some(loss) = self.validate() {
            return self.keep_if_best(loss + last);
        }
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

    /// The objective of what is held out, if there is any; NaN if it has no value.
    fn validate(&mut self) -> Option<f64> {
        let held_out = self.held_out.as_deref_mut()?;
        let samples: Vec<usize> = (0..held_out.samples()).collect();
        let all = Minibatch { samples: &samples, epoch: self.state.epoch, first: 0 };
        Some(held_out.value(all, &self.state.unknowns[..self.lasting]).map_or(f64::NAN, |value| value.total))
    }

    /// The objective itself, of all samples; NaN if it has no value.
    fn objective(&mut self) -> f64 {
        let all = Minibatch { samples: &self.order, epoch: self.state.epoch, first: 0 };
        let value = self.objective.value(all, &self.state.unknowns[..self.lasting]);
        value.map_or(f64::NAN, |value| value.total)
    }

    /// The unknowns that training found, the best, as far as there is a measure, or else the last; and how.
    pub fn finish(mut self) -> (Vec<T>, History) {
        if self.state.best.is_some() {
            self.judge_the_last();
        } else if self.state.update.is_some() && self.objective().is_nan() {
            // Nobody has seen the unknowns after the last update yet. If they are worse than those before, go back.
            let last = self.state.unknowns.clone();
            self.take_back();
            if self.objective().is_nan() {
                self.state.unknowns = last;
            }
        }
        self.state.unknowns.truncate(self.lasting);
        let unknowns = self.state.best.map_or(self.state.unknowns, |best| best.unknowns);
        (unknowns, self.state.history)
    }

    fn seconds(&self) -> f64 {
        self.before + self.started.elapsed().as_secs_f64()
    }
}

/// Whether there can be so many unknowns in a stage.
fn is_count(stage: Stage, count: usize, lasting: usize) -> bool {
    count == lasting || (stage != Stage::Last && count > lasting)
}
