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

pub use data::{Trajectories, Trajectory};
pub use error::Error;
pub use field::{Activation, Damped, Mlp, VectorField, WithInputs};
pub use flow::Flow;
pub use network::OdeBlock;
pub use number::{Number, Real};
pub use solve::Solver;
pub use tableau::Tableau;
pub use train::{Adam, Fit, MeanSquare, Model, Schedule, Strategy, Trainer};
