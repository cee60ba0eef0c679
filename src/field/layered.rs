//! Fields composed of linear operators.

use super::bounded::Bounded;
use super::operator::spectral_norm;
use super::{Field, LinearOperator, Normalised, Spectrum};
use crate::{Error, Real};

/// A field composed of linear operators, which are learned, and of fixed functions whose slope is bounded.
///
/// `F = A_k σ A_{k-1} … σ A_1` has the Lipschitz constant `Lip(σ)^{k-1} Π ‖A_i‖₂` at most; translations (biases) do not
/// matter.
pub trait Layered: Field<f64> + Sized {
    /// What kind of operators they are.
    type Operator: LinearOperator;

    /// The operators, in order. The one that reads the input is restricted to its first `inputs` components: on these
    /// alone the bound is to hold.
    fn operators(&self, inputs: usize) -> Vec<Self::Operator>;

    /// The product of the Lipschitz constants of all the functions between.
    fn slope(&self) -> f64;

    /// Power iterations a step of training that find the norms of its operators well enough, unless
    /// [others](Normalised::with_norms) are asked for. Provided: one.
    fn power_iterations(&self) -> usize {
        1
    }

    /// `slope Π ‖A_i‖₂`, to rounding: no Lipschitz constant of the field with respect to its state is larger. `params` are
    /// those that evaluations take, see [`Effective`](super::Effective).
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`] for a wrong number of parameters.
    fn lipschitz_bound<T: Real>(&self, params: &[T]) -> Result<f64, Error> {
        Error::check_len("params", "entries", params.len(), self.param_count())?;
        let norm = |operator: &Self::Operator| spectral_norm(operator, params).to_f64();
        Ok(self.slope() * self.operators(self.inputs()).iter().map(norm).product::<f64>())
    }

    /// The same field, of Lipschitz constant `lipschitz` at most. See [`Normalised`].
    ///
    /// # Errors
    /// As [`Normalised::new`].
    fn normalised(self, lipschitz: f64) -> Result<Normalised<Self>, Error> {
        Normalised::new(self, lipschitz)
    }

    /// The field `F_{α,β}` over this one, all eigenvalues of whose Jacobian lie in the disc with the diameter `[α, β]`. See
    /// [`Bounded`].
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] unless `α < β`, both finite.
    fn with_spectrum(self, alpha: f64, beta: f64) -> Result<Bounded<Normalised<Self>>, Error> {
        Ok(Bounded::new(self.normalised(1.0)?, Spectrum::new(alpha, beta)?))
    }
}
