//! Vector fields `F(γ, t, y)`: the right-hand sides that layers integrate.
//!
//! A user writes [`VectorField::eval`] for one sample and any [`Number`](crate::Number). That makes a [`Field`]: batched
//! evaluation and all derivatives at one precision, which is what everything else computes with. Built-in fields are
//! [`Field`]s of their own, with matrix kernels.
//!
//! Fields composed of linear operators ([`Layered`]) can be kept from growing steep, by a bound on their Lipschitz constant
//! ([`Normalised`]), and from leaving a stability region, by a disc for the eigenvalues of their Jacobian ([`Bounded`],
//! [`Spectrum`]).
//!
//! Fields that conserve or lose something do so by what they are made of:
//!
//! | field | is | and so |
//! | --- | --- | --- |
//! | [`Hamiltonian`] | `J ∂E/∂y` | keeps the energy and the volume, is symplectic |
//! | [`Separable`] | the same of `T(p) + V(q)` | is so by explicit schemes |
//! | [`PortHamiltonian`] | `(J - L Lᵀ) ∂E/∂y` | never gains energy |
//! | [`GradientFlow`] | `-∂E/∂y`, over a [`Ridge`] `-Kᵀ σ(K y + b)` | goes down; the latter contracts |
//! | [`Antisymmetric`] | `σ((A - Aᵀ - γ I) y + b)` | neither forgets nor blows up |
//! | [`SecondOrder`] | `q'' = f(t, q, q')` | has velocities that are those of its positions |
//!
//! An [`Energy`] `E` is a [`ScalarField`] of one's own or a network of one output; the fields tell it, as [`Potential`]s.

/// What a field is whose numbers are those of the field inside: what [`Dimensions`] asks for but its unit of time.
macro_rules! dimensions_of {
    ($self:ident => $inner:expr) => {
        fn dim(&$self) -> usize {
            $inner.dim()
        }

        fn inputs(&$self) -> usize {
            $inner.inputs()
        }

        fn param_count(&$self) -> usize {
            $inner.param_count()
        }

        fn parameters(&$self) -> Vec<Parameter> {
            $inner.parameters()
        }

        fn record_rows(&$self) -> usize {
            $inner.record_rows()
        }

        fn signals(&$self) -> usize {
            $inner.signals()
        }

        fn depends_on_time(&$self) -> bool {
            $inner.depends_on_time()
        }
    };
}

/// The evaluation of a field, and its derivatives, by those of the field inside: what [`Field`] asks for but the parameters'
/// initial and effective values.
macro_rules! evaluated_by {
    ($self:ident => $inner:expr) => {
        fn eval_batch(&$self, at: Point<'_, T>, dy: &mut [T], record: &mut [T], scratch: &mut Scratch<T>) {
            $inner.eval_batch(at, dy, record, scratch);
        }

        fn eval_rounded(&$self, params: &[Rounded<T>], t: &[Rounded<T>], y: &[Rounded<T>], dy: &mut [Rounded<T>]) {
            $inner.eval_rounded(params, t, y, dy);
        }

        fn jvp(&$self, at: Point<'_, T>, record: &[T], v: &[T], w: Option<&[T]>, out: &mut [T], scratch: &mut Scratch<T>) {
            $inner.jvp(at, record, v, w, out, scratch);
        }

        fn vjp(
            &$self,
            at: Point<'_, T>,
            record: &[T],
            w: &[T],
            y_bar: &mut [T],
            params_bar: Option<&mut [T]>,
            scratch: &mut Scratch<T>,
        ) {
            $inner.vjp(at, record, w, y_bar, params_bar, scratch);
        }

        fn jvp_pullback(
            &$self,
            at: Point<'_, T>,
            record: &[T],
            v: &[T],
            w: &[T],
            bars: JvpBars<'_, T>,
            scratch: &mut Scratch<T>,
        ) {
            $inner.jvp_pullback(at, record, v, w, bars, scratch);
        }

        fn jacobian(&$self, at: Point<'_, T>, record: &[T], out: &mut [T], scratch: &mut Scratch<T>) {
            $inner.jacobian(at, record, out, scratch);
        }

        fn jacobian_pullback(
            &$self,
            at: Point<'_, T>,
            record: &[T],
            w: &[T],
            y_bar: &mut [T],
            params_bar: Option<&mut [T]>,
            scratch: &mut Scratch<T>,
        ) {
            $inner.jacobian_pullback(at, record, w, y_bar, params_bar, scratch);
        }
    };
}

mod activation;
mod antisymmetric;
mod any;
mod apart;
mod batch;
mod bounded;
mod columns;
mod damped;
mod dimensions;
mod energy;
mod images;
mod inputs;
mod kernel;
mod lanczos;
mod layered;
mod mlp;
mod normalised;
mod operator;
mod parameter;
mod partitioned;
mod provided;
mod reparameterisation;
mod scratch;
mod second_order;
mod signal;
mod spectrum;
mod split;
mod term;
mod terms;
mod tied;
mod vector_field;

pub use activation::Activation;
pub use antisymmetric::Antisymmetric;
pub use any::AnyField;
pub(crate) use apart::Apart;
pub use batch::{Batch, JvpBars, Point};
pub use bounded::Bounded;
pub use damped::Damped;
pub use dimensions::{Dimensions, StateUnits};
pub use energy::{
    Diagonal, DissipativeMatrix, Energy, EnergyGradient, GradientFlow, Hamiltonian, PortHamiltonian, Potential, Ridge,
    ScalarField, Separable, StructureMatrix, Structured, Symplectic,
};
pub use images::{Activated, Conv2d, ConvResidual, Convolution, Pool, Pooling, Rescaled};
pub use inputs::{Input, WithInputs};
pub use layered::Layered;
pub use mlp::Mlp;
pub use normalised::{Normalised, Norms, Shares};
pub use operator::{Dense, LinearOperator, leading_singular_vectors, power_iteration, spectral_norm};
pub use parameter::Parameter;
pub use partitioned::{InParts, Partitioned};
pub use reparameterisation::{Effective, Purpose, Reparameterisation};
pub use scratch::Scratch;
pub use second_order::{SecondOrder, Velocity};
pub(crate) use signal::write_signals;
pub use signal::{Signal, signal};
pub use spectrum::Spectrum;
pub use split::Split;
pub use term::Term;
pub(crate) use terms::{Placed, Terms};
pub use vector_field::VectorField;

