//! Kernels on batches in unit-major layout, with the best instructions the processor has, found at run time.

mod chain;
mod coefficients;
mod elementwise;
mod functions;
mod hessian;
mod matmul;
mod network;
mod pack;
mod second;

pub(crate) use chain::{Chain, Link};
pub(crate) use hessian::Hessian;
pub(crate) use network::{Evaluate, Jacobian, Pullback, Pushforward};
pub(crate) use second::{Directions, JvpPullback};

use crate::Real;
use crate::number::Vectorised;
use pulp::Arch;

/// The kernels at one precision.
///
/// Sealed: implemented for `f32` and `f64` alone, so that they are compiled here, once for each instruction set, and not
/// again in every program that uses a network.
#[diagnostic::on_unimplemented(
    message = "networks compute in `f32` and `f64`, and `{Self}` is not known to be either",
    note = "a bound such as `Mlp: Field<T>` says so of a generic number"
)]
pub trait Kernels: Real + Vectorised {
    /// `F(y)`.
    fn evaluate(job: Evaluate<'_, Self>);
    /// Jacobian–vector product.
    fn pushforward(job: Pushforward<'_, Self>);
    /// Vector–Jacobian product.
    fn pullback(job: Pullback<'_, Self>);
    /// Dense Jacobian.
    fn jacobian(job: Jacobian<'_, Self>);
    /// Pullback of Jacobian–vector products.
    fn jvp_pullback(job: JvpPullback<'_, Self>);
    /// Hessian of a combination of outputs.
    fn hessian(job: Hessian<'_, Self>);
}

macro_rules! kernels {
    ($($real:ty),*) => {$(
        impl Kernels for $real {
            fn evaluate(job: Evaluate<'_, Self>) {
                Arch::new().dispatch(job)
            }
            fn pushforward(job: Pushforward<'_, Self>) {
                Arch::new().dispatch(job)
            }
            fn pullback(job: Pullback<'_, Self>) {
                Arch::new().dispatch(job)
            }
            fn jacobian(job: Jacobian<'_, Self>) {
                Arch::new().dispatch(job)
            }
            fn jvp_pullback(job: JvpPullback<'_, Self>) {
                Arch::new().dispatch(job)
            }
            fn hessian(job: Hessian<'_, Self>) {
                Arch::new().dispatch(job)
            }
        }
    )*};
}
kernels!(f32, f64);
