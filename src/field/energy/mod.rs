//! Energies, and fields made of their gradients.
//!
//! An [`Energy`] is a number that depends on the state: one that a user writes, a [`ScalarField`], or a network. Its
//! [`gradient`](Energy::gradient) is a field, and a matrix times that is another, [`Structured`]: a [`Hamiltonian`] field
//! keeps the energy, a [`PortHamiltonian`] or a [`GradientFlow`] never raises it. All tell it, as [`Potential`]s.

mod descent;
mod gradient;
mod hamiltonian;
mod network;
mod port;
mod primitive;
mod ridge;
mod separable;
mod structured;

pub use descent::{Diagonal, GradientFlow};
pub use gradient::{EnergyGradient, ScalarField};
pub use hamiltonian::{Hamiltonian, Symplectic};
pub use port::{DissipativeMatrix, PortHamiltonian};
pub use ridge::Ridge;
pub use separable::Separable;
pub use structured::{StructureMatrix, Structured};

use super::{Dimensions, Field, Point, Scratch};
use crate::{Error, Real};

/// A function `E(γ, t, y): R^d → R` with a gradient.
///
/// Every [`ScalarField`] is one, and every network of one output, whose gradient has kernels as fast as its own.
pub trait Energy {
    /// The field `∂E/∂y`, which tells `E` too, as a [`Potential`].
    type Gradient: Dimensions;

    /// The gradient.
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`] for a network of several outputs.
    fn gradient(self) -> Result<Self::Gradient, Error>;
}

/// A field that is made of the gradient of an energy, and tells it.
///
/// ```
/// use kutta::field::{Activation, Field, Hamiltonian, Point, Potential, Scratch};
/// use kutta::Mlp;
/// # use rand::{SeedableRng, rngs::StdRng};
/// let field = Hamiltonian::new(Mlp::new([2, 20, 20, 1], Activation::Tanh)?)?;
/// let params: Vec<f64> = field.init(&mut StdRng::seed_from_u64(1));
/// let mut energy = [0.0];
/// field.energy(Point::one(&params, &0.0, &[0.5, -0.2]), &mut energy, &mut Scratch::new());
/// assert!(energy[0] != 0.0);
/// # Ok::<(), kutta::Error>(())
/// ```
pub trait Potential<T: Real>: Field<T> {
    /// `energy = E(γ, t, y)`, one number a column of the batch.
    fn energy(&self, at: Point<'_, T>, energy: &mut [T], scratch: &mut Scratch<T>);
}
