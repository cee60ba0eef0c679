//! Memory of steps and their derivatives.

use crate::Real;
use crate::field::Scratch;
use crate::solve::lu::LuScratch;
use crate::solve::{Buffers, Newton};

/// Memory that steps reuse, so that none allocates after the first.
#[derive(Debug)]
pub struct Workspace<T: Real> {
    pub(super) scratch: Scratch<T>,
    pub(super) buffers: Buffers<T>,
    pub(super) newton: Newton<T>,
    /// `h k_i` of every stage, one `d × stride` matrix after another.
    pub(super) increments: Vec<T>,
    /// Base and slopes of an implicit block.
    pub(super) base: Vec<T>,
    pub(super) slopes: Vec<T>,
    /// `h k_i` of the last step and of the one before, for first guesses, and how many of these there are.
    pub(super) history: [Vec<T>; 2],
    pub(super) known_steps: usize,
    /// Whether GMRES failed on these samples where LU did not.
    pub(super) defeats_krylov: bool,
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
            newton: Newton::new(),
            increments: Vec::new(),
            base: Vec::new(),
            slopes: Vec::new(),
            history: [Vec::new(), Vec::new()],
            known_steps: 0,
            defeats_krylov: false,
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

    /// Forgets what earlier steps taught: the next one belongs to other samples.
    pub fn start(&mut self) {
        self.known_steps = 0;
        self.defeats_krylov = false;
    }

    /// Keeps the slopes of the step just taken.
    pub(super) fn remember(&mut self) {
        self.history.swap(0, 1);
        self.history[0].clear();
        self.history[0].extend_from_slice(&self.increments);
        self.known_steps = (self.known_steps + 1).min(2);
    }

    /// Scales the slopes of the last step, for a next step that is `ratio` times as long or starts elsewhere, and forgets
    /// those before: its first guess is that slopes last.
    pub(crate) fn scale_guess(&mut self, ratio: T) {
        self.history[0].iter_mut().for_each(|x| *x *= ratio);
        self.known_steps = self.known_steps.min(1);
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
