//! Vector fields `F(γ, t, y)`: the right-hand sides that layers integrate.
//!
//! A user writes [`VectorField::eval`] for one sample and any [`Number`]. All derivatives and the batched kernels are
//! provided from it; built-in fields override them with matrix kernels.
//!
//! Fields composed of linear operators ([`Layered`]) can be kept from growing steep, by a bound on their Lipschitz constant
//! ([`Normalised`]), and from leaving a stability region, by a disc for the eigenvalues of their Jacobian ([`Bounded`],
//! [`Spectrum`]).

mod activation;
mod bounded;
mod damped;
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

pub use activation::Activation;
pub use bounded::Bounded;
pub use damped::Damped;
pub(crate) use eigenvalues::eigenvalues;
pub use inputs::{Input, WithInputs};
pub(crate) use kernel::Kernels;
pub use layered::Layered;
pub use mlp::Mlp;
pub use normalised::{Normalised, Norms, Split};
pub use operator::{Dense, LinearOperator, leading_singular_vectors, power_iteration, spectral_norm};
pub use reparameterisation::{Effective, Purpose, Reparameterisation};
pub use scratch::Scratch;
pub use spectrum::Spectrum;
#[cfg(feature = "proptest")]
pub(crate) use spectrum::stability;

use crate::{Number, Real};
use rand::Rng;

/// The columns of a batch's matrices.
///
/// A batch of samples is stored unit-major: a matrix of `rows × stride` numbers, row by row, in which row `i` holds
/// component `i` of every sample. Columns from `live` on are padding: kernels may compute on them, and their values are
/// arbitrary, NaN included, but nothing they hold may reach a live column or a parameter's gradient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Batch {
    /// Number of samples.
    pub live: usize,
    /// Length of a row, at least `live`.
    pub stride: usize,
}

impl Batch {
    /// A batch of `live` samples whose rows are padded to whole vector registers (64 bytes).
    pub fn padded<T: Real>(live: usize) -> Self {
        Batch { live, stride: live.next_multiple_of(64 / size_of::<T>()) }
    }
}

/// Where a batch of samples is evaluated: one set of parameters, and a time and a state for every sample.
#[derive(Debug, Clone, Copy)]
pub struct Point<'a, T> {
    /// Parameters `γ`, [`VectorField::param_count`] of them, shared by the samples.
    pub params: &'a [T],
    /// Times, one a column.
    pub t: &'a [T],
    /// States, [`VectorField::inputs`] rows.
    pub y: &'a [T],
    /// The columns of all matrices of this evaluation.
    pub batch: Batch,
}

/// What a [`jvp_pullback`](VectorField::jvp_pullback) gives: the derivatives of `wᵀ(∂F/∂y)v`, where they are wanted.
#[derive(Debug)]
pub struct JvpBars<'a, T> {
    /// By the state, [`VectorField::inputs`] rows, overwritten.
    pub y: &'a mut [T],
    /// By the direction `v`, which is `(∂F/∂y)ᵀ w`: [`VectorField::inputs`] rows, overwritten.
    pub v: Option<&'a mut [T]>,
    /// By the parameters, summed over the live samples and added to what is there.
    pub params: Option<&'a mut [T]>,
}

/// A vector field `F(γ, t, y): R^d → R^d` with parameters `γ`.
///
/// ```
/// use kutta::{Number, VectorField};
/// /// A pendulum whose stiffness is unknown.
/// struct Pendulum;
/// impl VectorField for Pendulum {
///     fn dim(&self) -> usize { 2 }
///     fn param_count(&self) -> usize { 1 }
///     fn eval<S: Number>(&self, params: &[S], _t: S, y: &[S], dy: &mut [S]) {
///         dy[0] = y[1];
///         dy[1] = -params[0] * y[0].sin();
///     }
/// }
/// ```
///
/// # Laws
///
/// * `eval` is a pure function, and writes every entry of `dy`.
/// * Overridden derivatives agree with the provided ones to rounding.
/// * A sample's results do not depend on which samples share its batch.
/// * A derivative method is called with the `record` that [`eval_batch`](VectorField::eval_batch) left at the same
///   point.
pub trait VectorField: Sync {
    /// Number of components of `F`.
    fn dim(&self) -> usize;

    /// Number of parameters.
    fn param_count(&self) -> usize;

    /// `dy = F(γ, t, y)` for one sample.
    fn eval<S: Number>(&self, params: &[S], t: S, y: &[S], dy: &mut [S]);

