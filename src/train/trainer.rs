//! The trainer.

use super::duration::Outlook;
use super::model::LearnedStart;
use super::progress::Progress;
use super::shooting::{Following, Lengthening, Observations};
use super::squares::{self, with_steps};
use super::{
    AnyOptimizer, Fit, Interrupted, Judgement, Loss, MeanSquare, Model, Objective, OnFailure, Schedule, Session,
    Settings, Shooting, Validation, Worth, checkpoint,
};
use crate::data::{Standardisation, Trajectories};
use crate::field::{Dimensions, Field};
use crate::network::{OdeBlock, Sharing};
use crate::regularisation::{FurtherAtEither, Regularisation, Regulariser};
use crate::{Error, Real};
use serde::Serialize;
use serde_json::Value;
use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Starts of a training, at most; an error, in deviations of a component, from which one is not sure; and what lies between
/// the seeds of two starts.
const STARTS: usize = 3;
const SURE: f64 = 0.5;
const NEXT_SEED: u64 = 0x9e37_79b9_7f4a_7c15;

/// Learns the parameters of a network from recorded trajectories.
///
/// ```
/// use kutta::data::Trajectories;
/// use kutta::train::{Adam, Trainer};
/// use kutta::{Number, Tableau, VectorField, network::OdeBlock};
///
/// #[derive(Clone)]
/// struct Decay;
/// impl VectorField for Decay {
///     fn dim(&self) -> usize { 1 }
///     fn param_count(&self) -> usize { 1 }
///     fn eval<S: Number>(&self, params: &[S], _t: S, y: &[S], dy: &mut [S]) {
///         dy[0] = -params[0] * y[0];
///     }
/// }
/// let data = Trajectories::from_csv_str("t,x\n0,1\n1,0.5\n2,0.25\n3,0.125\n", "half-lives")?;
/// let fit = Trainer::new(OdeBlock::new(Decay, Tableau::radau_iia(2)?)).fit(&data)?;
/// assert!((fit.model.params()[0] - 2.0_f64.ln()).abs() < 1e-4);
/// // The same by gradients, through steps of a length that is given, by a scheme of one's own.
/// let midpoint = Tableau::new([[0.5]], [1.0], [0.5])?;
/// let block = OdeBlock::new(Decay, midpoint).step_size(0.1);
/// let fit = Trainer::new(block).optimizer(Adam::new(0.02)).epochs(300).fit(&data)?;
/// assert!((fit.model.params()[0] - 2.0_f64.ln()).abs() < 1e-2);
/// # Ok::<(), kutta::Error>(())
/// ```
///
/// Steps land on the observations; they are no longer than the block's step size, if one was given, or else as short as each
/// interval needs for the block's [accuracy](OdeBlock::accuracy). Training ends after its epochs, or when least squares have
/// settled, most often after tens of them. These count errors in deviations of their component, so that none is lost beside
/// others in larger units. The parameters that training gives are the best it saw: of least validation loss if data are held
/// out, otherwise of least training loss on whole records, which are looked at now and then while the [`Shooting`] trains on
/// parts of them, too; with mini-batches and nothing
/// held out, the last, or the best of the looks if that is better.
///
/// The training loss of an epoch is that of its step. In training, a [`Normalised`](crate::field::Normalised) field takes
/// operator norms from [`Norms::PowerIteration`](crate::field::Norms), a little too small, and the model has exact ones:
/// its loss may differ from the one recorded, by up to a hundredth or so while parameters move fast. Probes of a
/// regulariser change from epoch to epoch as well. Epochs are compared by what is recorded; only at the end are the best
/// of them and the last parameters compared anew, with exact norms and the same probes.
/// [`Norms::Exact`](crate::field::Norms) makes all of them alike.
///
/// Where least squares have settled with an error of more than half the deviation in some component, though a function of the
/// state could follow the data, training starts anew, from other random parameters, twice at most; the best start is kept.
/// Given parameters and trainings with checkpoints have one start.
///
/// Results are the same, bit for bit, for the same seed, whatever the number of threads.
#[derive(Debug, Clone)]
pub struct Trainer<F, L = MeanSquare> {
    block: OdeBlock<F>,
    loss: L,
    epochs: usize,
    settings: Settings,
    penalties: FurtherAtEither,
    initial: Option<Vec<f64>>,
    progress: bool,
    checkpoint: Option<(PathBuf, usize)>,
    resume: Option<PathBuf>,
    stop: Arc<AtomicBool>,
    when_long: Option<fn(Duration)>,
    /// The block as JSON, if there are checkpoints to compare.
    description: Value,
}

