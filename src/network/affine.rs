//! Affine layers.

use super::{Layer, Pass};
use crate::field::Parameter;
use crate::linalg::{LuScratch, Singular};
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
        let too_large = || {
            Error::invalid("samples", samples, format!("so few that they fit the memory, {} numbers each", self.inputs))
        };
        let zeros = |count: usize| {
            let len = samples.checked_mul(count).filter(|&len| len <= isize::MAX as usize / size_of::<T>());
            len.map(|len| vec![T::zero(); len]).ok_or_else(too_large)
        };
        let (x, y) = (zeros(self.inputs)?, zeros(self.outputs)?);
        Ok(Box::new(Applied { layer: *self, samples, x, y, has_passed: false }))
    }

    fn inverse(&self, params: &[T], y: &[T]) -> Result<Vec<T>, Error> {
        let n = self.inputs;
        if n != self.outputs {
            let sizes = format!("affine, of {n} inputs and {} outputs", self.outputs);
            return Err(Error::invalid(
                "the layer",
                sizes,
                "one of as many outputs as inputs, which alone has an inverse",
            ));
        }
        Error::check_len("params", "entries", params.len(), Layer::<T>::param_count(self))?;
        let samples = y.len() / n.max(1);
        Error::check_len("y", "entries", y.len(), samples * n)?;
        let (weights, bias) = params.split_at(n * n);
        let (mut factors, mut pivots, mut scratch) = (weights.to_vec(), vec![0; 2 * n], LuScratch::default());
        T::factor(&mut factors, &mut pivots, &mut scratch).map_err(|Singular| {
            Error::invalid("the layer", "affine with a singular matrix", "one whose matrix has an inverse")
        })?;
        let mut x = y.to_vec();
        for x in x.chunks_exact_mut(n.max(1)) {
            x.iter_mut().zip(bias).for_each(|(x, &bias)| *x -= bias);
            T::solve(&factors, &pivots, x, &mut scratch);
        }
        Ok(x)
    }
}

struct Applied<T> {
    layer: Affine,
    samples: usize,
    x: Vec<T>,
    y: Vec<T>,
    has_passed: bool,
}

impl<T: Real> Applied<T> {
    /// The entries of sample `q` in vectors of so many components.
    fn of(q: usize, count: usize) -> std::ops::Range<usize> {
        q * count..(q + 1) * count
    }

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
        self.has_passed = false;
        Error::check_len("x", "entries", x.len(), self.x.len())?;
        self.x.copy_from_slice(x);
        let Affine { inputs, outputs } = self.layer;
        for q in 0..self.samples {
            apply(weights, Some(bias), &x[Self::of(q, inputs)], &mut self.y[Self::of(q, outputs)]);
        }
        self.has_passed = self.y.iter().all(|y| y.is_finite());
        match self.has_passed {
            true => Ok(&self.y),
            false => Err(Error::NotFinite { what: "an affine layer's output", location: None }),
        }
    }

    fn pullback(&mut self, params: &[T], y_bar: &[T], params_bar: &mut [T], x_bar: &mut [T]) -> Result<(), Error> {
        let (weights, _) = self.split(params)?;
        Error::check_len("y_bar", "entries", y_bar.len(), self.y.len())?;
        Error::check_len("params_bar", "entries", params_bar.len(), params.len())?;
        Error::check_len("x_bar", "entries", x_bar.len(), self.x.len())?;
        Error::check_passed(self.has_passed)?;
        let Affine { inputs, outputs } = self.layer;
        params_bar.fill(T::zero());
        x_bar.fill(T::zero());
        let (weights_bar, bias_bar) = params_bar.split_at_mut(weights.len());
        for q in 0..self.samples {
            let (x, x_bar) = (&self.x[Self::of(q, inputs)], &mut x_bar[Self::of(q, inputs)]);
            for (i, &y_bar) in y_bar[Self::of(q, outputs)].iter().enumerate() {
                bias_bar[i] += y_bar;
                let row = Self::of(i, inputs);
                x_bar.iter_mut().zip(&weights[row.clone()]).for_each(|(bar, &w)| *bar += w * y_bar);
                weights_bar[row].iter_mut().zip(x).for_each(|(bar, &x)| *bar += x * y_bar);
            }
        }
        Ok(())
    }

    fn pushforward(&mut self, params: &[T], params_dot: &[T], x_dot: &[T], y_dot: &mut [T]) -> Result<(), Error> {
        let ((weights, _), (weights_dot, bias_dot)) = (self.split(params)?, self.split(params_dot)?);
        Error::check_len("x_dot", "entries", x_dot.len(), self.x.len())?;
        Error::check_len("y_dot", "entries", y_dot.len(), self.y.len())?;
        Error::check_passed(self.has_passed)?;
        let Affine { inputs, outputs } = self.layer;
        let mut along = vec![T::zero(); outputs];
        for q in 0..self.samples {
            let y_dot = &mut y_dot[Self::of(q, outputs)];
            apply(weights, Some(bias_dot), &x_dot[Self::of(q, inputs)], y_dot);
            apply(weights_dot, None, &self.x[Self::of(q, inputs)], &mut along);
            y_dot.iter_mut().zip(&along).for_each(|(y, &along)| *y += along);
        }
        Ok(())
    }
}
