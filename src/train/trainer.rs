//! The trainer.

use super::{AnyOptimizer, MeanSquare, OnFailure, Schedule, Settings, Shooting, Validation};
use crate::field::Dimensions;
use crate::network::OdeBlock;
use crate::regularisation::{FurtherAtEither, Regulariser};
use serde::Serialize;
use serde_json::Value;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

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
/// others in larger units. The parameters that training gives are the best it saw: of least training loss on whole records,
/// with the validation loss added if data are held out (alone it would be luck: few observations, from starts with noise), which are looked at now and then while the [`Shooting`] trains on
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
    pub(super) block: OdeBlock<F>,
    pub(super) loss: L,
    pub(super) epochs: usize,
    pub(super) settings: Settings,
    pub(super) penalties: FurtherAtEither,
    pub(super) initial: Option<Vec<f64>>,
    pub(super) progress: bool,
    pub(super) checkpoint: Option<(PathBuf, usize)>,
    pub(super) resume: Option<PathBuf>,
    pub(super) stop: Arc<AtomicBool>,
    pub(super) when_long: Option<fn(Duration, usize)>,
    /// The block as JSON, if there are checkpoints to compare.
    pub(super) description: Value,
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

    /// Learns from positions alone, with a field of positions and as many velocities: see [`Settings::hidden_velocities`].
    pub fn hidden_velocities(self, hidden: bool) -> Self {
        self.set(|s| s.hidden_velocities = hidden)
    }

    /// Trains on states and times in standard units, see [`Standardisation`](crate::data::Standardisation), or not; without
    /// this, where the [field is free of units](crate::field::Dimensions::is_free_of_units), as networks are. The model has the
    /// units of the data. The step size of the block, and the known rates of its field, are in the data's units of time in any
    /// case; what is known of its structure is taken over into standard units of states, too: see
    /// [`Dimensions::in_state_units`](crate::field::Dimensions::in_state_units).
    pub fn standardised(self, standardised: bool) -> Self {
        self.set(|s| s.standardised = Some(standardised))
    }

    /// Takes the times of standardised data by their logarithm, or as they are; without this, as the data suit.
    pub fn logarithmic_time(self, logarithmic: bool) -> Self {
        self.set(|s| s.logarithmic_time = Some(logarithmic))
    }

    /// How much weights of a network count beside errors, see [`Settings::weight_decay`]; without this, as the data decide.
    pub fn weight_decay(self, lambda: f64) -> Self {
        self.set(|s| s.weight_decay = Some(lambda))
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

    /// Calls `tell` with the time that the training is expected to take, and the steps that the last epoch took, if that is
    /// more than ten minutes: once, after some seconds of epochs, by the fastest of them. Training may stop earlier for want of [`patience`](Trainer::patience).
    /// Least squares end when they have settled: of these it is the most that they can still take, by the last epoch.
    pub fn when_long(self, tell: fn(Duration, usize)) -> Self {
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
