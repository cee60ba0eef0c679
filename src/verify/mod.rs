//! Verification of schemes.

pub mod coefficients;
pub mod error_coefficients;
mod fact;
mod judge;
mod operations;
pub mod order;
#[cfg(test)]
mod order_oracles;
#[cfg(test)]
mod partitioned_oracles;
mod quadratic;
pub mod reduction;
pub mod scalar;
pub mod simplifying;
mod symmetry;
#[cfg(test)]
mod test_schemes;
pub mod tree;
pub mod tree_table;
mod verdict;
pub mod weights;

pub use verdict::{Certainty, Verdict};
