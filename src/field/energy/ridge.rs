//! Sums of ridge functions.

use super::{Energy, Potential};
use crate::field::kernel::Kernels;
use crate::field::tied::{self, Tied, evaluated_as_network};
use crate::field::{Activation, Dimensions, Field, JvpBars, Mlp, Parameter, Point, Reparameterisation, Scratch};
use crate::number::Rounded;
use crate::{Error, Number, Real};
use rand::{Rng, RngCore};
use serde::{Deserialize, Serialize};

/// The field `F(y) = Kᵀ σ(K y + b)`, the gradient of the energy `E(y) = Σ_i S((K y + b)_i)`, `S' = σ`: it has the energy's
/// [`Gradient`](Energy::Gradient), itself. Its Jacobian `Kᵀ diag(σ') K` is symmetric, and has no negative eigenvalue if `σ`
/// is increasing.
///
/// Two of them make the antisymmetric two-layer perceptron, see [`Separable`](super::Separable); with the other sign it is
/// parabolic, see [`GradientFlow`](super::GradientFlow).
///
/// Parameters are `K`, one row for each unit, row by row, and `b`.
///
/// ```
/// use kutta::field::{Activation, Dimensions, Ridge};
/// let field = Ridge::new(3, 16, Activation::Tanh)?;
/// assert_eq!((field.dim(), field.param_count()), (3, 16 * 3 + 16));
/// # Ok::<(), kutta::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Shape", into = "Shape")]
pub struct Ridge {
    network: Mlp,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Shape {
    inputs: usize,
    width: usize,
    activation: Activation,
}

impl TryFrom<Shape> for Ridge {
    type Error = Error;

    fn try_from(shape: Shape) -> Result<Self, Error> {
        Ridge::new(shape.inputs, shape.width, shape.activation)
    }
}

impl From<Ridge> for Shape {
    fn from(ridge: Ridge) -> Self {
        Shape { inputs: ridge.dim(), width: ridge.width(), activation: ridge.activation() }
    }
}

impl Ridge {
    /// The field of `inputs` components and `width` units.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if either is zero.
    pub fn new(inputs: usize, width: usize, activation: Activation) -> Result<Self, Error> {
        Ok(Ridge { network: Mlp::new([inputs, width, inputs], activation)? })
    }

    /// Number of units.
    pub fn width(&self) -> usize {
        self.network.widths()[1]
    }

    /// `σ`
    pub fn activation(&self) -> Activation {
        self.network.activation()
    }
}

impl Tied for Ridge {
    fn network(&self) -> &Mlp {
        &self.network
    }

    fn expand<S: Number>(&self, params: &[S], _: S, network: &mut [S]) {
        let (n, width) = (self.dim(), self.width());
        let (first, last) = network.split_at_mut(params.len());
        first.copy_from_slice(params);
        for (i, row) in last.chunks_exact_mut(width).enumerate() {
            row.iter_mut().zip(params[i..].iter().step_by(n)).for_each(|(entry, &k)| *entry = k);
        }
    }

    fn fold<T: Real>(&self, network_bar: &[T], bar: &mut [T]) {
        let (n, width) = (self.dim(), self.width());
        let (first, last) = network_bar.split_at(bar.len());
        bar.iter_mut().zip(first).for_each(|(bar, &x)| *bar += x);
        for (i, row) in last.chunks_exact(width).enumerate() {
            bar[i..].iter_mut().step_by(n).zip(row).for_each(|(bar, &x)| *bar += x);
        }
    }
}

impl Dimensions for Ridge {
    fn dim(&self) -> usize {
        self.network.dim()
    }

    fn inputs(&self) -> usize {
        self.network.inputs()
    }

    fn param_count(&self) -> usize {
        (self.dim() + 1) * self.width()
    }

    fn parameters(&self) -> Vec<Parameter> {
        vec![Parameter::new("weight", [self.width(), self.dim()]), Parameter::new("bias", [self.width()])]
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

    fn has_known_rates(&self) -> bool {
        false
    }

    // All that it knows of time is learned.
    fn in_time_units(self, _: f64) -> Self {
        self
    }
}

impl<T: Real + Kernels> Field<T> for Ridge {
    /// Weights as those of a network's layer, biases zero.
    fn init(&self, rng: &mut dyn RngCore) -> Vec<T> {
        let bound = (6.0 / (self.dim() as f64 + self.width() as f64)).sqrt();
        let weights = (0..self.dim() * self.width()).map(|_| T::constant(rng.random_range(-bound..=bound)));
        let mut params: Vec<T> = weights.collect();
        params.resize(self.param_count(), T::zero());
        params
    }

    evaluated_as_network!();
}

impl Energy for Ridge {
    type Gradient = Ridge;

    fn gradient(self) -> Result<Ridge, Error> {
        Ok(self)
    }
}

impl<T: Real + Kernels> Potential<T> for Ridge {
    fn energy(&self, at: Point<'_, T>, energy: &mut [T], scratch: &mut Scratch<T>) {
        let (n, stride) = (self.dim(), at.batch.stride);
        let (weights, biases) = at.params.split_at(n * self.width());
        let mut sum = scratch.take(stride);
        energy[..stride].fill(T::zero());
        for (row, &bias) in weights.chunks_exact(n).zip(biases) {
            sum.fill(bias);
            for (&weight, y) in row.iter().zip(at.y.chunks_exact(stride.max(1))) {
                sum.iter_mut().zip(y).for_each(|(sum, &y)| *sum += weight * y);
            }
            for (energy, x) in energy.iter_mut().zip(&sum) {
                *energy += T::constant(self.activation().primitive(x.to_f64()));
            }
        }
        scratch.give(sum);
    }
}
