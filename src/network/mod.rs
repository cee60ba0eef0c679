//! Networks: chains of steps with their parameters.

mod block;
mod chunk;
mod contraction;
mod discs;
mod forward;
mod grid;
mod loss;
mod penalty;
mod regularised;
mod spectra;
mod states;
mod unrolled;

pub(crate) use block::AnyBlock;
pub use block::{Gradient, OdeBlock, Sharing};
#[cfg(feature = "proptest")]
pub(crate) use discs::stability;
pub use grid::{Grid, StartTimes, TIME_SLACK, fewest_steps};
pub use loss::{FinalState, Loss, MeanSquare, MeanSquareAt};
pub use regularised::Regularised;
pub use states::States;
pub use unrolled::Unrolled;

pub use crate::solve::Work;
