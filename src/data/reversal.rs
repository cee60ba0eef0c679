//! Components that rise and fall alone.

use super::contradiction::Reversal;
use super::{Trajectories, Trajectory};

/// The least reversal, in deviations of the noise.
const SIGNIFICANT: f64 = 8.0;
/// The least reversal, in parts of the range of the component.
const SHARE: f64 = 0.1;
/// Numbers from which a deviation is estimated, at least.
const FEWEST: usize = 6;

/// The most significant reversal of a component that is the only one to change in its record.
pub(super) fn find(data: &Trajectories) -> Option<Reversal> {
    let found = data.iter().filter_map(|record| {
        let component = only_one_that_changes(record)?;
        let all = data.iter().flat_map(|record| values(record, component));
        let [least, largest] = all.fold([f64::INFINITY, f64::NEG_INFINITY], |[a, b], x| [a.min(x), b.max(x)]);
        let values: Vec<f64> = values(record, component).collect();
        // The middle of each three leaves out what a single observation does.
        let sure = height(values.windows(3).map(|w| w[0].max(w[1]).min(w[0].min(w[1]).max(w[2]))));
        let (height, noise) = (height(values.iter().copied()), noise(record, component)?);
        let is_large = sure >= SHARE * (largest - least) && sure > SIGNIFICANT * noise;
        let (trajectory, component) = (record.id().to_string(), data.components()[component].clone());
        is_large.then_some(Reversal { trajectory, component, height, noise })
    });
    found.max_by(|a, b| (a.height / a.noise).total_cmp(&(b.height / b.noise)))
}

fn values(record: &Trajectory, component: usize) -> impl Iterator<Item = f64> {
    record.states().iter().skip(component).step_by(record.dim()).copied()
}

fn only_one_that_changes(record: &Trajectory) -> Option<usize> {
    let changes = |&i: &usize| values(record, i).any(|x| x != record.state(0)[i]);
    let mut changing = (0..record.dim()).filter(changes);
    changing.next().filter(|_| changing.next().is_none())
}

/// The smaller of the largest rise and the largest fall.
fn height(values: impl Iterator<Item = f64>) -> f64 {
    let ([mut least, mut largest], [mut rise, mut fall]) = ([f64::INFINITY, f64::NEG_INFINITY], [0.0; 2]);
    for x in values {
        (least, largest) = (least.min(x), largest.max(x));
        (rise, fall) = (f64::max(rise, x - least), f64::max(fall, largest - x));
    }
    rise.min(fall)
}

/// The deviation of the noise: root mean square of what the line through two neighbours misses, or the cubic through four,
/// each divided by what it would be for independent noise of deviation 1. `None` for too few observations.
fn noise(record: &Trajectory, component: usize) -> Option<f64> {
    let values: Vec<f64> = values(record, component).collect();
    let missed = |around: usize| {
        let count = values.len().checked_sub(2 * around).filter(|&n| n >= FEWEST)?;
        let squares = (around..values.len() - around).map(|k| {
            let others = || (k - around..=k + around).filter(move |&j| j != k);
            let times = record.times();
            let weight = |j: usize| {
                let factors = others().filter(|&i| i != j).map(|i| (times[k] - times[i]) / (times[j] - times[i]));
                factors.product::<f64>()
            };
            let (miss, size) = others().fold((values[k], 1.0), |(miss, size), j| {
                let weight = weight(j);
                (miss - weight * values[j], size + weight * weight)
            });
            miss * miss / size
        });
        Some((squares.sum::<f64>() / count as f64).sqrt())
    };
    missed(1).map(|line| missed(2).map_or(line, |cubic| line.min(cubic)))
}
