//! Linear stability: the stability function, where it is at most one in size, what it does to oscillations, and how long a
//! step may be that keeps what forward Euler keeps.

pub mod additive;
mod critical;
pub mod growth;
mod half_planes;
pub mod monotonicity;
pub mod oscillator;
pub mod phase;
pub mod rays;
mod region;
pub mod stability_function;
