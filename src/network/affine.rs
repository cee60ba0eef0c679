//! Affine layers.

use super::{Layer, Pass};
use crate::field::Parameter;
use crate::{Error, Real};
use rand::{Rng, RngCore};

/// The layer `y = W x + b`: from the data's dimension to that of a block, and back. Parameters are `W`, row by row, then `b`.
///
/// ```
/// use kutta::network::{Affine, Layer};
/// let layer = Affine::new(2, 3);
/// let mut pass = Layer::<f64>::ready(&layer, 1)?;
/// let y = pass.forward(&[1.0, 0.0, 0.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.5], &[2.0, 3.0])?;
/// assert_eq!(y, [2.0, 3.0, 5.5]);
/// # Ok::<(), kutta::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Affine {
    inputs: usize,
    outputs: usize,
}

impl Affine {
    /// From `inputs` to `outputs` components.
    pub fn new(inputs: usize, outputs: usize) -> Self {
        Affine { inputs, outputs }
    }
}

impl<T: Real> Layer<T> for Affine {
    fn inputs(&self) -> usize {
        self.inputs
    }

    fn outputs(&self) -> usize {
        self.outputs
    }

    fn parameters(&self) -> Vec<Parameter> {
        vec![Parameter::new("weight", [self.outputs, self.inputs]), Parameter::new("bias", [self.outputs])]
    }

    /// Weights uniform in `±√(6/(inputs + outputs))`, biases zero.
    fn init(&self, rng: &mut dyn RngCore) -> Vec<T> {
        let bound = (6.0 / (self.inputs + self.outputs).max(1) as f64).sqrt();
        let weights = (0..self.inputs * self.outputs).map(|_| T::constant(rng.random_range(-bound..=bound)));
        weights.chain(std::iter::repeat_n(T::zero(), self.outputs)).collect()
    }

    fn ready(&self, samples: usize) -> Result<Box<dyn Pass<T> + '_>, Error> {
        let zeros = |count: usize| vec![T::zero(); samples * count];
        Ok(Box::new(Applied { layer: *self, x: zeros(self.inputs), y: zeros(self.outputs) }))
    }
}

struct Applied<T> {
    layer: Affine,
    x: Vec<T>,
    y: Vec<T>,
}

impl<T: Real> Applied<T> {
    /// The weights and the bias of `params`.
    fn split<'p>(&self, params: &'p [T]) -> Result<(&'p [T], &'p [T]), Error> {
        let count = Layer::<T>::param_count(&self.layer);
        Error::check_len("params", "entries", params.len(), count)?;
        Ok(params.split_at(self.layer.inputs * self.layer.outputs))
    }
}

/// `y = W x + b` for one sample, `b` zero if there is none.
fn apply<T: Real>(weights: &[T], bias: Option<&[T]>, x: &[T], y: &mut [T]) {
    for (i, y) in y.iter_mut().enumerate() {
        let row = &weights[i * x.len()..][..x.len()];
        let product: T = row.iter().zip(x).map(|(&w, &x)| w * x).sum();
        *y = bias.map_or(T::zero(), |bias| bias[i]) + product;
    }
}

impl<T: Real> Pass<T> for Applied<T> {
    fn forward(&mut self, params: &[T], x: &[T]) -> Result<&[T], Error> {
        let (weights, bias) = self.split(params)?;
        Error::check_len("x", "entries", x.len(), self.x.len())?;
        self.x.copy_from_slice(x);
        let (inputs, outputs) = (self.layer.inputs.max(1), self.layer.outputs.max(1));
        for (x, y) in x.chunks_exact(inputs).zip(self.y.chunks_exact_mut(outputs)) {
            apply(weights, Some(bias), x, y);
        }
        Ok(&self.y)
    }

    fn pullback(&mut self, params: &[T], y_bar: &[T], params_bar: &mut [T], x_bar: &mut [T]) -> Result<(), Error> {
        let (weights, _) = self.split(params)?;
        Error::check_len("y_bar", "entries", y_bar.len(), self.y.len())?;
        Error::check_len("params_bar", "entries", params_bar.len(), params.len())?;
        Error::check_len("x_bar", "entries", x_bar.len(), self.x.len())?;
        let (inputs, outputs) = (self.layer.inputs.max(1), self.layer.outputs.max(1));
        params_bar.fill(T::zero());
        x_bar.fill(T::zero());
        let (weights_bar, bias_bar) = params_bar.split_at_mut(weights.len());
        let samples = self.x.chunks_exact(inputs).zip(x_bar.chunks_exact_mut(inputs)).zip(y_bar.chunks_exact(outputs));
        for ((x, x_bar), y_bar) in samples {
            let rows = weights.chunks_exact(inputs).zip(weights_bar.chunks_exact_mut(inputs));
            for (((row, row_bar), bias_bar), &y_bar) in rows.zip(&mut *bias_bar).zip(y_bar) {
                *bias_bar += y_bar;
                x_bar.iter_mut().zip(row).for_each(|(bar, &w)| *bar += w * y_bar);
                row_bar.iter_mut().zip(x).for_each(|(bar, &x)| *bar += x * y_bar);
            }
        }
        Ok(())
    }

    fn pushforward(&mut self, params: &[T], params_dot: &[T], x_dot: &[T], y_dot: &mut [T]) -> Result<(), Error> {
        let ((weights, _), (weights_dot, bias_dot)) = (self.split(params)?, self.split(params_dot)?);
        Error::check_len("x_dot", "entries", x_dot.len(), self.x.len())?;
        Error::check_len("y_dot", "entries", y_dot.len(), self.y.len())?;
        let (inputs, outputs) = (self.layer.inputs.max(1), self.layer.outputs.max(1));
        let samples = self.x.chunks_exact(inputs).zip(x_dot.chunks_exact(inputs));
        let mut along = vec![T::zero(); self.layer.outputs];
        for ((x, x_dot), y_dot) in samples.zip(y_dot.chunks_exact_mut(outputs)) {
            apply(weights, Some(bias_dot), x_dot, y_dot);
            apply(weights_dot, None, x, &mut along);
            y_dot.iter_mut().zip(&along).for_each(|(y, &along)| *y += along);
        }
        Ok(())
    }
}
