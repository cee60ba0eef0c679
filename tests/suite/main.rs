//! The tests of the library and of the command from outside: one program, so that it is linked once.

mod adjoint_fixtures;
mod adjoint_properties;
mod commands;
mod common;
mod convergence_order;
mod csv_errors;
mod field_kernels;
mod flow;
mod joining;
mod model_files;
mod proofs;
mod properties;
mod regularisation;
mod regularised_spectrum;
mod reuse;
mod scheme_fixtures;
mod scheme_oracles;
mod second_derivatives;
mod solved_stages;
mod spectrum;
mod spectrum_bounds;
mod stage_solvers;
mod tableau_files;
mod training;
mod verification;
mod written_digits;
