//! Observations that stand alone.

use super::{Trajectories, Trajectory};
use serde::Serialize;

/// How far an outlier is from what its neighbours say, in terms of how far they are from each other, and of such a distance
/// that a quarter of all data does not exceed: of a short record, a slip spoils the better half.
const FAR: f64 = 5.0;
const FAR_FROM_USUAL: f64 = 40.0;
/// Without an outlier, its neighbours agree: they miss each other by less than this part of its distance.
const AGREED: f64 = 0.2;
/// More than this part of a component's observations, and more than so many, do not stand alone.
const MOST: f64 = 0.02;
const MOST_OF_FEW: usize = 2;

/// An observed value that stands alone: a slip of the instrument or the pen, far from what the two observations on either
/// side of it agree on.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Outlier {
    /// Identifier of the trajectory.
    pub trajectory: String,
    /// Name of the component.
    pub component: String,
    /// The time.
    pub time: f64,
    /// The value observed.
    pub value: f64,
    /// The value of the cubic through its four neighbours.
    pub expected: f64,
}

impl Trajectories {
    /// Values that stand alone: five times as far from the cubic through their neighbours as these are from each other,
    /// and forty times as far as a quarter of the values is. Without them, the neighbours agree. Of a component, two or one in
    /// fifty at most: what happens more often is no slip. The first two and the last two observations of a record are never told.
    pub fn outliers(&self) -> Vec<Outlier> {
        self.alone()
            .into_iter()
            .map(|Alone { record, k, component, expected }| {
                let trajectory = self.trajectory(record);
                Outlier {
                    trajectory: trajectory.id().to_string(),
                    component: self.components()[component].clone(),
                    time: trajectory.times()[k],
                    value: trajectory.state(k)[component],
                    expected,
                }
            })
            .collect()
    }

    /// The same with what neighbours say in the place of [outliers](Trajectories::outliers).
    pub fn without_outliers(&self) -> Self {
        let alone = self.alone();
        if alone.is_empty() {
            return self.clone();
        }
        let mended = self.iter().enumerate().map(|(i, trajectory)| {
            let mut mended = trajectory.clone();
            for Alone { k, component, expected, .. } in alone.iter().filter(|alone| alone.record == i) {
                mended.set(*k, *component, *expected);
            }
            mended
        });
        self.with(mended.collect())
    }

    fn alone(&self) -> Vec<Alone> {
        (0..self.dim()).flat_map(|component| self.alone_in(component)).collect()
    }

    fn alone_in(&self, component: usize) -> Vec<Alone> {
        let of = |record: &Trajectory| record.states().iter().skip(component).step_by(record.dim()).copied().collect();
        let records: Vec<(&[f64], Vec<f64>)> = self.iter().map(|record| (record.times(), of(record))).collect();
        let misses = |(t, y): &(&[f64], Vec<f64>)| (2..y.len().saturating_sub(2)).map(|k| missed(t, y, k)).collect();
        let misses: Vec<Vec<f64>> = records.iter().map(misses).collect();
        let mut usual: Vec<f64> = misses.iter().flatten().map(|miss| miss.abs()).collect();
        usual.sort_unstable_by(f64::total_cmp);
        let Some(&quartile) = usual.get(usual.len() / 4) else { return Vec::new() };
        let mut found = Vec::new();
        for (record, ((t, y), misses)) in records.iter().zip(&misses).enumerate() {
            for (k, &miss) in (2..).zip(misses) {
                let around = [y[k - 2], y[k - 1], y[k + 1], y[k + 2]];
                let range =
                    around.iter().fold(f64::MIN, |a, &b| a.max(b)) - around.iter().fold(f64::MAX, |a, &b| a.min(b));
                if miss.abs() > FAR * range && miss.abs() > FAR_FROM_USUAL * quartile && agree_without(t, y, k, miss) {
                    found.push(Alone { record, k, component, expected: y[k] - miss });
                }
            }
        }
        let all: usize = records.iter().map(|(_, y)| y.len()).sum();
        if found.len() <= ((MOST * all as f64) as usize).max(MOST_OF_FEW) { found } else { Vec::new() }
    }
}

