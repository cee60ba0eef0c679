//! Strategies: which parts of the trajectories are predicted from where, and when.

mod lengthening;
mod objective;
mod observations;
mod pass;

pub(super) use lengthening::Lengthening;
pub(super) use objective::Following;
use observations::Layout;
pub(super) use observations::Observations;

use super::Stage;
use crate::Error;
use serde::{Deserialize, Serialize};

/// At the start, the penalty on gaps is smaller than at the end by this factor.
const PENALTY_GROWTH: f64 = 1e-3;
/// Segments keep their length for this part of multiple shooting, and are then doubled, so often at most.
const UNDOUBLED: f64 = 0.6;
const MOST_DOUBLINGS: usize = 3;

/// How trajectories are shot at. Predicting a long oscillating record from its start at once tends to end in a flat line:
/// far from the truth, a prediction out of phase is worse than none. The other strategies are cures.
///
/// Each ends in single shooting over the whole records. Give [`epochs`](super::Trainer::epochs) enough of that.
///
/// The join of parts to whole records is made with care. Every 25 epochs before, and at the end, parts are judged by whole
/// records. There, training goes on from the best of these places, with an optimiser that remembers nothing and a learning
/// rate that is 32 times smaller at first and recovers over 100 updates; where all trajectories are in one batch, it
/// returns to the best, with half the learning rate, when the objective has risen by half above it. As long as the whole
/// records cannot be predicted at all, it is put off.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Shooting {
    /// [`Lengthening`](Shooting::Lengthening) with an optimiser that takes squares. With others
    /// [`MultipleShooting`](Shooting::MultipleShooting) for nine tenths of the training, by segments of 4 intervals and to
    /// a penalty of 10, if the loss [suits parts](super::Loss::suits_parts) of records; otherwise
    /// [`SingleShooting`](Shooting::SingleShooting).
    #[default]
    Automatic,
    /// For [`LevenbergMarquardt`](super::LevenbergMarquardt). First the field is fitted to the slopes of smoothed
    /// observations; initial parameters, if there are any, are returned to if they predict no worse. Then records are cut into windows that are predicted from the
    /// smoothed observation at their beginning: windows of one interval, and twice as many whenever the optimiser has
    /// settled, until they are eight, or more in records so long that windows of eight would be too many. Then starts of inner
    /// windows are learned, too, and gaps between the end of one window and the start of the next count as errors do, in
    /// deviations, then 10, 100, 1000 times as much, so that they close; then follow whole records. Nothing in it needs to be
    /// chosen.
    ///
    /// *Reference*: as for [`MultipleShooting`](Shooting::MultipleShooting).
    Lengthening,
    /// Every trajectory is predicted from its start to its end.
    SingleShooting,
    /// The horizon grows steadily from a few intervals between observations to the whole record.
    GrowingHorizon {
        /// Intervals of the first horizon.
        intervals: usize,
        /// Epochs until the horizon is the whole record.
        epochs: usize,
    },
    /// Trajectories are cut into segments. Each starts from a state of its own, which is learned along with the
    /// parameters; it begins at the observation there. To the loss is added `w` times the mean square of the gaps between
    /// the end of a segment and the start of the next; `w` grows a thousandfold, geometrically, to `penalty`, so that the
    /// gaps close. For the first three fifths, segments have the given length; then they are doubled, three times at most,
    /// so that whole records are no great step. Then follows single shooting.
    ///
    /// *Reference*: Bock, "Recent advances in parameter identification techniques for O.D.E.", 1983.
    MultipleShooting {
        /// Intervals of a segment at first.
        intervals: usize,
        /// Epochs before single shooting.
        epochs: usize,
        /// The final `w`. The loss counts as 1.
        penalty: f64,
    },
}

/// How often segments of multiple shooting have been doubled at one of its epochs: evenly over those that are left after
/// the undoubled ones, and as long as they are no whole records.
fn doublings(epoch: usize, epochs: usize, intervals: usize, longest: usize) -> usize {
    let most = (1..=MOST_DOUBLINGS).take_while(|&k| intervals.saturating_mul(1 << k) < longest).count();
    let part = (epoch as f64 / epochs as f64 - UNDOUBLED) / (1.0 - UNDOUBLED);
    if part < 0.0 { 0 } else { (1 + (part * most as f64) as usize).min(most) }
}

