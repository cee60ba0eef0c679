//! Property tests of integrators.
mod fields;
mod fraction;
mod laws;
mod maps;
mod schemes;

pub use fields::*;
pub use laws::*;
pub use maps::{Outcome, adjoint, differences, flow, one_step, stability_function, tangent};
pub use schemes::*;
