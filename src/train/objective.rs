//! What training minimises.

use super::NormalEquations;
use crate::network::Work;
use crate::regularisation::Penalties;
use crate::{Error, Real};
use rand::RngCore;
use serde::{Deserialize, Serialize};

/// A function of unknowns, made of samples, that a [`Session`](super::Session) minimises. What a [`Trainer`](super::Trainer)
/// minimises on recorded trajectories is one; anything else with a gradient can be another:
///
/// ```
/// use kutta::rand::RngCore;
/// use kutta::train::{Adam, Evaluation, Minibatch, Objective, Session, Settings};
/// use kutta::{Error, Real};
///
/// /// The mean of `(a + b x - y)²` over points `(x, y)`: a line through them.
/// struct Line(Vec<[f64; 2]>);
///
/// impl<T: Real> Objective<T> for Line {
///     fn samples(&self) -> usize { self.0.len() }
///     fn start(&mut self, _: &mut dyn RngCore) -> Result<Vec<T>, Error> { Ok(vec![T::zero(); 2]) }
///     fn value_and_grad(&mut self, of: Minibatch<'_>, unknowns: &[T], gradient: &mut [T]) -> Result<Evaluation, Error> {
///         let share = T::constant(1.0 / of.samples.len() as f64);
///         let mut sum = T::zero();
///         gradient.fill(T::zero());
///         for [x, y] in of.samples.iter().map(|&i| self.0[i].map(T::constant)) {
///             let error = unknowns[0] + unknowns[1] * x - y;
///             sum += share * error * error;
///             gradient[0] += T::constant(2.0) * share * error;
///             gradient[1] += T::constant(2.0) * share * error * x;
///         }
///         Ok(sum.to_f64().into())
///     }
/// }
///
/// let mut line = Line(vec![[0.0, 1.0], [1.0, 3.0], [2.0, 5.0]]);
/// let settings = Settings { optimizer: Adam::new(0.1).into(), ..Settings::plain() };
/// let mut session = Session::<f64>::new(&settings, 800, &mut line)?;
/// while !session.is_over() {
///     session.epoch()?;
/// }
/// let (unknowns, history) = session.finish();
/// assert!((unknowns[0] - 1.0).abs() < 1e-6 && (unknowns[1] - 2.0).abs() < 1e-6);
/// assert!(history.epochs[799].loss < 1e-10);
/// # Ok::<(), Error>(())
/// ```
pub trait Objective<T: Real> {
    /// Number of samples that batches are drawn from, at least 1. The objective itself is that of all of them.
    fn samples(&self) -> usize;

    /// The unknowns to begin with; `rng` is what random ones are drawn from.
    ///
    /// # Errors
    /// For settings that make no sense.
    fn start(&mut self, rng: &mut dyn RngCore) -> Result<Vec<T>, Error>;