    /// Number of components of `y`. It differs from [`dim`](VectorField::dim) only for a map that a wrapper such as
    /// `WithInputs` completes to a field.
    fn inputs(&self) -> usize {
        self.dim()
    }

    /// Initial parameters. Provided: uniform in `[-0.1, 0.1]`.
    fn init<T: Real>(&self, rng: &mut impl Rng) -> Vec<T> {
        (0..self.param_count()).map(|_| T::constant(rng.random_range(-0.1..=0.1))).collect()
    }

    /// How the parameters that all other methods take follow from those that are learned, if they differ; see
    /// [`Effective`]. Networks, trainers, models and flows are given learned parameters, and apply this.
    fn reparameterisation<T: Real>(&self) -> Option<&dyn Reparameterisation<T>> {
        None
    }

    /// The same field for a time that is measured in units of `unit`: rates that are known, not learned, are multiplied by
    /// it. Provided: there are none.
    fn in_time_units(self, unit: f64) -> Self
    where
        Self: Sized,
    {
        let _ = unit;
        self
    }

    /// Rows of the matrix in which [`eval_batch`](VectorField::eval_batch) leaves intermediate values for the
    /// derivatives at the same point.
    fn record_rows(&self) -> usize {
        0
    }

    /// `dy = F(γ, t, y)` for a batch; `dy` has [`dim`](VectorField::dim) rows, `record`
    /// [`record_rows`](VectorField::record_rows).
    fn eval_batch<T: Real>(&self, at: Point<'_, T>, dy: &mut [T], record: &mut [T], scratch: &mut Scratch<T>) {
        let _ = record;
        provided::eval_batch(self, at, dy, scratch);
    }

    /// Jacobian–vector product `out = (∂F/∂y) v + (∂F/∂γ) w`. `v` has [`inputs`](VectorField::inputs) rows; `w`, the
    /// direction of the parameters shared by all samples, counts as zero if `None`.
    fn jvp<T: Real>(
        &self,
        at: Point<'_, T>,
        record: &[T],
        v: &[T],
        w: Option<&[T]>,
        out: &mut [T],
        scratch: &mut Scratch<T>,
    ) {
        let _ = record;
        provided::jvp(self, at, v, w, out, scratch);
    }

    /// Vector–Jacobian products `y_bar = (∂F/∂y)ᵀ w`, overwritten, and `params_bar += Σ (∂F/∂γ)ᵀ w` over the live
    /// samples, if asked for. `w` has [`dim`](VectorField::dim) rows, `y_bar` [`inputs`](VectorField::inputs).
    fn vjp<T: Real>(
        &self,
        at: Point<'_, T>,
        record: &[T],
        w: &[T],
        y_bar: &mut [T],
        params_bar: Option<&mut [T]>,
        scratch: &mut Scratch<T>,
    ) {
        let _ = record;
        provided::vjp(self, at, w, y_bar, params_bar, scratch);
    }

    /// Dense Jacobian `∂F/∂y`: row `i·inputs + j` of `out` is `∂F_i/∂y_j` for every sample.
    fn jacobian<T: Real>(&self, at: Point<'_, T>, record: &[T], out: &mut [T], scratch: &mut Scratch<T>) {
        provided::jacobian(self, at, record, out, scratch);
    }

    /// The derivatives of `wᵀ (∂F/∂y) v`: the pullback of the Jacobian–vector product, what regularisers of the
    /// Jacobian are built from. `v` has [`inputs`](VectorField::inputs) rows, `w` [`dim`](VectorField::dim).
    fn jvp_pullback<T: Real>(
        &self,
        at: Point<'_, T>,
        record: &[T],
        v: &[T],
        w: &[T],
        bars: JvpBars<'_, T>,
        scratch: &mut Scratch<T>,
    ) {
        let _ = record;
        provided::jvp_pullback(self, at, v, w, bars, scratch);
    }

    /// The derivatives of `Σ_ij w_ij ∂F_i/∂y_j`, with `w` laid out as [`jacobian`](VectorField::jacobian) is: by the
    /// state in `y_bar`, overwritten, and by the parameters, added to `params_bar`, if asked for.
    fn jacobian_pullback<T: Real>(
        &self,
        at: Point<'_, T>,
        record: &[T],
        w: &[T],
        y_bar: &mut [T],
        params_bar: Option<&mut [T]>,
        scratch: &mut Scratch<T>,
    ) {
        provided::jacobian_pullback(self, at, record, w, y_bar, params_bar, scratch);
    }
}
