//! Kernels on batches in unit-major layout, with the best instructions the processor has, found at run time.

mod coefficients;
mod elementwise;
mod functions;
mod matmul;
mod network;
mod pack;

pub(super) use network::{Evaluate, Jacobian, Pullback, Pushforward};

#[cfg(test)]
mod tests;
