//! Equations of second order.

use super::{Dimensions, Partitioned};
use crate::{Error, Number, VectorField};
use serde::{Deserialize, Serialize};

/// The field `q' = v`, `v' = f(t, q, v)` of an equation `q'' = f(t, q, q')` for the state `(q, v)`: positions, then
/// velocities. An `f` of `n` components and `2n` inputs reads positions and velocities, one of `n` inputs positions alone:
/// schemes such as Störmer's and Verlet's are then explicit.
///
/// Parameters are those of `f`, `second`. A network that sees time, or what the sample knows, is
/// [`WithInputs::of_state`](super::WithInputs::of_state).
///
/// ```
/// use kutta::field::{Activation, Dimensions, SecondOrder};
/// use kutta::{Mlp, OdeBlock, tableau::PartitionedTableau};
/// let field = SecondOrder::of(Mlp::new([2, 20, 1], Activation::Tanh)?)?;
/// assert_eq!(field.dim(), 2);
/// let block = OdeBlock::new(field, PartitionedTableau::by_name("stoermer_verlet")?).steps(10).step_size(0.1);
/// # Ok::<(), kutta::Error>(())
/// ```
pub type SecondOrder<F> = Partitioned<Velocity, F>;

impl<F: Dimensions> SecondOrder<F> {
    /// The field of the acceleration `f`.
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`] if `f` reads neither positions nor the whole state.
    pub fn of(acceleration: F) -> Result<Self, Error> {
        Partitioned::new(Velocity { ratios: vec![1.0; acceleration.dim()] }, acceleration)
    }

    /// The field for positions and velocities that are measured in these units, positions first, with an `f` that is in units
    /// of velocity: `q_i' = (s_{n+i}/s_i) v_i`.
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`] for another number of units, [`Error::InvalidArgument`] if one is not positive and finite.
    pub fn in_units(self, units: &[f64]) -> Result<Self, Error> {
        Error::check_len("units", "entries", units.len(), self.dim())?;
        if let Some(unit) = units.iter().find(|unit| !(unit.is_finite() && **unit > 0.0)) {
            return Err(Error::invalid("a unit", unit, "a positive number"));
        }
        let (positions, velocities) = units.split_at(units.len() / 2);
        let ratios: Vec<f64> = velocities.iter().zip(positions).map(|(v, q)| v / q).collect();
        Partitioned::new(Velocity { ratios }, self.into_parts().1)
    }
}

/// The map `v ↦ q'` of an equation of second order: velocities, each times the ratio of its unit to that of the position.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Velocity {
    ratios: Vec<f64>,
}

impl Velocity {
    /// The ratios.
    pub fn ratios(&self) -> &[f64] {
        &self.ratios
    }
}

impl VectorField for Velocity {
    fn dim(&self) -> usize {
        self.ratios.len()
    }

    fn param_count(&self) -> usize {
        0
    }

    fn eval<S: Number>(&self, _: &[S], _: S, v: &[S], dq: &mut [S]) {
        dq.iter_mut().zip(v).zip(&self.ratios).for_each(|((dq, &v), &ratio)| *dq = S::constant(ratio) * v);
    }

    fn in_time_units(self, unit: f64) -> Self {
        Velocity { ratios: self.ratios.into_iter().map(|ratio| ratio * unit).collect() }
    }
}
