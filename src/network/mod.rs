//! Networks: chains of steps with their parameters.

mod affine;
mod block;
mod chunk;
mod clock;
mod contraction;
mod course;
mod discs;
mod forward;
mod grid;
mod inverse;
mod layer;
mod loss;
mod map;
mod memory;
mod penalty;
mod regularised;
mod schedule;
mod sequential;
mod spare;
mod spectra;
mod states;
mod trail;
mod unrolled;

pub use affine::Affine;
pub(crate) use block::AnyBlock;
pub use block::{Gradient, OdeBlock, Sharing};
#[cfg(feature = "proptest")]
pub(crate) use discs::stability;
pub use grid::{Grid, StartTimes, TIME_SLACK, fewest_steps};
pub use layer::{Layer, Pass};
pub use loss::{FinalState, Loss, MeanSquare, MeanSquareAt};
pub use map::Map;
pub use memory::Memory;
pub use regularised::Regularised;
pub use sequential::Sequential;
pub use states::States;
pub use unrolled::Unrolled;

pub use crate::solve::Work;
