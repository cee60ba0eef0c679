//! Verification of schemes.

pub mod ball;
pub mod coefficients;
mod determinant;
pub mod polynomial;
pub mod roots;
pub mod scalar;
pub mod stability_function;
pub mod stability;
mod verdict;

pub use verdict::{Certainty, Verdict};
