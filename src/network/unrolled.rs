//! A block unrolled over a grid: forward, backward and tangent passes that reuse their memory.

use super::chunk::Chunk;
use super::penalty::variation;
use super::spare::Spare;
use super::{AnyBlock, Grid, Memory, States, Work};
use crate::field::{Effective, Field, Purpose};
use crate::regularisation::{Further, Penalties, Regularisation, Regulariser};
use crate::step::Steps;
use crate::{Error, Number, Real};
use rayon::prelude::*;

/// A block made ready for the samples of one [`Grid`], with all memory that passes through it need.
///
/// Passes after the first allocate nothing in the step loop. Samples go through the block in chunks of fixed size, in
/// parallel, and gradients are summed in a fixed order: results are the same, bit for bit, whatever the number of
/// threads.
#[derive(Debug)]
pub struct Unrolled<'a, T: Real> {
    field: &'a dyn Field<T>,
    steps: Steps<'a, T>,
    /// Parameters of the last forward pass that was given learned ones.
    effective: Effective<T>,
    layer_params: usize,
    param_count: usize,
    chunks: Vec<Chunk<T>>,
    samples: usize,
    path: States<T>,
    /// Weight of the variation of the parameters in the next backward pass.
    variation: f64,
    /// Whether the last forward pass came to its end: there are derivatives of no other.
    has_passed: bool,
}

impl<'a, T: Real> Unrolled<'a, T> {
    pub(crate) fn new(block: &'a AnyBlock<'a, T>, grid: &Grid) -> Result<Self, Error> {
        Self::with_chunks(block, grid, |rows| {
            Chunk::cut((block.dim(), rows), block.memory_policy(), grid, |t| block.layer_at(t))
        })
    }

    /// As [`new`](Self::new), with the memory of the block's last gradient, if that was of the same steps.
    pub(super) fn with_spare(block: &'a AnyBlock<'a, T>, grid: &Grid) -> Result<Self, Error> {
        let fresh = |rows| Chunk::cut((block.dim(), rows), block.memory_policy(), grid, |t| block.layer_at(t));
        Self::with_chunks(block, grid, |rows| block.spare.take(grid, block.key(rows)).unwrap_or_else(|| fresh(rows)))
    }

    /// Leaves the memory to the next gradient.
    pub(super) fn leave(self, block: &AnyBlock<'_, T>, grid: Grid) {
        block.spare.give(grid, block.key(self.steps.rows()), self.chunks);
    }

    fn with_chunks(
        block: &'a AnyBlock<'a, T>,
        grid: &Grid,
        chunks: impl FnOnce(usize) -> Vec<Chunk<T>>,
    ) -> Result<Self, Error> {
        block.check_layers()?;
        block.memory_policy().check()?;
        let (dim, method, solver) = (block.dim(), block.method(), *block.solver());
        let steps = match block.memory_policy() {
            Memory::Reverse { .. } => Steps::there_and_back(block.field(), method, solver).map_err(no_way_back)?,
            _ => Steps::new(block.field(), method, solver)?,
        };
        (0..grid.samples()).try_for_each(|sample| steps.check_times(grid.times(sample)))?;
        Ok(Unrolled {
            field: block.field(),
            effective: Effective::new(),
            layer_params: block.field().param_count(),
            param_count: block.param_count(),
            chunks: chunks(steps.rows()),
            samples: grid.samples(),
            path: States::zeros(dim, grid),
            variation: 0.0,
            has_passed: false,
            steps,
        })
    }

