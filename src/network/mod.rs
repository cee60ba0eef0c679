//! Networks: chains of steps with their parameters.

mod block;
mod chunk;
mod grid;
mod path;
mod penalty;
mod regularised;
mod spectra;
mod unrolled;

pub use block::{Gradient, OdeBlock, Sharing};
pub use grid::{Grid, StartTimes};
pub use path::Path;
pub use regularised::Regularised;
pub use unrolled::Unrolled;

/// Nonlinear work of a forward pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Work {
    /// Iterations, over all stage solves of all samples.
    pub iterations: usize,
    /// Stage systems solved: one a sample, step and block of implicit stages.
    pub solves: usize,
}

impl Work {
    /// Iterations a stage system; zero for explicit methods.
    pub fn mean_iterations(&self) -> f64 {
        if self.solves == 0 { 0.0 } else { self.iterations as f64 / self.solves as f64 }
    }
}
