//! Learning parameters from data.

mod loss;

pub use loss::{FinalState, Loss, MeanSquare, MeanSquareAt};
