//! Networks: chains of steps with their parameters.

mod block;
mod chunk;
mod contraction;
mod forward;
mod grid;
mod path;
mod penalty;
mod regularised;
mod spectra;
mod unrolled;

pub(crate) use block::AnyBlock;
pub use block::{Gradient, OdeBlock, Sharing};
pub use grid::{Grid, StartTimes};
pub use path::Path;
pub use regularised::Regularised;
pub use unrolled::Unrolled;

pub use crate::solve::Work;
