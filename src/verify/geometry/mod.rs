//! What steps keep of the geometry of a flow: symmetry in time, and quadratic forms, the symplectic one among them; by one
//! scheme, or by a pair.

pub(super) mod pair;
mod quadratic;
mod symmetry;
