//! Vector fields `F(γ, t, y)`: the right-hand sides that layers integrate.
//!
//! A user writes [`VectorField::eval`] for one sample and any [`Number`](crate::Number). That makes a [`Field`]: batched
//! evaluation and all derivatives at one precision, which is what everything else computes with. Built-in fields are
//! [`Field`]s of their own, with matrix kernels.
//!
//! Fields composed of linear operators ([`Layered`]) can be kept from growing steep, by a bound on their Lipschitz constant
//! ([`Normalised`]), and from leaving a stability region, by a disc for the eigenvalues of their Jacobian ([`Bounded`],
//! [`Spectrum`]).

mod activation;
mod any;
mod batch;
mod bounded;
mod columns;
mod damped;
mod dimensions;
mod eigenvalues;
mod inputs;
mod kernel;
mod layered;
mod mlp;
mod normalised;
mod operator;
mod provided;
mod reparameterisation;
mod scratch;
mod spectrum;
mod vector_field;

pub use activation::Activation;
pub use any::AnyField;
pub use batch::{Batch, JvpBars, Point};
pub use bounded::Bounded;
pub use damped::Damped;
pub use dimensions::Dimensions;
pub(crate) use eigenvalues::eigenvalues;
pub use inputs::{Input, WithInputs};
pub use layered::Layered;
pub use mlp::Mlp;
pub use normalised::{Normalised, Norms, Split};
pub use operator::{Dense, LinearOperator, leading_singular_vectors, power_iteration, spectral_norm};
pub use reparameterisation::{Effective, Purpose, Reparameterisation};
pub use scratch::Scratch;
pub use spectrum::Spectrum;
#[cfg(feature = "proptest")]
pub(crate) use spectrum::stability;
pub use vector_field::VectorField;

use crate::Real;
use crate::number::Rounded;
use rand::RngCore;
use std::fmt;

/// A field `F(γ, t, y)` in batches, with its derivatives, at one precision.
///
/// Every [`VectorField`] is one. Implement it directly for what exists in batches alone, or has kernels of its own.
///
/// # Laws
///
/// * A sample's results do not depend on which samples share its batch.
/// * A derivative method is called with the `record` that [`eval_batch`](Field::eval_batch) left at the same point.
pub trait Field<T: Real>: Dimensions {
    /// Initial parameters.
    fn init(&self, rng: &mut dyn RngCore) -> Vec<T>;

    /// How the parameters that all other methods take follow from those that are learned, if they differ; see
    /// [`Effective`]. Networks, trainers, models and flows are given learned parameters, and apply this.
    fn reparameterisation(&self) -> Option<&dyn Reparameterisation<T>>;

    /// `dy = F(γ, t, y)` for a batch; `dy` has [`dim`](Dimensions::dim) rows, `record`
    /// [`record_rows`](Dimensions::record_rows).
    fn eval_batch(&self, at: Point<'_, T>, dy: &mut [T], record: &mut [T], scratch: &mut Scratch<T>);

    /// `dy = F(γ, t, y)` for one sample, with bounds on the rounding errors that inputs have and that evaluation adds.
    fn eval_rounded(&self, params: &[Rounded<T>], t: Rounded<T>, y: &[Rounded<T>], dy: &mut [Rounded<T>]);

    /// Jacobian–vector product `out = (∂F/∂y) v + (∂F/∂γ) w`. `v` has [`inputs`](Dimensions::inputs) rows; `w`, the
    /// direction of the parameters shared by all samples, counts as zero if `None`.
    fn jvp(&self, at: Point<'_, T>, record: &[T], v: &[T], w: Option<&[T]>, out: &mut [T], scratch: &mut Scratch<T>);

    /// Vector–Jacobian products `y_bar = (∂F/∂y)ᵀ w`, overwritten, and `params_bar += Σ (∂F/∂γ)ᵀ w` over the live
    /// samples, if asked for. `w` has [`dim`](Dimensions::dim) rows, `y_bar` [`inputs`](Dimensions::inputs).
    fn vjp(
        &self,
        at: Point<'_, T>,
        record: &[T],
        w: &[T],
        y_bar: &mut [T],
        params_bar: Option<&mut [T]>,
        scratch: &mut Scratch<T>,
    );

    /// The derivatives of `wᵀ (∂F/∂y) v`: the pullback of the Jacobian–vector product, what regularisers of the
    /// Jacobian are built from. `v` has [`inputs`](Dimensions::inputs) rows, `w` [`dim`](Dimensions::dim).
    fn jvp_pullback(
        &self,
        at: Point<'_, T>,
        record: &[T],
        v: &[T],
        w: &[T],
        bars: JvpBars<'_, T>,
        scratch: &mut Scratch<T>,
    );

    /// Dense Jacobian `∂F/∂y`: row `i·inputs + j` of `out` is `∂F_i/∂y_j` for every sample. Provided: one
    /// Jacobian–vector product a column.
    fn jacobian(&self, at: Point<'_, T>, record: &[T], out: &mut [T], scratch: &mut Scratch<T>) {
        columns::jacobian(self, at, record, out, scratch);
    }

    /// The derivatives of `Σ_ij w_ij ∂F_i/∂y_j`, with `w` laid out as [`jacobian`](Field::jacobian) is: by the state in
    /// `y_bar`, overwritten, and by the parameters, added to `params_bar`, if asked for. Provided: one pullback of a
    /// Jacobian–vector product a column.
    fn jacobian_pullback(
        &self,
        at: Point<'_, T>,
        record: &[T],
        w: &[T],
        y_bar: &mut [T],
        params_bar: Option<&mut [T]>,
        scratch: &mut Scratch<T>,
    ) {
        columns::jacobian_pullback(self, at, record, w, y_bar, params_bar, scratch);
    }
}

impl<T: Real> fmt::Debug for dyn Field<T> + '_ {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a field of {} components and {} parameters", self.dim(), self.param_count())
    }
}
