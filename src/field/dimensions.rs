//! What a field is at any precision.

use super::Parameter;

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
}
