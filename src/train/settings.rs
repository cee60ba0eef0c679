//! What determines a training, apart from the network and the data.

use super::{Adam, AnyOptimizer, Schedule, Shooting};
use crate::{Error, Regularisation};
use serde::{Deserialize, Serialize};

/// What is held out to judge the model by.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Validation {
    /// Nothing.
    #[default]
    None,
    /// This fraction of the trajectories, drawn by the seed; each is predicted from its start.
    Trajectories(f64),
    /// This fraction of the intervals of every trajectory, at its end; predicted from the last observation before.
    Future(f64),
}

/// What to do when the equations of a batch are not solved, or its states or loss overflow.
///
/// A field may be driven where a layer has no solution: where an eigenvalue of its Jacobian nears the pole of the scheme's
/// stability function, say. Most often a single update went too far.
///
/// Whatever is chosen, a training that ends with an error keeps its network: see [`Interrupted`](super::Interrupted).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum OnFailure {
    /// Take the last update back, parameters and optimiser alike, and make it again with half the learning rate, ten times
    /// at most; then go on from the last place that 20 updates in a row had led to without a failure. Return the error
    /// when that has been done five times and no new such place been reached. The learning rate recovers over
    /// 20 updates a halving. Every attempt that failed is counted in the record. A training without failures is not
    /// changed by a bit.
    #[default]
    Backtrack,
    /// Return the error.
    Stop,
    /// Leave the batch out and count it in the record. When ten epochs in a row have no batch left, return the error.
    SkipBatch,
}

/// Settings of a training; [`Trainer`](super::Trainer) has a method for each.
///
/// By default: [`LevenbergMarquardt`](super::LevenbergMarquardt) on windows that [lengthen](Shooting::Lengthening), where that
/// can be; otherwise Adam at a learning rate of 0.005 that falls to zero along a cosine, on segments first and then on whole
/// records, with gradients shortened to 0.1. What these can do is shown by a table in [`train`](super). Networks that know
/// nothing of units learn from [`standardised`](Settings::standardised) data; the parameters of a right-hand side of one's own
/// have their meaning in the data's units.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The optimiser.
    pub optimizer: AnyOptimizer,
    /// How the learning rate changes.
    pub schedule: Schedule,
    /// Which parts of the trajectories are predicted from where.
    pub shooting: Shooting,
    /// What is added to the loss.
    pub regularisation: Regularisation,
    /// Trajectories in a batch; all if `None`. Where there are no more trajectories than this, the automatic strategy cuts
    /// them into windows of 16 intervals, each predicted from the observation at its beginning, and these are batched: so
    /// one long record is trained on in the memory that a batch takes.
    pub batch_size: Option<usize>,
    /// What initial parameters, batches and validation trajectories are drawn from.
    pub seed: u64,
    /// Whether the starts of the trajectories are unknowns too. `None`: if the optimiser takes squares and the data are found
    /// to be noisy.
    pub learned_starts: Option<bool>,
    /// Whether the data are positions alone, and the field is one of positions and as many velocities, as
    /// [`SecondOrder`](crate::field::SecondOrder) is. Velocities are then hidden: those that records start with are unknowns, at
    /// first the [slopes](crate::data::Trajectories::with_slopes) of smoothed positions, and errors are of positions. For
    /// least squares. Held-out parts of a record begin with the slope of all of it, which has seen some of what is held out.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub hidden_velocities: bool,
    /// Whether states and times are standardised. `None`: for a field that is free of units, as an
    /// [`Mlp`](crate::Mlp) is.
    pub standardised: Option<bool>,
    /// Whether times of standardised data are taken by their [logarithm](crate::data::Standardisation::in_logarithmic_time).
    /// `None`: where the data are [smoother](crate::data::Standardisation::suited) in it, the field has no known rates, and
    /// steps are fitted to their error.
    pub logarithmic_time: Option<bool>,
    /// `λ` of the `λ Σ γ_i²` that least squares add to the mean square, of errors in deviations, for the parameters `γ_i` of a
    /// network. `None`: as the data decide, for up to 2500 parameters; zero with other optimisers. Parameters of a field
    /// without any matrix among them are not drawn to zero, nor are learned starts.
    ///
    /// What decides is the evidence: noise and weights have the variances that make the data likeliest, so that noise is not
    /// followed, however many parameters there are, and where data are exact `λ` falls with the errors.
    ///
    /// *References*: MacKay, "Bayesian interpolation", 1992; Foresee and Hagan, "Gauss–Newton approximation to Bayesian
    /// learning", 1997.
    pub weight_decay: Option<f64>,
    /// What is held out.
    pub validation: Validation,
    /// Epochs from one validation to the next.
    pub validate_every: usize,
    /// Epochs without a better loss after which training stops.
    pub patience: Option<usize>,
    /// Largest norm of a gradient; longer ones are shortened. No bound if `None`, or infinite.
    pub clip: Option<f64>,
    /// What to do when a batch fails.
    pub on_failure: OnFailure,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            optimizer: AnyOptimizer::Automatic,
            schedule: Schedule::Automatic,
            shooting: Shooting::Automatic,
            regularisation: Regularisation::default(),
            batch_size: None,
            seed: 0,
            learned_starts: None,
            hidden_velocities: false,
            standardised: None,
            logarithmic_time: None,
            weight_decay: None,
            validation: Validation::None,
            validate_every: 1,
            patience: None,
            clip: Some(Settings::CLIP),
            on_failure: OnFailure::Backtrack,
        }
    }
}

