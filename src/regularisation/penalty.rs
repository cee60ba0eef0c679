//! What may be penalised along trajectories.

use super::Penalties;
use crate::field::{Field, Point, Scratch};
use crate::{Error, Real};
use std::fmt::Debug;

/// A function `P(γ, t, y)` of states along trajectories, whose mean over their steps is added to a loss: those that a
/// [`Regularisation`](super::Regularisation) weights, or one of one's own, written for any precision and added by
/// [`Regularisation::and`](super::Regularisation::and).
///
/// ```
/// use kutta::field::Scratch;
/// use kutta::regularisation::{Along, Bars, Penalties, Penalty};
/// use kutta::{Mlp, OdeBlock, Real, Regularisation, Tableau, field::Activation};
///
/// /// `weight (|y|² - 1)²`: for trajectories on the unit sphere.
/// #[derive(Debug)]
/// struct OffTheSphere { weight: f64 }
///
/// impl<T: Real> Penalty<T> for OffTheSphere {
///     fn evaluate(&self, along: Along<'_, T>, mut bars: Option<Bars<'_, T>>, _: &mut Scratch<T>) -> Penalties {
///         let (y, stride) = (along.at.y, along.at.batch.stride);
///         let mut sum = T::zero();
///         for (column, &share) in along.weights.iter().enumerate() {
///             let weight = T::constant(share * self.weight);
///             let excess = y.iter().skip(column).step_by(stride).map(|&x| x * x).sum::<T>() - T::one();
///             sum += weight * excess * excess;
///             if let Some(bars) = &mut bars {
///                 let rows = bars.y.iter_mut().zip(y).skip(column).step_by(stride);
///                 rows.for_each(|(bar, &x)| *bar += T::constant(4.0) * weight * excess * x);
///             }
///         }
///         sum.to_f64().into()
///     }
/// }
///
/// let block = OdeBlock::new(Mlp::new([2, 8, 2], Activation::Tanh)?, Tableau::implicit_midpoint()).steps(5);
/// let regulariser = Regularisation { jacobian: 0.1, ..Regularisation::default() }.and(OffTheSphere { weight: 0.5 });
/// let starts = [[1.0, 1.0]];
/// let gradient = block.regularised_by(regulariser).value_and_grad_of(&[0.0; 40], 0.0, &starts, |_, _| 0.0)?;
/// // The field is zero: |y|² is 2 all along.
/// assert!((gradient.penalties.further - 0.5).abs() < 1e-12);
/// # Ok::<(), kutta::Error>(())
/// ```
///
/// Checkpoints are compared by what `Debug` shows.
pub trait Penalty<T: Real>: Debug + Send + Sync {
    /// Refuses settings that make no sense. Provided: none.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for the first of them.
    fn check(&self) -> Result<(), Error> {
        Ok(())
    }

    /// `Σ w P(γ, t, y)` over the live samples of a batch with the weights `w` of `along`; adds its derivatives to `bars`, if
    /// they are wanted. Should allocate nothing but from `scratch`.
    fn evaluate(&self, along: Along<'_, T>, bars: Option<Bars<'_, T>>, scratch: &mut Scratch<T>) -> Penalties;
}

/// States along trajectories, all with the same parameters.
#[derive(Clone, Copy)]
pub struct Along<'a, T> {
    /// The field.
    pub field: &'a dyn Field<T>,
    /// Parameters as evaluations take them, times and states.
    pub at: Point<'a, T>,
    /// `F` there, [`dim`](crate::field::Dimensions::dim) rows.
    pub value: &'a [T],
    /// What its evaluation left for derivatives.
    pub record: &'a [T],
    /// Weights of the trapezoidal rule for the mean over the steps and the samples, one for every live column.
    pub weights: &'a [f64],
    /// Where in its trajectory each of them is, from 0 at the start to 1 at the end.
    pub positions: &'a [f64],
    pub(super) seed: &'a dyn Fn(usize) -> u64,
}

impl<T> Along<'_, T> {
    /// What random numbers for a column are drawn from: another number for every state, batch and epoch.
    pub fn seed(&self, column: usize) -> u64 {
        (self.seed)(column)
    }
}

/// Where a penalty's derivatives are added.
#[derive(Debug)]
pub struct Bars<'a, T> {
    /// By the states, laid out as they are.
    pub y: &'a mut [T],
    /// By the parameters that evaluations take, summed over the live samples.
    pub params: &'a mut [T],
}

impl<T> Bars<'_, T> {
    /// The same, for a part of their use.
    pub fn reborrow(&mut self) -> Bars<'_, T> {
        Bars { y: self.y, params: self.params }
    }
}

/// `sum += x`
pub(super) fn add<T: Real>(sum: &mut [T], x: &[T]) {
    sum.iter_mut().zip(x).for_each(|(sum, &x)| *sum += x);
}
