//! Exact arithmetic beyond that of coefficients: polynomials and their zeros, whole numbers with a radius where roots have to be
//! enclosed, and what is then said of a residual: whether it is zero, and how surely.

pub mod ball;
pub(super) mod determinant;
pub(super) mod elimination;
pub(super) mod interpolated;
pub(super) mod judge;
pub mod numbers;
pub mod polynomial;
pub(super) mod quotient;
pub mod roots;
pub(super) mod unit_circle;
pub(super) mod verdict;
