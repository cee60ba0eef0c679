//! Derivative matching: the field through the slopes of smoothed data.

use super::records::Records;
use crate::field::{Batch, Field, JvpBars, Point, Scratch};
use crate::regularisation::mixed;
use crate::train::NormalEquations;
use crate::{Error, Real};

/// Observations whose slopes are matched at once.
const TOGETHER: usize = 256;
/// What the growth of differences counts beside slopes.
const GROWTH: f64 = 1e-2;

/// The squares of `w (F(γ, t, y) - y')` at observations, in deviations of the data, with states and slopes of a smoothing
/// spline and
///
/// ```text
/// 1/w = 1/h + |y'| ,
/// ```
///
/// where `h` is the mean interval and `|y'|` in deviations, too. Errors of slopes count by the error of states that
/// they make in an interval; but where states move fast, by what they are of the slope: at the jumps of a relaxation
/// oscillation slopes are thousands of times those between, and both have to be right.
///
/// Beside them, a ten-thousandth of the squares of `w vᵀ(∂F/∂y)v / d`, with random signs `v` in deviations, where that is
/// positive: of all fields with these slopes, one that does not lead away across the paths of the data, of which nothing
/// else may tell.
///
/// *Reference*: Varah, "A spline least squares method for numerical parameter estimation in differential equations", 1982.
pub(super) struct Matching<'p, 'a, T: Real> {
    pub field: &'a dyn Field<T>,
    pub records: &'p Records<'a, T>,
}

impl<T: Real> Matching<'_, '_, T> {
    /// Adds the residuals at observations, each a trajectory and a number, to the equations, if there are any; gives the sum
    /// of their squares.
    pub fn evaluate(
        &self,
        params: &[T],
        observations: &[(usize, usize)],
        mut equations: Option<&mut NormalEquations>,
    ) -> Result<f64, Error> {
        let (field, d) = (self.field, self.field.dim());
        let mut scratch = Scratch::new();
        let mut sum = 0.0;
        for places in observations.chunks(TOGETHER) {
            let batch = Batch::padded::<T>(places.len());
            let stride = batch.stride;
            let zeros = |rows: usize| vec![T::zero(); rows * stride];
            let (mut t, mut y, mut dy, mut record) = (zeros(1), zeros(d), zeros(d), zeros(field.record_rows()));
            for (q, &(trajectory, k)) in places.iter().enumerate() {
                t[q] = T::constant(self.records.times[trajectory][k]);
                let state = self.records.state(trajectory, k);
                state.iter().enumerate().for_each(|(i, &state)| y[i * stride + q] = state);
            }
            let at = Point { params, t: &t, y: &y, batch };
            field.eval_batch(at, &mut dy, &mut record, &mut scratch);
            let mut directions = zeros(d);
            for (q, &(trajectory, k)) in places.iter().enumerate() {
                // None leads along what never changes.
                let constants = &self.records.constants;
                for (i, deviation) in self.records.deviations.iter().enumerate().filter(|(i, _)| !constants[*i]) {
                    directions[i * stride + q] = T::constant(sign([trajectory, k, i]) * deviation);
                }
            }
            let mut changes = zeros(d);
            field.jvp(at, &record, &directions, None, &mut changes, &mut scratch);
            let mut y_bar = vec![T::zero(); d];
            let (mut of_one, mut params_bar) = ([const { Vec::new() }; 3], vec![T::zero(); params.len()]);
            for (q, &(trajectory, k)) in places.iter().enumerate() {
                let weight = self.weight(trajectory, k);
                let column = |matrix: &[T]| -> Vec<T> { matrix.iter().skip(q).step_by(stride).copied().collect() };
                if equations.is_some() {
                    of_one = [column(&t), column(&y), column(&record)];
                }
                let direction = column(&directions);
                for i in 0..d {
                    let weight = weight / self.records.deviations[i];
                    let residual = weight * (dy[i * stride + q].to_f64() - self.records.slopes[trajectory][k * d + i]);
                    if !residual.is_finite() {
                        return Err(Error::NotFinite { what: "the field", location: None });
                    }
                    sum += residual * residual;
                    let Some(equations) = &mut equations else { continue };
                    let [t, y, record] = &of_one;
                    let unit = |size: f64| -> Vec<T> {
                        (0..d).map(|l| if l == i { T::constant(size) } else { T::zero() }).collect()
                    };
                    params_bar.fill(T::zero());
                    let at = Point { params, t, y, batch: Batch::ONE };
                    field.vjp(at, record, &unit(weight), &mut y_bar, Some(&mut params_bar), &mut scratch);
                    let row = equations.row(residual);
                    row.iter_mut().zip(&params_bar).for_each(|(x, bar)| *x = bar.to_f64());
                }
                // `v` in units, of which the deviations are those of the direction.
                let weigh =
                    |v: &T, deviation: &f64| *v * T::constant(GROWTH * weight / (d as f64 * deviation * deviation));
                let dual: Vec<T> = direction.iter().zip(&self.records.deviations).map(|(v, s)| weigh(v, s)).collect();
                let changes = (0..d).map(|i| changes[i * stride + q].to_f64());
                let growth: f64 = dual.iter().zip(changes).map(|(w, change)| w.to_f64() * change).sum();
                if growth > 0.0 {
                    sum += growth * growth;
                    let Some(equations) = &mut equations else { continue };
                    let [t, y, record] = &of_one;
                    params_bar.fill(T::zero());
                    let bars = JvpBars { y: &mut y_bar, v: None, params: Some(&mut params_bar) };
                    let at = Point { params, t, y, batch: Batch::ONE };
                    field.jvp_pullback(at, record, &direction, &dual, bars, &mut scratch);
                    let row = equations.row(growth);
                    row.iter_mut().zip(&params_bar).for_each(|(x, bar)| *x = bar.to_f64());
                }
            }
        }
        Ok(sum)
    }

    /// `w`
    fn weight(&self, trajectory: usize, k: usize) -> f64 {
        let slopes = self.records.slopes[trajectory].chunks_exact(self.field.dim());
        let slope = slopes.skip(k).take(1).flatten().zip(&self.records.deviations);
        let speed = slope.map(|(slope, deviation)| (slope / deviation).powi(2)).sum::<f64>().sqrt();
        1.0 / (1.0 / self.records.mean_interval() + speed)
    }
}

/// A random sign, always the same at a place.
fn sign(place: [usize; 3]) -> f64 {
    let [trajectory, k, i] = place.map(|x| x as u64);
    if mixed([trajectory, k, i, 0]) & 1 == 0 { 1.0 } else { -1.0 }
}
