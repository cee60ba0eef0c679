//! The multilayer perceptron.

use super::kernel::{
    Chain, Directions, Evaluate, Hessian, Jacobian, JvpPullback, Kernels, Link, Pullback, Pushforward,
};
use super::{Activation, Dense, Dimensions, Field, JvpBars, Layered, Parameter, Point, Reparameterisation, Scratch};
use crate::number::Rounded;
use crate::{Error, Number, Real};
use rand::{Rng, RngCore};
use serde::{Deserialize, Serialize};

/// A multilayer perceptron `F(y) = W_k σ(W_{k-1} … σ(W_1 y + b_1) … + b_{k-1})`, without a bias at the output.
///
/// The activation follows every layer but the last. Parameters are laid out layer by layer: the weight matrix, one row for
/// each output, row by row, and then the layer's bias. Two widths make a linear field, with
/// [`with_output_bias`](Mlp::with_output_bias) an affine one.
///
/// ```
/// use kutta::field::{Activation, Dimensions, Mlp};
/// let field = Mlp::new([2, 20, 20, 2], Activation::Tanh)?;
/// assert_eq!(field.param_count(), (2 * 20 + 20) + (20 * 20 + 20) + 20 * 2);
/// # Ok::<(), kutta::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Shape", into = "Shape")]
pub struct Mlp {
    shape: Shape,
    layers: Vec<Link>,
}

/// What determines a network, as it is saved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Shape {
    widths: Vec<usize>,
    activation: Activation,
    #[serde(default)]
    output_bias: bool,
}

impl TryFrom<Shape> for Mlp {
    type Error = Error;

    fn try_from(shape: Shape) -> Result<Self, Error> {
        let invalid = |expected: &str| Error::invalid("widths", format!("{:?}", shape.widths), expected);
        if shape.widths.len() < 2 || shape.widths.contains(&0) {
            return Err(invalid("at least two widths (inputs and outputs), all of them positive"));
        }
        let (mut first_param, mut first_unit) = (0_usize, 0_usize);
        let mut layers = Vec::with_capacity(shape.widths.len() - 1);
        for (l, pair) in shape.widths.windows(2).enumerate() {
            let is_last = l + 2 == shape.widths.len();
            let has_bias = !is_last || shape.output_bias;
            layers.push(Link { inputs: pair[0], outputs: pair[1], is_last, first_unit, first_param, has_bias });
            let params = pair[0].checked_add(usize::from(has_bias)).and_then(|n| n.checked_mul(pair[1]));
            first_param = params
                .and_then(|n| n.checked_add(first_param))
                .filter(|n| *n <= isize::MAX as usize / size_of::<f64>())
                .ok_or_else(|| invalid("a network whose parameters can be addressed"))?;
            first_unit += pair[1];
        }
        Ok(Mlp { shape, layers })
    }
}

impl From<Mlp> for Shape {
    fn from(net: Mlp) -> Self {
        net.shape
    }
}

impl Mlp {
    /// The network whose layers have these widths: inputs, hidden layers, outputs. All hidden layers have a bias, the
    /// output has none.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidArgument`] if there are fewer than two widths, or one is zero.
    pub fn new(widths: impl Into<Vec<usize>>, activation: Activation) -> Result<Self, Error> {
        Shape { widths: widths.into(), activation, output_bias: false }.try_into()
    }

    /// The same network with a bias at the output; it is the last of the parameters.
    #[must_use]
    pub fn with_output_bias(mut self) -> Self {
        self.shape.output_bias = true;
        self.layers.iter_mut().for_each(|layer| layer.has_bias = true);
        self
    }

    /// Inputs, hidden units of every layer, outputs.
    pub fn widths(&self) -> &[usize] {
        &self.shape.widths
    }

    /// The activation after every layer but the last.
    pub fn activation(&self) -> Activation {
        self.shape.activation
    }

    fn last(&self) -> &Link {
        &self.layers[self.layers.len() - 1]
    }

    /// What kernels know of the network.
    fn chain(&self) -> Chain<'_> {
        Chain { layers: &self.layers, activation: self.activation() }
    }

    fn pull_back_jvp<T: Real + Kernels>(
        &self,
        at: Point<'_, T>,
        record: &[T],
        (directions, w): (Directions<'_, T>, &[T]),
        y_bar: &mut [T],
        params_bar: Option<&mut [T]>,
        scratch: &mut Scratch<T>,
    ) {
        if at.batch.live > 0 {
            let mut buffer = scratch.take(JvpPullback::buffer_len(self.chain(), at, params_bar.is_some()));
            let job =
                JvpPullback { net: self.chain(), at, record, directions, w, y_bar, params_bar, buffer: &mut buffer };
            T::jvp_pullback(job);
            scratch.give(buffer);
        }
    }

    /// `out = ∂²(wᵀ F)/∂y²`: row `i·n + j` is its entry `(i, j)` for every sample.
    pub(super) fn hessian<T: Real + Kernels>(
        &self,
        at: Point<'_, T>,
        record: &[T],
        w: &[T],
        out: &mut [T],
        scratch: &mut Scratch<T>,
    ) {
        if at.batch.live > 0 {
            let mut buffer = scratch.take(Hessian::buffer_len(self.chain(), at));
            T::hessian(Hessian { net: self.chain(), at, record, w, out, buffer: &mut buffer });
            scratch.give(buffer);
        }
    }

    /// `dy = F(γ, y)` for one sample, in any numbers: for fields written around a network.
    pub fn eval<S: Number>(&self, params: &[S], y: &[S], dy: &mut [S]) {
        let mut input = y.to_vec();
        for layer in &self.layers {
            let mut output = layer.bias(params).map_or_else(|| vec![S::zero(); layer.outputs], <[S]>::to_vec);
            for (sum, row) in output.iter_mut().zip(layer.weights(params).chunks_exact(layer.inputs)) {
                row.iter().zip(&input).for_each(|(&w, &x)| *sum += w * x);
                if !layer.is_last {
                    *sum = self.activation().apply(*sum);
                }
            }
            input = output;
        }
        dy.copy_from_slice(&input);
    }
}

