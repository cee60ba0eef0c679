//! Trained models: a network with its parameters, in the units of the data it learned from.

mod prediction;

use super::{Seen, document};
use crate::data::{Standardisation, Trajectories, Trajectory};
use crate::field::{Effective, Field, Point, Purpose, Scratch};
use crate::network::{OdeBlock, Sharing, TIME_SLACK};
use crate::{Error, Real};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::path::Path;

const FORMAT: &str = "kutta model";
/// Fields of any kind are told by it since 2; what they are has been read off their entries before.
const FORMAT_VERSION: u64 = 2;

/// A trained network. All its methods take and give states and times in the units of the data.
///
/// A component that never changed in the data is held at its start: they tell nothing of what would change it.
///
/// Saved as JSON: a version, a checksum, and the scheme, field, steps, solver, parameters, standardisation and names.
/// A model loaded again computes the same bits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, bound(serialize = "F: Serialize, T: Real", deserialize = "F: Deserialize<'de>, T: Real"))]
pub struct Model<F, T = f64> {
    precision: String,
    time_name: String,
    components: Vec<String>,
    /// How many of the components, the last ones, are never observed.
    #[serde(default, skip_serializing_if = "is_zero")]
    hidden: usize,
    standardisation: Standardisation,
    /// In standard units of time.
    block: OdeBlock<F>,
    starts: Vec<LearnedStart>,
    /// Models saved before this was kept have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    seen: Option<Seen>,
    params: Vec<T>,
}

/// The start of a training trajectory: as observed, or as training found it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LearnedStart {
    /// Identifier of the trajectory.
    pub trajectory: String,
    /// Time of its first observation.
    pub time: f64,
    /// The state there.
    pub state: Vec<f64>,
}

