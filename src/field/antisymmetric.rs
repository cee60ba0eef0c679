//! Fields of antisymmetric matrices.

use super::kernel::Kernels;
use super::tied::{self, Tied, evaluated_as_network};
use super::{Activation, Dimensions, Field, JvpBars, Mlp, Parameter, Point, Reparameterisation, Scratch};
use crate::number::Rounded;
use crate::{Error, Number, Real};
use rand::{Rng, RngCore};
use serde::{Deserialize, Serialize};

/// The field `F(y) = r σ((A - Aᵀ - γ I) y + b)` with learned `A` and `b`, and a known damping `γ ≥ 0` and rate `r`, 1 unless
/// time is measured in other units.
///
/// Its Jacobian `r diag(σ') (A - Aᵀ - γ I)` has the real parts of its eigenvalues in `[-γ r max σ', 0]` if `σ` is increasing.
/// Without damping they are imaginary: what comes in is neither forgotten nor blown up.
///
/// Parameters are `A`, row by row, and `b`.
///
/// ```
/// use kutta::field::{Activation, Antisymmetric, Dimensions};
/// let field = Antisymmetric::new(8, 0.1, Activation::Tanh)?;
/// assert_eq!(field.param_count(), 8 * 8 + 8);
/// # Ok::<(), kutta::Error>(())
/// ```
///
/// *Reference*: B. Chang, M. Chen, E. Haber, E. H. Chi, "AntisymmetricRNN: a dynamical system view on recurrent neural
/// networks", 2019, arXiv:1902.09689.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Shape", into = "Shape")]
pub struct Antisymmetric {
    /// With the unit matrix, times the rate, at the output.
    network: Mlp,
    damping: f64,
    rate: f64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Shape {
    dim: usize,
    damping: f64,
    activation: Activation,
    rate: f64,
}

impl TryFrom<Shape> for Antisymmetric {
    type Error = Error;

    fn try_from(Shape { dim, damping, activation, rate }: Shape) -> Result<Self, Error> {
        if !(damping.is_finite() && damping >= 0.0) {
            return Err(Error::invalid("damping", damping, "a number from 0 on"));
        }
        if !(rate.is_finite() && rate > 0.0) {
            return Err(Error::invalid("rate", rate, "a positive number"));
        }
        Ok(Antisymmetric { network: Mlp::new([dim, dim, dim], activation)?, damping, rate })
    }
}

impl From<Antisymmetric> for Shape {
    fn from(field: Antisymmetric) -> Self {
        let Antisymmetric { damping, rate, .. } = field;
        Shape { dim: field.dim(), damping, activation: field.network.activation(), rate }
    }
}

impl Antisymmetric {
    /// The field of `dim` components.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for no components, and for a damping that is negative or not finite.
    pub fn new(dim: usize, damping: f64, activation: Activation) -> Result<Self, Error> {
        Shape { dim, damping, activation, rate: 1.0 }.try_into()
    }

    /// `γ`
    pub fn damping(&self) -> f64 {
        self.damping
    }

    /// `σ`
    pub fn activation(&self) -> Activation {
        self.network.activation()
    }
}

impl Tied for Antisymmetric {
    fn network(&self) -> &Mlp {
        &self.network
    }

    fn expand<S: Number>(&self, params: &[S], one: S, network: &mut [S]) {
        let d = self.dim();
        let (first, last) = network.split_at_mut(params.len());
        first.copy_from_slice(params);
        last.fill(S::zero());
        for i in 0..d {
            for j in 0..d {
                first[i * d + j] -= params[j * d + i];
            }
            first[i * d + i] = S::constant(-self.damping) * one;
            last[i * d + i] = S::constant(self.rate) * one;
        }
    }

    fn fold<T: Real>(&self, network_bar: &[T], bar: &mut [T]) {
        let d = self.dim();
        bar.iter_mut().zip(network_bar).for_each(|(bar, &x)| *bar += x);
        for i in 0..d {
            for j in 0..d {
                bar[i * d + j] -= network_bar[j * d + i];
            }
        }
    }
}

impl Dimensions for Antisymmetric {
    fn dim(&self) -> usize {
        self.network.dim()
    }

    fn inputs(&self) -> usize {
        self.network.inputs()
    }

    fn param_count(&self) -> usize {
        (self.dim() + 1) * self.dim()
    }

    fn parameters(&self) -> Vec<Parameter> {
        vec![Parameter::new("weight", [self.dim(), self.dim()]), Parameter::new("bias", [self.dim()])]
    }

    fn record_rows(&self) -> usize {
        self.network.record_rows()
    }

    fn signals(&self) -> usize {
        0
    }

    fn depends_on_time(&self) -> bool {
        false
    }

    fn in_time_units(self, unit: f64) -> Self {
        Antisymmetric { rate: self.rate * unit, ..self }
    }
}

impl<T: Real + Kernels> Field<T> for Antisymmetric {
    /// Weights as those of a network's layer, biases zero.
    fn init(&self, rng: &mut dyn RngCore) -> Vec<T> {
        let bound = (3.0 / self.dim() as f64).sqrt();
        let weights = (0..self.dim() * self.dim()).map(|_| T::constant(rng.random_range(-bound..=bound)));
        let mut params: Vec<T> = weights.collect();
        params.resize(self.param_count(), T::zero());
        params
    }

    evaluated_as_network!();
}
