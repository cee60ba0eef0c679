//! A block unrolled over a grid: forward, backward and tangent passes that reuse their memory.

use super::chunk::Chunk;
use super::{Grid, OdeBlock, Path, Work};
use crate::field::{Effective, Purpose};
use crate::step::Step;
use crate::{Error, Real, VectorField};
use rayon::prelude::*;

/// A block made ready for the samples of one [`Grid`], with all memory that passes through it need.
///
/// Passes after the first allocate nothing in the step loop. Samples go through the block in chunks of fixed size, in
/// parallel, and gradients are summed in a fixed order: results are the same, bit for bit, whatever the number of
/// threads.
#[derive(Debug)]
pub struct Unrolled<'a, F, T: Real> {
    step: Step<'a, F, T>,
    field: &'a F,
    /// The parameters of passes that are given learned ones.
    effective: Effective<T>,
    layer_params: usize,
    param_count: usize,
    implicit_blocks: usize,
    chunks: Vec<Chunk<T>>,
    samples: usize,
    path: Path<T>,
}

impl<'a, F: VectorField, T: Real> Unrolled<'a, F, T> {
    pub(super) fn new(block: &'a OdeBlock<F>, grid: &Grid) -> Result<Self, Error> {
        let dim = block.field().dim();
        Ok(Unrolled {
            step: Step::new(block.field(), block.tableau(), *block.solver())?,
            field: block.field(),
            effective: Effective::new(),
            layer_params: block.field().param_count(),
            param_count: block.param_count(),
            implicit_blocks: block.implicit_blocks(),
            chunks: Chunk::cut(dim, grid, |t| block.layer_at(t)),
            samples: grid.samples(),
            path: Path::zeros(dim, grid),
        })
    }

