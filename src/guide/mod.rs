//! The guide: how to work with kutta, a chapter for each thing that one sets out to do.
//!
//! | chapter | answers |
//! | --- | --- |
//! | [Your first fit](first_fit) | how to get from a file of measurements to an equation and a forecast |
//! | [Your data](data) | what a file looks like, how much is needed, what cannot be given |
//! | [When a fit does not arrive](no_arrival) | what a bad verdict means, and what to try, in which order |
//! | [Writing a field](writing_a_field) | how to put what is known of an equation into it |
//! | [Choosing a scheme](choosing_a_scheme) | which scheme for which problem, by measurements |
//! | [Stiff data](stiff_data) | what to do about scales of time that lie far apart |
//! | [Hamiltonian data](hamiltonian_data) | how to learn energies, and what is kept in the long run |
//! | [Verifying a scheme](verifying_a_scheme) | what is known of a scheme, how surely, and what a claim is worth |
//! | [Gradients and memory](gradients_and_memory) | what is differentiated, and what it costs |
//! | [When a solve fails](failed_solves) | what errors say, and what to do about them |
//! | [Extending kutta](extending) | how to bring a field, a scheme, a loss, a penalty, an optimiser, an objective |
//!
//! The first three need the command line alone. The code of all chapters is compiled and run by the tests of this crate, as are
//! their command lines, with the files that they show.

#[doc = include_str!("choosing_a_scheme.md")]
pub mod choosing_a_scheme {}
#[doc = include_str!("data.md")]
pub mod data {}
#[doc = include_str!("extending.md")]
pub mod extending {}
#[doc = include_str!("failed_solves.md")]
pub mod failed_solves {}
#[doc = include_str!("first_fit.md")]
pub mod first_fit {}
#[doc = include_str!("gradients_and_memory.md")]
pub mod gradients_and_memory {}
#[doc = include_str!("hamiltonian_data.md")]
pub mod hamiltonian_data {}
#[doc = include_str!("no_arrival.md")]
pub mod no_arrival {}
#[doc = include_str!("stiff_data.md")]
pub mod stiff_data {}
#[doc = include_str!("verifying_a_scheme.md")]
pub mod verifying_a_scheme {}
#[doc = include_str!("writing_a_field.md")]
pub mod writing_a_field {}
