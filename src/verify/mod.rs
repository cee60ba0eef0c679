//! Verification of schemes.

pub mod additive;
pub mod ball;
pub mod coefficients;
mod determinant;
pub mod monotonicity;
pub mod oscillator;
pub mod phase;
pub mod polynomial;
mod reduction;
mod region;
pub mod roots;
pub mod scalar;
mod stability;
pub mod stability_function;
mod verdict;

pub use verdict::{Certainty, Verdict};
