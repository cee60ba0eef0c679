//! Verification of schemes.

pub mod coefficients;
mod operations;
mod quadratic;
pub mod reduction;
pub mod scalar;
mod symmetry;
mod verdict;

pub use verdict::{Certainty, Verdict};