    /// Integrates from `starts`, the samples' states one after another; gives the observed states. A field's
    /// [reparameterisation](crate::field::Field::reparameterisation) is applied exactly, as for a prediction.
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`] for parameters or starts of the wrong size, [`Error::NotFinite`] for parameters, starts
    /// or states that are not, [`Error::NotConverged`] for a stage that is not solved.
    pub fn forward(&mut self, params: &[T], starts: &[T]) -> Result<&States<T>, Error> {
        self.forward_for(Purpose::Prediction, params, starts)
    }

    /// As [`forward`](Unrolled::forward), with the effective parameters of the block's last prediction, in whatever pass, if that
    /// was of the same learned ones: norms of large operators cost more than a pass.
    pub(super) fn predict(&mut self, spare: &Spare, params: &[T], starts: &[T]) -> Result<&States<T>, Error> {
        if self.field.reparameterisation().is_none() {
            return self.forward(params, starts);
        }
        match spare.known(params) {
            Some(known) => {
                Error::check_len("starts", "entries", starts.len(), self.samples * self.path.dim())?;
                self.effective = known;
                self.with_own(|unrolled, effective| unrolled.forward_at(effective, starts))?;
            }
            None => {
                self.forward(params, starts)?;
                spare.know(params, self.effective.clone());
            }
        }
        Ok(&self.path)
    }

    /// As [`forward`](Unrolled::forward), with a reparameterisation as it is for a purpose.
    pub(super) fn forward_for(&mut self, purpose: Purpose, params: &[T], starts: &[T]) -> Result<&States<T>, Error> {
        Error::check_len("params", "entries", params.len(), self.param_count)?;
        Error::check_len("starts", "entries", starts.len(), self.samples * self.path.dim())?;
        self.has_passed = false;
        self.with_own(|unrolled, effective| {
            effective.update(unrolled.field, params, purpose)?;
            unrolled.forward_at(effective, starts)
        })?;
        Ok(&self.path)
    }

    /// What a reparameterisation remembers of the last pass.
    pub(super) fn memory(&self) -> &[T] {
        self.effective.memory()
    }

    /// Lets it remember this instead; `false` if it cannot be its own.
    pub(super) fn recall(&mut self, memory: &[T]) -> bool {
        self.has_passed = false;
        self.effective = Effective::remembering(memory.to_vec());
        self.effective.fits(self.field, self.param_count / self.layer_params.max(1))
    }

    /// Lends a pass the effective parameters that this keeps.
    fn with_own<R>(&mut self, pass: impl FnOnce(&mut Self, &mut Effective<T>) -> R) -> R {
        let mut effective = std::mem::take(&mut self.effective);
        let result = pass(self, &mut effective);
        self.effective = effective;
        result
    }

    /// As [`forward`](Unrolled::forward), at effective parameters that the caller keeps.
    pub(crate) fn forward_at(&mut self, effective: &Effective<T>, starts: &[T]) -> Result<(), Error> {
        self.has_passed = false;
        check_finite("a start", starts)?;
        let params = effective.params();
        self.variation = 0.0;
        let taken = (&self.steps, params, self.layer_params);
        run(&mut self.chunks, |chunk| chunk.forward(taken, starts))?;
        for chunk in &self.chunks {
            chunk.observe(&mut self.path);
        }
        self.has_passed = true;
        Ok(())
    }

    /// The observed states of the last [`forward`](Unrolled::forward) pass.
    pub fn path(&self) -> &States<T> {
        &self.path
    }

    /// The work of the last [`forward`](Unrolled::forward) pass, and of passes [`backward`](Unrolled::backward) since.
    pub fn work(&self) -> Work {
        let mut work = Work::default();
        self.chunks.iter().for_each(|chunk| work += chunk.work());
        work
    }

    /// The value of a regulariser for the trajectories of the last [`forward`](Unrolled::forward) pass, taken with the same
    /// parameters. The next [`backward`](Unrolled::backward) pass adds its derivatives.
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`] for parameters of the wrong size, or without a forward pass;
    /// [`Error::InvalidArgument`] for settings that make no sense, [`Error::NotFinite`] if the value is not finite.
    pub fn regularise(&mut self, params: &[T], by: impl Into<Regulariser>) -> Result<Penalties, Error> {
        self.penalise(params, &by.into(), true)
    }

    /// As [`regularise`](Unrolled::regularise), but without derivatives: the next backward pass knows nothing of it.
    ///
    /// # Errors
    /// As [`regularise`](Unrolled::regularise).
    pub fn penalties(&mut self, params: &[T], by: impl Into<Regulariser>) -> Result<Penalties, Error> {
        self.penalise(params, &by.into(), false)
    }

    fn penalise(&mut self, params: &[T], by: &Regulariser, with_derivatives: bool) -> Result<Penalties, Error> {
        self.check_params(params)?;
        let of = (&by.weights, &by.further.at()?[..]);
        self.with_own(|unrolled, effective| unrolled.penalise_at(params, effective, of, with_derivatives))
    }

    /// Refuses what cannot be the parameters of the last forward pass.
    fn check_params(&self, params: &[T]) -> Result<(), Error> {
        Error::check_len("params", "entries", params.len(), self.param_count)?;
        Error::check_len("the forward pass", "parameters", self.effective.params().len(), self.param_count)?;
        Error::check_passed(self.has_passed)
    }

    /// A regulariser of the field with its effective parameters, and of the variation of the learned ones.
    pub(crate) fn penalise_at(
        &mut self,
        learned: &[T],
        effective: &Effective<T>,
        (of, further): (&Regularisation, &Further<T>),
        with_derivatives: bool,
    ) -> Result<Penalties, Error> {
        Error::check_passed(self.has_passed)?;
        of.check()?;
        further.iter().try_for_each(|penalty| penalty.check())?;
        let mut penalties = Penalties::default();
        if of.is_local() && of.divergence_bounded && of.divergence != 0.0 {
            // d(α σ(D)) = α σ'(D) dD: the mean divergence first, then derivatives at the weight it leads to.
            let alone = Regularisation {
                divergence: 1.0,
                estimator: of.estimator,
                divergence_power: of.divergence_power,
                seed: of.seed,
                ..Regularisation::default()
            };
            let mean = self.penalise_locally(effective, (&alone, &[]), false)?.divergence;
            let (value, slope) = (mean.sigmoid(), mean.sigmoid() * (-mean).sigmoid());
            let weighted = Regularisation { divergence: of.divergence * slope, ..*of };
            penalties = self.penalise_locally(effective, (&weighted, further), with_derivatives)?;
            penalties.divergence = of.divergence * value;
        } else if of.is_local() || !further.is_empty() {
            penalties = self.penalise_locally(effective, (of, further), with_derivatives)?;
        } else {
            self.chunks.iter_mut().for_each(|chunk| chunk.penalty.is_pending = false);
        }
        penalties.variation = variation(of.variation, learned, self.layer_params, None);
        self.variation = if with_derivatives { of.variation } else { 0.0 };
        match penalties.total().is_finite() {
            true => Ok(penalties),
            false => Err(Error::NotFinite { what: "the regulariser", location: None }),
        }
    }

    /// The parts of a regulariser that the field enters; the divergence as it is.
    fn penalise_locally(
        &mut self,
        effective: &Effective<T>,
        of: (&Regularisation, &Further<T>),
        with_derivatives: bool,
    ) -> Result<Penalties, Error> {
        let (field, samples, taken) = (self.field, self.samples, (&self.steps, effective.params(), self.layer_params));
        run(&mut self.chunks, |chunk| chunk.penalise(field, taken, of, samples, with_derivatives))?;
        let mut penalties = Penalties::default();
        self.chunks.iter().for_each(|chunk| penalties.add(1.0, &chunk.penalty.value));
        Ok(penalties)
    }

    /// Pulls the cotangents `gradient` of the observed states back through the last [`forward`](Unrolled::forward)
    /// pass, taken with the same parameters: overwrites `params_bar` and `starts_bar` by the cotangents of parameters
    /// and starts.
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`] for arguments of the wrong size, or without a forward pass, [`Error::InvalidArgument`] after one
    /// that failed; [`Error::Singular`], [`Error::NotConverged`] and [`Error::NotFinite`] if the adjoint equations of a step
    /// have no solution or are not solved, or a derivative is not finite.
    pub fn backward(
        &mut self,
        params: &[T],
        gradient: &States<T>,
        params_bar: &mut [T],
        starts_bar: &mut [T],
    ) -> Result<(), Error> {
        self.check_params(params)?;
        Error::check_len("params_bar", "entries", params_bar.len(), self.param_count)?;
        Error::check_len("starts_bar", "entries", starts_bar.len(), self.samples * self.path.dim())?;
        self.with_own(|unrolled, effective| unrolled.backward_at(params, effective, gradient, params_bar, starts_bar))
    }

    /// As [`backward`](Unrolled::backward), at effective parameters of `learned` that the caller keeps; `params_bar` are
    /// cotangents of the learned ones.
    pub(crate) fn backward_at(
        &mut self,
        learned: &[T],
        effective: &Effective<T>,
        gradient: &States<T>,
        params_bar: &mut [T],
        starts_bar: &mut [T],
    ) -> Result<(), Error> {
        Error::check_passed(self.has_passed)?;
        gradient.check_shape("gradient", &self.path)?;
        let (layer_params, taken) = (self.layer_params, (&self.steps, effective.params(), self.layer_params));
        run(&mut self.chunks, |chunk| chunk.backward(taken, gradient))?;
        params_bar.fill(T::zero());
        for chunk in &self.chunks {
            let touched = &mut params_bar[chunk.touched(layer_params)];
            touched.iter_mut().zip(&chunk.params_bar).for_each(|(sum, &x)| *sum += x);
            chunk.start_cotangents(starts_bar);
        }
        effective.pull_back(self.field, learned, params_bar);
        variation(self.variation, learned, self.layer_params, Some(params_bar));
        check_finite("the gradient by a start", starts_bar)?;
        check_finite("the gradient by a parameter", params_bar)
    }

    /// Pushes the tangents of parameters and starts forward through the last [`forward`](Unrolled::forward) pass, taken
    /// with the same parameters: gives the tangents of the observed states.
    ///
    /// # Errors
    /// As [`backward`](Unrolled::backward), for the tangent equations.
    pub fn pushforward(&mut self, params: &[T], params_dot: &[T], starts_dot: &[T]) -> Result<States<T>, Error> {
        self.check_params(params)?;
        Error::check_len("params_dot", "entries", params_dot.len(), self.param_count)?;
        Error::check_len("starts_dot", "entries", starts_dot.len(), self.samples * self.path.dim())?;
        let mut params_dot = params_dot.to_vec();
        self.effective.push_forward(self.field, params, &mut params_dot);
        let mut tangents = self.path.clone();
        let taken = (&self.steps, self.effective.params(), self.layer_params);
        for chunk in &mut self.chunks {
            chunk.pushforward(taken, starts_dot, &params_dot, &mut tangents)?;
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

/// Says that a policy asks for what the method has not.
fn no_way_back(error: Error) -> Error {
    let Error::InvalidTableau { name, reason } = error else { return error };
    let expected = format!("one without steps back: `{name}` has none, {reason}");
    Error::invalid("the memory policy", "`reverse`", expected)
}

pub(super) fn check_finite<T: Real>(what: &'static str, numbers: &[T]) -> Result<(), Error> {
    match numbers.iter().all(|x| x.is_finite()) {
        true => Ok(()),
        false => Err(Error::NotFinite { what, location: None }),
    }
}
