//! Hamiltonian fields of sums of two energies.

use super::{Diagonal, Energy, Potential, Structured, Symplectic};
use crate::field::{Dimensions, Partitioned, Point, Scratch};
use crate::{Error, Real};

/// The Hamiltonian field `q' = ∂T/∂p`, `p' = -∂V/∂q` of an energy `T(p) + V(q)`, on which schemes such as Störmer's and
/// Verlet's are explicit. Parameters are those of `T`, `first`, then those of `V`, `second`.
///
/// ```
/// use kutta::field::{Activation, Separable};
/// use kutta::{Mlp, OdeBlock, tableau::PartitionedTableau};
/// let energy = Mlp::new([2, 20, 20, 1], Activation::Tanh)?;
/// let field = Separable::hamiltonian(energy.clone(), energy)?;
/// let block = OdeBlock::new(field, PartitionedTableau::by_name("stoermer_verlet")?).steps(10).step_size(0.1);
/// # Ok::<(), kutta::Error>(())
/// ```
///
/// Over two [`Ridge`](super::Ridge)s it is the antisymmetric two-layer perceptron
/// `y' = K₁ᵀ σ(K₁ z + b₁)`, `z' = -K₂ᵀ σ(K₂ y + b₂)` of Reshniak and Webster (2021).
///
/// ```
/// use kutta::field::{Activation, Dimensions, Ridge, Separable};
/// let field = Separable::hamiltonian(Ridge::new(3, 16, Activation::Tanh)?, Ridge::new(3, 16, Activation::Tanh)?)?;
/// assert_eq!(field.dim(), 6);
/// # Ok::<(), kutta::Error>(())
/// ```
pub type Separable<K, V> = Partitioned<Structured<Diagonal, K>, Structured<Diagonal, V>>;

impl<K: Dimensions, V: Dimensions> Separable<K, V> {
    /// The field of `kinetic + potential`.
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`] if there are not as many momenta as positions, and as [`Energy::gradient`].
    pub fn hamiltonian(
        kinetic: impl Energy<Gradient = K>,
        potential: impl Energy<Gradient = V>,
    ) -> Result<Self, Error> {
        let all = |factor: f64| move |dim: usize| Ok(Diagonal::new(vec![factor; dim]));
        let (velocity, force) = (Structured::with(kinetic, all(1.0))?, Structured::with(potential, all(-1.0))?);
        Error::check_len("the kinetic energy", "components", velocity.dim(), force.dim())?;
        Partitioned::new(velocity, force)
    }

    /// The field for components that are measured in these units, as [`Hamiltonian::in_units`](super::Hamiltonian::in_units).
    ///
    /// # Errors
    /// As there.
    pub fn in_units(self, units: &[f64]) -> Result<Self, Error> {
        Error::check_len("units", "entries", units.len(), self.dim())?;
        let scales = Symplectic::of_units(units)?.scales().to_vec();
        let (velocity, force) = self.into_parts();
        let velocity = velocity.restructured(|_| Ok(Diagonal::new(scales.clone())))?;
        let force = force.restructured(|_| Ok(Diagonal::new(scales.iter().map(|c| -c).collect())))?;
        Partitioned::new(velocity, force)
    }
}

impl<K: Potential<T>, V: Potential<T>, T: Real> Potential<T> for Separable<K, V> {
    fn energy(&self, at: Point<'_, T>, energy: &mut [T], scratch: &mut Scratch<T>) {
        let (kinetic, potential) = at.params.split_at(self.first().param_count());
        let (q, p) = at.y.split_at(self.first().dim() * at.batch.stride);
        self.first().energy(Point { params: kinetic, y: p, ..at }, energy, scratch);
        let mut sum = scratch.take(at.batch.stride);
        self.second().energy(Point { params: potential, y: q, ..at }, &mut sum, scratch);
        energy.iter_mut().zip(&sum).for_each(|(energy, &x)| *energy += x);
        scratch.give(sum);
    }
}
