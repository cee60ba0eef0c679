//! The field of a residual layer of images.

use super::Convolution;
use crate::field::kernel::{Activate, AddProduct, Columns, Curvature, Init, Kernels, ScaleBySlope};
use crate::field::{
    Activation, Dimensions, Field, JvpBars, Layered, LinearOperator, Parameter, Point, Reparameterisation, Scratch,
};
use crate::number::Rounded;
use crate::{Error, Number, Real};
use rand::{Rng, RngCore};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// The field of a pre-activated residual layer, `F(y) = w₂ * σ(w₁ * σ(y) + b₁) + b₂`, on images whose size it keeps.
///
/// Parameters are `w₁`, `b₁`, `w₂`, `b₂`; see [`Convolution`] for how weights are laid out.
///
/// ```
/// use kutta::field::{Activation, ConvResidual, Dimensions, Layered};
/// use kutta::{OdeBlock, Tableau};
/// // One implicit layer on eight channels, with the eigenvalues of its Jacobian between -3 and 1.
/// let field = ConvResidual::new([8, 28, 28], 3, Activation::Relu)?.with_spectrum(-3.0, 1.0)?;
/// assert_eq!(field.dim(), 6272);
/// let block = OdeBlock::new(field, Tableau::implicit_midpoint());
/// # Ok::<(), kutta::Error>(())
/// ```
///
/// *Reference*: He, Zhang, Ren and Sun, "Identity mappings in deep residual networks", 2016, arXiv:1603.05027, without batch
/// normalisation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Shape", into = "Shape")]
pub struct ConvResidual {
    shape: Shape,
    inner: Convolution,
    outer: Convolution,
}

/// What determines the field, as it is saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Shape {
    image: [usize; 3],
    kernel: usize,
    activation: Activation,
}

impl TryFrom<Shape> for ConvResidual {
    type Error = Error;

    fn try_from(shape: Shape) -> Result<Self, Error> {
        let Shape { image, kernel, .. } = shape;
        if kernel.is_multiple_of(2) {
            return Err(Error::invalid("kernel", kernel, "an odd number, so that images keep their size"));
        }
        let convolution = |first| Convolution::new(first, image, image[0], kernel, 1, kernel / 2);
        let inner = convolution(0)?;
        let outer = convolution(inner.len() + image[0])?;
        Ok(ConvResidual { shape, inner, outer })
    }
}

impl From<ConvResidual> for Shape {
    fn from(field: ConvResidual) -> Self {
        field.shape
    }
}

impl ConvResidual {
    /// On images of `[channels, height, width]`, with kernels of `kernel × kernel`.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for an even kernel, and as [`Convolution::new`].
    pub fn new(image: [usize; 3], kernel: usize, activation: Activation) -> Result<Self, Error> {
        Shape { image, kernel, activation }.try_into()
    }

    /// `[channels, height, width]` of the images.
    pub fn image(&self) -> [usize; 3] {
        self.shape.image
    }

    /// The activation `σ`.
    pub fn activation(&self) -> Activation {
        self.shape.activation
    }

    fn channels(&self) -> usize {
        self.shape.image[0]
    }

    /// Where the bias is that follows the weights of a convolution.
    fn bias_of(&self, convolution: &Convolution) -> Range<usize> {
        convolution.end()..convolution.end() + self.channels()
    }

    /// `F(y)` for one image, in any numbers.
    pub fn eval<S: Number>(&self, params: &[S], y: &[S], dy: &mut [S]) {
        let activated = |x: &[S]| x.iter().map(|&x| self.activation().apply(x)).collect::<Vec<_>>();
        let mut hidden = vec![S::zero(); y.len()];
        super::fill(&mut hidden, self.channels(), Some(&params[self.bias_of(&self.inner)]));
        self.inner.add_to(params, &activated(y), &mut hidden);
        super::fill(dy, self.channels(), Some(&params[self.bias_of(&self.outer)]));
        self.outer.add_to(params, &activated(&hidden), dy);
    }

    /// What evaluation left: `σ` of the state and of the hidden units, and what the slopes of both are read from.
    fn recorded<'a, T>(&self, record: &'a [T], stride: usize) -> Recorded<'a, T> {
        let len = self.dim() * stride;
        let (values, slopes) = (&record[..2 * len], &record[record.len() - 2 * len..]);
        let [(state, hidden), (state_slopes, hidden_slopes)] = [values.split_at(len), slopes.split_at(len)];
        Recorded { state, hidden, state_slopes, hidden_slopes }
    }

    /// `x ⊙ σ'`
    fn scale<T: Kernels>(&self, record: &[T], x: &mut [T], stride: usize) {
        let columns = Columns { stride, used: stride };
        T::scale_by_slope(ScaleBySlope { activation: self.activation(), record, delta: x, columns });
    }
}

