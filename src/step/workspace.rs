//! Memory of steps and their derivatives.

use crate::Real;
use crate::field::{Batch, Scratch};
use crate::linalg::LuScratch;
use crate::solve::{Buffers, Remembered, Work};

/// Memory that steps reuse, so that none allocates after the first.
#[derive(Debug)]
pub struct Workspace<T: Real> {
    pub(super) scratch: Scratch<T>,
    pub(super) buffers: Buffers<T>,
    /// What later solves take over.
    pub(super) remembered: Remembered<T>,
    /// `h k_i` of every term at every stage, one matrix after another.
    pub(super) increments: Vec<T>,
    /// A copy of the carried vectors, or of what is derived by them.
    pub(super) carried: Vec<T>,
    /// Base and slopes of an implicit block.
    pub(super) base: Vec<T>,
    pub(super) slopes: Vec<T>,
    pub(super) residual: Vec<T>,
    /// `h k_i` without the error that a relaxation would take from them.
    pub(super) smooth: Vec<T>,
    /// The stages of an implicit block as the steps before let them expect.
    pub(super) guess: Vec<T>,
    pub(super) work: Work,
    /// For derivatives: a right-hand side and a solution of a block's linear system, and two products.
    pub(super) rhs: Vec<T>,
    pub(super) solution: Vec<T>,
    pub(super) product: Vec<T>,
    pub(super) jacobians: Vec<T>,
    pub(super) matrix: Vec<T>,
    pub(super) pivots: Vec<usize>,
    pub(super) unknowns: Vec<T>,
    pub(super) tolerance: Vec<T>,
    pub(super) lu: LuScratch,
}

impl<T: Real> Workspace<T> {
    /// Empty: the first steps fill it.
    pub fn new() -> Self {
        Workspace {
            scratch: Scratch::new(),
            buffers: Buffers::new(),
            remembered: Remembered::new(),
            increments: Vec::new(),
            carried: Vec::new(),
            base: Vec::new(),
            slopes: Vec::new(),
            residual: Vec::new(),
            smooth: Vec::new(),
            guess: Vec::new(),
            work: Work::default(),
            rhs: Vec::new(),
            solution: Vec::new(),
            product: Vec::new(),
            jacobians: Vec::new(),
            matrix: Vec::new(),
            pivots: Vec::new(),
            unknowns: Vec::new(),
            tolerance: Vec::new(),
            lu: LuScratch::default(),
        }
    }

    /// Forgets what earlier steps taught, and their work: the next one belongs to other samples.
    pub fn start(&mut self) {
        self.start_pass(true);
    }

    /// Forgets what earlier steps taught, but not their work.
    pub(crate) fn forget(&mut self) {
        self.remembered.forget(true);
    }

    /// As [`start`](Workspace::start), for the same samples again; with or without forgetting factors of Jacobians.
    pub(crate) fn start_pass(&mut self, factors: bool) {
        self.remembered.forget(factors);
        self.work = Work::default();
    }

    /// Remembers what another has learned from steps forward, see [`Remembered::copy_from`].
    pub(crate) fn recall(&mut self, other: &Remembered<T>, factors: bool) {
        self.remembered.copy_from(other, factors);
    }

    /// What steps have taught.
    pub(crate) fn remembered(&self) -> &Remembered<T> {
        &self.remembered
    }

    /// Counts steps that are taken again.
    pub(crate) fn work_mut(&mut self) -> &mut Work {
        &mut self.work
    }

    /// Forgets what earlier steps of an adjoint taught: the next one does not continue them.
    pub fn start_adjoint(&mut self) {
        self.remembered.forget_adjoint();
    }

    /// What steps and their adjoints have cost since [`start`](Workspace::start).
    pub fn work(&self) -> Work {
        self.work
    }

    /// Keeps the slopes of the step just taken.
    pub(super) fn remember(&mut self, batch: Batch) {
        self.remembered.slopes.push(&self.smooth, batch.stride);
    }

    /// Scales the slopes of the last step, for a next step that is `ratio` times as long or starts elsewhere, and forgets
    /// those before: its first guess is that slopes last.
    pub(crate) fn scale_guess(&mut self, ratio: T) {
        self.remembered.slopes.scale(ratio);
    }

    /// `out = Σ_i w_i h k_i` with the slopes of the last forward step.
    pub(crate) fn combine(&self, weights: &[T], out: &mut [T]) {
        out.fill(T::zero());
        for (increment, &w) in self.increments.chunks_exact(out.len()).zip(weights) {
            out.iter_mut().zip(increment).for_each(|(out, &x)| *out += w * x);
        }
    }

    /// Memory for evaluations of the field.
    pub fn scratch(&mut self) -> &mut Scratch<T> {
        &mut self.scratch
    }
}

impl<T: Real> Default for Workspace<T> {
    fn default() -> Self {
        Self::new()
    }
}
