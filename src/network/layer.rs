//! Layers: differentiable maps of vectors, with parameters.

use super::{Grid, OdeBlock, Unrolled};
use crate::field::{Field, Parameter};
use crate::{Error, Real};
use rand::RngCore;

/// A differentiable map `x ↦ y(γ, x)` of vectors, with parameters `γ`: what [`Sequential`](super::Sequential) chains.
///
/// An [`OdeBlock`] is one, from a start to the state after all steps, which begin at time 0, or where its parameters of
/// every step do. Vectors of several samples are given and taken one
/// after another.
pub trait Layer<T: Real>: Sync {
    /// Number of components of `x`.
    fn inputs(&self) -> usize;

    /// Number of components of `y`.
    fn outputs(&self) -> usize;

    /// The arrays that the parameters are, in their order.
    fn parameters(&self) -> Vec<Parameter>;

    /// Initial parameters.
    fn init(&self, rng: &mut dyn RngCore) -> Vec<T>;

    /// The layer made ready for so many samples, with all memory that they need.
    ///
    /// # Errors
    /// Whatever makes the layer's settings senseless.
    fn ready(&self, samples: usize) -> Result<Box<dyn Pass<T> + '_>, Error>;

    /// Number of parameters.
    fn param_count(&self) -> usize {
        self.parameters().iter().fold(0, |sum, array| sum.saturating_add(array.len()))
    }
}

/// A [`Layer`] with the memory of a pass. Derivatives are those at the arguments of the last [`forward`](Pass::forward), and
/// are given the same parameters.
pub trait Pass<T: Real>: Send {
    /// The outputs for the inputs `x` of all samples.
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`] for arguments of the wrong size; what prevents the layer from giving its outputs.
    fn forward(&mut self, params: &[T], x: &[T]) -> Result<&[T], Error>;

    /// Overwrites `params_bar` and `x_bar` by the cotangents of parameters and inputs that the cotangents `y_bar` of the
    /// outputs lead to.
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`] for arguments of the wrong size, or without a forward pass; what prevents the derivative.
    fn pullback(&mut self, params: &[T], y_bar: &[T], params_bar: &mut [T], x_bar: &mut [T]) -> Result<(), Error>;

    /// Overwrites `y_dot` by the tangents of the outputs that those of parameters and inputs lead to.
    ///
    /// # Errors
    /// As [`pullback`](Pass::pullback).
    fn pushforward(&mut self, params: &[T], params_dot: &[T], x_dot: &[T], y_dot: &mut [T]) -> Result<(), Error>;
}

impl<F: Field<T>, T: Real> Layer<T> for OdeBlock<F> {
    fn inputs(&self) -> usize {
        self.dim()
    }

    fn outputs(&self) -> usize {
        self.dim()
    }

    fn parameters(&self) -> Vec<Parameter> {
        let of_step = |n: usize| {
            let named = move |array: Parameter| match self.layers() {
                1 => array,
                _ => array.within(&n.to_string()),
            };
            self.field().parameters().into_iter().map(named)
        };
        (0..self.layers()).flat_map(of_step).collect()
    }

    fn init(&self, rng: &mut dyn RngCore) -> Vec<T> {
        self.field().init(rng).repeat(self.layers())
    }

    fn ready(&self, samples: usize) -> Result<Box<dyn Pass<T> + '_>, Error> {
        let mut grid = Grid::new();
        let times = || (0..=self.step_count()).map(|n| self.start_time() + n as f64 * self.step());
        (0..samples).try_for_each(|_| grid.push_observed(times(), [self.step_count()]))?;
        let unrolled = self.unroll(&grid)?;
        Ok(Box::new(Chain { bar: unrolled.path().clone(), unrolled }))
    }
}

/// A block's pass to the states after its last step.
struct Chain<'a, T: Real> {
    unrolled: Unrolled<'a, T>,
    /// Cotangents of these states.
    bar: super::States<T>,
}

impl<T: Real> Pass<T> for Chain<'_, T> {
    fn forward(&mut self, params: &[T], x: &[T]) -> Result<&[T], Error> {
        Ok(self.unrolled.forward(params, x)?.as_slice())
    }

    fn pullback(&mut self, params: &[T], y_bar: &[T], params_bar: &mut [T], x_bar: &mut [T]) -> Result<(), Error> {
        let bar = self.bar.as_mut_slice();
        Error::check_len("y_bar", "entries", y_bar.len(), bar.len())?;
        bar.copy_from_slice(y_bar);
        self.unrolled.backward(params, &self.bar, params_bar, x_bar)
    }

    fn pushforward(&mut self, params: &[T], params_dot: &[T], x_dot: &[T], y_dot: &mut [T]) -> Result<(), Error> {
        Error::check_len("y_dot", "entries", y_dot.len(), self.bar.as_slice().len())?;
        let tangents = self.unrolled.pushforward(params, params_dot, x_dot)?;
        y_dot.copy_from_slice(tangents.as_slice());
        Ok(())
    }
}
