//! Exact arithmetic: the numbers of schemes, polynomials in them and their zeros, whole numbers with a radius where roots
//! have to be enclosed, and what is then said of a residual: whether it is zero, and how surely.

pub mod ball;
pub mod coefficients;
pub(super) mod determinant;
mod digits;
pub(super) mod judge;
pub mod polynomial;
pub(super) mod quotient;
pub mod reduction;
pub mod roots;
pub mod scalar;
pub(super) mod verdict;
