//! Convolutions with a bias.

use super::Convolution;
use crate::field::kernel::{Init, Kernels};
use crate::field::{
    Dimensions, Field, JvpBars, Layered, LinearOperator, Parameter, Point, Reparameterisation, Scratch,
};
use crate::number::Rounded;
use crate::{Error, Number, Real};
use rand::{Rng, RngCore};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// The map `y = w * x + b` of images: a [`Convolution`] and a bias for every channel. Parameters are the weights, then the
/// bias.
///
/// ```
/// use kutta::field::{Conv2d, Dimensions};
/// // From images of 28 × 28 pixels to eight channels of half the size.
/// let map = Conv2d::new([1, 28, 28], 8, 3)?.with_stride(2)?;
/// assert_eq!(map.to(), [8, 14, 14]);
/// assert_eq!(map.param_count(), 8 * 9 + 8);
/// # Ok::<(), kutta::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Shape", into = "Shape")]
pub struct Conv2d {
    shape: Shape,
    operator: Convolution,
}

/// What determines the map, as it is saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Shape {
    image: [usize; 3],
    channels: usize,
    kernel: usize,
    stride: usize,
    padding: usize,
    bias: bool,
}

impl TryFrom<Shape> for Conv2d {
    type Error = Error;

    fn try_from(shape: Shape) -> Result<Self, Error> {
        let Shape { image, channels, kernel, stride, padding, .. } = shape;
        Ok(Conv2d { shape, operator: Convolution::new(0, image, channels, kernel, stride, padding)? })
    }
}

impl From<Conv2d> for Shape {
    fn from(map: Conv2d) -> Self {
        map.shape
    }
}

impl Conv2d {
    /// From images of `[channels, height, width]` to so many channels, by kernels of `kernel × kernel`; of stride 1, padded by
    /// half of the kernel, so that an odd one keeps the size.
    ///
    /// # Errors
    /// As [`Convolution::new`].
    pub fn new(image: [usize; 3], channels: usize, kernel: usize) -> Result<Self, Error> {
        Shape { image, channels, kernel, stride: 1, padding: kernel / 2, bias: true }.try_into()
    }

    /// With windows that are so far apart.
    ///
    /// # Errors
    /// As [`Convolution::new`].
    pub fn with_stride(self, stride: usize) -> Result<Self, Error> {
        Shape { stride, ..self.shape }.try_into()
    }

    /// With so many zeros around the image.
    ///
    /// # Errors
    /// As [`Convolution::new`].
    pub fn with_padding(self, padding: usize) -> Result<Self, Error> {
        Shape { padding, ..self.shape }.try_into()
    }

    /// Without a bias.
    #[must_use]
    pub fn without_bias(mut self) -> Self {
        self.shape.bias = false;
        self
    }

    /// `[channels, height, width]` of what it reads.
    pub fn from(&self) -> [usize; 3] {
        self.operator.from()
    }

    /// `[channels, height, width]` of what it gives.
    pub fn to(&self) -> [usize; 3] {
        self.operator.to()
    }

    fn bias(&self) -> Option<Range<usize>> {
        self.shape.bias.then(|| self.operator.len()..self.operator.len() + self.shape.channels)
    }

    fn init_of<'a, T>(&self, params: &'a [T]) -> Init<'a, T> {
        self.bias().map_or(Init::Zero, |bias| Init::Bias(&params[bias]))
    }

    /// `y = w * x + b` for one image, in any numbers.
    pub fn eval<S: Number>(&self, params: &[S], x: &[S], y: &mut [S]) {
        super::fill(y, self.shape.channels, self.bias().map(|bias| &params[bias]));
        self.operator.add_to(params, x, y);
    }
}

impl Layered for Conv2d {
    type Operator = Convolution;

    fn operators(&self, _: usize) -> Vec<Convolution> {
        vec![self.operator.clone()]
    }

    fn slope(&self) -> f64 {
        1.0
    }
}

impl Dimensions for Conv2d {
    fn dim(&self) -> usize {
        self.operator.outputs()
    }

    fn inputs(&self) -> usize {
        self.operator.inputs()
    }

    fn param_count(&self) -> usize {
        self.operator.len() + self.bias().map_or(0, |bias| bias.len())
    }

    fn parameters(&self) -> Vec<Parameter> {
        let mut arrays = vec![Parameter::new("weight", self.operator.shape())];
        arrays.extend(self.bias().map(|bias| Parameter::new("bias", [bias.len()])));
        arrays
    }

    fn record_rows(&self) -> usize {
        0
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

impl<T: Real + Kernels> Field<T> for Conv2d {
    /// Weights uniform in `±√(6/(inputs + outputs))` of a pixel, the bias zero.
    fn init(&self, rng: &mut dyn RngCore) -> Vec<T> {
        let bound = self.operator.xavier_bound();
        let mut params: Vec<T> =
            (0..self.operator.len()).map(|_| T::constant(rng.random_range(-bound..=bound))).collect();
        params.resize(self.param_count(), T::zero());
        params
    }

    fn reparameterisation(&self) -> Option<&dyn Reparameterisation<T>> {
        None
    }

    fn eval_batch(&self, at: Point<'_, T>, dy: &mut [T], _: &mut [T], scratch: &mut Scratch<T>) {
        self.operator.forward(at.params, self.init_of(at.params), at.y, dy, at.batch, scratch);
    }

    fn eval_rounded(&self, params: &[Rounded<T>], _: &[Rounded<T>], y: &[Rounded<T>], dy: &mut [Rounded<T>]) {
        self.eval(params, y, dy);
    }

    fn jvp(&self, at: Point<'_, T>, _: &[T], v: &[T], w: Option<&[T]>, out: &mut [T], scratch: &mut Scratch<T>) {
        let init = w.map_or(Init::Zero, |w| self.init_of(w));
        self.operator.forward(at.params, init, v, out, at.batch, scratch);
        if let Some(w) = w {
            self.operator.forward(w, Init::Accumulate, at.y, out, at.batch, scratch);
        }
    }

    fn vjp(
        &self,
        at: Point<'_, T>,
        _: &[T],
        w: &[T],
        y_bar: &mut [T],
        params_bar: Option<&mut [T]>,
        scratch: &mut Scratch<T>,
    ) {
        self.operator.backward(at.params, w, y_bar, at.batch, scratch);
        if let Some(bar) = params_bar {
            self.operator.add_outer_of(w, at.y, bar, self.bias(), at.batch);
        }
    }

    fn jvp_pullback(
        &self,
        at: Point<'_, T>,
        _: &[T],
        v: &[T],
        w: &[T],
        bars: JvpBars<'_, T>,
        scratch: &mut Scratch<T>,
    ) {
        bars.y[..self.inputs() * at.batch.stride].fill(T::zero());
        if let Some(bar) = bars.v {
            self.operator.backward(at.params, w, bar, at.batch, scratch);
        }
        if let Some(bar) = bars.params {
            self.operator.add_outer_of(w, v, bar, None, at.batch);
        }
    }
}
