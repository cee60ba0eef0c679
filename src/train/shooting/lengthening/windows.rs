//! Which windows there are, and which are predicted side by side.

use super::{Lengthening, MOST_GROUPS};
use crate::Real;
use crate::train::Stage;
use crate::train::shooting::Window;
use std::collections::BTreeMap;

/// Columns of a batch, about: windows times their components.
const LANES: usize = 16;
/// Residuals of a stage, at most, and entries of their Jacobian: more of them make the equations no better known. So many
/// times as many judge it.
const MOST_RESIDUALS: usize = 10_000;
const MOST_ENTRIES: usize = 50_000_000;
const JUDGED: usize = 4;

/// A window, and the unknowns that are its start, and the start of what continues it, if they are learned.
#[derive(Clone, Copy)]
pub(super) struct Piece {
    pub window: Window,
    pub start: Option<usize>,
    pub next: Option<usize>,
}

impl Piece {
    pub fn intervals(&self) -> usize {
        self.window.last - self.window.first
    }
}

/// Windows that are predicted side by side.
pub(super) type Group = Vec<Piece>;

impl<T: Real> Lengthening<'_, T> {
    /// The most residuals of a stage.
    pub(super) fn most_residuals(&self) -> usize {
        MOST_RESIDUALS.min(MOST_ENTRIES / self.layout.params.max(1))
    }

    /// The windows of a stage. Records that are too long to be taken whole are taken in so many parts of what can be.
    pub(super) fn windows(&self, stage: Stage) -> Group {
        let data = self.records.data;
        let most = (self.most_residuals() / self.layout.dim.max(1)).max(1);
        let joined = self.joined.filter(|_| self.weight_of_gaps(stage).is_some());
        let (mut windows, mut slot) = (Vec::new(), self.layout.lasting(data));
        for trajectory in 0..data.len() {
            let intervals = data.intervals(trajectory);
            let length = match stage {
                Stage::Last if intervals > most => most / MOST_GROUPS,
                Stage::Last => intervals,
                Stage::Before(length) => joined.unwrap_or(length),
            };
            let mut start = self.layout.start(trajectory).filter(|_| stage == Stage::Last || joined.is_some());
            for first in (0..intervals).step_by(length.max(1)) {
                let window = Window { trajectory, first, last: (first + length.max(1)).min(intervals) };
                let next = (joined.is_some() && window.last < intervals).then_some(slot);
                slot += if next.is_some() { self.layout.dim } else { 0 };
                windows.push(Piece { window, start, next });
                start = next;
            }
        }
        windows
    }

    /// The windows of a stage, in groups; of so many residuals at most.
    pub(super) fn grouped(&self, stage: Stage) -> Vec<Group> {
        self.in_groups(self.thinned(self.windows(stage), self.most_residuals()))
    }

    /// What unknowns are judged by: the windows of the last stage, more of them.
    pub(super) fn judged(&self) -> Group {
        self.thinned(self.windows(Stage::Last), JUDGED * MOST_RESIDUALS)
    }

    pub(super) fn thinned(&self, windows: Group, most: usize) -> Group {
        thinned(windows, most, |piece| piece.intervals() * self.layout.dim)
    }

    /// Windows that take equal steps, a few at a time.
    pub(super) fn in_groups(&self, windows: Group) -> Vec<Group> {
        let mut alike: BTreeMap<(usize, &[usize]), Group> = BTreeMap::new();
        let steps = |window: &Window| &self.records.steps[window.trajectory][window.first..window.last];
        for piece in windows {
            // Given steps are taken as they are; where their error decides, more of them do no harm.
            let same = if self.accuracy.is_some() { &[] } else { steps(&piece.window) };
            alike.entry((piece.intervals(), same)).or_default().push(piece);
        }
        for group in alike.values_mut() {
            group.sort_by_key(|piece| (steps(&piece.window).iter().sum::<usize>(), piece.window.place()));
        }
        let together = (LANES / self.layout.dim.max(1)).max(1);
        alike.into_values().flat_map(|group| group.chunks(together).map(<[_]>::to_vec).collect::<Vec<_>>()).collect()
    }

    /// Residuals of these windows.
    pub(super) fn residuals(&self, groups: &[Group]) -> usize {
        let of = |piece: &Piece| {
            let observed = (piece.intervals() + usize::from(piece.start.is_some())) * self.records.observed;
            observed + if piece.next.is_some() { self.layout.dim } else { 0 }
        };
        groups.iter().flatten().map(of).sum()
    }

    /// The observations whose slopes are matched.
    pub(super) fn observations(&self) -> Vec<(usize, usize)> {
        let times = self.records.times.iter().enumerate();
        let all = times.flat_map(|(i, times)| (0..times.len()).map(move |k| (i, k))).collect();
        thinned(all, self.most_residuals(), |_| self.layout.dim)
    }
}

/// So many of them, evenly, that they come to no more than the most residuals, about.
pub(super) fn thinned<I>(all: Vec<I>, most: usize, residuals: impl Fn(&I) -> usize) -> Vec<I> {
    let count: usize = all.iter().map(residuals).sum();
    let keep = (most as f64 / count.max(1) as f64).min(1.0);
    let kept = |k: usize| (k as f64 * keep).floor() > ((k as f64 - 1.0) * keep).floor() || k == 0;
    all.into_iter().enumerate().filter_map(|(k, one)| kept(k).then_some(one)).collect()
}