    /// The objective of a batch, and its derivative by every unknown, which overwrites `gradient`.
    ///
    /// # Errors
    /// [`Error::NotFinite`], [`Error::NotConverged`] or [`Error::Singular`] where it has no value:
    /// [`OnFailure`](super::OnFailure) decides what becomes of the training. Any other error ends it.
    fn value_and_grad(&mut self, batch: Minibatch<'_>, unknowns: &[T], gradient: &mut [T])
    -> Result<Evaluation, Error>;

    /// The objective of a batch without a derivative, to judge unknowns by: that of the last stage, if there are stages, and
    /// as predictions have it. Further unknowns are not looked at. Provided: by
    /// [`value_and_grad`](Objective::value_and_grad).
    ///
    /// # Errors
    /// As [`value_and_grad`](Objective::value_and_grad).
    fn value(&mut self, batch: Minibatch<'_>, unknowns: &[T]) -> Result<Evaluation, Error> {
        self.value_and_grad(batch, unknowns, &mut vec![T::zero(); unknowns.len()])
    }

    /// The objective as a sum of squares, for methods of second order, if it is one. Provided: `None`.
    fn squares(&mut self) -> Option<&mut dyn SumOfSquares<T>> {
        None
    }

    /// The stage of the next epoch: objectives may come to themselves by easier ones. After the last stage there is no other.
    /// Provided: the last.
    fn stage(&self, _at: Turn) -> Stage {
        Stage::Last
    }

    /// Whether so small a value, at the end of an epoch, is all that can be asked for in its stage: the noise of what was
    /// measured, say, or what so many epochs are worth. Methods that know when they have [settled](super::Descent) do so
    /// there. Provided: no.
    fn suffices(&self, _at: Turn, _value: f64) -> bool {
        false
    }

    /// The most epochs that are left, where methods that know when they have settled train. Provided: not known.
    fn most_epochs_left(&self, _at: Turn) -> Option<usize> {
        None
    }

    /// Turns to another stage, and makes the unknowns those of that stage. The first of them, as many as at the start, are
    /// common to all stages; the others come and go.
    ///
    /// Provided: changes nothing.
    fn enter(&mut self, _stage: Stage, _unknowns: &mut Vec<T>) {}

    /// Numbers that evaluations take over from earlier ones, for checkpoints. Provided: none.
    fn memory(&self) -> Vec<T> {
        Vec::new()
    }

    /// Goes on from these numbers instead; from none as if there had been no evaluations, which happens when unknowns are
    /// taken back. `false` if they cannot be its own. Provided: for an objective that remembers nothing.
    fn recall(&mut self, memory: Vec<T>) -> bool {
        memory.is_empty()
    }

    /// What tells this objective from others, for checkpoints. Provided: the name of its type.
    fn description(&self) -> String {
        std::any::type_name::<Self>().to_string()
    }
}

/// An objective that is a sum of squares `Σ r²` of residuals, or a multiple of it.
pub trait SumOfSquares<T> {
    /// Adds the residuals of a batch, at these unknowns, and their derivatives by the unknowns.
    ///
    /// # Errors
    /// As [`Objective::value_and_grad`].
    fn normal_equations(
        &mut self,
        batch: Minibatch<'_>,
        unknowns: &[T],
        equations: &mut NormalEquations,
    ) -> Result<Evaluation, Error>;

    /// `Σ r²` of a batch alone: what [`normal_equations`](SumOfSquares::normal_equations) would have as such at these
    /// unknowns.
    ///
    /// # Errors
    /// As [`Objective::value_and_grad`].
    fn sum_of_squares(&mut self, batch: Minibatch<'_>, unknowns: &[T]) -> Result<f64, Error>;
}

/// How far a training has come when it asks for the [stage](Objective::stage) of the next epoch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Turn {
    /// Epochs done.
    pub epoch: usize,
    /// The stage of the last epoch; none before the first.
    pub stage: Option<Stage>,
    /// Epochs done in that stage.
    pub epochs_in_stage: usize,
    /// Whether the optimiser has settled in that stage, or cannot evaluate it.
    pub settled: bool,
}

/// The samples that an objective is evaluated on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Minibatch<'a> {
    /// Which they are, in order.
    pub samples: &'a [usize],
    /// The epoch, counted from 0.
    pub epoch: usize,
    /// Samples of the epoch that came before. With the epoch, it is what random numbers of an objective are drawn from.
    pub first: usize,
}

/// An objective at some unknowns. A number alone becomes one by `into`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Evaluation {
    /// Its value.
    pub total: f64,
    /// What a regulariser adds, if there is one.
    pub penalties: Option<Penalties>,
    /// Mean square of the gaps between segments, if there are any.
    pub gap: Option<f64>,
    /// How many of the unknowns the data determine, rather than a prior on weights, if there is one.
    pub determined: Option<f64>,
    /// The nonlinear work of finding it.
    pub work: Work,
}

impl From<f64> for Evaluation {
    fn from(total: f64) -> Self {
        Evaluation { total, ..Evaluation::default() }
    }
}

/// Where an objective stands that comes to itself by easier ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// The objective itself.
    #[serde(alias = "whole")]
    Last,
    /// An easier one before; the objective tells one from another by a number.
    #[serde(alias = "horizon", alias = "segments")]
    Before(usize),
}
