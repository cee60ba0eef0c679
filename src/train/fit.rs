//! What a training gives.

use super::{History, LevenbergMarquardt, Model, Rmse};
use crate::data::{Outlier, Trajectories};
use crate::field::Field;
use crate::regularisation::Penalties;
use crate::{Error, Real};
use serde::Serialize;
use std::fmt;

/// A finished training.
#[derive(Debug, Clone)]
pub struct Fit<F, T = f64> {
    /// The trained model.
    pub model: Model<F, T>,
    /// Every epoch.
    pub history: History,
    /// The outcome in a few numbers.
    pub summary: Summary,
}

impl<F: Field<T>, T: Real> Fit<F, T> {
    /// The fit of a model to what it was trained and judged on.
    pub(super) fn new(
        model: Model<F, T>,
        (optimizer, history, stopped_early, outliers): (String, History, bool, Vec<Outlier>),
        training: &Trajectories,
        held_out: Option<&Trajectories>,
    ) -> Self {
        let mut unpredicted = Vec::new();
        let mut known = |what: &str, rmse: Result<Rmse, Error>| {
            rmse.map_err(|error| unpredicted.push(format!("{what}: {error}"))).ok()
        };
        let train_rmse = known("the training data", model.rmse_learned(training));
        let refinement = model.refinement(training).unwrap_or(None);
        let validation_rmse = held_out.and_then(|data| known("the held-out data", model.rmse(data)));
        let summary = Summary {
            scheme: model.block().method().name().to_string(),
            parameters: model.params().len(),
            determined: history.epochs.last().and_then(|row| row.determined),
            numbers: training.observations() * model.observed().len(),
            optimizer,
            starts: 1,
            outliers,
            epochs: history.epochs.len(),
            stopped_early,
            seconds: history.epochs.last().map_or(0.0, |row| row.seconds),
            penalties: history.epochs.last().and_then(|row| row.penalties),
            train_rmse,
            refinement,
            validation_rmse,
            unpredicted,
            failed_solves: history.epochs.iter().map(|row| row.failed_solves).sum(),
            steps: history.epochs.last().map_or(0, |row| row.steps),
            mean_iterations: history.epochs.iter().map(|row| row.mean_iterations).sum::<f64>()
                / history.epochs.len().max(1) as f64,
        };
        Fit { model, history, summary }
    }

    /// Whether training has ended by itself, by least squares.
    pub(super) fn settled_by_squares(&self) -> bool {
        self.summary.stopped_early && self.summary.optimizer == LevenbergMarquardt::NAME
    }
}

/// The outcome of a training in a few numbers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// Name of the scheme.
    pub scheme: String,
    /// Number of parameters.
    pub parameters: usize,
    /// How many unknowns the data determine, rather than the prior on weights, at the end; `None` without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub determined: Option<f64>,
    /// Numbers that they were learned from: components of all observations, without those held out.
    pub numbers: usize,
    /// The optimiser, in words.
    pub optimizer: String,
    /// Values in whose place least squares took what their neighbours say, see
    /// [`Trajectories::outliers`](crate::data::Trajectories::outliers). Errors are without them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub outliers: Vec<Outlier>,
    /// Starts that were tried, of which this is the best.
    pub starts: usize,
    /// Epochs trained.
    pub epochs: usize,
    /// Whether training stopped because the loss no longer improved.
    pub stopped_early: bool,
    /// Seconds of training, from the start that was kept.
    pub seconds: f64,
    /// What the regulariser added to the loss in the last epoch, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub penalties: Option<Penalties>,
    /// Errors on the training data, each trajectory predicted from its start: the learned one, if starts were learned.
    /// `None` if the prediction failed, as [`unpredicted`](Summary::unpredicted) tells. That can happen after mini-batches
    /// or failed ones: the network may be unable to follow one of the trajectories.
    pub train_rmse: Option<Rmse>,
    /// By how much predictions of the training data change at most, in deviations of their component, when they are computed
    /// ten times as accurately, with stops at the quarters of each record alone; where
    /// [accuracy](crate::OdeBlock::accuracy) makes the steps. Not far below 1, what is learned is too unstable to be predicted,
    /// however small the errors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refinement: Option<f64>,
    /// Errors on the held-out data, predicted from their first observations; `None` if nothing was held out, or the
    /// prediction failed.
    pub validation_rmse: Option<Rmse>,
    /// Which data could not be predicted by the trained network, and why; empty as a rule.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unpredicted: Vec<String>,
    /// Attempts at a batch that failed, see [`OnFailure`](super::OnFailure): updates taken back, or batches left out.
    pub failed_solves: usize,
    /// Steps forward that the last epoch took, over all records or windows.
    pub steps: usize,
    /// Nonlinear iterations a stage system, mean over the epochs; zero for explicit schemes.
    pub mean_iterations: f64,
}

/// A training that ended with an error, and what it had learned by then.
///
/// Becomes the [`Error`] alone by `?`. To keep the network:
///
/// ```
/// # use kutta::{Error, Fit, Mlp, OdeBlock, Tableau, Trainer, Trajectories, field::Activation};
/// use kutta::train::Interrupted;
/// # fn main() -> Result<(), Error> {
/// # let data = Trajectories::from_csv_str("t,x\n0,1\n1,0.5\n2,0.25\n", "half-lives")?;
/// # let block = OdeBlock::new(Mlp::new([1, 4, 1], Activation::Tanh)?, Tableau::backward_euler());
/// # let trainer = Trainer::new(block).epochs(3);
/// let fit: Fit<Mlp> = match trainer.fit(&data) {
///     Ok(fit) => fit,
///     Err(Interrupted { error, fit: Some(fit) }) => {
///         eprintln!("training ended after {} epochs: {error}", fit.summary.epochs);
///         *fit
///     }
///     Err(other) => return Err(other.into()),
/// };
/// # assert_eq!(fit.summary.epochs, 3);
/// # Ok(())
/// # }
/// ```
pub struct Interrupted<F, T = f64> {
    /// Why training ended.
    pub error: Box<Error>,
    /// The training until then: the network is the best so far, where that is measured, or else the last at which the
    /// objective could be evaluated. `None` if it never could.
    pub fit: Option<Box<Fit<F, T>>>,
}

impl<F, T> From<Error> for Interrupted<F, T> {
    fn from(error: Error) -> Self {
        Interrupted { error: Box::new(error), fit: None }
    }
}

impl<F, T> From<Interrupted<F, T>> for Error {
    fn from(interrupted: Interrupted<F, T>) -> Self {
        *interrupted.error
    }
}

impl<F, T> fmt::Display for Interrupted<F, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

// By hand: a field need not be printable for a result to be unwrapped.
impl<F, T> fmt::Debug for Interrupted<F, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let epochs = self.fit.as_ref().map(|fit| fit.summary.epochs);
        f.debug_struct("Interrupted").field("error", &self.error).field("epochs", &epochs).finish()
    }
}

impl<F, T> std::error::Error for Interrupted<F, T> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.error.source()
    }
}
