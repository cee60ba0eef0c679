//! Linear algebra of small matrices: what knows no field, no scheme, and no number but the machine's.

mod eigenvalues;
mod elimination;
mod lu;

pub(crate) use eigenvalues::eigenvalues;
pub use lu::DenseLu;
pub(crate) use lu::{LuScratch, Singular};