struct Recorded<'a, T> {
    state: &'a [T],
    hidden: &'a [T],
    state_slopes: &'a [T],
    hidden_slopes: &'a [T],
}

impl Layered for ConvResidual {
    type Operator = Convolution;

    fn operators(&self, _: usize) -> Vec<Convolution> {
        vec![self.inner.clone(), self.outer.clone()]
    }

    fn slope(&self) -> f64 {
        self.activation().lipschitz().powi(2)
    }

    /// Five: of a convolution, many singular values are close to the largest, and a step of Adam, which moves all weights by as
    /// much, may lead to another one. Norms that lag behind let implicit layers lose their solutions.
    fn power_iterations(&self) -> usize {
        5
    }
}

impl Dimensions for ConvResidual {
    fn dim(&self) -> usize {
        self.inner.inputs()
    }

    fn inputs(&self) -> usize {
        self.inner.inputs()
    }

    fn param_count(&self) -> usize {
        2 * (self.inner.len() + self.channels())
    }

    fn parameters(&self) -> Vec<Parameter> {
        let arrays = |n: usize| {
            let weight = Parameter::new(format!("{n}.weight"), self.inner.shape());
            [weight, Parameter::new(format!("{n}.bias"), [self.channels()])]
        };
        (0..2).flat_map(arrays).collect()
    }

