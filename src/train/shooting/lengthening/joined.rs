//! Windows that join: multiple shooting, with starts of inner windows that are learned.

use super::{Lengthening, MOST_LEARNED};
use crate::Real;
use crate::train::Stage;

/// What gaps count beside errors, one stage after another, both in deviations: from windows that are told where the data
/// went on to whole records, all but for rounding.
///
/// *Reference*: Bock, "Recent advances in parameter identification techniques for O.D.E.", 1983.
const WEIGHTS: [f64; 4] = [1.0, 10.0, 100.0, 1000.0];
/// Intervals of windows that are joined, at least.
const LEAST: usize = 8;

impl<T: Real> Lengthening<'_, T> {
    /// Intervals of the windows that are joined, if any: the least doubling from which their starts are few. A window that
    /// begins at a jump is too far from the end of a whole record; where starts are learned, every window takes a part of
    /// the way.
    pub(super) fn intervals_to_join(&self) -> Option<usize> {
        let data = self.records.data;
        let lengths = || (0..data.len()).map(|i| data.intervals(i));
        if !self.lengthens || lengths().sum::<usize>() * self.layout.dim > self.most_residuals() {
            return None;
        }
        let inner = |length: usize| lengths().map(|n| n.div_ceil(length).saturating_sub(1)).sum::<usize>();
        let doublings = std::iter::successors(Some(LEAST), |length| length.checked_mul(2));
        let mut enough = doublings.skip_while(|&length| inner(length) * self.layout.dim > MOST_LEARNED);
        enough.next().filter(|&length| length < data.longest())
    }

    /// What gaps count in a stage, if its windows are joined: such stages are numbered from the longest record on.
    pub(super) fn weight_of_gaps(&self, stage: Stage) -> Option<f64> {
        let Stage::Before(number) = stage else { return None };
        WEIGHTS.get(number.checked_sub(self.records.data.longest().max(1))?).copied()
    }

    /// The stage after one of windows of so many intervals, or of that number.
    pub(super) fn stage_after(&self, number: usize) -> Stage {
        let longest = self.records.data.longest().max(1);
        let doubled = (2 * number).max(1);
        match number < longest {
            true if self.joined.is_some_and(|joined| doubled > joined) => Stage::Before(longest),
            true if doubled < longest => Stage::Before(doubled),
            false if number + 1 < longest + WEIGHTS.len() => Stage::Before(number + 1),
            _ => Stage::Last,
        }
    }

    /// The unknowns of a stage: starts of inner windows are what has been observed, at first.
    pub(super) fn lay_out(&self, stage: Stage, unknowns: &mut Vec<T>) {
        let lasting = self.layout.lasting(self.records.data);
        if self.weight_of_gaps(stage).is_none() {
            unknowns.truncate(lasting);
        } else if unknowns.len() == lasting {
            for piece in self.windows(stage).iter().filter(|piece| piece.next.is_some()) {
                unknowns.extend_from_slice(self.records.state(piece.window.trajectory, piece.window.last));
            }
        }
    }
}
