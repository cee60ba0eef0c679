//! A chain of steps: the residual network of a field and a method.

use super::spare::{Key, Spare};
use super::{Grid, Loss, Memory, Regularised, StartTimes, States, TIME_SLACK, Unrolled, Work, fewest_steps};
use crate::data::Trajectories;
use crate::field::{Dimensions, Effective, Field, Purpose, StateUnits};
use crate::regularisation::{Penalties, Regularisation, Regulariser};
use crate::solve::StageSolver;
use crate::tableau::Method;
use crate::{Error, Real};
use rand::Rng;
use serde::{Deserialize, Serialize};

/// Whether all steps of a block have the same parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum Sharing {
    /// One set of parameters for all steps.
    #[default]
    Shared,
    /// One set a step, constant during the step and found by the time at which it starts (càdlàg).
    PerStep,
}

/// `T` steps of a [`Method`] over a field: a block of as many layers.
///
/// ```
/// use kutta::{Tableau, field::{Activation, Mlp}, network::OdeBlock};
/// use rand::{SeedableRng, rngs::StdRng};
/// # fn main() -> Result<(), kutta::Error> {
/// let field = Mlp::new([2, 20, 20, 2], Activation::Tanh)?;
/// let block = OdeBlock::new(field, Tableau::radau_iia(2)?).steps(50).step_size(0.2);
/// let params: Vec<f64> = block.init(&mut StdRng::seed_from_u64(1));
/// let path = block.integrate(&params, 0.0, &[[1.0, 0.6], [1.0, 0.8]])?;
/// println!("the second sample ends in {:?}", path.last(1));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OdeBlock<F: ?Sized> {
    #[serde(alias = "tableau")]
    method: Method,
    steps: usize,
    step_size: f64,
    /// Of trainings and predictions on recorded data, if no step size was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    accuracy: Option<f64>,
    start_time: f64,
    sharing: Sharing,
    solver: StageSolver,
    #[serde(default)]
    memory: Memory,
    #[serde(skip)]
    pub(super) spare: Spare,
    // Last, so that a reference to a block of some field is one to a block of any.
    field: F,
}

/// A block of any field at one precision.
pub(crate) type AnyBlock<'a, T> = OdeBlock<dyn Field<T> + 'a>;

/// The value of a loss and its derivatives.
#[derive(Debug, Clone, PartialEq)]
pub struct Gradient<T> {
    /// The loss, with all penalties.
    pub value: T,
    /// What a regulariser added to it.
    pub penalties: Penalties,
    /// Its derivative by the parameters.
    pub params: Vec<T>,
    /// Its derivative by the starts, the samples' one after another.
    pub starts: Vec<T>,
    /// The nonlinear work of the forward pass.
    pub work: Work,
}

impl<F: Dimensions> OdeBlock<F> {
    /// One step of size 1, to be changed by the methods below; parameters are shared, stages solved by the default
    /// [`StageSolver`]. The method is a tableau, or whatever else makes one: a pair for a field in two parts, a sum of
    /// tableaux for a sum of fields, a multistep or a reversible method.
    pub fn new(field: F, method: impl Into<Method>) -> Self {
        OdeBlock {
            method: method.into(),
            steps: 1,
            step_size: 1.0,
            accuracy: Some(OdeBlock::<F>::ACCURACY),
            start_time: 0.0,
            sharing: Sharing::Shared,
            solver: StageSolver::default(),
            memory: Memory::default(),
            spare: Spare::default(),
            field,
        }
    }

    /// Number of steps.
    pub fn steps(self, steps: usize) -> Self {
        OdeBlock { steps, ..self }
    }

    /// Size `h` of a step, and the longest through recorded data.
    pub fn step_size(self, step_size: f64) -> Self {
        OdeBlock { step_size, accuracy: None, ..self }
    }

