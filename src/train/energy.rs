//! What becomes of a learned energy.

use super::Model;
use crate::data::Trajectory;
use crate::field::{Batch, Field, Point, Potential, Scratch};
use crate::network::fewest_steps;
use crate::{Error, Real};
use serde::Serialize;

/// Intervals of a path on which an energy is looked at, about.
const LOOKS: f64 = 1000.0;
/// By how much states are moved to see how steep an energy is, in standard units.
const NUDGE: f64 = 1e-4;

/// How a learned energy changes along a prediction, in units of what it changes by when the state moves by one deviation of
/// the data across its levels: the root mean square of `‖∂E/∂z‖` over the states that were given, in standard units `z`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct EnergyDrift {
    /// How long the prediction is, in the unit of time of the data.
    pub time: f64,
    /// `max_t |E(t) - E(0)|`
    pub drift: f64,
    /// `E - E(0)` at the end.
    pub change: f64,
    /// The most that it rises by from one look to the next: zero, but for rounding, where it is lost.
    pub rise: f64,
}

impl<F: Field<T>, T: Real> Model<F, T> {
    /// The learned energy at the states of a trajectory, as `field` tells it, which is that of the model's block: in units of
    /// its own, up to a constant.
    ///
    /// ```
    /// use kutta::data::{Standardisation, Trajectory};
    /// use kutta::field::{Activation, Field, Hamiltonian};
    /// use kutta::{Mlp, Model, OdeBlock, Tableau};
    /// # use rand::{SeedableRng, rngs::StdRng};
    /// let field = Hamiltonian::new(Mlp::new([2, 8, 1], Activation::Tanh)?)?;
    /// let params: Vec<f64> = field.init(&mut StdRng::seed_from_u64(1));
    /// let block = OdeBlock::new(field, Tableau::gauss(2)?);
    /// let names = ["q", "p"].map(String::from);
    /// let model = Model::new(block, params, Standardisation::identity(2), &names, "t")?;
    /// let path = model.predict(0.0, &[1.0, 0.0], &[0.0, 5.0, 10.0])?;
    /// let path = Trajectory::new("", path.times().to_vec(), path.states().to_vec())?;
    /// let energies = model.energies(model.block().field(), &path)?;
    /// assert!((energies[2] - energies[0]).abs() < 1e-4);
    /// # Ok::<(), kutta::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`] for states of another dimension, [`Error::NotFinite`] for energies that overflow.
    pub fn energies(&self, field: &dyn Potential<T>, path: &Trajectory) -> Result<Vec<f64>, Error> {
        Error::check_len("the path", "components", path.dim(), self.block().dim())?;
        let mut states = path.states().to_vec();
        self.standardisation().apply_states(&mut states)?;
        let times: Vec<f64> = path.times().iter().map(|&t| self.standardisation().apply_time(t)).collect();
        self.standard_energies(field, &times, &states)
    }

    /// Of states in standard units, one after another.
    fn standard_energies(&self, field: &dyn Potential<T>, times: &[f64], states: &[f64]) -> Result<Vec<f64>, Error> {
        let (dim, batch) = (self.block().dim(), Batch::padded::<T>(times.len()));
        let (mut y, mut t) = (vec![T::zero(); dim * batch.stride], vec![T::zero(); batch.stride]);
        for (k, (state, &time)) in states.chunks_exact(dim).zip(times).enumerate() {
            t[k] = T::constant(time);
            state.iter().enumerate().for_each(|(i, &x)| y[i * batch.stride + k] = T::constant(x));
        }
        let mut energy = vec![T::zero(); batch.stride];
        field.energy(Point { params: self.params(), t: &t, y: &y, batch }, &mut energy, &mut Scratch::new());
        let energies: Vec<f64> = energy.iter().take(times.len()).map(|x| x.to_f64()).collect();
        match energies.iter().all(|x| x.is_finite()) {
            true => Ok(energies),
            false => Err(Error::NotFinite { what: "the learned energy", location: None }),
        }
    }

    /// What becomes of the energy that `field`, that of the model's block, tells along the prediction from the start of a
    /// trajectory, through so many times its length. Where steps were given, looks are whole steps apart.
    ///
    /// # Errors
    /// As [`predict`](Model::predict) and [`energies`](Model::energies).
    pub fn energy_drift(
        &self,
        field: &dyn Potential<T>,
        record: &Trajectory,
        times_as_long: f64,
    ) -> Result<EnergyDrift, Error> {
        let (t0, last) = (record.times()[0], record.times()[record.len() - 1]);
        let time = (last - t0) * times_as_long;
        let step = self.step_size();
        let every = (time / LOOKS / step).ceil().max(1.0) * step;
        let count = fewest_steps(time, every);
        let times: Vec<f64> = (0..=count).map(|k| if k == count { t0 + time } else { t0 + k as f64 * every }).collect();
        let path = self.predict(t0, self.start_of(record), &times)?;
        let energies = self.energies(field, &Trajectory::new("", times, path.states().to_vec())?)?;
        let unit = self.steepness(field, record)?;
        let since = |energy: &f64| (energy - energies[0]) / unit;
        let rises = energies.windows(2).map(|pair| (pair[1] - pair[0]) / unit);
        Ok(EnergyDrift {
            time,
            drift: energies.iter().map(|energy| since(energy).abs()).fold(0.0, f64::max),
            change: energies.last().map_or(0.0, since),
            rise: rises.fold(0.0, f64::max),
        })
    }

    /// The root mean square of `‖∂E/∂z‖`.
    fn steepness(&self, field: &dyn Potential<T>, record: &Trajectory) -> Result<f64, Error> {
        let mut states = record.states().to_vec();
        self.standardisation().apply_states(&mut states)?;
        let times: Vec<f64> = record.times().iter().map(|&t| self.standardisation().apply_time(t)).collect();
        let mut sum = 0.0;
        for i in 0..record.dim() {
            let mut moved = |by: f64| {
                states.iter_mut().skip(i).step_by(record.dim()).for_each(|x| *x += by);
                self.standard_energies(field, &times, &states)
            };
            let (up, down) = (moved(NUDGE)?, moved(-2.0 * NUDGE)?);
            moved(NUDGE)?;
            sum += up.iter().zip(&down).map(|(up, down)| ((up - down) / (2.0 * NUDGE)).powi(2)).sum::<f64>();
        }
        Ok((sum / times.len() as f64).sqrt().max(f64::MIN_POSITIVE))
    }
}