impl Settings {
    /// Epochs of a training, by default.
    pub const EPOCHS: usize = 4000;
    /// Intervals of the windows that are batched where records are few.
    pub const WINDOW: usize = 16;
    /// Largest norm of a gradient, by default.
    pub const CLIP: f64 = 0.1;

    /// Nothing but an optimiser: whole records from the first epoch on, a constant learning rate of 0.001, gradients as they
    /// are.
    pub fn plain() -> Self {
        Settings {
            optimizer: Adam::new(1e-3).into(),
            schedule: Schedule::Constant,
            shooting: Shooting::SingleShooting,
            clip: None,
            ..Settings::default()
        }
    }

    /// The settings with automatic choices made, for so many epochs and a loss that suits parts of records or not.
    /// `squares` tells what stands against least squares, if anything does.
    pub(super) fn laid_out(&self, epochs: usize, suits_parts: bool, squares: Result<(), Error>) -> Result<Self, Error> {
        let whole_or_lengthening = match self.shooting {
            Shooting::Automatic | Shooting::Lengthening | Shooting::SingleShooting => squares,
            other => Err(Error::invalid(
                "the strategy",
                other.name(),
                "windows that lengthen or single shooting, for least squares",
            )),
        };
        let optimizer = self.optimizer.laid_out(whole_or_lengthening.is_ok());
        let takes_squares = matches!(optimizer, AnyOptimizer::LevenbergMarquardt(_));
        if takes_squares {
            whole_or_lengthening?;
        } else if self.shooting == Shooting::Lengthening {
            whole_or_lengthening?;
            return Err(Error::invalid("the optimiser", optimizer.name(), "Levenberg-Marquardt, to lengthen windows"));
        }
        let shooting = self.shooting.laid_out(epochs, suits_parts, takes_squares);
        if let Some(decay) = self.weight_decay.filter(|&decay| decay > 0.0 && !takes_squares) {
            return Err(Error::invalid("weight_decay", decay, "none, but for least squares: give a penalty"));
        }
        // Of learning rates there is no use.
        let schedule = if takes_squares { Schedule::Constant } else { self.schedule.laid_out(epochs) };
        Ok(Settings { optimizer, shooting, schedule, ..self.clone() })
    }

    /// Intervals of the windows into which so many trajectories are cut to be batched, if they are; for a loss that suits
    /// parts of records or not.
    pub(super) fn windows_in_batches(&self, trajectories: usize, suits_parts: bool) -> Option<usize> {
        let fits_all = self.batch_size.is_some_and(|size| size >= trajectories);
        let is_free = self.shooting == Shooting::Automatic && self.learned_starts != Some(true);
        (fits_all && is_free && suits_parts).then_some(Settings::WINDOW)
    }

    /// Refuses settings that make no sense.
    pub(super) fn check(&self) -> Result<(), Error> {
        self.check_loop()?;
        self.shooting.check()?;
        self.regularisation.check()?;
        match self {
            Settings { patience: Some(patience), batch_size: Some(_), validation: Validation::None, .. } => {
                Err(Error::invalid("patience", patience, "a validation set, or full batches, to judge progress by"))
            }
            _ => Ok(()),
        }
    }

    /// Refuses settings of the loop over epochs that make no sense.
    pub(super) fn check_loop(&self) -> Result<(), Error> {
        self.optimizer.at::<f64>()?;
        self.schedule.check()?;
        match self {
            Settings { batch_size: Some(0), .. } => Err(Error::invalid("batch size", "0", "at least 1")),
            Settings { validate_every: 0, .. } => Err(Error::invalid("validate_every", "0", "at least 1")),
            Settings { weight_decay: Some(decay), .. } if !(*decay >= 0.0 && decay.is_finite()) => {
                Err(Error::invalid("weight_decay", decay, "a number that is not negative"))
            }
            Settings { clip: Some(clip), .. } if clip.is_nan() || *clip <= 0.0 => {
                Err(Error::invalid("clip", clip, "a positive number"))
            }
            _ => Ok(()),
        }
    }
}
