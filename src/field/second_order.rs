//! Equations of second order.

use super::{Dimensions, Partitioned, StateUnits};
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
        Partitioned::new(Velocity { ratios: vec![1.0; acceleration.dim()], offsets: Vec::new() }, acceleration)
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
        Partitioned::new(Velocity { ratios, offsets: Vec::new() }, self.into_parts().1)
    }
}

/// The map `v ↦ q'` of an equation of second order: velocities, each times the ratio of its unit to that of the position, and
/// what they are where they are zero in their units.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Velocity {
    ratios: Vec<f64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    offsets: Vec<f64>,
}

impl Velocity {
    /// The ratios.
    pub fn ratios(&self) -> &[f64] {
        &self.ratios
    }

    /// `q'` where velocities are zero in their units; none, if it is zero.
    pub fn offsets(&self) -> &[f64] {
        &self.offsets
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
        dq.iter_mut().zip(&self.offsets).for_each(|(dq, &offset)| *dq += S::constant(offset));
    }

    fn in_time_units(self, unit: f64) -> Self {
        let times = |numbers: Vec<f64>| numbers.into_iter().map(|x| x * unit).collect();
        Velocity { ratios: times(self.ratios), offsets: times(self.offsets) }
    }

    fn in_state_units(self, reads: StateUnits<'_>, gives: StateUnits<'_>) -> Result<Self, Error> {
        let (n, mut ratios, mut offsets) = (self.ratios.len(), Vec::new(), Vec::new());
        Error::check_len("units", "entries", reads.units.len(), n)?;
        Error::check_len("units", "entries", gives.units.len(), n)?;
        for (i, ratio) in self.ratios.iter().enumerate() {
            let offset = ratio * reads.origins[i] + self.offsets.get(i).copied().unwrap_or(0.0);
            ratios.push(ratio * (reads.units[i] / gives.units[i]));
            offsets.push(offset / gives.units[i]);
        }
        match ratios.iter().chain(&offsets).all(|x| x.is_finite()) {
            true => Ok(Velocity { ratios, offsets }),
            false => Err(Error::invalid("units", format!("{:?}", gives.units), "ones in which velocities are finite")),
        }
    }
}
