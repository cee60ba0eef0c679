//! Verification of schemes.

pub mod additive;
pub mod ball;
pub mod coefficients;
mod determinant;
pub mod error_coefficients;
mod fact;
mod judge;
pub mod monotonicity;
mod operations;
pub mod order;
#[cfg(test)]
mod order_oracles;
pub mod oscillator;
#[cfg(test)]
mod partitioned_oracles;
pub mod phase;
pub mod polynomial;
mod quadratic;
mod report;
pub mod reduction;
pub mod roots;
pub mod scalar;
pub mod simplifying;
pub mod stability;
pub mod stability_function;
mod symmetry;
#[cfg(test)]
mod test_schemes;
pub mod tree;
pub mod tree_table;
mod verdict;
pub mod weights;

pub use fact::{Claim, Fact, Value};
pub use report::Report;
pub use verdict::{Certainty, Verdict};

/// Everything about a scheme.
pub fn verify(scheme: &crate::Tableau) -> Report {
    Report::of(scheme, None)
}