impl<F: Field<T>, T: Real> Model<F, T> {
    /// A model of parameters that come from elsewhere. `block` takes its steps in the standard time of
    /// `standardisation`.
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`] if block, parameters, standardisation and names do not fit each other,
    /// [`Error::NotFinite`] for parameters that are not finite, [`Error::InvalidArgument`] for steps that are not
    /// positive.
    pub fn new(
        block: OdeBlock<F>,
        params: Vec<T>,
        standardisation: Standardisation,
        components: &[String],
        time_name: &str,
    ) -> Result<Self, Error> {
        let precision = precision::<T>();
        let (components, time_name, starts) = (components.to_vec(), time_name.to_string(), Vec::new());
        Model { precision, time_name, components, hidden: 0, standardisation, block, starts, seen: None, params }
            .checked()
    }

    fn checked(self) -> Result<Self, Error> {
        let sets = if self.block.sharing() == Sharing::Shared { 1 } else { self.block.step_count() };
        let expected = self.block.field().param_count().saturating_mul(sets);
        Error::check_len("parameters", "entries", self.params.len(), expected)?;
        Error::check_len("the field", "signals", self.block.field().signals(), 0)?;
        Error::check_len("components", "names", self.components.len(), self.block.dim())?;
        Error::check_len("standardisation", "components", self.standardisation.dim(), self.block.dim())?;
        if self.hidden >= self.components.len() {
            return Err(Error::invalid(
                "hidden components",
                self.hidden,
                format!("less than {}", self.components.len()),
            ));
        }
        if !self.params.iter().all(|p| p.is_finite()) {
            return Err(Error::NotFinite { what: "a parameter", location: None });
        }
        self.block.check_accuracy()?;
        let step_size = self.block.step();
        if !(step_size > 0.0 && step_size.is_finite() && self.block.start_time().is_finite()) {
            return Err(Error::invalid("step_size", step_size, "a positive number, with a finite start time"));
        }
        for start in &self.starts {
            Error::check_len("a learned start", "components", start.state.len(), self.block.dim())?;
        }
        if let Some(seen) = &self.seen {
            Error::check_len("what was seen", "components", seen.states.len(), self.block.dim())?;
        }
        Ok(self)
    }

    /// The same model, of whose components the last are never observed.
    pub(super) fn hiding(self, hidden: usize) -> Self {
        Model { hidden, ..self }
    }

    pub(super) fn with_starts(self, starts: Vec<LearnedStart>) -> Self {
        Model { starts, ..self }
    }

    /// The same model, which learned from these data.
    pub(super) fn having_seen(self, data: &Trajectories) -> Self {
        Model { seen: Some(Seen::of(data).covered(data)), ..self }
    }

    /// The network, in standard units.
    pub fn block(&self) -> &OdeBlock<F> {
        &self.block
    }

    /// The learned parameters. What evaluations of the field take are [`OdeBlock::effective`] ones.
    pub fn params(&self) -> &[T] {
        &self.params
    }

    /// The units that the network computes in.
    pub fn standardisation(&self) -> &Standardisation {
        &self.standardisation
    }

    /// Names of the components.
    pub fn components(&self) -> &[String] {
        &self.components
    }

    /// Names of the components that are observed, the first ones: all, but for hidden velocities.
    pub fn observed(&self) -> &[String] {
        &self.components[..self.components.len() - self.hidden]
    }

    /// Data with all components: where velocities are hidden, and the data are positions, with their
    /// [slopes](Trajectories::with_slopes).
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`] for data of another dimension, and as [`Trajectories::with_slopes`].
    pub fn completed<'d>(&self, data: &'d Trajectories) -> Result<Cow<'d, Trajectories>, Error> {
        if self.hidden > 0 && data.dim() == self.observed().len() {
            return data.with_slopes().map(Cow::Owned);
        }
        Error::check_len("data", "components", data.dim(), self.block.dim())?;
        Ok(Cow::Borrowed(data))
    }

    /// Name of the time.
    pub fn time_name(&self) -> &str {
        &self.time_name
    }

    /// Starts of the training trajectories: as observed, or as learned if they were unknowns.
    pub fn starts(&self) -> &[LearnedStart] {
        &self.starts
    }

    /// The times and states it learned from, if they are known.
    pub fn seen(&self) -> Option<&Seen> {
        self.seen.as_ref()
    }

    /// Whether component `i` never changed in the data, and is held where it starts.
    fn holds(&self, i: usize) -> bool {
        self.seen.as_ref().is_some_and(|seen| seen.is_constant(i))
    }

    /// The longest step, in the units of the data; where their [accuracy](OdeBlock::accuracy) made the steps, a quarter of
    /// the median interval that it was trained on.
    pub fn step_size(&self) -> f64 {
        self.block.step() * self.standardisation.time_scale()
    }

    /// The derivative `dy/dt` of the learned field at time `t` and state `y`, in the units of the data: for drawing it,
    /// say. With parameters by step, those of the step at `t` count.
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`] for a state of another dimension, [`Error::NotFinite`] if the derivative is not finite.
    pub fn derivative(&self, t: f64, state: &[f64]) -> Result<Vec<f64>, Error> {
        Error::check_len("state", "components", state.len(), self.block.dim())?;
        let state = self.standard_state(state)?;
        let (time, t) = (t, self.standardisation.apply_time(t));
        let count = self.block.field().param_count();
        let learned = &self.params[self.block.layer_at(t) * count..][..count];
        let mut effective = Effective::new();
        let params = effective.update(self.block.field(), learned, Purpose::Prediction)?;
        let mut slope = vec![T::zero(); self.block.dim()];
        let t = T::constant(t);
        let at = Point::one(params, &t, &state);
        let mut record = vec![T::zero(); self.block.field().record_rows()];
        self.block.field().eval_batch(at, &mut slope, &mut record, &mut Scratch::new());
        if !slope.iter().all(|x| x.is_finite()) {
            return Err(Error::NotFinite { what: "the derivative", location: None });
        }
        let scale = self.standardisation.derivative_scale(time);
        let slope = slope.iter().zip(scale).enumerate();
        Ok(slope.map(|(i, (x, scale))| if self.holds(i) { 0.0 } else { x.to_f64() / scale }).collect())
    }

    /// The eigenvalues of the Jacobian of the learned field at the states of a trajectory, `[real part, imaginary part]`, in
    /// one over the unit of time of the data; see [`OdeBlock::eigenvalues`].
    ///
    /// # Errors
    /// As [`OdeBlock::eigenvalues`].
    pub fn eigenvalues(&self, trajectory: &Trajectory) -> Result<Vec<Vec<[f64; 2]>>, Error> {
        Error::check_len("the trajectory", "components", trajectory.dim(), self.block.dim())?;
        let mut states = trajectory.states().to_vec();
        self.standardisation.apply_states(&mut states)?;
        let states: Vec<T> = states.into_iter().map(T::constant).collect();
        let times: Vec<f64> = trajectory.times().iter().map(|&t| self.standardisation.apply_time(t)).collect();
        // Units of the states do not matter: scaling them is a similarity.
        let mut found = self.block.eigenvalues(&self.params, &times, &states)?;
        for (found, &t) in found.iter_mut().zip(trajectory.times()) {
            let unit = self.standardisation.time_scale_at(t);
            found.iter_mut().flatten().for_each(|x| *x /= unit);
        }
        Ok(found)
    }

    /// The standard times between `from` and `to` at which the parameters change, on the way.
    fn changes_between(&self, from: f64, to: f64) -> Vec<f64> {
        let change = |n: usize| self.block.start_time() + n as f64 * self.block.step();
        // With the slack of the block's own search, so that no sliver of an interval is left.
        let slack = TIME_SLACK * self.block.step();
        let inside = |t: &f64| *t > from.min(to) + slack && *t < from.max(to) - slack;
        let mut changes: Vec<f64> = (1..self.block.step_count()).map(change).filter(inside).collect();
        if to < from {
            changes.reverse();
        }
        changes
    }

    /// Saves the model; the file appears whole or not at all.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be written; an old one stays as it was.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), Error>
    where
        F: Serialize,
    {
        document::save(path.as_ref(), FORMAT, FORMAT_VERSION, self)
    }

    /// Loads a saved model.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be read; [`Error::IncompatibleVersion`]; [`Error::Parse`] if it is not a model,
    /// or is cut off, damaged or edited, of another precision, or does not fit together.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, Error>
    where
        F: DeserializeOwned,
    {
        let path = path.as_ref();
        let model: Self = document::load(path, FORMAT, 1..=FORMAT_VERSION)?;
        if model.precision != precision::<T>() {
            let reason = format!("the model computes in {}, expected {}", model.precision, precision::<T>());
            return Err(document::invalid(path, reason));
        }
        model.checked().map_err(|error| document::inconsistent(path, &error))
    }
}

fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// `f32` or `f64`.
pub(in crate::train) fn precision<T>() -> String {
    format!("f{}", 8 * size_of::<T>())
}
