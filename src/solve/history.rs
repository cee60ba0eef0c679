//! Past iterates of secant methods, of all samples of a batch, each of which may have begun afresh at its own time.

use super::{Layout, StageSystem};
use crate::Real;

/// A residual that grows by this factor sends a sample back to the best it had.
const GROWTH: f64 = 2.0;

/// What a secant method knows of each sample, beside its own vectors.
pub(super) struct History<T> {
    /// The layout that all matrices have.
    layout: Layout,
    /// The sample of the chunk that each column was before the last evaluation.
    columns: Vec<usize>,
    /// From which of its vectors on a method may use them, by column.
    pub since: Vec<usize>,
    /// The factor `β` of the residual in a step without memory, by column.
    pub damping: Vec<T>,
    best: Vec<T>,
    best_norm: Vec<T>,
}

impl<T: Real> History<T> {
    pub fn new(system: &StageSystem<'_, T>) -> Self {
        let layout = system.buffers.layout;
        History {
            layout,
            columns: system.buffers.samples.clone(),
            since: vec![0; layout.samples],
            damping: vec![T::one(); layout.samples],
            best: vec![T::zero(); layout.len()],
            best_norm: vec![T::MAX; layout.samples],
        }
    }

    /// After samples have left the system: moves the columns of all matrices accordingly.
    pub fn follow<'m>(&mut self, system: &StageSystem<'_, T>, vectors: impl Iterator<Item = &'m mut Vec<T>>)
    where
        T: 'm,
    {
        let (old, new) = (self.layout, system.buffers.layout);
        if old == new {
            return;
        }
        let left = &system.buffers.samples;
        let kept: Vec<usize> = (0..old.samples).filter(|&q| left.contains(&self.columns[q])).collect();
        let pack = |matrix: &mut Vec<T>| {
            let mut packed = vec![T::zero(); new.len()];
            for (to, from) in new.spans().zip(old.spans()) {
                kept.iter().enumerate().for_each(|(q, &k)| packed[to.start + q] = matrix[from.start + k]);
            }
            *matrix = packed;
        };
        vectors.for_each(pack);
        pack(&mut self.best);
        self.since = kept.iter().map(|&k| self.since[k]).collect();
        self.damping = kept.iter().map(|&k| self.damping[k]).collect();
        self.best_norm = kept.iter().map(|&k| self.best_norm[k]).collect();
        (self.layout, self.columns) = (new, left.clone());
    }

    /// Remembers the iterate of column `q`, of that relative residual, if it is its best; if it is much worse, goes back to
    /// the best with half the damping, and says so. What was learned until `now` is forgotten then.
    pub fn falls_back(&mut self, system: &mut StageSystem<'_, T>, q: usize, norm: T, now: usize) -> bool {
        let layout = self.layout;
        // What residuals are relative to changes with the iterate.
        let norm = norm * system.buffers.scale[q];
        let y = &mut system.buffers.y;
        if norm <= self.best_norm[q] {
            self.best_norm[q] = norm;
            layout.spans().for_each(|span| self.best[span.start + q] = y[span.start + q]);
            return false;
        }
        if norm.is_finite() && norm <= T::constant(GROWTH) * self.best_norm[q] {
            return false;
        }
        layout.spans().for_each(|span| y[span.start + q] = self.best[span.start + q]);
        self.damping[q] *= T::constant(0.5);
        self.since[q] = now;
        true
    }
}
