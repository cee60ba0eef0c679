//! Verification of schemes.

pub mod b_series;
pub mod coefficients;
pub mod conserved_order;
pub mod effective_order;
pub mod error_coefficients;
mod judge;
pub mod order;
#[cfg(test)]
mod order_oracles;
#[cfg(test)]
mod partitioned_oracles;
pub mod scalar;
pub mod simplifying;
#[cfg(test)]
mod test_schemes;
pub mod tree;
pub mod tree_table;
mod verdict;
pub mod weights;

pub use verdict::{Certainty, Verdict};
