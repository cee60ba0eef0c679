//! Schedules: how the learning rate changes over training.

use crate::Error;
use serde::{Deserialize, Serialize};

/// A new best loss must be below the old one by this fraction.
const THRESHOLD: f64 = 1e-4;
/// Smaller reductions of the learning rate are not made.
const SMALLEST_CHANGE: f64 = 1e-8;

/// How the learning rate changes over the epochs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Schedule {
    /// [`Cosine`](Schedule::Cosine) over all epochs of the training, to zero.
    #[default]
    Automatic,
    /// It does not.
    Constant,
    /// It is multiplied by `factor` when the training loss has not fallen, by at least 0.01 %, for more than `patience`
    /// epochs. After that, `cooldown` epochs pass before epochs without progress count again. As PyTorch's scheduler of
    /// that name. It waits for the last stage of the training [`Shooting`](super::Shooting): losses of earlier ones do
    /// not compare.
    ReduceOnPlateau {
        /// What the learning rate is multiplied by.
        factor: f64,
        /// Epochs without progress that are tolerated.
        patience: usize,
        /// Epochs to wait after a reduction.
        cooldown: usize,
        /// The learning rate does not fall below this.
        min: f64,
    },
    /// It falls from its initial value `η` to `min` along half a cosine: `min + (η - min)(1 + cos(π e/epochs))/2` at
    /// epoch `e`, and `min` from there on.
    Cosine {
        /// Epochs until the least rate.
        epochs: usize,
        /// The least rate.
        min: f64,
    },
}

/// Where a schedule stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScheduleState {
    rate: f64,
    best: Option<f64>,
    bad_epochs: usize,
    cooldown: usize,
}

impl Schedule {
    /// What the automatic choice is for a training of so many epochs.
    pub(super) fn laid_out(self, epochs: usize) -> Self {
        match self {
            Schedule::Automatic => Schedule::Cosine { epochs, min: 0.0 },
            chosen => chosen,
        }
    }

    /// Reduction tenfold, patience and cooldown of 50 epochs each, down to `1e-6`.
    pub fn reduce_on_plateau() -> Self {
        Schedule::ReduceOnPlateau { factor: 0.1, patience: 50, cooldown: 50, min: 1e-6 }
    }

    /// The state at the start of training with learning rate `rate`.
    pub fn start(&self, rate: f64) -> ScheduleState {
        ScheduleState { rate, best: None, bad_epochs: 0, cooldown: 0 }
    }

    /// The learning rate of epoch `epoch`, counted from 0; `initial` is the optimiser's.
    pub fn rate(&self, state: &ScheduleState, initial: f64, epoch: usize) -> f64 {
        match *self {
            // Not laid out over any number of epochs, it has no end to fall to.
            Schedule::Automatic | Schedule::Constant => initial,
            Schedule::ReduceOnPlateau { .. } => state.rate,
            Schedule::Cosine { epochs, min } => {
                let part = epoch.min(epochs) as f64 / epochs.max(1) as f64;
                min + (initial - min) * 0.5 * (1.0 + (std::f64::consts::PI * part).cos())
            }
        }
    }

    /// Takes note of an epoch's loss.
    pub fn observe(&self, state: &mut ScheduleState, loss: f64) {
        let Schedule::ReduceOnPlateau { factor, patience, cooldown, min } = *self else { return };
        if state.best.is_none_or(|best| loss < best * (1.0 - THRESHOLD)) && !loss.is_nan() {
            state.best = Some(loss);
            state.bad_epochs = 0;
        } else {
            state.bad_epochs += 1;
        }
        if state.cooldown > 0 {
            state.cooldown -= 1;
            state.bad_epochs = 0;
        }
        if state.bad_epochs > patience {
            let reduced = (state.rate * factor).max(min);
            if state.rate - reduced > SMALLEST_CHANGE {
                state.rate = reduced;
            }
            state.cooldown = cooldown;
            state.bad_epochs = 0;
        }
    }

    /// Refuses settings that make no sense.
    pub(super) fn check(&self) -> Result<(), Error> {
        let (argument, value, expected) = match *self {
            Schedule::ReduceOnPlateau { factor, .. } if !(factor > 0.0 && factor < 1.0) => {
                ("schedule factor", factor, "a number between 0 and 1")
            }
            Schedule::ReduceOnPlateau { min, .. } | Schedule::Cosine { min, .. }
                if !(min >= 0.0 && min.is_finite()) =>
            {
                ("schedule min", min, "a number that is not negative")
            }
            _ => return Ok(()),
        };
        Err(Error::invalid(argument, value, expected))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The learning rates after each loss.
    fn rates(schedule: Schedule, losses: &[f64]) -> Vec<f64> {
        let mut state = schedule.start(1.0);
        let mut next = |(e, &loss): (usize, &f64)| {
            schedule.observe(&mut state, loss);
            schedule.rate(&state, 1.0, e + 1)
        };
        losses.iter().enumerate().map(&mut next).collect()
    }

    #[test]
    fn plateau_as_in_pytorch() {
        // Patience 2: the third epoch without progress reduces; then a cooldown of 1 epoch, then three more.
        let plateau = |cooldown| Schedule::ReduceOnPlateau { factor: 0.5, patience: 2, cooldown, min: 0.2 };
        let flat = [5.0; 12];
        assert_eq!(rates(plateau(0), &flat), [1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.2, 0.2, 0.2]);
        assert_eq!(rates(plateau(1), &flat), [1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.25, 0.2]);
        // A fall of less than 0.01 % is no progress, one of more is.
        let slow = |ratio: f64| (0..4).map(|k| ratio.powi(k)).collect::<Vec<_>>();
        assert_eq!(rates(plateau(0), &slow(0.99999)), [1.0, 1.0, 1.0, 0.5]);
        assert_eq!(rates(plateau(0), &slow(0.999)), [1.0; 4]);
        assert_eq!(rates(plateau(0), &[1.0, f64::NAN, f64::NAN, f64::NAN]), [1.0, 1.0, 1.0, 0.5]);
    }

    #[test]
    fn cosine_passes_through_its_ends_and_middle() {
        let schedule = Schedule::Cosine { epochs: 10, min: 0.2 };
        let state = schedule.start(1.0);
        for (epoch, rate) in [(0, 1.0), (5, 0.6), (10, 0.2), (99, 0.2)] {
            assert!((schedule.rate(&state, 1.0, epoch) - rate).abs() < 1e-15);
        }
    }

    #[test]
    fn refuses_settings_out_of_range() {
        let plateau = Schedule::ReduceOnPlateau { factor: 1.5, patience: 1, cooldown: 1, min: 0.0 };
        assert_eq!(
            plateau.check().unwrap_err().to_string(),
            "schedule factor is 1.5, expected a number between 0 and 1"
        );
        assert!(Schedule::Cosine { epochs: 1, min: f64::NAN }.check().is_err());
        assert!(Schedule::reduce_on_plateau().check().is_ok());
    }
}