    /// Leaves the steps through recorded data to their error: training takes as many equal steps from observation to
    /// observation as keep the estimated error of each interval below `accuracy`, relative to the deviation of the data, and
    /// predictions are those of the [`Flow`](crate::Flow) of the field. Instead of a step size; by default, if neither is
    /// given, [`ACCURACY`](OdeBlock::ACCURACY). For tableaux of declared order 3 or more, trained by least squares; others take
    /// four steps in the median interval then. A number between 0 and 1; rounding bounds it from below, at 1e-3 in f32.
    pub fn accuracy(self, accuracy: f64) -> Self {
        OdeBlock { accuracy: Some(accuracy), ..self }
    }

    /// Gives every step parameters of its own. The first belongs to steps that start in `[start_time, start_time + h)`,
    /// the next to the interval after, and so on; steps that start outside the block's span use the nearest.
    pub fn per_step(self, start_time: f64) -> Self {
        OdeBlock { sharing: Sharing::PerStep, start_time, ..self }
    }

    /// How stage equations are solved.
    pub fn solved_by(self, solver: StageSolver) -> Self {
        OdeBlock { solver, ..self }
    }

    /// What is kept of a forward pass for the backward pass.
    pub fn memory(self, memory: Memory) -> Self {
        OdeBlock { memory, ..self }
    }

    /// The same block for a time that is measured in units of `unit`.
    pub(crate) fn in_time_units(self, unit: f64) -> Self {
        OdeBlock {
            step_size: self.step_size / unit,
            accuracy: self.accuracy,
            field: self.field.in_time_units(unit),
            // What is remembered is of the other field.
            spare: Spare::default(),
            ..self
        }
    }

    /// The same block for states that are measured in these units.
    pub(crate) fn in_state_units(self, units: StateUnits<'_>) -> Result<Self, Error> {
        let field = self.field.in_state_units(units, units)?;
        Ok(OdeBlock { field, spare: Spare::default(), ..self })
    }

    /// Initial parameters. Sets of different steps start equal: their differences are for the data to ask for.
    ///
    /// See [`init_per_step`](OdeBlock::init_per_step) for sets that start apart.
    pub fn init<T: Real>(&self, rng: &mut impl Rng) -> Vec<T>
    where
        F: Field<T>,
    {
        self.field.init(rng).repeat(self.layers())
    }

    /// Initial parameters, those of every step drawn independently. For small networks: one draw may leave few of their
    /// units active, and would do so in all steps. Equal to [`init`](OdeBlock::init) if steps share their parameters.
    ///
    /// ```
    /// use kutta::{Activation, Mlp, OdeBlock, Tableau, Trainer};
    /// use rand::{SeedableRng, rngs::StdRng};
    /// # fn main() -> Result<(), kutta::Error> {
    /// let field = Mlp::new([1, 4, 1], Activation::Relu)?;
    /// let block = OdeBlock::new(field, Tableau::backward_euler()).steps(40).step_size(0.1).per_step(0.0);
    /// let initial: Vec<f64> = block.init_per_step(&mut StdRng::seed_from_u64(1));
    /// let trainer = Trainer::new(block).initial(initial);
    /// # Ok(())
    /// # }
    /// ```
    pub fn init_per_step<T: Real>(&self, rng: &mut impl Rng) -> Vec<T>
    where
        F: Field<T>,
    {
        (0..self.layers()).flat_map(|_| self.field.init(rng)).collect()
    }