impl<F: Dimensions> Trainer<F> {
    /// A trainer with mean-square loss, 4000 epochs and the default [`Settings`].
    pub fn new(block: OdeBlock<F>) -> Self {
        Trainer {
            block,
            loss: MeanSquare,
            epochs: Settings::EPOCHS,
            settings: Settings::default(),
            penalties: FurtherAtEither::default(),
            initial: None,
            progress: false,
            checkpoint: None,
            resume: None,
            stop: Arc::default(),
            when_long: None,
            description: Value::Null,
        }
    }
}

impl<F, L> Trainer<F, L> {
    fn set(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        change(&mut self.settings);
        self
    }

    /// The loss.
    pub fn loss<M>(self, loss: M) -> Trainer<F, M> {
        let Trainer {
            block,
            epochs,
            settings,
            penalties,
            initial,
            progress,
            checkpoint,
            resume,
            stop,
            when_long,
            description,
            ..
        } = self;
        Trainer {
            block,
            loss,
            epochs,
            settings,
            penalties,
            initial,
            progress,
            checkpoint,
            resume,
            stop,
            when_long,
            description,
        }
    }

    /// Number of epochs, those before a [`resume`](Trainer::resume) included. The automatic
    /// [strategy](Shooting::Automatic) and [schedule](Schedule::Automatic) are laid out over them. With others nothing else
    /// depends on it: training on is the same as having trained longer.
    pub fn epochs(self, epochs: usize) -> Self {
        Trainer { epochs, ..self }
    }

    /// All settings at once.
    pub fn settings(self, settings: Settings) -> Self {
        Trainer { settings, ..self }
    }

    /// The optimiser: [`Adam`](super::Adam), [`Sgd`](super::Sgd), or any other [`Optimizer`](super::Optimizer).
    pub fn optimizer(self, optimizer: impl Into<AnyOptimizer>) -> Self {
        self.set(|s| s.optimizer = optimizer.into())
    }

    /// How the learning rate changes.
    pub fn schedule(self, schedule: Schedule) -> Self {
        self.set(|s| s.schedule = schedule)
    }

    /// Which parts of the trajectories are predicted from where.
    pub fn shooting(self, shooting: Shooting) -> Self {
        self.set(|s| s.shooting = shooting)
    }

    /// What is added to the loss, in the units trained in: with [`standardised`](Trainer::standardised), standard ones. Every
    /// stretch that is predicted counts as a trajectory. Probes, if any, are drawn anew for every batch, from the seed. The
    /// validation loss is without it. Penalties of one's own are no part of the [`Settings`].
    pub fn regularised_by(self, regulariser: impl Into<Regulariser>) -> Self {
        let Regulariser { weights, further } = regulariser.into();
        Trainer { penalties: further, ..self }.set(|s| s.regularisation = weights)
    }

    /// Trains on so many trajectories at a time, drawn anew every epoch; or on so many windows of 16 intervals, where there are
    /// no more trajectories than that. Without this, on all of them together.
    pub fn batch_size(self, trajectories: usize) -> Self {
        self.set(|s| s.batch_size = Some(trajectories))
    }

    /// What initial parameters, batches and validation trajectories are drawn from.
    pub fn seed(self, seed: u64) -> Self {
        self.set(|s| s.seed = seed)
    }

