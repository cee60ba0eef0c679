//! Kernels on batches in unit-major layout, with the best instructions the processor has, found at run time.

mod chain;
mod coefficients;
mod convolution;
mod elementwise;
mod functions;
mod hessian;
mod matmul;
mod network;
mod pack;
mod second;
mod window;

pub(crate) use chain::{Chain, Link};
pub(crate) use convolution::{Channels, Convolve, ConvolveOuter};
pub(crate) use elementwise::{Activate, AddProduct, Columns, Curvature, ScaleBySlope};
pub(crate) use hessian::Hessian;
pub(crate) use matmul::Init;
pub(crate) use network::{Evaluate, Jacobian, Pullback, Pushforward};
pub(crate) use second::{Directions, JvpPullback};
pub(crate) use window::Axis;

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
    /// Convolution, or its transpose.
    fn convolve(job: Convolve<'_, Self>);
    /// Derivative of a convolution by its weights.
    fn convolve_outer(job: ConvolveOuter<'_, Self>);
    /// Activation of all units.
    fn activate(job: Activate<'_, Self>);
    /// Product with the slopes of all units.
    fn scale_by_slope(job: ScaleBySlope<'_, Self>);
    /// Second derivatives of the activation of all units.
    fn curvature(job: Curvature<'_, Self>);
    /// Products, entry by entry.
    fn add_product(job: AddProduct<'_, Self>);
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
            fn convolve(job: Convolve<'_, Self>) {
                Arch::new().dispatch(job)
            }
            fn convolve_outer(job: ConvolveOuter<'_, Self>) {
                Arch::new().dispatch(job)
            }
            fn activate(job: Activate<'_, Self>) {
                Arch::new().dispatch(job)
            }
            fn scale_by_slope(job: ScaleBySlope<'_, Self>) {
                Arch::new().dispatch(job)
            }
            fn curvature(job: Curvature<'_, Self>) {
                Arch::new().dispatch(job)
            }
            fn add_product(job: AddProduct<'_, Self>) {
                Arch::new().dispatch(job)
            }
        }
    )*};
}
kernels!(f32, f64);