impl Layered for Mlp {
    type Operator = Dense;

    fn operators(&self, inputs: usize) -> Vec<Dense> {
        let matrix = |layer: &Link| Dense::new(layer.first_param, layer.outputs, layer.inputs);
        let mut operators: Vec<Dense> = self.layers.iter().map(matrix).collect();
        operators[0] = operators[0].first_columns(inputs);
        operators
    }

    fn slope(&self) -> f64 {
        self.activation().lipschitz().powf((self.layers.len() - 1) as f64)
    }
}

impl Dimensions for Mlp {
    fn dim(&self) -> usize {
        self.last().outputs
    }

    fn inputs(&self) -> usize {
        self.layers[0].inputs
    }

    fn param_count(&self) -> usize {
        let last = self.last();
        last.first_param + (last.inputs + usize::from(last.has_bias)) * last.outputs
    }

    fn parameters(&self) -> Vec<Parameter> {
        let mut arrays = Vec::new();
        for (n, layer) in self.layers.iter().enumerate() {
            arrays.push(Parameter::new(format!("{n}.weight"), [layer.outputs, layer.inputs]));
            if layer.has_bias {
                arrays.push(Parameter::new(format!("{n}.bias"), [layer.outputs]));
            }
        }
        arrays
    }

    fn record_rows(&self) -> usize {
        self.chain().hidden_units() * if self.activation().records_slope() { 2 } else { 1 }
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

    fn is_free_of_units(&self) -> bool {
        true
    }

    // All that it knows of time is learned.
    fn in_time_units(self, _: f64) -> Self {
        self
    }
}

impl<T: Real + Kernels> Field<T> for Mlp {
    /// Weights uniform in `±√(6/(inputs + outputs))` of their layer, biases zero.
    ///
    /// *Reference*: Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks", 2010.
    fn init(&self, rng: &mut dyn RngCore) -> Vec<T> {
        let mut params = vec![T::zero(); self.param_count()];
        for layer in &self.layers {
            let bound = (6.0 / (layer.inputs as f64 + layer.outputs as f64)).sqrt();
            layer.weights_mut(&mut params).fill_with(|| T::constant(rng.random_range(-bound..=bound)));
        }
        params
    }

    fn reparameterisation(&self) -> Option<&dyn Reparameterisation<T>> {
        None
    }

    fn eval_batch(&self, at: Point<'_, T>, dy: &mut [T], record: &mut [T], _: &mut Scratch<T>) {
        if at.batch.live > 0 {
            T::evaluate(Evaluate { net: self.chain(), at, dy, record });
        }
    }

    fn eval_rounded(&self, params: &[Rounded<T>], _: &[Rounded<T>], y: &[Rounded<T>], dy: &mut [Rounded<T>]) {
        self.eval(params, y, dy);
    }

    fn jvp(&self, at: Point<'_, T>, record: &[T], v: &[T], w: Option<&[T]>, out: &mut [T], scratch: &mut Scratch<T>) {
        if at.batch.live > 0 {
            let mut buffer = scratch.take(Pushforward::<T>::buffer_len(self.chain(), at.batch.stride));
            T::pushforward(Pushforward { net: self.chain(), at, record, v, w, out, buffer: &mut buffer });
            scratch.give(buffer);
        }
    }

    fn vjp(
        &self,
        at: Point<'_, T>,
        record: &[T],
        w: &[T],
        y_bar: &mut [T],
        params_bar: Option<&mut [T]>,
        scratch: &mut Scratch<T>,
    ) {
        if at.batch.live > 0 {
            let mut buffer = scratch.take(Pullback::buffer_len(self.chain(), at, params_bar.is_some()));
            T::pullback(Pullback { net: self.chain(), at, record, w, y_bar, params_bar, buffer: &mut buffer });
            scratch.give(buffer);
        }
    }

    fn jvp_pullback(
        &self,
        at: Point<'_, T>,
        record: &[T],
        v: &[T],
        w: &[T],
        bars: JvpBars<'_, T>,
        scratch: &mut Scratch<T>,
    ) {
        let JvpBars { y, v: v_bar, params } = bars;
        self.pull_back_jvp(at, record, (Directions::One { v, v_bar }, w), y, params, scratch);
    }

    fn jacobian(&self, at: Point<'_, T>, record: &[T], out: &mut [T], scratch: &mut Scratch<T>) {
        if at.batch.live > 0 {
            let mut buffer = scratch.take(Jacobian::<T>::buffer_len(self.chain(), at.batch.stride));
            T::jacobian(Jacobian { net: self.chain(), at, record, out, buffer: &mut buffer });
            scratch.give(buffer);
        }
    }

    fn jacobian_pullback(
        &self,
        at: Point<'_, T>,
        record: &[T],
        w: &[T],
        y_bar: &mut [T],
        params_bar: Option<&mut [T]>,
        scratch: &mut Scratch<T>,
    ) {
        self.pull_back_jvp(at, record, (Directions::All, w), y_bar, params_bar, scratch);
    }
}

#[cfg(test)]
mod tests;
