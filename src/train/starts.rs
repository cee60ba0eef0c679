//! Several starts, where one is not sure.

use super::{Fit, Interrupted, Judgement, Loss, Trainer, Worth};
use crate::Real;
use crate::data::Trajectories;
use crate::field::{Dimensions, Field};
use std::sync::atomic::Ordering;

/// Starts of a training, at most, and an error, in deviations of a component, from which one is not sure.
const STARTS: usize = 3;
const SURE: f64 = 0.5;

impl<F: Dimensions + Clone, L> Trainer<F, L> {
    /// Trains in double precision.
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`] if data and block do not fit, [`Error::InvalidArgument`] for settings out of range; where
    /// [`OnFailure`] gives up, those of [`value_and_grad`]; [`Error::Io`] and [`Error::Parse`] for checkpoints. Once training has
    /// begun, the [`Interrupted`] holds the network as it was then.
    ///
    /// [`Error::ShapeMismatch`]: crate::Error::ShapeMismatch
    /// [`Error::InvalidArgument`]: crate::Error::InvalidArgument
    /// [`Error::Io`]: crate::Error::Io
    /// [`Error::Parse`]: crate::Error::Parse
    /// [`OnFailure`]: super::OnFailure
    /// [`value_and_grad`]: crate::OdeBlock::value_and_grad
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
        let contradiction = || match (self.settings.hidden_velocities, best.summary.outliers.is_empty()) {
            // What is hidden may explain it.
            (true, _) => None,
            (false, true) => data.contradiction(false),
            (false, false) => data.without_outliers().contradiction(false),
        };
        let is_one_enough = self.initial.is_some() || self.checkpoint.is_some() || self.resume.is_some();
        if is_one_enough || least <= SURE || !best.settled_by_squares() || contradiction().is_some() {
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