/// Where a value stands alone.
struct Alone {
    record: usize,
    k: usize,
    component: usize,
    expected: f64,
}

/// By how much a value exceeds that of the cubic through its two neighbours on either side.
fn missed(t: &[f64], y: &[f64], k: usize) -> f64 {
    let around = [k - 2, k - 1, k + 1, k + 2];
    let basis = |i: usize| around.iter().filter(|&&j| j != i).map(|&j| (t[k] - t[j]) / (t[i] - t[j])).product::<f64>();
    y[k] - around.iter().map(|&i| basis(i) * y[i]).sum::<f64>()
}

/// Whether the neighbours of a value miss each other by little once it is where they have it.
fn agree_without(t: &[f64], y: &[f64], k: usize, miss: f64) -> bool {
    let mut mended = y.to_vec();
    mended[k] -= miss;
    let near = k.saturating_sub(2).max(2)..(k + 3).min(y.len().saturating_sub(2));
    near.filter(|&j| j != k).all(|j| missed(t, &mended, j).abs() < AGREED * miss.abs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn set(values: impl Iterator<Item = [f64; 2]>) -> Trajectories {
        let states: Vec<f64> = values.flatten().collect();
        let times = (0..states.len() / 2).map(|k| 0.1 * k as f64).collect();
        Trajectories::new(["x", "y"], vec![Trajectory::new("", times, states).unwrap()]).unwrap()
    }

    #[test]
    fn a_slip_of_the_pen_is_found_and_mended() {
        let wave = |k: usize| [(0.1 * k as f64).sin(), 3.0 + (0.2 * k as f64).cos()];
        let clean = set((0..100).map(wave));
        assert_eq!(clean.outliers(), []);
        assert_eq!(clean.without_outliers(), clean);
        let slip = |k: usize| if k == 42 { [wave(k)[0], 33.0] } else { wave(k) };
        let found = set((0..100).map(slip)).outliers();
        let [Outlier { component, time, value, expected, .. }] = &found[..] else { panic!("{found:?}") };
        assert_eq!((component.as_str(), *time, *value), ("y", 0.1 * 42.0, 33.0));
        assert!((expected - wave(42)[1]).abs() < 1e-3, "{expected}");
        let mended = set((0..100).map(slip)).without_outliers();
        assert!((mended.trajectory(0).state(42)[1] - expected).abs() < 1e-15);
        assert_eq!(mended.trajectory(0).state(41), clean.trajectory(0).state(41));
    }

    #[test]
    fn slips_are_found_in_short_records_and_more_than_one() {
        let short = |slip: usize| set((0..12).map(|k| [if k == slip { 8.0 } else { (-0.3 * k as f64).exp() }, 0.0]));
        for slip in 2..10 {
            assert_eq!(short(slip).outliers().len(), 1, "at {slip}");
        }
        let two = set((0..40).map(|k| [if k == 12 || k == 28 { 15.0 } else { (0.2 * k as f64).sin() }, 0.0]));
        assert_eq!(two.outliers().len(), 2);
    }

    #[test]
    fn peaks_jumps_and_transients_are_no_slips() {
        let of = |f: fn(f64) -> f64| set((0..60).map(|k| [f(k as f64), 0.0])).outliers();
        assert_eq!(of(|k| (-(k - 30.0).powi(2)).exp()), [], "a sharp peak");
        assert_eq!(of(|k| if k < 30.0 { 0.0 } else { 1.0 }), [], "a jump");
        assert_eq!(of(|k| (-3.0 * k).exp()), [], "a fast transient");
        assert_eq!(of(|k| f64::from(u8::from(k % 10.0 == 5.0))), [], "what happens again and again");
        assert_eq!(of(|k| k * k), [], "nothing at all");
    }

    proptest! {
        #[test]
        fn noise_has_no_outliers(values in prop::collection::vec(-1.0..1.0, 120)) {
            prop_assert_eq!(set(values.chunks(2).map(|pair| [pair[0], pair[1]])).outliers(), []);
        }
    }
}
