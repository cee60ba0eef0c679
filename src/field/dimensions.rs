//! What a field is at any precision.

use super::Parameter;
use crate::Error;

/// Units in which components of a state are measured: `y_i = origin_i + unit_i z_i`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StateUnits<'a> {
    /// What is zero in them.
    pub origins: &'a [f64],
    /// What is one more.
    pub units: &'a [f64],
}

impl StateUnits<'_> {
    /// Those of some of the components.
    pub fn part(&self, range: std::ops::Range<usize>) -> Self {
        StateUnits { origins: &self.origins[range.clone()], units: &self.units[range] }
    }
}

/// How many numbers a field `F(γ, t, y)` takes and gives, and what is known of it whatever the precision.
pub trait Dimensions: Sync {
    /// Number of components of `F`.
    fn dim(&self) -> usize;

    /// Number of components of `y`. It differs from [`dim`](Dimensions::dim) only for a map that a wrapper such as
    /// [`WithInputs`](super::WithInputs) completes to a field.
    fn inputs(&self) -> usize;

    /// Number of parameters.
    fn param_count(&self) -> usize;

    /// The arrays that the parameters are, in their order. Provided: one of all.
    fn parameters(&self) -> Vec<Parameter> {
        vec![Parameter::new("parameters", [self.param_count()])]
    }

    /// Rows of the matrix in which [`eval_batch`](super::Field::eval_batch) leaves intermediate values for the derivatives
    /// at the same point.
    fn record_rows(&self) -> usize;

    /// How many rows of [signals](super::Signal) it sees.
    fn signals(&self) -> usize;

    /// Whether `F` depends on `t`.
    fn depends_on_time(&self) -> bool;

    /// Whether something in it has a unit of time and is known, not learned, so that times may be measured in other units, but
    /// not warped. Provided: yes, to be sure.
    fn has_known_rates(&self) -> bool {
        true
    }

    /// Whether nothing in it has a unit, as in a network whose weights are all learned: it may as well be trained in standard
    /// units, and better so. Provided: no, to be sure.
    fn is_free_of_units(&self) -> bool {
        false
    }

    /// The same field for a time that is measured in units of `unit`: rates that are known, not learned, are multiplied by
    /// it.
    fn in_time_units(self, unit: f64) -> Self
    where
        Self: Sized;

    /// The field for components that are measured in other units, those that it reads and those that it gives: what is known
    /// of its structure, that velocities are slopes of positions, say, holds in them. A
    /// [`Trainer`](crate::Trainer) on standardised data takes the field in their units.
    ///
    /// Provided: the same field, as it should be for a network, to which all units are alike.
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`] for another number of units, [`Error::InvalidArgument`] if products or ratios of them are not
    /// positive and finite.
    fn in_state_units(self, reads: StateUnits<'_>, gives: StateUnits<'_>) -> Result<Self, Error>
    where
        Self: Sized,
    {
        let _ = (reads, gives);
        Ok(self)
    }
}
