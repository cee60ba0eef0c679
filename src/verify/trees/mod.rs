//! Rooted trees and what is indexed by them: elementary weights, order conditions and their errors, B-series, and the orders
//! that are read from these.

pub mod b_series;
pub mod conserved_order;
pub mod effective_order;
pub mod error_coefficients;
pub mod general_linear;
pub mod order;
#[cfg(test)]
mod order_oracles;
#[cfg(test)]
mod partitioned_oracles;
pub mod simplifying;
#[cfg(test)]
pub(super) mod test_schemes;
pub mod tree;
pub mod tree_table;
pub mod weights;