use crate::Real;
use crate::number::Rounded;
use rand::RngCore;
use std::fmt;

/// A field `F(γ, t, y)` in batches, with its derivatives, at one precision.
///
/// Every [`VectorField`] is one. Implement it directly for what exists in batches alone, or has kernels of its own:
///
/// ```
/// use kutta::field::{Dimensions, Field, JvpBars, Point, Reparameterisation, Scratch};
/// use kutta::{OdeBlock, Real, Tableau};
/// /// `y' = -γ y`, all components alike.
/// struct Decay(usize);
///
/// impl Dimensions for Decay {
///     fn dim(&self) -> usize { self.0 }
///     fn inputs(&self) -> usize { self.0 }
///     fn param_count(&self) -> usize { 1 }
///     fn record_rows(&self) -> usize { 0 }
///     fn signals(&self) -> usize { 0 }
///     fn depends_on_time(&self) -> bool { false }
///     // The rate is learned: it has the unit that it is learned in.
///     fn in_time_units(self, _: f64) -> Self { self }
/// }
///
/// /// `out = factor x`
/// fn scaled<T: Real>(factor: T, x: &[T], out: &mut [T]) {
///     out.iter_mut().zip(x).for_each(|(out, &x)| *out = factor * x);
/// }
///
/// /// `⟨x, y⟩` of all live samples.
/// fn product<T: Real>(at: Point<'_, T>, x: &[T], y: &[T]) -> T {
///     let rows = x.chunks_exact(at.batch.stride).zip(y.chunks_exact(at.batch.stride));
///     rows.flat_map(|(x, y)| x[..at.batch.live].iter().zip(y)).map(|(&x, &y)| x * y).sum()
/// }
///
/// impl<T: Real> Field<T> for Decay {
///     fn init(&self, _: &mut dyn rand::RngCore) -> Vec<T> { vec![T::one()] }
///     fn reparameterisation(&self) -> Option<&dyn Reparameterisation<T>> { None }
///     fn eval_batch(&self, at: Point<'_, T>, dy: &mut [T], _: &mut [T], _: &mut Scratch<T>) {
///         scaled(-at.params[0], at.y, dy);
///     }
///     fn jvp(&self, at: Point<'_, T>, _: &[T], v: &[T], w: Option<&[T]>, out: &mut [T], _: &mut Scratch<T>) {
///         scaled(-at.params[0], v, out);
///         if let Some(w) = w {
///             out.iter_mut().zip(at.y).for_each(|(out, &y)| *out -= w[0] * y);
///         }
///     }
///     fn vjp(
///         &self, at: Point<'_, T>, _: &[T], w: &[T], y_bar: &mut [T], params_bar: Option<&mut [T]>, _: &mut Scratch<T>,
///     ) {
///         scaled(-at.params[0], w, y_bar);
///         if let Some(bar) = params_bar {
///             bar[0] -= product(at, w, at.y);
///         }
///     }
///     fn jvp_pullback(
///         &self, at: Point<'_, T>, _: &[T], v: &[T], w: &[T], bars: JvpBars<'_, T>, _: &mut Scratch<T>,
///     ) {
///         bars.y.fill(T::zero());
///         if let Some(bar) = bars.v {
///             scaled(-at.params[0], w, bar);
///         }
///         if let Some(bar) = bars.params {
///             bar[0] -= product(at, w, v);
///         }
///     }
/// }
/// # use kutta::rand;
/// let block = OdeBlock::new(Decay(3), Tableau::radau_iia(2)?).steps(10).step_size(0.1);
/// let path = block.integrate(&[2.0], 0.0, &[[1.0, 2.0, 3.0]])?;
/// assert!((path.last(0)[2] - 3.0 * (-2f64).exp()).abs() < 1e-4);
/// # Ok::<(), kutta::Error>(())
/// ```
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

    /// The terms `F_m` of `F = Σ_m F_m`, for schemes that treat them differently; none, as provided, if the field is one. Only
    /// [`Split`], [`Partitioned`], [`InParts`] and fields like them have any.
    ///
    /// Law: they sum to the field, at every state; those for parts of it add to different rows.
    fn terms(&self) -> Vec<Term<'_, T>> {
        Vec::new()
    }

    /// `dy = F(γ, t, y)` for a batch; `dy` has [`dim`](Dimensions::dim) rows, `record`
    /// [`record_rows`](Dimensions::record_rows).
    fn eval_batch(&self, at: Point<'_, T>, dy: &mut [T], record: &mut [T], scratch: &mut Scratch<T>);

    /// `dy = F(γ, t, y)` for one sample, at its time and what signals it sees after that in `t`, with the rounding errors that the state carries and that evaluation adds: what tells
    /// a residual that is rounding from one that is not. Provided: to first order by the Jacobian, as if evaluation itself
    /// were as accurate as its result can be; a field whose terms cancel should know better.
    fn eval_rounded(&self, params: &[Rounded<T>], t: &[Rounded<T>], y: &[Rounded<T>], dy: &mut [Rounded<T>]) {
        columns::eval_rounded(self, params, t, y, dy);
    }

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