    /// Integrates from `starts`, the samples' states one after another; gives the observed states. A field's
    /// [reparameterisation](VectorField::reparameterisation) is applied exactly, as for a prediction.
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`] for parameters or starts of the wrong size, [`Error::NotFinite`] for parameters, starts
    /// or states that are not, [`Error::NotConverged`] for a stage that is not solved.
    pub fn forward(&mut self, params: &[T], starts: &[T]) -> Result<&Path<T>, Error> {
        Error::check_len("params", "entries", params.len(), self.param_count)?;
        Error::check_len("starts", "entries", starts.len(), self.samples * self.path.dim())?;
        check_finite("a parameter", params)?;
        let mut effective = std::mem::take(&mut self.effective);
        let done = effective
            .update(self.field, params, Purpose::Prediction)
            .and_then(|params| self.forward_effective(params, starts).map(|_| ()));
        self.effective = effective;
        done.map(|()| &self.path)
    }

    /// As [`forward`](Unrolled::forward), for effective parameters.
    pub(crate) fn forward_effective(&mut self, params: &[T], starts: &[T]) -> Result<&Path<T>, Error> {
        check_finite("a parameter", params)?;
        check_finite("a start", starts)?;
        let (step, layer_params) = (&self.step, self.layer_params);
        run(&mut self.chunks, |chunk| chunk.forward(step, params, layer_params, starts))?;
        for chunk in &self.chunks {
            chunk.observe(|sample, k, i, value| self.path.state_mut(sample, k)[i] = value);
        }
        Ok(&self.path)
    }

    /// The observed states of the last [`forward`](Unrolled::forward) pass.
    pub fn path(&self) -> &Path<T> {
        &self.path
    }

    /// The nonlinear work of the last [`forward`](Unrolled::forward) pass.
    pub fn work(&self) -> Work {
        Work {
            iterations: self.chunks.iter().map(|chunk| chunk.iterations).sum(),
            solves: self.implicit_blocks * self.chunks.iter().map(Chunk::sample_steps).sum::<usize>(),
        }
    }

    /// Pulls the cotangents `gradient` of the observed states back through the last [`forward`](Unrolled::forward)
    /// pass, taken with the same parameters: overwrites `params_bar` and `starts_bar` by the cotangents of parameters
    /// and starts.
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`] for arguments of the wrong size; [`Error::Singular`], [`Error::NotConverged`] and
    /// [`Error::NotFinite`] if the adjoint equations of a step have no solution or are not solved.
    pub fn backward(
        &mut self,
        params: &[T],
        gradient: &Path<T>,
        params_bar: &mut [T],
        starts_bar: &mut [T],
    ) -> Result<(), Error> {
        Error::check_len("params", "entries", params.len(), self.param_count)?;
        Error::check_len("params_bar", "entries", params_bar.len(), self.param_count)?;
        Error::check_len("starts_bar", "entries", starts_bar.len(), self.samples * self.path.dim())?;
        Error::check_len("gradient", "entries", gradient.as_slice().len(), self.path.as_slice().len())?;
        Error::check_len("the forward pass", "parameters", self.effective.params().len(), self.param_count)?;
        let effective = std::mem::take(&mut self.effective);
        let done = self.backward_effective(effective.params(), gradient, params_bar, starts_bar);
        effective.pull_back(self.field, params, params_bar);
        self.effective = effective;
        done
    }

    /// As [`backward`](Unrolled::backward), for effective parameters and their cotangents.
    pub(crate) fn backward_effective(
        &mut self,
        params: &[T],
        gradient: &Path<T>,
        params_bar: &mut [T],
        starts_bar: &mut [T],
    ) -> Result<(), Error> {
        let dim = self.path.dim();
        let (step, layer_params) = (&self.step, self.layer_params);
        run(&mut self.chunks, |chunk| {
            chunk.backward(step, params, layer_params, |sample, k, i| gradient.state(sample, k)[i])
        })?;
        params_bar.fill(T::zero());
        for chunk in &self.chunks {
            params_bar.iter_mut().zip(&chunk.params_bar).for_each(|(sum, &x)| *sum += x);
            chunk.start_cotangents(|sample, i, value| starts_bar[sample * dim + i] = value);
        }
        Ok(())
    }

    /// Pushes the tangents of parameters and starts forward through the last [`forward`](Unrolled::forward) pass, taken
    /// with the same parameters: gives the tangents of the observed states.
    ///
    /// # Errors
    /// As [`backward`](Unrolled::backward), for the tangent equations.
    pub fn pushforward(&mut self, params: &[T], params_dot: &[T], starts_dot: &[T]) -> Result<Path<T>, Error> {
        Error::check_len("params", "entries", params.len(), self.param_count)?;
        Error::check_len("params_dot", "entries", params_dot.len(), self.param_count)?;
        Error::check_len("starts_dot", "entries", starts_dot.len(), self.samples * self.path.dim())?;
        Error::check_len("the forward pass", "parameters", self.effective.params().len(), self.param_count)?;
        let mut params_dot = params_dot.to_vec();
        self.effective.push_forward(self.field, params, &mut params_dot);
        let mut tangents = self.path.clone();
        for chunk in &mut self.chunks {
            chunk.pushforward(
                &self.step,
                self.effective.params(),
                self.layer_params,
                starts_dot,
                &params_dot,
                |sample, k, i, value| {
                    tangents.state_mut(sample, k)[i] = value;
                },
            )?;
        }
        Ok(tangents)
    }
}

/// Runs every chunk, in parallel if there are several; the first chunk's error is the one reported.
fn run<T: Real>(
    chunks: &mut [Chunk<T>],
    pass: impl Fn(&mut Chunk<T>) -> Result<(), Error> + Send + Sync,
) -> Result<(), Error> {
    match chunks {
        [one] => pass(one),
        _ => {
            // All chunks run to their end, so that the error does not depend on the threads either.
            let results: Vec<_> = chunks.par_iter_mut().map(pass).collect();
            results.into_iter().collect()
        }
    }
}

fn check_finite<T: Real>(what: &'static str, numbers: &[T]) -> Result<(), Error> {
    match numbers.iter().all(|x| x.is_finite()) {
        true => Ok(()),
        false => Err(Error::NotFinite { what, location: None }),
    }
}
