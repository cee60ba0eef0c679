//! A block with a regulariser.

use super::{AnyBlock, Gradient, Grid, Loss, OdeBlock, StartTimes, States, Unrolled};
use crate::data::Trajectories;
use crate::field::{Dimensions, Field};
use crate::regularisation::{Penalties, Regulariser};
use crate::{Error, Real};

/// An [`OdeBlock`] with a [`Regulariser`] that is added to every loss.
///
/// ```
/// use kutta::{Mlp, OdeBlock, Regularisation, Tableau, field::Activation};
/// # fn main() -> Result<(), kutta::Error> {
/// let block = OdeBlock::new(Mlp::new([2, 8, 2], Activation::Tanh)?, Tableau::implicit_midpoint()).steps(5);
/// let regularisation = Regularisation { jacobian: 0.1, ..Regularisation::default() };
/// // No loss at all: the regulariser alone, and its derivatives.
/// let starts = [[1.0, 0.0]];
/// let gradient = block.regularised_by(regularisation).value_and_grad_of(&[0.1; 40], 0.0, &starts, |_, _| 0.0)?;
/// assert_eq!(gradient.value, gradient.penalties.jacobian);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Regularised<'a, F> {
    block: &'a OdeBlock<F>,
    regulariser: Regulariser,
}

impl<'a, F: Dimensions> Regularised<'a, F> {
    pub(super) fn new(block: &'a OdeBlock<F>, regulariser: Regulariser) -> Self {
        Regularised { block, regulariser }
    }

    /// [`OdeBlock::value_and_grad`], regularised.
    ///
    /// # Errors
    /// As there, and [`Error::InvalidArgument`] for a regulariser that makes no sense, [`Error::NotFinite`] if its value is
    /// not finite.
    pub fn value_and_grad<T: Real>(
        &self,
        params: &[T],
        data: &Trajectories,
        loss: &impl Loss<T>,
    ) -> Result<Gradient<T>, Error>
    where
        F: Field<T>,
    {
        let dim = self.block.dim();
        Error::check_len("data", "components", data.dim(), dim)?;
        let cast = |state: &[f64]| state.iter().map(|&x| T::constant(x)).collect::<Vec<T>>();
        let starts: Vec<T> = data.iter().flat_map(|trajectory| cast(trajectory.state(0))).collect();
        let target = States::from_states(dim, data.iter().map(|trajectory| cast(trajectory.states())));
        self.differentiate(self.block.grid_through(data)?, params, starts, |path, gradient| {
            loss.value_and_grad(path, &target, gradient)
        })
    }

    /// [`OdeBlock::value_and_grad_of`], regularised.
    ///
    /// # Errors
    /// As [`value_and_grad`](Regularised::value_and_grad).
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
        self.differentiate(self.block.grid(start, states.len())?, params, self.block.flat(states)?, loss)
    }

    fn differentiate<T: Real>(
        &self,
        grid: Grid,
        params: &[T],
        starts: Vec<T>,
        loss: impl FnOnce(&States<T>, &mut States<T>) -> T,
    ) -> Result<Gradient<T>, Error>
    where
        F: Field<T>,
    {
        let block: &AnyBlock<'_, T> = self.block;
        let mut unrolled = Unrolled::with_spare(block, &grid)?;
        let mut gradient = States::zeros(self.block.dim(), &grid);
        let value = loss(unrolled.forward(params, &starts)?, &mut gradient);
        if !value.is_finite() {
            return Err(Error::NotFinite { what: "the loss", location: None });
        }
        let penalties = match self.regulariser.is_none() {
            true => Penalties::default(),
            false => unrolled.regularise(params, self.regulariser.clone())?,
        };
        let (value, work) = (value + T::constant(penalties.total()), unrolled.work());
        let mut result = Gradient { value, penalties, params: vec![T::zero(); params.len()], starts, work };
        unrolled.backward(params, &gradient, &mut result.params, &mut result.starts)?;
        unrolled.leave(block, grid);
        Ok(result)
    }
}
