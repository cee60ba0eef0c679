//! Layers: differentiable maps of vectors, with parameters.

use super::spare::Spare;
use super::{Grid, OdeBlock, Unrolled, Work, inverse};
use crate::field::{Dimensions, Field, Parameter, Purpose};
use crate::regularisation::{Penalties, Regulariser};
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

    /// The inputs that lead to the outputs `y` of all samples, with errors as steps back make them: see
    /// [`Memory`](super::Memory). Of a block whose method carries the state alone, a square [`Affine`](super::Affine) layer, and
    /// chains of these.
    ///
    /// ```
    /// use kutta::field::{Activation, Mlp, Partitioned};
    /// use kutta::network::{Layer, OdeBlock};
    /// use kutta::tableau::PartitionedTableau;
    /// // A RevNet of four layers, y1 = x1 + Φ1(x2), y2 = x2 + Φ2(y1): the halves are the parts of a field.
    /// let half = || Mlp::new([3, 8, 3], Activation::Tanh);
    /// let halves = Partitioned::new(half()?, half()?)?;
    /// let layer = OdeBlock::new(halves, PartitionedTableau::by_name("symplectic_euler")?).steps(4);
    /// let params: Vec<f64> = (0..layer.param_count()).map(|k| 0.5 * f64::sin(k as f64)).collect();
    /// let x = [0.1, 0.2, 0.3, -0.1, -0.2, -0.3];
    /// let y = layer.ready(1)?.forward(&params, &x)?.to_vec();
    /// let found = layer.inverse(&params, &y)?;
    /// assert!(found.iter().zip(&x).all(|(found, x)| (found - x).abs() < 1e-14));
    /// # Ok::<(), kutta::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for a layer without an inverse, [`Error::InvalidTableau`] for a method without one,
    /// [`Error::ShapeMismatch`] for arguments of the wrong size; what prevents the layer from going back.
    fn inverse(&self, _params: &[T], _y: &[T]) -> Result<Vec<T>, Error> {
        Err(Error::invalid("the layer", "one that has no inverse", "one that loses nothing of its inputs"))
    }

    /// How many numbers steps of training [remember](Pass::memory). Provided: none.
    fn memory_len(&self) -> usize {
        0
    }

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

    /// As [`forward`](Pass::forward), for a step of training: norms of operators are those of
    /// [`Norms`](crate::field::Norms) for training, found from what the steps before have left, where a prediction finds them
    /// anew. Provided: the same.
    ///
    /// # Errors
    /// As [`forward`](Pass::forward).
    fn train(&mut self, params: &[T], x: &[T]) -> Result<&[T], Error> {
        self.forward(params, x)
    }

    /// The value of a regulariser of the trajectories of the last pass, taken with the same parameters: the sum over all
    /// blocks, each with its own steps, state and probes. The next [`pullback`](Pass::pullback) adds its derivatives. Provided:
    /// zero, for layers that are no blocks have no trajectories.
    ///
    /// ```
    /// use kutta::network::{Affine, Layer, OdeBlock, Sequential};
    /// use kutta::{Activation, Mlp, Regularisation, Tableau};
    /// let block = OdeBlock::new(Mlp::new([3, 8, 3], Activation::Tanh)?, Tableau::implicit_midpoint());
    /// let network = Sequential::<f64>::new([Box::new(Affine::new(2, 3)) as _, Box::new(block) as _])?;
    /// let params: Vec<f64> = (0..network.param_count()).map(|k| f64::sin(k as f64)).collect();
    /// let mut pass = network.ready(1)?;
    /// pass.forward(&params, &[0.5, -1.0])?;
    /// let by = Regularisation { divergence: 0.01, ..Regularisation::default() };
    /// let penalty = pass.regularise(&params, &by.into())?.total();
    /// // Of the loss and the penalty together.
    /// let (mut gradient, mut inputs) = (vec![0.0; params.len()], [0.0; 2]);
    /// pass.pullback(&params, &[1.0, 0.0, 0.0], &mut gradient, &mut inputs)?;
    /// # Ok::<(), kutta::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Unrolled::regularise`].
    fn regularise(&mut self, _params: &[T], _by: &Regulariser) -> Result<Penalties, Error> {
        Ok(Penalties::default())
    }

    /// What a step of training takes over from those before, the singular vectors of normalised operators say: for checkpoints,
    /// and for passes of other samples to go on from. [`memory_len`](Layer::memory_len) numbers, or none before the first pass.
    /// Provided: none.
    fn memory(&self) -> Vec<T> {
        Vec::new()
    }

    /// Goes on from these numbers instead; from none as if there had been no steps. `false` if they cannot be its own. Provided:
    /// for a layer that remembers nothing.
    fn recall(&mut self, memory: &[T]) -> bool {
        memory.is_empty()
    }

    /// The nonlinear work of the last pass. Provided: none, as of a layer without equations to solve.
    fn work(&self) -> Work {
        Work::default()
    }

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
        let unrolled = self.unroll(&to_the_end(self, samples)?)?;
        Ok(Box::new(Chain { bar: unrolled.path().clone(), unrolled, spare: &self.spare }))
    }

    fn memory_len(&self) -> usize {
        self.layers() * self.field().reparameterisation().map_or(0, |map| map.memory_len())
    }

    fn inverse(&self, params: &[T], y: &[T]) -> Result<Vec<T>, Error> {
        inverse::starts(self, params, &to_the_end(self, y.len() / self.dim().max(1))?, y)
    }
}

/// The steps of a block as a layer, of so many samples: their ends are observed.
fn to_the_end<F: Dimensions>(block: &OdeBlock<F>, samples: usize) -> Result<Grid, Error> {
    let mut grid = Grid::new();
    let times = || (0..=block.step_count()).map(|n| block.start_time() + n as f64 * block.step());
    (0..samples).try_for_each(|_| grid.push_observed(times(), [block.step_count()]))?;
    Ok(grid)
}

/// A block's pass to the states after its last step.
struct Chain<'a, T: Real> {
    unrolled: Unrolled<'a, T>,
    /// Cotangents of these states.
    bar: super::States<T>,
    spare: &'a Spare,
}

impl<T: Real> Pass<T> for Chain<'_, T> {
    fn forward(&mut self, params: &[T], x: &[T]) -> Result<&[T], Error> {
        Ok(self.unrolled.predict(self.spare, params, x)?.as_slice())
    }

    fn train(&mut self, params: &[T], x: &[T]) -> Result<&[T], Error> {
        Ok(self.unrolled.forward_for(Purpose::Training, params, x)?.as_slice())
    }

    fn regularise(&mut self, params: &[T], by: &Regulariser) -> Result<Penalties, Error> {
        self.unrolled.regularise(params, by.clone())
    }

    fn memory(&self) -> Vec<T> {
        self.unrolled.memory().to_vec()
    }

    fn recall(&mut self, memory: &[T]) -> bool {
        self.unrolled.recall(memory)
    }

    fn work(&self) -> Work {
        self.unrolled.work()
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