/// Consecutive observations of a trajectory, predicted from the first of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Window {
    pub trajectory: usize,
    pub first: usize,
    pub last: usize,
}

impl Window {
    /// Where it starts: trajectory and observation.
    pub fn place(&self) -> (usize, usize) {
        (self.trajectory, self.first)
    }
}

impl Shooting {
    /// Intervals of the first segments by default.
    pub const INTERVALS: usize = 4;
    /// The final weight of gaps by default.
    pub const PENALTY: f64 = 10.0;

    /// Epochs, of so many in all, after which the default strategy comes to whole records: nine tenths.
    pub fn warm_up(epochs: usize) -> usize {
        epochs - epochs / 10
    }

    /// In words.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Shooting::Automatic => "the automatic one",
            Shooting::Lengthening => "windows that lengthen",
            Shooting::SingleShooting => "single shooting",
            Shooting::GrowingHorizon { .. } => "a growing horizon",
            Shooting::MultipleShooting { .. } => "multiple shooting",
        }
    }

    /// What the automatic choice is for a training of so many epochs, with a loss that suits parts of records or not.
    pub(super) fn laid_out(self, epochs: usize, suits_parts: bool, takes_squares: bool) -> Self {
        match self {
            Shooting::Automatic if takes_squares => Shooting::Lengthening,
            Shooting::Automatic if suits_parts => {
                let (intervals, penalty) = (Shooting::INTERVALS, Shooting::PENALTY);
                Shooting::MultipleShooting { intervals, epochs: Shooting::warm_up(epochs), penalty }
            }
            Shooting::Automatic => Shooting::SingleShooting,
            chosen => chosen,
        }
    }

    /// The work of the first `epochs` epochs; an epoch on whole records counts as 1.
    pub(super) fn work(&self, epochs: usize, longest: usize) -> f64 {
        let all = epochs as f64;
        match *self {
            Shooting::GrowingHorizon { intervals, epochs } if epochs > 0 && intervals < longest => {
                // The share of records that is predicted grows linearly from the first to 1.
                let (first, growth) = (intervals as f64 / longest as f64, epochs as f64);
                let growing = all.min(growth);
                first * growing + (1.0 - first) * growing * growing / (2.0 * growth) + (all - growing)
            }
            _ => all,
        }
    }

    /// The stage at an epoch; `longest` is the number of intervals of the longest trajectory.
    fn stage(&self, epoch: usize, longest: usize) -> Stage {
        match *self {
            Shooting::GrowingHorizon { intervals, epochs } if epoch < epochs && intervals < longest => {
                // In floating point, so that nothing overflows.
                let grown = (longest - intervals) as f64 * (epoch as f64 / epochs as f64);
                Stage::Before(intervals + grown as usize)
            }
            Shooting::MultipleShooting { intervals, epochs, .. } if epoch < epochs && intervals < longest => {
                Stage::Before(intervals << doublings(epoch, epochs, intervals, longest))
            }
            _ => Stage::Last,
        }
    }

    /// The windows of a trajectory with `intervals` intervals at a stage: before the last, segments of so many intervals, or
    /// so many of the first.
    fn windows(&self, stage: Stage, trajectory: usize, intervals: usize) -> impl Iterator<Item = Window> {
        let (length, until) = match (stage, self) {
            (Stage::Last, _) => (intervals, intervals),
            (Stage::Before(horizon), Shooting::GrowingHorizon { .. }) => {
                (horizon.min(intervals), horizon.min(intervals))
            }
            (Stage::Before(length), _) => (length, intervals),
        };
        let window = move |first: usize| Window { trajectory, first, last: first.saturating_add(length).min(until) };
        (0..until).step_by(length.max(1)).map(window)
    }

    /// The weight of gaps at an epoch.
    fn gap_weight(&self, epoch: usize) -> f64 {
        match *self {
            Shooting::MultipleShooting { epochs, penalty, .. } => {
                let part = epoch.min(epochs) as f64 / epochs.max(1) as f64;
                penalty * PENALTY_GROWTH.powf(1.0 - part)
            }
            _ => 0.0,
        }
    }

    /// Refuses settings that make no sense.
    pub(super) fn check(&self) -> Result<(), Error> {
        let (argument, value, expected) = match *self {
            Shooting::GrowingHorizon { intervals: 0, .. } | Shooting::MultipleShooting { intervals: 0, .. } => {
                ("shooting intervals", "0".to_string(), "at least 1")
            }
            Shooting::MultipleShooting { penalty, .. } if !(penalty > 0.0 && penalty.is_finite()) => {
                ("shooting penalty", penalty.to_string(), "a positive number")
            }
            _ => return Ok(()),
        };
        Err(Error::invalid(argument, value, expected))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_horizon_grows_to_the_whole() {
        let shooting = Shooting::GrowingHorizon { intervals: 2, epochs: 8 };
        let horizon = |epoch| shooting.stage(epoch, 6);
        assert_eq!(horizon(0), Stage::Before(2));
        assert_eq!(horizon(4), Stage::Before(4));
        assert_eq!(horizon(7), Stage::Before(5));
        assert_eq!(horizon(8), Stage::Last);
        assert_eq!(shooting.stage(0, 2), Stage::Last);
    }

    #[test]
    fn segments_cover_every_interval_once() {
        let shooting = Shooting::MultipleShooting { intervals: 3, epochs: 5, penalty: 10.0 };
        assert_eq!(shooting.stage(2, 7), Stage::Before(3));
        assert_eq!(shooting.stage(5, 7), Stage::Last);
        let ends: Vec<_> = shooting.windows(Stage::Before(3), 1, 7).map(|w| (w.first, w.last)).collect();
        assert_eq!(ends, [(0, 3), (3, 6), (6, 7)]);
        assert_eq!(shooting.windows(Stage::Last, 0, 7).count(), 1);
        let growing = Shooting::GrowingHorizon { intervals: 2, epochs: 8 };
        let window = growing.windows(Stage::Before(4), 0, 7).next().unwrap();
        assert_eq!((window.first, window.last), (0, 4));
        assert_eq!(growing.windows(Stage::Before(9), 0, 7).next().unwrap().last, 7);
    }

    #[test]
    fn segments_are_doubled_until_they_are_long() {
        let shooting = Shooting::MultipleShooting { intervals: 3, epochs: 75, penalty: 10.0 };
        let lengths = |longest| [0, 44, 46, 54, 56, 64, 66, 74].map(|epoch| shooting.stage(epoch, longest));
        assert_eq!(lengths(100), [3, 3, 6, 6, 12, 12, 24, 24].map(Stage::Before));
        assert_eq!(lengths(12), [3, 3, 6, 6, 6, 6, 6, 6].map(Stage::Before));
        assert_eq!(lengths(6), [3; 8].map(Stage::Before));
        assert_eq!(lengths(3), [Stage::Last; 8]);
        let huge = Shooting::MultipleShooting { intervals: usize::MAX - 1, epochs: 75, penalty: 10.0 };
        assert_eq!(huge.stage(74, usize::MAX), Stage::Before(usize::MAX - 1));
    }

    #[test]
    fn the_automatic_choice_is_laid_out_over_the_training() {
        let laid_out = |suits_parts| Shooting::Automatic.laid_out(3000, suits_parts, false);
        assert_eq!(laid_out(true), Shooting::MultipleShooting { intervals: 4, epochs: 2700, penalty: 10.0 });
        assert_eq!(laid_out(false), Shooting::SingleShooting);
        let growing = Shooting::GrowingHorizon { intervals: 2, epochs: 8 };
        assert_eq!(growing.laid_out(3000, true, false), growing);
    }

    #[test]
    fn the_penalty_grows_a_thousandfold() {
        let shooting = Shooting::MultipleShooting { intervals: 3, epochs: 10, penalty: 5.0 };
        assert!((shooting.gap_weight(0) - 0.005).abs() < 1e-15);
        assert!((shooting.gap_weight(10) - 5.0).abs() < 1e-12);
        assert!((1..=10).all(|e| shooting.gap_weight(e) > shooting.gap_weight(e - 1)));
    }
}
