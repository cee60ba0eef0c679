//! Hamiltonian fields.

use super::{Energy, StructureMatrix, Structured};
use crate::field::Dimensions;
use crate::{Error, Number};
use serde::{Deserialize, Serialize};

/// The Hamiltonian field `q' = ∂E/∂p`, `p' = -∂E/∂q` of an energy of `y = (q, p)`: positions, then momenta. Its flow keeps
/// the energy; symplectic schemes nearly do, for all times.
///
/// Positions and momenta are parts that a [`PartitionedTableau`](crate::tableau::PartitionedTableau) may treat differently;
/// of an energy `T(p) + V(q)` take [`Separable`](super::Separable), on which such schemes are explicit. If another energy
/// depends on time, the two tableaux must have the same nodes to be symplectic.
///
/// ```
/// use kutta::field::{Activation, Hamiltonian};
/// use kutta::{Mlp, OdeBlock, Tableau};
/// let field = Hamiltonian::new(Mlp::new([4, 20, 20, 1], Activation::Tanh)?)?;
/// let block = OdeBlock::new(field, Tableau::implicit_midpoint()).steps(10).step_size(0.1);
/// # Ok::<(), kutta::Error>(())
/// ```
///
/// # Units
///
/// What is Hamiltonian in `x` need not be in `y = (x - m)/s`, taken component by component, as standardised data are: then
///
/// ```text
/// q_i' = c_i ∂E/∂p_i ,   p_i' = -c_i ∂E/∂q_i ,   c_i = 1/(s_i s_{n+i}) .
/// ```
///
/// A common factor of all `c_i` is one of the energy. So with one degree of freedom nothing changes, and with more only if
/// the scales `s` of a position and its momentum have the same product throughout; otherwise these factors must be known:
/// [`in_units`](Hamiltonian::in_units). Symplectic schemes keep what the flow keeps with them too.
///
/// *Reference*: S. Greydanus, M. Dzamba, J. Yosinski, "Hamiltonian neural networks", 2019, arXiv:1906.01563.
pub type Hamiltonian<G> = Structured<Symplectic, G>;

/// The matrix `J` of a [`Hamiltonian`] field, with a factor for each pair of a position and its momentum.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Symplectic {
    scales: Vec<f64>,
}

impl<G: Dimensions> Hamiltonian<G> {
    /// The field of `energy`.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for an odd number of components, and as [`Energy::gradient`].
    pub fn new(energy: impl Energy<Gradient = G>) -> Result<Self, Error> {
        Self::with(energy, Symplectic::new)
    }

    /// The field for components that are measured in these units, one for each position, then one for each momentum: see
    /// [Units](Hamiltonian#units). The energy is divided by the geometric mean of the products of a pair's units.
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`] for another number of units, [`Error::InvalidArgument`] if one is not positive and finite.
    pub fn in_units(self, units: &[f64]) -> Result<Self, Error> {
        self.restructured(|_| Symplectic::of_units(units))
    }
}

impl Symplectic {
    /// `J` for `dim` components.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for an odd number.
    pub fn new(dim: usize) -> Result<Self, Error> {
        let structure = Symplectic { scales: vec![1.0; dim / 2] };
        structure.check(dim).map(|()| structure)
    }

    /// `J` for components that are measured in these units.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if one is not positive and finite, or their number is odd.
    pub fn of_units(units: &[f64]) -> Result<Self, Error> {
        if let Some(unit) = units.iter().find(|unit| !(unit.is_finite() && **unit > 0.0)) {
            return Err(Error::invalid("a unit", unit, "a positive number"));
        }
        let (q, p) = units.split_at(units.len() / 2);
        // By logarithms no product over- or underflows.
        let logs: Vec<f64> = q.iter().zip(p).map(|(q, p)| q.ln() + p.ln()).collect();
        let mean = logs.iter().sum::<f64>() / logs.len().max(1) as f64;
        let structure = Symplectic { scales: logs.iter().map(|log| (mean - log).exp()).collect() };
        structure.check(units.len()).map(|()| structure)
    }

    /// The factors of the pairs.
    pub fn scales(&self) -> &[f64] {
        &self.scales
    }
}

impl StructureMatrix for Symplectic {
    fn check(&self, dim: usize) -> Result<(), Error> {
        if dim == 0 || dim % 2 == 1 {
            return Err(Error::invalid("the components of the energy", dim, "an even number: positions and momenta"));
        }
        Error::check_len("the matrix", "pairs", self.scales.len(), dim / 2)?;
        match self.scales.iter().find(|scale| !(scale.is_finite() && **scale > 0.0)) {
            Some(scale) => Err(Error::invalid("a scale", scale, "a positive number")),
            None => Ok(()),
        }
    }

    fn in_units(self, reads: &[f64], _: &[f64]) -> Result<Self, Error> {
        let more = Symplectic::of_units(reads)?.scales;
        Ok(Symplectic { scales: self.scales.iter().zip(more).map(|(scale, more)| scale * more).collect() })
    }

    fn parts(&self) -> Option<usize> {
        Some(self.scales.len())
    }

    fn apply<S: Number>(&self, _: &[S], transposed: bool, x: &[S], out: &mut [S]) {
        let half = x.len() / 2;
        let len = (half / self.scales.len()).max(1);
        let sign = if transposed { -1.0 } else { 1.0 };
        let (q, p) = x.split_at(half);
        let (q_out, p_out) = out.split_at_mut(half);
        for (rows, out, sign) in [(p, q_out, sign), (q, p_out, -sign)] {
            for ((row, out), &scale) in rows.chunks_exact(len).zip(out.chunks_exact_mut(len)).zip(&self.scales) {
                let factor = S::constant(sign * scale);
                out.iter_mut().zip(row).for_each(|(out, &x)| *out = factor * x);
            }
        }
    }
}
