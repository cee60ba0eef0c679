//! What a training gives.

use super::{Model, Record, Rmse};
use crate::regularisation::Penalties;
use serde::Serialize;

/// A finished training.
#[derive(Debug, Clone)]
pub struct Fit<F, T = f64> {
    /// The trained model.
    pub model: Model<F, T>,
    /// Every epoch.
    pub record: Record,
    /// The outcome in a few numbers.
    pub summary: Summary,
}

/// The outcome of a training in a few numbers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// Name of the scheme.
    pub scheme: String,
    /// Number of parameters.
    pub parameters: usize,
    /// Epochs trained.
    pub epochs: usize,
    /// Whether training stopped because the loss no longer improved.
    pub stopped_early: bool,
    /// Seconds of training.
    pub seconds: f64,
    /// What the regulariser added to the loss in the last epoch, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub penalties: Option<Penalties>,
    /// Errors on the training data, each trajectory predicted from its start: the learned one, if starts were learned.
    pub train_rmse: Rmse,
    /// Errors on the held-out data, predicted from their first observations; `None` if nothing was held out, or the
    /// prediction failed.
    pub validation_rmse: Option<Rmse>,
    /// Batches whose equations were not solved.
    pub failed_solves: usize,
    /// Nonlinear iterations a stage system, mean over the epochs; zero for explicit schemes.
    pub mean_iterations: f64,
}