    /// Makes the starts of the trajectories unknowns, for data whose first observation is no more exact than the others.
    /// They begin at the observation, whose error counts in the objective as much as any other in a mean square.
    pub fn learned_starts(self, learned: bool) -> Self {
        self.set(|s| s.learned_starts = Some(learned))
    }

    /// Trains on states and times in standard units, see [`Standardisation`]. The model has the units of the data. The
    /// step size of the block, and the known rates of its field, are in the data's units of time in any case.
    pub fn standardised(self, standardised: bool) -> Self {
        self.set(|s| s.standardised = standardised)
    }

    /// Takes the times of standardised data by their logarithm, or as they are; without this, as the data suit.
    pub fn logarithmic_time(self, logarithmic: bool) -> Self {
        self.set(|s| s.logarithmic_time = Some(logarithmic))
    }

    /// What is held out.
    pub fn validation(self, validation: Validation) -> Self {
        self.set(|s| s.validation = validation)
    }

    /// Epochs from one validation to the next.
    pub fn validate_every(self, epochs: usize) -> Self {
        self.set(|s| s.validate_every = epochs)
    }

    /// Stops training after so many epochs without a better loss, in the last stage of the strategy.
    pub fn patience(self, epochs: usize) -> Self {
        self.set(|s| s.patience = Some(epochs))
    }

    /// Shortens gradients to this norm; an infinite one leaves them as they are.
    pub fn clip(self, norm: f64) -> Self {
        self.set(|s| s.clip = Some(norm))
    }

    /// What to do when a batch fails.
    pub fn on_failure(self, policy: OnFailure) -> Self {
        self.set(|s| s.on_failure = policy)
    }

    /// Starts from these parameters instead of random ones.
    pub fn initial(self, params: impl Into<Vec<f64>>) -> Self {
        Trainer { initial: Some(params.into()), ..self }
    }

    /// Calls `tell` with the time that the training is expected to take, if that is more than ten minutes: once, after some
    /// seconds of epochs, by the fastest of them. Training may stop earlier for want of [`patience`](Trainer::patience).
    pub fn when_long(self, tell: fn(Duration)) -> Self {
        Trainer { when_long: Some(tell), ..self }
    }

    /// Shows progress on standard error: a bar, if that is a terminal, or else a line every few seconds.
    pub fn progress(self, progress: bool) -> Self {
        Trainer { progress, ..self }
    }

    /// Ends training after the epoch during which `stop` becomes true, as if there were no epochs left: with the best
    /// parameters until then, and a checkpoint if there are checkpoints.
    pub fn stop_when(self, stop: Arc<AtomicBool>) -> Self {
        Trainer { stop, ..self }
    }
}

impl<F: Serialize, L> Trainer<F, L> {
    fn described(mut self) -> Self {
        // A field that cannot be written is known by its type alone.
        self.description = serde_json::to_value(&self.block).unwrap_or(Value::Null);
        self
    }

    /// Saves the whole state of training to `path` every so many epochs and at the end, for [`resume`](Trainer::resume).
    pub fn checkpoint(self, path: impl Into<PathBuf>, every: usize) -> Self {
        Trainer { checkpoint: Some((path.into(), every)), ..self }.described()
    }

    /// Continues from a checkpoint, bit for bit as if training had never stopped. Only what solves take over from the epoch
    /// before ([`WarmStart::LastEpoch`](crate::solve::WarmStart), [`JacobianReuse::Epoch`](crate::solve::JacobianReuse)) is
    /// not saved: with these, the first epoch begins without, and results agree to the tolerance of stage equations.
    pub fn resume(self, path: impl Into<PathBuf>) -> Self {
        Trainer { resume: Some(path.into()), ..self }.described()
    }
}

