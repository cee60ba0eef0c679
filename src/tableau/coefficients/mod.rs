//! The coefficients of a scheme as operations on it and analysis of it see them: exact where they can be, with a tolerance
//! where they cannot, and how surely either is what was meant.

mod certainty;
mod digits;
pub mod recovered;
pub mod reduction;
pub mod scalar;

pub use certainty::Certainty;
pub use recovered::{Coefficients, Recovered};
pub use scalar::{Rational, Scalar, Summed};

pub(crate) use certainty::TOLERANCE;
pub(crate) use recovered::{nearest, simple, with_coefficients};
