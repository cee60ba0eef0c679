//! Errors of predictions.

use crate::Error;
use crate::data::{Trajectories, Trajectory};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Root mean square errors, over all observations after the starts, in the units of the data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rmse {
    /// Over all components.
    pub overall: f64,
    /// By name of the component.
    pub by_component: BTreeMap<String, f64>,
}

impl Rmse {
    /// Of predictions at the times of `data`.
    pub(super) fn between<'a>(predicted: &'a Trajectories, data: &'a Trajectories) -> Result<Self, Error> {
        let dim = data.dim();
        let errors = |i: usize| {
            let of = move |(predicted, observed): (&'a Trajectory, &'a Trajectory)| {
                let pairs = predicted.states().iter().zip(observed.states());
                pairs.skip(dim + i).step_by(dim).map(|(x, y)| x - y)
            };
            predicted.iter().zip(data).flat_map(of)
        };
        let overall = root_mean_square((0..dim).flat_map(errors));
        if !overall.is_finite() {
            return Err(Error::NotFinite { what: "the root mean square error", location: None });
        }
        let by_component = data.components().iter().cloned().zip((0..dim).map(|i| root_mean_square(errors(i))));
        Ok(Rmse { overall, by_component: by_component.collect() })
    }
}

/// `sqrt(Σ x² / n)`, whose squares neither overflow nor vanish.
fn root_mean_square(numbers: impl Iterator<Item = f64> + Clone) -> f64 {
    let largest = numbers.clone().fold(0.0, |largest: f64, x| largest.max(x.abs()));
    // A power of two changes no digit.
    let unit = largest.log2().floor().clamp(-1000.0, 1000.0).exp2();
    let (count, sum) = numbers.fold((0.0, 0.0), |(count, sum), x| (count + 1.0, sum + (x / unit).powi(2)));
    unit * (sum / count).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn squares_neither_overflow_nor_vanish() {
        let of = |numbers: &[f64]| root_mean_square(numbers.iter().copied());
        assert_eq!(of(&[3.0, -3.0, 3.0]), 3.0);
        assert_eq!((of(&[0.0]), of(&[1e300, 1e300]), of(&[3e-310, 3e-310])), (0.0, 1e300, 3e-310));
        let (size, tiny) = (1.7e308, 1e-200);
        assert!(
            (of(&[size, -size]) / size - 1.0).abs() < 1e-15 && (of(&[tiny, 7.0 * tiny]) / tiny - 5.0).abs() < 1e-14
        );
        assert!(of(&[f64::INFINITY]).is_nan() || of(&[f64::INFINITY]).is_infinite());
    }
}