impl<F: Dimensions + Clone, L> Trainer<F, L> {
    /// Trains in double precision.
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`] if data and block do not fit, [`Error::InvalidArgument`] for settings out of range;
    /// where [`OnFailure`] gives up, those of [`value_and_grad`](OdeBlock::value_and_grad); [`Error::Io`] and
    /// [`Error::Parse`] for checkpoints. Once training has begun, the [`Interrupted`] holds the network as it was then.
    pub fn fit(&self, data: &Trajectories) -> Result<Fit<F>, Interrupted<F>>
    where
        F: Field<f64>,
        L: Loss<f64>,
    {
        self.fit_in::<f64>(data)
    }

    /// Trains in precision `T`.
    ///
    /// # Errors
    /// As [`fit`](Trainer::fit).
    pub fn fit_in<T: Real>(&self, data: &Trajectories) -> Result<Fit<F, T>, Interrupted<F, T>>
    where
        F: Field<T>,
        L: Loss<T>,
    {
        let mut best = self.train_anew(0, data)?;
        let (mut least, mut starts) = (worst_error(&best, data), 1);
        let is_one_enough = self.initial.is_some() || self.checkpoint.is_some() || self.resume.is_some();
        if is_one_enough || least <= SURE || !best.settled_by_squares() || data.contradiction(false).is_some() {
            return Ok(best);
        }
        while starts < STARTS && least > SURE && !self.stop.load(Ordering::Relaxed) {
            if let Ok(other) = self.train_anew(starts, data) {
                let error = worst_error(&other, data);
                if error < least {
                    (best, least) = (other, error);
                }
            }
            starts += 1;
        }
        best.summary.starts = starts;
        Ok(best)
    }

    /// Trains from one of several starts.
    fn train_anew<T: Real>(&self, start: usize, data: &Trajectories) -> Result<Fit<F, T>, Interrupted<F, T>>
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
        Error::check_len("data", "components", data.dim(), self.block.dim())?;
        let (training, held_out) = self.split(data)?;
        // What is held out is the same for all of them.
        chosen.seed = chosen.seed.wrapping_add((start as u64).wrapping_mul(NEXT_SEED));
        let standard = self.units::<T>(&training, fits_steps)?;
        let mut block = self.block.clone();
        block.check_accuracy()?;
        if block.accuracy_of_steps().is_some() {
            block = with_steps(block, &training, fits_steps)?;
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
            let model = self.with_starts(model, &starts, &training)?;
            Ok::<_, Error>(Fit::new(
                model,
                (chosen.optimizer.name(), history, stopped_early),
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
            let squares = Lengthening::new(&chosen, &block, &observations, initial);
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
        let (when_long, planned) = if takes_squares { (None, None) } else { (self.when_long, Some(self.epochs)) };
        let outlook = Outlook::new(when_long, &chosen.shooting, longest, epochs, self.epochs);
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

    /// The units that are trained in.
    fn units<T: Real>(&self, training: &Trajectories, fits_steps: bool) -> Result<Standardisation, Error>
    where
        F: Field<T>,
    {
        // What has a unit of time, and is known, cannot be warped.
        let can_warp = self.settings.standardised && fits_steps && !self.block.field().has_known_rates();
        match self.settings.logarithmic_time {
            Some(true) if !can_warp => {
                let expected =
                    "standardised data, a field without known rates, and least squares that choose the steps";
                Err(Error::invalid("logarithmic time", "asked for", expected))
            }
            Some(true) => Standardisation::fit(training)?.in_logarithmic_time(training),
            None if can_warp => Standardisation::suited(training),
            _ if self.settings.standardised => Standardisation::fit(training),
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
            outlook.after(session.state.epoch);
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

/// The largest error in a component, of the data or those held out, in deviations; infinite if they cannot be predicted.
fn worst_error<F, T>(fit: &Fit<F, T>, data: &Trajectories) -> f64 {
    let Ok(verdict) = fit.summary.verdict(data) else { return f64::INFINITY };
    let held_out = fit.summary.validation_rmse.is_some();
    let error = |judgement: &Judgement| match judgement {
        Judgement { worth: Worth::Constant, .. } => 0.0,
        Judgement { error: Some(error), held_out_error: Some(other), .. } => error.max(*other),
        Judgement { error: Some(error), .. } if !held_out => *error,
        _ => f64::INFINITY,
    };
    verdict.components.values().map(error).fold(0.0, f64::max)
}