    fn record_rows(&self) -> usize {
        self.dim() * if self.activation().records_slope() { 4 } else { 2 }
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

impl<T: Real + Kernels> Field<T> for ConvResidual {
    /// Weights uniform in `±√(6/(inputs + outputs))` of a pixel, biases zero.
    fn init(&self, rng: &mut dyn RngCore) -> Vec<T> {
        let mut params = Vec::with_capacity(self.param_count());
        for convolution in [&self.inner, &self.outer] {
            let bound = convolution.xavier_bound();
            params.extend((0..convolution.len()).map(|_| T::constant(rng.random_range(-bound..=bound))));
            params.resize(params.len() + self.channels(), T::zero());
        }
        params
    }

    fn reparameterisation(&self) -> Option<&dyn Reparameterisation<T>> {
        None
    }

    fn eval_batch(&self, at: Point<'_, T>, dy: &mut [T], record: &mut [T], scratch: &mut Scratch<T>) {
        let Point { params, y, batch, .. } = at;
        let columns = Columns { stride: batch.stride, used: batch.stride };
        let len = self.dim() * batch.stride;
        let (values, slopes) = record[..self.record_rows() * batch.stride].split_at_mut(2 * len);
        let (state, hidden) = values.split_at_mut(len);
        let (state_slopes, hidden_slopes) = slopes.split_at_mut(slopes.len() / 2);
        let activation = self.activation();
        state.copy_from_slice(&y[..len]);
        T::activate(Activate { activation, z: state, slope: state_slopes, columns });
        let bias = |of| Init::Bias(&params[self.bias_of(of)]);
        self.inner.forward(params, bias(&self.inner), state, hidden, batch, scratch);
        T::activate(Activate { activation, z: hidden, slope: hidden_slopes, columns });
        self.outer.forward(params, bias(&self.outer), hidden, dy, batch, scratch);
    }

    fn eval_rounded(&self, params: &[Rounded<T>], _: &[Rounded<T>], y: &[Rounded<T>], dy: &mut [Rounded<T>]) {
        self.eval(params, y, dy);
    }

    fn jvp(&self, at: Point<'_, T>, record: &[T], v: &[T], w: Option<&[T]>, out: &mut [T], scratch: &mut Scratch<T>) {
        let Point { params, batch, .. } = at;
        let (len, stride) = (self.dim() * batch.stride, batch.stride);
        let recorded = self.recorded(record, stride);
        let (mut state, mut hidden) = (scratch.take(len), scratch.take(len));
        let init = |of: &Convolution| w.map_or(Init::Zero, |w| Init::Bias(&w[self.bias_of(of)]));
        state.copy_from_slice(&v[..len]);
        self.scale(recorded.state_slopes, &mut state, stride);
        self.inner.forward(params, init(&self.inner), &state, &mut hidden, batch, scratch);
        if let Some(w) = w {
            self.inner.forward(w, Init::Accumulate, recorded.state, &mut hidden, batch, scratch);
        }
        self.scale(recorded.hidden_slopes, &mut hidden, stride);
        self.outer.forward(params, init(&self.outer), &hidden, out, batch, scratch);
        if let Some(w) = w {
            self.outer.forward(w, Init::Accumulate, recorded.hidden, out, batch, scratch);
        }
        scratch.give(hidden);
        scratch.give(state);
    }

    fn vjp(
        &self,
        at: Point<'_, T>,
        record: &[T],
        w: &[T],
        y_bar: &mut [T],
        mut params_bar: Option<&mut [T]>,
        scratch: &mut Scratch<T>,
    ) {
        let Point { params, batch, .. } = at;
        let (len, stride) = (self.dim() * batch.stride, batch.stride);
        let recorded = self.recorded(record, stride);
        let mut hidden = scratch.take(len);
        self.outer.backward(params, w, &mut hidden, batch, scratch);
        if let Some(bar) = params_bar.as_deref_mut() {
            self.outer.add_outer_of(w, recorded.hidden, bar, Some(self.bias_of(&self.outer)), batch);
        }
        self.scale(recorded.hidden_slopes, &mut hidden, stride);
        if let Some(bar) = params_bar {
            self.inner.add_outer_of(&hidden, recorded.state, bar, Some(self.bias_of(&self.inner)), batch);
        }
        self.inner.backward(params, &hidden, y_bar, batch, scratch);
        self.scale(recorded.state_slopes, &mut y_bar[..len], stride);
        scratch.give(hidden);
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
        let Point { params, batch, .. } = at;
        let (len, stride) = (self.dim() * batch.stride, batch.stride);
        let columns = Columns { stride, used: stride };
        let (recorded, activation) = (self.recorded(record, stride), self.activation());
        let JvpBars { y: y_bar, v: v_bar, params: mut params_bar } = bars;
        let [mut state, mut hidden, mut along, mut bend] = [(); 4].map(|()| scratch.take(len));
        // The tangents σ' v and w₁ * (σ' v).
        state.copy_from_slice(&v[..len]);
        self.scale(recorded.state_slopes, &mut state, stride);
        self.inner.forward(params, Init::Zero, &state, &mut hidden, batch, scratch);
        // Their cotangents, as far as slopes count for constant.
        self.outer.backward(params, w, &mut along, batch, scratch);
        bend.fill(T::zero());
        T::add_product(AddProduct { a: &along, b: &hidden, sum: &mut bend, columns });
        if let Some(bar) = params_bar.as_deref_mut() {
            self.scale(recorded.hidden_slopes, &mut hidden, stride);
            self.outer.add_outer_of(w, &hidden, bar, None, batch);
        }
        self.scale(recorded.hidden_slopes, &mut along, stride);
        if let Some(bar) = params_bar.as_deref_mut() {
            self.inner.add_outer_of(&along, &state, bar, None, batch);
        }
        // The cotangent of σ' v, in `hidden`.
        self.inner.backward(params, &along, &mut hidden, batch, scratch);
        if let Some(v_bar) = v_bar {
            v_bar[..len].copy_from_slice(&hidden);
            self.scale(recorded.state_slopes, &mut v_bar[..len], stride);
        }
        let y_bar = &mut y_bar[..len];
        y_bar.fill(T::zero());
        if activation.is_curved() {
            // σ'' ⊙ cotangent ⊙ tangent at the hidden units, pulled back to the state.
            if activation == Activation::Gelu {
                let bias = Init::Bias(&params[self.bias_of(&self.inner)]);
                self.inner.forward(params, bias, recorded.state, &mut state, batch, scratch);
            }
            let read = match activation {
                Activation::Gelu => &state,
                Activation::Sin => recorded.hidden,
                _ => recorded.hidden_slopes,
            };
            T::curvature(Curvature { activation, record: read, out: &mut along, columns });
            along.iter_mut().zip(&bend).for_each(|(x, &bend)| *x *= bend);
            if let Some(bar) = params_bar {
                self.inner.add_outer_of(&along, recorded.state, bar, Some(self.bias_of(&self.inner)), batch);
            }
            self.inner.backward(params, &along, y_bar, batch, scratch);
            self.scale(recorded.state_slopes, y_bar, stride);
            // And at the state.
            let read = match activation {
                Activation::Gelu => &at.y[..len],
                Activation::Sin => recorded.state,
                _ => recorded.state_slopes,
            };
            T::curvature(Curvature { activation, record: read, out: &mut along, columns });
            along.iter_mut().zip(&v[..len]).for_each(|(x, &v)| *x *= v);
            T::add_product(AddProduct { a: &along, b: &hidden, sum: y_bar, columns });
        }
        [bend, along, hidden, state].into_iter().for_each(|buffer| scratch.give(buffer));
    }
}
