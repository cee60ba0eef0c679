//! Verification of schemes.

pub mod coefficients;
pub mod scalar;
mod verdict;

pub use verdict::{Certainty, Verdict};
