//! Verification of schemes.

pub mod ball;
pub mod coefficients;
pub mod polynomial;
pub mod roots;
pub mod scalar;
mod verdict;

pub use verdict::{Certainty, Verdict};
