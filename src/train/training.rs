//! One training, from what is asked for to what was learned.

use super::duration::Outlook;
use super::model::LearnedStart;
use super::progress::Progress;
use super::shooting::{Following, Lengthening, Observations};
use super::squares::{self, with_steps};
use super::{
    AnyOptimizer, Fit, Interrupted, Loss, Model, Objective, Session, Settings, Shooting, Trainer, Validation,
    checkpoint,
};
use crate::data::{Standardisation, Trajectories};
use crate::field::{Dimensions, Field, StateUnits};
use crate::network::Sharing;
use crate::regularisation::Regularisation;
use crate::{Error, Real};
use std::borrow::Cow;
use std::sync::atomic::Ordering;

/// What lies between the seeds of two starts.
const NEXT_SEED: u64 = 0x9e37_79b9_7f4a_7c15;

impl<F: Dimensions + Clone, L> Trainer<F, L> {
    /// Trains from one of several starts.
    pub(super) fn train_anew<T: Real>(&self, start: usize, data: &Trajectories) -> Result<Fit<F, T>, Interrupted<F, T>>
    where
        F: Field<T>,
        L: Loss<T>,
    {
        let suits_parts = self.loss.suits_parts();
        let squares = squares::check::<T>(&self.block, &self.loss, &self.settings, &self.penalties);
        let mut chosen = self.settings.laid_out(self.epochs, suits_parts, squares)?;
        chosen.check()?;
        let takes_squares = matches!(chosen.optimizer, AnyOptimizer::LevenbergMarquardt(_));
        let fits_steps = takes_squares && squares::fits_steps(&self.block);
        let hidden = if self.settings.hidden_velocities { data.dim() } else { 0 };
        Error::check_len("data", "components", data.dim() + hidden, self.block.dim())?;
        if hidden > 0 && !takes_squares {
            return Err(Error::invalid(
                "the optimiser",
                chosen.optimizer.name(),
                "least squares, for hidden velocities",
            )
            .into());
        }
        let outliers = if takes_squares { data.outliers() } else { Vec::new() };
        let mended = (!outliers.is_empty()).then(|| data.without_outliers());
        let data = mended.as_ref().unwrap_or(data);
        let completed = (hidden > 0).then(|| data.with_slopes()).transpose()?;
        chosen.learned_starts = if hidden > 0 { Some(true) } else { chosen.learned_starts };
        let data = completed.as_ref().unwrap_or(data);
        let (training, held_out) = self.split(data)?;
        // What is held out is the same for all of them.
        chosen.seed = chosen.seed.wrapping_add((start as u64).wrapping_mul(NEXT_SEED));
        let standard = self.units::<T>(&training, fits_steps)?;
        let mut block = self.block.clone();
        block.check_accuracy()?;
        if block.accuracy_of_steps().is_some() {
            block = with_steps(block, &training, fits_steps)?;
        }
        if self.standardises() {
            block = block.in_state_units(StateUnits { origins: standard.mean(), units: standard.scale() })?;
        }
        let mut block = block.in_time_units(standard.time_scale());
        if block.sharing() == Sharing::PerStep {
            block = block.per_step(standard.apply_time(self.block.start_time()));
        }
        let observe = |data: &Trajectories| Observations::<T>::new(&block, data, &standard);
        // A network with fields of its own for every step begins at one time.
        let can_cut = suits_parts && !takes_squares && block.sharing() == Sharing::Shared;
        let windows = match self.settings.windows_in_batches(training.len(), can_cut) {
            Some(intervals) if training.iter().any(|t| t.len() > intervals + 1) => {
                chosen.shooting = Shooting::SingleShooting;
                Some(training.windows(intervals)?)
            }
            _ => None,
        };
        let observations = observe(windows.as_ref().unwrap_or(&training))?;
        let validation = held_out.as_ref().map(observe).transpose()?;
        let initial = self.initial.as_ref().map(|params| params.iter().map(|&p| T::constant(p)).collect());
        let outcome = |session: Session<'_, T>| {
            let stopped_early = session.state.stopped_early;
            let (mut params, history) = session.finish();
            let starts = params.split_off(block.param_count());
            let model = Model::new(block.clone(), params, standard.clone(), data.components(), data.time_name())?;
            let model = self.with_starts(model.hiding(hidden), &starts, &training)?;
            Ok::<_, Error>(Fit::new(
                model,
                (chosen.optimizer.name(), history, stopped_early, outliers.clone()),
                &training,
                held_out.as_ref(),
            ))
        };
        // Predicted from their first observations, and by the loss alone.
        let alone = Regularisation::default();
        let judged = Settings { learned_starts: Some(false), regularisation: alone, ..chosen.clone() };
        let mut objective: Box<dyn Objective<T>>;
        let mut judge: Option<Box<dyn Objective<T>>> = None;
        if takes_squares {
            let squares = Lengthening::new(&chosen, &block, &observations, initial).hiding(hidden);
            if let Some(held_out) = &validation {
                judge = Some(Box::new(squares.judging(&judged, held_out)));
            }
            objective = Box::new(squares);
        } else {
            let following = Following::new(&chosen, &self.loss, &block, &observations);
            objective = Box::new(following.starting_from(initial).penalised_by(self.penalties.at()?));
            if let Some(held_out) = &validation {
                judge = Some(Box::new(Following::new(&judged, &self.loss, &block, held_out)));
            }
        }
        let mut session = Session::new(&chosen, self.epochs, &mut *objective)?;
        if let Some(judge) = &mut judge {
            session = session.judged_by(&mut **judge);
        }
        let description = self.described_by::<T>(&chosen, data);
        if let Some(path) = &self.resume {
            session = session.go_on_from(checkpoint::load(path, &description)?, path)?;
        }
        let (epochs, longest) = (session.state.epoch, observations.longest());
        // Least squares end by themselves, most often long before all epochs are done.
        let planned = (!takes_squares).then_some(self.epochs);
        let outlook = Outlook::new(self.when_long, &chosen.shooting, longest, epochs, self.epochs);
        let progress = Progress::new(self.progress, epochs, planned);
        match self.train(&mut session, (outlook, progress), &description) {
            Ok(()) if takes_squares && session.has_never_had_a_value() => {
                Err(Error::NotFinite { what: "the loss, or its derivatives", location: None }.into())
            }
            Ok(()) => Ok(outcome(session)?),
            Err(error) if session.take_back() => {
                let fit = outcome(session).ok().map(Box::new);
                Err(Interrupted { error: Box::new(error), fit })
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Whether states and times are standardised.
    fn standardises(&self) -> bool {
        self.settings.standardised.unwrap_or(self.block.field().is_free_of_units())
    }

    /// The units that are trained in.
    fn units<T: Real>(&self, training: &Trajectories, fits_steps: bool) -> Result<Standardisation, Error>
    where
        F: Field<T>,
    {
        // What has a unit of time, and is known, cannot be warped.
        let standardised = self.standardises();
        let can_warp = standardised && fits_steps && !self.block.field().has_known_rates();
        match self.settings.logarithmic_time {
            Some(true) if !can_warp => {
                let expected =
                    "standardised data, a field without known rates, and least squares that choose the steps";
                Err(Error::invalid("logarithmic time", "asked for", expected))
            }
            Some(true) => Standardisation::fit(training)?.in_logarithmic_time(training),
            None if can_warp => Standardisation::suited(training),
            _ if standardised => Standardisation::fit(training),
            _ => Ok(Standardisation::identity(training.dim())),
        }
    }

    /// All epochs that are left.
    fn train<T: Real>(
        &self,
        session: &mut Session<'_, T>,
        (mut outlook, mut progress): (Outlook<'_>, Progress),
        description: &checkpoint::Description,
    ) -> Result<(), Error> {
        let is_over = |session: &Session<'_, T>| session.is_over() || self.stop.load(Ordering::Relaxed);
        while !is_over(session) {
            let epoch = session.epoch();
            let steps = session.history().epochs.last().map_or(0, |row| row.steps);
            outlook.after(session.state.epoch, steps, session.most_epochs_left());
            progress.show(session.history());
            epoch?;
            if let Some((path, every)) = &self.checkpoint
                && (is_over(session) || session.state.epoch.is_multiple_of((*every).max(1)))
            {
                checkpoint::save(path, description, session.state())?;
            }
        }
        Ok(())
    }

    /// Training data, and those held out.
    fn split<'d>(&self, data: &'d Trajectories) -> Result<(Cow<'d, Trajectories>, Option<Trajectories>), Error> {
        let (training, held_out) = match self.settings.validation {
            Validation::None => return Ok((Cow::Borrowed(data), None)),
            Validation::Trajectories(fraction) => data.split(fraction, self.settings.seed)?,
            Validation::Future(fraction) => data.split_time(fraction)?,
        };
        Ok((Cow::Owned(training), Some(held_out)))
    }

    /// What a checkpoint is compared by.
    fn described_by<T: Real>(&self, settings: &Settings, data: &Trajectories) -> checkpoint::Description
    where
        L: Loss<T>,
    {
        let mut description = checkpoint::describe::<T>(settings);
        description.insert("network".into(), self.description.clone());
        description.insert("field".into(), std::any::type_name::<F>().into());
        description.insert("loss".into(), self.loss.description().into());
        // Null, as in checkpoints of before there were any, if there are none.
        let penalties = Some(self.penalties.descriptions()).filter(|penalties| !penalties.is_empty());
        description.insert("penalties".into(), penalties.into());
        description.insert("data".into(), checkpoint::fingerprint(data).into());
        description
    }

    fn with_starts<T: Real>(
        &self,
        model: Model<F, T>,
        starts: &[T],
        training: &Trajectories,
    ) -> Result<Model<F, T>, Error>
    where
        F: Field<T>,
    {
        let mut states: Vec<f64> = starts.iter().map(|x| x.to_f64()).collect();
        if states.is_empty() {
            states.extend(training.iter().flat_map(|trajectory| trajectory.state(0)));
        } else {
            model.standardisation().invert_states(&mut states)?;
        }
        let start = |(trajectory, state): (&crate::data::Trajectory, &[f64])| LearnedStart {
            trajectory: trajectory.id().to_string(),
            time: trajectory.times()[0],
            state: state.to_vec(),
        };
        let starts = training.iter().zip(states.chunks_exact(training.dim())).map(start).collect();
        Ok(model.with_starts(starts).having_seen(training))
    }
}