    /// The parameters that evaluations of the field take, for learned parameters of all steps: the same, unless the field
    /// has a [reparameterisation](Field::reparameterisation).
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`] for parameters of the wrong size, [`Error::NotFinite`] if one is not finite.
    pub fn effective<T: Real>(&self, params: &[T]) -> Result<Vec<T>, Error>
    where
        F: Field<T>,
    {
        Error::check_len("params", "entries", params.len(), self.param_count())?;
        Ok(Effective::new().update(&self.field, params, Purpose::Prediction)?.to_vec())
    }

    /// Makes the block ready for the samples of a grid.
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`] if the field is a map that no wrapper completes to a field, [`Error::InvalidArgument`]
    /// for settings that make no sense, a field whose terms are not those of the method, and steps of a length that the
    /// method does not take.
    pub fn unroll<T: Real>(&self, grid: &Grid) -> Result<Unrolled<'_, T>, Error>
    where
        F: Field<T>,
    {
        Unrolled::new(self, grid)
    }

    /// All states of samples that start at `start` from `states`: [`States::state`]`(sample, n)` after `n` steps.
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`] for arguments of the wrong size, [`Error::NotFinite`] for arguments or states that are
    /// not finite, [`Error::NotConverged`] for a stage that is not solved, naming step, stage and sample.
    pub fn integrate<T: Real, S: AsRef<[T]>>(
        &self,
        params: &[T],
        start: impl Into<StartTimes>,
        states: &[S],
    ) -> Result<States<T>, Error>
    where
        F: Field<T>,
    {
        let grid = self.grid(start, states.len())?;
        self.forward(params, &grid, &self.flat(states)?)
    }

    /// A loss on recorded trajectories, predicted from their first observations, and its exact derivatives.
    ///
    /// The loss sees the states at the observed times; see [`grid_through`](OdeBlock::grid_through) for the steps.
    ///
    /// # Errors
    /// As [`Unrolled::forward`] and [`Unrolled::backward`].
    pub fn value_and_grad<T: Real>(
        &self,
        params: &[T],
        data: &Trajectories,
        loss: &impl Loss<T>,
    ) -> Result<Gradient<T>, Error>
    where
        F: Field<T>,
    {
        self.regularised_by(Regularisation::default()).value_and_grad(params, data, loss)
    }

    /// Any function of all states of samples that start at `start` from `states`, and its exact derivatives: `loss`
    /// returns its value, and adds its derivative by every state to the second argument, which comes filled with zeros.
    ///
    /// # Errors
    /// As [`Unrolled::forward`] and [`Unrolled::backward`].
    pub fn value_and_grad_of<T: Real, S: AsRef<[T]>>(
        &self,
        params: &[T],
        start: impl Into<StartTimes>,
        states: &[S],
        loss: impl FnOnce(&States<T>, &mut States<T>) -> T,
    ) -> Result<Gradient<T>, Error>
    where
        F: Field<T>,
    {
        self.regularised_by(Regularisation::default()).value_and_grad_of(params, start, states, loss)
    }

    /// The block with a regulariser that is added to every loss.
    pub fn regularised_by(&self, regulariser: impl Into<Regulariser>) -> Regularised<'_, F> {
        Regularised::new(self, regulariser.into())
    }
}

impl<F: Dimensions + ?Sized> OdeBlock<F> {
    /// The [accuracy](OdeBlock::accuracy) of steps through recorded data by default.
    pub const ACCURACY: f64 = 1e-6;

    /// The accuracy of steps through recorded data, if no step size was given.
    pub fn accuracy_of_steps(&self) -> Option<f64> {
        self.accuracy
    }

    /// The same, as far as a precision allows: rounding and the errors of stage equations are far below it.
    pub(crate) fn accuracy_in<T: Real>(&self) -> Option<f64> {
        self.accuracy.map(|accuracy| accuracy.max(1e4 * T::EPSILON.to_f64()))
    }

    /// Refuses an accuracy that is none.
    pub(crate) fn check_accuracy(&self) -> Result<(), Error> {
        match self.accuracy.filter(|accuracy| !(*accuracy > 0.0 && *accuracy < 1.0)) {
            None => Ok(()),
            Some(accuracy) => Err(Error::invalid("accuracy", accuracy, "a number between 0 and 1")),
        }
    }

    /// The field.
    pub fn field(&self) -> &F {
        &self.field
    }

    /// The method.
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// The settings of the stage solver.
    pub fn solver(&self) -> &StageSolver {
        &self.solver
    }

    /// What is kept of a forward pass.
    pub fn memory_policy(&self) -> Memory {
        self.memory
    }

    /// Number of steps.
    pub fn step_count(&self) -> usize {
        self.steps
    }

    /// Size of a step.
    pub fn step(&self) -> f64 {
        self.step_size
    }

    /// Start of the first step's interval, if steps have parameters of their own.
    pub fn start_time(&self) -> f64 {
        self.start_time
    }

    /// Whether steps share their parameters.
    pub fn sharing(&self) -> Sharing {
        self.sharing
    }

    /// Number of components of a state.
    pub fn dim(&self) -> usize {
        self.field.dim()
    }

    /// Number of parameters of all steps: sets one after another.
    pub fn param_count(&self) -> usize {
        self.field.param_count().saturating_mul(self.layers())
    }

    /// Number of sets of parameters.
    pub(crate) fn layers(&self) -> usize {
        match self.sharing {
            Sharing::Shared => 1,
            Sharing::PerStep => self.steps,
        }
    }

    /// The set of parameters for a step that starts at `t`: `⌊(t - t_0)/h⌋`, with slack for rounding, within the block.
    pub fn layer_at(&self, t: f64) -> usize {
        match self.sharing {
            Sharing::Shared => 0,
            Sharing::PerStep => {
                let index = ((t - self.start_time) / self.step_size + TIME_SLACK).floor();
                // `as` saturates, and sends NaN to zero.
                (index as usize).min(self.layers().saturating_sub(1))
            }
        }
    }

    /// The grid on which samples with these start times take all steps of the block.
    ///
    /// # Errors
    /// As [`Grid::uniform`].
    pub fn grid(&self, start: impl Into<StartTimes>, samples: usize) -> Result<Grid, Error> {
        Grid::uniform(&start.into(), samples, self.step_size, self.steps)
    }

    /// The grid on which steps lead from observation to observation of recorded trajectories: the fewest equal steps
    /// that are no longer than the block's.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] if the step size is not positive.
    pub fn grid_through(&self, data: &Trajectories) -> Result<Grid, Error> {
        self.check_step_size()?;
        Grid::through(data, |interval| fewest_steps(interval, self.step_size))
    }

    /// Adds to a grid a sample that steps from each of some times to the next, as [`grid_through`](OdeBlock::grid_through).
    pub(crate) fn step_through(&self, grid: &mut Grid, times: impl IntoIterator<Item = f64>) -> Result<(), Error> {
        self.check_step_size()?;
        grid.push_through(times, |interval| fewest_steps(interval, self.step_size))
    }

    fn check_step_size(&self) -> Result<(), Error> {
        match self.step_size > 0.0 && self.step_size.is_finite() {
            true => Ok(()),
            false => Err(Error::invalid("step_size", self.step_size, "a positive number")),
        }
    }

    /// What chunks are cut by, with so many rows of what is carried.
    pub(super) fn key(&self, rows: usize) -> Key {
        (rows, self.layers(), self.start_time, self.step_size, self.memory)
    }

    pub(super) fn check_layers(&self) -> Result<(), Error> {
        match self.layers() {
            0 => Err(Error::invalid("steps", "0", "at least 1 for parameters per step")),
            _ if !self.start_time.is_finite() => Err(Error::invalid("start_time", self.start_time, "a finite number")),
            _ => Ok(()),
        }
    }

    pub(super) fn flat<T: Real, S: AsRef<[T]>>(&self, states: &[S]) -> Result<Vec<T>, Error> {
        let mut flat = Vec::with_capacity(states.len() * self.dim());
        for state in states {
            Error::check_len("a start", "components", state.as_ref().len(), self.dim())?;
            flat.extend_from_slice(state.as_ref());
        }
        Ok(flat)
    }
}
