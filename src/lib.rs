//! kutta
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod data;
pub mod error;
pub mod field;
mod file;
pub mod flow;
pub mod network;
pub mod number;
#[cfg(feature = "plot")]
pub mod plot;
pub mod solve;
pub mod step;
pub mod tableau;
pub mod train;

pub use error::Error;
pub use field::VectorField;
pub use flow::Flow;
pub use number::{Number, Real};
pub use tableau::Tableau;
